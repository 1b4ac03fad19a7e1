/*
 * kind.h - what a noun tells the change engine about one sort of object that it makes or changes.
 *
 * A descriptor in net/ or vol/, one row in kinds.c, and the engine can make, undo, restore and
 * verify such objects. An image is a JSON object that says how one stands: enough to make it again
 * and to recognise it. Keys are "KIND:NAME" ("link:br0") and unique on the machine.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/error.h"

struct sal_state;

/* What a kind's functions get to work with; lives as long as their call. */
struct sal_state_run {
	struct sal_state *state;
	struct sal_arena *arena;
	const char *boot_id; /* of this boot */
	/* Nobody asked just now: what cannot stand yet (no carrier, no address) is SAL_NOT_FOUND, and waits. */
	bool restoring;
};

/* An object to look at. */
struct sal_state_item {
	const char *key;
	const json_t *image; /* how it should stand */
	json_t *actual; /* out, a new reference: how it stands, in the same members; NULL: it does not */
	const char *changed_by; /* out, where known: who did it, "nft (pid 812)" */
};

/* An object that bears SAL's mark and that no registry knows. */
struct sal_state_stray {
	const char *key;
	json_t *actual; /* a new reference */
};

struct sal_state_strays {
	struct sal_state_stray *items;
	size_t len;
};

struct sal_state_kind {
	const char *name; /* "link": what stands before the colon of its keys */
	const char
		*registry; /* where what SAL owns of it is kept; NULL: only changes speak of it */
	bool lasts; /* objects outlive a boot: subvolumes do, links do not */
	/* Gone in the same boot means taken away on purpose: forgotten, not made again (mounts). */
	bool prunes;
	/*
	 * Makes the object that should stand as `from` (NULL: absent) stand as `to` (NULL: absent).
	 * Idempotent: one that stands as `to` already is success, and the change as a whole may be
	 * done again after a crash at any point. An object that is neither, by the identity in the
	 * images, is not touched: SAL_CONFLICT. SAL_NOT_FOUND when what it stands on is not there (yet).
	 * May add to `to` what only the kernel knew before (ifindex). Refused as a whole or done as a
	 * whole, as far as the kernel allows; what was half done, set(to, from) takes back.
	 */
	int (*set)(struct sal_state_run *run, const char *key, const json_t *from, json_t *to,
		   struct sal_error *err);
	/* Looks at n objects at once; strays may be NULL. Reads only. */
	int (*look)(struct sal_state_run *run, struct sal_state_item *items, size_t n,
		    struct sal_state_strays *ret_strays, struct sal_error *err);
};

/* Something that wakes the keeper: kernel events. All but open may be called on its thread only. */
struct sal_state_watch {
	const char *name;
	/* A descriptor that becomes readable, or -errno: then it is done without. */
	int (*open)(struct sal_state *state, void **ret_ctx);
	/* Takes what has come. True: objects that wait for others may be tried again. */
	bool (*ready)(struct sal_state *state, int fd, void *ctx);
	void (*close)(int fd, void *ctx);
};
