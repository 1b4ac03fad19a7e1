/*
 * server.c - accepts connections and keeps them within limits.
 *
 * Of the places there are, a uid may take some and root has some for itself. When there is none
 * left, the connection of the greediest uid that has been idle longest is closed for the new one;
 * where nobody is idle, the new one gets a 503. Running out of descriptors is the same to us, with
 * one kept in reserve to be able to say so: a listener with a connection that cannot be accepted
 * would wake the loop for ever.
 */
#include "serve/server.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "acl/identity.h"
#include "base/arena.h"
#include "base/json_write.h"
#include "base/macros.h"
#include "serve/conn.h"
#include "serve/http_reply.h"
#include "serve/log.h"

#define SWEEP_MS   1000
#define DECIDE_THREADS 4 /* each for one synced record */
#define FDS_FOR_US 64 /* descriptors that connections must leave for everything else */

static void server_sweep(uv_timer_t *timer);
static void listener_ready(uv_poll_t *poll, int status, int events);

/* Who has how many */

static struct serve_uid **uid_slot(struct serve_server *server, uid_t uid)
{
	struct serve_uid **at = &server->uids[uid % SERVE_UID_BUCKETS];

	while (*at && (*at)->uid != uid)
		at = &(*at)->next;
	return at;
}

static unsigned uid_count(struct serve_server *server, uid_t uid)
{
	const struct serve_uid *entry = *uid_slot(server, uid);

	return entry ? entry->count : 0;
}

static struct serve_uid *uid_enter(struct serve_server *server, uid_t uid)
{
	struct serve_uid **at = uid_slot(server, uid);

	if (!*at) {
		*at = calloc(1, sizeof(**at));
		if (!*at)
			sal_oom();
		(*at)->uid = uid;
	}
	(*at)->count++;
	return *at;
}

static void uid_leave(struct serve_server *server, struct serve_uid *entry)
{
	struct serve_uid **at;

	if (--entry->count)
		return;
	at = uid_slot(server, entry->uid);
	*at = entry->next;
	free(entry);
}

/* Closes the idle connection that is missed least, of one uid or of any; false: none is idle. */
static bool server_evict(struct serve_server *server, bool of_one, uid_t uid)
{
	struct serve_conn *victim = NULL;

	for (struct serve_conn *conn = server->conns; conn; conn = conn->next) {
		if (!serve_conn_idle(conn) || (of_one && conn->peer.uid != uid))
			continue;
		if (victim && conn->uid->count < victim->uid->count)
			continue;
		/* The list begins with the newest: of two as old, the later one in it. */
		if (victim && conn->uid->count == victim->uid->count && conn->since > victim->since)
			continue;
		victim = conn;
	}
	if (victim)
		serve_conn_close(victim);
	return victim;
}

/* Whether there is, or can be made, a place for one more connection of this uid. */
static bool server_admits(struct serve_server *server, uid_t uid)
{
	const struct serve_limits *limits = server->limits;
	unsigned of_root = uid_count(server, 0);
	unsigned kept = SAL_MIN(limits->connections_root, server->max_conns / 2);

	if (uid_count(server, uid) >= limits->connections_uid && !server_evict(server, true, uid))
		return false;
	if (server->nconns < server->max_conns - (uid == 0 ? 0 : SAL_MAX(kept, of_root) - of_root))
		return true;
	return server_evict(server, false, 0);
}

/* Accepting */

static void connection_refuse(int fd)
{
	(void)!send(fd, serve_reply_full, strlen(serve_reply_full), MSG_DONTWAIT | MSG_NOSIGNAL);
	close(fd);
}

static void connection_enter(struct serve_server *server, int fd)
{
	struct sal_error err = { 0 };
	struct serve_conn *conn;
	struct acl_peer peer;

	if (acl_peer_from_socket(fd, &peer, &err) < 0) {
		serve_log(SERVE_LOG_WARNING, "closed a connection: %s", err.message);
		close(fd);
		return;
	}
	if (!server_admits(server, peer.uid)) {
		serve_log_call(
			&(struct serve_log_call){
				.principal = "-",
				.outcome = "HTTP 503",
				.message = "there are too many connections",
				.ms = -1,
			},
			peer.uid, true);
		acl_peer_done(&peer);
		connection_refuse(fd);
		return;
	}
	conn = serve_conn_new(server, fd, &peer);
	if (!conn)
		return;
	conn->uid = uid_enter(server, peer.uid);
	conn->next = server->conns;
	if (server->conns)
		server->conns->prev = conn;
	server->conns = conn;
	if (!server->nconns++)
		uv_timer_start(&server->sweep, server_sweep, SWEEP_MS, SWEEP_MS);
}

static void listener_pause(struct serve_server *server, int errnum)
{
	serve_log(SERVE_LOG_ERROR, "cannot accept a connection: %s", strerror(errnum));
	server->paused = true;
	uv_poll_stop(&server->listener);
	uv_timer_start(&server->sweep, server_sweep, SWEEP_MS, SWEEP_MS);
}

/* No descriptor is left: takes the place of an idle connection, or uses the reserve to say no. */
static int accept_exhausted(struct serve_server *server, int errnum)
{
	int fd;

	if (server_evict(server, false, 0))
		return accept4(server->listen_fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	if (server->reserve_fd >= 0) {
		close(server->reserve_fd);
		fd = accept4(server->listen_fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (fd >= 0)
			connection_refuse(fd);
		server->reserve_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
		if (fd >= 0 && server->reserve_fd >= 0)
			return -1;
	}
	listener_pause(server, errnum);
	return -1;
}

/* One connection each time: the others are served in between. */
static void listener_ready(uv_poll_t *poll, int status, int events)
{
	struct serve_server *server = poll->data;
	int fd = accept4(server->listen_fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

	if (fd < 0) {
		switch (errno) {
		case EAGAIN:
		case EINTR:
		case ECONNABORTED:
			return;
		case EMFILE:
		case ENFILE:
			fd = accept_exhausted(server, errno);
			break;
		default:
			listener_pause(server, errno);
			return;
		}
	}
	if (fd >= 0)
		connection_enter(server, fd);
}

static void listener_resume(struct serve_server *server)
{
	if (server->reserve_fd < 0)
		server->reserve_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	server->paused = false;
	if (!server->stopping)
		uv_poll_start(&server->listener, UV_READABLE, listener_ready);
}

/* Once a second, while there is anything to look after. */
static void server_sweep(uv_timer_t *timer)
{
	struct serve_server *server = timer->data;
	uint64_t now = uv_now(&server->loop);
	struct serve_conn *next;

	if (server->paused)
		listener_resume(server);
	for (struct serve_conn *conn = server->conns; conn; conn = next) {
		next = conn->next;
		serve_conn_tick(conn, now);
	}
	serve_log_tick();
	if (!server->nconns && !server->paused)
		uv_timer_stop(&server->sweep);
}

void serve_server_forget(struct serve_server *server, struct serve_conn *conn)
{
	if (!conn->uid)
		return;
	uid_leave(server, conn->uid);
	conn->uid = NULL;
	if (conn->prev)
		conn->prev->next = conn->next;
	else
		server->conns = conn->next;
	if (conn->next)
		conn->next->prev = conn->prev;
	server->nconns--;
	if (server->stopping)
		serve_server_settle(server);
}

/* Start and stop */

static void server_woken(uv_async_t *wake)
{
	struct serve_server *server = wake->data;

	serve_finished_collect(&server->finished);
	serve_streams_collect(&server->streams);
	if (server->stopping)
		serve_server_settle(server);
}

static void manifest_write(struct sal_buf *buf, const struct serve_backend *backend)
{
	const struct {
		const char *key, *value;
	} members[] = {
		{ "name", backend->service },
		{ "title", backend->title },
		{ "version", backend->version },
		{ "description", backend->description },
		{ "socket", "rpc" },
	};

	sal_buf_puts(buf, "{\"protocol\":\"openrpc\"");
	for (size_t i = 0; i < SAL_ARRAY_LEN(members); i++) {
		sal_buf_printf(buf, ",\"%s\":", members[i].key);
		sal_json_put_cstring(buf, members[i].value);
	}
	sal_buf_putc(buf, '}');
}

/* Raises the limit of descriptors as far as connections need it, and fits them to what we get. */
static unsigned descriptors_fit(const struct serve_limits *limits)
{
	rlim_t want = (rlim_t)limits->connections + FDS_FOR_US * 4;
	struct rlimit limit;
	rlim_t left;

	if (getrlimit(RLIMIT_NOFILE, &limit))
		return limits->connections;
	if (limit.rlim_cur < want) {
		limit.rlim_cur = SAL_MIN(want, limit.rlim_max);
		setrlimit(RLIMIT_NOFILE, &limit);
		getrlimit(RLIMIT_NOFILE, &limit);
	}
	left = limit.rlim_cur - SAL_MIN((rlim_t)FDS_FOR_US, limit.rlim_cur / 2);
	if (left >= limits->connections)
		return limits->connections;
	serve_log(SERVE_LOG_WARNING, "the limit of open files allows %u connections only",
		  (unsigned)left);
	return (unsigned)SAL_MAX(left, (rlim_t)1);
}

int serve_server_start(struct serve_server *server, const struct serve_options *options,
		       const struct serve_backend *backend, struct acl_policy *policy,
		       int listen_fd)
{
	const struct serve_limits *limits = &options->limits;
	int r = uv_loop_init(&server->loop);

	if (r < 0)
		return r;
	server->limits = limits;
	server->backend = backend;
	server->guard_limits = (struct serve_guard_limits){
		.head = limits->header,
		.headers = limits->headers,
		.body = limits->body,
	};
	server->policy_number = 1;
	server->listen_fd = listen_fd;
	server->reserve_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	server->max_conns = descriptors_fit(limits);
	manifest_write(&server->manifest, backend);
	uv_timer_init(&server->loop, &server->sweep);
	uv_async_init(&server->loop, &server->wake, server_woken);
	serve_finished_init(&server->finished, &server->wake);
	serve_lane_init(&server->quick, limits->quick_threads, limits->queue, &server->finished);
	serve_lane_init(&server->slow, limits->slow_threads, limits->queue, &server->finished);
	serve_lane_init(&server->write, limits->write_threads, limits->queue, &server->finished);
	serve_lane_init(&server->decide, DECIDE_THREADS, limits->queue, &server->finished);
	serve_streams_init(&server->streams, limits, &server->wake);
	server->sweep.data = server->wake.data = server->listener.data = server;
	r = uv_poll_init(&server->loop, &server->listener, listen_fd);
	if (r == 0)
		r = uv_poll_start(&server->listener, UV_READABLE, listener_ready);
	if (r == 0)
		server->policy = policy;
	return r;
}

void serve_server_settle(struct serve_server *server)
{
	struct serve_conn *next;

	if (server->stopped || server->running)
		return;
	for (const struct serve_conn *conn = server->conns; conn; conn = conn->next)
		if (serve_conn_busy(conn))
			return;
	server->stopped = true;
	for (struct serve_conn *conn = server->conns; conn; conn = next) {
		next = conn->next;
		serve_conn_close(conn);
	}
	uv_close((uv_handle_t *)&server->sweep, NULL);
	uv_close((uv_handle_t *)&server->wake, NULL);
	server->on_stopped(server);
}

void serve_server_stop(struct serve_server *server)
{
	if (server->stopping)
		return;
	server->stopping = true;
	uv_close((uv_handle_t *)&server->listener, NULL);
	serve_server_settle(server);
}

void serve_server_done(struct serve_server *server)
{
	serve_lane_stop(&server->quick);
	serve_lane_stop(&server->slow);
	serve_lane_stop(&server->write);
	serve_lane_stop(&server->decide);
	uv_loop_close(&server->loop);
	acl_policy_free(server->policy);
	sal_buf_done(&server->manifest);
	if (server->reserve_fd >= 0)
		close(server->reserve_fd);
}

void serve_server_set_policy(struct serve_server *server, struct acl_policy *policy)
{
	struct acl_policy *before = server->policy;
	struct serve_conn *next;

	server->policy = policy;
	server->policy_number++;
	for (struct serve_conn *conn = server->conns; conn; conn = next) {
		next = conn->next;
		serve_task_recheck(&conn->task);
	}
	acl_policy_free(before);
}
