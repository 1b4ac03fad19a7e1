/*
 * vlan_decode.h - RTM_NEWVLAN messages: the VLANs of bridges and ports, and options of VLANs.
 *
 * Pure but for the dump; for vlan.c, bridge.c and the tests. The kernel tells the VLANs of one
 * device in one message or, where they do not fit, in several that follow each other. Source:
 * linux/if_bridge.h, net/bridge/br_vlan.c and br_vlan_options.c of Linux.
 */
#pragma once

#include <linux/rtnetlink.h>
#include <stddef.h>
#include <stdint.h>

#include "gen/net.vlan.h"
#include "kernel/nl.h"
#include "net/link_bag.h"
#include "net/linkinfo/kind.h"

/* The device that a message is about; 0 when it is no RTM_NEWVLAN, or is too short. */
uint32_t sal_net_vlan_device(const struct nlmsghdr *message);

/* The VLANs of one device, tunnels apart, from all its messages in the bag; in the arena. */
struct sal_vlans {
	struct sal_vlan_entry_array entries;
	struct sal_vlan_tunnel_array tunnels;
};
struct sal_vlans sal_net_vlans(struct sal_arena *arena, const struct sal_link_bag *bag,
			       uint32_t ifindex);
/* The options of one bridge's VLANs, from all its messages in the bag. */
struct sal_vlan_options_array sal_net_vlan_options(const struct sal_link_ctx *ctx,
						   const struct sal_link_bag *bag,
						   uint32_t ifindex);

enum sal_vlans_kind {
	SAL_VLANS_ENTRIES, /* of all bridges and ports */
	SAL_VLANS_OPTIONS, /* of all bridges' VLANs */
};
/*
 * Feeds the kernel's messages to the callback. *ret_known is false, and there are none, where the
 * kernel's bridges know no VLANs.
 */
int sal_net_vlans_dump(struct sal_nl *nl, enum sal_vlans_kind kind, sal_nl_each *each, void *ctx,
		       bool *ret_known, bool *ret_consistent, struct sal_error *err);
/*
 * A dump of VLANs never says that it was interrupted. This opens a socket that gets a notice of
 * each change: sal_nl_noticed() before and behind the dumps says whether they are of one piece.
 */
int sal_net_vlans_watch(struct sal_nl *notices, struct sal_error *err);
/* The sal_nl_each that keeps them all in a struct sal_link_bag. */
int sal_net_vlans_keep(const struct nlmsghdr *message, void *bag, struct sal_error *err);
