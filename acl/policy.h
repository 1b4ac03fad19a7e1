/*
 * policy.h - who may call what: the ACL file, compiled.
 *
 * A policy is loaded from a TOML file (docs/acl.md) or built in, and never changes afterwards; the
 * daemons' loop thread owns it and replaces it whole on SIGHUP. It knows method names and rights
 * only, neither sockets nor HTTP. Who a request is made by is found in identity.h.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sal.h"
#include "base/buf.h"

struct acl_policy;

#define ACL_FILE_MAX   (1024 * 1024) /* bytes of an ACL file */
#define ACL_GROUPS_MAX 256
#define ACL_ACES_MAX   1024
#define ACL_NAME_MAX   64 /* bytes of a group's name */

/* Groups of a policy, by their place in the file; of no meaning to another policy. */
struct acl_groups {
	uint64_t bits[ACL_GROUPS_MAX / 64];
};

enum acl_kind {
	ACL_NOBODY, /* none listed: no group, so the anonymous right decides */
	ACL_LOCAL, /* a peer of the socket, by its uid and gids */
	ACL_TOKEN,
	ACL_KEY,
};

/* Who makes a request. Found for one policy and to be forgotten with it. */
struct acl_principal {
	char name[64]; /* for logs and records, plain ASCII: see docs/acl.md */
	enum acl_kind kind;
	enum sal_right anonymous; /* what an ACL_NOBODY may do */
	struct acl_groups groups;
};

/*
 * Loads the file at path. Returns 0 and *ret_policy, to be freed by acl_policy_free(); or a negative
 * errno with err->message "FILE:LINE:COLUMN: what" ("FILE: what" if the file itself is unfit: not a
 * regular file, a symbolic link, writable by group or others, owned by neither root nor this
 * process, too large). Warnings, a line each, are appended to `warnings` in either case. Asks the
 * system's user and group databases, so it may block.
 */
int acl_policy_load(const char *path, struct acl_policy **ret_policy, struct sal_buf *warnings,
		    struct sal_error *err);

/* The same for text in memory; name stands for the file in errors and warnings. */
int acl_policy_parse(const char *text, size_t len, const char *name, struct acl_policy **ret_policy,
		     struct sal_buf *warnings, struct sal_error *err);

/* Without a file: root and this process's own uid are admin, other local callers read. Never NULL. */
struct acl_policy *acl_policy_default(void);

void acl_policy_free(struct acl_policy *policy); /* NULL is legal */

/* What the principal holds for this method, whatever the method needs. */
enum sal_right acl_right(const struct acl_policy *policy, const struct acl_principal *principal,
			 const struct sal_method *method);

/* What it holds for every method: ADMIN only for an administrator of everything. */
enum sal_right acl_right_everywhere(const struct acl_policy *policy,
				    const struct acl_principal *principal);

/*
 * Whether the principal may call the method: 0, or a negative errno with FORBIDDEN and the members
 * required, have, principal in data. A method that needs nothing is always allowed; for one that is
 * not of this build's table nobody holds a right.
 */
int acl_check(const struct acl_policy *policy, const struct acl_principal *principal,
	      const struct sal_method *method, struct sal_error *err);

/* "none", "read", "write", "admin"; static. The second one is false if text is none of them. */
const char *acl_right_name(enum sal_right right);
bool acl_right_parse(const char *text, enum sal_right *ret_right);
