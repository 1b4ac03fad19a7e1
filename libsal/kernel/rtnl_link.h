/*
 * rtnl_link.h - messages that make, change and remove links, built by libnl-route and sent by nl.c.
 *
 * What libnl 3.7 has no setter for (IFLA_BR_*) is put behind its message. Sources:
 * linux/if_link.h, rtnetlink(7), libnl-route's route/link.h. Each returns -errno with the kernel's own words.
 */
#pragma once

#include "base/text.h"
#include "kernel/nl.h"

/* A bridge with this MAC from its first moment; down. -EEXIST when the name is taken. */
int sal_rtnl_bridge_add(struct sal_nl *nl, const char *ifname, const struct sal_mac *mac,
			struct sal_error *err);

struct sal_rtnl_link_settings {
	uint32_t mtu; /* 0: leave it */
	const char *alias; /* NULL: leave it */
	bool bridge; /* set stp, too */
	bool stp, up;
};
int sal_rtnl_link_change(struct sal_nl *nl, uint32_t ifindex,
			 const struct sal_rtnl_link_settings *settings, struct sal_error *err);
int sal_rtnl_link_delete(struct sal_nl *nl, uint32_t ifindex, struct sal_error *err);
