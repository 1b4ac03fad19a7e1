/*
 * route_encap.h - lightweight tunnels of routes: what `encap` and the members beside it say.
 *
 * A leg (struct sal_route_nexthop) has every such member under its own name, so it is what is
 * decoded into; a route or a nexthop object gets a copy. Used by route_decode.c and nexthop.c.
 * Sources: linux/lwtunnel.h, seg6_iptunnel.h, seg6_local.h, mpls_iptunnel.h, rpl.h.
 */
#pragma once

#include "gen/net.routes.h"
#include "net/route_decode.h"

/* Sets the encap members of a leg from RTA_ENCAP_TYPE and RTA_ENCAP. */
void sal_net_route_encap_decode(struct sal_net_route_decoder *decoder, const struct nlattr *type,
				const struct nlattr *encap, struct sal_route_nexthop *leg);

/*
 * The same for a struct of another generated type that has these members, some of them with the
 * prefix encap_ where it has one of that name already.
 */
void sal_net_route_encap_decode_into(struct sal_net_route_decoder *decoder,
				     const struct nlattr *type, const struct nlattr *encap,
				     const struct sal_type *object_type, void *object);
