/*
 * vlan.c - net.vlan: VLANs of bridges and their ports, of bridges as a whole, and VLAN devices.
 *
 * Links are dumped first, to know which are bridges, ports and VLAN devices; the VLANs of ports are
 * then written as the kernel hands them over, device by device, so that memory does not grow with
 * their number. What is small comes at the end: bridges with their options, and VLAN devices.
 */
#include <linux/if.h>

#include "gen/net.vlan.h"
#include "kernel/ifnames.h"
#include "net/link.h"
#include "net/retry.h"
#include "net/vlan_decode.h"

struct listing {
	struct sal_call *call;
	const struct sal_net_vlan_params *params;
	struct sal_nl nl, notices;
	struct sal_link_names links;
	struct sal_net_names names;
	struct sal_link_ctx ctx;
	/* Messages by the number of the link they are about; of the link asked for, any kind. */
	struct sal_link_bag bridges, ports, vlan_links;
	struct sal_link_bag options;
	struct sal_link_bag device; /* the VLANs of one, as far as they have come */
	uint32_t only, only_master; /* the link asked for and, if it is a port, its bridge; or 0 */
	bool only_seen;
};

static void listing_empty(struct listing *l)
{
	sal_net_link_bag_done(&l->bridges);
	sal_net_link_bag_done(&l->ports);
	sal_net_link_bag_done(&l->vlan_links);
	sal_net_link_bag_done(&l->options);
	sal_net_link_bag_done(&l->device);
	l->only_master = 0;
	l->only_seen = false;
}

static void listing_done(struct listing *l)
{
	listing_empty(l);
	sal_nl_close(&l->nl);
	sal_nl_close(&l->notices);
	sal_net_link_names_close(&l->links);
	sal_net_names_done(&l->names);
}

/* The number in an attribute, or 0. */
static uint32_t index_of(const struct sal_link_message *link, uint16_t type)
{
	return link->tb[type] ? sal_nla_u32(link->tb[type]) : 0;
}

static int link_keep(const struct nlmsghdr *message, void *ctx, struct sal_error *err)
{
	struct listing *l = ctx;
	struct sal_arena_mark mark = sal_arena_mark(l->call->arena);
	struct sal_link_message link;

	if (sal_net_link_read(message, l->call->arena, &link)) {
		const struct nlattr *info = link.tb[IFLA_LINKINFO];
		uint32_t index = link.header->ifi_index;
		bool port = sal_net_linkinfo_is(info, "bridge_slave") && link.tb[IFLA_MASTER];

		sal_net_link_names_put(&l->links, index, link.name, link.header->ifi_flags);
		if (sal_net_linkinfo_is(info, "bridge"))
			sal_net_link_bag_add(&l->bridges, index, message);
		if (port)
			sal_net_link_bag_add(&l->ports, index, message);
		if (sal_net_linkinfo_is(info, "vlan"))
			sal_net_link_bag_add(&l->vlan_links, index, message);
		if (index == l->only) {
			l->only_seen = true;
			l->only_master = port ? index_of(&link, IFLA_MASTER) : 0;
		}
	}
	sal_arena_reset(l->call->arena, mark);
	return 0;
}

static int links_dump(struct listing *l, bool *ret_consistent, struct sal_error *err)
{
	struct sal_nl_request request;
	int r;

	sal_nl_begin(&request, RTM_GETLINK, 0, sizeof(struct ifinfomsg));
	sal_nl_put_u32(&request, IFLA_EXT_MASK, sal_net_link_ext_mask(false));
	r = sal_nl_dump(&l->nl, &request, link_keep, l, ret_consistent, err);
	sal_net_link_bag_sort(&l->bridges);
	sal_net_link_bag_sort(&l->ports);
	sal_net_link_bag_sort(&l->vlan_links);
	return r;
}

/* The bridge of a port, a bridge's own number for itself, 0 for any other link. */
static uint32_t bridge_of(const struct listing *l, uint32_t index)
{
	size_t at;
	struct sal_link_message link;

	if (sal_net_link_bag_find(&l->bridges, index, &at))
		return index;
	if (!sal_net_link_bag_find(&l->ports, index, &at) ||
	    !sal_net_link_read(sal_net_link_bag_at(&l->ports, at), l->call->arena, &link))
		return 0;
	return index_of(&link, IFLA_MASTER);
}

static bool port_wanted(const struct listing *l, uint32_t index, uint32_t bridge)
{
	return !l->only || index == l->only || bridge == l->only;
}

static bool bridge_wanted(const struct listing *l, uint32_t index)
{
	return !l->only || index == l->only || index == l->only_master;
}

static bool vlan_link_wanted(const struct listing *l, const struct sal_link_message *link)
{
	return !l->only || (uint32_t)link->header->ifi_index == l->only ||
	       (!link->tb[IFLA_LINK_NETNSID] && index_of(link, IFLA_LINK) == l->only);
}

/* The VLANs of the device whose messages have all come. */
static int device_emit(struct listing *l, struct sal_error *err)
{
	struct sal_arena_mark mark = sal_arena_mark(l->call->arena);
	uint32_t index = l->device.len ? l->device.entries[0].ifindex : 0;
	uint32_t bridge = index ? bridge_of(l, index) : 0;
	int r = 0;

	if (bridge && port_wanted(l, index, bridge)) {
		struct sal_vlans vlans = sal_net_vlans(l->call->arena, &l->device, index);
		struct sal_vlan_port port = {
			.ifindex = index,
			.ifname = sal_link_ctx_name(&l->ctx, index),
			.master = sal_link_ctx_name(&l->ctx, bridge),
			.vlans = vlans.entries,
			.tunnels = vlans.tunnels,
		};

		port.has.tunnels = vlans.tunnels.len > 0;
		r = sal_net_vlan_item(l->call, &port, err);
	}
	sal_net_link_bag_done(&l->device);
	sal_arena_reset(l->call->arena, mark);
	return r;
}

static int vlans_take(const struct nlmsghdr *message, void *ctx, struct sal_error *err)
{
	struct listing *l = ctx;
	uint32_t index = sal_net_vlan_device(message);
	int r = 0;

	if (!index)
		return 0;
	if (l->device.len && l->device.entries[0].ifindex != index)
		r = device_emit(l, err);
	sal_net_link_bag_add(&l->device, index, message);
	return r;
}

/* Whether there is anything to be said of the link that was asked for. */
static int only_check(struct listing *l, struct sal_error *err)
{
	struct sal_arena_mark mark = sal_arena_mark(l->call->arena);
	bool any = bridge_of(l, l->only) != 0;
	int r;

	if (!l->only_seen)
		return sal_ifnames_missing(err, l->params->ifname, "/ifname");
	for (size_t i = 0; i < l->vlan_links.len && !any; i++) {
		struct sal_link_message link;

		any = sal_net_link_read(sal_net_link_bag_at(&l->vlan_links, i), l->call->arena,
					&link) &&
		      vlan_link_wanted(l, &link);
	}
	sal_arena_reset(l->call->arena, mark);
	if (any)
		return 0;
	r = sal_fail(err, SAL_NOT_FOUND,
		     "%s is neither a bridge, nor a port of one, nor a VLAN device, nor does one "
		     "stand on it",
		     l->params->ifname);
	sal_error_subject(err, "interface %s", l->params->ifname);
	sal_error_field(err, "/ifname");
	return r;
}

/* Everything once. */
static int vlans_list(void *ctx, bool *ret_consistent, struct sal_error *err)
{
	struct listing *l = ctx;
	bool links = true, entries = true, options = true, known;
	int r;

	listing_empty(l);
	sal_nl_noticed(&l->notices);
	r = links_dump(l, &links, err);
	if (r == 0 && l->only)
		r = only_check(l, err);
	if (r == 0)
		r = sal_net_vlans_dump(&l->nl, SAL_VLANS_OPTIONS, sal_net_vlans_keep, &l->options,
				       &known, &options, err);
	sal_net_link_bag_sort(&l->options);
	if (r == 0)
		r = sal_net_vlans_dump(&l->nl, SAL_VLANS_ENTRIES, vlans_take, l, &known, &entries,
				       err);
	if (r == 0)
		r = device_emit(l, err);
	*ret_consistent = links && entries && options && !sal_nl_noticed(&l->notices);
	return r;
}

static void bridge_decode(const struct listing *l, const struct sal_link_message *link,
			  struct sal_vlan_bridge *b)
{
	struct sal_link_info info = { 0 };
	const struct sal_bridge_info *data;

	b->ifindex = link->header->ifi_index;
	b->ifname = link->name;
	b->vlans = sal_net_vlan_options(&l->ctx, &l->options, b->ifindex);
	sal_net_linkinfo_decode(&l->ctx, link->tb[IFLA_LINKINFO], &info);
	if (info.info_data.type != &sal_bridge_info_type)
		return;
	data = info.info_data.value;
	if (data->has.vlan_filtering)
		sal_set(b, vlan_filtering, data->vlan_filtering);
	if (data->has.vlan_protocol)
		sal_set(b, vlan_protocol, data->vlan_protocol);
	if (data->has.vlan_default_pvid)
		sal_set(b, vlan_default_pvid, data->vlan_default_pvid);
	if (data->has.vlan_stats_enabled)
		sal_set(b, vlan_stats_enabled, data->vlan_stats_enabled);
	if (data->has.vlan_stats_per_port)
		sal_set(b, vlan_stats_per_port, data->vlan_stats_per_port);
	if (data->has.mcast_snooping)
		sal_set(b, mcast_snooping, data->mcast_snooping);
	if (data->has.mcast_vlan_snooping)
		sal_set(b, mcast_vlan_snooping, data->mcast_vlan_snooping);
}

static struct sal_vlan_bridge_array bridges_decode(const struct listing *l)
{
	struct sal_vlan_bridge *items =
		sal_arena_array(l->call->arena, l->bridges.len, sizeof(*items));
	size_t n = 0;

	for (size_t i = 0; i < l->bridges.len; i++) {
		struct sal_link_message link;

		sal_net_link_read(sal_net_link_bag_at(&l->bridges, i), l->call->arena, &link);
		if (bridge_wanted(l, link.header->ifi_index))
			bridge_decode(l, &link, &items[n++]);
	}
	return (struct sal_vlan_bridge_array){ items, n };
}

static void vlan_link_decode(const struct listing *l, const struct sal_link_message *link,
			     struct sal_vlan_link *v)
{
	struct sal_interface i;

	sal_net_link_decode(&l->ctx, link, &i);
	v->ifindex = i.ifindex;
	v->ifname = i.ifname;
	v->flags = i.flags;
	v->linkinfo = i.linkinfo; /* it has said that this is a VLAN device */
	if (i.has.link)
		sal_set(v, link, i.link);
	if (i.has.link_index)
		sal_set(v, link_index, i.link_index);
	if (i.has.link_netnsid)
		sal_set(v, link_netnsid, i.link_netnsid);
	if (i.has.mtu)
		sal_set(v, mtu, i.mtu);
	if (i.has.master)
		sal_set(v, master, i.master);
	if (i.has.operstate)
		sal_set(v, operstate, i.operstate);
	if (i.has.address)
		sal_set(v, address, i.address);
	if (i.has.ifalias)
		sal_set(v, ifalias, i.ifalias);
}

static struct sal_vlan_link_array vlan_links_decode(const struct listing *l)
{
	struct sal_vlan_link *items =
		sal_arena_array(l->call->arena, l->vlan_links.len, sizeof(*items));
	size_t n = 0;

	for (size_t i = 0; i < l->vlan_links.len; i++) {
		struct sal_link_message link;

		sal_net_link_read(sal_net_link_bag_at(&l->vlan_links, i), l->call->arena, &link);
		if (vlan_link_wanted(l, &link))
			vlan_link_decode(l, &link, &items[n++]);
	}
	return (struct sal_vlan_link_array){ items, n };
}

static int listing_open(struct listing *l, struct sal_error *err)
{
	const struct nlmsghdr *message;
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
	if (!l->params->has.ifname)
		return 0;
	r = sal_net_link_find(&l->nl, l->call->arena, l->params->ifname, "/ifname", false, &message,
			      err);
	if (r == 0)
		l->only = ((const struct ifinfomsg *)NLMSG_DATA(message))->ifi_index;
	return r;
}

int sal_net_vlan(struct sal_call *call, const struct sal_net_vlan_params *params,
		 struct sal_error *err)
{
	SAL_CLEANUP(listing_done)
	struct listing l = { .call = call, .params = params, .links = SAL_LINK_NAMES_EMPTY };
	struct sal_net_vlan_result result = { .consistent = false };
	int r = listing_open(&l, err);

	if (r == 0)
		r = sal_net_retry(call, vlans_list, &l, &result.consistent, err);
	if (r < 0)
		return r;
	result.bridges = bridges_decode(&l);
	result.links = vlan_links_decode(&l);
	return sal_net_vlan_done(call, &result, err);
}
