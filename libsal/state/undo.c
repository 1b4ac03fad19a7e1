/*
 * undo.c - setting objects forwards and back: the one place where the engine touches the kernel.
 *
 * A failed call, a rollback and a recovery all come here. Every kind's set() is idempotent, so that
 * it does not matter how far an earlier try had come.
 */
#include <stdlib.h>

#include "base/fault.h"
#include "state/inner.h"

static json_t *image_of(const json_t *step, const char *member)
{
	json_t *image = json_object_get(step, member);

	return json_is_object(image) ? image : NULL;
}

int step_set(struct sal_state *state, const json_t *step, enum step_way way, struct sal_error *err)
{
	bool back = way == STEP_BACK;
	const char *key = json_string_value(json_object_get(step, "key"));
	const struct sal_state_kind *kind = sal_state_kind_of(state, key);
	struct sal_arena arena;
	struct sal_state_run run = { state, &arena, state->boot_id, way == STEP_RESTORE };
	json_t *from = image_of(step, back ? "to" : "from"),
	       *to = image_of(step, back ? "from" : "to");
	int r;

	if (!kind)
		return sal_fail(err, SAL_INTERNAL, "this SAL knows no objects such as %s", key);
	sal_arena_init(&arena);
	r = kind->set(&run, key, from, to, err);
	sal_arena_done(&arena);
	if (r < 0 && err && err->code == SAL_OK)
		sal_fail_errno(err, -r, "%s", key);
	return r;
}

static void remaining_add(json_t *remaining, const char *key, const struct sal_error *why)
{
	json_t *item = json_object();

	json_object_set_new(item, "key", json_string(key));
	json_object_set_new(item, "message", json_string(why->message));
	json_array_append_new(remaining, item);
}

json_t *undo_steps(struct sal_state *state, json_t *entry, size_t n, bool all,
		   struct sal_error *err)
{
	json_t *steps = json_object_get(entry, "steps"), *remaining = json_array();

	for (size_t i = SAL_MIN(n, json_array_size(steps)); i-- > 0;) {
		json_t *step = json_array_get(steps, i);
		const char *key = json_string_value(json_object_get(step, "key"));
		const struct sal_state_kind *kind = sal_state_kind_of(state, key);
		struct sal_error why = { 0 };
		int r;

		if (!all && kind && !kind->lasts)
			continue;
		r = sal_fault("change.undo");
		if (r < 0)
			sal_fail_errno(&why, -r, "%s", key);
		else
			r = step_set(state, step, STEP_BACK, &why);
		if (r == 0)
			continue;
		remaining_add(remaining, key, &why);
		if (err && err->code == SAL_OK)
			*err = why;
	}
	return remaining;
}
