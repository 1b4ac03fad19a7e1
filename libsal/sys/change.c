/*
 * change.c - sys.change.*: shows the book of changes and hands decisions to the engine.
 *
 * The rules of who may decide what, and when, are those of state/changes.h.
 */
#include "state/changes.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "gen/sys.change.h"

static struct sal_strings strings_read(struct sal_arena *arena, const json_t *list)
{
	size_t n = json_array_size(list);
	const char **items = sal_arena_array(arena, n, sizeof(*items));

	for (size_t i = 0; i < n; i++)
		items[i] = sal_arena_strdup(arena, json_string_value(json_array_get(list, i)));
	return (struct sal_strings){ items, n };
}

/* Objects are listed in entries that are final, and are the keys of the steps before. */
static struct sal_strings objects_read(struct sal_arena *arena, const json_t *entry)
{
	const json_t *steps = json_object_get(entry, "steps");
	size_t n = json_array_size(steps);
	const char **items;

	if (!steps)
		return strings_read(arena, json_object_get(entry, "objects"));
	items = sal_arena_array(arena, n, sizeof(*items));
	for (size_t i = 0; i < n; i++)
		items[i] = sal_arena_strdup(
			arena, json_string_value(json_object_get(json_array_get(steps, i), "key")));
	return (struct sal_strings){ items, n };
}

static struct sal_change_remainder_array remaining_read(struct sal_arena *arena, const json_t *list)
{
	size_t n = json_array_size(list);
	struct sal_change_remainder *items = sal_arena_array(arena, n, sizeof(*items));

	for (size_t i = 0; i < n; i++) {
		const json_t *item = json_array_get(list, i);

		items[i].key =
			sal_arena_strdup(arena, json_string_value(json_object_get(item, "key")));
		items[i].message = sal_arena_strdup(
			arena, json_string_value(json_object_get(item, "message")));
	}
	return (struct sal_change_remainder_array){ items, n };
}

static const char *text_read(struct sal_arena *arena, const json_t *entry, const char *member)
{
	const char *text = json_string_value(json_object_get(entry, member));

	return text ? sal_arena_strdup(arena, text) : NULL;
}

static void entry_read(struct sal_arena *arena, const json_t *entry, struct sal_change_info *change)
{
	char *params = json_dumps(json_object_get(entry, "params"), JSON_COMPACT | JSON_ENCODE_ANY);

	change->id = text_read(arena, entry, "key");
	change->method = text_read(arena, entry, "method");
	change->params.json = sal_arena_strdup(arena, params ? params : "{}");
	change->params.len = strlen(change->params.json);
	free(params);
	change->caller = text_read(arena, entry, "caller");
	change->at = text_read(arena, entry, "at");
	change->state = (int)sal_changes_state(entry);
	sal_set_found(change, deadline, text_read(arena, json_object_get(entry, "deadline"), "at"));
	sal_set_found(change, why, text_read(arena, entry, "why"));
	change->objects = objects_read(arena, entry);
	sal_set_found(change, superseded_by, text_read(arena, entry, "superseded_by"));
	if (json_object_get(entry, "remaining"))
		sal_set(change, remaining,
			remaining_read(arena, json_object_get(entry, "remaining")));
	if (json_object_get(entry, "done"))
		sal_set(change, done, strings_read(arena, json_object_get(entry, "done")));
}

static bool entry_matches(const json_t *entry, const struct sal_sys_change_list_params *params)
{
	const char *method = json_string_value(json_object_get(entry, "method"));

	return (!params->has.state || (int)sal_changes_state(entry) == (int)params->state) &&
	       (!params->has.method || !strcmp(method, params->method));
}

int sal_sys_change_list(struct sal_call *call, const struct sal_sys_change_list_params *params,
			struct sal_error *err)
{
	json_t *list = sal_changes_list(sal_state_of(call->sal)), *entry;
	size_t i;
	int r = 0;

	json_array_foreach (list, i, entry) {
		struct sal_arena_mark mark = sal_arena_mark(call->arena);
		struct sal_change_info change = { 0 };

		if (r < 0 || !entry_matches(entry, params))
			continue;
		entry_read(call->arena, entry, &change);
		r = sal_sys_change_list_item(call, &change, err);
		sal_arena_reset(call->arena, mark);
	}
	json_decref(list);
	return r < 0 ? r
		     : sal_sys_change_list_done(
			       call, &(struct sal_sys_change_list_result){ .consistent = true },
			       err);
}

/* Reads the change as it now is; NULL in *ret_change, with err filled, when there is none. */
static int change_show(struct sal_call *call, const char *id, struct sal_change_info *ret_change,
		       struct sal_error *err)
{
	json_t *entry = sal_changes_get(sal_state_of(call->sal), id);

	if (!entry) {
		sal_fail(err, SAL_NOT_FOUND, "no change %s", id);
		sal_error_field(err, "/id");
		return -ENOENT;
	}
	entry_read(call->arena, entry, ret_change);
	json_decref(entry);
	return 0;
}

int sal_sys_change_get(struct sal_call *call, const struct sal_sys_change_get_params *params,
		       struct sal_error *err)
{
	struct sal_change_info change = { 0 };
	int r = change_show(call, params->id, &change, err);

	return r < 0 ? r
		     : sal_sys_change_get_done(
			       call, &(struct sal_sys_change_get_result){ .change = &change }, err);
}

int sal_sys_change_confirm(struct sal_call *call,
			   const struct sal_sys_change_confirm_params *params,
			   struct sal_error *err)
{
	struct sal_change_info change = { 0 };
	int r = sal_changes_confirm(sal_state_of(call->sal), params->id, call->caller, call->admin,
				    err);

	if (r == 0)
		r = change_show(call, params->id, &change, err);
	return r < 0 ? r
		     : sal_sys_change_confirm_done(
			       call, &(struct sal_sys_change_confirm_result){ .change = &change },
			       err);
}

int sal_sys_change_rollback(struct sal_call *call,
			    const struct sal_sys_change_rollback_params *params,
			    struct sal_error *err)
{
	struct sal_change_info change = { 0 };
	int r = sal_changes_rollback(sal_state_of(call->sal), params->id, call->caller, call->admin,
				     err);

	if (r == 0)
		r = change_show(call, params->id, &change, err);
	return r < 0 ? r
		     : sal_sys_change_rollback_done(
			       call, &(struct sal_sys_change_rollback_result){ .change = &change },
			       err);
}
