/*
 * compile.c - from the text of an ACL file to a policy; see policy.h and docs/acl.md.
 *
 * Strict: whatever is not understood is an error that names its place, because a slip here gives
 * rights away. Reads groups, then entries (ACEs), then the anonymous rights, and at last spreads
 * every right over groups and methods, so that nothing is left to think about per call.
 */
#include <stdlib.h>
#include <string.h>

#include "acl/compiled.h"
#include "acl/entry.h"
#include "acl/loader.h"
#include "acl/policy.h"
#include "acl/toml.h"
#include "base/error.h"
#include "base/macros.h"

struct ace {
	enum sal_right right;
	struct acl_groups groups;
	uint64_t *methods; /* a bit each */
};

struct aces {
	struct ace *items;
	size_t len;
};

static int right_read(struct acl_loader *loader, const json_t *node, bool none_allowed,
		      enum sal_right *ret_right)
{
	enum sal_right right;
	int r = acl_expect(&loader->reader, node, "string");

	if (r < 0)
		return r;
	if (!acl_right_parse(json_string_value(acl_node_value(node)), &right) ||
	    (right == SAL_RIGHT_NONE && !none_allowed))
		return acl_fault(&loader->reader, node, "\"%s\" is no right; expected %s%s",
				 json_string_value(acl_node_value(node)),
				 none_allowed ? "\"none\", " : "",
				 "\"read\", \"write\" or \"admin\"");
	*ret_right = right;
	return 0;
}

/* "*", a method's name, or the beginning of names up to a dot: "net.*". */
static bool pattern_matches(const char *pattern, const char *name)
{
	size_t len = strlen(pattern);

	if (!strcmp(pattern, "*"))
		return true;
	if (len > 2 && !strcmp(pattern + len - 2, ".*"))
		return !strncmp(pattern, name, len - 1);
	return !strcmp(pattern, name);
}

static int methods_read(struct acl_loader *loader, json_t *list, uint64_t *methods)
{
	json_t *item;
	size_t i;

	for (unsigned m = 0; !list && m < loader->policy->nmethods; m++)
		methods[m / 64] |= UINT64_C(1) << (m % 64);
	json_array_foreach (list, i, item) {
		const char *pattern = json_string_value(acl_node_value(item));
		bool found = false;

		for (unsigned m = 0; m < loader->policy->nmethods; m++) {
			if (!pattern_matches(pattern, sal_method_at(m)->name))
				continue;
			methods[m / 64] |= UINT64_C(1) << (m % 64);
			found = true;
		}
		if (!found)
			return acl_fault(
				&loader->reader, item,
				"no method matches \"%s\"; a pattern is a method's name, its "
				"beginning up to a dot as in \"net.*\", or \"*\"",
				pattern);
	}
	return 0;
}

static bool ace_equals(const struct ace *a, const struct ace *b, size_t words)
{
	return a->right == b->right && !memcmp(&a->groups, &b->groups, sizeof(a->groups)) &&
	       !memcmp(a->methods, b->methods, words * sizeof(*a->methods));
}

static int ace_read(struct acl_loader *loader, const json_t *node, struct aces *aces)
{
	static const char *const keys[] = { "right", "groups", "methods" };
	size_t words = loader->policy->nmethods / 64 + 1;
	struct ace *ace = &aces->items[aces->len];
	json_t *right, *list, *item;
	size_t i;
	int r;

	r = acl_table_check(&loader->reader, node, keys, SAL_ARRAY_LEN(keys),
			    "right, groups or methods");
	if (r < 0)
		return r;
	right = json_object_get(acl_node_value(node), "right");
	if (!right)
		return acl_fault(&loader->reader, node, "an [[ace]] needs a right");
	r = right_read(loader, right, false, &ace->right);
	if (r < 0)
		return r;
	r = acl_strings_get(&loader->reader, node, "groups", "group", &list);
	if (r < 0)
		return r;
	if (!list)
		return acl_fault(&loader->reader, node, "an [[ace]] needs groups");
	json_array_foreach (list, i, item) {
		unsigned group = 0;

		r = acl_group_named(loader, item, &group);
		if (r < 0)
			return r;
		acl_groups_add(&ace->groups, group);
	}
	r = acl_strings_get(&loader->reader, node, "methods", "method", &list);
	if (r < 0)
		return r;
	ace->methods = sal_arena_array(&loader->arena, words, sizeof(*ace->methods));
	r = methods_read(loader, list, ace->methods);
	if (r < 0)
		return r;
	for (i = 0; i < aces->len; i++) {
		if (ace_equals(&aces->items[i], ace, words))
			return acl_fault(&loader->reader, node,
					 "says the same as [[ace]] number %zu", i + 1);
	}
	aces->len++;
	return 0;
}

static int aces_read(struct acl_loader *loader, const json_t *top, struct aces *aces)
{
	json_t *list, *node;
	size_t i;
	int r = acl_tables_get(&loader->reader, top, "ace", ACL_ACES_MAX, &list);

	if (r < 0)
		return r;
	aces->items =
		sal_arena_array(&loader->arena, json_array_size(list) + 1, sizeof(*aces->items));
	json_array_foreach (list, i, node) {
		r = ace_read(loader, node, aces);
		if (r < 0)
			return r;
	}
	return 0;
}

static int policy_read(struct acl_loader *loader, const json_t *top)
{
	static const char *const keys[] = { "anonymous_local", "anonymous_remote",
					    "trusted_peers" };
	struct acl_policy *policy = loader->policy;
	json_t *node = json_object_get(acl_node_value(top), "policy"), *right, *list;
	int r;

	policy->anonymous_local = SAL_RIGHT_READ;
	policy->anonymous_remote = SAL_RIGHT_NONE;
	if (!node)
		return 0;
	r = acl_table_check(&loader->reader, node, keys, SAL_ARRAY_LEN(keys),
			    "anonymous_local, anonymous_remote or trusted_peers");
	if (r < 0)
		return r;
	right = json_object_get(acl_node_value(node), "anonymous_local");
	r = right ? right_read(loader, right, true, &policy->anonymous_local) : 0;
	if (r < 0)
		return r;
	right = json_object_get(acl_node_value(node), "anonymous_remote");
	r = right ? right_read(loader, right, true, &policy->anonymous_remote) : 0;
	if (r < 0)
		return r;
	r = acl_strings_get(&loader->reader, node, "trusted_peers", NULL, &list);
	if (r < 0)
		return r;
	return acl_entries_read(loader, list, 0, true);
}

/* How many entries the file can have; what is no list yet counts as none. */
static size_t entries_count(const json_t *top)
{
	const json_t *policy = acl_node_value(json_object_get(acl_node_value(top), "policy"));
	const json_t *groups = acl_node_value(json_object_get(acl_node_value(top), "group"));
	size_t n = json_array_size(acl_node_value(json_object_get(policy, "trusted_peers"))), i;
	json_t *group;

	json_array_foreach (groups, i, group)
		n += json_array_size(
			acl_node_value(json_object_get(acl_node_value(group), "users")));
	return n;
}

/* Sorts the entries and notes where those of each kind are. */
static void entries_index(struct acl_loader *loader)
{
	struct acl_policy *policy = loader->policy;

	qsort(policy->entries, loader->nentries, sizeof(*policy->entries), acl_entry_compare);
	for (size_t i = 0; i < loader->nentries; i++) {
		unsigned kind = policy->entries[i].kind;

		if (!policy->span[kind].count++)
			policy->span[kind].first = i;
	}
}

/* Spreads the rights of each ACE over its groups, and over the members of these. */
static void rights_spread(struct acl_loader *loader, const struct aces *aces)
{
	struct acl_policy *policy = loader->policy;

	for (size_t i = 0; i < aces->len * policy->ngroups; i++) {
		const struct ace *ace = &aces->items[i / policy->ngroups];
		unsigned group = (unsigned)(i % policy->ngroups);
		uint8_t *row = policy->rights + (size_t)group * policy->nmethods;
		const struct acl_groups *inside = &loader->groups[group].inside;
		uint64_t common = 0;

		for (size_t word = 0; word < SAL_ARRAY_LEN(inside->bits); word++)
			common |= inside->bits[word] & ace->groups.bits[word];
		if (!common)
			continue;
		for (unsigned m = 0; m < policy->nmethods; m++) {
			if (ace->methods[m / 64] >> (m % 64) & 1)
				row[m] = SAL_MAX(row[m], (uint8_t)ace->right);
		}
	}
}

static bool somebody_writes(const struct acl_loader *loader)
{
	const struct acl_policy *policy = loader->policy;

	for (size_t i = 0; i < loader->nentries; i++) {
		const struct acl_entry *entry = &policy->entries[i];
		const uint8_t *row = policy->rights + (size_t)entry->group * policy->nmethods;

		if (entry->kind >= ACL_ENTRY_TRUSTED_UID)
			continue;
		for (unsigned m = 0; m < policy->nmethods; m++) {
			if (row[m] > SAL_RIGHT_READ)
				return true;
		}
	}
	return policy->anonymous_local > SAL_RIGHT_READ ||
	       policy->anonymous_remote > SAL_RIGHT_READ;
}

static int tree_read(struct acl_loader *loader, const json_t *top)
{
	static const char *const keys[] = { "group", "ace", "policy" };
	static const char trusting[] =
		"everyone is a trusted peer: X-Public-Key of any local process is believed, and no "
		"caller counts as its own user";
	static const char nobody[] = "nobody may do more than read";
	struct acl_policy *policy = loader->policy;
	struct aces aces = { 0 };
	int r = acl_table_check(&loader->reader, top, keys, SAL_ARRAY_LEN(keys),
				"[[group]], [[ace]] or [policy]");

	if (r < 0)
		return r;
	if (!json_object_size(acl_node_value(top)))
		return acl_fault(&loader->reader, top,
				 "is empty: expected [[group]], [[ace]] or [policy]");
	policy->entries = calloc(entries_count(top) + 1, sizeof(*policy->entries));
	if (!policy->entries)
		sal_oom();
	r = acl_groups_read(loader, top);
	if (r < 0)
		return r;
	r = aces_read(loader, top, &aces);
	if (r < 0)
		return r;
	r = policy_read(loader, top);
	if (r < 0)
		return r;
	policy->rights = calloc((size_t)policy->ngroups * policy->nmethods + 1, 1);
	if (!policy->rights)
		sal_oom();
	rights_spread(loader, &aces);
	if (policy->trust_everyone)
		acl_warn(&loader->reader, json_object_get(acl_node_value(top), "policy"), trusting,
			 strlen(trusting));
	if (!somebody_writes(loader))
		acl_warn(&loader->reader, top, nobody, strlen(nobody));
	entries_index(loader);
	return 0;
}

int acl_policy_parse(const char *text, size_t len, const char *name, struct acl_policy **ret_policy,
		     struct sal_buf *warnings, struct sal_error *err)
{
	struct acl_loader loader = {
		.reader = { .name = name, .warnings = warnings, .err = err },
	};
	struct acl_toml_error toml;
	json_t *top;
	int r;

	if (len > ACL_FILE_MAX)
		return sal_fail(err, SAL_LIMIT, "%s: has %zu bytes, more than %d", name, len,
				ACL_FILE_MAX);
	top = acl_toml_parse(text, len, &toml);
	if (!top)
		return sal_fail(err, SAL_INVALID_PARAMS, "%s:%u:%u: %s", name, toml.line,
				toml.column, toml.what);
	loader.policy = calloc(1, sizeof(*loader.policy));
	if (!loader.policy)
		sal_oom();
	loader.policy->nmethods = sal_method_count();
	acl_unmapped_read(&loader.unmapped);
	sal_arena_init(&loader.arena);
	r = tree_read(&loader, top);
	sal_arena_done(&loader.arena);
	json_decref(top);
	if (r < 0) {
		acl_policy_free(loader.policy);
		return r;
	}
	*ret_policy = loader.policy;
	return 0;
}
