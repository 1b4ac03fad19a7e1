/*
 * conntrack.c - net.conntrack: dumps the kernel's connection tracking table, filtered.
 *
 * The dump is ctnetlink's (NETLINK_NETFILTER); what a message says is read by conntrack_decode.c,
 * which are wanted says conntrack_filter.c. The kernel never says that the table changed while it
 * was read. Sources: linux/netfilter/nfnetlink_conntrack.h, nf_conntrack_netlink.c of the kernel;
 * the oracle is conntrack -L -o xml.
 */
#include <errno.h>
#include <time.h>

#include "net/conntrack_filter.h"

/* How often a dump that was interrupted by a change is begun anew, if nothing was sent yet. */
#define RETRIES 3

struct listing {
	struct sal_call *call;
	struct sal_net_conntrack_filter filter;
	uint32_t limit; /* 0: none */
	struct sal_net_conntrack_decoder decoder;
	struct sal_conntrack_entry entry;
	/* of the dump that runs */
	struct sal_net_conntrack_recent *recent;
	uint32_t listed;
	bool begun, truncated, interrupted;
};

static int entry_emit(const struct nlmsghdr *message, void *ctx, struct sal_error *err)
{
	struct listing *listing = ctx;
	struct sal_net_conntrack_message entry;
	struct sal_arena_mark mark;
	int r;

	listing->begun = true;
	listing->interrupted |= (message->nlmsg_flags & NLM_F_DUMP_INTR) != 0;
	if (!sal_net_conntrack_open(message, &entry) ||
	    sal_net_conntrack_repeated(listing->recent, &entry) ||
	    !sal_net_conntrack_filter_matches(&listing->filter, &entry))
		return 0;
	if (listing->limit && listing->listed == listing->limit) {
		listing->truncated = true;
		return -ECANCELED; /* ends the dump; entries_dump() knows better */
	}
	listing->listed++;
	mark = sal_arena_mark(listing->call->arena);
	sal_net_conntrack_decode(&listing->decoder, &entry, &listing->entry);
	r = sal_net_conntrack_item(listing->call, &listing->entry, err);
	sal_arena_reset(listing->call->arena, mark);
	return r;
}

/*
 * One dump on a socket of its own: one that is given up goes on in the kernel until its socket is
 * closed. *ret_narrowed says whether the kernel was given a filter.
 */
static int entries_dump(struct listing *listing, bool narrow, bool *ret_narrowed,
			bool *ret_consistent, struct sal_error *err)
{
	SAL_CLEANUP(sal_nl_close) struct sal_nl nl = { 0 };
	struct sal_nl_request request;
	bool consistent = true;
	int r = sal_nl_open(&nl, NETLINK_NETFILTER, err);

	if (r < 0)
		return r;
	*listing->recent = (struct sal_net_conntrack_recent){ 0 };
	listing->listed = 0;
	listing->begun = listing->interrupted = false;
	sal_nfnl_begin(&request, SAL_NFNL_TYPE(NFNL_SUBSYS_CTNETLINK, IPCTNL_MSG_CT_GET), 0,
		       narrow ? listing->filter.family : AF_UNSPEC, 0);
	*ret_narrowed = narrow && sal_net_conntrack_filter_put(&listing->filter, &request);
	r = sal_nl_dump(&nl, &request, entry_emit, listing, &consistent, err);
	if (r < 0 && !listing->truncated)
		return r;
	*ret_consistent = consistent && !listing->interrupted;
	return 0;
}

/* With the kernel's filters, and without where this kernel refuses one. */
static int listing_dump(struct listing *listing, bool *ret_consistent, struct sal_error *err)
{
	struct sal_error refusal = { 0 };
	bool narrowed = false;
	int r = entries_dump(listing, true, &narrowed, ret_consistent, &refusal);

	if ((r == -EINVAL || r == -EOPNOTSUPP) && narrowed && !listing->begun) {
		refusal = (struct sal_error){ 0 };
		r = entries_dump(listing, false, &narrowed, ret_consistent, &refusal);
	}
	if (r == -EINVAL && !listing->begun)
		return sal_nfnl_missing(err, "connection tracking", "nf_conntrack_netlink");
	if (r < 0 && err)
		*err = refusal;
	return r;
}

int sal_net_conntrack(struct sal_call *call, const struct sal_net_conntrack_params *params,
		      struct sal_error *err)
{
	SAL_CLEANUP(sal_net_conntrack_labels_done) struct sal_net_conntrack_labels labels;
	struct sal_net_conntrack_result result = { 0 };
	struct listing listing = {
		.call = call,
		.limit = params->has.limit ? params->limit : 0,
		.decoder = { .arena = call->arena, .labels = &labels, .now = time(NULL) },
	};
	int r;

	sal_net_conntrack_labels_init(&labels);
	listing.recent = sal_arena_alloc(call->arena, sizeof(*listing.recent));
	r = sal_net_conntrack_filter_init(&listing.filter, params, err);
	for (unsigned tries = 0; r >= 0; tries++) {
		r = listing_dump(&listing, &result.consistent, err);
		if (r < 0 || result.consistent || tries == RETRIES || !sal_reply_restart(call))
			break;
		listing.truncated = false;
	}
	result.truncated = listing.truncated;
	return r < 0 ? r : sal_net_conntrack_done(call, &result, err);
}
