/* kconfig.c - the kernel's configuration from /proc/config.gz or a plain file. See kconfig.h. */
#include "kernel/kconfig.h"

#include <fcntl.h>
#include <string.h>
#include <zlib.h>

#define TEXT_MAX ((size_t)4 * 1024 * 1024) /* Debian's has 270 KiB */

/* zlib passes on what is not compressed as it is. */
static bool file_inflate(struct sal_buf *text, const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), n = 0;
	gzFile file = fd < 0 ? NULL : gzdopen(fd, "rb");
	size_t start = text->len;

	if (!file) {
		sal_close_fd(&fd);
		return false;
	}
	while (text->len - start < TEXT_MAX) {
		n = gzread(file, sal_buf_reserve(text, 64 * 1024), 64 * 1024);
		if (n <= 0)
			break;
		text->len += n;
	}
	gzclose(file);
	sal_buf_putc(text, '\0');
	/* Wholly read, and what it claims to be: every kernel that runs us has networking. */
	if (n == 0 && strstr(text->data + start, "\nCONFIG_NET=y\n"))
		return true;
	text->len = start;
	return false;
}

bool sal_kconfig_read(struct sal_buf *text, struct sal_arena *arena, const char *release,
		      const char **ret_path)
{
	const char *paths[] = {
		"/proc/config.gz",
		sal_arena_printf(arena, "/boot/config-%s", release),
		sal_arena_printf(arena, "/lib/modules/%s/config", release),
	};

	for (size_t i = 0; i < SAL_ARRAY_LEN(paths); i++) {
		if (file_inflate(text, paths[i])) {
			*ret_path = paths[i];
			return true;
		}
	}
	return false;
}
