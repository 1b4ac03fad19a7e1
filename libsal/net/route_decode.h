/*
 * route_decode.h - from an RTM_NEWROUTE message to a struct sal_route, and no further.
 *
 * Used by route.c, which sends the requests and filters. Nothing in a message is trusted: what is
 * malformed is left out. Names and values are those of ip -j -d route (iproute2 6.1).
 */
#pragma once

#include <linux/rtnetlink.h>

#include "gen/net.routes.h"
#include "kernel/ifnames.h"
#include "kernel/nl_attr.h"
#include "net/names.h"

struct sal_net_nexthops;

struct sal_net_route_decoder {
	struct sal_arena *arena; /* marked and reset by the caller, a route at a time */
	struct sal_net_names *names;
	struct sal_ifnames *ifnames;
	struct sal_net_nexthops *nexthops; /* NULL: nh_info is left out */
};

/* A message taken apart, for filters to look at before anything is decoded. */
struct sal_net_route_message {
	const struct rtmsg *header;
	const struct nlattr *attrs[RTA_MAX + 1];
	uint32_t table;
};

/* The legs of RTA_MULTIPATH; one that does not lie wholly inside ends the walk. */
static inline const struct rtnexthop *sal_net_route_leg_at(const struct nlattr *multipath,
							   size_t offset)
{
	const struct rtnexthop *leg =
		(const void *)((const char *)sal_nla_data(multipath) + offset);
	size_t len = sal_nla_len(multipath);

	if (offset >= len || len - offset < sizeof(*leg) || leg->rtnh_len < sizeof(*leg) ||
	    leg->rtnh_len > len - offset)
		return NULL;
	return leg;
}

static inline const struct rtnexthop *sal_net_route_leg_next(const struct nlattr *multipath,
							     const struct rtnexthop *leg)
{
	size_t offset = (const char *)leg - (const char *)sal_nla_data(multipath);

	return sal_net_route_leg_at(multipath, offset + NLA_ALIGN(leg->rtnh_len));
}

/* False when it is no route message, or too short for one. */
bool sal_net_route_open(const struct nlmsghdr *message, struct sal_net_route_message *ret_route);
/* Its destination; 0 bits of its family for a default route. */
void sal_net_route_dst(const struct sal_net_route_message *message, struct sal_prefix *ret_dst);
/* Fills *ret_route, whose strings live until the arena is reset or the next route is decoded. */
void sal_net_route_decode(struct sal_net_route_decoder *decoder,
			  const struct sal_net_route_message *message, struct sal_route *ret_route);

/* The flags of a route, leg or nexthop object as ip(8) words them. */
struct sal_strings sal_net_route_flags(struct sal_arena *arena, uint32_t flags);
/* A name of an interface or of a number, that lives as long as the arena. */
const char *sal_net_route_ifname(struct sal_net_route_decoder *decoder, uint32_t index);
const char *sal_net_route_name(struct sal_net_route_decoder *decoder, enum sal_net_names_kind kind,
			       uint32_t id);
