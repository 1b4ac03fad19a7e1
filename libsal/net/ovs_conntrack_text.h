/*
 * ovs_conntrack_text.h - takes apart what ovs-vswitchd says of tracked connections.
 *
 * Pure and fuzzed. Strings of what is returned live in the text, which is changed, or in the arena.
 */
#pragma once

#include "gen/net.ovs.h"

/* A line of dpctl/dump-conntrack -s, but for the datapath; false if it is none. */
bool sal_net_ovs_conntrack_line(struct sal_arena *arena, char *line,
				struct sal_ovs_conntrack_entry *ret_entry);

/* The whole text of dpctl/ct-stats-show -m: total and protocols; false if it is not that. */
bool sal_net_ovs_conntrack_counts(struct sal_arena *arena, char *text,
				  struct sal_ovs_conntrack_stats *stats);
/* The whole text of dpctl/ct-get-limits: default_limit and limits. */
void sal_net_ovs_conntrack_limits(struct sal_arena *arena, char *text,
				  struct sal_ovs_conntrack_stats *stats);
