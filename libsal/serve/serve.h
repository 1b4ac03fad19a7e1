/*
 * serve.h - the door: HTTP/1.1 and JSON-RPC 2.0 on a Unix socket, in front of any backend.
 *
 * How a call travels:
 *	server.c        accepts a connection, within the limits
 *	conn.c          reads its bytes, one request after another
 *	http_guard.c    checks every byte, http_request.c lets llhttp parse what passed
 *	endpoint.c      finds what is at the path: POST /rpc goes to
 *	rpc.c           which takes the envelope apart and makes, for each call in it,
 *	task.c          a task: asks acl for the right, then runs backend->run() on
 *	lane.c          the loop's own thread or a worker, and collects the result;
 *	stream.c        holds back a producer whose long answer is not taken as fast;
 *	conn.c          writes the answer.
 * sal-native and sal-proxy share all of it; they differ in the backend they hand to serve_run().
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sal.h"

/* Who answers the methods. All strings are static. */
struct serve_backend {
	void *ctx;
	const char *service, *title, *description, *version;
	/* The method of that name, or NULL; never blocks. */
	const struct sal_method *(*find)(void *ctx, const char *name, size_t len);
	/* Runs a call to its end on the calling thread, as sal_call() does. */
	int (*run)(void *ctx, const struct sal_request *request, struct sal_error *err);
	/* READY=1 waits until serve_backend_ready() has been called, too. */
	bool settles;
};

/* Everything that is bounded; docs/protocol.md says what each is for. Times are seconds. */
struct serve_limits {
	uint32_t connections, connections_uid, connections_root;
	uint32_t body, header, headers, batch, depth, whole;
	uint32_t header_timeout, body_timeout, idle_timeout, stop_timeout;
	uint32_t quick_threads, slow_threads, write_threads, queue;
	uint32_t streams, streams_uid, streams_admin, stream_waiters;
	uint32_t stream_wait, stream_unsent, stream_slow, stream_stall, stream_least;
};

struct serve_options {
	const char *socket; /* NULL: the default path */
	uint32_t socket_mode;
	const char *socket_group; /* NULL: the process's own */
	const char *state_dir; /* NULL: the library's default */
	const char *acl; /* NULL: the built-in policy */
	const char *check_acl; /* check this file and exit */
	bool log_json, verbose;
	struct serve_limits limits;
};

/* A further option of one binary, for its list; set() returns 0, or -errno with err filled. */
struct serve_option_extra {
	const char *name, *arg, *help; /* "--upstream", "NS=SERVICE@SOCKET", ... */
	int (*set)(void *ctx, const char *value, struct sal_error *err);
};

struct serve_program {
	const char *name, *version, *summary; /* "sal-native", "0.1.0", one line for --help */
	const struct serve_option_extra *extra; /* ended by a NULL name; may be NULL */
	void *extra_ctx;
};

/*
 * Reads the command line; strings are borrowed from argv. Returns 0 to go on, 1 when the process is
 * done (--help, --version: printed to stdout), or -EINVAL after a line on stderr.
 */
int serve_options_parse(int argc, char **argv, const struct serve_program *program,
			struct serve_options *ret_options);

/* --check-acl: prints "OK" or what is wrong and where; returns the exit status, 0 or 1. */
int serve_check_acl(const struct serve_options *options);

/*
 * First thing in main(): whatever a careless parent left, descriptors 0 to 2 are open, no signal is
 * blocked, and SIGPIPE is ignored in the whole process.
 */
void serve_process_prepare(void);

/* The backend of this process has settled; once, from any thread, also before serve_run(). */
void serve_backend_ready(void);
/* A line of the backend's for the log; from any thread. */
void serve_backend_log(const char *line);

/*
 * Serves until SIGTERM or SIGINT. Returns 0 after a clean stop, or -errno when it could not start,
 * having logged why.
 */
int serve_run(const struct serve_options *options, const struct serve_backend *backend);
