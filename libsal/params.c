/*
 * params.c - jansson reads the parameters' text, base/decode.c what is in it. See params.h.
 *
 * The text has passed sal_json_check(), so what jansson still refuses is a value it cannot hold;
 * it gives a byte offset, which we turn into the JSON pointer a caller can use.
 */
#include "params.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "base/json_scan.h"

/* Appends the reference token of the value at offset, and goes down into it. */
static void pointer_find(struct sal_slice value, const char *at, char *out, size_t size)
{
	struct sal_json_iter iter;
	struct sal_slice key = { 0 }, child;
	enum sal_json_kind kind;
	size_t index = 0;

	for (;;) {
		size_t len = strlen(out);

		kind = sal_json_kind(value);
		if (kind != SAL_JSON_OBJECT && kind != SAL_JSON_ARRAY)
			return;
		iter = sal_json_iter(value);
		for (index = 0;; index++) {
			if (!(kind == SAL_JSON_OBJECT ? sal_json_next_member(&iter, &key, &child)
						      : sal_json_next(&iter, &child)))
				return;
			/* jansson's offset stands at or just behind the value's end */
			if (at <= child.p + child.len)
				break;
		}
		if (kind == SAL_JSON_OBJECT)
			snprintf(out + len, size - len, "/%.*s", (int)key.len - 2, key.p + 1);
		else
			snprintf(out + len, size - len, "/%zu", index);
		value = child;
	}
}

static int text_fault(const char *text, size_t len, const json_error_t *e, struct sal_error *err)
{
	char pointer[sizeof(err->field)] = "";
	size_t offset = e->position < 0 ? 0 : SAL_MIN((size_t)e->position, len);
	int r;

	pointer_find(sal_json_trim(text, len), text + offset, pointer, sizeof(pointer));
	r = sal_fail(err, SAL_INVALID_PARAMS, "%s%s%s", *pointer ? pointer + 1 : "params",
		     *pointer ? ": " : " ", e->text);
	sal_error_field(err, "%s", pointer);
	return r;
}

int sal_params_read(struct sal_arena *arena, const struct sal_type *type, const char *text, size_t len,
		    void *ret_params, struct sal_error *err)
{
	struct sal_slice value = text ? sal_json_trim(text, len) : (struct sal_slice){ 0 };
	json_error_t e;
	json_t *json;
	int r;

	/* "{}" and "[]" say the same as nothing; no tree is built for them. */
	if (!value.len || (value.len == 2 && (*value.p == '{' || *value.p == '[')))
		return sal_decode(arena, type, NULL, ret_params, err);
	json = json_loadb(text, len, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &e);
	if (!json)
		return text_fault(text, len, &e, err);
	r = sal_decode(arena, type, json, ret_params, err);
	json_decref(json);
	return r;
}
