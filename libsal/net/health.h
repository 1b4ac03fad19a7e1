/*
 * health.h - a check of net.health: a name and a function that looks and says what it found.
 *
 * A new check is a function in a file of health/, its row in a header here, and a line in health.c's
 * table. Checks read; they never change anything, send anything, or fail.
 */
#pragma once

#include <linux/if.h>

#include "base/arena.h"
#include "gen/net.health.h"
#include "kernel/nl.h"

struct sal_health_link {
	uint32_t index, flags, master;
	const char *name, *kind; /* kind is "" for plain devices */
	bool has_ports;
	uint64_t packets, errors;
};

struct sal_health_address {
	const struct sal_health_link *link;
	struct sal_ip local;
	uint8_t prefixlen, scope, proto;
	uint32_t flags;
	uint32_t valid, lifetime; /* seconds left and seconds given; UINT32_MAX: for ever */
};

/* A way out: a default route, or a leg of one. */
struct sal_health_exit {
	uint8_t family; /* of the route */
	const char *dev; /* "" when the kernel does not say */
	struct sal_ip gateway; /* its family is 0 when there is none */
	bool broken; /* the kernel says that it is dead or its link down */
};

struct sal_health {
	struct sal_arena *arena;
	struct sal_nl nl; /* open while the kernel answers */
	const struct sal_error *refusal; /* NULL, or why what follows is not whole */
	struct sal_health_link *links;
	size_t nlinks;
	struct sal_health_address *addresses;
	size_t naddresses;
	struct sal_health_exit *exits;
	size_t nexits;
	/* what was found; belongs to health.c */
	const struct sal_health_row *row;
	struct sal_health_check *checks;
	size_t nchecks, of_row;
};

struct sal_health_row {
	const char *name;
	bool needs_kernel; /* not run when the snapshot is not whole */
	/* Adds what is wrong; returns what to say when nothing is. */
	const char *(*run)(struct sal_health *health);
};

extern const struct sal_health_row sal_health_links, sal_health_addresses, sal_health_default_route,
	sal_health_gateway, sal_health_dns_config, sal_health_dns_server, sal_health_conntrack,
	sal_health_sysctl;

/* Adds a fault of the running check; its hint, ifname and family can be set. message lives on. */
struct sal_health_check *sal_net_health_fault(struct sal_health *health,
					      enum sal_health_status status, const char *message);

/* snapshot.c: links, addresses, and default routes. On failure sets health->refusal. */
void sal_net_health_snapshot(struct sal_health *health);

/* Whether the link can carry packets to others. */
static inline bool sal_health_link_works(const struct sal_health_link *link)
{
	const uint32_t both = IFF_UP | IFF_LOWER_UP;

	return !(link->flags & IFF_LOOPBACK) && (link->flags & both) == both;
}

static inline const char *sal_health_ip(struct sal_arena *arena, const struct sal_ip *ip)
{
	char text[SAL_IP_TEXT];

	*sal_ip_format(text, ip) = '\0';
	return sal_arena_strdup(arena, text);
}
