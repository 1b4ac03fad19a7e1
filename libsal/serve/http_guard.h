/*
 * http_guard.h - looks at every byte of a request before llhttp does.
 *
 * llhttp is not trusted with framing, so the guard decides alone where a head, a body and a request
 * end, by the strictest reading of RFC 9112, and stops at the first byte that does not fit. It is
 * pure: bytes in, verdict out, no memory, no system calls; it gives the same verdict however the
 * bytes are cut into pieces. Called by http_request.c only; it knows no method and no path.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct serve_guard_limits {
	uint32_t
		head; /* bytes of request line and headers; also of trailers and chunk extensions */
	uint32_t headers; /* how many */
	uint32_t body; /* bytes, chunk framing not counted */
};

/* What a feed may tell; HEAD and END can come together. */
enum serve_guard_verdict {
	SERVE_GUARD_MORE = 0, /* all bytes are fine, the request goes on */
	SERVE_GUARD_HEAD = 1 << 0, /* the head ended at `used`: framing is known */
	SERVE_GUARD_END = 1 << 1, /* the request ended at `used` */
	SERVE_GUARD_BAD = 1 << 2, /* the byte at `used` must not be: status and why are set */
};

#define SERVE_GUARD_TEXT 24 /* enough for "transfer-encoding", a length and "chunked" */

struct serve_guard {
	const struct serve_guard_limits *limits;
	uint8_t state;
	bool has_length, chunked, http10, empty_line, trailers;
	uint8_t field; /* which header the line is: enum guard_field */
	uint8_t digits; /* of the chunk size so far */
	uint8_t name_len, value_len, version_len;
	char name[SERVE_GUARD_TEXT], value[SERVE_GUARD_TEXT];
	uint32_t head_len; /* bytes of the head so far; later of trailers and extensions */
	uint32_t headers;
	uint64_t length; /* Content-Length */
	uint64_t left; /* of the body or of the chunk */
	uint64_t body_len; /* of all chunks so far */
	uint16_t status; /* after BAD: the HTTP status to answer with */
	const char *why; /* after BAD: one sentence; static */
};

void serve_guard_init(struct serve_guard *guard, const struct serve_guard_limits *limits);

/*
 * Takes the next bytes of a connection. *ret_used is how many of them are fine and belong to what
 * the verdict speaks of; the caller feeds the rest again. After END the next byte begins the next
 * request; after BAD every feed is BAD.
 */
unsigned serve_guard_feed(struct serve_guard *guard, const char *data, size_t len,
			  size_t *ret_used);

/* Whether the connection stands between two requests. */
bool serve_guard_idle(const struct serve_guard *guard);
