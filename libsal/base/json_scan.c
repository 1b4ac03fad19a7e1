/*
 * json_scan.c - whether a text is JSON as strict as the door wants it.
 *
 * The door calls sal_json_check() on every request body before anything else reads it. The check is
 * a loop over tokens with one bit for each open bracket, so no input makes it recurse. It never
 * allocates, and never turns a number into a C type: that is jansson's part. The walkers over
 * checked text are json_walk.c.
 */
#include "base/json_scan.h"

#include <stdint.h>
#include <string.h>

#include "base/json_text.h"
#include "base/macros.h"
#include "base/utf8.h"

#define WORD_BITS 64

struct scan {
	const char *p, *end;
	unsigned depth, max_depth;
	uint64_t objects[SAL_JSON_DEPTH_LIMIT / WORD_BITS]; /* bit n: level n + 1 is an object */
};

enum expect {
	EXPECT_VALUE,
	EXPECT_VALUE_OR_CLOSE,
	EXPECT_KEY,
	EXPECT_KEY_OR_CLOSE,
	EXPECT_COMMA_OR_CLOSE,
};

static enum sal_json_fault escape_check(struct scan *s)
{
	long unit;

	if (s->end - s->p < 2)
		return SAL_JSON_SYNTAX;
	if (s->p[1] != 'u') {
		if (!s->p[1] || !strchr("\"\\/bfnrt", s->p[1]))
			return SAL_JSON_SYNTAX;
		s->p += 2;
		return SAL_JSON_FINE;
	}
	unit = unit_read(s->p, s->end);
	if (unit < 0)
		return SAL_JSON_SYNTAX;
	if (unit_is_low(unit))
		return SAL_JSON_UTF8;
	if (unit_is_high(unit)) {
		if (!unit_is_low(unit_read(s->p + 6, s->end)))
			return SAL_JSON_UTF8;
		s->p += 6;
	}
	s->p += 6;
	return SAL_JSON_FINE;
}

static enum sal_json_fault string_check(struct scan *s)
{
	s->p++; /* the opening quote */
	for (;;) {
		s->p = plain_skip(s->p, s->end);
		if (s->p == s->end)
			return SAL_JSON_SYNTAX;

		unsigned char c = (unsigned char)*s->p;

		if (c == '"') {
			s->p++;
			return SAL_JSON_FINE;
		} else if (c == '\\') {
			enum sal_json_fault fault = escape_check(s);

			if (fault)
				return fault;
		} else if (c < 0x20) {
			return SAL_JSON_SYNTAX;
		} else {
			size_t n = sal_utf8_sequence((const unsigned char *)s->p,
						     (size_t)(s->end - s->p));

			if (!n)
				return SAL_JSON_UTF8;
			s->p += n;
		}
	}
}

/* At least one digit. */
static bool digits_check(struct scan *s)
{
	const char *start = s->p;

	while (s->p < s->end && digit_is(*s->p))
		s->p++;
	return s->p > start;
}

static enum sal_json_fault number_check(struct scan *s)
{
	if (*s->p == '-')
		s->p++;
	if (s->p < s->end && *s->p == '0')
		s->p++; /* a digit behind it is found wrong by whoever expects a comma */
	else if (!digits_check(s))
		return SAL_JSON_SYNTAX;
	if (s->p < s->end && *s->p == '.') {
		s->p++;
		if (!digits_check(s))
			return SAL_JSON_SYNTAX;
	}
	if (s->p < s->end && (*s->p == 'e' || *s->p == 'E')) {
		s->p++;
		if (s->p < s->end && (*s->p == '+' || *s->p == '-'))
			s->p++;
		if (!digits_check(s))
			return SAL_JSON_SYNTAX;
	}
	return SAL_JSON_FINE;
}

static enum sal_json_fault literal_check(struct scan *s, const char *word, size_t len)
{
	if ((size_t)(s->end - s->p) < len || memcmp(s->p, word, len) != 0)
		return SAL_JSON_SYNTAX;
	s->p += len;
	return SAL_JSON_FINE;
}

static enum sal_json_fault scalar_check(struct scan *s)
{
	switch (*s->p) {
	case '"':
		return string_check(s);
	case 't':
		return literal_check(s, "true", 4);
	case 'f':
		return literal_check(s, "false", 5);
	case 'n':
		return literal_check(s, "null", 4);
	default:
		return *s->p == '-' || digit_is(*s->p) ? number_check(s) : SAL_JSON_SYNTAX;
	}
}

static inline bool scan_in_object(const struct scan *s)
{
	unsigned level = s->depth - 1;

	return s->objects[level / WORD_BITS] >> (level % WORD_BITS) & 1;
}

static enum sal_json_fault bracket_open(struct scan *s, enum expect *expect)
{
	bool object = *s->p == '{';

	if (s->depth == s->max_depth)
		return SAL_JSON_DEPTH;

	uint64_t bit = 1ULL << (s->depth % WORD_BITS);
	uint64_t *word = &s->objects[s->depth / WORD_BITS];

	s->depth++;
	*word = object ? *word | bit : *word & ~bit;
	*expect = object ? EXPECT_KEY_OR_CLOSE : EXPECT_VALUE_OR_CLOSE;
	s->p++;
	return SAL_JSON_FINE;
}

/* A key, the colon behind it, and the white space between. */
static enum sal_json_fault key_check(struct scan *s)
{
	enum sal_json_fault fault;

	if (*s->p != '"')
		return SAL_JSON_SYNTAX;
	fault = string_check(s);
	if (fault)
		return fault;
	s->p = space_skip(s->p, s->end);
	if (s->p == s->end || *s->p != ':')
		return SAL_JSON_SYNTAX;
	s->p++;
	return SAL_JSON_FINE;
}

/* One token at s->p, which is not the end; between them is white space only. */
static enum sal_json_fault token_check(struct scan *s, enum expect *expect)
{
	bool opened = *expect == EXPECT_VALUE_OR_CLOSE || *expect == EXPECT_KEY_OR_CLOSE;
	char c = *s->p;

	if (opened || *expect == EXPECT_COMMA_OR_CLOSE) {
		if (c == (scan_in_object(s) ? '}' : ']')) {
			s->depth--;
			s->p++;
			*expect = EXPECT_COMMA_OR_CLOSE;
			return SAL_JSON_FINE;
		}
	}

	switch (*expect) {
	case EXPECT_COMMA_OR_CLOSE:
		if (c != ',')
			return SAL_JSON_SYNTAX;
		s->p++;
		*expect = scan_in_object(s) ? EXPECT_KEY : EXPECT_VALUE;
		return SAL_JSON_FINE;
	case EXPECT_KEY:
	case EXPECT_KEY_OR_CLOSE:
		*expect = EXPECT_VALUE;
		return key_check(s);
	case EXPECT_VALUE:
	case EXPECT_VALUE_OR_CLOSE:
		break;
	}
	if (c == '{' || c == '[')
		return bracket_open(s, expect);
	*expect = EXPECT_COMMA_OR_CLOSE;
	return scalar_check(s);
}

enum sal_json_fault sal_json_check(const char *text, size_t len, unsigned max_depth, size_t *ret_at)
{
	struct scan s = {
		.p = text,
		.end = len ? text + len : text, /* NULL for an empty text is legal */
		.max_depth = SAL_MIN(max_depth, SAL_JSON_DEPTH_LIMIT),
	};
	enum expect expect = EXPECT_VALUE;
	enum sal_json_fault fault = SAL_JSON_FINE;

	do {
		s.p = space_skip(s.p, s.end);
		fault = s.p < s.end ? token_check(&s, &expect) : SAL_JSON_SYNTAX;
	} while (!fault && (s.depth || expect != EXPECT_COMMA_OR_CLOSE));

	if (!fault) {
		s.p = space_skip(s.p, s.end);
		if (s.p < s.end)
			fault = SAL_JSON_SYNTAX;
	}
	if (fault)
		*ret_at = (size_t)(s.p - text);
	return fault;
}
