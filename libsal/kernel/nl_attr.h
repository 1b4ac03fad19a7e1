/*
 * nl_attr.h - reading netlink attributes without trusting them.
 *
 * Each reader checks the attribute's length itself, so a decoder can read any attribute a kernel,
 * older or newer than we know, may send: what is too short reads as 0, empty or NULL. Strings are
 * cut at the attribute's end. Header only: this is the hot path of every dump.
 */
#pragma once

#include <linux/netlink.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "base/arena.h"

static inline uint16_t sal_nla_type(const struct nlattr *a)
{
	return a->nla_type & NLA_TYPE_MASK;
}

static inline uint16_t sal_nla_len(const struct nlattr *a)
{
	return a->nla_len - NLA_HDRLEN;
}

static inline const void *sal_nla_data(const struct nlattr *a)
{
	return (const char *)a + NLA_HDRLEN;
}

/* The attribute at p if it lies wholly before end, else NULL. */
static inline const struct nlattr *sal_nla_at(const void *p, const void *end)
{
	const struct nlattr *a = p;
	size_t left = (const char *)end - (const char *)p;

	return left >= NLA_HDRLEN && a->nla_len >= NLA_HDRLEN && a->nla_len <= left ? a : NULL;
}

static inline const struct nlattr *sal_nla_next(const struct nlattr *a, const void *end)
{
	size_t step = NLA_ALIGN(a->nla_len);
	size_t left = (const char *)end - (const char *)a;

	return step < left ? sal_nla_at((const char *)a + step, end) : NULL;
}

/* for (a = sal_nla_first(data, len); a; a = sal_nla_next(a, end)) */
#define sal_nla_each(a, data, len)                                                                  \
	for (const struct nlattr *a = sal_nla_at((data), (const char *)(data) + (len)); a;           \
	     a = sal_nla_next(a, (const char *)(data) + (len)))

#define sal_nla_each_nested(a, nest) sal_nla_each (a, sal_nla_data(nest), sal_nla_len(nest))

/* Fills table[0..max] with the attributes by type, the last one winning, unknown ones left out. */
static inline void sal_nla_index(const struct nlattr **table, uint16_t max, const void *data,
				 size_t len)
{
	memset(table, 0, sizeof(*table) * (max + 1));
	sal_nla_each (a, data, len) {
		if (sal_nla_type(a) <= max)
			table[sal_nla_type(a)] = a;
	}
}

static inline void sal_nla_index_nested(const struct nlattr **table, uint16_t max,
					const struct nlattr *nest)
{
	sal_nla_index(table, max, sal_nla_data(nest), sal_nla_len(nest));
}

/* The attributes behind a message's family header of the given size. */
static inline void sal_nla_index_message(const struct nlattr **table, uint16_t max,
					 const struct nlmsghdr *message, size_t family_header)
{
	size_t skip = NLMSG_HDRLEN + NLMSG_ALIGN(family_header);

	if (message->nlmsg_len >= skip)
		sal_nla_index(table, max, (const char *)message + skip, message->nlmsg_len - skip);
	else
		memset(table, 0, sizeof(*table) * (max + 1));
}

/* The family header, or NULL when the message is too short to hold it. */
static inline const void *sal_nl_family_header(const struct nlmsghdr *message, size_t size)
{
	return message->nlmsg_len >= NLMSG_HDRLEN + size ? NLMSG_DATA(message) : NULL;
}

static inline bool sal_nla_copy(void *to, const struct nlattr *a, size_t size)
{
	if (sal_nla_len(a) < size)
		return false;
	memcpy(to, sal_nla_data(a), size);
	return true;
}

static inline uint8_t sal_nla_u8(const struct nlattr *a)
{
	return sal_nla_len(a) >= 1 ? *(const uint8_t *)sal_nla_data(a) : 0;
}

static inline uint16_t sal_nla_u16(const struct nlattr *a)
{
	uint16_t v = 0;

	sal_nla_copy(&v, a, sizeof(v));
	return v;
}

static inline uint32_t sal_nla_u32(const struct nlattr *a)
{
	uint32_t v = 0;

	sal_nla_copy(&v, a, sizeof(v));
	return v;
}

static inline uint64_t sal_nla_u64(const struct nlattr *a)
{
	uint64_t v = 0;

	sal_nla_copy(&v, a, sizeof(v));
	return v;
}

/* The string if it is NUL-terminated inside the attribute, else a terminated copy. */
static inline const char *sal_nla_string(const struct nlattr *a, struct sal_arena *arena)
{
	const char *s = sal_nla_data(a);
	size_t len = sal_nla_len(a);

	return memchr(s, 0, len) ? s : sal_arena_strndup(arena, s, len);
}
