/*
 * dhclient.h - the parts of dhclient's parser: its state, and what they lend each other.
 *
 * dhclient.c reads the file and leases of DHCPv4, dhclient_option.c their options, dhclient6.c leases
 * of DHCPv6.
 */
#pragma once

#include "net/lease/dhclient_scan.h"
#include "net/lease/lease.h"

#define SAL_DHCLIENT_ITEMS 64 /* addresses and prefixes of one lease6 */

struct sal_dhclient {
	struct sal_leases *leases;
	const struct sal_lease_file *file;
	struct sal_dhclient_scan scan;
	struct sal_dhclient_statement statement;
	size_t first; /* of the entries of this file */
};

/* A lease or lease6 under construction. */
struct sal_dhclient_lease {
	unsigned line; /* 0: not to be used */
	const char *ifname;
	struct sal_dhcp4 dhcp4;
	struct sal_lease_times times;
	bool released;
	struct sal_dhcp6 dhcp6;
	struct sal_dhcp6_item items[SAL_DHCLIENT_ITEMS];
	int64_t starts[SAL_DHCLIENT_ITEMS];
	size_t nitems;
	/* of the ia-… and iaaddr or iaprefix that is being read */
	struct sal_dhcp6_item ia;
	int64_t ia_starts, item_starts;
};

typedef void sal_dhclient_reader(struct sal_dhclient *parser, struct sal_dhclient_lease *building);

/* Notes a problem of the statement that was read last. */
void sal_dhclient_complain(struct sal_dhclient *parser, const char *words);
/* The same of its first word: "expire has no valid value". */
void sal_dhclient_complain_value(struct sal_dhclient *parser);
/*
 * Reads a block to its brace, a statement at a time; the reader of a statement that opens a block
 * reads that block. False, and a problem noted, when the file ends before.
 */
bool sal_dhclient_block(struct sal_dhclient *parser, struct sal_dhclient_lease *building,
			sal_dhclient_reader *read);
/* Passes over a block, whatever stands in it. */
void sal_dhclient_skip(struct sal_dhclient *parser, struct sal_dhclient_lease *building);
void sal_dhclient_interface(struct sal_dhclient *parser, struct sal_dhclient_lease *building);
/* Drops earlier leases of the same interface and method in this file: they are history. */
void sal_dhclient_forget(struct sal_dhclient *parser, const char *ifname,
			 enum sal_lease_method method);

/* dhclient_option.c: "option NAME VALUE…" of a lease. */
void sal_dhclient_option4(struct sal_dhclient *parser, struct sal_dhcp4 *dhcp);
/* Quoted bytes as they are, or with hex also hexadecimal ones; NULL when it is neither. */
const uint8_t *sal_dhclient_bytes(struct sal_arena *arena, const struct sal_dhclient_word *word,
				  bool hex, size_t *ret_len);
/* The names from word 2 on. */
bool sal_dhclient_names(struct sal_dhclient *parser, struct sal_strings *ret_names);

/* dhclient6.c: a "lease6 {" whose statement was read. */
void sal_dhclient_lease6(struct sal_dhclient *parser, struct sal_dhclient_lease *building);
