/*
 * link.h - links and their addresses as net.interfaces shows them.
 *
 * The pieces of link.c that stand for themselves: decoding one message, collecting addresses, and
 * asking for a link by name. Used by net.interfaces, net.bridge and the tests.
 */
#pragma once

#include <linux/rtnetlink.h>

#include "base/arena.h"
#include "gen/net.interfaces.h"
#include "kernel/nl.h"
#include "net/link_bag.h"
#include "net/linkinfo/kind.h"

/* A link message: its family header and its attributes by type. */
struct sal_link_message {
	const struct ifinfomsg *header;
	const struct nlattr *tb[64]; /* up to SAL_LINK_ATTR_MAX; newer ones are left out */
	const char *name; /* in the arena, or in the message */
};
#define SAL_LINK_ATTR_MAX 63

/*
 * Reads RTM_NEWLINK; false if it is none, too short, or has no name. Strings live in the message or
 * in the arena.
 */
bool sal_net_link_read(const struct nlmsghdr *message, struct sal_arena *arena,
		       struct sal_link_message *ret_link);
/* Everything but addr_info, which stays empty. */
void sal_net_link_decode(const struct sal_link_ctx *ctx, const struct sal_link_message *link,
			 struct sal_interface *ret_interface);
/* The device a link stands on, which net.bridge shows of its ports too. */
struct sal_link_lower {
	const char *name; /* NULL: none, or in another namespace */
	bool has_index, down;
	int32_t index; /* of one in another namespace */
};
struct sal_link_lower sal_net_link_lower(const struct sal_link_ctx *ctx,
					 const struct sal_link_message *link);
const char *sal_net_link_operstate(uint8_t state); /* NULL where it has no name */

/* link_vf.c */
struct sal_link_vf_array sal_net_link_vfs(const struct sal_link_ctx *ctx,
					  const struct sal_link_message *link);
/* link_xdp.c: NULL when no program is attached. */
const struct sal_link_xdp *sal_net_link_xdp(struct sal_arena *arena, const struct nlattr *xdp);

/* link_addr.c: dumps the addresses of one link, or with 0 of all, into the bag. */
int sal_net_link_addrs_dump(struct sal_nl *nl, uint32_t ifindex, struct sal_link_bag *addrs,
			    bool *ret_consistent, struct sal_error *err);
/* The sal_nl_each behind it: takes IPv4 and IPv6. */
int sal_net_link_addrs_add(const struct nlmsghdr *message, void *addrs, struct sal_error *err);
struct sal_address_info_array sal_net_link_addrs(const struct sal_link_ctx *ctx,
						 const struct sal_link_bag *addrs,
						 uint32_t ifindex);

/*
 * Asks for the link of that name or altname; *ret_message is a copy in the arena. NOT_FOUND with
 * the field's pointer when there is none.
 */
int sal_net_link_find(struct sal_nl *nl, struct sal_arena *arena, const char *name,
		      const char *field, bool stats, const struct nlmsghdr **ret_message,
		      struct sal_error *err);
/*
 * What it means that a request about the link of that name was refused: ENODEV that there is none
 * (any more), NOT_FOUND; the rest is passed on as the refusal words it. Returns -errno.
 */
int sal_net_link_refused(int r, const struct sal_error *refusal, const char *name,
			 const char *field, struct sal_error *err);
/* What kernels send beyond the plain attributes; SKIP_STATS unless stats are wanted. */
uint32_t sal_net_link_ext_mask(bool stats);
