/* folder.c - finds or makes the state folder and locks it. See folder.h. */
#include "state/folder.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

static int path_default(char *path, size_t size, struct sal_error *err)
{
	const char *state = getenv("XDG_STATE_HOME"), *home = getenv("HOME");
	int len;

	if (geteuid() == 0)
		len = snprintf(path, size, "/var/lib/sal");
	else if (state && *state == '/')
		len = snprintf(path, size, "%s/sal", state);
	else if (home && *home == '/')
		len = snprintf(path, size, "%s/.local/state/sal", home);
	else
		return sal_fail(err, SAL_INVALID_PARAMS,
				"no state folder: name one with --state-dir, or set HOME");
	if (len < 0 || (size_t)len >= size)
		return sal_fail_errno(err, ENAMETOOLONG, "the state folder's path");
	return 0;
}

/* Creates the folders above path; those that stand are left as they are. */
static int parents_make(char *path, struct sal_error *err)
{
	for (char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		int r;

		*slash = '\0';
		r = mkdir(path, 0755) ? -errno : 0;
		if (r < 0 && r != -EEXIST)
			sal_fail_errno(err, -r, "cannot create the folder %s", path);
		*slash = '/';
		if (r < 0 && r != -EEXIST)
			return r;
	}
	return 0;
}

static int folder_judge(int fd, const char *path, struct sal_error *err)
{
	struct stat st;

	if (fstat(fd, &st))
		return sal_fail_errno(err, errno, "cannot look at the state folder %s", path);
	if (st.st_uid != geteuid() && st.st_uid != 0)
		return sal_fail(err, SAL_REFUSED, "the state folder %s belongs to another user",
				path);
	if (st.st_mode & (S_IWGRP | S_IWOTH))
		return sal_fail(err, SAL_REFUSED, "the state folder %s is writable by others",
				path);
	if (flock(fd, LOCK_EX | LOCK_NB) == 0)
		return 0;
	if (errno == EWOULDBLOCK)
		return sal_fail(err, SAL_BUSY, "another daemon holds the state folder %s", path);
	return sal_fail_errno(err, errno, "cannot lock the state folder %s", path);
}

int sal_state_folder_open(const char *path, struct sal_error *err)
{
	char folder[PATH_MAX];
	size_t len;
	int fd, r;

	r = path ? 0 : path_default(folder, sizeof(folder), err);
	if (r < 0)
		return r;
	if (path && snprintf(folder, sizeof(folder), "%s", path) >= (int)sizeof(folder))
		return sal_fail_errno(err, ENAMETOOLONG, "the state folder's path");
	for (len = strlen(folder); len > 1 && folder[len - 1] == '/'; len--)
		folder[len - 1] = '\0';
	r = parents_make(folder, err);
	if (r < 0)
		return r;
	if (mkdir(folder, 0700) && errno != EEXIST)
		return sal_fail_errno(err, errno, "cannot create the state folder %s", folder);
	fd = open(folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return sal_fail_errno(err, errno, "cannot open the state folder %s", folder);
	r = folder_judge(fd, folder, err);
	if (r < 0) {
		close(fd);
		return r;
	}
	return fd;
}
