/*
 * link_addr.c - RTM_NEWADDR into struct sal_address_info, as ip(8) shows it. See link.h.
 *
 * The messages of a dump stay raw (some 80 bytes each) until their link is written; fuzzed.
 * Source: linux/if_addr.h.
 */
#include "net/link.h"

#include <linux/if_addr.h>

static void flags_decode(struct sal_arena *arena, uint8_t family, uint32_t flags,
			 struct sal_address_info *a)
{
	const uint32_t known = IFA_F_SECONDARY | IFA_F_NODAD | IFA_F_OPTIMISTIC | IFA_F_DADFAILED |
			       IFA_F_HOMEADDRESS | IFA_F_DEPRECATED | IFA_F_TENTATIVE |
			       IFA_F_PERMANENT | IFA_F_MANAGETEMPADDR | IFA_F_NOPREFIXROUTE |
			       IFA_F_MCAUTOJOIN | IFA_F_STABLE_PRIVACY;

	if (!(flags & IFA_F_PERMANENT))
		sal_set(a, dynamic, true);
	/* One bit, two meanings. */
	if (family == AF_INET && (flags & IFA_F_SECONDARY))
		sal_set(a, secondary, true);
	if (family == AF_INET6 && (flags & IFA_F_TEMPORARY))
		sal_set(a, temporary, true);
	if (flags & IFA_F_NODAD)
		sal_set(a, nodad, true);
	if (flags & IFA_F_OPTIMISTIC)
		sal_set(a, optimistic, true);
	if (flags & IFA_F_DADFAILED)
		sal_set(a, dadfailed, true);
	if (flags & IFA_F_HOMEADDRESS)
		sal_set(a, home, true);
	if (flags & IFA_F_DEPRECATED)
		sal_set(a, deprecated, true);
	if (flags & IFA_F_TENTATIVE)
		sal_set(a, tentative, true);
	if (flags & IFA_F_MANAGETEMPADDR)
		sal_set(a, mngtmpaddr, true);
	if (flags & IFA_F_NOPREFIXROUTE)
		sal_set(a, noprefixroute, true);
	if (flags & IFA_F_MCAUTOJOIN)
		sal_set(a, autojoin, true);
	if (flags & IFA_F_STABLE_PRIVACY)
		sal_set(a, stable_privacy, true);
	if (flags & ~known)
		sal_set(a, ifa_flags, sal_arena_printf(arena, "%02x", flags & ~known));
}

static void lifetimes_decode(const struct nlattr *attr, uint32_t flags, struct sal_address_info *a)
{
	struct ifa_cacheinfo info = { 0 };

	sal_nla_copy(&info, attr, sizeof(info));
	sal_set(a, valid_life_time, info.ifa_valid);
	sal_set(a, preferred_life_time, info.ifa_prefered);
	/* Counted on below zero once it is over. */
	if ((flags & IFA_F_DEPRECATED) && info.ifa_prefered != UINT32_MAX)
		a->preferred_life_time = (int32_t)info.ifa_prefered;
}

static const char *protocol_name(struct sal_arena *arena, uint8_t protocol)
{
	static const char *const names[] = { "unspec", "kernel_lo", "kernel_ra", "kernel_ll" };

	return protocol < SAL_ARRAY_LEN(names) ? names[protocol]
					       : sal_arena_printf(arena, "%u", protocol);
}

/* False for one without an address. */
static bool address_decode(const struct sal_link_ctx *ctx, const struct nlmsghdr *message,
			   struct sal_address_info *a)
{
	const struct ifaddrmsg *header = NLMSG_DATA(message);
	const struct nlattr *tb[IFA_MAX + 1];
	uint8_t family = header->ifa_family;
	const struct nlattr *local;
	struct sal_ip ip;
	uint32_t flags;

	sal_nla_index_message(tb, IFA_MAX, message, sizeof(*header));
	local = tb[IFA_LOCAL] ? tb[IFA_LOCAL] : tb[IFA_ADDRESS];
	if (!local || !sal_net_ip_attr(&a->local, family, local))
		return false;
	a->family = family == AF_INET ? SAL_FAMILY_INET : SAL_FAMILY_INET6;
	a->prefixlen = header->ifa_prefixlen;
	/* Copied: only the last unusual one is kept. */
	a->scope = sal_arena_strdup(
		ctx->arena, sal_net_names_get(ctx->names, SAL_NET_NAMES_SCOPE, header->ifa_scope));
	if (tb[IFA_ADDRESS] && sal_net_ip_attr(&ip, family, tb[IFA_ADDRESS]) &&
	    memcmp(ip.bytes, a->local.bytes, sal_net_ip_size(family)) != 0)
		sal_set(a, address, ip);
	sal_take(a, metric, tb[IFA_RT_PRIORITY], sal_nla_u32);
	if (tb[IFA_BROADCAST] && sal_net_ip_attr(&ip, family, tb[IFA_BROADCAST]))
		sal_set(a, broadcast, ip);
	if (tb[IFA_ANYCAST] && sal_net_ip_attr(&ip, family, tb[IFA_ANYCAST]))
		sal_set(a, anycast, ip);
	flags = tb[IFA_FLAGS] ? sal_nla_u32(tb[IFA_FLAGS]) : header->ifa_flags;
	flags_decode(ctx->arena, family, flags, a);
	if (tb[IFA_PROTO] && sal_nla_u8(tb[IFA_PROTO]))
		sal_set(a, protocol, protocol_name(ctx->arena, sal_nla_u8(tb[IFA_PROTO])));
	if (tb[IFA_LABEL])
		sal_set(a, label, sal_nla_string(tb[IFA_LABEL], ctx->arena));
	if (tb[IFA_CACHEINFO])
		lifetimes_decode(tb[IFA_CACHEINFO], flags, a);
	return true;
}

struct sal_address_info_array sal_net_link_addrs(const struct sal_link_ctx *ctx,
						 const struct sal_link_bag *addrs, uint32_t ifindex)
{
	size_t first, n = sal_net_link_bag_find(addrs, ifindex, &first), len = 0;
	struct sal_address_info *items = sal_arena_array(ctx->arena, n, sizeof(*items));

	for (size_t i = first; i < first + n; i++)
		len += address_decode(ctx, sal_net_link_bag_at(addrs, i), &items[len]);
	return (struct sal_address_info_array){ items, len };
}

int sal_net_link_addrs_add(const struct nlmsghdr *message, void *addrs, struct sal_error *err)
{
	const struct ifaddrmsg *header = sal_nl_family_header(message, sizeof(*header));

	if (message->nlmsg_type == RTM_NEWADDR && header && sal_net_ip_size(header->ifa_family))
		sal_net_link_bag_add(addrs, header->ifa_index, message);
	return 0;
}

int sal_net_link_addrs_dump(struct sal_nl *nl, uint32_t ifindex, struct sal_link_bag *addrs,
			    bool *ret_consistent, struct sal_error *err)
{
	struct sal_nl_request request;
	struct ifaddrmsg *header = sal_nl_begin(&request, RTM_GETADDR, 0, sizeof(*header));
	int r;

	header->ifa_index = ifindex;
	r = sal_nl_dump(nl, &request, sal_net_link_addrs_add, addrs, ret_consistent, err);
	if (r == 0)
		sal_net_link_bag_sort(addrs);
	return r;
}
