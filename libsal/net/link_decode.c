/*
 * link_decode.c - RTM_NEWLINK into struct sal_interface, as ip(8) shows it. See link.h.
 *
 * Pure but for the names of other links; fuzzed. Source: rtnetlink(7), linux/if_link.h,
 * net/core/rtnetlink.c (rtnl_fill_ifinfo).
 */
#include "net/link.h"

#include <linux/if.h>

_Static_assert(SAL_LINK_ATTR_MAX >= IFLA_MAX, "every attribute we know has room");

bool sal_net_link_read(const struct nlmsghdr *message, struct sal_arena *arena,
		       struct sal_link_message *ret_link)
{
	ret_link->header = sal_nl_family_header(message, sizeof(*ret_link->header));
	if (message->nlmsg_type != RTM_NEWLINK || !ret_link->header)
		return false;
	sal_nla_index_message(ret_link->tb, SAL_LINK_ATTR_MAX, message, sizeof(*ret_link->header));
	if (!ret_link->tb[IFLA_IFNAME])
		return false;
	ret_link->name = sal_nla_string(ret_link->tb[IFLA_IFNAME], arena);
	return true;
}

const char *sal_net_link_operstate(uint8_t state)
{
	static const char *const names[] = {
		[IF_OPER_UNKNOWN] = "UNKNOWN", [IF_OPER_NOTPRESENT] = "NOTPRESENT",
		[IF_OPER_DOWN] = "DOWN",       [IF_OPER_LOWERLAYERDOWN] = "LOWERLAYERDOWN",
		[IF_OPER_TESTING] = "TESTING", [IF_OPER_DORMANT] = "DORMANT",
		[IF_OPER_UP] = "UP",
	};

	return state < SAL_ARRAY_LEN(names) ? names[state] : NULL;
}

struct sal_link_lower sal_net_link_lower(const struct sal_link_ctx *ctx,
					 const struct sal_link_message *link)
{
	uint32_t index = link->tb[IFLA_LINK] ? sal_nla_u32(link->tb[IFLA_LINK]) : 0;
	const struct sal_link_name *lower;

	if (!index)
		return (struct sal_link_lower){ 0 };
	if (link->tb[IFLA_LINK_NETNSID])
		return (struct sal_link_lower){ .has_index = true, .index = (int32_t)index };
	lower = sal_net_link_names_get(ctx->links, index);
	return (struct sal_link_lower){ .name = sal_arena_strdup(ctx->arena, lower->name),
					.down = !(lower->flags & IFF_UP) };
}

static void identity_decode(const struct sal_link_ctx *ctx, const struct sal_link_message *link,
			    struct sal_interface *i)
{
	struct sal_link_lower lower = sal_net_link_lower(ctx, link);

	i->ifindex = link->header->ifi_index;
	i->ifname = link->name;
	i->flags = sal_net_link_flags(ctx->arena, link->header->ifi_flags, lower.down);
	if (lower.name)
		sal_set(i, link, lower.name);
	if (lower.has_index)
		sal_set(i, link_index, lower.index);
	if (link->tb[IFLA_LINK_NETNSID])
		sal_set(i, link_netnsid, (int32_t)sal_nla_u32(link->tb[IFLA_LINK_NETNSID]));
	if (link->tb[IFLA_MASTER])
		sal_set(i, master, sal_link_ctx_name(ctx, sal_nla_u32(link->tb[IFLA_MASTER])));
	if (link->tb[IFLA_IFALIAS])
		sal_set(i, ifalias, sal_nla_string(link->tb[IFLA_IFALIAS], ctx->arena));
}

static void state_decode(const struct sal_link_ctx *ctx, const struct nlattr *const *tb,
			 struct sal_interface *i)
{
	uint8_t value;

	sal_take(i, mtu, tb[IFLA_MTU], sal_nla_u32);
	if (tb[IFLA_XDP])
		i->xdp = sal_net_link_xdp(ctx->arena, tb[IFLA_XDP]);
	i->has.xdp = i->xdp != NULL;
	if (tb[IFLA_QDISC])
		sal_set(i, qdisc, sal_nla_string(tb[IFLA_QDISC], ctx->arena));
	if (tb[IFLA_OPERSTATE]) {
		value = sal_nla_u8(tb[IFLA_OPERSTATE]);
		if (sal_net_link_operstate(value))
			sal_set(i, operstate, sal_net_link_operstate(value));
		else
			sal_set(i, operstate_index, value);
	}
	if (tb[IFLA_LINKMODE]) {
		value = sal_nla_u8(tb[IFLA_LINKMODE]);
		if (value <= IF_LINK_MODE_DORMANT)
			sal_set(i, linkmode, value ? "DORMANT" : "DEFAULT");
		else
			sal_set(i, linkmode_index, value);
	}
	if (tb[IFLA_GROUP])
		sal_set(i, group,
			sal_net_names_get(ctx->names, SAL_NET_NAMES_GROUP,
					  sal_nla_u32(tb[IFLA_GROUP])));
	if (tb[IFLA_TXQLEN] && sal_nla_u32(tb[IFLA_TXQLEN]))
		sal_set(i, txqlen, (int32_t)sal_nla_u32(tb[IFLA_TXQLEN]));
}

static void addresses_decode(const struct sal_link_ctx *ctx, const struct sal_link_message *link,
			     struct sal_interface *i)
{
	const struct nlattr *address = link->tb[IFLA_ADDRESS], *perm = link->tb[IFLA_PERM_ADDRESS];
	const struct nlattr *broadcast = link->tb[IFLA_BROADCAST];
	uint16_t type = link->header->ifi_type;

	sal_set(i, link_type, sal_net_link_type(ctx->arena, type));
	if (address)
		i->address = sal_net_link_address(ctx->arena, address, type);
	i->has.address = i->address != NULL;
	if (broadcast)
		i->broadcast = sal_net_link_address(ctx->arena, broadcast, type);
	i->has.broadcast = i->broadcast != NULL;
	if (i->broadcast && (link->header->ifi_flags & IFF_POINTOPOINT))
		sal_set(i, link_pointtopoint, true);
	if (perm && !(address && sal_nla_len(address) == sal_nla_len(perm) &&
		      !memcmp(sal_nla_data(address), sal_nla_data(perm), sal_nla_len(perm))))
		i->permaddr = sal_net_link_address(ctx->arena, perm, type);
	i->has.permaddr = i->permaddr != NULL;
}

/* Why a protocol holds the link down: a bit each, numbers where no names are configured. */
static struct sal_strings reasons_decode(const struct sal_link_ctx *ctx, uint32_t reasons)
{
	const char **items = sal_arena_array(ctx->arena, 32, sizeof(*items));
	struct sal_strings list = { items, 0 };

	for (unsigned bit = 0; bit < 32; bit++) {
		if (!(reasons >> bit & 1))
			continue;
		items[list.len++] = sal_arena_strdup(
			ctx->arena, sal_net_names_get(ctx->names, SAL_NET_NAMES_PROTODOWN, bit));
	}
	return list;
}

static void proto_down_decode(const struct sal_link_ctx *ctx, const struct nlattr *const *tb,
			      struct sal_interface *i)
{
	const struct nlattr *reason[IFLA_PROTO_DOWN_REASON_MAX + 1];
	uint32_t bits = 0;

	sal_take_true(i, proto_down, tb[IFLA_PROTO_DOWN]);
	if (!tb[IFLA_PROTO_DOWN_REASON])
		return;
	sal_nla_index_nested(reason, IFLA_PROTO_DOWN_REASON_MAX, tb[IFLA_PROTO_DOWN_REASON]);
	if (reason[IFLA_PROTO_DOWN_REASON_VALUE])
		bits = sal_nla_u32(reason[IFLA_PROTO_DOWN_REASON_VALUE]);
	if (bits)
		sal_set(i, proto_down_reason, reasons_decode(ctx, bits));
}

static const char *gen_mode_name(struct sal_arena *arena, uint8_t mode)
{
	switch (mode) {
	case IN6_ADDR_GEN_MODE_EUI64:
		return "eui64";
	case IN6_ADDR_GEN_MODE_NONE:
		return "none";
	case IN6_ADDR_GEN_MODE_STABLE_PRIVACY:
		return "stable_secret";
	case IN6_ADDR_GEN_MODE_RANDOM:
		return "random";
	}
	return sal_arena_printf(arena, "%#.2x", mode);
}

static void ip6_decode(const struct sal_link_ctx *ctx, const struct nlattr *af_spec,
		       struct sal_interface *i)
{
	const struct nlattr *tb[IFLA_INET6_MAX + 1];
	struct sal_ip token;

	sal_nla_each_nested(family, af_spec)
	{
		if (sal_nla_type(family) != AF_INET6)
			continue;
		sal_nla_index_nested(tb, IFLA_INET6_MAX, family);
		if (tb[IFLA_INET6_ADDR_GEN_MODE])
			sal_set(i, inet6_addr_gen_mode,
				gen_mode_name(ctx->arena,
					      sal_nla_u8(tb[IFLA_INET6_ADDR_GEN_MODE])));
		if (tb[IFLA_INET6_TOKEN] &&
		    sal_net_ip_attr(&token, AF_INET6, tb[IFLA_INET6_TOKEN]) &&
		    !sal_net_ip_is_zero(&token))
			sal_set(i, token, token);
	}
}

static void limits_decode(const struct nlattr *const *tb, struct sal_interface *i)
{
	sal_take(i, promiscuity, tb[IFLA_PROMISCUITY], sal_nla_u32);
	sal_take(i, allmulti, tb[IFLA_ALLMULTI], sal_nla_u32);
	sal_take(i, min_mtu, tb[IFLA_MIN_MTU], sal_nla_u32);
	sal_take(i, max_mtu, tb[IFLA_MAX_MTU], sal_nla_u32);
	sal_take(i, num_tx_queues, tb[IFLA_NUM_TX_QUEUES], sal_nla_u32);
	sal_take(i, num_rx_queues, tb[IFLA_NUM_RX_QUEUES], sal_nla_u32);
	sal_take(i, gso_max_size, tb[IFLA_GSO_MAX_SIZE], sal_nla_u32);
	sal_take(i, gso_max_segs, tb[IFLA_GSO_MAX_SEGS], sal_nla_u32);
	sal_take(i, tso_max_size, tb[IFLA_TSO_MAX_SIZE], sal_nla_u32);
	sal_take(i, tso_max_segs, tb[IFLA_TSO_MAX_SEGS], sal_nla_u32);
	sal_take(i, gro_max_size, tb[IFLA_GRO_MAX_SIZE], sal_nla_u32);
}

static void hardware_decode(const struct sal_link_ctx *ctx, const struct nlattr *const *tb,
			    struct sal_interface *i)
{
	if (tb[IFLA_PHYS_PORT_NAME])
		sal_set(i, phys_port_name, sal_nla_string(tb[IFLA_PHYS_PORT_NAME], ctx->arena));
	if (tb[IFLA_PHYS_PORT_ID])
		sal_set(i, phys_port_id, sal_net_hex_text(ctx->arena, tb[IFLA_PHYS_PORT_ID]));
	if (tb[IFLA_PHYS_SWITCH_ID])
		sal_set(i, phys_switch_id, sal_net_hex_text(ctx->arena, tb[IFLA_PHYS_SWITCH_ID]));
	if (tb[IFLA_PARENT_DEV_BUS_NAME])
		sal_set(i, parentbus, sal_nla_string(tb[IFLA_PARENT_DEV_BUS_NAME], ctx->arena));
	if (tb[IFLA_PARENT_DEV_NAME])
		sal_set(i, parentdev, sal_nla_string(tb[IFLA_PARENT_DEV_NAME], ctx->arena));
}

static struct sal_strings altnames_decode(struct sal_arena *arena, const struct nlattr *list)
{
	const char **items;
	size_t n = 0;

	sal_nla_each_nested(a, list) n++;
	items = sal_arena_array(arena, n, sizeof(*items));
	n = 0;
	sal_nla_each_nested(a, list)
	{
		if (sal_nla_type(a) == IFLA_ALT_IFNAME)
			items[n++] = sal_nla_string(a, arena);
	}
	return (struct sal_strings){ items, n };
}

static const struct sal_link_stats *stats_decode(struct sal_arena *arena, const struct nlattr *a)
{
	struct sal_link_stats_rx *rx = sal_arena_zalloc(arena, sizeof(*rx));
	struct sal_link_stats_tx *tx = sal_arena_zalloc(arena, sizeof(*tx));
	struct sal_link_stats *stats = sal_arena_zalloc(arena, sizeof(*stats));
	struct rtnl_link_stats64 s = { 0 };

	/* Older kernels have fewer counters. */
	memcpy(&s, sal_nla_data(a), SAL_MIN(sizeof(s), (size_t)sal_nla_len(a)));
	rx->bytes = s.rx_bytes;
	rx->packets = s.rx_packets;
	rx->errors = s.rx_errors;
	rx->dropped = s.rx_dropped;
	rx->over_errors = s.rx_over_errors;
	rx->multicast = s.multicast;
	if (s.rx_compressed)
		sal_set(rx, compressed, s.rx_compressed);
	tx->bytes = s.tx_bytes;
	tx->packets = s.tx_packets;
	tx->errors = s.tx_errors;
	tx->dropped = s.tx_dropped;
	tx->carrier_errors = s.tx_carrier_errors;
	tx->collisions = s.collisions;
	if (s.tx_compressed)
		sal_set(tx, compressed, s.tx_compressed);
	stats->rx = rx;
	stats->tx = tx;
	return stats;
}

void sal_net_link_decode(const struct sal_link_ctx *ctx, const struct sal_link_message *link,
			 struct sal_interface *ret_interface)
{
	const struct nlattr *const *tb = link->tb;
	struct sal_interface *i = ret_interface;
	struct sal_link_info *info;

	memset(i, 0, sizeof(*i));
	identity_decode(ctx, link, i);
	state_decode(ctx, tb, i);
	addresses_decode(ctx, link, i);
	proto_down_decode(ctx, tb, i);
	limits_decode(tb, i);
	hardware_decode(ctx, tb, i);
	if (tb[IFLA_LINKINFO]) {
		info = sal_arena_zalloc(ctx->arena, sizeof(*info));
		sal_net_linkinfo_decode(ctx, tb[IFLA_LINKINFO], info);
		sal_set(i, linkinfo, info);
	}
	if (tb[IFLA_AF_SPEC])
		ip6_decode(ctx, tb[IFLA_AF_SPEC], i);
	if (tb[IFLA_VFINFO_LIST] && tb[IFLA_NUM_VF])
		sal_set(i, vfinfo_list, sal_net_link_vfs(ctx, link));
	if (tb[IFLA_PROP_LIST])
		sal_set(i, altnames, altnames_decode(ctx->arena, tb[IFLA_PROP_LIST]));
	if (ctx->stats && tb[IFLA_STATS64])
		sal_set(i, stats64, stats_decode(ctx->arena, tb[IFLA_STATS64]));
}
