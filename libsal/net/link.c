/*
 * link.c - net.interfaces: one dump of links joined to one dump of addresses.
 *
 * Addresses come first and are kept raw; links are written as the kernel hands them over, so that
 * memory does not grow with their number. Filters go into the requests where the kernel has them
 * (name, kind, master) and are checked again: older kernels ignore what they do not know.
 */
#include "net/link.h"

#include <errno.h>
#include <linux/if.h>

#include "kernel/ifnames.h"
#include "net/retry.h"

uint32_t sal_net_link_ext_mask(bool stats)
{
	return RTEXT_FILTER_VF | (stats ? 0 : RTEXT_FILTER_SKIP_STATS);
}

struct found {
	struct sal_arena *arena;
	const struct nlmsghdr *message;
};

static int found_keep(const struct nlmsghdr *message, void *ctx, struct sal_error *err)
{
	struct found *found = ctx;

	found->message = sal_arena_dup(found->arena, message, message->nlmsg_len);
	return 0;
}

int sal_net_link_refused(int r, const struct sal_error *refusal, const char *name,
			 const char *field, struct sal_error *err)
{
	if (r != -ENODEV) {
		if (err && err->code == SAL_OK)
			*err = *refusal;
		return r;
	}
	return sal_ifnames_missing(err, name, field);
}

int sal_net_link_find(struct sal_nl *nl, struct sal_arena *arena, const char *name,
		      const char *field, bool stats, const struct nlmsghdr **ret_message,
		      struct sal_error *err)
{
	struct found found = { .arena = arena };
	struct sal_error refusal = { 0 };
	struct sal_nl_request request;
	size_t len = strlen(name);
	int r;

	if (!len || len >= ALTIFNAMSIZ)
		return sal_net_link_refused(-ENODEV, NULL, name, field, err);
	sal_nl_begin(&request, RTM_GETLINK, 0, sizeof(struct ifinfomsg));
	/* The kernel looks up either in names and altnames alike; only their lengths differ. */
	sal_nl_put_string(&request, len < IFNAMSIZ ? IFLA_IFNAME : IFLA_ALT_IFNAME, name);
	sal_nl_put_u32(&request, IFLA_EXT_MASK, sal_net_link_ext_mask(stats));
	r = sal_nl_talk(nl, &request, found_keep, &found, &refusal);
	if (r == 0 && !found.message)
		r = -ENODEV;
	if (r < 0)
		return sal_net_link_refused(r, &refusal, name, field, err);
	*ret_message = found.message;
	return 0;
}

/* One call of net.interfaces. */
struct listing {
	struct sal_call *call;
	const struct sal_net_interfaces_params *params;
	struct sal_nl nl;
	struct sal_link_names links;
	struct sal_net_names names;
	struct sal_link_bag addrs;
	struct sal_link_ctx ctx;
	const struct nlmsghdr *only; /* the link asked for by name */
	uint32_t master; /* index of the master asked for, or 0 */
};

static void listing_done(struct listing *l)
{
	sal_nl_close(&l->nl);
	sal_net_link_names_close(&l->links);
	sal_net_names_done(&l->names);
	sal_net_link_bag_done(&l->addrs);
}

static bool link_wanted(const struct listing *l, const struct sal_link_message *link)
{
	const struct nlattr *master = link->tb[IFLA_MASTER];

	if (l->master && (!master || sal_nla_u32(master) != l->master))
		return false;
	if (l->params->has.up && !(link->header->ifi_flags & IFF_UP) == l->params->up)
		return false;
	return !l->params->has.kind ||
	       sal_net_linkinfo_is(link->tb[IFLA_LINKINFO], l->params->kind);
}

static int link_emit(const struct nlmsghdr *message, void *ctx, struct sal_error *err)
{
	struct listing *l = ctx;
	struct sal_arena *arena = l->call->arena;
	struct sal_arena_mark mark = sal_arena_mark(arena);
	struct sal_link_message link;
	struct sal_interface interface;
	int r = 0;

	if (sal_net_link_read(message, arena, &link)) {
		sal_net_link_names_put(&l->links, link.header->ifi_index, link.name,
				       link.header->ifi_flags);
		if (link_wanted(l, &link)) {
			sal_net_link_decode(&l->ctx, &link, &interface);
			interface.addr_info =
				sal_net_link_addrs(&l->ctx, &l->addrs, interface.ifindex);
			r = sal_net_interfaces_item(l->call, &interface, err);
		}
	}
	sal_arena_reset(arena, mark);
	return r;
}

static int links_dump(struct listing *l, bool *ret_consistent, struct sal_error *err)
{
	struct sal_nl_request request;
	const char *kind = l->params->kind;

	sal_nl_begin(&request, RTM_GETLINK, 0, sizeof(struct ifinfomsg));
	sal_nl_put_u32(&request, IFLA_EXT_MASK, sal_net_link_ext_mask(l->params->stats));
	if (l->master)
		sal_nl_put_u32(&request, IFLA_MASTER, l->master);
	/* Ports of a kind are told apart by us alone. */
	if (l->params->has.kind && !strchr(kind, '_')) {
		struct {
			struct nlattr header;
			char kind[NLA_ALIGN(64 + 1)];
		} nested = { { NLA_HDRLEN + strlen(kind) + 1, IFLA_INFO_KIND }, { 0 } };

		memcpy(nested.kind, kind, strlen(kind));
		sal_nl_put(&request, IFLA_LINKINFO | NLA_F_NESTED, &nested,
			   NLA_ALIGN(nested.header.nla_len));
	}
	return sal_nl_dump(&l->nl, &request, link_emit, l, ret_consistent, err);
}

/* Both dumps once. */
static int links_list(void *ctx, bool *ret_consistent, struct sal_error *err)
{
	struct listing *l = ctx;
	struct sal_error refusal = { 0 };
	bool addrs_consistent = true, links_consistent = true;
	uint32_t index = 0;
	int r;

	if (l->only)
		index = ((const struct ifinfomsg *)NLMSG_DATA(l->only))->ifi_index;
	sal_net_link_bag_done(&l->addrs);
	r = sal_net_link_addrs_dump(&l->nl, index, &l->addrs, &addrs_consistent, &refusal);
	if (r < 0) /* ENODEV: it went away after it was found */
		return sal_net_link_refused(r, &refusal, index ? l->params->ifname : "", "/ifname",
					    err);
	r = l->only ? link_emit(l->only, l, err) : links_dump(l, &links_consistent, err);
	if (r < 0)
		return r;
	*ret_consistent = addrs_consistent && links_consistent;
	return 0;
}

static int listing_open(struct listing *l, struct sal_error *err)
{
	struct sal_arena *arena = l->call->arena;
	const struct nlmsghdr *master;
	int r;

	sal_net_names_init(&l->names);
	r = sal_nl_open(&l->nl, NETLINK_ROUTE, err);
	if (r < 0)
		return r;
	r = sal_net_link_names_open(&l->links, err);
	if (r < 0)
		return r;
	l->ctx = (struct sal_link_ctx){ arena, &l->links, &l->names, l->params->stats };
	if (l->params->has.master) {
		r = sal_net_link_find(&l->nl, arena, l->params->master, "/master", false, &master,
				      err);
		if (r < 0)
			return r;
		l->master = ((const struct ifinfomsg *)NLMSG_DATA(master))->ifi_index;
	}
	if (l->params->has.ifname)
		return sal_net_link_find(&l->nl, arena, l->params->ifname, "/ifname",
					 l->params->stats, &l->only, err);
	return 0;
}

int sal_net_interfaces(struct sal_call *call, const struct sal_net_interfaces_params *params,
		       struct sal_error *err)
{
	SAL_CLEANUP(listing_done)
	struct listing l = { .call = call, .params = params, .links = SAL_LINK_NAMES_EMPTY };
	struct sal_net_interfaces_result result = { .consistent = false };
	int r = listing_open(&l, err);

	if (r == 0)
		r = sal_net_retry(call, links_list, &l, &result.consistent, err);
	return r < 0 ? r : sal_net_interfaces_done(call, &result, err);
}
