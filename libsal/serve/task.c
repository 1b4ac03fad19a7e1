/*
 * task.c - rights, lane, result.
 *
 * The sink's write() runs on the thread of the backend; everything else on the loop thread. Between
 * the two goes: the job (lane.c's locks), the stream (stream.c's lock) and two atomic flags.
 */
#include "serve/task.h"

#include <errno.h>
#include <string.h>

#include "acl/policy.h"
#include "base/error.h"
#include "serve/conn.h"
#include "serve/log.h"
#include "serve/server.h"

#define KEEP_OUT 4096

static struct serve_task *task_of_job(struct serve_job *job)
{
	return SAL_CONTAINER_OF(job, struct serve_task, job);
}

/* The sink */

static int task_keep(struct serve_task *task, const char *text, size_t len, bool last, bool shared)
{
	const struct serve_limits *limits = task->conn->server->limits;

	if (task->whole && task->whole_used + task->out.len + len > limits->whole)
		return task->sink_fault = -EMSGSIZE;
	if (shared && last && !task->out.len) {
		task->text = text;
		task->text_len = len;
		return 0;
	}
	sal_buf_put(&task->out, text, len);
	task->text = task->out.data;
	task->text_len = task->out.len;
	return 0;
}

static int envelope_write(struct serve_task *task, struct serve_stream *stream)
{
	static const char before[] = "{\"jsonrpc\":\"2.0\",\"id\":", after[] = ",\"result\":";
	int r = serve_stream_write(stream, before, strlen(before));

	if (r == 0)
		r = serve_stream_write(stream, task->id.p, task->id.len);
	return r ? r : serve_stream_write(stream, after, strlen(after));
}

/* The result is longer than what is sent whole: from here on the reader sets the pace. */
static int task_open_stream(struct serve_task *task)
{
	struct serve_conn *conn = task->conn;
	const struct serve_reader reader = {
		.socket = (uv_stream_t *)&conn->handle,
		.uid = conn->peer.uid,
		.admin = task->admin,
		.owner = conn,
		.sent = serve_conn_stream_sent,
	};
	struct serve_stream *stream;
	int r;

	serve_lane_detach(&task->job);
	r = serve_stream_open(&conn->server->streams, &reader, task->stream_head, &stream);
	if (r < 0)
		return task->sink_fault = r;
	atomic_store(&task->stream, stream);
	/* The loop thread cancels first and looks for the stream then; here it is the other way. */
	if (atomic_load(&task->cancelled))
		serve_stream_cut(stream);
	return task->id.p ? envelope_write(task, stream) : 0;
}

static int task_write(struct sal_sink *sink, const char *text, size_t len, bool last, bool shared)
{
	struct serve_task *task = SAL_CONTAINER_OF(sink, struct serve_task, sink);
	struct serve_stream *stream = atomic_load_explicit(&task->stream, memory_order_relaxed);
	int r;

	if (task->discard)
		return 0;
	if (atomic_load_explicit(&task->cancelled, memory_order_relaxed))
		return task->sink_fault = -ECANCELED;
	if (!stream && (last || task->whole || task->on_loop))
		return task_keep(task, text, len, last, shared);
	if (!stream) {
		r = task_open_stream(task);
		if (r < 0)
			return r;
		stream = atomic_load_explicit(&task->stream, memory_order_relaxed);
	}
	return serve_stream_write(stream, text, len);
}

/* Running */

static void task_run(struct serve_task *task)
{
	const struct serve_backend *backend = task->conn->server->backend;
	struct serve_stream *stream;

	task->result = backend->run(backend->ctx, &task->request, &task->err);
	stream = atomic_load(&task->stream);
	if (stream && task->result == 0 && task->id.p)
		task->result = serve_stream_write(stream, "}", 1);
}

static void job_run(struct serve_job *job)
{
	struct serve_task *task = task_of_job(job);

	atomic_store(&task->begun, true);
	task_run(task);
}

static void task_log(struct serve_task *task)
{
	const struct sal_method *method = task->request.method;
	enum sal_right right = method->right;
	const char *kind = task->result < 0 ? sal_code_name(task->err.code) : "ok";

	if (task->result == 0 && right < SAL_RIGHT_WRITE && !serve_log_verbose())
		return;
	serve_log_call(
		&(struct serve_log_call){
			.method = method->name,
			.method_len = strlen(method->name),
			.right = acl_right_name(right),
			.principal = task->request.caller,
			.outcome = kind ? kind : "INTERNAL",
			.message = task->result < 0 ? task->err.message : NULL,
			.ms = task->refused ? -1 : (double)(uv_hrtime() - task->began) / 1e6,
		},
		task->conn->peer.uid, task->refused);
}

/* What the sink made of the call is the sink's to explain, whatever the backend says. */
static void fault_explain(struct serve_task *task)
{
	struct sal_error *err = &task->err;

	if (task->result == 0 || !task->sink_fault)
		return;
	memset(err, 0, sizeof(*err));
	switch (task->sink_fault) {
	case -EMSGSIZE:
		sal_fail(err, SAL_LIMIT, "the answer is too long for a batch or HTTP/1.0");
		sal_error_hint(err, "ask for it alone, over HTTP/1.1");
		break;
	case -EBUSY:
		sal_fail(err, SAL_BUSY, "too many long answers are being sent already");
		sal_error_add_int(err, "retry_after", 1);
		break;
	default:
		sal_fail(err, SAL_CANCELLED, "the caller has gone");
		break;
	}
}

static void task_ended(struct serve_task *task)
{
	fault_explain(task);
	if (task->result < 0 && task->err.code == SAL_OK)
		sal_fail(&task->err, SAL_INTERNAL, "the method failed without saying why");
	if (task->result == 0 && !task->text)
		task->text = "null", task->text_len = strlen("null");
	task_log(task);
}

static void job_done(struct serve_job *job)
{
	struct serve_task *task = task_of_job(job);

	task->waiting = false;
	task->conn->server->running--;
	task_ended(task);
	task->done(task);
}

/* Rights */

static int task_identify(struct serve_task *task)
{
	struct serve_conn *conn = task->conn;
	int r = serve_conn_principal(conn, &task->principal, &task->err);

	task->identified = r == 0;
	if (r == 0)
		task->request.caller = task->principal.name;
	return r;
}

static int task_permit(struct serve_task *task)
{
	const struct acl_policy *policy = task->conn->server->policy;
	const struct sal_method *method = task->request.method;
	int r;

	if (method->right != SAL_RIGHT_NONE) {
		r = task_identify(task);
		if (r == 0)
			r = acl_check(policy, &task->principal, method, &task->err);
		if (r < 0)
			return r;
		task->admin = acl_right_everywhere(policy, &task->principal) == SAL_RIGHT_ADMIN;
		task->request.admin = task->admin;
	}
	if (task->discard && method->right > SAL_RIGHT_READ)
		return sal_fail(&task->err, SAL_REFUSED,
				"a notification must not change anything; send an id");
	return 0;
}

static bool task_refuse(struct serve_task *task, int r)
{
	task->result = r;
	task->refused = true;
	task_ended(task);
	return true;
}

static bool task_submit(struct serve_task *task, struct serve_lane *lane)
{
	int r;

	task->job.run = job_run;
	task->job.done = job_done;
	task->waiting = true;
	task->conn->server->running++;
	r = serve_lane_submit(lane, &task->job);
	if (r == 0)
		return false;
	task->waiting = false;
	task->conn->server->running--;
	sal_fail(&task->err, SAL_BUSY, "too many calls are waiting already");
	sal_error_add_int(&task->err, "retry_after", 1);
	return task_refuse(task, r);
}

bool serve_task_start(struct serve_task *task, const struct sal_method *method,
		      struct sal_slice params)
{
	struct serve_server *server = task->conn->server;
	int r;

	task->sink.write = task_write;
	task->request = (struct sal_request){
		.method = method,
		.params = params.p,
		.params_len = params.len,
		.caller = task->conn->peer_name,
		.sink = &task->sink,
	};
	task->began = uv_hrtime();
	r = task_permit(task);
	if (r < 0)
		return task_refuse(task, r);
	switch (method->lane) {
	case SAL_LANE_INLINE:
		break;
	case SAL_LANE_QUICK:
	case SAL_LANE_STREAM:
		return task_submit(task, &server->quick);
	case SAL_LANE_SLOW:
		return task_submit(task, &server->slow);
	case SAL_LANE_WRITE:
		return task_submit(task, &server->write);
	case SAL_LANE_DECIDE:
		return task_submit(task, &server->decide);
	}
	task->on_loop = true;
	task_run(task);
	task_ended(task);
	return true;
}

void serve_task_fail(struct serve_task *task, const char *name, size_t name_len)
{
	task->result = -EINVAL;
	serve_log_call(
		&(struct serve_log_call){
			.method = name,
			.method_len = name_len,
			.principal = task->conn->peer_name,
			.outcome = sal_code_name(task->err.code),
			.message = task->err.message,
			.ms = -1,
		},
		task->conn->peer.uid, true);
}

void serve_task_cancel(struct serve_task *task)
{
	struct serve_stream *stream;

	atomic_store(&task->cancelled, true);
	stream = atomic_load(&task->stream);
	if (stream)
		serve_stream_cut(stream);
}

void serve_task_recheck(struct serve_task *task)
{
	int r;

	if (!task->waiting || atomic_load(&task->begun) || !task->identified)
		return;
	if (!serve_lane_withdraw(task->job.lane, &task->job))
		return;
	r = task_permit(task);
	if (r == 0) {
		r = serve_lane_submit(task->job.lane, &task->job);
		if (r == 0)
			return;
		sal_fail(&task->err, SAL_BUSY, "too many calls are waiting already");
	}
	task->result = r;
	task->refused = true;
	job_done(&task->job);
}

void serve_task_reset(struct serve_task *task)
{
	if (task->err.code != SAL_OK)
		memset(&task->err, 0, sizeof(task->err));
	task->discard = task->whole = false;
	task->whole_used = 0;
	task->id = (struct sal_slice){ 0 };
	task->result = task->sink_fault = 0;
	task->text = NULL;
	task->text_len = 0;
	task->identified = task->admin = task->refused = task->on_loop = false;
	atomic_store_explicit(&task->begun, false, memory_order_relaxed);
	atomic_store_explicit(&task->stream, NULL, memory_order_relaxed);
	task->out.len = 0;
	if (task->out.cap > KEEP_OUT)
		sal_buf_done(&task->out);
}

void serve_task_free_buffers(struct serve_task *task)
{
	sal_buf_done(&task->out);
}
