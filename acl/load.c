/*
 * load.c - the ACL file, read only if it is fit to decide who rules the machine.
 *
 * Checks the file itself through the one descriptor it is then read from; compile.c understands the
 * text. Called at start, on SIGHUP and by --check-acl.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "acl/entry.h"
#include "acl/policy.h"
#include "base/arena.h"
#include "base/error.h"
#include "base/macros.h"

static int file_open(const char *path, int *ret_fd, struct sal_error *err)
{
	/* O_NONBLOCK: a FIFO in its place must not hold us. */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);

	if (fd < 0 && errno == ELOOP)
		return sal_fail(err, SAL_INVALID_PARAMS,
				"%s: is a symbolic link; name the file it points to", path);
	if (fd < 0)
		return sal_fail_errno(err, errno, "%s: cannot open it", path);
	*ret_fd = fd;
	return 0;
}

static int file_check(const char *path, const struct stat *st, struct sal_error *err)
{
	struct acl_unmapped unmapped;

	acl_unmapped_read(&unmapped);
	if (!S_ISREG(st->st_mode))
		return sal_fail(err, SAL_INVALID_PARAMS, "%s: is not a regular file", path);
	if (st->st_uid == unmapped.uid || (st->st_uid != 0 && st->st_uid != geteuid()))
		return sal_fail(err, SAL_INVALID_PARAMS,
				"%s: is owned by uid %u, neither root nor this process's user %u",
				path, st->st_uid, geteuid());
	if (st->st_mode & (S_IWGRP | S_IWOTH))
		return sal_fail(err, SAL_INVALID_PARAMS,
				"%s: others than its owner may write to it (mode %04o): chmod go-w",
				path, st->st_mode & 07777);
	if (st->st_size > ACL_FILE_MAX)
		return sal_fail(err, SAL_LIMIT, "%s: has %lld bytes, more than %d", path,
				(long long)st->st_size, ACL_FILE_MAX);
	return 0;
}

/* Reads the whole file, which must stay as it is meanwhile: half an ACL may say the opposite. */
static int file_read(const char *path, int fd, const struct stat *before, char *text,
		     struct sal_error *err)
{
	size_t size = (size_t)before->st_size, len = 0;
	struct stat after;

	for (;;) {
		/* One byte more than expected is asked for, to see a file that grew. */
		ssize_t n = read(fd, text + len, size + 1 - len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return sal_fail_errno(err, errno, "%s: cannot read it", path);
		if (n == 0)
			break;
		len += (size_t)n;
		if (len > size)
			break;
	}
	if (fstat(fd, &after) < 0)
		return sal_fail_errno(err, errno, "%s: cannot stat it", path);
	if (len != size || after.st_size != before->st_size ||
	    after.st_mtim.tv_sec != before->st_mtim.tv_sec ||
	    after.st_mtim.tv_nsec != before->st_mtim.tv_nsec)
		return sal_fail(err, SAL_BUSY, "%s: was changed while it was read; try again",
				path);
	return 0;
}

int acl_policy_load(const char *path, struct acl_policy **ret_policy, struct sal_buf *warnings,
		    struct sal_error *err)
{
	SAL_CLEANUP(sal_close_fd) int fd = -1;
	SAL_CLEANUP(sal_free_ptr) char *text = NULL;
	struct stat st;
	int r;

	r = file_open(path, &fd, err);
	if (r < 0)
		return r;
	if (fstat(fd, &st) < 0)
		return sal_fail_errno(err, errno, "%s: cannot stat it", path);
	r = file_check(path, &st, err);
	if (r < 0)
		return r;
	text = malloc((size_t)st.st_size + 1);
	if (!text)
		sal_oom();
	r = file_read(path, fd, &st, text, err);
	if (r < 0)
		return r;
	return acl_policy_parse(text, (size_t)st.st_size, path, ret_policy, warnings, err);
}
