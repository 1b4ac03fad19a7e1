/*
 * registry.h - one registry: entries by key in memory, and the file they are saved to.
 *
 * Knows nothing of the journal in front of it. Not thread-safe: store.c locks.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

struct sal_registry {
	const char *name; /* "routes": saved as routes.json */
	json_t *entries; /* key -> entry, an object whose member "key" says the same; never changed in place */
	uint64_t seq; /* of the last journal record that the file has */
	bool dirty; /* memory has more than the file */
};

/*
 * Reads NAME.json of the folder; absent is empty. A damaged one is kept under another name, said in
 * problems, and counts as empty. SAL_UNSUPPORTED when it is of a newer version.
 */
int sal_registry_load(struct sal_registry *registry, int dir, json_t *problems,
		      struct sal_error *err);
/* Saves it durably, as having all records up to seq. */
int sal_registry_save(struct sal_registry *registry, int dir, uint64_t seq, const char *boot_id,
		      struct sal_error *err);
void sal_registry_done(struct sal_registry *registry);

/* Sets or, with NULL, deletes an entry; borrows it. */
void sal_registry_put(struct sal_registry *registry, const char *key, json_t *entry);

/* The file's text into entries, pure and fuzzed: 0, -EINVAL with *ret_why, or -ENOTSUP when newer. */
int sal_registry_parse(const char *text, size_t len, json_t **ret_entries, uint64_t *ret_seq,
		       const char **ret_why);
