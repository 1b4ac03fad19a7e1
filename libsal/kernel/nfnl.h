/*
 * nfnl.h - what nfnetlink adds to netlink: subsystems, struct nfgenmsg, big-endian attributes.
 *
 * Sockets are those of nl.h, opened for NETLINK_NETFILTER. Strict checking is rtnetlink's and does
 * nothing here: attributes that a kernel does not know, filters among them, are ignored without a
 * word, so what they ask for is checked again by whoever sent them.
 * Source: linux/netfilter/nfnetlink.h, net/netfilter/nfnetlink.c of the kernel.
 */
#pragma once

#include <endian.h>
#include <linux/netfilter/nfnetlink.h>

#include "kernel/nl.h"
#include "kernel/nl_attr.h"

/* nlmsg_type of a subsystem's message. */
#define SAL_NFNL_TYPE(subsys, message) ((uint16_t)((subsys) << 8 | (message)))

/* Starts a request; attributes follow by sal_nl_put() and those below. */
void sal_nfnl_begin(struct sal_nl_request *request, uint16_t type, uint16_t flags, uint8_t family,
		    uint16_t res_id);

/*
 * nfnetlink answers EINVAL for a subsystem that is not there even after it tried to load the module:
 * says so as UNSUPPORTED. what is the thing in words, module the kernel module that brings it.
 */
int sal_nfnl_missing(struct sal_error *err, const char *what, const char *module);

static inline void sal_nfnl_put_be16(struct sal_nl_request *request, uint16_t type, uint16_t value)
{
	value = htobe16(value);
	sal_nl_put(request, type, &value, sizeof(value));
}

static inline void sal_nfnl_put_be32(struct sal_nl_request *request, uint16_t type, uint32_t value)
{
	sal_nl_put_u32(request, type, htobe32(value));
}

/* The header of a message of exactly this type; NULL for others and for what is too short. */
static inline const struct nfgenmsg *sal_nfnl_header(const struct nlmsghdr *message, uint16_t type)
{
	return message->nlmsg_type == type ? sal_nl_family_header(message, sizeof(struct nfgenmsg))
					   : NULL;
}

static inline void sal_nfnl_index(const struct nlattr **table, uint16_t max,
				  const struct nlmsghdr *message)
{
	sal_nla_index_message(table, max, message, sizeof(struct nfgenmsg));
}

static inline uint16_t sal_nfnl_be16(const struct nlattr *a)
{
	return be16toh(sal_nla_u16(a));
}

static inline uint32_t sal_nfnl_be32(const struct nlattr *a)
{
	return be32toh(sal_nla_u32(a));
}

static inline uint64_t sal_nfnl_be64(const struct nlattr *a)
{
	return be64toh(sal_nla_u64(a));
}
