/*
 * ovs.c - JSON-RPC 1.0 with ovsdb-server and ovs-vswitchd. See ovs.h.
 *
 * Called by net/ovs*.c, net/flow.c and net/datapath.c. It knows the daemons' sockets and how to ask,
 * not what the answers mean. Sources: RFC 7047, ovs-appctl(8), unixctl(7) of Open vSwitch.
 */
#include "kernel/ovs.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <time.h>

#include "base/fault.h"
#include "base/json_write.h"
#include "kernel/sysfs.h"

#define DB	 "ovsdb-server"
#define VSWITCHD "ovs-vswitchd"
#define DEPTH	 64 /* of an answer's JSON */
#define PIECE	 (128 * 1024)

static int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static int missing_fail(const char *peer, struct sal_error *err)
{
	int r = sal_fail(err, SAL_UNSUPPORTED, "%s of Open vSwitch does not run here", peer);

	sal_error_subject(err, "daemon %s", peer);
	sal_error_add_string(err, "package", SAL_OVS_PACKAGE);
	sal_error_add_string(err, "daemon", peer);
	sal_error_hint(err, "install %s, or start its service", SAL_OVS_PACKAGE);
	return r;
}

static int silence_fail(const struct sal_ovs *ovs, struct sal_error *err)
{
	int r = sal_fail(err, SAL_TIMEOUT, "%s did not answer in time", ovs->peer);

	sal_error_subject(err, "daemon %s", ovs->peer);
	return r;
}

static int socket_open(struct sal_ovs *ovs, const char *peer, const char *path,
		       struct sal_error *err)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	/* connect() waits while the other side has too many callers that it did not accept yet */
	struct timeval patience = { .tv_sec = SAL_OVS_SILENCE_MS / 1000 };

	*ovs = (struct sal_ovs){ .fd = -1, .peer = peer, .silence_ms = SAL_OVS_SILENCE_MS };
	if (strlen(path) >= sizeof(address.sun_path))
		return sal_fail(err, SAL_LIMIT, "the path of a socket is too long: %s", path);
	strncpy(address.sun_path, path, sizeof(address.sun_path) - 1);
	ovs->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (ovs->fd < 0)
		return sal_fail_errno(err, errno, "cannot make a socket");
	setsockopt(ovs->fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
	if (connect(ovs->fd, (struct sockaddr *)&address, sizeof(address)) == 0)
		return 0;
	switch (errno) {
	case ENOENT:
	case ENOTDIR:
	case ECONNREFUSED:
		return missing_fail(peer, err);
	case EAGAIN:
	case EINTR:
		return silence_fail(ovs, err);
	default:
		return sal_fail_errno(err, errno, "cannot connect to %s at %s", peer, path);
	}
}

int sal_ovs_open_db(struct sal_ovs *ovs, struct sal_error *err)
{
	return socket_open(ovs, DB, SAL_OVS_RUNDIR "/db.sock", err);
}

/* Its name has the pid in it, which stands in a file beside. */
int sal_ovs_open_vswitchd(struct sal_ovs *ovs, struct sal_error *err)
{
	char pid[24], path[sizeof(SAL_OVS_RUNDIR) + sizeof(pid) + 24];
	long len = sal_sysfs_read(AT_FDCWD, SAL_OVS_RUNDIR "/ovs-vswitchd.pid", pid, sizeof(pid));

	*ovs = SAL_OVS_CLOSED;
	if (len < 0)
		return missing_fail(VSWITCHD, err);
	for (long i = 0; i < len; i++)
		if (!isdigit((unsigned char)pid[i]))
			len = 0;
	if (len < 1 || len > 10)
		return sal_fail(err, SAL_IO, "%s/ovs-vswitchd.pid holds no process id",
				SAL_OVS_RUNDIR);
	snprintf(path, sizeof(path), "%s/ovs-vswitchd.%s.ctl", SAL_OVS_RUNDIR, pid);
	return socket_open(ovs, VSWITCHD, path, err);
}

int sal_ovs_open_mgmt(struct sal_ovs *ovs, const char *bridge, struct sal_error *err)
{
	char path[sizeof(((struct sockaddr_un *)0)->sun_path)];
	int len = snprintf(path, sizeof(path), "%s/%s.mgmt", SAL_OVS_RUNDIR, bridge);

	*ovs = SAL_OVS_CLOSED;
	if (strchr(bridge, '/') || len < 0 || (size_t)len >= sizeof(path))
		return sal_fail(err, SAL_LIMIT, "no socket can have the name of bridge %s", bridge);
	return socket_open(ovs, VSWITCHD, path, err);
}

void sal_ovs_close(struct sal_ovs *ovs)
{
	sal_close_fd(&ovs->fd);
	sal_buf_done(&ovs->in);
	*ovs = SAL_OVS_CLOSED;
}

void sal_ovs_exchange_begin(struct sal_ovs *ovs)
{
	ovs->end = now_ms() + SAL_OVS_WHOLE_MS;
	ovs->in.len = ovs->used = 0;
	sal_buf_reserve(&ovs->in, PIECE);
}

/* Waits until the socket can do what is asked of it. */
static int socket_wait(const struct sal_ovs *ovs, short events, struct sal_error *err)
{
	struct pollfd pollfd = { .fd = ovs->fd, .events = events };
	int64_t silence = now_ms() + ovs->silence_ms;

	for (;;) {
		int64_t left = SAL_MIN(silence, ovs->end) - now_ms();
		int n = left > 0 ? poll(&pollfd, 1, (int)left) : 0;

		if (n > 0)
			return 0;
		if (n == 0)
			return silence_fail(ovs, err);
		if (errno != EINTR)
			return sal_fail_errno(err, errno, "cannot wait for %s", ovs->peer);
	}
}

static int hangup_fail(const struct sal_ovs *ovs, struct sal_error *err)
{
	return sal_fail(err, SAL_IO, "%s hung up before it had answered", ovs->peer);
}

int sal_ovs_send(struct sal_ovs *ovs, const void *data, size_t len, struct sal_error *err)
{
	const char *at = data;

	while (len) {
		ssize_t n = send(ovs->fd, at, len, MSG_DONTWAIT | MSG_NOSIGNAL);

		if (n >= 0) {
			at += n;
			len -= (size_t)n;
			continue;
		}
		if (errno == EPIPE || errno == ECONNRESET)
			return hangup_fail(ovs, err);
		if (errno != EAGAIN && errno != EINTR)
			return sal_fail_errno(err, errno, "cannot send to %s", ovs->peer);
		n = socket_wait(ovs, POLLOUT, err);
		if (n < 0)
			return (int)n;
	}
	return 0;
}

int sal_ovs_receive(struct sal_ovs *ovs, struct sal_error *err)
{
	int r = sal_fault("ovs.receive");

	if (r < 0)
		return sal_fail_errno(err, -r, "cannot receive from %s", ovs->peer);
	if (ovs->in.len > SAL_OVS_ANSWER_MAX)
		return sal_fail(err, SAL_LIMIT, "the answer of %s is longer than %d MiB", ovs->peer,
				SAL_OVS_ANSWER_MAX >> 20);
	for (;;) {
		char *to;
		ssize_t n;

		r = socket_wait(ovs, POLLIN, err);
		if (r < 0)
			return r;
		to = sal_buf_reserve(&ovs->in, PIECE);
		n = recv(ovs->fd, to, PIECE, MSG_DONTWAIT);
		if (n > 0) {
			ovs->in.len += (size_t)n;
			return 0;
		}
		if (n == 0 || errno == ECONNRESET)
			return hangup_fail(ovs, err);
		if (errno != EAGAIN && errno != EINTR)
			return sal_fail_errno(err, errno, "cannot receive from %s", ovs->peer);
	}
}

int sal_ovs_frame(struct sal_ovs_frame *frame, const char *text, size_t len)
{
	for (; frame->at < len; frame->at++) {
		char c = text[frame->at];

		if (frame->in_string) {
			if (frame->escaped)
				frame->escaped = false;
			else if (c == '\\')
				frame->escaped = true;
			else if (c == '"')
				frame->in_string = false;
		} else if (c == '{' || c == '[') {
			if (!frame->depth && c == '[')
				return -1;
			frame->depth++;
		} else if (!frame->depth && (c == ' ' || c == '\n' || c == '\r' || c == '\t')) {
			continue;
		} else if (!frame->depth) {
			return -1;
		} else if (c == '"') {
			frame->in_string = true;
		} else if ((c == '}' || c == ']') && !--frame->depth) {
			frame->at++;
			return 1;
		}
	}
	return 0;
}

static int garbage_fail(const struct sal_ovs *ovs, const char *what, struct sal_error *err)
{
	int r = sal_fail(err, SAL_IO, "%s sent %s", ovs->peer, what);

	sal_error_subject(err, "daemon %s", ovs->peer);
	return r;
}

/* The next message, whole and checked. */
static int message_receive(struct sal_ovs *ovs, struct sal_slice *ret_message,
			   struct sal_error *err)
{
	struct sal_ovs_frame frame = { 0 };
	size_t at;
	int r;

	while (!(r = sal_ovs_frame(&frame, ovs->in.data + ovs->used, ovs->in.len - ovs->used))) {
		r = sal_ovs_receive(ovs, err);
		if (r < 0)
			return r;
	}
	ret_message->p = ovs->in.data + ovs->used;
	ret_message->len = frame.at;
	ovs->used += frame.at;
	if (r < 0 || sal_json_check(ret_message->p, ret_message->len, DEPTH, &at) != SAL_JSON_FINE)
		return garbage_fail(ovs, "what is no JSON-RPC", err);
	*ret_message = sal_json_trim(ret_message->p, ret_message->len);
	return 0;
}

struct message {
	struct sal_slice method, params, id, result, error;
};

static void message_read(struct sal_slice text, struct message *ret)
{
	struct sal_json_iter iter = sal_json_iter(text);
	struct sal_slice key, value;

	*ret = (struct message){ 0 };
	while (sal_json_next_member(&iter, &key, &value)) {
		if (sal_json_kind(value) == SAL_JSON_NULL)
			continue;
		if (sal_json_string_equals(key, "method"))
			ret->method = value;
		else if (sal_json_string_equals(key, "params"))
			ret->params = value;
		else if (sal_json_string_equals(key, "id"))
			ret->id = value;
		else if (sal_json_string_equals(key, "result"))
			ret->result = value;
		else if (sal_json_string_equals(key, "error"))
			ret->error = value;
	}
}

/* A question of theirs: OVSDB asks whether we are alive (RFC 7047 section 4.1.11). */
static int question_answer(struct sal_ovs *ovs, const struct message *message,
			   struct sal_error *err)
{
	SAL_CLEANUP(sal_buf_done) struct sal_buf out = SAL_BUF_EMPTY;

	if (!message->id.p || !message->params.p ||
	    !sal_json_string_equals(message->method, "echo"))
		return 0;
	sal_buf_puts(&out, "{\"error\":null,\"id\":");
	sal_buf_put(&out, message->id.p, message->id.len);
	sal_buf_puts(&out, ",\"result\":");
	sal_buf_put(&out, message->params.p, message->params.len);
	sal_buf_putc(&out, '}');
	return sal_ovs_send(ovs, out.data, out.len, err);
}

int sal_ovs_call(struct sal_ovs *ovs, const char *method, const struct sal_buf *params,
		 struct sal_slice *ret_result, struct sal_slice *ret_error, struct sal_error *err)
{
	SAL_CLEANUP(sal_buf_done) struct sal_buf out = SAL_BUF_EMPTY;
	struct sal_slice text;
	struct message message;
	char id[16];
	int r, len;

	sal_ovs_exchange_begin(ovs);
	len = snprintf(id, sizeof(id), "%u", ++ovs->id);
	sal_buf_printf(&out, "{\"id\":%s,\"method\":", id);
	sal_json_put_cstring(&out, method);
	sal_buf_puts(&out, ",\"params\":");
	sal_buf_put(&out, params->data, params->len);
	sal_buf_putc(&out, '}');
	r = sal_ovs_send(ovs, out.data, out.len, err);
	for (; r >= 0; r = question_answer(ovs, &message, err)) {
		r = message_receive(ovs, &text, err);
		if (r < 0)
			return r;
		message_read(text, &message);
		if (!message.method.p)
			break;
	}
	if (r < 0)
		return r;
	if (message.id.len != (size_t)len || memcmp(message.id.p, id, message.id.len) != 0)
		return garbage_fail(ovs, "an answer to what was not asked", err);
	if (!message.result.p == !message.error.p)
		return garbage_fail(ovs, "an answer with no result or two", err);
	*ret_result = message.result;
	*ret_error = message.error;
	return 0;
}

/* Words of an OVSDB error: {"error":"…","details":"…"}. */
static int db_fail(const struct sal_ovs *ovs, struct sal_slice error, struct sal_error *err)
{
	struct sal_json_iter iter;
	struct sal_slice key, value;
	char kind[80] = "an error", details[200] = "";
	int r;

	if (sal_json_kind(error) == SAL_JSON_OBJECT) {
		iter = sal_json_iter(error);
		while (sal_json_next_member(&iter, &key, &value)) {
			if (sal_json_string_equals(key, "error"))
				sal_json_string_copy(value, kind, sizeof(kind));
			else if (sal_json_string_equals(key, "details"))
				sal_json_string_copy(value, details, sizeof(details));
		}
	}
	r = sal_fail(err, SAL_IO, "%s answered %s%s%s", ovs->peer, kind, *details ? ": " : "",
		     details);
	sal_error_subject(err, "daemon %s", ovs->peer);
	return r;
}

/* The error in the result of an operation, or nothing. */
static struct sal_slice operation_error(struct sal_slice result)
{
	struct sal_json_iter iter;
	struct sal_slice key, value;

	if (sal_json_kind(result) != SAL_JSON_OBJECT)
		return (struct sal_slice){ 0 };
	iter = sal_json_iter(result);
	while (sal_json_next_member(&iter, &key, &value))
		if (sal_json_string_equals(key, "error") && sal_json_kind(value) != SAL_JSON_NULL)
			return result;
	return (struct sal_slice){ 0 };
}

int sal_ovs_transact(struct sal_ovs *ovs, const struct sal_buf *operations, unsigned n,
		     struct sal_slice *ret_results, struct sal_error *err)
{
	SAL_CLEANUP(sal_buf_done) struct sal_buf params = SAL_BUF_EMPTY;
	struct sal_slice result, error, one;
	struct sal_json_iter iter;
	unsigned found = 0;
	int r;

	sal_buf_puts(&params, "[\"Open_vSwitch\",");
	sal_buf_put(&params, operations->data, operations->len);
	sal_buf_putc(&params, ']');
	r = sal_ovs_call(ovs, "transact", &params, &result, &error, err);
	if (r < 0)
		return r;
	if (error.p)
		return db_fail(ovs, error, err);
	if (sal_json_kind(result) != SAL_JSON_ARRAY)
		return garbage_fail(ovs, "no list of results", err);
	iter = sal_json_iter(result);
	for (; sal_json_next(&iter, &one); found++) { /* one more than n if the commit failed */
		error = operation_error(one);
		if (error.p)
			return db_fail(ovs, error, err);
	}
	if (found != n)
		return garbage_fail(ovs, "too few results, or too many", err);
	*ret_results = result;
	return 0;
}

int sal_ovs_command(struct sal_ovs *ovs, const char *command, const char *const *args, unsigned n,
		    struct sal_ovs_text *ret_text, struct sal_error *err)
{
	SAL_CLEANUP(sal_buf_done) struct sal_buf params = SAL_BUF_EMPTY;
	struct sal_slice result, error, answer;
	long len;
	int r;

	sal_buf_putc(&params, '[');
	for (unsigned i = 0; i < n; i++) {
		if (i)
			sal_buf_putc(&params, ',');
		sal_json_put_cstring(&params, args[i]);
	}
	sal_buf_putc(&params, ']');
	r = sal_ovs_call(ovs, command, &params, &result, &error, err);
	if (r < 0)
		return r;
	answer = error.p ? error : result;
	/* In place: a character is never longer than what stands for it in JSON. */
	ret_text->text = ovs->in.data + (answer.p - ovs->in.data);
	len = sal_json_kind(answer) == SAL_JSON_STRING
		      ? sal_json_string_copy(answer, ret_text->text, answer.len)
		      : -1;
	if (len < 0)
		return garbage_fail(ovs, "no text", err);
	ret_text->len = (size_t)len;
	ret_text->refused = error.p != NULL;
	ret_text->unknown = ret_text->refused && strstr(ret_text->text, "is not a valid command");
	return 0;
}

int sal_ovs_refusal(const struct sal_ovs *ovs, const char *command, const struct sal_ovs_text *text,
		    struct sal_error *err)
{
	int r = sal_fail(err, text->unknown ? SAL_UNSUPPORTED : SAL_IO, "%s refused %s: %.*s",
			 ovs->peer, command, (int)strcspn(text->text, "\n"), text->text);

	sal_error_subject(err, "daemon %s", ovs->peer);
	if (text->unknown)
		sal_error_add_string(err, "package", SAL_OVS_PACKAGE);
	return r;
}

int sal_ovs_command_output(struct sal_ovs *ovs, const char *command, const char *const *args,
			   unsigned n, struct sal_ovs_text *ret_text, struct sal_error *err)
{
	int r = sal_ovs_command(ovs, command, args, n, ret_text, err);

	return r < 0 || !ret_text->refused ? r : sal_ovs_refusal(ovs, command, ret_text, err);
}
