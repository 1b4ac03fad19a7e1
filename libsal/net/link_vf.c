/*
 * link_vf.c - virtual functions of a network card (SR-IOV), as net.interfaces shows them.
 *
 * Source: linux/if_link.h, net/core/rtnetlink.c (rtnl_fill_vfinfo).
 */
#include "net/link.h"

#include <arpa/inet.h>
#include <linux/if.h>
#include <linux/if_arp.h>
#include <linux/if_ether.h>

#define INFINIBAND_ALEN 20

/* -1 stands for a setting the driver does not have. */
static bool setting_get(const struct nlattr *a, uint32_t *ret_value)
{
	struct ifla_vf_spoofchk s; /* spoofchk, trust and rss_query_en have one layout */

	if (!a || !sal_nla_copy(&s, a, sizeof(s)) || s.setting == UINT32_MAX)
		return false;
	*ret_value = s.setting;
	return true;
}

static const char *guid_text(struct sal_arena *arena, const struct nlattr *a)
{
	struct ifla_vf_guid guid = { 0 };
	uint8_t bytes[8];

	sal_nla_copy(&guid, a, sizeof(guid));
	for (int i = 0; i < 8; i++)
		bytes[i] = (uint8_t)(guid.guid >> (56 - 8 * i));
	return sal_net_mac_text(arena, bytes, sizeof(bytes));
}

static struct sal_link_vf_vlan_array vlans_decode(struct sal_arena *arena,
						  const struct nlattr *list)
{
	struct sal_link_vf_vlan *items;
	size_t n = 0;

	sal_nla_each_nested(a, list) n++;
	items = sal_arena_array(arena, n, sizeof(*items));
	n = 0;
	sal_nla_each_nested(a, list)
	{
		struct ifla_vf_vlan_info info;

		if (!sal_nla_copy(&info, a, sizeof(info)))
			continue;
		if (info.vlan)
			sal_set(&items[n], vlan, info.vlan);
		if (info.qos)
			sal_set(&items[n], qos, info.qos);
		if (info.vlan_proto && info.vlan_proto != htons(ETH_P_8021Q))
			sal_set(&items[n], protocol, sal_net_vlan_protocol(arena, info.vlan_proto));
		n++;
	}
	return (struct sal_link_vf_vlan_array){ items, n };
}

static uint64_t count_get(const struct nlattr *a)
{
	return a ? sal_nla_u64(a) : 0;
}

static const struct sal_link_vf_stats *stats_decode(struct sal_arena *arena,
						    const struct nlattr *nest)
{
	struct sal_link_vf_stats_rx *rx = sal_arena_zalloc(arena, sizeof(*rx));
	struct sal_link_vf_stats_tx *tx = sal_arena_zalloc(arena, sizeof(*tx));
	struct sal_link_vf_stats *stats = sal_arena_zalloc(arena, sizeof(*stats));
	const struct nlattr *tb[IFLA_VF_STATS_MAX + 1];

	sal_nla_index_nested(tb, IFLA_VF_STATS_MAX, nest);
	rx->bytes = count_get(tb[IFLA_VF_STATS_RX_BYTES]);
	rx->packets = count_get(tb[IFLA_VF_STATS_RX_PACKETS]);
	rx->multicast = count_get(tb[IFLA_VF_STATS_MULTICAST]);
	rx->broadcast = count_get(tb[IFLA_VF_STATS_BROADCAST]);
	sal_take(rx, dropped, tb[IFLA_VF_STATS_RX_DROPPED], sal_nla_u64);
	tx->tx_bytes = count_get(tb[IFLA_VF_STATS_TX_BYTES]);
	tx->tx_packets = count_get(tb[IFLA_VF_STATS_TX_PACKETS]);
	sal_take(tx, dropped, tb[IFLA_VF_STATS_TX_DROPPED], sal_nla_u64);
	stats->rx = rx;
	stats->tx = tx;
	return stats;
}

static void rates_decode(struct sal_arena *arena, const struct nlattr *const *tb,
			 struct sal_link_vf *v)
{
	struct sal_link_vf_rate *rate;
	struct ifla_vf_tx_rate tx_rate;
	struct ifla_vf_rate limits;

	if (tb[IFLA_VF_TX_RATE] && sal_nla_copy(&tx_rate, tb[IFLA_VF_TX_RATE], sizeof(tx_rate)) &&
	    tx_rate.rate)
		sal_set(v, tx_rate, tx_rate.rate);
	if (!tb[IFLA_VF_RATE] || !sal_nla_copy(&limits, tb[IFLA_VF_RATE], sizeof(limits)))
		return;
	rate = sal_arena_zalloc(arena, sizeof(*rate));
	rate->max_tx = limits.max_tx_rate;
	rate->min_tx = limits.min_tx_rate;
	sal_set(v, rate, rate);
}

static void settings_decode(const struct nlattr *const *tb, struct sal_link_vf *v)
{
	struct ifla_vf_link_state state;
	uint32_t value;

	if (setting_get(tb[IFLA_VF_SPOOFCHK], &value))
		sal_set(v, spoofchk, value != 0);
	if (setting_get(tb[IFLA_VF_TRUST], &value))
		sal_set(v, trust, value != 0);
	if (setting_get(tb[IFLA_VF_RSS_QUERY_EN], &value))
		sal_set(v, query_rss_en, value != 0);
	if (tb[IFLA_VF_LINK_STATE] && sal_nla_copy(&state, tb[IFLA_VF_LINK_STATE], sizeof(state)))
		sal_set(v, link_state,
			state.link_state == IFLA_VF_LINK_STATE_AUTO	? "auto"
			: state.link_state == IFLA_VF_LINK_STATE_ENABLE ? "enable"
									: "disable");
}

static bool vf_decode(const struct sal_link_ctx *ctx, const struct sal_link_message *link,
		      const struct nlattr *nest, struct sal_link_vf *v)
{
	size_t alen = link->header->ifi_type == ARPHRD_ETHER ? ETH_ALEN : INFINIBAND_ALEN;
	const struct nlattr *tb[IFLA_VF_MAX + 1];
	struct ifla_vf_broadcast broadcast;
	struct ifla_vf_vlan vlan;
	struct ifla_vf_mac mac;

	sal_nla_index_nested(tb, IFLA_VF_MAX, nest);
	if (!tb[IFLA_VF_MAC] || !sal_nla_copy(&mac, tb[IFLA_VF_MAC], sizeof(mac)))
		return false;
	v->vf = (int32_t)mac.vf;
	v->link_type = sal_net_link_type(ctx->arena, link->header->ifi_type);
	v->address = sal_net_mac_text(ctx->arena, mac.mac, alen);
	if (tb[IFLA_VF_BROADCAST] &&
	    sal_nla_copy(&broadcast, tb[IFLA_VF_BROADCAST], sizeof(broadcast))) {
		if (link->header->ifi_flags & IFF_POINTOPOINT)
			sal_set(v, link_pointtopoint, true);
		sal_set(v, broadcast, sal_net_mac_text(ctx->arena, broadcast.broadcast, alen));
	}
	if (tb[IFLA_VF_VLAN_LIST]) {
		sal_set(v, vlan_list, vlans_decode(ctx->arena, tb[IFLA_VF_VLAN_LIST]));
	} else if (tb[IFLA_VF_VLAN] && sal_nla_copy(&vlan, tb[IFLA_VF_VLAN], sizeof(vlan))) {
		if (vlan.vlan)
			sal_set(v, vlan, vlan.vlan);
		if (vlan.qos)
			sal_set(v, qos, vlan.qos);
	}
	rates_decode(ctx->arena, tb, v);
	settings_decode(tb, v);
	if (tb[IFLA_VF_IB_NODE_GUID])
		sal_set(v, node_guid, guid_text(ctx->arena, tb[IFLA_VF_IB_NODE_GUID]));
	if (tb[IFLA_VF_IB_PORT_GUID])
		sal_set(v, port_guid, guid_text(ctx->arena, tb[IFLA_VF_IB_PORT_GUID]));
	if (tb[IFLA_VF_STATS] && ctx->stats)
		sal_set(v, stats, stats_decode(ctx->arena, tb[IFLA_VF_STATS]));
	return true;
}

struct sal_link_vf_array sal_net_link_vfs(const struct sal_link_ctx *ctx,
					  const struct sal_link_message *link)
{
	const struct nlattr *list = link->tb[IFLA_VFINFO_LIST];
	struct sal_link_vf *items;
	size_t n = 0;

	sal_nla_each_nested(a, list) n++;
	items = sal_arena_array(ctx->arena, n, sizeof(*items));
	n = 0;
	sal_nla_each_nested(a, list) n += vf_decode(ctx, link, a, &items[n]);
	return (struct sal_link_vf_array){ items, n };
}
