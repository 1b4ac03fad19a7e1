/*
 * conntrack_stats.c - net.conntrack.stats: size and counters of the connection tracking table.
 *
 * Counters and count come by ctnetlink, limits from /proc/sys/net, which shows the network namespace
 * of the thread that opens it. Names are those of conntrack -S (conntrack-tools 1.4.7).
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/netfilter/nfnetlink_conntrack.h>

#include "gen/net.conntrack.h"
#include "kernel/nfnl.h"
#include "kernel/sysfs.h"

/* One a processor; more is no machine of ours. */
#define CPUS_MAX 16384

/* Values by attribute, the ones that were there marked by a bit. */
struct tally {
	uint64_t values[CTA_STATS_MAX + 1];
	uint32_t has;
};

struct listing {
	struct sal_arena *arena;
	struct sal_conntrack_counts *cpus;
	size_t len, room;
	struct tally total;
	bool has_count;
	uint32_t count;
};

static bool tally_has(const struct tally *tally, unsigned attr)
{
	return tally->has >> attr & 1;
}

static void counts_fill(const struct tally *tally, struct sal_conntrack_counts *counts)
{
	const uint64_t *values = tally->values;

	if (tally_has(tally, CTA_STATS_SEARCHED))
		sal_set(counts, searched, values[CTA_STATS_SEARCHED]);
	if (tally_has(tally, CTA_STATS_FOUND))
		sal_set(counts, found, values[CTA_STATS_FOUND]);
	if (tally_has(tally, CTA_STATS_NEW))
		sal_set(counts, new, values[CTA_STATS_NEW]);
	if (tally_has(tally, CTA_STATS_INVALID))
		sal_set(counts, invalid, values[CTA_STATS_INVALID]);
	if (tally_has(tally, CTA_STATS_IGNORE))
		sal_set(counts, ignore, values[CTA_STATS_IGNORE]);
	if (tally_has(tally, CTA_STATS_DELETE))
		sal_set(counts, delete, values[CTA_STATS_DELETE]);
	if (tally_has(tally, CTA_STATS_DELETE_LIST))
		sal_set(counts, delete_list, values[CTA_STATS_DELETE_LIST]);
	if (tally_has(tally, CTA_STATS_INSERT))
		sal_set(counts, insert, values[CTA_STATS_INSERT]);
	if (tally_has(tally, CTA_STATS_INSERT_FAILED))
		sal_set(counts, insert_failed, values[CTA_STATS_INSERT_FAILED]);
	if (tally_has(tally, CTA_STATS_DROP))
		sal_set(counts, drop, values[CTA_STATS_DROP]);
	if (tally_has(tally, CTA_STATS_EARLY_DROP))
		sal_set(counts, early_drop, values[CTA_STATS_EARLY_DROP]);
	if (tally_has(tally, CTA_STATS_ERROR))
		sal_set(counts, error, values[CTA_STATS_ERROR]);
	if (tally_has(tally, CTA_STATS_SEARCH_RESTART))
		sal_set(counts, search_restart, values[CTA_STATS_SEARCH_RESTART]);
	if (tally_has(tally, CTA_STATS_CLASH_RESOLVE))
		sal_set(counts, clash_resolve, values[CTA_STATS_CLASH_RESOLVE]);
	if (tally_has(tally, CTA_STATS_CHAIN_TOOLONG))
		sal_set(counts, chaintoolong, values[CTA_STATS_CHAIN_TOOLONG]);
}

static struct sal_conntrack_counts *cpu_add(struct listing *listing)
{
	struct sal_conntrack_counts *cpus = listing->cpus;

	if (listing->len == listing->room) {
		listing->room = listing->room ? listing->room * 2 : 16;
		cpus = sal_arena_array(listing->arena, listing->room, sizeof(*cpus));
		if (listing->len)
			memcpy(cpus, listing->cpus, listing->len * sizeof(*cpus));
		listing->cpus = cpus;
	}
	return &cpus[listing->len++];
}

static int cpu_read(const struct nlmsghdr *message, void *ctx, struct sal_error *err)
{
	struct listing *listing = ctx;
	const struct nfgenmsg *header = sal_nfnl_header(
		message, SAL_NFNL_TYPE(NFNL_SUBSYS_CTNETLINK, IPCTNL_MSG_CT_GET_STATS_CPU));
	const struct nlattr *tb[CTA_STATS_MAX + 1];
	struct sal_conntrack_counts *cpu;
	struct tally tally = { 0 };

	if (!header)
		return 0;
	if (listing->len == CPUS_MAX)
		return sal_fail(err, SAL_LIMIT, "the kernel counts for more than %d processors",
				CPUS_MAX);
	sal_nfnl_index(tb, CTA_STATS_MAX, message);
	for (unsigned attr = 1; attr <= CTA_STATS_MAX; attr++) {
		if (!tb[attr])
			continue;
		tally.values[attr] = sal_nfnl_be32(tb[attr]);
		tally.has |= 1u << attr;
		listing->total.values[attr] += tally.values[attr];
	}
	listing->total.has |= tally.has;
	cpu = cpu_add(listing);
	sal_set(cpu, cpu, be16toh(header->res_id));
	counts_fill(&tally, cpu);
	return 0;
}

static int count_read(const struct nlmsghdr *message, void *ctx, struct sal_error *err)
{
	struct listing *listing = ctx;
	const struct nlattr *tb[CTA_STATS_GLOBAL_MAX + 1];

	(void)err;
	if (!sal_nfnl_header(message,
			     SAL_NFNL_TYPE(NFNL_SUBSYS_CTNETLINK, IPCTNL_MSG_CT_GET_STATS)))
		return 0;
	sal_nfnl_index(tb, CTA_STATS_GLOBAL_MAX, message);
	if (tb[CTA_STATS_GLOBAL_ENTRIES]) {
		listing->count = sal_nfnl_be32(tb[CTA_STATS_GLOBAL_ENTRIES]);
		listing->has_count = true;
	}
	return 0;
}

static int stats_read(struct listing *listing, bool *ret_consistent, struct sal_error *err)
{
	SAL_CLEANUP(sal_nl_close) struct sal_nl nl = { 0 };
	struct sal_nl_request request;
	struct sal_error refusal = { 0 };
	int r = sal_nl_open(&nl, NETLINK_NETFILTER, err);

	if (r < 0)
		return r;
	sal_nfnl_begin(&request, SAL_NFNL_TYPE(NFNL_SUBSYS_CTNETLINK, IPCTNL_MSG_CT_GET_STATS), 0,
		       AF_UNSPEC, 0);
	r = sal_nl_talk(&nl, &request, count_read, listing, &refusal);
	if (r >= 0) {
		sal_nfnl_begin(&request,
			       SAL_NFNL_TYPE(NFNL_SUBSYS_CTNETLINK, IPCTNL_MSG_CT_GET_STATS_CPU), 0,
			       AF_UNSPEC, 0);
		r = sal_nl_dump(&nl, &request, cpu_read, listing, ret_consistent, &refusal);
	}
	if (r == -EINVAL)
		return sal_nfnl_missing(err, "connection tracking", "nf_conntrack_netlink");
	if (r < 0 && err)
		*err = refusal;
	return r;
}

int sal_net_conntrack_stats(struct sal_call *call,
			    const struct sal_net_conntrack_stats_params *params,
			    struct sal_error *err)
{
	struct listing listing = { .arena = call->arena };
	struct sal_net_conntrack_stats_result result = { 0 };
	struct sal_conntrack_counts total = { 0 };
	SAL_CLEANUP(sal_close_fd) int dir = -1;
	int r = stats_read(&listing, &result.consistent, err);

	(void)params;
	if (r < 0)
		return r;
	if (!listing.has_count)
		return sal_fail_errno(err, EPROTO,
				      "the kernel did not say how many entries it has");
	result.count = listing.count;
	/* Only now: asking by netlink may have loaded the module that brings them. */
	dir = sal_sysfs_open(AT_FDCWD, "/proc/sys/net/netfilter");
	result.has.max = dir >= 0 && sal_sysfs_u64(dir, "nf_conntrack_max", &result.max);
	result.has.buckets =
		dir >= 0 && sal_sysfs_u64(dir, "nf_conntrack_buckets", &result.buckets);
	counts_fill(&listing.total, &total);
	result.total = &total;
	result.cpus = (struct sal_conntrack_counts_array){ listing.cpus, listing.len };
	return sal_net_conntrack_stats_done(call, &result, err);
}
