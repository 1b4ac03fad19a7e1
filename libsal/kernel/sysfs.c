/*
 * sysfs.c - reading small files of the kernel with few system calls.
 *
 * Used by kernel/blk, kernel/mnt, vol/ and net/. It knows no file by name: what an attribute means
 * is said where it is read. Nothing here writes.
 */
#include "kernel/sysfs.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/macros.h"

int sal_sysfs_open(int dirfd, const char *path)
{
	return openat(dirfd, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

long sal_sysfs_read(int dirfd, const char *path, char *buf, size_t size)
{
	int fd = openat(dirfd, path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	ssize_t len;

	if (fd < 0)
		return -1;
	/* sysfs and procfs give such files in one read; a signal cannot cut it short. */
	do {
		len = read(fd, buf, size - 1);
	} while (len < 0 && errno == EINTR);
	close(fd);
	if (len < 0)
		return -1;
	if (len && buf[len - 1] == '\n')
		len--;
	buf[len] = '\0';
	return len;
}

const char *sal_sysfs_string(struct sal_arena *arena, int dirfd, const char *path)
{
	char buf[SAL_SYSFS_TEXT];

	if (sal_sysfs_read(dirfd, path, buf, sizeof(buf)) <= 0)
		return NULL;
	return sal_arena_strdup(arena, buf);
}

bool sal_sysfs_u64(int dirfd, const char *path, uint64_t *ret_value)
{
	char buf[32], *end;
	unsigned long long value;

	if (sal_sysfs_read(dirfd, path, buf, sizeof(buf)) <= 0 || !isdigit((unsigned char)*buf))
		return false;
	errno = 0;
	value = strtoull(buf, &end, 10);
	if (errno || *end)
		return false;
	*ret_value = value;
	return true;
}

bool sal_sysfs_i64(int dirfd, const char *path, int64_t *ret_value)
{
	char buf[32], *end;
	long long value;

	if (sal_sysfs_read(dirfd, path, buf, sizeof(buf)) <= 0)
		return false;
	errno = 0;
	value = strtoll(buf, &end, 10);
	if (errno || *end)
		return false;
	*ret_value = value;
	return true;
}

bool sal_sysfs_flag(int dirfd, const char *path)
{
	uint64_t value;

	return sal_sysfs_u64(dirfd, path, &value) && value;
}

bool sal_sysfs_exists(int dirfd, const char *path)
{
	return !faccessat(dirfd, path, F_OK, 0);
}

const char *sal_sysfs_link(struct sal_arena *arena, int dirfd, const char *path)
{
	char buf[PATH_MAX];
	ssize_t len = readlinkat(dirfd, path, buf, sizeof(buf));

	if (len <= 0 || (size_t)len == sizeof(buf))
		return NULL;
	return sal_arena_strndup(arena, buf, len);
}

const char *sal_sysfs_link_name(struct sal_arena *arena, int dirfd, const char *path)
{
	const char *link = sal_sysfs_link(arena, dirfd, path);
	const char *slash = link ? strrchr(link, '/') : NULL;

	return slash ? slash + 1 : link;
}

struct sal_strings sal_sysfs_names(struct sal_arena *arena, int dirfd, const char *path)
{
	struct sal_strings names = { 0 };
	const char **items = NULL;
	int fd = sal_sysfs_open(dirfd, path);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *entry;
	size_t room = 0;

	if (!dir) {
		sal_close_fd(&fd);
		return names;
	}
	while ((entry = readdir(dir))) {
		if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, ".."))
			continue;
		if (names.len == room) {
			const char **grown;

			room = room ? room * 2 : 16;
			grown = sal_arena_array(arena, room, sizeof(*grown));
			if (names.len)
				memcpy(grown, items, names.len * sizeof(*grown));
			items = grown;
		}
		items[names.len++] = sal_arena_strdup(arena, entry->d_name);
	}
	closedir(dir);
	names.items = items;
	return names;
}

int sal_sysfs_slurp(struct sal_buf *buf, int dirfd, const char *path, size_t max)
{
	SAL_CLEANUP(sal_close_fd) int fd = openat(dirfd, path, O_RDONLY | O_CLOEXEC);
	size_t start = buf->len;

	if (fd < 0)
		return -errno;
	for (;;) {
		char *at = sal_buf_reserve(buf, 64 * 1024);
		ssize_t len = read(fd, at, buf->cap - buf->len);

		if (len < 0 && errno == EINTR)
			continue;
		if (len < 0)
			return -errno;
		if (!len)
			return 0;
		buf->len += len;
		if (buf->len - start > max)
			return -EFBIG;
	}
}

const char *sal_sysfs_udev_property(struct sal_arena *arena, const char *file, const char *key)
{
	size_t len = strlen(key);

	for (const char *line = file; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (strncmp(line, "E:", 2) || strncmp(line + 2, key, len) || line[2 + len] != '=')
			continue;
		line += 2 + len + 1;
		return sal_arena_strndup(arena, line, strcspn(line, "\n"));
	}
	return NULL;
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = tolower((unsigned char)c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

void sal_sysfs_udev_decode(char *value)
{
	char *to = value;

	for (const char *from = value; *from; to++) {
		if (from[0] == '\\' && from[1] == 'x' && hex_digit(from[2]) >= 0 &&
		    hex_digit(from[3]) >= 0) {
			*to = hex_digit(from[2]) << 4 | hex_digit(from[3]);
			from += 4;
		} else {
			*to = *from++;
		}
	}
	*to = '\0';
}
