/* crc32c.h - the Castagnoli checksum (RFC 3720 appendix B.4), for what must be known undamaged. */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* The checksum of a text that begins with what `crc` stands for; 0 to begin. "123456789" is e3069283. */
uint32_t sal_crc32c(uint32_t crc, const void *data, size_t len);
