/*
 * join.c - what the files say and what the kernel has, made one; every entry gets its state.
 *
 * A lease and the kernel's address of it are one entry, with the kernel's lifetimes. What only the
 * kernel knows becomes an entry of its own: addresses that end, and routers that advertise. A lease
 * that is over is never joined with an address that lives on: somebody else keeps that one.
 */
#include "net/lease/lease.h"

#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>

#define KERNEL_RA 2 /* IFAPROT_KERNEL_RA of linux/if_addr.h since 5.18 */
#define SLACK	  1 /* seconds by which two roundings may differ */
#define DELAY	  10 /* seconds between an answer and the address: a client may probe first */

static const struct sal_lease_source from_kernel = { .manager = NULL };
static const struct sal_lease_file kernel_file = { .source = &from_kernel, .path = "kernel" };

bool sal_lease_prefix_holds(const struct sal_prefix *prefix, const struct sal_ip *ip)
{
	unsigned bytes = prefix->len / 8, bits = prefix->len % 8;

	if (prefix->ip.family != ip->family || memcmp(prefix->ip.bytes, ip->bytes, bytes) != 0)
		return false;
	return !bits || !((prefix->ip.bytes[bytes] ^ ip->bytes[bytes]) >> (8 - bits));
}

static struct sal_lease_addr *addr_find(struct sal_leases *leases, uint32_t ifindex,
					const struct sal_ip *ip)
{
	for (size_t i = 0; i < leases->kernel.naddrs; i++) {
		struct sal_lease_addr *addr = &leases->kernel.addrs[i];

		if (addr->ifindex == ifindex && addr->ip.family == ip->family &&
		    !memcmp(addr->ip.bytes, ip->bytes, sizeof(ip->bytes)))
			return addr;
	}
	return NULL;
}

/* Who says to run the link; NULL where nobody does, or two do. */
static const struct sal_lease_holder *holder_of(const struct sal_leases *leases, uint32_t ifindex)
{
	const struct sal_lease_holder *found = NULL;

	for (size_t i = 0; i < leases->nholders; i++) {
		if (leases->holders[i].ifindex != ifindex)
			continue;
		if (found)
			return NULL;
		found = &leases->holders[i];
	}
	return found;
}

/* Whether NetworkManager now has another connection on that link than the one of the lease. */
static bool is_idle(const struct sal_leases *leases, const struct sal_lease_entry *entry,
		    const struct sal_lease_link *link)
{
	if (!entry->connection || !link)
		return false;
	for (size_t i = 0; i < leases->nholders; i++) {
		const struct sal_lease_holder *holder = &leases->holders[i];

		if (holder->ifindex == link->index && holder->connection)
			return strcmp(holder->connection, entry->connection) != 0;
	}
	return true;
}

static void flags_take(const struct sal_lease_addr *addr, struct sal_lease *lease)
{
	bool inet6 = addr->ip.family == AF_INET6;

	sal_set(lease, valid_life_time, addr->valid);
	sal_set(lease, preferred_life_time, addr->preferred);
	/* Counted on below zero once it is over. */
	if ((addr->flags & IFA_F_DEPRECATED) && addr->preferred != UINT32_MAX)
		lease->preferred_life_time = (int32_t)addr->preferred;
	if (!(addr->flags & IFA_F_PERMANENT))
		sal_set(lease, dynamic, true);
	if (addr->flags & IFA_F_MANAGETEMPADDR)
		sal_set(lease, mngtmpaddr, true);
	if (inet6 && (addr->flags & IFA_F_TEMPORARY))
		sal_set(lease, temporary, true);
	if (addr->flags & IFA_F_DEPRECATED)
		sal_set(lease, deprecated, true);
	if (addr->flags & IFA_F_TENTATIVE)
		sal_set(lease, tentative, true);
	if (!lease->has.prefixlen)
		sal_set(lease, prefixlen, addr->prefixlen);
}

/*
 * The kernel's remaining seconds are the live ones. Where a file does not say when its lease began,
 * the kernel does, if it was given just that lifetime: that was the moment.
 */
static void addr_take(const struct sal_leases *leases, struct sal_lease_addr *addr,
		      struct sal_lease_entry *entry)
{
	struct sal_lease *lease = &entry->lease;
	int64_t given = (int64_t)addr->valid + addr->age;

	addr->joined = true;
	flags_take(addr, lease);
	if (addr->valid == UINT32_MAX)
		return;
	if (entry->times.acquired == SAL_LEASE_UNKNOWN && lease->has.lease_time &&
	    llabs(given - lease->lease_time) <= SLACK)
		sal_lease_count_from(entry, leases->now - addr->age);
	entry->times.expires = leases->now + addr->valid;
}

static enum sal_lease_state state_of(const struct sal_leases *leases,
				     const struct sal_lease_entry *entry,
				     const struct sal_lease_link *link,
				     const struct sal_lease_addr *addr, bool idle)
{
	int64_t expires = entry->times.expires;

	if (entry->released)
		return SAL_LEASE_STATE_RELEASED;
	if (expires != SAL_LEASE_UNKNOWN && expires <= leases->now)
		return SAL_LEASE_STATE_EXPIRED;
	if (!link)
		return SAL_LEASE_STATE_NO_LINK;
	if (entry->lease.has.address && !addr)
		return SAL_LEASE_STATE_ABSENT;
	if (idle)
		return SAL_LEASE_STATE_UNKNOWN;
	return expires != SAL_LEASE_UNKNOWN || entry->kept ? SAL_LEASE_STATE_BOUND
							   : SAL_LEASE_STATE_UNKNOWN;
}

/* Whether the kernel's lifetime is the one that the file tells of, as far as it does. */
static bool is_same(const struct sal_leases *leases, const struct sal_lease_entry *entry,
		    const struct sal_lease_addr *addr)
{
	int64_t ends = addr->valid == UINT32_MAX ? SAL_LEASE_NEVER : leases->now + addr->valid;

	if (entry->times.expires == SAL_LEASE_UNKNOWN || ends == SAL_LEASE_NEVER)
		return true; /* no word against it: many clients give their address no lifetime */
	return entry->times.expires != SAL_LEASE_NEVER &&
	       llabs(entry->times.expires - ends) <= DELAY;
}

/*
 * Twice over: first the leases that agree with the kernel, then the others. What is left when one
 * that agrees has the address is the word of a client that is gone.
 */
static void file_entry_join(struct sal_leases *leases, struct sal_lease_entry *entry, bool agreeing)
{
	struct sal_lease *lease = &entry->lease;
	const struct sal_lease_link *link = sal_lease_link_named(leases, lease->ifname);
	bool idle = is_idle(leases, entry, link);
	struct sal_lease_addr *addr = NULL;

	if (link && lease->has.address)
		addr = addr_find(leases, link->index, &lease->address);
	if (lease->has.address)
		sal_set(lease, present, addr != NULL);
	if (addr && is_same(leases, entry, addr) != agreeing)
		return;
	idle = idle || (addr && !agreeing && addr->joined);
	lease->state = state_of(leases, entry, link, addr, idle);
	if (!addr || idle ||
	    (lease->state != SAL_LEASE_STATE_BOUND && lease->state != SAL_LEASE_STATE_UNKNOWN))
		return;
	addr_take(leases, addr, entry);
	lease->state = state_of(leases, entry, link, addr, idle);
}

static bool is_slaac(const struct sal_lease_addr *addr)
{
	return addr->ip.family == AF_INET6 &&
	       (addr->protocol == KERNEL_RA ||
		(addr->flags & (IFA_F_MANAGETEMPADDR | IFA_F_TEMPORARY | IFA_F_STABLE_PRIVACY)));
}

/* Whether the address lies in a prefix that is delegated to us now. */
static bool is_delegated(const struct sal_leases *leases, const struct sal_lease_addr *addr)
{
	for (size_t i = 0; i < leases->nentries; i++) {
		const struct sal_lease *lease = &leases->entries[i].lease;

		if (lease->has.prefix && lease->state == SAL_LEASE_STATE_BOUND &&
		    sal_lease_prefix_holds(&lease->prefix, &addr->ip))
			return true;
	}
	return false;
}

static void route_put(const struct sal_leases *leases, const struct sal_lease_kroute *route,
		      struct sal_lease_route *routes, size_t *n)
{
	struct sal_lease_route *to = &routes[(*n)++];

	*to = (struct sal_lease_route){ .dst = route->dst };
	if (route->gateway.family)
		sal_set(to, gateway, route->gateway);
	if (route->left != SAL_LEASE_NEVER)
		sal_set_found(to, expires,
			      sal_lease_time_text(leases->arena, leases->now + route->left));
}

/* The higher preference goes first, then the lower metric (RFC 4191); 2 bits, signed. */
static bool is_better(const struct sal_lease_kroute *a, const struct sal_lease_kroute *b)
{
	static const int8_t rank[4] = { 1, 2, 1, 0 }; /* medium, high, invalid, low */

	if (rank[a->pref & 3] != rank[b->pref & 3])
		return rank[a->pref & 3] > rank[b->pref & 3];
	return a->metric < b->metric;
}

/* What the link's routers advertised, and the prefix in which the address lies. */
static void routes_take(const struct sal_leases *leases, uint32_t ifindex,
			struct sal_lease_entry *entry)
{
	const struct sal_lease_kernel *kernel = &leases->kernel;
	struct sal_lease_route *routes =
		sal_arena_array(leases->arena, kernel->nroutes, sizeof(*routes));
	const struct sal_lease_kroute *best = NULL;
	struct sal_lease *lease = &entry->lease;
	size_t n = 0;

	for (size_t i = 0; i < kernel->nroutes; i++) {
		const struct sal_lease_kroute *route = &kernel->routes[i];
		bool onlink = lease->has.address && route->dst.len &&
			      route->protocol == RTPROT_KERNEL &&
			      sal_lease_prefix_holds(&route->dst, &lease->address);

		if (route->ifindex != ifindex || route->type != RTN_UNICAST ||
		    !(route->protocol == RTPROT_RA || onlink))
			continue;
		route_put(leases, route, routes, &n);
		if (!route->dst.len && route->gateway.family && (!best || is_better(route, best)))
			best = route;
	}
	if (n)
		sal_set(lease, routes, ((struct sal_lease_route_array){ routes, n }));
	if (best)
		sal_set(lease, gateway, best->gateway);
}

static struct sal_lease_entry *kernel_entry_add(struct sal_leases *leases, uint32_t ifindex,
						enum sal_lease_method method)
{
	const struct sal_lease_holder *holder = holder_of(leases, ifindex);
	const struct sal_lease_link *link = sal_lease_link_at(leases, ifindex);
	struct sal_lease_entry *entry;

	if (!link) /* it came or went between two dumps */
		return NULL;
	entry = sal_lease_add(leases, &kernel_file, 0, link->name, method);
	if (!entry)
		return NULL;
	entry->lease.state = SAL_LEASE_STATE_BOUND;
	if (holder)
		sal_set(&entry->lease, manager, holder->manager);
	return entry;
}

static void addr_entry_add(struct sal_leases *leases, const struct sal_lease_addr *addr)
{
	const struct sal_lease_holder *holder = holder_of(leases, addr->ifindex);
	bool slaac = is_slaac(addr), delegated = !slaac && is_delegated(leases, addr);
	/* networkd writes down no DHCPv6 lease; how it sets the address of one tells. */
	bool dhcp6 = !slaac && holder && holder->dhcp6 && addr->ip.family == AF_INET6 &&
		     addr->prefixlen == 128 && (addr->flags & IFA_F_NOPREFIXROUTE);
	struct sal_lease_entry *entry =
		kernel_entry_add(leases, addr->ifindex, SAL_LEASE_METHOD_SLAAC);
	struct sal_lease *lease;

	if (!entry)
		return;
	lease = &entry->lease;
	lease->family = addr->ip.family == AF_INET ? SAL_FAMILY_INET : SAL_FAMILY_INET6;
	lease->has.method = slaac || delegated || dhcp6;
	lease->method = slaac	? SAL_LEASE_METHOD_SLAAC
			: dhcp6 ? SAL_LEASE_METHOD_DHCP6
				: SAL_LEASE_METHOD_PD;
	sal_set(lease, address, addr->ip);
	sal_set(lease, present, true);
	flags_take(addr, lease);
	entry->times.acquired = leases->now - addr->age;
	entry->times.expires =
		addr->valid == UINT32_MAX ? SAL_LEASE_NEVER : leases->now + addr->valid;
	if (addr->protocol == KERNEL_RA && !holder)
		sal_set(lease, manager, "kernel");
	if (slaac)
		routes_take(leases, addr->ifindex, entry);
	if (dhcp6) {
		sal_set(lease, iaid, holder->iaid);
		sal_set_found(lease, duid, holder->duid);
	}
}

/* Whether a slaac entry tells of the link's routers already. */
static bool is_told(const struct sal_leases *leases, const struct sal_lease_link *link)
{
	for (size_t i = 0; i < leases->nentries; i++) {
		const struct sal_lease *lease = &leases->entries[i].lease;

		if (lease->has.method && lease->method == SAL_LEASE_METHOD_SLAAC &&
		    !strcmp(lease->ifname, link->name))
			return true;
	}
	return false;
}

static void routers_add(struct sal_leases *leases)
{
	for (size_t i = 0; i < leases->kernel.nroutes; i++) {
		const struct sal_lease_kroute *route = &leases->kernel.routes[i];
		const struct sal_lease_link *link = sal_lease_link_at(leases, route->ifindex);
		struct sal_lease_entry *entry;

		if (route->protocol != RTPROT_RA || route->type != RTN_UNICAST || !link ||
		    is_told(leases, link))
			continue;
		entry = kernel_entry_add(leases, link->index, SAL_LEASE_METHOD_SLAAC);
		if (entry)
			routes_take(leases, link->index, entry);
	}
}

static void times_write(struct sal_arena *arena, struct sal_lease_entry *entry)
{
	struct sal_lease *lease = &entry->lease;

	sal_set_found(lease, acquired, sal_lease_time_text(arena, entry->times.acquired));
	sal_set_found(lease, renew, sal_lease_time_text(arena, entry->times.renew));
	sal_set_found(lease, rebind, sal_lease_time_text(arena, entry->times.rebind));
	sal_set_found(lease, expires, sal_lease_time_text(arena, entry->times.expires));
}

static int entry_compare(const void *a, const void *b)
{
	const struct sal_lease_entry *x = a, *y = b;
	int r = strcmp(x->lease.ifname, y->lease.ifname);

	if (!r)
		r = (int)x->lease.family - (int)y->lease.family;
	return r ? r : x->order < y->order ? -1 : x->order > y->order;
}

void sal_leases_join(struct sal_leases *leases)
{
	size_t told = leases->nentries;

	for (size_t i = 0; i < told; i++)
		file_entry_join(leases, &leases->entries[i], true);
	for (size_t i = 0; i < told; i++)
		file_entry_join(leases, &leases->entries[i], false);
	for (size_t i = 0; i < leases->kernel.naddrs; i++) {
		const struct sal_lease_addr *addr = &leases->kernel.addrs[i];

		if (!addr->joined && addr->scope == RT_SCOPE_UNIVERSE &&
		    !(addr->flags & IFA_F_PERMANENT))
			addr_entry_add(leases, addr);
	}
	routers_add(leases);
	for (size_t i = 0; i < leases->nentries; i++) {
		leases->entries[i].order = i;
		times_write(leases->arena, &leases->entries[i]);
	}
	if (leases->nentries)
		qsort(leases->entries, leases->nentries, sizeof(*leases->entries), entry_compare);
}
