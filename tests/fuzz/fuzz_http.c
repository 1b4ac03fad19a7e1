/*
 * fuzz_http.c - whatever the guard lets through must have one meaning only.
 *
 * The bytes are fed whole and byte by byte; both must give the same verdicts. Each request that
 * ends is then read again by a reference that knows nothing of state machines: it splits the text
 * at CR LF and takes the body the way RFC 9112 section 6 tells it. Body and end must agree with
 * what llhttp delivered.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "serve/http_request.h"

#define CHECK(what)                                                                                \
	do {                                                                                       \
		if (!(what))                                                                       \
			abort();                                                                   \
	} while (0)

static const struct serve_guard_limits limits = { .head = 4096, .headers = 50, .body = 4096 };

/* The value of the only header of that name, or NULL; aborts when there are two. */
static const char *ref_header(const char *head, const char *end, const char *name, size_t *ret_len)
{
	const char *line = memmem(head, (size_t)(end - head), "\r\n", 2), *found = NULL;

	while (line && line + 2 < end) {
		const char *next, *colon;

		line += 2;
		next = memmem(line, (size_t)(end - line), "\r\n", 2);
		if (!next)
			next = end;
		colon = memchr(line, ':', (size_t)(next - line));
		CHECK(colon && colon > line);
		if ((size_t)(colon - line) == strlen(name) &&
		    !strncasecmp(line, name, strlen(name))) {
			CHECK(!found);
			for (found = colon + 1; *found == ' ' || *found == '\t';)
				found++;
			for (*ret_len = (size_t)(next - found);
			     *ret_len && strchr(" \t", found[*ret_len - 1]);)
				--*ret_len;
		}
		line = next == end ? NULL : next;
	}
	return found;
}

/* Decodes chunks at p into body; returns what follows the last trailer. */
static const char *ref_chunks(const char *p, const char *end, char *body, size_t *ret_len)
{
	*ret_len = 0;
	for (;;) {
		char *after;
		size_t size = strtoul(p, &after, 16);
		const char *line = memmem(p, (size_t)(end - p), "\r\n", 2);

		CHECK(line && after > p && (after == line || *after == ';'));
		p = line + 2;
		if (!size)
			break;
		CHECK((size_t)(end - p) >= size + 2 && !memcmp(p + size, "\r\n", 2));
		memcpy(body + *ret_len, p, size);
		*ret_len += size;
		p += size + 2;
	}
	while (memcmp(p, "\r\n", 2)) {
		p = memmem(p, (size_t)(end - p), "\r\n", 2);
		CHECK(p);
		p += 2;
	}
	return p + 2;
}

static void ref_check(const char *request, size_t len, const struct serve_http *http)
{
	char *copy = malloc(len + 1), *body = malloc(len + 1);
	const char *head_end, *end = copy + len, *value, *rest;
	size_t body_len = 0, value_len = 0, skip = !memcmp(request, "\r\n", 2) ? 2 : 0;

	memcpy(copy, request, len);
	copy[len] = '\0';
	head_end = memmem(copy + skip, len - skip, "\r\n\r\n", 4);
	CHECK(head_end);
	rest = head_end + 4;
	value = ref_header(copy + skip, head_end, "Transfer-Encoding", &value_len);
	if (value) {
		size_t unused;

		CHECK(value_len == 7 && !strncasecmp(value, "chunked", 7));
		CHECK(!ref_header(copy + skip, head_end, "Content-Length", &unused));
		rest = ref_chunks(rest, end, body, &body_len);
	} else if ((value = ref_header(copy + skip, head_end, "Content-Length", &value_len))) {
		CHECK(value_len && strspn(value, "0123456789") == value_len);
		body_len = strtoul(value, NULL, 10);
		CHECK((size_t)(end - rest) >= body_len);
		memcpy(body, rest, body_len);
		rest += body_len;
	}
	CHECK(rest == end);
	CHECK(http->body.len == body_len);
	CHECK(!body_len || !memcmp(http->body.data, body, body_len));
	free(copy);
	free(body);
}

struct trace {
	size_t ends[64], nends, bad_at;
	unsigned status;
};

static void run(const char *data, size_t len, size_t step, struct trace *trace)
{
	size_t at = 0, begin = 0;
	struct serve_http http;

	serve_http_init(&http, &limits);
	while (at < len && trace->nends < 64) {
		size_t used, n = len - at < step ? len - at : step;
		unsigned verdict = serve_http_feed(&http, data + at, n, &used);

		CHECK(used <= n);
		CHECK(verdict || used == n);
		at += used;
		if (verdict & SERVE_GUARD_BAD) {
			CHECK(http.why && http.status >= 400);
			trace->status = http.status;
			break;
		}
		if (verdict & SERVE_GUARD_END) {
			ref_check(data + begin, at - begin, &http);
			trace->ends[trace->nends++] = begin = at;
			serve_http_next(&http);
		}
	}
	serve_http_done(&http);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct trace whole = { 0 }, bytes = { 0 };

	run((const char *)data, len, len ? len : 1, &whole);
	run((const char *)data, len, 1, &bytes);
	CHECK(whole.nends == bytes.nends && whole.status == bytes.status);
	CHECK(!memcmp(whole.ends, bytes.ends, sizeof(whole.ends)));
	return 0;
}
