/* plain.c - reading files that other programs keep. See plain.h. */
#include "kernel/plain.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/macros.h"

static int kind_check(const struct stat *st)
{
	if (S_ISREG(st->st_mode))
		return 0;
	return S_ISLNK(st->st_mode) ? -ELOOP : S_ISDIR(st->st_mode) ? -EISDIR : -ENOTSUP;
}

/* Looked at before it is opened, since to open a device may already do something to it. */
static int plain_open(int dirfd, const char *path, struct stat *st)
{
	int fd, r;

	if (fstatat(dirfd, path, st, AT_SYMLINK_NOFOLLOW) < 0)
		return -errno;
	r = kind_check(st);
	if (r < 0)
		return r;
	fd = openat(dirfd, path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
	if (fd < 0)
		return -errno;
	r = fstat(fd, st) < 0 ? -errno : kind_check(st);
	if (r < 0) {
		close(fd);
		return r;
	}
	return fd;
}

int sal_plain_read(struct sal_arena *arena, int dirfd, const char *path, size_t max,
		   struct sal_plain *ret_file)
{
	struct stat st;
	SAL_CLEANUP(sal_close_fd) int fd = plain_open(dirfd, path, &st);
	size_t room, len = 0;
	char *data;

	if (fd < 0)
		return fd;
	if ((uint64_t)st.st_size > max)
		return -EFBIG;
	/* It may grow while it is read; a byte more shows that. */
	room = SAL_MIN((size_t)st.st_size + 4096, max + 1);
	data = sal_arena_alloc(arena, room + 1);
	while (len < room) {
		ssize_t n = read(fd, data + len, room - len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (!n)
			break;
		len += n;
	}
	if (len > max)
		return -EFBIG;
	data[len] = '\0';
	*ret_file = (struct sal_plain){ .data = data, .len = len, .mtime = st.st_mtime };
	return 0;
}
