/*
 * blk.h - what is on a block device, read from the device itself with libblkid's low-level probing.
 *
 * No cache and no udev: what is said was read during this call. Reading happens on threads that may
 * be left behind, since a dying disk answers late or never.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"

enum sal_blk_status {
	SAL_BLK_OK,
	SAL_BLK_AMBIVALENT, /* signatures contradict each other */
	SAL_BLK_BUSY, /* no answer in time */
	SAL_BLK_EMPTY, /* no medium, no size */
	SAL_BLK_FAILED, /* see errnum */
};

/* Every string is NULL where there is none. */
struct sal_blk_values {
	const char *fstype, *fsver, *uuid, *label;
	const char *pttype, *ptuuid;
	/* of the partition that the device is: the kind of table it stands in, and its entry there */
	const char *scheme, *parttype, *partuuid, *partlabel, *partflags;
};

struct sal_blk_probe {
	/* in */
	const char *path;
	uint64_t devno; /* the node must be this device; 0: any */
	/* out; strings in the arena */
	enum sal_blk_status status;
	int errnum;
	struct sal_blk_values values;
};

#define SAL_BLK_THREADS	 16
#define SAL_BLK_PROBE_MS 5000

/* Probes all of them, each for at most limit_ms. */
void sal_blk_probe(struct sal_arena *arena, struct sal_blk_probe *probes, size_t n,
		   unsigned limit_ms);
/* "ok", "ambivalent", "busy", "empty", or the errno's name. */
const char *sal_blk_status_word(const struct sal_blk_probe *probe);
