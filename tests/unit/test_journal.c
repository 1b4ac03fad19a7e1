/* test_journal.c - S4: a journal and a registry cut at every byte, and with every bit turned. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/crc32c.h"
#include "state/journal.h"
#include "state/registry.h"

static const char *const texts[] = { "{\"puts\":[]}", "{\"puts\":[[\"routes\",\"a\",null]]}", "{}" };

struct seen {
	uint64_t seqs[8];
	size_t n, skipped;
};

static int record_see(uint64_t seq, const char *json, size_t len, void *ctx, struct sal_error *err)
{
	struct seen *seen = ctx;

	/* Whatever is handed over is one of those that were written, whole. */
	assert_true(seq >= 1 && seq <= 3);
	assert_int_equal(len, strlen(texts[seq - 1]));
	assert_memory_equal(json, texts[seq - 1], len);
	seen->seqs[seen->n++] = seq;
	return 0;
}

static void region_skip(size_t from, size_t to, void *ctx)
{
	assert_true(from < to);
	((struct seen *)ctx)->skipped += to - from;
}

static void journal_write(struct sal_buf *buf, size_t ends[3])
{
	for (size_t i = 0; i < 3; i++) {
		sal_journal_format(buf, i + 1, texts[i], strlen(texts[i]));
		ends[i] = buf->len;
	}
}

static struct seen journal_walk(const char *text, size_t len, size_t *ret_end)
{
	struct sal_error err = { 0 };
	struct seen seen = { 0 };

	assert_int_equal(sal_journal_walk(text, len, record_see, region_skip, &seen, ret_end, &err), 0);
	assert_true(*ret_end <= len);
	return seen;
}

static void test_crc(void **state)
{
	assert_int_equal(sal_crc32c(0, "123456789", 9), 0xe3069283);
	assert_int_equal(sal_crc32c(sal_crc32c(0, "1234", 4), "56789", 5), 0xe3069283);
}

static void test_cut_at_every_byte(void **state)
{
	struct sal_buf buf = SAL_BUF_EMPTY;
	size_t ends[3], end;

	journal_write(&buf, ends);
	for (size_t len = 0; len <= buf.len; len++) {
		size_t whole = 0;
		struct seen seen = journal_walk(buf.data, len, &end);

		while (whole < 3 && ends[whole] <= len)
			whole++;
		assert_int_equal(seen.n, whole);
		assert_int_equal(end, whole ? ends[whole - 1] : 0);
		assert_int_equal(seen.skipped, 0);
	}
	sal_buf_done(&buf);
}

/* The record with the turned bit is lost, and no other: a bad end is cut, a bad middle is skipped. */
static void test_every_bit_turned(void **state)
{
	struct sal_buf buf = SAL_BUF_EMPTY;
	size_t ends[3], end;

	journal_write(&buf, ends);
	for (size_t bit = 0; bit < buf.len * 8; bit++) {
		size_t hit = 0;
		struct seen seen;

		while (bit / 8 >= ends[hit])
			hit++;
		if (bit / 8 == (hit ? ends[hit - 1] : 0) + 3)
			continue; /* the version's digit: see test_newer */
		buf.data[bit / 8] ^= 1 << bit % 8;
		seen = journal_walk(buf.data, buf.len, &end);
		buf.data[bit / 8] ^= 1 << bit % 8;
		/* Upper and lower case hex digits say the same number. */
		if (seen.n == 3)
			continue;
		assert_int_equal(seen.n, 2);
		for (size_t i = 0; i < 2; i++)
			assert_int_not_equal(seen.seqs[i], hit + 1);
		assert_int_equal(seen.skipped > 0, hit < 2);
		assert_int_equal(end, hit < 2 ? ends[2] : ends[1]);
	}
	sal_buf_done(&buf);
}

static void test_zeroed_and_foreign(void **state)
{
	struct sal_buf buf = SAL_BUF_EMPTY;
	size_t ends[3], end;
	struct seen seen;

	journal_write(&buf, ends);
	for (size_t i = 0; i < 4096; i++)
		sal_buf_putc(&buf, '\0'); /* as a power cut leaves a file that had grown */
	seen = journal_walk(buf.data, buf.len, &end);
	assert_int_equal(seen.n, 3);
	assert_int_equal(end, ends[2]);
	memset(buf.data, 0, buf.len);
	seen = journal_walk(buf.data, buf.len, &end);
	assert_int_equal(seen.n, 0);
	assert_int_equal(end, 0);
	sal_buf_done(&buf);
}

static void test_newer(void **state)
{
	struct sal_buf buf = SAL_BUF_EMPTY;
	struct sal_error err = { 0 };
	struct seen seen = { 0 };
	size_t end;

	sal_journal_format(&buf, 1, texts[0], strlen(texts[0]));
	buf.data[3] = '2';
	assert_true(sal_journal_walk(buf.data, buf.len, record_see, region_skip, &seen, &end, &err) < 0);
	assert_int_equal(err.code, SAL_UNSUPPORTED);
	assert_non_null(strstr(err.message, "version 2"));
	sal_buf_done(&buf);
}

/* A number that does not grow is no record of this journal. */
static void test_numbers_grow(void **state)
{
	struct sal_buf buf = SAL_BUF_EMPTY;
	struct seen seen;
	size_t end;

	sal_journal_format(&buf, 2, texts[1], strlen(texts[1]));
	sal_journal_format(&buf, 1, texts[0], strlen(texts[0]));
	sal_journal_format(&buf, 3, texts[2], strlen(texts[2]));
	seen = journal_walk(buf.data, buf.len, &end);
	assert_int_equal(seen.n, 2);
	assert_true(seen.skipped > 0);
	assert_int_equal(end, buf.len);
	sal_buf_done(&buf);
}

static const char registry[] = "{\"version\":1,\"seq\":7,\"boot_id\":\"x\",\"crc\":\"%08x\",\"entries\":%s";
static const char entries[] = "[\n{\"key\":\"a\",\"n\":1},\n{\"key\":\"b\",\"n\":2}\n]}\n";

static void test_registry(void **state)
{
	char text[256], *cut;
	int len = snprintf(text, sizeof(text), registry, sal_crc32c(0, entries, strlen(entries)), entries);
	const char *why;
	json_t *read;
	uint64_t seq;

	assert_int_equal(sal_registry_parse(text, len, &read, &seq, &why), 0);
	assert_int_equal(seq, 7);
	assert_int_equal(json_object_size(read), 2);
	json_decref(read);
	for (int n = 0; n < len - 1; n++)
		assert_int_equal(sal_registry_parse(text, n, &read, &seq, &why), -EINVAL);
	for (int bit = (strstr(text, "[\n") - text) * 8; bit < len * 8; bit++) {
		text[bit / 8] ^= 1 << bit % 8;
		assert_int_equal(sal_registry_parse(text, len, &read, &seq, &why), -EINVAL);
		text[bit / 8] ^= 1 << bit % 8;
	}
	cut = strstr(text, "\"version\":1");
	cut[10] = '2';
	assert_int_equal(sal_registry_parse(text, len, &read, &seq, &why), -ENOTSUP);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_crc),
		cmocka_unit_test(test_cut_at_every_byte),
		cmocka_unit_test(test_every_bit_turned),
		cmocka_unit_test(test_zeroed_and_foreign),
		cmocka_unit_test(test_newer),
		cmocka_unit_test(test_numbers_grow),
		cmocka_unit_test(test_registry),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
