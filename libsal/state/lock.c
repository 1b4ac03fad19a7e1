/* lock.c - a queue of claims; see lock.h. */
#include "state/lock.h"

#include <errno.h>
#include <string.h>
#include <time.h>

void sal_locks_init(struct sal_locks *locks)
{
	pthread_condattr_t attr;

	pthread_mutex_init(&locks->mutex, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&locks->changed, &attr);
	pthread_condattr_destroy(&attr);
	locks->first = locks->last = NULL;
}

void sal_locks_done(struct sal_locks *locks)
{
	pthread_mutex_destroy(&locks->mutex);
	pthread_cond_destroy(&locks->changed);
}

/* A name that both want, or NULL. */
static const char *claims_share(const struct sal_lock_claim *a, const struct sal_lock_claim *b)
{
	for (size_t i = 0; i < a->n; i++)
		for (size_t j = 0; j < b->n; j++)
			if (!strcmp(a->names[i], b->names[j]))
				return a->names[i];
	return NULL;
}

/* The first claim that came before this one and wants the same, with the name. */
static const struct sal_lock_claim *claim_hindered(const struct sal_locks *locks,
						   const struct sal_lock_claim *claim,
						   const char **ret_name)
{
	for (const struct sal_lock_claim *c = locks->first; c && c != claim; c = c->next) {
		*ret_name = claims_share(claim, c);
		if (*ret_name)
			return c;
	}
	return NULL;
}

static void claim_unlink(struct sal_locks *locks, struct sal_lock_claim *claim)
{
	struct sal_lock_claim **at = &locks->first, *before = NULL;

	while (*at != claim) {
		before = *at;
		at = &(*at)->next;
	}
	*at = claim->next;
	if (locks->last == claim)
		locks->last = before;
	claim->held = false;
	pthread_cond_broadcast(&locks->changed);
}

int sal_locks_take(struct sal_locks *locks, struct sal_lock_claim *claim, unsigned wait_s,
		   struct sal_error *err)
{
	const struct sal_lock_claim *other;
	struct timespec until;
	const char *name;
	int r = 0;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += wait_s;
	pthread_mutex_lock(&locks->mutex);
	claim->next = NULL;
	if (locks->last)
		locks->last->next = claim;
	else
		locks->first = claim;
	locks->last = claim;
	while ((other = claim_hindered(locks, claim, &name)) && r != ETIMEDOUT)
		r = pthread_cond_timedwait(&locks->changed, &locks->mutex, &until);
	if (other) {
		sal_fail(err, SAL_BUSY, "%s is held by %s", name, other->holder);
		sal_error_subject(err, "%s", name);
		sal_error_add_int(err, "retry_after", 1);
		claim_unlink(locks, claim);
	}
	claim->held = !other;
	pthread_mutex_unlock(&locks->mutex);
	return other ? -EBUSY : 0;
}

void sal_locks_give(struct sal_locks *locks, struct sal_lock_claim *claim)
{
	if (!claim->held)
		return;
	pthread_mutex_lock(&locks->mutex);
	claim_unlink(locks, claim);
	pthread_mutex_unlock(&locks->mutex);
}
