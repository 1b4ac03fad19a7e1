/* rtnl_route.c - see rtnl_route.h. */
#include "kernel/rtnl_route.h"

#include <errno.h>
#include <netlink/msg.h>
#include <netlink/route/nexthop.h>
#include <netlink/route/route.h>

#include "base/arena.h"

static struct nl_addr *address_new(const struct sal_ip *ip, int prefixlen)
{
	struct nl_addr *addr = nl_addr_build(ip->family, ip->bytes, ip->family == AF_INET ? 4 : 16);

	if (!addr)
		sal_oom();
	if (prefixlen >= 0)
		nl_addr_set_prefixlen(addr, prefixlen);
	return addr;
}

static void leg_add(struct rtnl_route *route, const struct sal_rtnl_leg *leg, uint8_t family)
{
	struct rtnl_nexthop *nh = rtnl_route_nh_alloc();

	if (!nh)
		sal_oom();
	rtnl_route_nh_set_ifindex(nh, leg->ifindex);
	rtnl_route_nh_set_weight(nh, leg->weight ? leg->weight - 1 : 0);
	if (leg->onlink)
		rtnl_route_nh_set_flags(nh, RTNH_F_ONLINK);
	if (leg->gateway.family) {
		struct nl_addr *gateway = address_new(&leg->gateway, -1);

		if (leg->gateway.family == family)
			rtnl_route_nh_set_gateway(nh, gateway);
		else
			rtnl_route_nh_set_via(nh, gateway);
		nl_addr_put(gateway);
	}
	rtnl_route_add_nexthop(route, nh);
}

static struct rtnl_route *route_build(const struct sal_rtnl_route *from)
{
	struct rtnl_route *route = rtnl_route_alloc();
	struct sal_ip dst = from->dst.ip;
	struct nl_addr *addr;

	if (!route)
		sal_oom();
	dst.family = from->family;
	rtnl_route_set_family(route, from->family);
	addr = address_new(&dst, from->dst.len);
	rtnl_route_set_dst(route, addr);
	nl_addr_put(addr);
	rtnl_route_set_table(route, from->table);
	rtnl_route_set_type(route, from->type);
	rtnl_route_set_scope(route, from->scope);
	rtnl_route_set_protocol(route, from->protocol);
	rtnl_route_set_tos(route, from->tos);
	if (from->metric)
		rtnl_route_set_priority(route, from->metric);
	if (from->prefsrc.family) {
		addr = address_new(&from->prefsrc, -1);
		rtnl_route_set_pref_src(route, addr);
		nl_addr_put(addr);
	}
	for (size_t i = 0; i < from->nlegs; i++)
		leg_add(route, &from->legs[i], from->family);
	return route;
}

/* libnl's message goes out through our own socket: its refusals keep the kernel's words. */
static int message_send(struct sal_nl *nl, struct nl_msg *msg, struct sal_error *err)
{
	const struct nlmsghdr *header = nlmsg_hdr(msg);
	struct sal_nl_request request;

	if (header->nlmsg_len > sizeof(request.bytes))
		return sal_fail(err, SAL_LIMIT, "too many next hops for one message");
	memcpy(request.bytes, header, header->nlmsg_len);
	return sal_nl_talk(nl, &request, NULL, NULL, err);
}

int sal_rtnl_route_add(struct sal_nl *nl, const struct sal_rtnl_route *from, int flags,
		       struct sal_error *err)
{
	struct rtnl_route *route = route_build(from);
	struct nl_msg *msg = NULL;
	int r = rtnl_route_build_add_request(route, flags, &msg);

	r = r < 0 ? sal_fail_errno(err, EINVAL, "cannot build the route")
		  : message_send(nl, msg, err);
	nlmsg_free(msg);
	rtnl_route_put(route);
	return r;
}

int sal_rtnl_route_delete(struct sal_nl *nl, const struct sal_rtnl_route *from,
			  struct sal_error *err)
{
	struct rtnl_route *route = route_build(from);
	struct nl_msg *msg = NULL;
	int r = rtnl_route_build_del_request(route, 0, &msg);

	r = r < 0 ? sal_fail_errno(err, EINVAL, "cannot build the route")
		  : message_send(nl, msg, err);
	nlmsg_free(msg);
	rtnl_route_put(route);
	return r;
}
