/*
 * datapath.c - net.datapath: what forwards packets below Open vSwitch's bridges.
 *
 * Everything is asked of ovs-vswitchd, which knows the datapaths in the kernel as well as its own.
 * Sources: ovs-dpctl(8), ovs-vswitchd(8); the oracle is ovs-appctl dpctl.
 */
#include "gen/net.datapath.h"

#include "net/datapath_text.h"
#include "net/flow_text.h"
#include "net/ovs_datapaths.h"

struct listing {
	struct sal_call *call;
	struct sal_ovs *vswitchd;
	struct sal_net_dpif dpif;
};

static int flow_emit(struct listing *listing, const char *datapath, const char *thread, char *line,
		     struct sal_error *err)
{
	struct sal_arena *arena = listing->call->arena;
	struct sal_arena_mark mark = sal_arena_mark(arena);
	struct sal_datapath_flow flow;
	int r;

	if (!sal_net_datapath_line(arena, line, &flow))
		return sal_fail(err, SAL_IO, "ovs-vswitchd lists a flow that is none: %.80s", line);
	flow.datapath = datapath;
	sal_set_found(&flow, thread, thread);
	r = sal_net_datapath_item(listing->call, &flow, err);
	sal_arena_reset(arena, mark);
	return r;
}

/* "flow-dump from the main thread:", "flow-dump from pmd on cpu core: 3"; NULL if it is neither. */
static const char *thread_read(const char *line)
{
	const char *from = sal_net_text_after(line, "flow-dump from "), *core;

	if (!from)
		return NULL;
	core = strstr(from, "core: ");
	return core ? core + 6 : "main";
}

static int flows_list(struct listing *listing, const char *datapath, bool *ret_gone,
		      struct sal_error *err)
{
	const char *thread = NULL, *found;
	struct sal_ovs_text text;
	char *rest, *line;
	int r = sal_net_ovs_datapath_ask(listing->vswitchd, "dpctl/dump-flows", &datapath, 1, &text,
					 ret_gone, err);

	if (r < 0 || *ret_gone)
		return r;
	rest = text.text;
	while (r >= 0 && sal_net_line_next(&rest, &line)) {
		found = thread_read(line);
		if (found)
			thread = found;
		else
			r = flow_emit(listing, datapath, thread, line, err);
	}
	return r;
}

static int datapath_show(struct listing *listing, struct sal_datapath *datapath, bool *ret_gone,
			 struct sal_error *err)
{
	struct sal_arena *arena = listing->call->arena;
	const char *const args[] = { "-s", datapath->name };
	struct sal_ovs_text text;
	int r = sal_net_ovs_datapath_ask(listing->vswitchd, "dpctl/show", args, 2, &text, ret_gone,
					 err);

	if (r < 0 || *ret_gone)
		return r;
	if (!sal_net_datapath_read(arena, sal_arena_strndup(arena, text.text, text.len),
				   &listing->dpif, datapath))
		return sal_fail(err, SAL_IO, "ovs-vswitchd shows a datapath that is none");
	return 0;
}

static int dpif_read(struct listing *listing, struct sal_error *err)
{
	struct sal_arena *arena = listing->call->arena;
	struct sal_ovs_text text;
	int r = sal_net_ovs_list(listing->vswitchd, "dpif/show", &text, err);

	if (r >= 0)
		sal_net_dpif_read(arena, sal_arena_strndup(arena, text.text, text.len),
				  &listing->dpif);
	return r;
}

int sal_net_datapath(struct sal_call *call, const struct sal_net_datapath_params *params,
		     struct sal_error *err)
{
	SAL_CLEANUP(sal_ovs_close) struct sal_ovs vswitchd = SAL_OVS_CLOSED;
	struct sal_net_datapath_result result = { .consistent = true };
	struct listing listing = { .call = call, .vswitchd = &vswitchd };
	struct sal_datapath *datapaths;
	struct sal_strings names;
	size_t n = 0;
	int r = sal_ovs_open_vswitchd(&vswitchd, err);

	if (r >= 0)
		r = sal_net_ovs_datapaths(&vswitchd, call->arena, &names, err);
	if (r >= 0)
		r = dpif_read(&listing, err);
	if (r < 0)
		return r;
	datapaths = sal_arena_array(call->arena, names.len, sizeof(*datapaths));
	for (size_t i = 0; i < names.len; i++) {
		bool gone;

		datapaths[n] = (struct sal_datapath){ .name = names.items[i] };
		r = datapath_show(&listing, &datapaths[n], &gone, err);
		if (r >= 0 && !gone)
			r = flows_list(&listing, names.items[i], &gone, err);
		if (r < 0)
			return r;
		n += !gone;
	}
	result.datapaths = (struct sal_datapath_array){ datapaths, n };
	return sal_net_datapath_done(call, &result, err);
}
