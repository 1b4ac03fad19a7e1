/* utf8.h - strict UTF-8 (RFC 3629: no overlong forms, no surrogates, nothing above U+10FFFF). */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Length of the valid sequence at p (1 to 4), or 0 if there is none within len bytes. */
size_t sal_utf8_sequence(const unsigned char *p, size_t len);
bool sal_utf8_valid(const char *p, size_t len);
/* The sequence of a code point that is none of the surrogates and at most U+10FFFF; its length. */
size_t sal_utf8_encode(uint32_t c, char out[4]);
