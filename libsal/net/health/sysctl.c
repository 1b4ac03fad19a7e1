/*
 * sysctl.c - switches of the kernel that contradict each other. See health.h.
 *
 * Only what does not work at all as it is set: proxies that need forwarding (arp_process and
 * ndisc_recv_ns look at it), and addresses by router advertisements that are no longer heard.
 */
#include "net/sysctl.h"

#include <linux/if_addr.h>
#include <string.h>

#include "net/health.h"

static void fault(struct sal_health *h, const char *ifname, enum sal_family family,
		  const char *message, const char *hint)
{
	struct sal_health_check *check =
		sal_net_health_fault(h, SAL_HEALTH_STATUS_DEGRADED, message);

	sal_set(check, hint, hint);
	sal_set(check, ifname, ifname);
	sal_set(check, family, family);
}

static void proxy_arp_check(struct sal_health *h, const struct sal_sysctl_interface *link)
{
	if (!link->has.ipv4 || !link->ipv4->has.proxy_arp || !link->ipv4->proxy_arp ||
	    !link->ipv4->has.forwarding || link->ipv4->forwarding)
		return;
	fault(h, link->ifname, SAL_FAMILY_INET,
	      sal_arena_printf(h->arena,
			       "%s has proxy_arp on but forwarding off: ARP is answered for "
			       "nobody",
			       link->ifname),
	      sal_arena_printf(h->arena,
			       "turn on net.ipv4.conf.%s.forwarding (or "
			       "net.ipv4.ip_forward), or proxy_arp off",
			       link->ifname));
}

static void proxy_ndp_check(struct sal_health *h, const struct sal_sysctl_interface *link)
{
	if (!link->has.ipv6 || !link->ipv6->has.proxy_ndp || !link->ipv6->proxy_ndp ||
	    !link->ipv6->has.forwarding || link->ipv6->forwarding)
		return;
	fault(h, link->ifname, SAL_FAMILY_INET6,
	      sal_arena_printf(h->arena,
			       "%s has proxy_ndp on but forwarding off: NDP is answered for "
			       "nobody",
			       link->ifname),
	      sal_arena_printf(h->arena,
			       "turn on net.ipv6.conf.%s.forwarding (or that of all), or "
			       "proxy_ndp off",
			       link->ifname));
}

/* An address that the kernel itself made from a router's advertisement. */
static bool has_advertised_address(const struct sal_health *h, const char *ifname)
{
	for (size_t i = 0; i < h->naddresses; i++) {
		if (h->addresses[i].local.family == AF_INET6 &&
		    h->addresses[i].proto == IFAPROT_KERNEL_RA &&
		    strcmp(h->addresses[i].link->name, ifname) == 0)
			return true;
	}
	return false;
}

static void accept_ra_check(struct sal_health *h, const struct sal_sysctl_interface *link)
{
	if (!link->has.ipv6 || !link->ipv6->has.accept_ra || link->ipv6->accept_ra != 1 ||
	    !link->ipv6->has.forwarding || !link->ipv6->forwarding ||
	    !has_advertised_address(h, link->ifname))
		return;
	fault(h, link->ifname, SAL_FAMILY_INET6,
	      sal_arena_printf(h->arena,
			       "%s has an address by router advertisement, but with "
			       "forwarding on and accept_ra 1 none is heard any more: the "
			       "address will go, and the default route has gone",
			       link->ifname),
	      sal_arena_printf(h->arena, "set net.ipv6.conf.%s.accept_ra to 2", link->ifname));
}

static const char *sysctl_run(struct sal_health *h)
{
	struct sal_net_sysctl_result switches;

	if (sal_net_sysctl_read(h->arena, NULL, &switches, NULL) < 0)
		return "the kernel's switches cannot be read";
	for (size_t i = 0; i < switches.interfaces.len; i++) {
		const struct sal_sysctl_interface *link = &switches.interfaces.items[i];

		proxy_arp_check(h, link);
		proxy_ndp_check(h, link);
		accept_ra_check(h, link);
	}
	return "forwarding, proxying and router advertisements agree with each other";
}

const struct sal_health_row sal_health_sysctl = { "sysctl", true, sysctl_run };
