/*
 * test_acl_policy.c - the ACL file: what it means, and what each mistake in it says.
 */
#include "acl/support.h"

#include <pwd.h>
#include <grp.h>
#include <stdlib.h>
#include <unistd.h>

#define ADMINS "[[group]]\nname = \"admins\"\nusers = [\"uid:0\"]\n"

/* design.md's own example, with a system user and a gateway that this machine has. */
static void test_example(void **state)
{
	struct acl_policy *policy =
		policy_of("[[group]]\n"
			  "name = \"admins\"\n"
			  "users = [\"" KEY_A "\", \"uid:0\", \"token:sha256:" TOKEN_S3CR3T "\"]\n"
			  "[[group]]\n"
			  "name = \"operators\"\n"
			  "users = [\"user:daemon\"]\n"
			  "member_groups = [\"admins\"]\n"
			  "[[ace]]\n"
			  "right = \"admin\"\n"
			  "groups = [\"admins\"]\n"
			  "[[ace]]\n"
			  "right = \"write\"\n"
			  "groups = [\"operators\"]\n"
			  "methods = [\"net.*\"]\n"
			  "[policy]\n"
			  "anonymous_local = \"read\"\n"
			  "anonymous_remote = \"none\"\n"
			  "trusted_peers = [\"user:bin\"]\n");
	struct acl_principal root = local_of(policy, 0);
	struct acl_principal operator= local_of(policy, getpwnam("daemon")->pw_uid);
	struct acl_principal other = local_of(policy, 4242);
	struct acl_principal gateway = local_of(policy, getpwnam("bin")->pw_uid);

	assert_string_equal(rights_of(policy, &root), "aaaaaaaa");
	assert_string_equal(rights_of(policy, &operator), "wwwwnnnn");
	assert_string_equal(rights_of(policy, &other), "rrrrrrrr");
	assert_string_equal(rights_of(policy, &gateway), "nnnnnnnn");
	assert_string_equal(gateway.name, "anonymous_remote");
	assert_int_equal(acl_right_everywhere(policy, &root), SAL_RIGHT_ADMIN);
	assert_int_equal(acl_right_everywhere(policy, &operator), SAL_RIGHT_NONE);
	assert_int_equal(acl_right_everywhere(policy, &other), SAL_RIGHT_READ);
	acl_policy_free(policy);
}

/* Right x method: who holds exactly one right everywhere may call what needs it or less. */
static void test_matrix(void **state)
{
	static const char *const names[] = { "none", "read", "write", "admin" };

	for (enum sal_right have = SAL_RIGHT_NONE; have <= SAL_RIGHT_ADMIN; have++) {
		struct acl_policy *policy;
		struct acl_principal principal;
		char text[512];

		snprintf(text, sizeof(text),
			 "[[group]]\nname = \"g\"\nusers = [\"uid:7\"]\n"
			 "[policy]\nanonymous_local = \"%s\"\nanonymous_remote = \"admin\"\n"
			 "[[ace]]\nright = \"%s\"\ngroups = [\"g\"]\nmethods = [\"%s\"]\n",
			 names[have], have ? names[have] : "read", have ? "*" : "rpc.health");
		policy = policy_of(text);
		for (int listed = 0; listed < 2; listed++) {
			principal = local_of(policy, listed ? 7 : 8);
			for (unsigned m = 0; m < METHODS; m++) {
				struct sal_error err = { 0 };
				int r = acl_check(policy, &principal, &methods[m], &err);

				assert_int_equal(r == 0, have >= methods[m].right);
				assert_int_equal(err.code, r ? SAL_FORBIDDEN : SAL_OK);
			}
		}
		acl_policy_free(policy);
	}
}

static void test_forbidden_says_why(void **state)
{
	struct acl_policy *policy = acl_policy_default();
	struct acl_principal other = local_of(policy, 4242);
	struct sal_error err = { 0 };

	assert_true(acl_check(policy, &other, &methods[NET_ROUTES_ADD], &err) < 0);
	assert_string_equal(err.message, "net.routes.add needs the right write, and "
					 "anonymous_local (uid:4242) has read");
	assert_string_equal(err.subject, "method net.routes.add");
	assert_string_equal(err.extra, "\"required\":\"write\",\"have\":\"read\","
				       "\"principal\":\"anonymous_local (uid:4242)\"");
	acl_policy_free(policy);
}

/* A9: what is not in the table is denied, to an administrator too. */
static void test_unknown_method(void **state)
{
	static const struct sal_method strange = { "net.x", SAL_RIGHT_READ, .index = 0 };
	static const struct sal_method beyond = { "zzz.x", SAL_RIGHT_READ, .index = METHODS };
	struct acl_policy *policy = acl_policy_default();
	struct acl_principal root = local_of(policy, 0);
	struct sal_error err = { 0 };

	assert_int_equal(acl_check(policy, &root, &methods[NET_CONNTRACK_FLUSH], &err), 0);
	assert_true(acl_check(policy, &root, &strange, &err) < 0);
	assert_true(acl_check(policy, &root, &beyond, NULL) < 0);
	assert_int_equal(acl_right(policy, &root, NULL), SAL_RIGHT_NONE);
	acl_policy_free(policy);
}

static void test_default(void **state)
{
	struct acl_policy *policy = acl_policy_default();
	struct acl_principal root = local_of(policy, 0), self = local_of(policy, geteuid());
	struct acl_principal other = local_of(policy, geteuid() + 4242);

	assert_string_equal(rights_of(policy, &root), "aaaaaaaa");
	assert_string_equal(rights_of(policy, &self), "aaaaaaaa");
	assert_string_equal(rights_of(policy, &other), "rrrrrrrr");
	acl_policy_free(policy);
	acl_policy_free(NULL);
}

/* The daemon's own uid counts when it is not root. */
static void test_default_of_ordinary_user(void **state)
{
	struct acl_policy *policy;
	struct acl_principal self, root, other;

	if (geteuid()) {
		print_message("not root: test_default covers it\n");
		return;
	}
	assert_int_equal(seteuid(1234), 0);
	policy = acl_policy_default();
	assert_int_equal(seteuid(0), 0);
	self = local_of(policy, 1234);
	root = local_of(policy, 0);
	other = local_of(policy, 1235);
	assert_string_equal(rights_of(policy, &self), "aaaaaaaa");
	assert_string_equal(rights_of(policy, &root), "aaaaaaaa");
	assert_string_equal(rights_of(policy, &other), "rrrrrrrr");
	acl_policy_free(policy);
}

/* No [policy]: local callers read, remote ones get nothing (A12). */
static void test_policy_absent(void **state)
{
	struct acl_policy *policy =
		policy_of(ADMINS "[[ace]]\nright = \"admin\"\ngroups = [\"admins\"]\n");
	struct acl_policy *remote =
		policy_of(ADMINS "[[ace]]\nright = \"admin\"\ngroups = [\"admins\"]\n"
				 "[policy]\ntrusted_peers = [\"uid:9\"]\n");
	struct acl_principal other = local_of(policy, 9), far = local_of(remote, 9);

	assert_string_equal(rights_of(policy, &other), "rrrrrrrr");
	assert_string_equal(rights_of(remote, &far), "nnnnnnnn");
	acl_policy_free(policy);
	acl_policy_free(remote);
}

/* Listed in a group that nothing is granted to: nothing, not what anonymous callers get. */
static void test_listed_without_ace(void **state)
{
	struct acl_policy *policy = policy_of(ADMINS "[[group]]\nname = \"blocked\"\n"
						     "users = [\"uid:5\"]\n"
						     "[[ace]]\nright = \"admin\"\n"
						     "groups = [\"admins\"]\n");
	struct acl_principal blocked = local_of(policy, 5);

	assert_string_equal(blocked.name, "uid:5");
	assert_string_equal(rights_of(policy, &blocked), "nnnnnnnn");
	acl_policy_free(policy);
}

static void test_nesting(void **state)
{
	/* c in b in a, d in a; the file names them in an order that needs looking ahead. */
	struct acl_policy *policy =
		policy_of("[[group]]\nname = \"a\"\nusers = [\"uid:1\"]\n"
			  "member_groups = [\"b\", \"d\"]\n"
			  "[[group]]\nname = \"b\"\nusers = [\"uid:2\"]\n"
			  "member_groups = [\"c\"]\n"
			  "[[group]]\nname = \"c\"\nusers = [\"uid:3\", \"uid:5\"]\n"
			  "[[group]]\nname = \"d\"\nusers = [\"uid:4\", \"uid:5\"]\n"
			  "[[ace]]\nright = \"read\"\ngroups = [\"a\"]\n"
			  "[[ace]]\nright = \"write\"\ngroups = [\"b\"]\nmethods = [\"net.*\"]\n"
			  "[[ace]]\nright = \"admin\"\ngroups = [\"c\", \"d\"]\n"
			  "methods = [\"net.routes.*\", \"vol.mount\"]\n");
	static const char *const expected[] = {
		[1] = "rrrrrrrr", [2] = "wwwwrrrr", [3] = "wwwarrar",
		[4] = "rrrarrar", [5] = "wwwarrar",
	};

	for (uid_t uid = 1; uid < SAL_ARRAY_LEN(expected); uid++) {
		struct acl_principal principal = local_of(policy, uid);

		assert_string_equal(rights_of(policy, &principal), expected[uid]);
	}
	acl_policy_free(policy);
}

/* A diamond is no cycle, and group number 63, 64 and 255 are like any other. */
static void test_many_groups(void **state)
{
	struct sal_buf text = SAL_BUF_EMPTY;
	struct acl_policy *policy;
	struct acl_principal last;

	for (int i = 0; i < ACL_GROUPS_MAX; i++) {
		sal_buf_printf(&text, "[[group]]\nname = \"g%d\"\nusers = [\"uid:%d\"]\n", i, i);
		sal_buf_puts(&text, "member_groups = [");
		for (int k = i + 1; k < ACL_GROUPS_MAX; k++)
			sal_buf_printf(&text, "%s\"g%d\"", k > i + 1 ? "," : "", k);
		sal_buf_puts(&text, "]\n");
	}
	for (int i = 0; i < ACL_GROUPS_MAX; i += 63)
		sal_buf_printf(&text,
			       "[[ace]]\nright = \"write\"\ngroups = [\"g%d\"]\nmethods = "
			       "[\"%s\"]\n",
			       i, methods[i / 63].name);
	sal_buf_putc(&text, '\0');
	policy = policy_of(text.data);
	for (uid_t uid = 0; uid < ACL_GROUPS_MAX; uid++) {
		struct acl_principal principal = local_of(policy, uid);
		const char *rights = rights_of(policy, &principal);

		for (unsigned m = 0; m < METHODS; m++)
			assert_int_equal(rights[m], m * 63 <= uid && m < 5 ? 'w' : 'n');
	}
	last = local_of(policy, ACL_GROUPS_MAX);
	assert_string_equal(last.name, "anonymous_local (uid:256)");
	acl_policy_free(policy);

	text.len--;
	sal_buf_puts(&text, "[[group]]\nname = \"one more\"\n");
	{
		struct sal_error err = { 0 };
		struct sal_buf warnings = SAL_BUF_EMPTY;

		assert_true(acl_policy_parse(text.data, text.len, "t", &policy, &warnings, &err) <
			    0);
		assert_non_null(strstr(err.message, ": more than 256 [[group]]"));
		sal_buf_done(&warnings);
	}
	sal_buf_done(&text);
}

static void test_patterns(void **state)
{
	static const struct {
		const char *patterns, *rights;
	} cases[] = {
		{ "\"*\"", "rrrrrrrr" },
		{ "\"net.*\"", "rrrrnnnn" },
		{ "\"net.routes.*\"", "nnnrnnnn" }, /* not net.routes itself */
		{ "\"net.routes\"", "nnrnnnnn" },
		{ "\"network\", \"vol.*\"", "nnnnnrrr" },
		{ "\"net.*\", \"net.routes\"", "rrrrnnnn" },
	};

	for (size_t i = 0; i < SAL_ARRAY_LEN(cases); i++) {
		struct sal_buf text = SAL_BUF_EMPTY;
		struct acl_policy *policy;
		struct acl_principal principal;

		sal_buf_printf(&text,
			       ADMINS "[[ace]]\nright = \"read\"\ngroups = [\"admins\"]\n"
				      "methods = [%s]\n[policy]\n"
				      "anonymous_local = \"write\"\n%c",
			       cases[i].patterns, 0);
		policy = policy_of(text.data);
		principal = local_of(policy, 0);
		assert_string_equal(rights_of(policy, &principal), cases[i].rights);
		acl_policy_free(policy);
		sal_buf_done(&text);
	}
}

#define ACE(rest) ADMINS "[[ace]]\nright = \"admin\"\ngroups = [\"admins\"]\n" rest

static void test_errors(void **state)
{
	static const struct {
		const char *text, *message;
	} cases[] = {
		/* nothing at all: a file cut short must not become a policy */
		{ "", "t:1:1: is empty: expected [[group]], [[ace]] or [policy]" },
		{ " \n# only a comment\n",
		  "t:1:1: is empty: expected [[group]], [[ace]] or [policy]" },
		/* unknown keys */
		{ ACE("\n[polcy]\n"),
		  "t:8:2: unknown key \"polcy\"; expected [[group]], [[ace]] or [policy]" },
		{ "anonymous_local = \"admin\"\n",
		  "t:1:1: unknown key \"anonymous_local\"; expected [[group]], [[ace]] or "
		  "[policy]" },
		{ "[[group]]\nname = \"a\"\n  user = []\n",
		  "t:3:3: unknown key \"user\"; expected name, users or member_groups" },
		{ ACE("method = [\"net.*\"]\n"),
		  "t:7:1: unknown key \"method\"; expected right, groups or methods" },
		{ "[policy]\nanonymous = \"read\"\n",
		  "t:2:1: unknown key \"anonymous\"; expected anonymous_local, anonymous_remote "
		  "or trusted_peers" },
		/* types */
		{ "[group]\nname = \"a\"\n",
		  "t:1:2: each group is an element of an array: write [[group]]" },
		{ "ace = 1\n", "t:1:1: each ace is an element of an array: write [[ace]]" },
		{ "group = [1]\n", "t:1:10: expected a table, found an integer" },
		{ "[[policy]]\n", "t:1:1: expected a table, found an array" },
		{ "policy = 1979-05-27\n", "t:1:10: expected a table, found a date" },
		{ "[policy]\nanonymous_local = 1979-05-27T07:32:00Z\n",
		  "t:2:19: expected a string, found a date" },
		{ "[policy]\nanonymous_local = 07:32:00\n",
		  "t:2:19: expected a string, found a date" },
		{ "[policy]\nanonymous_local = true\n",
		  "t:2:19: expected a string, found a boolean" },
		{ "[policy]\nanonymous_local = nan\n",
		  "t:2:19: expected a string, found a number" },
		{ "[[group]]\nname = 1\n", "t:2:8: expected a string, found an integer" },
		{ "[[group]]\nname = \"a\"\nusers = \"uid:0\"\n",
		  "t:3:9: expected an array, found a string" },
		{ "[[group]]\nname = \"a\"\nusers = [\n  \"uid:0\",\n  1000\n]\n",
		  "t:5:3: expected a string, found an integer" },
		{ "[[group]]\nname = \"a\"\nmember_groups = [[]]\n",
		  "t:3:18: expected a string, found an array" },
		/* groups */
		{ "[[group]]\nusers = []\n", "t:1:1: a group needs a name" },
		{ "[[group]]\nname = \"\"\n", "t:2:8: a group's name has 1 to 64 bytes" },
		{ "[[group]]\nname = "
		  "\"a234567890123456789012345678901234567890123456789012345678901"
		  "2345\"\n",
		  "t:2:8: a group's name has 1 to 64 bytes" },
		{ ADMINS ADMINS, "t:5:8: a second group named \"admins\"" },
		{ "[[group]]\nname = \"a\"\nmember_groups = [\"b\"]\n",
		  "t:3:18: no [[group]] is named \"b\"" },
		{ "[[group]]\nname = \"a\"\nmember_groups = [\"a\"]\n",
		  "t:3:18: a group cannot be in itself: a, which is in a" },
		{ "[[group]]\nname = \"a\"\nmember_groups = [\"b\"]\n[[group]]\nname = \"b\"\n"
		  "member_groups = [\"c\"]\n[[group]]\nname = \"c\"\nmember_groups = [\"d\", "
		  "\"a\"]\n"
		  "[[group]]\nname = \"d\"\n",
		  "t:9:23: a group cannot be in itself: a, which is in c, which is in b, which is "
		  "in a" },
		/* ACEs */
		{ ADMINS "[[ace]]\ngroups = [\"admins\"]\n", "t:4:1: an [[ace]] needs a right" },
		{ ADMINS "[[ace]]\nright = \"read\"\n", "t:4:1: an [[ace]] needs groups" },
		{ ADMINS "[[ace]]\nright = \"read\"\ngroups = []\n",
		  "t:6:10: groups is empty; it names at least one group" },
		{ ADMINS "[[ace]]\nright = \"read\"\ngroups = [\"admin\"]\n",
		  "t:6:11: no [[group]] is named \"admin\"" },
		{ ADMINS "[[ace]]\nright = \"Admin\"\ngroups = [\"admins\"]\n",
		  "t:5:9: \"Admin\" is no right; expected \"read\", \"write\" or \"admin\"" },
		{ ADMINS "[[ace]]\nright = \"none\"\ngroups = [\"admins\"]\n",
		  "t:5:9: \"none\" is no right; expected \"read\", \"write\" or \"admin\"" },
		{ "[policy]\nanonymous_remote = \"all\"\n",
		  "t:2:20: \"all\" is no right; expected \"none\", \"read\", \"write\" or "
		  "\"admin\"" },
		{ ACE("methods = []\n"), "t:7:11: methods is empty; it names at least one method" },
		{ ACE("[[ace]]\nright = \"admin\"\ngroups = [\"admins\"]\nmethods = [\"*\"]\n"),
		  "t:7:1: says the same as [[ace]] number 1" },
		/* lists */
		{ ADMINS "member_groups = [\"b\", \"b\"]\n", "t:4:23: stands in this list twice" },
		{ "[[group]]\nname = \"a\"\nusers = [\"uid:0\", \"uid:1\", \"uid:0\"]\n",
		  "t:3:28: stands in this list twice" },
		{ ADMINS "[[ace]]\nright = \"read\"\ngroups = [\"admins\", \"admins\"]\n",
		  "t:6:21: stands in this list twice" },
		{ ACE("methods = [\"net.*\", \"net.*\"]\n"), "t:7:21: stands in this list twice" },
		/* trusted peers */
		{ "[policy]\ntrusted_peers = [\"" KEY_A "\"]\n",
		  "t:2:18: a trusted peer is uid:N, user:NAME, gid:N, group:NAME or \"*\", never a "
		  "key or a token" },
		{ "[policy]\ntrusted_peers = [\"token:sha256:" TOKEN_S3CR3T "\"]\n",
		  "t:2:18: a trusted peer is uid:N, user:NAME, gid:N, group:NAME or \"*\", never a "
		  "key or a token" },
		/* TOML itself */
		{ "[policy]\nanonymous_local = \"none\"\nanonymous_local = \"read\"\n",
		  "t:3:19: Error while parsing key-value pair: cannot redefine existing string "
		  "'anonymous_local'" },
		{ "[policy]\n[policy]\n",
		  "t:2:1: Error while parsing table header: cannot redefine existing table "
		  "'policy'" },
		{ "[[group]]\nname = \"a", NULL },
		{ "[[group]\n", NULL },
		/* toml++ 3.3 asserts, or worse, on these: see toml.cpp */
		{ "[[[group]]]\n", NULL },
		{ "[policy]\n[[=]]\n", NULL },
		{ "\xc3\xa4 = 1\n", NULL },
		{ "[policy]\nanonymous_local = \xc3\xa4\n", NULL },
		{ "[policy]\nanonymous_local = 1&\"\xd1\x8f\n", NULL },
		{ "[\xef\xb1\xbf]\n", NULL },
		{ "[policy]\r\nanonymous_local = \"read\r\n\"\r\n", NULL },
		{ "[policy]\ranonymous_local = \"read\"\r", NULL },
		{ "[[group]]\nname = \"a\\u0000b\"\n",
		  "t:2:8: a string holds a control character" },
		{ "[[group]]\n\"na\\u0000me\" = \"b\"\n",
		  "t:2:1: a key holds a control character" },
		{ "[[group]]\nname = \"\"\"a\nb\"\"\"\n",
		  "t:2:8: a string holds a control character" },
		{ "[[group]]\nname = \"\xff\"\n", NULL },
		{ "\xff\xfe[\0p\0", NULL }, /* UTF-16 */
	};

	for (size_t i = 0; i < SAL_ARRAY_LEN(cases); i++) {
		struct acl_policy *policy = NULL;
		struct sal_buf warnings = SAL_BUF_EMPTY;
		struct sal_error err = { 0 };
		unsigned line, column;

		if (cases[i].message) {
			refused_text(cases[i].text, cases[i].message);
			continue;
		}
		assert_true(acl_policy_parse(cases[i].text, strlen(cases[i].text), "t", &policy,
					     &warnings, &err) < 0);
		assert_int_equal(sscanf(err.message, "t:%u:%u: ", &line, &column), 2);
		assert_true(line >= 1 && column >= 1);
		assert_int_equal(err.code, SAL_INVALID_PARAMS);
		sal_buf_done(&warnings);
	}
}

/* A pattern that matches nothing is a typing error that would silently give nothing. */
static void test_pattern_errors(void **state)
{
	static const char *const patterns[] = { "",	 "net",	  "net.",   ".*",
						"net*",	 "*.add", "vol.x*", "rpc.health.*",
						"NET.*", "**",	  "net.**", "net.routes.delete",
						" net.*" };

	for (size_t i = 0; i < SAL_ARRAY_LEN(patterns); i++) {
		struct sal_buf text = SAL_BUF_EMPTY, message = SAL_BUF_EMPTY;

		sal_buf_printf(&text, ACE("methods = [\"net.*\", \"%s\"]\n"), patterns[i]);
		sal_buf_printf(
			&message,
			"t:7:21: no method matches \"%s\"; a pattern is a method's name, its "
			"beginning up to a dot as in \"net.*\", or \"*\"%c",
			patterns[i], 0);
		refused(text.data, text.len, message.data);
		sal_buf_done(&text);
		sal_buf_done(&message);
	}
}

static void test_identity_errors(void **state)
{
	static const char any[] = "expected uid:N, user:NAME, gid:N, group:NAME, a public key of "
				  "64 hex digits or token:sha256: and 64 hex digits";
	static const char uid[] = "expected uid: and a number from 0 to 4294967294";
	static const char gid[] = "expected gid: and a number from 0 to 4294967294";
	static const char hex[] = "expected 64 hex digits";
	static const struct {
		const char *text, *what;
	} cases[] = {
		{ "", any },
		{ "alice", any },
		{ "*", any },
		{ "uid", any },
		{ "UID:0", any },
		{ " uid:0", any },
		{ "token:" TOKEN_S3CR3T, any },
		{ "token:md5:" TOKEN_S3CR3T, any },
		{ "uid:", uid },
		{ "uid:-1", uid },
		{ "uid:+1", uid },
		{ "uid: 1", uid },
		{ "uid:1 ", uid },
		{ "uid:01", uid },
		{ "uid:00", uid },
		{ "uid:0x0", uid },
		{ "uid:1.0", uid },
		{ "uid:root", uid },
		{ "uid:4294967295", uid },
		{ "uid:4294967296", uid },
		{ "uid:18446744073709551616", uid },
		{ "gid:", gid },
		{ "gid:4294967295", gid },
		{ "user:", "a user's name has 1 to 256 bytes" },
		{ "group:", "a group's name has 1 to 256 bytes" },
		{ "0" KEY_A, hex },
		{ "0123456789abcdef", hex },
		{ "z0112233445566778899aabbccddeeff00112233445566778899aabbccddeeff", hex },
		{ KEY_A " ", hex },
		{ "token:sha256:", hex },
		{ "token:sha256:s3cr3t", hex },
		{ "token:sha256:" TOKEN_S3CR3T "0", hex },
	};

	for (size_t i = 0; i < SAL_ARRAY_LEN(cases); i++) {
		struct sal_buf text = SAL_BUF_EMPTY, message = SAL_BUF_EMPTY;

		sal_buf_printf(&text, "[[group]]\nname = \"a\"\nusers = [\"uid:1\",\n\t\"%s\"]\n",
			       cases[i].text);
		sal_buf_printf(&message, "t:4:2: %s%c", cases[i].what, 0);
		refused(text.data, text.len, message.data);
		sal_buf_done(&text);
		sal_buf_done(&message);
	}
}

/* What can match nobody here is said, and does match nobody. */
static void test_warnings(void **state)
{
	struct acl_policy *policy = policy_of_warned(
		"[[group]]\nname = \"admins\"\nusers = [\n\"uid:0\",\n\"user:no-such-user\",\n"
		"\"group:no-such-group\",\n\"uid:65534\", \"user:nobody\",\n\"gid:65534\",\n"
		"\"uid:4294967294\"]\n"
		"[[ace]]\nright = \"admin\"\ngroups = [\"admins\"]\n"
		"[policy]\ntrusted_peers = [\"user:no-such-gateway\", \"uid:65534\"]\n",
		"t:5:1: this system has no user named no-such-user, so it matches nobody\n"
		"t:6:1: this system has no group named no-such-group, so it matches nobody\n"
		"t:7:1: uid 65534 stands for whoever the kernel cannot name, so it matches nobody\n"
		"t:7:14: uid 65534 stands for whoever the kernel cannot name, so it matches "
		"nobody\n"
		"t:8:1: gid 65534 stands for whoever the kernel cannot name, so it matches nobody\n"
		"t:14:18: this system has no user named no-such-gateway, so it matches nobody\n"
		"t:14:42: uid 65534 stands for whoever the kernel cannot name, so it matches "
		"nobody\n");
	struct acl_principal nobody = local_of(policy, 65534), high = local_of(policy, 4294967294);

	assert_string_equal(nobody.name, "anonymous_local (uid:65534)");
	assert_string_equal(high.name, "uid:4294967294");
	assert_string_equal(rights_of(policy, &high), "aaaaaaaa");
	acl_policy_free(policy);

	acl_policy_free(policy_of_warned(ADMINS, "t:1:1: nobody may do more than read\n"));
	acl_policy_free(policy_of_warned(
		ACE("[policy]\ntrusted_peers = [\"*\"]\n"),
		"t:7:1: everyone is a trusted peer: X-Public-Key of any local process is believed, "
		"and no caller counts as its own user\n"));
}

/* The same file with CRLF and a byte order mark means the same and counts the same lines. */
static void test_crlf_and_bom(void **state)
{
	struct acl_policy *policy =
		policy_of("\xef\xbb\xbf[[group]]\r\nname = \"admins\"\r\nusers = [\"uid:0\"]\r\n"
			  "\r\n[[ace]]\r\nright = \"admin\"\r\ngroups = [\"admins\"]\r\n");
	struct acl_principal root = local_of(policy, 0);

	assert_string_equal(rights_of(policy, &root), "aaaaaaaa");
	acl_policy_free(policy);
	refused_text("\xef\xbb\xbf[[group]]\r\nname = \"a\"\r\nuser = []\r\n",
		     "t:3:1: unknown key \"user\"; expected name, users or member_groups");
	/* columns are characters, not bytes */
	refused_text("[[group]]\nname = \"\xc3\xa4\"\nusers = [ \"uid:0\", \"\xe2\x82\xac\" ]\n",
		     "t:3:20: expected uid:N, user:NAME, gid:N, group:NAME, a public key of 64 hex "
		     "digits or token:sha256: and 64 hex digits");
}

/* Inline and dotted spellings of the same tables mean the same. */
static void test_spellings(void **state)
{
	struct acl_policy *policy =
		policy_of("group = [{ name = \"admins\", users = [\"uid:0\"] }]\n"
			  "ace = [{ right = 'admin', groups = ['admins'] }]\n"
			  "policy.anonymous_local = \"none\"\n");
	struct acl_principal root = local_of(policy, 0), other = local_of(policy, 1);

	assert_string_equal(rights_of(policy, &root), "aaaaaaaa");
	assert_string_equal(rights_of(policy, &other), "nnnnnnnn");
	acl_policy_free(policy);
}

static void repeat(struct sal_buf *text, const char *piece, size_t n)
{
	while (n--)
		sal_buf_puts(text, piece);
}

/* K9: deep or large texts end in an error, not in an overflow of the stack. */
static void test_hostile_sizes(void **state)
{
	static const struct {
		const char *begin, *piece;
		size_t n;
		const char *end, *what;
	} cases[] = {
		{ "[a", ".a", 10000, "]", "t:1:515: too many dots in one line" },
		{ "[[a", ".a", 10000, "]]", "t:1:516: too many dots in one line" },
		{ "\na", ".a", 10000, "=1", "t:2:514: too many dots in one line" },
		{ "a", " . \"a\"", 10000, "=1", "too many dots in one line" },
		{ "[a", ".a", 250, "]", "nested deeper than 8 levels" },
		{ "a = ", "[", 10000, "", "nested" },
		{ "a = ", "{ a = ", 10000, "", "nested" },
		{ "a = ", "{ a = [\n", 10000, "", "nested" },
		{ "a = [", "1,", 65533, "]", "unknown key" },
		{ "a = [", "1,", 65535, "]", "more than 65536 values" },
		{ "a = \"", "xxxxxxxxxx", 100000, "\"", "unknown key" },
		{ "", "[[group]]\n", 20000, "", "more than 256 [[group]]" },
		{ "", "[[ace]]\n", 20000, "", "more than 1024 [[ace]]" },
	};

	for (size_t i = 0; i < SAL_ARRAY_LEN(cases); i++) {
		struct sal_buf text = SAL_BUF_EMPTY, warnings = SAL_BUF_EMPTY;
		struct acl_policy *policy = NULL;
		struct sal_error err = { 0 };

		sal_buf_puts(&text, cases[i].begin);
		repeat(&text, cases[i].piece, cases[i].n);
		sal_buf_puts(&text, cases[i].end);
		assert_true(acl_policy_parse(text.data, text.len, "t", &policy, &warnings, &err) <
			    0);
		if (!strstr(err.message, cases[i].what))
			fail_msg("case %zu: %s", i, err.message);
		sal_buf_done(&text);
		sal_buf_done(&warnings);
	}
}

/* The deepest that the limits let through: values in values, 256 dots a line, under a header. */
static void test_deepest(void **state)
{
	struct sal_buf text = SAL_BUF_EMPTY, warnings = SAL_BUF_EMPTY;
	struct acl_policy *policy = NULL;
	struct sal_error err = { 0 };

	sal_buf_puts(&text, "[a");
	repeat(&text, ".a", 256);
	sal_buf_puts(&text, "]\n");
	for (int i = 0; i < 3; i++) {
		repeat(&text, "b.", 256);
		sal_buf_puts(&text, i == 2 ? "b = 1" : "b = { x = 1, y = [\n { ");
	}
	for (int i = 0; i < 2; i++)
		sal_buf_puts(&text, " } ] }");
	sal_buf_puts(&text, "\n");
	assert_true(acl_policy_parse(text.data, text.len, "t", &policy, &warnings, &err) < 0);
	assert_string_equal(err.message, "t:1:1: nested deeper than 8 levels");
	sal_buf_done(&text);
	sal_buf_done(&warnings);
}

static void test_size_limit(void **state)
{
	struct sal_buf text = SAL_BUF_EMPTY;

	sal_buf_puts(&text, ACE(""));
	while (text.len < ACL_FILE_MAX)
		sal_buf_putc(&text, text.len % 80 ? '#' : '\n');
	sal_buf_putc(&text, '\0');
	text.len--;
	acl_policy_free(policy_of(text.data));
	refused(text.data, text.len + 1, "t: has 1048577 bytes, more than 1048576");
	sal_buf_done(&text);
}

static void test_right_names(void **state)
{
	enum sal_right right;

	for (enum sal_right i = SAL_RIGHT_NONE; i <= SAL_RIGHT_ADMIN; i++) {
		assert_true(acl_right_parse(acl_right_name(i), &right));
		assert_int_equal(right, i);
	}
	assert_false(acl_right_parse("", &right));
	assert_false(acl_right_parse("reads", &right));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_example),
		cmocka_unit_test(test_matrix),
		cmocka_unit_test(test_forbidden_says_why),
		cmocka_unit_test(test_unknown_method),
		cmocka_unit_test(test_default),
		cmocka_unit_test(test_default_of_ordinary_user),
		cmocka_unit_test(test_policy_absent),
		cmocka_unit_test(test_listed_without_ace),
		cmocka_unit_test(test_nesting),
		cmocka_unit_test(test_many_groups),
		cmocka_unit_test(test_patterns),
		cmocka_unit_test(test_errors),
		cmocka_unit_test(test_pattern_errors),
		cmocka_unit_test(test_identity_errors),
		cmocka_unit_test(test_warnings),
		cmocka_unit_test(test_crlf_and_bom),
		cmocka_unit_test(test_spellings),
		cmocka_unit_test(test_hostile_sizes),
		cmocka_unit_test(test_deepest),
		cmocka_unit_test(test_size_limit),
		cmocka_unit_test(test_right_names),
	};

	return cmocka_run_group_tests_name("acl policy", tests, NULL, NULL);
}
