/*
 * change.c - one change from its locks to its end. See change.h and docs/state.md.
 *
 * Everything that can fail before the intent leaves no trace; everything after it is undone by
 * undo.c, the same code that rolls back and recovers.
 */
#include "state/change.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "base/clock.h"
#include "base/fault.h"
#include "state/inner.h"

#define LOCK_WAIT_S    30
#define RECOVER_WAIT_S 30
#define PARAMS_MAX     (32 * 1024) /* longer parameters are not kept in the record */

/* A ULID: 48 bits of milliseconds, 80 of chance, in Crockford's base 32. Sorts by time. */
static void id_make(char out[SAL_CHANGE_ID_LEN + 1])
{
	static const char digits[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
	struct timespec now;
	uint8_t chance[16];
	uint64_t ms;

	clock_gettime(CLOCK_REALTIME, &now);
	ms = now.tv_sec * UINT64_C(1000) + now.tv_nsec / 1000000;
	if (getrandom(chance, sizeof(chance), 0) != sizeof(chance))
		abort();
	for (int i = 9; i >= 0; i--, ms >>= 5)
		out[i] = digits[ms & 31];
	for (int i = 0; i < 16; i++)
		out[10 + i] = digits[chance[i] & 31];
	out[SAL_CHANGE_ID_LEN] = '\0';
}

void sal_change_init(struct sal_change *change, const struct sal_change_request *request)
{
	*change = (struct sal_change){ .request = *request, .steps = json_array() };
}

void sal_change_done(struct sal_change *change)
{
	if (change->request.state)
		sal_locks_give(&change->request.state->locks, &change->claim);
	json_decref(change->steps);
	json_decref(change->record);
	change->steps = change->record = NULL;
}

static const char *words_format(struct sal_change *change, const char *fmt, va_list args)
{
	struct sal_buf buf = SAL_BUF_EMPTY;
	char *words;

	sal_buf_vprintf(&buf, fmt, args);
	words = sal_arena_strndup(change->request.arena, buf.data ? buf.data : "", buf.len);
	sal_buf_done(&buf);
	return words;
}

/* Adds a name that is not there yet. More than fit are a defect of the handler. */
static void name_add(const char **names, size_t *n, const char *name)
{
	for (size_t i = 0; i < *n; i++)
		if (!strcmp(names[i], name))
			return;
	if (*n == SAL_CHANGE_NAMES)
		abort();
	names[(*n)++] = name;
}

void sal_change_lock(struct sal_change *change, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	name_add(change->locks, &change->nlocks, words_format(change, fmt, args));
	va_end(args);
}

void sal_change_use(struct sal_change *change, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	name_add(change->uses, &change->nuses, words_format(change, fmt, args));
	va_end(args);
}

void sal_change_would(struct sal_change *change, const char *fmt, ...)
{
	va_list args;

	if (change->nwould == change->would_cap) {
		size_t cap = change->would_cap ? change->would_cap * 2 : 8;
		const char **grown = sal_arena_array(change->request.arena, cap, sizeof(*grown));

		if (change->nwould)
			memcpy(grown, change->would, change->nwould * sizeof(*grown));
		change->would = grown;
		change->would_cap = cap;
	}
	va_start(args, fmt);
	change->would[change->nwould++] = words_format(change, fmt, args);
	va_end(args);
}

static int recovery_wait(struct sal_state *state, struct sal_error *err)
{
	struct timespec until;
	int r = 0;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += RECOVER_WAIT_S;
	pthread_mutex_lock(&state->gate);
	while (!state->recovered && r == 0)
		r = pthread_cond_timedwait(&state->gate_moved, &state->gate, &until);
	pthread_mutex_unlock(&state->gate);
	if (r == 0)
		return 0;
	sal_fail(err, SAL_BUSY, "the state of before the restart is still being restored");
	sal_error_add_int(err, "retry_after", 5);
	return -EBUSY;
}

int sal_change_begin(struct sal_change *change, struct sal_error *err)
{
	struct sal_state *state = change->request.state;
	int r = recovery_wait(state, err);

	if (r < 0)
		return r;
	change->claim.names = change->locks;
	change->claim.n = change->nlocks;
	change->claim.holder = change->request.method;
	return sal_locks_take(&state->locks, &change->claim, LOCK_WAIT_S, err);
}

void sal_change_step(struct sal_change *change, const char *key, json_t *from, json_t *to,
		     unsigned flags)
{
	struct sal_state *state = change->request.state;
	const struct sal_state_kind *kind = sal_state_kind_of(state, key);
	json_t *step = json_object(), *before = NULL;

	if (!kind)
		abort(); /* a handler's defect: no such kind */
	if (kind->registry)
		before = sal_store_get(state->store, kind->registry, key);
	json_object_set_new(step, "key", json_string(key));
	json_object_set_new(step, "from", from ? from : json_null());
	json_object_set_new(step, "to", to ? to : json_null());
	json_object_set_new(step, "before", before ? before : json_null());
	json_object_set_new(step, "flags", json_integer(flags));
	json_array_append_new(change->steps, step);
}

/* The record */

static json_t *names_json(const char *const *names, size_t n)
{
	json_t *list = json_array();

	for (size_t i = 0; i < n; i++)
		json_array_append_new(list, json_string(names[i]));
	return list;
}

static json_t *params_json(const struct sal_change_request *request)
{
	json_t *params = NULL;

	if (request->params && request->params_len <= PARAMS_MAX)
		params = json_loadb(request->params, request->params_len, 0, NULL);
	return params ? params : json_object();
}

/* Milliseconds of a second of confirm_within; test builds may shorten it. */
static int64_t second_ms(void)
{
#ifdef SAL_FAULT_POINTS
	const char *ms = getenv("SAL_TEST_SECOND_MS");

	if (ms)
		return atoi(ms);
#endif
	return 1000;
}

static void deadline_set(struct sal_change *change)
{
	int64_t ms = change->request.confirm_within * second_ms();
	json_t *deadline = json_object();
	char at[SAL_TIME_TEXT];

	sal_time_format(at, time(NULL) + (ms + 999) / 1000);
	change->deadline = sal_arena_strdup(change->request.arena, at);
	json_object_set_new(deadline, "at", json_string(at));
	json_object_set_new(deadline, "boottime", json_integer(sal_boottime_ms() + ms));
	json_object_set_new(change->record, "deadline", deadline);
}

static void record_make(struct sal_change *change)
{
	const struct sal_change_request *request = &change->request;
	char now[SAL_TIME_TEXT];
	json_t *record = json_object();

	id_make(change->id);
	change->record = record;
	json_object_set_new(record, "key", json_string(change->id));
	json_object_set_new(record, "method", json_string(request->method));
	json_object_set_new(record, "params", params_json(request));
	json_object_set_new(record, "caller", json_string(request->caller ? request->caller : ""));
	json_object_set_new(record, "at", json_string(sal_time_format(now, time(NULL))));
	json_object_set_new(record, "boot_id", json_string(request->state->boot_id));
	json_object_set_new(record, "invertible", json_boolean(request->invertible));
	json_object_set_new(record, "locks", names_json(change->locks, change->nlocks));
	json_object_set_new(record, "uses", names_json(change->uses, change->nuses));
	json_object_set(record, "steps", change->steps);
	change_set_state(record, SAL_CHANGE_INTENT);
}

/* Puts the change itself, as it now is; what is in memory is never changed in place. */
static void record_put(const struct sal_change *change, struct puts *puts)
{
	puts_add(puts, CHANGES, change->id, json_deep_copy(change->record));
}

static int record_commit(struct sal_change *change, bool durable, long owe, struct sal_error *err)
{
	struct puts puts = { 0 };
	int r;

	record_put(change, &puts);
	r = puts_commit(change->request.state, &puts, durable, owe, err);
	puts_done(&puts);
	return r;
}

void sal_change_note(struct sal_change *change, const char *fmt, ...)
{
	json_t *done = json_object_get(change->record, "done");
	va_list args;

	if (!change->record)
		return;
	if (!done)
		json_object_set_new(change->record, "done", done = json_array());
	va_start(args, fmt);
	json_array_append_new(done, json_string(words_format(change, fmt, args)));
	va_end(args);
	record_commit(change, false, 0, NULL);
}

/* Running */

/* The change that awaits confirmation is the very call that this one repeats. */
static bool change_is_same(const struct sal_change *change, const json_t *other)
{
	const char *method = json_string_value(json_object_get(other, "method"));
	const char *caller = json_string_value(json_object_get(other, "caller"));
	json_t *params;
	bool same;

	if (strcmp(method, change->request.method) ||
	    strcmp(caller, change->request.caller ? change->request.caller : ""))
		return false;
	params = params_json(&change->request);
	same = json_equal(params, json_object_get(other, "params"));
	json_decref(params);
	return same;
}

static void change_adopt(struct sal_change *change, const json_t *other)
{
	json_t *deadline = json_object_get(other, "deadline");

	change->state = sal_changes_state(other);
	snprintf(change->id, sizeof(change->id), "%s",
		 json_string_value(json_object_get(other, "key")));
	change->deadline = sal_arena_strdup(change->request.arena,
					    json_string_value(json_object_get(deadline, "at")));
}

static int conflict_fail(const json_t *other, struct sal_error *err)
{
	const char *id = json_string_value(json_object_get(other, "key"));

	sal_fail(err, SAL_CONFLICT, "change %s (%s) has this object and is %s", id,
		 json_string_value(json_object_get(other, "method")),
		 json_string_value(json_object_get(other, "state")));
	sal_error_subject(err, "change %s", id);
	sal_error_add_string(err, "change", id);
	sal_error_hint(
		err,
		"confirm it with sys.change.confirm, or take it back with sys.change.rollback");
	return -EEXIST;
}

/* 0: free to go; 1: this very call waits already; -EEXIST. */
static int conflict_check(struct sal_change *change, struct sal_error *err)
{
	struct sal_state *state = change->request.state;
	json_t *probe = json_object(), *related, *other;
	size_t i;
	int r = 0;

	json_object_set(probe, "steps", change->steps);
	json_object_set_new(probe, "uses", names_json(change->uses, change->nuses));
	pthread_mutex_lock(&state->book);
	related = book_related(state, probe);
	pthread_mutex_unlock(&state->book);
	json_array_foreach (related, i, other) {
		enum sal_change_state s = sal_changes_state(other);

		if (r || (s != SAL_CHANGE_AWAITING_CONFIRM && s != SAL_CHANGE_ROLLING_BACK &&
			  s != SAL_CHANGE_ROLLBACK_FAILED))
			continue;
		if (s == SAL_CHANGE_AWAITING_CONFIRM && change_is_same(change, other)) {
			change_adopt(change, other);
			r = 1;
		} else {
			r = conflict_fail(other, err);
		}
	}
	json_decref(related);
	json_decref(probe);
	return r;
}

static int intent_write(struct sal_change *change, struct sal_error *err)
{
	struct sal_state *state = change->request.state;
	char *text;
	int r = sal_fault("change.intent");

	if (r < 0)
		return sal_fail_errno(err, -r, "cannot begin the change");
	record_make(change);
	if (change->request.confirm_within)
		deadline_set(change);
	/* The end has each image twice more, in the change and in its registry. */
	text = json_dumps(change->record, JSON_COMPACT);
	change->owed = (long)strlen(text) * 3 + 4096;
	free(text);
	r = record_commit(change, true, change->owed, err);
	if (r < 0)
		return r;
	pthread_mutex_lock(&state->book);
	book_add(state, change->record);
	pthread_mutex_unlock(&state->book);
	return 0;
}

/* Makes the steps in order; *ret_done is how many were begun. */
static int steps_apply(struct sal_change *change, size_t *ret_done, struct sal_error *err)
{
	json_t *step;
	size_t i;
	int r;

	json_array_foreach (change->steps, i, step) {
		r = sal_fault("change.apply");
		if (r < 0)
			return sal_fail_errno(err, -r, "cannot make the change");
		*ret_done = i + 1;
		r = step_set(change->request.state, step, STEP_FORWARD, err);
		if (r < 0)
			return r;
		r = sal_fault("change.applied");
		if (r < 0)
			return sal_fail_errno(err, -r, "cannot make the change");
	}
	return 0;
}

/* After the last step: the record that says so. */
static int end_write(struct sal_change *change, struct sal_error *err)
{
	struct sal_state *state = change->request.state;
	struct puts puts = { 0 };
	int r = sal_fault("change.end");

	if (r < 0)
		return sal_fail_errno(err, -r, "cannot record the change");
	change->state =
		change->request.confirm_within ? SAL_CHANGE_AWAITING_CONFIRM : SAL_CHANGE_APPLIED;
	change_set_state(change->record, change->state);
	change_put_applied(state, change->record, &puts);
	pthread_mutex_lock(&state->book);
	if (change->request.invertible) {
		book_supersede(state, change->record, &puts);
		record_put(change, &puts);
	} else {
		book_supersede(state, change->record, &puts);
		book_remove(state, change->record);
		puts_add(&puts, CHANGES, change->id, change_trimmed(change->record));
	}
	r = puts_commit(state, &puts, false, -change->owed, err);
	if (r < 0)
		book_rebuild(state);
	pthread_mutex_unlock(&state->book);
	puts_done(&puts);
	return r;
}

/* The change was refused: what was done of it is taken back, and that is recorded. */
static void change_abort(struct sal_change *change, size_t done, struct sal_error *err)
{
	struct sal_state *state = change->request.state;
	struct sal_error why = { 0 };
	struct puts puts = { 0 };
	json_t *remaining = undo_steps(state, change->record, done, true, &why);
	bool undone = !json_array_size(remaining);
	int r;

	if (undone) {
		puts_add(&puts, CHANGES, change->id, NULL);
	} else {
		json_object_set(change->record, "remaining", remaining);
		change_set_state(change->record, SAL_CHANGE_ROLLBACK_FAILED);
		record_put(change, &puts);
		sal_error_hint(
			err,
			"part of it stands and could not be undone (%s): see sys.change.get %s",
			why.message, change->id);
		sal_error_add_string(err, "change", change->id);
	}
	sal_fault("change.abort");
	r = puts_commit(state, &puts, true, -change->owed, NULL);
	if (r < 0) /* the journal may be a new one now */
		puts_commit(state, &puts, true, 0, NULL);
	puts_done(&puts);
	pthread_mutex_lock(&state->book);
	if (undone)
		book_remove(state, change->record);
	pthread_mutex_unlock(&state->book);
	if (!undone)
		keeper_retry(state, change->id);
	json_decref(remaining);
	change->state = SAL_CHANGE_NONE;
}

/* A change without inverse that failed: nothing is undone; what was noted tells how far it came. */
static void change_give_up(struct sal_change *change, struct sal_error *err)
{
	struct sal_state *state = change->request.state;
	struct puts puts = { 0 };

	change_set_state(change->record, SAL_CHANGE_INTERRUPTED);
	json_object_set_new(change->record, "error", json_string(err ? err->message : ""));
	puts_add(&puts, CHANGES, change->id,
		 json_object_get(change->record, "done") ? change_trimmed(change->record) : NULL);
	puts_commit(state, &puts, true, -change->owed, NULL);
	puts_done(&puts);
	pthread_mutex_lock(&state->book);
	book_remove(state, change->record);
	pthread_mutex_unlock(&state->book);
	change->state = SAL_CHANGE_NONE;
}

int sal_change_run(struct sal_change *change, struct sal_error *err)
{
	struct sal_error own = { 0 };
	size_t done = 0;
	int r = conflict_check(change, err);

	if (r || change->request.dry_run || !json_array_size(change->steps))
		return SAL_MIN(r, 0);
	if (!err)
		err = &own;
	r = intent_write(change, err);
	if (r < 0)
		return r;
	r = steps_apply(change, &done, err);
	if (r == 0)
		r = end_write(change, err);
	if (r == 0) {
		if (change->request.confirm_within)
			keeper_wake(change->request.state);
		return 0;
	}
	if (change->request.invertible)
		change_abort(change, done, err);
	else
		change_give_up(change, err);
	return r;
}
