/*
 * source.c - the table of sources, and the walk over their folders.
 *
 * What stands in a folder is read by kernel/plain.h and handed to the source's parser. A file that
 * cannot be used is a problem in the answer, never a failure of the call.
 */
#include "net/lease/lease.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "kernel/plain.h"
#include "kernel/sysfs.h"

#define FILES_MAX 1024 /* of a folder */

const struct sal_lease_source *const sal_lease_sources[] = {
	/* Who holds a link first: parsers of leases ask for that. */
	&sal_lease_networkd_links,
	&sal_lease_networkmanager_devices,
	&sal_lease_networkd,
	&sal_lease_networkmanager,
	&sal_lease_networkmanager_run,
	&sal_lease_networkmanager_dhclient,
	&sal_lease_dhclient,
	&sal_lease_dhclient_redhat,
	&sal_lease_dhcpcd,
	&sal_lease_initramfs,
	NULL,
};

static const char *reason_of(int r)
{
	switch (r) {
	case -ELOOP:
		return "a symbolic link, which is not followed";
	case -EISDIR:
		return "a folder, not a file";
	case -ENOTSUP:
		return "not a regular file";
	case -EFBIG:
		return "larger than 1 MiB";
	}
	return NULL;
}

/* The line on which the first NUL stands; 0 when there is none. */
static unsigned nul_line(const char *data, size_t len)
{
	const char *nul = memchr(data, '\0', len);
	unsigned line = 1;

	if (!nul)
		return 0;
	for (const char *p = data; (p = memchr(p, '\n', nul - p)); p++)
		line++;
	return line;
}

static void file_read(struct sal_leases *leases, const struct sal_lease_source *source,
		      const char *name)
{
	char *path = sal_arena_printf(leases->arena, "/%s/%s", source->folder, name);
	struct sal_lease_file file = { .source = source, .path = path, .name = name };
	struct sal_plain plain;
	int r = sal_plain_read(leases->arena, leases->root, path + 1, SAL_LEASE_FILE_MAX, &plain);
	const char *reason = reason_of(r);
	unsigned line;

	if (r == -ENOENT || r == -ENOTDIR)
		return; /* gone since it was listed */
	if (r < 0 && reason) {
		sal_lease_problem(leases, path, 0, "%s", reason);
		return;
	}
	if (r < 0) {
		const char *errno_name = sal_errno_name(-r);

		sal_lease_problem(leases, path, 0, "cannot be read: %s",
				  errno_name ? errno_name : "unknown error");
		return;
	}
	line = source->text ? nul_line(plain.data, plain.len) : 0;
	if (line) {
		sal_lease_problem(leases, path, line, "a NUL byte in a text file");
		return;
	}
	file.data = plain.data;
	file.len = plain.len;
	file.mtime = plain.mtime;
	source->parse(leases, &file);
}

static int name_compare(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void source_read(struct sal_leases *leases, const struct sal_lease_source *source)
{
	struct sal_strings names = sal_sysfs_names(leases->arena, leases->root, source->folder);
	const char **wanted = sal_arena_array(leases->arena, names.len, sizeof(*wanted));
	size_t n = 0;

	for (size_t i = 0; i < names.len; i++) {
		if (source->wanted(names.items[i]))
			wanted[n++] = names.items[i];
	}
	qsort(wanted, n, sizeof(*wanted), name_compare);
	if (n > FILES_MAX) {
		sal_lease_problem(leases, sal_arena_printf(leases->arena, "/%s", source->folder), 0,
				  "more than %u files: the rest is not read", FILES_MAX);
		n = FILES_MAX;
	}
	for (size_t i = 0; i < n; i++)
		file_read(leases, source, wanted[i]);
}

void sal_leases_read(struct sal_leases *leases)
{
	for (size_t i = 0; sal_lease_sources[i]; i++)
		source_read(leases, sal_lease_sources[i]);
	sal_leases_join(leases);
}

int sal_leases_collect(struct sal_leases *leases, struct sal_arena *arena, int root,
		       struct sal_nl *nl, struct sal_error *err)
{
	struct timespec now, up, run;
	int r;

	clock_gettime(CLOCK_REALTIME, &now);
	clock_gettime(CLOCK_BOOTTIME, &up);
	clock_gettime(CLOCK_MONOTONIC, &run);
	*leases = (struct sal_leases){
		.arena = arena,
		.root = root,
		.now = now.tv_sec,
		.booted = now.tv_sec - up.tv_sec,
		.ticks = (uint32_t)(run.tv_sec * 100 + run.tv_nsec / 10000000),
	};
	r = sal_lease_kernel_read(leases, nl, err);
	if (r < 0)
		return r;
	sal_leases_read(leases);
	return 0;
}
