/*
 * oxm_slot.h - what oxm_read.c takes out of a match and oxm.c writes; private to the two.
 *
 * The order of `slot` is the order in which ovs-vswitchd writes a match. A slot may have several
 * fields on the wire: those of Nicira's match, of OpenFlow's, and one for each protocol.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum slot {
	PKT_MARK,
	RECIRC_ID,
	DP_HASH,
	CONJ_ID,
	ACTSET_OUTPUT,
	CT_STATE,
	CT_ZONE,
	CT_MARK,
	CT_LABEL,
	CT_NW_SRC,
	CT_IPV6_SRC,
	CT_NW_DST,
	CT_IPV6_DST,
	CT_NW_PROTO,
	CT_TP_SRC,
	CT_TP_DST,
	REG0, /* to REG15 */
	TUN_ID = REG0 + 16,
	TUN_SRC,
	TUN_DST,
	TUN_IPV6_SRC,
	TUN_IPV6_DST,
	TUN_GBP_ID,
	TUN_GBP_FLAGS,
	TUN_FLAGS,
	METADATA,
	IN_PORT,
	VLAN_TCI,
	DL_SRC,
	DL_DST,
	DL_TYPE,
	IPV6_SRC,
	IPV6_DST,
	IPV6_LABEL,
	ARP_SPA,
	ARP_TPA,
	NW_SRC,
	NW_DST,
	NW_PROTO,
	ARP_OP,
	ARP_SHA,
	ARP_THA,
	NW_TOS,
	NW_ECN,
	NW_TTL,
	MPLS_LABEL,
	MPLS_TC,
	MPLS_TTL,
	MPLS_BOS,
	NW_FRAG,
	ICMP_TYPE,
	ICMP_CODE,
	ND_TARGET,
	ND_SLL,
	ND_TLL,
	ND_RESERVED,
	ND_OPTIONS_TYPE,
	TP_SRC,
	TP_DST,
	TCP_FLAGS,
	SLOTS,
};

enum form {
	HEX, /* 0x1f, 0x1f/0xff */
	DECIMAL, /* 31, 0x1f/0xff where a part counts */
	IPV4,
	IPV6,
	MAC,
	WIDE, /* 128 bits in hexadecimal */
	HEX5, /* 0x0001f */
	PORT,
	FLAGS,
	SPECIAL, /* by a function of its own, or shown by another field */
};

struct sal_net_oxm_slot_shape {
	const char *name;
	enum form form;
	uint8_t size; /* bytes of the value */
};
extern const struct sal_net_oxm_slot_shape sal_net_oxm_slots[SLOTS];

struct value {
	bool present;
	uint8_t value[16], mask[16]; /* big-endian, as many bytes as the slot has */
};

struct match {
	struct value slots[SLOTS];
};

static inline uint64_t sal_net_oxm_number(const uint8_t *p, size_t size)
{
	uint64_t n = 0;

	for (size_t i = 0; i < size; i++)
		n = n << 8 | p[i];
	return n;
}

/* Takes the entries of a match apart; false at one that is malformed or not known. */
bool sal_net_oxm_read(struct match *match, const uint8_t *p, size_t len);
