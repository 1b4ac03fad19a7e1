/*
 * sysfs.h - one home for reading small files of the kernel: sysfs, procfs, udev's database.
 *
 * Everything is read relative to a folder that is open already, so that a tree recorded elsewhere
 * can stand in for the machine's own, and a long path is walked once. A file that vanished, or that
 * this kernel does not have, is simply absent: these functions know no errors.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/field.h"

#define SAL_SYSFS_TEXT 4096 /* sysfs files end there; longer ones are cut */

/* A folder, or -1; fit as dirfd for everything below. SAL_CLEANUP(sal_close_fd) closes it. */
int sal_sysfs_open(int dirfd, const char *path);

/*
 * The file's text without its newline, NUL-terminated in buf, cut to fit. Other white space stays:
 * SCSI pads names with it, and the tools show it. Returns the length; -1 if there is no such file or it cannot be read.
 */
long sal_sysfs_read(int dirfd, const char *path, char *buf, size_t size);
/* The same, in the arena; NULL when it is absent or empty. */
const char *sal_sysfs_string(struct sal_arena *arena, int dirfd, const char *path);
/* A decimal number; false when it is absent or none. */
bool sal_sysfs_u64(int dirfd, const char *path, uint64_t *ret_value);
bool sal_sysfs_i64(int dirfd, const char *path, int64_t *ret_value);
/* A number that is not 0. */
bool sal_sysfs_flag(int dirfd, const char *path);

bool sal_sysfs_exists(int dirfd, const char *path);
/* Where a symbolic link points, or NULL and errno. */
const char *sal_sysfs_link(struct sal_arena *arena, int dirfd, const char *path);
/* The last component of that. */
const char *sal_sysfs_link_name(struct sal_arena *arena, int dirfd, const char *path);
/* Names in a folder but . and .., in the kernel's order; none when it is absent. */
struct sal_strings sal_sysfs_names(struct sal_arena *arena, int dirfd, const char *path);

/*
 * Appends a file of any length, as a file of procfs must be read: to its end. Returns 0, or -errno
 * of open or read, or -EFBIG past max bytes.
 */
int sal_sysfs_slurp(struct sal_buf *buf, int dirfd, const char *path, size_t max);
/* The same, in the arena, with a NUL behind and cut at the first one; NULL when it cannot be read. */
const char *sal_sysfs_text(struct sal_arena *arena, int dirfd, const char *path, size_t max);

/*
 * Properties of a device in udev's database: file is the text of /run/udev/data/b8:0, NULL where
 * udev does not run. Returns the value of an E: line, or NULL.
 */
const char *sal_sysfs_udev_property(struct sal_arena *arena, const char *file, const char *key);
/* Resolves \xHH as udev encodes the values of its _ENC keys. In place. */
void sal_sysfs_udev_decode(char *value);
