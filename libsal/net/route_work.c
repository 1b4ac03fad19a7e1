/* route_work.c - see route_work.h. */
#include "net/route_work.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "net/attr.h"

const uint8_t sal_net_route_types[] = {
	[SAL_ROUTE_TYPE_UNICAST] = RTN_UNICAST,	    [SAL_ROUTE_TYPE_LOCAL] = RTN_LOCAL,
	[SAL_ROUTE_TYPE_BROADCAST] = RTN_BROADCAST, [SAL_ROUTE_TYPE_MULTICAST] = RTN_MULTICAST,
	[SAL_ROUTE_TYPE_BLACKHOLE] = RTN_BLACKHOLE, [SAL_ROUTE_TYPE_UNREACHABLE] = RTN_UNREACHABLE,
	[SAL_ROUTE_TYPE_PROHIBIT] = RTN_PROHIBIT,   [SAL_ROUTE_TYPE_THROW] = RTN_THROW,
};

void sal_net_route_work_done(struct sal_net_route_work *work)
{
	sal_change_done(&work->change);
	sal_nl_close(&work->nl);
	sal_ifnames_close(&work->ifnames);
	sal_net_names_done(&work->names);
}

int sal_net_route_work_open(struct sal_net_route_work *work, struct sal_call *call,
			    struct sal_error *err)
{
	int r;

	work->call = call;
	work->ifnames.fd = -1;
	sal_net_names_init(&work->names);
	work->decoder = (struct sal_net_route_decoder){ .arena = call->arena,
							.names = &work->names,
							.ifnames = &work->ifnames };
	r = sal_ifnames_open(&work->ifnames, err);
	return r < 0 ? r : sal_nl_open(&work->nl, NETLINK_ROUTE, err);
}

int sal_net_route_fault(struct sal_error *err, const char *field, const char *words)
{
	int r = sal_fail(err, SAL_INVALID_PARAMS, "%s: %s", field + 1, words);

	sal_error_field(err, "%s", field);
	return r;
}

int sal_net_route_table(struct sal_net_route_work *work, const char *text, uint32_t *ret_table,
			struct sal_error *err)
{
	if (sal_net_names_find(&work->names, SAL_NET_NAMES_TABLE, text, UINT32_MAX, ret_table) &&
	    *ret_table)
		return 0;
	sal_fail(err, SAL_NOT_FOUND, "no routing table named %s in /etc/iproute2/rt_tables", text);
	sal_error_subject(err, "routing table %s", text);
	sal_error_field(err, "/table");
	return -ENOENT;
}

static bool host_bits_set(const struct sal_prefix *dst)
{
	size_t size = sal_net_ip_size(dst->ip.family);

	for (size_t bit = dst->len; bit < size * 8; bit++)
		if (dst->ip.bytes[bit / 8] & 0x80 >> bit % 8)
			return true;
	return false;
}

int sal_net_route_dst_param(const struct sal_prefix *dst, const struct sal_ip *other,
			    struct sal_rtnl_route *route, struct sal_error *err)
{
	route->dst = *dst;
	if (!route->dst.ip.family)
		route->dst.ip.family = other && other->family ? other->family : AF_INET;
	route->family = route->dst.ip.family;
	return host_bits_set(&route->dst) ? sal_net_route_fault(err, "/dst", "host bits are set")
					  : 0;
}

const struct sal_route *sal_net_route_show(struct sal_net_route_work *work,
					   const struct sal_net_route_message *open)
{
	struct sal_route *route = sal_arena_zalloc(work->call->arena, sizeof(*route));

	sal_net_route_decode(&work->decoder, open, route);
	/* The decoder's device names are those of its cache. */
	if (route->has.dev)
		route->dev = sal_arena_strdup(work->call->arena, route->dev);
	return route;
}

const struct sal_route *sal_net_route_preview(struct sal_net_route_work *work,
					      const struct sal_net_route_plain *plain)
{
	struct sal_arena *arena = work->call->arena;
	const struct sal_rtnl_route *from = &plain->route;
	struct sal_route *route = sal_arena_zalloc(arena, sizeof(*route));
	const struct sal_rtnl_leg *leg = from->nlegs == 1 ? &from->legs[0] : NULL;
	static const char *const types[] = {
		[RTN_UNICAST] = "unicast",     [RTN_LOCAL] = "local",
		[RTN_BROADCAST] = "broadcast", [RTN_MULTICAST] = "multicast",
		[RTN_BLACKHOLE] = "blackhole", [RTN_UNREACHABLE] = "unreachable",
		[RTN_PROHIBIT] = "prohibit",   [RTN_THROW] = "throw",
	};

	route->type = types[from->type];
	route->dst = from->dst;
	route->table = sal_net_route_name(&work->decoder, SAL_NET_NAMES_TABLE, from->table);
	route->protocol =
		sal_net_route_name(&work->decoder, SAL_NET_NAMES_PROTOCOL, from->protocol);
	route->scope = sal_net_route_name(&work->decoder, SAL_NET_NAMES_SCOPE, from->scope);
	if (from->metric)
		sal_set(route, metric, from->metric);
	if (from->prefsrc.family)
		sal_set(route, prefsrc, from->prefsrc);
	if (leg && leg->gateway.family == from->family)
		sal_set(route, gateway, leg->gateway);
	if (leg && leg->ifindex)
		sal_set(route, dev, sal_net_route_ifname(&work->decoder, leg->ifindex));
	return route;
}

static void hop_words(struct sal_buf *words, struct sal_net_route_work *work,
		      const struct sal_rtnl_route *route, size_t i)
{
	const struct sal_rtnl_leg *leg = &route->legs[i];
	char gateway[SAL_IP_TEXT];

	if (leg->gateway.family) {
		*sal_ip_format(gateway, &leg->gateway) = '\0';
		sal_buf_printf(words, " via %s%s",
			       leg->gateway.family == route->family ? "" : "inet6 ", gateway);
	}
	if (leg->ifindex)
		sal_buf_printf(words, " dev %s", sal_ifnames_get(&work->ifnames, leg->ifindex));
	if (leg->onlink)
		sal_buf_puts(words, " onlink");
}

void sal_net_route_would(struct sal_net_route_work *work, const char *verb,
			 const struct sal_net_route_plain *plain)
{
	const struct sal_rtnl_route *from = &plain->route;
	const struct sal_route *route = sal_net_route_preview(work, plain);
	struct sal_buf words = SAL_BUF_EMPTY;
	char dst[SAL_PREFIX_TEXT], src[SAL_IP_TEXT];

	*sal_prefix_format(dst, &route->dst) = '\0';
	sal_buf_printf(&words, "ip%s route %s %s %s", from->family == AF_INET6 ? " -6" : "", verb,
		       route->type, dst);
	if (from->nlegs == 1)
		hop_words(&words, work, from, 0);
	if (from->prefsrc.family) {
		*sal_ip_format(src, &from->prefsrc) = '\0';
		sal_buf_printf(&words, " src %s", src);
	}
	if (from->family == AF_INET && from->nlegs)
		sal_buf_printf(&words, " scope %s", route->scope);
	if (from->metric)
		sal_buf_printf(&words, " metric %u", from->metric);
	sal_buf_printf(&words, " table %s proto %s", route->table, route->protocol);
	for (size_t i = 0; i < from->nlegs && from->nlegs > 1; i++) {
		sal_buf_puts(&words, " nexthop");
		hop_words(&words, work, from, i);
		sal_buf_printf(&words, " weight %u", from->legs[i].weight);
	}
	sal_change_would(&work->change, "%.*s", (int)words.len, words.data);
	sal_buf_done(&words);
}

bool sal_net_route_needs_raw(const struct sal_net_route_plain *plain)
{
	return !plain->exact || plain->route.protocol != SAL_NET_ROUTE_PROTOCOL;
}
