/*
 * ovs_row.c - OVSDB's notation turned into plain values. See ovs_row.h.
 *
 * Called by ovs.c. Source: RFC 7047 section 5.1.
 */
#include "net/ovs_row.h"

#include <stdlib.h>
#include <string.h>

/* The member of that name. */
static struct sal_slice member_find(struct sal_slice object, const char *name)
{
	struct sal_json_iter iter;
	struct sal_slice key, value;

	if (sal_json_kind(object) == SAL_JSON_OBJECT) {
		iter = sal_json_iter(object);
		while (sal_json_next_member(&iter, &key, &value))
			if (sal_json_string_equals(key, name))
				return value;
	}
	return (struct sal_slice){ 0 };
}

/* ["tag", BODY]: the body; absent if it is something else. */
static struct sal_slice tagged(struct sal_slice value, const char *tag)
{
	struct sal_slice first, body, more;
	struct sal_json_iter iter;

	if (sal_json_kind(value) != SAL_JSON_ARRAY)
		return (struct sal_slice){ 0 };
	iter = sal_json_iter(value);
	if (!sal_json_next(&iter, &first) || !sal_json_string_equals(first, tag) ||
	    !sal_json_next(&iter, &body) || sal_json_next(&iter, &more))
		return (struct sal_slice){ 0 };
	return body;
}

/* The elements of a set, which may be written as its only element. *len counts them. */
static bool set_open(struct sal_arena *arena, struct sal_slice value, struct sal_slice **ret_items,
		     size_t *ret_len)
{
	struct sal_slice body = tagged(value, "set"), one;
	struct sal_json_iter iter;
	size_t n = 0;

	if (!body.p) {
		*ret_items = sal_arena_dup(arena, &value, sizeof(value));
		*ret_len = 1;
		return true;
	}
	if (sal_json_kind(body) != SAL_JSON_ARRAY)
		return false;
	for (iter = sal_json_iter(body); sal_json_next(&iter, &one);)
		n++;
	*ret_items = sal_arena_array(arena, n, sizeof(one));
	*ret_len = n;
	n = 0;
	for (iter = sal_json_iter(body); sal_json_next(&iter, &one);)
		(*ret_items)[n++] = one;
	return true;
}

static bool string_read(struct sal_arena *arena, struct sal_slice value, const char **ret)
{
	struct sal_slice uuid = tagged(value, "uuid");
	char *text;

	if (uuid.p)
		value = uuid;
	if (sal_json_kind(value) != SAL_JSON_STRING)
		return false;
	text = sal_arena_alloc(arena, value.len);
	*ret = text;
	return sal_json_string_copy(value, text, value.len) >= 0;
}

static bool integer_read(struct sal_slice value, int64_t *ret)
{
	char text[24], *end;

	if (sal_json_kind(value) != SAL_JSON_NUMBER || value.len >= sizeof(text))
		return false;
	memcpy(text, value.p, value.len);
	text[value.len] = '\0';
	if (strspn(text, "-0123456789") != value.len || value.len > 19)
		return false;
	*ret = strtoll(text, &end, 10);
	return !*end;
}

/* One value of that kind at *to. */
static bool scalar_read(struct sal_arena *arena, struct sal_slice value, enum sal_field_kind kind,
			void *to)
{
	switch (kind) {
	case SAL_FIELD_STRING:
		return string_read(arena, value, to);
	case SAL_FIELD_I64:
		return integer_read(value, to);
	case SAL_FIELD_BOOL:
		if (sal_json_kind(value) != SAL_JSON_BOOL)
			return false;
		*(bool *)to = *value.p == 't';
		return true;
	case SAL_FIELD_I32:
	case SAL_FIELD_U8:
	case SAL_FIELD_U16:
	case SAL_FIELD_U32:
	case SAL_FIELD_U64:
	case SAL_FIELD_DOUBLE:
	case SAL_FIELD_ENUM:
	case SAL_FIELD_IP:
	case SAL_FIELD_PREFIX:
	case SAL_FIELD_MAC:
	case SAL_FIELD_OBJECT:
	case SAL_FIELD_ANY:
	case SAL_FIELD_RAW:
		break; /* no column has these */
	}
	return false;
}

static int slice_compare(const void *a, const void *b)
{
	const struct sal_slice *x = a, *y = b;
	int diff = memcmp(x->p, y->p, SAL_MIN(x->len, y->len));

	return diff ? diff : (x->len > y->len) - (x->len < y->len);
}

/* A key or value of a map: a number stays one unless it is a key; a UUID becomes a string. */
static bool atom_put(struct sal_buf *out, struct sal_slice atom, bool key, bool number)
{
	struct sal_slice uuid = tagged(atom, "uuid");
	enum sal_json_kind kind;
	int64_t integer;

	if (uuid.p)
		atom = uuid;
	kind = sal_json_kind(atom);
	if (kind == SAL_JSON_NUMBER && (key || number) && integer_read(atom, &integer)) {
		sal_buf_printf(out, key ? "\"%lld\"" : "%lld", (long long)integer);
		return true;
	}
	if (kind != SAL_JSON_STRING || number)
		return false;
	sal_buf_put(out, atom.p, atom.len);
	return true;
}

/* ["map",[[key,value],…]] as the text of an object. */
static bool map_read(struct sal_arena *arena, struct sal_slice value, bool numbers,
		     struct sal_raw *ret)
{
	SAL_CLEANUP(sal_buf_done) struct sal_buf out = SAL_BUF_EMPTY;
	struct sal_slice body = tagged(value, "map"), pair, key, held, more, *keys;
	struct sal_json_iter iter, inner;
	size_t n = 0;

	if (sal_json_kind(body) != SAL_JSON_ARRAY)
		return false;
	for (iter = sal_json_iter(body); sal_json_next(&iter, &pair);)
		n++;
	keys = sal_arena_array(arena, n, sizeof(*keys));
	n = 0;
	sal_buf_putc(&out, '{');
	for (iter = sal_json_iter(body); sal_json_next(&iter, &pair);) {
		if (sal_json_kind(pair) != SAL_JSON_ARRAY)
			return false;
		inner = sal_json_iter(pair);
		if (!sal_json_next(&inner, &key) || !sal_json_next(&inner, &held) ||
		    sal_json_next(&inner, &more))
			return false;
		if (n)
			sal_buf_putc(&out, ',');
		if (!atom_put(&out, key, true, false))
			return false;
		sal_buf_putc(&out, ':');
		if (!atom_put(&out, held, false, numbers))
			return false;
		keys[n++] = key;
	}
	sal_buf_putc(&out, '}');
	qsort(keys, n, sizeof(*keys), slice_compare);
	for (size_t i = 1; i < n; i++)
		if (slice_compare(&keys[i - 1], &keys[i]) == 0)
			return false;
	*ret = (struct sal_raw){ sal_arena_dup(arena, out.data, out.len), out.len };
	return true;
}

/* Of the maps that are RAW members, counters hold numbers, all others text. */
static bool holds_numbers(const struct sal_type *type, const struct sal_field *field)
{
	return strstr(field->key, "statistics\"") && strcmp(type->name, "sal_ovs_root") != 0;
}

static bool array_read(struct sal_arena *arena, struct sal_slice value,
		       const struct sal_field *field, struct sal_array *ret)
{
	size_t size = sal_field_element_size(field), n;
	struct sal_slice *items;
	char *elements;

	if (!set_open(arena, value, &items, &n))
		return false;
	elements = sal_arena_array(arena, n, size);
	for (size_t i = 0; i < n; i++)
		if (!scalar_read(arena, items[i], field->kind, elements + i * size))
			return false;
	*ret = (struct sal_array){ elements, n };
	return true;
}

/* One column; *ret_present is false for an optional one that has no value. */
static bool column_read(struct sal_arena *arena, struct sal_slice value,
			const struct sal_type *type, const struct sal_field *field, void *member,
			bool *ret_present)
{
	struct sal_slice *items;
	size_t n;

	*ret_present = true;
	if (field->kind == SAL_FIELD_RAW)
		return map_read(arena, value, holds_numbers(type, field), member);
	if (field->flags & SAL_FIELD_ARRAY)
		return array_read(arena, value, field, member);
	if (!set_open(arena, value, &items, &n) || n > 1)
		return false;
	*ret_present = n == 1;
	return n == 0 || scalar_read(arena, items[0], field->kind, member);
}

static const struct sal_field *field_find(const struct sal_type *type, struct sal_slice key)
{
	for (unsigned i = 0; i < type->nfields; i++) {
		const struct sal_field *field = &type->fields[i];

		if (field->key_len == key.len + 1u && memcmp(field->key, key.p, key.len) == 0)
			return field;
	}
	return NULL;
}

bool sal_net_ovs_row_read(struct sal_arena *arena, struct sal_slice row,
			  const struct sal_type *type, void *ret)
{
	struct sal_json_iter iter;
	struct sal_slice key, value;
	uint64_t *has = ret;

	memset(ret, 0, type->size);
	if (sal_json_kind(row) != SAL_JSON_OBJECT)
		return false;
	iter = sal_json_iter(row);
	while (sal_json_next_member(&iter, &key, &value)) {
		const struct sal_field *field = field_find(type, key);
		bool present = false;

		if (!field || field->kind == SAL_FIELD_OBJECT)
			continue;
		if (!column_read(arena, value, type, field, (char *)ret + field->offset, &present))
			return false;
		if (present)
			has[(field - type->fields) / 64] |= 1ull << (field - type->fields) % 64;
	}
	for (unsigned i = 0; i < type->nfields; i++) {
		const struct sal_field *field = &type->fields[i];

		if (field->flags & SAL_FIELD_REQUIRED && field->kind != SAL_FIELD_OBJECT &&
		    !(has[i / 64] >> i % 64 & 1))
			return false;
	}
	return true;
}

static int row_compare(const void *a, const void *b)
{
	const struct sal_net_ovs_row *x = a, *y = b;

	return slice_compare(&x->uuid, &y->uuid);
}

bool sal_net_ovs_table_read(struct sal_arena *arena, struct sal_slice result,
			    struct sal_net_ovs_table *ret_table)
{
	struct sal_slice rows = member_find(result, "rows"), row;
	struct sal_json_iter iter;
	size_t n = 0;

	if (sal_json_kind(rows) != SAL_JSON_ARRAY)
		return false;
	for (iter = sal_json_iter(rows); sal_json_next(&iter, &row);)
		n++;
	ret_table->rows = sal_arena_array(arena, n, sizeof(*ret_table->rows));
	ret_table->len = n;
	n = 0;
	for (iter = sal_json_iter(rows); sal_json_next(&iter, &row); n++) {
		ret_table->rows[n].text = row;
		ret_table->rows[n].uuid = tagged(member_find(row, "_uuid"), "uuid");
		if (sal_json_kind(ret_table->rows[n].uuid) != SAL_JSON_STRING)
			return false;
	}
	qsort(ret_table->rows, n, sizeof(*ret_table->rows), row_compare);
	return true;
}

bool sal_net_ovs_row_children(struct sal_arena *arena, struct sal_slice row, const char *column,
			      struct sal_net_ovs_table *table, struct sal_slice **ret_rows,
			      size_t *ret_len)
{
	struct sal_slice value = member_find(row, column), *items;

	*ret_len = 0;
	if (!value.p)
		return true;
	if (!set_open(arena, value, &items, ret_len))
		return false;
	*ret_rows = items;
	for (size_t i = 0; i < *ret_len; i++) {
		struct sal_net_ovs_row want = { .uuid = tagged(items[i], "uuid") }, *found;

		if (sal_json_kind(want.uuid) != SAL_JSON_STRING)
			return false;
		found = bsearch(&want, table->rows, table->len, sizeof(want), row_compare);
		if (!found || ++found->taken > SAL_NET_OVS_NAMED_MAX)
			return false;
		items[i] = found->text;
	}
	return true;
}
