/*
 * http_reply.c - heads of answers.
 *
 * All bodies are JSON. There is no Date and no Server: the two ends share a clock, and who answers
 * stands in GET /health.
 */
#include "serve/http_reply.h"

#include "base/json_write.h"
#include "base/macros.h"

#define STATUS_LINE "HTTP/1.1 "
#define JSON_TYPE   "Content-Type: application/json\r\n"
#define CLOSE	    "Connection: close\r\n"

const char serve_reply_continue[] = STATUS_LINE "100 Continue\r\n\r\n";
const char serve_reply_full[] = STATUS_LINE "503 Service Unavailable\r\n" CLOSE
					    "Retry-After: 1\r\nContent-Length: 0\r\n\r\n";

static const struct {
	unsigned status;
	const char *text;
} status_texts[] = {
	{ 200, "200 OK" },
	{ 204, "204 No Content" },
	{ 400, "400 Bad Request" },
	{ 404, "404 Not Found" },
	{ 405, "405 Method Not Allowed" },
	{ 408, "408 Request Timeout" },
	{ 413, "413 Content Too Large" },
	{ 415, "415 Unsupported Media Type" },
	{ 431, "431 Request Header Fields Too Large" },
	{ 500, "500 Internal Server Error" },
	{ 503, "503 Service Unavailable" },
};

static const char *status_text(unsigned status)
{
	for (size_t i = 0; i < SAL_ARRAY_LEN(status_texts); i++)
		if (status_texts[i].status == status)
			return status_texts[i].text;
	return "500 Internal Server Error";
}

void serve_reply_head(struct sal_buf *buf, const struct serve_reply *reply)
{
	sal_buf_puts(buf, STATUS_LINE);
	sal_buf_puts(buf, status_text(reply->status));
	sal_buf_puts(buf, "\r\n");
	if (reply->allow)
		sal_buf_printf(buf, "Allow: %s\r\n", reply->allow);
	if (reply->close)
		sal_buf_puts(buf, CLOSE);
	else if (reply->say_keep_alive)
		sal_buf_puts(buf, "Connection: keep-alive\r\n");
	if (reply->status == 503)
		sal_buf_puts(buf, "Retry-After: 1\r\n");
	if (!reply->no_body) {
		sal_buf_puts(buf, JSON_TYPE "Content-Length: ");
		sal_json_put_u64(buf, reply->length);
		sal_buf_puts(buf, "\r\n");
	}
	sal_buf_puts(buf, "\r\n");
}

const char *serve_reply_stream_head(bool close)
{
	static const char keep[] =
		STATUS_LINE "200 OK\r\n" JSON_TYPE "Transfer-Encoding: chunked\r\n\r\n";
	static const char end[] =
		STATUS_LINE "200 OK\r\n" CLOSE JSON_TYPE "Transfer-Encoding: chunked\r\n\r\n";

	return close ? end : keep;
}
