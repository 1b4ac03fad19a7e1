/*
 * vxlan.c - facts of VXLAN and Geneve devices.
 *
 * Source: linux/if_link.h, drivers/net/vxlan/vxlan_core.c, drivers/net/geneve.c.
 */
#include <arpa/inet.h>
#include <linux/if_link.h>
#include <netinet/in.h>

#include "net/linkinfo/tunnel.h"

/* unset, set, inherit: the same numbers in both kinds. */
static const char *df_name(const struct nlattr *a)
{
	static const char *const names[] = {
		[VXLAN_DF_UNSET] = "unset", [VXLAN_DF_SET] = "set", [VXLAN_DF_INHERIT] = "inherit"
	};
	uint8_t df = sal_nla_u8(a);

	return df < SAL_ARRAY_LEN(names) ? names[df] : NULL;
}

/* The address if there is one and it is not zero. */
static bool end_get(const struct nlattr *a, uint8_t family, struct sal_ip *ret_ip)
{
	return a && sal_net_ip_attr(ret_ip, family, a) && !sal_net_ip_is_zero(ret_ip);
}

static void ends_decode(const struct nlattr *const *tb, struct sal_vxlan_info *v)
{
	struct sal_ip ip;

	if (tb[IFLA_VXLAN_GROUP]) {
		if (end_get(tb[IFLA_VXLAN_GROUP], AF_INET, &ip)) {
			if (ip.bytes[0] >> 4 == 0xe)
				sal_set(v, group, ip);
			else
				sal_set(v, remote, ip);
		}
	} else if (end_get(tb[IFLA_VXLAN_GROUP6], AF_INET6, &ip)) {
		if (ip.bytes[0] == 0xff)
			sal_set(v, group6, ip);
		else
			sal_set(v, remote6, ip);
	}
	if (tb[IFLA_VXLAN_LOCAL]) {
		if (end_get(tb[IFLA_VXLAN_LOCAL], AF_INET, &ip))
			sal_set(v, local, ip);
	} else if (end_get(tb[IFLA_VXLAN_LOCAL6], AF_INET6, &ip)) {
		sal_set(v, local6, ip);
	}
}

static void header_decode(const struct sal_link_ctx *ctx, const struct nlattr *const *tb,
			  struct sal_vxlan_info *v)
{
	bool inherit = tb[IFLA_VXLAN_TTL_INHERIT] && sal_nla_u8(tb[IFLA_VXLAN_TTL_INHERIT]);

	if (tb[IFLA_VXLAN_TOS] && sal_nla_u8(tb[IFLA_VXLAN_TOS]))
		sal_set(v, tos, sal_net_hex(ctx->arena, sal_nla_u8(tb[IFLA_VXLAN_TOS])));
	if (!inherit)
		sal_take(v, ttl, tb[IFLA_VXLAN_TTL], sal_nla_u8);
	if (tb[IFLA_VXLAN_DF])
		v->df = df_name(tb[IFLA_VXLAN_DF]);
	v->has.df = v->df != NULL;
	if (tb[IFLA_VXLAN_LABEL] && sal_nla_u32(tb[IFLA_VXLAN_LABEL]))
		sal_set(v, label, sal_net_hex(ctx->arena, sal_nla_be32(tb[IFLA_VXLAN_LABEL])));
	sal_take(v, udp_csum, tb[IFLA_VXLAN_UDP_CSUM], sal_nla_bool);
	sal_take(v, udp_zero_csum6_tx, tb[IFLA_VXLAN_UDP_ZERO_CSUM6_TX], sal_nla_bool);
	sal_take(v, udp_zero_csum6_rx, tb[IFLA_VXLAN_UDP_ZERO_CSUM6_RX], sal_nla_bool);
	sal_take_true(v, remcsum_tx, tb[IFLA_VXLAN_REMCSUM_TX]);
	sal_take_true(v, remcsum_rx, tb[IFLA_VXLAN_REMCSUM_RX]);
	if (tb[IFLA_VXLAN_GBP])
		sal_set(v, gbp, true);
	if (tb[IFLA_VXLAN_GPE])
		sal_set(v, gpe, true);
}

static const struct sal_port_range *range_decode(struct sal_arena *arena, const struct nlattr *a)
{
	struct sal_port_range *range = sal_arena_zalloc(arena, sizeof(*range));
	struct ifla_vxlan_port_range ports = { 0 };

	sal_nla_copy(&ports, a, sizeof(ports));
	range->low = ntohs(ports.low);
	range->high = ntohs(ports.high);
	return range;
}

static void vxlan_decode(const struct sal_link_ctx *ctx, const struct nlattr *data, void *info)
{
	const struct nlattr *tb[IFLA_VXLAN_MAX + 1];
	struct sal_vxlan_info *v = info;

	sal_nla_index_nested(tb, IFLA_VXLAN_MAX, data);
	sal_take_true(v, external, tb[IFLA_VXLAN_COLLECT_METADATA]);
	sal_take_true(v, vnifilter, tb[IFLA_VXLAN_VNIFILTER]);
	sal_take(v, id, tb[IFLA_VXLAN_ID], sal_nla_u32);
	ends_decode(tb, v);
	if (tb[IFLA_VXLAN_LINK] && sal_nla_u32(tb[IFLA_VXLAN_LINK]))
		sal_set(v, link, sal_link_ctx_name(ctx, sal_nla_u32(tb[IFLA_VXLAN_LINK])));
	if (tb[IFLA_VXLAN_PORT_RANGE])
		sal_set(v, port_range, range_decode(ctx->arena, tb[IFLA_VXLAN_PORT_RANGE]));
	sal_take(v, port, tb[IFLA_VXLAN_PORT], sal_nla_be16);
	sal_take(v, learning, tb[IFLA_VXLAN_LEARNING], sal_nla_bool);
	sal_take_true(v, proxy, tb[IFLA_VXLAN_PROXY]);
	sal_take_true(v, rsc, tb[IFLA_VXLAN_RSC]);
	sal_take_true(v, l2miss, tb[IFLA_VXLAN_L2MISS]);
	sal_take_true(v, l3miss, tb[IFLA_VXLAN_L3MISS]);
	sal_take(v, ageing, tb[IFLA_VXLAN_AGEING], sal_nla_u32);
	if (tb[IFLA_VXLAN_LIMIT] && sal_nla_u32(tb[IFLA_VXLAN_LIMIT]))
		sal_set(v, limit, sal_nla_u32(tb[IFLA_VXLAN_LIMIT]));
	header_decode(ctx, tb, v);
}

static void geneve_decode(const struct sal_link_ctx *ctx, const struct nlattr *data, void *info)
{
	const struct nlattr *tb[IFLA_GENEVE_MAX + 1];
	struct sal_geneve_info *g = info;
	struct sal_ip ip;

	sal_nla_index_nested(tb, IFLA_GENEVE_MAX, data);
	if (tb[IFLA_GENEVE_COLLECT_METADATA])
		sal_set(g, external, true);
	sal_take(g, id, tb[IFLA_GENEVE_ID], sal_nla_u32);
	if (tb[IFLA_GENEVE_REMOTE]) {
		if (end_get(tb[IFLA_GENEVE_REMOTE], AF_INET, &ip))
			sal_set(g, remote, ip);
	} else if (end_get(tb[IFLA_GENEVE_REMOTE6], AF_INET6, &ip) && ip.bytes[0] != 0xff) {
		sal_set(g, remote6, ip);
	}
	if (!tb[IFLA_GENEVE_TTL_INHERIT] || !sal_nla_u8(tb[IFLA_GENEVE_TTL_INHERIT]))
		sal_take(g, ttl, tb[IFLA_GENEVE_TTL], sal_nla_u8);
	if (tb[IFLA_GENEVE_TOS] && sal_nla_u8(tb[IFLA_GENEVE_TOS]))
		sal_set(g, tos, sal_net_hex(ctx->arena, sal_nla_u8(tb[IFLA_GENEVE_TOS])));
	if (tb[IFLA_GENEVE_DF])
		g->df = df_name(tb[IFLA_GENEVE_DF]);
	g->has.df = g->df != NULL;
	if (tb[IFLA_GENEVE_LABEL] && sal_nla_u32(tb[IFLA_GENEVE_LABEL]))
		sal_set(g, label, sal_net_hex(ctx->arena, sal_nla_be32(tb[IFLA_GENEVE_LABEL])));
	sal_take(g, port, tb[IFLA_GENEVE_PORT], sal_nla_be16);
	sal_take(g, udp_csum, tb[IFLA_GENEVE_UDP_CSUM], sal_nla_bool);
	sal_take(g, udp_zero_csum6_tx, tb[IFLA_GENEVE_UDP_ZERO_CSUM6_TX], sal_nla_bool);
	sal_take(g, udp_zero_csum6_rx, tb[IFLA_GENEVE_UDP_ZERO_CSUM6_RX], sal_nla_bool);
	if (tb[IFLA_GENEVE_INNER_PROTO_INHERIT])
		sal_set(g, inner_proto_inherit, true);
}

const struct sal_link_kind sal_link_kind_vxlan = {
	.name = "vxlan",
	.type = &sal_vxlan_info_type,
	.decode = vxlan_decode,
};

const struct sal_link_kind sal_link_kind_geneve = {
	.name = "geneve",
	.type = &sal_geneve_info_type,
	.decode = geneve_decode,
};
