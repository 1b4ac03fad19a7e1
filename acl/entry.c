/*
 * entry.c - the identities an ACL file may name; see entry.h.
 *
 * User and group names become numbers here, once a load: the kernel knows peers by number only.
 */
#include "acl/entry.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/macros.h"

#define LOOKUP_MAX  (16u * 1024 * 1024) /* bytes for one record of a user or group database */
#define OVERFLOW_ID 65534 /* DEFAULT_OVERFLOWUID of linux/highuid.h */

static uint32_t overflow_id_read(const char *path)
{
	char text[16];
	SAL_CLEANUP(sal_close_fd) int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);

	if (n <= 0)
		return OVERFLOW_ID;
	text[n] = '\0';
	return (uint32_t)strtoul(text, NULL, 10);
}

void acl_unmapped_read(struct acl_unmapped *ret_unmapped)
{
	ret_unmapped->uid = overflow_id_read("/proc/sys/kernel/overflowuid");
	ret_unmapped->gid = overflow_id_read("/proc/sys/kernel/overflowgid");
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

bool acl_hash_parse(const char *text, size_t len, uint8_t ret_hash[static ACL_HASH_SIZE])
{
	uint8_t hash[ACL_HASH_SIZE];

	if (len != 2 * ACL_HASH_SIZE)
		return false;
	for (size_t i = 0; i < ACL_HASH_SIZE; i++) {
		int high = hex_digit(text[2 * i]), low = hex_digit(text[2 * i + 1]);

		if (high < 0 || low < 0)
			return false;
		hash[i] = (uint8_t)(high << 4 | low);
	}
	memcpy(ret_hash, hash, sizeof(hash));
	return true;
}

/* Strict: digits only, no leading zero, and 4294967295 is no id but "none" (chown(2)). */
static bool id_parse(const char *text, uint32_t *ret_id)
{
	uint64_t id = 0;
	size_t len = strlen(text);

	if (!len || len > 10 || (text[0] == '0' && len > 1))
		return false;
	for (size_t i = 0; i < len; i++) {
		if (text[i] < '0' || text[i] > '9')
			return false;
		id = id * 10 + (uint64_t)(text[i] - '0');
	}
	if (id >= UINT32_MAX)
		return false;
	*ret_id = (uint32_t)id;
	return true;
}

/* One lookup in a buffer of that size: 0, or ENOENT, or ERANGE if it is too small, or an errno. */
static int user_lookup(const char *name, char *buf, size_t size, uint32_t *ret_id)
{
	struct passwd pwd, *found = NULL;
	int errnum = getpwnam_r(name, &pwd, buf, size, &found);

	if (!found)
		return errnum ? errnum : ENOENT;
	*ret_id = found->pw_uid;
	return 0;
}

static int group_lookup(const char *name, char *buf, size_t size, uint32_t *ret_id)
{
	struct group grp, *found = NULL;
	int errnum = getgrnam_r(name, &grp, buf, size, &found);

	if (!found)
		return errnum ? errnum : ENOENT;
	*ret_id = found->gr_gid;
	return 0;
}

static int name_lookup(const char *name, bool group, uint32_t *ret_id)
{
	int errnum = ERANGE;

	for (size_t size = 4096; errnum == ERANGE && size <= LOOKUP_MAX; size *= 4) {
		SAL_CLEANUP(sal_free_ptr) char *buf = malloc(size);

		if (!buf)
			sal_oom();
		errnum = group ? group_lookup(name, buf, size, ret_id)
			       : user_lookup(name, buf, size, ret_id);
	}
	return errnum;
}

static enum acl_entry_result name_parse(const char *name, bool group, uint32_t *ret_id,
					struct sal_buf *why)
{
	const char *noun = group ? "group" : "user";
	int errnum;

	if (!*name || strlen(name) > 256) {
		sal_buf_printf(why, "a %s's name has 1 to 256 bytes", noun);
		return ACL_ENTRY_WRONG;
	}
	errnum = name_lookup(name, group, ret_id);
	if (!errnum)
		return ACL_ENTRY_FINE;
	/* getpwnam(3) lists these as other ways to say that there is none. */
	if (errnum == ENOENT || errnum == ESRCH || errnum == EBADF || errnum == EPERM)
		sal_buf_printf(why, "this system has no %s named %s, so it matches nobody", noun,
			       name);
	else
		sal_buf_printf(why, "cannot look up %s %s (errno %d), so it matches nobody", noun,
			       name, errnum);
	return ACL_ENTRY_WARN;
}

static enum acl_entry_result local_parse(const char *text, bool group, bool named,
					 uint32_t unmapped, struct acl_entry *ret_entry,
					 struct sal_buf *why)
{
	enum acl_entry_result result = ACL_ENTRY_FINE;
	uint32_t id = 0;

	if (named) {
		result = name_parse(text, group, &id, why);
	} else if (!id_parse(text, &id)) {
		sal_buf_printf(why, "expected %s: and a number from 0 to 4294967294",
			       group ? "gid" : "uid");
		result = ACL_ENTRY_WRONG;
	}
	if (result != ACL_ENTRY_FINE)
		return result;
	if (id == unmapped || id == UINT32_MAX) {
		sal_buf_printf(why,
			       "%s %u stands for whoever the kernel cannot name, so it matches "
			       "nobody",
			       group ? "gid" : "uid", id);
		return ACL_ENTRY_WARN;
	}
	ret_entry->kind = group ? ACL_ENTRY_GID : ACL_ENTRY_UID;
	ret_entry->id = id;
	return ACL_ENTRY_FINE;
}

static enum acl_entry_result hash_entry_parse(const char *text, enum acl_entry_kind kind,
					      struct acl_entry *ret_entry, struct sal_buf *why)
{
	if (!acl_hash_parse(text, strlen(text), ret_entry->hash)) {
		sal_buf_puts(why, "expected 64 hex digits");
		return ACL_ENTRY_WRONG;
	}
	ret_entry->kind = kind;
	return ACL_ENTRY_FINE;
}

/* The rest of text behind a prefix, or NULL. */
static const char *behind(const char *text, const char *prefix)
{
	size_t len = strlen(prefix);

	return strncmp(text, prefix, len) ? NULL : text + len;
}

enum acl_entry_result acl_entry_parse(const char *text, const struct acl_unmapped *unmapped,
				      struct acl_entry *ret_entry, struct sal_buf *why)
{
	static const struct {
		const char *prefix;
		bool group, named;
	} locals[] = {
		{ "uid:", false, false },
		{ "gid:", true, false },
		{ "user:", false, true },
		{ "group:", true, true },
	};
	const char *rest;

	for (size_t i = 0; i < SAL_ARRAY_LEN(locals); i++) {
		rest = behind(text, locals[i].prefix);
		if (rest)
			return local_parse(rest, locals[i].group, locals[i].named,
					   locals[i].group ? unmapped->gid : unmapped->uid,
					   ret_entry, why);
	}
	rest = behind(text, "token:sha256:");
	if (rest)
		return hash_entry_parse(rest, ACL_ENTRY_TOKEN, ret_entry, why);
	if (!strchr(text, ':') && strlen(text) >= 16)
		return hash_entry_parse(text, ACL_ENTRY_KEY, ret_entry, why);
	sal_buf_puts(why, "expected uid:N, user:NAME, gid:N, group:NAME, a public key of 64 hex "
			  "digits or token:sha256: and 64 hex digits");
	return ACL_ENTRY_WRONG;
}

int acl_entry_compare(const void *a, const void *b)
{
	const struct acl_entry *x = a, *y = b;
	int order = (x->kind > y->kind) - (x->kind < y->kind);

	if (!order)
		order = (x->id > y->id) - (x->id < y->id);
	if (!order)
		order = memcmp(x->hash, y->hash, sizeof(x->hash));
	return order ? order : (x->group > y->group) - (x->group < y->group);
}
