/*
 * gre.c - facts of gre, gretap and erspan tunnels, over IPv4 and over IPv6.
 *
 * Source: linux/if_tunnel.h, net/ipv4/ip_gre.c, net/ipv6/ip6_gre.c.
 */
#include <linux/if_tunnel.h>

#include "net/linkinfo/tunnel.h"

_Static_assert(IFLA_GRE_ENCAP_FLAGS == IFLA_GRE_ENCAP_TYPE + 1 &&
		       IFLA_GRE_ENCAP_SPORT == IFLA_GRE_ENCAP_TYPE + 2 &&
		       IFLA_GRE_ENCAP_DPORT == IFLA_GRE_ENCAP_TYPE + 3,
	       "what sal_tunnel_numbers.encap says");

static const struct sal_tunnel_numbers over_ip = {
	.family = AF_INET,
	.link = IFLA_GRE_LINK,
	.local = IFLA_GRE_LOCAL,
	.remote = IFLA_GRE_REMOTE,
	.ttl = IFLA_GRE_TTL,
	.tos = IFLA_GRE_TOS,
	.pmtudisc = IFLA_GRE_PMTUDISC,
	.encap = IFLA_GRE_ENCAP_TYPE,
	.fwmark = IFLA_GRE_FWMARK,
	.metadata = IFLA_GRE_COLLECT_METADATA,
};

static const struct sal_tunnel_numbers over_ip6 = {
	.family = AF_INET6,
	.link = IFLA_GRE_LINK,
	.local = IFLA_GRE_LOCAL,
	.remote = IFLA_GRE_REMOTE,
	.ttl = IFLA_GRE_TTL,
	.flags = IFLA_GRE_FLAGS,
	.flowinfo = IFLA_GRE_FLOWINFO,
	.encap_limit = IFLA_GRE_ENCAP_LIMIT,
	.encap = IFLA_GRE_ENCAP_TYPE,
	.fwmark = IFLA_GRE_FWMARK,
	.metadata = IFLA_GRE_COLLECT_METADATA,
};

static void header_decode(const struct sal_link_ctx *ctx, const struct nlattr *const *tb,
			  struct sal_tunnel_info *t)
{
	/* GRE_KEY and its like are defined in network order, as the attributes are. */
	uint16_t in = tb[IFLA_GRE_IFLAGS] ? sal_nla_u16(tb[IFLA_GRE_IFLAGS]) : 0;
	uint16_t out = tb[IFLA_GRE_OFLAGS] ? sal_nla_u16(tb[IFLA_GRE_OFLAGS]) : 0;

	if ((in & GRE_KEY) && tb[IFLA_GRE_IKEY])
		sal_set(t, ikey, sal_net_tunnel_key(ctx->arena, tb[IFLA_GRE_IKEY]));
	if ((out & GRE_KEY) && tb[IFLA_GRE_OKEY])
		sal_set(t, okey, sal_net_tunnel_key(ctx->arena, tb[IFLA_GRE_OKEY]));
	if (in & GRE_SEQ)
		sal_set(t, iseq, true);
	if (out & GRE_SEQ)
		sal_set(t, oseq, true);
	if (in & GRE_CSUM)
		sal_set(t, icsum, true);
	if (out & GRE_CSUM)
		sal_set(t, ocsum, true);
	sal_take_true(t, ignore_df, tb[IFLA_GRE_IGNORE_DF]);
}

static void erspan_decode(const struct sal_link_ctx *ctx, const struct nlattr *const *tb,
			  struct sal_tunnel_info *t)
{
	sal_take(t, erspan_index, tb[IFLA_GRE_ERSPAN_INDEX], sal_nla_u32);
	sal_take(t, erspan_ver, tb[IFLA_GRE_ERSPAN_VER], sal_nla_u8);
	if (tb[IFLA_GRE_ERSPAN_DIR])
		sal_set(t, erspan_dir, sal_nla_u8(tb[IFLA_GRE_ERSPAN_DIR]) ? "egress" : "ingress");
	if (tb[IFLA_GRE_ERSPAN_HWID])
		sal_set(t, erspan_hwid,
			sal_net_hex(ctx->arena, sal_nla_u16(tb[IFLA_GRE_ERSPAN_HWID])));
}

static void gre_decode(const struct sal_link_ctx *ctx, const struct nlattr *data, void *info)
{
	const struct nlattr *tb[IFLA_GRE_MAX + 1];

	sal_nla_index_nested(tb, IFLA_GRE_MAX, data);
	sal_net_tunnel_decode(ctx, &over_ip, tb, info);
	header_decode(ctx, tb, info);
	erspan_decode(ctx, tb, info);
}

static void gre6_decode(const struct sal_link_ctx *ctx, const struct nlattr *data, void *info)
{
	const struct nlattr *tb[IFLA_GRE_MAX + 1];

	sal_nla_index_nested(tb, IFLA_GRE_MAX, data);
	sal_net_tunnel_decode(ctx, &over_ip6, tb, info);
	header_decode(ctx, tb, info);
	erspan_decode(ctx, tb, info);
}

const struct sal_link_kind sal_link_kind_gre = {
	.name = "gre",
	.type = &sal_tunnel_info_type,
	.decode = gre_decode,
};

const struct sal_link_kind sal_link_kind_gretap = {
	.name = "gretap",
	.type = &sal_tunnel_info_type,
	.decode = gre_decode,
};

const struct sal_link_kind sal_link_kind_erspan = {
	.name = "erspan",
	.type = &sal_tunnel_info_type,
	.decode = gre_decode,
};

const struct sal_link_kind sal_link_kind_ip6gre = {
	.name = "ip6gre",
	.type = &sal_tunnel_info_type,
	.decode = gre6_decode,
};

const struct sal_link_kind sal_link_kind_ip6gretap = {
	.name = "ip6gretap",
	.type = &sal_tunnel_info_type,
	.decode = gre6_decode,
};

const struct sal_link_kind sal_link_kind_ip6erspan = {
	.name = "ip6erspan",
	.type = &sal_tunnel_info_type,
	.decode = gre6_decode,
};
