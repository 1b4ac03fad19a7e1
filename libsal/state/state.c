/* state.c - opens and closes the state, and answers who reads it. See state.h. */
#include "state/state.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kernel/sysfs.h"
#include "state/folder.h"
#include "state/inner.h"

#define REGISTRIES_MAX 32

static int boot_id_read(char out[40], struct sal_error *err)
{
	if (sal_sysfs_read(AT_FDCWD, "/proc/sys/kernel/random/boot_id", out, 40) == 36)
		return 0;
	return sal_fail(err, SAL_IO, "cannot read /proc/sys/kernel/random/boot_id");
}

static int store_open(struct sal_state *state, struct sal_error *err)
{
	const char *names[REGISTRIES_MAX + 2] = { CHANGES };
	size_t n = 1;

	for (const struct sal_state_kind *const *kind = state->options.kinds; *kind; kind++) {
		size_t i = 0;

		while (i < n && (*kind)->registry && strcmp(names[i], (*kind)->registry))
			i++;
		if (i == n && n < REGISTRIES_MAX)
			names[n++] = (*kind)->registry;
	}
	return sal_store_open(state->dir, names, state->boot_id, &state->store, err);
}

static void state_free(struct sal_state *state)
{
	sal_store_close(state->store);
	if (state->dir >= 0)
		close(state->dir);
	json_decref(state->index);
	json_decref(state->waiting);
	json_decref(state->problems);
	sal_locks_done(&state->locks);
	pthread_mutex_destroy(&state->book);
	pthread_mutex_destroy(&state->gate);
	pthread_cond_destroy(&state->gate_moved);
	free(state);
}

static struct sal_state *state_new(const struct sal_state_options *options)
{
	struct sal_state *state = calloc(1, sizeof(*state));
	pthread_condattr_t attr;

	if (!state)
		sal_oom();
	state->options = *options;
	state->dir = -1;
	state->index = json_object();
	state->waiting = json_array();
	state->problems = json_array();
	sal_locks_init(&state->locks);
	pthread_mutex_init(&state->book, NULL);
	pthread_mutex_init(&state->gate, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&state->gate_moved, &attr);
	pthread_condattr_destroy(&attr);
	return state;
}

int sal_state_open(const struct sal_state_options *options, struct sal_state **ret_state,
		   struct sal_error *err)
{
	struct sal_state *state = state_new(options);
	int r = boot_id_read(state->boot_id, err);

	if (r == 0) {
		r = sal_state_folder_open(options->dir, err);
		state->dir = r;
	}
	if (r >= 0)
		r = store_open(state, err);
	if (r >= 0) {
		book_rebuild(state);
		r = keeper_start(state, err);
	}
	if (r < 0) {
		state_free(state);
		return r;
	}
	*ret_state = state;
	return 0;
}

void sal_state_close(struct sal_state *state)
{
	if (!state)
		return;
	keeper_stop(state);
	state_free(state);
}

const char *sal_state_boot_id(const struct sal_state *state)
{
	return state->boot_id;
}

bool sal_state_recovered(struct sal_state *state)
{
	bool recovered;

	pthread_mutex_lock(&state->gate);
	recovered = state->recovered;
	pthread_mutex_unlock(&state->gate);
	return recovered;
}

const struct sal_state_kind *sal_state_kind_of(const struct sal_state *state, const char *key)
{
	const char *colon = key ? strchr(key, ':') : NULL;

	for (const struct sal_state_kind *const *kind = state->options.kinds; colon && *kind;
	     kind++)
		if (!strncmp((*kind)->name, key, colon - key) && !(*kind)->name[colon - key])
			return *kind;
	return NULL;
}

const struct sal_state_kind *const *sal_state_kinds(const struct sal_state *state)
{
	return state->options.kinds;
}

json_t *sal_state_entries(struct sal_state *state, const char *registry)
{
	return sal_store_list(state->store, registry);
}

json_t *sal_state_entry(struct sal_state *state, const char *registry, const char *key)
{
	return sal_store_get(state->store, registry, key);
}

json_t *sal_state_waiting(struct sal_state *state)
{
	json_t *copy;

	pthread_mutex_lock(&state->gate);
	copy = json_copy(state->waiting);
	pthread_mutex_unlock(&state->gate);
	return copy;
}

json_t *sal_state_problems(struct sal_state *state)
{
	json_t *all = sal_store_problems(state->store);

	pthread_mutex_lock(&state->gate);
	json_array_extend(all, state->problems);
	pthread_mutex_unlock(&state->gate);
	return all;
}
