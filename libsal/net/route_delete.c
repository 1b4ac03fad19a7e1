/* route_delete.c - net.routes.delete: finds the one route that is meant, and describes the step. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "net/attr.h"
#include "net/route_work.h"

struct hunt {
	struct sal_net_route_work *work;
	const struct sal_net_routes_delete_params *params;
	struct sal_prefix dst;
	uint32_t ifindex;
	unsigned found;
	json_t *image;
	const char *key;
	struct sal_net_route_plain plain;
	const struct sal_route *shown;
};

static void hunt_done(struct hunt *hunt)
{
	json_decref(hunt->image);
}

static bool hunt_matches(const struct hunt *hunt, const struct sal_rtnl_route *route)
{
	const struct sal_net_routes_delete_params *params = hunt->params;
	bool gateway = !params->has.gateway, dev = !params->has.dev;

	if (route->dst.len != hunt->dst.len ||
	    (hunt->dst.ip.family && hunt->dst.ip.family != route->family) ||
	    memcmp(route->dst.ip.bytes, hunt->dst.ip.bytes, sal_net_ip_size(route->family)) ||
	    (params->has.metric && params->metric != route->metric) ||
	    (params->has.type && sal_net_route_types[params->type] != route->type))
		return false;
	for (size_t i = 0; i < route->nlegs; i++) {
		const struct sal_rtnl_leg *leg = &route->legs[i];

		gateway = gateway || (leg->gateway.family == params->gateway.family &&
				      !memcmp(leg->gateway.bytes, params->gateway.bytes,
					      sal_net_ip_size(leg->gateway.family)));
		dev = dev || leg->ifindex == hunt->ifindex;
	}
	return gateway && dev;
}

static int hunt_note(const struct nlmsghdr *message, const struct sal_net_route_message *open,
		     const struct sal_net_route_plain *plain, void *ctx, struct sal_error *err)
{
	struct hunt *hunt = ctx;

	if (!hunt_matches(hunt, &plain->route))
		return 0;
	if (hunt->found++)
		return 0;
	hunt->image = sal_net_route_image(plain, &hunt->work->ifnames,
					  sal_net_route_needs_raw(plain) ? message : NULL);
	hunt->plain = *plain;
	hunt->plain.route.legs = hunt->plain.legs;
	hunt->key = sal_net_route_key(hunt->work->call->arena, &plain->route);
	hunt->shown = sal_net_route_show(hunt->work, open);
	return 0;
}

static int hunt_judge(const struct hunt *hunt, struct sal_error *err)
{
	if (hunt->found == 1)
		return 0;
	if (!hunt->found)
		sal_fail(err, SAL_NOT_FOUND, "no such route in table %s", hunt->params->table);
	else
		sal_fail(err, SAL_CONFLICT, "%u routes match; say which", hunt->found);
	sal_error_field(err, "/dst");
	if (hunt->found)
		sal_error_hint(err, "gateway, dev, metric and type tell them apart");
	return hunt->found ? -EEXIST : -ENOENT;
}

static void delete_step(struct sal_net_route_work *work, const struct hunt *hunt, bool *ret_managed)
{
	json_t *entry = sal_state_entry(sal_state_of(work->call->sal), "routes", hunt->key);

	*ret_managed = entry != NULL;
	json_decref(entry);
	sal_net_route_would(work, "del", &hunt->plain);
	sal_change_step(&work->change, hunt->key, json_incref(hunt->image), NULL, 0);
}

static int delete_run(struct sal_net_route_work *work,
		      const struct sal_net_routes_delete_params *params, struct sal_error *err)
{
	SAL_CLEANUP(hunt_done)
	struct hunt hunt = { .work = work, .params = params, .dst = params->dst };
	struct sal_net_routes_delete_result result = { 0 };
	struct sal_change_ref ref;
	uint32_t table;
	uint8_t family = params->dst.ip.family;
	int r = sal_net_route_table(work, params->table, &table, err);

	if (r == 0 && params->has.dev)
		r = sal_ifnames_index(&work->ifnames, params->dev, "/dev", &hunt.ifindex, err);
	if (r < 0)
		return r;
	if (!family && params->has.gateway)
		hunt.dst.ip.family = family = params->gateway.family;
	if (family != AF_INET6)
		sal_change_lock(&work->change, "routes:%u/%u", AF_INET, table);
	if (family != AF_INET)
		sal_change_lock(&work->change, "routes:%u/%u", AF_INET6, table);
	r = sal_change_begin(&work->change, err);
	if (r == 0)
		r = sal_net_routes_walk(&work->nl, family, table, hunt_note, &hunt, err);
	if (r == 0)
		r = hunt_judge(&hunt, err);
	if (r == 0) {
		delete_step(work, &hunt, &result.managed);
		r = sal_change_run(&work->change, err);
	}
	if (r < 0)
		return r;
	result.removed = true;
	result.route = hunt.shown;
	sal_write_answer(&result, &work->change, &ref);
	return sal_net_routes_delete_done(work->call, &result, err);
}

int sal_net_routes_delete(struct sal_call *call, const struct sal_net_routes_delete_params *params,
			  struct sal_error *err)
{
	SAL_CLEANUP(sal_net_route_work_done) struct sal_net_route_work work = { 0 };
	int r;

	sal_write_init(call, params, &work.change);
	r = sal_net_route_work_open(&work, call, err);
	return r < 0 ? r : delete_run(&work, params, err);
}
