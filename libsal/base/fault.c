/* fault.c - the switchboard behind fault.h; part of test builds (-Dfault_points=true) only. */
#include "base/fault.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/macros.h"

static struct {
	char point[64];
	char action[16];
	unsigned long nth;
	atomic_ulong passed;
} armed;

static void fault_arm(void)
{
	const char *spec = getenv("SAL_FAULT"), *action, *nth;

	action = spec ? strchr(spec, ':') : NULL;
	if (!action || (size_t)(action - spec) >= sizeof(armed.point))
		return;
	memcpy(armed.point, spec, action - spec);
	action++;
	nth = strchr(action, ':');
	armed.nth = nth ? strtoul(nth + 1, NULL, 10) : 1;
	strncpy(armed.action, action,
		SAL_MIN(nth ? (size_t)(nth - action) : strlen(action), sizeof(armed.action) - 1));
}

int sal_fault(const char *point)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, fault_arm);
	if (strcmp(point, armed.point) || atomic_fetch_add(&armed.passed, 1) + 1 != armed.nth)
		return 0;
	if (!strcmp(armed.action, "kill"))
		raise(SIGKILL);
	if (!strcmp(armed.action, "einval"))
		return -EINVAL;
	return !strcmp(armed.action, "enospc") ? -ENOSPC : -EIO;
}
