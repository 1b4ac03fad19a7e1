/* nexthop.c - a small direct-mapped cache of RTM_GETNEXTHOP, and its decoder. See nexthop.h. */
#include "net/nexthop.h"

#include <linux/nexthop.h>
#include <stdlib.h>
#include <unistd.h>

#include "net/attr.h"
#include "net/route_encap.h"

void sal_net_nexthops_done(struct sal_net_nexthops *nexthops)
{
	for (unsigned i = 0; i < SAL_NET_NEXTHOPS_SLOTS; i++)
		free(nexthops->slots[i].message);
	if (nexthops->opened)
		sal_nl_close(&nexthops->nl);
}

static int message_keep(const struct nlmsghdr *message, void *ctx, struct sal_error *err)
{
	struct nlmsghdr **kept = ctx;

	free(*kept);
	*kept = malloc(message->nlmsg_len);
	if (!*kept)
		sal_oom();
	memcpy(*kept, message, message->nlmsg_len);
	return 0;
}

/* A nexthop that cannot be had is left out: the route itself stands all the same. */
static const struct nlmsghdr *message_get(struct sal_net_nexthops *nexthops, uint32_t id)
{
	unsigned slot = id % SAL_NET_NEXTHOPS_SLOTS;
	struct nlmsghdr **message = &nexthops->slots[slot].message;
	struct sal_nl_request request;

	if (nexthops->slots[slot].id == id)
		return *message;
	if (!nexthops->opened && sal_nl_open(&nexthops->nl, NETLINK_ROUTE, NULL) < 0)
		return NULL;
	nexthops->opened = true;
	free(*message);
	*message = NULL;
	nexthops->slots[slot].id = id;
	sal_nl_begin(&request, RTM_GETNEXTHOP, 0, sizeof(struct nhmsg));
	sal_nl_put_u32(&request, NHA_ID, id);
	if (sal_nl_talk(&nexthops->nl, &request, message_keep, message, NULL) < 0) {
		free(*message);
		*message = NULL;
	}
	return *message;
}

static void group_decode(struct sal_arena *arena, const struct nlattr *group,
			 struct sal_route_nexthop_object *object)
{
	size_t n = sal_nla_len(group) / sizeof(struct nexthop_grp);
	struct sal_route_nexthop_member *members = sal_arena_array(arena, n, sizeof(*members));

	for (size_t i = 0; i < n; i++) {
		const uint8_t *entry =
			(const uint8_t *)sal_nla_data(group) + (i * sizeof(struct nexthop_grp));
		/* id, weight - 1, and since Linux 6.12 the high byte of that */
		uint32_t weight = entry[4] | (uint32_t)entry[5] << 8;

		memcpy(&members[i].id, entry, sizeof(members[i].id));
		if (weight)
			sal_set(&members[i], weight, weight + 1);
	}
	sal_set(object, group, ((struct sal_route_nexthop_member_array){ members, n }));
}

static void resilient_decode(struct sal_arena *arena, const struct nlattr *group,
			     struct sal_route_nexthop_object *object)
{
	struct sal_route_nexthop_resilient *args = sal_arena_zalloc(arena, sizeof(*args));
	const struct nlattr *tb[NHA_RES_GROUP_MAX + 1];
	double hz = sysconf(_SC_CLK_TCK); /* the unit of these times */

	sal_nla_index_nested(tb, NHA_RES_GROUP_MAX, group);
	if (tb[NHA_RES_GROUP_BUCKETS])
		args->buckets = sal_nla_u16(tb[NHA_RES_GROUP_BUCKETS]);
	if (tb[NHA_RES_GROUP_IDLE_TIMER])
		args->idle_timer = sal_nla_u32(tb[NHA_RES_GROUP_IDLE_TIMER]) / hz;
	if (tb[NHA_RES_GROUP_UNBALANCED_TIMER])
		args->unbalanced_timer = sal_nla_u32(tb[NHA_RES_GROUP_UNBALANCED_TIMER]) / hz;
	if (tb[NHA_RES_GROUP_UNBALANCED_TIME])
		args->unbalanced_time = sal_nla_u64(tb[NHA_RES_GROUP_UNBALANCED_TIME]) / hz;
	sal_set(object, resilient_args, args);
}

bool sal_net_nexthop_decode(struct sal_net_route_decoder *decoder, const struct nlmsghdr *message,
			    struct sal_route_nexthop_object *object)
{
	const struct nhmsg *header = sal_nl_family_header(message, sizeof(*header));
	const struct nlattr *tb[NHA_MAX + 1];

	if (!header || message->nlmsg_type != RTM_NEWNEXTHOP)
		return false;
	memset(object, 0, sizeof(*object));
	sal_nla_index_message(tb, NHA_MAX, message, sizeof(*header));
	if (tb[NHA_ID])
		object->id = sal_nla_u32(tb[NHA_ID]);
	if (tb[NHA_GROUP] && sal_nla_len(tb[NHA_GROUP]))
		group_decode(decoder->arena, tb[NHA_GROUP], object);
	if (tb[NHA_GROUP_TYPE] && sal_nla_u16(tb[NHA_GROUP_TYPE]) != NEXTHOP_GRP_TYPE_MPATH) {
		bool resilient = sal_nla_u16(tb[NHA_GROUP_TYPE]) == NEXTHOP_GRP_TYPE_RES;

		sal_set(object, type, resilient ? "resilient" : "<unknown type>");
	}
	if (tb[NHA_RES_GROUP])
		resilient_decode(decoder->arena, tb[NHA_RES_GROUP], object);
	if (tb[NHA_ENCAP] && tb[NHA_ENCAP_TYPE])
		sal_net_route_encap_decode_into(decoder, tb[NHA_ENCAP_TYPE], tb[NHA_ENCAP],
						&sal_route_nexthop_object_type, object);
	if (tb[NHA_GATEWAY])
		object->has.gateway =
			sal_net_ip_attr(&object->gateway, header->nh_family, tb[NHA_GATEWAY]);
	if (tb[NHA_OIF] && sal_nla_u32(tb[NHA_OIF]))
		sal_set(object, dev, sal_net_route_ifname(decoder, sal_nla_u32(tb[NHA_OIF])));
	object->scope = sal_net_route_name(decoder, SAL_NET_NAMES_SCOPE, header->nh_scope);
	if (tb[NHA_BLACKHOLE])
		sal_set(object, blackhole, true);
	object->protocol = sal_net_route_name(decoder, SAL_NET_NAMES_PROTOCOL, header->nh_protocol);
	object->flags = sal_net_route_flags(decoder->arena, header->nh_flags);
	if (tb[NHA_FDB])
		sal_set(object, fdb, true);
	return true;
}

const struct sal_route_nexthop_object *sal_net_nexthop_get(struct sal_net_route_decoder *decoder,
							   uint32_t id)
{
	struct sal_route_nexthop_object *object;
	const struct nlmsghdr *message = id ? message_get(decoder->nexthops, id) : NULL;

	if (!message)
		return NULL;
	object = sal_arena_alloc(decoder->arena, sizeof(*object));
	return sal_net_nexthop_decode(decoder, message, object) ? object : NULL;
}
