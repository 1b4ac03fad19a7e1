/*
 * compiled.h - what a policy is made of; shared by compile.c, policy.c and identity.c only.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sal.h"
#include "acl/entry.h"
#include "acl/policy.h"

struct acl_policy {
	struct acl_entry *entries; /* in the order of acl_entry_compare() */
	struct {
		size_t first, count;
	} span[ACL_ENTRY_KINDS]; /* the entries of a kind */
	bool trust_everyone;
	enum sal_right anonymous_local, anonymous_remote;
	unsigned ngroups, nmethods;
	/* enum sal_right by group, then by method; with what containing groups grant folded in. */
	uint8_t *rights;
};

static inline bool acl_groups_has(const struct acl_groups *groups, unsigned group)
{
	return groups->bits[group / 64] >> (group % 64) & 1;
}

static inline void acl_groups_add(struct acl_groups *groups, unsigned group)
{
	groups->bits[group / 64] |= UINT64_C(1) << (group % 64);
}

/* Adds the groups of the entries of that kind and id; says if there was one. */
bool acl_policy_match_id(const struct acl_policy *policy, enum acl_entry_kind kind, uint32_t id,
			 struct acl_groups *groups);
bool acl_policy_match_key(const struct acl_policy *policy, const uint8_t key[static ACL_HASH_SIZE],
			  struct acl_groups *groups);
/* In a time that does not depend on the hash. */
bool acl_policy_match_token(const struct acl_policy *policy,
			    const uint8_t hash[static ACL_HASH_SIZE], struct acl_groups *groups);
