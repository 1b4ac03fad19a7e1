/*
 * policy.c - what a compiled policy answers; see policy.h.
 *
 * All thinking was done when it was compiled: a question costs a look at one byte for each group of
 * the principal.
 */
#include "acl/policy.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "acl/compiled.h"
#include "base/error.h"
#include "base/macros.h"

static const char *const right_names[] = {
	[SAL_RIGHT_NONE] = "none",
	[SAL_RIGHT_READ] = "read",
	[SAL_RIGHT_WRITE] = "write",
	[SAL_RIGHT_ADMIN] = "admin",
};

const char *acl_right_name(enum sal_right right)
{
	return right_names[right];
}

bool acl_right_parse(const char *text, enum sal_right *ret_right)
{
	for (unsigned i = 0; i < SAL_ARRAY_LEN(right_names); i++) {
		if (!strcmp(text, right_names[i])) {
			*ret_right = (enum sal_right)i;
			return true;
		}
	}
	return false;
}

struct acl_policy *acl_policy_default(void)
{
	struct acl_policy *policy = NULL;
	struct sal_buf warnings =
		SAL_BUF_EMPTY; /* as nobody (65534) a daemon does not know itself */
	char self[32] = "", text[256];
	uid_t uid = geteuid();
	int n;

	if (uid)
		snprintf(self, sizeof(self), ", \"uid:%u\"", uid);
	n = snprintf(text, sizeof(text),
		     "group = [{ name = \"admins\", users = [\"uid:0\"%s] }]\n"
		     "ace = [{ right = \"admin\", groups = [\"admins\"] }]\n"
		     "policy = { anonymous_local = \"read\", anonymous_remote = \"none\" }\n",
		     self);
	if (acl_policy_parse(text, (size_t)n, "built-in policy", &policy, &warnings, NULL) < 0)
		abort(); /* the text above is wrong */
	sal_buf_done(&warnings);
	return policy;
}

void acl_policy_free(struct acl_policy *policy)
{
	if (!policy)
		return;
	free(policy->entries);
	free(policy->rights);
	free(policy);
}

/* Whether the method is the one this build knows under its index; a name we never saw is not. */
static bool method_known(const struct acl_policy *policy, const struct sal_method *method)
{
	return method && method->index < policy->nmethods &&
	       !strcmp(sal_method_at(method->index)->name, method->name);
}

enum sal_right acl_right(const struct acl_policy *policy, const struct acl_principal *principal,
			 const struct sal_method *method)
{
	uint8_t right = SAL_RIGHT_NONE;

	if (!method_known(policy, method))
		return SAL_RIGHT_NONE;
	if (principal->kind == ACL_NOBODY)
		return principal->anonymous;
	for (unsigned word = 0; word < SAL_ARRAY_LEN(principal->groups.bits); word++) {
		for (uint64_t bits = principal->groups.bits[word]; bits; bits &= bits - 1) {
			unsigned group = word * 64 + (unsigned)__builtin_ctzll(bits);
			size_t row = (size_t)group * policy->nmethods;

			if (group < policy->ngroups)
				right = SAL_MAX(right, policy->rights[row + method->index]);
		}
	}
	return (enum sal_right)right;
}

enum sal_right acl_right_everywhere(const struct acl_policy *policy,
				    const struct acl_principal *principal)
{
	enum sal_right least = SAL_RIGHT_ADMIN;

	for (unsigned i = 0; i < policy->nmethods && least > SAL_RIGHT_NONE; i++)
		least = SAL_MIN(least, acl_right(policy, principal, sal_method_at(i)));
	return least;
}

int acl_check(const struct acl_policy *policy, const struct acl_principal *principal,
	      const struct sal_method *method, struct sal_error *err)
{
	enum sal_right have = acl_right(policy, principal, method);
	int r;

	if (have >= method->right)
		return 0;
	r = sal_fail(err, SAL_FORBIDDEN, "%s needs the right %s, and %s has %s", method->name,
		     acl_right_name(method->right), principal->name, acl_right_name(have));
	sal_error_subject(err, "method %s", method->name);
	sal_error_add_string(err, "required", acl_right_name(method->right));
	sal_error_add_string(err, "have", acl_right_name(have));
	sal_error_add_string(err, "principal", principal->name);
	return r;
}

/* The first entry of a kind's span that does not stand before key. */
static size_t entry_lower_bound(const struct acl_policy *policy, const struct acl_entry *key)
{
	size_t low = policy->span[key->kind].first;
	size_t high = low + policy->span[key->kind].count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (acl_entry_compare(&policy->entries[middle], key) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static bool entry_match(const struct acl_policy *policy, const struct acl_entry *key,
			struct acl_groups *groups)
{
	size_t end = policy->span[key->kind].first + policy->span[key->kind].count;
	bool found = false;

	for (size_t i = entry_lower_bound(policy, key); i < end; i++) {
		const struct acl_entry *entry = &policy->entries[i];

		if (entry->id != key->id || memcmp(entry->hash, key->hash, sizeof(key->hash)))
			break;
		acl_groups_add(groups, entry->group);
		found = true;
	}
	return found;
}

bool acl_policy_match_id(const struct acl_policy *policy, enum acl_entry_kind kind, uint32_t id,
			 struct acl_groups *groups)
{
	struct acl_entry key = { .kind = kind, .id = id };

	return entry_match(policy, &key, groups);
}

bool acl_policy_match_key(const struct acl_policy *policy, const uint8_t key[static ACL_HASH_SIZE],
			  struct acl_groups *groups)
{
	struct acl_entry wanted = { .kind = ACL_ENTRY_KEY };

	memcpy(wanted.hash, key, sizeof(wanted.hash));
	return entry_match(policy, &wanted, groups);
}

bool acl_policy_match_token(const struct acl_policy *policy,
			    const uint8_t hash[static ACL_HASH_SIZE], struct acl_groups *groups)
{
	size_t first = policy->span[ACL_ENTRY_TOKEN].first;
	size_t end = first + policy->span[ACL_ENTRY_TOKEN].count;
	uint64_t found = 0;

	for (size_t i = first; i < end; i++) {
		const struct acl_entry *entry = &policy->entries[i];
		uint64_t differs = 0, same;

		for (size_t k = 0; k < ACL_HASH_SIZE; k++)
			differs |= (uint64_t)(entry->hash[k] ^ hash[k]);
		same = (differs - 1) >> 63; /* 1 if differs is 0; no branch */
		groups->bits[entry->group / 64] |= same << (entry->group % 64);
		found |= same;
	}
	return found;
}
