/*
 * openflow.h - reads a bridge's flow table by OpenFlow, over its management socket.
 *
 * For what ovs-vswitchd's own listing leaves out: cookie, timeouts, flags, exact age. Instructions are
 * passed over. OpenFlow 1.0 (with Nicira's extended match), 1.2, 1.3, 1.4 and 1.5 are spoken, the
 * newest that the bridge allows. Sources: the OpenFlow Switch Specifications 1.0.0, 1.3.5, 1.4.1
 * and 1.5.1; ovs-fields(7).
 */
#pragma once

#include "kernel/ovs.h"

#define SAL_OPENFLOW_ALL_TABLES 0xff

struct sal_openflow_entry {
	uint8_t table;
	uint16_t priority, idle_timeout, hard_timeout, flags, importance;
	uint64_t cookie;
	uint32_t duration_sec, duration_nsec;
	int32_t idle_age, hard_age; /* seconds; -1: not told */
	const uint8_t *match; /* OXM or NXM entries, one behind the other */
	size_t match_len;
};

/* Gets one flow; it is valid during the callback only. A negative errno ends the dump. */
typedef int sal_openflow_each(const struct sal_openflow_entry *entry, void *ctx,
			      struct sal_error *err);

/*
 * Feeds each flow of the table, or of all, to the callback. ovs comes from sal_ovs_open_mgmt().
 * -EPROTONOSUPPORT, with err untouched, when the bridge allows no version that we speak (1.1 only).
 */
int sal_openflow_dump(struct sal_ovs *ovs, uint8_t table, sal_openflow_each *each, void *ctx,
		      struct sal_error *err);

/*
 * The walk over one reply, pure and fuzzed: a whole OpenFlow message with flow statistics. Returns
 * 1 when it was the last, 0 when more follow, -errno otherwise.
 */
int sal_openflow_walk(const uint8_t *message, size_t len, sal_openflow_each *each, void *ctx,
		      struct sal_error *err);
