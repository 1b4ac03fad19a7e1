/*
 * lane.c - pools of threads with a bounded queue each.
 *
 * Own threads rather than libuv's pool: two queues that do not delay each other, small stacks, and
 * threads that can leave their pool while they wait for a reader. All signals are blocked in
 * them: those are the loop's.
 */
#include "serve/lane.h"

#include <errno.h>
#include <signal.h>

#define STACK_SIZE (512 * 1024)

void serve_finished_init(struct serve_finished *finished, uv_async_t *wake)
{
	*finished = (struct serve_finished){ .wake = wake };
	pthread_mutex_init(&finished->lock, NULL);
	finished->tail = &finished->head;
}

void serve_finished_collect(struct serve_finished *finished)
{
	struct serve_job *job;

	pthread_mutex_lock(&finished->lock);
	job = finished->head;
	finished->head = NULL;
	finished->tail = &finished->head;
	pthread_mutex_unlock(&finished->lock);
	while (job) {
		struct serve_job *next = job->next;

		job->done(job);
		job = next;
	}
}

static void finished_put(struct serve_finished *finished, struct serve_job *job)
{
	job->next = NULL;
	pthread_mutex_lock(&finished->lock);
	*finished->tail = job;
	finished->tail = &job->next;
	/* Before the loop can see the job, which may be the last: then it closes the handle. */
	uv_async_send(finished->wake);
	pthread_mutex_unlock(&finished->lock);
}

static struct serve_job *lane_take(struct serve_lane *lane)
{
	struct serve_job *job = lane->head;

	if (!job)
		return NULL;
	lane->head = job->next;
	if (!lane->head)
		lane->tail = &lane->head;
	lane->queued--;
	return job;
}

static void *lane_thread(void *arg)
{
	struct serve_lane *lane = arg;
	bool counts = true;

	pthread_mutex_lock(&lane->lock);
	while (counts) {
		struct serve_job *job = lane_take(lane);

		if (!job) {
			if (lane->stopping)
				break;
			lane->idle++;
			pthread_cond_wait(&lane->work, &lane->lock);
			lane->idle--;
			continue;
		}
		pthread_mutex_unlock(&lane->lock);
		job->run(job);
		pthread_mutex_lock(&lane->lock);
		/* Back in the pool, if nobody has taken the place meanwhile. */
		if (job->detached && lane->counted >= lane->max_threads)
			counts = false;
		else if (job->detached)
			lane->counted++;
		pthread_mutex_unlock(&lane->lock);
		finished_put(lane->finished, job);
		pthread_mutex_lock(&lane->lock);
	}
	if (counts)
		lane->counted--;
	if (!--lane->live)
		pthread_cond_signal(&lane->gone);
	pthread_mutex_unlock(&lane->lock);
	return NULL;
}

/* Starts a thread if more jobs wait than threads; called with the lock held. */
static int lane_grow(struct serve_lane *lane)
{
	pthread_attr_t attr;
	sigset_t all, before;
	pthread_t thread;
	int r;

	if (lane->queued <= lane->idle || lane->counted >= lane->max_threads)
		return 0;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, STACK_SIZE);
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	r = pthread_create(&thread, &attr, lane_thread, lane);
	pthread_attr_destroy(&attr);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (r)
		return lane->counted ? 0 : -r;
	lane->counted++;
	lane->live++;
	return 0;
}

void serve_lane_init(struct serve_lane *lane, unsigned max_threads, unsigned max_queued,
		     struct serve_finished *finished)
{
	*lane = (struct serve_lane){
		.max_threads = max_threads,
		.max_queued = max_queued,
		.finished = finished,
	};
	pthread_mutex_init(&lane->lock, NULL);
	pthread_cond_init(&lane->work, NULL);
	pthread_cond_init(&lane->gone, NULL);
	lane->tail = &lane->head;
}

void serve_lane_stop(struct serve_lane *lane)
{
	pthread_mutex_lock(&lane->lock);
	lane->stopping = true;
	pthread_cond_broadcast(&lane->work);
	while (lane->live)
		pthread_cond_wait(&lane->gone, &lane->lock);
	pthread_mutex_unlock(&lane->lock);
}

int serve_lane_submit(struct serve_lane *lane, struct serve_job *job)
{
	int r = -EBUSY;

	pthread_mutex_lock(&lane->lock);
	if (lane->queued < lane->max_queued) {
		job->lane = lane;
		job->next = NULL;
		job->detached = false;
		*lane->tail = job;
		lane->tail = &job->next;
		lane->queued++;
		r = lane_grow(lane);
		pthread_cond_signal(&lane->work);
	}
	pthread_mutex_unlock(&lane->lock);
	if (r && r != -EBUSY)
		serve_lane_withdraw(lane, job);
	return r;
}

bool serve_lane_withdraw(struct serve_lane *lane, struct serve_job *job)
{
	bool found = false;

	pthread_mutex_lock(&lane->lock);
	for (struct serve_job **at = &lane->head; *at; at = &(*at)->next) {
		if (*at != job)
			continue;
		*at = job->next;
		if (!*at)
			lane->tail = at;
		lane->queued--;
		found = true;
		break;
	}
	pthread_mutex_unlock(&lane->lock);
	return found;
}

void serve_lane_detach(struct serve_job *job)
{
	struct serve_lane *lane = job->lane;

	pthread_mutex_lock(&lane->lock);
	if (!job->detached) {
		job->detached = true;
		lane->counted--;
		lane_grow(lane);
	}
	pthread_mutex_unlock(&lane->lock);
}
