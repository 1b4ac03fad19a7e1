/*
 * state.h - the state of a daemon: registries, changes, and the thread that keeps them.
 *
 * Opened once with the kinds of objects there are. change.h makes changes, changes.h lists and
 * decides them; this is what both, and the readers of registries, share. docs/state.md is the map.
 */
#pragma once

#include "state/kind.h"

struct sal_state_options {
	const char *dir; /* NULL: the default folder */
	/* Both ended by NULL; in the order in which objects are restored. They live as long as the state. */
	const struct sal_state_kind *const *kinds;
	const struct sal_state_watch *const *watches;
	/* Called once, on the keeper's thread, when all is recovered; may be NULL. */
	void (*ready)(void *ctx);
	void *ready_ctx;
	void (*log)(const char *line); /* for what nobody asked about; may be NULL */
};

/*
 * Locks the folder, loads it, and starts the keeper, which recovers (docs/state.md). Reads may begin
 * at once; writes wait for the recovery. -errno with err filled when the folder cannot be used.
 */
int sal_state_open(const struct sal_state_options *options, struct sal_state **ret_state,
		   struct sal_error *err);
/* Ends the keeper and folds. No call may be running. NULL is legal. */
void sal_state_close(struct sal_state *state);

const char *sal_state_boot_id(const struct sal_state *state);
bool sal_state_recovered(struct sal_state *state);
/* The descriptor of "link:br0", or NULL. */
const struct sal_state_kind *sal_state_kind_of(const struct sal_state *state, const char *key);
const struct sal_state_kind *const *sal_state_kinds(const struct sal_state *state);

/*
 * Entries of a registry as a new array; they are shared and must not be changed:
 * {"key","image","boot_id","change","at","persist","locks"}.
 */
json_t *sal_state_entries(struct sal_state *state, const char *registry);
/* One of them, or NULL. */
json_t *sal_state_entry(struct sal_state *state, const char *registry, const char *key);

/* Keys of entries that wait for what they stand on: a new array of strings. */
json_t *sal_state_waiting(struct sal_state *state);
/* What is damaged or has failed: a new array of sentences. */
json_t *sal_state_problems(struct sal_state *state);

/* Tries what waits again, soon; from any thread. */
void sal_state_poke(struct sal_state *state);
