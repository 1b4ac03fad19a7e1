/*
 * fuzz_acl.c - libFuzzer target: any text as an ACL file.
 *
 * A refused text must say where; an accepted one must answer questions without reading outside of
 * what it compiled, and be the same on a second load.
 *
 *	clang -fsanitize=fuzzer,address,undefined ... && ./fuzz_acl -max_total_time=60 \
 *		-dict=tests/fuzz/corpus/acl.dict -max_len=4096
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "acl/identity.h"
#include "acl/policy.h"
#include "base/buf.h"
#include "base/macros.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct sal_method methods[] = {
	{ "net.routes", SAL_RIGHT_READ, .index = 0 },
	{ "net.routes.add", SAL_RIGHT_WRITE, .index = 1 },
	{ "rpc.health", SAL_RIGHT_NONE, .index = 2 },
	{ "vol.mount", SAL_RIGHT_WRITE, .index = 3 },
};

unsigned sal_method_count(void)
{
	return SAL_ARRAY_LEN(methods);
}

const struct sal_method *sal_method_at(unsigned index)
{
	return &methods[index];
}

static void require(bool holds)
{
	if (!holds)
		abort();
}

/* A digest of every answer for a few principals. */
static unsigned ask(const struct acl_policy *policy)
{
	static gid_t groups[] = { 0, 27, 65534, 1000 };
	static const struct acl_credentials sent[] = {
		{ 0 },
		{ .authorization = "Bearer a", .authorization_len = 8, .authorizations = 1 },
		{ .public_key = "00000000000000000000000000000000"
				"00000000000000000000000000000000",
		  .public_key_len = 64,
		  .public_keys = 1 },
	};
	unsigned digest = 0;

	for (uid_t uid = 0; uid < 3; uid++) {
		struct acl_peer peer = { .uid = uid, .gid = 1, .groups = groups, .ngroups = 4 };

		for (size_t i = 0; i < SAL_ARRAY_LEN(sent); i++) {
			struct acl_principal principal;

			digest *= 31;
			if (acl_identify(policy, &peer, &sent[i], &principal, NULL) < 0)
				continue;
			require(strlen(principal.name) > 0);
			for (unsigned m = 0; m < SAL_ARRAY_LEN(methods); m++)
				digest = digest * 31 + acl_right(policy, &principal, &methods[m]);
		}
	}
	return digest;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct acl_policy *policy = NULL, *again = NULL;
	struct sal_buf warnings = SAL_BUF_EMPTY;
	struct sal_error err = { 0 };
	unsigned line, column;

	if (acl_policy_parse((const char *)data, size, "f", &policy, &warnings, &err) < 0) {
		require(policy == NULL && err.code != SAL_OK);
		require(sscanf(err.message, "f:%u:%u: ", &line, &column) == 2);
		require(line >= 1 && column >= 1);
	} else {
		require(acl_policy_parse((const char *)data, size, "f", &again, &warnings, &err) ==
			0);
		require(ask(policy) == ask(again));
		acl_policy_free(policy);
		acl_policy_free(again);
	}
	sal_buf_done(&warnings);
	return 0;
}
