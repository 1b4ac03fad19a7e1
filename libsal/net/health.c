/*
 * health.c - net.health: runs a table of checks and says how bad the worst is. See health.h.
 *
 * What the checks share is read once (health/snapshot.c). That the kernel does not answer is a
 * finding like others: this method has an answer in any state of the node.
 */
#include "net/health.h"

#include <string.h>

#define FAULTS_MAX 16 /* shown of one check */

static const char *kernel_run(struct sal_health *health)
{
	struct sal_health_check *check;

	if (!health->refusal)
		return "the kernel answers about links, addresses and routes";
	check = sal_net_health_fault(
		health, SAL_HEALTH_STATUS_FAILED,
		sal_arena_printf(health->arena,
				 "the kernel does not answer about links, addresses and routes: %s",
				 health->refusal->message));
	sal_set(check, hint, "what builds on that was not checked; see the kernel's log for rtnl");
	return NULL;
}

static const struct sal_health_row kernel = { "kernel", false, kernel_run };

/* In the order in which a person would look. */
static const struct sal_health_row *const rows[] = {
	&kernel,
	&sal_health_links,
	&sal_health_addresses,
	&sal_health_default_route,
	&sal_health_gateway,
	&sal_health_dns_config,
	&sal_health_dns_server,
	&sal_health_conntrack,
	&sal_health_sysctl,
};

static struct sal_health_check *check_add(struct sal_health *health, enum sal_health_status status,
					  const char *message)
{
	struct sal_health_check *check;

	health->checks = sal_arena_room(health->arena, health->checks, health->nchecks,
					sizeof(*health->checks));
	check = &health->checks[health->nchecks++];
	*check = (struct sal_health_check){
		.name = health->row->name,
		.status = status,
		.message = message,
	};
	return check;
}

struct sal_health_check *sal_net_health_fault(struct sal_health *health,
					      enum sal_health_status status, const char *message)
{
	if (health->of_row++ < FAULTS_MAX)
		return check_add(health, status, message);
	return sal_arena_zalloc(health->arena, sizeof(struct sal_health_check)); /* only counted */
}

static void row_run(struct sal_health *health, const struct sal_health_row *row)
{
	const char *fine;

	if (row->needs_kernel && health->refusal)
		return;
	health->row = row;
	health->of_row = 0;
	fine = row->run(health);
	if (!health->of_row)
		check_add(health, SAL_HEALTH_STATUS_OK, fine);
	else if (health->of_row > FAULTS_MAX)
		check_add(health, SAL_HEALTH_STATUS_DEGRADED,
			  sal_arena_printf(health->arena, "and %zu more of this kind",
					   health->of_row - FAULTS_MAX));
}

int sal_net_health(struct sal_call *call, const struct sal_net_health_params *params,
		   struct sal_error *err)
{
	struct sal_health health = { .arena = call->arena };
	struct sal_net_health_result result = { .status = SAL_HEALTH_STATUS_OK };

	sal_net_health_snapshot(&health);
	for (size_t i = 0; i < SAL_ARRAY_LEN(rows); i++)
		row_run(&health, rows[i]);
	sal_nl_close(&health.nl);
	for (size_t i = 0; i < health.nchecks; i++)
		result.status = SAL_MAX(result.status, health.checks[i].status);
	result.checks = (struct sal_health_check_array){ health.checks, health.nchecks };
	return sal_net_health_done(call, &result, err);
}
