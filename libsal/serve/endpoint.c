/*
 * endpoint.c - the paths, as one table.
 *
 * JSON-RPC answers ride on 200; the statuses given here are for HTTP's own faults. The GET
 * endpoints need no right and do not look at credentials.
 */
#include "serve/endpoint.h"

#include <string.h>

#include "base/macros.h"
#include "serve/conn.h"
#include "serve/http_reply.h"
#include "serve/server.h"

struct endpoint {
	const char *path;
	const char *allow;
	const char *method; /* of the backend, whose result is the body; NULL: see run() */
	void (*run)(struct serve_conn *conn);
};

static void manifest_run(struct serve_conn *conn)
{
	const struct sal_buf *manifest = &conn->server->manifest;
	const uv_buf_t body = { .base = manifest->data, .len = manifest->len };

	serve_conn_answer(conn, 200, NULL, &body, 1);
}

#define ALLOW_RPC "POST, OPTIONS"
#define ALLOW_GET "GET, HEAD, OPTIONS"
#define ALLOW_ALL "GET, HEAD, POST, OPTIONS"

static const struct endpoint endpoints[] = {
	{ "/rpc", ALLOW_RPC, NULL, serve_rpc_start },
	{ "/", ALLOW_RPC, NULL, serve_rpc_start },
	{ "/health", ALLOW_GET, "rpc.health", NULL },
	{ "/openrpc.json", ALLOW_GET, "rpc.discover", NULL },
	{ "/.well-known/heroservice.json", ALLOW_GET, NULL, manifest_run },
};

/* The path within the target, which may be absolute ("http://host/path"); queries are ignored. */
static struct sal_slice target_path(const struct serve_http *http)
{
	static const char scheme[] = "http://";
	struct sal_slice path = { http->target, http->target_len };
	const char *end;

	if (path.len > SERVE_TARGET_MAX)
		return (struct sal_slice){ "", 0 };
	if (path.len > strlen(scheme) && !memcmp(path.p, scheme, strlen(scheme))) {
		end = memchr(path.p + strlen(scheme), '/', path.len - strlen(scheme));
		if (!end)
			return (struct sal_slice){ "/", 1 };
		path.len -= (size_t)(end - path.p);
		path.p = end;
	}
	end = memchr(path.p, '?', path.len);
	if (end)
		path.len = (size_t)(end - path.p);
	return path;
}

static const struct endpoint *endpoint_find(const struct serve_http *http)
{
	struct sal_slice path = target_path(http);

	for (size_t i = 0; i < SAL_ARRAY_LEN(endpoints); i++)
		if (strlen(endpoints[i].path) == path.len &&
		    !memcmp(endpoints[i].path, path.p, path.len))
			return &endpoints[i];
	return NULL;
}

static bool asks_whole_server(const struct serve_http *http)
{
	return http->method == HTTP_OPTIONS && http->target_len == 1 && http->target[0] == '*';
}

static bool endpoint_allows(const struct endpoint *endpoint, unsigned method)
{
	if (endpoint->run == serve_rpc_start)
		return method == HTTP_POST;
	return method == HTTP_GET || method == HTTP_HEAD;
}

unsigned serve_endpoint_refusal(const struct serve_conn *conn, const char **ret_why)
{
	const struct serve_http *http = &conn->http;
	const struct endpoint *endpoint = endpoint_find(http);

	if (conn->server->stopping) {
		*ret_why = "the service is stopping";
		return 503;
	}
	if (asks_whole_server(http))
		return 0;
	if (!endpoint) {
		*ret_why = "nothing is at this path; POST JSON-RPC to /rpc";
		return 404;
	}
	if (http->method != HTTP_OPTIONS && !endpoint_allows(endpoint, http->method)) {
		*ret_why = "this path does not take this HTTP method";
		return 405;
	}
	if (http->method == HTTP_POST && http->media_refused) {
		*ret_why = "the Content-Type must be application/json";
		return 415;
	}
	return 0;
}

static void method_answer(struct serve_conn *conn)
{
	struct serve_task *task = &conn->task;
	uv_buf_t body;

	if (atomic_load(&task->stream)) {
		serve_conn_finish_stream(conn);
	} else if (task->result < 0) {
		serve_conn_answer_fault(conn, 503, NULL, task->err.message);
	} else {
		body = (uv_buf_t){ .base = (char *)task->text, .len = task->text_len };
		serve_conn_answer(conn, 200, NULL, &body, 1);
	}
}

static void method_done(struct serve_task *task)
{
	if (serve_conn_alive(task->conn))
		method_answer(task->conn);
}

static void method_run(struct serve_conn *conn, const char *name)
{
	const struct serve_backend *backend = conn->server->backend;
	const struct sal_method *method = backend->find(backend->ctx, name, strlen(name));
	struct serve_task *task = &conn->task;

	if (!method || method->right != SAL_RIGHT_NONE) {
		serve_conn_answer_fault(conn, 404, NULL, "this service does not offer it");
		return;
	}
	task->done = method_done;
	task->whole = conn->http.http10 || conn->http.method == HTTP_HEAD;
	task->stream_head = serve_reply_stream_head(serve_conn_closing(conn));
	if (serve_task_start(task, method, (struct sal_slice){ 0 }))
		method_answer(conn);
}

void serve_endpoint_run(struct serve_conn *conn)
{
	const struct serve_http *http = &conn->http;
	const struct endpoint *endpoint = endpoint_find(http);
	const char *why;
	unsigned status = serve_endpoint_refusal(conn, &why);

	if (status)
		serve_conn_answer_fault(conn, status, status == 405 ? endpoint->allow : NULL, why);
	else if (http->method == HTTP_OPTIONS)
		serve_conn_answer(conn, 204, endpoint ? endpoint->allow : ALLOW_ALL, NULL, 0);
	else if (endpoint->method)
		method_run(conn, endpoint->method);
	else
		endpoint->run(conn);
}
