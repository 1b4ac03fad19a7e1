/*
 * usage.c - vol.usage: space of filesystems, as df(1) says it.
 *
 * Which filesystems are listed, and by which of several mounts each is shown, follows df of
 * coreutils 9. No filesystem is asked on the call's own thread.
 */
#include "gen/vol.usage.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>

#include "kernel/mnt.h"

/* used of used + left in percent, rounded up; "-" where both are 0. */
static const char *percent(struct sal_arena *arena, uint64_t used, uint64_t left)
{
	unsigned __int128 hundredfold = (unsigned __int128)used * 100;
	unsigned __int128 all = (unsigned __int128)used + left;

	if (!all)
		return "-";
	return sal_arena_printf(arena, "%u%%", (unsigned)((hundredfold + all - 1) / all));
}

static void sizes_fill(struct sal_arena *arena, const struct statvfs *st, struct sal_usage *usage)
{
	/* Reserved blocks in use can bring these below zero on some filesystems. */
	uint64_t blocks = st->f_blocks >= st->f_bfree ? st->f_blocks - st->f_bfree : 0;
	uint64_t inodes = st->f_files >= st->f_ffree ? st->f_files - st->f_ffree : 0;

	sal_set(usage, size, st->f_frsize * st->f_blocks);
	sal_set(usage, used, st->f_frsize * blocks);
	sal_set(usage, avail, st->f_frsize * st->f_bavail);
	sal_set(usage, pcent, percent(arena, usage->used, usage->avail));
	sal_set(usage, itotal, st->f_files);
	sal_set(usage, iused, inodes);
	sal_set(usage, iavail, st->f_ffree);
	sal_set(usage, ipcent, percent(arena, inodes, st->f_ffree));
}

static int usage_emit(struct sal_call *call, const struct sal_mnt *mnt,
		      const struct sal_mnt_usage *asked, const char *file, struct sal_error *err)
{
	struct sal_usage usage = {
		.source = mnt->source,
		.fstype = mnt->fstype,
		.target = mnt->target,
		.status = sal_mnt_usage_word(asked),
	};

	sal_set_found(&usage, file, file);
	if (asked->status == SAL_MNT_USAGE_OK)
		sizes_fill(call->arena, &asked->st, &usage);
	return sal_vol_usage_item(call, &usage, err);
}

/*
 * Of two mounts of one filesystem df shows one: a source that is a path before one that is not, the
 * mount nearer to the root unless it shows only a part of the other, and of two on one target the
 * later, which covers the earlier.
 */
static bool is_better(const struct sal_mnt *mnt, const struct sal_mnt *shown)
{
	bool nearer = strlen(mnt->target) < strlen(shown->target);
	bool part = strlen(mnt->fsroot) > strlen(shown->fsroot);

	if (strchr(mnt->source, '/') && !strchr(shown->source, '/'))
		return true;
	if (nearer && !part)
		return true;
	return strcmp(mnt->source, shown->source) && !strcmp(mnt->target, shown->target);
}

/* One filesystem, as far as the mount table tells: of btrfs each part may be a subvolume. */
static int mnt_filesystem_compare(const struct sal_mnt *x, const struct sal_mnt *y)
{
	if (x->major != y->major)
		return x->major < y->major ? -1 : 1;
	if (x->minor != y->minor)
		return x->minor < y->minor ? -1 : 1;
	return strcmp(x->fstype, "btrfs") ? 0 : strcmp(x->fsroot, y->fsroot);
}

static int mnt_compare(const void *a, const void *b)
{
	const struct sal_mnt *const *x = a, *const *y = b;
	int diff = mnt_filesystem_compare(*x, *y);

	if (diff)
		return diff;
	return *x < *y ? -1 : *x > *y; /* the table's own order */
}

/* Leaves one mount a filesystem, at the place of the first of them; returns how many are left. */
static size_t mnts_unique(struct sal_arena *arena, struct sal_mnts mnts, const struct sal_mnt **ret)
{
	const struct sal_mnt **sorted = sal_arena_array(arena, mnts.len, sizeof(*sorted));
	const struct sal_mnt **shown = sal_arena_array(arena, mnts.len, sizeof(*shown));
	size_t n = 0, kept = 0;

	for (size_t i = 0; i < mnts.len; i++)
		if (!sal_mnt_is_pseudo(mnts.items[i].fstype))
			sorted[n++] = &mnts.items[i];
	qsort(sorted, n, sizeof(*sorted), mnt_compare);
	for (size_t i = 0, next; i < n; i = next) {
		const struct sal_mnt *best = sorted[i];

		for (next = i + 1; next < n && !mnt_filesystem_compare(sorted[i], sorted[next]);
		     next++)
			if (is_better(sorted[next], best))
				best = sorted[next];
		shown[sorted[i] - mnts.items] = best;
	}
	for (size_t i = 0; i < mnts.len; i++)
		if (shown[i])
			ret[kept++] = shown[i];
	return kept;
}

/*
 * Whether another mount shows the same: of a btrfs, two folders of one subvolume, which only st_dev
 * tells.
 */
static bool is_repeated(const struct sal_mnt **shown, const struct sal_mnt_usage *usages, size_t n,
			size_t which)
{
	if (strcmp(shown[which]->fstype, "btrfs"))
		return false;
	for (size_t i = 0; i < n; i++) {
		if (i == which || usages[i].status != SAL_MNT_USAGE_OK ||
		    usages[i].found_dev != usages[which].found_dev)
			continue;
		if (is_better(shown[i], shown[which]) ||
		    (i < which && !is_better(shown[which], shown[i])))
			return true;
	}
	return false;
}

static int list_emit(struct sal_call *call, struct sal_mnts mnts, struct sal_error *err)
{
	const struct sal_mnt **shown = sal_arena_array(call->arena, mnts.len, sizeof(*shown));
	size_t n = mnts_unique(call->arena, mnts, shown);
	struct sal_mnt_usage *usages = sal_arena_array(call->arena, n, sizeof(*usages));
	struct sal_mnt_dead dead = { 0 };

	for (size_t i = 0; i < n; i++)
		usages[i] = (struct sal_mnt_usage){
			.path = shown[i]->target,
			.devno = makedev(shown[i]->major, shown[i]->minor),
			.mount_id = shown[i]->id,
		};
	sal_mnt_usage_ask(usages, n, &dead);
	for (size_t i = 0; i < n; i++) {
		int rc;

		/* Of the covered nothing can be said, and df does not list what has no size. */
		if (usages[i].status == SAL_MNT_USAGE_HIDDEN ||
		    (usages[i].status == SAL_MNT_USAGE_OK && !usages[i].st.f_blocks) ||
		    is_repeated(shown, usages, n, i))
			continue;
		rc = usage_emit(call, shown[i], &usages[i], NULL, err);
		if (rc < 0)
			return rc;
	}
	return 0;
}

static const struct sal_mnt *mnt_by_id(struct sal_mnts mnts, int32_t id)
{
	for (size_t i = 0; i < mnts.len; i++)
		if (mnts.items[i].id == id)
			return &mnts.items[i];
	return NULL;
}

static int path_fail(const struct sal_mnt_usage *asked, struct sal_error *err)
{
	int rc;

	if (asked->status == SAL_MNT_USAGE_BUSY)
		rc = sal_fail(err, SAL_TIMEOUT, "the filesystem of %s did not answer within %d s",
			      asked->path, SAL_MNT_USAGE_MS / 1000);
	else if (asked->errnum == ENOENT || asked->errnum == ENOTDIR)
		rc = sal_fail(err, SAL_NOT_FOUND, "there is no %s", asked->path);
	else
		rc = sal_fail_errno(err, asked->errnum, "cannot ask the filesystem of %s",
				    asked->path);
	sal_error_subject(err, "path %s", asked->path);
	sal_error_field(err, "/path");
	return rc;
}

static int path_emit(struct sal_call *call, struct sal_mnts mnts, const char *path,
		     struct sal_error *err)
{
	struct sal_mnt_usage asked = { .path = path };
	struct sal_mnt_dead dead = { 0 };
	/* What is reached through a descriptor may be mounted nowhere: /proc/1/root, /proc/1/fd/3. */
	struct sal_mnt unknown = { .source = "", .fstype = "", .target = "" };
	const struct sal_mnt *mnt;

	sal_mnt_usage_ask(&asked, 1, &dead);
	if (asked.status != SAL_MNT_USAGE_OK)
		return path_fail(&asked, err);
	mnt = mnt_by_id(mnts, asked.found_id);
	return usage_emit(call, mnt ? mnt : &unknown, &asked, path, err);
}

int sal_vol_usage(struct sal_call *call, const struct sal_vol_usage_params *params,
		  struct sal_error *err)
{
	struct sal_vol_usage_result result = { 0 };
	SAL_CLEANUP(sal_close_fd) int root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	SAL_CLEANUP(sal_mnt_table_done) struct sal_mnt_table table = { 0 };
	struct sal_mnts mnts;
	int rc = sal_mnt_table_read(root, "proc/thread-self/mountinfo", &table, err);

	if (rc < 0)
		return rc;
	mnts = sal_mnt_all(call->arena, &table);
	rc = params->has.path ? path_emit(call, mnts, params->path, err)
			      : list_emit(call, mnts, err);
	if (rc < 0)
		return rc;
	result.consistent = table.consistent;
	return sal_vol_usage_done(call, &result, err);
}
