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

/* The same of fewer than eight bytes (n > 0), and none behind them is looked at; the rest is 0. */
static inline uint64_t sal_word_load_part(const void *p, size_t n)
{
	const char *first = p, *last = first + n;

	if (n >= 4) { /* two halves, which may overlap */
		uint32_t low, high;

		memcpy(&low, first, sizeof(low));
		memcpy(&high, last - sizeof(high), sizeof(high));
		return le32toh(low) | (uint64_t)le32toh(high) << (8 * (n - sizeof(high)));
	}
	if (n >= 2) {
		uint16_t low, high;

		memcpy(&low, first, sizeof(low));
		memcpy(&high, last - sizeof(high), sizeof(high));
		return le16toh(low) | (uint64_t)le16toh(high) << (8 * (n - sizeof(high)));
	}
	return (unsigned char)*first;
}

static inline void sal_word_store(void *p, uint64_t word)
{
	word = htole64(word);
	memcpy(p, &word, sizeof(word));
}

/*
 * A mask whose lowest set bit is the top bit of the first byte that may not stand in a JSON string
 * as it is, or that begins a UTF-8 sequence: < 0x20, '"', '\\', >= 0x80. 0: all eight are plain.
 * Bits above the lowest one may be wrong: the subtractions borrow.
 */
static inline uint64_t sal_word_special(uint64_t word)
{
	/* With bit 1 turned over, '"' is 0x20, next to the control characters, which stay below. */
	uint64_t control_or_quote = (word ^ SAL_WORD_EACH('"' ^ 0x20)) - SAL_WORD_EACH(0x21);
	uint64_t backslash = (word ^ SAL_WORD_EACH('\\')) - SAL_WORD_EACH(1);

	return (word | control_or_quote | backslash) & SAL_WORD_EACH(0x80);
}

/* How many bytes stand before the first hit of a mask that is not 0. */
static inline unsigned sal_word_first(uint64_t mask)
{
	return (unsigned)__builtin_ctzll(mask) / 8;
}
