/*
 * test_json_write.c - what the JSON writer writes, byte for byte, and that jansson reads back the
 * same: every byte at every place of a word, integers around every power of ten, doubles.
 */
#include <float.h>
#include <ftw.h>
#include <inttypes.h>
#include <locale.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>
#include <jansson.h>

#include "base/json_write.h"
#include "base/macros.h"
#include "base/utf8.h"

static void string_expect(const char *s, size_t len, const char *expected)
{
	struct sal_buf buf = SAL_BUF_EMPTY;

	sal_json_put_string(&buf, s, len);
	sal_buf_putc(&buf, '\0');
	assert_string_equal(buf.data, expected);
	sal_buf_done(&buf);
}

static void test_string_forms(void **state)
{
	string_expect("", 0, "\"\"");
	string_expect(NULL, 0, "\"\"");
	string_expect("eth0", 4, "\"eth0\"");
	string_expect("a\"b\\c/d", 7, "\"a\\\"b\\\\c/d\"");
	string_expect("\b\t\n\f\r", 5, "\"\\b\\t\\n\\f\\r\"");
	string_expect("\0\x01\x0b\x1f\x7f", 5, "\"\\u0000\\u0001\\u000b\\u001f\x7f\"");
	string_expect("na\xc3\xafve \xf0\x9f\x90\x98", 11, "\"na\xc3\xafve \xf0\x9f\x90\x98\"");
	string_expect("a\xff"
		      "b",
		      3, "\"a\\\\xffb\"");
	string_expect("\xed\xa0\x80", 3, "\"\\\\xed\\\\xa0\\\\x80\""); /* a surrogate */
	string_expect("\xc0\xaf", 2, "\"\\\\xc0\\\\xaf\""); /* overlong */
	string_expect("\xe2\x82", 2, "\"\\\\xe2\\\\x82\""); /* cut short */
}

/* Writes s and reads it back by jansson; what is not UTF-8 must come back as \xHH. */
static void round_trip(const unsigned char *s, size_t len)
{
	struct sal_buf buf = SAL_BUF_EMPTY;
	char *expected = malloc(len * 4 + 1);
	size_t expected_len = 0;
	json_t *read;

	for (size_t i = 0; i < len;) {
		size_t n = sal_utf8_sequence(s + i, len - i);

		if (n)
			memcpy(expected + expected_len, s + i, n);
		expected_len += n ? n : (size_t)sprintf(expected + expected_len, "\\x%02x", s[i]);
		i += n ? n : 1;
	}
	sal_json_put_string(&buf, (const char *)s, len);
	read = json_loadb(buf.data, buf.len, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
	assert_true(json_is_string(read));
	assert_int_equal(json_string_length(read), expected_len);
	assert_memory_equal(json_string_value(read), expected, expected_len);
	json_decref(read);
	free(expected);
	sal_buf_done(&buf);
}

static void test_string_round_trip(void **state)
{
	for (int byte = 0; byte < 256; byte++) {
		for (size_t len = 1; len <= 20; len++) {
			for (size_t at = 0; at < len; at++) {
				unsigned char *s =
					malloc(len); /* exactly: ASan sees a step too far */

				memset(s, 'p', len);
				s[at] = (unsigned char)byte;
				round_trip(s, len);
				free(s);
			}
		}
	}
}

static void test_string_long(void **state)
{
	static const char units[][5] = { "x", "\x01", "\xff", "\xe2\x82\xac", "\xf0\x9f\x90\x98" };
	unsigned char *s = malloc(5000);

	/* characters across the borders between reservations, at every offset; worst growth */
	for (size_t u = 0; u < SAL_ARRAY_LEN(units); u++) {
		for (size_t lead = 0; lead < 8; lead++) {
			size_t len = lead, n = strlen(units[u]);

			memset(s, 'x', lead);
			for (; len + n <= 2100; len += n)
				memcpy(s + len, units[u], n);
			round_trip(s, len);
			round_trip(s, len - 1);
		}
	}
	srand(4);
	for (int i = 0; i < 300; i++) {
		size_t len = (size_t)rand() % 5000;

		for (size_t k = 0; k < len; k++)
			s[k] = (unsigned char)(rand() % 4 ? ' ' + rand() % 95 : rand());
		round_trip(s, len);
	}
	free(s);
}

static void integer_expect(int64_t signed_value, uint64_t value)
{
	struct sal_buf buf = SAL_BUF_EMPTY;
	char expected[32], digits[20];
	int len = snprintf(expected, sizeof(expected), "%" PRIu64, value);

	assert_int_equal(sal_format_u64(digits, value) - digits, len);
	assert_memory_equal(digits, expected, len);
	sal_json_put_u64(&buf, value);
	assert_int_equal(buf.len, len);
	assert_memory_equal(buf.data, expected, len);
	buf.len = 0;
	len = snprintf(expected, sizeof(expected), "%" PRId64, signed_value);
	sal_json_put_i64(&buf, signed_value);
	assert_int_equal(buf.len, len);
	assert_memory_equal(buf.data, expected, len);
	sal_buf_done(&buf);
}

static void test_integers(void **state)
{
	uint64_t power = 1;

	for (int i = 0; i < 20; i++, power *= 10) {
		for (int64_t d = -2; d <= 2; d++)
			integer_expect((int64_t)(power + (uint64_t)d), power + (uint64_t)d);
	}
	for (int bit = 0; bit < 64; bit++)
		integer_expect(-(int64_t)((1ULL << bit) / 2), (1ULL << bit) - 1);
	for (int i = 0; i < 2000; i++)
		integer_expect(-i, (uint64_t)i);
	integer_expect(INT64_MIN, UINT64_MAX);
	integer_expect(INT64_MAX, (uint64_t)INT64_MAX);
}

static void double_text(double value, char text[64])
{
	struct sal_buf buf = SAL_BUF_EMPTY;

	sal_json_put_double(&buf, value);
	assert_true(buf.len < 64);
	memcpy(text, buf.data, buf.len);
	text[buf.len] = '\0';
	sal_buf_done(&buf);
}

static void test_doubles(void **state)
{
	static const struct {
		double value;
		const char *text;
	} cases[] = {
		{ 0, "0" },
		{ -0.0, "-0" },
		{ 0.1, "0.1" },
		{ 1.5, "1.5" },
		{ 100, "100" },
		{ 0.1 + 0.2, "0.30000000000000004" },
		{ 1e22, "1e+22" },
		{ 5e-324, "5e-324" },
		{ 1.0 / 3, "0.3333333333333333" },
		{ NAN, "null" },
		{ INFINITY, "null" },
		{ -INFINITY, "null" },
		{ DBL_MAX, "1.7976931348623157e+308" },
	};
	char text[64];

	for (size_t i = 0; i < SAL_ARRAY_LEN(cases); i++) {
		double_text(cases[i].value, text);
		assert_string_equal(text, cases[i].text);
	}
	srand(5);
	for (int i = 0; i < 50000; i++) {
		uint64_t bits = (uint64_t)rand() << 42 ^ (uint64_t)rand() << 21 ^ (uint64_t)rand();
		double value;
		json_t *read;

		memcpy(&value, &bits, sizeof(value));
		if (!isfinite(value))
			continue;
		double_text(value, text);
		read = json_loads(text, JSON_DECODE_ANY, NULL);
		assert_true(json_is_number(read));
		assert_true(json_number_value(read) == value);
		json_decref(read);
	}
}

static int tree_remove(const char *path, const struct stat *st, int type, struct FTW *at)
{
	return remove(path);
}

/* Compiles the locale into dir: a machine rarely has one installed. */
static bool locale_make(const char *dir, const char *path)
{
	int status;
	pid_t pid = fork();

	if (!pid) {
		execlp("localedef", "localedef", "-i", "de_DE", "-f", "UTF-8", path, (char *)NULL);
		_exit(127);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	setenv("LOCPATH", dir, 1);
	return status == 0 && setlocale(LC_NUMERIC, "de_DE.UTF-8");
}

/* The locale's decimal point must not get into JSON. */
static void test_doubles_locale(void **state)
{
	char dir[] = "/tmp/sal-test-locale-XXXXXX", path[64], text[64], comma[8];
	bool made;

	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/de_DE.UTF-8", dir);
	made = locale_make(dir, path);
	if (made) {
		snprintf(comma, sizeof(comma), "%.2f", -1.25);
		double_text(-1.25, text);
		setlocale(LC_NUMERIC, "C");
		assert_string_equal(comma, "-1,25");
		assert_string_equal(text, "-1.25");
	}
	unsetenv("LOCPATH");
	nftw(dir, tree_remove, 8, FTW_DEPTH | FTW_PHYS);
	if (!made) {
		print_message("localedef(1) cannot make de_DE.UTF-8 (package locales)\n");
		skip();
	}
}

static void test_bool(void **state)
{
	struct sal_buf buf = SAL_BUF_EMPTY;

	sal_json_put_bool(&buf, true);
	sal_json_put_bool(&buf, false);
	sal_json_put_cstring(&buf, "x");
	assert_int_equal(buf.len, 12);
	assert_memory_equal(buf.data, "truefalse\"x\"", 12);
	sal_buf_done(&buf);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_string_forms), cmocka_unit_test(test_string_round_trip),
		cmocka_unit_test(test_string_long),  cmocka_unit_test(test_integers),
		cmocka_unit_test(test_doubles),	     cmocka_unit_test(test_doubles_locale),
		cmocka_unit_test(test_bool),
	};

	return cmocka_run_group_tests_name("json_write", tests, NULL, NULL);
}
