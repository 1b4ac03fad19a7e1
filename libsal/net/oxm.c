/*
 * oxm.c - a match as ovs-vswitchd writes it. See oxm.h.
 *
 * Flows with fields that are not known here are told apart in another way (flow_join.c). Source:
 * ovs-fields(7); the oracle is ovs-ofctl.
 */
#include "net/oxm.h"

#include <netinet/in.h>
#include <string.h>

#include "base/macros.h"
#include "base/text.h"
#include "net/oxm_slot.h"

const struct sal_net_oxm_slot_shape sal_net_oxm_slots[SLOTS] = {
	[PKT_MARK] = { "pkt_mark", HEX, 4 },
	[RECIRC_ID] = { "recirc_id", HEX, 4 },
	[DP_HASH] = { "dp_hash", HEX, 4 },
	[CONJ_ID] = { "conj_id", DECIMAL, 4 },
	[ACTSET_OUTPUT] = { "actset_output", PORT, 4 },
	[CT_STATE] = { "ct_state", FLAGS, 4 },
	[CT_ZONE] = { "ct_zone", DECIMAL, 2 },
	[CT_MARK] = { "ct_mark", HEX, 4 },
	[CT_LABEL] = { "ct_label", WIDE, 16 },
	[CT_NW_SRC] = { "ct_nw_src", IPV4, 4 },
	[CT_IPV6_SRC] = { "ct_ipv6_src", IPV6, 16 },
	[CT_NW_DST] = { "ct_nw_dst", IPV4, 4 },
	[CT_IPV6_DST] = { "ct_ipv6_dst", IPV6, 16 },
	[CT_NW_PROTO] = { "ct_nw_proto", DECIMAL, 1 },
	[CT_TP_SRC] = { "ct_tp_src", DECIMAL, 2 },
	[CT_TP_DST] = { "ct_tp_dst", DECIMAL, 2 },
	[REG0... REG0 + 15] = { "reg", HEX, 4 },
	[TUN_ID] = { "tun_id", HEX, 8 },
	[TUN_SRC] = { "tun_src", IPV4, 4 },
	[TUN_DST] = { "tun_dst", IPV4, 4 },
	[TUN_IPV6_SRC] = { "tun_ipv6_src", IPV6, 16 },
	[TUN_IPV6_DST] = { "tun_ipv6_dst", IPV6, 16 },
	[TUN_GBP_ID] = { "tun_gbp_id", DECIMAL, 2 },
	[TUN_GBP_FLAGS] = { "tun_gbp_flags", HEX, 1 },
	[TUN_FLAGS] = { "tun_flags", FLAGS, 2 },
	[METADATA] = { "metadata", HEX, 8 },
	[IN_PORT] = { "in_port", PORT, 4 },
	[VLAN_TCI] = { "vlan_tci", SPECIAL, 2 },
	[DL_SRC] = { "dl_src", MAC, 6 },
	[DL_DST] = { "dl_dst", MAC, 6 },
	[DL_TYPE] = { "dl_type", SPECIAL, 2 },
	[IPV6_SRC] = { "ipv6_src", IPV6, 16 },
	[IPV6_DST] = { "ipv6_dst", IPV6, 16 },
	[IPV6_LABEL] = { "ipv6_label", HEX5, 4 },
	[ARP_SPA] = { "arp_spa", IPV4, 4 },
	[ARP_TPA] = { "arp_tpa", IPV4, 4 },
	[NW_SRC] = { "nw_src", IPV4, 4 },
	[NW_DST] = { "nw_dst", IPV4, 4 },
	[NW_PROTO] = { "nw_proto", SPECIAL, 1 },
	[ARP_OP] = { "arp_op", DECIMAL, 2 },
	[ARP_SHA] = { "arp_sha", MAC, 6 },
	[ARP_THA] = { "arp_tha", MAC, 6 },
	[NW_TOS] = { "nw_tos", DECIMAL, 1 },
	[NW_ECN] = { "nw_ecn", DECIMAL, 1 },
	[NW_TTL] = { "nw_ttl", DECIMAL, 1 },
	[MPLS_LABEL] = { "mpls_label", DECIMAL, 4 },
	[MPLS_TC] = { "mpls_tc", DECIMAL, 1 },
	[MPLS_TTL] = { "mpls_ttl", DECIMAL, 1 },
	[MPLS_BOS] = { "mpls_bos", DECIMAL, 1 },
	[NW_FRAG] = { "nw_frag", SPECIAL, 1 },
	[ICMP_TYPE] = { "icmp_type", DECIMAL, 1 },
	[ICMP_CODE] = { "icmp_code", DECIMAL, 1 },
	[ND_TARGET] = { "nd_target", IPV6, 16 },
	[ND_SLL] = { "nd_sll", MAC, 6 },
	[ND_TLL] = { "nd_tll", MAC, 6 },
	[ND_RESERVED] = { "nd_reserved", DECIMAL, 4 },
	[ND_OPTIONS_TYPE] = { "nd_options_type", DECIMAL, 1 },
	[TP_SRC] = { "tp_src", DECIMAL, 2 },
	[TP_DST] = { "tp_dst", DECIMAL, 2 },
	[TCP_FLAGS] = { "tcp_flags", FLAGS, 2 },
};

static bool is_exact(const struct value *v, size_t size)
{
	for (size_t i = 0; i < size; i++)
		if (v->mask[i] != 0xff)
			return false;
	return true;
}

/* A run of ones from the top: its length; else -1. */
static int mask_prefix(const uint8_t *mask, size_t size)
{
	size_t bits = 0;

	while (bits < size * 8 && mask[bits / 8] & 0x80 >> bits % 8)
		bits++;
	for (size_t i = bits; i < size * 8; i++)
		if (mask[i / 8] & 0x80 >> i % 8)
			return -1;
	return (int)bits;
}

static void ip_put(struct sal_buf *buf, const uint8_t *bytes, bool v6)
{
	struct sal_ip ip = { .family = v6 ? AF_INET6 : AF_INET };

	memcpy(ip.bytes, bytes, v6 ? 16 : 4);
	buf->len = (size_t)(sal_ip_format(sal_buf_reserve(buf, SAL_IP_TEXT), &ip) - buf->data);
}

static void address_put(struct sal_buf *buf, const struct value *v, bool v6)
{
	size_t size = v6 ? 16 : 4;
	int prefix = mask_prefix(v->mask, size);

	ip_put(buf, v->value, v6);
	if (prefix == (int)size * 8)
		return;
	sal_buf_putc(buf, '/');
	if (prefix >= 0)
		sal_buf_printf(buf, "%d", prefix);
	else
		ip_put(buf, v->mask, v6);
}

static void mac_put(struct sal_buf *buf, const uint8_t *p)
{
	sal_buf_printf(buf, "%02x:%02x:%02x:%02x:%02x:%02x", p[0], p[1], p[2], p[3], p[4], p[5]);
}

static void wide_put(struct sal_buf *buf, const uint8_t *p)
{
	uint64_t high = sal_net_oxm_number(p, 8), low = sal_net_oxm_number(p + 8, 8);

	if (high)
		sal_buf_printf(buf, "0x%llx%016llx", (unsigned long long)high,
			       (unsigned long long)low);
	else
		sal_buf_printf(buf, "0x%llx", (unsigned long long)low);
}

static void port_put(struct sal_buf *buf, uint64_t port)
{
	static const char *const reserved[] = { "UNSET", "IN_PORT",    "TABLE", "NORMAL", "FLOOD",
						"ALL",	 "CONTROLLER", "LOCAL", "ANY" };
	/* 0xfff7 to 0xffff; in 32 bits those of 16 with ones above */
	unsigned number16 = port >= 0xfffffff7 || port <= UINT16_MAX ? port & 0xffff : 0;

	if (number16 >= 0xfff7)
		sal_buf_puts(buf, reserved[number16 - 0xfff7]);
	else
		sal_buf_printf(buf, "%llu", (unsigned long long)port);
}

static void flags_put(struct sal_buf *buf, enum slot slot, uint64_t value, uint64_t mask)
{
	static const char *const ct[] = {
		"new", "est", "rel", "rpl", "inv", "trk", "snat", "dnat"
	};
	static const char *const tcp[] = { "fin", "syn", "rst", "psh",	 "ack",	  "urg",
					   "ece", "cwr", "ns",	"[200]", "[400]", "[800]" };
	static const char *const tun[] = { "oam" };
	const char *const *names = slot == CT_STATE ? ct : slot == TCP_FLAGS ? tcp : tun;
	size_t n = slot == CT_STATE    ? SAL_ARRAY_LEN(ct)
		   : slot == TCP_FLAGS ? SAL_ARRAY_LEN(tcp)
				       : SAL_ARRAY_LEN(tun);

	for (size_t i = 0; i < n; i++)
		if (mask >> i & 1)
			sal_buf_printf(buf, "%c%s", value >> i & 1 ? '+' : '-', names[i]);
}

static void number_write(struct sal_buf *buf, enum slot slot, const struct value *v)
{
	size_t size = sal_net_oxm_slots[slot].size;
	unsigned long long value = sal_net_oxm_number(v->value, size),
			   mask = sal_net_oxm_number(v->mask, size);

	if (sal_net_oxm_slots[slot].form == HEX5)
		sal_buf_printf(buf, mask == UINT32_MAX ? "0x%05llx" : "0x%05llx/0x%05llx", value,
			       mask);
	else if (slot == NW_TOS || slot == NW_ECN ||
		 (sal_net_oxm_slots[slot].form == DECIMAL && is_exact(v, size)))
		sal_buf_printf(buf, "%llu", value);
	else if (is_exact(v, size))
		sal_buf_printf(buf, "%#llx", value);
	else
		sal_buf_printf(buf, "%#llx/%#llx", value, mask);
}

/* Everything but what SPECIAL says of itself. */
static void slot_write(struct sal_buf *buf, enum slot slot, const struct value *v)
{
	size_t size = sal_net_oxm_slots[slot].size;

	sal_buf_puts(buf, sal_net_oxm_slots[slot].name);
	if (slot >= REG0 && slot < REG0 + 16)
		sal_buf_printf(buf, "%d", slot - REG0);
	sal_buf_putc(buf, '=');
	switch (sal_net_oxm_slots[slot].form) {
	case IPV4:
	case IPV6:
		address_put(buf, v, sal_net_oxm_slots[slot].form == IPV6);
		break;
	case MAC:
		mac_put(buf, v->value);
		if (!is_exact(v, size)) {
			sal_buf_putc(buf, '/');
			mac_put(buf, v->mask);
		}
		break;
	case WIDE:
		wide_put(buf, v->value);
		if (!is_exact(v, size)) {
			sal_buf_putc(buf, '/');
			wide_put(buf, v->mask);
		}
		break;
	case PORT:
		port_put(buf, sal_net_oxm_number(v->value, size));
		break;
	case FLAGS:
		flags_put(buf, slot, sal_net_oxm_number(v->value, size),
			  sal_net_oxm_number(v->mask, size));
		break;
	case HEX:
	case DECIMAL:
	case HEX5:
	case SPECIAL:
		number_write(buf, slot, v);
		break;
	}
	sal_buf_putc(buf, ',');
}

static void vlan_write(struct sal_buf *buf, const struct value *v)
{
	unsigned tci = (unsigned)sal_net_oxm_number(v->value, 2);
	unsigned mask = (unsigned)sal_net_oxm_number(v->mask, 2);
	unsigned vid = mask & 0x0fff, pcp = mask & 0xe000;

	if (mask & tci & 0x1000 && (vid || pcp) && (!vid || vid == 0x0fff) &&
	    (!pcp || pcp == 0xe000)) {
		if (vid)
			sal_buf_printf(buf, "dl_vlan=%u,", tci & 0x0fff);
		if (pcp)
			sal_buf_printf(buf, "dl_vlan_pcp=%u,", tci >> 13);
	} else if (mask == 0xffff) {
		sal_buf_printf(buf, "vlan_tci=0x%04x,", tci);
	} else {
		sal_buf_printf(buf, "vlan_tci=0x%04x/0x%04x,", tci, mask);
	}
}

static void frag_write(struct sal_buf *buf, const struct value *v)
{
	/* bit 0: a fragment; bit 1: not the first */
	static const char *const exact[] = { "no", "first", "<error>", "later" };
	unsigned value = v->value[0] & 3, mask = v->mask[0] & 3;

	if (mask == 3)
		sal_buf_printf(buf, "nw_frag=%s,", exact[value]);
	else if (mask == 1)
		sal_buf_printf(buf, "nw_frag=%s,", value & 1 ? "yes" : "no");
	else if (mask == 2)
		sal_buf_printf(buf, "nw_frag=%s,", value & 2 ? "later" : "not_later");
}

static const struct {
	uint16_t type;
	int16_t proto; /* -1: any */
	const char *word;
} type_words[] = {
	{ 0x0800, IPPROTO_ICMP, "icmp" },
	{ 0x0800, IPPROTO_IGMP, "igmp" },
	{ 0x0800, IPPROTO_TCP, "tcp" },
	{ 0x0800, IPPROTO_UDP, "udp" },
	{ 0x0800, IPPROTO_SCTP, "sctp" },
	{ 0x0800, -1, "ip" },
	{ 0x86dd, IPPROTO_ICMPV6, "icmp6" },
	{ 0x86dd, IPPROTO_TCP, "tcp6" },
	{ 0x86dd, IPPROTO_UDP, "udp6" },
	{ 0x86dd, IPPROTO_SCTP, "sctp6" },
	{ 0x86dd, -1, "ipv6" },
	{ 0x0806, -1, "arp" },
	{ 0x8035, -1, "rarp" },
	{ 0x8847, -1, "mpls" },
	{ 0x8848, -1, "mplsm" },
};

/* One word stands for the type of the frame and, where it has one, the protocol within. */
static void type_write(struct sal_buf *buf, struct match *match)
{
	struct value *type = &match->slots[DL_TYPE], *proto = &match->slots[NW_PROTO];
	unsigned number = (unsigned)sal_net_oxm_number(type->value, 2);

	for (size_t i = 0; type->present && i < SAL_ARRAY_LEN(type_words); i++) {
		bool by_proto = type_words[i].proto >= 0;

		if (type_words[i].type != number ||
		    (by_proto && !(proto->present && proto->value[0] == type_words[i].proto)))
			continue;
		sal_buf_printf(buf, "%s,", type_words[i].word);
		type->present = false;
		if (by_proto)
			proto->present = false;
		return;
	}
}

bool sal_net_oxm_format(struct sal_buf *buf, const uint8_t *bytes, size_t len)
{
	struct match match = { 0 };
	size_t start = buf->len;

	if (!sal_net_oxm_read(&match, bytes, len))
		return false;
	for (unsigned slot = 0; slot < SLOTS; slot++) {
		const struct value *v = &match.slots[slot];

		if (slot == REG0)
			type_write(buf, &match);
		if (!v->present)
			continue;
		if (slot == VLAN_TCI)
			vlan_write(buf, v);
		else if (slot == NW_FRAG)
			frag_write(buf, v);
		else if (slot == DL_TYPE)
			sal_buf_printf(buf, "dl_type=0x%04x,",
				       (unsigned)sal_net_oxm_number(v->value, 2));
		else if (slot == NW_PROTO)
			sal_buf_printf(buf, "nw_proto=%u,", v->value[0]);
		else
			slot_write(buf, slot, v);
	}
	if (buf->len > start)
		buf->len--; /* the last comma */
	return true;
}
