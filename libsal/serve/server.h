/*
 * server.h - the listener and what all connections share.
 *
 * Owned by the loop thread, except for the lanes and streams, which lock for themselves. daemon.c
 * starts and stops it.
 */
#pragma once

#include <uv.h>

#include "acl/policy.h"
#include "base/buf.h"
#include "serve/http_guard.h"
#include "serve/lane.h"
#include "serve/serve.h"
#include "serve/stream.h"

struct serve_conn;

#define SERVE_READ_SIZE	  65536
#define SERVE_UID_BUCKETS 64

/* The connections of one uid. */
struct serve_uid {
	struct serve_uid *next;
	uid_t uid;
	unsigned count;
};

struct serve_server {
	uv_loop_t loop;
	const struct serve_limits *limits;
	const struct serve_backend *backend;
	struct serve_guard_limits guard_limits;

	struct acl_policy *policy;
	unsigned policy_number; /* counts reloads, from 1 */

	uv_poll_t listener;
	int listen_fd, reserve_fd;
	bool paused; /* not accepting until the next sweep: no descriptor to be had */
	uv_timer_t sweep;
	uv_async_t wake;

	struct serve_finished finished;
	struct serve_lane quick, slow, write, decide;
	struct serve_streams streams;
	unsigned running; /* calls handed to a lane */

	struct serve_conn *conns;
	unsigned nconns, max_conns;
	struct serve_uid *uids[SERVE_UID_BUCKETS];
	struct sal_buf manifest; /* /.well-known/heroservice.json */
	char read_buffer[SERVE_READ_SIZE];

	bool stopping, stopped;
	void (*on_stopped)(struct serve_server *server);
};

/* Starts to accept from listen_fd. The policy is taken over on success. Returns 0 or -errno. */
int serve_server_start(struct serve_server *server, const struct serve_options *options,
		       const struct serve_backend *backend, struct acl_policy *policy,
		       int listen_fd);
/* No new connection, no new request; on_stopped() is called when all running calls are answered. */
void serve_server_stop(struct serve_server *server);
void serve_server_done(struct serve_server *server);

void serve_server_set_policy(struct serve_server *server, struct acl_policy *policy);

/* For conn.c */
void serve_server_forget(struct serve_server *server, struct serve_conn *conn);
void serve_server_settle(struct serve_server *server); /* something ended: is all done? */
