/*
 * rpc.c - envelopes in, envelopes out.
 *
 * The body is scanned, never built: ids are slices of it and go out byte for byte as they came.
 * A request's id may be any number, string or null; without one it is a notification, which gets no
 * answer whatever happens.
 */
#include "serve/rpc.h"

#include <errno.h>
#include <string.h>

#include "base/error.h"
#include "base/macros.h"
#include "serve/conn.h"
#include "serve/http_reply.h"
#include "serve/server.h"

#define MEMBERS_MAX	16 /* of an envelope; it has four */
#define METHOD_NAME_MAX 128 /* longer names are no method's */

static const struct sal_slice id_null = { "null", 4 };

struct envelope {
	struct sal_slice version, method, params, id;
};

/* Sorts a member into the envelope; unknown ones are left alone. */
static int envelope_member(struct envelope *env, struct sal_slice key, struct sal_slice value,
			   struct sal_error *err)
{
	const struct {
		const char *name;
		struct sal_slice *slot;
	} known[] = {
		{ "jsonrpc", &env->version },
		{ "method", &env->method },
		{ "params", &env->params },
		{ "id", &env->id },
	};

	for (size_t i = 0; i < SAL_ARRAY_LEN(known); i++) {
		if (!sal_json_string_equals(key, known[i].name))
			continue;
		if (known[i].slot->p)
			return sal_fail(err, SAL_INVALID_REQUEST, "\"%s\" was sent twice",
					known[i].name);
		*known[i].slot = value;
	}
	return 0;
}

static int envelope_split(struct sal_slice text, struct envelope *env, struct sal_error *err)
{
	struct sal_slice keys[MEMBERS_MAX], key, value;
	struct sal_json_iter iter;
	unsigned n = 0;
	int r;

	if (sal_json_kind(text) != SAL_JSON_OBJECT)
		return sal_fail(err, SAL_INVALID_REQUEST, "a request must be an object");
	iter = sal_json_iter(text);
	while (sal_json_next_member(&iter, &key, &value)) {
		if (n == MEMBERS_MAX)
			return sal_fail(err, SAL_INVALID_REQUEST,
					"a request must have at most %d members", MEMBERS_MAX);
		for (unsigned i = 0; i < n; i++)
			if (keys[i].len == key.len && !memcmp(keys[i].p, key.p, key.len))
				return sal_fail(err, SAL_INVALID_REQUEST,
						"a member of the request was sent twice");
		keys[n++] = key;
		r = envelope_member(env, key, value, err);
		if (r < 0)
			return r;
	}
	return 0;
}

static int envelope_check(const struct envelope *env, struct sal_error *err)
{
	if (env->version.p && sal_json_kind(env->version) == SAL_JSON_STRING &&
	    sal_json_string_equals(env->version, "2.0") && env->method.p &&
	    sal_json_kind(env->method) == SAL_JSON_STRING)
		return 0;
	if (!env->method.p || sal_json_kind(env->method) != SAL_JSON_STRING)
		return sal_fail(err, SAL_INVALID_REQUEST, "\"method\" must be a string");
	return sal_fail(err, SAL_INVALID_REQUEST, "\"jsonrpc\" must be \"2.0\"");
}

static bool id_valid(struct sal_slice id)
{
	enum sal_json_kind kind = sal_json_kind(id);

	return kind == SAL_JSON_NUMBER || kind == SAL_JSON_STRING || kind == SAL_JSON_NULL;
}

/* Absent and null params are none; the backend says which it wants. */
static int params_check(struct sal_slice *params, struct sal_error *err)
{
	enum sal_json_kind kind;

	if (!params->p)
		return 0;
	kind = sal_json_kind(*params);
	if (kind == SAL_JSON_NULL)
		*params = (struct sal_slice){ 0 };
	else if (kind != SAL_JSON_OBJECT && kind != SAL_JSON_ARRAY)
		return sal_fail(err, SAL_INVALID_PARAMS, "params must be an object or an array");
	return 0;
}

static bool call_fail(struct serve_task *task, const char *name, size_t len)
{
	serve_task_fail(task, name, len);
	return true;
}

/* Begins one call. True: it has ended, its outcome stands in the task; false: it goes on. */
static bool call_begin(struct serve_conn *conn, struct sal_slice text)
{
	const struct serve_backend *backend = conn->server->backend;
	struct serve_task *task = &conn->task;
	struct envelope env = { 0 };
	const struct sal_method *method;
	char name[METHOD_NAME_MAX];
	long len;
	int r;

	task->id = id_null;
	r = envelope_split(text, &env, &task->err);
	if (env.id.p && !id_valid(env.id)) {
		sal_fail(&task->err, SAL_INVALID_REQUEST,
			 "\"id\" must be a number, a string or null");
		return call_fail(task, NULL, 0);
	}
	if (env.id.p)
		task->id = env.id;
	if (r == 0)
		r = envelope_check(&env, &task->err);
	if (r < 0)
		return call_fail(task, NULL, 0);
	task->discard = !env.id.p;
	len = sal_json_string_copy(env.method, name, sizeof(name));
	method = len < 0 ? NULL : backend->find(backend->ctx, name, (size_t)len);
	if (len < 0) {
		len = 1;
		memcpy(name, "?", 2);
	}
	if (!method) {
		sal_fail(&task->err, SAL_METHOD_NOT_FOUND, "no method named %s", name);
		sal_error_hint(&task->err, "rpc.discover lists the methods");
		return call_fail(task, name, (size_t)len);
	}
	r = params_check(&env.params, &task->err);
	if (r < 0)
		return call_fail(task, name, (size_t)len);
	return serve_task_start(task, method, env.params);
}

static const char answer_begin[] = "{\"jsonrpc\":\"2.0\",\"id\":";
static const char answer_result[] = ",\"result\":";
static const char answer_error[] = ",\"error\":";

/* Turns the outcome into text: the error's JSON takes the place of the result. */
static const char *outcome_key(struct serve_task *task)
{
	if (task->result == 0)
		return answer_result;
	task->out.len = 0;
	sal_error_write(&task->out, &task->err);
	task->text = task->out.data;
	task->text_len = task->out.len;
	return answer_error;
}

static uv_buf_t piece(const char *text, size_t len)
{
	return (uv_buf_t){ .base = (char *)text, .len = len };
}

static void single_answer(struct serve_conn *conn)
{
	struct serve_task *task = &conn->task;
	const char *key;

	if (atomic_load(&task->stream)) {
		serve_conn_finish_stream(conn);
		return;
	}
	if (task->discard) {
		serve_conn_answer(conn, 204, NULL, NULL, 0);
		return;
	}
	key = outcome_key(task);
	const uv_buf_t body[] = {
		piece(answer_begin, strlen(answer_begin)),
		piece(task->id.p, task->id.len),
		piece(key, strlen(key)),
		piece(task->text, task->text_len),
		piece("}", 1),
	};
	serve_conn_answer(conn, 200, NULL, body, SAL_ARRAY_LEN(body));
}

static void single_done(struct serve_task *task)
{
	if (serve_conn_alive(task->conn))
		single_answer(task->conn);
}

/* Batches */

static void batch_collect(struct serve_conn *conn)
{
	struct serve_task *task = &conn->task;
	struct sal_buf *answer = &conn->rpc.answer;

	if (!task->discard) {
		const char *key = outcome_key(task);

		sal_buf_putc(answer, answer->len ? ',' : '[');
		sal_buf_puts(answer, answer_begin);
		sal_buf_put(answer, task->id.p, task->id.len);
		sal_buf_puts(answer, key);
		sal_buf_put(answer, task->text, task->text_len);
		sal_buf_putc(answer, '}');
	}
	serve_task_reset(task);
}

static void batch_done(struct serve_task *task);

static void batch_go_on(struct serve_conn *conn)
{
	struct serve_rpc *rpc = &conn->rpc;
	struct serve_task *task = &conn->task;
	struct sal_slice element;
	uv_buf_t body;

	while (sal_json_next(&rpc->rest, &element)) {
		task->whole = true;
		task->whole_used = rpc->answer.len;
		task->done = batch_done;
		if (!call_begin(conn, element))
			return;
		batch_collect(conn);
	}
	if (!rpc->answer.len) {
		serve_conn_answer(conn, 204, NULL, NULL, 0);
		return;
	}
	sal_buf_putc(&rpc->answer, ']');
	body = piece(rpc->answer.data, rpc->answer.len);
	serve_conn_answer(conn, 200, NULL, &body, 1);
}

static void batch_done(struct serve_task *task)
{
	if (!serve_conn_alive(task->conn))
		return;
	batch_collect(task->conn);
	batch_go_on(task->conn);
}

/* An answer to the request as a whole, which holds no call that could be run. */
static void request_fail(struct serve_conn *conn)
{
	conn->task.id = id_null;
	serve_task_fail(&conn->task, NULL, 0);
	single_answer(conn);
}

static void batch_start(struct serve_conn *conn, struct sal_slice text)
{
	unsigned limit = conn->server->limits->batch, n = 0;
	struct sal_json_iter iter = sal_json_iter(text);
	struct sal_slice element;

	while (n <= limit && sal_json_next(&iter, &element))
		n++;
	if (n == 0 || n > limit) {
		sal_fail(&conn->task.err, SAL_INVALID_REQUEST,
			 n ? "a batch must have at most %u elements" : "the batch is empty", limit);
		request_fail(conn);
		return;
	}
	conn->rpc.batch = true;
	conn->rpc.rest = sal_json_iter(text);
	batch_go_on(conn);
}

static const char *fault_text(enum sal_json_fault fault)
{
	switch (fault) {
	case SAL_JSON_UTF8:
		return "the body is not valid UTF-8";
	case SAL_JSON_DEPTH:
		return "the body is nested too deep";
	case SAL_JSON_FINE:
	case SAL_JSON_SYNTAX:
		break;
	}
	return "the body is not JSON";
}

void serve_rpc_start(struct serve_conn *conn)
{
	const struct sal_buf *body = &conn->http.body;
	const char *data = body->len ? body->data : "";
	enum sal_json_fault fault;
	struct sal_slice text;
	size_t at = 0;

	fault = sal_json_check(data, body->len, conn->server->limits->depth, &at);
	if (fault != SAL_JSON_FINE) {
		sal_fail(&conn->task.err, SAL_PARSE_ERROR, "%s, at byte %zu", fault_text(fault),
			 at);
		request_fail(conn);
		return;
	}
	text = sal_json_trim(data, body->len);
	if (sal_json_kind(text) == SAL_JSON_ARRAY) {
		batch_start(conn, text);
		return;
	}
	conn->task.whole = conn->http.http10;
	conn->task.stream_head = serve_reply_stream_head(serve_conn_closing(conn));
	conn->task.done = single_done;
	if (call_begin(conn, text))
		single_answer(conn);
}

void serve_rpc_reset(struct serve_rpc *rpc)
{
	if (rpc->batch)
		sal_buf_done(&rpc->answer);
	rpc->batch = false;
}
