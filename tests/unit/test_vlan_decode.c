/*
 * test_vlan_decode.c - VLANs as a Debian 12 kernel sent them and as bridge(8) printed them; and
 * messages that no kernel would send.
 *
 * fixtures/vlans-*.nl and .json were recorded together by fixtures/record_vlans.py.
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
#include <linux/if_bridge.h>

#include "net/link.h"
#include "net/vlan_decode.h"

struct lab {
	struct sal_arena arena;
	struct sal_link_names links;
	struct sal_net_names names;
	struct sal_link_bag bag;
	struct sal_link_ctx ctx;
	json_t *said; /* by bridge */
};

static void lab_open(struct lab *lab)
{
	memset(lab, 0, sizeof(*lab));
	sal_arena_init(&lab->arena);
	sal_net_names_init(&lab->names);
	lab->links = SAL_LINK_NAMES_EMPTY;
	lab->ctx = (struct sal_link_ctx){ &lab->arena, &lab->links, &lab->names, false };
}

static void lab_close(struct lab *lab)
{
	json_decref(lab->said);
	sal_net_link_bag_done(&lab->bag);
	sal_net_link_names_close(&lab->links);
	sal_net_names_done(&lab->names);
	sal_arena_done(&lab->arena);
}

static void lab_load(struct lab *lab, const char *name)
{
	const char *trees = getenv("SAL_TREES");
	struct sal_link_message link;
	json_error_t fault;
	char path[4096];
	static char data[1 << 20];
	FILE *file;
	size_t len;

	snprintf(path, sizeof(path), "%s/../fixtures/%s.json", trees ? trees : "trees", name);
	lab->said = json_load_file(path, 0, &fault);
	assert_non_null(lab->said);
	snprintf(path, sizeof(path), "%s/../fixtures/%s.nl", trees ? trees : "trees", name);
	file = fopen(path, "rb");
	assert_non_null(file);
	len = fread(data, 1, sizeof(data), file);
	fclose(file);
	for (size_t at = 0; at < len;) {
		const struct nlmsghdr *message = (const void *)(data + at);

		if (sal_net_link_read(message, &lab->arena, &link))
			sal_net_link_names_put(&lab->links, link.header->ifi_index, link.name,
					       link.header->ifi_flags);
		sal_net_vlans_keep(message, &lab->bag, NULL);
		at += NLMSG_ALIGN(message->nlmsg_len);
	}
	sal_net_link_bag_sort(&lab->bag);
}

/* The list that bridge prints for a device: [{"ifname":…, member:[…]}]. */
static json_t *said_of(const struct lab *lab, const char *what, const char *ifname,
		       const char *member)
{
	json_t *element;
	size_t i;

	json_array_foreach (json_object_get(lab->said, what), i, element) {
		if (!strcmp(json_string_value(json_object_get(element, "ifname")), ifname))
			return json_object_get(element, member);
	}
	return NULL;
}

static void list_check(const struct sal_type *type, const char *items, size_t len, json_t *said)
{
	struct sal_buf text SAL_CLEANUP(sal_buf_done) = { 0 };

	assert_int_equal(len, json_array_size(said));
	for (size_t i = 0; i < len; i++) {
		json_t *ours;

		text.len = 0;
		sal_encode(&text, type, items + i * type->size);
		ours = json_loadb(text.data, text.len, 0, NULL);
		assert_non_null(ours);
		json_object_del(ours, "msti"); /* bridge 6.1 does not print it */
		if (!json_equal(ours, json_array_get(said, i)))
			fail_msg("%.*s is not %s", (int)text.len, text.data,
				 json_dumps(json_array_get(said, i), 0));
		json_decref(ours);
	}
}

static void test_recording(void **state)
{
	struct lab lab;
	unsigned devices = 0, with_tunnels = 0, with_options = 0;

	lab_open(&lab);
	lab_load(&lab, "vlans-debian12-6.1");
	for (uint32_t index = 1; index < 64; index++) {
		size_t first;
		const char *name = sal_link_ctx_name(&lab.ctx, index);
		struct sal_vlans vlans = sal_net_vlans(&lab.arena, &lab.bag, index);
		struct sal_vlan_options_array options =
			sal_net_vlan_options(&lab.ctx, &lab.bag, index);

		if (!sal_net_link_bag_find(&lab.bag, index, &first))
			continue;
		list_check(&sal_vlan_entry_type, (const char *)vlans.entries.items,
			   vlans.entries.len, said_of(&lab, "vlans", name, "vlans"));
		list_check(&sal_vlan_tunnel_type, (const char *)vlans.tunnels.items,
			   vlans.tunnels.len, said_of(&lab, "tunnels", name, "tunnels"));
		list_check(&sal_vlan_options_type, (const char *)options.items, options.len,
			   said_of(&lab, "options", name, "vlans"));
		devices += vlans.entries.len > 0;
		with_tunnels += vlans.tunnels.len > 0;
		with_options += options.len > 0;
	}
	assert_int_equal(devices, json_array_size(json_object_get(lab.said, "vlans")));
	assert_int_equal(with_tunnels, json_array_size(json_object_get(lab.said, "tunnels")));
	assert_int_equal(with_options, json_array_size(json_object_get(lab.said, "options")));
	assert_true(devices >= 5 && with_tunnels >= 1 && with_options >= 2);
	lab_close(&lab);
}

static void nest_u8(struct sal_nl_request *nest, uint16_t type, uint8_t value)
{
	sal_nl_put_u8(nest, type, value);
}

/* A nest under construction: a request whose header is thrown away. */
static void nest_begin(struct sal_nl_request *nest)
{
	sal_nl_begin(nest, 0, 0, 0);
}

static void nest_end(struct sal_nl_request *into, uint16_t type, const struct sal_nl_request *nest)
{
	sal_nl_put(into, type | NLA_F_NESTED, nest->bytes + NLMSG_HDRLEN,
		   nest->header.nlmsg_len - NLMSG_HDRLEN);
}

static void message_begin(struct sal_nl_request *message, uint32_t ifindex)
{
	struct br_vlan_msg *header = sal_nl_begin(message, RTM_NEWVLAN, 0, sizeof(*header));

	*header = (struct br_vlan_msg){ .family = AF_BRIDGE, .ifindex = ifindex };
}

/* An entry; last and tunnel 0: none. */
static void entry_put(struct sal_nl_request *message, uint16_t flags, uint16_t first, uint16_t last,
		      uint32_t tunnel, uint8_t state)
{
	struct bridge_vlan_info info = { .flags = flags, .vid = first };
	struct sal_nl_request nest, inner;

	nest_begin(&nest);
	sal_nl_put(&nest, BRIDGE_VLANDB_ENTRY_INFO, &info, sizeof(info));
	if (last)
		sal_nl_put(&nest, BRIDGE_VLANDB_ENTRY_RANGE, &last, sizeof(last));
	nest_u8(&nest, BRIDGE_VLANDB_ENTRY_STATE, state);
	if (tunnel) {
		nest_begin(&inner);
		sal_nl_put_u32(&inner, BRIDGE_VLANDB_TINFO_ID, tunnel);
		nest_end(&nest, BRIDGE_VLANDB_ENTRY_TUNNEL_INFO, &inner);
	}
	nest_end(message, BRIDGE_VLANDB_ENTRY, &nest);
}

static struct sal_vlans lab_take(struct lab *lab, const struct sal_nl_request *message)
{
	sal_net_vlans_keep(&message->header, &lab->bag, NULL);
	sal_net_link_bag_sort(&lab->bag);
	return sal_net_vlans(&lab->arena, &lab->bag, 7);
}

/* Ranges that a state cuts are one range of tunnels, also over two messages; others are not. */
static void test_tunnels_join(void **state)
{
	struct sal_nl_request message;
	struct sal_vlans vlans;
	struct lab lab;

	lab_open(&lab);
	message_begin(&message, 7);
	entry_put(&message, 0, 10, 12, 100, BR_STATE_FORWARDING);
	entry_put(&message, 0, 13, 0, 103, BR_STATE_BLOCKING);
	lab_take(&lab, &message);
	message_begin(&message, 7);
	entry_put(&message, 0, 14, 20, 104, BR_STATE_FORWARDING);
	entry_put(&message, 0, 21, 0, 112, BR_STATE_FORWARDING); /* not 111 */
	entry_put(&message, 0, 23, 0, 114, BR_STATE_FORWARDING); /* not 22 */
	vlans = lab_take(&lab, &message);
	assert_int_equal(vlans.entries.len, 5);
	assert_int_equal(vlans.tunnels.len, 3);
	assert_int_equal(vlans.tunnels.items[0].vlan, 10);
	assert_int_equal(vlans.tunnels.items[0].vlan_end, 20);
	assert_int_equal(vlans.tunnels.items[0].tunid, 100);
	assert_int_equal(vlans.tunnels.items[0].tunid_end, 110);
	assert_int_equal(vlans.tunnels.items[1].vlan, 21);
	assert_false(vlans.tunnels.items[1].has.vlan_end);
	assert_int_equal(vlans.tunnels.items[2].tunid, 114);
	lab_close(&lab);
}

static void test_flags_and_odd_values(void **state)
{
	struct sal_nl_request message;
	const struct sal_vlan_entry *e;
	struct sal_vlans vlans;
	struct lab lab;

	lab_open(&lab);
	message_begin(&message, 7);
	entry_put(&message, 0, 1, 0, 0, BR_STATE_LEARNING);
	entry_put(&message, BRIDGE_VLAN_INFO_PVID, 2, 0, 0, BR_STATE_DISABLED);
	entry_put(&message, BRIDGE_VLAN_INFO_UNTAGGED, 3, 0, 0, BR_STATE_LISTENING);
	entry_put(&message, 0xffff, 4, 0, 0, 200); /* flags and a state that we do not know */
	entry_put(&message, 0, 9, 5, 0, BR_STATE_BLOCKING); /* a range that ends before it begins */
	vlans = lab_take(&lab, &message);
	assert_int_equal(vlans.entries.len, 5);
	e = vlans.entries.items;
	assert_false(e[0].has.flags || e[0].has.vlan_end || e[0].has.neigh_suppress);
	assert_string_equal(e[0].state, "learning");
	assert_int_equal(e[1].flags.len, 1);
	assert_string_equal(e[1].flags.items[0], "PVID");
	assert_int_equal(e[2].flags.len, 1);
	assert_string_equal(e[2].flags.items[0], "Egress Untagged");
	assert_int_equal(e[3].flags.len, 2);
	assert_false(e[3].has.state);
	assert_int_equal(e[4].vlan, 9);
	assert_false(e[4].has.vlan_end);
	lab_close(&lab);
}

/* What kernels since 6.3 add. */
static void test_newer_attributes(void **state)
{
	struct bridge_vlan_info info = { .vid = 5 };
	struct sal_nl_request message, nest;
	const struct sal_vlan_entry *e;
	struct lab lab;

	lab_open(&lab);
	message_begin(&message, 7);
	nest_begin(&nest);
	sal_nl_put(&nest, BRIDGE_VLANDB_ENTRY_INFO, &info, sizeof(info));
	sal_nl_put_u32(&nest, 7, 3);
	sal_nl_put_u32(&nest, 8, 100);
	nest_u8(&nest, 9, 1);
	sal_nl_put_u32(&nest, 500, 1);
	nest_end(&message, BRIDGE_VLANDB_ENTRY, &nest);
	e = lab_take(&lab, &message).entries.items;
	assert_true(e->has.mcast_n_groups && e->has.mcast_max_groups && e->has.neigh_suppress);
	assert_int_equal(e->mcast_n_groups, 3);
	assert_int_equal(e->mcast_max_groups, 100);
	assert_true(e->neigh_suppress);
	lab_close(&lab);
}

static void test_malformed(void **state)
{
	struct sal_nl_request message, nest;
	struct sal_vlans vlans;
	uint8_t one = 1;
	struct lab lab;

	lab_open(&lab);
	message_begin(&message, 7);
	nest_begin(&nest);
	sal_nl_put(&nest, BRIDGE_VLANDB_ENTRY_INFO, &one, 1); /* too short for one */
	nest_end(&message, BRIDGE_VLANDB_ENTRY, &nest);
	nest_begin(&nest);
	nest_end(&message, BRIDGE_VLANDB_ENTRY, &nest); /* empty */
	sal_nl_put_u8(&message, BRIDGE_VLANDB_ENTRY, 1); /* no nest */
	nest_begin(&nest);
	nest_end(&message, BRIDGE_VLANDB_GLOBAL_OPTIONS, &nest);
	vlans = lab_take(&lab, &message);
	assert_int_equal(vlans.entries.len, 0);
	assert_int_equal(sal_net_vlan_options(&lab.ctx, &lab.bag, 7).len, 0);

	entry_put(&message, 0, 1, 0, 0, 0);
	message.header.nlmsg_len -= 3; /* the last attribute is cut off */
	assert_int_equal(lab_take(&lab, &message).entries.len, 0);
	message.header.nlmsg_len = NLMSG_HDRLEN + 7; /* of eight */
	assert_int_equal(sal_net_vlan_device(&message.header), 0);
	message_begin(&message, 7);
	message.header.nlmsg_type = RTM_DELVLAN;
	assert_int_equal(sal_net_vlan_device(&message.header), 0);
	lab_close(&lab);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_recording),
		cmocka_unit_test(test_tunnels_join),
		cmocka_unit_test(test_flags_and_odd_values),
		cmocka_unit_test(test_newer_attributes),
		cmocka_unit_test(test_malformed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
