/* names.c - see names.h. */
#include "net/nft/names.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "kernel/sysfs.h"

#define FILE_MAX_BYTES (256 * 1024)
#define CGROUP_ROOT    "/sys/fs/cgroup"
#define CGROUP_DEPTH   16
#define CGROUP_LOOKS   100000 /* entries looked at in a call before the search is given up */
#define CGROUP_OPEN    (O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW)

static const char *const paths[] = {
	[SAL_NFT_NAMES_PROTOCOL] = "/etc/protocols",
	[SAL_NFT_NAMES_MARK] = "/etc/iproute2/rt_marks",
	[SAL_NFT_NAMES_GROUP] = "/etc/iproute2/group",
	[SAL_NFT_NAMES_REALM] = "/etc/iproute2/rt_realms",
	[SAL_NFT_NAMES_LABEL] = "/etc/connlabel.conf",
};

void sal_nft_names_init(struct sal_nft_names *names, struct sal_ifnames *ifnames)
{
	memset(names, 0, sizeof(*names));
	sal_arena_init(&names->arena);
	names->ifnames = ifnames;
}

void sal_nft_names_done(struct sal_nft_names *names)
{
	sal_arena_done(&names->arena);
}

static void entry_add(struct sal_nft_names *names, enum sal_nft_names_kind kind, uint32_t id,
		      const char *name)
{
	struct sal_nft_names_entry *entry = sal_arena_zalloc(&names->arena, sizeof(*entry));

	entry->id = id;
	entry->name = sal_arena_strdup(&names->arena, name);
	if (names->kinds[kind].last)
		names->kinds[kind].last->next = entry;
	else
		names->kinds[kind].first = entry;
	names->kinds[kind].last = entry;
}

/* Decimal, or hexadecimal with 0x, whole. */
static bool number_read(const char *text, uint32_t *ret_id)
{
	bool hex = text[0] == '0' && text[1] == 'x';
	unsigned long long value;
	char *end;

	if (text[0] < '0' || text[0] > '9')
		return false;
	errno = 0;
	value = strtoull(text, &end, hex ? 16 : 10);
	if (*end || errno || value > UINT32_MAX)
		return false;
	*ret_id = (uint32_t)value;
	return true;
}

void sal_nft_names_parse(struct sal_nft_names *names, enum sal_nft_names_kind kind, char *text)
{
	char *rest_of_text, *rest;

	for (char *line = strtok_r(text, "\n", &rest_of_text); line;
	     line = strtok_r(NULL, "\n", &rest_of_text)) {
		char *first = strtok_r(line, " \t\r", &rest), *second;
		uint32_t id;

		if (!first || *first == '#')
			continue;
		second = strtok_r(NULL, " \t\r", &rest);
		if (!second)
			continue;
		if (kind == SAL_NFT_NAMES_PROTOCOL && number_read(second, &id))
			entry_add(names, kind, id, first);
		else if (kind != SAL_NFT_NAMES_PROTOCOL && number_read(first, &id))
			entry_add(names, kind, id, second);
	}
}

static void kind_load(struct sal_nft_names *names, enum sal_nft_names_kind kind)
{
	struct sal_buf text SAL_CLEANUP(sal_buf_done) = SAL_BUF_EMPTY;

	names->kinds[kind].loaded = true;
	if (sal_sysfs_slurp(&text, AT_FDCWD, paths[kind], FILE_MAX_BYTES) < 0)
		return;
	sal_buf_putc(&text, '\0');
	sal_nft_names_parse(names, kind, text.data);
}

const char *sal_nft_names_get(struct sal_nft_names *names, enum sal_nft_names_kind kind,
			      uint32_t id)
{
	if (!names->kinds[kind].loaded)
		kind_load(names, kind);
	for (const struct sal_nft_names_entry *e = names->kinds[kind].first; e; e = e->next) {
		if (e->id == id)
			return e->name;
	}
	return NULL;
}

/* The path below dirfd of the entry with that inode number, or NULL. Closes dirfd. */
static const char *cgroup_search(struct sal_nft_names *names, uint64_t id, int dirfd,
				 const char *path, unsigned depth)
{
	DIR *dir = dirfd < 0 ? NULL : fdopendir(dirfd);
	const char *found = NULL;
	struct dirent *entry;

	if (!dir) {
		sal_close_fd(&dirfd);
		return NULL;
	}
	while (!found && names->cgroup_looks < CGROUP_LOOKS && (entry = readdir(dir))) {
		const char *name = entry->d_name, *below;

		names->cgroup_looks++;
		if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
			continue;
		if (entry->d_ino != id && entry->d_type != DT_DIR)
			continue;
		below = sal_arena_printf(&names->arena, "%s%s%s", path, *path ? "/" : "", name);
		if (entry->d_ino == id)
			found = below;
		else if (depth)
			found = cgroup_search(names, id, openat(dirfd, name, CGROUP_OPEN), below,
					      depth - 1);
	}
	closedir(dir);
	return found;
}

const char *sal_nft_names_cgroup(struct sal_nft_names *names, uint64_t id)
{
	struct sal_nft_names_cgroup *cgroup = names->cgroups;

	while (cgroup && cgroup->id != id)
		cgroup = cgroup->next;
	if (cgroup)
		return cgroup->path;
	cgroup = sal_arena_zalloc(&names->arena, sizeof(*cgroup));
	cgroup->id = id;
	cgroup->path = cgroup_search(names, id, open(CGROUP_ROOT, CGROUP_OPEN), "", CGROUP_DEPTH);
	cgroup->next = names->cgroups;
	names->cgroups = cgroup;
	return cgroup->path;
}
