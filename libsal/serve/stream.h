/*
 * stream.h - answers too long to be held: produced by a worker, taken by a reader, in between at
 * most a few megabytes.
 *
 * A call becomes a stream when its result passes what is sent whole. It needs one of few slots,
 * which are shared out so that no uid and no crowd of slow readers can hold all of them. The worker
 * side is called by task.c inside backend->run() and may block; the rest by conn.c and server.c on
 * the loop thread.
 */
#pragma once

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <uv.h>

#include "serve/serve.h"

struct serve_stream;
struct stream_waiter;

/* All streams of a server. */
struct serve_streams {
	const struct serve_limits *limits;
	uv_async_t *wake;
	pthread_mutex_t lock;
	struct serve_stream *active; /* those that hold a slot */
	unsigned nactive, ncommon; /* all; those not of admins */
	struct stream_waiter *waiters, **waiters_tail;
	unsigned nwaiters;
	struct serve_stream *ready, **ready_tail; /* have something for the loop thread */
};

void serve_streams_init(struct serve_streams *streams, const struct serve_limits *limits,
			uv_async_t *wake);
/* The callback of wake: hands what was produced to the sockets. */
void serve_streams_collect(struct serve_streams *streams);

/* Who reads. Every member is set by the opener and never changes. */
struct serve_reader {
	uv_stream_t *socket;
	uid_t uid;
	bool admin;
	void *owner;
	/* On the loop thread: all of it is sent (0), or the socket failed (negative errno). */
	void (*sent)(void *owner, int status);
};

/*
 * Worker: gets a slot, waiting for one if need be. Returns 0 and *ret_stream; -EBUSY when there was
 * none in time. `head`, static, is sent first and as it is; all that follows in chunks.
 */
int serve_stream_open(struct serve_streams *streams, const struct serve_reader *reader,
		      const char *head, struct serve_stream **ret_stream);
/* Worker: appends, waiting while too much is unsent. -ECANCELED: nobody listens any more. */
int serve_stream_write(struct serve_stream *stream, const char *text, size_t len);

/* Loop: the worker has ended well; sends the rest and the last chunk, then calls sent(). */
void serve_stream_end(struct serve_stream *stream);
/* Loop: the socket is closed or about to be: gives up the slot and lets the worker fail. */
void serve_stream_cut(struct serve_stream *stream);
/* Loop: after the worker is done with it and the socket is closed or sent() was called. */
void serve_stream_free(struct serve_stream *stream);

/* Loop, once a second: whether its reader is too slow to be kept. now: milliseconds of uv_now(). */
bool serve_stream_too_slow(struct serve_stream *stream, uint64_t now, bool stopping);
