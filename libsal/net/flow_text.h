/*
 * flow_text.h - takes the words of ovs-vswitchd about flows apart, for flow.c and datapath.c.
 *
 * Pure and fuzzed. Texts are hostile: parentheses may not match, nesting and length are bounded.
 * Strings of what is returned live in the arena.
 */
#pragma once

#include "gen/net.datapath.h"
#include "gen/net.flows.h"

/* Actions of longer texts are not taken apart: each costs many times its text in memory. */
#define SAL_NET_FLOW_TEXT_MAX (256 * 1024)

/* The line up to its newline; moves *text behind it; false at the end of the text. Empty lines are
 * passed over. The newline becomes a NUL. */
bool sal_net_line_next(char **text, char **ret_line);
/* The line there if it begins with prefix, behind that; else NULL. */
const char *sal_net_text_after(const char *text, const char *prefix);
/* A decimal number at *text, which is moved behind it. */
bool sal_net_text_u64(const char **text, uint64_t *ret_value);
/* The number behind "key:" somewhere in the text; false where there is none, or a "?". */
bool sal_net_text_counter(const char *text, const char *key, uint64_t *ret_value);

/* A line of bridge/dump-flows. The bridge, and what OpenFlow knows more, are the caller's to add. */
struct sal_net_flow_line {
	uint64_t table, priority, duration, n_packets, n_bytes;
	char *match, *actions;
};
bool sal_net_flow_line(char *line, struct sal_net_flow_line *ret);

/* A line of dpctl/dump-flows, but for datapath and thread. */
bool sal_net_datapath_line(struct sal_arena *arena, char *line, struct sal_datapath_flow *ret);

/* "tcp,nw_src=10.0.0.0/8"; and a datapath's "in_port(1),eth(src=…,dst=…)". */
struct sal_flow_field_array sal_net_flow_fields(struct sal_arena *arena, const char *text);
/* The actions of a flow; none where the text is too long (see above). */
struct sal_flow_action_array sal_net_flow_actions(struct sal_arena *arena, const char *text);
