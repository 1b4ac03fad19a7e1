/*
 * dhcp4_options.h - what a DHCPv4 message says; bytes in, struct out. Pure.
 *
 * Used by the readers of lease files; stands by itself, for a DHCP client too. Nothing in a message
 * is trusted: every length is checked, an option that breaks its rules is left out and named in
 * faults, and the rest holds. Names are shown only if they are names (letters, digits, '-', '_' and
 * dots): a newline or ';' in one would become a command somewhere.
 *
 * Sources: RFC 2131 (the message), RFC 2132 (options), RFC 3396 (options in pieces), RFC 3397 (119),
 * RFC 3442 (121).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/field.h"
#include "base/text.h"

#define SAL_DHCP4_COOKIE_AT 236
#define SAL_DHCP4_FAULTS    32 /* more are not noted */
#define SAL_DHCP_FOREVER    UINT32_MAX

enum sal_dhcp4_type { /* option 53 */
		      SAL_DHCP4_NONE = 0, /* a BOOTP answer */
		      SAL_DHCP4_DISCOVER = 1,
		      SAL_DHCP4_OFFER = 2,
		      SAL_DHCP4_REQUEST = 3,
		      SAL_DHCP4_DECLINE = 4,
		      SAL_DHCP4_ACK = 5,
		      SAL_DHCP4_NAK = 6,
		      SAL_DHCP4_RELEASE = 7,
		      SAL_DHCP4_INFORM = 8,
};

struct sal_dhcp_fault {
	uint16_t option; /* 0: the message itself */
	const char *reason;
};

struct sal_dhcp4_route {
	struct sal_prefix dst; /* 0 bits: the default route */
	struct sal_ip gateway; /* 0.0.0.0: on the link */
};

struct sal_dhcp4 {
	struct {
		bool netmask, broadcast, mtu, lease_time, t1, t2, server;
	} has;
	uint8_t op; /* 1 request, 2 reply */
	uint8_t type; /* enum sal_dhcp4_type */
	uint32_t xid;
	struct sal_ip ciaddr, yiaddr, siaddr, giaddr;
	struct sal_mac chaddr;
	uint8_t prefixlen; /* of the netmask */
	struct sal_ip broadcast, server;
	struct sal_ips routers, dns, ntp;
	const char *hostname, *domain; /* NULL: none */
	struct sal_strings search;
	uint16_t mtu;
	uint32_t lease_time, t1, t2; /* seconds */
	const uint8_t *client_id; /* in the arena */
	size_t client_id_len;
	const struct sal_dhcp4_route *routes; /* of option 121, else of 33 */
	size_t nroutes;
	bool classless; /* they are of option 121: routers are to be ignored then (RFC 3442) */
	struct sal_dhcp_fault faults[SAL_DHCP4_FAULTS];
	size_t nfaults;
};

/*
 * Reads a whole message (from op on). False when it is no DHCPv4 message at all: too short, another
 * op, no cookie; ret_dhcp then has the fault alone. All that ret_dhcp points at is in the arena.
 */
bool sal_dhcp4_read(struct sal_arena *arena, const uint8_t *message, size_t len,
		    struct sal_dhcp4 *ret_dhcp);

/*
 * Reads one option's value into *dhcp, as the file of a client may hold it; false, and a fault noted,
 * when it breaks the option's rules. An option that is not known here is ignored.
 */
bool sal_dhcp4_option(struct sal_arena *arena, uint8_t option, const uint8_t *value, size_t len,
		      struct sal_dhcp4 *dhcp);
/*
 * Looks at what was read as a whole: T1 <= T2 <= lease time, and a lease time above 0. Times that
 * contradict each other are taken away. sal_dhcp4_read() has done it.
 */
void sal_dhcp4_check_times(struct sal_dhcp4 *dhcp);

/* Bits of a netmask; -1 when it has holes. */
int sal_dhcp4_netmask_bits(const uint8_t mask[4]);
/* Whether text is a host or domain name; an empty one is none. A dot may end it. */
bool sal_dhcp_name_valid(const char *name, size_t len);
