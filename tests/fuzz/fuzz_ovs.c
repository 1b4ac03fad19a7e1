/*
 * fuzz_ovs.c - libFuzzer target: what Open vSwitch's daemons say, read as JSON-RPC, OVSDB rows, texts
 * about flows, datapaths and connections, and OpenFlow.
 *
 * The first byte chooses which one. Whatever comes out must encode into JSON that our own scanner
 * accepts; what is read in two pieces must be what is read in one.
 *
 *	clang -fsanitize=fuzzer,address,undefined ... && ./fuzz_ovs -max_total_time=60
 */
#include <stdlib.h>

#include "base/json_scan.h"
#include "gen/net.ovs.h"
#include "kernel/openflow.h"
#include "net/datapath_text.h"
#include "net/flow_join.h"
#include "net/flow_text.h"
#include "net/ovs_conntrack_text.h"
#include "net/ovs_row.h"
#include "net/oxm.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void encode_check(const struct sal_type *type, const void *value)
{
	struct sal_buf out SAL_CLEANUP(sal_buf_done) = SAL_BUF_EMPTY;
	size_t at;

	sal_encode(&out, type, value);
	/* the whole answer may nest 32 deep, in a list in a result in the envelope */
	if (sal_json_check(out.data, out.len, 29, &at) != SAL_JSON_FINE)
		abort();
}

static char *text_of(struct sal_arena *arena, const uint8_t *data, size_t size)
{
	return sal_arena_strndup(arena, (const char *)data, size);
}

/* Where an object ends must not depend on the pieces in which it came. */
static void frame_run(struct sal_arena *arena, const uint8_t *data, size_t size)
{
	struct sal_ovs_frame whole = { 0 }, pieces = { 0 };
	int at_once = sal_ovs_frame(&whole, (const char *)data, size), r = 0;

	for (size_t len = 0; len <= size && r == 0; len++)
		r = sal_ovs_frame(&pieces, (const char *)data, len);
	if (r != at_once || (r > 0 && whole.at != pieces.at) || whole.at > size)
		abort();
}

static void row_run(struct sal_arena *arena, const uint8_t *data, size_t size)
{
	static const struct sal_type *const types[] = { &sal_ovs_root_type, &sal_ovs_bridge_type,
							&sal_ovs_port_type, &sal_ovs_interface_type,
							&sal_ovs_controller_type };
	struct sal_net_ovs_table table = { 0 };
	struct sal_slice result, *rows;
	size_t at, n;

	if (sal_json_check((const char *)data, size, 64, &at) != SAL_JSON_FINE)
		return;
	result = sal_json_trim((const char *)data, size);
	if (!sal_net_ovs_table_read(arena, result, &table))
		return;
	for (size_t i = 0; i < table.len; i++) {
		for (size_t t = 0; t < SAL_ARRAY_LEN(types); t++) {
			void *value = sal_arena_alloc(arena, types[t]->size);

			if (sal_net_ovs_row_read(arena, table.rows[i].text, types[t], value))
				encode_check(types[t], value);
		}
		if (sal_net_ovs_row_children(arena, table.rows[i].text, "ports", &table, &rows, &n))
			for (size_t j = 0; j < n; j++)
				if (sal_json_kind(rows[j]) != SAL_JSON_OBJECT)
					abort();
	}
}

static void flow_run(struct sal_arena *arena, const uint8_t *data, size_t size)
{
	char *text = text_of(arena, data, size), *line;

	while (sal_net_line_next(&text, &line)) {
		struct sal_net_flow_line one;
		struct sal_flow flow = { .bridge = "" };

		if (!sal_net_flow_line(line, &one))
			continue;
		flow.match = one.match;
		flow.fields = sal_net_flow_fields(arena, one.match);
		flow.actions = one.actions;
		sal_set(&flow, action_list, sal_net_flow_actions(arena, one.actions));
		encode_check(&sal_flow_type, &flow);
	}
}

static void datapath_flow_run(struct sal_arena *arena, const uint8_t *data, size_t size)
{
	char *text = text_of(arena, data, size), *line;

	while (sal_net_line_next(&text, &line)) {
		struct sal_datapath_flow flow;

		if (!sal_net_datapath_line(arena, line, &flow))
			continue;
		flow.datapath = "";
		encode_check(&sal_datapath_flow_type, &flow);
	}
}

/* dpif/show up to the first empty line, dpctl/show -s behind it. */
static void datapath_run(struct sal_arena *arena, const uint8_t *data, size_t size)
{
	char *text = text_of(arena, data, size), *shown = strstr(text, "\n\n");
	struct sal_datapath datapath = { .name = "netdev@ovs-netdev" };
	struct sal_net_dpif dpif;

	if (shown) {
		*shown = '\0';
		shown += 2;
	} else {
		shown = text_of(arena, data, size);
	}
	sal_net_dpif_read(arena, text, &dpif);
	if (sal_net_datapath_read(arena, shown, &dpif, &datapath))
		encode_check(&sal_datapath_type, &datapath);
}

static void conntrack_run(struct sal_arena *arena, const uint8_t *data, size_t size)
{
	char *text = text_of(arena, data, size), *line;

	while (sal_net_line_next(&text, &line)) {
		struct sal_ovs_conntrack_entry entry;

		if (!sal_net_ovs_conntrack_line(arena, line, &entry))
			continue;
		entry.datapath = "";
		encode_check(&sal_ovs_conntrack_entry_type, &entry);
	}
}

static void counts_run(struct sal_arena *arena, const uint8_t *data, size_t size)
{
	struct sal_ovs_conntrack_stats stats = { .name = "" };

	if (sal_net_ovs_conntrack_counts(arena, text_of(arena, data, size), &stats)) {
		sal_net_ovs_conntrack_limits(arena, text_of(arena, data, size), &stats);
		encode_check(&sal_ovs_conntrack_stats_type, &stats);
	}
}

/* A message of exactly these bytes; each flow of it is then looked for by its own words. */
static void openflow_run(struct sal_arena *arena, const uint8_t *data, size_t size)
{
	struct sal_net_flow_join join SAL_CLEANUP(sal_net_flow_join_done) = { 0 };
	uint8_t *message = malloc(size ? size : 1);
	size_t n, told = 0;

	memcpy(message, data, size);
	sal_openflow_walk(message, size, sal_net_flow_join_add, &join, NULL);
	free(message);
	n = join.facts.len / sizeof(struct sal_net_flow_facts);
	for (size_t i = 0; i < n; i++) {
		const struct sal_net_flow_facts *facts =
			(const struct sal_net_flow_facts *)join.facts.data + i;

		if (facts->key_len == UINT32_MAX)
			continue;
		told++;
		sal_net_flow_join_list(
			&join, facts->entry.table, facts->entry.priority,
			sal_arena_strndup(arena, join.keys.data + facts->key, facts->key_len),
			false);
	}
	if (sal_net_flow_join_end(&join, 0) != 0)
		abort();
	for (size_t i = 0; i < told; i++)
		if (!sal_net_flow_join_of(&join, i))
			abort();
}

static void oxm_run(struct sal_arena *arena, const uint8_t *data, size_t size)
{
	struct sal_buf out SAL_CLEANUP(sal_buf_done) = SAL_BUF_EMPTY;
	uint8_t *match = malloc(size ? size : 1);

	memcpy(match, data, size);
	if (!sal_net_oxm_format(&out, match, size) && out.len)
		abort();
	free(match);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static void (*const runs[])(struct sal_arena *, const uint8_t *, size_t) = {
		frame_run,     row_run,	   flow_run,	 datapath_flow_run, datapath_run,
		conntrack_run, counts_run, openflow_run, oxm_run,
	};
	struct sal_arena arena;

	if (!size)
		return 0;
	sal_arena_init(&arena);
	runs[(data[0] - '0') % SAL_ARRAY_LEN(runs)](&arena, data + 1, size - 1);
	sal_arena_done(&arena);
	return 0;
}
