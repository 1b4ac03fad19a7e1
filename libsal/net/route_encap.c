/* route_encap.c - one function for each kind of lightweight tunnel. See route_encap.h. */
#include "net/route_encap.h"

#include <endian.h>
#include <linux/if_tunnel.h>
#include <linux/lwtunnel.h>
#include <linux/mpls_iptunnel.h>
#include <linux/rpl_iptunnel.h>
#include <linux/seg6_iptunnel.h>
#include <linux/seg6_local.h>

#include "net/attr.h"

static const char *const encap_names[] = {
	[LWTUNNEL_ENCAP_MPLS] = "mpls",
	[LWTUNNEL_ENCAP_IP] = "ip",
	[LWTUNNEL_ENCAP_ILA] = "ila",
	[LWTUNNEL_ENCAP_IP6] = "ip6",
	[LWTUNNEL_ENCAP_SEG6] = "seg6",
	[LWTUNNEL_ENCAP_BPF] = "bpf",
	[LWTUNNEL_ENCAP_SEG6_LOCAL] = "seg6local",
	[LWTUNNEL_ENCAP_RPL] = "rpl",
	[LWTUNNEL_ENCAP_IOAM6] = "ioam6",
	[LWTUNNEL_ENCAP_XFRM] = "xfrm",
};

static const char *const seg6_modes[] = {
	[SEG6_IPTUN_MODE_INLINE] = "inline",	       [SEG6_IPTUN_MODE_ENCAP] = "encap",
	[SEG6_IPTUN_MODE_L2ENCAP] = "l2encap",	       [SEG6_IPTUN_MODE_ENCAP_RED] = "encap.red",
	[SEG6_IPTUN_MODE_L2ENCAP_RED] = "l2encap.red",
};

static const char *const seg6_actions[] = {
	[SEG6_LOCAL_ACTION_END] = "End",	 [SEG6_LOCAL_ACTION_END_X] = "End.X",
	[SEG6_LOCAL_ACTION_END_T] = "End.T",	 [SEG6_LOCAL_ACTION_END_DX2] = "End.DX2",
	[SEG6_LOCAL_ACTION_END_DX6] = "End.DX6", [SEG6_LOCAL_ACTION_END_DX4] = "End.DX4",
	[SEG6_LOCAL_ACTION_END_DT6] = "End.DT6", [SEG6_LOCAL_ACTION_END_DT4] = "End.DT4",
	[SEG6_LOCAL_ACTION_END_B6] = "End.B6",	 [SEG6_LOCAL_ACTION_END_B6_ENCAP] = "End.B6.Encaps",
	[SEG6_LOCAL_ACTION_END_BM] = "End.BM",	 [SEG6_LOCAL_ACTION_END_S] = "End.S",
	[SEG6_LOCAL_ACTION_END_AS] = "End.AS",	 [SEG6_LOCAL_ACTION_END_AM] = "End.AM",
	[SEG6_LOCAL_ACTION_END_BPF] = "End.BPF", [SEG6_LOCAL_ACTION_END_DT46] = "End.DT46",
};

static const char *const seg6_flavors[] = {
	[SEG6_LOCAL_FLV_OP_PSP] = "psp",
	[SEG6_LOCAL_FLV_OP_USP] = "usp",
	[SEG6_LOCAL_FLV_OP_USD] = "usd",
	[SEG6_LOCAL_FLV_OP_NEXT_CSID] = "next-csid",
};

static const char *name_of(const char *const *names, size_t len, uint32_t id, const char *unknown)
{
	return id < len && names[id] ? names[id] : unknown;
}

static const char *ip_text(struct sal_arena *arena, uint8_t family, const struct nlattr *a)
{
	char text[SAL_IP_TEXT];
	struct sal_ip ip;

	if (!sal_net_ip_attr(&ip, family, a))
		return NULL;
	return sal_arena_strndup(arena, text, sal_ip_format(text, &ip) - text);
}

/* A stack of labels down to the one with the bottom-of-stack bit (RFC 3032): "100/200". */
static void mpls_decode(struct sal_arena *arena, const struct nlattr *encap,
			struct sal_route_nexthop *leg)
{
	const struct nlattr *tb[MPLS_IPTUNNEL_MAX + 1];
	struct sal_buf text SAL_CLEANUP(sal_buf_done) = SAL_BUF_EMPTY;

	sal_nla_index_nested(tb, MPLS_IPTUNNEL_MAX, encap);
	if (tb[MPLS_IPTUNNEL_DST]) {
		const char *at = sal_nla_data(tb[MPLS_IPTUNNEL_DST]);
		size_t left = sal_nla_len(tb[MPLS_IPTUNNEL_DST]);

		for (uint32_t entry = 0; left >= sizeof(entry) && !(entry & 0x100);
		     left -= sizeof(entry), at += sizeof(entry)) {
			memcpy(&entry, at, sizeof(entry));
			entry = be32toh(entry);
			sal_buf_printf(&text, "%s%u", text.len ? "/" : "", entry >> 12);
		}
		sal_set(leg, dst, sal_arena_strndup(arena, text.data ? text.data : "", text.len));
	}
	if (tb[MPLS_IPTUNNEL_TTL])
		sal_set(leg, ttl, sal_nla_u8(tb[MPLS_IPTUNNEL_TTL]));
}

static void tunnel_flags_decode(const struct nlattr *a, struct sal_route_nexthop *leg)
{
	uint16_t flags = a ? sal_nla_u16(a) : 0;

	if (flags & TUNNEL_KEY)
		sal_set(leg, key, true);
	if (flags & TUNNEL_CSUM)
		sal_set(leg, csum, true);
	if (flags & TUNNEL_SEQ)
		sal_set(leg, seq, true);
}

/* Class, type and data of each option follow one another in one nest; data is the last of three. */
static void geneve_decode(struct sal_arena *arena, const struct nlattr *opts,
			  struct sal_route_nexthop *leg)
{
	struct sal_route_geneve_option *items, option = { 0 };
	size_t n = 0;

	sal_nla_each_nested(a, opts) n++;
	items = sal_arena_array(arena, n, sizeof(*items));
	n = 0;
	sal_nla_each_nested(a, opts)
	{
		struct sal_buf hex SAL_CLEANUP(sal_buf_done) = SAL_BUF_EMPTY;
		const uint8_t *data = sal_nla_data(a);

		if (sal_nla_type(a) == LWTUNNEL_IP_OPT_GENEVE_CLASS)
			option.class = be16toh(sal_nla_u16(a));
		if (sal_nla_type(a) == LWTUNNEL_IP_OPT_GENEVE_TYPE)
			option.type = sal_nla_u8(a);
		if (sal_nla_type(a) != LWTUNNEL_IP_OPT_GENEVE_DATA)
			continue;
		for (size_t i = 0; i < sal_nla_len(a); i++)
			sal_buf_printf(&hex, "%02x", data[i]);
		option.data = sal_arena_strndup(arena, hex.data ? hex.data : "", hex.len);
		items[n++] = option;
	}
	sal_set(leg, geneve_opts, ((struct sal_route_geneve_option_array){ items, n }));
}

static void erspan_decode(struct sal_arena *arena, const struct nlattr *opts,
			  struct sal_route_nexthop *leg)
{
	const struct nlattr *tb[LWTUNNEL_IP_OPT_ERSPAN_MAX + 1];
	struct sal_route_erspan_option *option = sal_arena_zalloc(arena, sizeof(*option));

	sal_nla_index_nested(tb, LWTUNNEL_IP_OPT_ERSPAN_MAX, opts);
	if (tb[LWTUNNEL_IP_OPT_ERSPAN_VER])
		option->ver = sal_nla_u8(tb[LWTUNNEL_IP_OPT_ERSPAN_VER]);
	if (tb[LWTUNNEL_IP_OPT_ERSPAN_INDEX])
		option->index = be32toh(sal_nla_u32(tb[LWTUNNEL_IP_OPT_ERSPAN_INDEX]));
	if (tb[LWTUNNEL_IP_OPT_ERSPAN_DIR])
		option->dir = sal_nla_u8(tb[LWTUNNEL_IP_OPT_ERSPAN_DIR]);
	if (tb[LWTUNNEL_IP_OPT_ERSPAN_HWID])
		option->hwid = sal_nla_u8(tb[LWTUNNEL_IP_OPT_ERSPAN_HWID]);
	sal_set(leg, erspan_opts, ((struct sal_route_erspan_option_array){ option, 1 }));
}

static void vxlan_decode(struct sal_arena *arena, const struct nlattr *opts,
			 struct sal_route_nexthop *leg)
{
	const struct nlattr *tb[LWTUNNEL_IP_OPT_VXLAN_MAX + 1];
	struct sal_route_vxlan_option *option = sal_arena_zalloc(arena, sizeof(*option));

	sal_nla_index_nested(tb, LWTUNNEL_IP_OPT_VXLAN_MAX, opts);
	if (tb[LWTUNNEL_IP_OPT_VXLAN_GBP])
		option->gbp = sal_nla_u32(tb[LWTUNNEL_IP_OPT_VXLAN_GBP]);
	sal_set(leg, vxlan_opts, ((struct sal_route_vxlan_option_array){ option, 1 }));
}

/* Only one kind of options is there at a time; LWTUNNEL_IP6_OPTS has the same ones. */
static void tunnel_options_decode(struct sal_arena *arena, const struct nlattr *opts,
				  struct sal_route_nexthop *leg)
{
	const struct nlattr *tb[LWTUNNEL_IP_OPTS_MAX + 1];

	if (!opts)
		return;
	sal_nla_index_nested(tb, LWTUNNEL_IP_OPTS_MAX, opts);
	if (tb[LWTUNNEL_IP_OPTS_GENEVE])
		geneve_decode(arena, tb[LWTUNNEL_IP_OPTS_GENEVE], leg);
	else if (tb[LWTUNNEL_IP_OPTS_VXLAN])
		vxlan_decode(arena, tb[LWTUNNEL_IP_OPTS_VXLAN], leg);
	else if (tb[LWTUNNEL_IP_OPTS_ERSPAN])
		erspan_decode(arena, tb[LWTUNNEL_IP_OPTS_ERSPAN], leg);
}

static void ip_decode(struct sal_arena *arena, const struct nlattr *encap,
		      struct sal_route_nexthop *leg)
{
	const struct nlattr *tb[LWTUNNEL_IP_MAX + 1];
	const char *dst;

	sal_nla_index_nested(tb, LWTUNNEL_IP_MAX, encap);
	if (tb[LWTUNNEL_IP_ID])
		sal_set(leg, id, be64toh(sal_nla_u64(tb[LWTUNNEL_IP_ID])));
	if (tb[LWTUNNEL_IP_SRC])
		leg->has.src = sal_net_ip_attr(&leg->src, AF_INET, tb[LWTUNNEL_IP_SRC]);
	if (tb[LWTUNNEL_IP_DST] && (dst = ip_text(arena, AF_INET, tb[LWTUNNEL_IP_DST])))
		sal_set(leg, dst, dst);
	if (tb[LWTUNNEL_IP_TTL])
		sal_set(leg, ttl, sal_nla_u8(tb[LWTUNNEL_IP_TTL]));
	if (tb[LWTUNNEL_IP_TOS])
		sal_set(leg, tos, sal_nla_u8(tb[LWTUNNEL_IP_TOS]));
	tunnel_flags_decode(tb[LWTUNNEL_IP_FLAGS], leg);
	tunnel_options_decode(arena, tb[LWTUNNEL_IP_OPTS], leg);
}

static void ip6_decode(struct sal_arena *arena, const struct nlattr *encap,
		       struct sal_route_nexthop *leg)
{
	const struct nlattr *tb[LWTUNNEL_IP6_MAX + 1];
	const char *dst;

	sal_nla_index_nested(tb, LWTUNNEL_IP6_MAX, encap);
	if (tb[LWTUNNEL_IP6_ID])
		sal_set(leg, id, be64toh(sal_nla_u64(tb[LWTUNNEL_IP6_ID])));
	if (tb[LWTUNNEL_IP6_SRC])
		leg->has.src = sal_net_ip_attr(&leg->src, AF_INET6, tb[LWTUNNEL_IP6_SRC]);
	if (tb[LWTUNNEL_IP6_DST] && (dst = ip_text(arena, AF_INET6, tb[LWTUNNEL_IP6_DST])))
		sal_set(leg, dst, dst);
	if (tb[LWTUNNEL_IP6_HOPLIMIT])
		sal_set(leg, hoplimit, sal_nla_u8(tb[LWTUNNEL_IP6_HOPLIMIT]));
	if (tb[LWTUNNEL_IP6_TC])
		sal_set(leg, tc, sal_nla_u8(tb[LWTUNNEL_IP6_TC]));
	tunnel_flags_decode(tb[LWTUNNEL_IP6_FLAGS], leg);
	tunnel_options_decode(arena, tb[LWTUNNEL_IP6_OPTS], leg);
}

/* n addresses at p, the last one first: headers list segments in reverse (RFC 8754, RFC 6554). */
static struct sal_ips segments_read(struct sal_arena *arena, const char *p, size_t n)
{
	struct sal_ip *items = sal_arena_array(arena, n, sizeof(*items));

	for (size_t i = 0; i < n; i++)
		sal_net_ip_read(&items[i], AF_INET6, p + ((n - 1 - i) * 16), 16);
	return (struct sal_ips){ items, n };
}

/* A segment routing header (RFC 8754); false when its segments do not fit into it. */
static bool srh_read(struct sal_arena *arena, const void *p, size_t len, struct sal_route_srh *srh)
{
	struct ipv6_sr_hdr header;
	size_t n, hmac;
	uint32_t key;

	if (len < sizeof(header))
		return false;
	memcpy(&header, p, sizeof(header));
	n = header.first_segment + 1;
	if (len < sizeof(header) + (n * 16))
		return false;
	srh->segs = segments_read(arena, (const char *)p + sizeof(header), n);
	/* The HMAC TLV, 40 bytes, ends the header; its key id lies behind the first 4. */
	hmac = ((size_t)header.hdrlen + 1) * 8;
	if ((header.flags & SR6_FLAG1_HMAC) && hmac >= 40 && hmac <= len) {
		memcpy(&key, (const char *)p + hmac - 40 + 4, sizeof(key));
		sal_set(srh, hmac, sal_arena_printf(arena, "%#x", be32toh(key)));
	}
	return true;
}

static void seg6_decode(struct sal_arena *arena, const struct nlattr *encap,
			struct sal_route_nexthop *leg)
{
	const struct nlattr *tb[SEG6_IPTUNNEL_MAX + 1], *a;
	struct sal_route_srh srh = { 0 };

	sal_nla_index_nested(tb, SEG6_IPTUNNEL_MAX, encap);
	a = tb[SEG6_IPTUNNEL_SRH];
	if (!a || sal_nla_len(a) < sizeof(uint32_t))
		return;
	sal_set(leg, mode,
		name_of(seg6_modes, SAL_ARRAY_LEN(seg6_modes), sal_nla_u32(a), "<unknown>"));
	if (!srh_read(arena, (const char *)sal_nla_data(a) + sizeof(uint32_t),
		      sal_nla_len(a) - sizeof(uint32_t), &srh))
		return;
	sal_set(leg, segs, srh.segs);
	if (srh.has.hmac)
		sal_set(leg, hmac, srh.hmac);
}

static void flavors_decode(struct sal_arena *arena, const struct nlattr *flavors,
			   struct sal_route_nexthop *leg)
{
	const struct nlattr *tb[SEG6_LOCAL_FLV_MAX + 1];

	sal_nla_index_nested(tb, SEG6_LOCAL_FLV_MAX, flavors);
	if (tb[SEG6_LOCAL_FLV_OPERATION]) {
		const char **names =
			sal_arena_array(arena, SAL_ARRAY_LEN(seg6_flavors), sizeof(*names));
		uint32_t mask = sal_nla_u32(tb[SEG6_LOCAL_FLV_OPERATION]);
		struct sal_strings list = { names, 0 };

		for (size_t i = 0; i < SAL_ARRAY_LEN(seg6_flavors); i++) {
			if ((mask & 1u << i) && seg6_flavors[i])
				names[list.len++] = seg6_flavors[i];
		}
		sal_set(leg, flavors, list);
	}
	if (tb[SEG6_LOCAL_FLV_LCBLOCK_BITS])
		sal_set(leg, lblen, sal_nla_u8(tb[SEG6_LOCAL_FLV_LCBLOCK_BITS]));
	if (tb[SEG6_LOCAL_FLV_LCNODE_FN_BITS])
		sal_set(leg, nflen, sal_nla_u8(tb[SEG6_LOCAL_FLV_LCNODE_FN_BITS]));
}

/* The name inside LWT_BPF_IN and the like; seg6local numbers its own the same way. */
static const char *program_name(struct sal_arena *arena, const struct nlattr *program)
{
	const struct nlattr *tb[LWT_BPF_PROG_MAX + 1];

	sal_nla_index_nested(tb, LWT_BPF_PROG_MAX, program);
	if (!tb[LWT_BPF_PROG_NAME])
		return "<unknown>";
	return sal_nla_string(tb[LWT_BPF_PROG_NAME], arena);
}

static void seg6local_decode(struct sal_net_route_decoder *decoder, const struct nlattr *encap,
			     struct sal_route_nexthop *leg)
{
	const struct nlattr *tb[SEG6_LOCAL_MAX + 1];
	struct sal_route_srh *srh;

	sal_nla_index_nested(tb, SEG6_LOCAL_MAX, encap);
	if (!tb[SEG6_LOCAL_ACTION])
		return;
	sal_set(leg, action,
		name_of(seg6_actions, SAL_ARRAY_LEN(seg6_actions),
			sal_nla_u32(tb[SEG6_LOCAL_ACTION]), "<unknown>"));
	if (tb[SEG6_LOCAL_SRH]) {
		srh = sal_arena_zalloc(decoder->arena, sizeof(*srh));
		if (srh_read(decoder->arena, sal_nla_data(tb[SEG6_LOCAL_SRH]),
			     sal_nla_len(tb[SEG6_LOCAL_SRH]), srh))
			sal_set(leg, srh, srh);
	}
	if (tb[SEG6_LOCAL_TABLE])
		sal_set(leg, table,
			sal_net_route_name(decoder, SAL_NET_NAMES_TABLE,
					   sal_nla_u32(tb[SEG6_LOCAL_TABLE])));
	if (tb[SEG6_LOCAL_VRFTABLE])
		sal_set(leg, vrftable,
			sal_net_route_name(decoder, SAL_NET_NAMES_TABLE,
					   sal_nla_u32(tb[SEG6_LOCAL_VRFTABLE])));
	if (tb[SEG6_LOCAL_NH4])
		leg->has.nh4 = sal_net_ip_attr(&leg->nh4, AF_INET, tb[SEG6_LOCAL_NH4]);
	if (tb[SEG6_LOCAL_NH6])
		leg->has.nh6 = sal_net_ip_attr(&leg->nh6, AF_INET6, tb[SEG6_LOCAL_NH6]);
	if (tb[SEG6_LOCAL_IIF])
		sal_set(leg, iif, sal_net_route_ifname(decoder, sal_nla_u32(tb[SEG6_LOCAL_IIF])));
	if (tb[SEG6_LOCAL_OIF])
		sal_set(leg, oif, sal_net_route_ifname(decoder, sal_nla_u32(tb[SEG6_LOCAL_OIF])));
	if (tb[SEG6_LOCAL_BPF])
		sal_set(leg, endpoint, program_name(decoder->arena, tb[SEG6_LOCAL_BPF]));
	if (tb[SEG6_LOCAL_FLAVORS])
		flavors_decode(decoder->arena, tb[SEG6_LOCAL_FLAVORS], leg);
}

static void bpf_decode(struct sal_arena *arena, const struct nlattr *encap,
		       struct sal_route_nexthop *leg)
{
	const struct nlattr *tb[LWT_BPF_MAX + 1];

	sal_nla_index_nested(tb, LWT_BPF_MAX, encap);
	if (tb[LWT_BPF_IN])
		sal_set(leg, in, program_name(arena, tb[LWT_BPF_IN]));
	if (tb[LWT_BPF_OUT])
		sal_set(leg, out, program_name(arena, tb[LWT_BPF_OUT]));
	if (tb[LWT_BPF_XMIT])
		sal_set(leg, xmit, program_name(arena, tb[LWT_BPF_XMIT]));
	if (tb[LWT_BPF_XMIT_HEADROOM])
		sal_set(leg, headroom, sal_nla_u32(tb[LWT_BPF_XMIT_HEADROOM]));
}

/* The kernel keeps the addresses whole (RFC 6554 would let it leave out common prefixes). */
static void rpl_decode(struct sal_arena *arena, const struct nlattr *encap,
		       struct sal_route_nexthop *leg)
{
	const struct nlattr *tb[RPL_IPTUNNEL_MAX + 1];
	const uint8_t *header;
	size_t len;

	sal_nla_index_nested(tb, RPL_IPTUNNEL_MAX, encap);
	if (!tb[RPL_IPTUNNEL_SRH])
		return;
	header = sal_nla_data(tb[RPL_IPTUNNEL_SRH]);
	len = sal_nla_len(tb[RPL_IPTUNNEL_SRH]);
	/* Eight bytes, the fourth of them the number of segments, then these. */
	if (len >= 8 && len >= 8 + (size_t)header[3] * 16)
		sal_set(leg, segs, segments_read(arena, (const char *)header + 8, header[3]));
}

static void xfrm_decode(struct sal_net_route_decoder *decoder, const struct nlattr *encap,
			struct sal_route_nexthop *leg)
{
	const struct nlattr *tb[LWT_XFRM_MAX + 1];

	sal_nla_index_nested(tb, LWT_XFRM_MAX, encap);
	if (tb[LWT_XFRM_IF_ID])
		sal_set(leg, if_id, sal_nla_u32(tb[LWT_XFRM_IF_ID]));
	if (tb[LWT_XFRM_LINK])
		sal_set(leg, link_dev,
			sal_net_route_ifname(decoder, sal_nla_u32(tb[LWT_XFRM_LINK])));
}

void sal_net_route_encap_decode(struct sal_net_route_decoder *decoder, const struct nlattr *type,
				const struct nlattr *encap, struct sal_route_nexthop *leg)
{
	uint16_t kind = sal_nla_u16(type);

	sal_set(leg, encap, name_of(encap_names, SAL_ARRAY_LEN(encap_names), kind, "unknown"));
	switch (kind) {
	case LWTUNNEL_ENCAP_MPLS:
		mpls_decode(decoder->arena, encap, leg);
		break;
	case LWTUNNEL_ENCAP_IP:
		ip_decode(decoder->arena, encap, leg);
		break;
	case LWTUNNEL_ENCAP_IP6:
		ip6_decode(decoder->arena, encap, leg);
		break;
	case LWTUNNEL_ENCAP_SEG6:
		seg6_decode(decoder->arena, encap, leg);
		break;
	case LWTUNNEL_ENCAP_SEG6_LOCAL:
		seg6local_decode(decoder, encap, leg);
		break;
	case LWTUNNEL_ENCAP_BPF:
		bpf_decode(decoder->arena, encap, leg);
		break;
	case LWTUNNEL_ENCAP_RPL:
		rpl_decode(decoder->arena, encap, leg);
		break;
	case LWTUNNEL_ENCAP_XFRM:
		xfrm_decode(decoder, encap, leg);
		break;
	}
}

/* The field with the key, or with "encap_" before it, which is the better match; or NULL. */
static const struct sal_field *field_find(const struct sal_type *type, const char *key,
					  unsigned *ret_bit)
{
	static const char prefix[] = "\"encap_";
	const struct sal_field *found = NULL;

	for (unsigned bit = 0; bit < type->nfields; bit++) {
		const struct sal_field *field = &type->fields[bit];
		bool prefixed = strncmp(field->key, prefix, sizeof(prefix) - 1) == 0 &&
				strcmp(field->key + sizeof(prefix) - 1, key + 1) == 0;

		if (!prefixed && (found || strcmp(field->key, key) != 0))
			continue;
		found = field;
		*ret_bit = bit;
		if (prefixed)
			break;
	}
	return found;
}

static size_t member_size(const struct sal_field *field)
{
	if (field->flags & SAL_FIELD_ARRAY)
		return sizeof(struct sal_array);
	return field->kind == SAL_FIELD_OBJECT ? sizeof(void *) : sal_field_element_size(field);
}

void sal_net_route_encap_decode_into(struct sal_net_route_decoder *decoder,
				     const struct nlattr *type, const struct nlattr *encap,
				     const struct sal_type *object_type, void *object)
{
	struct sal_route_nexthop leg = { 0 };
	uint64_t bits, *has = object;

	_Static_assert(sizeof(leg.has_words) == sizeof(bits), "a leg has more than 64 members");
	sal_net_route_encap_decode(decoder, type, encap, &leg);
	for (bits = leg.has_words[0]; bits; bits &= bits - 1) {
		const struct sal_field *from =
			&sal_route_nexthop_type.fields[__builtin_ctzll(bits)];
		unsigned bit = 0;
		const struct sal_field *to = field_find(object_type, from->key, &bit);

		if (!to)
			continue;
		memcpy((char *)object + to->offset, (const char *)&leg + from->offset,
		       member_size(from));
		has[bit / 64] |= 1ull << (bit % 64);
	}
}
