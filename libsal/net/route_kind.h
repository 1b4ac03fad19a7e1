/* route_kind.h - routes as objects of the change engine: key "route:TABLE/DST/METRIC[/TOS]". */
#pragma once

#include "net/route_image.h"
#include "state/kind.h"

extern const struct sal_state_kind sal_net_route_kind;
extern const struct sal_state_watch sal_net_route_watch; /* links and addresses that come */

const char *sal_net_route_key(struct sal_arena *arena, const struct sal_rtnl_route *route);

/*
 * Calls each() for the routes of the table and family (0: both) that the kernel has, cloned ones left
 * out. The message lives during the call.
 */
typedef int sal_net_route_each(const struct nlmsghdr *message,
			       const struct sal_net_route_message *open,
			       const struct sal_net_route_plain *plain, void *ctx,
			       struct sal_error *err);
int sal_net_routes_walk(struct sal_nl *nl, uint8_t family, uint32_t table, sal_net_route_each *each,
			void *ctx, struct sal_error *err);
