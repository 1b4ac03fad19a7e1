/*
 * json_write.c - JSON values straight into a buffer.
 *
 * The hot path of every answer: field.c calls it for each member of each route. Room for the worst
 * case is reserved before a value, so that the inner loops only store. It writes values only and
 * never fails; what is not UTF-8 is shown, not refused.
 */
#include "base/json_write.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "base/word.h"

#define STRING_PIECE  512 /* bytes of a string between two reservations */
#define STRING_GROWTH 6 /* the worst a byte becomes: \u001f */

static const char hex_digits[] = "0123456789abcdef";

static const char digit_pairs[] = "00010203040506070809101112131415161718192021222324252627282930"
				  "31323334353637383940414243444546474849505152535455565758596061"
				  "62636465666768697071727374757677787980818283848586878889909192"
				  "93949596979899";

/* A byte that is not plain ASCII, or begins a sequence that is not; takes *ret_taken bytes of s. */
static char *special_put(char *out, const unsigned char *s, size_t len, size_t *ret_taken)
{
	static const char short_forms[] = {
		['\b'] = 'b', ['\t'] = 't', ['\n'] = 'n', ['\f'] = 'f', ['\r'] = 'r'
	};
	size_t n = 1;

	if (*s == '"' || *s == '\\') {
		*out++ = '\\';
		*out++ = (char)*s;
	} else if (*s >= 0x80) {
		n = sal_utf8_sequence(s, len);
		if (n) {
			memcpy(out, s, n);
			out += n;
		} else {
			memcpy(out, "\\\\x", 3);
			out[3] = hex_digits[*s >> 4];
			out[4] = hex_digits[*s & 15];
			out += 5;
			n = 1;
		}
	} else if (*s < sizeof(short_forms) && short_forms[*s]) {
		*out++ = '\\';
		*out++ = short_forms[*s];
	} else {
		memcpy(out, "\\u00", 4);
		out[4] = hex_digits[*s >> 4];
		out[5] = hex_digits[*s & 15];
		out += 6;
	}
	*ret_taken = n;
	return out;
}

/* Copies bytes as long as they stand in JSON as they are, in whole words: out has room for len and
 * seven more. Returns how many were copied. */
static inline size_t plain_put(char *out, const unsigned char *s, size_t len)
{
	uint64_t word, special;
	size_t at = 0;

	for (; len - at >= 8; at += 8) {
		word = sal_word_load(s + at);
		special = sal_word_special(word);
		sal_word_store(out + at, word);
		if (special)
			return at + sal_word_first(special);
	}
	if (at == len)
		return len;
	word = sal_word_load_part(s + at, len - at);
	special = sal_word_special(word); /* the zeros behind the text are, too */
	sal_word_store(out + at, word);
	return at + sal_word_first(special);
}

/* The rest of a string, of which something has to be escaped, and the quote that closes it. */
static SAL_COLD void escaped_put(struct sal_buf *buf, const unsigned char *s, size_t len)
{
	while (len) {
		/* the last character may begin in this piece and end behind it */
		size_t piece = SAL_MIN(len, STRING_PIECE), n;
		char *out = sal_buf_reserve(buf, (STRING_GROWTH * piece) + 8);
		const unsigned char *stop = s + piece;

		while (s < stop) {
			n = plain_put(out, s, (size_t)(stop - s));
			s += n;
			out += n;
			len -= n;
			if (s == stop)
				break;
			out = special_put(out, s, len, &n);
			s += n;
			len -= n;
		}
		buf->len = (size_t)(out - buf->data);
	}
	sal_buf_putc(buf, '"');
}

static inline void string_put(struct sal_buf *buf, const char *text, size_t len)
{
	const unsigned char *s = (const unsigned char *)text;
	char *out = sal_buf_reserve(buf, len + 2 + 7);
	size_t plain = plain_put(out + 1, s, len);

	*out = '"';
	if (plain < len) {
		buf->len += plain + 1;
		escaped_put(buf, s + plain, len - plain);
		return;
	}
	out[len + 1] = '"';
	buf->len += len + 2;
}

void sal_json_put_string(struct sal_buf *buf, const char *text, size_t len)
{
	string_put(buf, text, len);
}

void sal_json_put_cstring(struct sal_buf *buf, const char *s)
{
	string_put(buf, s, strlen(s));
}

static inline unsigned digits_count(uint64_t value)
{
	static const uint64_t powers[] = {
		0ULL,
		10ULL,
		100ULL,
		1000ULL,
		10000ULL,
		100000ULL,
		1000000ULL,
		10000000ULL,
		100000000ULL,
		1000000000ULL,
		10000000000ULL,
		100000000000ULL,
		1000000000000ULL,
		10000000000000ULL,
		100000000000000ULL,
		1000000000000000ULL,
		10000000000000000ULL,
		100000000000000000ULL,
		1000000000000000000ULL,
		10000000000000000000ULL,
	};
	/* bits * log10(2) is the number of digits, or one too few */
	unsigned guess = ((64 - (unsigned)__builtin_clzll(value | 1)) * 1233) >> 12;

	return guess + (value >= powers[guess]);
}

char *sal_format_u64(char *p, uint64_t value)
{
	char *end, *at;

	if (value < 10) {
		*p = (char)('0' + value);
		return p + 1;
	}
	at = end = p + digits_count(value);
	while (value >= 100) {
		at -= 2;
		memcpy(at, digit_pairs + (value % 100 * 2), 2);
		value /= 100;
	}
	if (value >= 10)
		memcpy(at - 2, digit_pairs + (value * 2), 2);
	else
		at[-1] = (char)('0' + value);
	return end;
}

void sal_json_put_u64(struct sal_buf *buf, uint64_t value)
{
	char *end = sal_format_u64(sal_buf_reserve(buf, 20), value);

	buf->len = (size_t)(end - buf->data);
}

void sal_json_put_i64(struct sal_buf *buf, int64_t value)
{
	char *p = sal_buf_reserve(buf, 21);
	uint64_t magnitude = (uint64_t)value;

	if (value < 0) {
		*p++ = '-';
		magnitude = -magnitude;
	}
	buf->len = (size_t)(sal_format_u64(p, magnitude) - buf->data);
}

void sal_json_put_bool(struct sal_buf *buf, bool value)
{
	if (value)
		sal_buf_put(buf, "true", 4);
	else
		sal_buf_put(buf, "false", 5);
}

void sal_json_put_double(struct sal_buf *buf, double value)
{
	char text[48];

	if (!isfinite(value)) {
		sal_buf_put(buf, "null", 4);
		return;
	}
	/* 15 digits always survive, unless so near 0 that a double holds fewer; 17 always suffice. */
	for (int digits = fabs(value) < 0x1p-1022 ? 1 : 15; digits <= 17; digits++) {
		snprintf(text, sizeof(text), "%.*g", digits, value);
		if (strtod(text, NULL) == value)
			break;
	}
	/* The process may have a locale, whose decimal point may be any string. */
	bool in_point = false;

	for (const char *c = text; *c; c++) {
		bool point = !strchr("0123456789+-e", *c);

		if (!point)
			sal_buf_putc(buf, *c);
		else if (!in_point)
			sal_buf_putc(buf, '.');
		in_point = point;
	}
}
