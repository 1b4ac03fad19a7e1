/*
 * test_utf8.c - strict UTF-8 against an encoder of our own: every code point, and every sequence of
 * two and three bytes; four bytes where the borders are.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/utf8.h"

/* By RFC 3629 section 3: the bits of the code point, dealt out; 0 for what has no encoding. */
static size_t reference_encode(uint32_t c, unsigned char *out)
{
	size_t n = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
	static const unsigned char lead[] = { 0, 0, 0xc0, 0xe0, 0xf0 };

	if (c > 0x10ffff || (c >= 0xd800 && c < 0xe000))
		return 0;
	for (size_t i = n; i > 1; i--, c >>= 6)
		out[i - 1] = (unsigned char)(0x80 | (c & 0x3f));
	out[0] = (unsigned char)(lead[n] | c);
	return n;
}

static void test_all_code_points(void **state)
{
	unsigned char bytes[5] = { 0 };
	char again[4];

	for (uint32_t c = 0; c < 0x110000; c++) {
		size_t n = reference_encode(c, bytes);

		if (!n)
			continue;
		if (sal_utf8_encode(c, again) != n || memcmp(again, bytes, n) != 0)
			fail_msg("U+%04X is encoded otherwise", c);
		for (size_t len = 0; len <= 4; len++) {
			if (sal_utf8_sequence(bytes, len) != (len >= n ? n : 0))
				fail_msg("U+%04X in %zu bytes", c, len);
		}
	}
}

/* Decodes as the bits say, then asks whether the encoder would have written the same. */
static size_t reference_sequence(const unsigned char *p, size_t len)
{
	size_t n = p[0] < 0x80 ? 1 : p[0] < 0xc0 ? 0 : p[0] < 0xe0 ? 2 : p[0] < 0xf0 ? 3 : 4;
	uint32_t c = n == 1 ? p[0] : n == 2 ? p[0] & 0x1f : n == 3 ? p[0] & 0xf : p[0] & 0xf;
	unsigned char again[4];

	if (!n || n > len || p[0] > 0xf7)
		return 0;
	for (size_t i = 1; i < n; i++) {
		if (p[i] >> 6 != 2)
			return 0;
		c = c << 6 | (p[i] & 0x3f);
	}
	return reference_encode(c, again) == n && memcmp(again, p, n) == 0 ? n : 0;
}

static void test_all_sequences(void **state)
{
	static const unsigned char last[] = { 0x00, 0x41, 0x7f, 0x80, 0xa5, 0xbf, 0xc0, 0xff };

	for (uint32_t i = 0; i < 0x1000000; i++) {
		unsigned char p[4] = { (unsigned char)(i >> 16), (unsigned char)(i >> 8),
				       (unsigned char)i, 0 };

		if (p[0] < 0x80 && i & 0xffff)
			continue;
		for (size_t k = 0; k < (p[0] >= 0xf0 ? sizeof(last) : 1); k++) {
			p[3] = last[k];
			if (sal_utf8_sequence(p, 4) != reference_sequence(p, 4))
				fail_msg("%02x %02x %02x %02x", p[0], p[1], p[2], p[3]);
		}
	}
}

static void test_valid_text(void **state)
{
	static const char good[] =
		"plain text, na\xc3\xafve \xe2\x82\xac \xf0\x9f\x90\x98 and more";
	size_t len = sizeof(good) - 1;

	assert_true(sal_utf8_valid("", 0));
	assert_true(sal_utf8_valid(good, len));
	assert_true(sal_utf8_valid("a\0b", 3));
	for (size_t at = 0; at < 40; at++) { /* a bad byte at every place of a word */
		char *text = malloc(at + 1);

		memset(text, 'x', at);
		text[at] = (char)0xff;
		assert_false(sal_utf8_valid(text, at + 1));
		text[at] = (char)0xc3; /* cut short: the next byte is not ours to read */
		assert_false(sal_utf8_valid(text, at + 1));
		text[at] = 0x7f;
		assert_true(sal_utf8_valid(text, at + 1));
		free(text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_all_code_points),
		cmocka_unit_test(test_all_sequences),
		cmocka_unit_test(test_valid_text),
	};

	return cmocka_run_group_tests_name("utf8", tests, NULL, NULL);
}
