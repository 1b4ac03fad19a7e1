/*
 * route_add.c - net.routes.add: looks at the table, decides, and describes a step.
 *
 * route_kind.c does it. The lock of a table of a family keeps check and change together.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "net/attr.h"
#include "net/route_work.h"

static int leg_read(struct sal_net_route_work *work, const struct sal_route_leg *from,
		    const char *field, struct sal_rtnl_leg *leg, struct sal_error *err)
{
	char dev[64];

	*leg = (struct sal_rtnl_leg){ .weight = from->has.weight ? from->weight : 1,
				      .onlink = from->has.onlink && from->onlink };
	if (from->has.gateway)
		leg->gateway = from->gateway;
	if (!from->has.gateway && !from->has.dev)
		return sal_net_route_fault(err, *field ? field : "/gateway",
					   "a next hop has a gateway, a dev, or both");
	snprintf(dev, sizeof(dev), "%s/dev", field);
	return from->has.dev ? sal_ifnames_index(&work->ifnames, from->dev, dev, &leg->ifindex, err)
			     : 0;
}

static int legs_read(struct sal_net_route_work *work,
		     const struct sal_net_routes_add_params *params,
		     struct sal_net_route_plain *plain, struct sal_error *err)
{
	struct sal_route_leg single = { .gateway = params->gateway,
					.dev = params->dev,
					.onlink = params->onlink };
	char field[32];
	int r = 0;

	single.has.gateway = params->has.gateway;
	single.has.dev = params->has.dev;
	single.has.onlink = 1;
	if (!params->has.nexthops) {
		plain->route.nlegs = 1;
		return leg_read(work, &single, "", &plain->legs[0], err);
	}
	if (params->has.gateway || params->has.dev)
		return sal_net_route_fault(err, "/nexthops", "comes instead of gateway and dev");
	if (!params->nexthops.len)
		return sal_net_route_fault(err, "/nexthops", "is empty");
	plain->route.nlegs = params->nexthops.len;
	for (size_t i = 0; i < params->nexthops.len && r == 0; i++) {
		snprintf(field, sizeof(field), "/nexthops/%zu", i);
		r = leg_read(work, &params->nexthops.items[i], field, &plain->legs[i], err);
	}
	return r;
}

static bool type_takes_legs(uint8_t type)
{
	return type == RTN_UNICAST || type == RTN_LOCAL || type == RTN_BROADCAST ||
	       type == RTN_MULTICAST;
}

/* As ip(8) chooses it. */
static uint8_t scope_preset(const struct sal_net_route_plain *plain)
{
	const struct sal_rtnl_route *route = &plain->route;

	if (route->family == AF_INET6 || !type_takes_legs(route->type))
		return RT_SCOPE_UNIVERSE;
	if (route->type == RTN_LOCAL)
		return RT_SCOPE_HOST;
	if (route->type != RTN_UNICAST || (route->nlegs == 1 && !plain->legs[0].gateway.family))
		return RT_SCOPE_LINK;
	return RT_SCOPE_UNIVERSE;
}

static int scope_read(struct sal_net_route_work *work,
		      const struct sal_net_routes_add_params *params,
		      struct sal_net_route_plain *plain, struct sal_error *err)
{
	uint32_t scope;

	plain->route.scope = scope_preset(plain);
	if (!params->has.scope)
		return 0;
	if (!sal_net_names_find(&work->names, SAL_NET_NAMES_SCOPE, params->scope, UINT8_MAX,
				&scope))
		return sal_net_route_fault(err, "/scope", "is none of rt_scopes, nor 0 to 255");
	if (plain->route.family == AF_INET)
		plain->route.scope = scope;
	return 0;
}

static int add_read(struct sal_net_route_work *work, const struct sal_net_routes_add_params *params,
		    struct sal_net_route_plain *plain, struct sal_error *err)
{
	struct sal_rtnl_route *route = &plain->route;
	int r;

	*plain = (struct sal_net_route_plain){ .exact = true };
	route->legs = plain->legs;
	route->protocol = SAL_NET_ROUTE_PROTOCOL;
	route->type = params->has.type ? sal_net_route_types[params->type] : RTN_UNICAST;
	r = sal_net_route_dst_param(&params->dst,
				    params->has.gateway ? &params->gateway
				    : params->has.nexthops && params->nexthops.len &&
						    params->nexthops.items[0].has.gateway
					    ? &params->nexthops.items[0].gateway
					    : NULL,
				    route, err);
	if (r < 0)
		return r;
	if (type_takes_legs(route->type))
		r = legs_read(work, params, plain, err);
	else if (params->has.gateway || params->has.dev || params->has.nexthops)
		r = sal_net_route_fault(err, "/type", "such a route has no next hop");
	if (r < 0)
		return r;
	for (size_t i = 0; i < route->nlegs; i++)
		if (plain->legs[i].gateway.family == AF_INET && route->family == AF_INET6)
			return sal_net_route_fault(err, "/gateway",
						   "an IPv6 route cannot have an IPv4 gateway");
	if (params->has.prefsrc && params->prefsrc.family != route->family)
		return sal_net_route_fault(err, "/prefsrc", "is of another family than dst");
	if (params->has.prefsrc)
		route->prefsrc = params->prefsrc;
	route->metric = params->has.metric ? params->metric : 0;
	if (route->family == AF_INET6 && !route->metric)
		route->metric = 1024; /* IP6_RT_PRIO_USER */
	r = scope_read(work, params, plain, err);
	return r < 0 ? r : sal_net_route_table(work, params->table, &route->table, err);
}

/* What stands in the table in the place of the route that is to be. */
struct place {
	struct sal_net_route_work *work;
	const struct sal_rtnl_route *wanted;
	bool equal, other;
	json_t *image; /* of the other, with its message */
	const struct sal_route *shown; /* the one that is equal, or the other */
};

static void place_done(struct place *place)
{
	json_decref(place->image);
}

/* Whoever made it: the protocol does not count. */
static bool stands_as_asked(const struct sal_rtnl_route *wanted, const struct sal_rtnl_route *have)
{
	struct sal_rtnl_route copy = *wanted;

	copy.protocol = have->protocol;
	return sal_net_route_equal(&copy, have);
}

static int place_note(const struct nlmsghdr *message, const struct sal_net_route_message *open,
		      const struct sal_net_route_plain *plain, void *ctx, struct sal_error *err)
{
	struct place *place = ctx;
	bool equal = stands_as_asked(place->wanted, &plain->route) && plain->exact;

	if (!sal_net_route_same_key(place->wanted, &plain->route) || place->equal)
		return 0;
	place->equal = equal;
	place->other = !equal;
	json_decref(place->image);
	place->image = sal_net_route_image(plain, &place->work->ifnames,
					   sal_net_route_needs_raw(plain) ? message : NULL);
	place->shown = sal_net_route_show(place->work, open);
	return 0;
}

/* The route as it stands now, after the change; NULL when somebody took it away already. */
static const struct sal_route *route_reread(struct sal_net_route_work *work,
					    const struct sal_rtnl_route *wanted)
{
	struct place place = { .work = work, .wanted = wanted };

	sal_net_routes_walk(&work->nl, wanted->family, wanted->table, place_note, &place, NULL);
	place_done(&place);
	return place.equal ? place.shown : NULL;
}

static int add_refuse(const struct place *place, const char *key, bool foreign,
		      struct sal_error *err)
{
	if (foreign) {
		sal_fail(err, SAL_REFUSED, "the route that stands there is not SAL's");
		sal_error_add_string(err, "interlock", "foreign");
		sal_error_hint(err, "force replaces it");
		sal_error_subject(err, "%s", key);
		return -EPERM;
	}
	sal_fail(err, SAL_CONFLICT, "another route stands in its place%s%s",
		 place->shown->has.dev ? ", on " : "",
		 place->shown->has.dev ? place->shown->dev : "");
	sal_error_subject(err, "%s", key);
	sal_error_field(err, "/dst");
	sal_error_hint(err, "replace changes it");
	return -EEXIST;
}

struct verdict {
	bool created, replaced, managed;
};

/* What is to be done, as a step. */
static int add_decide(struct sal_net_route_work *work,
		      const struct sal_net_routes_add_params *params,
		      const struct sal_net_route_plain *plain, struct place *place, const char *key,
		      struct verdict *verdict, struct sal_error *err)
{
	json_t *entry = sal_state_entry(sal_state_of(work->call->sal), "routes", key);
	unsigned flags = SAL_STEP_OWN | (params->persist ? SAL_STEP_PERSIST : 0);
	bool ours = entry != NULL;
	json_t *image;

	json_decref(entry);
	sal_change_use(&work->change, "%s", key);
	verdict->managed = ours;
	if (place->equal) {
		if (ours || !params->adopt)
			return 0;
		verdict->managed = true;
		image = json_deep_copy(place->image);
		json_object_del(image, "raw");
		sal_change_step(&work->change, key, json_incref(image), image, flags);
		return 0;
	}
	if (place->other && !params->replace)
		return add_refuse(place, key, false, err);
	if (place->other && !ours && !params->force)
		return add_refuse(place, key, true, err);
	*verdict = (struct verdict){ !place->other, place->other, true };
	sal_net_route_would(work, place->other ? "replace" : "add", plain);
	sal_change_step(&work->change, key, place->other ? json_incref(place->image) : NULL,
			sal_net_route_image(plain, &work->ifnames, NULL), flags);
	return 0;
}

static int add_run(struct sal_net_route_work *work, const struct sal_net_routes_add_params *params,
		   struct sal_error *err)
{
	SAL_CLEANUP(place_done) struct place place = { .work = work };
	struct sal_net_routes_add_result result = { 0 };
	struct sal_net_route_plain plain;
	struct verdict verdict = { 0 };
	struct sal_change_ref ref;
	const char *key;
	int r = add_read(work, params, &plain, err);

	if (r < 0)
		return r;
	key = sal_net_route_key(work->call->arena, &plain.route);
	place.wanted = &plain.route;
	sal_change_lock(&work->change, "routes:%u/%u", plain.route.family, plain.route.table);
	r = sal_change_begin(&work->change, err);
	if (r == 0)
		r = sal_net_routes_walk(&work->nl, plain.route.family, plain.route.table,
					place_note, &place, err);
	if (r == 0)
		r = add_decide(work, params, &plain, &place, key, &verdict, err);
	if (r == 0)
		r = sal_change_run(&work->change, err);
	if (r < 0)
		return r;
	result.created = verdict.created;
	result.replaced = verdict.replaced;
	result.managed = verdict.managed;
	result.route = place.equal ? place.shown : NULL;
	if (!result.route && !params->dry_run)
		result.route = route_reread(work, &plain.route);
	if (!result.route)
		result.route = sal_net_route_preview(work, &plain);
	sal_write_answer(&result, &work->change, &ref);
	return sal_net_routes_add_done(work->call, &result, err);
}

int sal_net_routes_add(struct sal_call *call, const struct sal_net_routes_add_params *params,
		       struct sal_error *err)
{
	SAL_CLEANUP(sal_net_route_work_done) struct sal_net_route_work work = { 0 };
	int r;

	sal_write_init(call, params, &work.change);
	r = sal_net_route_work_open(&work, call, err);
	return r < 0 ? r : add_run(&work, params, err);
}
