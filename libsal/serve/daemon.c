/*
 * daemon.c - a process's life: start, signals, stop.
 *
 * The only room that knows all the others. Everything that can fail does so before READY=1.
 */
#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/macros.h"
#include "serve/log.h"
#include "serve/notify.h"
#include "serve/serve.h"
#include "serve/server.h"
#include "serve/socket.h"

struct daemon {
	struct serve_server server;
	struct serve_socket sock;
	const struct serve_options *options;
	uv_signal_t term, interrupt, hangup;
};

/* Listening, and a backend that has settled: READY=1 goes out with the last of them. */
static atomic_int ready_parts = 2;

static void ready_part(void)
{
	if (atomic_fetch_sub(&ready_parts, 1) == 1)
		serve_notify("READY=1");
}

void serve_backend_ready(void)
{
	ready_part();
}

void serve_backend_log(const char *line)
{
	serve_log(SERVE_LOG_WARNING, "%s", line);
}

/* Loads the policy that the options name; warnings are logged either way. */
static int policy_load(const struct serve_options *options, struct acl_policy **ret_policy,
		       struct sal_error *err)
{
	struct sal_buf warnings = SAL_BUF_EMPTY;
	char *line, *rest;
	int r;

	if (!options->acl) {
		*ret_policy = acl_policy_default();
		return 0;
	}
	r = acl_policy_load(options->acl, ret_policy, &warnings, err);
	sal_buf_putc(&warnings, '\0');
	for (line = strtok_r(warnings.data, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest))
		serve_log(SERVE_LOG_WARNING, "%s", line);
	sal_buf_done(&warnings);
	return r;
}

int serve_check_acl(const struct serve_options *options)
{
	struct sal_buf warnings = SAL_BUF_EMPTY;
	struct acl_policy *policy = NULL;
	struct sal_error err = { 0 };
	int r = acl_policy_load(options->check_acl, &policy, &warnings, &err);

	fwrite(warnings.data ? warnings.data : "", 1, warnings.len, stderr);
	if (r < 0)
		fprintf(stderr, "%s\n", err.message);
	else
		puts("OK");
	acl_policy_free(policy);
	sal_buf_done(&warnings);
	return r < 0;
}

static void on_stop(uv_signal_t *handle, int signum)
{
	struct daemon *daemon = handle->data;

	serve_log(SERVE_LOG_INFO, "stopping");
	serve_notify("STOPPING=1");
	serve_server_stop(&daemon->server);
	serve_socket_unlisten(&daemon->sock);
}

/* A bad file changes nothing: the last good policy stays in force. */
static void on_reload(uv_signal_t *handle, int signum)
{
	struct daemon *daemon = handle->data;
	struct acl_policy *policy = NULL;
	struct sal_error err = { 0 };

	serve_notify_reloading();
	if (policy_load(daemon->options, &policy, &err) < 0) {
		serve_log(SERVE_LOG_ERROR, "kept the policy as it was: %s", err.message);
	} else {
		serve_server_set_policy(&daemon->server, policy);
		serve_log(SERVE_LOG_INFO, "read the policy again");
	}
	serve_notify("READY=1");
}

static void on_stopped(struct serve_server *server)
{
	struct daemon *daemon = SAL_CONTAINER_OF(server, struct daemon, server);

	uv_close((uv_handle_t *)&daemon->term, NULL);
	uv_close((uv_handle_t *)&daemon->interrupt, NULL);
	uv_close((uv_handle_t *)&daemon->hangup, NULL);
}

static void signals_watch(struct daemon *daemon)
{
	const struct {
		uv_signal_t *handle;
		uv_signal_cb callback;
		int signum;
	} watched[] = {
		{ &daemon->term, on_stop, SIGTERM },
		{ &daemon->interrupt, on_stop, SIGINT },
		{ &daemon->hangup, on_reload, SIGHUP },
	};

	for (size_t i = 0; i < SAL_ARRAY_LEN(watched); i++) {
		uv_signal_init(&daemon->server.loop, watched[i].handle);
		watched[i].handle->data = daemon;
		uv_signal_start(watched[i].handle, watched[i].callback, watched[i].signum);
	}
}

static int daemon_run(struct daemon *daemon, const struct serve_backend *backend,
		      struct sal_error *err)
{
	struct acl_policy *policy = NULL;
	int r = policy_load(daemon->options, &policy, err);

	if (r < 0)
		return r;
	r = serve_server_start(&daemon->server, daemon->options, backend, policy, daemon->sock.fd);
	if (r < 0) {
		acl_policy_free(policy);
		return sal_fail_errno(err, -r, "cannot start the server");
	}
	daemon->server.on_stopped = on_stopped;
	signals_watch(daemon);
	serve_log(SERVE_LOG_INFO, "%s %s listens at %s", backend->service, backend->version,
		  *daemon->sock.path ? daemon->sock.path : "the socket it was given");
	ready_part();
	uv_run(&daemon->server.loop, UV_RUN_DEFAULT);
	serve_server_done(&daemon->server);
	return 0;
}

void serve_process_prepare(void)
{
	sigset_t none;
	int fd;

	/* A missing stderr must not become the number of some socket, which the log would go to. */
	do {
		fd = open("/dev/null", O_RDWR);
	} while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd >= 0)
		close(fd);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	/* A peer that goes away is an EPIPE of ours, not the end of the process. */
	signal(SIGPIPE, SIG_IGN);
	/* Workers come and go by the dozen; a heap of its own for each would only cost memory. */
	mallopt(M_ARENA_MAX, 2);
}

int serve_run(const struct serve_options *options, const struct serve_backend *backend)
{
	struct sal_error err = { 0 };
	struct daemon *daemon;
	int r;

	if (!backend->settles)
		ready_part();
	daemon = calloc(1, sizeof(*daemon));
	if (!daemon)
		sal_oom();
	daemon->options = options;
	r = serve_socket_open(options, &daemon->sock, &err);
	if (r == 0) {
		r = daemon_run(daemon, backend, &err);
		serve_socket_close(&daemon->sock);
	}
	if (r < 0)
		serve_log(SERVE_LOG_ERROR, "%s", err.message);
	else
		serve_log(SERVE_LOG_INFO, "stopped");
	free(daemon);
	return r;
}
