/*
 * toml.h - TOML text as a jansson tree that remembers where everything stood.
 *
 * The only door to toml++, and the only C++ of the daemons. Called by compile.c; knows nothing of
 * groups and rights.
 */
#pragma once

#include <jansson.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

#define ACL_TOML_DOTS_MAX   256 /* dots in one line: each may be a level of nesting */
#define ACL_TOML_DEPTH_MAX  8 /* levels of the tree, far more than a policy has */
#define ACL_TOML_VALUES_MAX 65536 /* nodes of the tree */

/* Lines and columns count from 1; columns are code points. */
struct acl_toml_error {
	unsigned line, column;
	char what[200];
};

/*
 * Parses len bytes of UTF-8 text. Every node of the tree is an object
 *	{"line", "column", "type", "value"}
 * where type is "table", "array", "string", "integer", "number", "boolean" or "date". A table's
 * value is an object of nodes, which in addition carry "key_line" and "key_column"; an array's is
 * an array of nodes; a date's and a (floating point) number's is null. Strings and keys hold no
 * control characters.
 * Returns NULL with *ret_err filled if the text is not TOML or passes a limit above.
 */
json_t *acl_toml_parse(const char *text, size_t len, struct acl_toml_error *ret_err);

#ifdef __cplusplus
}
#endif
