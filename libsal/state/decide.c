/*
 * decide.c - confirming and rolling back.
 *
 * Deciding is one record appended under the book's lock; whichever of confirm and expiry comes first
 * counts. Undoing comes after it, with the change's own locks held, and is recorded in turn.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/fault.h"
#include "state/inner.h"

#define ROLLBACK_WAIT_S 60

json_t *sal_changes_list(struct sal_state *state)
{
	return sal_store_list(state->store, CHANGES);
}

json_t *sal_changes_get(struct sal_state *state, const char *id)
{
	return sal_store_get(state->store, CHANGES, id);
}

static int entry_commit(struct sal_state *state, const json_t *entry, bool durable,
			struct sal_error *err)
{
	struct puts puts = { 0 };
	int r;

	puts_add(&puts, CHANGES, json_string_value(json_object_get(entry, "key")),
		 json_deep_copy(entry));
	r = puts_commit(state, &puts, durable, 0, err);
	puts_done(&puts);
	return r;
}

/* The change, if the caller may decide it. */
static int entry_find(struct sal_state *state, const char *id, const char *caller, bool admin,
		      json_t **ret_entry, struct sal_error *err)
{
	json_t *entry = sal_changes_get(state, id);
	const char *owner = json_string_value(json_object_get(entry, "caller"));
	int r = 0;

	if (!entry) {
		r = sal_fail(err, SAL_NOT_FOUND, "no change %s", id);
	} else if (!admin && (!caller || !owner || strcmp(caller, owner))) {
		r = sal_fail(err, SAL_FORBIDDEN,
			     "only who made change %s, or an admin, may decide it", id);
		sal_error_add_string(err, "principal", caller ? caller : "");
	}
	sal_error_field(err, "/id");
	if (r < 0) {
		json_decref(entry);
		return r;
	}
	*ret_entry = entry;
	return 0;
}

static int state_refuse(const json_t *entry, const char *what, struct sal_error *err)
{
	const char *id = json_string_value(json_object_get(entry, "key"));
	const char *state = json_string_value(json_object_get(entry, "state"));

	sal_fail(err, SAL_CONFLICT, "change %s is %s and cannot be %s", id, state, what);
	sal_error_subject(err, "change %s", id);
	sal_error_field(err, "/id");
	return -EEXIST;
}

static int confirm_locked(struct sal_state *state, const char *id, const char *caller, bool admin,
			  struct sal_error *err)
{
	json_t *entry, *copy;
	int r = entry_find(state, id, caller, admin, &entry, err);

	if (r < 0)
		return r;
	switch (sal_changes_state(entry)) {
	case SAL_CHANGE_CONFIRMED:
		break;
	case SAL_CHANGE_AWAITING_CONFIRM:
		if (sal_boottime_ms() >= change_deadline(entry)) {
			r = state_refuse(entry, "confirmed: its time is over", err);
			break;
		}
		copy = json_copy(entry);
		change_set_state(copy, SAL_CHANGE_CONFIRMED);
		json_object_del(copy, "deadline");
		r = entry_commit(state, copy, true, err);
		json_decref(copy);
		break;
	case SAL_CHANGE_NONE:
	case SAL_CHANGE_INTENT:
	case SAL_CHANGE_APPLIED:
	case SAL_CHANGE_ROLLING_BACK:
	case SAL_CHANGE_ROLLED_BACK:
	case SAL_CHANGE_ROLLBACK_FAILED:
	case SAL_CHANGE_INTERRUPTED:
	case SAL_CHANGE_STATES:
		r = state_refuse(entry, "confirmed", err);
	}
	json_decref(entry);
	return r;
}

int sal_changes_confirm(struct sal_state *state, const char *id, const char *caller, bool admin,
			struct sal_error *err)
{
	int r;

	pthread_mutex_lock(&state->book);
	r = confirm_locked(state, id, caller, admin, err);
	pthread_mutex_unlock(&state->book);
	return r;
}

/* Rolling back: the decision */

static int rollback_allowed(const json_t *entry, struct sal_error *err)
{
	const char *later = json_string_value(json_object_get(entry, "superseded_by"));

	switch (sal_changes_state(entry)) {
	case SAL_CHANGE_AWAITING_CONFIRM:
	case SAL_CHANGE_ROLLING_BACK:
	case SAL_CHANGE_ROLLBACK_FAILED:
		return 0;
	case SAL_CHANGE_APPLIED:
	case SAL_CHANGE_CONFIRMED:
		if (json_object_get(entry, "steps"))
			return 0;
		if (!json_is_true(json_object_get(entry, "invertible")))
			return sal_fail(err, SAL_UNSUPPORTED, "%s has no inverse",
					json_string_value(json_object_get(entry, "method")));
		sal_fail(err, SAL_CONFLICT, "a later change%s%s has one of its objects",
			 later ? ", " : "", later ? later : "");
		sal_error_field(err, "/id");
		return -EEXIST;
	case SAL_CHANGE_NONE:
	case SAL_CHANGE_INTENT:
	case SAL_CHANGE_ROLLED_BACK:
	case SAL_CHANGE_INTERRUPTED:
	case SAL_CHANGE_STATES:
		break;
	}
	return state_refuse(entry, "rolled back", err);
}

static int decide_locked(struct sal_state *state, const json_t *entry, const char *why,
			 struct sal_error *err)
{
	json_t *copy;
	int r = rollback_allowed(entry, err);

	if (r < 0)
		return r;
	copy = json_copy((json_t *)entry);
	change_set_state(copy, SAL_CHANGE_ROLLING_BACK);
	json_object_del(copy, "deadline");
	json_object_set_new(copy, "why", json_string(why));
	r = sal_fault("rollback.decide");
	r = r < 0 ? sal_fail_errno(err, -r, "cannot record the rollback")
		  : entry_commit(state, copy, true, err);
	json_decref(copy);
	return r;
}

int rollback_decide(struct sal_state *state, const char *id, const char *why, struct sal_error *err)
{
	json_t *entry;
	int r;

	pthread_mutex_lock(&state->book);
	entry = sal_changes_get(state, id);
	r = entry ? decide_locked(state, entry, why, err)
		  : sal_fail(err, SAL_NOT_FOUND, "no change %s", id);
	pthread_mutex_unlock(&state->book);
	json_decref(entry);
	return r;
}

/* The undoing */

static int rollback_record(struct sal_state *state, json_t *entry, json_t *remaining,
			   struct sal_error *err)
{
	struct puts puts = { 0 };
	bool undone = !json_array_size(remaining);
	json_t *copy;
	int r;

	change_put_undone(state, entry, remaining, &puts);
	if (undone) {
		json_object_del(entry, "remaining");
		change_set_state(entry, SAL_CHANGE_ROLLED_BACK);
		copy = change_trimmed(entry);
	} else {
		json_object_set(entry, "remaining", remaining);
		change_set_state(entry, SAL_CHANGE_ROLLBACK_FAILED);
		copy = json_deep_copy(entry);
	}
	puts_add(&puts, CHANGES, json_string_value(json_object_get(entry, "key")), copy);
	pthread_mutex_lock(&state->book);
	r = sal_fault("rollback.end");
	r = r < 0 ? sal_fail_errno(err, -r, "cannot record the rollback")
		  : puts_commit(state, &puts, true, 0, err);
	if (r == 0 && undone)
		book_remove(state, entry);
	pthread_mutex_unlock(&state->book);
	puts_done(&puts);
	return r;
}

static int rollback_run(struct sal_state *state, json_t *entry, struct sal_error *err)
{
	bool same_boot = change_of_this_boot(state, entry);
	struct sal_error why = { 0 };
	json_t *remaining = undo_steps(state, entry, SIZE_MAX, same_boot, &why);
	bool undone = !json_array_size(remaining);
	int r = rollback_record(state, entry, remaining, err);

	json_decref(remaining);
	if (r == 0 && !undone) {
		if (err)
			*err = why;
		r = why.errnum ? -why.errnum : -EIO;
	}
	return r;
}

int rollback_finish(struct sal_state *state, const char *id, struct sal_error *err)
{
	struct sal_lock_claim claim = { 0 };
	json_t *shared = sal_changes_get(state, id), *entry = json_deep_copy(shared);
	int r;

	json_decref(shared);
	if (!entry)
		return sal_fail(err, SAL_NOT_FOUND, "no change %s", id);
	claim_prepare(&claim, json_object_get(entry, "locks"), "a rollback");
	r = sal_locks_take(&state->locks, &claim, ROLLBACK_WAIT_S, err);
	if (r == 0)
		r = rollback_run(state, entry, err);
	sal_locks_give(&state->locks, &claim);
	free((void *)claim.names);
	json_decref(entry);
	if (r < 0)
		keeper_retry(state, id);
	return r;
}

int sal_changes_rollback(struct sal_state *state, const char *id, const char *caller, bool admin,
			 struct sal_error *err)
{
	json_t *entry;
	int r;

	pthread_mutex_lock(&state->book);
	r = entry_find(state, id, caller, admin, &entry, err);
	if (r == 0) {
		r = decide_locked(state, entry, "asked for", err);
		json_decref(entry);
	}
	pthread_mutex_unlock(&state->book);
	return r < 0 ? r : rollback_finish(state, id, err);
}
