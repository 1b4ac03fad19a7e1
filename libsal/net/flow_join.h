/*
 * flow_join.h - which flow of ovs-vswitchd's own listing is which of OpenFlow's.
 *
 * A flow is known by table, priority and match. OpenFlow's match is put into ovs-vswitchd's words;
 * where that cannot be done (oxm.c), a flow is told by exclusion: when of one table and priority
 * just one is left on either side, and OpenFlow's stood there already when the other list was made.
 */
#pragma once

#include "kernel/openflow.h"

#define SAL_NET_FLOW_NONE UINT32_MAX

/* What OpenFlow knows of a flow. */
struct sal_net_flow_facts {
	struct sal_openflow_entry entry; /* but for its match */
	size_t key; /* where its match stands in keys */
	uint32_t key_len; /* UINT32_MAX: not written */
	uint32_t next; /* in the same bucket */
	bool taken;
};

struct left { /* a flow without partner, and where it stands */
	uint64_t kind; /* table and priority */
	uint32_t index;
};

struct sal_net_flow_join {
	struct sal_buf keys, facts; /* of text; of struct sal_net_flow_facts */
	struct sal_buf buckets; /* of uint32_t */
	struct sal_buf partners; /* of uint32_t: for each flow listed, its facts */
	struct sal_buf left; /* of struct left: listed flows without partner */
};

void sal_net_flow_join_done(struct sal_net_flow_join *join); /* zeroed is legal */

/* Fit for sal_openflow_dump(); ctx is the struct. All come first. */
int sal_net_flow_join_add(const struct sal_openflow_entry *entry, void *ctx, struct sal_error *err);
/* Then each flow of the other list, in its order. A hidden one has no partner to look for. */
void sal_net_flow_join_list(struct sal_net_flow_join *join, uint64_t table, uint64_t priority,
			    const char *match, bool hidden);
/* At last, exclusion; between the two lists elapsed_ms went by. Returns how many have no partner. */
size_t sal_net_flow_join_end(struct sal_net_flow_join *join, int64_t elapsed_ms);
/* The facts of the index-th flow listed, or NULL. */
const struct sal_net_flow_facts *sal_net_flow_join_of(const struct sal_net_flow_join *join,
						      size_t index);
