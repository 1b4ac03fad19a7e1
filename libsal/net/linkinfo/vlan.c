/* vlan.c - facts of 802.1Q devices. Source: linux/if_link.h, net/8021q/vlan_netlink.c. */
#include <linux/if_link.h>
#include <linux/if_vlan.h>

#include "net/linkinfo/kind.h"

static struct sal_strings flags_decode(struct sal_arena *arena, uint32_t flags)
{
	static const char *const names[] = { "REORDER_HDR", "GVRP", "LOOSE_BINDING", "MVRP",
					     "BRIDGE_BINDING" };
	static const uint32_t order[] = { VLAN_FLAG_REORDER_HDR, VLAN_FLAG_GVRP, VLAN_FLAG_MVRP,
					  VLAN_FLAG_LOOSE_BINDING, VLAN_FLAG_BRIDGE_BINDING };
	const char **items = sal_arena_array(arena, SAL_ARRAY_LEN(order) + 1, sizeof(*items));
	struct sal_strings list = { items, 0 };

	for (size_t i = 0; i < SAL_ARRAY_LEN(order); i++) {
		if (flags & order[i])
			items[list.len++] = names[__builtin_ctz(order[i])];
		flags &= ~order[i];
	}
	if (flags)
		items[list.len++] = sal_arena_printf(arena, "%x", flags);
	return list;
}

static struct sal_vlan_qos_array map_decode(struct sal_arena *arena, const struct nlattr *nest)
{
	struct sal_vlan_qos *items;
	size_t n = 0;

	sal_nla_each_nested(a, nest) n++;
	items = sal_arena_array(arena, n, sizeof(*items));
	n = 0;
	sal_nla_each_nested(a, nest)
	{
		struct ifla_vlan_qos_mapping map;

		if (!sal_nla_copy(&map, a, sizeof(map)))
			continue;
		items[n].from = map.from;
		items[n++].to = map.to;
	}
	return (struct sal_vlan_qos_array){ items, n };
}

static void vlan_decode(const struct sal_link_ctx *ctx, const struct nlattr *data, void *info)
{
	const struct nlattr *tb[IFLA_VLAN_MAX + 1];
	struct ifla_vlan_flags flags;
	struct sal_vlan_info *v = info;

	sal_nla_index_nested(tb, IFLA_VLAN_MAX, data);
	if (tb[IFLA_VLAN_PROTOCOL])
		sal_set(v, protocol,
			sal_net_vlan_protocol(ctx->arena, sal_nla_u16(tb[IFLA_VLAN_PROTOCOL])));
	sal_take(v, id, tb[IFLA_VLAN_ID], sal_nla_u16);
	if (tb[IFLA_VLAN_FLAGS] && sal_nla_copy(&flags, tb[IFLA_VLAN_FLAGS], sizeof(flags)))
		sal_set(v, flags, flags_decode(ctx->arena, flags.flags));
	if (tb[IFLA_VLAN_INGRESS_QOS])
		sal_set(v, ingress_qos, map_decode(ctx->arena, tb[IFLA_VLAN_INGRESS_QOS]));
	if (tb[IFLA_VLAN_EGRESS_QOS])
		sal_set(v, egress_qos, map_decode(ctx->arena, tb[IFLA_VLAN_EGRESS_QOS]));
}

const struct sal_link_kind sal_link_kind_vlan = {
	.name = "vlan",
	.type = &sal_vlan_info_type,
	.decode = vlan_decode,
};
