/*
 * json_text.h - what the checker (json_scan.c) and the walkers (json_walk.c) both know of JSON text.
 *
 * Private to the two. Nothing here reads at or past end.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/text.h"
#include "base/word.h"

static inline bool space_is(char c)
{
	return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

static inline bool digit_is(char c)
{
	return c >= '0' && c <= '9';
}

static inline const char *space_skip(const char *p, const char *end)
{
	while (p < end && space_is(*p))
		p++;
	return p;
}

/* The first byte from p on that is not plain ASCII inside a string, or end. */
static inline const char *plain_skip(const char *p, const char *end)
{
	while (end - p >= 8) {
		uint64_t special = sal_word_special(sal_word_load(p));

		if (special)
			return p + sal_word_first(special);
		p += 8;
	}
	while (p < end && (unsigned char)*p >= 0x20 && (unsigned char)*p < 0x80 && *p != '"' &&
	       *p != '\\')
		p++;
	return p;
}

/* The code unit of "\uXXXX" at p, or -1 if that is not what stands there. */
static inline long unit_read(const char *p, const char *end)
{
	long unit = 0;

	if (end - p < 6 || p[0] != '\\' || p[1] != 'u')
		return -1;
	for (int i = 2; i < 6; i++) {
		int digit = sal_hex_value(p[i]);

		if (digit < 0)
			return -1;
		unit = unit << 4 | digit;
	}
	return unit;
}

static inline bool unit_is_high(long unit)
{
	return unit >= 0xd800 && unit <= 0xdbff;
}

static inline bool unit_is_low(long unit)
{
	return unit >= 0xdc00 && unit <= 0xdfff;
}
