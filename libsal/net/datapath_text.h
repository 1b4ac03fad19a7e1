/*
 * datapath_text.h - takes apart what ovs-vswitchd says of datapaths, for datapath.c.
 *
 * Pure and fuzzed. Strings of what is returned live in the arena or in the text, which is changed.
 */
#pragma once

#include "gen/net.datapath.h"

/* What stands on the ports of datapaths, by dpif/show. */
struct sal_net_dpif {
	struct sal_net_dpif_interface {
		const char *datapath;
		uint64_t port;
		struct sal_datapath_interface interface;
	} * items;
	size_t len;
};

/* The whole text of dpif/show; lines that are none of it are passed over. */
void sal_net_dpif_read(struct sal_arena *arena, char *text, struct sal_net_dpif *ret_dpif);

/* The whole text of dpctl/show -s for one datapath, whose name is set; false if it is not that. */
bool sal_net_datapath_read(struct sal_arena *arena, char *text, const struct sal_net_dpif *dpif,
			   struct sal_datapath *datapath);
