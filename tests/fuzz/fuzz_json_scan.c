/*
 * fuzz_json_scan.c - libFuzzer target: the scanner against jansson.
 *
 * What one accepts the other must accept, but for what the two do differently by design: jansson
 * refuses numbers that no C type holds and U+0000 in keys, and allows deeper nesting; 2.14 also
 * swallows a zero byte behind a number or a literal. The walkers run over every text, checked or
 * not, and must stay inside it.
 *
 *	clang -fsanitize=fuzzer,address,undefined ... && ./fuzz_json_scan -max_total_time=60
 */
#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/json_scan.h"
#include "base/macros.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds)
{
	if (!holds)
		abort();
}

static void inside_require(struct sal_slice outer, struct sal_slice inner)
{
	require(inner.len > 0);
	require(inner.p >= outer.p && inner.p + inner.len <= outer.p + outer.len);
}

/* A string of checked text must mean to us what it means to jansson. */
static void string_compare(struct sal_slice slice, const json_t *string)
{
	const char *value = json_string_value(string);
	size_t len = json_string_length(string);
	char *copy = malloc(len + 1);
	long copied = sal_json_string_copy(slice, copy, len + 1);

	if (strlen(value) != len) {
		require(copied == -1);
		require(!sal_json_string_equals(slice, value));
	} else {
		require(copied == (long)len && memcmp(copy, value, len + 1) == 0);
		require(sal_json_string_equals(slice, value));
		require(sal_json_string_copy(slice, copy, len) == -1);
	}
	free(copy);
}

/* Bounded by the depth that sal_json_check() allowed. */
static void value_compare(struct sal_slice slice, const json_t *value)
{
	enum sal_json_kind kind = sal_json_kind(slice);
	struct sal_json_iter iter = sal_json_iter(slice);
	struct sal_slice key, element;
	size_t n = 0;

	switch (kind) {
	case SAL_JSON_NULL:
		require(json_is_null(value));
		break;
	case SAL_JSON_BOOL:
		require(json_is_boolean(value));
		break;
	case SAL_JSON_NUMBER:
		require(json_is_number(value));
		break;
	case SAL_JSON_STRING:
		require(json_is_string(value));
		string_compare(slice, value);
		break;
	case SAL_JSON_ARRAY:
		require(json_is_array(value));
		while (sal_json_next(&iter, &element)) {
			inside_require(slice, element);
			value_compare(element, json_array_get(value, n++));
		}
		require(n == json_array_size(value));
		break;
	case SAL_JSON_OBJECT:
		require(json_is_object(value));
		while (sal_json_next_member(&iter, &key, &element)) {
			inside_require(slice, key);
			inside_require(slice, element);
			require(sal_json_kind(key) == SAL_JSON_STRING);
			n++;
		}
		require(n >= json_object_size(value)); /* jansson keeps the last of the same keys */
		break;
	case SAL_JSON_INVALID:
		abort();
	}
}

/* On text that nobody checked: any slices, but inside, and only so many of them. */
static void walk_anything(struct sal_slice text, unsigned depth)
{
	struct sal_json_iter elements = sal_json_iter(text), members = elements;
	struct sal_slice key, value;
	char out[16];

	sal_json_string_copy(text, out, sizeof(out));
	sal_json_string_equals(text, "text");
	for (size_t n = 0; sal_json_next(&elements, &value); n++) {
		require(n < text.len);
		inside_require(text, value);
		if (depth)
			walk_anything(value, depth - 1);
	}
	for (size_t n = 0; sal_json_next_member(&members, &key, &value); n++) {
		require(n < text.len);
		inside_require(text, key);
		inside_require(text, value);
		if (depth)
			walk_anything(value, depth - 1);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *)data;
	struct sal_slice trimmed = sal_json_trim(text, size);
	size_t at = SIZE_MAX;
	enum sal_json_fault fault = sal_json_check(text, size, SAL_JSON_DEPTH_MAX, &at);
	json_error_t error;
	json_t *value;

	require(fault ? at <= size : at == SIZE_MAX);
	walk_anything(trimmed, 3);
	if (memchr(data, 0, size)) {
		require(fault);
		return 0;
	}
	if (fault == SAL_JSON_DEPTH)
		return 0;

	value = json_loadb(text, size, JSON_DECODE_ANY | JSON_ALLOW_NUL, &error);
	if (value) {
		require(fault == SAL_JSON_FINE);
		value_compare(trimmed, value);
	} else if (!fault) {
		enum json_error_code code = json_error_code(&error);

		require(code == json_error_numeric_overflow || code == json_error_null_byte_in_key);
	}
	json_decref(value);
	return 0;
}
