/*
 * store.h - the registries and the journal in front of them: what is acknowledged is not lost.
 *
 * A commit is a list of puts, whole entries of registries, and becomes one record of the journal; a
 * durable one returns when that is on the disk, and those that arrive meanwhile share the sync.
 * Thread-safe. Knows neither changes nor kernels. docs/state.md says what survives what.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

struct sal_store;

struct sal_put {
	const char *registry;
	const char *key;
	json_t *entry; /* borrowed, never changed afterwards; its "key" is key. NULL: deleted */
};

/*
 * Opens the folder's registries. names is ended by NULL and, like boot_id, lives as long as the
 * store. SAL_UNSUPPORTED when a file is of a newer version, SAL_IO when one cannot be read; damaged
 * ones are kept aside and reported.
 */
int sal_store_open(int dir, const char *const *names, const char *boot_id,
		   struct sal_store **ret_store, struct sal_error *err);
/* Folds, so that the next start has little to read. NULL is legal. */
void sal_store_close(struct sal_store *store);

/*
 * All puts or none. durable: on the disk when it returns; else only the process's end is survived.
 * With owe > 0 so many bytes are kept free for later records that must find room (the end of an
 * intent); with owe < 0 they are given back. SAL_IO or SAL_LIMIT (no room) when it failed.
 */
int sal_store_commit(struct sal_store *store, const struct sal_put *puts, size_t n, bool durable,
		     long owe, struct sal_error *err);

/* New references; entries are shared and must not be changed. NULL when there is none. */
json_t *sal_store_get(struct sal_store *store, const char *registry, const char *key);
json_t *sal_store_list(struct sal_store *store, const char *registry); /* an array */

/* What was found damaged or has failed since the start: a new array of strings, empty when well. */
json_t *sal_store_problems(struct sal_store *store);
