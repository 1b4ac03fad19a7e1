/*
 * test_http_guard.c - the guard's verdicts, one row a case, each also cut at every byte.
 *
 * Rows are named after cases.md (H1 to H7). The same bytes go through serve_http too, so that a
 * disagreement between guard and llhttp shows up here.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/macros.h"
#include "serve/http_guard.h"
#include "serve/http_request.h"

static const struct serve_guard_limits limits = { .head = 1024, .headers = 10, .body = 100 };

struct guard_case {
	const char *name, *bytes;
	size_t len; /* 0: up to the NUL */
	unsigned status; /* 0: it is fine */
	unsigned ends; /* requests that end within it */
};

#define POST	"POST /rpc HTTP/1.1\r\n"
#define LENGTH	POST "Content-Length:"
#define CODING	POST "Transfer-Encoding:"
#define CHUNKED POST "Transfer-Encoding: chunked\r\n\r\n"
#define TEN	"A: b\r\nA: b\r\nA: b\r\nA: b\r\nA: b\r\nA: b\r\nA: b\r\nA: b\r\nA: b\r\nA: b\r\n"
#define RAW(s)	s, sizeof(s) - 1

/* clang-format off */
static const struct guard_case cases[] = {
	{ "plain", "GET / HTTP/1.1\r\n\r\n", 0, 0, 1 },
	{ "two", "GET / HTTP/1.1\r\n\r\nGET / HTTP/1.0\r\n\r\n", 0, 0, 2 },
	{ "empty line first", "\r\nGET / HTTP/1.1\r\n\r\n", 0, 0, 1 },
	{ "two empty lines", "\r\n\r\nGET / HTTP/1.1\r\n\r\n", 0, 400, 0 },
	{ "length", LENGTH " 3\r\n\r\nabcGET / HTTP/1.1\r\n\r\n", 0, 0, 2 },
	{ "length, space around", LENGTH " \t 3  \r\n\r\nabc", 0, 0, 1 },
	{ "length in capitals", POST "CONTENT-LENGTH: 3\r\n\r\nabc", 0, 0, 1 },
	{ "H1 shorter", LENGTH " 5\r\n\r\nabc", 0, 0, 0 },
	{ "H1 none", POST "\r\n", 0, 0, 1 },
	{ "H1 negative", LENGTH " -1\r\n\r\n", 0, 400, 0 },
	{ "H1 plus", LENGTH " +5\r\n\r\n", 0, 400, 0 },
	{ "H1 list", LENGTH " 5,5\r\n\r\n", 0, 400, 0 },
	{ "H1 empty", LENGTH "\r\n\r\n", 0, 400, 0 },
	{ "H1 hex", LENGTH " 0x5\r\n\r\n", 0, 400, 0 },
	{ "H1 inner space", LENGTH " 5 5\r\n\r\n", 0, 400, 0 },
	{ "H1 two equal", LENGTH " 3\r\nContent-Length: 3\r\n\r\nabc", 0, 400, 0 },
	{ "H1 two different", LENGTH " 3\r\nContent-Length: 4\r\n\r\nabc", 0, 400, 0 },
	{ "H1 at the limit", LENGTH " 100\r\n\r\n", 0, 0, 0 },
	{ "H1 above the limit", LENGTH " 101\r\n\r\n", 0, 413, 0 },
	{ "H1 2^31", LENGTH " 2147483648\r\n\r\n", 0, 413, 0 },
	{ "H1 2^64", LENGTH " 18446744073709551616\r\n\r\n", 0, 400, 0 },
	{ "H1 endless", LENGTH " 00000000000000000000000000000000000\r\n\r\n", 0, 400, 0 },
	{ "H2 both", LENGTH " 3\r\nTransfer-Encoding: chunked\r\n\r\n", 0, 400, 0 },
	{ "H2 both, other order", CODING " chunked\r\nContent-Length: 3\r\n\r\n", 0, 400, 0 },
	{ "H3 case", CODING " Chunked\r\n\r\n0\r\n\r\n", 0, 0, 1 },
	{ "H3 tab", CODING "\tchunked\r\n\r\n0\r\n\r\n", 0, 0, 1 },
	{ "H3 list", CODING " chunked, gzip\r\n\r\n", 0, 400, 0 },
	{ "H3 list, chunked last", CODING " gzip, chunked\r\n\r\n", 0, 400, 0 },
	{ "H3 unknown", CODING " xchunked\r\n\r\n", 0, 400, 0 },
	{ "H3 empty", CODING "\r\n\r\n", 0, 400, 0 },
	{ "H3 twice", CODING " chunked\r\nTransfer-Encoding: chunked\r\n\r\n", 0, 400, 0 },
	{ "H3 vertical tab", RAW(CODING " \vchunked\r\n\r\n"), 400, 0 },
	{ "H3 HTTP/1.0", "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", 0, 400, 0 },
	{ "H4 chunks", CHUNKED "3\r\nabc\r\n0000000A\r\n0123456789\r\n0\r\n\r\n", 0, 0, 1 },
	{ "H4 extension", CHUNKED "3;ext=1\r\nabc\r\n0\r\n\r\n", 0, 0, 1 },
	{ "H4 trailer", CHUNKED "0\r\nA: b\r\n\r\n", 0, 0, 1 },
	{ "H4 framing trailer", CHUNKED "0\r\nContent-Length: 3\r\n\r\n", 0, 400, 0 },
	{ "H4 endless trailers", CHUNKED "0\r\n" TEN "A: b\r\n", 0, 431, 0 },
	{ "H4 empty size", CHUNKED "\r\n", 0, 400, 0 },
	{ "H4 0x", CHUNKED "0x5\r\n", 0, 400, 0 },
	{ "H4 sign", CHUNKED "-1\r\n", 0, 400, 0 },
	{ "H4 letter", CHUNKED "5g\r\n", 0, 400, 0 },
	{ "H4 space", CHUNKED "5 \r\n", 0, 400, 0 },
	{ "H4 9 digits", CHUNKED "000000005\r\n", 0, 400, 0 },
	{ "H4 too long", CHUNKED "65\r\n", 0, 413, 0 },
	{ "H4 too long together", CHUNKED "1\r\na\r\n64\r\n", 0, 413, 0 },
	{ "H4 bare LF", CHUNKED "3\nabc", 0, 400, 0 },
	{ "H4 data not ended", CHUNKED "3\r\nabcd", 0, 400, 0 },
	{ "H4 data ended by LF", CHUNKED "3\r\nabc\n", 0, 400, 0 },
	{ "H4 extension with CR", CHUNKED "3;a\rb\r\n", 0, 400, 0 },
	{ "H5 empty name", "GET / HTTP/1.1\r\n: x\r\n\r\n", 0, 400, 0 },
	{ "H5 no colon", "GET / HTTP/1.1\r\nabc\r\n\r\n", 0, 400, 0 },
	{ "H5 space before colon", "GET / HTTP/1.1\r\nA : x\r\n\r\n", 0, 400, 0 },
	{ "H5 NUL in name", RAW("GET / HTTP/1.1\r\nA\0: x\r\n\r\n"), 400, 0 },
	{ "H5 NUL in value", RAW("GET / HTTP/1.1\r\nA: \0\r\n\r\n"), 400, 0 },
	{ "H5 folding", "GET / HTTP/1.1\r\nA: x\r\n y\r\n\r\n", 0, 400, 0 },
	{ "H5 folding of the first", "GET / HTTP/1.1\r\n A: x\r\n\r\n", 0, 400, 0 },
	{ "H5 as many as may be", "GET / HTTP/1.1\r\n" TEN "\r\n", 0, 0, 1 },
	{ "H5 one more", "GET / HTTP/1.1\r\n" TEN "A: b\r\n\r\n", 0, 431, 0 },
	{ "H6 bare LF", "GET / HTTP/1.1\n\n", 0, 400, 0 },
	{ "H6 bare LF after a header", "GET / HTTP/1.1\r\nA: b\n\r\n", 0, 400, 0 },
	{ "H6 bare LF at the end", "GET / HTTP/1.1\r\nA: b\r\n\n", 0, 400, 0 },
	{ "H6 CR in a value", "GET / HTTP/1.1\r\nX-Note:\rxX-Public-Key: a\r\n\r\n", 0, 400, 0 },
	{ "H6 CR CR LF", "GET / HTTP/1.1\r\nA: b\r\r\n\r\n", 0, 400, 0 },
	{ "H6 0.9", "GET /\r\n", 0, 400, 0 },
	{ "H6 1.2", "GET / HTTP/1.2\r\n\r\n", 0, 400, 0 },
	{ "H6 1.10", "GET / HTTP/1.10\r\n\r\n", 0, 400, 0 },
	{ "H6 lower case", "GET / http/1.1\r\n\r\n", 0, 400, 0 },
	{ "H6 HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 0, 400, 0 },
	{ "H6 TLS", RAW("\x16\x03\x01\x02\x00\x01\x00"), 400, 0 },
	{ "H6 two spaces", "GET  / HTTP/1.1\r\n\r\n", 0, 400, 0 },
	{ "H6 tab", "GET\t/ HTTP/1.1\r\n\r\n", 0, 400, 0 },
	{ "H6 absolute", "GET http://h/rpc HTTP/1.1\r\n\r\n", 0, 0, 1 },
	{ "H6 asterisk", "OPTIONS * HTTP/1.1\r\n\r\n", 0, 0, 1 },
	{ "H7 upgrade", POST "Connection: upgrade\r\nUpgrade: h2c\r\nContent-Length: 1\r\n\r\nxGET / HTTP/1.1\r\n\r\n", 0, 0, 2 },
};
/* clang-format on */

struct outcome {
	unsigned status, ends;
};

/* Feeds data in pieces that end at cut and at the end. */
static struct outcome guard_run(const char *data, size_t len, size_t cut)
{
	struct outcome out = { 0 };
	struct serve_guard guard;
	size_t at = 0, used;

	serve_guard_init(&guard, &limits);
	while (at < len) {
		size_t end = at < cut ? cut : len;
		unsigned verdict = serve_guard_feed(&guard, data + at, end - at, &used);

		assert_true(used <= end - at);
		at += used;
		if (verdict & SERVE_GUARD_END)
			out.ends++;
		if (verdict & SERVE_GUARD_BAD) {
			out.status = guard.status;
			assert_non_null(guard.why);
			assert_int_equal(serve_guard_feed(&guard, "G", 1, &used), SERVE_GUARD_BAD);
			break;
		}
		if (!verdict)
			assert_int_equal(at, end);
	}
	return out;
}

static struct outcome http_run(const char *data, size_t len, size_t cut)
{
	struct outcome out = { 0 };
	struct serve_http http;
	size_t at = 0, used;

	serve_http_init(&http, &limits);
	while (at < len) {
		size_t end = at < cut ? cut : len;
		unsigned verdict = serve_http_feed(&http, data + at, end - at, &used);

		at += used;
		if (verdict & SERVE_GUARD_BAD) {
			out.status = http.status;
			break;
		}
		if (verdict & SERVE_GUARD_END) {
			out.ends++;
			serve_http_next(&http);
		}
	}
	serve_http_done(&http);
	return out;
}

static void test_cases(void **state)
{
	for (size_t i = 0; i < SAL_ARRAY_LEN(cases); i++) {
		const struct guard_case *c = &cases[i];
		size_t len = c->len ? c->len : strlen(c->bytes);

		for (size_t cut = 0; cut < len; cut++) {
			struct outcome guard = guard_run(c->bytes, len, cut);
			struct outcome http = http_run(c->bytes, len, cut);

			if (guard.status != c->status || guard.ends != c->ends)
				fail_msg("%s, cut at %zu: status %u, %u ended", c->name, cut,
					 guard.status, guard.ends);
			if (http.status != c->status || http.ends != c->ends)
				fail_msg("%s, cut at %zu: llhttp: status %u, %u ended", c->name,
					 cut, http.status, http.ends);
		}
	}
}

/* Every byte that is no part of a head's grammar is refused wherever it stands. */
static void test_control_bytes(void **state)
{
	static const char good[] = "GET /a HTTP/1.1\r\nName: value\r\n\r\n";

	for (int c = 0; c < 256; c++) {
		bool control = (c < ' ' && c != '\t') || c == 0x7f;

		for (size_t at = 0; at < sizeof(good) - 1 && control; at++) {
			char bytes[sizeof(good)];

			memcpy(bytes, good, sizeof(good));
			if (bytes[at] == c)
				continue;
			bytes[at] = (char)c;
			if (!guard_run(bytes, sizeof(good) - 1, 0).status)
				fail_msg("byte %d at %zu was let through", c, at);
		}
	}
}

static void test_head_limit(void **state)
{
	for (int over = 0; over <= 1; over++) {
		char bytes[2048];
		int used = snprintf(bytes, sizeof(bytes), "GET / HTTP/1.1\r\nA: ");
		int fill = (int)limits.head - used - 4 + over;

		memset(bytes + used, 'x', (size_t)fill);
		memcpy(bytes + used + fill, "\r\n\r\n", 4);
		for (size_t cut = 0; cut < limits.head; cut += 7) {
			struct outcome out = guard_run(bytes, limits.head + (size_t)over, cut);

			assert_int_equal(out.status, over ? 431 : 0);
			assert_int_equal(out.ends, over ? 0 : 1);
		}
	}
}

/* What llhttp tells is kept whole however the bytes are cut; trailers do not count. */
static void test_request(void **state)
{
	static const char bytes[] =
		"POST http://h/rpc?x HTTP/1.1\r\nContent-Type: application/json; charset=utf-8\r\n"
		"X-Empty:\r\nAuthorization: Bearer abc \r\nExpect: 100-Continue\r\n"
		"Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n1\r\n \r\n0\r\nX-Public-Key: "
		"f\r\n\r\n";

	for (size_t cut = 0; cut < sizeof(bytes) - 1; cut++) {
		size_t at = 0, used, len = sizeof(bytes) - 1;
		unsigned verdict = 0;
		struct serve_http http;

		serve_http_init(&http, &limits);
		while (at < len) {
			verdict = serve_http_feed(&http, bytes + at, (at < cut ? cut : len) - at,
						  &used);
			assert_int_equal(verdict & SERVE_GUARD_BAD, 0);
			at += used;
		}
		assert_true(verdict & SERVE_GUARD_END);
		assert_int_equal(http.method, HTTP_POST);
		assert_int_equal(http.target_len, strlen("http://h/rpc?x"));
		assert_memory_equal(http.target, "http://h/rpc?x", http.target_len);
		assert_true(http.keep_alive && http.expect_continue && http.claims);
		assert_false(http.media_refused || http.http10);
		assert_int_equal(http.credentials.authorizations, 1);
		assert_int_equal(http.credentials.public_keys, 0);
		assert_int_equal(http.credentials.authorization_len, strlen("Bearer abc"));
		assert_memory_equal(http.credentials.authorization, "Bearer abc", 10);
		assert_int_equal(http.body.len, 3);
		assert_memory_equal(http.body.data, "{} ", 3);
		serve_http_next(&http);
		assert_false(http.claims || http.expect_continue);
		serve_http_done(&http);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cases),
		cmocka_unit_test(test_control_bytes),
		cmocka_unit_test(test_head_limit),
		cmocka_unit_test(test_request),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
