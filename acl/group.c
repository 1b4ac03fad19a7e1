/*
 * group.c - the [[group]] tables of an ACL file: who is in which group.
 *
 * member_groups may nest but not run in a circle. What a group's members are inside of is worked
 * out here once. Called by compile.c; knows no rights.
 */
#include <errno.h>
#include <string.h>

#include "acl/entry.h"
#include "acl/loader.h"
#include "acl/policy.h"

static int group_find(const struct acl_loader *loader, const char *name, unsigned *ret_group)
{
	for (unsigned i = 0; i < loader->policy->ngroups; i++) {
		if (!strcmp(loader->groups[i].name, name)) {
			*ret_group = i;
			return 0;
		}
	}
	return -ENOENT;
}

int acl_group_named(struct acl_loader *loader, const json_t *item, unsigned *ret_group)
{
	const char *name = json_string_value(acl_node_value(item));

	if (group_find(loader, name, ret_group) < 0)
		return acl_fault(&loader->reader, item, "no [[group]] is named \"%s\"", name);
	return 0;
}

static int group_name_read(struct acl_loader *loader, const json_t *node)
{
	const json_t *name_node = json_object_get(acl_node_value(node), "name");
	const char *name;
	unsigned other;
	int r;

	if (!name_node)
		return acl_fault(&loader->reader, node, "a group needs a name");
	r = acl_expect(&loader->reader, name_node, "string");
	if (r < 0)
		return r;
	name = json_string_value(acl_node_value(name_node));
	if (!*name || strlen(name) > ACL_NAME_MAX)
		return acl_fault(&loader->reader, name_node, "a group's name has 1 to %d bytes",
				 ACL_NAME_MAX);
	if (group_find(loader, name, &other) == 0)
		return acl_fault(&loader->reader, name_node, "a second group named \"%s\"", name);
	loader->groups[loader->policy->ngroups++].name = name;
	return 0;
}

int acl_entries_read(struct acl_loader *loader, json_t *list, unsigned group, bool trusted)
{
	json_t *item;
	size_t i;

	json_array_foreach (list, i, item) {
		const char *text = json_string_value(acl_node_value(item));
		struct acl_entry entry = { .group = (uint16_t)group };
		struct sal_buf why = SAL_BUF_EMPTY;
		enum acl_entry_result result;
		int r = 0;

		if (trusted && !strcmp(text, "*")) {
			loader->policy->trust_everyone = true;
			continue;
		}
		result = acl_entry_parse(text, &loader->unmapped, &entry, &why);
		if (result == ACL_ENTRY_WARN)
			acl_warn(&loader->reader, item, why.data, why.len);
		else if (result == ACL_ENTRY_WRONG)
			r = acl_fault(&loader->reader, item, "%.*s", (int)why.len, why.data);
		else if (trusted && entry.kind != ACL_ENTRY_UID && entry.kind != ACL_ENTRY_GID)
			r = acl_fault(&loader->reader, item,
				      "a trusted peer is uid:N, user:NAME, gid:N, "
				      "group:NAME or \"*\", never a key or a token");
		sal_buf_done(&why);
		if (r < 0)
			return r;
		if (result != ACL_ENTRY_FINE)
			continue;
		if (trusted)
			entry.kind = entry.kind == ACL_ENTRY_UID ? ACL_ENTRY_TRUSTED_UID
								 : ACL_ENTRY_TRUSTED_GID;
		loader->policy->entries[loader->nentries++] = entry;
	}
	return 0;
}

/* Follows member_groups downwards from a group; meeting one that is still open is a cycle. */
static int members_visit(struct acl_loader *loader, unsigned group)
{
	struct acl_group *self = &loader->groups[group];
	json_t *item;
	size_t i;

	self->visit = ACL_VISIT_OPEN;
	json_array_foreach (self->member_groups, i, item) {
		unsigned member = 0;
		int r = acl_group_named(loader, item, &member);

		if (r < 0)
			return r;
		acl_groups_add(&self->members, member);
		if (loader->groups[member].visit == ACL_VISIT_OPEN) {
			struct sal_buf path = SAL_BUF_EMPTY;

			sal_buf_puts(&path, loader->groups[member].name);
			for (unsigned at = group; at != member; at = loader->groups[at].from)
				sal_buf_printf(&path, ", which is in %s", loader->groups[at].name);
			r = acl_fault(&loader->reader, item,
				      "a group cannot be in itself: %.*s, which is in %s",
				      (int)path.len, path.data, loader->groups[member].name);
			sal_buf_done(&path);
			return r;
		}
		if (loader->groups[member].visit == ACL_VISIT_NEW) {
			loader->groups[member].from = group;
			r = members_visit(loader, member);
			if (r < 0)
				return r;
		}
	}
	self->visit = ACL_VISIT_DONE;
	return 0;
}

/* Tells every group below `member` that its members are in `group` too; no cycle is left. */
static void members_spread(struct acl_loader *loader, unsigned member, unsigned group)
{
	struct acl_group *self = &loader->groups[member];

	if (acl_groups_has(&self->inside, group))
		return;
	acl_groups_add(&self->inside, group);
	for (unsigned below = 0; below < loader->policy->ngroups; below++) {
		if (acl_groups_has(&self->members, below))
			members_spread(loader, below, group);
	}
}

static int group_read(struct acl_loader *loader, const json_t *node)
{
	static const char *const keys[] = { "name", "users", "member_groups" };
	unsigned group = loader->policy->ngroups;
	json_t *users;
	int r;

	r = acl_table_check(&loader->reader, node, keys, SAL_ARRAY_LEN(keys),
			    "name, users or member_groups");
	if (r < 0)
		return r;
	r = group_name_read(loader, node);
	if (r < 0)
		return r;
	r = acl_strings_get(&loader->reader, node, "users", NULL, &users);
	if (r < 0)
		return r;
	r = acl_entries_read(loader, users, group, false);
	if (r < 0)
		return r;
	return acl_strings_get(&loader->reader, node, "member_groups", NULL,
			       &loader->groups[group].member_groups);
}

int acl_groups_read(struct acl_loader *loader, const json_t *top)
{
	json_t *list, *node;
	size_t i;
	int r = acl_tables_get(&loader->reader, top, "group", ACL_GROUPS_MAX, &list);

	if (r < 0)
		return r;
	loader->groups =
		sal_arena_array(&loader->arena, json_array_size(list) + 1, sizeof(*loader->groups));
	json_array_foreach (list, i, node) {
		r = group_read(loader, node);
		if (r < 0)
			return r;
	}
	for (unsigned group = 0; group < loader->policy->ngroups; group++) {
		r = loader->groups[group].visit == ACL_VISIT_NEW ? members_visit(loader, group) : 0;
		if (r < 0)
			return r;
	}
	for (unsigned group = 0; group < loader->policy->ngroups; group++)
		members_spread(loader, group, group);
	return 0;
}
