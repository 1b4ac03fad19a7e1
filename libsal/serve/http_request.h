/*
 * http_request.h - one HTTP request, as read from a connection.
 *
 * Feeds bytes through the guard and then to llhttp, keeps what the endpoints need to know of the
 * head, and the body. Where llhttp and the guard disagree about where something ends, the request
 * is refused. Called by conn.c; reads no socket and answers nothing.
 */
#pragma once

#include <llhttp.h>
#include <stdbool.h>

#include "acl/identity.h"
#include "base/buf.h"
#include "serve/http_guard.h"

#define SERVE_TARGET_MAX 128 /* longer ones are no path of ours */
#define SERVE_NAME_MAX	 64 /* what is kept of a header's name; those we look for are shorter */

struct serve_http {
	struct serve_guard guard;
	llhttp_t parser;

	/* The request, whole after END, until serve_http_next(). */
	uint8_t method; /* enum llhttp_method */
	bool keep_alive, http10, expect_continue;
	bool media_refused; /* the Content-Type is none that carries JSON */
	bool claims; /* some header claims an identity: see credentials */
	struct acl_credentials credentials; /* its texts live in claim[] */
	struct sal_buf claim[2];
	char target[SERVE_TARGET_MAX];
	size_t target_len; /* above SERVE_TARGET_MAX: it was longer and is cut */
	struct sal_buf body;

	/* After BAD. */
	unsigned status;
	const char *why;

	/* The header being read, and what llhttp has told since the last END. */
	char name[SERVE_NAME_MAX];
	size_t name_len;
	struct sal_buf value;
	bool header_open, head_seen, end_seen;
};

void serve_http_init(struct serve_http *http, const struct serve_guard_limits *limits);
void serve_http_done(struct serve_http *http);

/* As serve_guard_feed(); status and why are in http after BAD. */
unsigned serve_http_feed(struct serve_http *http, const char *data, size_t len, size_t *ret_used);

/* Forgets the request; memory above what small requests need is freed. */
void serve_http_next(struct serve_http *http);
