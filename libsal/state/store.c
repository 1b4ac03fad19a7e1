/*
 * store.c - one record a commit, one sync for all that wait, folding. See store.h.
 *
 * Puts are in memory as soon as their record is written. A commit that waits for a sync which then
 * fails is taken back out of memory; nobody else has touched its entries, since they belong to the
 * change whose writer waits.
 */
#include "state/store.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/fault.h"
#include "state/journal.h"
#include "state/registry.h"

#define FOLD_AT (1 << 20) /* bytes of journal */

/* A durable commit under way, on the stack of its thread. */
struct waiter {
	struct waiter *next;
	off_t end; /* of its record */
	const struct sal_put *puts;
	json_t **before; /* what each put took the place of, or NULL */
	size_t n;
	bool done;
	int result;
};

struct sal_store {
	pthread_mutex_t lock;
	pthread_cond_t changed; /* a sync has ended, or a fold */
	int dir;
	const char *boot_id;
	struct sal_registry *registries;
	size_t n;
	struct sal_journal journal;
	struct waiter *waiters; /* newest first */
	bool syncing;
	bool refusing; /* nothing can be written any more */
	off_t fold_at;
	json_t *problems;
};

static struct sal_registry *registry_find(struct sal_store *store, const char *name)
{
	for (size_t i = 0; i < store->n; i++)
		if (!strcmp(store->registries[i].name, name))
			return &store->registries[i];
	return NULL;
}

static void problem_note(struct sal_store *store, const struct sal_error *err)
{
	if (json_array_size(store->problems) < 100)
		json_array_append_new(store->problems, json_string(err->message));
}

/* Opening */

/* A record read back: {"puts":[[registry, key, entry], …]}. What a registry's file has is skipped. */
static int record_replay(uint64_t seq, const char *json, size_t len, void *ctx,
			 struct sal_error *err)
{
	struct sal_store *store = ctx;
	json_t *record = json_loadb(json, len, 0, NULL), *put;
	size_t i;

	json_array_foreach (json_object_get(record, "puts"), i, put) {
		const char *name = json_string_value(json_array_get(put, 0));
		const char *key = json_string_value(json_array_get(put, 1));
		json_t *entry = json_array_get(put, 2);
		struct sal_registry *registry = name ? registry_find(store, name) : NULL;

		if (registry && key && seq > registry->seq)
			sal_registry_put(registry, key, json_is_object(entry) ? entry : NULL);
	}
	json_decref(record);
	return 0;
}

static void store_free(struct sal_store *store)
{
	for (size_t i = 0; i < store->n; i++)
		sal_registry_done(&store->registries[i]);
	sal_journal_close(&store->journal);
	json_decref(store->problems);
	pthread_mutex_destroy(&store->lock);
	pthread_cond_destroy(&store->changed);
	free(store->registries);
	free(store);
}

int sal_store_open(int dir, const char *const *names, const char *boot_id,
		   struct sal_store **ret_store, struct sal_error *err)
{
	struct sal_store *store = calloc(1, sizeof(*store));
	int r = 0;

	if (!store)
		sal_oom();
	*store = (struct sal_store){ .dir = dir,
				     .boot_id = boot_id,
				     .journal = { .fd = -1 },
				     .fold_at = FOLD_AT,
				     .problems = json_array() };
	pthread_mutex_init(&store->lock, NULL);
	pthread_cond_init(&store->changed, NULL);
	while (names[store->n])
		store->n++;
	store->registries = calloc(store->n, sizeof(*store->registries));
	if (!store->registries)
		sal_oom();
	for (size_t i = 0; i < store->n && r == 0; i++) {
		store->registries[i].name = names[i];
		r = sal_registry_load(&store->registries[i], dir, store->problems, err);
	}
	if (r == 0)
		r = sal_journal_open(&store->journal, dir, record_replay, store, store->problems,
				     err);
	if (r < 0) {
		store_free(store);
		return r;
	}
	for (size_t i = 0; i < store->n; i++)
		store->journal.seq = SAL_MAX(store->journal.seq, store->registries[i].seq);
	*ret_store = store;
	return 0;
}

/* Folding: with the lock, and nobody syncing */

static int store_fold(struct sal_store *store, struct sal_error *err)
{
	int r = 0;

	for (size_t i = 0; i < store->n && r == 0; i++) {
		struct sal_registry *registry = &store->registries[i];

		if (registry->dirty)
			r = sal_registry_save(registry, store->dir, store->journal.seq,
					      store->boot_id, err);
	}
	return r < 0 ? r : sal_journal_renew(&store->journal, err);
}

/*
 * When the journal is long: appends wait until all that was written is synced, then one folds. A
 * fold that fails (no room) is tried again when the journal is twice as long.
 */
static void fold_if_due(struct sal_store *store)
{
	struct sal_error err = { 0 };

	while (store->journal.end >= store->fold_at && (store->waiters || store->syncing))
		pthread_cond_wait(&store->changed, &store->lock);
	if (store->journal.end < store->fold_at)
		return;
	if (store_fold(store, &err) == 0) {
		store->fold_at = FOLD_AT;
	} else {
		problem_note(store, &err);
		store->fold_at *= 2;
	}
}

void sal_store_close(struct sal_store *store)
{
	struct sal_error err = { 0 };

	if (!store)
		return;
	if (store->journal.end && !store->refusing)
		store_fold(store, &err);
	store_free(store);
}

/* Committing */

static char *record_text(const struct sal_put *puts, size_t n)
{
	json_t *list = json_array(), *record = json_object();
	char *text;

	for (size_t i = 0; i < n; i++) {
		json_t *put = json_array();

		json_array_append_new(put, json_string(puts[i].registry));
		json_array_append_new(put, json_string(puts[i].key));
		if (puts[i].entry)
			json_array_append(put, puts[i].entry);
		else
			json_array_append_new(put, json_null());
		json_array_append_new(list, put);
	}
	json_object_set_new(record, "puts", list);
	text = json_dumps(record, JSON_COMPACT);
	json_decref(record);
	return text;
}

static void puts_apply(struct sal_store *store, const struct sal_put *puts, size_t n,
		       json_t **ret_before)
{
	for (size_t i = 0; i < n; i++) {
		struct sal_registry *registry = registry_find(store, puts[i].registry);

		ret_before[i] = json_incref(json_object_get(registry->entries, puts[i].key));
		sal_registry_put(registry, puts[i].key, puts[i].entry);
	}
}

static void waiter_revert(struct sal_store *store, struct waiter *waiter)
{
	for (size_t i = waiter->n; i-- > 0;)
		sal_registry_put(registry_find(store, waiter->puts[i].registry),
				 waiter->puts[i].key, waiter->before[i]);
}

/* Ends the waiters up to this offset, or all. A failed one's puts are taken back. */
static void waiters_end(struct sal_store *store, off_t upto, int result, bool all)
{
	struct waiter **at = &store->waiters;

	while (*at) {
		struct waiter *waiter = *at;

		if (!all && waiter->end > upto) {
			at = &waiter->next;
			continue;
		}
		*at = waiter->next;
		if (result < 0)
			waiter_revert(store, waiter);
		waiter->result = result;
		waiter->done = true;
	}
}

/*
 * The file can take no more: all that is in memory goes into registries and a new journal. So what
 * waited for a sync of the old one is safe, too.
 */
static void journal_replace(struct sal_store *store)
{
	struct sal_error err = { 0 };
	int r = store_fold(store, &err);

	if (r < 0) {
		store->refusing = true;
		problem_note(store, &err);
	}
	waiters_end(store, 0, SAL_MIN(r, 0), true);
}

/* One sync for all that has been written so far. */
static void store_sync(struct sal_store *store)
{
	off_t upto = store->journal.end;
	int fd = store->journal.fd, r;

	store->syncing = true;
	pthread_mutex_unlock(&store->lock);
	r = sal_fault("journal.sync");
	if (r == 0 && fdatasync(fd) < 0)
		r = -errno;
	pthread_mutex_lock(&store->lock);
	store->syncing = false;
	waiters_end(store, upto, r, r < 0);
	if (r < 0)
		journal_replace(store);
	pthread_cond_broadcast(&store->changed);
}

static int sync_wait(struct sal_store *store, struct waiter *waiter, struct sal_error *err)
{
	while (!waiter->done) {
		if (store->syncing)
			pthread_cond_wait(&store->changed, &store->lock);
		else
			store_sync(store);
	}
	return waiter->result < 0 ? sal_fail_errno(err, -waiter->result, "cannot sync the journal")
				  : 0;
}

static int record_append(struct sal_store *store, const char *text, size_t len, off_t owe,
			 struct sal_error *err)
{
	struct sal_error first = { 0 };
	int r;

	if (store->refusing)
		return sal_fail(err, SAL_IO,
				"the state folder cannot be written; mend it and restart");
	r = sal_journal_append(&store->journal, text, len, owe, &first);
	if (r < 0 && store->journal.broken) {
		while (store->syncing)
			pthread_cond_wait(&store->changed, &store->lock);
		if (store->journal.broken)
			journal_replace(store);
		pthread_cond_broadcast(&store->changed);
	}
	if (r < 0 && err)
		*err = first;
	return r;
}

static int commit_locked(struct sal_store *store, const struct sal_put *puts, size_t n,
			 const char *text, bool durable, long owe, json_t **before,
			 struct sal_error *err)
{
	struct waiter waiter = { .puts = puts, .before = before, .n = n };
	int r;

	fold_if_due(store);
	r = record_append(store, text, strlen(text), owe, err);
	if (r < 0)
		return r;
	puts_apply(store, puts, n, before);
	if (!durable)
		return 0;
	waiter.end = store->journal.end;
	waiter.next = store->waiters;
	store->waiters = &waiter;
	return sync_wait(store, &waiter, err);
}

int sal_store_commit(struct sal_store *store, const struct sal_put *puts, size_t n, bool durable,
		     long owe, struct sal_error *err)
{
	char *text = record_text(puts, n);
	json_t **before = calloc(n + 1, sizeof(*before));
	int r;

	if (!text || !before)
		sal_oom();
	pthread_mutex_lock(&store->lock);
	r = commit_locked(store, puts, n, text, durable, owe, before, err);
	pthread_mutex_unlock(&store->lock);
	for (size_t i = 0; i < n; i++)
		json_decref(before[i]);
	free(before);
	free(text);
	return r;
}

/* Reading */

json_t *sal_store_get(struct sal_store *store, const char *registry, const char *key)
{
	json_t *entry;

	pthread_mutex_lock(&store->lock);
	entry = json_incref(json_object_get(registry_find(store, registry)->entries, key));
	pthread_mutex_unlock(&store->lock);
	return entry;
}

json_t *sal_store_list(struct sal_store *store, const char *registry)
{
	json_t *list = json_array(), *entry;
	const char *key;

	pthread_mutex_lock(&store->lock);
	json_object_foreach (registry_find(store, registry)->entries, key, entry)
		json_array_append(list, entry);
	pthread_mutex_unlock(&store->lock);
	return list;
}

json_t *sal_store_problems(struct sal_store *store)
{
	json_t *copy;

	pthread_mutex_lock(&store->lock);
	copy = json_copy(store->problems);
	pthread_mutex_unlock(&store->lock);
	return copy;
}
