/*
 * macvlan.c - facts of macvlan, macvtap, ipvlan and ipvtap: devices that share another one's
 * hardware. Source: linux/if_link.h, drivers/net/macvlan.c, drivers/net/ipvlan/.
 */
#include <linux/if_link.h>

#include "net/linkinfo/kind.h"

static const char *mode_name(uint32_t mode)
{
	switch (mode) {
	case MACVLAN_MODE_PRIVATE:
		return "private";
	case MACVLAN_MODE_VEPA:
		return "vepa";
	case MACVLAN_MODE_BRIDGE:
		return "bridge";
	case MACVLAN_MODE_PASSTHRU:
		return "passthru";
	case MACVLAN_MODE_SOURCE:
		return "source";
	}
	return "unknown";
}

static struct sal_strings sources_decode(struct sal_arena *arena, const struct nlattr *nest)
{
	const char **items;
	size_t n = 0;

	sal_nla_each_nested(a, nest) n++;
	items = sal_arena_array(arena, n, sizeof(*items));
	n = 0;
	sal_nla_each_nested(a, nest)
	{
		if (sal_nla_type(a) == IFLA_MACVLAN_MACADDR && sal_nla_len(a) >= 6)
			items[n++] = sal_net_mac_text(arena, sal_nla_data(a), 6);
	}
	return (struct sal_strings){ items, n };
}

static void macvlan_decode(const struct sal_link_ctx *ctx, const struct nlattr *data, void *info)
{
	const struct nlattr *tb[IFLA_MACVLAN_MAX + 1];
	struct sal_macvlan_info *m = info;
	uint16_t flags;
	uint32_t mode;

	sal_nla_index_nested(tb, IFLA_MACVLAN_MAX, data);
	if (!tb[IFLA_MACVLAN_MODE])
		return;
	mode = sal_nla_u32(tb[IFLA_MACVLAN_MODE]);
	sal_set(m, mode, mode_name(mode));
	flags = tb[IFLA_MACVLAN_FLAGS] ? sal_nla_u16(tb[IFLA_MACVLAN_FLAGS]) : 0;
	if (flags & MACVLAN_FLAG_NOPROMISC)
		sal_set(m, nopromisc, true);
	if (flags & MACVLAN_FLAG_NODST)
		sal_set(m, nodst, true);
	sal_take(m, bcqueuelen, tb[IFLA_MACVLAN_BC_QUEUE_LEN], sal_nla_u32);
	sal_take(m, usedbcqueuelen, tb[IFLA_MACVLAN_BC_QUEUE_LEN_USED], sal_nla_u32);
	if (mode != MACVLAN_MODE_SOURCE || !tb[IFLA_MACVLAN_MACADDR_COUNT])
		return;
	sal_set(m, macaddr_count, sal_nla_u32(tb[IFLA_MACVLAN_MACADDR_COUNT]));
	if (tb[IFLA_MACVLAN_MACADDR_DATA])
		sal_set(m, macaddr_data, sources_decode(ctx->arena, tb[IFLA_MACVLAN_MACADDR_DATA]));
}

static void ipvlan_decode(const struct sal_link_ctx *ctx, const struct nlattr *data, void *info)
{
	static const char *const modes[] = {
		[IPVLAN_MODE_L2] = "l2", [IPVLAN_MODE_L3] = "l3", [IPVLAN_MODE_L3S] = "l3s"
	};
	const struct nlattr *tb[IFLA_IPVLAN_MAX + 1];
	struct sal_ipvlan_info *v = info;
	uint16_t value;

	sal_nla_index_nested(tb, IFLA_IPVLAN_MAX, data);
	if (tb[IFLA_IPVLAN_MODE]) {
		value = sal_nla_u16(tb[IFLA_IPVLAN_MODE]);
		sal_set(v, mode, value < SAL_ARRAY_LEN(modes) ? modes[value] : "unknown");
	}
	if (!tb[IFLA_IPVLAN_FLAGS])
		return;
	value = sal_nla_u16(tb[IFLA_IPVLAN_FLAGS]);
	if (value & IPVLAN_F_PRIVATE)
		sal_set(v, private, true);
	else if (value & IPVLAN_F_VEPA)
		sal_set(v, vepa, true);
	else
		sal_set(v, bridge, true);
}

const struct sal_link_kind sal_link_kind_macvlan = {
	.name = "macvlan",
	.type = &sal_macvlan_info_type,
	.decode = macvlan_decode,
};

const struct sal_link_kind sal_link_kind_macvtap = {
	.name = "macvtap",
	.type = &sal_macvlan_info_type,
	.decode = macvlan_decode,
};

const struct sal_link_kind sal_link_kind_ipvlan = {
	.name = "ipvlan",
	.type = &sal_ipvlan_info_type,
	.decode = ipvlan_decode,
};

const struct sal_link_kind sal_link_kind_ipvtap = {
	.name = "ipvtap",
	.type = &sal_ipvlan_info_type,
	.decode = ipvlan_decode,
};
