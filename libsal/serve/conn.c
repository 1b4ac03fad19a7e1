/*
 * conn.c - one connection's life: read, run, write, and again.
 *
 * A request is answered before the next one is looked at; what the peer sends meanwhile is kept, up
 * to a limit, after which we stop reading. Nothing is called from inside an answer: whoever answers
 * returns to conn_process() or conn_go_on(), which look at the state again, so a thousand pipelined
 * requests are a loop and no recursion. There are no timers here: deadline.c looks once a second.
 */
#include "serve/conn.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/json_write.h"
#include "base/macros.h"
#include "serve/endpoint.h"
#include "serve/http_reply.h"
#include "serve/log.h"
#include "serve/server.h"

#define SEND_ROOM (208 * 1024) /* net.core.wmem_max of a kernel left alone; twice that is > 256 KiB */
#define AHEAD_MAX     65536 /* bytes read ahead before we stop reading */
#define KEEP_AHEAD    4096 /* larger buffers are given back */
#define DRAIN_BYTES   (16 << 20) /* thrown away after a last answer, at most */
#define PIECES_MAX    8
#define COPY_MAX      2048 /* answers up to this go out from one buffer */

static void conn_go_on(struct serve_conn *conn);

static void conn_set(struct serve_conn *conn, enum serve_conn_state state)
{
	conn->state = state;
	conn->since = uv_now(&conn->server->loop);
	conn->progress = 0;
}

/* The end */

static void conn_free(struct serve_conn *conn)
{
	struct serve_stream *stream = atomic_load(&conn->task.stream);

	if (stream)
		serve_stream_free(stream);
	serve_task_free_buffers(&conn->task);
	sal_buf_done(&conn->rpc.answer);
	serve_http_done(&conn->http);
	sal_buf_done(&conn->in);
	sal_buf_done(&conn->head);
	acl_peer_done(&conn->peer);
	free(conn);
}

static void conn_closed(uv_handle_t *handle)
{
	struct serve_conn *conn = handle->data;

	conn->handle_closed = true;
	if (!conn->task.waiting)
		conn_free(conn);
}

void serve_conn_close(struct serve_conn *conn)
{
	if (conn->state == SERVE_CONN_CLOSED)
		return;
	conn_set(conn, SERVE_CONN_CLOSED);
	serve_task_cancel(&conn->task);
	uv_close((uv_handle_t *)&conn->handle, conn_closed);
	serve_server_forget(conn->server, conn);
}

bool serve_conn_alive(struct serve_conn *conn)
{
	if (conn->state != SERVE_CONN_CLOSED)
		return true;
	if (conn->handle_closed)
		conn_free(conn);
	return false;
}

/* After a last answer to a request that was not read to its end: closing at once could destroy the
 * answer on its way, so we say that we are done and wait for the peer to see it. */
static void conn_drain(struct serve_conn *conn)
{
	uv_os_fd_t fd;

	conn_set(conn, SERVE_CONN_DRAINING);
	conn->in.len = conn->in_at = 0;
	if (!uv_fileno((uv_handle_t *)&conn->handle, &fd))
		shutdown(fd, SHUT_WR);
}

/* Answers */

static void conn_sent(struct serve_conn *conn)
{
	if (conn->close_after && conn->unread && !conn->eof) {
		conn_drain(conn);
	} else if (conn->close_after) {
		serve_conn_close(conn);
		return;
	} else {
		conn_set(conn, SERVE_CONN_READING);
		serve_http_next(&conn->http);
		serve_rpc_reset(&conn->rpc);
		serve_task_reset(&conn->task);
	}
	if (conn->server->stopping)
		serve_server_settle(conn->server);
	if (!conn->processing)
		conn_go_on(conn);
}

static void conn_written(uv_write_t *write, int status)
{
	struct serve_conn *conn = write->data;

	if (conn->state == SERVE_CONN_CLOSED)
		return;
	if (status < 0)
		serve_conn_close(conn);
	else
		conn_sent(conn);
}

/* One write() tries to send all; what does not fit is sent when the socket has room. */
static void conn_write(struct serve_conn *conn, uv_buf_t *bufs, unsigned n, size_t total)
{
	uv_stream_t *socket = (uv_stream_t *)&conn->handle;
	int r = uv_try_write(socket, bufs, n);
	size_t sent = r > 0 ? (size_t)r : 0;

	if (r == (int)total) {
		conn_sent(conn);
		return;
	}
	if (r < 0 && r != UV_EAGAIN) {
		serve_conn_close(conn);
		return;
	}
	while (sent >= bufs->len) {
		sent -= bufs->len;
		bufs++;
		n--;
	}
	bufs->base += sent;
	bufs->len -= sent;
	conn_set(conn, SERVE_CONN_WRITING);
	conn->write.data = conn;
	r = uv_write(&conn->write, socket, bufs, n, conn_written);
	if (r < 0)
		serve_conn_close(conn);
}

bool serve_conn_closing(const struct serve_conn *conn)
{
	return conn->close_after || !conn->http.keep_alive || conn->server->stopping;
}

void serve_conn_answer(struct serve_conn *conn, unsigned status, const char *allow,
		       const uv_buf_t *body, unsigned nbufs)
{
	struct serve_reply reply = {
		.status = status,
		.allow = allow,
		.close = serve_conn_closing(conn),
		.say_keep_alive = conn->http.http10,
		.no_body = status == 204,
	};
	uv_buf_t bufs[PIECES_MAX];
	size_t total;
	unsigned n = 1;

	for (unsigned i = 0; i < nbufs; i++)
		reply.length += body[i].len;
	conn->close_after = reply.close;
	conn->head.len = 0;
	serve_reply_head(&conn->head, &reply);
	if (conn->http.method == HTTP_HEAD)
		nbufs = 0;
	/* Small pieces are cheaper copied here than gathered by the kernel. */
	for (unsigned i = 0; i < nbufs && reply.length <= COPY_MAX; i++)
		sal_buf_put(&conn->head, body[i].base, body[i].len);
	for (unsigned i = 0; i < nbufs && reply.length > COPY_MAX; i++)
		if (body[i].len)
			bufs[n++] = body[i];
	bufs[0] = (uv_buf_t){ .base = conn->head.data, .len = conn->head.len };
	total = conn->head.len + (n > 1 ? reply.length : 0);
	conn_write(conn, bufs, n, total);
}

void serve_conn_answer_fault(struct serve_conn *conn, unsigned status, const char *allow,
			     const char *why)
{
	struct sal_buf *text = &conn->task.out;
	char outcome[16];
	uv_buf_t body;

	snprintf(outcome, sizeof(outcome), "HTTP %u", status);
	serve_log_call(
		&(struct serve_log_call){
			.principal = conn->peer_name,
			.outcome = outcome,
			.message = why,
			.ms = -1,
		},
		conn->peer.uid, true);

	text->len = 0;
	sal_buf_printf(text, "{\"status\":%u,\"error\":", status);
	sal_json_put_cstring(text, why);
	sal_buf_putc(text, '}');
	body = (uv_buf_t){ .base = text->data, .len = text->len };
	serve_conn_answer(conn, status, allow, &body, 1);
}

/* Long answers */

void serve_conn_finish_stream(struct serve_conn *conn)
{
	struct serve_stream *stream = atomic_load(&conn->task.stream);

	/* Without its last chunk nobody takes what was sent for a whole answer. */
	if (conn->task.result < 0) {
		serve_conn_close(conn);
		return;
	}
	conn_set(conn, SERVE_CONN_WRITING);
	serve_stream_end(stream);
}

void serve_conn_stream_sent(void *owner, int status)
{
	struct serve_conn *conn = owner;
	struct serve_stream *stream = atomic_load(&conn->task.stream);

	if (status < 0) {
		serve_conn_close(conn);
		return;
	}
	atomic_store(&conn->task.stream, NULL);
	serve_stream_free(stream);
	conn->close_after = serve_conn_closing(conn);
	conn_sent(conn);
}

/* Requests */

void serve_conn_refuse(struct serve_conn *conn, unsigned status, const char *why)
{
	conn->close_after = conn->unread = true;
	conn_set(conn, SERVE_CONN_RUNNING);
	serve_conn_answer_fault(conn, status, NULL, why);
}

/* The peer waits for a word before it sends the body. */
static void conn_expect(struct serve_conn *conn)
{
	const char *why;
	uv_buf_t word;
	unsigned status = serve_endpoint_refusal(conn, &why);

	if (status) {
		conn->close_after = conn->unread = true;
		conn_set(conn, SERVE_CONN_RUNNING);
		serve_endpoint_run(conn);
		return;
	}
	word = (uv_buf_t){ .base = (char *)serve_reply_continue,
			   .len = strlen(serve_reply_continue) };
	if (uv_try_write((uv_stream_t *)&conn->handle, &word, 1) != (int)word.len)
		serve_conn_close(conn);
}

/* Takes requests from the bytes while each is answered at once; returns how many bytes it took. */
static size_t conn_process(struct serve_conn *conn, const char *data, size_t len)
{
	size_t at = 0;

	conn->processing = true;
	while (at < len && conn->state == SERVE_CONN_READING) {
		unsigned verdict;
		size_t used;

		if (serve_guard_idle(&conn->http.guard))
			conn->since = uv_now(&conn->server->loop);
		verdict = serve_http_feed(&conn->http, data + at, len - at, &used);
		at += used;
		if (verdict == SERVE_GUARD_BAD) {
			serve_conn_refuse(conn, conn->http.status, conn->http.why);
		} else if (verdict & SERVE_GUARD_END) {
			conn_set(conn, SERVE_CONN_RUNNING);
			serve_endpoint_run(conn);
		} else if (verdict & SERVE_GUARD_HEAD) {
			conn->since = uv_now(&conn->server->loop);
			if (conn->http.expect_continue && !conn->http.http10 && at == len)
				conn_expect(conn);
		}
	}
	conn->processing = false;
	return at;
}

static void conn_keep(struct serve_conn *conn, const char *data, size_t len)
{
	sal_buf_put(&conn->in, data, len);
	if (conn->in.len - conn->in_at > AHEAD_MAX && !conn->paused) {
		conn->paused = true;
		uv_read_stop((uv_stream_t *)&conn->handle);
	}
}

static void conn_drained(struct serve_conn *conn, size_t len)
{
	conn->progress += len;
	if (conn->progress > DRAIN_BYTES)
		serve_conn_close(conn);
}

static void conn_ended(struct serve_conn *conn, ssize_t status)
{
	conn->eof = true;
	uv_read_stop((uv_stream_t *)&conn->handle);
	/* A peer that only shut down its sending side still gets its answer. */
	if (status != UV_EOF || conn->state == SERVE_CONN_READING ||
	    conn->state == SERVE_CONN_DRAINING)
		serve_conn_close(conn);
}

static void conn_read(uv_stream_t *socket, ssize_t n, const uv_buf_t *buf)
{
	struct serve_conn *conn = socket->data;
	size_t len = n > 0 ? (size_t)n : 0, used = 0;

	if (n < 0) {
		conn_ended(conn, n);
		return;
	}
	if (conn->state == SERVE_CONN_DRAINING) {
		conn_drained(conn, len);
		return;
	}
	/* What was kept comes first; it is there only while a request is being answered. */
	if (conn->in.len == conn->in_at)
		used = conn_process(conn, buf->base, len);
	if (used < len && conn->state != SERVE_CONN_CLOSED && conn->state != SERVE_CONN_DRAINING)
		conn_keep(conn, buf->base + used, len - used);
}

static void conn_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *ret_buf)
{
	struct serve_conn *conn = handle->data;

	/* One buffer for all: what is read is used up, or copied, before the next read. */
	*ret_buf = uv_buf_init(conn->server->read_buffer, SERVE_READ_SIZE);
}

/* An answer has been sent while nobody was processing: takes up what was kept. */
static void conn_go_on(struct serve_conn *conn)
{
	struct sal_buf *in = &conn->in;

	if (in->len > conn->in_at && conn->state == SERVE_CONN_READING)
		conn->in_at += conn_process(conn, in->data + conn->in_at, in->len - conn->in_at);
	if (conn->state == SERVE_CONN_CLOSED)
		return;
	if (conn->in_at == in->len) {
		conn->in_at = in->len = 0;
		if (in->cap > KEEP_AHEAD)
			sal_buf_done(in);
		if (conn->eof && conn->state == SERVE_CONN_READING) {
			serve_conn_close(conn);
			return;
		}
	} else if (conn->in_at > in->len / 2) {
		memmove(in->data, in->data + conn->in_at, in->len - conn->in_at);
		in->len -= conn->in_at;
		conn->in_at = 0;
	}
	if (conn->paused && !conn->eof && in->len - conn->in_at <= AHEAD_MAX / 2) {
		conn->paused = false;
		uv_read_start((uv_stream_t *)&conn->handle, conn_alloc, conn_read);
	}
}

/* Who asks */

int serve_conn_principal(struct serve_conn *conn, struct acl_principal *ret_principal,
			 struct sal_error *err)
{
	const struct serve_server *server = conn->server;
	int r;

	if (conn->http.claims)
		return acl_identify(server->policy, &conn->peer, &conn->http.credentials,
				    ret_principal, err);
	if (conn->principal_policy != server->policy_number) {
		r = acl_identify(server->policy, &conn->peer, &(struct acl_credentials){ 0 },
				 &conn->principal, err);
		if (r < 0)
			return r;
		conn->principal_policy = server->policy_number;
	}
	*ret_principal = conn->principal;
	return 0;
}

/* From outside */

bool serve_conn_idle(const struct serve_conn *conn)
{
	return conn->state == SERVE_CONN_READING && serve_guard_idle(&conn->http.guard);
}

bool serve_conn_busy(const struct serve_conn *conn)
{
	return conn->state == SERVE_CONN_RUNNING || conn->state == SERVE_CONN_WRITING;
}

static void peer_name_set(struct serve_conn *conn)
{
	char *end;

	memcpy(conn->peer_name, "uid:", 4);
	end = sal_format_u64(conn->peer_name + 4, conn->peer.uid);
	*end = '\0';
}

struct serve_conn *serve_conn_new(struct serve_server *server, int fd, struct acl_peer *peer)
{
	struct serve_conn *conn = calloc(1, sizeof(*conn));
	int room = SEND_ROOM;

	if (!conn)
		sal_oom();
	conn->server = server;
	conn->peer = *peer;
	peer_name_set(conn);
	/* The kernel doubles it, and by default takes less than what we send in one go. */
	setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &room, sizeof(room));
	serve_http_init(&conn->http, &server->guard_limits);
	conn->task.conn = conn;
	conn_set(conn, SERVE_CONN_READING);
	uv_pipe_init(&server->loop, &conn->handle, 0);
	conn->handle.data = conn;
	if (uv_pipe_open(&conn->handle, fd)) {
		close(fd);
		conn_set(conn, SERVE_CONN_CLOSED);
		uv_close((uv_handle_t *)&conn->handle, conn_closed);
		return NULL;
	}
	uv_read_start((uv_stream_t *)&conn->handle, conn_alloc, conn_read);
	return conn;
}
