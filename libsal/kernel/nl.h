/*
 * nl.h - the one room that sends and receives netlink.
 *
 * A struct sal_nl is one socket, used by one call on one thread. Dumps are strictly checked by the
 * kernel (NETLINK_GET_STRICT_CHK), refusals carry the kernel's own words (NETLINK_EXT_ACK), and
 * every message is checked for sender, sequence and length before a callback sees it.
 * Sources: netlink(7), RFC 3549, linux/netlink.h.
 */
#pragma once

#include <linux/netlink.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

struct mnl_socket;

struct sal_nl {
	struct mnl_socket *socket;
	uint32_t portid, seq;
	char *buffer; /* where datagrams are received, SAL_NL_BUFFER bytes */
};

/* The kernel fills at most 32 KiB of a dump into one datagram. */
#define SAL_NL_BUFFER (64 * 1024)

/* A request under construction: a header, a family header, attributes. */
struct sal_nl_request {
	union {
		struct nlmsghdr header;
		char bytes[4096];
	};
};

/*
 * Gets one message of the answer. 0 goes on; a negative errno, with err filled, ends the exchange
 * with that result. The message is valid during the callback only.
 */
typedef int sal_nl_each(const struct nlmsghdr *message, void *ctx, struct sal_error *err);

/* Opens a socket of the protocol (NETLINK_ROUTE ...). SAL_UNSUPPORTED if the kernel lacks it. */
int sal_nl_open(struct sal_nl *nl, int protocol, struct sal_error *err);
void sal_nl_close(struct sal_nl *nl); /* fit for SAL_CLEANUP; a zeroed struct is legal */

/* Starts a request of that type with a family header of the given size, zeroed; returns it. */
void *sal_nl_begin(struct sal_nl_request *request, uint16_t type, uint16_t flags, size_t size);
void sal_nl_put(struct sal_nl_request *request, uint16_t type, const void *data, size_t len);
void sal_nl_put_u8(struct sal_nl_request *request, uint16_t type, uint8_t value);
void sal_nl_put_u32(struct sal_nl_request *request, uint16_t type, uint32_t value);
void sal_nl_put_string(struct sal_nl_request *request, uint16_t type, const char *s); /* with NUL */
/* Attributes put between these two lie inside one of that type, flagged NLA_F_NESTED. */
struct nlattr *sal_nl_nest_begin(struct sal_nl_request *request, uint16_t type);
void sal_nl_nest_end(struct sal_nl_request *request, struct nlattr *nest);

/*
 * Sends a dump request (NLM_F_REQUEST | NLM_F_DUMP are added) and feeds each message to the
 * callback. *ret_consistent is false when the kernel said that the dump was interrupted. A kernel
 * error inside the dump is returned as -errno with err filled, its number in err->errnum.
 */
int sal_nl_dump(struct sal_nl *nl, struct sal_nl_request *request, sal_nl_each *each, void *ctx,
		bool *ret_consistent, struct sal_error *err);

/*
 * Sends a request that has at most one answer (NLM_F_REQUEST | NLM_F_ACK are added), feeds the
 * answer to the callback, which may be NULL, and waits for the acknowledgement.
 */
int sal_nl_talk(struct sal_nl *nl, struct sal_nl_request *request, sal_nl_each *each, void *ctx,
		struct sal_error *err);

/*
 * Subscribes to a multicast group (RTNLGRP_LINK ...). A socket that has joined one is good for
 * sal_nl_noticed() and nothing else.
 */
int sal_nl_join(struct sal_nl *nl, unsigned group, struct sal_error *err);
/*
 * Whether any notice has come since the last look, or was dropped for want of room; throws them
 * away. For dumps in which the kernel does not say that they were interrupted.
 */
bool sal_nl_noticed(struct sal_nl *nl);

/*
 * The walk over one received datagram, pure and fuzzed: checks each header, hands data messages of
 * our sequence to the callback, notes NLM_F_DUMP_INTR in *interrupted. Returns 1 when the answer is
 * complete (NLMSG_DONE, or an acknowledgement), 0 when more is to come, -errno otherwise.
 */
int sal_nl_walk(const void *datagram, size_t len, uint32_t portid, uint32_t seq, sal_nl_each *each,
		void *ctx, bool *interrupted, struct sal_error *err);
