/*
 * utf8.c - strict UTF-8, by the table of well-formed sequences in RFC 3629 section 4.
 *
 * Called by the JSON writer (what the kernel gave us) and scanner (what callers sent), and by
 * error.c to cut texts between characters. It repairs nothing.
 */
#include "base/utf8.h"

#include "base/word.h"

static inline bool continuation_is(unsigned char c)
{
	return (c & 0xc0) == 0x80;
}

size_t sal_utf8_sequence(const unsigned char *p, size_t len)
{
	if (!len)
		return 0;
	if (p[0] < 0x80)
		return 1;
	if (p[0] < 0xc2 || p[0] > 0xf4 || len < 2)
		return 0;
	if (p[0] < 0xe0)
		return continuation_is(p[1]) ? 2 : 0;

	/* The second byte is what tells overlong forms, surrogates and too large values apart. */
	unsigned char low = 0x80, high = 0xbf;

	if (p[0] == 0xe0)
		low = 0xa0;
	else if (p[0] == 0xed)
		high = 0x9f;
	else if (p[0] == 0xf0)
		low = 0x90;
	else if (p[0] == 0xf4)
		high = 0x8f;
	if (len < 3 || p[1] < low || p[1] > high || !continuation_is(p[2]))
		return 0;
	if (p[0] < 0xf0)
		return 3;
	return len >= 4 && continuation_is(p[3]) ? 4 : 0;
}

size_t sal_utf8_encode(uint32_t c, char out[4])
{
	if (c < 0x80) {
		out[0] = (char)c;
		return 1;
	}
	if (c < 0x800) {
		out[0] = (char)(0xc0 | c >> 6);
		out[1] = (char)(0x80 | (c & 0x3f));
		return 2;
	}
	if (c < 0x10000) {
		out[0] = (char)(0xe0 | c >> 12);
		out[1] = (char)(0x80 | (c >> 6 & 0x3f));
		out[2] = (char)(0x80 | (c & 0x3f));
		return 3;
	}
	out[0] = (char)(0xf0 | c >> 18);
	out[1] = (char)(0x80 | (c >> 12 & 0x3f));
	out[2] = (char)(0x80 | (c >> 6 & 0x3f));
	out[3] = (char)(0x80 | (c & 0x3f));
	return 4;
}

bool sal_utf8_valid(const char *text, size_t len)
{
	const unsigned char *p = (const unsigned char *)text;

	while (len) {
		if (len >= 8 && !(sal_word_load(p) & SAL_WORD_EACH(0x80))) {
			p += 8;
			len -= 8;
			continue;
		}

		size_t n = sal_utf8_sequence(p, len);

		if (!n)
			return false;
		p += n;
		len -= n;
	}
	return true;
}
