/* test_buf.c - the byte buffer: growing, and printf on both sides of what is reserved. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "base/buf.h"

static void test_put(void **state)
{
	struct sal_buf buf = SAL_BUF_EMPTY;

	sal_buf_put(&buf, NULL, 0);
	assert_null(buf.data);
	for (int i = 0; i < 100000; i++)
		sal_buf_putc(&buf, (char)('a' + i % 26));
	assert_int_equal(buf.len, 100000);
	assert_true(buf.cap <= 262144); /* grows by doubling */
	for (int i = 0; i < 100000; i++) {
		if (buf.data[i] != 'a' + i % 26)
			fail_msg("wrong at %d", i);
	}
	sal_buf_done(&buf);
	assert_null(buf.data);
	assert_int_equal(buf.cap, 0);
	sal_buf_puts(&buf, "again");
	assert_memory_equal(buf.data, "again", 5);
	sal_buf_done(&buf);
}

static void test_reserve(void **state)
{
	struct sal_buf buf = SAL_BUF_EMPTY;

	for (size_t n = 1; n < 3000; n += 7) {
		memset(sal_buf_reserve(&buf, n), 'x', n);
		buf.len += n;
		assert_true(buf.len <= buf.cap);
	}
	memset(sal_buf_reserve(&buf, 1000000), 'y', 1000000); /* more than doubling gives */
	assert_int_equal(buf.data[buf.len - 1], 'x');
	sal_buf_done(&buf);
	assert_non_null(sal_buf_reserve(&buf, 1));
	sal_buf_done(&buf);
}

static void test_printf(void **state)
{
	for (int len = 0; len < 1200; len++) {
		struct sal_buf buf = SAL_BUF_EMPTY;

		sal_buf_puts(&buf, "<");
		sal_buf_printf(&buf, "%*s", len, "");
		sal_buf_printf(&buf, "%s", "");
		sal_buf_puts(&buf, ">");
		assert_int_equal(buf.len, len + 2);
		assert_int_equal(buf.data[len + 1], '>');
		for (int i = 1; i <= len; i++)
			assert_int_equal(buf.data[i], ' ');
		sal_buf_done(&buf);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_put),
		cmocka_unit_test(test_reserve),
		cmocka_unit_test(test_printf),
	};

	return cmocka_run_group_tests_name("buf", tests, NULL, NULL);
}
