/*
 * bond.c - facts of bonds and of their ports. Source: linux/if_link.h, linux/if_bonding.h,
 * drivers/net/bonding/bond_netlink.c.
 */
#include <linux/if_bonding.h>
#include <linux/if_link.h>

#include "net/linkinfo/kind.h"

static const char *const modes[] = { "balance-rr", "active-backup", "balance-xor", "broadcast",
				     "802.3ad",	   "balance-tlb",   "balance-alb" };
static const char *const arp_validates[] = { "none",   "active",	"backup",	"all",
					     "filter", "filter_active", "filter_backup" };
static const char *const arp_all_targets[] = { "any", "all" };
static const char *const reselects[] = { "always", "better", "failure" };
static const char *const fail_over_macs[] = { "none", "active", "follow" };
static const char *const hash_policies[] = { "layer2",	 "layer3+4", "layer2+3",
					     "encap2+3", "encap3+4", "vlan+srcmac" };
static const char *const off_on[] = { "off", "on" };
static const char *const rates[] = { "slow", "fast" };
static const char *const selects[] = { "stable", "bandwidth", "count" };

/* Probe targets: a nest of one address each. */
static struct sal_ips targets_decode(const struct sal_link_ctx *ctx, const struct nlattr *nest,
				     uint8_t family)
{
	struct sal_ip *items;
	size_t n = 0;

	sal_nla_each_nested(a, nest) n++;
	items = sal_arena_array(ctx->arena, n, sizeof(*items));
	n = 0;
	sal_nla_each_nested(a, nest) n += sal_net_ip_attr(&items[n], family, a);
	return (struct sal_ips){ items, n };
}

static const struct sal_bond_ad_info *ad_decode(const struct sal_link_ctx *ctx,
						const struct nlattr *nest)
{
	struct sal_bond_ad_info *ad = sal_arena_zalloc(ctx->arena, sizeof(*ad));
	const struct nlattr *tb[IFLA_BOND_AD_INFO_MAX + 1], *mac;

	sal_nla_index_nested(tb, IFLA_BOND_AD_INFO_MAX, nest);
	sal_take(ad, aggregator, tb[IFLA_BOND_AD_INFO_AGGREGATOR], sal_nla_u16);
	sal_take(ad, num_ports, tb[IFLA_BOND_AD_INFO_NUM_PORTS], sal_nla_u16);
	sal_take(ad, actor_key, tb[IFLA_BOND_AD_INFO_ACTOR_KEY], sal_nla_u16);
	sal_take(ad, partner_key, tb[IFLA_BOND_AD_INFO_PARTNER_KEY], sal_nla_u16);
	mac = tb[IFLA_BOND_AD_INFO_PARTNER_MAC];
	if (mac)
		sal_set(ad, partner_mac,
			sal_net_mac_text(ctx->arena, sal_nla_data(mac), sal_nla_len(mac)));
	return ad;
}

static void policy_decode(const struct sal_link_ctx *ctx, const struct nlattr *const *tb,
			  struct sal_bond_info *b)
{
	if (tb[IFLA_BOND_MODE])
		sal_set(b, mode, sal_link_word(modes, sal_nla_u8(tb[IFLA_BOND_MODE])));
	if (tb[IFLA_BOND_ACTIVE_SLAVE] && sal_nla_u32(tb[IFLA_BOND_ACTIVE_SLAVE]))
		sal_set(b, active_slave,
			sal_link_ctx_name(ctx, sal_nla_u32(tb[IFLA_BOND_ACTIVE_SLAVE])));
	if (tb[IFLA_BOND_PRIMARY] && sal_nla_u32(tb[IFLA_BOND_PRIMARY]))
		sal_set(b, primary, sal_link_ctx_name(ctx, sal_nla_u32(tb[IFLA_BOND_PRIMARY])));
	if (tb[IFLA_BOND_PRIMARY_RESELECT])
		sal_set(b, primary_reselect,
			sal_link_word(reselects, sal_nla_u8(tb[IFLA_BOND_PRIMARY_RESELECT])));
	if (tb[IFLA_BOND_FAIL_OVER_MAC])
		sal_set(b, fail_over_mac,
			sal_link_word(fail_over_macs, sal_nla_u8(tb[IFLA_BOND_FAIL_OVER_MAC])));
	if (tb[IFLA_BOND_XMIT_HASH_POLICY])
		sal_set(b, xmit_hash_policy,
			sal_link_word(hash_policies, sal_nla_u8(tb[IFLA_BOND_XMIT_HASH_POLICY])));
	sal_take(b, resend_igmp, tb[IFLA_BOND_RESEND_IGMP], sal_nla_u32);
	sal_take(b, num_peer_notif, tb[IFLA_BOND_NUM_PEER_NOTIF], sal_nla_u8);
	sal_take(b, all_slaves_active, tb[IFLA_BOND_ALL_SLAVES_ACTIVE], sal_nla_u8);
	sal_take(b, min_links, tb[IFLA_BOND_MIN_LINKS], sal_nla_u32);
	sal_take(b, lp_interval, tb[IFLA_BOND_LP_INTERVAL], sal_nla_u32);
	sal_take(b, packets_per_slave, tb[IFLA_BOND_PACKETS_PER_SLAVE], sal_nla_u32);
	sal_take(b, tlb_dynamic_lb, tb[IFLA_BOND_TLB_DYNAMIC_LB], sal_nla_u8);
}

static void monitor_decode(const struct sal_link_ctx *ctx, const struct nlattr *const *tb,
			   struct sal_bond_info *b)
{
	sal_take(b, miimon, tb[IFLA_BOND_MIIMON], sal_nla_u32);
	sal_take(b, updelay, tb[IFLA_BOND_UPDELAY], sal_nla_u32);
	sal_take(b, downdelay, tb[IFLA_BOND_DOWNDELAY], sal_nla_u32);
	sal_take(b, peer_notify_delay, tb[IFLA_BOND_PEER_NOTIF_DELAY], sal_nla_u32);
	sal_take(b, use_carrier, tb[IFLA_BOND_USE_CARRIER], sal_nla_u8);
	sal_take(b, arp_interval, tb[IFLA_BOND_ARP_INTERVAL], sal_nla_u32);
	sal_take(b, arp_missed_max, tb[IFLA_BOND_MISSED_MAX], sal_nla_u8);
	if (tb[IFLA_BOND_ARP_IP_TARGET])
		sal_set(b, arp_ip_target,
			targets_decode(ctx, tb[IFLA_BOND_ARP_IP_TARGET], AF_INET));
	if (tb[IFLA_BOND_NS_IP6_TARGET])
		sal_set(b, ns_ip6_target,
			targets_decode(ctx, tb[IFLA_BOND_NS_IP6_TARGET], AF_INET6));
	/* An empty nest is no list, to ip(8). */
	b->has.arp_ip_target = b->arp_ip_target.len > 0;
	b->has.ns_ip6_target = b->ns_ip6_target.len > 0;
	if (tb[IFLA_BOND_ARP_VALIDATE] && sal_nla_u32(tb[IFLA_BOND_ARP_VALIDATE]))
		sal_set(b, arp_validate,
			sal_link_word(arp_validates, sal_nla_u32(tb[IFLA_BOND_ARP_VALIDATE])));
	if (tb[IFLA_BOND_ARP_ALL_TARGETS])
		sal_set(b, arp_all_targets,
			sal_link_word(arp_all_targets, sal_nla_u32(tb[IFLA_BOND_ARP_ALL_TARGETS])));
}

static void lacp_decode(const struct sal_link_ctx *ctx, const struct nlattr *const *tb,
			struct sal_bond_info *b)
{
	const struct nlattr *system = tb[IFLA_BOND_AD_ACTOR_SYSTEM];

	if (tb[IFLA_BOND_AD_LACP_ACTIVE])
		sal_set(b, ad_lacp_active,
			sal_link_word(off_on, sal_nla_u8(tb[IFLA_BOND_AD_LACP_ACTIVE])));
	if (tb[IFLA_BOND_AD_LACP_RATE])
		sal_set(b, ad_lacp_rate,
			sal_link_word(rates, sal_nla_u8(tb[IFLA_BOND_AD_LACP_RATE])));
	if (tb[IFLA_BOND_AD_SELECT])
		sal_set(b, ad_select, sal_link_word(selects, sal_nla_u8(tb[IFLA_BOND_AD_SELECT])));
	if (tb[IFLA_BOND_AD_INFO])
		sal_set(b, ad_info, ad_decode(ctx, tb[IFLA_BOND_AD_INFO]));
	sal_take(b, ad_actor_sys_prio, tb[IFLA_BOND_AD_ACTOR_SYS_PRIO], sal_nla_u16);
	sal_take(b, ad_user_port_key, tb[IFLA_BOND_AD_USER_PORT_KEY], sal_nla_u16);
	if (system)
		sal_set(b, ad_actor_system,
			sal_net_mac_text(ctx->arena, sal_nla_data(system), sal_nla_len(system)));
}

static void bond_decode(const struct sal_link_ctx *ctx, const struct nlattr *data, void *info)
{
	const struct nlattr *tb[IFLA_BOND_MAX + 1];

	sal_nla_index_nested(tb, IFLA_BOND_MAX, data);
	policy_decode(ctx, tb, info);
	monitor_decode(ctx, tb, info);
	lacp_decode(ctx, tb, info);
}

/* The LACP state of IEEE 802.1AX 6.4.2.3 by name, lowest bit first. */
static struct sal_strings lacp_state_names(struct sal_arena *arena, uint8_t state)
{
	static const char *const names[] = { "active",	  "short_timeout", "aggregating",
					     "in_sync",	  "collecting",	   "distributing",
					     "defaulted", "expired" };
	const char **items = sal_arena_array(arena, SAL_ARRAY_LEN(names), sizeof(*items));
	struct sal_strings list = { items, 0 };

	for (size_t bit = 0; bit < SAL_ARRAY_LEN(names); bit++) {
		if (state >> bit & 1)
			items[list.len++] = names[bit];
	}
	return list;
}

static void port_state_decode(const struct nlattr *const *tb, struct sal_bond_port_info *p)
{
	static const char *const states[] = {
		[BOND_STATE_ACTIVE] = "ACTIVE", [BOND_STATE_BACKUP] = "BACKUP"
	};
	static const char *const mii[] = { [BOND_LINK_UP] = "UP",
					   [BOND_LINK_FAIL] = "GOING_DOWN",
					   [BOND_LINK_DOWN] = "DOWN",
					   [BOND_LINK_BACK] = "GOING_BACK" };
	uint8_t value;

	if (tb[IFLA_BOND_SLAVE_STATE]) {
		value = sal_nla_u8(tb[IFLA_BOND_SLAVE_STATE]);
		if (value < SAL_ARRAY_LEN(states))
			sal_set(p, state, states[value]);
		else
			sal_set(p, state_index, value);
	}
	if (tb[IFLA_BOND_SLAVE_MII_STATUS]) {
		value = sal_nla_u8(tb[IFLA_BOND_SLAVE_MII_STATUS]);
		if (value < SAL_ARRAY_LEN(mii))
			sal_set(p, mii_status, mii[value]);
		else
			sal_set(p, mii_status_index, value);
	}
}

static void port_decode(const struct sal_link_ctx *ctx, const struct nlattr *data, void *info)
{
	const struct nlattr *tb[IFLA_BOND_SLAVE_MAX + 1], *mac;
	struct sal_bond_port_info *p = info;
	uint8_t state;

	sal_nla_index_nested(tb, IFLA_BOND_SLAVE_MAX, data);
	port_state_decode(tb, p);
	sal_take(p, link_failure_count, tb[IFLA_BOND_SLAVE_LINK_FAILURE_COUNT], sal_nla_u32);
	mac = tb[IFLA_BOND_SLAVE_PERM_HWADDR];
	if (mac)
		sal_set(p, perm_hwaddr,
			sal_net_mac_text(ctx->arena, sal_nla_data(mac), sal_nla_len(mac)));
	sal_take(p, queue_id, tb[IFLA_BOND_SLAVE_QUEUE_ID], sal_nla_u16);
	if (tb[IFLA_BOND_SLAVE_PRIO])
		sal_set(p, prio, (int32_t)sal_nla_u32(tb[IFLA_BOND_SLAVE_PRIO]));
	sal_take(p, ad_aggregator_id, tb[IFLA_BOND_SLAVE_AD_AGGREGATOR_ID], sal_nla_u16);
	if (tb[IFLA_BOND_SLAVE_AD_ACTOR_OPER_PORT_STATE]) {
		state = sal_nla_u8(tb[IFLA_BOND_SLAVE_AD_ACTOR_OPER_PORT_STATE]);
		sal_set(p, ad_actor_oper_port_state, state);
		sal_set(p, ad_actor_oper_port_state_str, lacp_state_names(ctx->arena, state));
	}
	if (tb[IFLA_BOND_SLAVE_AD_PARTNER_OPER_PORT_STATE]) {
		state = (uint8_t)sal_nla_u16(tb[IFLA_BOND_SLAVE_AD_PARTNER_OPER_PORT_STATE]);
		sal_set(p, ad_partner_oper_port_state, state);
		sal_set(p, ad_partner_oper_port_state_str, lacp_state_names(ctx->arena, state));
	}
}

const struct sal_link_kind sal_link_kind_bond = {
	.name = "bond",
	.type = &sal_bond_info_type,
	.decode = bond_decode,
};

const struct sal_link_kind sal_link_kind_bond_port = {
	.name = "bond",
	.type = &sal_bond_port_info_type,
	.decode = port_decode,
};
