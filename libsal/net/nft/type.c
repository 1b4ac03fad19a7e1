/* type.c - the table of data types and of the names of their values. See type.h. */
#include "net/nft/type.h"

#include <arpa/inet.h>
#include <linux/if_arp.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/icmp.h>
#include <linux/icmpv6.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_conntrack_common.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <string.h>

#define BIG16(value) ((uint16_t)((value) >> 8 | ((value)&0xff) << 8))

static const struct sal_nft_symbol nfproto_symbols[] = {
	{ "ipv4", NFPROTO_IPV4 },
	{ "ipv6", NFPROTO_IPV6 },
	{ 0 },
};

static const struct sal_nft_symbol ethertype_symbols[] = {
	{ "ip", BIG16(ETH_P_IP) },	   { "arp", BIG16(ETH_P_ARP) },
	{ "ip6", BIG16(ETH_P_IPV6) },	   { "8021q", BIG16(ETH_P_8021Q) },
	{ "8021ad", BIG16(ETH_P_8021AD) }, { 0 },
};

static const struct sal_nft_symbol arpop_symbols[] = {
	{ "request", BIG16(ARPOP_REQUEST) },
	{ "reply", BIG16(ARPOP_REPLY) },
	{ "rrequest", BIG16(ARPOP_RREQUEST) },
	{ "rreply", BIG16(ARPOP_RREPLY) },
	{ "inrequest", BIG16(ARPOP_InREQUEST) },
	{ "inreply", BIG16(ARPOP_InREPLY) },
	{ "nak", BIG16(ARPOP_NAK) },
	{ 0 },
};

/* RFC 792, RFC 950, RFC 1256 */
static const struct sal_nft_symbol icmp_type_symbols[] = {
	{ "echo-reply", 0 },	       { "destination-unreachable", 3 },
	{ "source-quench", 4 },	       { "redirect", 5 },
	{ "echo-request", 8 },	       { "router-advertisement", 9 },
	{ "router-solicitation", 10 }, { "time-exceeded", 11 },
	{ "parameter-problem", 12 },   { "timestamp-request", 13 },
	{ "timestamp-reply", 14 },     { "info-request", 15 },
	{ "info-reply", 16 },	       { "address-mask-request", 17 },
	{ "address-mask-reply", 18 },  { 0 },
};

static const struct sal_nft_symbol tcp_flag_symbols[] = {
	{ "fin", 0x01 }, { "syn", 0x02 }, { "rst", 0x04 }, { "psh", 0x08 }, { "ack", 0x10 },
	{ "urg", 0x20 }, { "ecn", 0x40 }, { "cwr", 0x80 }, { 0 },
};

static const struct sal_nft_symbol dccp_symbols[] = {
	{ "request", 0 }, { "response", 1 }, { "data", 2 },  { "ack", 3 },
	{ "dataack", 4 }, { "closereq", 5 }, { "close", 6 }, { "reset", 7 },
	{ "sync", 8 },	  { "syncack", 9 },  { 0 },
};

/* RFC 6275, RFC 4068, RFC 5096, RFC 5142 */
static const struct sal_nft_symbol mh_symbols[] = {
	{ "binding-refresh-request", 0 },
	{ "home-test-init", 1 },
	{ "careof-test-init", 2 },
	{ "home-test", 3 },
	{ "careof-test", 4 },
	{ "binding-update", 5 },
	{ "binding-acknowledgement", 6 },
	{ "binding-error", 7 },
	{ "fast-binding-update", 8 },
	{ "fast-binding-acknowledgement", 9 },
	{ "fast-binding-advertisement", 10 },
	{ "experimental-mobility-header", 11 },
	{ "home-agent-switch-message", 12 },
	{ 0 },
};

static const struct sal_nft_symbol arphrd_symbols[] = {
	{ "ether", ARPHRD_ETHER },	 { "ppp", ARPHRD_PPP },
	{ "ipip", ARPHRD_TUNNEL },	 { "ipip6", ARPHRD_TUNNEL6 },
	{ "loopback", ARPHRD_LOOPBACK }, { "sit", ARPHRD_SIT },
	{ "ipgre", ARPHRD_IPGRE },	 { 0 },
};

/* The kernel's NF_CT_STATE_BIT(): one bit a state, above the bit for invalid. */
static const struct sal_nft_symbol ct_state_symbols[] = {
	{ "invalid", 1 },
	{ "new", 1 << (IP_CT_NEW + 1) },
	{ "established", 1 << (IP_CT_ESTABLISHED + 1) },
	{ "related", 1 << (IP_CT_RELATED + 1) },
	{ "untracked", 1 << 6 },
	{ 0 },
};

static const struct sal_nft_symbol ct_dir_symbols[] = {
	{ "original", 0 },
	{ "reply", 1 },
	{ 0 },
};

static const struct sal_nft_symbol ct_status_symbols[] = {
	{ "expected", IPS_EXPECTED }, { "seen-reply", IPS_SEEN_REPLY },
	{ "assured", IPS_ASSURED },   { "confirmed", IPS_CONFIRMED },
	{ "snat", IPS_SRC_NAT },      { "dnat", IPS_DST_NAT },
	{ "dying", IPS_DYING },	      { 0 },
};

static const struct sal_nft_symbol ct_event_symbols[] = {
	{ "new", 1 << IPCT_NEW },	  { "related", 1 << IPCT_RELATED },
	{ "destroy", 1 << IPCT_DESTROY }, { "reply", 1 << IPCT_REPLY },
	{ "assured", 1 << IPCT_ASSURED }, { "protoinfo", 1 << IPCT_PROTOINFO },
	{ "helper", 1 << IPCT_HELPER },	  { "mark", 1 << IPCT_MARK },
	{ "seqadj", 1 << IPCT_SEQADJ },	  { "secmark", 1 << IPCT_SECMARK },
	{ "label", 1 << IPCT_LABEL },	  { 0 },
};

/* RFC 4443, RFC 4861, RFC 2710, RFC 3810 */
static const struct sal_nft_symbol icmpv6_type_symbols[] = {
	{ "destination-unreachable", 1 },
	{ "packet-too-big", 2 },
	{ "time-exceeded", 3 },
	{ "parameter-problem", 4 },
	{ "echo-request", 128 },
	{ "echo-reply", 129 },
	{ "mld-listener-query", 130 },
	{ "mld-listener-report", 131 },
	{ "mld-listener-done", 132 },
	{ "nd-router-solicit", 133 },
	{ "nd-router-advert", 134 },
	{ "nd-neighbor-solicit", 135 },
	{ "nd-neighbor-advert", 136 },
	{ "nd-redirect", 137 },
	{ "router-renumbering", 138 },
	{ "ind-neighbor-solicit", 141 },
	{ "ind-neighbor-advert", 142 },
	{ "mld2-listener-report", 143 },
	{ 0 },
};

static const struct sal_nft_symbol pkttype_symbols[] = {
	{ "host", PACKET_HOST },
	{ "broadcast", PACKET_BROADCAST },
	{ "multicast", PACKET_MULTICAST },
	{ "other", PACKET_OTHERHOST },
	{ 0 },
};

static const struct sal_nft_symbol icmp_code_symbols[] = {
	{ "net-unreachable", ICMP_NET_UNREACH },
	{ "host-unreachable", ICMP_HOST_UNREACH },
	{ "prot-unreachable", ICMP_PROT_UNREACH },
	{ "port-unreachable", ICMP_PORT_UNREACH },
	{ "net-prohibited", ICMP_NET_ANO },
	{ "host-prohibited", ICMP_HOST_ANO },
	{ "admin-prohibited", ICMP_PKT_FILTERED },
	{ "frag-needed", ICMP_FRAG_NEEDED },
	{ 0 },
};

static const struct sal_nft_symbol icmpv6_code_symbols[] = {
	{ "no-route", ICMPV6_NOROUTE },
	{ "admin-prohibited", ICMPV6_ADM_PROHIBITED },
	{ "addr-unreachable", ICMPV6_ADDR_UNREACH },
	{ "port-unreachable", ICMPV6_PORT_UNREACH },
	{ "policy-fail", ICMPV6_POLICY_FAIL },
	{ "reject-route", ICMPV6_REJECT_ROUTE },
	{ 0 },
};

static const struct sal_nft_symbol icmpx_code_symbols[] = {
	{ "port-unreachable", NFT_REJECT_ICMPX_PORT_UNREACH },
	{ "admin-prohibited", NFT_REJECT_ICMPX_ADMIN_PROHIBITED },
	{ "no-route", NFT_REJECT_ICMPX_NO_ROUTE },
	{ "host-unreachable", NFT_REJECT_ICMPX_HOST_UNREACH },
	{ 0 },
};

/* RFC 2474, RFC 2597, RFC 3246, RFC 5865, RFC 8622; of several names the first one counts. */
static const struct sal_nft_symbol dscp_symbols[] = {
	{ "cs0", 0x00 },   { "cs1", 0x08 },  { "cs2", 0x10 },  { "cs3", 0x18 },
	{ "cs4", 0x20 },   { "cs5", 0x28 },  { "cs6", 0x30 },  { "cs7", 0x38 },
	{ "lephb", 0x01 }, { "af11", 0x0a }, { "af12", 0x0c }, { "af13", 0x0e },
	{ "af21", 0x12 },  { "af22", 0x14 }, { "af23", 0x16 }, { "af31", 0x1a },
	{ "af32", 0x1c },  { "af33", 0x1e }, { "af41", 0x22 }, { "af42", 0x24 },
	{ "af43", 0x26 },  { "va", 0x2c },   { "ef", 0x2e },   { 0 },
};

static const struct sal_nft_symbol ecn_symbols[] = {
	{ "not-ect", 0 }, { "ect1", 1 }, { "ect0", 2 }, { "ce", 3 }, { 0 },
};

static const struct sal_nft_symbol fib_addr_symbols[] = {
	{ "unspec", RTN_UNSPEC },	{ "unicast", RTN_UNICAST },
	{ "local", RTN_LOCAL },		{ "broadcast", RTN_BROADCAST },
	{ "anycast", RTN_ANYCAST },	{ "multicast", RTN_MULTICAST },
	{ "blackhole", RTN_BLACKHOLE }, { "unreachable", RTN_UNREACHABLE },
	{ "prohibit", RTN_PROHIBIT },	{ 0 },
};

/* RFC 1112, RFC 2236, RFC 3376 */
static const struct sal_nft_symbol igmp_symbols[] = {
	{ "membership-query", 0x11 },	  { "membership-report-v1", 0x12 },
	{ "membership-report-v2", 0x16 }, { "membership-report-v3", 0x22 },
	{ "leave-group", 0x17 },	  { 0 },
};

static const struct sal_nft_symbol day_symbols[] = {
	{ "Sunday", 0 },   { "Monday", 1 }, { "Tuesday", 2 },  { "Wednesday", 3 },
	{ "Thursday", 4 }, { "Friday", 5 }, { "Saturday", 6 }, { 0 },
};

#define TYPE(id_, name_, order_, size_, base_, show_, ...)                                         \
	[SAL_NFT_TYPE_##id_] = { .id = SAL_NFT_TYPE_##id_,                                         \
				 .name = name_,                                                    \
				 .order = SAL_NFT_ORDER_##order_,                                  \
				 .size = size_,                                                    \
				 .base = SAL_NFT_TYPE_##base_,                                     \
				 .show = SAL_NFT_SHOW_##show_,                                     \
				 __VA_ARGS__ }
#define NAMED(id_, name_, order_, size_, base_, symbols_)                                          \
	TYPE(id_, name_, order_, size_, base_, SYMBOL, .symbols = symbols_)

const struct sal_nft_type sal_nft_types[SAL_NFT_TYPES] = {
	TYPE(INVALID, "invalid", NONE, 0, INVALID, UNTYPED),
	TYPE(VERDICT, "verdict", NONE, 0, VERDICT, UNTYPED),
	NAMED(NFPROTO, "nf_proto", NONE, 8, INTEGER, nfproto_symbols),
	TYPE(BITMASK, "bitmask", NONE, 0, INTEGER, INTEGER),
	TYPE(INTEGER, "integer", NONE, 0, INTEGER, INTEGER),
	TYPE(STRING, "string", HOST, 0, STRING, STRING),
	TYPE(LLADDR, "ll_addr", BIG, 0, INTEGER, LLADDR),
	TYPE(IPADDR, "ipv4_addr", BIG, 32, INTEGER, IP, .prefix = true),
	TYPE(IP6ADDR, "ipv6_addr", BIG, 128, INTEGER, IP6, .prefix = true),
	TYPE(ETHERADDR, "ether_addr", BIG, 48, LLADDR, LLADDR),
	NAMED(ETHERTYPE, "ether_type", BIG, 16, INTEGER, ethertype_symbols),
	NAMED(ARPOP, "arp_op", BIG, 16, INTEGER, arpop_symbols),
	TYPE(INET_PROTOCOL, "inet_proto", NONE, 8, INTEGER, PROTOCOL),
	TYPE(INET_SERVICE, "inet_service", BIG, 16, INTEGER, PORT),
	NAMED(ICMP_TYPE, "icmp_type", BIG, 8, INTEGER, icmp_type_symbols),
	NAMED(TCP_FLAG, "tcp_flag", BIG, 8, BITMASK, tcp_flag_symbols),
	NAMED(DCCP_PKTTYPE, "dccp_pkttype", NONE, 4, INTEGER, dccp_symbols),
	NAMED(MH_TYPE, "mh_type", BIG, 8, INTEGER, mh_symbols),
	TYPE(TIME, "time", HOST, 32, INTEGER, MILLISECONDS),
	TYPE(MARK, "mark", HOST, 32, INTEGER, MARK, .prefix = true),
	TYPE(IFINDEX, "iface_index", HOST, 32, INTEGER, IFINDEX),
	NAMED(ARPHRD, "iface_type", HOST, 16, INTEGER, arphrd_symbols),
	TYPE(REALM, "realm", HOST, 32, INTEGER, REALM, .prefix = true),
	TYPE(CLASSID, "classid", HOST, 32, INTEGER, CLASSID),
	TYPE(UID, "uid", HOST, 32, INTEGER, ID),
	TYPE(GID, "gid", HOST, 32, INTEGER, ID),
	NAMED(CT_STATE, "ct_state", HOST, 32, BITMASK, ct_state_symbols),
	NAMED(CT_DIR, "ct_dir", NONE, 8, INTEGER, ct_dir_symbols),
	NAMED(CT_STATUS, "ct_status", HOST, 32, BITMASK, ct_status_symbols),
	NAMED(ICMP6_TYPE, "icmpv6_type", BIG, 8, INTEGER, icmpv6_type_symbols),
	TYPE(CT_LABEL, "ct_label", HOST, 128, BITMASK, LABEL),
	NAMED(PKTTYPE, "pkt_type", HOST, 8, INTEGER, pkttype_symbols),
	NAMED(ICMP_CODE, "icmp_code", BIG, 8, INTEGER, icmp_code_symbols),
	NAMED(ICMPV6_CODE, "icmpv6_code", BIG, 8, INTEGER, icmpv6_code_symbols),
	NAMED(ICMPX_CODE, "icmpx_code", BIG, 8, INTEGER, icmpx_code_symbols),
	TYPE(DEVGROUP, "devgroup", HOST, 32, INTEGER, GROUP, .prefix = true),
	NAMED(DSCP, "dscp", BIG, 6, INTEGER, dscp_symbols),
	NAMED(ECN, "ecn", BIG, 2, INTEGER, ecn_symbols),
	NAMED(FIB_ADDR, "fib_addrtype", HOST, 32, INTEGER, fib_addr_symbols),
	TYPE(BOOLEAN, "boolean", NONE, 1, INTEGER, BOOLEAN),
	NAMED(CT_EVENTBIT, "ct_event", HOST, 32, BITMASK, ct_event_symbols),
	TYPE(IFNAME, "ifname", HOST, 128, STRING, STRING),
	NAMED(IGMP_TYPE, "igmp_type", BIG, 8, INTEGER, igmp_symbols),
	TYPE(TIME_DATE, "time", HOST, 64, INTEGER, DATE),
	TYPE(TIME_HOUR, "hour", HOST, 32, INTEGER, HOUR),
	NAMED(TIME_DAY, "day", HOST, 8, INTEGER, day_symbols),
	TYPE(CGROUPV2, "cgroupsv2", HOST, 64, INTEGER, CGROUP),
};

const struct sal_nft_type sal_nft_type_raw = { .id = SAL_NFT_TYPE_INTEGER,
					       .name = "integer",
					       .base = SAL_NFT_TYPE_INTEGER,
					       .show = SAL_NFT_SHOW_INTEGER };

const struct sal_nft_type *sal_nft_type_get(uint32_t id)
{
	if (id >= SAL_NFT_TYPES || id == SAL_NFT_TYPE_CT_LABEL || id == SAL_NFT_TYPE_CT_EVENTBIT)
		return NULL;
	return &sal_nft_types[id];
}

/* Bits of a value as it lies in registers: whole ones of 32 bits. */
static uint32_t padded_size(uint32_t size)
{
	return (size + 31) / 32 * 32;
}

const struct sal_nft_type *sal_nft_type_concat(struct sal_arena *arena, uint32_t id)
{
	struct sal_nft_type *type = sal_arena_zalloc(arena, sizeof(*type));
	char name[160] = "";
	unsigned n = 0;

	while (n * SAL_NFT_TYPE_BITS < 32 && id >> (n * SAL_NFT_TYPE_BITS))
		n++;
	type->id = id;
	type->base = SAL_NFT_TYPE_INVALID;
	type->show = SAL_NFT_SHOW_UNTYPED;
	while (n > 0 && (id >> (--n * SAL_NFT_TYPE_BITS) & SAL_NFT_TYPE_MASK)) {
		const struct sal_nft_type *part = sal_nft_type_part(id, n);
		size_t len = strlen(name);

		if (!part)
			return NULL;
		snprintf(name + len, sizeof(name) - len, "%s%s", type->subtypes ? " . " : "",
			 part->name);
		type->size += padded_size(part->size);
		type->subtypes++;
	}
	type->name = sal_arena_strdup(arena, name);
	return type;
}

const struct sal_nft_type *sal_nft_type_from_kernel(struct sal_arena *arena, uint32_t id)
{
	if (id == NFT_DATA_VERDICT)
		return &sal_nft_types[SAL_NFT_TYPE_VERDICT];
	if (id & ~SAL_NFT_TYPE_MASK)
		return sal_nft_type_concat(arena, id);
	return sal_nft_type_get(id);
}

bool sal_nft_type_is_string(const struct sal_nft_type *type)
{
	return !type->subtypes && type->base == SAL_NFT_TYPE_STRING;
}

bool sal_nft_type_is_bitmask(const struct sal_nft_type *type)
{
	return !type->subtypes && type->base == SAL_NFT_TYPE_BITMASK;
}

const char *sal_nft_symbol_find(const struct sal_nft_symbol *symbols, uint64_t value)
{
	for (; symbols->name; symbols++) {
		if (symbols->value == value)
			return symbols->name;
	}
	return NULL;
}
