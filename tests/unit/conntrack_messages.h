/*
 * conntrack_messages.h - entries of ctnetlink made by hand, for test_conntrack_*.c.
 *
 * A message is put together attribute by attribute; message_end() gives a copy of exactly its size,
 * for the sanitizer to see every byte read beyond it.
 */
#pragma once

#include <endian.h>
#include <linux/netfilter/nf_conntrack_common.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "net/conntrack_decode.h"

struct message {
	_Alignas(NLMSG_ALIGNTO) char bytes[2048];
	size_t len;
};

static inline void message_begin(struct message *m, uint8_t family)
{
	struct nlmsghdr nl = { .nlmsg_type =
				       SAL_NFNL_TYPE(NFNL_SUBSYS_CTNETLINK, IPCTNL_MSG_CT_NEW) };
	struct nfgenmsg header = { .nfgen_family = family };

	memset(m, 0, sizeof(*m));
	memcpy(m->bytes, &nl, sizeof(nl));
	memcpy(m->bytes + NLMSG_HDRLEN, &header, sizeof(header));
	m->len = NLMSG_HDRLEN + NLMSG_ALIGN(sizeof(header));
}

static inline size_t attr_begin(struct message *m, uint16_t type)
{
	struct nlattr a = { .nla_type = type };
	size_t at = m->len;

	memcpy(m->bytes + at, &a, sizeof(a));
	m->len += NLA_HDRLEN;
	return at;
}

static inline void attr_end(struct message *m, size_t at)
{
	uint16_t len = m->len - at;

	memcpy(m->bytes + at, &len, sizeof(len));
	m->len = NLA_ALIGN(m->len);
}

static inline void attr_put(struct message *m, uint16_t type, const void *data, size_t len)
{
	size_t at = attr_begin(m, type);

	memcpy(m->bytes + m->len, data, len);
	m->len += len;
	attr_end(m, at);
}

static inline void attr_u8(struct message *m, uint16_t type, uint8_t value)
{
	attr_put(m, type, &value, sizeof(value));
}

static inline void attr_be16(struct message *m, uint16_t type, uint16_t value)
{
	value = htobe16(value);
	attr_put(m, type, &value, sizeof(value));
}

static inline void attr_be32(struct message *m, uint16_t type, uint32_t value)
{
	value = htobe32(value);
	attr_put(m, type, &value, sizeof(value));
}

static inline void attr_be64(struct message *m, uint16_t type, uint64_t value)
{
	value = htobe64(value);
	attr_put(m, type, &value, sizeof(value));
}

/* A tuple of 10.0.0.x addresses, with ports. */
static inline void tuple_put(struct message *m, uint16_t type, uint8_t src, uint8_t dst,
			     uint8_t proto, uint16_t sport, uint16_t dport)
{
	const uint8_t from[] = { 10, 0, 0, src }, to[] = { 10, 0, 0, dst };
	size_t tuple = attr_begin(m, type | NLA_F_NESTED), nest;

	nest = attr_begin(m, CTA_TUPLE_IP | NLA_F_NESTED);
	attr_put(m, CTA_IP_V4_SRC, from, sizeof(from));
	attr_put(m, CTA_IP_V4_DST, to, sizeof(to));
	attr_end(m, nest);
	nest = attr_begin(m, CTA_TUPLE_PROTO | NLA_F_NESTED);
	attr_u8(m, CTA_PROTO_NUM, proto);
	attr_be16(m, CTA_PROTO_SRC_PORT, sport);
	attr_be16(m, CTA_PROTO_DST_PORT, dport);
	attr_end(m, nest);
	attr_end(m, tuple);
}

/* 10.0.0.1:1000 to 10.0.0.2:80 and back. */
static inline void entry_begin(struct message *m, uint8_t proto, uint32_t status)
{
	message_begin(m, AF_INET);
	tuple_put(m, CTA_TUPLE_ORIG, 1, 2, proto, 1000, 80);
	tuple_put(m, CTA_TUPLE_REPLY, 2, 1, proto, 80, 1000);
	attr_be32(m, CTA_STATUS, status);
}

static inline struct nlmsghdr *message_end(struct message *m)
{
	struct nlmsghdr *copy = malloc(m->len);

	memcpy(copy, m->bytes, m->len);
	copy->nlmsg_len = m->len;
	return copy;
}
