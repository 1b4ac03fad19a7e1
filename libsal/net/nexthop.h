/*
 * nexthop.h - nexthop objects by id, asked of the kernel once each and remembered for a call.
 *
 * Routes name few nexthop objects many times. Used by route_decode.c for a route's nh_info. The
 * kernel's answer is kept as it came and decoded for each route, so memory stays flat.
 * Sources: linux/nexthop.h; ip -j -d nexthop.
 */
#pragma once

#include "kernel/nl.h"
#include "net/route_decode.h"

#define SAL_NET_NEXTHOPS_SLOTS 64

struct sal_net_nexthops {
	struct sal_nl nl; /* of its own: the routes' socket is in the midst of a dump */
	bool opened;
	struct {
		uint32_t id; /* 0: empty */
		struct nlmsghdr *message; /* NULL: no such nexthop */
	} slots[SAL_NET_NEXTHOPS_SLOTS];
};

/* A zeroed struct is ready for use. */
void sal_net_nexthops_done(struct sal_net_nexthops *nexthops); /* fit for SAL_CLEANUP */

/* The object, allocated from the decoder's arena; NULL when it is gone. */
const struct sal_route_nexthop_object *sal_net_nexthop_get(struct sal_net_route_decoder *decoder,
							   uint32_t id);
/* Decodes RTM_NEWNEXTHOP; false when it is none. Pure. */
bool sal_net_nexthop_decode(struct sal_net_route_decoder *decoder, const struct nlmsghdr *message,
			    struct sal_route_nexthop_object *ret_object);
