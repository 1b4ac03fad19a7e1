/*
 * json_scan.h - walks JSON text without building anything.
 *
 * Used on what callers send, before jansson sees it: it is strict where the door must be strict
 * (RFC 8259 grammar, RFC 3629 UTF-8, depth) and cuts a text into slices that are echoed or handed
 * on byte for byte. It never allocates and never reads past end.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#define SAL_JSON_DEPTH_MAX 32
#define SAL_JSON_DEPTH_LIMIT 1024 /* a larger max_depth counts as this */

struct sal_slice {
	const char *p; /* NULL: absent */
	size_t len;
};

enum sal_json_kind {
	SAL_JSON_INVALID, /* empty or not JSON; only of texts that were not checked */
	SAL_JSON_NULL,
	SAL_JSON_BOOL,
	SAL_JSON_NUMBER,
	SAL_JSON_STRING,
	SAL_JSON_ARRAY,
	SAL_JSON_OBJECT,
};

enum sal_json_fault {
	SAL_JSON_FINE,
	SAL_JSON_SYNTAX,
	SAL_JSON_UTF8,  /* not valid UTF-8, or a \u escape that is a lone surrogate */
	SAL_JSON_DEPTH, /* nested deeper than allowed */
};

/*
 * Whether the whole text is one JSON value, white space around it allowed, no BOM, nested at most
 * max_depth deep (brackets open at once). On a fault *ret_at is the byte offset where it stands.
 */
enum sal_json_fault sal_json_check(const char *text, size_t len, unsigned max_depth, size_t *ret_at);

/* The functions below take text that sal_json_check() found fine. */

/* The value's own bytes, white space around it cut off. */
struct sal_slice sal_json_trim(const char *text, size_t len);
enum sal_json_kind sal_json_kind(struct sal_slice value);

/* An iterator over the members of an object or the elements of an array. */
struct sal_json_iter {
	const char *at, *end;
};

struct sal_json_iter sal_json_iter(struct sal_slice object_or_array);
/* Next element; false at the end. */
bool sal_json_next(struct sal_json_iter *iter, struct sal_slice *ret_value);
/* Next member; the key with its quotes, escapes untouched; false at the end. */
bool sal_json_next_member(struct sal_json_iter *iter, struct sal_slice *ret_key,
			  struct sal_slice *ret_value);

/* Whether a quoted string, its escapes resolved, equals the plain text s. */
bool sal_json_string_equals(struct sal_slice string, const char *s);
/*
 * Resolves a quoted string into out, NUL-terminated. Returns its length, or -1 when it does not
 * fit into size or holds U+0000.
 */
long sal_json_string_copy(struct sal_slice string, char *out, size_t size);
