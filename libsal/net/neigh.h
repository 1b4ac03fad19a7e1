/*
 * neigh.h - from an RTM_NEWNEIGH message to a struct sal_neighbor, for neigh.c and its tests.
 *
 * Nothing in a message is trusted: what is malformed is left out.
 */
#pragma once

#include <linux/neighbour.h>

#include "gen/net.neighbors.h"
#include "kernel/ifnames.h"
#include "kernel/nl_attr.h"
#include "net/names.h"

struct sal_net_neigh_decoder {
	struct sal_net_names *names;
	struct sal_ifnames *ifnames;
	char lladdr[SAL_MAC_TEXT + 1];
	const char *states[8];
};

struct sal_net_neigh_message {
	const struct ndmsg *header;
	const struct nlattr *attrs[NDA_MAX + 1];
};

/* False when it is no neighbour message, or too short for one. */
bool sal_net_neigh_open(const struct nlmsghdr *message, struct sal_net_neigh_message *ret_neigh);
/* Fills *ret_neighbor, whose strings live until the next one is decoded. */
void sal_net_neigh_decode(struct sal_net_neigh_decoder *decoder,
			  const struct sal_net_neigh_message *message,
			  struct sal_neighbor *ret_neighbor);
