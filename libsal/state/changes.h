/*
 * changes.h - the book of changes: which there are, who may decide them, and what becomes of them.
 *
 * Used by the methods sys.change.*, by net.health, and by the keeper when a deadline passes. Entries are JSON:
 * {"key": ID, "method","params","caller","at","boot_id","state","deadline":{"at","boottime"},
 * "locks","uses","steps","objects","remaining","done"}.
 */
#pragma once

#include "state/change.h"

/* All changes, oldest first: a new array of shared entries. One of them, or NULL. */
json_t *sal_changes_list(struct sal_state *state);
json_t *sal_changes_get(struct sal_state *state, const char *id);
enum sal_change_state sal_changes_state(const json_t *entry);

/*
 * Confirms a change that awaits it; durable when it returns. One that is confirmed already is
 * success. SAL_NOT_FOUND, SAL_FORBIDDEN (neither its caller nor an admin), SAL_CONFLICT (it is not waiting).
 */
int sal_changes_confirm(struct sal_state *state, const char *id, const char *caller, bool admin,
			struct sal_error *err);
/*
 * Takes back a change: awaiting, applied, confirmed, or whose rollback failed. The same errors;
 * SAL_CONFLICT when a later change has one of its objects, SAL_UNSUPPORTED when it has no inverse.
 */
int sal_changes_rollback(struct sal_state *state, const char *id, const char *caller, bool admin,
			 struct sal_error *err);
