/*
 * iptunnel.c - facts of ipip, sit and ip6tnl tunnels.
 *
 * Source: linux/if_tunnel.h, net/ipv4/ipip.c, net/ipv6/sit.c, net/ipv6/ip6_tunnel.c.
 */
#include <linux/if_tunnel.h>
#include <netinet/in.h>

#include "net/linkinfo/tunnel.h"

_Static_assert(IFLA_IPTUN_ENCAP_FLAGS == IFLA_IPTUN_ENCAP_TYPE + 1 &&
		       IFLA_IPTUN_ENCAP_SPORT == IFLA_IPTUN_ENCAP_TYPE + 2 &&
		       IFLA_IPTUN_ENCAP_DPORT == IFLA_IPTUN_ENCAP_TYPE + 3,
	       "what sal_tunnel_numbers.encap says");

static const struct sal_tunnel_numbers over_ip = {
	.family = AF_INET,
	.link = IFLA_IPTUN_LINK,
	.local = IFLA_IPTUN_LOCAL,
	.remote = IFLA_IPTUN_REMOTE,
	.ttl = IFLA_IPTUN_TTL,
	.tos = IFLA_IPTUN_TOS,
	.pmtudisc = IFLA_IPTUN_PMTUDISC,
	.encap = IFLA_IPTUN_ENCAP_TYPE,
	.fwmark = IFLA_IPTUN_FWMARK,
	.metadata = IFLA_IPTUN_COLLECT_METADATA,
};

static const struct sal_tunnel_numbers over_ip6 = {
	.family = AF_INET6,
	.link = IFLA_IPTUN_LINK,
	.local = IFLA_IPTUN_LOCAL,
	.remote = IFLA_IPTUN_REMOTE,
	.ttl = IFLA_IPTUN_TTL,
	.flags = IFLA_IPTUN_FLAGS,
	.flowinfo = IFLA_IPTUN_FLOWINFO,
	.encap_limit = IFLA_IPTUN_ENCAP_LIMIT,
	.encap = IFLA_IPTUN_ENCAP_TYPE,
	.fwmark = IFLA_IPTUN_FWMARK,
	.metadata = IFLA_IPTUN_COLLECT_METADATA,
};

/* RFC 5969. */
static void sixrd_decode(const struct nlattr *const *tb, struct sal_tunnel_info *t)
{
	struct sal_ip ip;

	if (!tb[IFLA_IPTUN_6RD_PREFIXLEN] || !sal_nla_u16(tb[IFLA_IPTUN_6RD_PREFIXLEN]))
		return;
	if (tb[IFLA_IPTUN_6RD_PREFIX] && sal_net_ip_attr(&ip, AF_INET6, tb[IFLA_IPTUN_6RD_PREFIX]))
		sal_set(t, prefix, ip);
	sal_set(t, prefixlen, sal_nla_u16(tb[IFLA_IPTUN_6RD_PREFIXLEN]));
	if (!tb[IFLA_IPTUN_6RD_RELAY_PREFIX] ||
	    !sal_net_ip_attr(&ip, AF_INET, tb[IFLA_IPTUN_6RD_RELAY_PREFIX]) ||
	    sal_net_ip_is_zero(&ip))
		return;
	sal_set(t, relay_prefix, ip);
	sal_take(t, relay_prefixlen, tb[IFLA_IPTUN_6RD_RELAY_PREFIXLEN], sal_nla_u16);
}

/* What is inside; absent for a protocol without a name. */
static void proto_decode(const struct nlattr *a, const char *ip, const char *ip6, const char *mpls,
			 struct sal_tunnel_info *t)
{
	switch (a ? sal_nla_u8(a) : IPPROTO_RAW) {
	case 0:
		t->proto = "any";
		break;
	case IPPROTO_IPIP:
		t->proto = ip;
		break;
	case IPPROTO_IPV6:
		t->proto = ip6;
		break;
	case IPPROTO_MPLS:
		t->proto = mpls;
		break;
	}
	t->has.proto = t->proto != NULL;
}

static void tunnel_decode(const struct sal_link_ctx *ctx, const struct nlattr *data, void *info)
{
	const struct nlattr *tb[IFLA_IPTUN_MAX + 1];
	struct sal_tunnel_info *t = info;

	sal_nla_index_nested(tb, IFLA_IPTUN_MAX, data);
	proto_decode(tb[IFLA_IPTUN_PROTO], "ipip", "ip6ip", "mplsip", t);
	sal_net_tunnel_decode(ctx, &over_ip, tb, t);
	t->has.pmtudisc = true; /* false where the kernel says nothing */
	if (tb[IFLA_IPTUN_FLAGS] && (sal_nla_u16(tb[IFLA_IPTUN_FLAGS]) & SIT_ISATAP))
		sal_set(t, isatap, true);
	sixrd_decode(tb, t);
}

static void tunnel6_decode(const struct sal_link_ctx *ctx, const struct nlattr *data, void *info)
{
	const struct nlattr *tb[IFLA_IPTUN_MAX + 1];
	struct sal_tunnel_info *t = info;

	sal_nla_index_nested(tb, IFLA_IPTUN_MAX, data);
	proto_decode(tb[IFLA_IPTUN_PROTO], "ipip6", "ip6ip6", NULL, t);
	sal_net_tunnel_decode(ctx, &over_ip6, tb, t);
}

const struct sal_link_kind sal_link_kind_ipip = {
	.name = "ipip",
	.type = &sal_tunnel_info_type,
	.decode = tunnel_decode,
};

const struct sal_link_kind sal_link_kind_sit = {
	.name = "sit",
	.type = &sal_tunnel_info_type,
	.decode = tunnel_decode,
};

const struct sal_link_kind sal_link_kind_ip6tnl = {
	.name = "ip6tnl",
	.type = &sal_tunnel_info_type,
	.decode = tunnel6_decode,
};
