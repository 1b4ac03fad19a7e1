/*
 * change.h - how a handler changes something: locks, check, steps, run.
 *
 *	SAL_CLEANUP(sal_change_done) struct sal_change change;
 *
 *	sal_change_init(&change, &request);
 *	sal_change_lock(&change, "link:%s", name);
 *	r = sal_change_begin(&change, err);		    // waits for the locks
 *	… look at the kernel, decide …
 *	sal_change_use(&change, "link:%s", bridge);
 *	sal_change_would(&change, "ip link add %s type bridge", name);
 *	sal_change_step(&change, "link:br0", NULL, image, SAL_STEP_OWN | SAL_STEP_PERSIST);
 *	r = sal_change_run(&change, err);		    // intent, kernel, end; or all of it undone
 *
 * A change without steps does nothing and is no change. What a handler uses it also locks.
 */
#pragma once

#include <stdint.h>

#include "state/lock.h"
#include "state/state.h"

enum sal_change_state {
	SAL_CHANGE_NONE, /* nothing to change */
	SAL_CHANGE_INTENT,
	SAL_CHANGE_APPLIED,
	SAL_CHANGE_AWAITING_CONFIRM,
	SAL_CHANGE_CONFIRMED,
	SAL_CHANGE_ROLLING_BACK,
	SAL_CHANGE_ROLLED_BACK,
	SAL_CHANGE_ROLLBACK_FAILED,
	SAL_CHANGE_INTERRUPTED,
	SAL_CHANGE_STATES,
};
const char *sal_change_state_name(enum sal_change_state state); /* "awaiting_confirm"; static */

#define SAL_CHANGE_ID_LEN 26
#define SAL_CHANGE_NAMES  24 /* locks, and uses, of one change */

struct sal_change_request {
	struct sal_state *state;
	struct sal_arena *arena;
	const char *method;
	const char *params; /* the call's JSON text, or NULL */
	size_t params_len;
	const char *caller;
	bool dry_run;
	bool invertible; /* false: never undone, and reported when it was interrupted */
	uint32_t confirm_within; /* seconds; 0: final at once */
};

enum {
	SAL_STEP_OWN =
		1 << 0, /* what stands afterwards is SAL's: it has an entry in its registry */
	SAL_STEP_PERSIST = 1 << 1, /* and is made again after a reboot */
};

struct sal_change {
	struct sal_change_request request;
	struct sal_lock_claim claim;
	const char *locks[SAL_CHANGE_NAMES], *uses[SAL_CHANGE_NAMES];
	size_t nlocks, nuses;
	json_t *steps; /* array of {"key","from","to","before","flags"} */
	const char **would;
	size_t nwould, would_cap;
	json_t *record; /* the change's entry once it has an intent */
	long owed; /* bytes of the journal kept free for its end */

	/* After sal_change_run(): */
	enum sal_change_state state; /* NONE when nothing changed (or was to: dry_run) */
	char id[SAL_CHANGE_ID_LEN + 1];
	const char *deadline; /* RFC 3339, or NULL */
};

void sal_change_init(struct sal_change *change, const struct sal_change_request *request);
void sal_change_done(struct sal_change *change); /* gives the locks back; fit for SAL_CLEANUP */

/* Names a lock, before sal_change_begin(). */
void sal_change_lock(struct sal_change *change, const char *fmt, ...) SAL_PRINTF(2, 3);
/* Waits for recovery and for the locks. SAL_BUSY when it takes too long. */
int sal_change_begin(struct sal_change *change, struct sal_error *err);

/* Names an object that this change depends on without changing it. */
void sal_change_use(struct sal_change *change, const char *fmt, ...) SAL_PRINTF(2, 3);
/* Says a step in the words of the tool that people know, for dry_run's answer. */
void sal_change_would(struct sal_change *change, const char *fmt, ...) SAL_PRINTF(2, 3);
/* Describes a step; takes over the references from and to. Its registry's entry follows its flags. */
void sal_change_step(struct sal_change *change, const char *key, json_t *from, json_t *to,
		     unsigned flags);

/*
 * Makes the change, or with dry_run only checks that it may be made. SAL_CONFLICT when a change that
 * awaits confirmation has one of its objects; when that is this very call by this very caller, it is success
 * and the fields below say which change it was. Any failure leaves everything as it was, or says otherwise.
 */
int sal_change_run(struct sal_change *change, struct sal_error *err);

/* What has been done so far, for changes that cannot be undone; kept if they are interrupted. */
void sal_change_note(struct sal_change *change, const char *fmt, ...) SAL_PRINTF(2, 3);
