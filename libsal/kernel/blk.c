/*
 * blk.c - the one room that includes libblkid.
 *
 * Called by vol/. It only ever opens a device to read, without O_EXCL, and never asks libblkid's
 * cache file or high-level functions: those scan every device of the machine.
 */
#include "kernel/blk.h"

#include <blkid.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/macros.h"
#include "kernel/job.h"

/* The longest value libblkid gives is a btrfs label of 255 bytes; x4 where it escapes. */
#define VALUE_MAX 1024

struct value_row {
	const char *name; /* libblkid's */
	size_t offset; /* in struct sal_blk_values */
};

static const struct value_row value_rows[] = {
	{ "TYPE", offsetof(struct sal_blk_values, fstype) },
	{ "VERSION", offsetof(struct sal_blk_values, fsver) },
	{ "UUID", offsetof(struct sal_blk_values, uuid) },
	{ "LABEL", offsetof(struct sal_blk_values, label) },
	{ "PTTYPE", offsetof(struct sal_blk_values, pttype) },
	{ "PTUUID", offsetof(struct sal_blk_values, ptuuid) },
	{ "PART_ENTRY_SCHEME", offsetof(struct sal_blk_values, scheme) },
	{ "PART_ENTRY_TYPE", offsetof(struct sal_blk_values, parttype) },
	{ "PART_ENTRY_UUID", offsetof(struct sal_blk_values, partuuid) },
	{ "PART_ENTRY_NAME", offsetof(struct sal_blk_values, partlabel) },
	{ "PART_ENTRY_FLAGS", offsetof(struct sal_blk_values, partflags) },
};

struct probe_job {
	struct sal_job job;
	uint64_t devno;
	enum sal_blk_status status;
	int errnum;
	char *values[SAL_ARRAY_LEN(value_rows)];
	char path[];
};

static void probe_free_handle(blkid_probe *probe)
{
	blkid_free_probe(*probe);
}

static void values_copy(struct probe_job *ask, blkid_probe probe)
{
	for (size_t i = 0; i < SAL_ARRAY_LEN(value_rows); i++) {
		const char *text;
		size_t len;

		if (!blkid_probe_lookup_value(probe, value_rows[i].name, &text, &len) && *text)
			ask->values[i] = strndup(text, VALUE_MAX);
	}
}

static enum sal_blk_status device_probe(struct probe_job *ask, int fd)
{
	SAL_CLEANUP(probe_free_handle) blkid_probe probe = blkid_new_probe();

	if (!probe) {
		ask->errnum = ENOMEM;
		return SAL_BLK_FAILED;
	}
	errno = 0;
	if (blkid_probe_set_device(probe, fd, 0, 0)) {
		ask->errnum = errno ? errno : EIO;
		return SAL_BLK_FAILED;
	}
	if (!blkid_probe_get_size(probe))
		return SAL_BLK_EMPTY;
	blkid_probe_enable_superblocks(probe, 1);
	blkid_probe_set_superblocks_flags(probe, BLKID_SUBLKS_LABEL | BLKID_SUBLKS_UUID |
							 BLKID_SUBLKS_TYPE | BLKID_SUBLKS_VERSION);
	blkid_probe_enable_partitions(probe, 1);
	blkid_probe_set_partitions_flags(probe, BLKID_PARTS_ENTRY_DETAILS);
	errno = 0;
	switch (blkid_do_safeprobe(probe)) {
	case 0:
		values_copy(ask, probe);
		return SAL_BLK_OK;
	case 1: /* nothing there */
		return SAL_BLK_OK;
	case -2:
		return SAL_BLK_AMBIVALENT;
	default:
		ask->errnum = errno ? errno : EIO;
		return SAL_BLK_FAILED;
	}
}

/*
 * libblkid hides a failed read behind "nothing found" where a prober does not look twice, so the
 * first sector is read by us before it is believed.
 */
static bool device_readable(struct probe_job *ask, int fd)
{
	char sector[512];
	ssize_t len = pread(fd, sector, sizeof(sector), 0);

	if (len >= 0)
		return true;
	ask->errnum = errno;
	return false;
}

static void probe_run(struct sal_job *job)
{
	struct probe_job *ask = SAL_CONTAINER_OF(job, struct probe_job, job);
	/* O_NONBLOCK: a drive without a medium does not wait for one. */
	SAL_CLEANUP(sal_close_fd) int fd = open(ask->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat st;

	ask->status = SAL_BLK_FAILED;
	if (fd < 0 || fstat(fd, &st)) {
		ask->errnum = errno;
		if (errno == ENOMEDIUM)
			ask->status = SAL_BLK_EMPTY;
	} else if (!S_ISBLK(st.st_mode)) {
		ask->errnum = ENOTBLK;
	} else if (ask->devno && ask->devno != st.st_rdev) {
		ask->errnum = ENODEV; /* the node is another device's */
	} else if (device_readable(ask, fd)) {
		ask->status = device_probe(ask, fd);
	}
}

static void probe_free(struct sal_job *job)
{
	struct probe_job *ask = SAL_CONTAINER_OF(job, struct probe_job, job);

	for (size_t i = 0; i < SAL_ARRAY_LEN(ask->values); i++)
		free(ask->values[i]);
	free(ask);
}

static struct sal_job *probe_new(const struct sal_blk_probe *wanted)
{
	size_t len = strlen(wanted->path);
	struct probe_job *ask = calloc(1, sizeof(*ask) + len + 1);

	if (!ask)
		sal_oom();
	ask->job.run = probe_run;
	ask->job.free = probe_free;
	ask->devno = wanted->devno;
	memcpy(ask->path, wanted->path, len);
	return &ask->job;
}

static void debug_init(void)
{
	blkid_init_debug(0); /* it reads the environment once; not for several threads at a time */
}

void sal_blk_probe(struct sal_arena *arena, struct sal_blk_probe *probes, size_t n,
		   unsigned limit_ms)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	struct sal_job **jobs = sal_arena_array(arena, n, sizeof(*jobs));

	pthread_once(&once, debug_init);
	for (size_t i = 0; i < n; i++)
		jobs[i] = probe_new(&probes[i]);
	sal_jobs_run(jobs, n, SAL_BLK_THREADS, limit_ms);
	for (size_t i = 0; i < n; i++) {
		struct probe_job *ask;

		probes[i].status = SAL_BLK_BUSY;
		if (!jobs[i])
			continue;
		ask = SAL_CONTAINER_OF(jobs[i], struct probe_job, job);
		probes[i].status = ask->status;
		probes[i].errnum = ask->errnum;
		for (size_t v = 0; v < SAL_ARRAY_LEN(value_rows); v++) {
			const char **to =
				(const char **)((char *)&probes[i].values + value_rows[v].offset);

			*to = ask->values[v] ? sal_arena_strdup(arena, ask->values[v]) : NULL;
		}
		sal_job_free(jobs[i]);
	}
}

const char *sal_blk_status_word(const struct sal_blk_probe *probe)
{
	const char *name;

	switch (probe->status) {
	case SAL_BLK_OK:
		return "ok";
	case SAL_BLK_AMBIVALENT:
		return "ambivalent";
	case SAL_BLK_BUSY:
		return "busy";
	case SAL_BLK_EMPTY:
		return "empty";
	case SAL_BLK_FAILED:
		break;
	}
	name = sal_errno_name(probe->errnum);
	return name ? name : "EIO";
}
