/*
 * job.c - helper threads that may be left behind.
 *
 * Called by kernel/mnt and kernel/blk. One crew serves one sal_jobs_run(); it is counted, and the
 * last of its threads or its caller frees it, so a thread that wakes an hour later still finds its
 * lock. Nothing here waits for a thread that hangs: threads are detached.
 */
#include "kernel/job.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <time.h>

#include "base/arena.h"
#include "base/macros.h"

#define JOB_STACK (256 * 1024)

struct crew {
	pthread_mutex_t lock;
	pthread_cond_t ended; /* nothing is open any more */
	struct sal_job **jobs;
	size_t n, next; /* jobs[next] is the first one nobody took */
	size_t open; /* jobs neither done nor left */
	unsigned limit_ms;
	unsigned threads; /* able to take jobs: not those that hang */
	unsigned users; /* threads of any kind, and the caller */
};

/* Threads of the whole process whose job was left; read and written atomically. */
static unsigned stuck_threads;

static int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static struct crew *crew_new(struct sal_job **jobs, size_t n, unsigned limit_ms)
{
	struct crew *crew = calloc(1, sizeof(*crew));
	pthread_condattr_t attr;

	if (!crew)
		sal_oom();
	/* The list is the crew's own: a late thread may look at it when the caller's is gone. */
	crew->jobs = malloc(n * sizeof(*jobs));
	if (!crew->jobs)
		sal_oom();
	for (size_t i = 0; i < n; i++) {
		jobs[i]->state = SAL_JOB_WAITING;
		crew->jobs[i] = jobs[i];
	}
	crew->n = crew->open = n;
	crew->limit_ms = limit_ms;
	crew->users = 1;
	pthread_mutex_init(&crew->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&crew->ended, &attr);
	pthread_condattr_destroy(&attr);
	return crew;
}

/* Called with the lock held, which is gone afterwards. */
static void crew_leave(struct crew *crew)
{
	bool last = !--crew->users;

	pthread_mutex_unlock(&crew->lock);
	if (!last)
		return;
	pthread_cond_destroy(&crew->ended);
	pthread_mutex_destroy(&crew->lock);
	free(crew->jobs);
	free(crew);
}

static void *crew_work(void *arg)
{
	struct crew *crew = arg;
	bool left = false;

	pthread_mutex_lock(&crew->lock);
	while (!left && crew->next < crew->n) {
		struct sal_job *job = crew->jobs[crew->next++];

		job->state = SAL_JOB_RUNNING;
		job->deadline = now_ms() + crew->limit_ms;
		pthread_mutex_unlock(&crew->lock);
		job->run(job);
		pthread_mutex_lock(&crew->lock);
		left = job->state == SAL_JOB_LEFT;
		if (left) {
			job->free(job);
			__atomic_sub_fetch(&stuck_threads, 1, __ATOMIC_RELAXED);
		} else {
			job->state = SAL_JOB_DONE;
			if (!--crew->open)
				pthread_cond_signal(&crew->ended);
		}
	}
	if (!left)
		crew->threads--;
	crew_leave(crew);
	return NULL;
}

/* Called with the lock held. */
static void crew_add_thread(struct crew *crew)
{
	pthread_attr_t attr;
	sigset_t all, before;
	pthread_t thread;

	pthread_attr_init(&attr);
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	pthread_attr_setstacksize(&attr, JOB_STACK);
	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, &before);
	if (!pthread_create(&thread, &attr, crew_work, crew)) {
		crew->threads++;
		crew->users++;
	}
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	pthread_attr_destroy(&attr);
}

/*
 * Leaves the jobs whose time is over, and all that wait where no thread is left for them. Returns
 * when to look again. Called with the lock held.
 */
static int64_t crew_check(struct crew *crew, struct sal_job **jobs, unsigned wanted)
{
	int64_t now = now_ms(), next = now + crew->limit_ms;

	for (size_t i = 0; i < crew->next; i++) {
		struct sal_job *job = jobs[i];

		if (!job || job->state != SAL_JOB_RUNNING)
			continue;
		if (job->deadline > now) {
			next = SAL_MIN(next, job->deadline);
			continue;
		}
		job->state = SAL_JOB_LEFT;
		jobs[i] = NULL;
		crew->open--;
		crew->threads--;
		__atomic_add_fetch(&stuck_threads, 1, __ATOMIC_RELAXED);
	}
	while (crew->threads < SAL_MIN(wanted, crew->n - crew->next) &&
	       __atomic_load_n(&stuck_threads, __ATOMIC_RELAXED) < SAL_JOB_STUCK_MAX) {
		unsigned before = crew->threads;

		crew_add_thread(crew);
		if (crew->threads == before)
			break;
	}
	if (!crew->threads)
		for (; crew->next < crew->n; crew->next++) {
			jobs[crew->next]->free(jobs[crew->next]);
			jobs[crew->next] = NULL;
			crew->open--;
		}
	return next;
}

void sal_jobs_run(struct sal_job **jobs, size_t n, unsigned threads, unsigned limit_ms)
{
	struct crew *crew;

	if (!n)
		return;
	crew = crew_new(jobs, n, limit_ms);
	pthread_mutex_lock(&crew->lock);
	for (;;) {
		int64_t next = crew_check(crew, jobs, threads);
		struct timespec until = { .tv_sec = next / 1000, .tv_nsec = next % 1000 * 1000000 };

		if (!crew->open)
			break;
		pthread_cond_timedwait(&crew->ended, &crew->lock, &until);
	}
	crew_leave(crew);
}

void sal_job_free(struct sal_job *job)
{
	if (job)
		job->free(job);
}
