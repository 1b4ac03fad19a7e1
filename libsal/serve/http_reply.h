/* http_reply.h - the head of an answer: status line and headers. Called by conn.c. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

struct serve_reply {
	unsigned status;
	const char *allow; /* of 405 and OPTIONS, or NULL */
	bool close; /* the connection ends with this answer */
	bool say_keep_alive; /* to HTTP/1.0, which would not expect it */
	bool no_body; /* 204: no length, no type */
	size_t length;
};

void serve_reply_head(struct sal_buf *buf, const struct serve_reply *reply);

/* Whole answers that are always the same. */
extern const char serve_reply_continue[]; /* 100 */
extern const char serve_reply_full[]; /* 503 to a connection over the limit */
const char *serve_reply_stream_head(bool close); /* 200, chunked */
