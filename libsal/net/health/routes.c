/*
 * routes.c - whether packets find a way out, and whether the gateways are there. See health.h.
 *
 * A gateway is judged by what the kernel already knows of it: the neighbour table. Nothing is sent.
 */
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <string.h>

#include "net/attr.h"
#include "net/health.h"
#include "net/neigh.h"

static const char *family_word(uint8_t family)
{
	return family == AF_INET ? "IPv4" : "IPv6";
}

static enum sal_family family_of(uint8_t family)
{
	return family == AF_INET ? SAL_FAMILY_INET : SAL_FAMILY_INET6;
}

/* Whether the family has a default route at all. */
static bool has_exit(const struct sal_health *h, uint8_t family)
{
	for (size_t i = 0; i < h->nexits; i++) {
		if (h->exits[i].family == family)
			return true;
	}
	return false;
}

/* A global unicast address, 2000::/3, that is in use: one that others answer to over the Internet. */
static bool is_public6(const struct sal_health_address *address)
{
	return address->local.family == AF_INET6 && (address->local.bytes[0] & 0xe0) == 0x20 &&
	       !(address->flags & (IFA_F_TENTATIVE | IFA_F_DADFAILED | IFA_F_DEPRECATED)) &&
	       !(address->link->flags & IFF_LOOPBACK) && sal_health_link_works(address->link);
}

/* An IPv4 address on an interface through which the node reaches the world by IPv6. */
static bool is_uplink4(const struct sal_health *h, const struct sal_health_address *address)
{
	if (address->local.family != AF_INET || address->scope != RT_SCOPE_UNIVERSE)
		return false;
	for (size_t i = 0; i < h->nexits; i++) {
		if (strcmp(h->exits[i].dev, address->link->name) == 0)
			return true;
	}
	return false;
}

/* IPv4 may be missing where IPv6 leads out and the uplink has no IPv4; IPv6 where nobody has a
 * public address of it. */
static bool exit_needed(const struct sal_health *h, uint8_t family)
{
	if (family == AF_INET && !has_exit(h, AF_INET6))
		return true;
	for (size_t i = 0; i < h->naddresses; i++) {
		if (family == AF_INET ? is_uplink4(h, &h->addresses[i])
				      : is_public6(&h->addresses[i]))
			return true;
	}
	return false;
}

static void exit_missing(struct sal_health *h, uint8_t family)
{
	struct sal_health_check *check = sal_net_health_fault(
		h, SAL_HEALTH_STATUS_DEGRADED,
		sal_arena_printf(
			h->arena,
			"there is no %s default route: nothing but the node's own networks "
			"can be reached by %s",
			family_word(family), family_word(family)));

	sal_set(check, hint,
		family == AF_INET
			? "see why the DHCP client set none, or add one: ip route add default via "
			  "GATEWAY"
			: "see whether a router advertises itself (accept_ra must be 2 where IPv6 "
			  "is "
			  "forwarded), or add one: ip -6 route add default via GATEWAY dev NAME");
	sal_set(check, family, family_of(family));
}

static void exits_broken(struct sal_health *h, uint8_t family)
{
	for (size_t i = 0; i < h->nexits; i++) {
		const struct sal_health_exit *way = &h->exits[i];
		struct sal_health_check *check;

		if (way->family != family || !way->broken)
			continue;
		check = sal_net_health_fault(
			h, SAL_HEALTH_STATUS_DEGRADED,
			sal_arena_printf(h->arena,
					 "the %s default route through %s leads nowhere: "
					 "the interface is down or has no carrier",
					 family_word(family), way->dev));
		sal_set(check, hint,
			sal_arena_printf(h->arena, "see to the interface: ip link show %s",
					 way->dev));
		if (*way->dev)
			sal_set(check, ifname, way->dev);
		sal_set(check, family, family_of(family));
	}
}

static const char *default_route_run(struct sal_health *h)
{
	static const uint8_t families[] = { AF_INET, AF_INET6 };

	for (size_t i = 0; i < SAL_ARRAY_LEN(families); i++) {
		if (!has_exit(h, families[i]) && exit_needed(h, families[i]))
			exit_missing(h, families[i]);
		exits_broken(h, families[i]);
	}
	return sal_arena_printf(h->arena, "default routes: IPv4 %s, IPv6 %s",
				has_exit(h, AF_INET) ? "yes" : "none and none needed",
				has_exit(h, AF_INET6) ? "yes" : "none and none needed");
}

const struct sal_health_row sal_health_default_route = { "default_route", true, default_route_run };

struct gateways {
	struct sal_health *health;
	uint8_t family; /* of the dump that runs */
	const char **states; /* by exit: what the neighbour table says, or NULL */
};

/* The states that matter, worst first; an entry has one. */
static const char *state_word(uint16_t state)
{
	static const struct {
		uint16_t bit;
		const char *word;
	} words[] = {
		{ NUD_FAILED, "FAILED" },	{ NUD_INCOMPLETE, "INCOMPLETE" },
		{ NUD_REACHABLE, "REACHABLE" }, { NUD_STALE, "STALE" },
		{ NUD_DELAY, "DELAY" },		{ NUD_PROBE, "PROBE" },
		{ NUD_PERMANENT, "PERMANENT" }, { NUD_NOARP, "NOARP" },
	};

	for (size_t i = 0; i < SAL_ARRAY_LEN(words); i++) {
		if (state & words[i].bit)
			return words[i].word;
	}
	return NULL;
}

static const struct sal_health_link *exit_link(const struct sal_health *h,
					       const struct sal_health_exit *way)
{
	for (size_t i = 0; i < h->nlinks; i++) {
		if (strcmp(h->links[i].name, way->dev) == 0)
			return &h->links[i];
	}
	return NULL;
}

static int neighbor_look(const struct nlmsghdr *message, void *ctx, struct sal_error *err)
{
	struct gateways *g = ctx;
	struct sal_net_neigh_message neigh;
	struct sal_ip ip;

	if (!sal_net_neigh_open(message, &neigh) || neigh.header->ndm_family != g->family ||
	    (neigh.header->ndm_flags & NTF_PROXY) || !neigh.attrs[NDA_DST] ||
	    !sal_net_ip_attr(&ip, g->family, neigh.attrs[NDA_DST]))
		return 0;
	for (size_t i = 0; i < g->health->nexits; i++) {
		const struct sal_health_exit *way = &g->health->exits[i];
		const struct sal_health_link *link;

		if (way->gateway.family != g->family ||
		    memcmp(way->gateway.bytes, ip.bytes, sal_net_ip_size(g->family)) != 0)
			continue;
		link = exit_link(g->health, way);
		if (link && link->index == (uint32_t)neigh.header->ndm_ifindex)
			g->states[i] = state_word(neigh.header->ndm_state);
	}
	return 0;
}

static int neighbors_dump(struct gateways *g, uint8_t family, struct sal_error *err)
{
	struct sal_nl_request request;
	struct ndmsg *header = sal_nl_begin(&request, RTM_GETNEIGH, 0, sizeof(*header));
	bool consistent;

	header->ndm_family = family;
	g->family = family;
	return sal_nl_dump(&g->health->nl, &request, neighbor_look, g, &consistent, err);
}

static void gateway_silent(struct sal_health *h, const struct sal_health_exit *way,
			   const char *state)
{
	const char *ip = sal_health_ip(h->arena, &way->gateway);
	struct sal_health_check *check = sal_net_health_fault(
		h, SAL_HEALTH_STATUS_DEGRADED,
		sal_arena_printf(
			h->arena,
			"the gateway %s on %s does not answer %s: its neighbour entry is %s", ip,
			way->dev, way->gateway.family == AF_INET ? "ARP" : "NDP", state));

	sal_set(check, hint,
		sal_arena_printf(h->arena,
				 "see whether the gateway is up and on this link, and whether the "
				 "address and prefix of %s are right: ip neigh show %s dev %s",
				 way->dev, ip, way->dev));
	sal_set(check, ifname, way->dev);
	sal_set(check, family, family_of(way->family));
}

static const char *gateway_run(struct sal_health *h)
{
	struct gateways g = { .health = h };
	struct sal_buf words SAL_CLEANUP(sal_buf_done) = SAL_BUF_EMPTY;
	struct sal_error refusal = { 0 };

	if (!h->nexits)
		return "no default route names a gateway";
	g.states = sal_arena_array(h->arena, h->nexits, sizeof(*g.states));
	if (neighbors_dump(&g, AF_INET, &refusal) < 0 ||
	    neighbors_dump(&g, AF_INET6, &refusal) < 0) {
		sal_net_health_fault(h, SAL_HEALTH_STATUS_DEGRADED,
				     sal_arena_printf(h->arena,
						      "the neighbour table cannot be read: %s",
						      refusal.message));
		return NULL;
	}
	for (size_t i = 0; i < h->nexits; i++) {
		const struct sal_health_exit *way = &h->exits[i];
		const char *state = g.states[i];

		if (!way->gateway.family)
			continue;
		if (state && (strcmp(state, "FAILED") == 0 || strcmp(state, "INCOMPLETE") == 0))
			gateway_silent(h, way, state);
		sal_buf_printf(&words, "%s%s on %s is %s", words.len ? ", " : "",
			       sal_health_ip(h->arena, &way->gateway), way->dev,
			       state ? state : "not asked for yet");
	}
	return words.len ? sal_arena_printf(h->arena, "in the neighbour table %.*s",
					    (int)SAL_MIN(words.len, 400), words.data)
			 : "no default route names a gateway";
}

const struct sal_health_row sal_health_gateway = { "gateway", true, gateway_run };
