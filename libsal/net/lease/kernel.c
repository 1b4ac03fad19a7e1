/*
 * kernel.c - what the kernel holds for a limited time: addresses, and routes of advertisements.
 *
 * Also links, to know which are there, and IPv6 routes that discard, since a client of delegated
 * prefixes sets one for each. The kernel filters routes where it can, so that a full routing table
 * costs nothing; what it sends is checked again. Sources: rtnetlink(7), linux/if_addr.h,
 * linux/rtnetlink.h.
 */
#include "net/lease/lease.h"

#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <string.h>

#include "net/attr.h"

/* How often dumps that were interrupted by a change are begun anew. */
#define RETRIES 3
#define HZ	100 /* the kernel's USER_HZ, in which ages and ends are told */

static void *array_room(struct sal_arena *arena, void *items, size_t len, size_t size)
{
	void *grown;

	if (len & (len - 1))
		return items;
	grown = sal_arena_array(arena, len ? len * 2 : 1, size);
	if (len)
		memcpy(grown, items, len * size);
	return grown;
}

static void link_add(struct sal_leases *leases, const struct nlmsghdr *message)
{
	const struct ifinfomsg *header = sal_nl_family_header(message, sizeof(*header));
	struct sal_lease_kernel *kernel = &leases->kernel;
	const struct nlattr *tb[IFLA_IFNAME + 1];

	if (!header || header->ifi_index <= 0)
		return;
	sal_nla_index_message(tb, IFLA_IFNAME, message, sizeof(*header));
	if (!tb[IFLA_IFNAME])
		return;
	kernel->links =
		array_room(leases->arena, kernel->links, kernel->nlinks, sizeof(*kernel->links));
	kernel->links[kernel->nlinks++] = (struct sal_lease_link){
		.index = header->ifi_index,
		.name = sal_arena_strdup(leases->arena,
					 sal_nla_string(tb[IFLA_IFNAME], leases->arena)),
	};
}

/* How long ago its times were set, by the kernel's own clock of hundredths since boot. */
static uint32_t age_of(const struct sal_leases *leases, const struct ifa_cacheinfo *info)
{
	uint32_t age = leases->ticks - info->tstamp; /* both go round after 497 days */

	return age <= INT32_MAX ? age / HZ : 0;
}

static void addr_add(struct sal_leases *leases, const struct nlmsghdr *message)
{
	const struct ifaddrmsg *header = sal_nl_family_header(message, sizeof(*header));
	struct sal_lease_kernel *kernel = &leases->kernel;
	struct ifa_cacheinfo info = { .ifa_valid = UINT32_MAX, .ifa_prefered = UINT32_MAX };
	const struct nlattr *tb[IFA_MAX + 1], *local;
	struct sal_lease_addr addr = { 0 };

	if (!header)
		return;
	sal_nla_index_message(tb, IFA_MAX, message, sizeof(*header));
	local = tb[IFA_LOCAL] ? tb[IFA_LOCAL] : tb[IFA_ADDRESS];
	if (!local || !sal_net_ip_attr(&addr.ip, header->ifa_family, local))
		return;
	if (tb[IFA_CACHEINFO] && sal_nla_copy(&info, tb[IFA_CACHEINFO], sizeof(info)))
		addr.age = age_of(leases, &info);
	addr.ifindex = header->ifa_index;
	addr.flags = tb[IFA_FLAGS] ? sal_nla_u32(tb[IFA_FLAGS]) : header->ifa_flags;
	addr.prefixlen = header->ifa_prefixlen;
	addr.scope = header->ifa_scope;
	addr.protocol = tb[IFA_PROTO] ? sal_nla_u8(tb[IFA_PROTO]) : 0;
	addr.valid = info.ifa_valid;
	addr.preferred = info.ifa_prefered;
	kernel->addrs = array_room(leases->arena, kernel->addrs, kernel->naddrs, sizeof(addr));
	kernel->addrs[kernel->naddrs++] = addr;
}

static bool is_discard(uint8_t type)
{
	return type == RTN_UNREACHABLE || type == RTN_BLACKHOLE || type == RTN_PROHIBIT;
}

/* Those of advertisements, on-link prefixes that end, and those that discard. */
static bool is_wanted(const struct sal_lease_kroute *route)
{
	if (is_discard(route->type))
		return true;
	if (route->type != RTN_UNICAST)
		return false;
	return route->protocol == RTPROT_RA ||
	       (route->protocol == RTPROT_KERNEL && route->left != SAL_LEASE_NEVER);
}

static void route_add(struct sal_leases *leases, const struct nlmsghdr *message)
{
	const struct rtmsg *header = sal_nl_family_header(message, sizeof(*header));
	struct sal_lease_kernel *kernel = &leases->kernel;
	const struct nlattr *tb[RTA_MAX + 1];
	struct sal_lease_kroute route = { .left = SAL_LEASE_NEVER };
	struct rta_cacheinfo info;

	if (!header || header->rtm_family != AF_INET6 || header->rtm_dst_len > 128 ||
	    (header->rtm_flags & RTM_F_CLONED))
		return;
	sal_nla_index_message(tb, RTA_MAX, message, sizeof(*header));
	route.type = header->rtm_type;
	route.protocol = header->rtm_protocol;
	route.dst.len = header->rtm_dst_len;
	route.dst.ip.family = AF_INET6;
	if (tb[RTA_DST] && !sal_net_ip_attr(&route.dst.ip, AF_INET6, tb[RTA_DST]))
		return;
	if (tb[RTA_GATEWAY])
		sal_net_ip_attr(&route.gateway, AF_INET6, tb[RTA_GATEWAY]);
	route.ifindex = tb[RTA_OIF] ? sal_nla_u32(tb[RTA_OIF]) : 0;
	route.metric = tb[RTA_PRIORITY] ? sal_nla_u32(tb[RTA_PRIORITY]) : 0;
	route.pref = tb[RTA_PREF] ? sal_nla_u8(tb[RTA_PREF]) : 0;
	if (tb[RTA_CACHEINFO] && sal_nla_copy(&info, tb[RTA_CACHEINFO], sizeof(info)) &&
	    info.rta_expires)
		route.left = (int32_t)info.rta_expires / HZ;
	if (!is_wanted(&route))
		return;
	kernel->routes = array_room(leases->arena, kernel->routes, kernel->nroutes, sizeof(route));
	kernel->routes[kernel->nroutes++] = route;
}

int sal_lease_kernel_message(const struct nlmsghdr *message, void *ctx, struct sal_error *err)
{
	switch (message->nlmsg_type) {
	case RTM_NEWLINK:
		link_add(ctx, message);
		break;
	case RTM_NEWADDR:
		addr_add(ctx, message);
		break;
	case RTM_NEWROUTE:
		route_add(ctx, message);
		break;
	}
	return 0;
}

/* Each filter in a dump of its own: the kernel ANDs them. */
static int routes_dump(struct sal_leases *leases, struct sal_nl *nl, uint8_t type, uint8_t protocol,
		       struct sal_error *err)
{
	struct sal_nl_request request;
	struct rtmsg *header = sal_nl_begin(&request, RTM_GETROUTE, 0, sizeof(*header));
	bool consistent;
	int r;

	header->rtm_family = AF_INET6;
	header->rtm_type = type;
	header->rtm_protocol = protocol;
	r = sal_nl_dump(nl, &request, sal_lease_kernel_message, leases, &consistent, err);
	leases->kernel.consistent &= consistent;
	return r;
}

static int lists_dump(struct sal_leases *leases, struct sal_nl *nl, struct sal_error *err)
{
	static const struct {
		uint8_t type, protocol;
	} filters[] = {
		{ RTN_UNICAST, RTPROT_RA }, { RTN_UNICAST, RTPROT_KERNEL },
		{ RTN_UNREACHABLE, 0 },	    { RTN_BLACKHOLE, 0 },
		{ RTN_PROHIBIT, 0 },
	};
	struct sal_nl_request request;
	struct ifinfomsg *link = sal_nl_begin(&request, RTM_GETLINK, 0, sizeof(*link));
	bool links = false, addrs = false;
	int r;

	leases->kernel = (struct sal_lease_kernel){ 0 };
	sal_nl_put_u32(&request, IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
	r = sal_nl_dump(nl, &request, sal_lease_kernel_message, leases, &links, err);
	if (r >= 0) {
		sal_nl_begin(&request, RTM_GETADDR, 0, sizeof(struct ifaddrmsg));
		r = sal_nl_dump(nl, &request, sal_lease_kernel_message, leases, &addrs, err);
	}
	leases->kernel.consistent = links && addrs;
	for (size_t i = 0; r >= 0 && i < SAL_ARRAY_LEN(filters); i++)
		r = routes_dump(leases, nl, filters[i].type, filters[i].protocol, err);
	return r;
}

int sal_lease_kernel_read(struct sal_leases *leases, struct sal_nl *nl, struct sal_error *err)
{
	int r = 0;

	for (unsigned tries = 0; r >= 0 && !leases->kernel.consistent && tries <= RETRIES; tries++)
		r = lists_dump(leases, nl, err);
	return r;
}
