/*
 * log.c - one write() a line.
 *
 * In text a line is what happened, then key=value; in JSON an object of the same keys. Whoever
 * collects stderr (the journal) adds time and process, except for JSON, which carries its own time.
 */
#include "serve/log.h"

#include <errno.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/json_write.h"

#define REFUSALS_SHOWN 10 /* of one uid in a second */
#define UIDS	       64 /* remembered at once */
#define METHOD_SHOWN   80

static struct {
	pthread_mutex_t lock; /* from a line's begin to its end; the rest is the loop thread's */
	const char *program;
	bool json, verbose;
	struct sal_buf line;
	struct log_uid {
		uid_t uid;
		uint64_t second;
		unsigned shown, hidden;
	} uids[UIDS];
} log_state = { .lock = PTHREAD_MUTEX_INITIALIZER };

static const char *const level_names[] = {
	[SERVE_LOG_INFO] = "info",
	[SERVE_LOG_WARNING] = "warning",
	[SERVE_LOG_ERROR] = "error",
};

void serve_log_init(const char *program, bool json, bool verbose)
{
	log_state.program = program;
	log_state.json = json;
	log_state.verbose = verbose;
}

bool serve_log_verbose(void)
{
	return log_state.verbose;
}

static struct sal_buf *line_begin(enum serve_log_level level)
{
	struct sal_buf *line = &log_state.line;
	struct timespec now;
	struct tm tm;

	pthread_mutex_lock(&log_state.lock);
	line->len = 0;
	if (!log_state.json) {
		sal_buf_printf(line, "%s: ", log_state.program ? log_state.program : "sal");
		if (level != SERVE_LOG_INFO)
			sal_buf_printf(line, "%s: ", level_names[level]);
		return line;
	}
	clock_gettime(CLOCK_REALTIME, &now);
	gmtime_r(&now.tv_sec, &tm);
	sal_buf_printf(line, "{\"time\":\"%04d-%02d-%02dT%02d:%02d:%02d.%03ldZ\",\"level\":\"%s\"",
		       tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min,
		       tm.tm_sec, now.tv_nsec / 1000000, level_names[level]);
	return line;
}

static void line_end(struct sal_buf *line)
{
	const char *at;
	size_t left;

	sal_buf_puts(line, log_state.json ? "}\n" : "\n");
	at = line->data;
	left = line->len;
	while (left) {
		ssize_t n = write(STDERR_FILENO, at, left);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break; /* nobody to tell */
		at += n;
		left -= (size_t)n;
	}
	pthread_mutex_unlock(&log_state.lock);
}

static bool word_plain(const char *s, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (s[i] <= ' ' || s[i] >= 0x7f || s[i] == '"' || s[i] == '=' || s[i] == '\\')
			return false;
	return len > 0;
}

static void line_member(struct sal_buf *line, const char *key, const char *value, size_t len)
{
	if (log_state.json)
		sal_buf_printf(line, ",\"%s\":", key);
	else
		sal_buf_printf(line, " %s=", key);
	if (!log_state.json && word_plain(value, len))
		sal_buf_put(line, value, len);
	else
		sal_json_put_string(line, value, len);
}

void serve_log(enum serve_log_level level, const char *fmt, ...)
{
	struct sal_buf *line = line_begin(level);
	char text[1024];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	if (log_state.json) {
		line_member(line, "message", text, strlen(text));
	} else {
		for (char *c = text; *c; c++)
			if ((unsigned char)*c < ' ')
				*c = ' ';
		sal_buf_puts(line, text);
	}
	line_end(line);
}

static void hidden_tell(struct log_uid *entry)
{
	if (entry->hidden)
		serve_log(SERVE_LOG_WARNING, "%u more refusals of uid %u in that second",
			  entry->hidden, (unsigned)entry->uid);
	entry->hidden = 0;
}

/* Whether a refusal of this uid may still be written in this second. */
static bool refusal_fits(uid_t uid)
{
	struct log_uid *entry = &log_state.uids[uid % UIDS];
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
	if (entry->uid != uid || entry->second != (uint64_t)now.tv_sec) {
		hidden_tell(entry);
		*entry = (struct log_uid){ .uid = uid, .second = (uint64_t)now.tv_sec };
	}
	if (entry->shown >= REFUSALS_SHOWN) {
		entry->hidden++;
		return false;
	}
	entry->shown++;
	return true;
}

void serve_log_tick(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
	for (size_t i = 0; i < UIDS; i++)
		if (log_state.uids[i].hidden && log_state.uids[i].second != (uint64_t)now.tv_sec)
			hidden_tell(&log_state.uids[i]);
}

void serve_log_call(const struct serve_log_call *call, uid_t uid, bool refused)
{
	struct sal_buf *line;
	char number[32];

	if (refused && !refusal_fits(uid))
		return;
	line = line_begin(SERVE_LOG_INFO);
	if (!log_state.json)
		sal_buf_puts(line, refused ? "refused" : "call");
	else
		line_member(line, "event", refused ? "refused" : "call", refused ? 7 : 4);
	if (call->method)
		line_member(line, "method", call->method, SAL_MIN(call->method_len, METHOD_SHOWN));
	line_member(line, "principal", call->principal, strlen(call->principal));
	if (call->right)
		line_member(line, "right", call->right, strlen(call->right));
	if (call->ms >= 0) {
		snprintf(number, sizeof(number), log_state.json ? ",\"ms\":%.3f" : " ms=%.3f",
			 call->ms);
		sal_buf_puts(line, number);
	}
	line_member(line, "outcome", call->outcome, strlen(call->outcome));
	if (call->message)
		line_member(line, "message", call->message, strlen(call->message));
	line_end(line);
}
