/*
 * entry.h - the identities an ACL file may name.
 *
 * Turns one string of the file into what a peer or a request is compared with. Called by compile.c
 * for files and by identity.c for what callers send; grants nothing.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "acl/policy.h"

#define ACL_HASH_SIZE 32

enum acl_entry_kind {
	ACL_ENTRY_UID,
	ACL_ENTRY_GID,
	ACL_ENTRY_KEY,
	ACL_ENTRY_TOKEN,
	ACL_ENTRY_TRUSTED_UID, /* of policy.trusted_peers */
	ACL_ENTRY_TRUSTED_GID,
	ACL_ENTRY_KINDS,
};

struct acl_entry {
	uint8_t kind;
	uint16_t group; /* its place in the file; 0 for trusted peers */
	uint32_t id; /* UID and GID */
	uint8_t hash[ACL_HASH_SIZE]; /* KEY: the key itself; TOKEN: SHA-256 of the token */
};

/* The ids by which the kernel shows users and groups that have none here; they prove nothing. */
struct acl_unmapped {
	uint32_t uid, gid;
};

void acl_unmapped_read(struct acl_unmapped *ret_unmapped);

enum acl_entry_result {
	ACL_ENTRY_FINE,
	ACL_ENTRY_WARN, /* well formed, but it can match nobody */
	ACL_ENTRY_WRONG, /* not an identity */
};

/*
 * Reads "uid:N", "gid:N", "user:NAME", "group:NAME", 64 hex digits or "token:sha256:" and 64 hex
 * digits. Fills kind, id or hash if FINE; says why not in `why` otherwise.
 */
enum acl_entry_result acl_entry_parse(const char *text, const struct acl_unmapped *unmapped,
				      struct acl_entry *ret_entry, struct sal_buf *why);

/* Exactly 64 hex digits of either case to 32 bytes. */
bool acl_hash_parse(const char *text, size_t len, uint8_t ret_hash[static ACL_HASH_SIZE]);

/* The order of a policy's entries: kind, then id or hash, then group. For qsort(). */
int acl_entry_compare(const void *a, const void *b);
