/*
 * log.h - what the daemon says on stderr, a line each, as text or as JSON.
 *
 * Used by every room of serve/ on the loop thread; serve_log() by any thread. Values that come from outside are quoted
 * and escaped, so nobody can forge a line; params are never logged.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "sal.h"
#include "base/macros.h"

enum serve_log_level {
	SERVE_LOG_INFO,
	SERVE_LOG_WARNING,
	SERVE_LOG_ERROR,
};

void serve_log_init(const char *program, bool json, bool verbose);
bool serve_log_verbose(void);

/* Something that happened to the daemon itself. */
void serve_log(enum serve_log_level level, const char *fmt, ...) SAL_PRINTF(2, 3);

/* What became of a call, or of a request that was none. */
struct serve_log_call {
	const char *method; /* NULL: not known; need not end in NUL */
	size_t method_len;
	const char *right; /* what it needs; NULL: not known */
	const char *principal;
	const char *outcome; /* "ok", a kind such as "NOT_FOUND", an HTTP status */
	const char *message; /* NULL if there is nothing to say */
	double ms; /* negative: it was not run */
};

/*
 * refused: the caller can cause as many of these as it likes, so of one uid only ten a second are
 * written and the rest is counted.
 */
void serve_log_call(const struct serve_log_call *call, uid_t uid, bool refused);
/* Once in a while: says what was counted in the seconds before. */
void serve_log_tick(void);
