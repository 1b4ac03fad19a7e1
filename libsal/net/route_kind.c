/*
 * route_kind.c - makes, removes and looks at routes for the change engine.
 *
 * The kernel is asked to do the exact thing (EXCL, or a delete with every attribute); only when it
 * refuses is the table looked at, to tell "stands already" from "something else stands there".
 */
#include "net/route_kind.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

const char *sal_net_route_key(struct sal_arena *arena, const struct sal_rtnl_route *route)
{
	char dst[SAL_PREFIX_TEXT];

	*sal_prefix_format(dst, &route->dst) = '\0';
	return sal_arena_printf(arena, route->tos ? "route:%u/%s%s/%u/%u" : "route:%u/%s%s/%u",
				route->table, route->family == AF_INET6 ? "inet6 " : "", dst,
				route->metric, route->tos);
}

/* Walking a table */

struct walk {
	uint8_t family;
	uint32_t table;
	sal_net_route_each *each;
	void *ctx;
};

static int walk_message(const struct nlmsghdr *message, void *ctx, struct sal_error *err)
{
	struct walk *walk = ctx;
	struct sal_net_route_message open;
	struct sal_net_route_plain plain;

	if (!sal_net_route_open(message, &open) || open.header->rtm_flags & RTM_F_CLONED ||
	    open.header->rtm_family != walk->family || open.table != walk->table ||
	    !sal_net_route_plain(message, &open, &plain))
		return 0;
	return walk->each(message, &open, &plain, walk->ctx, err);
}

static int family_walk(struct sal_nl *nl, struct walk *walk, struct sal_error *err)
{
	struct sal_error refusal = { 0 };
	struct sal_nl_request request;
	struct rtmsg *header = sal_nl_begin(&request, RTM_GETROUTE, 0, sizeof(*header));
	bool consistent;
	int r;

	header->rtm_family = walk->family;
	sal_nl_put_u32(&request, RTA_TABLE, walk->table);
	r = sal_nl_dump(nl, &request, walk_message, walk, &consistent, &refusal);
	if (r == -ENOENT) /* no such table */
		return 0;
	if (r < 0 && err)
		*err = refusal;
	return r;
}

int sal_net_routes_walk(struct sal_nl *nl, uint8_t family, uint32_t table, sal_net_route_each *each,
			void *ctx, struct sal_error *err)
{
	struct walk walk = { AF_INET, table, each, ctx };
	int r = family == AF_INET6 ? 0 : family_walk(nl, &walk, err);

	walk.family = AF_INET6;
	return r < 0 || family == AF_INET ? r : family_walk(nl, &walk, err);
}

/* One route */

struct standing {
	const struct sal_rtnl_route *wanted;
	bool equal, other;
};

static int standing_note(const struct nlmsghdr *message, const struct sal_net_route_message *open,
			 const struct sal_net_route_plain *plain, void *ctx, struct sal_error *err)
{
	struct standing *standing = ctx;

	if (sal_net_route_equal(standing->wanted, &plain->route))
		standing->equal = true;
	else if (sal_net_route_same_key(standing->wanted, &plain->route))
		standing->other = true;
	return 0;
}

static int standing_find(struct sal_nl *nl, const struct sal_rtnl_route *wanted,
			 struct standing *ret_standing, struct sal_error *err)
{
	*ret_standing = (struct standing){ .wanted = wanted };
	return sal_net_routes_walk(nl, wanted->family, wanted->table, standing_note, ret_standing,
				   err);
}

static int other_refuse(const char *key, struct sal_error *err)
{
	sal_fail(err, SAL_CONFLICT, "another route stands in the place of %s", key);
	sal_error_subject(err, "%s", key);
	return -EEXIST;
}

static int route_remove(struct sal_nl *nl, struct sal_ifnames *ifnames, const char *key,
			const json_t *image, struct sal_error *err)
{
	struct sal_net_route_plain plain;
	struct sal_error refusal = { 0 };
	struct standing standing;
	int r = sal_net_route_unimage(image, ifnames, &plain, &refusal);

	if (r < 0) /* its interface is gone, and the route with it */
		return 0;
	r = sal_rtnl_route_delete(nl, &plain.route, &refusal);
	if (r != -ESRCH && r != -ENOENT) {
		if (r < 0 && err)
			*err = refusal;
		return r;
	}
	r = standing_find(nl, &plain.route, &standing, err);
	return r < 0 || !standing.other ? r : other_refuse(key, err);
}

static int route_send(struct sal_nl *nl, const json_t *image, const struct sal_rtnl_route *route,
		      int flags, struct sal_error *err)
{
	struct sal_nl_request request;

	if (!sal_net_route_raw(image, &request))
		return sal_rtnl_route_add(nl, route, flags, err);
	request.header.nlmsg_flags = flags;
	return sal_nl_talk(nl, &request, NULL, NULL, err);
}

static int refusal_pass(const struct sal_state_run *run, int r, const struct sal_error *refusal,
			struct sal_error *err)
{
	if (run->restoring && (r == -ENETUNREACH || r == -ENETDOWN || r == -EHOSTUNREACH ||
			       r == -EINVAL || r == -ENODEV))
		return sal_fail(err, SAL_NOT_FOUND, "%s", refusal->message);
	if (err && err->code == SAL_OK)
		*err = *refusal;
	return r;
}

static int route_put(struct sal_state_run *run, struct sal_nl *nl, struct sal_ifnames *ifnames,
		     const char *key, const json_t *from, const json_t *to, struct sal_error *err)
{
	struct sal_net_route_plain plain;
	struct sal_error refusal = { 0 };
	struct standing standing;
	int r = sal_net_route_unimage(to, ifnames, &plain, err);

	if (r < 0)
		return r;
	if (from) { /* only what we know to stand there is replaced */
		struct sal_net_route_plain before;

		r = standing_find(nl, &plain.route, &standing, err);
		if (r < 0 || standing.equal)
			return r;
		if (standing.other && sal_net_route_unimage(from, ifnames, &before, NULL) == 0)
			r = standing_find(nl, &before.route, &standing, err);
		if (r < 0)
			return r;
		if (standing.other && !standing.equal)
			return other_refuse(key, err);
	}
	r = route_send(nl, to, &plain.route, NLM_F_CREATE | (from ? NLM_F_REPLACE : NLM_F_EXCL),
		       &refusal);
	if (r != -EEXIST)
		return r < 0 ? refusal_pass(run, r, &refusal, err) : 0;
	r = standing_find(nl, &plain.route, &standing, err);
	return r < 0 || standing.equal ? r : other_refuse(key, err);
}

static int route_set(struct sal_state_run *run, const char *key, const json_t *from, json_t *to,
		     struct sal_error *err)
{
	SAL_CLEANUP(sal_ifnames_close) struct sal_ifnames ifnames = { .fd = -1 };
	SAL_CLEANUP(sal_nl_close) struct sal_nl nl = { 0 };
	int r = sal_ifnames_open(&ifnames, err);

	if (r == 0)
		r = sal_nl_open(&nl, NETLINK_ROUTE, err);
	if (r < 0)
		return r;
	return to ? route_put(run, &nl, &ifnames, key, from, to, err)
		  : route_remove(&nl, &ifnames, key, from, err);
}

/* Looking */

struct looking {
	struct sal_state_item *items;
	size_t n;
	struct sal_net_route_plain *wanted; /* of each item; family 0: its interface is not there */
	struct sal_ifnames *ifnames;
};

static int route_look_at(const struct nlmsghdr *message, const struct sal_net_route_message *open,
			 const struct sal_net_route_plain *plain, void *ctx, struct sal_error *err)
{
	struct looking *looking = ctx;

	for (size_t i = 0; i < looking->n; i++) {
		const struct sal_rtnl_route *wanted = &looking->wanted[i].route;
		bool equal;

		if (!sal_net_route_same_key(wanted, &plain->route))
			continue;
		equal = sal_net_route_equal(wanted, &plain->route);
		if (looking->items[i].actual && !equal)
			continue;
		json_decref(looking->items[i].actual);
		looking->items[i].actual =
			equal ? json_deep_copy(looking->items[i].image)
			      : sal_net_route_image(plain, looking->ifnames, NULL);
	}
	return 0;
}

static bool table_seen(const struct looking *looking, size_t i)
{
	const struct sal_rtnl_route *route = &looking->wanted[i].route;

	for (size_t j = 0; j < i; j++)
		if (looking->wanted[j].route.table == route->table &&
		    looking->wanted[j].route.family == route->family)
			return true;
	return false;
}

static int route_look(struct sal_state_run *run, struct sal_state_item *items, size_t n,
		      struct sal_state_strays *ret_strays, struct sal_error *err)
{
	SAL_CLEANUP(sal_ifnames_close) struct sal_ifnames ifnames = { .fd = -1 };
	SAL_CLEANUP(sal_nl_close) struct sal_nl nl = { 0 };
	struct looking looking = { items, n,
				   sal_arena_array(run->arena, n, sizeof(*looking.wanted)),
				   &ifnames };
	int r = sal_ifnames_open(&ifnames, err);

	if (r == 0)
		r = sal_nl_open(&nl, NETLINK_ROUTE, err);
	for (size_t i = 0; r == 0 && i < n; i++)
		if (sal_net_route_unimage(items[i].image, &ifnames, &looking.wanted[i], NULL) < 0)
			looking.wanted[i].route.family = 0;
	for (size_t i = 0; r == 0 && i < n; i++)
		if (looking.wanted[i].route.family && !table_seen(&looking, i))
			r = sal_net_routes_walk(&nl, looking.wanted[i].route.family,
						looking.wanted[i].route.table, route_look_at,
						&looking, err);
	return r;
}

const struct sal_state_kind sal_net_route_kind = {
	.name = "route",
	.registry = "routes",
	.set = route_set,
	.look = route_look,
};

/* Events: a link or an address that comes may be what a route waits for */

static int watch_open(struct sal_state *state, void **ret_ctx)
{
	struct sockaddr_nl address = { .nl_family = AF_NETLINK,
				       .nl_groups = RTMGRP_LINK | RTMGRP_IPV4_IFADDR |
						    RTMGRP_IPV6_IFADDR };
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE);

	if (fd >= 0 && bind(fd, (struct sockaddr *)&address, sizeof(address)) == 0)
		return fd;
	if (fd >= 0)
		close(fd);
	return -errno;
}

/* What happened does not matter, only that something did; nor does ENOBUFS. */
static bool watch_ready(struct sal_state *state, int fd, void *ctx)
{
	char buffer[8192];

	while (recv(fd, buffer, sizeof(buffer), 0) > 0)
		continue;
	return true;
}

static void watch_close(int fd, void *ctx)
{
	close(fd);
}

const struct sal_state_watch sal_net_route_watch = {
	.name = "links",
	.open = watch_open,
	.ready = watch_ready,
	.close = watch_close,
};
