/*
 * bridge.c - net.bridge: Linux bridges with ports, VLANs and the size of forwarding tables.
 *
 * Links are dumped once; the ports among them stay raw until their bridge is written. They come
 * from the links' own dump and not from the bridge family's, which does not say when a peer is in
 * another namespace. Open vSwitch is not looked at. Source: linux/if_bridge.h.
 */
#include "net/bridge.h"

#include <linux/if.h>
#include <linux/if_bridge.h>

#include "net/fdb.h"
#include "net/link.h"
#include "net/retry.h"
#include "net/vlan_decode.h"

struct listing {
	struct sal_call *call;
	const struct sal_net_bridge_params *params;
	struct sal_nl nl, notices;
	struct sal_link_names links;
	struct sal_net_names names;
	struct sal_link_bag bridges, ports; /* each by the bridge's number */
	struct sal_link_bag vlans; /* by the device's number */
	bool vlans_known; /* the kernel's bridges know VLANs */
	struct sal_fdb fdb;
	struct sal_link_ctx ctx;
	/* The bridge asked for by name, and its number; or NULL and 0. */
	const struct nlmsghdr *only;
	uint32_t only_index;
	bool shown; /* by another method, after the listing is gone */
};

static void listing_empty(struct listing *l)
{
	sal_net_link_bag_done(&l->bridges);
	sal_net_link_bag_done(&l->ports);
	sal_net_link_bag_done(&l->vlans);
	sal_net_fdb_done(&l->fdb);
}

static void listing_done(struct listing *l)
{
	listing_empty(l);
	sal_nl_close(&l->nl);
	sal_nl_close(&l->notices);
	sal_net_link_names_close(&l->links);
	sal_net_names_done(&l->names);
}

static int link_keep(const struct nlmsghdr *message, void *ctx, struct sal_error *err)
{
	struct listing *l = ctx;
	struct sal_arena_mark mark = sal_arena_mark(l->call->arena);
	struct sal_link_message link;

	if (sal_net_link_read(message, l->call->arena, &link)) {
		const struct nlattr *info = link.tb[IFLA_LINKINFO];
		uint32_t index = link.header->ifi_index;

		sal_net_link_names_put(&l->links, index, link.name, link.header->ifi_flags);
		if (!l->only && sal_net_linkinfo_is(info, "bridge"))
			sal_net_link_bag_add(&l->bridges, index, message);
		if (sal_net_linkinfo_is(info, "bridge_slave") && link.tb[IFLA_MASTER])
			sal_net_link_bag_add(&l->ports, sal_nla_u32(link.tb[IFLA_MASTER]), message);
	}
	sal_arena_reset(l->call->arena, mark);
	return 0;
}

/* Nothing is written before all dumps are whole, so each retry starts afresh. */
static int dumps_take(void *ctx, bool *ret_consistent, struct sal_error *err)
{
	struct listing *l = ctx;
	bool links_consistent, vlans_consistent, fdb_consistent;
	struct sal_error refusal = { 0 };
	struct sal_nl_request request;
	int r;

	listing_empty(l);
	sal_nl_noticed(&l->notices);
	sal_nl_begin(&request, RTM_GETLINK, 0, sizeof(struct ifinfomsg));
	sal_nl_put_u32(&request, IFLA_EXT_MASK, sal_net_link_ext_mask(false));
	if (l->only) {
		sal_nl_put_u32(&request, IFLA_MASTER, l->only_index);
		sal_net_link_bag_add(&l->bridges, l->only_index, l->only);
	}
	r = sal_nl_dump(&l->nl, &request, link_keep, l, &links_consistent, err);
	if (r < 0)
		return r;
	r = sal_net_vlans_dump(&l->nl, SAL_VLANS_ENTRIES, sal_net_vlans_keep, &l->vlans,
			       &l->vlans_known, &vlans_consistent, err);
	if (r < 0)
		return r;
	r = sal_net_fdb_dump(&l->nl, l->only_index, &l->fdb, &fdb_consistent, &refusal);
	if (r < 0) /* ENODEV: the bridge went away after it was found */
		return sal_net_link_refused(r, &refusal, l->only ? l->params->ifname : "",
					    "/ifname", err);
	sal_net_link_bag_sort(&l->bridges);
	sal_net_link_bag_sort(&l->ports);
	sal_net_link_bag_sort(&l->vlans);
	*ret_consistent = links_consistent && vlans_consistent && fdb_consistent &&
			  !sal_nl_noticed(&l->notices);
	return 0;
}

static void port_settings_decode(const struct sal_link_ctx *ctx, const struct nlattr *linkinfo,
				 struct sal_bridge_port *p)
{
	const struct nlattr *info[IFLA_INFO_MAX + 1], *tb[IFLA_BRPORT_MAX + 1];

	sal_nla_index_nested(info, IFLA_INFO_MAX, linkinfo);
	if (!info[IFLA_INFO_SLAVE_DATA])
		return;
	sal_nla_index_nested(tb, IFLA_BRPORT_MAX, info[IFLA_INFO_SLAVE_DATA]);
	if (tb[IFLA_BRPORT_STATE])
		p->state = sal_net_stp_state(sal_nla_u8(tb[IFLA_BRPORT_STATE]));
	p->has.state = p->state != NULL;
	sal_take(p, priority, tb[IFLA_BRPORT_PRIORITY], sal_nla_u16);
	sal_take(p, cost, tb[IFLA_BRPORT_COST], sal_nla_u32);
	sal_take(p, hairpin, tb[IFLA_BRPORT_MODE], sal_nla_bool);
	sal_take(p, guard, tb[IFLA_BRPORT_GUARD], sal_nla_bool);
	sal_take(p, root_block, tb[IFLA_BRPORT_PROTECT], sal_nla_bool);
	sal_take(p, fastleave, tb[IFLA_BRPORT_FAST_LEAVE], sal_nla_bool);
	sal_take(p, learning, tb[IFLA_BRPORT_LEARNING], sal_nla_bool);
	sal_take(p, flood, tb[IFLA_BRPORT_UNICAST_FLOOD], sal_nla_bool);
	sal_take(p, mcast_flood, tb[IFLA_BRPORT_MCAST_FLOOD], sal_nla_bool);
	sal_take(p, bcast_flood, tb[IFLA_BRPORT_BCAST_FLOOD], sal_nla_bool);
	sal_take(p, mcast_router, tb[IFLA_BRPORT_MULTICAST_ROUTER], sal_nla_u8);
	sal_take(p, mcast_to_unicast, tb[IFLA_BRPORT_MCAST_TO_UCAST], sal_nla_bool);
	sal_take(p, neigh_suppress, tb[IFLA_BRPORT_NEIGH_SUPPRESS], sal_nla_bool);
	sal_take(p, vlan_tunnel, tb[IFLA_BRPORT_VLAN_TUNNEL], sal_nla_bool);
	sal_take(p, isolated, tb[IFLA_BRPORT_ISOLATED], sal_nla_bool);
	sal_take(p, locked, tb[IFLA_BRPORT_LOCKED], sal_nla_bool);
	if (tb[IFLA_BRPORT_BACKUP_PORT])
		sal_set(p, backup_port,
			sal_link_ctx_name(ctx, sal_nla_u32(tb[IFLA_BRPORT_BACKUP_PORT])));
}

static void port_vlans_decode(const struct listing *l, struct sal_bridge_port *p)
{
	struct sal_vlans vlans = sal_net_vlans(l->call->arena, &l->vlans, p->ifindex);

	p->vlans = vlans.entries;
	p->has.vlans = l->vlans_known;
	p->tunnels = vlans.tunnels;
	p->has.tunnels = vlans.tunnels.len > 0;
}

static const struct sal_bridge_fdb *fdb_keep(const struct listing *l, struct sal_bridge_fdb fdb)
{
	return sal_arena_dup(l->call->arena, &fdb, sizeof(fdb));
}

/* Strings point into messages: one that is shown must outlive the listing. */
static const struct nlmsghdr *message_kept(const struct listing *l, const struct nlmsghdr *message)
{
	return l->shown ? sal_arena_dup(l->call->arena, message, message->nlmsg_len) : message;
}

static struct sal_bridge_port_array ports_decode(const struct listing *l, const char *bridge,
						 uint32_t index)
{
	size_t first, n = sal_net_link_bag_find(&l->ports, index, &first);
	struct sal_bridge_port *items = sal_arena_array(l->call->arena, n, sizeof(*items));

	for (size_t i = 0; i < n; i++) {
		struct sal_bridge_port *p = &items[i];
		struct sal_link_message link;
		struct sal_link_lower lower;

		sal_net_link_read(message_kept(l, sal_net_link_bag_at(&l->ports, first + i)),
				  l->call->arena, &link);
		lower = sal_net_link_lower(&l->ctx, &link);
		p->ifindex = link.header->ifi_index;
		p->ifname = link.name;
		p->flags = sal_net_link_flags(l->call->arena, link.header->ifi_flags, lower.down);
		p->master = bridge;
		if (lower.name)
			sal_set(p, link, lower.name);
		if (lower.has_index)
			sal_set(p, link_index, lower.index);
		if (link.tb[IFLA_LINK_NETNSID])
			sal_set(p, link_netnsid, (int32_t)sal_nla_u32(link.tb[IFLA_LINK_NETNSID]));
		sal_take(p, mtu, link.tb[IFLA_MTU], sal_nla_u32);
		port_settings_decode(&l->ctx, link.tb[IFLA_LINKINFO], p);
		port_vlans_decode(l, p);
		p->fdb = fdb_keep(l, sal_net_fdb_of_port(&l->fdb, index, p->ifindex));
	}
	return (struct sal_bridge_port_array){ items, n };
}

static struct sal_bridge bridge_decode(struct listing *l, const struct nlmsghdr *message)
{
	struct sal_link_message link;
	struct sal_interface i;
	struct sal_bridge bridge = { 0 };

	sal_net_link_read(message_kept(l, message), l->call->arena, &link);
	sal_net_link_decode(&l->ctx, &link, &i);
	bridge.ifindex = i.ifindex;
	bridge.ifname = i.ifname;
	bridge.flags = i.flags;
	bridge.up = link.header->ifi_flags & IFF_UP;
	if (i.has.mtu)
		sal_set(&bridge, mtu, i.mtu);
	if (i.has.master)
		sal_set(&bridge, master, i.master);
	if (i.has.operstate)
		sal_set(&bridge, operstate, i.operstate);
	if (i.has.address)
		sal_set(&bridge, address, i.address);
	if (i.has.ifalias)
		sal_set(&bridge, ifalias, i.ifalias);
	bridge.linkinfo = i.linkinfo; /* it has said that this is a bridge */
	bridge.ports = ports_decode(l, i.ifname, i.ifindex);
	bridge.vlans = sal_net_vlans(l->call->arena, &l->vlans, i.ifindex).entries;
	bridge.has.vlans = l->vlans_known;
	bridge.fdb = fdb_keep(l, sal_net_fdb_of_bridge(&l->fdb, i.ifindex));
	bridge.fdb_count = bridge.fdb->permanent + bridge.fdb->static_ + bridge.fdb->dynamic;
	return bridge;
}

static int bridges_emit(struct listing *l, struct sal_error *err)
{
	int r = 0;

	for (size_t i = 0; i < l->bridges.len && r == 0; i++) {
		struct sal_arena_mark mark = sal_arena_mark(l->call->arena);
		struct sal_bridge bridge = bridge_decode(l, sal_net_link_bag_at(&l->bridges, i));

		r = sal_net_bridge_item(l->call, &bridge, err);
		sal_arena_reset(l->call->arena, mark);
	}
	return r;
}

/* Finds the bridge asked for; a link that is none is said to be none. */
static int bridge_find(struct listing *l, const char *name, struct sal_error *err)
{
	struct sal_link_message link = { 0 };
	struct sal_link_info info = { 0 };
	int r = sal_net_link_find(&l->nl, l->call->arena, name, "/ifname", false, &l->only, err);

	if (r < 0)
		return r;
	if (sal_net_link_read(l->only, l->call->arena, &link) &&
	    sal_net_linkinfo_is(link.tb[IFLA_LINKINFO], "bridge")) {
		l->only_index = link.header->ifi_index;
		return 0;
	}
	if (link.tb[IFLA_LINKINFO])
		sal_net_linkinfo_decode(&l->ctx, link.tb[IFLA_LINKINFO], &info);
	r = sal_fail(err, SAL_NOT_FOUND, "%s is no bridge but a link of kind %s", name,
		     info.info_kind ? info.info_kind : "none");
	sal_error_subject(err, "interface %s", name);
	sal_error_field(err, "/ifname");
	return r;
}

static int listing_open(struct listing *l, struct sal_error *err)
{
	int r;

	sal_net_names_init(&l->names);
	r = sal_nl_open(&l->nl, NETLINK_ROUTE, err);
	if (r == 0)
		r = sal_net_vlans_watch(&l->notices, err);
	if (r == 0)
		r = sal_net_link_names_open(&l->links, err);
	if (r < 0)
		return r;
	l->ctx = (struct sal_link_ctx){ l->call->arena, &l->links, &l->names, false };
	return l->params->has.ifname ? bridge_find(l, l->params->ifname, err) : 0;
}

/* Nothing is written before both dumps are whole, so each retry starts afresh. */
static int listing_take(struct listing *l, bool *ret_consistent, struct sal_error *err)
{
	int r = listing_open(l, err);

	return r < 0 ? r : sal_net_retry(l->call, dumps_take, l, ret_consistent, err);
}

int sal_net_bridge_show(struct sal_call *call, const char *ifname, struct sal_bridge *ret_bridge,
			struct sal_error *err)
{
	struct sal_net_bridge_params params = { .ifname = ifname };
	SAL_CLEANUP(listing_done)
	struct listing l = { .call = call, .params = &params, .links = SAL_LINK_NAMES_EMPTY };
	bool consistent = false;
	int r;

	params.has.ifname = true;
	l.shown = true;
	r = listing_take(&l, &consistent, err);
	if (r < 0)
		return r;
	*ret_bridge = bridge_decode(&l, sal_net_link_bag_at(&l.bridges, 0));
	return 0;
}

int sal_net_bridge(struct sal_call *call, const struct sal_net_bridge_params *params,
		   struct sal_error *err)
{
	SAL_CLEANUP(listing_done)
	struct listing l = { .call = call, .params = params, .links = SAL_LINK_NAMES_EMPTY };
	struct sal_net_bridge_result result = { .consistent = false };
	int r = listing_take(&l, &result.consistent, err);

	if (r == 0)
		r = bridges_emit(&l, err);
	return r < 0 ? r : sal_net_bridge_done(call, &result, err);
}
