/*
 * test_leases.c - recorded lease files of every client, and the kernel's side given by hand.
 *
 * fixtures/leases is read as a root folder and compared whole with fixtures/leases.json. What joins
 * files and addresses is tested on small cases of its own.
 */
#include <fcntl.h>
#include <jansson.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "base/macros.h"
#include "kernel/sysfs.h"
#include "net/lease/dhclient_scan.h"
#include "net/lease/lease.h"

#define NOW 1795583600 /* 2026-11-25 05:13:20, when the files were some seconds old */

static struct sal_lease_link links[] = {
	{ 1, "lo" }, { 2, "eth0" }, { 3, "eth1" }, { 4, "wlan0" }
};

static struct sal_lease_addr addr_of(uint32_t ifindex, const char *text, uint8_t bits,
				     uint32_t flags, uint32_t valid, uint32_t age)
{
	struct sal_lease_addr addr = { .ifindex = ifindex,
				       .prefixlen = bits,
				       .flags = flags,
				       .valid = valid,
				       .preferred = valid,
				       .age = age };

	assert_true(sal_ip_parse(text, &addr.ip));
	return addr;
}

static json_t *leases_json(struct sal_leases *leases)
{
	struct sal_lease *items = sal_arena_array(leases->arena, leases->nentries, sizeof(*items));
	struct sal_net_lease_result result = { .consistent = true };
	struct sal_buf buf = SAL_BUF_EMPTY;
	json_error_t error;
	json_t *json;

	for (size_t i = 0; i < leases->nentries; i++)
		items[i] = leases->entries[i].lease;
	result.leases = (struct sal_lease_array){ items, leases->nentries };
	result.problems = (struct sal_lease_problem_array){ leases->problems, leases->nproblems };
	sal_encode(&buf, &sal_net_lease_result_type, &result);
	json = json_loadb(buf.data, buf.len, 0, &error);
	if (!json)
		fail_msg("%s", error.text);
	sal_buf_done(&buf);
	return json;
}

/* A copy, so that dhcpcd's files can be given the age that they count from. */
static int root_open(char *root)
{
	char command[1024];

	assert_non_null(mkdtemp(root));
	snprintf(command, sizeof(command),
		 "cp -r '%s/../fixtures/leases/.' '%s' && touch -d @%d '%s'/var/lib/dhcpcd/*",
		 getenv("SAL_TREES"), root, NOW - 10, root);
	assert_int_equal(system(command), 0);
	return sal_sysfs_open(AT_FDCWD, root);
}

static void root_remove(const char *root)
{
	char command[1024];

	snprintf(command, sizeof(command), "rm -rf '%s'", root);
	assert_int_equal(system(command), 0);
}

static void test_recorded(void **state)
{
	struct sal_lease_addr addrs[] = {
		addr_of(2, "192.168.50.100", 24, 0, 110, 10),
		addr_of(2, "fd50::1001", 128, IFA_F_NOPREFIXROUTE, 110, 10),
		addr_of(3, "192.168.70.77", 24, IFA_F_NOPREFIXROUTE, 3540, 60),
		addr_of(3, "fd70::5", 128, IFA_F_NOPREFIXROUTE, 900, 100),
		addr_of(4, "192.168.60.88", 24, IFA_F_NOPREFIXROUTE, 500, 40),
		addr_of(4, "192.168.60.1", 24, IFA_F_PERMANENT, UINT32_MAX, 40),
	};
	char root[] = "/tmp/sal-leases-XXXXXX", path[512];
	struct sal_arena arena;
	struct sal_leases leases;
	json_t *ours, *theirs;

	sal_arena_init(&arena);
	leases = (struct sal_leases){
		.arena = &arena,
		.root = root_open(root),
		.now = NOW,
		.booted = NOW - 10 - 3196,
		.kernel = { .links = links,
			    .nlinks = SAL_ARRAY_LEN(links),
			    .addrs = addrs,
			    .naddrs = SAL_ARRAY_LEN(addrs) },
	};
	sal_leases_read(&leases);
	ours = leases_json(&leases);
	snprintf(path, sizeof(path), "%s/../fixtures/leases.json", getenv("SAL_TREES"));
	theirs = json_load_file(path, 0, NULL);
	if (!theirs || !json_equal(ours, theirs)) {
		json_dumpf(ours, stderr, JSON_INDENT(2) | JSON_PRESERVE_ORDER); /* to be looked at */
		fail_msg("not what %s holds", path);
	}
	json_decref(ours);
	json_decref(theirs);
	close(leases.root);
	sal_arena_done(&arena);
	root_remove(root);
}

static const struct sal_lease_source test_source = { .manager = "test" };

/* One file's leases with these addresses, joined. */
static void dhclient_join(struct sal_leases *leases, struct sal_arena *arena, const char *text,
			  struct sal_lease_addr *addrs, size_t naddrs)
{
	struct sal_lease_file file = { .source = &test_source,
				       .path = "/file",
				       .name = "file",
				       .data = text,
				       .len = strlen(text),
				       .mtime = NOW };

	*leases = (struct sal_leases){
		.arena = arena,
		.root = -1,
		.now = NOW,
		.kernel = { .links = links,
			    .nlinks = SAL_ARRAY_LEN(links),
			    .addrs = addrs,
			    .naddrs = naddrs },
	};
	sal_lease_dhclient_parse(leases, &file);
	sal_leases_join(leases);
}

static void test_states(void **state)
{
	static const struct {
		const char *expire, *ifname;
		uint32_t flags, valid; /* of the address; valid 0: it is not there */
		enum sal_lease_state state;
		size_t entries;
		bool joined;
	} cases[] = {
		{ "never", "eth0", IFA_F_PERMANENT, UINT32_MAX, SAL_LEASE_STATE_BOUND, 1, true },
		{ "epoch 1795583700", "eth0", 0, 100, SAL_LEASE_STATE_BOUND, 1, true },
		{ "epoch 1795583700", "eth0", 0, 3000, SAL_LEASE_STATE_BOUND, 1, true },
		{ "epoch 1795583700", "eth0", IFA_F_PERMANENT, UINT32_MAX, SAL_LEASE_STATE_BOUND, 1,
		  true },
		{ "epoch 1795583700", "eth0", 0, 0, SAL_LEASE_STATE_ABSENT, 1, false },
		{ "epoch 1795583700", "eth1", 0, 100, SAL_LEASE_STATE_ABSENT, 2, false },
		{ "epoch 1795583700", "eth9", 0, 100, SAL_LEASE_STATE_NO_LINK, 2, false },
		{ "epoch 1795583600", "eth0", 0, 100, SAL_LEASE_STATE_EXPIRED, 2, false },
		{ "epoch 1795583600", "eth0", IFA_F_PERMANENT, UINT32_MAX, SAL_LEASE_STATE_EXPIRED,
		  1, false },
		{ "epoch 1", "eth9", 0, 0, SAL_LEASE_STATE_EXPIRED, 1, false },
		{ "x", "eth0", 0, 100, SAL_LEASE_STATE_BOUND, 1, true },
		{ "x", "eth0", IFA_F_PERMANENT, UINT32_MAX, SAL_LEASE_STATE_UNKNOWN, 1, true },
	};

	for (size_t i = 0; i < SAL_ARRAY_LEN(cases); i++) {
		struct sal_lease_addr addr =
			addr_of(2, "192.0.2.5", 24, cases[i].flags, cases[i].valid, 1);
		const struct sal_lease *lease;
		struct sal_leases leases;
		struct sal_arena arena;
		char text[256];

		sal_arena_init(&arena);
		snprintf(text, sizeof(text),
			 "lease { interface \"%s\"; fixed-address 192.0.2.5; expire %s; }",
			 cases[i].ifname, cases[i].expire);
		dhclient_join(&leases, &arena, text, &addr, cases[i].valid != 0);
		assert_int_equal(leases.nentries, cases[i].entries);
		lease = &leases.entries[0].lease;
		for (size_t j = 0; j < leases.nentries; j++)
			if (!strcmp(leases.entries[j].lease.source, "/file"))
				lease = &leases.entries[j].lease;
		assert_int_equal(lease->state, cases[i].state);
		assert_int_equal(lease->has.valid_life_time, cases[i].joined);
		if (cases[i].joined && cases[i].valid != UINT32_MAX)
			assert_string_equal(lease->expires,
					    sal_lease_time_text(&arena, NOW + cases[i].valid));
		sal_arena_done(&arena);
	}
}

static void test_scan(void **state)
{
	static const char text[] = "a \"b\\\"\\\\\\101\\x42\\n\" c,d;# x\n{}\n e";
	struct sal_dhclient_statement s;
	struct sal_dhclient_scan scan;
	struct sal_arena arena;

	sal_arena_init(&arena);
	scan = (struct sal_dhclient_scan){ &arena, text, text + sizeof(text) - 1, 1 };
	assert_true(sal_dhclient_next(&scan, &s));
	assert_int_equal(s.n, 4);
	assert_string_equal(s.words[1].text, "b\"\\AB\n");
	assert_true(s.words[1].quoted && !s.words[0].quoted);
	assert_string_equal(s.words[3].text, "d");
	assert_true(s.end == ';' && !s.broken && s.line == 1);
	assert_true(sal_dhclient_next(&scan, &s) && s.end == '{' && !s.n && s.line == 2);
	assert_true(sal_dhclient_next(&scan, &s) && s.end == '}' && !s.n);
	assert_true(sal_dhclient_next(&scan, &s) && !s.end && s.n == 1 && s.line == 3);
	assert_false(sal_dhclient_next(&scan, &s));
	sal_arena_done(&arena);
}

static void test_small_formats(void **state)
{
	struct sal_arena arena;
	const uint8_t *bytes;
	size_t len = 77;

	sal_arena_init(&arena);
	bytes = sal_lease_unhex(&arena, "0:c:ff", &len);
	assert_true(bytes && len == 3 && !memcmp(bytes, "\0\x0c\xff", 3));
	bytes = sal_lease_unhex(&arena, "00ff", &len);
	assert_true(bytes && len == 2);
	assert_string_equal(sal_lease_hex(&arena, bytes, len), "00ff");
	assert_null(sal_lease_unhex(&arena, "", &len));
	assert_null(sal_lease_unhex(&arena, "0f0", &len));
	assert_null(sal_lease_unhex(&arena, "00:", &len));
	assert_null(sal_lease_unhex(&arena, "00:1g", &len));
	assert_string_equal(sal_lease_time_text(&arena, 0), "1970-01-01T00:00:00Z");
	assert_string_equal(sal_lease_time_text(&arena, INT64_C(253402300799)),
			    "9999-12-31T23:59:59Z");
	assert_null(sal_lease_time_text(&arena, INT64_C(253402300800)));
	assert_null(sal_lease_time_text(&arena, -1));
	assert_null(sal_lease_time_text(&arena, SAL_LEASE_NEVER));
	assert_null(sal_lease_time_text(&arena, SAL_LEASE_UNKNOWN));
	sal_arena_done(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_recorded),
		cmocka_unit_test(test_states),
		cmocka_unit_test(test_scan),
		cmocka_unit_test(test_small_formats),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
