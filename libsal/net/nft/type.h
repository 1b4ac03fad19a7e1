/*
 * type.h - the data types of nf_tables values: how each is called and shown.
 *
 * The kernel keeps a number for the type of a set's key without knowing what it means; the numbers
 * are nft's, six bits each, several of them joined for a concatenation. Source: nft(8) describe,
 * libnftables-json(5).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "net/nft/num.h"

enum sal_nft_type_id {
	SAL_NFT_TYPE_INVALID,
	SAL_NFT_TYPE_VERDICT,
	SAL_NFT_TYPE_NFPROTO,
	SAL_NFT_TYPE_BITMASK,
	SAL_NFT_TYPE_INTEGER,
	SAL_NFT_TYPE_STRING,
	SAL_NFT_TYPE_LLADDR,
	SAL_NFT_TYPE_IPADDR,
	SAL_NFT_TYPE_IP6ADDR,
	SAL_NFT_TYPE_ETHERADDR,
	SAL_NFT_TYPE_ETHERTYPE,
	SAL_NFT_TYPE_ARPOP,
	SAL_NFT_TYPE_INET_PROTOCOL,
	SAL_NFT_TYPE_INET_SERVICE,
	SAL_NFT_TYPE_ICMP_TYPE,
	SAL_NFT_TYPE_TCP_FLAG,
	SAL_NFT_TYPE_DCCP_PKTTYPE,
	SAL_NFT_TYPE_MH_TYPE,
	SAL_NFT_TYPE_TIME,
	SAL_NFT_TYPE_MARK,
	SAL_NFT_TYPE_IFINDEX,
	SAL_NFT_TYPE_ARPHRD,
	SAL_NFT_TYPE_REALM,
	SAL_NFT_TYPE_CLASSID,
	SAL_NFT_TYPE_UID,
	SAL_NFT_TYPE_GID,
	SAL_NFT_TYPE_CT_STATE,
	SAL_NFT_TYPE_CT_DIR,
	SAL_NFT_TYPE_CT_STATUS,
	SAL_NFT_TYPE_ICMP6_TYPE,
	SAL_NFT_TYPE_CT_LABEL,
	SAL_NFT_TYPE_PKTTYPE,
	SAL_NFT_TYPE_ICMP_CODE,
	SAL_NFT_TYPE_ICMPV6_CODE,
	SAL_NFT_TYPE_ICMPX_CODE,
	SAL_NFT_TYPE_DEVGROUP,
	SAL_NFT_TYPE_DSCP,
	SAL_NFT_TYPE_ECN,
	SAL_NFT_TYPE_FIB_ADDR,
	SAL_NFT_TYPE_BOOLEAN,
	SAL_NFT_TYPE_CT_EVENTBIT,
	SAL_NFT_TYPE_IFNAME,
	SAL_NFT_TYPE_IGMP_TYPE,
	SAL_NFT_TYPE_TIME_DATE,
	SAL_NFT_TYPE_TIME_HOUR,
	SAL_NFT_TYPE_TIME_DAY,
	SAL_NFT_TYPE_CGROUPV2,
	SAL_NFT_TYPES,
};

#define SAL_NFT_TYPE_BITS 6
#define SAL_NFT_TYPE_MASK ((1U << SAL_NFT_TYPE_BITS) - 1)

enum sal_nft_show { /* how a value of the type stands in JSON */
		    SAL_NFT_SHOW_INTEGER,
		    SAL_NFT_SHOW_SYMBOL, /* by name, else as an integer */
		    SAL_NFT_SHOW_STRING,
		    SAL_NFT_SHOW_LLADDR,
		    SAL_NFT_SHOW_IP,
		    SAL_NFT_SHOW_IP6,
		    SAL_NFT_SHOW_PROTOCOL, /* /etc/protocols */
		    SAL_NFT_SHOW_PORT,
		    SAL_NFT_SHOW_MARK, /* rt_marks */
		    SAL_NFT_SHOW_GROUP, /* group */
		    SAL_NFT_SHOW_REALM, /* rt_realms; a number as a string */
		    SAL_NFT_SHOW_LABEL, /* connlabel.conf */
		    SAL_NFT_SHOW_MILLISECONDS,
		    SAL_NFT_SHOW_ID,
		    SAL_NFT_SHOW_BOOLEAN,
		    SAL_NFT_SHOW_CLASSID,
		    SAL_NFT_SHOW_IFINDEX,
		    SAL_NFT_SHOW_DATE,
		    SAL_NFT_SHOW_HOUR,
		    SAL_NFT_SHOW_CGROUP,
		    SAL_NFT_SHOW_UNTYPED, /* digits and the words "[invalid type]" */
};

struct sal_nft_symbol {
	const char *name; /* NULL ends a table */
	uint64_t value; /* the value's bytes as they lie, read by this machine */
};

struct sal_nft_type {
	uint32_t id;
	uint8_t order; /* enum sal_nft_order */
	uint8_t show; /* enum sal_nft_show */
	uint8_t base; /* enum sal_nft_type_id of the type it is made of; itself if none */
	uint8_t subtypes; /* of a concatenation */
	bool prefix; /* masks of it are shown as prefixes */
	uint16_t size; /* bits; 0: any */
	const char *name;
	const struct sal_nft_symbol *symbols;
};

/* NULL for a number that nft does not keep in sets either (ct_label, ct_event) or has not given. */
const struct sal_nft_type *sal_nft_type_get(uint32_t id);
/* Every type that has a row, those two included. */
extern const struct sal_nft_type sal_nft_types[SAL_NFT_TYPES];
/* An integer whose raw bytes nobody has named. */
extern const struct sal_nft_type sal_nft_type_raw;

/* The type of a kernel number: a plain one, or a concatenation made in the arena; NULL if unknown. */
const struct sal_nft_type *sal_nft_type_from_kernel(struct sal_arena *arena, uint32_t id);
const struct sal_nft_type *sal_nft_type_concat(struct sal_arena *arena, uint32_t id);

static inline uint32_t sal_nft_type_join(uint32_t id, uint32_t next)
{
	return id << SAL_NFT_TYPE_BITS | next;
}

/* The n-th type of a concatenation, counted from its end. */
static inline const struct sal_nft_type *sal_nft_type_part(uint32_t id, unsigned n)
{
	return n * SAL_NFT_TYPE_BITS < 32
		       ? sal_nft_type_get(id >> (n * SAL_NFT_TYPE_BITS) & SAL_NFT_TYPE_MASK)
		       : NULL;
}

bool sal_nft_type_is_string(const struct sal_nft_type *type);
bool sal_nft_type_is_bitmask(const struct sal_nft_type *type); /* made of bits that have names */

/* The symbol's name for a value, or NULL. */
const char *sal_nft_symbol_find(const struct sal_nft_symbol *symbols, uint64_t value);
