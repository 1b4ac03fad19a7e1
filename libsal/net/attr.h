/*
 * attr.h - addresses out of netlink attributes, for the nouns of net/. Header only: the hot path.
 */
#pragma once

#include <string.h>
#include <sys/socket.h>

#include "base/text.h"
#include "kernel/nl_attr.h"

/* Bytes of an address of the family; 0 for families that are not IP. */
static inline size_t sal_net_ip_size(uint8_t family)
{
	return family == AF_INET ? 4 : family == AF_INET6 ? 16 : 0;
}

/* False, and nothing stored, when there are too few bytes or the family is not IP. */
static inline bool sal_net_ip_read(struct sal_ip *ret_ip, uint8_t family, const void *p, size_t len)
{
	size_t size = sal_net_ip_size(family);

	if (!size || len < size)
		return false;
	ret_ip->family = family;
	memcpy(ret_ip->bytes, p, size);
	return true;
}

static inline bool sal_net_ip_attr(struct sal_ip *ret_ip, uint8_t family, const struct nlattr *a)
{
	return sal_net_ip_read(ret_ip, family, sal_nla_data(a), sal_nla_len(a));
}
