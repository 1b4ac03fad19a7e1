/*
 * field.c - encodes structs into JSON by their tables. Decoding is decode.c.
 *
 * Called for every object of every answer: presence bits are walked a word at a time, keys are
 * ready-made with quotes and colon, and nothing is allocated but the answer itself.
 */
#include "base/field.h"

#include "base/json_write.h"

/* Bytes of one array element, by kind. */
static const uint8_t element_sizes[] = {
	[SAL_FIELD_BOOL] = sizeof(bool),
	[SAL_FIELD_I32] = sizeof(int32_t),
	[SAL_FIELD_I64] = sizeof(int64_t),
	[SAL_FIELD_U8] = sizeof(uint8_t),
	[SAL_FIELD_U16] = sizeof(uint16_t),
	[SAL_FIELD_U32] = sizeof(uint32_t),
	[SAL_FIELD_U64] = sizeof(uint64_t),
	[SAL_FIELD_DOUBLE] = sizeof(double),
	[SAL_FIELD_STRING] = sizeof(const char *),
	[SAL_FIELD_ENUM] = sizeof(int),
	[SAL_FIELD_IP] = sizeof(struct sal_ip),
	[SAL_FIELD_PREFIX] = sizeof(struct sal_prefix),
	[SAL_FIELD_MAC] = sizeof(struct sal_mac),
	[SAL_FIELD_OBJECT] = 0, /* the struct's own size */
	[SAL_FIELD_ANY] = sizeof(struct sal_any),
	[SAL_FIELD_RAW] = sizeof(struct sal_raw),
};

size_t sal_field_element_size(const struct sal_field *field)
{
	return field->kind == SAL_FIELD_OBJECT ? field->type->size : element_sizes[field->kind];
}

static void quoted_put(struct sal_buf *buf, char *start, char *end)
{
	*start = '"';
	*end++ = '"';
	buf->len = end - buf->data;
}

static void scalar_encode(struct sal_buf *buf, const struct sal_field *field, const void *p)
{
	const struct sal_any *any;
	const struct sal_raw *raw;
	const char *text;
	char *at;

	switch ((enum sal_field_kind)field->kind) {
	case SAL_FIELD_BOOL:
		sal_json_put_bool(buf, *(const bool *)p);
		break;
	case SAL_FIELD_I32:
		sal_json_put_i64(buf, *(const int32_t *)p);
		break;
	case SAL_FIELD_I64:
		sal_json_put_i64(buf, *(const int64_t *)p);
		break;
	case SAL_FIELD_U8:
		sal_json_put_u64(buf, *(const uint8_t *)p);
		break;
	case SAL_FIELD_U16:
		sal_json_put_u64(buf, *(const uint16_t *)p);
		break;
	case SAL_FIELD_U32:
		sal_json_put_u64(buf, *(const uint32_t *)p);
		break;
	case SAL_FIELD_U64:
		sal_json_put_u64(buf, *(const uint64_t *)p);
		break;
	case SAL_FIELD_DOUBLE:
		sal_json_put_double(buf, *(const double *)p);
		break;
	case SAL_FIELD_STRING:
		text = *(const char *const *)p;
		sal_json_put_string(buf, text, strlen(text));
		break;
	case SAL_FIELD_ENUM:
		sal_json_put_cstring(buf, field->names->names[*(const int *)p]);
		break;
	case SAL_FIELD_IP:
		at = sal_buf_reserve(buf, SAL_IP_TEXT + 2);
		quoted_put(buf, at, sal_ip_format(at + 1, p));
		break;
	case SAL_FIELD_PREFIX:
		at = sal_buf_reserve(buf, SAL_PREFIX_TEXT + 2);
		quoted_put(buf, at, sal_prefix_format(at + 1, p));
		break;
	case SAL_FIELD_MAC:
		at = sal_buf_reserve(buf, SAL_MAC_TEXT + 2);
		quoted_put(buf, at, sal_mac_format(at + 1, p));
		break;
	case SAL_FIELD_OBJECT:
		sal_encode(buf, field->type, p);
		break;
	case SAL_FIELD_ANY:
		any = p;
		sal_encode(buf, any->type, any->value);
		break;
	case SAL_FIELD_RAW:
		raw = p;
		sal_buf_put(buf, raw->json, raw->len);
		break;
	}
}

static void array_encode(struct sal_buf *buf, const struct sal_field *field, const void *p)
{
	const struct sal_array *array = p;
	size_t size = sal_field_element_size(field);

	sal_buf_putc(buf, '[');
	for (size_t i = 0; i < array->len; i++) {
		if (i)
			sal_buf_putc(buf, ',');
		scalar_encode(buf, field, (const char *)array->items + i * size);
	}
	sal_buf_putc(buf, ']');
}

static void value_encode(struct sal_buf *buf, const struct sal_field *field, const void *member)
{
	if (field->flags & SAL_FIELD_ARRAY)
		array_encode(buf, field, member);
	else if (field->kind == SAL_FIELD_OBJECT)
		sal_encode(buf, field->type, *(const void *const *)member);
	else
		scalar_encode(buf, field, member);
}

/* The comma before a key, and the key. Most are short: one move of fixed size, of which what is too
 * much is overwritten. */
static inline void key_put(struct sal_buf *buf, const struct sal_field *field)
{
	char *at = sal_buf_reserve(buf, field->key_len + SAL_KEY_ROOM);

	memcpy(at, field->key - 1, SAL_KEY_ROOM);
	if (field->key_len >= SAL_KEY_ROOM)
		memcpy(at, field->key - 1, field->key_len + 1u);
	buf->len += field->key_len + 1u;
}

void sal_encode_members(struct sal_buf *buf, const struct sal_type *type, const void *value)
{
	const uint64_t *has = value;
	const struct sal_field *fields = type->fields;

	for (unsigned word = 0; word < type->has_words; word++, fields += 64) {
		uint64_t bits = has[word] | type->required[word];

		for (; bits; bits &= bits - 1) {
			const struct sal_field *field = &fields[__builtin_ctzll(bits)];

			key_put(buf, field);
			if ((field->flags & SAL_FIELD_NULLABLE) && !(has[word] & bits & -bits))
				sal_buf_put(buf, "null", 4);
			else
				value_encode(buf, field, (const char *)value + field->offset);
		}
	}
}

void sal_encode(struct sal_buf *buf, const struct sal_type *type, const void *value)
{
	size_t start = buf->len;

	sal_encode_members(buf, type, value);
	if (buf->len == start)
		sal_buf_putc(buf, '{');
	else
		buf->data[start] = '{'; /* for the first member's comma */
	sal_buf_putc(buf, '}');
}
