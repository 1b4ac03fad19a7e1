/*
 * status.c - net.status: the daemon, the node, and the addresses that reach it.
 *
 * What the daemon is comes from its handle (call.h), the node from uname(2) and /proc, addresses
 * from the kernel, who else manages networks from manager.c. Sources: rtnetlink(7), proc(5).
 */
#include "gen/net.status.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/utsname.h>

#include "kernel/ifnames.h"
#include "kernel/nl.h"
#include "kernel/sysfs.h"
#include "net/attr.h"
#include "net/manager.h"
#include "net/retry.h"

struct addresses {
	struct sal_arena *arena;
	struct sal_ifnames *ifnames;
	struct sal_nl nl;
	struct sal_status_address *items;
	size_t len;
};

static void address_add(struct addresses *addresses, const struct sal_status_address *address)
{
	addresses->items = sal_arena_room(addresses->arena, addresses->items, addresses->len,
					  sizeof(*address));
	addresses->items[addresses->len++] = *address;
}

/* RTM_NEWADDR: those of global scope that are in use (not tentative, not a duplicate). */
static int address_read(const struct nlmsghdr *message, void *ctx, struct sal_error *err)
{
	struct addresses *addresses = ctx;
	const struct ifaddrmsg *header = sal_nl_family_header(message, sizeof(*header));
	const struct nlattr *tb[IFA_MAX + 1], *local;
	struct sal_status_address address = { 0 };
	uint32_t flags;

	if (!header || message->nlmsg_type != RTM_NEWADDR)
		return 0;
	sal_nla_index_message(tb, IFA_MAX, message, sizeof(*header));
	/* On point-to-point links IFA_ADDRESS is the peer's. */
	local = tb[IFA_LOCAL] ? tb[IFA_LOCAL] : tb[IFA_ADDRESS];
	flags = tb[IFA_FLAGS] ? sal_nla_u32(tb[IFA_FLAGS]) : header->ifa_flags;
	if (header->ifa_scope != RT_SCOPE_UNIVERSE || (flags & (IFA_F_TENTATIVE | IFA_F_DADFAILED)))
		return 0;
	if (!local || !sal_net_ip_attr(&address.local, header->ifa_family, local))
		return 0;
	address.family = header->ifa_family == AF_INET ? SAL_FAMILY_INET : SAL_FAMILY_INET6;
	address.prefixlen = header->ifa_prefixlen;
	address.ifname = sal_arena_strdup(addresses->arena,
					  sal_ifnames_get(addresses->ifnames, header->ifa_index));
	address_add(addresses, &address);
	return 0;
}

static int addresses_dump(void *ctx, bool *ret_consistent, struct sal_error *err)
{
	struct addresses *addresses = ctx;
	struct sal_nl_request request;

	sal_nl_begin(&request, RTM_GETADDR, 0, sizeof(struct ifaddrmsg));
	addresses->len = 0;
	return sal_nl_dump(&addresses->nl, &request, address_read, addresses, ret_consistent, err);
}

static void addresses_done(struct addresses *addresses)
{
	sal_nl_close(&addresses->nl);
}

static int addresses_list(struct sal_call *call, struct sal_status_address_array *ret_list,
			  struct sal_error *err)
{
	SAL_CLEANUP(sal_ifnames_close) struct sal_ifnames ifnames = { .fd = -1 };
	SAL_CLEANUP(addresses_done)
	struct addresses addresses = { .arena = call->arena, .ifnames = &ifnames };
	bool consistent;
	int r = sal_ifnames_open(&ifnames, err);

	if (r >= 0)
		r = sal_nl_open(&addresses.nl, NETLINK_ROUTE, err);
	if (r >= 0)
		r = sal_net_retry(call, addresses_dump, &addresses, &consistent, err);
	if (r >= 0)
		*ret_list = (struct sal_status_address_array){ addresses.items, addresses.len };
	return r;
}

int sal_net_status(struct sal_call *call, const struct sal_net_status_params *params,
		   struct sal_error *err)
{
	struct sal_net_status_result status = { 0 };
	struct utsname node;
	int r;

	if (uname(&node) < 0)
		return sal_fail_errno(err, errno, "cannot ask for the node's name");
	status.pid = getpid();
	status.uptime = sal_uptime_s(call->sal);
	status.version = sal_version();
	status.mode = sal_options_of(call->sal)->mode;
	status.hostname = node.nodename;
	status.kernel = node.release;
	status.boot_id = sal_sysfs_string(call->arena, AT_FDCWD, "/proc/sys/kernel/random/boot_id");
	if (!status.boot_id)
		return sal_fail(err, SAL_IO, "cannot read /proc/sys/kernel/random/boot_id");
	r = addresses_list(call, &status.addresses, err);
	if (r < 0)
		return r;
	status.managers = sal_net_managers(call->arena, &status.rules_seen);
	return sal_net_status_done(call, &status, err);
}
