/*
 * test_conntrack_decode.c - tracked connections out of messages made by hand: what this kernel does
 * not send (SCTP and DCCP, security contexts, SYN proxy, adjusted sequences, an end), and what no
 * kernel should; and label files.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/json_scan.h"
#include "conntrack_messages.h"

struct lab {
	struct sal_arena arena;
	struct sal_net_conntrack_labels labels;
	struct sal_net_conntrack_decoder decoder;
	struct sal_buf out;
};

static int lab_open(void **state)
{
	struct lab *lab = calloc(1, sizeof(*lab));

	sal_arena_init(&lab->arena);
	sal_net_conntrack_labels_init(&lab->labels);
	lab->labels.loaded = true; /* not from this machine's file */
	lab->decoder = (struct sal_net_conntrack_decoder){ .arena = &lab->arena,
							   .labels = &lab->labels,
							   .now = 1700000100 };
	*state = lab;
	return 0;
}

static int lab_close(void **state)
{
	struct lab *lab = *state;

	sal_buf_done(&lab->out);
	sal_net_conntrack_labels_done(&lab->labels);
	sal_arena_done(&lab->arena);
	free(lab);
	return 0;
}

/* The entry's JSON; NULL when it is none. */
static const char *decode(struct lab *lab, struct message *m)
{
	struct nlmsghdr *message = message_end(m);
	struct sal_net_conntrack_message opened;
	struct sal_conntrack_entry entry;
	bool is_entry = sal_net_conntrack_open(message, &opened);
	size_t at;

	lab->out.len = 0;
	if (is_entry) {
		sal_net_conntrack_decode(&lab->decoder, &opened, &entry);
		sal_encode(&lab->out, &sal_conntrack_entry_type, &entry);
		assert_int_equal(sal_json_check(lab->out.data, lab->out.len, 16, &at), 0);
		sal_buf_putc(&lab->out, '\0');
	}
	free(message);
	return is_entry ? lab->out.data : NULL;
}

static void expect(struct lab *lab, struct message *m, const char *part)
{
	const char *json = decode(lab, m);

	assert_non_null(json);
	if (!strstr(json, part))
		fail_msg("%s is not in %s", part, json);
}

static void expect_not(struct lab *lab, struct message *m, const char *part)
{
	const char *json = decode(lab, m);

	assert_non_null(json);
	if (strstr(json, part))
		fail_msg("%s is in %s", part, json);
}

#define DIRECTIONS                                                                                 \
	"{\"original\":{\"layer3\":{\"protonum\":2,\"protoname\":\"ipv4\",\"src\":\"10.0.0.1\","   \
	"\"dst\":\"10.0.0.2\"},\"layer4\":{\"protonum\":6,\"protoname\":\"tcp\",\"sport\":1000,"   \
	"\"dport\":80}},\"reply\":{\"layer3\":{\"protonum\":2,\"protoname\":\"ipv4\",\"src\":"     \
	"\"10.0.0.2\",\"dst\":\"10.0.0.1\"},\"layer4\":{\"protonum\":6,\"protoname\":\"tcp\","     \
	"\"sport\":80,\"dport\":1000}}"

static void test_whole(void **state)
{
	struct message m;

	entry_begin(&m, IPPROTO_TCP, IPS_CONFIRMED | IPS_SEEN_REPLY | IPS_ASSURED);
	attr_be32(&m, CTA_TIMEOUT, 431999);
	attr_be32(&m, CTA_MARK, 0xfffffffe);
	attr_be16(&m, CTA_ZONE, 65535);
	attr_be32(&m, CTA_USE, 2);
	attr_be32(&m, CTA_ID, 4000000000);
	assert_string_equal(decode(*state, &m), DIRECTIONS
			    ",\"timeout\":431999,\"mark\":4294967294,\"zone\":65535,\"use\":2,"
			    "\"id\":4000000000,\"assured\":true,\"status\":[\"SEEN_REPLY\","
			    "\"ASSURED\",\"CONFIRMED\"]}");
}

/* Nothing of an entry stays behind in the next one. */
static void test_nothing_stays(void **state)
{
	struct message m;

	test_whole(state);
	message_begin(&m, AF_INET);
	tuple_put(&m, CTA_TUPLE_ORIG, 1, 2, IPPROTO_TCP, 1000, 80);
	tuple_put(&m, CTA_TUPLE_REPLY, 2, 1, IPPROTO_TCP, 80, 1000);
	assert_string_equal(decode(*state, &m), DIRECTIONS ",\"status\":[]}");
}

static void test_status(void **state)
{
	static const char *const names[] = { "EXPECTED",   "SEEN_REPLY",    "ASSURED",
					     "CONFIRMED",  "SRC_NAT",	    "DST_NAT",
					     "SEQ_ADJUST", "SRC_NAT_DONE",  "DST_NAT_DONE",
					     "DYING",	   "FIXED_TIMEOUT", "TEMPLATE",
					     "UNTRACKED",  "HELPER",	    "OFFLOAD",
					     "HW_OFFLOAD" };
	struct message m;
	char part[64];

	for (unsigned bit = 0; bit < SAL_NET_CONNTRACK_STATUS_BITS; bit++) {
		assert_string_equal(sal_net_conntrack_status_names[bit], names[bit]);
		entry_begin(&m, IPPROTO_TCP, 1u << bit);
		snprintf(part, sizeof(part), "\"status\":[\"%s\"]", names[bit]);
		expect(*state, &m, part);
	}
	entry_begin(&m, IPPROTO_TCP, 0xffffffff);
	expect(*state, &m, "\"HW_OFFLOAD\",\"0xffff0000\"]");
	entry_begin(&m, IPPROTO_TCP, 0);
	expect(*state, &m, "\"unreplied\":true,\"status\":[]");
}

static void state_put(struct message *m, uint16_t proto, uint8_t state)
{
	size_t nest = attr_begin(m, CTA_PROTOINFO | NLA_F_NESTED), inner = attr_begin(m, proto);

	attr_u8(m, CTA_PROTOINFO_TCP_STATE, state);
	attr_end(m, inner);
	attr_end(m, nest);
}

static void test_states(void **state)
{
	static const struct {
		uint16_t attr;
		uint8_t proto, state;
		const char *name;
	} cases[] = {
		{ CTA_PROTOINFO_TCP, IPPROTO_TCP, 0, "NONE" },
		{ CTA_PROTOINFO_TCP, IPPROTO_TCP, 3, "ESTABLISHED" },
		{ CTA_PROTOINFO_TCP, IPPROTO_TCP, 9, "SYN_SENT2" },
		{ CTA_PROTOINFO_TCP, IPPROTO_TCP, 10, "NONE" },
		{ CTA_PROTOINFO_SCTP, IPPROTO_SCTP, 4, "ESTABLISHED" },
		{ CTA_PROTOINFO_SCTP, IPPROTO_SCTP, 9, "HEARTBEAT_ACKED" },
		{ CTA_PROTOINFO_SCTP, IPPROTO_SCTP, 255, "NONE" },
		{ CTA_PROTOINFO_DCCP, IPPROTO_DCCP, 4, "OPEN" },
		{ CTA_PROTOINFO_DCCP, IPPROTO_DCCP, 9, "INVALID" },
	};
	struct message m;
	char part[64];

	for (size_t i = 0; i < SAL_ARRAY_LEN(cases); i++) {
		entry_begin(&m, cases[i].proto, 0);
		state_put(&m, cases[i].attr, cases[i].state);
		snprintf(part, sizeof(part), "\"state\":\"%s\"", cases[i].name);
		expect(*state, &m, part);
	}
	entry_begin(&m, IPPROTO_TCP, 0);
	attr_put(&m, CTA_PROTOINFO, "", 0);
	expect_not(*state, &m, "\"state\"");
}

static void test_time(void **state)
{
	struct message m;
	size_t nest;

	entry_begin(&m, IPPROTO_TCP, 0);
	nest = attr_begin(&m, CTA_TIMESTAMP | NLA_F_NESTED);
	attr_be64(&m, CTA_TIMESTAMP_START, 1700000000000000007ull);
	attr_end(&m, nest);
	expect(*state, &m,
	       "\"timestamp\":{\"start\":1700000000000000007,\"start_time\":"
	       "\"2023-11-14T22:13:20.000000007Z\"},\"deltatime\":100");
	nest = attr_begin(&m, CTA_TIMESTAMP | NLA_F_NESTED);
	attr_be64(&m, CTA_TIMESTAMP_START, 1700000000999999999ull);
	attr_be64(&m, CTA_TIMESTAMP_STOP, 1700000002000000000ull);
	attr_end(&m, nest);
	expect(*state, &m, "\"stop_time\":\"2023-11-14T22:13:22.000000000Z\"},\"deltatime\":2");
	/* a clock set back, and the end of what 64 bits of nanoseconds can say */
	nest = attr_begin(&m, CTA_TIMESTAMP | NLA_F_NESTED);
	attr_be64(&m, CTA_TIMESTAMP_START, UINT64_MAX);
	attr_end(&m, nest);
	expect(*state, &m, "\"start_time\":\"2554-07-21T23:34:33.709551615Z\"},\"deltatime\":0");
}

static void seqadj_put(struct message *m, uint16_t type, uint32_t pos, int32_t before,
		       int32_t after)
{
	size_t nest = attr_begin(m, type | NLA_F_NESTED);

	attr_be32(m, CTA_SEQADJ_CORRECTION_POS, pos);
	attr_be32(m, CTA_SEQADJ_OFFSET_BEFORE, before);
	attr_be32(m, CTA_SEQADJ_OFFSET_AFTER, after);
	attr_end(m, nest);
}

static void string_put(struct message *m, uint16_t type, const char *s, size_t len)
{
	size_t nest = attr_begin(m, type | NLA_F_NESTED);

	attr_put(m, 1, s, len);
	attr_end(m, nest);
}

static void test_rare(void **state)
{
	struct message m;
	size_t nest;

	entry_begin(&m, IPPROTO_TCP, IPS_SRC_NAT | IPS_DST_NAT);
	string_put(&m, CTA_HELP, "ftp", 4);
	string_put(&m, CTA_SECCTX, "system_u:object_r", 17); /* without its NUL */
	tuple_put(&m, CTA_TUPLE_MASTER, 3, 4, IPPROTO_TCP, 5, 21);
	seqadj_put(&m, CTA_SEQ_ADJ_ORIG, 7, -3, 4);
	seqadj_put(&m, CTA_SEQ_ADJ_REPLY, 4294967295u, 0, -2147483647 - 1);
	nest = attr_begin(&m, CTA_SYNPROXY | NLA_F_NESTED);
	attr_be32(&m, CTA_SYNPROXY_ISN, 1);
	attr_be32(&m, CTA_SYNPROXY_TSOFF, 3);
	attr_end(&m, nest);
	expect(*state, &m, "\"helper\":\"ftp\"");
	expect(*state, &m, "\"secctx\":\"system_u:object_r\"");
	expect(*state, &m, "\"src-nat\":{\"address\":\"10.0.0.1\",\"port\":1000}");
	expect(*state, &m, "\"dst-nat\":{\"address\":\"10.0.0.2\",\"port\":80}");
	expect(*state, &m,
	       "\"master\":{\"layer3\":{\"protonum\":2,\"protoname\":\"ipv4\",\"src\":\"10.0.0.3\","
	       "\"dst\":\"10.0.0.4\"},\"layer4\":{\"protonum\":6,\"protoname\":\"tcp\",\"sport\":5,"
	       "\"dport\":21}}");
	expect(*state, &m,
	       "\"seqadj\":{\"original\":{\"correction_pos\":7,\"offset_before\":-3,"
	       "\"offset_after\":4},\"reply\":{\"correction_pos\":4294967295,\"offset_before\":0,"
	       "\"offset_after\":-2147483648}}");
	expect(*state, &m, "\"synproxy\":{\"isn\":1,\"its\":0,\"tsoff\":3}");
	entry_begin(&m, IPPROTO_TCP, 0);
	nest = attr_begin(&m, CTA_SYNPROXY | NLA_F_NESTED);
	attr_be32(&m, CTA_SYNPROXY_ISN, 0);
	attr_end(&m, nest);
	expect_not(*state, &m, "synproxy");
}

static void test_counters(void **state)
{
	struct message m;
	size_t nest;

	entry_begin(&m, IPPROTO_UDP, 0);
	nest = attr_begin(&m, CTA_COUNTERS_REPLY | NLA_F_NESTED);
	attr_be64(&m, CTA_COUNTERS_PACKETS, UINT64_MAX);
	attr_be64(&m, CTA_COUNTERS_BYTES, 1ull << 63);
	attr_end(&m, nest);
	nest = attr_begin(&m, CTA_COUNTERS_ORIG | NLA_F_NESTED);
	attr_be64(&m, CTA_COUNTERS_PACKETS, 5); /* the bytes are missing: nothing is shown */
	attr_end(&m, nest);
	expect(*state, &m,
	       "\"dport\":1000},\"counters\":{\"packets\":18446744073709551615,\"bytes\":"
	       "9223372036854775808}}");
	expect_not(*state, &m, "\"packets\":5");
}

static void test_protocols(void **state)
{
	static const struct {
		uint8_t number;
		const char *name;
	} known[] = { { 1, "icmp" },	 { 6, "tcp" },	    { 17, "udp" },   { 33, "dccp" },
		      { 47, "gre" },	 { 58, "icmpv6" },  { 132, "sctp" }, { 136, "udplite" },
		      { 50, "unknown" }, { 255, "unknown" } };
	static const char *const none[] = { "", "TCP", "256", "6x", "-1", "unknown", "0x6", "1e1" };
	struct message m;
	char part[64];
	uint8_t found;

	for (size_t i = 0; i < SAL_ARRAY_LEN(known); i++) {
		entry_begin(&m, known[i].number, 0);
		snprintf(part, sizeof(part), "\"protonum\":%u,\"protoname\":\"%s\"",
			 known[i].number, known[i].name);
		expect(*state, &m, part);
		if (!strcmp(known[i].name, "unknown"))
			continue;
		assert_true(sal_net_conntrack_proto_find(known[i].name, &found));
		assert_int_equal(found, known[i].number);
	}
	entry_begin(&m, IPPROTO_GRE, IPS_SRC_NAT);
	expect(*state, &m, "\"srckey\":\"0x3e8\",\"dstkey\":\"0x50\"}");
	expect_not(*state, &m, "port\":");
	assert_true(sal_net_conntrack_proto_find("255", &found));
	assert_int_equal(found, 255);
	for (size_t i = 0; i < SAL_ARRAY_LEN(none); i++)
		assert_false(sal_net_conntrack_proto_find(none[i], &found));
}

static void test_malformed(void **state)
{
	struct message m;

	message_begin(&m, AF_INET);
	assert_null(decode(*state, &m));
	tuple_put(&m, CTA_TUPLE_ORIG, 1, 2, IPPROTO_TCP, 1, 2);
	assert_null(decode(*state, &m)); /* one direction only */
	/* addresses too short, an unknown family, no protocol: what is left is shown */
	message_begin(&m, AF_BRIDGE);
	attr_put(&m, CTA_TUPLE_ORIG, "", 0);
	attr_put(&m, CTA_TUPLE_REPLY, "\x09\0\x01\0\x05\0\x01\0\x0a", 9);
	expect(*state, &m,
	       "\"original\":{\"layer3\":{\"protonum\":7,\"protoname\":\"unknown\"},"
	       "\"layer4\":{\"protonum\":0,\"protoname\":\"unknown\"}}");
	/* every attribute empty */
	entry_begin(&m, IPPROTO_TCP, 0);
	for (uint16_t type = CTA_STATUS; type <= CTA_MAX; type++)
		attr_put(&m, type, "", 0);
	expect(*state, &m,
	       "\"timeout\":0,\"mark\":0,\"zone\":0,\"use\":0,\"id\":0,\"unreplied\":"
	       "true,\"status\":[],\"master\":");
	/* a header alone, and less than one */
	m.len = NLMSG_HDRLEN + 2;
	assert_null(decode(*state, &m));
}

static void test_other_messages(void **state)
{
	struct sal_net_conntrack_message opened;
	struct nlmsghdr *message;
	struct message m;

	(void)state;
	entry_begin(&m, IPPROTO_TCP, 0);
	message = message_end(&m);
	assert_true(sal_net_conntrack_open(message, &opened));
	message->nlmsg_type = SAL_NFNL_TYPE(NFNL_SUBSYS_CTNETLINK, IPCTNL_MSG_CT_DELETE);
	assert_false(sal_net_conntrack_open(message, &opened));
	message->nlmsg_type = SAL_NFNL_TYPE(NFNL_SUBSYS_CTNETLINK_EXP, IPCTNL_MSG_CT_NEW);
	assert_false(sal_net_conntrack_open(message, &opened));
	free(message);
}

/* A datagram's worth of messages, one after another. */
static struct message datagram[2 * SAL_NET_CONNTRACK_RECENT];

/* Whether an entry of that id and source port, at that place of a datagram, came before. */
static bool repeated(struct sal_net_conntrack_recent *recent, size_t place, uint32_t id,
		     uint16_t sport)
{
	struct message *m = &datagram[place];
	struct nlmsghdr *message = (struct nlmsghdr *)m->bytes;
	struct sal_net_conntrack_message opened;

	message_begin(m, AF_INET);
	tuple_put(m, CTA_TUPLE_ORIG, 1, 2, IPPROTO_TCP, sport, 80);
	tuple_put(m, CTA_TUPLE_REPLY, 2, 1, IPPROTO_TCP, 80, sport);
	attr_be32(m, CTA_ID, id);
	message->nlmsg_len = m->len;
	assert_true(sal_net_conntrack_open(message, &opened));
	return sal_net_conntrack_repeated(recent, &opened);
}

static void test_repeated(void **state)
{
	struct sal_net_conntrack_recent recent = { 0 };
	uint32_t last = SAL_ARRAY_LEN(datagram) - 1, first = last - SAL_NET_CONNTRACK_RECENT + 1;

	(void)state;
	assert_false(repeated(&recent, 0, 0, 0));
	for (uint32_t i = 1; i <= last; i++)
		assert_false(repeated(&recent, i, i, 1));
	/* the next datagram: what is new, and between it what was at the end of the last one */
	assert_false(repeated(&recent, 0, 1000, 1));
	assert_true(repeated(&recent, 1, last, 1));
	assert_true(repeated(&recent, 2, first + 1, 1));
	assert_false(repeated(&recent, 3, last, 2)); /* ids may be the same by chance */
	assert_true(repeated(&recent, 4, last, 2));
	assert_false(repeated(&recent, 5, first, 1)); /* too long ago */
	/* one that comes so late in a datagram is no repetition, and not looked up */
	for (uint32_t i = 6; i < SAL_NET_CONNTRACK_RECENT; i++)
		assert_false(repeated(&recent, i, 2000 + i, 1));
	assert_false(repeated(&recent, SAL_NET_CONNTRACK_RECENT, 2010, 1));
	assert_true(repeated(&recent, 0, 2010, 1));
}

static struct sal_strings label_list(struct lab *lab, const char *bits, size_t len)
{
	return sal_net_conntrack_labels_list(&lab->labels, &lab->arena, (const uint8_t *)bits, len);
}

static void test_labels(void **state)
{
	struct lab *lab = *state;
	char text[] =
		"#0 comment\n0 zero\n 1\t eth-in \r\n17 foo\n17 again\n18 foo\nx bad\n128 far\n"
		"-1 minus\n99999999999999999999 big\n0x13 hexed\n20 no_good\n21 \n22\n\n"
		"23 \xc3\xa4\n127 the last";
	char all[16];
	struct sal_strings list;
	struct message m;

	sal_net_conntrack_labels_parse(&lab->labels, text);
	list = label_list(lab, "\x03\0\x0e\0\0\0\0\0\0\0\0\0\0\0\0\x80", 16);
	assert_int_equal(list.len, 6);
	assert_string_equal(list.items[0], "zero");
	assert_string_equal(list.items[1], "eth-in");
	assert_string_equal(list.items[2], "foo");
	assert_string_equal(list.items[3], "18");
	assert_string_equal(list.items[4], "hexed");
	assert_string_equal(list.items[5], "the last");
	assert_int_equal(label_list(lab, "\0\0", 2).len, 0);
	memset(all, 0xff, sizeof(all));
	list = label_list(lab, all, sizeof(all));
	assert_int_equal(list.len, 128);
	for (unsigned bit = 20; bit < 24; bit++)
		assert_int_equal(atoi(list.items[bit]), bit);
	/* in an entry; longer than any kernel's, it is cut */
	entry_begin(&m, IPPROTO_TCP, 0);
	attr_put(&m, CTA_LABELS, "\x01\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\xff", 17);
	expect(lab, &m, "\"labels\":[\"zero\"]");
	entry_begin(&m, IPPROTO_TCP, 0);
	attr_put(&m, CTA_LABELS, "\0\0\0\0", 4);
	expect_not(lab, &m, "labels");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, lab_open, lab_close)
	const struct CMUnitTest tests[] = {
		TEST(test_whole),	   TEST(test_nothing_stays), TEST(test_status),
		TEST(test_states),	   TEST(test_time),	     TEST(test_rare),
		TEST(test_counters),	   TEST(test_protocols),     TEST(test_malformed),
		TEST(test_other_messages), TEST(test_repeated),	     TEST(test_labels),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
