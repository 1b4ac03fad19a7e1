/*
 * conntrack_decode.h - from an IPCTNL_MSG_CT_NEW message to a struct sal_conntrack_entry, no further.
 *
 * Used by conntrack.c, which sends the requests; conntrack_filter.c looks at the opened message
 * before anything is decoded. Nothing in a message is trusted: what is malformed is left out. Names
 * and values are those of conntrack -L -o xml (conntrack-tools 1.4.7, libnetfilter_conntrack 1.0.9).
 */
#pragma once

#include <linux/netfilter/nfnetlink_conntrack.h>

#include "gen/net.conntrack.h"
#include "kernel/nfnl.h"
#include "net/conntrack_labels.h"

/* Addresses and ports of one direction, as far as the message has them. */
struct sal_net_conntrack_tuple {
	struct sal_ip src, dst; /* family 0: absent */
	uint8_t proto;
	bool has_sport, has_dport, has_icmp, has_zone;
	uint8_t icmp_type, icmp_code;
	uint16_t sport, dport, icmp_id, zone;
};

/* A message taken apart, for filters to look at. */
struct sal_net_conntrack_message {
	uint8_t family;
	const struct nlattr *attrs[CTA_MAX + 1];
	struct sal_net_conntrack_tuple original, reply;
	uint32_t status;
};

#define SAL_NET_CONNTRACK_STATUS_BITS 16
#define SAL_NET_CONNTRACK_TIME_TEXT   40

/* What the entry's members point at: one entry at a time, nothing allocated for the usual ones. */
struct sal_net_conntrack_parts {
	struct sal_conntrack_direction direction;
	struct sal_conntrack_layer3 layer3;
	struct sal_conntrack_layer4 layer4;
	struct sal_conntrack_counters counters;
	char srckey[8], dstkey[8];
};

struct sal_net_conntrack_decoder {
	struct sal_arena *arena; /* marked and reset by the caller, an entry at a time */
	struct sal_net_conntrack_labels *labels;
	int64_t now; /* seconds since 1970, for deltatime */
	struct sal_net_conntrack_parts original, reply, master;
	const char *status[SAL_NET_CONNTRACK_STATUS_BITS + 1];
	struct sal_conntrack_nat src_nat, dst_nat;
	struct sal_conntrack_timestamp timestamp;
	char start_time[SAL_NET_CONNTRACK_TIME_TEXT], stop_time[SAL_NET_CONNTRACK_TIME_TEXT];
};

/* False when it is no entry, or has not both tuples. */
bool sal_net_conntrack_open(const struct nlmsghdr *message,
			    struct sal_net_conntrack_message *ret_entry);
/* What a nest such as CTA_TUPLE_ORIG says. */
void sal_net_conntrack_tuple_open(const struct nlattr *nest,
				  struct sal_net_conntrack_tuple *ret_tuple);
/* Fills *ret_entry, whose parts live until the arena is reset or the next entry is decoded. */
void sal_net_conntrack_decode(struct sal_net_conntrack_decoder *decoder,
			      const struct sal_net_conntrack_message *message,
			      struct sal_conntrack_entry *ret_entry);

/* The word for a bit of the status, by its number; "UNREPLIED" is none. */
extern const char *const sal_net_conntrack_status_names[SAL_NET_CONNTRACK_STATUS_BITS];

/* The number of a protocol's name as the oracle has it, or of a decimal number up to 255. */
bool sal_net_conntrack_proto_find(const char *text, uint8_t *ret_proto);

/*
 * The entries that came last. When the entry with which a datagram would begin has been removed
 * meanwhile, the kernel begins its hash chain anew and sends what it had sent of it once more. So
 * the first of a datagram are looked up among the last before them, as many as a chain may be long,
 * by id and original tuple.
 */
#define SAL_NET_CONNTRACK_RECENT 64

struct sal_net_conntrack_recent {
	const void *last; /* where it lay: a datagram begins where the address falls */
	unsigned since; /* entries of this datagram */
	unsigned next;
	uint32_t ids[SAL_NET_CONNTRACK_RECENT];
	struct sal_net_conntrack_tuple tuples[SAL_NET_CONNTRACK_RECENT];
};

/* Whether it came before; remembers it if not. To be asked of every entry of a dump. */
bool sal_net_conntrack_repeated(struct sal_net_conntrack_recent *recent,
				const struct sal_net_conntrack_message *entry);
