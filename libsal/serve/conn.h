/*
 * conn.h - a connection: reads requests one after another, answers each before it takes the next.
 *
 * Everything here is of the loop thread. A connection lives until its socket is closed and its last
 * call has ended, whichever comes last.
 */
#pragma once

#include <uv.h>

#include "acl/identity.h"
#include "base/buf.h"
#include "serve/http_request.h"
#include "serve/rpc.h"
#include "serve/task.h"

struct serve_server;
struct serve_uid;

enum serve_conn_state {
	SERVE_CONN_READING, /* a request, or waiting for one */
	SERVE_CONN_RUNNING, /* what it asks for; what comes meanwhile is kept for later */
	SERVE_CONN_WRITING, /* the rest of an answer the socket did not take at once */
	SERVE_CONN_DRAINING, /* answered for the last time; what still comes is thrown away */
	SERVE_CONN_CLOSED,
};

struct serve_conn {
	uv_pipe_t handle;
	struct serve_server *server;
	struct serve_conn *next, *prev;
	enum serve_conn_state state;
	bool processing; /* further up the stack: it will look at the state again */
	bool close_after, unread, eof, paused, handle_closed;

	struct acl_peer peer;
	struct serve_uid *uid;
	char peer_name[24]; /* "uid:1000", until an identity is asked for */
	struct acl_principal principal; /* of requests without credentials */
	unsigned principal_policy; /* number of the policy it was found for; 0: none yet */

	struct serve_http http;
	struct serve_rpc rpc;
	struct serve_task task;

	uint64_t since; /* uv_now() when this state, or this part of a request, began */
	size_t progress; /* while writing: what was unsent when last looked; draining: bytes */
	struct sal_buf in; /* bytes read ahead, from in_at on */
	size_t in_at;
	struct sal_buf head; /* of the answer */
	uv_write_t write;
};

/* Takes over a connected socket; returns NULL (and closes it) if that fails. peer is moved. */
struct serve_conn *serve_conn_new(struct serve_server *server, int fd, struct acl_peer *peer);

/* Sends an answer; the bytes stay readable until the next request is read. */
void serve_conn_answer(struct serve_conn *conn, unsigned status, const char *allow,
		       const uv_buf_t *body, unsigned nbufs);
/* The same with {"status":…,"error":why} as its body. */
void serve_conn_answer_fault(struct serve_conn *conn, unsigned status, const char *allow,
			     const char *why);

/* Answers a request that was not read to its end, and for the last time. */
void serve_conn_refuse(struct serve_conn *conn, unsigned status, const char *why);

/* Whether the answer will be the connection's last. */
bool serve_conn_closing(const struct serve_conn *conn);

/* The task's result went out as a stream: sends its end, or breaks it off. */
void serve_conn_finish_stream(struct serve_conn *conn);
void serve_conn_stream_sent(void *owner, int status); /* for struct serve_reader */

/* To be called when done() of the task begins: false if the connection is gone and all is said. */
bool serve_conn_alive(struct serve_conn *conn);

/* Who makes the request that is being answered: 0, or a negative errno with UNAUTHENTICATED. */
int serve_conn_principal(struct serve_conn *conn, struct acl_principal *ret_principal,
			 struct sal_error *err);

bool serve_conn_idle(const struct serve_conn *conn); /* no byte of a request, nothing under way */
bool serve_conn_busy(const struct serve_conn *conn); /* a call runs or an answer is being sent */
void serve_conn_close(struct serve_conn *conn);
/* deadline.c, once a second: enforces the timeouts. */
void serve_conn_tick(struct serve_conn *conn, uint64_t now);
