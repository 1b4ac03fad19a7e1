/*
 * rtnl_route.h - route messages, built by libnl-route and sent by nl.c.
 *
 * Sources: linux/rtnetlink.h, rtnetlink(7), libnl-route's route/route.h.
 */
#pragma once

#include "base/text.h"
#include "kernel/nl.h"

struct sal_rtnl_leg {
	struct sal_ip gateway; /* family 0: none; of another family than the route's: RTA_VIA */
	uint32_t ifindex; /* 0: the kernel finds it by the gateway */
	uint32_t weight; /* 1 to 256; 0 is 1 */
	bool onlink;
};

struct sal_rtnl_route {
	uint8_t family, type, scope, protocol, tos; /* AF_, RTN_, RT_SCOPE_, RTPROT_ */
	struct sal_prefix dst;
	uint32_t table, metric;
	struct sal_ip prefsrc; /* family 0: none */
	const struct sal_rtnl_leg *legs;
	size_t nlegs; /* 0 for blackhole and the like */
};

/* flags: NLM_F_CREATE, NLM_F_EXCL, NLM_F_REPLACE. -errno with the kernel's own words. */
int sal_rtnl_route_add(struct sal_nl *nl, const struct sal_rtnl_route *route, int flags,
		       struct sal_error *err);
int sal_rtnl_route_delete(struct sal_nl *nl, const struct sal_rtnl_route *route,
			  struct sal_error *err);
