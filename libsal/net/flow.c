/*
 * flow.c - net.flows: the flow tables of Open vSwitch's bridges.
 *
 * ovs-vswitchd's own listing has every flow with its match and actions in words, but no cookie and
 * no timeouts; OpenFlow has these. Both are read, one after the other, and joined (flow_join.c).
 * Sources: ovs-vswitchd(8) bridge/dump-flows, ovs-ofctl(8); the oracle is ovs-ofctl dump-flows.
 */
#include "gen/net.flows.h"

#include <errno.h>
#include <time.h>

#include "net/flow_join.h"
#include "net/flow_text.h"
#include "net/ovs_datapaths.h"

#define TABLE_HIDDEN 254 /* ovs-vswitchd's own */
#define DEAF_MS	     500

struct listing {
	struct sal_call *call;
	const struct sal_net_flows_params *params;
	struct sal_ovs vswitchd;
	bool consistent;
	bool database; /* ovsdb-server runs */
	bool deaf; /* ovs-vswitchd hears no OpenFlow */
};

static int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static bool is_hidden(const struct sal_net_flow_line *line)
{
	return line->table == TABLE_HIDDEN || line->priority > UINT16_MAX;
}

static bool is_wanted(const struct sal_net_flows_params *params,
		      const struct sal_net_flow_line *line)
{
	return !params->has.table || params->table == line->table;
}

static struct sal_strings flags_of(struct sal_arena *arena, uint16_t flags)
{
	static const char *const names[] = { "send_flow_rem", "check_overlap", "reset_counts",
					     "no_packet_counts", "no_byte_counts" };
	const char **words = sal_arena_array(arena, SAL_ARRAY_LEN(names), sizeof(*words));
	size_t n = 0;

	for (size_t i = 0; i < SAL_ARRAY_LEN(names); i++)
		if (flags >> i & 1)
			words[n++] = names[i];
	return (struct sal_strings){ words, n };
}

static void facts_fill(struct sal_arena *arena, const struct sal_openflow_entry *entry,
		       struct sal_flow *flow)
{
	sal_set(flow, cookie, sal_arena_printf(arena, "0x%llx", (unsigned long long)entry->cookie));
	flow->duration =
		(double)((uint64_t)entry->duration_sec * 1000 + entry->duration_nsec / 1000000) /
		1000;
	if (entry->idle_timeout)
		sal_set(flow, idle_timeout, entry->idle_timeout);
	if (entry->hard_timeout)
		sal_set(flow, hard_timeout, entry->hard_timeout);
	if (entry->importance)
		sal_set(flow, importance, entry->importance);
	if (entry->idle_age >= 0)
		sal_set(flow, idle_age, entry->idle_age);
	if (entry->hard_age >= 0 && (uint32_t)entry->hard_age != entry->duration_sec)
		sal_set(flow, hard_age, entry->hard_age);
	if (entry->flags)
		sal_set(flow, flags, flags_of(arena, entry->flags));
}

static int flow_emit(struct sal_call *call, const char *bridge,
		     const struct sal_net_flow_line *line, const struct sal_net_flow_facts *facts,
		     struct sal_error *err)
{
	struct sal_arena_mark mark = sal_arena_mark(call->arena);
	struct sal_flow flow = {
		.bridge = bridge,
		.table = (uint8_t)line->table,
		.priority = (uint32_t)line->priority,
		.duration = (double)line->duration,
		.n_packets = line->n_packets,
		.n_bytes = line->n_bytes,
		.match = line->match,
		.fields = sal_net_flow_fields(call->arena, line->match),
		.actions = line->actions,
		.action_list = sal_net_flow_actions(call->arena, line->actions),
	};
	int r;

	flow.has.action_list = flow.action_list.len > 0;
	if (is_hidden(line))
		sal_set(&flow, hidden, true);
	if (facts)
		facts_fill(call->arena, &facts->entry, &flow);
	r = sal_net_flows_item(call, &flow, err);
	sal_arena_reset(call->arena, mark);
	return r;
}

/*
 * What OpenFlow knows: nothing where the bridge speaks no version that we do, or where its socket is
 * gone, as it is while a bridge is removed. While ovs-vswitchd has lost its database it hears no
 * OpenFlow (and wastes a whole CPU as long as a question waits), so it is not waited for long then.
 */
static int facts_read(struct listing *listing, struct sal_net_flow_join *join, const char *bridge,
		      struct sal_error *err)
{
	const struct sal_net_flows_params *params = listing->params;
	uint8_t table = params->has.table ? params->table : SAL_OPENFLOW_ALL_TABLES;
	SAL_CLEANUP(sal_ovs_close) struct sal_ovs mgmt = SAL_OVS_CLOSED;
	struct sal_error refusal = { 0 };
	int r;

	if (listing->deaf)
		return 0;
	r = sal_ovs_open_mgmt(&mgmt, bridge, &refusal);
	if (r < 0 && refusal.code == SAL_UNSUPPORTED)
		return 0;
	if (!listing->database)
		mgmt.silence_ms = DEAF_MS;
	if (r >= 0)
		r = sal_openflow_dump(&mgmt, table, sal_net_flow_join_add, join, &refusal);
	if (r == -EPROTONOSUPPORT && refusal.code == SAL_OK)
		return 0;
	if (r < 0 && refusal.code == SAL_TIMEOUT && !listing->database) {
		listing->deaf = true;
		return 0;
	}
	if (r < 0 && err)
		*err = refusal;
	return r;
}

/* Every line is read once to find its partner; lines are kept for the second time. */
static int lines_read(const struct listing *listing, struct sal_net_flow_join *join,
		      struct sal_ovs_text *text, struct sal_buf *ret_lines, struct sal_error *err)
{
	char *rest = text->text, *one;

	while (sal_net_line_next(&rest, &one)) {
		struct sal_net_flow_line line;

		if (!sal_net_flow_line(one, &line))
			return sal_fail(err, SAL_IO,
					"ovs-vswitchd lists a flow that is none: %.80s", one);
		if (!is_wanted(listing->params, &line))
			continue;
		sal_net_flow_join_list(join, line.table, line.priority, line.match,
				       is_hidden(&line));
		sal_buf_put(ret_lines, &line, sizeof(line));
	}
	return 0;
}

static int bridge_missing(const char *bridge, struct sal_error *err)
{
	int r = sal_fail(err, SAL_NOT_FOUND, "ovs-vswitchd has no bridge named %s", bridge);

	sal_error_subject(err, "bridge %s", bridge);
	sal_error_field(err, "/bridge");
	return r;
}

static int bridge_list(struct listing *listing, const char *bridge, struct sal_error *err)
{
	SAL_CLEANUP(sal_net_flow_join_done) struct sal_net_flow_join join = { 0 };
	SAL_CLEANUP(sal_buf_done) struct sal_buf lines = SAL_BUF_EMPTY;
	const struct sal_net_flow_line *line;
	struct sal_ovs_text text;
	int64_t start = now_ms();
	int r = sal_ovs_command(&listing->vswitchd, "bridge/dump-flows", &bridge, 1, &text, err);

	if (r >= 0 && text.refused)
		return strstr(text.text, "Unknown bridge")
			       ? bridge_missing(bridge, err)
			       : sal_ovs_refusal(&listing->vswitchd, "bridge/dump-flows", &text,
						 err);
	if (r >= 0)
		r = facts_read(listing, &join, bridge, err);
	if (r >= 0)
		r = lines_read(listing, &join, &text, &lines, err);
	if (r < 0)
		return r;
	if (sal_net_flow_join_end(&join, now_ms() - start))
		listing->consistent = false;
	line = (const struct sal_net_flow_line *)lines.data;
	for (size_t i = 0; i < lines.len / sizeof(*line) && r >= 0; i++)
		r = flow_emit(listing->call, bridge, &line[i], sal_net_flow_join_of(&join, i), err);
	return r;
}

static int bridges_list(struct listing *listing, struct sal_error *err)
{
	struct sal_ovs_text text;
	char *rest, *bridge;
	int r = sal_net_ovs_list(&listing->vswitchd, "ofproto/list", &text, err);

	if (r < 0)
		return r;
	rest = sal_arena_strndup(listing->call->arena, text.text, text.len);
	while (r >= 0 && sal_net_line_next(&rest, &bridge)) {
		struct sal_error refusal = { 0 };

		r = bridge_list(listing, bridge, &refusal);
		if (r < 0 && refusal.code == SAL_NOT_FOUND)
			r = 0; /* removed meanwhile */
		else if (r < 0 && err)
			*err = refusal;
	}
	return r;
}

static void listing_done(struct listing *listing)
{
	sal_ovs_close(&listing->vswitchd);
}

static bool database_runs(void)
{
	SAL_CLEANUP(sal_ovs_close) struct sal_ovs db = SAL_OVS_CLOSED;

	return sal_ovs_open_db(&db, NULL) >= 0;
}

int sal_net_flows(struct sal_call *call, const struct sal_net_flows_params *params,
		  struct sal_error *err)
{
	SAL_CLEANUP(listing_done)
	struct listing listing = {
		.call = call,
		.params = params,
		.vswitchd = SAL_OVS_CLOSED,
		.consistent = true,
		.database = database_runs(),
	};
	int r = sal_ovs_open_vswitchd(&listing.vswitchd, err);

	if (r < 0)
		return r;
	r = params->has.bridge ? bridge_list(&listing, params->bridge, err)
			       : bridges_list(&listing, err);
	if (r < 0)
		return r;
	return sal_net_flows_done(
		call, &(struct sal_net_flows_result){ .consistent = listing.consistent }, err);
}
