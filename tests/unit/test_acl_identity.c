/*
 * test_acl_identity.c - who a request is made by: peers of real sockets, headers, claims.
 */
#include "acl/support.h"

#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <netinet/in.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

/* uid 1 and gid 27 are listed, uid 900 is a gateway by uid and gid 901 by group. */
static const char listed[] =
	"[[group]]\nname = \"admins\"\nusers = [\"" KEY_A
	"\", \"uid:0\", \"token:sha256:" TOKEN_S3CR3T "\"]\n"
	"[[group]]\nname = \"readers\"\nusers = [\"uid:1\", \"token:sha256:" TOKEN_OTHER "\"]\n"
	"[[group]]\nname = \"writers\"\nusers = [\"gid:27\", \"token:sha256:" TOKEN_OTHER "\"]\n"
	"[[ace]]\nright = \"admin\"\ngroups = [\"admins\"]\n"
	"[[ace]]\nright = \"read\"\ngroups = [\"readers\"]\n"
	"[[ace]]\nright = \"write\"\ngroups = [\"writers\"]\nmethods = [\"net.*\"]\n"
	"[policy]\nanonymous_local = \"read\"\nanonymous_remote = \"none\"\n"
	"trusted_peers = [\"uid:900\", \"gid:901\"]\n";

enum {
	STRANGER = 4242,
	GATEWAY = 900,
};

/* The headers of one case, "Name: value" each. */
static struct acl_credentials credentials_of(const char *const *headers)
{
	struct acl_credentials credentials = { 0 };

	for (; *headers; headers++) {
		const char *colon = strchr(*headers, ':');

		acl_credentials_header(&credentials, *headers, (size_t)(colon - *headers),
				       colon + 2, strlen(colon + 2));
	}
	return credentials;
}

#define BEARER_TWICE "Authorization: Bearer s3cr3t", "Authorization: Bearer s3cr3t"

static void test_headers(void **state)
{
	static const char unknown[] = "the bearer token is not known";
	static const char form[] = "Authorization is not of the form Bearer TOKEN";
	static const char claim[] = "X-Public-Key is only a claim unless a trusted peer sends it";
	static const char forwarded[] = "a forwarded request, but this peer is not a trusted one";
	static const char twice[] = "Authorization or X-Public-Key was sent more than once";
	static const char both[] = "Authorization and X-Public-Key were sent both: choose one";
	static const char hex[] = "X-Public-Key is not 64 hex digits";
	static const struct {
		uid_t uid;
		const char *headers[4];
		const char *error; /* NULL: identified */
		const char *name, *rights;
	} cases[] = {
		/* an ordinary peer */
		{ 0, { NULL }, NULL, "uid:0", "aaaaaaaa" },
		{ 1, { NULL }, NULL, "uid:1", "rrrrrrrr" },
		{ STRANGER, { NULL }, NULL, "anonymous_local (uid:4242)", "rrrrrrrr" },
		{ STRANGER,
		  { "Host: localhost", "X-Request-Id: 1", NULL },
		  NULL,
		  "anonymous_local (uid:4242)",
		  "rrrrrrrr" },
		{ STRANGER,
		  { "Authorization: Bearer s3cr3t", NULL },
		  NULL,
		  "token:4e738ca5",
		  "aaaaaaaa" },
		{ STRANGER,
		  { "AUTHORIZATION: bEARER   s3cr3t", NULL },
		  NULL,
		  "token:4e738ca5",
		  "aaaaaaaa" },
		{ STRANGER,
		  { "authorization: Bearer other-token", NULL },
		  NULL,
		  "token:6c67163b",
		  "wwwwrrrr" },
		/* the token decides alone, not what root is besides */
		{ 0,
		  { "Authorization: Bearer other-token", NULL },
		  NULL,
		  "token:6c67163b",
		  "wwwwrrrr" },
		{ 0, { "Authorization: Bearer s3cr3T", NULL }, unknown, NULL, NULL },
		{ 0, { "Authorization: Bearer s3cr3", NULL }, unknown, NULL, NULL },
		{ 0, { "Authorization: Bearer s3cr3tt", NULL }, unknown, NULL, NULL },
		{ 0, { "Authorization: Bearer " TOKEN_S3CR3T, NULL }, unknown, NULL, NULL },
		{ 0, { "Authorization: ", NULL }, form, NULL, NULL },
		{ 0, { "Authorization: Bearer", NULL }, form, NULL, NULL },
		{ 0, { "Authorization: Bearer ", NULL }, form, NULL, NULL },
		{ 0, { "Authorization: Bearers3cr3t", NULL }, form, NULL, NULL },
		{ 0, { "Authorization: Basic cm9vdDpyb290", NULL }, form, NULL, NULL },
		{ 0, { "Authorization: Bearer s3cr3t ", NULL }, form, NULL, NULL },
		{ 0, { "Authorization: Bearer s3cr3t, Bearer x", NULL }, form, NULL, NULL },
		{ 0, { "Authorization: Bearer \"s3cr3t\"", NULL }, form, NULL, NULL },
		{ 0, { "Authorization:  Bearer s3cr3t", NULL }, form, NULL, NULL },
		{ 0, { BEARER_TWICE, NULL }, twice, NULL, NULL },
		{ 0, { "X-Public-Key: " KEY_A, NULL }, claim, NULL, NULL },
		{ STRANGER, { "X-Public-Key: " KEY_A, NULL }, claim, NULL, NULL },
		{ STRANGER, { "x-public-key: ", NULL }, claim, NULL, NULL },
		{ STRANGER,
		  { "X-Public-Key: " KEY_A, "X-Public-Key: " KEY_A, NULL },
		  twice,
		  NULL,
		  NULL },
		{ STRANGER,
		  { "X-Public-Key: " KEY_A, "Authorization: Bearer s3cr3t", NULL },
		  both,
		  NULL,
		  NULL },
		{ 0, { "Via: 1.1 proxy", NULL }, forwarded, NULL, NULL },
		{ 0, { "forwarded: for=192.0.2.1", NULL }, forwarded, NULL, NULL },
		{ 0, { "X-Forwarded-For: 192.0.2.1", NULL }, forwarded, NULL, NULL },
		{ 0, { "X-FORWARDED-PROTO: https", NULL }, forwarded, NULL, NULL },
		{ 0, { "X-Hero-Context: 0", NULL }, forwarded, NULL, NULL },
		{ 0, { "x-hero-: ", NULL }, forwarded, NULL, NULL },
		{ STRANGER,
		  { "Via: x", "Authorization: Bearer s3cr3t", NULL },
		  forwarded,
		  NULL,
		  NULL },
		{ 0,
		  { "X-Forwarded: 1", "Viae: 1", "X-Heroes: 1", NULL },
		  NULL,
		  "uid:0",
		  "aaaaaaaa" },
		/* a trusted gateway: its headers alone decide */
		{ GATEWAY, { NULL }, NULL, "anonymous_remote", "nnnnnnnn" },
		{ GATEWAY, { "Via: 1.1 gateway", NULL }, NULL, "anonymous_remote", "nnnnnnnn" },
		{ GATEWAY,
		  { "X-Public-Key: " KEY_A, "X-Forwarded-For: ::1", NULL },
		  NULL,
		  "key:0011223344556677",
		  "aaaaaaaa" },
		{ GATEWAY,
		  { "X-Public-Key: "
		    "00112233445566778899AABBCCDDEEFF00112233445566778899AaBbCcDdEeFf",
		    NULL },
		  NULL,
		  "key:0011223344556677",
		  "aaaaaaaa" },
		{ GATEWAY,
		  { "X-Public-Key: " KEY_B, NULL },
		  NULL,
		  "anonymous_remote (key:ffeeddccbbaa9988)",
		  "nnnnnnnn" },
		{ GATEWAY,
		  { "Authorization: Bearer s3cr3t", NULL },
		  NULL,
		  "token:4e738ca5",
		  "aaaaaaaa" },
		{ GATEWAY, { "Authorization: Bearer wrong", NULL }, unknown, NULL, NULL },
		{ GATEWAY, { "X-Public-Key: " KEY_A " ", NULL }, hex, NULL, NULL },
		{ GATEWAY, { "X-Public-Key: " KEY_A "," KEY_A, NULL }, hex, NULL, NULL },
		{ GATEWAY, { "X-Public-Key: " KEY_A "0", NULL }, hex, NULL, NULL },
		{ GATEWAY,
		  { "X-Public-Key: 0112233445566778899aabbccddeeff00112233445566778899aabbccddeeff",
		    NULL },
		  hex,
		  NULL,
		  NULL },
		{ GATEWAY, { "X-Public-Key: ", NULL }, hex, NULL, NULL },
		{ GATEWAY,
		  { "X-Public-Key: " KEY_A, "X-Public-Key: " KEY_B, NULL },
		  twice,
		  NULL,
		  NULL },
		{ GATEWAY,
		  { "X-Public-Key: " KEY_A, "Authorization: Bearer s3cr3t", NULL },
		  both,
		  NULL,
		  NULL },
	};
	struct acl_policy *policy = policy_of(listed);

	for (size_t i = 0; i < SAL_ARRAY_LEN(cases); i++) {
		struct acl_credentials credentials = credentials_of(cases[i].headers);
		struct acl_peer peer = { .pid = 1, .uid = cases[i].uid, .gid = 100 };
		struct acl_principal principal;
		struct sal_error err = { 0 };
		int r = acl_identify(policy, &peer, &credentials, &principal, &err);

		if (cases[i].error) {
			assert_string_equal(err.message, cases[i].error);
			assert_true(r < 0);
			assert_int_equal(err.code, SAL_UNAUTHENTICATED);
			continue;
		}
		assert_string_equal(err.message, "");
		assert_int_equal(r, 0);
		assert_string_equal(principal.name, cases[i].name);
		assert_string_equal(rights_of(policy, &principal), cases[i].rights);
	}
	acl_policy_free(policy);
}

/* A NUL in a header is not the end of it. */
static void test_nul(void **state)
{
	struct acl_policy *policy = policy_of(listed);
	struct acl_peer root = { .uid = 0 }, gateway = { .uid = GATEWAY };
	struct acl_credentials bearer = { 0 }, key = { 0 };
	struct acl_principal principal;

	acl_credentials_header(&bearer, "Authorization", 13, "Bearer s3cr3t\0x", 15);
	acl_credentials_header(&key, "X-Public-Key", 12, KEY_A "\0", 65);
	assert_true(acl_identify(policy, &root, &bearer, &principal, NULL) < 0);
	assert_true(acl_identify(policy, &gateway, &key, &principal, NULL) < 0);
	acl_policy_free(policy);
}

/* The union of everything a peer is: uid, primary group, supplementary groups (A6). */
static void test_groups(void **state)
{
	static gid_t extra[] = { 5, 27, 28 }, gateway_extra[] = { 901 };
	static const struct {
		struct acl_peer peer;
		const char *name, *rights;
	} cases[] = {
		{ { .uid = 1, .gid = 27 }, "uid:1", "wwwwrrrr" },
		{ { .uid = 1, .gid = 1, .groups = extra, .ngroups = 3 }, "uid:1", "wwwwrrrr" },
		{ { .uid = 1, .gid = 1, .groups = extra, .ngroups = 1 }, "uid:1", "rrrrrrrr" },
		{ { .uid = 2, .gid = 2, .groups = extra, .ngroups = 2 }, "uid:2", "wwwwnnnn" },
		{ { .uid = 27, .gid = 1 }, "anonymous_local (uid:27)", "rrrrrrrr" },
		{ { .uid = 0, .gid = 0, .groups = gateway_extra, .ngroups = 1 },
		  "anonymous_remote",
		  "nnnnnnnn" },
		{ { .uid = 901, .gid = 900 }, "anonymous_local (uid:901)", "rrrrrrrr" },
	};
	struct acl_policy *policy = policy_of(listed);
	struct acl_credentials none = { 0 };

	for (size_t i = 0; i < SAL_ARRAY_LEN(cases); i++) {
		struct acl_principal principal;

		assert_int_equal(acl_identify(policy, &cases[i].peer, &none, &principal, NULL), 0);
		assert_string_equal(principal.name, cases[i].name);
		assert_string_equal(rights_of(policy, &principal), cases[i].rights);
	}
	acl_policy_free(policy);
}

/* A5: whoever the kernel cannot name is nobody, though another user has that number. */
static void test_unmapped(void **state)
{
	static gid_t unmapped[] = { 65534 };
	struct acl_policy *policy = policy_of_warned(
		"[[group]]\nname = \"g\"\nusers = [\"uid:7\", \"gid:7\",\n\"user:nobody\",\n"
		"\"group:nogroup\"]\n[[ace]]\nright = \"admin\"\ngroups = [\"g\"]\n",
		"t:4:1: uid 65534 stands for whoever the kernel cannot name, so it matches nobody\n"
		"t:5:1: gid 65534 stands for whoever the kernel cannot name, so it matches "
		"nobody\n");
	struct acl_peer peers[] = {
		{ .uid = 65534, .gid = 65534, .groups = unmapped, .ngroups = 1 },
		{ .uid = (uid_t)-1, .gid = (gid_t)-1 },
		{ .uid = 2147483648u, .gid = 2147483655u },
	};
	struct acl_credentials none = { 0 };
	struct acl_principal principal;

	for (size_t i = 0; i < SAL_ARRAY_LEN(peers); i++) {
		assert_int_equal(acl_identify(policy, &peers[i], &none, &principal, NULL), 0);
		assert_int_equal(principal.kind, ACL_NOBODY);
		assert_string_equal(rights_of(policy, &principal), "rrrrrrrr");
	}
	assert_string_equal(principal.name, "anonymous_local (uid:2147483648)");
	acl_policy_free(policy);
}

/* trusted_peers = ["*"]: everyone is a gateway, root and the unmapped too. */
static void test_trust_everyone(void **state)
{
	struct acl_policy *policy = policy_of_warned(
		"[[group]]\nname = \"g\"\nusers = [\"uid:0\", \"" KEY_A "\"]\n"
		"[[ace]]\nright = \"write\"\ngroups = [\"g\"]\n"
		"[policy]\nanonymous_remote = \"read\"\ntrusted_peers = [\"*\"]\n",
		"t:7:1: everyone is a trusted peer: X-Public-Key of any local process is believed, "
		"and no caller counts as its own user\n");
	static const char *const headers[] = { "X-Public-Key: " KEY_A, "Via: x", NULL };
	struct acl_credentials none = { 0 }, key = credentials_of(headers);
	static const uid_t uids[] = { 0, STRANGER, 65534 };

	for (size_t i = 0; i < SAL_ARRAY_LEN(uids); i++) {
		struct acl_peer peer = { .uid = uids[i], .gid = 1 };
		struct acl_principal principal;

		assert_int_equal(acl_identify(policy, &peer, &none, &principal, NULL), 0);
		assert_string_equal(principal.name, "anonymous_remote");
		assert_string_equal(rights_of(policy, &principal), "rrrrrrrr");
		assert_int_equal(acl_identify(policy, &peer, &key, &principal, NULL), 0);
		assert_string_equal(rights_of(policy, &principal), "wwwwwwww");
	}
	acl_policy_free(policy);
}

/* Without a file there are no tokens and no gateways. */
static void test_default_policy(void **state)
{
	static const char *const bearer[] = { "Authorization: Bearer s3cr3t", NULL };
	static const char *const key[] = { "X-Public-Key: " KEY_A, NULL };
	struct acl_policy *policy = acl_policy_default();
	struct acl_credentials claims[] = { credentials_of(bearer), credentials_of(key) };
	struct acl_peer root = { .uid = 0 };
	struct acl_principal principal;

	for (size_t i = 0; i < SAL_ARRAY_LEN(claims); i++)
		assert_true(acl_identify(policy, &root, &claims[i], &principal, NULL) < 0);
	acl_policy_free(policy);
}

/* Outputs stay as they were, and secrets out of every word, when a claim fails (A15). */
static void test_failure_is_silent(void **state)
{
	static const char *const headers[] = { "Authorization: Bearer Hunter2", NULL };
	struct acl_policy *policy = policy_of(listed);
	struct acl_credentials bearer = credentials_of(headers);
	struct acl_peer peer = { .uid = STRANGER };
	struct acl_principal principal = { .name = "untouched" };
	struct sal_error err = { 0 };
	struct sal_buf text = SAL_BUF_EMPTY;

	assert_true(acl_identify(policy, &peer, &bearer, &principal, &err) < 0);
	assert_string_equal(principal.name, "untouched");
	sal_error_write(&text, &err);
	sal_buf_putc(&text, '\0');
	assert_null(strstr(text.data, "Hunter2"));
	assert_string_equal(err.subject, "peer uid:4242");
	sal_buf_done(&text);
	acl_policy_free(policy);
}

/* A real connection: `path` of the listener, abstract if it begins with '@'; the client binds to
 * `client_path` first, unless NULL (A7, A8). */
static void connection_open(const char *path, const char *client_path, int *ret_client,
			    int *ret_server)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	socklen_t len;
	int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(path));
	if (path[0] == '@')
		address.sun_path[0] = '\0';
	assert_int_equal(bind(listener, (struct sockaddr *)&address, len), 0);
	assert_int_equal(listen(listener, 1), 0);
	*ret_client = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (client_path) {
		struct sockaddr_un from = { .sun_family = AF_UNIX };

		snprintf(from.sun_path, sizeof(from.sun_path), "%s", client_path);
		assert_int_equal(bind(*ret_client, (struct sockaddr *)&from, sizeof(from)), 0);
	}
	assert_int_equal(connect(*ret_client, (struct sockaddr *)&address, len), 0);
	*ret_server = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	assert_true(*ret_server >= 0);
	close(listener);
}

static void test_peer(void **state)
{
	char folder[] = "/tmp/test-acl-XXXXXX", path[64], odd[64];
	static gid_t own[NGROUPS_MAX];
	int nown = getgroups(SAL_ARRAY_LEN(own), own);

	assert_non_null(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/s", folder);
	snprintf(odd, sizeof(odd), "%s/uid=0;pid=1;", folder);
	for (int round = 0; round < 3; round++) {
		struct acl_peer peer = { 0 };
		char abstract[64];
		int client, server;

		snprintf(abstract, sizeof(abstract), "@test-acl-%d", getpid());
		connection_open(round == 2 ? abstract : path, round == 1 ? odd : NULL, &client,
				&server);
		assert_int_equal(acl_peer_from_socket(server, &peer, NULL), 0);
		assert_int_equal(peer.pid, getpid());
		assert_int_equal(peer.uid, geteuid());
		assert_int_equal(peer.gid, getegid());
		assert_int_equal(peer.ngroups, nown);
		for (int i = 0; i < nown; i++)
			assert_int_equal(peer.groups[i], own[i]);
		acl_peer_done(&peer);
		assert_int_equal(peer.uid, (uid_t)-1); /* never root by accident */
		close(client);
		close(server);
		unlink(path);
	}
	unlink(odd);
	rmdir(folder);
}

#define UNAVAILABLE 77

/* Runs fn in a child, whose asserts would be lost: its status says which step failed. */
static void in_child(int (*fn)(void))
{
	pid_t pid = fork();
	int status;

	if (!pid)
		_exit(fn());
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	if (WEXITSTATUS(status) == UNAVAILABLE) {
		print_message("skipped: no new user namespace may be made here\n");
		skip();
	}
	assert_int_equal(WEXITSTATUS(status), 0);
}

/* The client of many_groups(): somebody else, with more groups than a first buffer holds. */
_Noreturn static void many_groups_client(const struct sockaddr_un *address, socklen_t len)
{
	gid_t groups[500];
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	for (size_t i = 0; i < SAL_ARRAY_LEN(groups); i++)
		groups[i] = (gid_t)(1000 + i);
	groups[250] = 27;
	if (setgroups(SAL_ARRAY_LEN(groups), groups) || setgid(77) || setuid(STRANGER))
		_exit(1);
	_exit(connect(fd, (const struct sockaddr *)address, len) ? 2 : 0);
}

/* The client is dead by the time we ask: what it was when it connected still holds. */
static int many_groups(void)
{
	struct acl_policy *policy = policy_of(listed);
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	struct acl_credentials none = { 0 };
	struct acl_principal principal;
	struct acl_peer peer;
	socklen_t len = sizeof(address);
	int listener = socket(AF_UNIX, SOCK_STREAM, 0), status, fd;
	pid_t pid;

	/* bound to a family alone: the kernel gives it an abstract name (unix(7), autobind) */
	if (bind(listener, (struct sockaddr *)&address, sizeof(sa_family_t)) ||
	    listen(listener, 1) || getsockname(listener, (struct sockaddr *)&address, &len))
		return 1;
	pid = fork();
	if (!pid)
		many_groups_client(&address, len);
	if (waitpid(pid, &status, 0) != pid || status)
		return 2;
	fd = accept(listener, NULL, NULL);
	if (fd < 0 || acl_peer_from_socket(fd, &peer, NULL))
		return 3;
	if (peer.uid != STRANGER || peer.gid != 77 || peer.ngroups != 500)
		return 4;
	if (acl_identify(policy, &peer, &none, &principal, NULL) ||
	    strcmp(principal.name, "uid:4242") || strcmp(rights_of(policy, &principal), "wwwwnnnn"))
		return 5;
	acl_peer_done(&peer);
	acl_policy_free(policy);
	close(fd);
	close(listener);
	return 0;
}

static void test_peer_many_groups(void **state)
{
	if (geteuid()) {
		print_message("skipped: needs root to become somebody else\n");
		skip();
	}
	in_child(many_groups);
}

/* In a user namespace without a mapping every peer is shown as 65534: nobody, and never admin. */
static int unmapped_peer(void)
{
	struct acl_policy *policy = acl_policy_default();
	struct acl_credentials none = { 0 };
	struct acl_principal principal;
	struct acl_peer peer;
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair))
		return 1;
	if (unshare(CLONE_NEWUSER))
		return UNAVAILABLE;
	if (acl_peer_from_socket(pair[0], &peer, NULL))
		return 2;
	if (peer.uid != 65534 || peer.gid != 65534)
		return 3;
	if (acl_identify(policy, &peer, &none, &principal, NULL) || principal.kind != ACL_NOBODY)
		return 4;
	acl_peer_done(&peer);
	acl_policy_free(policy);
	/* and a daemon that runs there takes nobody for itself */
	policy = acl_policy_default();
	peer = (struct acl_peer){ .uid = geteuid(), .gid = getegid() };
	if (acl_identify(policy, &peer, &none, &principal, NULL) || principal.kind != ACL_NOBODY)
		return 5;
	acl_policy_free(policy);
	return 0;
}

static void test_peer_unmapped(void **state)
{
	in_child(unmapped_peer);
}

/* What is no connected Unix socket has no peer, and must not be taken for uid 0. */
static void test_peer_failures(void **state)
{
	int fds[] = {
		-1,
		open("/dev/null", O_RDONLY | O_CLOEXEC),
		socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0),
		socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0),
	};

	for (size_t i = 0; i < SAL_ARRAY_LEN(fds); i++) {
		struct acl_peer peer = { .uid = 12345 };
		struct sal_error err = { 0 };

		assert_true(acl_peer_from_socket(fds[i], &peer, &err) < 0);
		assert_int_equal(peer.uid, 12345);
		assert_true(err.code != SAL_OK);
		if (fds[i] >= 0)
			close(fds[i]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_headers),
		cmocka_unit_test(test_nul),
		cmocka_unit_test(test_groups),
		cmocka_unit_test(test_unmapped),
		cmocka_unit_test(test_trust_everyone),
		cmocka_unit_test(test_default_policy),
		cmocka_unit_test(test_failure_is_silent),
		cmocka_unit_test(test_peer),
		cmocka_unit_test(test_peer_many_groups),
		cmocka_unit_test(test_peer_unmapped),
		cmocka_unit_test(test_peer_failures),
	};

	return cmocka_run_group_tests_name("acl identity", tests, NULL, NULL);
}
