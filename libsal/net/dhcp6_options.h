/*
 * dhcp6_options.h - what a DHCPv6 message says; bytes in, struct out. Pure.
 *
 * Used by the readers of lease files; stands by itself, for a DHCPv6 client too. Nothing in a message
 * is trusted: every length is checked, what breaks its rules is left out and named in faults.
 * Sources: RFC 8415 (the message, IA_NA, IA_PD), RFC 3646 (23, 24), RFC 4075 (31), RFC 5908 (56).
 */
#pragma once

#include "net/dhcp4_options.h"

#define SAL_DHCP6_REPLY 7

enum sal_dhcp6_ia_kind { SAL_DHCP6_IA_NA = 3, SAL_DHCP6_IA_TA = 4, SAL_DHCP6_IA_PD = 25 };

/* One address or prefix of an identity association. */
struct sal_dhcp6_item {
	uint8_t kind; /* enum sal_dhcp6_ia_kind */
	uint32_t iaid, t1, t2; /* T1 and T2: 0 leaves them to the client */
	struct sal_prefix prefix; /* of an address: 128 bits */
	uint32_t preferred, valid; /* seconds */
};

struct sal_bytes {
	const uint8_t *data; /* in the message */
	size_t len;
};

struct sal_dhcp6 {
	uint8_t type;
	uint32_t xid;
	struct sal_bytes client_id, server_id; /* DUIDs; empty: none */
	uint16_t status; /* 0: success */
	struct sal_ips dns, ntp;
	struct sal_strings search;
	const struct sal_dhcp6_item *items;
	size_t nitems;
	struct sal_dhcp_fault faults[SAL_DHCP4_FAULTS];
	size_t nfaults;
};

/* Reads a message between client and server (from its type on); false when it is none. */
bool sal_dhcp6_read(struct sal_arena *arena, const uint8_t *message, size_t len,
		    struct sal_dhcp6 *ret_dhcp);
