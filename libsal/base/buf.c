/*
 * buf.c - the slow paths of the byte buffer: growing and printf.
 *
 * Everything that produces text writes into a struct sal_buf. It never shrinks: whoever keeps one
 * across calls decides when to throw it away.
 */
#include "base/buf.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/arena.h"

#define BUF_FIRST 256

void sal_buf_done(struct sal_buf *buf)
{
	free(buf->data);
	*buf = SAL_BUF_EMPTY;
}

void sal_buf_grow(struct sal_buf *buf, size_t n)
{
	size_t need, cap;

	if (__builtin_add_overflow(buf->len, n, &need) || need > PTRDIFF_MAX)
		sal_oom();
	if (need <= buf->cap && buf->data)
		return;
	cap = SAL_MAX(buf->cap, BUF_FIRST / 2) * 2; /* at most PTRDIFF_MAX before: no overflow */
	cap = SAL_MAX(cap, need);

	char *data = realloc(buf->data, cap);

	if (!data)
		sal_oom();
	buf->data = data;
	buf->cap = cap;
}

void sal_buf_vprintf(struct sal_buf *buf, const char *fmt, va_list args)
{
	va_list again;
	size_t room;
	int n;

	sal_buf_reserve(buf, 128); /* most texts fit at once */
	room = buf->cap - buf->len;
	va_copy(again, args);
	n = vsnprintf(buf->data + buf->len, room, fmt, again);
	va_end(again);
	if (n < 0) /* a text of more than INT_MAX bytes, or no memory for the format */
		sal_oom();
	if ((size_t)n >= room)
		vsnprintf(sal_buf_reserve(buf, (size_t)n + 1), (size_t)n + 1, fmt, args);
	buf->len += (size_t)n;
}

void sal_buf_printf(struct sal_buf *buf, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	sal_buf_vprintf(buf, fmt, args);
	va_end(args);
}
