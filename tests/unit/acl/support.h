/*
 * support.h - for the tests of acl/: a method table of their own, and short ways to load and ask.
 */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "acl/identity.h"
#include "acl/policy.h"
#include "base/error.h"
#include "base/macros.h"

#define KEY_A "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
#define KEY_B "ffeeddccbbaa99887766554433221100ffeeddccbbaa99887766554433221100"
/* printf %s s3cr3t | sha256sum; the same of "other-token" */
#define TOKEN_S3CR3T "4e738ca5563c06cfd0018299933d58db1dd8bf97f6973dc99bf6cdc64b5550bd"
#define TOKEN_OTHER  "6c67163bbed989f232b31acc4f04df54b31285bfc01bd022c735b71e041a4754"

enum {
	NET_BRIDGE_ADD,
	NET_CONNTRACK_FLUSH,
	NET_ROUTES,
	NET_ROUTES_ADD,
	RPC_HEALTH,
	VOL_LIST_DISKS,
	VOL_MOUNT,
	NETWORK, /* no dot: "net.*" must not reach it */
	METHODS,
};

static const struct sal_method methods[METHODS] = {
	[NET_BRIDGE_ADD] = { "net.bridge.add", SAL_RIGHT_WRITE, .index = NET_BRIDGE_ADD },
	[NET_CONNTRACK_FLUSH] = { "net.conntrack.flush", SAL_RIGHT_ADMIN,
				  .index = NET_CONNTRACK_FLUSH },
	[NET_ROUTES] = { "net.routes", SAL_RIGHT_READ, .index = NET_ROUTES },
	[NET_ROUTES_ADD] = { "net.routes.add", SAL_RIGHT_WRITE, .index = NET_ROUTES_ADD },
	[RPC_HEALTH] = { "rpc.health", SAL_RIGHT_NONE, .index = RPC_HEALTH },
	[VOL_LIST_DISKS] = { "vol.list_disks", SAL_RIGHT_READ, .index = VOL_LIST_DISKS },
	[VOL_MOUNT] = { "vol.mount", SAL_RIGHT_WRITE, .index = VOL_MOUNT },
	[NETWORK] = { "network", SAL_RIGHT_READ, .index = NETWORK },
};

unsigned sal_method_count(void)
{
	return METHODS;
}

const struct sal_method *sal_method_at(unsigned index)
{
	assert_true(index < METHODS);
	return &methods[index];
}

/* Loads text that must be fine; the warnings must be exactly these lines. */
static inline struct acl_policy *policy_of_warned(const char *text, const char *expected)
{
	struct acl_policy *policy = NULL;
	struct sal_buf warnings = SAL_BUF_EMPTY;
	struct sal_error err = { 0 };
	int r = acl_policy_parse(text, strlen(text), "t", &policy, &warnings, &err);

	if (r < 0)
		print_error("%s\n", err.message);
	assert_int_equal(r, 0);
	assert_non_null(policy);
	sal_buf_putc(&warnings, '\0');
	assert_string_equal(warnings.data, expected);
	sal_buf_done(&warnings);
	return policy;
}

static inline struct acl_policy *policy_of(const char *text)
{
	return policy_of_warned(text, "");
}

/* Loads text that must be refused with exactly this message. */
static inline void refused(const char *text, size_t len, const char *message)
{
	struct acl_policy *policy = NULL;
	struct sal_buf warnings = SAL_BUF_EMPTY;
	struct sal_error err = { 0 };
	int r = acl_policy_parse(text, len, "t", &policy, &warnings, &err);

	assert_string_equal(err.message, message);
	assert_true(r < 0);
	assert_null(policy); /* untouched */
	sal_buf_done(&warnings);
}

static inline void refused_text(const char *text, const char *message)
{
	refused(text, strlen(text), message);
}

/* "nrwa" letters of a principal's rights, one a method, in the order of the table. */
static inline const char *rights_of(const struct acl_policy *policy,
				    const struct acl_principal *principal)
{
	static char text[METHODS + 1];

	for (unsigned i = 0; i < METHODS; i++)
		text[i] = acl_right_name(acl_right(policy, principal, &methods[i]))[0];
	text[METHODS] = '\0';
	return text;
}

static inline struct acl_principal local_of(const struct acl_policy *policy, uid_t uid)
{
	struct acl_peer peer = { .pid = 1, .uid = uid, .gid = 100 };
	struct acl_credentials none = { 0 };
	struct acl_principal principal;

	assert_int_equal(acl_identify(policy, &peer, &none, &principal, NULL), 0);
	return principal;
}
