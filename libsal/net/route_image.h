/*
 * route_image.h - a route as the change engine keeps it: JSON by names, so that it outlives a boot.
 *
 * {"family","type","scope","protocol","dst","table","metric","tos","prefsrc","legs":[{"gateway","dev",
 * "weight","onlink"}]}, and "raw" for a route of somebody else: the kernel's own message, so that it
 * can be put back with whatever else it had (metrics, encapsulation). Used by route_write.c alone.
 */
#pragma once

#include <jansson.h>

#include "kernel/ifnames.h"
#include "kernel/rtnl_route.h"
#include "net/route_decode.h"

#define SAL_NET_ROUTE_LEGS 32

struct sal_net_route_plain {
	struct sal_rtnl_route route;
	struct sal_rtnl_leg legs[SAL_NET_ROUTE_LEGS];
	bool exact; /* nothing but what the image holds */
};

/* From the kernel's message. False when it has more legs than we keep. */
bool sal_net_route_plain(const struct nlmsghdr *message, const struct sal_net_route_message *open,
			 struct sal_net_route_plain *ret_plain);
/* A new image; raw is the message to keep besides, or NULL. */
json_t *sal_net_route_image(const struct sal_net_route_plain *plain, struct sal_ifnames *ifnames,
			    const struct nlmsghdr *raw);
/* Back. SAL_NOT_FOUND when an interface is not there. */
int sal_net_route_unimage(const json_t *image, struct sal_ifnames *ifnames,
			  struct sal_net_route_plain *ret_plain, struct sal_error *err);
/* The message of an image of somebody else's route, as a request; false when it has none. */
bool sal_net_route_raw(const json_t *image, struct sal_nl_request *ret_request);

/* The same destination, table, tos and metric: the kernel holds one such route, or legs of one. */
bool sal_net_route_same_key(const struct sal_rtnl_route *a, const struct sal_rtnl_route *b);
bool sal_net_route_equal(const struct sal_rtnl_route *a, const struct sal_rtnl_route *b);
