/* links.c - interfaces that should carry packets and do not. See health.h. */
#include "net/health.h"

#include <inttypes.h>
#include <string.h>

#include "base/buf.h"

/* Errors since the interface came are worth a word from so many on, if they are 1 % of all. */
#define ERRORS_MIN   100
#define ERRORS_SHARE 100
#define NAMES_SHOWN  8

static bool has_addresses(const struct sal_health *h, const struct sal_health_link *link)
{
	for (size_t i = 0; i < h->naddresses; i++) {
		/* The kernel's own link-local ones say nothing about what the link is for. */
		if (h->addresses[i].link == link &&
		    !(h->addresses[i].local.family == AF_INET6 &&
		      h->addresses[i].local.bytes[0] == 0xfe &&
		      (h->addresses[i].local.bytes[1] & 0xc0) == 0x80))
			return true;
	}
	return false;
}

static void link_carrier(struct sal_health *h, const struct sal_health_link *link)
{
	struct sal_health_check *check;

	if (!has_addresses(h, link))
		return;
	if (!(link->flags & IFF_UP)) {
		check = sal_net_health_fault(
			h, SAL_HEALTH_STATUS_DEGRADED,
			sal_arena_printf(h->arena, "%s has addresses but is down", link->name));
		sal_set(check, hint,
			sal_arena_printf(h->arena, "if it should work: ip link set %s up",
					 link->name));
		sal_set(check, ifname, link->name);
		return;
	}
	/* A bridge that waits for its first port (docker0, virbr0) is as it should be. */
	if ((link->flags & IFF_LOWER_UP) || (strcmp(link->kind, "bridge") == 0 && !link->has_ports))
		return;
	check = sal_net_health_fault(h, SAL_HEALTH_STATUS_DEGRADED,
				     sal_arena_printf(h->arena,
						      "%s is up and has addresses but no carrier",
						      link->name));
	sal_set(check, hint,
		"see to the cable and the port at its other end, or to the interface "
		"that it stands on");
	sal_set(check, ifname, link->name);
}

static void link_errors(struct sal_health *h, const struct sal_health_link *link)
{
	struct sal_health_check *check;

	if (link->errors < ERRORS_MIN || link->errors < link->packets / ERRORS_SHARE)
		return;
	check = sal_net_health_fault(h, SAL_HEALTH_STATUS_DEGRADED,
				     sal_arena_printf(h->arena,
						      "%s counts %" PRIu64 " errors to %" PRIu64
						      " packets since it came",
						      link->name, link->errors, link->packets));
	sal_set(check, hint,
		sal_arena_printf(h->arena,
				 "see which kind, and whether they still grow: "
				 "ip -s -s link show %s",
				 link->name));
	sal_set(check, ifname, link->name);
}

/* What is wrong with the node when no interface works. */
static void none_works(struct sal_health *h)
{
	struct sal_buf names SAL_CLEANUP(sal_buf_done) = SAL_BUF_EMPTY;
	struct sal_health_check *check;
	size_t n = 0;

	for (size_t i = 0; i < h->nlinks; i++) {
		const struct sal_health_link *link = &h->links[i];

		if ((link->flags & IFF_LOOPBACK) || n++ >= NAMES_SHOWN)
			continue;
		sal_buf_printf(&names, "%s%s %s", n > 1 ? ", " : "", link->name,
			       link->flags & IFF_UP ? "has no carrier" : "is down");
	}
	check = sal_net_health_fault(h, SAL_HEALTH_STATUS_FAILED,
				     n ? sal_arena_printf(h->arena, "no interface works: %.*s%s",
							  (int)names.len, names.data,
							  n > NAMES_SHOWN ? " …" : "")
				       : "there is no interface but the loopback");
	sal_set(check, hint, "bring one up: ip link set NAME up; or look for its driver: ip link");
}

static const char *links_run(struct sal_health *h)
{
	size_t works = 0;

	for (size_t i = 0; i < h->nlinks; i++) {
		if (h->links[i].flags & IFF_LOOPBACK)
			continue;
		works += sal_health_link_works(&h->links[i]);
		link_carrier(h, &h->links[i]);
		link_errors(h, &h->links[i]);
	}
	if (!works)
		none_works(h);
	return sal_arena_printf(
		h->arena, "%zu interface%s up with carrier, and none with addresses is without",
		works, works == 1 ? " is" : "s are");
}

const struct sal_health_row sal_health_links = { "links", true, links_run };
