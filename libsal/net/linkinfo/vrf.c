/* vrf.c - facts of VRF devices and of their ports. Source: linux/if_link.h, drivers/net/vrf.c. */
#include <linux/if_link.h>

#include "net/linkinfo/kind.h"

static void vrf_decode(const struct sal_link_ctx *ctx, const struct nlattr *data, void *info)
{
	const struct nlattr *tb[IFLA_VRF_MAX + 1];
	struct sal_vrf_info *v = info;

	sal_nla_index_nested(tb, IFLA_VRF_MAX, data);
	sal_take(v, table, tb[IFLA_VRF_TABLE], sal_nla_u32);
}

static void port_decode(const struct sal_link_ctx *ctx, const struct nlattr *data, void *info)
{
	const struct nlattr *tb[IFLA_VRF_PORT_MAX + 1];
	struct sal_vrf_info *v = info;

	sal_nla_index_nested(tb, IFLA_VRF_PORT_MAX, data);
	sal_take(v, table, tb[IFLA_VRF_PORT_TABLE], sal_nla_u32);
}

const struct sal_link_kind sal_link_kind_vrf = {
	.name = "vrf",
	.type = &sal_vrf_info_type,
	.decode = vrf_decode,
};

const struct sal_link_kind sal_link_kind_vrf_port = {
	.name = "vrf",
	.type = &sal_vrf_info_type,
	.decode = port_decode,
};
