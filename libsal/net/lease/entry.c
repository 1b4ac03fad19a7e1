/*
 * entry.c - entries and problems under construction, and the small formats of lease files.
 *
 * Used by every source. See lease.h.
 */
#include "net/lease/lease.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#define YEAR_10000 INT64_C(253402300800)

/* Room for one more element; arrays are full at each power of two. */
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

void sal_lease_problem(struct sal_leases *leases, const char *source, unsigned line,
		       const char *fmt, ...)
{
	struct sal_lease_problem problem = { .source = source };
	char reason[256];
	va_list args;

	if (leases->nproblems >= SAL_LEASE_PROBLEMS)
		return;
	va_start(args, fmt);
	vsnprintf(reason, sizeof(reason), fmt, args);
	va_end(args);
	problem.reason = sal_arena_strdup(leases->arena, reason);
	if (line)
		sal_set(&problem, line, line);
	leases->problems =
		array_room(leases->arena, leases->problems, leases->nproblems, sizeof(problem));
	leases->problems[leases->nproblems++] = problem;
}

struct sal_lease_entry *sal_lease_add(struct sal_leases *leases, const struct sal_lease_file *file,
				      unsigned line, const char *ifname,
				      enum sal_lease_method method)
{
	struct sal_lease_entry *entry;

	if (!sal_ifname_valid(ifname)) {
		sal_lease_problem(leases, file->path, line, "not the name of an interface");
		return NULL;
	}
	if (leases->nentries == SAL_LEASE_MAX) {
		sal_lease_problem(leases, file->path, line, "more than %u leases", SAL_LEASE_MAX);
		return NULL;
	}
	leases->entries =
		array_room(leases->arena, leases->entries, leases->nentries, sizeof(*entry));
	entry = &leases->entries[leases->nentries++];
	*entry = (struct sal_lease_entry){
		.times = { SAL_LEASE_UNKNOWN, SAL_LEASE_UNKNOWN, SAL_LEASE_UNKNOWN,
			   SAL_LEASE_UNKNOWN },
	};
	entry->lease.ifname = sal_arena_strdup(leases->arena, ifname);
	entry->lease.family = method == SAL_LEASE_METHOD_DHCP4 ? SAL_FAMILY_INET : SAL_FAMILY_INET6;
	entry->lease.source = file->path;
	sal_set(&entry->lease, method, method);
	sal_set_found(&entry->lease, manager, file->source->manager);
	return entry;
}

struct sal_lease_holder *sal_lease_hold(struct sal_leases *leases, uint32_t ifindex,
					const char *manager)
{
	struct sal_lease_holder *holder;

	leases->holders =
		array_room(leases->arena, leases->holders, leases->nholders, sizeof(*holder));
	holder = &leases->holders[leases->nholders++];
	*holder = (struct sal_lease_holder){ .ifindex = ifindex, .manager = manager };
	return holder;
}

const struct sal_lease_link *sal_lease_link_named(const struct sal_leases *leases, const char *name)
{
	for (size_t i = 0; i < leases->kernel.nlinks; i++) {
		if (!strcmp(leases->kernel.links[i].name, name))
			return &leases->kernel.links[i];
	}
	return NULL;
}

const struct sal_lease_link *sal_lease_link_at(const struct sal_leases *leases, uint32_t index)
{
	for (size_t i = 0; i < leases->kernel.nlinks; i++) {
		if (leases->kernel.links[i].index == index)
			return &leases->kernel.links[i];
	}
	return NULL;
}

void sal_lease_faults(struct sal_leases *leases, const char *source, unsigned line,
		      const struct sal_dhcp_fault *faults, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (faults[i].option)
			sal_lease_problem(leases, source, line, "option %u: %s", faults[i].option,
					  faults[i].reason);
		else
			sal_lease_problem(leases, source, line, "%s", faults[i].reason);
	}
}

static void routes_take(struct sal_arena *arena, const struct sal_dhcp4 *dhcp,
			struct sal_lease *lease)
{
	struct sal_lease_route *routes = sal_arena_array(arena, dhcp->nroutes, sizeof(*routes));

	for (size_t i = 0; i < dhcp->nroutes; i++) {
		const struct sal_dhcp4_route *route = &dhcp->routes[i];
		bool linked = !memcmp(route->gateway.bytes, (uint8_t[4]){ 0 }, 4);

		routes[i].dst = route->dst;
		if (!linked)
			sal_set(&routes[i], gateway, route->gateway);
		if (!linked && !route->dst.len && !lease->has.gateway)
			sal_set(lease, gateway, route->gateway);
	}
	sal_set(lease, routes, ((struct sal_lease_route_array){ routes, dhcp->nroutes }));
}

/* Without classless routes the first router is the gateway; with them only theirs is. */
static void gateway_take(struct sal_arena *arena, const struct sal_dhcp4 *dhcp,
			 struct sal_lease *lease)
{
	if (dhcp->routers.len)
		sal_set(lease, routers, dhcp->routers);
	if (dhcp->nroutes)
		routes_take(arena, dhcp, lease);
	if (!dhcp->classless && dhcp->routers.len)
		sal_set(lease, gateway, dhcp->routers.items[0]);
}

void sal_lease_take_dhcp4(struct sal_leases *leases, const struct sal_lease_file *file,
			  unsigned line, const struct sal_dhcp4 *dhcp,
			  struct sal_lease_entry *entry)
{
	struct sal_lease *lease = &entry->lease;

	if (dhcp->yiaddr.family) {
		sal_set(lease, address, dhcp->yiaddr);
		if (dhcp->has.netmask)
			sal_set(lease, prefixlen, dhcp->prefixlen);
	}
	if (dhcp->has.broadcast)
		sal_set(lease, broadcast, dhcp->broadcast);
	gateway_take(leases->arena, dhcp, lease);
	if (dhcp->dns.len)
		sal_set(lease, dns, dhcp->dns);
	if (dhcp->ntp.len)
		sal_set(lease, ntp, dhcp->ntp);
	if (dhcp->search.len)
		sal_set(lease, search, dhcp->search);
	sal_set_found(lease, domain, dhcp->domain);
	sal_set_found(lease, hostname, dhcp->hostname);
	if (dhcp->has.mtu)
		sal_set(lease, mtu, dhcp->mtu);
	if (dhcp->has.server)
		sal_set(lease, server, dhcp->server);
	if (dhcp->client_id_len)
		sal_set(lease, client_id,
			sal_lease_hex(leases->arena, dhcp->client_id, dhcp->client_id_len));
	if (dhcp->has.lease_time)
		sal_set(lease, lease_time, dhcp->lease_time);
	entry->t1 = dhcp->has.t1 ? dhcp->t1 : 0;
	entry->t2 = dhcp->has.t2 ? dhcp->t2 : 0;
	sal_lease_faults(leases, file->path, line, dhcp->faults, dhcp->nfaults);
}

void sal_lease_take_dhcp6(struct sal_leases *leases, const struct sal_dhcp6 *dhcp,
			  struct sal_lease_entry *entry)
{
	struct sal_lease *lease = &entry->lease;

	if (dhcp->client_id.len)
		sal_set(lease, duid,
			sal_lease_hex(leases->arena, dhcp->client_id.data, dhcp->client_id.len));
	if (dhcp->server_id.len)
		sal_set(lease, server_duid,
			sal_lease_hex(leases->arena, dhcp->server_id.data, dhcp->server_id.len));
	if (dhcp->dns.len)
		sal_set(lease, dns, dhcp->dns);
	if (dhcp->ntp.len)
		sal_set(lease, ntp, dhcp->ntp);
	if (dhcp->search.len)
		sal_set(lease, search, dhcp->search);
}

void sal_lease_take_item(const struct sal_dhcp6_item *item, int64_t acquired,
			 struct sal_lease_entry *entry)
{
	struct sal_lease *lease = &entry->lease;

	if (item->kind == SAL_DHCP6_IA_PD) {
		sal_set(lease, prefix, item->prefix);
	} else {
		sal_set(lease, address,
			item->prefix.ip); /* how long its prefix is, no server says */
	}
	sal_set(lease, iaid, item->iaid);
	sal_set(lease, lease_time, item->valid);
	sal_set(lease, preferred_time, item->preferred);
	entry->t1 = item->t1;
	entry->t2 = item->t2;
	sal_lease_count_from(entry, acquired);
}

static int64_t later(int64_t from, uint32_t seconds)
{
	return seconds == SAL_DHCP_FOREVER ? SAL_LEASE_NEVER : from + seconds;
}

void sal_lease_count_from(struct sal_lease_entry *entry, int64_t acquired)
{
	const struct sal_lease *lease = &entry->lease;

	if (lease->has.lease_time && lease->lease_time == SAL_DHCP_FOREVER)
		entry->times.expires = SAL_LEASE_NEVER;
	if (!sal_lease_time_valid(acquired))
		return;
	entry->times.acquired = acquired;
	if (lease->has.lease_time)
		entry->times.expires = later(acquired, lease->lease_time);
	if (entry->t1)
		entry->times.renew = later(acquired, entry->t1);
	if (entry->t2)
		entry->times.rebind = later(acquired, entry->t2);
}

bool sal_lease_time_valid(int64_t seconds)
{
	return seconds >= 0 && seconds < YEAR_10000;
}

const char *sal_lease_time_text(struct sal_arena *arena, int64_t seconds)
{
	time_t when = seconds;
	char text[32];
	struct tm tm;

	if (!sal_lease_time_valid(seconds) || !gmtime_r(&when, &tm))
		return NULL;
	strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &tm);
	return sal_arena_strdup(arena, text);
}

const char *sal_lease_hex(struct sal_arena *arena, const void *data, size_t len)
{
	static const char digits[] = "0123456789abcdef";
	char *text = sal_arena_alloc(arena, len * 2 + 1), *p = text;

	for (const uint8_t *from = data; len; len--, from++) {
		*p++ = digits[*from >> 4];
		*p++ = digits[*from & 15];
	}
	*p = '\0';
	return text;
}

const uint8_t *sal_lease_unhex(struct sal_arena *arena, const char *text, size_t *ret_len)
{
	uint8_t *data = sal_arena_alloc(arena, strlen(text) + 1);
	bool colons = strchr(text, ':');
	size_t n = 0;

	while (*text) {
		int high = sal_hex_value(*text), low = high < 0 ? -1 : sal_hex_value(text[1]);

		if (high < 0 || (low < 0 && !colons))
			return NULL;
		data[n++] = low < 0 ? high : high << 4 | low;
		text += low < 0 ? 1 : 2;
		if (!colons || !*text)
			continue;
		if (*text++ != ':' || !*text)
			return NULL;
	}
	*ret_len = n;
	return n ? data : NULL;
}

bool sal_lease_number(const char *text, uint64_t max, uint64_t *ret_value)
{
	uint64_t value = 0;

	if (!*text)
		return false;
	for (; *text; text++) {
		if (*text < '0' || *text > '9' || __builtin_mul_overflow(value, 10, &value) ||
		    __builtin_add_overflow(value, *text - '0', &value))
			return false;
	}
	if (value > max)
		return false;
	*ret_value = value;
	return true;
}
