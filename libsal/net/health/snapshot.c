/*
 * snapshot.c - what the checks of net.health share, read from the kernel once. See health.h.
 *
 * Reuses the decoders of net.interfaces and net.routes. Of the routes only the ways out are kept:
 * those of the main table, or where it has none those of any table.
 */
#include <errno.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "kernel/ifnames.h"
#include "net/attr.h"
#include "net/health.h"
#include "net/link.h"
#include "net/route_decode.h"

#define RETRIES 3 /* of a dump that the kernel says was interrupted */

static void link_counters(struct sal_health_link *link, const struct nlattr *stats)
{
	struct rtnl_link_stats64 counters = { 0 };

	if (!stats)
		return;
	memcpy(&counters, sal_nla_data(stats), SAL_MIN(sal_nla_len(stats), sizeof(counters)));
	link->packets = counters.rx_packets + counters.tx_packets;
	link->errors = counters.rx_errors + counters.tx_errors;
}

static int link_add(const struct nlmsghdr *message, void *ctx, struct sal_error *err)
{
	struct sal_health *h = ctx;
	const struct nlattr *info[IFLA_INFO_MAX + 1] = { 0 };
	struct sal_link_message read;
	struct sal_health_link *link;

	if (!sal_net_link_read(message, h->arena, &read))
		return 0;
	h->links = sal_arena_room(h->arena, h->links, h->nlinks, sizeof(*h->links));
	link = &h->links[h->nlinks++];
	*link = (struct sal_health_link){
		.index = read.header->ifi_index,
		.flags = read.header->ifi_flags,
		.master = read.tb[IFLA_MASTER] ? sal_nla_u32(read.tb[IFLA_MASTER]) : 0,
		.name = sal_arena_strdup(h->arena, read.name),
		.kind = "",
	};
	if (read.tb[IFLA_LINKINFO])
		sal_nla_index_nested(info, IFLA_INFO_MAX, read.tb[IFLA_LINKINFO]);
	if (info[IFLA_INFO_KIND])
		link->kind =
			sal_arena_strdup(h->arena, sal_nla_string(info[IFLA_INFO_KIND], h->arena));
	link_counters(link, read.tb[IFLA_STATS64]);
	return 0;
}

static int link_order(const void *a, const void *b)
{
	uint32_t x = ((const struct sal_health_link *)a)->index;
	uint32_t y = ((const struct sal_health_link *)b)->index;

	return (x > y) - (x < y);
}

static struct sal_health_link *link_find(const struct sal_health *h, uint32_t index)
{
	struct sal_health_link key = { .index = index };

	return h->nlinks ? bsearch(&key, h->links, h->nlinks, sizeof(key), link_order) : NULL;
}

/* Hundredths of a second since boot, as the kernel stamps addresses with them. */
static uint32_t stamp_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_BOOTTIME, &now);
	return (now.tv_sec * 100) + (now.tv_nsec / 10000000);
}

static int address_add(const struct nlmsghdr *message, void *ctx, struct sal_error *err)
{
	struct sal_health *h = ctx;
	const struct ifaddrmsg *header = sal_nl_family_header(message, sizeof(*header));
	const struct nlattr *tb[IFA_MAX + 1], *local;
	struct ifa_cacheinfo times = { .ifa_valid = UINT32_MAX };
	struct sal_health_address address = { 0 };

	if (!header || message->nlmsg_type != RTM_NEWADDR)
		return 0;
	sal_nla_index_message(tb, IFA_MAX, message, sizeof(*header));
	local = tb[IFA_LOCAL] ? tb[IFA_LOCAL] : tb[IFA_ADDRESS];
	address.link = link_find(h, header->ifa_index);
	if (!address.link || !local || !sal_net_ip_attr(&address.local, header->ifa_family, local))
		return 0;
	address.prefixlen = header->ifa_prefixlen;
	address.scope = header->ifa_scope;
	address.flags = tb[IFA_FLAGS] ? sal_nla_u32(tb[IFA_FLAGS]) : header->ifa_flags;
	address.proto = tb[IFA_PROTO] ? sal_nla_u8(tb[IFA_PROTO]) : 0;
	if (tb[IFA_CACHEINFO])
		sal_nla_copy(&times, tb[IFA_CACHEINFO], sizeof(times));
	address.valid = address.lifetime = times.ifa_valid;
	if (times.ifa_valid != UINT32_MAX)
		address.lifetime += (stamp_now() - times.tstamp) / 100;
	h->addresses = sal_arena_room(h->arena, h->addresses, h->naddresses, sizeof(address));
	h->addresses[h->naddresses++] = address;
	return 0;
}

struct routes {
	struct sal_health *health;
	uint8_t family;
	struct sal_net_route_decoder decoder;
};

static bool flags_broken(const struct sal_strings *flags)
{
	for (size_t i = 0; i < flags->len; i++) {
		if (strcmp(flags->items[i], "dead") == 0 ||
		    strcmp(flags->items[i], "linkdown") == 0)
			return true;
	}
	return false;
}

static void exit_add(struct routes *routes, const char *dev, const struct sal_ip *gateway,
		     const struct sal_route_via *via, const struct sal_strings *flags)
{
	struct sal_health *h = routes->health;
	struct sal_health_exit way = { .family = routes->family };

	way.dev = sal_arena_strdup(h->arena, dev ? dev : "");
	if (gateway)
		way.gateway = *gateway;
	else if (via)
		way.gateway = via->host;
	way.broken = flags_broken(flags);
	h->exits = sal_arena_room(h->arena, h->exits, h->nexits, sizeof(way));
	h->exits[h->nexits++] = way;
}

static void route_add(struct routes *routes, const struct sal_route *route)
{
	for (size_t i = 0; route->has.nexthops && i < route->nexthops.len; i++) {
		const struct sal_route_nexthop *leg = &route->nexthops.items[i];

		exit_add(routes, leg->dev, leg->has.gateway ? &leg->gateway : NULL,
			 leg->has.via ? leg->via : NULL, &leg->flags);
	}
	if (!route->has.nexthops || !route->nexthops.len)
		exit_add(routes, route->has.dev ? route->dev : NULL,
			 route->has.gateway ? &route->gateway : NULL,
			 route->has.via ? route->via : NULL, &route->flags);
}

static int route_look(const struct nlmsghdr *message, void *ctx, struct sal_error *err)
{
	struct routes *routes = ctx;
	struct sal_net_route_message route;
	struct sal_route decoded;

	if (!sal_net_route_open(message, &route) || route.header->rtm_family != routes->family ||
	    route.header->rtm_dst_len || route.header->rtm_type != RTN_UNICAST ||
	    (route.header->rtm_flags & RTM_F_CLONED))
		return 0;
	sal_net_route_decode(&routes->decoder, &route, &decoded);
	route_add(routes, &decoded);
	return 0;
}

static int routes_dump(struct routes *routes, uint32_t table, bool *ret_consistent,
		       struct sal_error *err)
{
	struct sal_error refusal = { 0 };
	struct sal_nl_request request;
	struct rtmsg *header = sal_nl_begin(&request, RTM_GETROUTE, 0, sizeof(*header));
	int r;

	header->rtm_family = routes->family;
	if (table)
		sal_nl_put_u32(&request, RTA_TABLE, table);
	r = sal_nl_dump(&routes->health->nl, &request, route_look, routes, ret_consistent,
			&refusal);
	if (r == -ENOENT && table) { /* the table was never filled */
		*ret_consistent = true;
		return 0;
	}
	if (r < 0)
		*err = refusal;
	return r;
}

/* The ways out of one family. */
static int family_routes(struct routes *routes, bool *ret_consistent, struct sal_error *err)
{
	size_t before = routes->health->nexits;
	int r = routes_dump(routes, RT_TABLE_MAIN, ret_consistent, err);

	if (r == 0 && routes->health->nexits == before)
		r = routes_dump(routes, 0, ret_consistent, err);
	return r;
}

static int all_routes(struct sal_health *h, bool *ret_consistent, struct sal_error *err)
{
	SAL_CLEANUP(sal_net_names_done) struct sal_net_names names;
	SAL_CLEANUP(sal_ifnames_close) struct sal_ifnames ifnames = { .fd = -1 };
	struct routes routes = {
		.health = h,
		.family = AF_INET,
		.decoder = { .arena = h->arena, .names = &names, .ifnames = &ifnames },
	};
	bool inet = false, inet6 = false;
	int r;

	sal_net_names_init(&names);
	r = sal_ifnames_open(&ifnames, err);
	if (r == 0)
		r = family_routes(&routes, &inet, err);
	routes.family = AF_INET6;
	if (r == 0)
		r = family_routes(&routes, &inet6, err);
	*ret_consistent = inet && inet6;
	return r;
}

static int dump(struct sal_health *h, uint16_t type, size_t header, sal_nl_each *each,
		bool *ret_consistent, struct sal_error *err)
{
	struct sal_nl_request request;

	sal_nl_begin(&request, type, 0, header);
	return sal_nl_dump(&h->nl, &request, each, h, ret_consistent, err);
}

static int all_once(struct sal_health *h, bool *ret_consistent, struct sal_error *err)
{
	bool links = false, addresses = false, routes = false;
	int r;

	h->nlinks = h->naddresses = h->nexits = 0;
	r = dump(h, RTM_GETLINK, sizeof(struct ifinfomsg), link_add, &links, err);
	if (r == 0 && h->nlinks)
		qsort(h->links, h->nlinks, sizeof(*h->links), link_order);
	if (r == 0)
		r = dump(h, RTM_GETADDR, sizeof(struct ifaddrmsg), address_add, &addresses, err);
	if (r == 0)
		r = all_routes(h, &routes, err);
	*ret_consistent = links && addresses && routes;
	return r;
}

void sal_net_health_snapshot(struct sal_health *h)
{
	struct sal_error *err = sal_arena_zalloc(h->arena, sizeof(*err));
	bool consistent = false;
	int r = sal_nl_open(&h->nl, NETLINK_ROUTE, err);

	for (unsigned tries = 0; r == 0 && !consistent && tries <= RETRIES; tries++)
		r = all_once(h, &consistent, err);
	if (r < 0)
		h->refusal = err;
	for (size_t i = 0; i < h->nlinks; i++) {
		struct sal_health_link *master = link_find(h, h->links[i].master);

		if (master)
			master->has_ports = true;
	}
}
