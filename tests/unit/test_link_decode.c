/*
 * test_link_decode.c - what no kernel at hand sends: virtual functions, numbers without names,
 * attributes that lie; and the tables under the decoders. Recorded links are in test_link_kinds.c.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <linux/if.h>
#include <linux/if_arp.h>
#include <linux/if_ether.h>
#include <linux/if_link.h>

#include "base/buf.h"
#include "net/link.h"

struct lab {
	struct sal_arena arena;
	struct sal_link_names links;
	struct sal_net_names names;
	struct sal_link_ctx ctx;
	struct sal_nl_request request;
	struct sal_buf text;
};

static int lab_open(void **state)
{
	struct lab *lab = calloc(1, sizeof(*lab));
	struct ifinfomsg *header;

	sal_arena_init(&lab->arena);
	sal_net_names_init(&lab->names);
	for (unsigned kind = 0; kind < SAL_NET_NAMES_KINDS; kind++)
		lab->names.kinds[kind].loaded = true; /* not from this machine's files */
	lab->links = SAL_LINK_NAMES_EMPTY;
	lab->ctx = (struct sal_link_ctx){ &lab->arena, &lab->links, &lab->names, true };
	header = sal_nl_begin(&lab->request, RTM_NEWLINK, 0, sizeof(*header));
	header->ifi_index = 7;
	header->ifi_type = ARPHRD_ETHER;
	sal_nl_put_string(&lab->request, IFLA_IFNAME, "x0");
	*state = lab;
	return 0;
}

static int lab_close(void **state)
{
	struct lab *lab = *state;

	sal_buf_done(&lab->text);
	sal_net_link_names_close(&lab->links);
	sal_net_names_done(&lab->names);
	sal_arena_done(&lab->arena);
	free(lab);
	return 0;
}

/* The header of the link under construction. */
static struct ifinfomsg *header_of(struct lab *lab)
{
	return NLMSG_DATA(&lab->request.header);
}

static struct nlattr *nest_begin(struct lab *lab, uint16_t type)
{
	struct nlattr *nest = (void *)(lab->request.bytes + lab->request.header.nlmsg_len);

	sal_nl_put(&lab->request, type, NULL, 0);
	return nest;
}

static void nest_end(struct lab *lab, struct nlattr *nest)
{
	nest->nla_len = lab->request.bytes + lab->request.header.nlmsg_len - (char *)nest;
}

/* What becomes of the link, as JSON. */
static const char *shown(struct lab *lab)
{
	struct sal_link_message link;
	struct sal_interface interface;

	assert_true(sal_net_link_read(&lab->request.header, &lab->arena, &link));
	sal_net_link_decode(&lab->ctx, &link, &interface);
	lab->text.len = 0;
	sal_encode(&lab->text, &sal_interface_type, &interface);
	sal_buf_putc(&lab->text, '\0');
	return lab->text.data;
}

static void assert_shows(struct lab *lab, const char *member)
{
	const char *json = shown(lab);

	if (!strstr(json, member))
		fail_msg("%s\nis not in\n%s", member, json);
}

static void assert_hides(struct lab *lab, const char *member)
{
	const char *json = shown(lab);

	if (strstr(json, member))
		fail_msg("%s\nis in\n%s", member, json);
}

static void test_numbers_without_names(void **state)
{
	struct lab *lab = *state;

	header_of(lab)->ifi_type = 826;
	header_of(lab)->ifi_flags = IFF_UP | 1u << 30;
	sal_nl_put_u8(&lab->request, IFLA_OPERSTATE, 99);
	sal_nl_put_u8(&lab->request, IFLA_LINKMODE, 9);
	sal_nl_put_u32(&lab->request, IFLA_GROUP, 4000000000u);
	assert_shows(lab, "\"link_type\":\"[826]\"");
	assert_shows(lab, "\"flags\":[\"NO-CARRIER\",\"UP\",\"40000000\"]");
	assert_shows(lab, "\"operstate_index\":99");
	assert_shows(lab, "\"linkmode_index\":9");
	assert_shows(lab, "\"group\":\"4000000000\"");
	header_of(lab)->ifi_type = ARPHRD_FCFABRIC + 12;
	assert_shows(lab, "\"link_type\":\"fcfb12\"");
}

static void test_lower_link(void **state)
{
	struct lab *lab = *state;

	sal_net_link_names_put(&lab->links, 5, "down0", 0);
	sal_nl_put_u32(&lab->request, IFLA_LINK, 5);
	sal_nl_put_u32(&lab->request, IFLA_MASTER, 6);
	assert_shows(lab, "\"link\":\"down0\"");
	assert_shows(lab, "\"M-DOWN\"");
	assert_shows(lab, "\"master\":\"if6\"");
	sal_nl_put_u32(&lab->request, IFLA_LINK_NETNSID, UINT32_MAX);
	assert_shows(lab, "\"link_index\":5,\"link_netnsid\":-1");
	assert_hides(lab, "\"link\":");
	assert_hides(lab, "M-DOWN");
}

static void test_tunnel_addresses(void **state)
{
	struct lab *lab = *state;
	struct in_addr near = { htonl(0xc0000201) }, far = { htonl(0xc0000202) };

	header_of(lab)->ifi_type = ARPHRD_IPGRE;
	header_of(lab)->ifi_flags = IFF_POINTOPOINT;
	sal_nl_put(&lab->request, IFLA_ADDRESS, &near, sizeof(near));
	sal_nl_put(&lab->request, IFLA_BROADCAST, &far, sizeof(far));
	assert_shows(lab, "\"address\":\"192.0.2.1\",\"link_pointtopoint\":true,"
			  "\"broadcast\":\"192.0.2.2\"");
	header_of(lab)->ifi_type = ARPHRD_ETHER; /* a MAC of four octets */
	assert_shows(lab, "\"address\":\"c0:00:02:01\"");
}

static void test_permaddr(void **state)
{
	static const uint8_t mac[6] = { 2, 0, 0, 0, 0, 1 }, other[6] = { 2, 0, 0, 0, 0, 2 };
	struct lab *lab = *state;

	sal_nl_put(&lab->request, IFLA_ADDRESS, mac, sizeof(mac));
	sal_nl_put(&lab->request, IFLA_PERM_ADDRESS, mac, sizeof(mac));
	assert_hides(lab, "permaddr");
	sal_nl_put(&lab->request, IFLA_PERM_ADDRESS, other,
		   sizeof(other)); /* the last one counts */
	assert_shows(lab, "\"permaddr\":\"02:00:00:00:00:02\"");
}

static void test_hardware(void **state)
{
	struct lab *lab = *state;

	sal_nl_put(&lab->request, IFLA_PHYS_PORT_ID, "\x00\xab\xcd", 3);
	sal_nl_put(&lab->request, IFLA_PHYS_SWITCH_ID, "\x12", 1);
	sal_nl_put_string(&lab->request, IFLA_PHYS_PORT_NAME, "p0");
	sal_nl_put_string(&lab->request, IFLA_PARENT_DEV_BUS_NAME, "pci");
	sal_nl_put_string(&lab->request, IFLA_PARENT_DEV_NAME, "0000:00:1f.6");
	assert_shows(
		lab,
		"\"phys_port_name\":\"p0\",\"phys_port_id\":\"00abcd\",\"phys_switch_id\":\"12\","
		"\"parentbus\":\"pci\",\"parentdev\":\"0000:00:1f.6\"");
}

static void vf_put(struct lab *lab, uint32_t number)
{
	struct ifla_vf_mac mac = { .vf = number, .mac = { 2, 0, 0, 0, 0, number } };
	struct ifla_vf_vlan_info vlan = { number, 12, 3, htons(ETH_P_8021AD) };
	struct ifla_vf_rate rate = { number, 10, 100 };
	struct ifla_vf_tx_rate tx_rate = { number, 100 };
	struct ifla_vf_spoofchk on = { number, 1 }, none = { number, UINT32_MAX };
	struct ifla_vf_link_state enable = { number, IFLA_VF_LINK_STATE_ENABLE };
	struct ifla_vf_guid guid = { number, 0x0102030405060708 };
	struct nlattr *vf = nest_begin(lab, IFLA_VF_INFO), *list;
	uint64_t count = 41;

	sal_nl_put(&lab->request, IFLA_VF_MAC, &mac, sizeof(mac));
	list = nest_begin(lab, IFLA_VF_VLAN_LIST);
	sal_nl_put(&lab->request, IFLA_VF_VLAN_INFO, &vlan, sizeof(vlan));
	nest_end(lab, list);
	sal_nl_put(&lab->request, IFLA_VF_TX_RATE, &tx_rate, sizeof(tx_rate));
	sal_nl_put(&lab->request, IFLA_VF_RATE, &rate, sizeof(rate));
	sal_nl_put(&lab->request, IFLA_VF_SPOOFCHK, &on, sizeof(on));
	sal_nl_put(&lab->request, IFLA_VF_TRUST, &none, sizeof(none));
	sal_nl_put(&lab->request, IFLA_VF_LINK_STATE, &enable, sizeof(enable));
	sal_nl_put(&lab->request, IFLA_VF_IB_NODE_GUID, &guid, sizeof(guid));
	list = nest_begin(lab, IFLA_VF_STATS);
	sal_nl_put(&lab->request, IFLA_VF_STATS_RX_BYTES, &count, sizeof(count));
	nest_end(lab, list);
	nest_end(lab, vf);
}

static void test_virtual_functions(void **state)
{
	struct lab *lab = *state;
	struct nlattr *list;

	sal_nl_put_u32(&lab->request, IFLA_NUM_VF, 2);
	list = nest_begin(lab, IFLA_VFINFO_LIST);
	vf_put(lab, 0);
	vf_put(lab, 1);
	nest_end(lab, list);
	assert_shows(lab, "\"vfinfo_list\":[{\"vf\":0,\"link_type\":\"ether\","
			  "\"address\":\"02:00:00:00:00:00\",");
	assert_shows(
		lab,
		"{\"vf\":1,\"link_type\":\"ether\",\"address\":\"02:00:00:00:00:01\","
		"\"vlan_list\":[{\"vlan\":12,\"qos\":3,\"protocol\":\"802.1ad\"}],"
		"\"tx_rate\":100,\"rate\":{\"max_tx\":100,\"min_tx\":10},\"spoofchk\":true,"
		"\"node guid\":\"01:02:03:04:05:06:07:08\",\"link_state\":\"enable\","
		"\"stats\":{\"rx\":{\"bytes\":41,\"packets\":0,\"multicast\":0,\"broadcast\":0},"
		"\"tx\":{\"tx_bytes\":0,\"tx_packets\":0}}}]");
	assert_hides(lab, "trust");
	lab->ctx.stats = false;
	assert_hides(lab, "stats");
}

static void test_unknown_attributes_and_kinds(void **state)
{
	struct lab *lab = *state;
	struct nlattr *info;

	sal_nl_put_u32(&lab->request, 63, 1);
	sal_nl_put_u32(&lab->request, 64, 1);
	sal_nl_put_u32(&lab->request, 0x3fff, 1);
	info = nest_begin(lab, IFLA_LINKINFO | NLA_F_NESTED);
	sal_nl_put_string(&lab->request, IFLA_INFO_KIND, "made-up");
	sal_nl_put_u32(&lab->request, IFLA_INFO_DATA, 0);
	sal_nl_put_string(&lab->request, IFLA_INFO_SLAVE_KIND, "made-up-too");
	nest_end(lab, info);
	assert_shows(
		lab,
		"\"linkinfo\":{\"info_kind\":\"made-up\",\"info_slave_kind\":\"made-up-too\"}");
}

/* A kind whose driver sends no data: ip(8) shows that it has none. */
static void test_kind_without_data(void **state)
{
	struct lab *lab = *state;
	struct nlattr *info = nest_begin(lab, IFLA_LINKINFO);

	sal_nl_put_string(&lab->request, IFLA_INFO_KIND, "gre");
	nest_end(lab, info);
	assert_shows(lab, "\"linkinfo\":{\"info_kind\":\"gre\",\"info_data\":{}}");
}

static void test_lying_lengths(void **state)
{
	struct lab *lab = *state;
	struct nlattr *nest;

	/* Shorter than what they should hold: read as 0, empty or absent. */
	sal_nl_put(&lab->request, IFLA_MTU, "\x05", 1);
	sal_nl_put(&lab->request, IFLA_ADDRESS, NULL, 0);
	sal_nl_put(&lab->request, IFLA_STATS64, "\x05", 1);
	sal_nl_put(&lab->request, IFLA_QDISC, "no-nul", 6);
	assert_shows(lab, "\"mtu\":0,\"qdisc\":\"no-nul\"");
	assert_shows(lab, "\"rx\":{\"bytes\":0,\"packets\":5,");
	assert_hides(lab, "\"address\"");
	/* An inner attribute that reaches beyond its nest is not read. */
	nest = nest_begin(lab, IFLA_PROP_LIST);
	sal_nl_put_string(&lab->request, IFLA_ALT_IFNAME, "one");
	sal_nl_put_string(&lab->request, IFLA_ALT_IFNAME, "two");
	nest_end(lab, nest);
	assert_shows(lab, "\"altnames\":[\"one\",\"two\"]");
	((struct nlattr *)((char *)nest + NLA_HDRLEN + 8))->nla_len = 100;
	assert_shows(lab, "\"altnames\":[\"one\"]");
}

static void test_messages_that_are_none(void **state)
{
	struct lab *lab = *state;
	struct sal_link_message link;

	lab->request.header.nlmsg_type = RTM_DELLINK;
	assert_false(sal_net_link_read(&lab->request.header, &lab->arena, &link));
	lab->request.header.nlmsg_type = RTM_NEWLINK;
	lab->request.header.nlmsg_len = NLMSG_HDRLEN + sizeof(struct ifinfomsg) - 1;
	assert_false(sal_net_link_read(&lab->request.header, &lab->arena, &link));
	lab->request.header.nlmsg_len = NLMSG_HDRLEN + sizeof(struct ifinfomsg); /* no name */
	assert_false(sal_net_link_read(&lab->request.header, &lab->arena, &link));
}

static void test_kind_match(void **state)
{
	struct lab *lab = *state;
	struct nlattr *info = nest_begin(lab, IFLA_LINKINFO);

	sal_nl_put(&lab->request, IFLA_INFO_KIND, "veth", 4); /* without its NUL */
	sal_nl_put_string(&lab->request, IFLA_INFO_SLAVE_KIND, "bridge");
	nest_end(lab, info);
	assert_true(sal_net_linkinfo_is(info, "veth"));
	assert_true(sal_net_linkinfo_is(info, "bridge_slave"));
	assert_false(sal_net_linkinfo_is(info, "vet"));
	assert_false(sal_net_linkinfo_is(info, "veth0"));
	assert_false(sal_net_linkinfo_is(info, "bridge"));
	assert_false(sal_net_linkinfo_is(info, "_slave"));
	assert_false(sal_net_linkinfo_is(info, ""));
	assert_false(sal_net_linkinfo_is(NULL, "veth"));
}

static void test_link_names(void **state)
{
	struct lab *lab = *state;
	char name[16];

	for (uint32_t i = 1; i <= 5000; i++) {
		snprintf(name, sizeof(name), "n%u", i);
		sal_net_link_names_put(&lab->links, i * 64, name, i);
	}
	for (uint32_t i = 1; i <= 5000; i++) {
		snprintf(name, sizeof(name), "n%u", i);
		assert_string_equal(sal_net_link_names_get(&lab->links, i * 64)->name, name);
		assert_int_equal(sal_net_link_names_get(&lab->links, i * 64)->flags, i);
	}
	sal_net_link_names_put(&lab->links, 64, "again", 1); /* renamed while we looked */
	assert_string_equal(sal_net_link_names_get(&lab->links, 64)->name, "again");
	assert_string_equal(sal_net_link_names_get(&lab->links, 65)->name, "if65");
	assert_string_equal(sal_net_link_names_get(&lab->links, 0)->name, "if0");
	assert_string_equal(sal_net_link_names_get(&lab->links, UINT32_MAX)->name, "if4294967295");
}

static void test_bag(void **state)
{
	struct sal_link_bag bag = { 0 };
	struct sal_nl_request request;
	size_t first;

	assert_int_equal(sal_net_link_bag_find(&bag, 1, &first), 0);
	for (uint32_t i = 0; i < 3000; i++) {
		sal_nl_begin(&request, RTM_NEWADDR, 0, i % 7);
		request.header.nlmsg_seq = i;
		sal_net_link_bag_add(&bag, i * 7 % 10, &request.header);
	}
	sal_net_link_bag_sort(&bag);
	for (uint32_t index = 0; index < 10; index++) {
		uint32_t last = 0;

		assert_int_equal(sal_net_link_bag_find(&bag, index, &first), 300);
		for (size_t i = 0; i < 300; i++) {
			const struct nlmsghdr *message = sal_net_link_bag_at(&bag, first + i);

			assert_int_equal(message->nlmsg_seq * 7 % 10, index);
			assert_true(!i || message->nlmsg_seq > last);
			last = message->nlmsg_seq;
		}
	}
	assert_int_equal(sal_net_link_bag_find(&bag, 10, &first), 0);
	sal_net_link_bag_done(&bag);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, lab_open, lab_close)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_numbers_without_names),
		TEST(test_lower_link),
		TEST(test_tunnel_addresses),
		TEST(test_permaddr),
		TEST(test_hardware),
		TEST(test_virtual_functions),
		TEST(test_unknown_attributes_and_kinds),
		TEST(test_kind_without_data),
		TEST(test_lying_lengths),
		TEST(test_messages_that_are_none),
		TEST(test_kind_match),
		TEST(test_link_names),
		TEST(test_bag),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
