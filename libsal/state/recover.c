/*
 * recover.c - from what the journal says to what the kernel has, at start. See docs/state.md.
 *
 * On the keeper's thread, before any write. Then also whatever waited, when something has appeared.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/fault.h"
#include "state/inner.h"

/* Changes */

static void change_put(struct sal_state *state, json_t *entry, struct puts *puts)
{
	struct sal_error err = { 0 };

	puts_add(puts, CHANGES, json_string_value(json_object_get(entry, "key")), entry);
	if (puts_commit(state, puts, true, 0, &err) < 0)
		keeper_problem(state, "cannot record what became of a change: %s", err.message);
	puts_done(puts);
}

static void intent_undo(struct sal_state *state, json_t *entry)
{
	struct sal_error why = { 0 };
	json_t *remaining = undo_steps(state, entry, SIZE_MAX, true, &why);
	const char *id = json_string_value(json_object_get(entry, "key"));
	struct puts puts = { 0 };

	if (!json_array_size(remaining)) {
		puts_add(&puts, CHANGES, id, NULL);
		if (puts_commit(state, &puts, true, 0, &why) < 0)
			keeper_problem(state, "cannot record an undone change: %s", why.message);
		puts_done(&puts);
	} else {
		json_object_set(entry, "remaining", remaining);
		change_set_state(entry, SAL_CHANGE_ROLLBACK_FAILED);
		change_put(state, json_incref(entry), &puts);
		keeper_retry(state, id);
	}
	json_decref(remaining);
}

/* It may have been answered: its registries get their entries, what outlives a boot is completed. */
static void intent_complete(struct sal_state *state, json_t *entry)
{
	struct puts puts = { 0 };
	json_t *step;
	size_t i;

	json_array_foreach (json_object_get(entry, "steps"), i, step) {
		const char *key = json_string_value(json_object_get(step, "key"));
		const struct sal_state_kind *kind = sal_state_kind_of(state, key);
		struct sal_error err = { 0 };

		if (kind && kind->lasts && step_set(state, step, STEP_FORWARD, &err) < 0)
			keeper_problem(state, "%s could not be completed: %s", key, err.message);
	}
	change_set_state(entry, SAL_CHANGE_APPLIED);
	change_put_applied(state, entry, &puts);
	change_put(state, json_incref(entry), &puts);
}

static void change_interrupt(struct sal_state *state, json_t *entry)
{
	struct puts puts = { 0 };
	json_t *trimmed;

	change_set_state(entry, SAL_CHANGE_INTERRUPTED);
	trimmed = change_trimmed(entry);
	keeper_problem(state, "%s was interrupted: see sys.change.get %s",
		       json_string_value(json_object_get(entry, "method")),
		       json_string_value(json_object_get(entry, "key")));
	change_put(state, trimmed, &puts);
}

static void intent_recover(struct sal_state *state, json_t *entry)
{
	if (!json_is_true(json_object_get(entry, "invertible")))
		change_interrupt(state, entry);
	else if (change_of_this_boot(state, entry))
		intent_undo(state, entry);
	else if (!change_deadline(entry))
		intent_complete(state, entry);
	else if (rollback_decide(state, json_string_value(json_object_get(entry, "key")),
				 "a reboot", NULL) == 0)
		rollback_finish(state, json_string_value(json_object_get(entry, "key")), NULL);
}

static void awaiting_recover(struct sal_state *state, const json_t *entry)
{
	const char *id = json_string_value(json_object_get(entry, "key"));
	bool same_boot = change_of_this_boot(state, entry);

	if (same_boot && sal_boottime_ms() < change_deadline(entry))
		return; /* the keeper goes on counting */
	if (rollback_decide(state, id, same_boot ? "not confirmed" : "a reboot", NULL) == 0)
		rollback_finish(state, id, NULL);
}

static void change_recover(struct sal_state *state, json_t *entry)
{
	switch (sal_changes_state(entry)) {
	case SAL_CHANGE_INTENT:
		intent_recover(state, entry);
		break;
	case SAL_CHANGE_AWAITING_CONFIRM:
		awaiting_recover(state, entry);
		break;
	case SAL_CHANGE_ROLLING_BACK:
	case SAL_CHANGE_ROLLBACK_FAILED:
		rollback_finish(state, json_string_value(json_object_get(entry, "key")), NULL);
		break;
	case SAL_CHANGE_NONE:
	case SAL_CHANGE_APPLIED:
	case SAL_CHANGE_CONFIRMED:
	case SAL_CHANGE_ROLLED_BACK:
	case SAL_CHANGE_INTERRUPTED:
	case SAL_CHANGE_STATES:
		break;
	}
}

/* The newest first, so that what was built on something goes before it. */
void recover_changes(struct sal_state *state)
{
	json_t *list = sal_changes_list(state);

	for (size_t i = json_array_size(list); i-- > 0;) {
		json_t *entry = json_deep_copy(json_array_get(list, i));

		sal_fault("recover.change");
		change_recover(state, entry);
		json_decref(entry);
	}
	json_decref(list);
	pthread_mutex_lock(&state->book);
	book_rebuild(state);
	pthread_mutex_unlock(&state->book);
}

/* Entries */

static void waiting_set(struct sal_state *state, const char *key, bool waits)
{
	size_t i = 0, n;

	pthread_mutex_lock(&state->gate);
	n = json_array_size(state->waiting);
	while (i < n && strcmp(json_string_value(json_array_get(state->waiting, i)), key))
		i++;
	if (waits && i == n)
		json_array_append_new(state->waiting, json_string(key));
	if (!waits && i < n)
		json_array_remove(state->waiting, i);
	pthread_mutex_unlock(&state->gate);
}

static void entry_commit(struct sal_state *state, const struct sal_state_kind *kind,
			 const char *key, json_t *entry)
{
	struct sal_error err = { 0 };
	struct puts puts = { 0 };

	puts_add(&puts, kind->registry, key, entry);
	if (puts_commit(state, &puts, false, 0, &err) < 0)
		keeper_problem(state, "cannot record %s: %s", key, err.message);
	puts_done(&puts);
}

/* Makes the object again. What it stands on may still be missing: then it waits. */
static void entry_restore(struct sal_state *state, const struct sal_state_kind *kind, json_t *entry)
{
	const char *key = json_string_value(json_object_get(entry, "key"));
	json_t *step = json_object(), *copy, *image;
	struct sal_error err = { 0 };
	int r;

	sal_fault("recover.restore");
	image = json_deep_copy(json_object_get(entry, "image"));
	json_object_set_new(step, "key", json_string(key));
	json_object_set_new(step, "to", image);
	r = step_set(state, step, STEP_RESTORE, &err);
	waiting_set(state, key, r < 0 && err.code == SAL_NOT_FOUND);
	if (r == 0) {
		copy = json_copy(entry);
		json_object_set(copy, "image", image);
		json_object_set_new(copy, "boot_id", json_string(state->boot_id));
		entry_commit(state, kind, key, copy);
	} else if (err.code != SAL_NOT_FOUND) {
		keeper_problem(state, "%s could not be restored: %s", key, err.message);
	}
	json_decref(step);
}

static void entry_recover(struct sal_state *state, const struct sal_state_kind *kind, json_t *entry,
			  const json_t *actual)
{
	const char *key = json_string_value(json_object_get(entry, "key"));
	bool same_boot = change_of_this_boot(state, entry);
	bool persist = json_is_true(json_object_get(entry, "persist"));

	if (actual) {
		if (!same_boot) { /* made by somebody else at boot, or it outlives one */
			json_t *copy = json_copy(entry);

			json_object_set_new(copy, "boot_id", json_string(state->boot_id));
			entry_commit(state, kind, key, copy);
		}
		return;
	}
	if (same_boot && kind->prunes) {
		if (state->options.log)
			state->options.log(key);
		keeper_problem(state, "%s was taken away by somebody else and is forgotten", key);
		entry_commit(state, kind, key, NULL);
	} else if (!same_boot && !persist) {
		entry_commit(state, kind, key, NULL);
	} else {
		entry_restore(state, kind, entry);
	}
}

static json_t *kind_entries(struct sal_state *state, const struct sal_state_kind *kind)
{
	json_t *all = sal_state_entries(state, kind->registry), *own = json_array(), *entry;
	size_t i;

	json_array_foreach (all, i, entry) {
		const char *key = json_string_value(json_object_get(entry, "key"));

		if (sal_state_kind_of(state, key) == kind)
			json_array_append(own, entry);
	}
	json_decref(all);
	return own;
}

static void kind_recover(struct sal_state *state, const struct sal_state_kind *kind)
{
	json_t *entries = kind_entries(state, kind);
	size_t n = json_array_size(entries);
	struct sal_state_item *items = calloc(n + 1, sizeof(*items));
	struct sal_error err = { 0 };
	struct sal_arena arena;
	struct sal_state_run run = { state, &arena, state->boot_id, false };

	if (!items)
		sal_oom();
	sal_arena_init(&arena);
	for (size_t i = 0; i < n; i++) {
		json_t *entry = json_array_get(entries, i);

		items[i].key = json_string_value(json_object_get(entry, "key"));
		items[i].image = json_object_get(entry, "image");
	}
	if (n && kind->look(&run, items, n, NULL, &err) < 0) {
		keeper_problem(state, "cannot look at what SAL owns (%s): %s", kind->name,
			       err.message);
	} else {
		for (size_t i = 0; i < n; i++)
			entry_recover(state, kind, json_array_get(entries, i), items[i].actual);
	}
	for (size_t i = 0; i < n; i++)
		json_decref(items[i].actual);
	sal_arena_done(&arena);
	free(items);
	json_decref(entries);
}

void recover_entries(struct sal_state *state)
{
	for (const struct sal_state_kind *const *kind = state->options.kinds; *kind; kind++)
		if ((*kind)->registry)
			kind_recover(state, *kind);
}

static void waiting_try(struct sal_state *state, const char *key)
{
	const struct sal_state_kind *kind = sal_state_kind_of(state, key);
	json_t *entry = sal_state_entry(state, kind->registry, key), *again = NULL;
	struct sal_lock_claim claim;

	claim_prepare(&claim, json_object_get(entry, "locks"), "a restore");
	if (!entry) {
		waiting_set(state, key, false);
	} else if (sal_locks_take(&state->locks, &claim, 5, NULL) == 0) {
		/* It may have gone while we waited. */
		again = sal_state_entry(state, kind->registry, key);
		if (again)
			entry_restore(state, kind, again);
		sal_locks_give(&state->locks, &claim);
	}
	free((void *)claim.names);
	json_decref(again);
	json_decref(entry);
}

void recover_waiting(struct sal_state *state)
{
	json_t *keys = sal_state_waiting(state), *item;
	size_t i;

	json_array_foreach (keys, i, item)
		waiting_try(state, json_string_value(item));
	json_decref(keys);
}
