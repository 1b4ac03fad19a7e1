/*
 * decode.c - parameters from JSON into structs, by their tables. See field.h.
 *
 * Every fault names the parameter by its JSON pointer and says what was expected.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/field.h"

#define STRING_MAX 4096 /* bytes, where a declaration gives no maxLength */
#define ARRAY_MAX  1024 /* elements, where it gives no maxItems */

/* Where we are in the parameters: a chain on the stack, written out only on a fault. */
struct place {
	const struct place *up;
	const char *key; /* NULL: element */
	size_t index;
};

/* Appends what fits; the pointer of a deep place is cut at the end. */
static void pointer_write(const struct place *place, char *out, size_t size)
{
	size_t len;

	if (!place->up)
		return;
	pointer_write(place->up, out, size);
	len = strlen(out);
	if (!place->key) {
		snprintf(out + len, size - len, "/%zu", place->index);
		return;
	}
	snprintf(out + len, size - len, "/");
	for (const char *s = place->key; *s && len + 4 < size; s++) {
		len = strlen(out);
		if (*s == '~' || *s == '/')
			snprintf(out + len, size - len, *s == '~' ? "~0" : "~1");
		else
			snprintf(out + len, size - len, "%c", *s);
	}
}

static int fault(struct sal_error *err, const struct place *place, const char *fmt, ...)
	SAL_PRINTF(3, 4);

static int fault(struct sal_error *err, const struct place *place, const char *fmt, ...)
{
	char pointer[160] = "", words[160];
	va_list args;
	int r;

	va_start(args, fmt);
	vsnprintf(words, sizeof(words), fmt, args);
	va_end(args);
	pointer_write(place, pointer, sizeof(pointer));
	r = sal_fail(err, SAL_INVALID_PARAMS, "%s%s%s", *pointer ? pointer + 1 : "params",
		     *pointer ? ": " : " ", words);
	sal_error_field(err, "%s", pointer);
	return r;
}

static const struct {
	int64_t min, max;
} integer_ranges[] = {
	[SAL_FIELD_I32] = { INT32_MIN, INT32_MAX }, [SAL_FIELD_I64] = { INT64_MIN, INT64_MAX },
	[SAL_FIELD_U8] = { 0, UINT8_MAX },	    [SAL_FIELD_U16] = { 0, UINT16_MAX },
	[SAL_FIELD_U32] = { 0, UINT32_MAX },	    [SAL_FIELD_U64] = { 0, INT64_MAX },
};

static void integer_store(const struct sal_field *field, void *to, int64_t value)
{
	switch ((enum sal_field_kind)field->kind) {
	case SAL_FIELD_BOOL:
		*(bool *)to = value;
		break;
	case SAL_FIELD_I32:
		*(int32_t *)to = value;
		break;
	case SAL_FIELD_U8:
		*(uint8_t *)to = value;
		break;
	case SAL_FIELD_U16:
		*(uint16_t *)to = value;
		break;
	case SAL_FIELD_U32:
		*(uint32_t *)to = value;
		break;
	case SAL_FIELD_I64:
	case SAL_FIELD_U64:
		*(int64_t *)to = value;
		break;
	case SAL_FIELD_ENUM:
		*(int *)to = value;
		break;
	case SAL_FIELD_DOUBLE:
	case SAL_FIELD_STRING:
	case SAL_FIELD_IP:
	case SAL_FIELD_PREFIX:
	case SAL_FIELD_MAC:
	case SAL_FIELD_OBJECT:
	case SAL_FIELD_ANY:
	case SAL_FIELD_RAW:
		break;
	}
}

static int integer_decode(const struct sal_field *field, json_t *json, void *to,
			  const struct place *place, struct sal_error *err)
{
	int64_t min = integer_ranges[field->kind].min, max = integer_ranges[field->kind].max;
	json_int_t value = json_integer_value(json);

	if (field->flags & SAL_FIELD_HAS_MIN)
		min = field->min;
	if (field->flags & SAL_FIELD_HAS_MAX)
		max = field->max;
	if (!json_is_integer(json) || value < min || value > max)
		return fault(err, place, "expected an integer between %lld and %lld",
			     (long long)min, (long long)max);
	integer_store(field, to, value);
	return 0;
}

static int enum_decode(const struct sal_field *field, json_t *json, void *to,
		       const struct place *place, struct sal_error *err)
{
	const struct sal_names *names = field->names;
	const char *s = json_string_value(json);
	char list[120] = "";

	for (size_t i = 0; i < names->len; i++) {
		size_t len = strlen(list);

		if (s && !strcmp(s, names->names[i])) {
			*(int *)to = i;
			return 0;
		}
		snprintf(list + len, sizeof(list) - len, "%s%s", len ? ", " : "", names->names[i]);
	}
	return fault(err, place, "expected one of %s", list);
}

static const char *format_fault(const struct sal_field *field, const char *s)
{
	switch ((enum sal_format)field->format) {
	case SAL_FORMAT_NONE:
		return NULL;
	case SAL_FORMAT_IFNAME:
		return sal_ifname_valid(s)
			       ? NULL
			       : "an interface name (1 to 15 bytes without / : or space)";
	case SAL_FORMAT_PATH:
		return sal_path_valid(s) ? NULL : "an absolute path without . or .. or empty parts";
	case SAL_FORMAT_UUID:
		return sal_uuid_valid(s) ? NULL : "a UUID";
	}
	return NULL;
}

static int string_decode(struct sal_arena *arena, const struct sal_field *field, json_t *json,
			 void *to, const struct place *place, struct sal_error *err)
{
	const char *s = json_string_value(json), *wanted = NULL;
	size_t max =
		field->max_len && !(field->flags & SAL_FIELD_ARRAY) ? field->max_len : STRING_MAX;

	if (!s)
		return fault(err, place, "expected a string");
	if (json_string_length(json) > max)
		return fault(err, place, "expected at most %zu bytes", max);
	switch ((enum sal_field_kind)field->kind) {
	case SAL_FIELD_IP:
		wanted = sal_ip_parse(s, to) ? NULL : "an IPv4 or IPv6 address";
		break;
	case SAL_FIELD_PREFIX:
		wanted = sal_prefix_parse(s, to)
				 ? NULL
				 : "an address, a prefix such as 10.0.0.0/8, or default";
		break;
	case SAL_FIELD_MAC:
		wanted = sal_mac_parse(s, to) ? NULL : "a MAC address such as 02:00:00:00:00:01";
		break;
	case SAL_FIELD_STRING:
		wanted = format_fault(field, s);
		*(char **)to = sal_arena_strdup(arena, s);
		break;
	case SAL_FIELD_BOOL:
	case SAL_FIELD_I32:
	case SAL_FIELD_I64:
	case SAL_FIELD_U8:
	case SAL_FIELD_U16:
	case SAL_FIELD_U32:
	case SAL_FIELD_U64:
	case SAL_FIELD_DOUBLE:
	case SAL_FIELD_ENUM:
	case SAL_FIELD_OBJECT:
	case SAL_FIELD_ANY:
	case SAL_FIELD_RAW:
		wanted = "another type";
		break;
	}
	return wanted ? fault(err, place, "expected %s", wanted) : 0;
}

static int object_decode(struct sal_arena *arena, const struct sal_type *type, json_t *json,
			 void *value, const struct place *place, struct sal_error *err);

static int scalar_decode(struct sal_arena *arena, const struct sal_field *field, json_t *json,
			 void *to, const struct place *place, struct sal_error *err)
{
	switch ((enum sal_field_kind)field->kind) {
	case SAL_FIELD_BOOL:
		if (!json_is_boolean(json))
			return fault(err, place, "expected true or false");
		*(bool *)to = json_is_true(json);
		return 0;
	case SAL_FIELD_DOUBLE:
		if (!json_is_number(json))
			return fault(err, place, "expected a number");
		*(double *)to = json_number_value(json);
		return 0;
	case SAL_FIELD_I32:
	case SAL_FIELD_I64:
	case SAL_FIELD_U8:
	case SAL_FIELD_U16:
	case SAL_FIELD_U32:
	case SAL_FIELD_U64:
		return integer_decode(field, json, to, place, err);
	case SAL_FIELD_ENUM:
		return enum_decode(field, json, to, place, err);
	case SAL_FIELD_STRING:
	case SAL_FIELD_IP:
	case SAL_FIELD_PREFIX:
	case SAL_FIELD_MAC:
		return string_decode(arena, field, json, to, place, err);
	case SAL_FIELD_OBJECT:
		return object_decode(arena, field->type, json, to, place, err);
	case SAL_FIELD_ANY:
	case SAL_FIELD_RAW: /* of results only; the generator gives parameters neither */
		break;
	}
	return fault(err, place, "expected nothing");
}

static int value_decode(struct sal_arena *arena, const struct sal_field *field, json_t *json,
			void *member, const struct place *place, struct sal_error *err)
{
	size_t size = sal_field_element_size(field), n = json_array_size(json);
	size_t max = field->max_len ? field->max_len : ARRAY_MAX;
	struct sal_array *array = member;
	char *items;
	int r;

	if (!(field->flags & SAL_FIELD_ARRAY)) {
		if (field->kind != SAL_FIELD_OBJECT)
			return scalar_decode(arena, field, json, member, place, err);
		items = sal_arena_zalloc(arena, size);
		*(void **)member = items;
		return scalar_decode(arena, field, json, items, place, err);
	}
	if (!json_is_array(json))
		return fault(err, place, "expected an array");
	if (n > max)
		return fault(err, place, "expected at most %zu elements", max);
	items = sal_arena_array(arena, n, size);
	for (size_t i = 0; i < n; i++) {
		struct place here = { .up = place, .index = i };

		r = scalar_decode(arena, field, json_array_get(json, i), items + i * size, &here,
				  err);
		if (r < 0)
			return r;
	}
	*array = (struct sal_array){ items, n };
	return 0;
}

/* "dst", the length without the quotes and the colon that the key carries for the encoder. */
static bool key_is(const struct sal_field *field, const char *key)
{
	size_t len = strlen(key);

	return field->key_len == len + 3 && !memcmp(field->key + 1, key, len);
}

static const struct sal_field *field_find(const struct sal_type *type, const char *key)
{
	for (unsigned i = 0; i < type->nfields; i++)
		if (key_is(&type->fields[i], key))
			return &type->fields[i];
	return NULL;
}

/* Decodes one member; JSON null counts as not sent. */
static int member_decode(struct sal_arena *arena, const struct sal_type *type,
			 const struct sal_field *field, json_t *json, void *value,
			 const struct place *place, struct sal_error *err)
{
	unsigned index = field - type->fields;
	int r;

	if (json_is_null(json))
		return 0;
	r = value_decode(arena, field, json, (char *)value + field->offset, place, err);
	if (r < 0)
		return r;
	((uint64_t *)value)[index / 64] |= UINT64_C(1) << index % 64;
	return 0;
}

/* What was not sent: a fault if it had to be, else its documented default. */
static int absent_fill(struct sal_arena *arena, const struct sal_type *type, void *value,
		       const struct place *place, struct sal_error *err)
{
	const uint64_t *has = value;

	for (unsigned i = 0; i < type->nfields; i++) {
		const struct sal_field *field = &type->fields[i];
		void *member = (char *)value + field->offset;

		if (has[i / 64] >> i % 64 & 1)
			continue;
		if (field->flags & SAL_FIELD_REQUIRED) {
			char *key = sal_arena_strndup(arena, field->key + 1, field->key_len - 3);
			struct place here = { .up = place, .key = key };

			return fault(err, &here, "missing");
		}
		if (!(field->flags & SAL_FIELD_HAS_DEFAULT))
			continue;
		if (field->kind == SAL_FIELD_STRING)
			*(const char **)member = field->preset_text;
		else
			integer_store(field, member, field->preset);
	}
	return 0;
}

static int object_decode(struct sal_arena *arena, const struct sal_type *type, json_t *json,
			 void *value, const struct place *place, struct sal_error *err)
{
	const char *key;
	json_t *member;
	int r;

	if (!json_is_object(json))
		return fault(err, place, "expected an object");
	json_object_foreach (json, key, member) {
		const struct sal_field *field = field_find(type, key);
		struct place here = { .up = place, .key = key };

		r = field ? member_decode(arena, type, field, member, value, &here, err)
			  : fault(err, &here, "no such parameter");
		if (r < 0)
			return r;
	}
	return absent_fill(arena, type, value, place, err);
}

static int positions_decode(struct sal_arena *arena, const struct sal_type *type, json_t *json,
			    void *value, const struct place *place, struct sal_error *err)
{
	size_t n = json_array_size(json);
	int r;

	if (n > type->nfields)
		return fault(err, place, "expected at most %u elements", type->nfields);
	for (size_t i = 0; i < n; i++) {
		struct place here = { .up = place, .index = i };

		r = member_decode(arena, type, &type->fields[i], json_array_get(json, i), value,
				  &here, err);
		if (r < 0)
			return r;
	}
	return absent_fill(arena, type, value, place, err);
}

int sal_decode(struct sal_arena *arena, const struct sal_type *type, json_t *params,
	       void *ret_value, struct sal_error *err)
{
	struct place root = { 0 };

	memset(ret_value, 0, type->size);
	if (!params || json_is_null(params))
		return absent_fill(arena, type, ret_value, &root, err);
	if (json_is_array(params))
		return positions_decode(arena, type, params, ret_value, &root, err);
	return object_decode(arena, type, params, ret_value, &root, err);
}
