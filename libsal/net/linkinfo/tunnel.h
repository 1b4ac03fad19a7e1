/* tunnel.h - what the tunnel kinds have in common. */
#pragma once

#include "net/linkinfo/kind.h"

/* Network order to host order. */
uint16_t sal_nla_be16(const struct nlattr *a);
uint32_t sal_nla_be32(const struct nlattr *a);

/* Where the attributes that every tunnel has stand in its numbering; 0: it has none. */
struct sal_tunnel_numbers {
	uint8_t family; /* what it runs over: AF_INET, AF_INET6 */
	uint16_t link, local, remote, ttl, tos, pmtudisc, flags, flowinfo, encap_limit;
	uint16_t encap; /* type, flags, source port, destination port in a row */
	uint16_t fwmark, metadata;
};

/* Fills in what every tunnel has. tb is indexed by type. */
void sal_net_tunnel_decode(const struct sal_link_ctx *ctx, const struct sal_tunnel_numbers *at,
			   const struct nlattr *const *tb, struct sal_tunnel_info *t);
/* A key as four octets: "0.0.0.5". */
const char *sal_net_tunnel_key(struct sal_arena *arena, const struct nlattr *a);
