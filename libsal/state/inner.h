/* inner.h - what the rooms of state/ share among themselves; nobody else includes it. */
#pragma once

#include <pthread.h>
#include <stdatomic.h>

#include "state/changes.h"
#include "state/store.h"

#define CHANGES	    "changes" /* the registry that is the book */
#define CHANGES_MAX 1000 /* of those that are final */

struct sal_state {
	struct sal_state_options options;
	int dir;
	char boot_id[40];
	struct sal_store *store;
	struct sal_locks locks;

	/* The book: which change has which object, and the deciding of changes. */
	pthread_mutex_t book;
	json_t *index; /* object's key -> {change's id: MADE or USED}, of changes that have their steps */

	/* The keeper */
	pthread_t keeper;
	pthread_mutex_t gate;
	pthread_cond_t gate_moved;
	bool recovered, stopping;
	unsigned rollbacks; /* threads that roll back */
	int wake; /* eventfd */
	atomic_bool poked;
	struct retry {
		char id[SAL_CHANGE_ID_LEN + 1];
		unsigned tried;
		int64_t at; /* CLOCK_BOOTTIME, ms; 0: not again */
	} retries[64];
	json_t *waiting; /* keys; under the gate's lock */
	json_t *problems; /* likewise */
};

enum { INDEX_MADE = 1, INDEX_USED = 2 };

/* A list of puts under construction, which owns its keys and entries. */
struct puts {
	struct sal_put *items;
	size_t n, cap;
};
void puts_add(struct puts *puts, const char *registry, const char *key, json_t *entry); /* steals */
void puts_done(struct puts *puts);
int puts_commit(struct sal_state *state, const struct puts *puts, bool durable, long owe,
		struct sal_error *err);

/* book.c: all with the book's lock held. */
void book_add(struct sal_state *state, const json_t *entry);
void book_remove(struct sal_state *state, const json_t *entry);
void book_rebuild(struct sal_state *state); /* from the registry */
/*
 * Changes that share an object with this one so that the later one builds on the earlier: what one
 * made, the other made or uses. Returns an array of entries.
 */
json_t *book_related(struct sal_state *state, const json_t *entry);
/* Makes final whatever this change builds on, and drops what is old: adds their puts. */
void book_supersede(struct sal_state *state, const json_t *entry, struct puts *puts);

/* entry.c: pieces of a change's JSON. */
void change_set_state(json_t *entry, enum sal_change_state state);
bool change_flag(const json_t *step, int flag);
/* The registries' side of a change that is applied, or that is taken back but for `remaining`. */
void change_put_applied(struct sal_state *state, const json_t *entry, struct puts *puts);
void change_put_undone(struct sal_state *state, const json_t *entry, const json_t *remaining,
		       struct puts *puts);
/* A copy of the entry as a final one: objects instead of steps. */
json_t *change_trimmed(const json_t *entry);
int64_t change_deadline(const json_t *entry); /* CLOCK_BOOTTIME ms, or 0 */
bool change_of_this_boot(const struct sal_state *state, const json_t *entry);

/* A claim of the locks that a record names; its names are the caller's to free. */
void claim_prepare(struct sal_lock_claim *claim, const json_t *locks, const char *holder);

/* undo.c: takes the first n steps of an entry back, last first. What could not be is returned as a
 * new array [{"key","message"}], and the first failure in err. all: also what is gone with its boot. */
json_t *undo_steps(struct sal_state *state, json_t *entry, size_t n, bool all,
		   struct sal_error *err);
enum step_way { STEP_FORWARD, STEP_BACK, STEP_RESTORE };
int step_set(struct sal_state *state, const json_t *step, enum step_way way, struct sal_error *err);

/* decide.c: the second half of a rollback, for a change that is rolling_back already. */
int rollback_finish(struct sal_state *state, const char *id, struct sal_error *err);
int rollback_decide(struct sal_state *state, const char *id, const char *why,
		    struct sal_error *err);

/* recover.c */
void recover_changes(struct sal_state *state);
void recover_entries(struct sal_state *state);
void recover_waiting(struct sal_state *state);

/* keeper.c */
int keeper_start(struct sal_state *state, struct sal_error *err);
void keeper_stop(struct sal_state *state);
void keeper_wake(struct sal_state *state);
void keeper_retry(struct sal_state *state, const char *id); /* a rollback that failed */
void keeper_problem(struct sal_state *state, const char *fmt, ...) SAL_PRINTF(2, 3);
