/*
 * http_request.c - from checked bytes to a request, by llhttp's callbacks.
 *
 * Only a handful of headers is kept. Trailers are read and forgotten: nothing that comes after the
 * body may change what the request is or who sent it.
 */
#include "serve/http_request.h"

#include <string.h>
#include <strings.h>

#include "base/macros.h"

#define KEEP_BODY  4096 /* larger buffers are given back between requests */
#define KEEP_VALUE 1024

static struct serve_http *http_of(llhttp_t *parser)
{
	return SAL_CONTAINER_OF(parser, struct serve_http, parser);
}

static bool text_is(const char *text, size_t len, const char *word)
{
	return len == strlen(word) && !strncasecmp(text, word, len);
}

/* Content types under which JSON comes; the last is what `curl -d` sends. */
static bool media_known(const char *text, size_t len)
{
	static const char *const known[] = {
		"application/json",
		"application/json-rpc",
		"text/json",
		"application/x-www-form-urlencoded",
	};
	const char *end = memchr(text, ';', len);

	if (end)
		len = (size_t)(end - text);
	while (len && (text[len - 1] == ' ' || text[len - 1] == '\t'))
		len--;
	for (size_t i = 0; i < SAL_ARRAY_LEN(known); i++)
		if (text_is(text, len, known[i]))
			return true;
	return false;
}

/*
 * acl decides which headers claim something. It borrows the value, which lives only until the next
 * header, so what it kept is copied; there is one text of each kind, since a second one is refused.
 */
static void header_claim(struct serve_http *http, size_t name_len, const char *value, size_t len)
{
	struct acl_credentials *cred = &http->credentials;
	const char **text[] = { &cred->authorization, &cred->public_key };

	acl_credentials_header(cred, http->name, name_len, value, len);
	for (size_t i = 0; i < SAL_ARRAY_LEN(text); i++) {
		if (!*text[i] || *text[i] != value)
			continue;
		http->claim[i].len = 0;
		sal_buf_put(&http->claim[i], value, len);
		sal_buf_putc(&http->claim[i], '\0');
		*text[i] = http->claim[i].data;
	}
	http->claims = cred->authorizations || cred->public_keys || cred->forwarded;
}

static void header_done(struct serve_http *http)
{
	const char *value;
	size_t len = http->value.len, name_len;

	if (!http->header_open)
		return;
	http->header_open = false;
	name_len = http->name_len;
	http->name_len = 0;
	value = len ? http->value.data : "";
	while (len && (value[len - 1] == ' ' || value[len - 1] == '\t'))
		len--;
	switch (http->name[0] | 0x20) {
	case 'c':
		if (text_is(http->name, name_len, "content-type") && !media_known(value, len))
			http->media_refused = true;
		break;
	case 'e':
		if (text_is(http->name, name_len, "expect"))
			http->expect_continue = text_is(value, len, "100-continue");
		break;
	default:
		header_claim(http, name_len, value, len);
		break;
	}
}

static int on_url(llhttp_t *parser, const char *at, size_t len)
{
	struct serve_http *http = http_of(parser);

	if (http->target_len < SERVE_TARGET_MAX) {
		size_t room = SERVE_TARGET_MAX - http->target_len;

		memcpy(http->target + http->target_len, at, SAL_MIN(len, room));
	}
	http->target_len += len;
	return 0;
}

static int on_header_field(llhttp_t *parser, const char *at, size_t len)
{
	struct serve_http *http = http_of(parser);
	size_t room;

	header_done(http); /* one whose value was empty */
	room = SERVE_NAME_MAX - http->name_len;
	memcpy(http->name + http->name_len, at, SAL_MIN(len, room));
	http->name_len += SAL_MIN(len, room);
	return 0;
}

static int on_header_field_complete(llhttp_t *parser)
{
	struct serve_http *http = http_of(parser);

	http->value.len = 0;
	http->header_open = !http->head_seen;
	return 0;
}

static int on_header_value(llhttp_t *parser, const char *at, size_t len)
{
	struct serve_http *http = http_of(parser);

	if (http->header_open)
		sal_buf_put(&http->value, at, len);
	return 0;
}

static int on_header_value_complete(llhttp_t *parser)
{
	struct serve_http *http = http_of(parser);

	header_done(http);
	return 0;
}

static int on_headers_complete(llhttp_t *parser)
{
	struct serve_http *http = http_of(parser);

	header_done(http);
	http->head_seen = true;
	http->method = parser->method;
	http->http10 = parser->http_minor == 0;
	http->keep_alive = llhttp_should_keep_alive(parser);
	/* An upgrade is never taken: the request is what it is without the offer. */
	parser->upgrade = 0;
	return 0;
}

static int on_body(llhttp_t *parser, const char *at, size_t len)
{
	sal_buf_put(&http_of(parser)->body, at, len);
	return 0;
}

static int on_message_complete(llhttp_t *parser)
{
	http_of(parser)->end_seen = true;
	return 0;
}

static const llhttp_settings_t http_settings = {
	.on_url = on_url,
	.on_header_field = on_header_field,
	.on_header_field_complete = on_header_field_complete,
	.on_header_value = on_header_value,
	.on_header_value_complete = on_header_value_complete,
	.on_headers_complete = on_headers_complete,
	.on_body = on_body,
	.on_message_complete = on_message_complete,
};

void serve_http_init(struct serve_http *http, const struct serve_guard_limits *limits)
{
	memset(http, 0, sizeof(*http));
	http->method = HTTP_GET;
	serve_guard_init(&http->guard, limits);
	llhttp_init(&http->parser, HTTP_REQUEST, &http_settings);
}

void serve_http_done(struct serve_http *http)
{
	sal_buf_done(&http->claim[0]);
	sal_buf_done(&http->claim[1]);
	sal_buf_done(&http->value);
	sal_buf_done(&http->body);
}

static void buf_clear(struct sal_buf *buf, size_t keep)
{
	if (buf->cap > keep)
		sal_buf_done(buf);
	buf->len = 0;
}

void serve_http_next(struct serve_http *http)
{
	if (http->claims) {
		http->credentials = (struct acl_credentials){ 0 };
		http->claims = false;
		sal_buf_done(&http->claim[0]);
		sal_buf_done(&http->claim[1]);
	}
	buf_clear(&http->value, KEEP_VALUE);
	buf_clear(&http->body, KEEP_BODY);
	http->method = HTTP_GET;
	http->http10 = false;
	http->expect_continue = http->media_refused = false;
	http->head_seen = http->end_seen = http->header_open = false;
	http->target_len = http->name_len = 0;
}

static unsigned http_bad(struct serve_http *http, unsigned status, const char *why)
{
	http->status = status;
	http->why = why;
	return SERVE_GUARD_BAD;
}

/* Whether llhttp saw the head and the end where the guard saw them, and the same framing. */
static bool framing_agrees(const struct serve_http *http, bool had_head, unsigned verdict)
{
	bool head = verdict & SERVE_GUARD_HEAD, end = verdict & SERVE_GUARD_END;
	const llhttp_t *parser = &http->parser;

	if (http->head_seen != (had_head || head) || http->end_seen != end)
		return false;
	if (!head || end)
		return true;
	return http->guard.chunked == !!(parser->flags & F_CHUNKED) &&
	       (http->guard.chunked || parser->content_length == http->guard.length);
}

unsigned serve_http_feed(struct serve_http *http, const char *data, size_t len, size_t *ret_used)
{
	bool had_head = http->head_seen;
	unsigned verdict = serve_guard_feed(&http->guard, data, len, ret_used);

	/* Also the fine bytes before a bad one: of two faults the first counts, however bytes come. */
	if (llhttp_execute(&http->parser, data, *ret_used) != HPE_OK)
		return http_bad(http, 400, llhttp_get_error_reason(&http->parser));
	if (verdict == SERVE_GUARD_BAD)
		return http_bad(http, http->guard.status, http->guard.why);
	if (!framing_agrees(http, had_head, verdict))
		return http_bad(http, 400, "the end of the request is not clear");
	return verdict;
}
