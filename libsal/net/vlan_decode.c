/* vlan_decode.c - RTM_NEWVLAN as bridge(8) prints it with -d. See vlan_decode.h. */
#include "net/vlan_decode.h"

#include <errno.h>
#include <linux/if_bridge.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>

#include "net/link_text.h"

/* Of linux/if_bridge.h since 6.3 and 6.4. */
enum { ENTRY_MCAST_N_GROUPS = 7, ENTRY_MCAST_MAX_GROUPS = 8, ENTRY_NEIGH_SUPPRESS = 9, ENTRY_MAX };

uint32_t sal_net_vlan_device(const struct nlmsghdr *message)
{
	const struct br_vlan_msg *header = sal_nl_family_header(message, sizeof(*header));

	return header && message->nlmsg_type == RTM_NEWVLAN ? header->ifindex : 0;
}

static struct sal_strings flags_decode(uint16_t flags)
{
	static const char *const names[] = { "PVID", "Egress Untagged" };
	bool pvid = flags & BRIDGE_VLAN_INFO_PVID, untagged = flags & BRIDGE_VLAN_INFO_UNTAGGED;

	return (struct sal_strings){ names + !pvid, (size_t)pvid + untagged };
}

/* The attributes behind the header of a message that sal_net_vlan_device() knows. */
static const char *attributes(const struct nlmsghdr *message, size_t *ret_len)
{
	size_t skip = SAL_MIN(NLMSG_SPACE(sizeof(struct br_vlan_msg)), message->nlmsg_len);

	*ret_len = message->nlmsg_len - skip;
	return (const char *)message + skip;
}

static size_t attributes_count(const struct sal_link_bag *bag, size_t first, size_t n)
{
	size_t count = 0;

	for (size_t i = first; i < first + n; i++) {
		size_t len;
		const char *data = attributes(sal_net_link_bag_at(bag, i), &len);

		sal_nla_each(a, data, len) count++;
	}
	return count;
}

/*
 * Appends to tunnels what maps VLANs first to last to ids from id on. Ranges of tunnels are the
 * kernel's own (br_fill_vlan_tunnel_info), but these have been cut where other options of the VLANs
 * differ: they are put together again.
 */
static size_t tunnel_add(struct sal_vlan_tunnel *tunnels, size_t n, uint32_t first, uint32_t last,
			 uint32_t id)
{
	struct sal_vlan_tunnel *t = n ? &tunnels[n - 1] : NULL;

	if (!t || first != (t->has.vlan_end ? t->vlan_end : t->vlan) + 1 ||
	    id != t->tunid + (first - t->vlan)) {
		t = &tunnels[n++];
		*t = (struct sal_vlan_tunnel){ .vlan = first, .tunid = id };
	}
	if (last > t->vlan) {
		sal_set(t, vlan_end, last);
		sal_set(t, tunid_end, t->tunid + (last - t->vlan));
	}
	return n;
}

/* The last VLAN of a range, which is the first where there is no range, or none that makes sense. */
static uint32_t range_end(uint32_t first, const struct nlattr *range)
{
	return range ? SAL_MAX(first, sal_nla_u16(range)) : first;
}

/* BRIDGE_VLANDB_ENTRY; *ret_tunnel is the id its first VLAN is mapped to, or NULL. */
static bool entry_decode(const struct nlattr *nest, struct sal_vlan_entry *entry,
			 const struct nlattr **ret_tunnel)
{
	const struct nlattr *tb[ENTRY_MAX], *tunnel[BRIDGE_VLANDB_TINFO_MAX + 1];
	struct bridge_vlan_info info;
	uint32_t last;

	sal_nla_index_nested(tb, ENTRY_MAX - 1, nest);
	if (!tb[BRIDGE_VLANDB_ENTRY_INFO] ||
	    !sal_nla_copy(&info, tb[BRIDGE_VLANDB_ENTRY_INFO], sizeof(info)))
		return false;
	*entry = (struct sal_vlan_entry){ .vlan = info.vid };
	last = range_end(info.vid, tb[BRIDGE_VLANDB_ENTRY_RANGE]);
	if (last > info.vid)
		sal_set(entry, vlan_end, last);
	entry->flags = flags_decode(info.flags);
	entry->has.flags = entry->flags.len > 0;
	if (tb[BRIDGE_VLANDB_ENTRY_STATE])
		entry->state = sal_net_stp_state(sal_nla_u8(tb[BRIDGE_VLANDB_ENTRY_STATE]));
	entry->has.state = entry->state != NULL;
	sal_take(entry, mcast_router, tb[BRIDGE_VLANDB_ENTRY_MCAST_ROUTER], sal_nla_u8);
	sal_take(entry, mcast_n_groups, tb[ENTRY_MCAST_N_GROUPS], sal_nla_u32);
	sal_take(entry, mcast_max_groups, tb[ENTRY_MCAST_MAX_GROUPS], sal_nla_u32);
	sal_take(entry, neigh_suppress, tb[ENTRY_NEIGH_SUPPRESS], sal_nla_bool);
	*ret_tunnel = NULL;
	if (tb[BRIDGE_VLANDB_ENTRY_TUNNEL_INFO]) {
		sal_nla_index_nested(tunnel, BRIDGE_VLANDB_TINFO_MAX,
				     tb[BRIDGE_VLANDB_ENTRY_TUNNEL_INFO]);
		*ret_tunnel = tunnel[BRIDGE_VLANDB_TINFO_ID];
	}
	return true;
}

struct sal_vlans sal_net_vlans(struct sal_arena *arena, const struct sal_link_bag *bag,
			       uint32_t ifindex)
{
	size_t first, n = sal_net_link_bag_find(bag, ifindex, &first);
	size_t max = attributes_count(bag, first, n), len = 0, ntunnels = 0;
	struct sal_vlan_entry *entries = sal_arena_array(arena, max, sizeof(*entries));
	struct sal_vlan_tunnel *tunnels = NULL;

	for (size_t i = first; i < first + n; i++) {
		const struct nlattr *tunnel;
		size_t size;
		const char *data = attributes(sal_net_link_bag_at(bag, i), &size);

		sal_nla_each(a, data, size)
		{
			struct sal_vlan_entry *entry = &entries[len];

			if (sal_nla_type(a) != BRIDGE_VLANDB_ENTRY ||
			    !entry_decode(a, entry, &tunnel))
				continue;
			len++;
			if (!tunnel)
				continue;
			if (!tunnels)
				tunnels = sal_arena_array(arena, max, sizeof(*tunnels));
			ntunnels = tunnel_add(tunnels, ntunnels, entry->vlan,
					      entry->has.vlan_end ? entry->vlan_end : entry->vlan,
					      sal_nla_u32(tunnel));
		}
	}
	return (struct sal_vlans){ { entries, len }, { tunnels, ntunnels } };
}

/* MDBA_ROUTER holds an MDBA_ROUTER_PORT for each, which begins with the number of the port. */
static struct sal_vlan_router_port_array routers_decode(const struct sal_link_ctx *ctx,
							const struct nlattr *ports)
{
	const struct nlattr *tb[MDBA_MAX + 1];
	struct sal_vlan_router_port *items;
	size_t n = 0;

	sal_nla_index_nested(tb, MDBA_MAX, ports);
	if (!tb[MDBA_ROUTER])
		return (struct sal_vlan_router_port_array){ NULL, 0 };
	sal_nla_each_nested(a, tb[MDBA_ROUTER]) n++;
	items = sal_arena_array(ctx->arena, n, sizeof(*items));
	n = 0;
	sal_nla_each_nested(a, tb[MDBA_ROUTER])
	{
		if (sal_nla_type(a) == MDBA_ROUTER_PORT && sal_nla_u32(a))
			items[n++].port = sal_link_ctx_name(ctx, sal_nla_u32(a));
	}
	return (struct sal_vlan_router_port_array){ items, n };
}

static bool options_decode(const struct sal_link_ctx *ctx, const struct nlattr *nest,
			   struct sal_vlan_options *o)
{
	const struct nlattr *tb[BRIDGE_VLANDB_GOPTS_MAX + 1];
	uint32_t last;

	sal_nla_index_nested(tb, BRIDGE_VLANDB_GOPTS_MAX, nest);
	if (!tb[BRIDGE_VLANDB_GOPTS_ID])
		return false;
	*o = (struct sal_vlan_options){ .vlan = sal_nla_u16(tb[BRIDGE_VLANDB_GOPTS_ID]) };
	last = range_end(o->vlan, tb[BRIDGE_VLANDB_GOPTS_RANGE]);
	if (last > o->vlan)
		sal_set(o, vlan_end, last);
	sal_take(o, mcast_snooping, tb[BRIDGE_VLANDB_GOPTS_MCAST_SNOOPING], sal_nla_u8);
	sal_take(o, mcast_querier, tb[BRIDGE_VLANDB_GOPTS_MCAST_QUERIER], sal_nla_u8);
	sal_take(o, mcast_igmp_version, tb[BRIDGE_VLANDB_GOPTS_MCAST_IGMP_VERSION], sal_nla_u8);
	sal_take(o, mcast_mld_version, tb[BRIDGE_VLANDB_GOPTS_MCAST_MLD_VERSION], sal_nla_u8);
	sal_take(o, mcast_last_member_count, tb[BRIDGE_VLANDB_GOPTS_MCAST_LAST_MEMBER_CNT],
		 sal_nla_u32);
	sal_take(o, mcast_last_member_interval, tb[BRIDGE_VLANDB_GOPTS_MCAST_LAST_MEMBER_INTVL],
		 sal_nla_u64);
	sal_take(o, mcast_startup_query_count, tb[BRIDGE_VLANDB_GOPTS_MCAST_STARTUP_QUERY_CNT],
		 sal_nla_u32);
	sal_take(o, mcast_startup_query_interval, tb[BRIDGE_VLANDB_GOPTS_MCAST_STARTUP_QUERY_INTVL],
		 sal_nla_u64);
	sal_take(o, mcast_membership_interval, tb[BRIDGE_VLANDB_GOPTS_MCAST_MEMBERSHIP_INTVL],
		 sal_nla_u64);
	sal_take(o, mcast_querier_interval, tb[BRIDGE_VLANDB_GOPTS_MCAST_QUERIER_INTVL],
		 sal_nla_u64);
	sal_take(o, mcast_query_interval, tb[BRIDGE_VLANDB_GOPTS_MCAST_QUERY_INTVL], sal_nla_u64);
	sal_take(o, mcast_query_response_interval,
		 tb[BRIDGE_VLANDB_GOPTS_MCAST_QUERY_RESPONSE_INTVL], sal_nla_u64);
	sal_take(o, msti, tb[BRIDGE_VLANDB_GOPTS_MSTI], sal_nla_u16);
	if (tb[BRIDGE_VLANDB_GOPTS_MCAST_ROUTER_PORTS])
		o->router_ports = routers_decode(ctx, tb[BRIDGE_VLANDB_GOPTS_MCAST_ROUTER_PORTS]);
	o->has.router_ports = o->router_ports.len > 0;
	return true;
}

struct sal_vlan_options_array sal_net_vlan_options(const struct sal_link_ctx *ctx,
						   const struct sal_link_bag *bag, uint32_t ifindex)
{
	size_t first, n = sal_net_link_bag_find(bag, ifindex, &first);
	size_t max = attributes_count(bag, first, n), len = 0;
	struct sal_vlan_options *items = sal_arena_array(ctx->arena, max, sizeof(*items));

	for (size_t i = first; i < first + n; i++) {
		size_t size;
		const char *data = attributes(sal_net_link_bag_at(bag, i), &size);

		sal_nla_each(a, data, size)
		{
			if (sal_nla_type(a) == BRIDGE_VLANDB_GLOBAL_OPTIONS &&
			    options_decode(ctx, a, &items[len]))
				len++;
		}
	}
	return (struct sal_vlan_options_array){ items, len };
}

int sal_net_vlans_keep(const struct nlmsghdr *message, void *bag, struct sal_error *err)
{
	uint32_t ifindex = sal_net_vlan_device(message);

	if (ifindex)
		sal_net_link_bag_add(bag, ifindex, message);
	return 0;
}

int sal_net_vlans_dump(struct sal_nl *nl, enum sal_vlans_kind kind, sal_nl_each *each, void *ctx,
		       bool *ret_known, bool *ret_consistent, struct sal_error *err)
{
	struct sal_error refusal = { 0 };
	struct sal_nl_request request;
	struct br_vlan_msg *header = sal_nl_begin(&request, RTM_GETVLAN, 0, sizeof(*header));
	int r;

	header->family = AF_BRIDGE;
	if (kind == SAL_VLANS_OPTIONS)
		sal_nl_put_u32(&request, BRIDGE_VLANDB_DUMP_FLAGS, BRIDGE_VLANDB_DUMPF_GLOBAL);
	r = sal_nl_dump(nl, &request, each, ctx, ret_consistent, &refusal);
	*ret_known = r != -EOPNOTSUPP;
	if (!*ret_known) {
		*ret_consistent = true;
		return 0;
	}
	if (r < 0 && err)
		*err = refusal;
	return r;
}

int sal_net_vlans_watch(struct sal_nl *notices, struct sal_error *err)
{
	struct sal_error refusal = { 0 };
	int r = sal_nl_open(notices, NETLINK_ROUTE, err);

	if (r < 0)
		return r;
	r = sal_nl_join(notices, RTNLGRP_BRVLAN, &refusal);
	if (r == -EINVAL) /* before 5.6, when there was no such dump either */
		return 0;
	if (r < 0 && err)
		*err = refusal;
	return r;
}
