/*
 * device.c - the tree of block devices: disks, their partitions, and what holds either.
 *
 * Called by the vol methods that list devices. Which device is listed, and under which, is as
 * lsblk(8) has it. A device that vanishes while we look is left out.
 */
#include "vol/device.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "kernel/sysfs.h"

/* Deeper than any stack of devices a kernel allows; a recorded tree may be a ring. */
#define DEPTH_MAX 32

int sal_vol_devices_open(struct sal_vol_devices *devices, struct sal_arena *arena, const char *root,
			 struct sal_error *err)
{
	*devices = (struct sal_vol_devices){ .arena = arena, .block = -1, .udev = -1 };
	devices->last = &devices->first;
	devices->root = open(root, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (devices->root >= 0)
		devices->block = sal_sysfs_open(devices->root, "sys/block");
	if (devices->block < 0) {
		int errnum = errno;

		sal_vol_devices_done(devices);
		return sal_fail_errno(err, errnum, "cannot read /sys/block; is sysfs mounted?");
	}
	devices->udev = sal_sysfs_open(devices->root, "run/udev/data");
	devices->names = sal_sysfs_names(arena, devices->root, "sys/class/block");
	return 0;
}

void sal_vol_devices_done(struct sal_vol_devices *devices)
{
	sal_close_fd(&devices->root);
	sal_close_fd(&devices->block);
	sal_close_fd(&devices->udev);
	devices->root = devices->block = devices->udev = -1;
}

static struct sal_vol_device *device_known(const struct sal_vol_devices *devices,
					   const char *sysname)
{
	struct sal_vol_device *device = devices->first;

	while (device && strcmp(device->sysname, sysname))
		device = device->next;
	return device;
}

/* May be called for a device that is known already. */
static struct sal_vol_device *device_get(struct sal_vol_devices *devices, const char *sysname,
					 struct sal_vol_device *whole, bool named)
{
	struct sal_vol_device *device = device_known(devices, sysname);

	if (device)
		return device;
	device = sal_vol_device_read(devices, sysname, whole, named);
	if (device) {
		*devices->last = device;
		devices->last = &device->next;
		devices->n++;
	}
	return device;
}

/* A device of which only the name is known: a disk, or a partition by way of its disk. */
static struct sal_vol_device *device_find(struct sal_vol_devices *devices, const char *sysname,
					  bool named)
{
	const char *link, *end, *begin;
	struct sal_vol_device *whole;

	if (sal_sysfs_exists(devices->block, sysname))
		return device_get(devices, sysname, NULL, named);
	link = sal_sysfs_link(devices->arena, devices->root,
			      sal_arena_printf(devices->arena, "sys/class/block/%s", sysname));
	end = link ? strrchr(link, '/') : NULL;
	begin = end ? memrchr(link, '/', end - link) : NULL;
	if (!begin)
		return NULL;
	whole = device_get(devices, sal_arena_strndup(devices->arena, begin + 1, end - begin - 1),
			   NULL, true);
	return whole ? device_get(devices, sysname, whole, true) : NULL;
}

static void child_add(struct sal_arena *arena, struct sal_vol_device *parent,
		      struct sal_vol_device *child)
{
	for (size_t i = 0; i < parent->nchildren; i++)
		if (parent->children[i] == child)
			return;
	if (parent->nchildren == parent->children_room) {
		struct sal_vol_device **grown;

		parent->children_room = parent->children_room ? parent->children_room * 2 : 8;
		grown = sal_arena_array(arena, parent->children_room, sizeof(*grown));
		if (parent->nchildren)
			memcpy(grown, parent->children, parent->nchildren * sizeof(*grown));
		parent->children = grown;
	}
	parent->children[parent->nchildren++] = child;
}

/* Looks like "sda1" of "sda", "nvme0n1p1" of "nvme0n1"; md10 looks so beside md1 and is none. */
static bool is_partition_name(const char *name, const char *disk)
{
	size_t len = strlen(disk);

	if (strncmp(name, disk, len))
		return false;
	name += len + (name[len] == 'p');
	return isdigit((unsigned char)*name);
}

static void partitions_link(struct sal_vol_devices *devices, struct sal_vol_device *disk,
			    unsigned depth);
static void holders_link(struct sal_vol_devices *devices, struct sal_vol_device *device,
			 unsigned depth);

static void device_link(struct sal_vol_devices *devices, struct sal_vol_device *device,
			unsigned depth)
{
	if (device->is_linked || depth > DEPTH_MAX)
		return;
	device->is_linked = true;
	if (!device->whole)
		partitions_link(devices, device, depth);
	holders_link(devices, device, depth);
}

/* One look at sys/class/block serves all disks: their own folders are long. */
static void partitions_link(struct sal_vol_devices *devices, struct sal_vol_device *disk,
			    unsigned depth)
{
	struct sal_arena *arena = devices->arena;

	for (size_t i = 0; i < devices->names.len; i++) {
		const char *name = devices->names.items[i];
		struct sal_vol_device *child;

		if (!is_partition_name(name, disk->sysname) ||
		    !sal_sysfs_exists(devices->root,
				      sal_arena_printf(arena, "%s/%s", disk->devpath, name)))
			continue;
		child = device_get(devices, name, disk, true);
		if (!child)
			continue;
		child_add(arena, disk, child);
		device_link(devices, child, depth + 1);
	}
}

static void holders_link(struct sal_vol_devices *devices, struct sal_vol_device *device,
			 unsigned depth)
{
	struct sal_arena *arena = devices->arena;
	struct sal_strings names = sal_sysfs_names(
		arena, devices->root, sal_arena_printf(arena, "%s/holders", device->devpath));

	for (size_t i = 0; i < names.len; i++) {
		struct sal_vol_device *child = device_find(devices, names.items[i], false);

		if (!child || child == device)
			continue;
		child_add(arena, device, child);
		device_link(devices, child, depth + 1);
	}
}

int sal_vol_devices_read(struct sal_vol_devices *devices, struct sal_error *err)
{
	struct sal_strings names = sal_sysfs_names(devices->arena, devices->block, ".");

	devices->roots = sal_arena_array(devices->arena, names.len, sizeof(*devices->roots));
	for (size_t i = 0; i < names.len; i++) {
		struct sal_vol_device *device = device_get(devices, names.items[i], NULL, false);

		if (!device || device->nslaves)
			continue; /* made of others, it stands below them */
		devices->roots[devices->nroots++] = device;
		device_link(devices, device, 0);
	}
	return 0;
}

/* The name in /sys/class/block of a node below /dev, by way of its device number. */
static const char *node_sysname(struct sal_vol_devices *devices, const char *path)
{
	struct stat st;

	if (fstatat(devices->root, path + 1, &st, 0) || !S_ISBLK(st.st_mode))
		return NULL;
	return sal_sysfs_link_name(devices->arena, devices->root,
				   sal_arena_printf(devices->arena, "sys/dev/block/%u:%u",
						    major(st.st_rdev), minor(st.st_rdev)));
}

int sal_vol_devices_read_one(struct sal_vol_devices *devices, const char *name,
			     struct sal_error *err)
{
	struct sal_vol_device *device = NULL;
	const char *sysname = NULL;
	char *plain;

	if (!strncmp(name, "/dev/", 5) && !strstr(name, "/../"))
		sysname = node_sysname(devices, name);
	if (!sysname) { /* a plain name; also where a recorded tree has no nodes */
		plain = sal_arena_strdup(devices->arena,
					 name + (strncmp(name, "/dev/", 5) ? 0 : 5));
		for (char *p = plain; (p = strchr(p, '/'));)
			*p = '!';
		sysname = plain;
	}
	if (*sysname && strcmp(sysname, ".") && strcmp(sysname, ".."))
		device = device_find(devices, sysname, true);
	if (!device) {
		int rc = sal_fail(err, SAL_NOT_FOUND, "no block device %s", name);

		sal_error_subject(err, "block device %s", name);
		sal_error_field(err, "/disk");
		return rc;
	}
	devices->roots = sal_arena_array(devices->arena, 1, sizeof(*devices->roots));
	devices->roots[devices->nroots++] = device;
	device_link(devices, device, 0);
	return 0;
}
