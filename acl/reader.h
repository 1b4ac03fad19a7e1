/*
 * reader.h - the tree of an ACL file (see toml.h), read with its types checked.
 *
 * Each function that fails returns a negative errno with "FILE:LINE:COLUMN: what". Called by
 * group.c and compile.c, which know what the tables mean.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "sal.h"
#include "base/buf.h"
#include "base/macros.h"

struct acl_reader {
	const char *name; /* of the file */
	struct sal_buf *warnings;
	struct sal_error *err;
};

json_t *acl_node_value(const json_t *node); /* NULL of NULL */
bool acl_node_is(const json_t *node, const char *type);

/* Fails, and warns, at the place of a node. */
int acl_fault(struct acl_reader *reader, const json_t *node, const char *fmt, ...) SAL_PRINTF(3, 4);
void acl_warn(struct acl_reader *reader, const json_t *node, const char *what, size_t len);

int acl_expect(struct acl_reader *reader, const json_t *node, const char *type);

/* Whether node is a table with no keys but these; `known` says them to the reader. */
int acl_table_check(struct acl_reader *reader, const json_t *node, const char *const *keys,
		    size_t nkeys, const char *known);

/*
 * An optional array: *ret_list is NULL if the table does not have it. Else it is an array of
 * strings, none twice, and not empty if `needed` says what stands in it.
 */
int acl_strings_get(struct acl_reader *reader, const json_t *table, const char *key,
		    const char *needed, json_t **ret_list);

/* An array of tables at the top of the file; *ret_list is NULL if there is none. */
int acl_tables_get(struct acl_reader *reader, const json_t *top, const char *key, size_t max,
		   json_t **ret_list);
