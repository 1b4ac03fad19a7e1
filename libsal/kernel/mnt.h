/*
 * mnt.h - the one room that reads mount tables: /proc/PID/mountinfo, /proc/swaps, statvfs.
 *
 * mountinfo is parsed here and not by libmount, because one pass over the text costs a third of
 * what reading it does, while libmount's table costs as much again and a tree in memory. The table
 * is read whole before anybody looks at it, so all of it is one moment's.
 * Sources: proc(5), Documentation/filesystems/sharedsubtree.rst, linux fs/proc_namespace.c.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/statvfs.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"

/* One mount; strings live in the table's text, octal escapes resolved. */
struct sal_mnt {
	int32_t id, parent;
	uint32_t major, minor;
	const char *fsroot, *target, *vfs_options;
	const char *opt_fields; /* NULL where there are none */
	const char *fstype, *source, *fs_options;
};

struct sal_mnt_table {
	struct sal_buf text;
	size_t at; /* of the next line */
	bool consistent; /* no mount came or went while it was read */
};

/*
 * Reads a mountinfo file, three times at most until nothing changes meanwhile. root is an open
 * folder, path relative to it ("proc/self/mountinfo"). -errno with err filled; then there is
 * nothing to free.
 */
int sal_mnt_table_read(int root, const char *path, struct sal_mnt_table *ret_table,
		       struct sal_error *err);
/* A table of given text, which is copied. */
void sal_mnt_table_set(struct sal_mnt_table *table, const char *text, size_t len);
void sal_mnt_table_done(struct sal_mnt_table *table);

/*
 * The next mount; false at the end. Works in place, so a table is walked once. A line that is not
 * as the kernel writes it is passed over.
 */
bool sal_mnt_next(struct sal_mnt_table *table, struct sal_mnt *ret_mnt);

/* All mounts of a table, the strings still the table's. */
struct sal_mnts {
	struct sal_mnt *items;
	size_t len;
};
struct sal_mnts sal_mnt_all(struct sal_arena *arena, struct sal_mnt_table *table);

/* Devices and files in use as swap, as /proc/swaps names them. */
struct sal_strings;
void sal_mnt_swaps(struct sal_arena *arena, int root, struct sal_strings *ret_paths);

/*
 * vfs and fs options as one list, as mount(8) shows them: "ro" if either says so, else "rw", then
 * the other options of both.
 */
const char *sal_mnt_options(struct sal_arena *arena, const char *vfs, const char *fs);

/* Filesystems without content of their own, which df(1) does not list. */
bool sal_mnt_is_pseudo(const char *fstype);

enum sal_mnt_usage_status {
	SAL_MNT_USAGE_OK,
	SAL_MNT_USAGE_BUSY, /* no answer in time */
	SAL_MNT_USAGE_HIDDEN, /* at this path stands another mount than the one asked for */
	SAL_MNT_USAGE_SKIPPED, /* autofs: asking would mount what it stands for */
	SAL_MNT_USAGE_FAILED, /* see errnum */
};

struct sal_mnt_usage {
	/* in */
	const char *path;
	uint64_t devno; /* the filesystem's, as makedev() has it; 0: not known */
	int32_t mount_id; /* the mount that should stand there; 0: any */
	bool skip;
	/* out */
	enum sal_mnt_usage_status status;
	int errnum;
	int32_t found_id; /* the mount that holds path; 0 where the kernel does not say */
	uint64_t found_dev; /* st_dev of path: of its own for each subvolume of btrfs */
	struct statvfs st; /* with OK */
};

/* Filesystems that did not answer; zero-initialise. They are not asked again. */
struct sal_mnt_dead {
	uint64_t devnos[16];
	size_t n;
};

#define SAL_MNT_USAGE_MS 2000

/*
 * Asks all of them. Paths on one filesystem are asked by one thread, for SAL_MNT_USAGE_MS at most
 * together: a dead server costs one thread (kernel/job.h), however often it is mounted. dead
 * carries that from call to call.
 */
void sal_mnt_usage_ask(struct sal_mnt_usage *asked, size_t n, struct sal_mnt_dead *dead);
/* "ok", "busy", "hidden", "skipped", or the errno's name. */
const char *sal_mnt_usage_word(const struct sal_mnt_usage *usage);
