/*
 * mount.c - vol.list_mounts: what is mounted.
 *
 * The table is one moment's text; it is walked once and each mount leaves as it is parsed, so that
 * a hundred thousand of them take no more memory than their text. Mounts that SAL itself makes are
 * not recorded anywhere yet: none is `managed`.
 */
#include "gen/vol.list_mounts.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "kernel/blk.h"
#include "kernel/mnt.h"
#include "kernel/sysfs.h"

/* Filesystems asked for their usage at a time. */
#define BATCH 64
/* A mount list waits less for a device than a list of devices does. */
#define PROBE_MS 2000

/* A source device and what is known about it; sources repeat, their devices are asked once. */
struct source {
	struct source *next;
	const char *path; /* as mounted */
	const char *label, *uuid, *partlabel, *partuuid;
	struct sal_strings members; /* of a filesystem on several devices */
};

struct listing {
	struct sal_call *call;
	const struct sal_vol_list_mounts_params *params;
	int root;
	struct source *sources;
	struct sal_mnt mnts[BATCH];
	size_t n;
	struct sal_mnt_dead dead;
};

static bool is_asked_for(const struct sal_vol_list_mounts_params *params, const struct sal_mnt *mnt)
{
	if (params->has.target && strcmp(params->target, mnt->target))
		return false;
	return !params->has.fstype || !strcmp(params->fstype, mnt->fstype);
}

/* Some kernels call the root device so; the number says which one it is. */
static const char *source_real(struct listing *listing, const struct sal_mnt *mnt)
{
	struct sal_arena *arena = listing->call->arena;
	const char *name;

	if (strcmp(mnt->source, "/dev/root"))
		return mnt->source;
	name = sal_sysfs_link_name(
		arena, listing->root,
		sal_arena_printf(arena, "sys/dev/block/%u:%u", mnt->major, mnt->minor));
	return name ? sal_arena_printf(arena, "/dev/%s", name) : mnt->source;
}

static struct source *source_known(const struct listing *listing, const char *path)
{
	struct source *source = listing->sources;

	while (source && strcmp(source->path, path))
		source = source->next;
	return source;
}

static const char *udev_value(struct sal_arena *arena, const char *file, const char *key)
{
	char *value = (char *)sal_sysfs_udev_property(arena, file, key);

	if (value)
		sal_sysfs_udev_decode(value);
	return value && *value ? value : NULL;
}

/* What udev found when the device came; false where it does not run. */
static bool source_ask_udev(struct listing *listing, dev_t devno, struct source *source)
{
	SAL_CLEANUP(sal_buf_done) struct sal_buf text = SAL_BUF_EMPTY;
	struct sal_arena *arena = listing->call->arena;
	const char *path =
		sal_arena_printf(arena, "run/udev/data/b%u:%u", major(devno), minor(devno));

	if (sal_sysfs_slurp(&text, listing->root, path, 1 << 20))
		return false;
	sal_buf_putc(&text, '\0');
	source->label = udev_value(arena, text.data, "ID_FS_LABEL_ENC");
	source->uuid = udev_value(arena, text.data, "ID_FS_UUID_ENC");
	source->partlabel = udev_value(arena, text.data, "ID_PART_ENTRY_NAME");
	source->partuuid = udev_value(arena, text.data, "ID_PART_ENTRY_UUID");
	return true;
}

/* The devices of a btrfs, which the kernel lists by the filesystem's UUID. */
static void members_fill(struct listing *listing, const char *fstype, struct source *source)
{
	struct sal_arena *arena = listing->call->arena;
	struct sal_strings names;
	const char **paths;

	if (!source->uuid || strcmp(fstype, "btrfs"))
		return;
	names = sal_sysfs_names(arena, listing->root,
				sal_arena_printf(arena, "sys/fs/btrfs/%s/devices", source->uuid));
	paths = sal_arena_array(arena, names.len, sizeof(*paths));
	for (size_t i = 0; i < names.len; i++)
		paths[i] = sal_arena_printf(arena, "/dev/%s", names.items[i]);
	source->members = (struct sal_strings){ paths, names.len };
}

/* Learns about the devices of one batch that were not met before. */
static void sources_learn(struct listing *listing)
{
	struct sal_arena *arena = listing->call->arena;
	struct sal_blk_probe probes[BATCH];
	struct source *probed[BATCH], *fresh[BATCH];
	const char *fstypes[BATCH];
	size_t nprobes = 0, nfresh = 0;

	for (size_t i = 0; i < listing->n; i++) {
		struct sal_mnt *mnt = &listing->mnts[i];
		struct source *source;
		struct stat st;

		if (strncmp(mnt->source, "/dev/", 5))
			continue;
		mnt->source = source_real(listing, mnt);
		if (source_known(listing, mnt->source))
			continue;
		source = sal_arena_zalloc(arena, sizeof(*source));
		source->path = mnt->source;
		source->next = listing->sources;
		listing->sources = source;
		fstypes[nfresh] = mnt->fstype;
		fresh[nfresh++] = source;
		if (fstatat(listing->root, mnt->source + 1, &st, 0) || !S_ISBLK(st.st_mode) ||
		    source_ask_udev(listing, st.st_rdev, source))
			continue;
		probes[nprobes] =
			(struct sal_blk_probe){ .path = mnt->source, .devno = st.st_rdev };
		probed[nprobes++] = source;
	}
	sal_blk_probe(arena, probes, nprobes, PROBE_MS);
	for (size_t i = 0; i < nprobes; i++) {
		probed[i]->label = probes[i].values.label;
		probed[i]->uuid = probes[i].values.uuid;
		probed[i]->partlabel = probes[i].values.partlabel;
		probed[i]->partuuid = probes[i].values.partuuid;
	}
	for (size_t i = 0; i < nfresh; i++)
		members_fill(listing, fstypes[i], fresh[i]);
}

/* "private", "shared,slave" …: the optional fields in findmnt's words. */
static const char *propagation_word(const char *fields)
{
	static const char *const words[8] = {
		"private",
		"shared",
		"private,slave",
		"shared,slave",
		"private,unbindable",
		"shared,unbindable",
		"private,slave,unbindable",
		"shared,slave,unbindable",
	};
	unsigned which = 0;

	if (fields)
		which = (strstr(fields, "shared:") ? 1 : 0) + (strstr(fields, "master:") ? 2 : 0) +
			(strstr(fields, "unbindable") ? 4 : 0);
	return words[which];
}

static void usage_fill(struct sal_arena *arena, const struct sal_mnt_usage *usage,
		       struct sal_mount *mount)
{
	uint64_t used = usage->st.f_blocks - usage->st.f_bfree;

	sal_set(mount, usage, sal_mnt_usage_word(usage));
	if (usage->status != SAL_MNT_USAGE_OK)
		return;
	sal_set(mount, size, usage->st.f_frsize * usage->st.f_blocks);
	sal_set(mount, avail, usage->st.f_frsize * usage->st.f_bavail);
	sal_set(mount, used, usage->st.f_frsize * used);
	sal_set(mount, use_pct, "-");
	if (usage->st.f_blocks)
		mount->use_pct =
			sal_arena_printf(arena, "%.0f%%", 100.0 * used / usage->st.f_blocks);
}

static void source_fill(struct listing *listing, const struct sal_mnt *mnt, struct sal_mount *mount)
{
	const struct source *source = source_known(listing, mnt->source);
	struct sal_arena *arena = listing->call->arena;
	const char **only;

	mount->source = mnt->source;
	if (strcmp(mnt->fsroot, "/"))
		mount->source = sal_arena_printf(arena, "%s[%s]", mnt->source, mnt->fsroot);
	if (source) {
		sal_set_found(mount, label, source->label);
		sal_set_found(mount, uuid, source->uuid);
		sal_set_found(mount, partlabel, source->partlabel);
		sal_set_found(mount, partuuid, source->partuuid);
		mount->sources = source->members;
	}
	if (mount->sources.len)
		return;
	only = sal_arena_alloc(arena, sizeof(*only));
	*only = source && source->uuid ? source->path : mount->source;
	mount->sources = (struct sal_strings){ only, 1 };
}

static int mount_emit(struct listing *listing, const struct sal_mnt *mnt,
		      const struct sal_mnt_usage *usage, struct sal_error *err)
{
	struct sal_arena *arena = listing->call->arena;
	struct sal_arena_mark mark = sal_arena_mark(arena);
	struct sal_mount mount = {
		.id = mnt->id,
		.parent = mnt->parent,
		.maj_min = sal_arena_printf(arena, "%u:%u", mnt->major, mnt->minor),
		.fsroot = mnt->fsroot,
		.target = mnt->target,
		.vfs_options = mnt->vfs_options,
		.fstype = mnt->fstype,
		.fs_options = mnt->fs_options,
		.options = sal_mnt_options(arena, mnt->vfs_options, mnt->fs_options),
		.propagation = propagation_word(mnt->opt_fields),
		.tid = gettid(),
	};
	int rc;

	sal_set_found(&mount, opt_fields, mnt->opt_fields);
	source_fill(listing, mnt, &mount);
	if (usage)
		usage_fill(arena, usage, &mount);
	rc = sal_vol_list_mounts_item(listing->call, &mount, err);
	sal_arena_reset(arena, mark);
	return rc;
}

static int batch_emit(struct listing *listing, struct sal_error *err)
{
	struct sal_mnt_usage usages[BATCH];
	int rc = 0;

	sources_learn(listing);
	if (listing->params->usage) {
		for (size_t i = 0; i < listing->n; i++) {
			const struct sal_mnt *mnt = &listing->mnts[i];

			usages[i] =
				(struct sal_mnt_usage){ .path = mnt->target,
							.devno = makedev(mnt->major, mnt->minor),
							.mount_id = mnt->id,
							.skip = !strcmp(mnt->fstype, "autofs") };
		}
		sal_mnt_usage_ask(usages, listing->n, &listing->dead);
	}
	for (size_t i = 0; !rc && i < listing->n; i++)
		rc = mount_emit(listing, &listing->mnts[i],
				listing->params->usage ? &usages[i] : NULL, err);
	listing->n = 0;
	return rc;
}

int sal_vol_list_mounts(struct sal_call *call, const struct sal_vol_list_mounts_params *params,
			struct sal_error *err)
{
	struct sal_vol_list_mounts_result result = { 0 };
	SAL_CLEANUP(sal_close_fd) int root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	SAL_CLEANUP(sal_mnt_table_done) struct sal_mnt_table table = { 0 };
	struct listing listing = { .call = call, .params = params, .root = root };
	int rc = sal_mnt_table_read(root, "proc/thread-self/mountinfo", &table, err);

	if (rc < 0)
		return rc;
	/* None is managed: there is no registry of mounts. */
	while (!(params->has.managed && params->managed) &&
	       sal_mnt_next(&table, &listing.mnts[listing.n])) {
		if (!is_asked_for(params, &listing.mnts[listing.n]))
			continue;
		if (++listing.n < BATCH)
			continue;
		rc = batch_emit(&listing, err);
		if (rc < 0)
			return rc;
	}
	rc = batch_emit(&listing, err);
	if (rc < 0)
		return rc;
	result.consistent = table.consistent;
	return sal_vol_list_mounts_done(call, &result, err);
}
