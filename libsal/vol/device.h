/*
 * device.h - block devices as sysfs shows them: the tree behind vol.list_disks and its like.
 *
 * A machine's devices are read into nodes, one a device, that live in the call's arena. Reading
 * goes through one open root folder, so that a recorded tree can stand in for the machine.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "gen/vol.list_disks.h"

struct sal_vol_device {
	struct sal_disk disk; /* all but pkname and children, which differ from parent to parent */
	const char *sysname; /* name in /sys/block, where "!" stands for "/" */
	const char *devpath; /* its folder below the root: "sys/devices/…/block/sda" */
	uint64_t devno; /* as makedev() has it */
	bool is_partition;
	bool is_linked; /* its partitions and holders are in children */
	unsigned nslaves; /* devices it is made of */
	const struct sal_disk *queue; /* what the queue says; a partition shows its disk's */
	struct sal_vol_device *whole; /* a partition's disk */
	struct sal_vol_device **children;
	size_t nchildren, children_room;
	struct sal_vol_device *next;
};

struct sal_vol_devices {
	struct sal_arena *arena;
	int root; /* "/", or where a recorded tree stands */
	int block; /* sys/block; -1 where there is none */
	int udev; /* run/udev/data; -1 where udev does not run */
	bool all; /* RAM disks and empty loop devices too */
	struct sal_vol_device *first, **last; /* in the order read */
	size_t n;
	struct sal_vol_device **roots; /* those that sit on no other, or the one asked for */
	size_t nroots;
	struct sal_strings names; /* of all devices and partitions: sys/class/block */
	struct sal_vol_account *accounts; /* names of users and groups met so far */
	struct sal_vol_chain *chains; /* subsystems met so far */
};

/* Opens the folders; -errno with err filled. SAL_CLEANUP(sal_vol_devices_done) closes them. */
int sal_vol_devices_open(struct sal_vol_devices *devices, struct sal_arena *arena, const char *root,
			 struct sal_error *err);
void sal_vol_devices_done(struct sal_vol_devices *devices);

/* Reads every device that `lsblk` lists, or with all that `lsblk -a` does. */
int sal_vol_devices_read(struct sal_vol_devices *devices, struct sal_error *err);
/* Reads one, named by kernel name or path below /dev, and what sits on it; NOT_FOUND. */
int sal_vol_devices_read_one(struct sal_vol_devices *devices, const char *name,
			     struct sal_error *err);

/*
 * Reads one device's own members; whole is a partition's disk. NULL when it vanished, is hidden, or
 * is not wanted (see `all`; always wanted with named). In device_read.c.
 */
struct sal_vol_device *sal_vol_device_read(struct sal_vol_devices *devices, const char *sysname,
					   struct sal_vol_device *whole, bool named);

/*
 * Sets what the hardware behind a whole disk says; dir is the disk's open folder. In
 * device_hardware.c.
 */
void sal_vol_device_hardware(struct sal_vol_devices *devices, int dir,
			     const struct sal_vol_device *device, struct sal_disk *disk);
