/*
 * route.c - net.routes: dumps the kernel's routing tables, filtered.
 *
 * Filters go to the kernel where it knows them (table, protocol, interface, family: strict checking
 * since Linux 4.20) and are checked again here. What a message says is read by route_decode.c.
 * Sources: rtnetlink(7), RFC 3549 section 3.1; the oracle is ip -j -d route.
 */
#include <errno.h>

#include "gen/net.routes.h"
#include "kernel/nl.h"
#include "net/nexthop.h"
#include "net/retry.h"
#include "net/route_decode.h"

struct filter {
	uint32_t table; /* 0: all */
	uint32_t dev; /* 0: any */
	bool by_protocol;
	uint8_t protocol;
	bool by_dst;
	struct sal_prefix dst;
};

struct listing {
	struct sal_call *call;
	const struct sal_net_routes_params *params;
	struct sal_nl nl;
	struct filter filter;
	uint8_t family; /* of the dump that runs */
	struct sal_net_route_decoder decoder;
	struct sal_route route;
};

static bool dst_matches(const struct sal_prefix *want, const struct sal_prefix *have)
{
	unsigned bytes = want->len / 8, bits = want->len % 8;

	if (want->len != have->len || (want->ip.family && want->ip.family != have->ip.family))
		return false;
	if (memcmp(want->ip.bytes, have->ip.bytes, bytes) != 0)
		return false;
	return !bits || !((want->ip.bytes[bytes] ^ have->ip.bytes[bytes]) >> (8 - bits));
}

static bool dev_matches(const struct nlmsghdr *message, const struct sal_net_route_message *route,
			uint32_t dev)
{
	const struct nlattr *oif = route->attrs[RTA_OIF], *legs = route->attrs[RTA_MULTIPATH];

	if (oif)
		return sal_nla_u32(oif) == dev;
	if (legs) {
		for (const struct rtnexthop *leg = sal_net_route_leg_at(legs, 0); leg;
		     leg = sal_net_route_leg_next(legs, leg)) {
			if ((uint32_t)leg->rtnh_ifindex == dev)
				return true;
		}
		return false;
	}
	/* Without nexthop_compat_mode only the kernel sees through a nexthop object. */
	return route->attrs[RTA_NH_ID] && (message->nlmsg_flags & NLM_F_DUMP_FILTERED);
}

static bool filter_matches(const struct filter *filter, const struct nlmsghdr *message,
			   const struct sal_net_route_message *route)
{
	struct sal_prefix dst;

	if (route->header->rtm_flags & RTM_F_CLONED)
		return false;
	if (filter->table && filter->table != route->table)
		return false;
	if (filter->by_protocol && filter->protocol != route->header->rtm_protocol)
		return false;
	if (filter->dev && !dev_matches(message, route, filter->dev))
		return false;
	if (!filter->by_dst)
		return true;
	sal_net_route_dst(route, &dst);
	return dst_matches(&filter->dst, &dst);
}

static int route_emit(const struct nlmsghdr *message, void *ctx, struct sal_error *err)
{
	struct listing *listing = ctx;
	struct sal_net_route_message route;
	struct sal_arena_mark mark;
	int r;

	/* A kernel without IPv6 answers for every family it has. */
	if (!sal_net_route_open(message, &route) || route.header->rtm_family != listing->family ||
	    !filter_matches(&listing->filter, message, &route))
		return 0;
	mark = sal_arena_mark(listing->call->arena);
	sal_net_route_decode(&listing->decoder, &route, &listing->route);
	r = sal_net_routes_item(listing->call, &listing->route, err);
	sal_arena_reset(listing->call->arena, mark);
	return r;
}

static int family_dump(struct listing *listing, uint8_t family, bool *ret_consistent,
		       struct sal_error *err)
{
	const struct filter *filter = &listing->filter;
	struct sal_nl_request request;
	struct sal_error refusal = { 0 };
	struct rtmsg *header = sal_nl_begin(&request, RTM_GETROUTE, 0, sizeof(*header));
	int r;

	header->rtm_family = family;
	header->rtm_protocol = filter->protocol;
	if (filter->table)
		sal_nl_put_u32(&request, RTA_TABLE, filter->table);
	if (filter->dev)
		sal_nl_put_u32(&request, RTA_OIF, filter->dev);
	listing->family = family;
	r = sal_nl_dump(&listing->nl, &request, route_emit, listing, ret_consistent, &refusal);
	if (r == -ENOENT && filter->table) { /* no such table: no routes */
		*ret_consistent = true;
		return 0;
	}
	if (r == -ENODEV && filter->dev) {
		r = sal_fail(err, SAL_NOT_FOUND, "the interface vanished meanwhile");
		sal_error_field(err, "/dev");
		return r;
	}
	if (r < 0 && err)
		*err = refusal;
	return r;
}

static int filter_table(struct filter *filter, struct sal_net_names *names, const char *table,
			struct sal_error *err)
{
	int r;

	if (strcmp(table, "all") == 0 ||
	    sal_net_names_find(names, SAL_NET_NAMES_TABLE, table, UINT32_MAX, &filter->table))
		return 0;
	r = sal_fail(err, SAL_NOT_FOUND, "no routing table named %s in /etc/iproute2/rt_tables",
		     table);
	sal_error_subject(err, "routing table %s", table);
	sal_error_field(err, "/table");
	sal_error_hint(err, "name it by its number, or ask for all");
	return r;
}

static int filter_protocol(struct filter *filter, struct sal_net_names *names, const char *protocol,
			   struct sal_error *err)
{
	uint32_t number;
	int r;

	if (sal_net_names_find(names, SAL_NET_NAMES_PROTOCOL, protocol, UINT8_MAX, &number)) {
		filter->by_protocol = true;
		filter->protocol = number;
		return 0;
	}
	r = sal_fail(err, SAL_NOT_FOUND,
		     "no route protocol named %s in /etc/iproute2/rt_protos, nor is it 0 to 255",
		     protocol);
	sal_error_subject(err, "route protocol %s", protocol);
	sal_error_field(err, "/protocol");
	return r;
}

static int filter_init(struct filter *filter, const struct sal_net_routes_params *params,
		       struct sal_net_route_decoder *decoder, struct sal_error *err)
{
	int r = filter_table(filter, decoder->names, params->table, err);

	if (r >= 0 && params->has.protocol)
		r = filter_protocol(filter, decoder->names, params->protocol, err);
	if (r >= 0 && params->has.dev)
		r = sal_ifnames_index(decoder->ifnames, params->dev, "/dev", &filter->dev, err);
	filter->by_dst = params->has.dst;
	filter->dst = params->dst;
	return r;
}

static bool family_wanted(const struct sal_net_routes_params *params, uint8_t family)
{
	if (params->has.family &&
	    (params->family == SAL_FAMILY_INET ? AF_INET : AF_INET6) != family)
		return false;
	return !params->has.dst || !params->dst.ip.family || params->dst.ip.family == family;
}

/* All families once; the answer is consistent when each of the dumps was. */
static int listing_dump(void *ctx, bool *ret_consistent, struct sal_error *err)
{
	static const uint8_t families[] = { AF_INET, AF_INET6 };
	struct listing *listing = ctx;

	*ret_consistent = true;
	for (size_t i = 0; i < SAL_ARRAY_LEN(families); i++) {
		bool consistent = true;
		int r = family_wanted(listing->params, families[i])
				? family_dump(listing, families[i], &consistent, err)
				: 0;

		if (r < 0)
			return r;
		*ret_consistent = *ret_consistent && consistent;
	}
	return 0;
}

static void listing_done(struct listing *listing)
{
	sal_nl_close(&listing->nl);
}

int sal_net_routes(struct sal_call *call, const struct sal_net_routes_params *params,
		   struct sal_error *err)
{
	SAL_CLEANUP(sal_net_names_done) struct sal_net_names names;
	SAL_CLEANUP(sal_net_nexthops_done) struct sal_net_nexthops nexthops = { 0 };
	SAL_CLEANUP(sal_ifnames_close) struct sal_ifnames ifnames = { .fd = -1 };
	struct sal_net_routes_result result = { 0 };
	SAL_CLEANUP(listing_done)
	struct listing listing = {
		.call = call,
		.params = params,
		.decoder = { .arena = call->arena,
			     .names = &names,
			     .ifnames = &ifnames,
			     .nexthops = &nexthops },
	};
	int r;

	sal_net_names_init(&names);
	r = sal_ifnames_open(&ifnames, err);
	if (r >= 0)
		r = filter_init(&listing.filter, params, &listing.decoder, err);
	if (r >= 0)
		r = sal_nl_open(&listing.nl, NETLINK_ROUTE, err);
	if (r >= 0)
		r = sal_net_retry(call, listing_dump, &listing, &result.consistent, err);
	return r < 0 ? r : sal_net_routes_done(call, &result, err);
}
