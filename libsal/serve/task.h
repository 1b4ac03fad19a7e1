/*
 * task.h - one method being run for one caller.
 *
 * From "this method, these params" to a result or an error: the right is checked, the lane chosen,
 * what the backend produces is collected or becomes a stream, and the outcome is logged. Called by
 * rpc.c and endpoint.c on the loop thread; each connection has one task, since its calls run one
 * after another. It knows neither envelopes nor HTTP.
 */
#pragma once

#include <stdatomic.h>

#include "acl/identity.h"
#include "base/buf.h"
#include "base/json_scan.h"
#include "serve/lane.h"
#include "serve/serve.h"
#include "serve/stream.h"

struct serve_conn;

struct serve_task {
	struct serve_conn *conn;

	/* Set by the starter. */
	bool discard; /* a notification: nobody wants the result */
	bool whole; /* must not become a stream (a batch, HTTP/1.0) ... */
	size_t whole_used; /* ... and may not be longer than what is left of that limit */
	struct sal_slice id; /* for the envelope of a stream; p NULL: it has none */
	const char *stream_head; /* HTTP head of a stream; static */
	void (*done)(struct serve_task *task); /* when serve_task_start() said false */

	/* The outcome. */
	int result; /* 0 or a negative errno, and then */
	struct sal_error err; /* says why */
	const char *text; /* the result, unless it went out as a stream */
	size_t text_len;
	_Atomic(struct serve_stream *) stream; /* NULL: it did not become one */

	/* Its own. */
	struct sal_sink sink;
	struct serve_job job;
	struct sal_request request;
	struct acl_principal principal;
	bool identified, admin, refused, on_loop, waiting;
	atomic_bool cancelled, begun;
	int sink_fault; /* why write() failed */
	struct sal_buf out;
	uint64_t began;
};

/*
 * Runs the method with these params (p NULL: none), which stay readable until the end. True: it has
 * ended already; false: done() will be called.
 */
bool serve_task_start(struct serve_task *task, const struct sal_method *method,
		      struct sal_slice params);

/* Notes an outcome without a method that ran: task->err is set. Logged with `name`. */
void serve_task_fail(struct serve_task *task, const char *name, size_t name_len);

/* Nobody listens any more: the backend's next write fails. */
void serve_task_cancel(struct serve_task *task);

/* After the policy changed: a call that still waits for a worker must be allowed by the new one. */
void serve_task_recheck(struct serve_task *task);

/* Makes it ready for the next call. */
void serve_task_reset(struct serve_task *task);
void serve_task_free_buffers(struct serve_task *task);
