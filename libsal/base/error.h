/*
 * error.h - how a failure gets its words.
 *
 * Control flow is 0 or -errno; the words and the kind go into struct sal_error where it fails:
 *	return sal_fail(err, SAL_NOT_FOUND, "no interface named %s", name);
 * Nothing overwrites an error already set; err may be NULL where nobody wants the words.
 */
#pragma once

#include "sal.h"
#include "base/buf.h"
#include "base/macros.h"

/* Each fills err (if it is empty) and returns a negative errno fit for the code. */
int sal_fail(struct sal_error *err, enum sal_code code, const char *fmt, ...) SAL_PRINTF(3, 4);
/* The same for a failed system call: code from errnum (ENOMEM is LIMIT, EIO is IO, EACCES and EPERM
 * stay KERNEL ...), the errno's text appended to the words; returns -errnum. errnum is positive. */
int sal_fail_errno(struct sal_error *err, int errnum, const char *fmt, ...) SAL_PRINTF(3, 4);

/* Details, added after sal_fail() by the same place. */
void sal_error_subject(struct sal_error *err, const char *fmt, ...) SAL_PRINTF(2, 3);
void sal_error_field(struct sal_error *err, const char *fmt, ...) SAL_PRINTF(2, 3);
void sal_error_hint(struct sal_error *err, const char *fmt, ...) SAL_PRINTF(2, 3);
/* A further string or integer member of "data"; dropped whole when it does not fit. */
void sal_error_add_string(struct sal_error *err, const char *key, const char *value);
void sal_error_add_int(struct sal_error *err, const char *key, long long value);

/* Writes {"code":…,"message":…,"data":{…}}. */
void sal_error_write(struct sal_buf *buf, const struct sal_error *err);

/* "ENODEV" for 19; NULL if unknown. */
const char *sal_errno_name(int errnum);
