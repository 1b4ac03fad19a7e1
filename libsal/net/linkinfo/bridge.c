/*
 * bridge.c - facts of bridges and of their ports.
 *
 * Timers come in 1/100 s and are shown in seconds; configured times stay in 1/100 s, as ip(8) shows
 * them. Source: linux/if_link.h, net/bridge/br_netlink.c.
 */
#include <linux/if_bridge.h>
#include <linux/if_link.h>

#include "net/linkinfo/kind.h"

static double nla_timer(const struct nlattr *a)
{
	return (double)sal_nla_u64(a) / 100;
}

/* "8000.2:0:0:0:0:1" of struct ifla_bridge_id: the octets as ether_ntoa(3) writes them, without
 * leading zeros, because ip(8) does. */
static const char *id_text(struct sal_arena *arena, const struct nlattr *a)
{
	struct ifla_bridge_id id = { 0 };

	sal_nla_copy(&id, a, sizeof(id));
	return sal_arena_printf(arena, "%02x%02x.%x:%x:%x:%x:%x:%x", id.prio[0], id.prio[1],
				id.addr[0], id.addr[1], id.addr[2], id.addr[3], id.addr[4],
				id.addr[5]);
}

static void stp_decode(const struct sal_link_ctx *ctx, const struct nlattr *const *tb,
		       struct sal_bridge_info *b)
{
	sal_take(b, forward_delay, tb[IFLA_BR_FORWARD_DELAY], sal_nla_u32);
	sal_take(b, hello_time, tb[IFLA_BR_HELLO_TIME], sal_nla_u32);
	sal_take(b, max_age, tb[IFLA_BR_MAX_AGE], sal_nla_u32);
	sal_take(b, ageing_time, tb[IFLA_BR_AGEING_TIME], sal_nla_u32);
	sal_take(b, stp_state, tb[IFLA_BR_STP_STATE], sal_nla_u32);
	sal_take(b, priority, tb[IFLA_BR_PRIORITY], sal_nla_u16);
	if (tb[IFLA_BR_BRIDGE_ID])
		sal_set(b, bridge_id, id_text(ctx->arena, tb[IFLA_BR_BRIDGE_ID]));
	if (tb[IFLA_BR_ROOT_ID])
		sal_set(b, root_id, id_text(ctx->arena, tb[IFLA_BR_ROOT_ID]));
	sal_take(b, root_port, tb[IFLA_BR_ROOT_PORT], sal_nla_u16);
	sal_take(b, root_path_cost, tb[IFLA_BR_ROOT_PATH_COST], sal_nla_u32);
	sal_take(b, topology_change, tb[IFLA_BR_TOPOLOGY_CHANGE], sal_nla_u8);
	sal_take(b, topology_change_detected, tb[IFLA_BR_TOPOLOGY_CHANGE_DETECTED], sal_nla_u8);
	sal_take(b, hello_timer, tb[IFLA_BR_HELLO_TIMER], nla_timer);
	sal_take(b, tcn_timer, tb[IFLA_BR_TCN_TIMER], nla_timer);
	sal_take(b, topology_change_timer, tb[IFLA_BR_TOPOLOGY_CHANGE_TIMER], nla_timer);
	sal_take(b, gc_timer, tb[IFLA_BR_GC_TIMER], nla_timer);
	if (tb[IFLA_BR_GROUP_FWD_MASK])
		sal_set(b, group_fwd_mask,
			sal_net_hex(ctx->arena, sal_nla_u16(tb[IFLA_BR_GROUP_FWD_MASK])));
	if (tb[IFLA_BR_GROUP_ADDR])
		sal_set(b, group_addr,
			sal_net_mac_text(ctx->arena, sal_nla_data(tb[IFLA_BR_GROUP_ADDR]),
					 sal_nla_len(tb[IFLA_BR_GROUP_ADDR])));
}

static void vlan_decode(const struct sal_link_ctx *ctx, const struct nlattr *const *tb,
			struct sal_bridge_info *b)
{
	struct br_boolopt_multi options = { 0 };

	sal_take(b, vlan_filtering, tb[IFLA_BR_VLAN_FILTERING], sal_nla_u8);
	if (tb[IFLA_BR_VLAN_PROTOCOL])
		sal_set(b, vlan_protocol,
			sal_net_vlan_protocol(ctx->arena, sal_nla_u16(tb[IFLA_BR_VLAN_PROTOCOL])));
	sal_take(b, vlan_default_pvid, tb[IFLA_BR_VLAN_DEFAULT_PVID], sal_nla_u16);
	sal_take(b, vlan_stats_enabled, tb[IFLA_BR_VLAN_STATS_ENABLED], sal_nla_u8);
	sal_take(b, vlan_stats_per_port, tb[IFLA_BR_VLAN_STATS_PER_PORT], sal_nla_u8);
	sal_take(b, nf_call_iptables, tb[IFLA_BR_NF_CALL_IPTABLES], sal_nla_u8);
	sal_take(b, nf_call_ip6tables, tb[IFLA_BR_NF_CALL_IP6TABLES], sal_nla_u8);
	sal_take(b, nf_call_arptables, tb[IFLA_BR_NF_CALL_ARPTABLES], sal_nla_u8);
	if (!tb[IFLA_BR_MULTI_BOOLOPT])
		return;
	sal_nla_copy(&options, tb[IFLA_BR_MULTI_BOOLOPT], sizeof(options));
	if (options.optmask & 1u << BR_BOOLOPT_NO_LL_LEARN)
		sal_set(b, no_linklocal_learn, options.optval >> BR_BOOLOPT_NO_LL_LEARN & 1);
	if (options.optmask & 1u << BR_BOOLOPT_MCAST_VLAN_SNOOPING)
		sal_set(b, mcast_vlan_snooping,
			options.optval >> BR_BOOLOPT_MCAST_VLAN_SNOOPING & 1);
}

static void multicast_decode(const struct nlattr *const *tb, struct sal_bridge_info *b)
{
	sal_take(b, mcast_snooping, tb[IFLA_BR_MCAST_SNOOPING], sal_nla_u8);
	sal_take(b, mcast_router, tb[IFLA_BR_MCAST_ROUTER], sal_nla_u8);
	sal_take(b, mcast_query_use_ifaddr, tb[IFLA_BR_MCAST_QUERY_USE_IFADDR], sal_nla_u8);
	sal_take(b, mcast_querier, tb[IFLA_BR_MCAST_QUERIER], sal_nla_u8);
	sal_take(b, mcast_hash_elasticity, tb[IFLA_BR_MCAST_HASH_ELASTICITY], sal_nla_u32);
	sal_take(b, mcast_hash_max, tb[IFLA_BR_MCAST_HASH_MAX], sal_nla_u32);
	sal_take(b, mcast_last_member_cnt, tb[IFLA_BR_MCAST_LAST_MEMBER_CNT], sal_nla_u32);
	sal_take(b, mcast_startup_query_cnt, tb[IFLA_BR_MCAST_STARTUP_QUERY_CNT], sal_nla_u32);
	sal_take(b, mcast_last_member_intvl, tb[IFLA_BR_MCAST_LAST_MEMBER_INTVL], sal_nla_u64);
	sal_take(b, mcast_membership_intvl, tb[IFLA_BR_MCAST_MEMBERSHIP_INTVL], sal_nla_u64);
	sal_take(b, mcast_querier_intvl, tb[IFLA_BR_MCAST_QUERIER_INTVL], sal_nla_u64);
	sal_take(b, mcast_query_intvl, tb[IFLA_BR_MCAST_QUERY_INTVL], sal_nla_u64);
	sal_take(b, mcast_query_response_intvl, tb[IFLA_BR_MCAST_QUERY_RESPONSE_INTVL],
		 sal_nla_u64);
	sal_take(b, mcast_startup_query_intvl, tb[IFLA_BR_MCAST_STARTUP_QUERY_INTVL], sal_nla_u64);
	sal_take(b, mcast_stats_enabled, tb[IFLA_BR_MCAST_STATS_ENABLED], sal_nla_u8);
	sal_take(b, mcast_igmp_version, tb[IFLA_BR_MCAST_IGMP_VERSION], sal_nla_u8);
	sal_take(b, mcast_mld_version, tb[IFLA_BR_MCAST_MLD_VERSION], sal_nla_u8);
}

static void bridge_decode(const struct sal_link_ctx *ctx, const struct nlattr *data, void *info)
{
	const struct nlattr *tb[IFLA_BR_MAX + 1];

	sal_nla_index_nested(tb, IFLA_BR_MAX, data);
	stp_decode(ctx, tb, info);
	vlan_decode(ctx, tb, info);
	multicast_decode(tb, info);
}

/* "stp,lacp,0x8": the bits of a group_fwd_mask by name. */
static const char *fwd_mask_text(struct sal_arena *arena, uint16_t mask)
{
	static const char *const names[16] = { [0] = "stp", [2] = "lacp", [14] = "lldp" };
	const char *text = NULL;

	for (unsigned bit = 0; bit < 16; bit++) {
		const char *name = names[bit];

		if (!(mask >> bit & 1))
			continue;
		if (!name)
			name = sal_net_hex(arena, 1u << bit);
		text = text ? sal_arena_printf(arena, "%s,%s", text, name) : name;
	}
	return text ? text : "0x0";
}

static void port_stp_decode(const struct sal_link_ctx *ctx, const struct nlattr *const *tb,
			    struct sal_bridge_port_info *p)
{
	static const char *const states[] = {
		[BR_STATE_DISABLED] = "disabled", [BR_STATE_LISTENING] = "listening",
		[BR_STATE_LEARNING] = "learning", [BR_STATE_FORWARDING] = "forwarding",
		[BR_STATE_BLOCKING] = "blocking",
	};
	uint8_t state = tb[IFLA_BRPORT_STATE] ? sal_nla_u8(tb[IFLA_BRPORT_STATE]) : 0;

	if (state >= SAL_ARRAY_LEN(states))
		sal_set(p, state_index, state);
	else if (tb[IFLA_BRPORT_STATE])
		sal_set(p, state, states[state]);
	sal_take(p, priority, tb[IFLA_BRPORT_PRIORITY], sal_nla_u16);
	sal_take(p, cost, tb[IFLA_BRPORT_COST], sal_nla_u32);
	if (tb[IFLA_BRPORT_ID])
		sal_set(p, id, sal_net_hex(ctx->arena, sal_nla_u16(tb[IFLA_BRPORT_ID])));
	if (tb[IFLA_BRPORT_NO])
		sal_set(p, no, sal_net_hex(ctx->arena, sal_nla_u16(tb[IFLA_BRPORT_NO])));
	sal_take(p, designated_port, tb[IFLA_BRPORT_DESIGNATED_PORT], sal_nla_u16);
	sal_take(p, designated_cost, tb[IFLA_BRPORT_DESIGNATED_COST], sal_nla_u16);
	if (tb[IFLA_BRPORT_BRIDGE_ID])
		sal_set(p, bridge_id, id_text(ctx->arena, tb[IFLA_BRPORT_BRIDGE_ID]));
	if (tb[IFLA_BRPORT_ROOT_ID])
		sal_set(p, root_id, id_text(ctx->arena, tb[IFLA_BRPORT_ROOT_ID]));
	sal_take(p, hold_timer, tb[IFLA_BRPORT_HOLD_TIMER], nla_timer);
	sal_take(p, message_age_timer, tb[IFLA_BRPORT_MESSAGE_AGE_TIMER], nla_timer);
	sal_take(p, forward_delay_timer, tb[IFLA_BRPORT_FORWARD_DELAY_TIMER], nla_timer);
	sal_take(p, topology_change_ack, tb[IFLA_BRPORT_TOPOLOGY_CHANGE_ACK], sal_nla_u8);
	sal_take(p, config_pending, tb[IFLA_BRPORT_CONFIG_PENDING], sal_nla_u8);
}

static void port_decode(const struct sal_link_ctx *ctx, const struct nlattr *data, void *info)
{
	const struct nlattr *tb[IFLA_BRPORT_MAX + 1];
	struct sal_bridge_port_info *p = info;

	sal_nla_index_nested(tb, IFLA_BRPORT_MAX, data);
	port_stp_decode(ctx, tb, p);
	sal_take(p, hairpin, tb[IFLA_BRPORT_MODE], sal_nla_bool);
	sal_take(p, guard, tb[IFLA_BRPORT_GUARD], sal_nla_bool);
	sal_take(p, root_block, tb[IFLA_BRPORT_PROTECT], sal_nla_bool);
	sal_take(p, fastleave, tb[IFLA_BRPORT_FAST_LEAVE], sal_nla_bool);
	sal_take(p, learning, tb[IFLA_BRPORT_LEARNING], sal_nla_bool);
	sal_take(p, flood, tb[IFLA_BRPORT_UNICAST_FLOOD], sal_nla_bool);
	sal_take(p, proxy_arp, tb[IFLA_BRPORT_PROXYARP], sal_nla_bool);
	sal_take(p, proxy_arp_wifi, tb[IFLA_BRPORT_PROXYARP_WIFI], sal_nla_bool);
	sal_take(p, multicast_router, tb[IFLA_BRPORT_MULTICAST_ROUTER], sal_nla_u8);
	sal_take(p, mcast_flood, tb[IFLA_BRPORT_MCAST_FLOOD], sal_nla_bool);
	sal_take(p, bcast_flood, tb[IFLA_BRPORT_BCAST_FLOOD], sal_nla_bool);
	sal_take(p, mcast_to_unicast, tb[IFLA_BRPORT_MCAST_TO_UCAST], sal_nla_bool);
	sal_take(p, neigh_suppress, tb[IFLA_BRPORT_NEIGH_SUPPRESS], sal_nla_bool);
	if (tb[IFLA_BRPORT_GROUP_FWD_MASK]) {
		uint16_t mask = sal_nla_u16(tb[IFLA_BRPORT_GROUP_FWD_MASK]);

		sal_set(p, group_fwd_mask, sal_net_hex(ctx->arena, mask));
		sal_set(p, group_fwd_mask_str, fwd_mask_text(ctx->arena, mask));
	}
	sal_take(p, vlan_tunnel, tb[IFLA_BRPORT_VLAN_TUNNEL], sal_nla_bool);
	sal_take(p, isolated, tb[IFLA_BRPORT_ISOLATED], sal_nla_bool);
	sal_take(p, locked, tb[IFLA_BRPORT_LOCKED], sal_nla_bool);
	if (tb[IFLA_BRPORT_BACKUP_PORT])
		sal_set(p, backup_port,
			sal_link_ctx_name(ctx, sal_nla_u32(tb[IFLA_BRPORT_BACKUP_PORT])));
}

const struct sal_link_kind sal_link_kind_bridge = {
	.name = "bridge",
	.type = &sal_bridge_info_type,
	.decode = bridge_decode,
};

const struct sal_link_kind sal_link_kind_bridge_port = {
	.name = "bridge",
	.type = &sal_bridge_port_info_type,
	.decode = port_decode,
};
