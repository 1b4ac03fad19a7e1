/*
 * reader.c - the tree of an ACL file, read with its types checked; see reader.h.
 */
#include "acl/reader.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/macros.h"

static unsigned node_int(const json_t *node, const char *key)
{
	return (unsigned)json_integer_value(json_object_get(node, key));
}

static const char *node_type(const json_t *node)
{
	return json_string_value(json_object_get(node, "type"));
}

json_t *acl_node_value(const json_t *node)
{
	return json_object_get(node, "value");
}

bool acl_node_is(const json_t *node, const char *type)
{
	return !strcmp(node_type(node), type);
}

static const char *article(const char *noun)
{
	return strchr("aeiou", noun[0]) ? "an" : "a";
}

static int fault_at(struct acl_reader *reader, unsigned line, unsigned column, const char *fmt,
		    va_list args)
{
	char what[240];

	vsnprintf(what, sizeof(what), fmt, args);
	return sal_fail(reader->err, SAL_INVALID_PARAMS, "%s:%u:%u: %s", reader->name, line, column,
			what);
}

int acl_fault(struct acl_reader *reader, const json_t *node, const char *fmt, ...)
{
	va_list args;
	int r;

	va_start(args, fmt);
	r = fault_at(reader, node_int(node, "line"), node_int(node, "column"), fmt, args);
	va_end(args);
	return r;
}

/* The same, pointing at the key of a table's member. */
SAL_PRINTF(3, 4)
static int fault_key(struct acl_reader *reader, const json_t *node, const char *fmt, ...)
{
	va_list args;
	int r;

	va_start(args, fmt);
	r = fault_at(reader, node_int(node, "key_line"), node_int(node, "key_column"), fmt, args);
	va_end(args);
	return r;
}

void acl_warn(struct acl_reader *reader, const json_t *node, const char *what, size_t len)
{
	sal_buf_printf(reader->warnings, "%s:%u:%u: %.*s\n", reader->name, node_int(node, "line"),
		       node_int(node, "column"), (int)len, what);
}

int acl_expect(struct acl_reader *reader, const json_t *node, const char *type)
{
	if (acl_node_is(node, type))
		return 0;
	return acl_fault(reader, node, "expected %s %s, found %s %s", article(type), type,
			 article(node_type(node)), node_type(node));
}

/* Whether node is a table with no keys but these; `known` says them to the reader. */
int acl_table_check(struct acl_reader *reader, const json_t *node, const char *const *keys,
		    size_t nkeys, const char *known)
{
	const char *key;
	json_t *member;
	int r = acl_expect(reader, node, "table");

	if (r < 0)
		return r;
	json_object_foreach (acl_node_value(node), key, member) {
		size_t i = 0;

		while (i < nkeys && strcmp(key, keys[i]))
			i++;
		if (i == nkeys)
			return fault_key(reader, member, "unknown key \"%s\"; expected %s", key,
					 known);
	}
	return 0;
}

/*
 * An optional array: *ret_list is NULL if the table does not have it. Else it is an array of
 * strings, none twice, and not empty if `needed` says what stands in it.
 */
int acl_strings_get(struct acl_reader *reader, const json_t *table, const char *key,
		    const char *needed, json_t **ret_list)
{
	json_t *node = json_object_get(acl_node_value(table), key), *seen, *item;
	size_t i;
	int r;

	if (!node) {
		*ret_list = NULL;
		return 0;
	}
	r = acl_expect(reader, node, "array");
	if (r < 0)
		return r;
	if (needed && !json_array_size(acl_node_value(node)))
		return acl_fault(reader, node, "%s is empty; it names at least one %s", key,
				 needed);
	seen = json_object();
	json_array_foreach (acl_node_value(node), i, item) {
		r = acl_expect(reader, item, "string");
		if (r < 0)
			break;
		if (json_object_get(seen, json_string_value(acl_node_value(item)))) {
			r = acl_fault(reader, item, "stands in this list twice");
			break;
		}
		json_object_set_new(seen, json_string_value(acl_node_value(item)), json_true());
	}
	json_decref(seen);
	if (r < 0)
		return r;
	*ret_list = acl_node_value(node);
	return 0;
}

/* An array of tables at the top of the file; *ret_list is NULL if there is none. */
int acl_tables_get(struct acl_reader *reader, const json_t *top, const char *key, size_t max,
		   json_t **ret_list)
{
	json_t *node = json_object_get(acl_node_value(top), key);

	if (!node) {
		*ret_list = NULL;
		return 0;
	}
	if (!acl_node_is(node, "array"))
		return fault_key(reader, node, "each %s is an element of an array: write [[%s]]",
				 key, key);
	if (json_array_size(acl_node_value(node)) > max)
		return acl_fault(reader, json_array_get(acl_node_value(node), max),
				 "more than %zu [[%s]]", max, key);
	*ret_list = acl_node_value(node);
	return 0;
}
