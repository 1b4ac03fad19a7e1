/* test_net_retry.c - how often a list is read again that changes while it is read. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>

#include "net/retry.h"

struct reading {
	struct sal_call call;
	int times, good, fails; /* it is consistent, or fails, from the time of that number on */
	int sent; /* a piece leaves the process at that time */
};

static int read_once(void *ctx, bool *ret_consistent, struct sal_error *err)
{
	struct reading *reading = ctx;

	reading->times++;
	if (reading->times == reading->fails)
		return -EIO;
	if (reading->times == reading->sent)
		reading->call.sent = true;
	*ret_consistent = reading->times == reading->good;
	return 0;
}

static void check(struct reading reading, int times, int result, bool consistent)
{
	bool got = false;

	assert_int_equal(sal_net_retry(&reading.call, read_once, &reading, &got, NULL), result);
	assert_int_equal(reading.times, times);
	assert_int_equal(got, consistent);
}

static void test_retries(void **state)
{
	check((struct reading){ .good = 1 }, 1, 0, true);
	check((struct reading){ .good = 3 }, 3, 0, true);
	check((struct reading){ .good = 4 }, 4, 0, true);
	check((struct reading){ .good = 9 }, 4, 0, false);
	check((struct reading){ .good = 9, .sent = 2 }, 2, 0, false);
	check((struct reading){ .fails = 2 }, 2, -EIO, false);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_retries) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
