/*
 * mnt.c - mount tables and what filesystems say about their space.
 *
 * Called by vol/. It mounts nothing, and asks a filesystem only on a thread that may be left behind.
 */
#include "kernel/mnt.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/field.h"
#include "base/macros.h"
#include "kernel/job.h"
#include "kernel/sysfs.h"

#define MOUNTINFO_MAX	((size_t)256 << 20)
#define MOUNTINFO_TRIES 3

/* Reads fd to its end, which must be NUL-free text. */
static int text_read(int fd, struct sal_buf *text)
{
	text->len = 0;
	for (;;) {
		char *at = sal_buf_reserve(text, 64 * 1024);
		ssize_t len = read(fd, at, text->cap - text->len - 1);

		if (len < 0 && errno == EINTR)
			continue;
		if (len < 0)
			return -errno;
		if (!len)
			return 0;
		text->len += len;
		if (text->len > MOUNTINFO_MAX)
			return -EFBIG;
	}
}

int sal_mnt_table_read(int root, const char *path, struct sal_mnt_table *ret_table,
		       struct sal_error *err)
{
	struct sal_mnt_table table = { 0 };
	int rc = 0;

	for (int try = 0; !rc && !table.consistent && try < MOUNTINFO_TRIES; try++) {
		int fd = openat(root, path, O_RDONLY | O_CLOEXEC);
		struct pollfd changed = { .fd = fd, .events = POLLPRI };

		if (fd < 0) {
			rc = -errno;
			break;
		}
		rc = text_read(fd, &table.text);
		/* The kernel remembers at open what poll compares with: see mounts_poll(). */
		table.consistent = poll(&changed, 1, 0) <= 0 || !(changed.revents & POLLPRI);
		close(fd);
	}
	if (rc) {
		sal_buf_done(&table.text);
		return sal_fail_errno(err, -rc, "cannot read the mount table /%s", path);
	}
	*sal_buf_reserve(&table.text, 1) = '\0';
	*ret_table = table;
	return 0;
}

void sal_mnt_table_set(struct sal_mnt_table *table, const char *text, size_t len)
{
	*table = (struct sal_mnt_table){ .consistent = true };
	sal_buf_put(&table->text, text, len);
	*sal_buf_reserve(&table->text, 1) = '\0';
}

void sal_mnt_table_done(struct sal_mnt_table *table)
{
	sal_buf_done(&table->text);
}

/* Cuts the field that begins at *at off its line and steps behind it; NULL at the line's end. */
static char *field_next(char **at)
{
	char *field = *at;
	char *space;

	if (!field)
		return NULL;
	space = strchr(field, ' ');
	if (space)
		*space = '\0';
	*at = space ? space + 1 : NULL;
	return field;
}

static bool octal_at(const char *p)
{
	return p[0] == '\\' && p[1] >= '0' && p[1] <= '3' && p[2] >= '0' && p[2] <= '7' &&
	       p[3] >= '0' && p[3] <= '7';
}

/* The kernel writes space, tab, newline, backslash and # as \ooo. A NUL would end the string. */
static char *octal_decode(char *text)
{
	char *from = strchr(text, '\\');
	char *to = from;

	if (!from)
		return text;
	while (*from) {
		if (octal_at(from) && memcmp(from, "\\000", 4)) {
			*to++ = (from[1] - '0') << 6 | (from[2] - '0') << 3 | (from[3] - '0');
			from += 4;
		} else {
			*to++ = *from++;
		}
	}
	*to = '\0';
	return text;
}

static bool number_parse(const char *text, int32_t *ret_value)
{
	char *end;
	long value;

	if (!text || *text < '0' || *text > '9')
		return false;
	errno = 0;
	value = strtol(text, &end, 10);
	if (errno || *end || value > INT32_MAX)
		return false;
	*ret_value = value;
	return true;
}

static bool devno_parse(const char *text, struct sal_mnt *mnt)
{
	char *end;

	if (!text || *text < '0' || *text > '9')
		return false;
	mnt->major = strtoul(text, &end, 10);
	if (*end != ':' || end[1] < '0' || end[1] > '9')
		return false;
	mnt->minor = strtoul(end + 1, &end, 10);
	return !*end;
}

/*
 * 36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw,errors=continue
 * The optional fields, none or many, end at the first field that is a lone hyphen; only the fields
 * in front of it can hold spaces, and those are escaped. The source may be empty.
 */
static bool line_parse(char *line, struct sal_mnt *mnt)
{
	char *at = line, *fsroot, *target, *options, *field, *optional = NULL;

	if (!number_parse(field_next(&at), &mnt->id) ||
	    !number_parse(field_next(&at), &mnt->parent) || !devno_parse(field_next(&at), mnt))
		return false;
	fsroot = field_next(&at);
	target = field_next(&at);
	options = field_next(&at);
	if (!options || !*options || !*fsroot || !*target)
		return false;
	while ((field = field_next(&at)) && strcmp(field, "-")) {
		if (optional)
			field[-1] = ' '; /* joined again: they stay one string */
		else
			optional = field;
	}
	if (!field)
		return false;
	mnt->opt_fields = optional;
	mnt->fstype = field_next(&at);
	mnt->source = field_next(&at);
	if (!mnt->source || !at)
		return false;
	mnt->fsroot = octal_decode(fsroot);
	mnt->target = octal_decode(target);
	mnt->vfs_options = octal_decode(options);
	octal_decode((char *)mnt->fstype);
	octal_decode((char *)mnt->source);
	mnt->fs_options = octal_decode(at);
	return true;
}

bool sal_mnt_next(struct sal_mnt_table *table, struct sal_mnt *ret_mnt)
{
	while (table->at < table->text.len) {
		char *line = table->text.data + table->at;
		char *end = memchr(line, '\n', table->text.len - table->at);
		size_t len = end ? (size_t)(end - line) : table->text.len - table->at;

		table->at += len + 1;
		line[len] = '\0';
		if (line_parse(line, ret_mnt))
			return true;
	}
	return false;
}

struct sal_mnts sal_mnt_all(struct sal_arena *arena, struct sal_mnt_table *table)
{
	struct sal_mnts mnts = { 0 };
	size_t lines = 1;

	for (const char *p = table->text.data, *end = p + table->text.len;
	     p && (p = memchr(p, '\n', end - p)); p++)
		lines++;
	mnts.items = sal_arena_array(arena, lines, sizeof(*mnts.items));
	while (sal_mnt_next(table, &mnts.items[mnts.len]))
		mnts.len++;
	return mnts;
}

void sal_mnt_swaps(struct sal_arena *arena, int root, struct sal_strings *ret_paths)
{
	SAL_CLEANUP(sal_buf_done) struct sal_buf text = SAL_BUF_EMPTY;
	const char **paths;
	size_t n = 0, lines = 0;
	char *line, *next;

	*ret_paths = (struct sal_strings){ 0 };
	if (sal_sysfs_slurp(&text, root, "proc/swaps", 1 << 20) || !text.len)
		return;
	*sal_buf_reserve(&text, 1) = '\0';
	for (const char *p = text.data; (p = strchr(p, '\n')); p++)
		lines++;
	paths = sal_arena_array(arena, lines + 1, sizeof(*paths));
	/* The first line is the table's head. */
	for (line = strchr(text.data, '\n'); line && line[1]; line = next) {
		size_t len = strcspn(++line, " \t\n");

		next = strchr(line, '\n');
		if (len)
			paths[n++] = octal_decode(sal_arena_strndup(arena, line, len));
	}
	ret_paths->items = paths;
	ret_paths->len = n;
}

/* Appends the options of one list but ro and rw. */
static char *options_append(char *to, const char *options)
{
	while (*options) {
		size_t len = strcspn(options, ",");

		if (len &&
		    !(len == 2 && options[0] == 'r' && (options[1] == 'o' || options[1] == 'w'))) {
			*to++ = ',';
			memcpy(to, options, len);
			to += len;
		}
		options += len + (options[len] == ',');
	}
	return to;
}

static bool options_have(const char *options, const char *wanted)
{
	size_t len = strlen(wanted);

	for (const char *p = options; p; p = strchr(p, ',')) {
		p += *p == ',';
		if (!strncmp(p, wanted, len) && (!p[len] || p[len] == ','))
			return true;
	}
	return false;
}

const char *sal_mnt_options(struct sal_arena *arena, const char *vfs, const char *fs)
{
	char *text, *end;

	if (!strcmp(vfs, fs))
		return vfs;
	text = sal_arena_alloc(arena, strlen(vfs) + strlen(fs) + 5);
	memcpy(text, options_have(vfs, "ro") || options_have(fs, "ro") ? "ro" : "rw", 2);
	end = options_append(text + 2, vfs);
	end = options_append(end, fs);
	*end = '\0';
	return text;
}

bool sal_mnt_is_pseudo(const char *fstype)
{
	static const char *const pseudo[] = {
		"autofs", "debugfs", "devfs", "devpts", "fuse.portal", "fusectl", "ignore",
		"kernfs", "mqueue",  "none",  "proc",	"rpc_pipefs",  "subfs",	  "sysfs",
	};

	for (size_t i = 0; i < SAL_ARRAY_LEN(pseudo); i++)
		if (!strcmp(fstype, pseudo[i]))
			return true;
	return false;
}

/* Some paths of one filesystem, with their texts behind them. */
struct usage_job {
	struct sal_job job;
	size_t n;
	struct sal_mnt_usage asked[];
};

/*
 * The path is opened with O_PATH, which asks nothing of the filesystem and does not set off an
 * automount at its end; the mount's number says which of several stacked there was found.
 */
static void usage_ask_one(struct sal_mnt_usage *ask)
{
	SAL_CLEANUP(sal_close_fd) int fd = open(ask->path, O_PATH | O_CLOEXEC);
	struct statx found;

	ask->status = SAL_MNT_USAGE_FAILED;
	if (fd < 0) {
		ask->errnum = errno;
		/* Something mounted above hides even the way there. */
		if (ask->mount_id && (errno == ENOENT || errno == ENOTDIR))
			ask->status = SAL_MNT_USAGE_HIDDEN;
		return;
	}
	/* AT_STATX_DONT_SYNC: what is cached will do, no server is asked. */
	if (!statx(fd, "", AT_EMPTY_PATH | AT_STATX_DONT_SYNC, STATX_MNT_ID, &found)) {
		if (found.stx_mask & STATX_MNT_ID)
			ask->found_id = found.stx_mnt_id;
		ask->found_dev = makedev(found.stx_dev_major, found.stx_dev_minor);
	}
	if (ask->mount_id && ask->found_id && ask->found_id != ask->mount_id)
		ask->status = SAL_MNT_USAGE_HIDDEN;
	else if (fstatvfs(fd, &ask->st))
		ask->errnum = errno;
	else
		ask->status = SAL_MNT_USAGE_OK;
}

static void usage_run(struct sal_job *job)
{
	struct usage_job *asks = SAL_CONTAINER_OF(job, struct usage_job, job);

	for (size_t i = 0; i < asks->n; i++)
		usage_ask_one(&asks->asked[i]);
}

static void usage_free(struct sal_job *job)
{
	free(SAL_CONTAINER_OF(job, struct usage_job, job));
}

static struct sal_job *usage_new(struct sal_mnt_usage *const *asked, size_t n)
{
	size_t size = sizeof(struct usage_job) + n * sizeof(**asked);
	struct usage_job *asks;
	char *text;

	for (size_t i = 0; i < n; i++)
		size += strlen(asked[i]->path) + 1;
	asks = calloc(1, size);
	if (!asks)
		sal_oom();
	asks->job.run = usage_run;
	asks->job.free = usage_free;
	asks->n = n;
	text = (char *)&asks->asked[n];
	for (size_t i = 0; i < n; i++) {
		asks->asked[i] = *asked[i];
		asks->asked[i].path = text;
		text = stpcpy(text, asked[i]->path) + 1;
	}
	return &asks->job;
}

/* The finished job's answers; a job that did not finish is NULL. */
static void usage_take(struct sal_job *job, struct sal_mnt_usage *const *asked, size_t n)
{
	struct usage_job *asks = job ? SAL_CONTAINER_OF(job, struct usage_job, job) : NULL;

	for (size_t i = 0; i < n; i++) {
		const char *path = asked[i]->path;

		if (asks)
			*asked[i] = asks->asked[i];
		else
			asked[i]->status = SAL_MNT_USAGE_BUSY;
		asked[i]->path = path;
	}
	sal_job_free(job);
}

static bool dead_has(const struct sal_mnt_dead *dead, uint64_t devno)
{
	for (size_t i = 0; devno && i < dead->n; i++)
		if (dead->devnos[i] == devno)
			return true;
	return false;
}

#define USAGE_BATCH   64
#define USAGE_THREADS 8

static void usage_ask_batch(struct sal_mnt_usage *asked, size_t n, struct sal_mnt_dead *dead)
{
	struct sal_mnt_usage *askers[USAGE_BATCH]; /* those of one job stand together */
	size_t first[USAGE_BATCH + 1]; /* where each job's begin */
	struct sal_job *jobs[USAGE_BATCH];
	bool taken[USAGE_BATCH] = { false };
	size_t njobs = 0, naskers = 0;

	for (size_t i = 0; i < n; i++) {
		if (taken[i])
			continue;
		asked[i].status = asked[i].skip ? SAL_MNT_USAGE_SKIPPED : SAL_MNT_USAGE_BUSY;
		if (asked[i].skip || dead_has(dead, asked[i].devno))
			continue;
		first[njobs++] = naskers;
		askers[naskers++] = &asked[i];
		for (size_t j = i + 1; asked[i].devno && j < n; j++) {
			if (taken[j] || asked[j].devno != asked[i].devno || asked[j].skip)
				continue;
			taken[j] = true;
			askers[naskers++] = &asked[j];
		}
	}
	first[njobs] = naskers;
	for (size_t i = 0; i < njobs; i++)
		jobs[i] = usage_new(&askers[first[i]], first[i + 1] - first[i]);
	sal_jobs_run(jobs, njobs, USAGE_THREADS, SAL_MNT_USAGE_MS);
	for (size_t i = 0; i < njobs; i++) {
		if (!jobs[i] && dead->n < SAL_ARRAY_LEN(dead->devnos))
			dead->devnos[dead->n++] = askers[first[i]]->devno;
		usage_take(jobs[i], &askers[first[i]], first[i + 1] - first[i]);
	}
}

void sal_mnt_usage_ask(struct sal_mnt_usage *asked, size_t n, struct sal_mnt_dead *dead)
{
	for (size_t i = 0; i < n; i += USAGE_BATCH)
		usage_ask_batch(asked + i, SAL_MIN(n - i, (size_t)USAGE_BATCH), dead);
}

const char *sal_mnt_usage_word(const struct sal_mnt_usage *usage)
{
	const char *name;

	switch (usage->status) {
	case SAL_MNT_USAGE_OK:
		return "ok";
	case SAL_MNT_USAGE_BUSY:
		return "busy";
	case SAL_MNT_USAGE_HIDDEN:
		return "hidden";
	case SAL_MNT_USAGE_SKIPPED:
		return "skipped";
	case SAL_MNT_USAGE_FAILED:
		break;
	}
	name = sal_errno_name(usage->errnum);
	return name ? name : "EIO";
}
