/*
 * dns.c - whether names can be resolved, as far as it can be told without asking. See health.h.
 *
 * A server on this node is dead when nobody listens on its port; one elsewhere is out of reach when
 * there is no route to it. Whether a remote one answers is not tried: that would send a packet.
 */
#include "net/dns.h"

#include <errno.h>
#include <linux/rtnetlink.h>
#include <net/if.h>

#include "kernel/nl_attr.h"
#include "net/attr.h"
#include "net/health.h"
#include "net/listener.h"

#define DNS_PORT   53
#define GLIBC_ASKS 3 /* MAXNS of resolv.h */

static const char hint_config[] = "name servers stand in /etc/resolv.conf as lines: nameserver "
				  "ADDRESS; net.dns shows who writes the file";

static void fault(struct sal_health *h, const char *message, const char *hint)
{
	struct sal_health_check *check =
		sal_net_health_fault(h, SAL_HEALTH_STATUS_DEGRADED, message);

	sal_set(check, hint, hint);
}

static const struct sal_ip localhost = { AF_INET, { 127, 0, 0, 1 } };

static void no_server(struct sal_health *h, const struct sal_net_dns_result *dns)
{
	/* glibc asks the node itself then; and one may well listen there. */
	if (sal_net_listener_udp(h->arena, &localhost, DNS_PORT) == SAL_NET_LISTENER_FOUND)
		return;
	fault(h,
	      dns->has.source
		      ? "no name server is configured, and none runs on this node: names cannot be "
			"resolved"
		      : "there is no /etc/resolv.conf, and no name server on this node: names "
			"cannot "
			"be resolved",
	      hint_config);
}

static bool links_have_servers(const struct sal_net_dns_result *dns)
{
	for (size_t i = 0; i < dns->links.len; i++) {
		if (dns->links.items[i].nameservers.len)
			return true;
	}
	return false;
}

static const char *dns_config_run(struct sal_health *h)
{
	struct sal_net_dns_result dns;
	struct sal_dns_server_array asked;
	struct sal_error refusal = { 0 };

	if (sal_net_dns_read(h->arena, &dns, &asked, &refusal) < 0) {
		fault(h, sal_arena_strdup(h->arena, refusal.message), hint_config);
		return NULL;
	}
	for (size_t i = 0; i < dns.invalid.len; i++) {
		const struct sal_dns_invalid *line = &dns.invalid.items[i];

		fault(h,
		      sal_arena_printf(h->arena, "line %u of %s cannot be used: %s", line->line,
				       line->file, line->reason),
		      hint_config);
	}
	if (!asked.len)
		no_server(h, &dns);
	else if (dns.stub && !dns.nameservers.len && !links_have_servers(&dns))
		fault(h, "systemd-resolved knows no name server to ask",
		      "give it one: by DHCP, DNS= in the network's configuration, or resolvectl "
		      "dns "
		      "NAME ADDRESS");
	return sal_arena_printf(h->arena, "%zu name server%s configured", dns.nameservers.len,
				dns.nameservers.len == 1 ? " is" : "s are");
}

const struct sal_health_row sal_health_dns_config = { "dns_config", false, dns_config_run };

static int route_type(const struct nlmsghdr *message, void *ctx, struct sal_error *err)
{
	const struct rtmsg *route = sal_nl_family_header(message, sizeof(*route));

	if (route && message->nlmsg_type == RTM_NEWROUTE)
		*(int *)ctx = route->rtm_type;
	return 0;
}

/* RTN_LOCAL, RTN_UNICAST …; or -errno: the kernel knows no way there. */
static int route_ask(struct sal_health *h, const struct sal_ip *ip, uint32_t oif)
{
	struct sal_nl_request request;
	struct rtmsg *header = sal_nl_begin(&request, RTM_GETROUTE, 0, sizeof(*header));
	int type = RTN_UNSPEC, r;

	header->rtm_family = ip->family;
	header->rtm_dst_len = sal_net_ip_size(ip->family) * 8;
	sal_nl_put(&request, RTA_DST, ip->bytes, sal_net_ip_size(ip->family));
	if (oif)
		sal_nl_put_u32(&request, RTA_OIF, oif);
	r = sal_nl_talk(&h->nl, &request, route_type, &type, NULL);
	return r < 0 ? r : type;
}

/* NULL, or why the server cannot answer; *ret_hint says what to do. */
static const char *server_fault(struct sal_health *h, const struct sal_dns_server *server,
				const char **ret_hint)
{
	uint16_t port = server->has.port ? server->port : DNS_PORT;
	uint32_t oif = 0;
	int type;

	*ret_hint = "see net.routes, or name another server";
	if (server->has.ifname) {
		oif = if_nametoindex(server->ifname);
		if (!oif)
			return sal_arena_printf(h->arena, "there is no interface %s",
						server->ifname);
	}
	type = route_ask(h, &server->address, oif);
	if (type == RTN_LOCAL) {
		*ret_hint = "start it, or name another server in /etc/resolv.conf";
		return sal_net_listener_udp(h->arena, &server->address, port) ==
				       SAL_NET_LISTENER_NONE
			       ? sal_arena_printf(h->arena,
						  "it is this node, and nobody listens on "
						  "UDP port %u",
						  port)
			       : NULL;
	}
	if (type == -ENETUNREACH || type == -EHOSTUNREACH || type == RTN_UNREACHABLE)
		return "there is no route to it";
	if (type == -EACCES || type == -EINVAL || type == RTN_PROHIBIT || type == RTN_BLACKHOLE)
		return "its route is one that drops packets";
	return NULL; /* reachable, or not to be told */
}

static void servers_check(struct sal_health *h, const struct sal_dns_server_array *servers,
			  size_t most, const char *what)
{
	for (size_t i = 0; i < servers->len && i < most; i++) {
		const struct sal_dns_server *server = &servers->items[i];
		const char *hint, *why = server_fault(h, server, &hint);

		if (why)
			fault(h,
			      sal_arena_printf(h->arena, "%s %s cannot answer: %s", what,
					       sal_health_ip(h->arena, &server->address), why),
			      hint);
	}
}

static const char *dns_server_run(struct sal_health *h)
{
	struct sal_net_dns_result dns;
	struct sal_dns_server_array asked;

	if (sal_net_dns_read(h->arena, &dns, &asked, NULL) < 0 || !asked.len)
		return "no name server to look for";
	servers_check(h, &asked, GLIBC_ASKS, "the name server");
	if (dns.stub && dns.nameservers.items != asked.items)
		servers_check(h, &dns.nameservers, SIZE_MAX,
			      "behind systemd-resolved, the name server");
	return "each name server that is asked listens on this node, or there is a route to it; "
	       "whether it answers was not tried";
}

const struct sal_health_row sal_health_dns_server = { "dns_server", true, dns_server_run };
