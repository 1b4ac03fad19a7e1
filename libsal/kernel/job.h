/*
 * job.h - work that may hang: run in helper threads, with a limit of time, and left behind safely.
 *
 * statfs() on a dead server and a read from a dying disk can block for ever, and nothing can end
 * them. kernel/mnt and kernel/blk run such calls as jobs: each job owns the memory it works on, so
 * when its time is over the caller goes on without it, and the thread frees it whenever it wakes.
 * Helper threads live in the namespaces of the thread that asked, and block all signals.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum sal_job_state {
	SAL_JOB_WAITING,
	SAL_JOB_RUNNING,
	SAL_JOB_DONE,
	SAL_JOB_LEFT, /* its time was over; the thread that runs it frees it */
};

/* Stands first in the caller's own struct. */
struct sal_job {
	void (*run)(struct sal_job *job); /* on a helper thread; touches nothing but the job */
	void (*free)(struct sal_job *job); /* gives back the job with all its memory */
	/* the rest belongs to job.c */
	enum sal_job_state state;
	int64_t deadline; /* CLOCK_MONOTONIC, milliseconds; once it runs */
};

/*
 * Runs n jobs on at most `threads` helper threads, each job for at most limit_ms. When it returns,
 * jobs[i] is the finished job, the caller's again, or NULL where it did not finish in time: that
 * one is gone. A thread that hangs is replaced, as long as fewer than SAL_JOB_STUCK_MAX of the
 * whole process hang; beyond that, jobs that found no thread are given up too.
 */
void sal_jobs_run(struct sal_job **jobs, size_t n, unsigned threads, unsigned limit_ms);

#define SAL_JOB_STUCK_MAX 64

/* Frees what sal_jobs_run() gave back; NULL is legal. */
void sal_job_free(struct sal_job *job);
