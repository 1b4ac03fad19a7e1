/*
 * buf.h - a growing byte buffer, the target of all text we produce.
 *
 * Exhausted memory aborts (see arena.h), so appending cannot fail. Reserve, write, advance is the
 * hot path; the put functions are built on it.
 */
#pragma once

#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include "base/macros.h"

struct sal_buf {
	char *data; /* not NUL-terminated */
	size_t len, cap;
};

#define SAL_BUF_EMPTY ((struct sal_buf){ 0 })

void sal_buf_done(struct sal_buf *buf); /* frees; the buffer is empty again */
/* Makes room for n more bytes; the slow path. */
SAL_COLD void sal_buf_grow(struct sal_buf *buf, size_t n);
void sal_buf_printf(struct sal_buf *buf, const char *fmt, ...) SAL_PRINTF(2, 3);
void sal_buf_vprintf(struct sal_buf *buf, const char *fmt, va_list args) SAL_PRINTF(2, 0);

/* Room for n more bytes behind data + len; returns where they go. */
static inline char *sal_buf_reserve(struct sal_buf *buf, size_t n)
{
	if (buf->cap - buf->len < n)
		sal_buf_grow(buf, n);
	return buf->data + buf->len;
}

static inline void sal_buf_put(struct sal_buf *buf, const void *p, size_t n)
{
	if (!n)
		return;
	memcpy(sal_buf_reserve(buf, n), p, n);
	buf->len += n;
}

static inline void sal_buf_puts(struct sal_buf *buf, const char *s)
{
	sal_buf_put(buf, s, strlen(s));
}

static inline void sal_buf_putc(struct sal_buf *buf, char c)
{
	*sal_buf_reserve(buf, 1) = c;
	buf->len++;
}
