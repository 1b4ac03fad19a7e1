/*
 * test_link_kinds.c - links of every kind we take apart, as a Debian 12 kernel sent them and as
 * ip(8) printed them.
 *
 * fixtures/links-*.nl and .json were recorded together by fixtures/record_links.py; what we make of
 * the messages must be what ip made of them, member by member.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "base/buf.h"
#include "net/link.h"

static const char *const recordings[] = { "links-debian12-6.1" };

struct lab {
	struct sal_arena arena;
	struct sal_link_names links;
	struct sal_net_names names;
	struct sal_link_bag addrs;
	struct sal_buf messages;
	json_t *said; /* by ip */
	struct sal_link_ctx ctx;
};

static void fixture_path(char *path, size_t size, const char *name, const char *suffix)
{
	const char *trees = getenv("SAL_TREES");

	snprintf(path, size, "%s/../fixtures/%s.%s", trees ? trees : "trees", name, suffix);
}

static void lab_open(struct lab *lab, const char *recording)
{
	json_error_t fault;
	char path[4096], chunk[65536];
	FILE *file;
	size_t n;

	memset(lab, 0, sizeof(*lab));
	sal_arena_init(&lab->arena);
	sal_net_names_init(&lab->names);
	lab->links = SAL_LINK_NAMES_EMPTY;
	lab->ctx = (struct sal_link_ctx){ &lab->arena, &lab->links, &lab->names, true };
	fixture_path(path, sizeof(path), recording, "nl");
	file = fopen(path, "rb");
	if (!file)
		fail_msg("cannot open %s", path);
	while ((n = fread(chunk, 1, sizeof(chunk), file)) > 0)
		sal_buf_put(&lab->messages, chunk, n);
	fclose(file);
	fixture_path(path, sizeof(path), recording, "json");
	lab->said = json_load_file(path, 0, &fault);
	if (!lab->said)
		fail_msg("%s:%d: %s", path, fault.line, fault.text);
}

static void lab_close(struct lab *lab)
{
	json_decref(lab->said);
	sal_buf_done(&lab->messages);
	sal_net_link_bag_done(&lab->addrs);
	sal_net_link_names_close(&lab->links);
	sal_net_names_done(&lab->names);
	sal_arena_done(&lab->arena);
}

/* The message at *at, which moves behind it; NULL at the end. */
static const struct nlmsghdr *message_next(const struct lab *lab, size_t *at)
{
	const struct nlmsghdr *message = (const void *)(lab->messages.data + *at);

	if (*at >= lab->messages.len)
		return NULL;
	*at += NLMSG_ALIGN(message->nlmsg_len);
	return message;
}

static void lab_remember(struct lab *lab)
{
	const struct nlmsghdr *message;
	struct sal_link_message link;

	for (size_t at = 0; (message = message_next(lab, &at));) {
		if (sal_net_link_read(message, &lab->arena, &link))
			sal_net_link_names_put(&lab->links, link.header->ifi_index, link.name,
					       link.header->ifi_flags);
		sal_net_link_addrs_add(message, &lab->addrs, NULL);
	}
	sal_net_link_bag_sort(&lab->addrs);
}

/* What moved between ip's look and the dump, what another kernel says of a program's number, and
 * what we add. */
static bool member_ignored(const char *path, const char *name)
{
	static const char *const ignored[] = { "valid_life_time", "preferred_life_time", "protocol",
					       "token" };
	static const char *const program[] = { "name",		 "tag",	  "jited", "load_time",
					       "created_by_uid", "btf_id" };
	size_t len = strlen(name);

	if (len > 6 && !strcmp(name + len - 6, "_timer"))
		return true;
	for (size_t i = 0; i < SAL_ARRAY_LEN(ignored); i++) {
		/* A vlan has a protocol too: that one is compared. */
		if (!strcmp(name, ignored[i]) && !strstr(path, "info_data"))
			return true;
	}
	for (size_t i = 0; i < SAL_ARRAY_LEN(program); i++) {
		if (!strcmp(name, program[i]) && strstr(path, ".prog"))
			return true;
	}
	return false;
}

static int value_compare(const char *path, const json_t *ours, const json_t *theirs);

static int object_compare(const char *path, const json_t *ours, const json_t *theirs)
{
	const char *name;
	json_t *value;
	int faults = 0;

	json_object_foreach ((json_t *)theirs, name, value) {
		char inner[512];

		snprintf(inner, sizeof(inner), "%s.%s", path, name);
		if (json_is_null(value) || member_ignored(path, name))
			continue;
		faults += value_compare(inner, json_object_get(ours, name), value);
	}
	json_object_foreach ((json_t *)ours, name, value) {
		if (json_object_get(theirs, name) || member_ignored(path, name))
			continue;
		print_error("%s.%s: ip does not say it\n", path, name);
		faults++;
	}
	return faults;
}

static int value_compare(const char *path, const json_t *ours, const json_t *theirs)
{
	char *a, *b;
	int faults = 0;

	if (json_is_object(ours) && json_is_object(theirs))
		return object_compare(path, ours, theirs);
	if (json_is_array(ours) && json_is_array(theirs) &&
	    json_array_size(ours) == json_array_size(theirs)) {
		for (size_t i = 0; i < json_array_size(theirs); i++) {
			char inner[512];

			snprintf(inner, sizeof(inner), "%s[%zu]", path, i);
			faults += value_compare(inner, json_array_get(ours, i),
						json_array_get(theirs, i));
		}
		return faults;
	}
	if (ours && json_equal(ours, theirs))
		return 0;
	a = ours ? json_dumps(ours, JSON_ENCODE_ANY) : NULL;
	b = json_dumps(theirs, JSON_ENCODE_ANY);
	print_error("%s: ip says %s, we say %s\n", path, b, a ? a : "nothing");
	free(a);
	free(b);
	return 1;
}

static json_t *link_encode(const struct lab *lab, const struct sal_link_message *link)
{
	struct sal_interface interface;
	struct sal_buf text = SAL_BUF_EMPTY;
	json_error_t fault;
	json_t *json;

	sal_net_link_decode(&lab->ctx, link, &interface);
	interface.addr_info = sal_net_link_addrs(&lab->ctx, &lab->addrs, interface.ifindex);
	sal_encode(&text, &sal_interface_type, &interface);
	json = json_loadb(text.data, text.len, JSON_REJECT_DUPLICATES, &fault);
	if (!json)
		fail_msg("%s: %s at %d of %.*s", link->name, fault.text, fault.position,
			 (int)text.len, text.data);
	sal_buf_done(&text);
	return json;
}

static void test_recordings(void **state)
{
	for (size_t r = 0; r < SAL_ARRAY_LEN(recordings); r++) {
		const struct nlmsghdr *message;
		struct sal_link_message link;
		size_t links = 0;
		int faults = 0;
		struct lab lab;

		lab_open(&lab, recordings[r]);
		lab_remember(&lab);
		for (size_t at = 0; (message = message_next(&lab, &at));) {
			json_t *ours;

			if (!sal_net_link_read(message, &lab.arena, &link))
				continue;
			ours = link_encode(&lab, &link);
			faults += value_compare(link.name, ours, json_array_get(lab.said, links++));
			json_decref(ours);
		}
		assert_int_equal(links, json_array_size(lab.said));
		assert_int_equal(faults, 0);
		lab_close(&lab);
	}
}

/* Every kind we have a decoder for is in a recording: a new one without is found here. */
static void test_kinds_recorded(void **state)
{
	static const char *const kinds[] = {
		"bridge",    "tun",    "vlan",	 "vxlan",	 "macvlan",    "macvtap",
		"bond",	     "vrf",    "ipvlan", "geneve",	 "gre",	       "gretap",
		"erspan",    "ip6gre", "ipip",	 "sit",		 "ip6tnl",     "vti",
		"ip6gretap", "vti6",   "xfrm",	 "bridge_slave", "bond_slave", "vrf_slave",
	};
	const struct nlmsghdr *message;
	struct sal_link_message link;
	struct lab lab;

	lab_open(&lab, recordings[0]);
	for (size_t i = 0; i < SAL_ARRAY_LEN(kinds); i++) {
		size_t n = 0;

		for (size_t at = 0; (message = message_next(&lab, &at));) {
			if (sal_net_link_read(message, &lab.arena, &link))
				n += sal_net_linkinfo_is(link.tb[IFLA_LINKINFO], kinds[i]);
		}
		if (!n)
			fail_msg("no link of kind %s in the recording", kinds[i]);
	}
	lab_close(&lab);
}

/* Cut at every length, no byte behind the cut is read (ASan sees it) and nothing crashes. */
static void test_truncated(void **state)
{
	const struct nlmsghdr *message;
	struct lab lab;

	lab_open(&lab, recordings[0]);
	for (size_t at = 0; (message = message_next(&lab, &at));) {
		for (size_t len = NLMSG_HDRLEN; len < message->nlmsg_len; len += 3) {
			struct nlmsghdr *cut = malloc(len);
			struct sal_link_message link;

			memcpy(cut, message, len);
			cut->nlmsg_len = len;
			if (sal_net_link_read(cut, &lab.arena, &link))
				json_decref(link_encode(&lab, &link));
			free(cut);
		}
	}
	lab_close(&lab);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_recordings),
		cmocka_unit_test(test_kinds_recorded),
		cmocka_unit_test(test_truncated),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
