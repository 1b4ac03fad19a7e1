/*
 * ovs_datapaths.h - which datapaths ovs-vswitchd has, and questions about one of them.
 *
 * For datapath.c and ovs_conntrack.c. A datapath goes when its last bridge does, also between two
 * questions: that is no failure.
 */
#pragma once

#include "base/field.h"
#include "kernel/ovs.h"

/* Runs a command that lists what there is. ovs-vswitchd has most of these only since its first bridge:
 * until then there is nothing to list. */
int sal_net_ovs_list(struct sal_ovs *vswitchd, const char *command, struct sal_ovs_text *ret_text,
		     struct sal_error *err);

/* Names as "netdev@ovs-netdev"; none where there is no bridge. */
int sal_net_ovs_datapaths(struct sal_ovs *vswitchd, struct sal_arena *arena,
			  struct sal_strings *ret_names, struct sal_error *err);

/* Runs a dpctl command whose n arguments name a datapath; *ret_gone when there is no such one. */
int sal_net_ovs_datapath_ask(struct sal_ovs *vswitchd, const char *command, const char *const *args,
			     unsigned n, struct sal_ovs_text *ret_text, bool *ret_gone,
			     struct sal_error *err);
