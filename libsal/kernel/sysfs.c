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

	if (len >= 0 && (!len || (size_t)len == sizeof(buf))) {
		errno = ENAMETOOLONG;
		return NULL;
	}
	return len < 0 ? NULL : sal_arena_strndup(arena, buf, len);
}

const char *sal_sysfs_link_name(struct sal_arena *arena, int dirfd, const char *path)
{
	const char *link = sal_sysfs_link(arena, dirfd, path);
	const char *slash = link ? strrchr(link, '/') : NULL;

	return slash ? slash + 1 : link;
}

static void names_add(struct sal_arena *arena, struct sal_strings *names, size_t *room,
		      const char *name)
{
	const char **items = (const char **)names->items;

	if (names->len == *room) {
		*room = *room ? *room * 2 : 16;
		items = sal_arena_array(arena, *room, sizeof(*items));
		if (names->len)
			memcpy(items, names->items, names->len * sizeof(*items));
		names->items = items;
	}
	items[names->len++] = sal_arena_strdup(arena, name);
}

/* getdents64() itself: most folders here are empty, and a DIR costs more than they do. */
struct sal_strings sal_sysfs_names(struct sal_arena *arena, int dirfd, const char *path)
{
	_Alignas(struct dirent64) char buf[8192];
	SAL_CLEANUP(sal_close_fd) int fd = sal_sysfs_open(dirfd, path);
	struct sal_strings names = { 0 };
	size_t room = 0;
	ssize_t len;

	if (fd < 0)
		return names;
	while ((len = getdents64(fd, buf, sizeof(buf))) > 0) {
		for (ssize_t at = 0; at < len;) {
			const struct dirent64 *entry = (const struct dirent64 *)(buf + at);

			at += entry->d_reclen;
			if (strcmp(entry->d_name, ".") && strcmp(entry->d_name, ".."))
				names_add(arena, &names, &room, entry->d_name);
		}
	}
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

const char *sal_sysfs_text(struct sal_arena *arena, int dirfd, const char *path, size_t max)
{
	struct sal_buf text SAL_CLEANUP(sal_buf_done) = SAL_BUF_EMPTY;

	if (sal_sysfs_slurp(&text, dirfd, path, max) < 0)
		return NULL;
	return sal_arena_strndup(arena, text.data ? text.data : "", text.len);
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
