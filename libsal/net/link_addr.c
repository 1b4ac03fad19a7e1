/*
 * link_addr.c - the addresses of a dump, kept as they came and found again by link. See link.h.
 *
 * One dump of all addresses is joined to one dump of all links: the messages stay raw (some 80
 * bytes each) and are decoded when their link is written. Source: linux/if_addr.h.
 */
#include "net/link.h"

#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>

#ifndef IFA_PROTO
#define IFA_PROTO 11 /* Linux 5.18 */
#endif
#define ATTR_MAX IFA_PROTO

void sal_net_link_addrs_done(struct sal_link_addrs *addrs)
{
	sal_buf_done(&addrs->messages);
	free(addrs->index);
	*addrs = (struct sal_link_addrs){ 0 };
}

void sal_net_link_addrs_add(struct sal_link_addrs *addrs, const struct nlmsghdr *message)
{
	const struct ifaddrmsg *header = sal_nl_family_header(message, sizeof(*header));
	size_t pad = NLMSG_ALIGN(message->nlmsg_len) - message->nlmsg_len;

	if (message->nlmsg_type != RTM_NEWADDR || !header ||
	    (header->ifa_family != AF_INET && header->ifa_family != AF_INET6))
		return;
	if (addrs->len == addrs->cap) {
		addrs->cap = addrs->cap ? addrs->cap * 2 : 64;
		addrs->index = reallocarray(addrs->index, addrs->cap, sizeof(*addrs->index));
		if (!addrs->index)
			sal_oom();
	}
	addrs->index[addrs->len++] = (struct sal_link_addr){
		.ifindex = header->ifa_index,
		.offset = (uint32_t)addrs->messages.len,
	};
	sal_buf_put(&addrs->messages, message, message->nlmsg_len);
	sal_buf_put(&addrs->messages, "\0\0\0", pad);
}

static int addr_order(const void *a, const void *b)
{
	const struct sal_link_addr *x = a, *y = b;

	if (x->ifindex != y->ifindex)
		return x->ifindex < y->ifindex ? -1 : 1;
	return x->offset < y->offset ? -1 : 1;
}

void sal_net_link_addrs_sort(struct sal_link_addrs *addrs)
{
	if (addrs->len)
		qsort(addrs->index, addrs->len, sizeof(*addrs->index), addr_order);
}

/* The first entry whose ifindex is not below the given one. */
static size_t addr_first(const struct sal_link_addrs *addrs, uint32_t ifindex)
{
	size_t low = 0, high = addrs->len;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (addrs->index[mid].ifindex < ifindex)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

static void flags_decode(struct sal_arena *arena, uint8_t family, uint32_t flags,
			 struct sal_address_info *a)
{
	const uint32_t known = IFA_F_SECONDARY | IFA_F_NODAD | IFA_F_OPTIMISTIC | IFA_F_DADFAILED |
			       IFA_F_HOMEADDRESS | IFA_F_DEPRECATED | IFA_F_TENTATIVE |
			       IFA_F_PERMANENT | IFA_F_MANAGETEMPADDR | IFA_F_NOPREFIXROUTE |
			       IFA_F_MCAUTOJOIN | IFA_F_STABLE_PRIVACY;

	a->dynamic = a->has.dynamic = !(flags & IFA_F_PERMANENT);
	/* One bit, two meanings. */
	a->secondary = a->has.secondary = family == AF_INET && (flags & IFA_F_SECONDARY);
	a->temporary = a->has.temporary = family == AF_INET6 && (flags & IFA_F_TEMPORARY);
	a->nodad = a->has.nodad = !!(flags & IFA_F_NODAD);
	a->optimistic = a->has.optimistic = !!(flags & IFA_F_OPTIMISTIC);
	a->dadfailed = a->has.dadfailed = !!(flags & IFA_F_DADFAILED);
	a->home = a->has.home = !!(flags & IFA_F_HOMEADDRESS);
	a->deprecated = a->has.deprecated = !!(flags & IFA_F_DEPRECATED);
	a->tentative = a->has.tentative = !!(flags & IFA_F_TENTATIVE);
	a->mngtmpaddr = a->has.mngtmpaddr = !!(flags & IFA_F_MANAGETEMPADDR);
	a->noprefixroute = a->has.noprefixroute = !!(flags & IFA_F_NOPREFIXROUTE);
	a->autojoin = a->has.autojoin = !!(flags & IFA_F_MCAUTOJOIN);
	a->stable_privacy = a->has.stable_privacy = !!(flags & IFA_F_STABLE_PRIVACY);
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
static bool address_decode(const struct nlmsghdr *message, struct sal_arena *arena,
			   struct sal_address_info *a)
{
	const struct ifaddrmsg *header = NLMSG_DATA(message);
	const struct nlattr *tb[ATTR_MAX + 1];
	uint8_t family = header->ifa_family;
	const struct nlattr *local;
	struct sal_ip ip;
	uint32_t flags;

	sal_nla_index_message(tb, ATTR_MAX, message, sizeof(*header));
	local = tb[IFA_LOCAL] ? tb[IFA_LOCAL] : tb[IFA_ADDRESS];
	if (!local || !sal_net_ip_get(local, family, &a->local))
		return false;
	a->family = family == AF_INET ? SAL_FAMILY_INET : SAL_FAMILY_INET6;
	a->prefixlen = header->ifa_prefixlen;
	a->scope = sal_net_scope(arena, header->ifa_scope);
	if (tb[IFA_ADDRESS] && sal_net_ip_get(tb[IFA_ADDRESS], family, &ip) &&
	    memcmp(ip.bytes, a->local.bytes, sizeof(ip.bytes)) != 0)
		sal_set(a, address, ip);
	sal_take(a, metric, tb[IFA_RT_PRIORITY], sal_nla_u32);
	if (tb[IFA_BROADCAST] && sal_net_ip_get(tb[IFA_BROADCAST], family, &ip))
		sal_set(a, broadcast, ip);
	if (tb[IFA_ANYCAST] && sal_net_ip_get(tb[IFA_ANYCAST], family, &ip))
		sal_set(a, anycast, ip);
	flags = tb[IFA_FLAGS] ? sal_nla_u32(tb[IFA_FLAGS]) : header->ifa_flags;
	flags_decode(arena, family, flags, a);
	if (tb[IFA_PROTO] && sal_nla_u8(tb[IFA_PROTO]))
		sal_set(a, protocol, protocol_name(arena, sal_nla_u8(tb[IFA_PROTO])));
	if (tb[IFA_LABEL])
		sal_set(a, label, sal_nla_string(tb[IFA_LABEL], arena));
	if (tb[IFA_CACHEINFO])
		lifetimes_decode(tb[IFA_CACHEINFO], flags, a);
	return true;
}

struct sal_address_info_array sal_net_link_addrs_get(const struct sal_link_addrs *addrs,
						     struct sal_arena *arena, uint32_t ifindex)
{
	size_t first = addr_first(addrs, ifindex), n = 0, len = 0;
	struct sal_address_info *items;

	while (first + n < addrs->len && addrs->index[first + n].ifindex == ifindex)
		n++;
	items = sal_arena_array(arena, n, sizeof(*items));
	for (size_t i = 0; i < n; i++) {
		const void *message = addrs->messages.data + addrs->index[first + i].offset;

		len += address_decode(message, arena, &items[len]);
	}
	return (struct sal_address_info_array){ items, len };
}

static int message_keep(const struct nlmsghdr *message, void *ctx, struct sal_error *err)
{
	sal_net_link_addrs_add(ctx, message);
	return 0;
}

int sal_net_link_addrs_dump(struct sal_nl *nl, uint32_t ifindex, struct sal_link_addrs *addrs,
			    bool *ret_consistent, struct sal_error *err)
{
	struct sal_nl_request request;
	struct ifaddrmsg *header = sal_nl_begin(&request, RTM_GETADDR, 0, sizeof(*header));
	int r;

	header->ifa_index = ifindex;
	r = sal_nl_dump(nl, &request, message_keep, addrs, ret_consistent, err);
	if (r == 0)
		sal_net_link_addrs_sort(addrs);
	return r;
}
