/* tunnel.c - what the tunnel kinds have in common. See tunnel.h. Source: linux/if_tunnel.h. */
#include "net/linkinfo/tunnel.h"

#include <endian.h>
#include <linux/if_tunnel.h>
#include <linux/ip6_tunnel.h>

uint16_t sal_nla_be16(const struct nlattr *a)
{
	return be16toh(sal_nla_u16(a));
}

uint32_t sal_nla_be32(const struct nlattr *a)
{
	return be32toh(sal_nla_u32(a));
}

/* An end of a tunnel: its address, "any" where it is absent or zero, "unknown" where unreadable. */
static const char *end_text(struct sal_arena *arena, const struct nlattr *a, uint8_t family)
{
	struct sal_ip ip;

	if (!a)
		return "any";
	if (!sal_net_ip_attr(&ip, family, a))
		return "unknown";
	return sal_net_ip_is_zero(&ip) ? "any" : sal_net_ip_text(arena, &ip);
}

const char *sal_net_tunnel_key(struct sal_arena *arena, const struct nlattr *a)
{
	struct sal_ip key = { .family = AF_INET };

	sal_net_ip_attr(&key, AF_INET, a);
	return sal_net_ip_text(arena, &key);
}

static const struct sal_tunnel_encap *encap_decode(struct sal_arena *arena,
						   const struct nlattr *const *tb, uint16_t first)
{
	struct sal_tunnel_encap *encap;
	uint16_t type = tb[first] ? sal_nla_u16(tb[first]) : TUNNEL_ENCAP_NONE, flags;

	if (type == TUNNEL_ENCAP_NONE)
		return NULL;
	encap = sal_arena_zalloc(arena, sizeof(*encap));
	if (type == TUNNEL_ENCAP_FOU)
		sal_set(encap, type, "fou");
	else if (type == TUNNEL_ENCAP_GUE)
		sal_set(encap, type, "gue");
	flags = tb[first + 1] ? sal_nla_u16(tb[first + 1]) : 0;
	encap->sport = tb[first + 2] ? sal_nla_be16(tb[first + 2]) : 0;
	encap->dport = tb[first + 3] ? sal_nla_be16(tb[first + 3]) : 0;
	encap->csum = flags & TUNNEL_ENCAP_FLAG_CSUM;
	encap->csum6 = flags & TUNNEL_ENCAP_FLAG_CSUM6;
	encap->remcsum = flags & TUNNEL_ENCAP_FLAG_REMCSUM;
	return encap;
}

static void over_ip6_decode(struct sal_arena *arena, const struct sal_tunnel_numbers *at,
			    const struct nlattr *const *tb, struct sal_tunnel_info *t)
{
	uint32_t flags = tb[at->flags] ? sal_nla_u32(tb[at->flags]) : 0;
	uint32_t flowinfo = tb[at->flowinfo] ? sal_nla_be32(tb[at->flowinfo]) : 0;

	if (flags & IP6_TNL_F_IGN_ENCAP_LIMIT)
		sal_set(t, ip6_tnl_f_ign_encap_limit, true);
	else
		sal_take(t, encap_limit, tb[at->encap_limit], sal_nla_u8);
	if (flags & IP6_TNL_F_USE_ORIG_TCLASS)
		sal_set(t, ip6_tnl_f_use_orig_tclass, true);
	else if (tb[at->flowinfo])
		sal_set(t, tclass, sal_arena_printf(arena, "0x%02x", flowinfo >> 20 & 0xff));
	if (flags & IP6_TNL_F_USE_ORIG_FLOWLABEL)
		sal_set(t, ip6_tnl_f_use_orig_flowlabel, true);
	else if (tb[at->flowinfo])
		sal_set(t, flowlabel, sal_arena_printf(arena, "0x%05x", flowinfo & 0xfffff));
	if (flags & IP6_TNL_F_RCV_DSCP_COPY)
		sal_set(t, ip6_tnl_f_rcv_dscp_copy, true);
	if (flags & IP6_TNL_F_MIP6_DEV)
		sal_set(t, ip6_tnl_f_mip6_dev, true);
	if (flags & IP6_TNL_F_ALLOW_LOCAL_REMOTE)
		sal_set(t, ip6_tnl_f_allow_local_remote, true);
	if (flags & IP6_TNL_F_USE_ORIG_FWMARK)
		sal_set(t, ip6_tnl_f_use_orig_fwmark, true);
}

void sal_net_tunnel_decode(const struct sal_link_ctx *ctx, const struct sal_tunnel_numbers *at,
			   const struct nlattr *const *tb, struct sal_tunnel_info *t)
{
	if (at->metadata && tb[at->metadata])
		sal_set(t, external, true);
	sal_set(t, remote, end_text(ctx->arena, tb[at->remote], at->family));
	sal_set(t, local, end_text(ctx->arena, tb[at->local], at->family));
	if (tb[at->link] && sal_nla_u32(tb[at->link]))
		sal_set(t, link, sal_link_ctx_name(ctx, sal_nla_u32(tb[at->link])));
	if (at->ttl)
		sal_set(t, ttl, tb[at->ttl] ? sal_nla_u8(tb[at->ttl]) : 0);
	if (at->tos && tb[at->tos] && sal_nla_u8(tb[at->tos]))
		sal_set(t, tos, sal_net_hex(ctx->arena, sal_nla_u8(tb[at->tos])));
	if (at->pmtudisc)
		sal_take(t, pmtudisc, tb[at->pmtudisc], sal_nla_bool);
	if (at->flowinfo)
		over_ip6_decode(ctx->arena, at, tb, t);
	if (!t->has.ip6_tnl_f_use_orig_fwmark && tb[at->fwmark] && sal_nla_u32(tb[at->fwmark]))
		sal_set(t, fwmark, sal_net_hex(ctx->arena, sal_nla_u32(tb[at->fwmark])));
	if (at->encap)
		t->encap = encap_decode(ctx->arena, tb, at->encap);
	t->has.encap = t->encap != NULL;
}
