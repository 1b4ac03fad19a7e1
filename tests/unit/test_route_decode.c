/*
 * test_route_decode.c - routes, nexthop objects and neighbours out of messages made by hand: what
 * this kernel cannot send (MPLS, XFRM, RPL, BPF), and what no kernel should.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <endian.h>
#include <linux/lwtunnel.h>
#include <linux/mpls_iptunnel.h>
#include <linux/nexthop.h>
#include <linux/rpl_iptunnel.h>
#include <linux/seg6_iptunnel.h>
#include <linux/seg6_local.h>

#include "net/neigh.h"
#include "net/nexthop.h"
#include "net/route_decode.h"

/* A message under construction. */
struct message {
	_Alignas(NLMSG_ALIGNTO) char bytes[2048];
	size_t len;
};

static void message_begin(struct message *m, uint16_t type, const void *header, size_t len)
{
	struct nlmsghdr nl = { .nlmsg_type = type };

	memset(m, 0, sizeof(*m));
	memcpy(m->bytes, &nl, sizeof(nl));
	memcpy(m->bytes + NLMSG_HDRLEN, header, len);
	m->len = NLMSG_HDRLEN + NLMSG_ALIGN(len);
}

static void route_begin(struct message *m, uint8_t family)
{
	struct rtmsg header = { .rtm_family = family,
				.rtm_table = RT_TABLE_MAIN,
				.rtm_protocol = RTPROT_BOOT,
				.rtm_type = RTN_UNICAST };

	message_begin(m, RTM_NEWROUTE, &header, sizeof(header));
}

static size_t attr_begin(struct message *m, uint16_t type)
{
	struct nlattr a = { .nla_type = type };
	size_t at = m->len;

	memcpy(m->bytes + at, &a, sizeof(a));
	m->len += NLA_HDRLEN;
	return at;
}

static void bytes_put(struct message *m, const void *data, size_t len)
{
	memcpy(m->bytes + m->len, data, len);
	m->len += len;
}

static void attr_end(struct message *m, size_t at)
{
	uint16_t len = m->len - at;

	memcpy(m->bytes + at, &len, sizeof(len));
	m->len = NLA_ALIGN(m->len);
}

static void attr_put(struct message *m, uint16_t type, const void *data, size_t len)
{
	size_t at = attr_begin(m, type);

	bytes_put(m, data, len);
	attr_end(m, at);
}

static void attr_u8(struct message *m, uint16_t type, uint8_t value)
{
	attr_put(m, type, &value, sizeof(value));
}

static void attr_u16(struct message *m, uint16_t type, uint16_t value)
{
	attr_put(m, type, &value, sizeof(value));
}

static void attr_u32(struct message *m, uint16_t type, uint32_t value)
{
	attr_put(m, type, &value, sizeof(value));
}

/* A copy of exactly the message's size, for the sanitizer to see every byte read beyond it. */
static struct nlmsghdr *message_end(struct message *m)
{
	struct nlmsghdr *copy = malloc(m->len);

	memcpy(copy, m->bytes, m->len);
	copy->nlmsg_len = m->len;
	return copy;
}

struct lab {
	struct sal_arena arena;
	struct sal_net_names names;
	struct sal_ifnames ifnames;
	struct sal_net_route_decoder decoder;
	struct sal_buf out;
};

static int lab_open(void **state)
{
	struct lab *lab = calloc(1, sizeof(*lab));

	sal_arena_init(&lab->arena);
	sal_net_names_init(&lab->names);
	lab->ifnames.fd = -1; /* no name is known: if7 */
	lab->decoder = (struct sal_net_route_decoder){ .arena = &lab->arena,
						       .names = &lab->names,
						       .ifnames = &lab->ifnames };
	*state = lab;
	return 0;
}

static int lab_close(void **state)
{
	struct lab *lab = *state;

	sal_buf_done(&lab->out);
	sal_net_names_done(&lab->names);
	sal_arena_done(&lab->arena);
	free(lab);
	return 0;
}

/* The route as JSON; NULL when it is not taken for one. */
static const char *route_json(struct lab *lab, struct message *m)
{
	struct nlmsghdr *copy = message_end(m);
	struct sal_net_route_message message;
	struct sal_route route;
	bool opened = sal_net_route_open(copy, &message);

	lab->out.len = 0;
	if (opened) {
		sal_net_route_decode(&lab->decoder, &message, &route);
		sal_encode(&lab->out, &sal_route_type, &route);
	}
	sal_buf_putc(&lab->out, '\0');
	free(copy);
	return opened ? lab->out.data : NULL;
}

#define PLAIN_HEAD "{\"type\":\"unicast\",\"dst\":\"default\","
#define PLAIN_TAIL "\"table\":\"main\",\"protocol\":\"boot\",\"scope\":\"global\",\"flags\":[]"

static void test_plain(void **state)
{
	struct lab *lab = *state;
	struct message m;

	route_begin(&m, AF_INET);
	attr_put(&m, RTA_GATEWAY, "\xc0\x00\x02\x01", 4);
	attr_u32(&m, RTA_OIF, 7);
	assert_string_equal(route_json(lab, &m),
			    PLAIN_HEAD "\"gateway\":\"192.0.2.1\",\"dev\":\"if7\"," PLAIN_TAIL "}");
}

static void test_encaps(void **state)
{
	static const uint8_t labels[] = { 0, 6, 0x40, 0, 0, 0xc, 0x81, 0 };
	static const uint8_t rpl[] = { 0, 4, 3, 2, 0, 0, 0, 0, 0xfd, 0, 0,    0, 0, 0,
				       0, 0, 0, 0, 0, 0, 0, 0, 0,    1, 0xfd, 0, 0, 0,
				       0, 0, 0, 0, 0, 0, 0, 0, 0,    0, 0,    2 };
	struct lab *lab = *state;
	struct message m;
	size_t at, inner;

	route_begin(&m, AF_INET);
	attr_u16(&m, RTA_ENCAP_TYPE, LWTUNNEL_ENCAP_MPLS);
	at = attr_begin(&m, RTA_ENCAP | NLA_F_NESTED);
	attr_put(&m, MPLS_IPTUNNEL_DST, labels, sizeof(labels));
	attr_u8(&m, MPLS_IPTUNNEL_TTL, 9);
	attr_end(&m, at);
	assert_string_equal(route_json(lab, &m), PLAIN_HEAD PLAIN_TAIL
			    ",\"encap\":\"mpls\",\"encap_dst\":\"100/200\",\"ttl\":9}");

	route_begin(&m, AF_INET);
	attr_u16(&m, RTA_ENCAP_TYPE, LWTUNNEL_ENCAP_XFRM);
	at = attr_begin(&m, RTA_ENCAP);
	attr_u32(&m, LWT_XFRM_IF_ID, 5);
	attr_u32(&m, LWT_XFRM_LINK, 3);
	attr_end(&m, at);
	assert_string_equal(route_json(lab, &m), PLAIN_HEAD PLAIN_TAIL
			    ",\"encap\":\"xfrm\",\"if_id\":5,\"link_dev\":\"if3\"}");

	route_begin(&m, AF_INET);
	attr_u16(&m, RTA_ENCAP_TYPE, LWTUNNEL_ENCAP_RPL);
	at = attr_begin(&m, RTA_ENCAP);
	attr_put(&m, RPL_IPTUNNEL_SRH, rpl, sizeof(rpl));
	attr_end(&m, at);
	assert_string_equal(route_json(lab, &m), PLAIN_HEAD PLAIN_TAIL
			    ",\"encap\":\"rpl\",\"segs\":[\"fd00::2\",\"fd00::1\"]}");

	route_begin(&m, AF_INET);
	attr_u16(&m, RTA_ENCAP_TYPE, LWTUNNEL_ENCAP_BPF);
	at = attr_begin(&m, RTA_ENCAP);
	inner = attr_begin(&m, LWT_BPF_IN);
	attr_put(&m, LWT_BPF_PROG_NAME, "prog.o:[in]", 11); /* without its NUL */
	attr_end(&m, inner);
	attr_u32(&m, LWT_BPF_XMIT_HEADROOM, 14);
	attr_end(&m, at);
	assert_string_equal(route_json(lab, &m), PLAIN_HEAD PLAIN_TAIL
			    ",\"encap\":\"bpf\",\"in\":\"prog.o:[in]\",\"headroom\":14}");

	route_begin(&m, AF_INET6);
	attr_u16(&m, RTA_ENCAP_TYPE, LWTUNNEL_ENCAP_SEG6_LOCAL);
	at = attr_begin(&m, RTA_ENCAP);
	attr_u32(&m, SEG6_LOCAL_ACTION, SEG6_LOCAL_ACTION_END);
	inner = attr_begin(&m, SEG6_LOCAL_FLAVORS);
	attr_u32(&m, SEG6_LOCAL_FLV_OPERATION,
		 1 << SEG6_LOCAL_FLV_OP_PSP | 1 << SEG6_LOCAL_FLV_OP_USD | 1u << 31);
	attr_end(&m, inner);
	attr_end(&m, at);
	assert_string_equal(route_json(lab, &m),
			    PLAIN_HEAD PLAIN_TAIL ",\"encap\":\"seg6local\",\"action\":\"End\","
						  "\"flavors\":[\"psp\",\"usd\"]}");

	for (unsigned kind = 0; kind < 300; kind += 50) { /* kinds of the future */
		route_begin(&m, AF_INET6);
		attr_u16(&m, RTA_ENCAP_TYPE, kind);
		attr_put(&m, RTA_ENCAP, "", 0);
		if (!kind || kind > LWTUNNEL_ENCAP_MAX)
			assert_string_equal(route_json(lab, &m),
					    PLAIN_HEAD PLAIN_TAIL ",\"encap\":\"unknown\"}");
	}
}

static void test_tunnel_options(void **state)
{
	struct lab *lab = *state;
	struct message m;
	size_t at, opts, inner;

	route_begin(&m, AF_INET);
	attr_u16(&m, RTA_ENCAP_TYPE, LWTUNNEL_ENCAP_IP);
	at = attr_begin(&m, RTA_ENCAP);
	opts = attr_begin(&m, LWTUNNEL_IP_OPTS | NLA_F_NESTED);
	inner = attr_begin(&m, LWTUNNEL_IP_OPTS_GENEVE | NLA_F_NESTED);
	for (unsigned i = 0; i < 2; i++) {
		attr_u16(&m, LWTUNNEL_IP_OPT_GENEVE_CLASS, htobe16(0x102));
		attr_u8(&m, LWTUNNEL_IP_OPT_GENEVE_TYPE, i);
		attr_put(&m, LWTUNNEL_IP_OPT_GENEVE_DATA, "\xab\xcd\x12\x34", 4 * i);
	}
	attr_u8(&m, LWTUNNEL_IP_OPT_GENEVE_TYPE, 9); /* an option without data is none */
	attr_end(&m, inner);
	attr_end(&m, opts);
	attr_end(&m, at);
	assert_string_equal(route_json(lab, &m), PLAIN_HEAD PLAIN_TAIL
			    ",\"encap\":\"ip\",\"geneve_opts\":[{\"class\":258,\"type\":0,\"data\":"
			    "\"\"},{\"class\":258,\"type\":1,\"data\":\"abcd1234\"}]}");

	route_begin(&m, AF_INET);
	attr_u16(&m, RTA_ENCAP_TYPE, LWTUNNEL_ENCAP_IP6);
	at = attr_begin(&m, RTA_ENCAP);
	opts = attr_begin(&m, LWTUNNEL_IP6_OPTS);
	inner = attr_begin(&m, LWTUNNEL_IP_OPTS_VXLAN);
	attr_u32(&m, LWTUNNEL_IP_OPT_VXLAN_GBP, 100);
	attr_end(&m, inner);
	attr_end(&m, opts);
	attr_end(&m, at);
	assert_string_equal(route_json(lab, &m), PLAIN_HEAD PLAIN_TAIL
			    ",\"encap\":\"ip6\",\"vxlan_opts\":[{\"gbp\":100}]}");

	route_begin(&m, AF_INET);
	attr_u16(&m, RTA_ENCAP_TYPE, LWTUNNEL_ENCAP_IP);
	at = attr_begin(&m, RTA_ENCAP);
	opts = attr_begin(&m, LWTUNNEL_IP_OPTS);
	inner = attr_begin(&m, LWTUNNEL_IP_OPTS_ERSPAN);
	attr_u8(&m, LWTUNNEL_IP_OPT_ERSPAN_VER, 1);
	attr_u32(&m, LWTUNNEL_IP_OPT_ERSPAN_INDEX, htobe32(5));
	attr_end(&m, inner);
	attr_end(&m, opts);
	attr_end(&m, at);
	assert_string_equal(route_json(lab, &m),
			    PLAIN_HEAD PLAIN_TAIL ",\"encap\":\"ip\",\"erspan_opts\":[{\"ver\":1,"
						  "\"index\":5,\"dir\":0,\"hwid\":0}]}");
}

static void test_seg6_hmac(void **state)
{
	struct lab *lab = *state;
	struct message m;
	struct ipv6_sr_hdr header = { .hdrlen = 7, .type = 4, .flags = SR6_FLAG1_HMAC };
	uint32_t mode = SEG6_IPTUN_MODE_ENCAP, key = htobe32(0xbeef);
	uint8_t hmac[40] = { 5, 38 };
	uint8_t segment[16] = { 0xfd, [15] = 1 };
	size_t at, inner;

	memcpy(hmac + 4, &key, sizeof(key));
	route_begin(&m, AF_INET6);
	attr_u16(&m, RTA_ENCAP_TYPE, LWTUNNEL_ENCAP_SEG6);
	at = attr_begin(&m, RTA_ENCAP);
	inner = attr_begin(&m, SEG6_IPTUNNEL_SRH);
	bytes_put(&m, &mode, sizeof(mode));
	bytes_put(&m, &header, sizeof(header));
	bytes_put(&m, segment, sizeof(segment));
	bytes_put(&m, hmac, sizeof(hmac));
	attr_end(&m, inner);
	attr_end(&m, at);
	assert_string_equal(route_json(lab, &m),
			    PLAIN_HEAD PLAIN_TAIL ",\"encap\":\"seg6\",\"mode\":\"encap\","
						  "\"segs\":[\"fd00::1\"],\"hmac\":\"0xbeef\"}");

	header.first_segment = 200; /* more than there are */
	memcpy(m.bytes + inner + NLA_HDRLEN + sizeof(mode), &header, sizeof(header));
	assert_string_equal(route_json(lab, &m),
			    PLAIN_HEAD PLAIN_TAIL ",\"encap\":\"seg6\",\"mode\":\"encap\"}");
}

/* Attributes too short for what they should hold: left out, or 0. */
static void test_short_attributes(void **state)
{
	struct lab *lab = *state;
	struct message m;

	for (uint16_t type = 1; type <= RTA_MAX; type++) {
		for (size_t len = 0; len < 4; len++) {
			route_begin(&m, len & 1 ? AF_INET : AF_INET6);
			if (type == RTA_ENCAP)
				attr_u16(&m, RTA_ENCAP_TYPE, LWTUNNEL_ENCAP_SEG6);
			attr_put(&m, type, "\xff\xff\xff", len);
			assert_non_null(route_json(lab, &m));
		}
	}
	route_begin(&m, AF_INET);
	attr_put(&m, RTA_GATEWAY, "\xc0\x00\x02", 3);
	attr_put(&m, RTA_VIA, "\x0a\0\x20\x01", 4);
	attr_put(&m, RTA_DST, "\x0a", 1);
	assert_string_equal(route_json(lab, &m), PLAIN_HEAD PLAIN_TAIL "}");
}

/* An attribute that claims more than the message holds ends the reading, and nothing else. */
static void test_overlong_attribute(void **state)
{
	struct lab *lab = *state;
	struct message m;
	struct nlattr a = { .nla_len = 4096, .nla_type = RTA_OIF };

	route_begin(&m, AF_INET);
	attr_u32(&m, RTA_PRIORITY, 5);
	bytes_put(&m, &a, sizeof(a));
	assert_string_equal(route_json(lab, &m),
			    "{\"type\":\"unicast\",\"dst\":\"default\",\"table\":"
			    "\"main\",\"protocol\":\"boot\",\"scope\":\"global\","
			    "\"metric\":5,\"flags\":[]}");
	a.nla_len = 2; /* less than its own header */
	memcpy(m.bytes + m.len - sizeof(a), &a, sizeof(a));
	assert_non_null(strstr(route_json(lab, &m), "\"metric\":5"));
}

static void test_prefix_too_long(void **state)
{
	struct lab *lab = *state;
	struct message m;

	route_begin(&m, AF_INET);
	((struct rtmsg *)(m.bytes + NLMSG_HDRLEN))->rtm_dst_len = 255;
	attr_put(&m, RTA_DST, "\x0a\0\0\x01", 4);
	assert_non_null(strstr(route_json(lab, &m), "\"dst\":\"10.0.0.1\""));
}

static void test_multipath(void **state)
{
	struct lab *lab = *state;
	struct message m;
	struct rtnexthop leg = { .rtnh_len = sizeof(leg), .rtnh_hops = 255, .rtnh_ifindex = 2 };
	size_t at;

	route_begin(&m, AF_INET);
	at = attr_begin(&m, RTA_MULTIPATH);
	bytes_put(&m, &leg, sizeof(leg));
	leg.rtnh_len = 200; /* reaches beyond the attribute: the walk ends */
	leg.rtnh_hops = 0;
	bytes_put(&m, &leg, sizeof(leg));
	attr_end(&m, at);
	assert_non_null(strstr(route_json(lab, &m),
			       "\"nexthops\":[{\"dev\":\"if2\",\"weight\":256,\"flags\":[]}]"));

	route_begin(&m, AF_INET);
	leg.rtnh_len = 0;
	attr_put(&m, RTA_MULTIPATH, &leg, sizeof(leg));
	assert_non_null(strstr(route_json(lab, &m), "\"nexthops\":[]"));
}

static void test_not_a_route(void **state)
{
	struct lab *lab = *state;
	struct rtmsg header = { .rtm_family = AF_INET };
	struct message m;

	message_begin(&m, RTM_DELROUTE, &header, sizeof(header));
	assert_null(route_json(lab, &m));
	message_begin(&m, RTM_NEWROUTE, &header, sizeof(header));
	m.len = NLMSG_HDRLEN + sizeof(header) - 1;
	assert_null(route_json(lab, &m));
	m.len = NLMSG_HDRLEN;
	assert_null(route_json(lab, &m));
}

static const char *nexthop_json(struct lab *lab, struct message *m)
{
	struct nlmsghdr *copy = message_end(m);
	struct sal_route_nexthop_object object;
	bool decoded = sal_net_nexthop_decode(&lab->decoder, copy, &object);

	lab->out.len = 0;
	if (decoded)
		sal_encode(&lab->out, &sal_route_nexthop_object_type, &object);
	sal_buf_putc(&lab->out, '\0');
	free(copy);
	return decoded ? lab->out.data : NULL;
}

static void test_nexthop(void **state)
{
	/* weights are kept less one, since Linux 6.12 in two bytes */
	static const uint8_t group[] = { 1, 0, 0, 0, 2, 0, 0, 0, 9, 0, 0, 0, 0xff, 1, 0, 0, 7 };
	struct lab *lab = *state;
	struct nhmsg header = { .nh_family = AF_INET };
	struct message m;

	message_begin(&m, RTM_NEWNEXTHOP, &header, sizeof(header));
	attr_u32(&m, NHA_ID, 10);
	attr_put(&m, NHA_GROUP, group, sizeof(group));
	assert_string_equal(
		nexthop_json(lab, &m),
		"{\"id\":10,\"group\":[{\"id\":1,\"weight\":3},{\"id\":9,\"weight\":512}],"
		"\"scope\":\"global\",\"protocol\":\"unspec\",\"flags\":[]}");
	m.len = NLMSG_HDRLEN + 2;
	assert_null(nexthop_json(lab, &m));
}

static const char *neigh_json(struct lab *lab, struct message *m)
{
	struct nlmsghdr *copy = message_end(m);
	struct sal_net_neigh_decoder decoder = { .names = &lab->names, .ifnames = &lab->ifnames };
	struct sal_net_neigh_message message;
	struct sal_neighbor neighbor;
	bool opened = sal_net_neigh_open(copy, &message);

	lab->out.len = 0;
	if (opened) {
		sal_net_neigh_decode(&decoder, &message, &neighbor);
		sal_encode(&lab->out, &sal_neighbor_type, &neighbor);
	}
	sal_buf_putc(&lab->out, '\0');
	free(copy);
	return opened ? lab->out.data : NULL;
}

static void test_neigh(void **state)
{
	struct lab *lab = *state;
	struct ndmsg header = { .ndm_family = AF_INET, .ndm_ifindex = 4, .ndm_state = 0xff };
	uint8_t lladdr[64] = { 0 };
	struct message m;

	message_begin(&m, RTM_NEWNEIGH, &header, sizeof(header));
	attr_put(&m, NDA_DST, "\xc0\x00\x02\x01", 4);
	attr_put(&m, NDA_LLADDR, "\x02\0\0\0\0\x01", 6);
	attr_u8(&m, NDA_PROTOCOL, RTPROT_STATIC);
	assert_string_equal(
		neigh_json(lab, &m),
		"{\"dst\":\"192.0.2.1\",\"dev\":\"if4\",\"lladdr\":\"02:00:00:00:00:01\","
		"\"state\":[\"INCOMPLETE\",\"REACHABLE\",\"STALE\",\"DELAY\",\"PROBE\","
		"\"FAILED\",\"NOARP\",\"PERMANENT\"],\"protocol\":\"static\"}");

	header.ndm_state = NUD_NONE;
	for (uint16_t type = 1; type <= NDA_MAX; type++) {
		for (size_t len = 0; len < sizeof(lladdr); len++) {
			message_begin(&m, RTM_NEWNEIGH, &header, sizeof(header));
			attr_put(&m, type, lladdr, len);
			assert_non_null(neigh_json(lab, &m));
		}
	}
	m.len = NLMSG_HDRLEN + sizeof(header) - 1;
	assert_null(neigh_json(lab, &m));
}

#define LAB_TEST(name) cmocka_unit_test_setup_teardown(name, lab_open, lab_close)

int main(void)
{
	const struct CMUnitTest tests[] = {
		LAB_TEST(test_plain),
		LAB_TEST(test_encaps),
		LAB_TEST(test_seg6_hmac),
		LAB_TEST(test_short_attributes),
		LAB_TEST(test_overlong_attribute),
		LAB_TEST(test_prefix_too_long),
		LAB_TEST(test_multipath),
		LAB_TEST(test_not_a_route),
		LAB_TEST(test_nexthop),
		LAB_TEST(test_neigh),
		LAB_TEST(test_tunnel_options),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
