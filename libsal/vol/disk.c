/*
 * disk.c - vol.list_disks: the machine's block devices.
 *
 * device.c has read the tree; here comes what is mounted from each device and, if asked for, what a
 * look at the device itself shows. Only this file knows the shape of the answer.
 */
#include "gen/vol.list_disks.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "kernel/blk.h"
#include "kernel/gpt.h"
#include "kernel/mnt.h"
#include "vol/device.h"

/* A recorded tree with a ring in it must end. */
#define DEPTH_MAX 32

/* The mounts that could be of a block device, and the swaps. */
struct mounted {
	struct sal_mnts mnts;
	struct sal_strings swaps;
};

/*
 * A filesystem with a device number of its own (btrfs, bcachefs) names its device as the source,
 * perhaps by a link such as /dev/disk/by-uuid/…; then the node's number decides.
 */
static bool mnt_is_of(const struct sal_vol_devices *devices, const struct sal_mnt *mnt,
		      const struct sal_vol_device *device)
{
	struct stat st;

	if (mnt->major == major(device->devno) && mnt->minor == minor(device->devno))
		return true;
	if (mnt->major || strncmp(mnt->source, "/dev/", 5))
		return false;
	if (!strcmp(mnt->source, device->disk.path))
		return true;
	return !fstatat(devices->root, mnt->source + 1, &st, 0) && S_ISBLK(st.st_mode) &&
	       st.st_rdev == device->devno;
}

static bool is_swap(const struct mounted *mounted, const char *path)
{
	for (size_t i = 0; i < mounted->swaps.len; i++)
		if (!strcmp(mounted->swaps.items[i], path))
			return true;
	return false;
}

/*
 * Fills mountpoint, mountpoints and fsroots. Returns the mount that stands for the filesystem: the
 * latest, or the latest that shows all of it.
 */
static const struct sal_mnt *mountpoints_fill(const struct sal_vol_devices *devices,
					      const struct mounted *mounted,
					      struct sal_vol_device *device)
{
	static const char *const swap[] = { "[SWAP]" };
	const struct sal_mnt *chosen = NULL;
	struct sal_disk *disk = &device->disk;
	const char **targets = NULL, **roots = NULL;
	size_t n = 0;

	for (size_t i = mounted->mnts.len; i-- > 0;) {
		const struct sal_mnt *mnt = &mounted->mnts.items[i];

		if (!mnt_is_of(devices, mnt, device))
			continue;
		if (!n) {
			targets = sal_arena_array(devices->arena, i + 1, sizeof(*targets));
			roots = sal_arena_array(devices->arena, i + 1, sizeof(*roots));
		}
		targets[n] = mnt->target;
		roots[n++] = mnt->fsroot;
		if (!chosen || (strcmp(chosen->fsroot, "/") && !strcmp(mnt->fsroot, "/")))
			chosen = mnt;
	}
	if (n) {
		sal_set(disk, mountpoint, chosen->target);
		sal_set(disk, mountpoints, ((struct sal_strings){ targets, n }));
		sal_set(disk, fsroots, ((struct sal_strings){ roots, n }));
	} else if (is_swap(mounted, disk->path)) {
		sal_set(disk, mountpoint, swap[0]);
		sal_set(disk, mountpoints, ((struct sal_strings){ swap, 1 }));
	}
	return chosen;
}

static void usage_fill(struct sal_arena *arena, const struct sal_mnt_usage *usage,
		       struct sal_disk *disk)
{
	uint64_t used = usage->st.f_blocks - usage->st.f_bfree;

	if (usage->status != SAL_MNT_USAGE_OK)
		return;
	sal_set(disk, fssize, usage->st.f_frsize * usage->st.f_blocks);
	sal_set(disk, fsavail, usage->st.f_frsize * usage->st.f_bavail);
	sal_set(disk, fsused, usage->st.f_frsize * used);
	sal_set(disk, fsuse_pct, "-");
	if (usage->st.f_blocks)
		disk->fsuse_pct =
			sal_arena_printf(arena, "%.0f%%", 100.0 * used / usage->st.f_blocks);
}

static void mounts_fill(struct sal_vol_devices *devices, struct mounted *mounted)
{
	struct sal_arena *arena = devices->arena;
	struct sal_mnt_usage *usages = sal_arena_array(arena, devices->n, sizeof(*usages));
	struct sal_vol_device **owners = sal_arena_array(arena, devices->n, sizeof(*owners));
	struct sal_mnt_dead dead = { 0 };
	size_t n = 0, kept = 0;

	/* Most mounts of a large table are of no device: they are looked at once, not once a device. */
	for (size_t i = 0; i < mounted->mnts.len; i++) {
		const struct sal_mnt *mnt = &mounted->mnts.items[i];

		if (mnt->major || !strncmp(mnt->source, "/dev/", 5))
			mounted->mnts.items[kept++] = *mnt;
	}
	mounted->mnts.len = kept;
	for (struct sal_vol_device *device = devices->first; device; device = device->next) {
		const struct sal_mnt *mnt = mountpoints_fill(devices, mounted, device);

		if (!mnt)
			continue;
		usages[n] = (struct sal_mnt_usage){ .path = mnt->target,
						    .devno = makedev(mnt->major, mnt->minor),
						    .mount_id = mnt->id };
		owners[n++] = device;
	}
	sal_mnt_usage_ask(usages, n, &dead);
	for (size_t i = 0; i < n; i++)
		usage_fill(arena, &usages[i], &owners[i]->disk);
}

static void values_fill(const struct sal_blk_values *values, struct sal_disk *disk)
{
	sal_set_found(disk, fstype, values->fstype);
	sal_set_found(disk, fsver, values->fsver);
	sal_set_found(disk, uuid, values->uuid);
	sal_set_found(disk, label, values->label);
	sal_set_found(disk, pttype, values->pttype);
	sal_set_found(disk, ptuuid, values->ptuuid);
	sal_set_found(disk, parttype, values->parttype);
	sal_set_found(disk, partuuid, values->partuuid);
	sal_set_found(disk, partlabel, values->partlabel);
	sal_set_found(disk, partflags, values->partflags);
}

/* What the device says itself goes before what udev remembers. */
static void probes_fill(struct sal_vol_devices *devices)
{
	struct sal_arena *arena = devices->arena;
	struct sal_blk_probe *probes = sal_arena_array(arena, devices->n, sizeof(*probes));
	size_t i = 0;

	for (struct sal_vol_device *device = devices->first; device; device = device->next)
		probes[i++] =
			(struct sal_blk_probe){ .path = device->disk.path, .devno = device->devno };
	sal_blk_probe(arena, probes, devices->n, SAL_BLK_PROBE_MS);
	i = 0;
	for (struct sal_vol_device *device = devices->first; device; device = device->next, i++) {
		struct sal_disk *disk = &device->disk;

		sal_set(disk, probe, sal_blk_status_word(&probes[i]));
		if (probes[i].status != SAL_BLK_OK)
			continue;
		values_fill(&probes[i].values, disk);
		if (disk->has.pttype || !probes[i].values.scheme)
			continue;
		/* As udev has it: a partition shows the table it stands in. */
		sal_set(disk, pttype, probes[i].values.scheme);
		if (device->whole)
			sal_set_found(disk, ptuuid, device->whole->disk.ptuuid);
	}
}

static void type_names_fill(struct sal_vol_devices *devices)
{
	for (struct sal_vol_device *device = devices->first; device; device = device->next) {
		struct sal_disk *disk = &device->disk;

		if (disk->has.parttype && disk->has.pttype)
			sal_set_found(
				disk, parttypename,
				sal_gpt_type_name(devices->arena, disk->pttype, disk->parttype));
	}
}

/* A device's place in the answer: itself under one parent, with all below it. */
static void disk_place(struct sal_arena *arena, const struct sal_vol_device *device,
		       const struct sal_vol_device *parent, struct sal_disk *ret_disk,
		       unsigned depth)
{
	struct sal_disk *children;

	*ret_disk = device->disk;
	if (parent)
		sal_set(ret_disk, pkname, parent->disk.kname);
	if (!device->nchildren || depth == DEPTH_MAX)
		return;
	children = sal_arena_array(arena, device->nchildren, sizeof(*children));
	for (size_t i = 0; i < device->nchildren; i++)
		disk_place(arena, device->children[i], device, &children[i], depth + 1);
	sal_set(ret_disk, children, ((struct sal_disk_array){ children, device->nchildren }));
}

int sal_vol_list_disks(struct sal_call *call, const struct sal_vol_list_disks_params *params,
		       struct sal_error *err)
{
	struct sal_vol_list_disks_result result = { .consistent = true };
	SAL_CLEANUP(sal_vol_devices_done) struct sal_vol_devices devices = { .root = -1 };
	SAL_CLEANUP(sal_mnt_table_done) struct sal_mnt_table table = { 0 };
	struct mounted mounted;
	int rc = sal_vol_devices_open(&devices, call->arena, "/", err);

	if (rc < 0)
		return rc;
	devices.all = params->all;
	rc = params->has.disk ? sal_vol_devices_read_one(&devices, params->disk, err)
			      : sal_vol_devices_read(&devices, err);
	if (rc < 0)
		return rc;
	rc = sal_mnt_table_read(devices.root, "proc/thread-self/mountinfo", &table, err);
	if (rc < 0)
		return rc;
	mounted.mnts = sal_mnt_all(call->arena, &table);
	sal_mnt_swaps(call->arena, devices.root, &mounted.swaps);
	mounts_fill(&devices, &mounted);
	if (params->probe)
		probes_fill(&devices);
	type_names_fill(&devices);
	for (size_t i = 0; i < devices.nroots; i++) {
		struct sal_arena_mark mark = sal_arena_mark(call->arena);
		struct sal_disk disk;

		disk_place(call->arena, devices.roots[i], devices.roots[i]->whole, &disk, 0);
		rc = sal_vol_list_disks_item(call, &disk, err);
		if (rc < 0)
			return rc;
		sal_arena_reset(call->arena, mark);
	}
	result.consistent = table.consistent;
	return sal_vol_list_disks_done(call, &result, err);
}
