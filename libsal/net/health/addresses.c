/* addresses.c - addresses that cannot be used, or not for long. See health.h. */
#include "net/health.h"

#include <linux/if_addr.h>
#include <linux/rtnetlink.h>

/* A DHCP client that is past 7/8 of its lease has got no answer to rebinding (RFC 2131, 4.4.5). */
#define LAST_PART 8

static void fault(struct sal_health *h, const struct sal_health_address *address,
		  const char *message, const char *hint)
{
	struct sal_health_check *check =
		sal_net_health_fault(h, SAL_HEALTH_STATUS_DEGRADED, message);

	sal_set(check, hint, hint);
	sal_set(check, ifname, address->link->name);
	sal_set(check, family,
		address->local.family == AF_INET ? SAL_FAMILY_INET : SAL_FAMILY_INET6);
}

static bool is_expiring(const struct sal_health_address *address)
{
	return address->valid != UINT32_MAX && !(address->flags & IFA_F_DEPRECATED) &&
	       !(address->local.family == AF_INET6 && (address->flags & IFA_F_TEMPORARY)) &&
	       address->valid < address->lifetime / LAST_PART;
}

/* Whether it is a sound address under which others reach the node. */
static bool address_check(struct sal_health *h, const struct sal_health_address *address)
{
	const char *text = sal_health_ip(h->arena, &address->local), *link = address->link->name;

	if (address->flags & IFA_F_DADFAILED) {
		fault(h, address,
		      sal_arena_printf(h->arena, "another node on the link of %s has %s too", link,
				       text),
		      sal_arena_printf(h->arena,
				       "give one of them another address, then add it "
				       "anew: ip addr replace %s/%u dev %s",
				       text, address->prefixlen, link));
		return false;
	}
	/* Without a carrier it stays so, and check links says why. */
	if ((address->flags & IFA_F_TENTATIVE) && !(address->flags & IFA_F_OPTIMISTIC)) {
		if (sal_health_link_works(address->link))
			fault(h, address,
			      sal_arena_printf(h->arena,
					       "%s on %s is still being checked for "
					       "duplicates and cannot be used yet",
					       text, link),
			      "that takes about a second; look again");
		return false;
	}
	if (is_expiring(address))
		fault(h, address,
		      sal_arena_printf(h->arena,
				       "%s on %s goes in %u s and was not renewed in time", text,
				       link, address->valid),
		      "see whether the DHCP server or router that gave it answers, and whether the "
		      "client runs (net.status, managers)");
	return address->scope == RT_SCOPE_UNIVERSE && sal_health_link_works(address->link);
}

static const char *addresses_run(struct sal_health *h)
{
	size_t sound = 0;

	for (size_t i = 0; i < h->naddresses; i++) {
		if (!(h->addresses[i].link->flags & IFF_LOOPBACK))
			sound += address_check(h, &h->addresses[i]);
	}
	if (!sound) {
		struct sal_health_check *check = sal_net_health_fault(
			h, SAL_HEALTH_STATUS_DEGRADED,
			"no working interface has an address under which others reach this node");

		sal_set(check, hint,
			"see why the DHCP client or router gives none, or add one: ip "
			"addr add ADDRESS/BITS dev NAME");
	}
	return sal_arena_printf(h->arena, "%zu address%s of global scope can be used", sound,
				sound == 1 ? "" : "es");
}

const struct sal_health_row sal_health_addresses = { "addresses", true, addresses_run };
