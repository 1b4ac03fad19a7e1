/*
 * prefix.c - net.prefix: IPv6 prefixes delegated to this node, and what was made of them.
 *
 * Delegations are the leases of method pd (lease/). A client sets a route that discards what it has
 * not used of its prefix; where only such a route of protocol dhcp tells of a delegation, as with
 * systemd-networkd, which writes none down, the route is shown as its source. Source: RFC 8415.
 */
#include "gen/net.prefix.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/rtnetlink.h>
#include <string.h>

#include "kernel/sysfs.h"
#include "net/lease/lease.h"

static bool is_within(const struct sal_prefix *outer, const struct sal_prefix *inner)
{
	return inner->len >= outer->len && sal_lease_prefix_holds(outer, &inner->ip);
}

static const char *discard_name(uint8_t type)
{
	switch (type) {
	case RTN_UNREACHABLE:
		return "unreachable";
	case RTN_BLACKHOLE:
		return "blackhole";
	case RTN_PROHIBIT:
		return "prohibit";
	}
	return NULL;
}

static const char *end_of(const struct sal_leases *leases, int64_t left)
{
	return left == SAL_LEASE_NEVER ? NULL
				       : sal_lease_time_text(leases->arena, leases->now + left);
}

static void discards_find(const struct sal_leases *leases, struct sal_delegated_prefix *prefix)
{
	struct sal_prefix_discard *items =
		sal_arena_array(leases->arena, leases->kernel.nroutes, sizeof(*items));
	size_t n = 0;

	for (size_t i = 0; i < leases->kernel.nroutes; i++) {
		const struct sal_lease_kroute *route = &leases->kernel.routes[i];

		if (!discard_name(route->type) || !is_within(&prefix->prefix, &route->dst))
			continue;
		items[n].type = discard_name(route->type);
		items[n].dst = route->dst;
		sal_set_found(&items[n], expires, end_of(leases, route->left));
		n++;
	}
	prefix->discards = (struct sal_prefix_discard_array){ items, n };
}

static struct sal_prefix subnet_of(const struct sal_lease_addr *addr)
{
	struct sal_prefix subnet = { .ip = addr->ip, .len = addr->prefixlen };

	for (unsigned bit = subnet.len; bit < 128; bit++)
		subnet.ip.bytes[bit / 8] &= ~(0x80 >> bit % 8);
	return subnet;
}

static void subnets_find(const struct sal_leases *leases, struct sal_delegated_prefix *prefix)
{
	struct sal_prefix_subnet *items =
		sal_arena_array(leases->arena, leases->kernel.naddrs, sizeof(*items));
	size_t n = 0;

	for (size_t i = 0; i < leases->kernel.naddrs; i++) {
		const struct sal_lease_addr *addr = &leases->kernel.addrs[i];
		const struct sal_lease_link *link = sal_lease_link_at(leases, addr->ifindex);

		if (!link || !sal_lease_prefix_holds(&prefix->prefix, &addr->ip))
			continue;
		items[n].prefix = subnet_of(addr);
		items[n].ifname = link->name;
		items[n].address = addr->ip;
		if (addr->valid != UINT32_MAX)
			sal_set_found(&items[n], expires, end_of(leases, addr->valid));
		n++;
	}
	prefix->subnets = (struct sal_prefix_subnet_array){ items, n };
}

static void from_lease(const struct sal_lease *lease, struct sal_delegated_prefix *prefix)
{
	*prefix = (struct sal_delegated_prefix){
		.prefix = lease->prefix,
		.state = lease->state,
		.source = lease->source,
	};
	sal_set(prefix, ifname, lease->ifname);
	sal_set_found(prefix, manager, lease->has.manager ? lease->manager : NULL);
	sal_set_found(prefix, server_duid, lease->has.server_duid ? lease->server_duid : NULL);
	sal_set_found(prefix, duid, lease->has.duid ? lease->duid : NULL);
	sal_set_found(prefix, acquired, lease->has.acquired ? lease->acquired : NULL);
	sal_set_found(prefix, renew, lease->has.renew ? lease->renew : NULL);
	sal_set_found(prefix, rebind, lease->has.rebind ? lease->rebind : NULL);
	sal_set_found(prefix, expires, lease->has.expires ? lease->expires : NULL);
	if (lease->has.iaid)
		sal_set(prefix, iaid, lease->iaid);
	if (lease->has.lease_time)
		sal_set(prefix, lease_time, lease->lease_time);
	if (lease->has.preferred_time)
		sal_set(prefix, preferred_time, lease->preferred_time);
}

static bool tells_of_one(const struct sal_lease_kroute *route)
{
	return discard_name(route->type) && route->protocol == RTPROT_DHCP && route->dst.len;
}

/* Whether a prefix that is listed already covers the route's destination, or another such route. */
static bool is_told(const struct sal_leases *leases, const struct sal_delegated_prefix *prefixes,
		    size_t n, const struct sal_prefix *dst)
{
	for (size_t i = 0; i < n; i++) {
		if (is_within(&prefixes[i].prefix, dst))
			return true;
	}
	for (size_t i = 0; i < leases->kernel.nroutes; i++) {
		const struct sal_lease_kroute *route = &leases->kernel.routes[i];

		if (tells_of_one(route) && route->dst.len < dst->len && is_within(&route->dst, dst))
			return true;
	}
	return false;
}

static size_t prefixes_list(const struct sal_leases *leases, struct sal_delegated_prefix *prefixes)
{
	size_t n = 0;

	for (size_t i = 0; i < leases->nentries; i++) {
		if (leases->entries[i].lease.has.prefix)
			from_lease(&leases->entries[i].lease, &prefixes[n++]);
	}
	for (size_t i = 0; i < leases->kernel.nroutes; i++) {
		const struct sal_lease_kroute *route = &leases->kernel.routes[i];

		if (!tells_of_one(route) || is_told(leases, prefixes, n, &route->dst))
			continue;
		prefixes[n] = (struct sal_delegated_prefix){
			.prefix = route->dst,
			.state = SAL_LEASE_STATE_BOUND,
			.source = "kernel",
		};
		sal_set_found(&prefixes[n], expires, end_of(leases, route->left));
		n++;
	}
	for (size_t i = 0; i < n; i++) {
		subnets_find(leases, &prefixes[i]);
		discards_find(leases, &prefixes[i]);
	}
	return n;
}

int sal_net_prefix(struct sal_call *call, const struct sal_net_prefix_params *params,
		   struct sal_error *err)
{
	SAL_CLEANUP(sal_close_fd) int root = sal_sysfs_open(AT_FDCWD, "/");
	SAL_CLEANUP(sal_nl_close) struct sal_nl nl = { 0 };
	struct sal_net_prefix_result result = { 0 };
	struct sal_delegated_prefix *prefixes;
	struct sal_leases leases;
	int r;

	if (root < 0)
		return sal_fail_errno(err, errno, "cannot open /");
	r = sal_nl_open(&nl, NETLINK_ROUTE, err);
	if (r >= 0)
		r = sal_leases_collect(&leases, call->arena, root, &nl, err);
	if (r < 0)
		return r;
	prefixes = sal_arena_array(call->arena, leases.nentries + leases.kernel.nroutes,
				   sizeof(*prefixes));
	result.prefixes.len = prefixes_list(&leases, prefixes);
	result.prefixes.items = prefixes;
	result.problems = (struct sal_lease_problem_array){ leases.problems, leases.nproblems };
	result.consistent = leases.kernel.consistent;
	return sal_net_prefix_done(call, &result, err);
}
