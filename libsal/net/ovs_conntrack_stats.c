/*
 * ovs_conntrack_stats.c - net.ovs.conntrack.stats: tracked connections in numbers.
 *
 * Sources: ovs-dpctl(8) ct-stats-show, ct-get-maxconns, ct-get-nconns, ct-get-limits,
 * ct-get-tcp-seq-chk. What a datapath does not tell (the kernel's has no maxconns) is absent.
 */
#include "gen/net.ovs.h"

#include <string.h>

#include "net/flow_text.h"
#include "net/ovs_conntrack_text.h"
#include "net/ovs_datapaths.h"

/* What a command says of a datapath, in the arena; *ret_text is NULL where it refuses to. */
static int facts_ask(struct sal_ovs *vswitchd, struct sal_arena *arena, const char *command,
		     const char *datapath, char **ret_text, struct sal_error *err)
{
	struct sal_ovs_text text;
	int r = sal_ovs_command(vswitchd, command, &datapath, 1, &text, err);

	*ret_text = r >= 0 && !text.refused ? sal_arena_strndup(arena, text.text, text.len) : NULL;
	return r;
}

static int number_ask(struct sal_ovs *vswitchd, struct sal_arena *arena, const char *command,
		      const char *datapath, bool *ret_told, uint32_t *ret_number,
		      struct sal_error *err)
{
	uint64_t number;
	char *text;
	int r = facts_ask(vswitchd, arena, command, datapath, &text, err);
	const char *p = text;

	*ret_told = p && sal_net_text_u64(&p, &number) && number <= UINT32_MAX;
	if (*ret_told)
		*ret_number = (uint32_t)number;
	return r;
}

static int details_ask(struct sal_ovs *vswitchd, struct sal_arena *arena,
		       struct sal_ovs_conntrack_stats *stats, struct sal_error *err)
{
	bool told = false;
	char *text;
	int r = number_ask(vswitchd, arena, "dpctl/ct-get-maxconns", stats->name, &told,
			   &stats->maxconns, err);

	if (r < 0)
		return r;
	stats->has.maxconns = told;
	r = number_ask(vswitchd, arena, "dpctl/ct-get-nconns", stats->name, &told, &stats->nconns,
		       err);
	if (r < 0)
		return r;
	stats->has.nconns = told;
	r = facts_ask(vswitchd, arena, "dpctl/ct-get-limits", stats->name, &text, err);
	if (r < 0)
		return r;
	if (text)
		sal_net_ovs_conntrack_limits(arena, text, stats);
	r = facts_ask(vswitchd, arena, "dpctl/ct-get-tcp-seq-chk", stats->name, &text, err);
	if (r < 0)
		return r;
	if (text && (strstr(text, ": enabled") || strstr(text, ": disabled")))
		sal_set(stats, tcp_seq_chk, strstr(text, ": enabled") != NULL);
	return 0;
}

static int datapath_count(struct sal_ovs *vswitchd, struct sal_arena *arena,
			  struct sal_ovs_conntrack_stats *stats, bool *ret_gone,
			  struct sal_error *err)
{
	const char *const args[] = { "-m", stats->name };
	struct sal_ovs_text text;
	int r = sal_net_ovs_datapath_ask(vswitchd, "dpctl/ct-stats-show", args, 2, &text, ret_gone,
					 err);

	if (r < 0 || *ret_gone)
		return r;
	if (!sal_net_ovs_conntrack_counts(arena, sal_arena_strndup(arena, text.text, text.len),
					  stats))
		return sal_fail(err, SAL_IO, "ovs-vswitchd counts connections without a total");
	return details_ask(vswitchd, arena, stats, err);
}

int sal_net_ovs_conntrack_stats(struct sal_call *call,
				const struct sal_net_ovs_conntrack_stats_params *params,
				struct sal_error *err)
{
	SAL_CLEANUP(sal_ovs_close) struct sal_ovs vswitchd = SAL_OVS_CLOSED;
	struct sal_net_ovs_conntrack_stats_result result = { 0 };
	struct sal_ovs_conntrack_stats *datapaths;
	struct sal_strings names;
	size_t n = 0;
	int r = sal_ovs_open_vswitchd(&vswitchd, err);

	if (r >= 0)
		r = sal_net_ovs_datapaths(&vswitchd, call->arena, &names, err);
	if (r < 0)
		return r;
	datapaths = sal_arena_array(call->arena, names.len, sizeof(*datapaths));
	for (size_t i = 0; i < names.len; i++) {
		bool gone;

		datapaths[n] = (struct sal_ovs_conntrack_stats){ .name = names.items[i] };
		r = datapath_count(&vswitchd, call->arena, &datapaths[n], &gone, err);
		if (r < 0)
			return r;
		n += !gone;
	}
	result.datapaths = (struct sal_ovs_conntrack_stats_array){ datapaths, n };
	return sal_net_ovs_conntrack_stats_done(call, &result, err);
}
