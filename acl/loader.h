/*
 * loader.h - a policy in the making; shared by group.c and compile.c only.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "acl/compiled.h"
#include "acl/reader.h"
#include "base/arena.h"

struct acl_group {
	const char *name;
	json_t *member_groups; /* the nodes of their names, or NULL */
	struct acl_groups members; /* the same groups */
	struct acl_groups inside; /* every group its members are in, itself included */
	enum { ACL_VISIT_NEW, ACL_VISIT_OPEN, ACL_VISIT_DONE } visit;
	unsigned from; /* while OPEN: the group whose member it is */
};

struct acl_loader {
	struct acl_reader reader;
	struct acl_policy *policy;
	struct sal_arena arena; /* for what only loading needs */
	struct acl_group *groups; /* policy->ngroups */
	size_t nentries; /* in policy->entries, which has room for all of the file */
	struct acl_unmapped unmapped;
};

/* Reads all [[group]] of the file: names, users, and who is inside of what. */
int acl_groups_read(struct acl_loader *loader, const json_t *top);

/* The group that a string of the file names. */
int acl_group_named(struct acl_loader *loader, const json_t *node, unsigned *ret_group);

/* Reads a list of identities into entries: a group's users, or the trusted peers. */
int acl_entries_read(struct acl_loader *loader, json_t *list, unsigned group, bool trusted);
