/* registry.c - loads and saves one registry. See registry.h. */
#include "state/registry.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/crc32c.h"
#include "base/fault.h"
#include "kernel/sysfs.h"
#include "state/journal.h"

#define VERSION 1

static const char entries_key[] = "\"entries\":";

static void file_name(char *out, size_t size, const char *name, const char *suffix)
{
	snprintf(out, size, "%s.json%s", name, suffix);
}

static int header_check(json_t *file, const char *text, size_t len, const char **ret_why)
{
	const char *entries = memmem(text, len, entries_key, strlen(entries_key));
	const char *crc = json_string_value(json_object_get(file, "crc"));
	json_int_t version = json_integer_value(json_object_get(file, "version"));
	char sum[9];

	if (version > VERSION)
		return -ENOTSUP;
	*ret_why = "it is not a registry";
	if (version != VERSION || !json_is_array(json_object_get(file, "entries")) || !entries ||
	    !json_is_integer(json_object_get(file, "seq")))
		return -EINVAL;
	entries += strlen(entries_key);
	snprintf(sum, sizeof(sum), "%08x", sal_crc32c(0, entries, text + len - entries));
	*ret_why = "its checksum is wrong";
	return crc && !strcmp(crc, sum) ? 0 : -EINVAL;
}

int sal_registry_parse(const char *text, size_t len, json_t **ret_entries, uint64_t *ret_seq,
		       const char **ret_why)
{
	json_t *file = json_loadb(text, len, JSON_REJECT_DUPLICATES, NULL), *entries, *entry;
	size_t i;
	int r;

	*ret_why = "it is not JSON";
	r = file ? header_check(file, text, len, ret_why) : -EINVAL;
	if (r < 0) {
		json_decref(file);
		return r;
	}
	entries = json_object();
	json_array_foreach (json_object_get(file, "entries"), i, entry) {
		const char *key = json_string_value(json_object_get(entry, "key"));

		if (key)
			json_object_set(entries, key, entry);
	}
	*ret_entries = entries;
	*ret_seq = json_integer_value(json_object_get(file, "seq"));
	json_decref(file);
	return 0;
}

int sal_registry_load(struct sal_registry *registry, int dir, json_t *problems,
		      struct sal_error *err)
{
	SAL_CLEANUP(sal_buf_done) struct sal_buf text = SAL_BUF_EMPTY;
	const char *why = NULL;
	char name[64];
	int r;

	file_name(name, sizeof(name), registry->name, "");
	r = sal_sysfs_slurp(&text, dir, name, SAL_JOURNAL_MAX);
	if (r == 0)
		r = sal_registry_parse(text.data ? text.data : "", text.len, &registry->entries,
				       &registry->seq, &why);
	if (r == -ENOTSUP)
		return sal_fail(err, SAL_UNSUPPORTED,
				"%s is of a version newer than %d, written by a newer SAL", name,
				VERSION);
	if (r < 0 && r != -ENOENT)
		sal_state_quarantine(dir, name, false, why ? why : strerror(-r), problems);
	if (r < 0)
		registry->entries = json_object();
	return 0;
}

static void text_write(const struct sal_registry *registry, uint64_t seq, const char *boot_id,
		       struct sal_buf *ret_text)
{
	SAL_CLEANUP(sal_buf_done) struct sal_buf entries = SAL_BUF_EMPTY;
	const char *key, *comma = "[\n";
	json_t *entry;

	json_object_foreach (registry->entries, key, entry) {
		char *line = json_dumps(entry, JSON_COMPACT);

		sal_buf_puts(&entries, comma);
		sal_buf_puts(&entries, line);
		free(line);
		comma = ",\n";
	}
	sal_buf_puts(&entries, json_object_size(registry->entries) ? "\n]}\n" : "[]}\n");
	sal_buf_printf(ret_text,
		       "{\"version\":%d,\"seq\":%llu,\"boot_id\":\"%s\",\"crc\":\"%08x\",%s",
		       VERSION, (unsigned long long)seq, boot_id,
		       sal_crc32c(0, entries.data, entries.len), entries_key);
	sal_buf_put(ret_text, entries.data, entries.len);
}

static int file_write(int dir, const char *name, const struct sal_buf *text)
{
	SAL_CLEANUP(sal_close_fd)
	int fd = openat(dir, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	size_t done = 0;

	if (fd < 0)
		return -errno;
	while (done < text->len) {
		ssize_t n = write(fd, text->data + done, text->len - done);

		if (n < 0)
			return -errno;
		done += n;
	}
	return fsync(fd) < 0 ? -errno : 0;
}

int sal_registry_save(struct sal_registry *registry, int dir, uint64_t seq, const char *boot_id,
		      struct sal_error *err)
{
	SAL_CLEANUP(sal_buf_done) struct sal_buf text = SAL_BUF_EMPTY;
	char name[64], fresh[64];
	int r = sal_fault("registry.save");

	file_name(name, sizeof(name), registry->name, "");
	file_name(fresh, sizeof(fresh), registry->name, ".new");
	if (r == 0) {
		text_write(registry, seq, boot_id, &text);
		r = file_write(dir, fresh, &text);
	}
	if (r == 0)
		r = sal_fault("registry.rename");
	if (r == 0 && (renameat(dir, fresh, dir, name) < 0 || fsync(dir) < 0))
		r = -errno;
	if (r < 0) {
		unlinkat(dir, fresh, 0);
		return sal_fail_errno(err, -r, "cannot save the registry %s", registry->name);
	}
	registry->seq = seq;
	registry->dirty = false;
	return 0;
}

void sal_registry_done(struct sal_registry *registry)
{
	json_decref(registry->entries);
	registry->entries = NULL;
}

void sal_registry_put(struct sal_registry *registry, const char *key, json_t *entry)
{
	if (entry)
		json_object_set(registry->entries, key, entry);
	else
		json_object_del(registry->entries, key);
	registry->dirty = true;
}
