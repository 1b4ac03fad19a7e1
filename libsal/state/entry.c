/* entry.c - pieces of a change's JSON, and the puts that follow from it. See inner.h. */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "state/inner.h"

static const char *const state_names[SAL_CHANGE_STATES] = {
	[SAL_CHANGE_NONE] = "none",
	[SAL_CHANGE_INTENT] = "intent",
	[SAL_CHANGE_APPLIED] = "applied",
	[SAL_CHANGE_AWAITING_CONFIRM] = "awaiting_confirm",
	[SAL_CHANGE_CONFIRMED] = "confirmed",
	[SAL_CHANGE_ROLLING_BACK] = "rolling_back",
	[SAL_CHANGE_ROLLED_BACK] = "rolled_back",
	[SAL_CHANGE_ROLLBACK_FAILED] = "rollback_failed",
	[SAL_CHANGE_INTERRUPTED] = "interrupted",
};

const char *sal_change_state_name(enum sal_change_state state)
{
	return state_names[state];
}

enum sal_change_state sal_changes_state(const json_t *entry)
{
	const char *name = json_string_value(json_object_get(entry, "state"));

	for (int i = 0; name && i < SAL_CHANGE_STATES; i++)
		if (!strcmp(state_names[i], name))
			return i;
	return SAL_CHANGE_NONE;
}

void change_set_state(json_t *entry, enum sal_change_state state)
{
	json_object_set_new(entry, "state", json_string(state_names[state]));
}

bool change_flag(const json_t *step, int flag)
{
	return json_integer_value(json_object_get(step, "flags")) & flag;
}

int64_t change_deadline(const json_t *entry)
{
	return json_integer_value(json_object_get(json_object_get(entry, "deadline"), "boottime"));
}

bool change_of_this_boot(const struct sal_state *state, const json_t *entry)
{
	const char *boot = json_string_value(json_object_get(entry, "boot_id"));

	return boot && !strcmp(boot, state->boot_id);
}

void puts_add(struct puts *puts, const char *registry, const char *key, json_t *entry)
{
	if (puts->n == puts->cap) {
		puts->cap = puts->cap ? puts->cap * 2 : 8;
		puts->items = reallocarray(puts->items, puts->cap, sizeof(*puts->items));
		if (!puts->items)
			sal_oom();
	}
	key = strdup(key);
	if (!key)
		sal_oom();
	puts->items[puts->n++] = (struct sal_put){ registry, key, entry };
}

void puts_done(struct puts *puts)
{
	for (size_t i = 0; i < puts->n; i++) {
		json_decref(puts->items[i].entry);
		free((char *)puts->items[i].key);
	}
	free(puts->items);
	*puts = (struct puts){ 0 };
}

int puts_commit(struct sal_state *state, const struct puts *puts, bool durable, long owe,
		struct sal_error *err)
{
	return sal_store_commit(state->store, puts->items, puts->n, durable, owe, err);
}

static json_t *entry_new(const struct sal_state *state, const json_t *change, const json_t *step)
{
	char now[SAL_TIME_TEXT];
	json_t *entry = json_object();

	json_object_set(entry, "key", json_object_get(step, "key"));
	json_object_set_new(entry, "image", json_deep_copy(json_object_get(step, "to")));
	json_object_set_new(entry, "boot_id", json_string(state->boot_id));
	json_object_set(entry, "change", json_object_get(change, "key"));
	json_object_set_new(entry, "at", json_string(sal_time_format(now, time(NULL))));
	json_object_set_new(entry, "persist", json_boolean(change_flag(step, SAL_STEP_PERSIST)));
	json_object_set_new(entry, "locks", json_deep_copy(json_object_get(change, "locks")));
	return entry;
}

void change_put_applied(struct sal_state *state, const json_t *change, struct puts *puts)
{
	json_t *step;
	size_t i;

	json_array_foreach (json_object_get(change, "steps"), i, step) {
		const char *key = json_string_value(json_object_get(step, "key"));
		const struct sal_state_kind *kind = sal_state_kind_of(state, key);

		if (!kind || !kind->registry)
			continue;
		if (change_flag(step, SAL_STEP_OWN))
			puts_add(puts, kind->registry, key, entry_new(state, change, step));
		else if (json_is_object(json_object_get(step, "before")))
			puts_add(puts, kind->registry, key, NULL);
	}
}

static bool list_has(const json_t *remaining, const char *key)
{
	json_t *item;
	size_t i;

	json_array_foreach (remaining, i, item)
		if (!strcmp(json_string_value(json_object_get(item, "key")), key))
			return true;
	return false;
}

/* The entry that the step took the place of, with what undoing has made of its image. */
static json_t *entry_before(const struct sal_state *state, const json_t *change, const json_t *step)
{
	json_t *before = json_object_get(step, "before"), *entry;

	if (!json_is_object(before))
		return NULL;
	entry = json_copy(before);
	if (json_is_object(json_object_get(step, "from")))
		json_object_set_new(entry, "image", json_deep_copy(json_object_get(step, "from")));
	if (change_of_this_boot(state, change))
		json_object_set_new(entry, "boot_id", json_string(state->boot_id));
	return entry;
}

void change_put_undone(struct sal_state *state, const json_t *change, const json_t *remaining,
		       struct puts *puts)
{
	json_t *step;
	size_t i;

	json_array_foreach (json_object_get(change, "steps"), i, step) {
		const char *key = json_string_value(json_object_get(step, "key"));
		const struct sal_state_kind *kind = sal_state_kind_of(state, key);

		if (kind && kind->registry && !list_has(remaining, key))
			puts_add(puts, kind->registry, key, entry_before(state, change, step));
	}
}

json_t *change_trimmed(const json_t *entry)
{
	json_t *copy = json_copy((json_t *)entry), *objects = json_array(), *step;
	size_t i;

	json_array_foreach (json_object_get(entry, "steps"), i, step)
		json_array_append(objects, json_object_get(step, "key"));
	if (!json_object_get(copy, "objects"))
		json_object_set(copy, "objects", objects);
	json_decref(objects);
	json_object_del(copy, "steps");
	json_object_del(copy, "uses");
	json_object_del(copy, "locks");
	return copy;
}

void claim_prepare(struct sal_lock_claim *claim, const json_t *locks, const char *holder)
{
	size_t n = json_array_size(locks);
	const char **names = calloc(n + 1, sizeof(*names));

	if (!names)
		sal_oom();
	for (size_t i = 0; i < n; i++)
		names[i] = json_string_value(json_array_get(locks, i));
	*claim = (struct sal_lock_claim){ .names = names, .n = n, .holder = holder };
}
