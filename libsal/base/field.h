/*
 * field.h - tables that say how a C struct stands in JSON.
 *
 * The generator emits one struct sal_type for each schema in openrpc/; this room decodes parameters
 * into such structs and encodes results out of them. It knows no method and no noun.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sal.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/text.h"

enum sal_field_kind {
	SAL_FIELD_BOOL,	  /* bool */
	SAL_FIELD_I32,	  /* int32_t */
	SAL_FIELD_I64,	  /* int64_t */
	SAL_FIELD_U8,	  /* uint8_t */
	SAL_FIELD_U16,	  /* uint16_t */
	SAL_FIELD_U32,	  /* uint32_t */
	SAL_FIELD_U64,	  /* uint64_t */
	SAL_FIELD_DOUBLE, /* double */
	SAL_FIELD_STRING, /* const char *, NUL-terminated */
	SAL_FIELD_ENUM,	  /* an enum whose strings stand in .names */
	SAL_FIELD_IP,	  /* struct sal_ip */
	SAL_FIELD_PREFIX, /* struct sal_prefix */
	SAL_FIELD_MAC,	  /* struct sal_mac */
	SAL_FIELD_OBJECT, /* const void * to a struct of .type */
	SAL_FIELD_ANY,	  /* struct sal_any: a result of one of several types */
	SAL_FIELD_RAW,	  /* struct sal_raw: JSON text ready to be written */
};

enum sal_format { /* what a string parameter must look like beyond being a string */
	SAL_FORMAT_NONE,
	SAL_FORMAT_IFNAME,
	SAL_FORMAT_PATH,
	SAL_FORMAT_UUID,
};

enum sal_field_flag {
	SAL_FIELD_ARRAY = 1 << 0,    /* struct sal_array of that kind */
	SAL_FIELD_REQUIRED = 1 << 1, /* always written; must be sent */
	SAL_FIELD_NULLABLE = 1 << 2, /* required and absent: null is written */
	SAL_FIELD_HAS_MIN = 1 << 3,
	SAL_FIELD_HAS_MAX = 1 << 4,
	SAL_FIELD_HAS_DEFAULT = 1 << 5, /* the documented default is decoded when nothing is sent */
};

/* Every array member has this layout; the generated ones differ in the type of items only. */
struct sal_array {
	const void *items;
	size_t len;
};

struct sal_strings {
	const char *const *items;
	size_t len;
};
struct sal_u16s {
	const uint16_t *items;
	size_t len;
};
struct sal_u32s {
	const uint32_t *items;
	size_t len;
};
struct sal_u64s {
	const uint64_t *items;
	size_t len;
};
struct sal_i64s {
	const int64_t *items;
	size_t len;
};
struct sal_ips {
	const struct sal_ip *items;
	size_t len;
};
struct sal_prefixes {
	const struct sal_prefix *items;
	size_t len;
};

struct sal_any {
	const struct sal_type *type;
	const void *value;
};

struct sal_raw {
	const char *json;
	size_t len;
};

/* The strings of an enum, by value; a hole is NULL. */
struct sal_names {
	const char *const *names;
	size_t len;
};

/* So many bytes of every key can be read, and a comma before it: the generator surrounds them. */
#define SAL_KEY_ROOM 16

struct sal_field {
	const char *key; /* quoted, with its colon: "\"dst\":" */
	uint16_t key_len;
	uint16_t offset; /* of the member in its struct */
	uint8_t kind;	 /* enum sal_field_kind */
	uint8_t flags;	 /* enum sal_field_flag */
	uint8_t format;	 /* enum sal_format */
	uint16_t max_len; /* bytes of a string, elements of an array; 0: the default limits */
	int64_t min, max; /* of an integer */
	int64_t preset;	  /* default of an integer, bool or enum */
	const char *preset_text; /* default of a string */
	const struct sal_type *type;
	const struct sal_names *names;
};

/*
 * A struct's presence bits come first in it: uint64_t words, bit i for field i. They are named by
 * an anonymous union in the generated header: `p->has.table`.
 */
struct sal_type {
	const char *name;
	const struct sal_field *fields;
	uint16_t nfields;
	uint16_t has_words;
	uint32_t size;
	const uint64_t *required; /* has_words words: the fields that are always written */
};

/*
 * Decodes parameters: a JSON object by name, an array by position, NULL or null as {}. *ret_value
 * is zeroed first; strings and nested things live in the arena, not in params. On a fault returns
 * a negative errno with SAL_INVALID_PARAMS, the field's pointer, and what was expected.
 */
int sal_decode(struct sal_arena *arena, const struct sal_type *type, json_t *params,
	       void *ret_value, struct sal_error *err);

/* Writes the object {…}; the open form writes its members only, a comma before each. */
void sal_encode(struct sal_buf *buf, const struct sal_type *type, const void *value);
void sal_encode_members(struct sal_buf *buf, const struct sal_type *type, const void *value);

/* Bytes of one element of an array member. */
size_t sal_field_element_size(const struct sal_field *field);
