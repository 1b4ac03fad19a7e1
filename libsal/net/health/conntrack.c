/* conntrack.c - whether connection tracking has room. See health.h. Source: nf_conntrack-sysctl.rst. */
#include <fcntl.h>
#include <inttypes.h>

#include "kernel/sysfs.h"
#include "net/health.h"

#define COUNT "/proc/sys/net/netfilter/nf_conntrack_count"
#define MAX   "/proc/sys/net/netfilter/nf_conntrack_max"

/* From here on a burst fills it. */
#define NEARLY_FULL_PCT 90

static const char *conntrack_run(struct sal_health *h)
{
	uint64_t count, max;
	struct sal_health_check *check;

	/* Absent while the module is not loaded; max 0 is no limit. */
	if (!sal_sysfs_u64(AT_FDCWD, COUNT, &count) || !sal_sysfs_u64(AT_FDCWD, MAX, &max))
		return "connections are not tracked";
	if (!max || count / 100.0 < max / 100.0 * NEARLY_FULL_PCT / 100)
		return sal_arena_printf(h->arena, "%" PRIu64 " of %" PRIu64 " entries are in use",
					count, max);
	check = sal_net_health_fault(
		h, SAL_HEALTH_STATUS_DEGRADED,
		sal_arena_printf(h->arena,
				 count >= max ? "the connection tracking table is full, %" PRIu64
						" of %" PRIu64
						" entries: new connections are dropped"
					      : "the connection tracking table is nearly full, "
						"%" PRIu64 " of %" PRIu64 " entries",
				 count, max));
	sal_set(check, hint,
		"see which connections fill it (net.conntrack), or raise "
		"net.netfilter.nf_conntrack_max");
	return NULL;
}

const struct sal_health_row sal_health_conntrack = { "conntrack", false, conntrack_run };
