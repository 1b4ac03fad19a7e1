/*
 * json_write.h - JSON text straight into a buffer; the hot path of every answer.
 *
 * These write values only; commas and keys are the caller's (field.c knows them from its tables).
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"

/*
 * A quoted string of len bytes. Control characters, quote and backslash are escaped as RFC 8259
 * section 7 says; bytes that are not valid UTF-8 are shown as the four characters \xHH (so "\\xff"
 * in JSON), as util-linux shows them; valid UTF-8 goes out as it is.
 */
void sal_json_put_string(struct sal_buf *buf, const char *s, size_t len);
void sal_json_put_cstring(struct sal_buf *buf, const char *s);

void sal_json_put_u64(struct sal_buf *buf, uint64_t value);
void sal_json_put_i64(struct sal_buf *buf, int64_t value);
void sal_json_put_bool(struct sal_buf *buf, bool value);
/* The shortest decimal that reads back as the same double; NaN and infinities become null. */
void sal_json_put_double(struct sal_buf *buf, double value);

/* Decimal digits without quotes at p, which has room for 20 bytes; returns the end. */
char *sal_format_u64(char *p, uint64_t value);
