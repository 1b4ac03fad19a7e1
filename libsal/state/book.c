/*
 * book.c - which change has which object.
 *
 * Two changes are related when what one of them made or changed is made, changed or used by the
 * other; that both use the same bridge relates nobody. The index holds changes that still have their steps.
 */
#include <string.h>

#include "state/inner.h"

typedef void object_each(struct sal_state *state, const char *key, int mode, void *ctx);

static void objects_walk(struct sal_state *state, const json_t *entry, object_each *each, void *ctx)
{
	json_t *item;
	size_t i;

	json_array_foreach (json_object_get(entry, "steps"), i, item)
		each(state, json_string_value(json_object_get(item, "key")), INDEX_MADE, ctx);
	json_array_foreach (json_object_get(entry, "uses"), i, item)
		each(state, json_string_value(item), INDEX_USED, ctx);
}

static void object_index(struct sal_state *state, const char *key, int mode, void *ctx)
{
	const char *id = ctx;
	json_t *users = json_object_get(state->index, key);

	if (!users)
		json_object_set_new(state->index, key, users = json_object());
	mode |= json_integer_value(json_object_get(users, id));
	json_object_set_new(users, id, json_integer(mode));
}

static void object_forget(struct sal_state *state, const char *key, int mode, void *ctx)
{
	json_t *users = json_object_get(state->index, key);

	json_object_del(users, ctx);
	if (!json_object_size(users))
		json_object_del(state->index, key);
}

static void *id_of(const json_t *entry)
{
	return (char *)json_string_value(json_object_get(entry, "key"));
}

void book_add(struct sal_state *state, const json_t *entry)
{
	objects_walk(state, entry, object_index, id_of(entry));
}

void book_remove(struct sal_state *state, const json_t *entry)
{
	objects_walk(state, entry, object_forget, id_of(entry));
}

void book_rebuild(struct sal_state *state)
{
	json_t *list = sal_changes_list(state), *entry;
	size_t i;

	json_object_clear(state->index);
	json_array_foreach (list, i, entry)
		book_add(state, entry);
	json_decref(list);
}

static void object_relate(struct sal_state *state, const char *key, int mode, void *ctx)
{
	json_t *found = ctx, *theirs;
	const char *id;

	json_object_foreach (json_object_get(state->index, key), id, theirs)
		if (mode & INDEX_MADE || json_integer_value(theirs) & INDEX_MADE)
			json_object_set_new(found, id, json_true());
}

json_t *book_related(struct sal_state *state, const json_t *entry)
{
	json_t *ids = json_object(), *related = json_array(), *ignored;
	const char *own = id_of(entry), *id;

	objects_walk(state, entry, object_relate, ids);
	json_object_foreach (ids, id, ignored) {
		json_t *other = own && !strcmp(own, id) ? NULL : sal_changes_get(state, id);

		if (other)
			json_array_append_new(related, other);
	}
	json_decref(ids);
	return related;
}

static bool state_is_final(enum sal_change_state state)
{
	switch (state) {
	case SAL_CHANGE_APPLIED:
	case SAL_CHANGE_CONFIRMED:
	case SAL_CHANGE_ROLLED_BACK:
	case SAL_CHANGE_INTERRUPTED:
		return true;
	case SAL_CHANGE_NONE:
	case SAL_CHANGE_INTENT:
	case SAL_CHANGE_AWAITING_CONFIRM:
	case SAL_CHANGE_ROLLING_BACK:
	case SAL_CHANGE_ROLLBACK_FAILED:
	case SAL_CHANGE_STATES:
		break;
	}
	return false;
}

/* The oldest final ones go when there are too many. */
static void old_drop(struct sal_state *state, struct puts *puts)
{
	json_t *list = sal_changes_list(state), *entry;
	size_t i, over = json_array_size(list);

	over = over > CHANGES_MAX ? over - CHANGES_MAX : 0;
	json_array_foreach (list, i, entry) {
		const char *id = json_string_value(json_object_get(entry, "key"));

		if (!over)
			break;
		if (!state_is_final(sal_changes_state(entry)))
			continue;
		book_remove(state, entry);
		puts_add(puts, CHANGES, id, NULL);
		over--;
	}
	json_decref(list);
}

void book_supersede(struct sal_state *state, const json_t *entry, struct puts *puts)
{
	json_t *related = book_related(state, entry), *other;
	size_t i;

	json_array_foreach (related, i, other) {
		json_t *trimmed;

		if (!state_is_final(sal_changes_state(other)))
			continue;
		book_remove(state, other);
		trimmed = change_trimmed(other);
		json_object_set(trimmed, "superseded_by", json_object_get(entry, "key"));
		puts_add(puts, CHANGES, json_string_value(json_object_get(trimmed, "key")),
			 trimmed);
	}
	json_decref(related);
	old_drop(state, puts);
}
