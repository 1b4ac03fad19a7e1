/*
 * ovs_conntrack.c - net.ovs.conntrack: connections that Open vSwitch's datapaths track.
 *
 * Sources: ovs-dpctl(8) dump-conntrack; the oracle is ovs-appctl dpctl/dump-conntrack -s.
 */
#include "gen/net.ovs.h"

#include "net/flow_text.h"
#include "net/ovs_conntrack_text.h"
#include "net/ovs_datapaths.h"

static int entries_emit(struct sal_call *call, const struct sal_net_ovs_conntrack_params *params,
			const char *datapath, char *text, struct sal_error *err)
{
	char *line;
	int r = 0;

	while (r >= 0 && sal_net_line_next(&text, &line)) {
		struct sal_arena_mark mark = sal_arena_mark(call->arena);
		struct sal_ovs_conntrack_entry entry;

		if (!sal_net_ovs_conntrack_line(call->arena, line, &entry))
			return sal_fail(err, SAL_IO,
					"ovs-vswitchd lists a connection that is none: %.80s",
					line);
		entry.datapath = datapath;
		/* the datapath's filter is asked for speed only */
		if (!params->has.zone || entry.zone == params->zone)
			r = sal_net_ovs_conntrack_item(call, &entry, err);
		sal_arena_reset(call->arena, mark);
	}
	return r;
}

static int datapath_list(struct sal_call *call, struct sal_ovs *vswitchd,
			 const struct sal_net_ovs_conntrack_params *params, const char *datapath,
			 struct sal_error *err)
{
	const char *args[] = { "-s", datapath, NULL };
	struct sal_ovs_text text;
	bool gone;
	int r;

	if (params->has.zone)
		args[2] = sal_arena_printf(call->arena, "zone=%u", params->zone);
	r = sal_net_ovs_datapath_ask(vswitchd, "dpctl/dump-conntrack", args, args[2] ? 3 : 2, &text,
				     &gone, err);
	if (r < 0 || gone)
		return r;
	return entries_emit(call, params, datapath, text.text, err);
}

int sal_net_ovs_conntrack(struct sal_call *call, const struct sal_net_ovs_conntrack_params *params,
			  struct sal_error *err)
{
	SAL_CLEANUP(sal_ovs_close) struct sal_ovs vswitchd = SAL_OVS_CLOSED;
	struct sal_net_ovs_conntrack_result result = { .consistent = true };
	struct sal_strings names = { 0 };
	int r = sal_ovs_open_vswitchd(&vswitchd, err);

	if (r >= 0)
		r = sal_net_ovs_datapaths(&vswitchd, call->arena, &names, err);
	for (size_t i = 0; r >= 0 && i < names.len; i++)
		r = datapath_list(call, &vswitchd, params, names.items[i], err);
	return r < 0 ? r : sal_net_ovs_conntrack_done(call, &result, err);
}
