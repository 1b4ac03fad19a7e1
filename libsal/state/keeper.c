/*
 * keeper.c - the thread that recovers at start, rolls back what nobody confirms, and tries again.
 *
 * It sleeps in poll() on a timer of the boot's clock, on an eventfd, and on whatever watches the
 * nouns bring (kernel events); idle, nothing wakes it. Each rollback gets a thread of its own: one
 * that waits for a lock must not delay the next deadline.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "state/inner.h"

#define WATCHES_MAX  8
#define PROBLEMS_MAX 100
#define STACK_SIZE   (512 * 1024)

struct watching {
	const struct sal_state_watch *watch;
	int fd;
	void *ctx;
};

struct keeper {
	struct sal_state *state;
	int timer;
	struct watching watching[WATCHES_MAX];
	size_t n;
};

void keeper_problem(struct sal_state *state, const char *fmt, ...)
{
	char words[400];
	va_list args;

	va_start(args, fmt);
	vsnprintf(words, sizeof(words), fmt, args);
	va_end(args);
	if (state->options.log)
		state->options.log(words);
	pthread_mutex_lock(&state->gate);
	if (json_array_size(state->problems) < PROBLEMS_MAX)
		json_array_append_new(state->problems, json_string(words));
	pthread_mutex_unlock(&state->gate);
}

void keeper_wake(struct sal_state *state)
{
	uint64_t one = 1;

	if (write(state->wake, &one, sizeof(one)) < 0)
		return; /* it is full, so the keeper is awake already */
}

void sal_state_poke(struct sal_state *state)
{
	atomic_store(&state->poked, true);
	keeper_wake(state);
}

void keeper_retry(struct sal_state *state, const char *id)
{
	static const int64_t after_ms[] = { 1000, 10000, 60000 };
	struct retry *slot = NULL;

	pthread_mutex_lock(&state->gate);
	for (size_t i = 0; i < SAL_ARRAY_LEN(state->retries); i++) {
		struct retry *retry = &state->retries[i];

		if (!strcmp(retry->id, id))
			slot = retry;
		else if (!slot && !*retry->id)
			slot = retry;
	}
	if (slot) {
		snprintf(slot->id, sizeof(slot->id), "%s", id);
		slot->at = slot->tried < SAL_ARRAY_LEN(after_ms)
				   ? sal_boottime_ms() + after_ms[slot->tried]
				   : 0;
		slot->tried++;
	}
	pthread_mutex_unlock(&state->gate);
	keeper_wake(state);
}

/* Rolling back, on a thread of its own */

struct rollback {
	struct sal_state *state;
	char id[SAL_CHANGE_ID_LEN + 1]; /* it is rolling back already, or its rollback has failed */
};

static void rollback_say(struct sal_state *state, const char *id, int r,
			 const struct sal_error *err)
{
	char line[480];

	if (r < 0)
		keeper_problem(state, "change %s could not be rolled back: %s", id, err->message);
	else if (state->options.log) {
		snprintf(line, sizeof(line), "change %s was rolled back", id);
		state->options.log(line);
	}
}

static void *rollback_thread(void *arg)
{
	struct rollback *rollback = arg;
	struct sal_state *state = rollback->state;
	struct sal_error err = { 0 };
	int r = rollback_finish(state, rollback->id, &err);

	rollback_say(state, rollback->id, r, &err);
	pthread_mutex_lock(&state->gate);
	state->rollbacks--;
	pthread_cond_broadcast(&state->gate_moved);
	pthread_mutex_unlock(&state->gate);
	free(rollback);
	return NULL;
}

static void rollback_start(struct sal_state *state, const char *id)
{
	struct rollback *rollback = calloc(1, sizeof(*rollback));
	pthread_attr_t attr;
	pthread_t thread;
	int r;

	if (!rollback)
		sal_oom();
	rollback->state = state;
	snprintf(rollback->id, sizeof(rollback->id), "%s", id);
	pthread_mutex_lock(&state->gate);
	state->rollbacks++;
	pthread_mutex_unlock(&state->gate);
	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, STACK_SIZE);
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	r = pthread_create(&thread, &attr, rollback_thread, rollback);
	pthread_attr_destroy(&attr);
	if (r) /* no thread to be had: then here */
		rollback_thread(rollback);
}

/* What is due */

static int64_t earlier(int64_t a, int64_t b)
{
	return !a || (b && b < a) ? b : a;
}

/* Starts what is due of the deadlines; returns when the next one is, 0 for never. */
static int64_t deadlines_check(struct sal_state *state, int64_t now)
{
	json_t *list = sal_changes_list(state), *entry;
	int64_t next = 0;
	size_t i;

	json_array_foreach (list, i, entry) {
		int64_t at = change_deadline(entry);

		if (sal_changes_state(entry) != SAL_CHANGE_AWAITING_CONFIRM || !at)
			continue;
		if (at <= now) {
			const char *id = json_string_value(json_object_get(entry, "key"));
			struct sal_error err = { 0 };

			if (rollback_decide(state, id, "not confirmed", &err) == 0)
				rollback_start(state, id);
			else if (err.code != SAL_CONFLICT)
				next = earlier(next, now + 1000);
		} else {
			next = earlier(next, at);
		}
	}
	json_decref(list);
	return next;
}

static int64_t retries_check(struct sal_state *state, int64_t now)
{
	char due[SAL_ARRAY_LEN(state->retries)][SAL_CHANGE_ID_LEN + 1];
	size_t n = 0;
	int64_t next = 0;

	pthread_mutex_lock(&state->gate);
	for (size_t i = 0; i < SAL_ARRAY_LEN(state->retries); i++) {
		struct retry *retry = &state->retries[i];

		if (!*retry->id || !retry->at)
			continue;
		if (retry->at > now) {
			next = earlier(next, retry->at);
			continue;
		}
		retry->at = 0;
		memcpy(due[n++], retry->id, sizeof(retry->id));
	}
	pthread_mutex_unlock(&state->gate);
	for (size_t i = 0; i < n; i++) {
		json_t *entry = sal_changes_get(state, due[i]);
		enum sal_change_state s = sal_changes_state(entry);

		if (s == SAL_CHANGE_ROLLBACK_FAILED || s == SAL_CHANGE_ROLLING_BACK)
			rollback_start(state, due[i]);
		json_decref(entry);
	}
	return next;
}

static void timer_arm(int timer, int64_t at)
{
	/* A time of 0 disarms; one that has passed fires at once. */
	struct itimerspec spec = { .it_value = { at / 1000, at % 1000 * 1000000 } };

	timerfd_settime(timer, TFD_TIMER_ABSTIME, &spec, NULL);
}

static void keeper_turn(struct keeper *keeper)
{
	struct sal_state *state = keeper->state;
	int64_t now = sal_boottime_ms();

	timer_arm(keeper->timer, earlier(deadlines_check(state, now), retries_check(state, now)));
	if (atomic_exchange(&state->poked, false) && json_array_size(state->waiting))
		recover_waiting(state);
}

static void drain(int fd)
{
	uint64_t count;

	if (read(fd, &count, sizeof(count)) < 0)
		return; /* it was not this one that woke us */
}

static bool keeper_sleep(struct keeper *keeper)
{
	struct sal_state *state = keeper->state;
	struct pollfd fds[WATCHES_MAX + 2] = { { state->wake, POLLIN, 0 },
					       { keeper->timer, POLLIN, 0 } };

	for (size_t i = 0; i < keeper->n; i++)
		fds[i + 2] = (struct pollfd){ keeper->watching[i].fd, POLLIN, 0 };
	poll(fds, keeper->n + 2, -1);
	drain(state->wake);
	drain(keeper->timer);
	for (size_t i = 0; i < keeper->n; i++) {
		struct watching *w = &keeper->watching[i];

		if (fds[i + 2].revents && w->watch->ready(state, w->fd, w->ctx))
			atomic_store(&state->poked, true);
	}
	pthread_mutex_lock(&state->gate);
	bool stopping = state->stopping;

	pthread_mutex_unlock(&state->gate);
	return !stopping;
}

static void watches_open(struct keeper *keeper)
{
	for (const struct sal_state_watch *const *watch = keeper->state->options.watches;
	     watch && *watch && keeper->n < WATCHES_MAX; watch++) {
		struct watching *w = &keeper->watching[keeper->n];

		w->watch = *watch;
		w->fd = (*watch)->open(keeper->state, &w->ctx);
		if (w->fd >= 0)
			keeper->n++;
	}
}

static void *keeper_thread(void *arg)
{
	struct keeper keeper = { .state = arg };
	struct sal_state *state = arg;

	keeper.timer = timerfd_create(CLOCK_BOOTTIME, TFD_CLOEXEC | TFD_NONBLOCK);
	if (keeper.timer < 0)
		abort(); /* the kernel has none: nothing here could be promised */
	watches_open(&keeper);
	recover_changes(state);
	recover_entries(state);
	pthread_mutex_lock(&state->gate);
	state->recovered = true;
	pthread_cond_broadcast(&state->gate_moved);
	pthread_mutex_unlock(&state->gate);
	if (state->options.ready)
		state->options.ready(state->options.ready_ctx);
	do {
		keeper_turn(&keeper);
	} while (keeper_sleep(&keeper));
	for (size_t i = 0; i < keeper.n; i++)
		keeper.watching[i].watch->close(keeper.watching[i].fd, keeper.watching[i].ctx);
	close(keeper.timer);
	return NULL;
}

int keeper_start(struct sal_state *state, struct sal_error *err)
{
	sigset_t all, before;
	int r;

	state->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (state->wake < 0)
		return sal_fail_errno(err, errno, "cannot make an eventfd");
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	r = pthread_create(&state->keeper, NULL, keeper_thread, state);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (r) {
		close(state->wake);
		return sal_fail_errno(err, r, "cannot start the keeper's thread");
	}
	return 0;
}

void keeper_stop(struct sal_state *state)
{
	pthread_mutex_lock(&state->gate);
	state->stopping = true;
	pthread_mutex_unlock(&state->gate);
	keeper_wake(state);
	pthread_join(state->keeper, NULL);
	pthread_mutex_lock(&state->gate);
	while (state->rollbacks)
		pthread_cond_wait(&state->gate_moved, &state->gate);
	pthread_mutex_unlock(&state->gate);
	close(state->wake);
}
