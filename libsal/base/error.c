/*
 * error.c - how a failure gets its words, and how they are sent.
 *
 * Every room fails through here; serve/ and call.c write the result. The first words win: a caller
 * further out knows less about what went wrong. It neither logs nor decides what happens next.
 */
#include "base/error.h"

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/json_write.h"
#include "base/utf8.h"

/* Ends text where a character ends, if vsnprintf() cut it: len is what it wanted to write. */
static void text_cut(char *text, size_t size, int len)
{
	size_t end = size - 1;

	if (len < 0) {
		text[0] = '\0';
		return;
	}
	if ((size_t)len < size)
		return;
	/* A lead byte among the last three whose sequence is not all there loses what is left. */
	for (size_t back = 1; back <= 3 && back <= end; back++) {
		unsigned char *lead = (unsigned char *)text + end - back;

		if (*lead < 0x80)
			return;
		if (*lead >= 0xc0) {
			if (!sal_utf8_sequence(lead, back))
				*lead = '\0';
			return;
		}
	}
}

static void text_vset(char *text, size_t size, const char *fmt, va_list args) SAL_PRINTF(3, 0);
static void text_vset(char *text, size_t size, const char *fmt, va_list args)
{
	text_cut(text, size, vsnprintf(text, size, fmt, args));
}

static int code_errno(enum sal_code code)
{
	switch (code) {
	case SAL_NOT_FOUND:
		return ENOENT;
	case SAL_CONFLICT:
		return EEXIST;
	case SAL_BUSY:
		return EBUSY;
	case SAL_LIMIT:
		return E2BIG;
	case SAL_TIMEOUT:
		return ETIMEDOUT;
	case SAL_UNSUPPORTED:
		return EOPNOTSUPP;
	case SAL_FORBIDDEN:
	case SAL_UNAUTHENTICATED:
		return EACCES;
	case SAL_PARSE_ERROR:
	case SAL_INVALID_REQUEST:
	case SAL_INVALID_PARAMS:
		return EINVAL;
	case SAL_REFUSED:
		return EPERM;
	case SAL_CANCELLED:
		return ECANCELED;
	case SAL_OK:
	case SAL_METHOD_NOT_FOUND:
	case SAL_INTERNAL:
	case SAL_UPSTREAM_UNAVAILABLE:
	case SAL_IO:
	case SAL_KERNEL:
	case SAL_TOOL_FAILED:
		break;
	}
	return EIO;
}

/* ENOENT and its like stay KERNEL: whether the thing asked for is missing, the caller knows. */
static enum sal_code errno_code(int errnum)
{
	switch (errnum) {
	case ENOMEM:
	case ENOSPC:
	case EDQUOT:
	case EMFILE:
	case ENFILE:
	case E2BIG:
	case EMSGSIZE:
	case ENAMETOOLONG:
		return SAL_LIMIT;
	case EIO:
		return SAL_IO;
	case EBUSY:
		return SAL_BUSY;
	case ETIMEDOUT:
		return SAL_TIMEOUT;
	case EOPNOTSUPP:
	case EPROTONOSUPPORT:
	case EAFNOSUPPORT:
	case ENOSYS:
		return SAL_UNSUPPORTED;
	case ECANCELED:
		return SAL_CANCELLED;
	default:
		return SAL_KERNEL;
	}
}

const char *sal_errno_name(int errnum)
{
	return errnum > 0 ? strerrorname_np(errnum) : NULL;
}

int sal_fail(struct sal_error *err, enum sal_code code, const char *fmt, ...)
{
	if (err && !err->code) {
		va_list args;

		err->code = code;
		va_start(args, fmt);
		text_vset(err->message, sizeof(err->message), fmt, args);
		va_end(args);
	}
	return -code_errno(code);
}

int sal_fail_errno(struct sal_error *err, int errnum, const char *fmt, ...)
{
	if (err && !err->code) {
		const char *words = strerrordesc_np(errnum);
		char unknown[32];
		va_list args;
		size_t len;

		if (!words) {
			snprintf(unknown, sizeof(unknown), "error %d", errnum);
			words = unknown;
		}
		err->code = errno_code(errnum);
		err->errnum = errnum;
		/* Long words are cut, not the reason behind them. */
		len = strlen(words) + 2;
		va_start(args, fmt);
		text_vset(err->message, sizeof(err->message) - len, fmt, args);
		va_end(args);
		len = strlen(err->message);
		snprintf(err->message + len, sizeof(err->message) - len, ": %s", words);
	}
	return -errnum;
}

void sal_error_subject(struct sal_error *err, const char *fmt, ...)
{
	va_list args;

	if (!err || err->subject[0])
		return;
	va_start(args, fmt);
	text_vset(err->subject, sizeof(err->subject), fmt, args);
	va_end(args);
}

void sal_error_field(struct sal_error *err, const char *fmt, ...)
{
	va_list args;

	if (!err || err->field[0])
		return;
	va_start(args, fmt);
	text_vset(err->field, sizeof(err->field), fmt, args);
	va_end(args);
}

void sal_error_hint(struct sal_error *err, const char *fmt, ...)
{
	va_list args;

	if (!err || err->hint[0])
		return;
	va_start(args, fmt);
	text_vset(err->hint, sizeof(err->hint), fmt, args);
	va_end(args);
}

/* Writes `"key":` with a comma before it unless it is the first member. */
static void member_begin(struct sal_buf *buf, const char *key, bool first)
{
	if (!first)
		sal_buf_putc(buf, ',');
	sal_json_put_cstring(buf, key);
	sal_buf_putc(buf, ':');
}

/* Frees member, a piece of JSON text that begins with a comma if need be. */
static void extra_append(struct sal_error *err, struct sal_buf *member)
{
	size_t len = strlen(err->extra);

	if (member->len < sizeof(err->extra) - len) {
		memcpy(err->extra + len, member->data, member->len);
		err->extra[len + member->len] = '\0';
	}
	sal_buf_done(member);
}

void sal_error_add_string(struct sal_error *err, const char *key, const char *value)
{
	struct sal_buf member = SAL_BUF_EMPTY;

	if (!err)
		return;
	member_begin(&member, key, !err->extra[0]);
	sal_json_put_cstring(&member, value);
	extra_append(err, &member);
}

void sal_error_add_int(struct sal_error *err, const char *key, long long value)
{
	struct sal_buf member = SAL_BUF_EMPTY;

	if (!err)
		return;
	member_begin(&member, key, !err->extra[0]);
	sal_json_put_i64(&member, value);
	extra_append(err, &member);
}

void sal_error_write(struct sal_buf *buf, const struct sal_error *err)
{
	/* A failure that nobody gave words is a fault of ours, and must be answered all the same. */
	enum sal_code code = err->code ? err->code : SAL_INTERNAL;
	const struct {
		const char *key, *text;
	} members[] = {
		{ "kind", sal_code_name(code) }, { "subject", err->subject },
		{ "field", err->field },	 { "errno", sal_errno_name(err->errnum) },
		{ "hint", err->hint },
	};
	bool first = true;

	sal_buf_puts(buf, "{\"code\":");
	sal_json_put_i64(buf, code);
	sal_buf_puts(buf, ",\"message\":");
	sal_json_put_cstring(buf, err->message[0] ? err->message : "internal error");
	sal_buf_puts(buf, ",\"data\":{");
	for (size_t i = 0; i < SAL_ARRAY_LEN(members); i++) {
		if (!members[i].text || !members[i].text[0])
			continue;
		member_begin(buf, members[i].key, first);
		sal_json_put_cstring(buf, members[i].text);
		first = false;
	}
	if (err->extra[0]) {
		if (!first)
			sal_buf_putc(buf, ',');
		sal_buf_puts(buf, err->extra);
	}
	sal_buf_puts(buf, "}}");
}
