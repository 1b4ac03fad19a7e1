/*
 * http_guard.c - the state machine that checks a request byte by byte.
 *
 * One state for each place in RFC 9112's grammar where another byte is expected. What is refused,
 * though lenient servers take it: a CR without LF and a LF without CR anywhere, NUL and other
 * control characters, empty or odd header names, space before the colon, folded headers, repeated
 * or signed lengths, a length together with a transfer coding, any coding but "chunked", chunk
 * sizes of more than 8 digits, and any version but HTTP/1.0 and HTTP/1.1.
 */
#include "serve/http_guard.h"

#include <string.h>

enum guard_state {
	GUARD_START, /* before a request; one empty line may come first */
	GUARD_START_LF,
	GUARD_METHOD,
	GUARD_TARGET_FIRST,
	GUARD_TARGET,
	GUARD_VERSION,
	GUARD_LINE_LF,
	GUARD_FIELD, /* first byte of a header line, or the CR of the empty one */
	GUARD_NAME,
	GUARD_VALUE,
	GUARD_VALUE_LF,
	GUARD_HEAD_LF,
	GUARD_BODY,
	GUARD_SIZE,
	GUARD_EXTENSION,
	GUARD_SIZE_LF,
	GUARD_DATA,
	GUARD_DATA_CR,
	GUARD_DATA_LF,
	GUARD_DEAD,
};

enum guard_field {
	GUARD_OTHER,
	GUARD_LENGTH,
	GUARD_CODING,
};

enum {
	TOKEN = 1 << 0, /* RFC 9110 tchar */
	VALUE = 1 << 1, /* visible, obs-text, space, tab */
	TARGET = 1 << 2, /* visible ASCII */
};

#define BOTH (TOKEN | VALUE | TARGET)
#define SIGN (VALUE | TARGET)

static const uint8_t guard_class[256] = {
	['\t'] = VALUE,	       [' '] = VALUE,	     ['!'] = BOTH,	   ['"'] = SIGN,
	['#' ... '\''] = BOTH, ['(' ... ')'] = SIGN, ['*' ... '+'] = BOTH, [','] = SIGN,
	['-' ... '.'] = BOTH,  ['/'] = SIGN,	     ['0' ... '9'] = BOTH, [':' ... '@'] = SIGN,
	['A' ... 'Z'] = BOTH,  ['[' ... ']'] = SIGN, ['^' ... 'z'] = BOTH, ['{'] = SIGN,
	['|'] = BOTH,	       ['}'] = SIGN,	     ['~'] = BOTH,	   [0x80 ... 0xff] = VALUE,
};

#define METHOD_MAX 32 /* bytes until its space; the longest registered method has 17 */

static const char guard_version[] = "HTTP/1.";

void serve_guard_init(struct serve_guard *guard, const struct serve_guard_limits *limits)
{
	*guard = (struct serve_guard){ .limits = limits };
}

bool serve_guard_idle(const struct serve_guard *guard)
{
	return guard->state == GUARD_START && !guard->empty_line;
}

static unsigned guard_bad(struct serve_guard *guard, unsigned status, const char *why)
{
	guard->state = GUARD_DEAD;
	guard->status = (uint16_t)status;
	guard->why = why;
	return SERVE_GUARD_BAD;
}

static unsigned guard_end(struct serve_guard *guard)
{
	serve_guard_init(guard, guard->limits);
	return SERVE_GUARD_END;
}

static int hex_digit(unsigned char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The name is complete: is it one that frames the body? */
static unsigned name_done(struct serve_guard *guard)
{
	size_t len = guard->name_len;

	guard->field = GUARD_OTHER;
	guard->value_len = 0;
	if (len == strlen("content-length") && !memcmp(guard->name, "content-length", len))
		guard->field = GUARD_LENGTH;
	if (len == strlen("transfer-encoding") && !memcmp(guard->name, "transfer-encoding", len))
		guard->field = GUARD_CODING;
	if (guard->field != GUARD_OTHER && guard->trailers)
		return guard_bad(guard, 400, "a trailer must not change the framing");
	guard->state = GUARD_VALUE;
	return 0;
}

static unsigned length_done(struct serve_guard *guard, const char *text, size_t len)
{
	if (guard->has_length)
		return guard_bad(guard, 400, "Content-Length was sent twice");
	if (!len)
		return guard_bad(guard, 400, "Content-Length is empty");
	if (len > 18)
		return guard_bad(guard, 400, "Content-Length has more than 18 digits");
	for (size_t i = 0; i < len; i++) {
		if (text[i] < '0' || text[i] > '9')
			return guard_bad(guard, 400, "Content-Length is not a plain number");
		guard->length = guard->length * 10 + (uint64_t)(text[i] - '0');
	}
	guard->has_length = true;
	return 0;
}

static unsigned coding_done(struct serve_guard *guard, const char *text, size_t len)
{
	static const char chunked[] = "chunked";

	if (guard->chunked)
		return guard_bad(guard, 400, "Transfer-Encoding was sent twice");
	if (len != strlen(chunked))
		return guard_bad(guard, 400, "Transfer-Encoding is not \"chunked\"");
	for (size_t i = 0; i < len; i++)
		if ((text[i] | 0x20) != chunked[i])
			return guard_bad(guard, 400, "Transfer-Encoding is not \"chunked\"");
	guard->chunked = true;
	return 0;
}

/* A header line is complete: what did it say about the body? */
static unsigned value_done(struct serve_guard *guard)
{
	const char *text = guard->value;
	size_t len = guard->value_len;

	guard->state = GUARD_FIELD;
	if (guard->field == GUARD_OTHER)
		return 0;
	while (len && (text[len - 1] == ' ' || text[len - 1] == '\t'))
		len--;
	return guard->field == GUARD_LENGTH ? length_done(guard, text, len)
					    : coding_done(guard, text, len);
}

/* Keeps what a framing header says; space in front is not part of it. */
static unsigned value_byte(struct serve_guard *guard, unsigned char c)
{
	if (guard->field == GUARD_OTHER)
		return 0;
	if (!guard->value_len && (c == ' ' || c == '\t'))
		return 0;
	if (guard->value_len == SERVE_GUARD_TEXT)
		return guard_bad(guard, 400,
				 guard->field == GUARD_LENGTH
					 ? "Content-Length is not a plain number"
					 : "Transfer-Encoding is not \"chunked\"");
	guard->value[guard->value_len++] = (char)c;
	return 0;
}

static unsigned head_done(struct serve_guard *guard)
{
	if (guard->trailers)
		return guard_end(guard);
	if (guard->chunked && guard->has_length)
		return guard_bad(guard, 400, "both Content-Length and Transfer-Encoding were sent");
	if (guard->chunked && guard->http10)
		return guard_bad(guard, 400, "HTTP/1.0 has no Transfer-Encoding");
	if (guard->length > guard->limits->body)
		return guard_bad(guard, 413, "the body is longer than the limit");
	guard->head_len = 0;
	if (guard->chunked) {
		guard->state = GUARD_SIZE;
		return SERVE_GUARD_HEAD;
	}
	if (guard->length) {
		guard->state = GUARD_BODY;
		guard->left = guard->length;
		return SERVE_GUARD_HEAD;
	}
	return SERVE_GUARD_HEAD | guard_end(guard);
}

static unsigned size_digit(struct serve_guard *guard, unsigned char c)
{
	int digit = hex_digit(c);

	if (digit < 0) {
		if (!guard->digits)
			return guard_bad(guard, 400, "a chunk begins without a size");
		if (c == ';')
			guard->state = GUARD_EXTENSION;
		else if (c == '\r')
			guard->state = GUARD_SIZE_LF;
		else
			return guard_bad(guard, 400, "a chunk size is not a hexadecimal number");
		return 0;
	}
	if (++guard->digits > 8)
		return guard_bad(guard, 400, "a chunk size has more than 8 digits");
	guard->left = guard->left * 16 + (unsigned)digit;
	return 0;
}

static unsigned size_done(struct serve_guard *guard)
{
	guard->digits = 0;
	guard->body_len += guard->left;
	if (guard->body_len > guard->limits->body)
		return guard_bad(guard, 413, "the body is longer than the limit");
	if (guard->left) {
		guard->state = GUARD_DATA;
		return 0;
	}
	guard->trailers = true;
	guard->headers = 0;
	guard->state = GUARD_FIELD;
	return 0;
}

/* The first byte of a header line. */
static unsigned field_begin(struct serve_guard *guard, unsigned char c)
{
	if (c == '\r') {
		guard->state = GUARD_HEAD_LF;
		return 0;
	}
	if (c == ' ' || c == '\t')
		return guard_bad(guard, 400, "a header line begins with space (folding)");
	if (!(guard_class[c] & TOKEN))
		return guard_bad(guard, 400, "a header name is empty or has a wrong character");
	if (++guard->headers > guard->limits->headers)
		return guard_bad(guard, 431, "there are too many headers");
	guard->name[0] = (char)(c >= 'A' && c <= 'Z' ? c | 0x20 : c);
	guard->name_len = 1;
	guard->state = GUARD_NAME;
	return 0;
}

/* A name longer than what is kept is none that we look for; its length must only not look like one. */
static void name_keep(struct serve_guard *guard, unsigned char c)
{
	if (guard->name_len < SERVE_GUARD_TEXT)
		guard->name[guard->name_len++] = (char)(c >= 'A' && c <= 'Z' ? c | 0x20 : c);
}

static unsigned name_byte(struct serve_guard *guard, unsigned char c)
{
	if (c == ':')
		return name_done(guard);
	if (!(guard_class[c] & TOKEN))
		return guard_bad(guard, 400, "a header name has a wrong character");
	name_keep(guard, c);
	return 0;
}

static unsigned expect_lf(struct serve_guard *guard, unsigned char c, enum guard_state next)
{
	if (c != '\n')
		return guard_bad(guard, 400, "a CR is not followed by LF");
	guard->state = next;
	return 0;
}

/* Method SP target SP HTTP/1.[01] CR LF. */
static unsigned line_byte(struct serve_guard *guard, unsigned char c)
{
	switch ((enum guard_state)guard->state) {
	case GUARD_START:
		if (c == '\r' && !guard->empty_line) {
			guard->empty_line = true;
			guard->state = GUARD_START_LF;
			return 0;
		}
		if (!(guard_class[c] & TOKEN))
			break;
		guard->state = GUARD_METHOD;
		return 0;
	case GUARD_START_LF:
		return expect_lf(guard, c, GUARD_START);
	case GUARD_METHOD:
		if (c == ' ')
			guard->state = GUARD_TARGET_FIRST;
		else if (!(guard_class[c] & TOKEN) || guard->head_len > METHOD_MAX)
			break;
		return 0;
	case GUARD_TARGET_FIRST:
	case GUARD_TARGET:
		if (c == ' ' && guard->state == GUARD_TARGET)
			guard->state = GUARD_VERSION;
		else if (guard_class[c] & TARGET)
			guard->state = GUARD_TARGET;
		else
			break;
		return 0;
	case GUARD_VERSION:
		if (guard->version_len < strlen(guard_version)) {
			if (c != guard_version[guard->version_len++])
				break;
			return 0;
		}
		if (guard->version_len == strlen(guard_version)) {
			if (c != '0' && c != '1')
				break;
			guard->http10 = c == '0';
			guard->version_len++;
			return 0;
		}
		if (c != '\r')
			break;
		guard->state = GUARD_LINE_LF;
		return 0;
	default:
		return expect_lf(guard, c, GUARD_FIELD);
	}
	return guard_bad(guard, 400, "the request line is not METHOD SP target SP HTTP/1.1");
}

/* Header and trailer lines. */
static unsigned header_byte(struct serve_guard *guard, unsigned char c)
{
	switch ((enum guard_state)guard->state) {
	case GUARD_FIELD:
		return field_begin(guard, c);
	case GUARD_NAME:
		return name_byte(guard, c);
	case GUARD_VALUE:
		if (guard_class[c] & VALUE)
			return value_byte(guard, c);
		if (c != '\r')
			return guard_bad(guard, 400, "a header value has a control character");
		guard->state = GUARD_VALUE_LF;
		return 0;
	case GUARD_VALUE_LF:
		if (c != '\n')
			return expect_lf(guard, c, GUARD_FIELD);
		return value_done(guard);
	default:
		if (c != '\n')
			return expect_lf(guard, c, GUARD_FIELD);
		return head_done(guard);
	}
}

/* Chunk framing; the data itself is skipped by serve_guard_feed(). */
static unsigned chunk_byte(struct serve_guard *guard, unsigned char c)
{
	switch ((enum guard_state)guard->state) {
	case GUARD_SIZE:
		return size_digit(guard, c);
	case GUARD_EXTENSION:
		if (c == '\r')
			guard->state = GUARD_SIZE_LF;
		else if (!(guard_class[c] & VALUE))
			return guard_bad(guard, 400, "a chunk extension has a control character");
		return 0;
	case GUARD_SIZE_LF:
		if (c != '\n')
			return expect_lf(guard, c, GUARD_DATA);
		return size_done(guard);
	case GUARD_DATA_CR:
		if (c != '\r')
			return guard_bad(guard, 400, "a chunk is longer than its size");
		guard->state = GUARD_DATA_LF;
		return 0;
	default:
		return expect_lf(guard, c, GUARD_SIZE);
	}
}

static unsigned guard_byte(struct serve_guard *guard, unsigned char c)
{
	/* Everything but size digits and data counts: nobody may send framing without end. */
	if (guard->state != GUARD_SIZE && guard->state <= GUARD_EXTENSION &&
	    ++guard->head_len > guard->limits->head)
		return guard_bad(guard, 431, "the request's head is longer than the limit");
	if (guard->state <= GUARD_LINE_LF)
		return line_byte(guard, c);
	if (guard->state <= GUARD_HEAD_LF)
		return header_byte(guard, c);
	return chunk_byte(guard, c);
}

/*
 * The fast path of guard_byte(): bytes that change no state, of a header's name, of a value that says
 * nothing about the body, and of the target.
 */
static size_t run_skip(struct serve_guard *guard, const char *data, size_t len)
{
	size_t room = guard->limits->head - guard->head_len, n = 0;
	bool name = guard->state == GUARD_NAME;
	uint8_t class = VALUE;

	if (name)
		class = TOKEN;
	else if (guard->state == GUARD_TARGET)
		class = TARGET;
	else if (guard->state != GUARD_VALUE || guard->field != GUARD_OTHER)
		return 0;
	if (len > room)
		len = room;
	while (n < len && (guard_class[(unsigned char)data[n]] & class)) {
		if (name)
			name_keep(guard, (unsigned char)data[n]);
		n++;
	}
	guard->head_len += (uint32_t)n;
	return n;
}

unsigned serve_guard_feed(struct serve_guard *guard, const char *data, size_t len, size_t *ret_used)
{
	size_t at = 0;
	unsigned verdict = guard->state == GUARD_DEAD ? SERVE_GUARD_BAD : SERVE_GUARD_MORE;

	while (at < len && !verdict) {
		if (guard->state != GUARD_BODY && guard->state != GUARD_DATA) {
			at += run_skip(guard, data + at, len - at);
			if (at == len)
				break;
			verdict = guard_byte(guard, (unsigned char)data[at]);
			if (verdict != SERVE_GUARD_BAD)
				at++;
			continue;
		}
		size_t n = guard->left < len - at ? (size_t)guard->left : len - at;

		at += n;
		guard->left -= n;
		if (guard->left)
			break;
		if (guard->state == GUARD_BODY)
			verdict = guard_end(guard);
		else
			guard->state = GUARD_DATA_CR;
	}
	*ret_used = at;
	return verdict;
}
