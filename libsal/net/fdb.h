/*
 * fdb.h - how much stands in the forwarding tables of bridges, for net.bridge.
 *
 * A table may hold hundreds of thousands of addresses: they are counted as they come, by bridge and
 * port, and not kept. Source: linux/neighbour.h.
 */
#pragma once

#include <linux/netlink.h>
#include <stddef.h>
#include <stdint.h>

#include "gen/net.bridge.h"
#include "kernel/nl.h"

/* What one port adds to its bridge's table; entries of the bridge itself have its own number. */
struct sal_fdb_count {
	uint32_t bridge, ifindex;
	struct sal_bridge_fdb entries;
};

struct sal_fdb {
	struct sal_fdb_count *counts;
	size_t len, cap;
};

void sal_net_fdb_done(struct sal_fdb *fdb); /* empty again; fit for SAL_CLEANUP */
/* Counts the tables of all bridges (0) or of one, and is ready to be asked. */
int sal_net_fdb_dump(struct sal_nl *nl, uint32_t bridge, struct sal_fdb *fdb, bool *ret_consistent,
		     struct sal_error *err);
/* The sal_nl_each behind it; between the last one and the first question comes the sort. */
int sal_net_fdb_add(const struct nlmsghdr *message, void *fdb, struct sal_error *err);
void sal_net_fdb_sort(struct sal_fdb *fdb);

/* Of one port, or of the bridge with all its ports. */
struct sal_bridge_fdb sal_net_fdb_of_port(const struct sal_fdb *fdb, uint32_t bridge,
					  uint32_t ifindex);
struct sal_bridge_fdb sal_net_fdb_of_bridge(const struct sal_fdb *fdb, uint32_t bridge);
