/*
 * lane.h - which thread a call runs on.
 *
 * Two pools of workers, quick and slow, so that calls that wait for a device never delay those that
 * do not. Threads are started when there is work for them and then stay. Called by task.c on the
 * loop thread; knows jobs, not methods.
 */
#pragma once

#include <pthread.h>
#include <stdbool.h>
#include <uv.h>

struct serve_lane;

/* Embedded in what is to be done; belongs to the lane from submit until done. */
struct serve_job {
	struct serve_job *next;
	struct serve_lane *lane;
	void (*run)(struct serve_job *job); /* on a worker */
	void (*done)(struct serve_job *job); /* then on the loop thread */
	bool detached;
};

/* Jobs that have run, on their way back to the loop thread. */
struct serve_finished {
	pthread_mutex_t lock;
	struct serve_job *head, **tail;
	uv_async_t *wake;
};

struct serve_lane {
	pthread_mutex_t lock;
	pthread_cond_t work, gone;
	struct serve_job *head, **tail;
	unsigned queued, max_queued;
	unsigned idle; /* threads waiting for work */
	unsigned counted; /* threads that count against max_threads */
	unsigned live; /* those and the detached ones */
	unsigned max_threads;
	bool stopping;
	struct serve_finished *finished;
};

/* wake is sent whenever a job has run; its callback calls serve_finished_collect(). */
void serve_finished_init(struct serve_finished *finished, uv_async_t *wake);
void serve_finished_collect(struct serve_finished *finished); /* calls done() of each */

void serve_lane_init(struct serve_lane *lane, unsigned max_threads, unsigned max_queued,
		     struct serve_finished *finished);
/* Waits for all jobs and threads to end. No submit may follow. */
void serve_lane_stop(struct serve_lane *lane);

/* Returns 0; -EBUSY when too many wait already; -EAGAIN when no thread can be had at all. */
int serve_lane_submit(struct serve_lane *lane, struct serve_job *job);
/* Takes a job back that no worker has begun; false when it is too late for that. */
bool serve_lane_withdraw(struct serve_lane *lane, struct serve_job *job);

/*
 * For run(): this job will take long through no fault of its lane (it waits for its reader), so its
 * thread no longer counts and another one may take its place.
 */
void serve_lane_detach(struct serve_job *job);
