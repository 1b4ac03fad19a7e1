/*
 * xfrm.c - facts of interfaces that stand for IPsec policies: vti, vti6 and xfrm.
 *
 * Source: linux/if_tunnel.h, linux/if_link.h, net/ipv4/ip_vti.c, net/xfrm/xfrm_interface.c.
 */
#include <linux/if_link.h>
#include <linux/if_tunnel.h>

#include "net/linkinfo/tunnel.h"

static void vti_keys_decode(const struct sal_link_ctx *ctx, const struct nlattr *data,
			    uint8_t family, struct sal_tunnel_info *t)
{
	const struct sal_tunnel_numbers numbers = {
		.family = family,
		.link = IFLA_VTI_LINK,
		.local = IFLA_VTI_LOCAL,
		.remote = IFLA_VTI_REMOTE,
		.fwmark = IFLA_VTI_FWMARK,
	};
	const struct nlattr *tb[IFLA_VTI_MAX + 1];

	sal_nla_index_nested(tb, IFLA_VTI_MAX, data);
	sal_net_tunnel_decode(ctx, &numbers, tb, t);
	if (tb[IFLA_VTI_IKEY] && sal_nla_u32(tb[IFLA_VTI_IKEY]))
		sal_set(t, ikey, sal_net_tunnel_key(ctx->arena, tb[IFLA_VTI_IKEY]));
	if (tb[IFLA_VTI_OKEY] && sal_nla_u32(tb[IFLA_VTI_OKEY]))
		sal_set(t, okey, sal_net_tunnel_key(ctx->arena, tb[IFLA_VTI_OKEY]));
}

static void vti_decode(const struct sal_link_ctx *ctx, const struct nlattr *data, void *info)
{
	vti_keys_decode(ctx, data, AF_INET, info);
}

static void vti6_decode(const struct sal_link_ctx *ctx, const struct nlattr *data, void *info)
{
	vti_keys_decode(ctx, data, AF_INET6, info);
}

static void xfrm_decode(const struct sal_link_ctx *ctx, const struct nlattr *data, void *info)
{
	const struct nlattr *tb[IFLA_XFRM_MAX + 1];
	struct sal_xfrm_info *x = info;

	sal_nla_index_nested(tb, IFLA_XFRM_MAX, data);
	if (tb[IFLA_XFRM_COLLECT_METADATA])
		sal_set(x, external, true);
	else if (tb[IFLA_XFRM_IF_ID])
		sal_set(x, if_id, sal_net_hex(ctx->arena, sal_nla_u32(tb[IFLA_XFRM_IF_ID])));
}

const struct sal_link_kind sal_link_kind_vti = {
	.name = "vti",
	.type = &sal_tunnel_info_type,
	.decode = vti_decode,
};

const struct sal_link_kind sal_link_kind_vti6 = {
	.name = "vti6",
	.type = &sal_tunnel_info_type,
	.decode = vti6_decode,
};

const struct sal_link_kind sal_link_kind_xfrm = {
	.name = "xfrm",
	.type = &sal_xfrm_info_type,
	.decode = xfrm_decode,
};
