/*
 * word.h - looking at eight bytes of text at once.
 *
 * For the loops that pass over text which is nearly always plain ASCII (json_write, json_scan,
 * utf8). The first byte of the text is the lowest of the word on every machine, so the number of
 * trailing zero bits of a mask says where the first hit is.
 */
#pragma once

#include <endian.h>
#include <stdint.h>
#include <string.h>

#define SAL_WORD_EACH(byte) (0x0101010101010101ULL * (byte))

static inline uint64_t sal_word_load(const void *p)
{
	uint64_t word;

	memcpy(&word, p, sizeof(word));
	return le64toh(word);
}

/*
 * A mask whose lowest set bit is the top bit of the first byte that may not stand in a JSON string
 * as it is, or that begins a UTF-8 sequence: < 0x20, '"', '\\', >= 0x80. 0: all eight are plain.
 * Bits above the lowest one may be wrong: the subtractions borrow.
 */
static inline uint64_t sal_word_special(uint64_t word)
{
	uint64_t quote = word ^ SAL_WORD_EACH('"');
	uint64_t backslash = word ^ SAL_WORD_EACH('\\');
	uint64_t control = (word - SAL_WORD_EACH(0x20)) & ~word;

	quote = (quote - SAL_WORD_EACH(1)) & ~quote;
	backslash = (backslash - SAL_WORD_EACH(1)) & ~backslash;
	return (word | control | quote | backslash) & SAL_WORD_EACH(0x80);
}

/* How many bytes stand before the first hit of a mask that is not 0. */
static inline unsigned sal_word_first(uint64_t mask)
{
	return (unsigned)__builtin_ctzll(mask) / 8;
}
