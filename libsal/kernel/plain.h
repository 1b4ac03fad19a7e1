/*
 * plain.h - reading files that other programs keep: leases, states, ids.
 *
 * Nothing that stands where such a file is expected may hold us up or lead us elsewhere: only a
 * regular file is read, no symbolic link is followed, nothing is waited for, and no more than max
 * bytes are taken.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"

struct sal_plain {
	const char *data; /* in the arena, a NUL behind it; it may hold NULs itself */
	size_t len;
	int64_t mtime; /* seconds */
};

/* 0, or -errno: -ELOOP for a symbolic link, -EISDIR, -ENOTSUP for what is no file, -EFBIG. */
int sal_plain_read(struct sal_arena *arena, int dirfd, const char *path, size_t max,
		   struct sal_plain *ret_file);
