/* fdb.c - counts entries of forwarding tables by bridge, port and kind. See fdb.h. */
#include "net/fdb.h"

#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>

#include "kernel/nl_attr.h"

void sal_net_fdb_done(struct sal_fdb *fdb)
{
	free(fdb->counts);
	*fdb = (struct sal_fdb){ 0 };
}

/* The kernel lists a port's entries one after another, so the last count is nearly always ours. */
static struct sal_fdb_count *count_for(struct sal_fdb *fdb, uint32_t bridge, uint32_t ifindex)
{
	struct sal_fdb_count *last = fdb->len ? &fdb->counts[fdb->len - 1] : NULL;

	if (last && last->bridge == bridge && last->ifindex == ifindex)
		return last;
	if (fdb->len == fdb->cap) {
		fdb->cap = fdb->cap ? fdb->cap * 2 : 16;
		fdb->counts = reallocarray(fdb->counts, fdb->cap, sizeof(*fdb->counts));
		if (!fdb->counts)
			sal_oom();
	}
	last = &fdb->counts[fdb->len++];
	*last = (struct sal_fdb_count){ .bridge = bridge, .ifindex = ifindex };
	return last;
}

/*
 * Entries of the bridge's own table say which bridge it is; those of a port's own filter, which
 * bridge(8) lists as "self", do not.
 */
int sal_net_fdb_add(const struct nlmsghdr *message, void *ctx, struct sal_error *err)
{
	const struct ndmsg *header = sal_nl_family_header(message, sizeof(*header));
	const struct nlattr *tb[NDA_MAX + 1];
	struct sal_fdb_count *count;

	if (message->nlmsg_type != RTM_NEWNEIGH || !header)
		return 0;
	sal_nla_index_message(tb, NDA_MAX, message, sizeof(*header));
	if (!tb[NDA_MASTER])
		return 0;
	count = count_for(ctx, sal_nla_u32(tb[NDA_MASTER]), header->ndm_ifindex);
	if (header->ndm_state & NUD_PERMANENT)
		count->entries.permanent++;
	else if (header->ndm_state & NUD_NOARP)
		count->entries.static_++;
	else
		count->entries.dynamic++;
	return 0;
}

static int count_order(const void *a, const void *b)
{
	const struct sal_fdb_count *x = a, *y = b;

	if (x->bridge != y->bridge)
		return x->bridge > y->bridge ? 1 : -1;
	return (x->ifindex > y->ifindex) - (x->ifindex < y->ifindex);
}

void sal_net_fdb_sort(struct sal_fdb *fdb)
{
	if (fdb->len)
		qsort(fdb->counts, fdb->len, sizeof(*fdb->counts), count_order);
}

/* The first count that is not before (bridge, ifindex). */
static size_t count_first(const struct sal_fdb *fdb, uint32_t bridge, uint32_t ifindex)
{
	struct sal_fdb_count wanted = { .bridge = bridge, .ifindex = ifindex };
	size_t low = 0, high = fdb->len;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (count_order(&fdb->counts[mid], &wanted) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

static void count_take(struct sal_bridge_fdb *sum, const struct sal_fdb_count *count)
{
	sum->permanent += count->entries.permanent;
	sum->static_ += count->entries.static_;
	sum->dynamic += count->entries.dynamic;
}

struct sal_bridge_fdb sal_net_fdb_of_port(const struct sal_fdb *fdb, uint32_t bridge,
					  uint32_t ifindex)
{
	struct sal_bridge_fdb sum = { 0 };

	for (size_t i = count_first(fdb, bridge, ifindex); i < fdb->len; i++) {
		if (fdb->counts[i].bridge != bridge || fdb->counts[i].ifindex != ifindex)
			break;
		count_take(&sum, &fdb->counts[i]);
	}
	return sum;
}

struct sal_bridge_fdb sal_net_fdb_of_bridge(const struct sal_fdb *fdb, uint32_t bridge)
{
	struct sal_bridge_fdb sum = { 0 };

	for (size_t i = count_first(fdb, bridge, 0); i < fdb->len; i++) {
		if (fdb->counts[i].bridge != bridge)
			break;
		count_take(&sum, &fdb->counts[i]);
	}
	return sum;
}

int sal_net_fdb_dump(struct sal_nl *nl, uint32_t bridge, struct sal_fdb *fdb, bool *ret_consistent,
		     struct sal_error *err)
{
	struct sal_nl_request request;
	struct ndmsg *header = sal_nl_begin(&request, RTM_GETNEIGH, 0, sizeof(*header));
	int r;

	sal_net_fdb_done(fdb);
	header->ndm_family = AF_BRIDGE;
	if (bridge)
		sal_nl_put_u32(&request, NDA_MASTER, bridge);
	r = sal_nl_dump(nl, &request, sal_net_fdb_add, fdb, ret_consistent, err);
	sal_net_fdb_sort(fdb);
	return r;
}
