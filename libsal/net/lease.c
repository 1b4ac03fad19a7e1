/*
 * lease.c - net.lease: the leases of this node's interfaces.
 *
 * What they are is read and joined in lease/; here it is filtered and shown. Sources: the files of
 * DHCP clients (lease/source.c has the table), rtnetlink(7).
 */
#include "gen/net.lease.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "kernel/ifnames.h"
#include "kernel/sysfs.h"
#include "net/lease/lease.h"

int sal_net_lease(struct sal_call *call, const struct sal_net_lease_params *params,
		  struct sal_error *err)
{
	SAL_CLEANUP(sal_close_fd) int root = sal_sysfs_open(AT_FDCWD, "/");
	SAL_CLEANUP(sal_nl_close) struct sal_nl nl = { 0 };
	struct sal_net_lease_result result = { 0 };
	struct sal_leases leases;
	struct sal_lease *items;
	size_t n = 0;
	int r;

	if (root < 0)
		return sal_fail_errno(err, errno, "cannot open /");
	r = sal_nl_open(&nl, NETLINK_ROUTE, err);
	if (r >= 0)
		r = sal_leases_collect(&leases, call->arena, root, &nl, err);
	if (r < 0)
		return r;
	items = sal_arena_array(call->arena, leases.nentries, sizeof(*items));
	for (size_t i = 0; i < leases.nentries; i++) {
		const struct sal_lease *lease = &leases.entries[i].lease;

		if (!params->has.ifname || !strcmp(lease->ifname, params->ifname))
			items[n++] = *lease;
	}
	if (params->has.ifname && !n && !sal_lease_link_named(&leases, params->ifname))
		return sal_ifnames_missing(err, params->ifname, "/ifname");
	result.leases = (struct sal_lease_array){ items, n };
	result.problems = (struct sal_lease_problem_array){ leases.problems, leases.nproblems };
	result.consistent = leases.kernel.consistent;
	return sal_net_lease_done(call, &result, err);
}
