/*
 * deadline.c - what a connection may take: for its head, its body, its answer, and for doing nothing.
 *
 * server.c calls it for every connection once a second while there are any, which is all the
 * precision that timeouts of seconds need and costs no timer per request.
 */
#include "serve/conn.h"
#include "serve/server.h"

#define DRAIN_SECONDS 2 /* that a last answer may take to be read */

static void reading_tick(struct serve_conn *conn, uint64_t seconds)
{
	const struct serve_limits *limits = conn->server->limits;

	if (serve_guard_idle(&conn->http.guard)) {
		if (seconds >= limits->idle_timeout)
			serve_conn_close(conn);
	} else if (!conn->http.head_seen) {
		if (seconds >= limits->header_timeout)
			serve_conn_refuse(conn, 408, "the head of the request did not come in time");
	} else if (seconds >= limits->body_timeout) {
		serve_conn_refuse(conn, 408, "the body of the request did not come in time");
	}
}

static void writing_tick(struct serve_conn *conn, uint64_t now)
{
	const struct serve_limits *limits = conn->server->limits;
	size_t unsent = uv_stream_get_write_queue_size((uv_stream_t *)&conn->handle);
	uint64_t limit = limits->idle_timeout;

	if (conn->server->stopping && limits->stop_timeout < limit)
		limit = limits->stop_timeout;
	if (unsent != conn->progress) {
		conn->progress = unsent;
		conn->since = now;
	} else if (now - conn->since >= limit * 1000) {
		serve_conn_close(conn);
	}
}

void serve_conn_tick(struct serve_conn *conn, uint64_t now)
{
	struct serve_stream *stream = atomic_load(&conn->task.stream);

	switch (conn->state) {
	case SERVE_CONN_READING:
		reading_tick(conn, (now - conn->since) / 1000);
		break;
	case SERVE_CONN_RUNNING:
	case SERVE_CONN_WRITING:
		if (stream) {
			if (serve_stream_too_slow(stream, now, conn->server->stopping))
				serve_conn_close(conn);
		} else if (conn->state == SERVE_CONN_WRITING) {
			writing_tick(conn, now);
		}
		break;
	case SERVE_CONN_DRAINING:
		if (now - conn->since >= DRAIN_SECONDS * 1000)
			serve_conn_close(conn);
		break;
	case SERVE_CONN_CLOSED:
		break;
	}
}
