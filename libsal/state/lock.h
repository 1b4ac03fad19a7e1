/*
 * lock.h - named locks, held by a write from its check to its end: "link:br0", "table:sal".
 *
 * All names of a write are taken at once, when no earlier one holds or waits for any of them: no
 * deadlock, no overtaking. Names are strings, so nobody has to know beforehand which there are.
 */
#pragma once

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

struct sal_locks {
	pthread_mutex_t mutex;
	pthread_cond_t changed;
	struct sal_lock_claim *first, *last; /* in order of arrival */
};

/* A set of names; lives on the stack of its writer, who keeps the names. */
struct sal_lock_claim {
	struct sal_lock_claim *next;
	const char *const *names;
	size_t n;
	const char *holder; /* for the words of a refusal: the method */
	bool held;
};

void sal_locks_init(struct sal_locks *locks);
void sal_locks_done(struct sal_locks *locks);

/* Waits at most wait_s seconds; then SAL_BUSY, naming the lock and who holds it. */
int sal_locks_take(struct sal_locks *locks, struct sal_lock_claim *claim, unsigned wait_s,
		   struct sal_error *err);
/* Gives back; one that is not held is legal. */
void sal_locks_give(struct sal_locks *locks, struct sal_lock_claim *claim);
