/*
 * ovs_row.h - from rows of OVSDB to the structs of net.ovs.
 *
 * Pure and fuzzed. OVSDB writes a set of one element as that element, an absent value as an empty
 * set, a map as pairs (RFC 7047 section 5.1); the generated field tables say which it must become.
 */
#pragma once

#include "base/field.h"
#include "base/json_scan.h"

/* The rows of one select, sorted by UUID. */
struct sal_net_ovs_row {
	struct sal_slice uuid, text;
	unsigned taken; /* how many rows named it: usually one */
};
struct sal_net_ovs_table {
	struct sal_net_ovs_row *rows;
	size_t len;
};

/* Reads {"rows":[…]}, checked JSON; false if it is something else. */
bool sal_net_ovs_table_read(struct sal_arena *arena, struct sal_slice result,
			    struct sal_net_ovs_table *ret_table);

/*
 * Fills the struct of that type from a row: columns that have no member in it are passed over, as
 * are members that are objects, which are rows of other tables. False where a column holds what its
 * member cannot.
 */
bool sal_net_ovs_row_read(struct sal_arena *arena, struct sal_slice row,
			  const struct sal_type *type, void *ret);

/* A row that more rows than this name makes a malformed answer: it would be repeated without end. */
#define SAL_NET_OVS_NAMED_MAX 64

/* The rows that a column of this row names, found in the table; false where one is missing or named
 * too often, or where the column is none of UUIDs. No such column: none. */
bool sal_net_ovs_row_children(struct sal_arena *arena, struct sal_slice row, const char *column,
			      struct sal_net_ovs_table *table, struct sal_slice **ret_rows,
			      size_t *ret_len);
