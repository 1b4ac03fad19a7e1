/* route_decode.c - the hot path of net.routes: attributes into a struct sal_route. */
#include "net/route_decode.h"

#include <unistd.h>

#include "net/attr.h"
#include "net/nexthop.h"
#include "net/route_encap.h"

static const char *const type_names[] = {
	[RTN_UNSPEC] = "none",
	[RTN_UNICAST] = "unicast",
	[RTN_LOCAL] = "local",
	[RTN_BROADCAST] = "broadcast",
	[RTN_ANYCAST] = "anycast",
	[RTN_MULTICAST] = "multicast",
	[RTN_BLACKHOLE] = "blackhole",
	[RTN_UNREACHABLE] = "unreachable",
	[RTN_PROHIBIT] = "prohibit",
	[RTN_THROW] = "throw",
	[RTN_NAT] = "nat",
	[RTN_XRESOLVE] = "xresolve",
};

/* In the order in which ip(8) writes them. Low bits are RTNH_F_*, high ones RTM_F_*. */
static const struct {
	uint32_t bit;
	const char *name;
} flag_names[] = {
	{ RTNH_F_DEAD, "dead" },
	{ RTNH_F_ONLINK, "onlink" },
	{ RTNH_F_PERVASIVE, "pervasive" },
	{ RTNH_F_OFFLOAD, "offload" },
	{ RTNH_F_TRAP, "trap" },
	{ RTM_F_NOTIFY, "notify" },
	{ RTNH_F_LINKDOWN, "linkdown" },
	{ RTNH_F_UNRESOLVED, "unresolved" },
	{ RTM_F_OFFLOAD, "rt_offload" },
	{ RTM_F_TRAP, "rt_trap" },
	{ RTM_F_OFFLOAD_FAILED, "rt_offload_failed" },
};

struct sal_strings sal_net_route_flags(struct sal_arena *arena, uint32_t flags)
{
	const char **items;
	struct sal_strings list = { 0 };

	if (!flags)
		return list;
	items = sal_arena_array(arena, SAL_ARRAY_LEN(flag_names), sizeof(*items));
	for (size_t i = 0; i < SAL_ARRAY_LEN(flag_names); i++) {
		if (flags & flag_names[i].bit)
			items[list.len++] = flag_names[i].name;
	}
	list.items = items;
	return list;
}

const char *sal_net_route_ifname(struct sal_net_route_decoder *decoder, uint32_t index)
{
	return sal_arena_strdup(decoder->arena, sal_ifnames_get(decoder->ifnames, index));
}

const char *sal_net_route_name(struct sal_net_route_decoder *decoder, enum sal_net_names_kind kind,
			       uint32_t id)
{
	return sal_arena_strdup(decoder->arena, sal_net_names_get(decoder->names, kind, id));
}

bool sal_net_route_open(const struct nlmsghdr *message, struct sal_net_route_message *route)
{
	route->header = sal_nl_family_header(message, sizeof(*route->header));
	if (!route->header || message->nlmsg_type != RTM_NEWROUTE)
		return false;
	sal_nla_index_message(route->attrs, RTA_MAX, message, sizeof(*route->header));
	route->table = route->attrs[RTA_TABLE] ? sal_nla_u32(route->attrs[RTA_TABLE])
					       : route->header->rtm_table;
	return true;
}

static void prefix_read(struct sal_prefix *ret, uint8_t family, const struct nlattr *a, uint8_t len)
{
	if (a && sal_net_ip_attr(&ret->ip, family, a)) {
		ret->len = SAL_MIN(len, sal_net_ip_size(family) * 8);
		return;
	}
	ret->ip = (struct sal_ip){ .family = family };
	ret->len = 0;
}

void sal_net_route_dst(const struct sal_net_route_message *message, struct sal_prefix *ret_dst)
{
	prefix_read(ret_dst, message->header->rtm_family, message->attrs[RTA_DST],
		    message->header->rtm_dst_len);
}

static const struct sal_route_flow *flow_decode(struct sal_net_route_decoder *decoder,
						const struct nlattr *a)
{
	struct sal_route_flow *flow = sal_arena_zalloc(decoder->arena, sizeof(*flow));
	uint32_t realms = sal_nla_u32(a);

	if (realms >> 16)
		sal_set(flow, from, sal_net_route_name(decoder, SAL_NET_NAMES_REALM, realms >> 16));
	flow->to = sal_net_route_name(decoder, SAL_NET_NAMES_REALM, realms & 0xffff);
	return flow;
}

/* RTA_VIA: the family in two bytes, then the address. NULL when it is no IP address. */
static const struct sal_route_via *via_decode(struct sal_arena *arena, const struct nlattr *a)
{
	struct sal_route_via *via = sal_arena_zalloc(arena, sizeof(*via));
	uint16_t family = sal_nla_u16(a);
	size_t len = sal_nla_len(a);

	if (len < sizeof(family) || family > UINT8_MAX ||
	    !sal_net_ip_read(&via->host, family, (const char *)sal_nla_data(a) + sizeof(family),
			     len - sizeof(family)))
		return NULL;
	via->family = family == AF_INET ? "inet" : "inet6";
	return via;
}

static void feature_decode(struct sal_arena *arena, uint32_t features,
			   struct sal_route_metrics *metrics)
{
	if (features & RTAX_FEATURE_ECN)
		sal_set(metrics, ecn, true);
	if (features & ~RTAX_FEATURE_ECN)
		sal_set(metrics, features, sal_arena_printf(arena, "%#x", features));
}

static void metric_set(struct sal_arena *arena, unsigned type, uint32_t value,
		       struct sal_route_metrics *metrics)
{
	switch (type) {
	case RTAX_MTU:
		sal_set(metrics, mtu, value);
		break;
	case RTAX_WINDOW:
		sal_set(metrics, window, value);
		break;
	case RTAX_RTT: /* kept in eighths, RTTVAR in quarters of a millisecond */
		sal_set(metrics, rtt, value / 8);
		break;
	case RTAX_RTTVAR:
		sal_set(metrics, rttvar, value / 4);
		break;
	case RTAX_SSTHRESH:
		sal_set(metrics, ssthresh, value);
		break;
	case RTAX_CWND:
		sal_set(metrics, cwnd, value);
		break;
	case RTAX_ADVMSS:
		sal_set(metrics, advmss, value);
		break;
	case RTAX_REORDERING:
		sal_set(metrics, reordering, value);
		break;
	case RTAX_HOPLIMIT:
		if (value != UINT32_MAX) /* the system's default */
			sal_set(metrics, hoplimit, value);
		break;
	case RTAX_INITCWND:
		sal_set(metrics, initcwnd, value);
		break;
	case RTAX_FEATURES:
		feature_decode(arena, value, metrics);
		break;
	case RTAX_RTO_MIN:
		sal_set(metrics, rto_min, value);
		break;
	case RTAX_INITRWND:
		sal_set(metrics, initrwnd, value);
		break;
	case RTAX_QUICKACK:
		sal_set(metrics, quickack, value);
		break;
	case RTAX_FASTOPEN_NO_COOKIE:
		sal_set(metrics, fastopen_no_cookie, value);
		break;
	}
}

static void metrics_decode(struct sal_arena *arena, const struct nlattr *a, struct sal_route *route)
{
	struct sal_route_metrics *metrics = sal_arena_zalloc(arena, sizeof(*metrics));
	const struct nlattr *tb[RTAX_MAX + 1];
	uint32_t locked;

	sal_nla_index_nested(tb, RTAX_MAX, a);
	locked = tb[RTAX_LOCK] ? sal_nla_u32(tb[RTAX_LOCK]) : 0;
	for (unsigned type = RTAX_MTU; type <= RTAX_MAX; type++) {
		if (type == RTAX_CC_ALGO) {
			if (tb[type])
				sal_set(metrics, congestion, sal_nla_string(tb[type], arena));
		} else if (tb[type] || (locked & 1u << type)) {
			metric_set(arena, type, tb[type] ? sal_nla_u32(tb[type]) : 0, metrics);
		}
	}
	sal_set(route, metrics, ((struct sal_route_metrics_array){ metrics, 1 }));
}

static void leg_decode(struct sal_net_route_decoder *decoder, const struct rtnexthop *nh,
		       uint8_t family, struct sal_route_nexthop *leg)
{
	const struct nlattr *tb[RTA_MAX + 1];
	const struct sal_route_via *via;

	sal_nla_index(tb, RTA_MAX, nh + 1, nh->rtnh_len - sizeof(*nh));
	if (tb[RTA_ENCAP] && tb[RTA_ENCAP_TYPE])
		sal_net_route_encap_decode(decoder, tb[RTA_ENCAP_TYPE], tb[RTA_ENCAP], leg);
	if (tb[RTA_GATEWAY])
		leg->has.gateway = sal_net_ip_attr(&leg->gateway, family, tb[RTA_GATEWAY]);
	if (tb[RTA_VIA] && (via = via_decode(decoder->arena, tb[RTA_VIA])))
		sal_set(leg, via, via);
	if (tb[RTA_FLOW])
		sal_set(leg, flow, flow_decode(decoder, tb[RTA_FLOW]));
	leg->dev = sal_net_route_ifname(decoder, nh->rtnh_ifindex);
	leg->weight = nh->rtnh_hops + 1;
	leg->flags = sal_net_route_flags(decoder->arena, nh->rtnh_flags);
}

static void legs_decode(struct sal_net_route_decoder *decoder, const struct nlattr *multipath,
			uint8_t family, struct sal_route *route)
{
	const struct rtnexthop *nh;
	struct sal_route_nexthop *legs;
	size_t n = 0;

	for (nh = sal_net_route_leg_at(multipath, 0); nh;
	     nh = sal_net_route_leg_next(multipath, nh))
		n++;
	legs = sal_arena_array(decoder->arena, n, sizeof(*legs));
	nh = sal_net_route_leg_at(multipath, 0);
	for (size_t i = 0; i < n; i++, nh = sal_net_route_leg_next(multipath, nh))
		leg_decode(decoder, nh, family, &legs[i]);
	sal_set(route, nexthops, ((struct sal_route_nexthop_array){ legs, n }));
}

static void cacheinfo_decode(const struct nlattr *a, struct sal_route *route)
{
	struct rta_cacheinfo info;

	if (!sal_nla_copy(&info, a, sizeof(info)))
		return;
	if (info.rta_expires) /* in USER_HZ */
		sal_set(route, expires, info.rta_expires / (int32_t)sysconf(_SC_CLK_TCK));
	if (info.rta_error)
		sal_set(route, error, info.rta_error);
}

static const char *pref_name(uint8_t pref)
{
	switch (pref) { /* RFC 4191, section 2.1 */
	case 0:
		return "medium";
	case 1:
		return "high";
	case 3:
		return "low";
	default:
		return "reserved";
	}
}

/* What few routes have. */
static void rare_decode(struct sal_net_route_decoder *decoder,
			const struct sal_net_route_message *message, struct sal_route *route)
{
	const struct nlattr *const *tb = message->attrs;
	uint8_t family = message->header->rtm_family;
	const struct sal_route_nexthop_object *object;
	const struct sal_route_via *via;

	if (tb[RTA_SRC]) {
		prefix_read(&route->from, family, tb[RTA_SRC], message->header->rtm_src_len);
		route->has.from = 1;
	}
	if (tb[RTA_ENCAP] && tb[RTA_ENCAP_TYPE])
		sal_net_route_encap_decode_into(decoder, tb[RTA_ENCAP_TYPE], tb[RTA_ENCAP],
						&sal_route_type, route);
	if (tb[RTA_VIA] && (via = via_decode(decoder->arena, tb[RTA_VIA])))
		sal_set(route, via, via);
	if (tb[RTA_FLOW])
		sal_set(route, flow, flow_decode(decoder, tb[RTA_FLOW]));
	if (tb[RTA_METRICS])
		metrics_decode(decoder->arena, tb[RTA_METRICS], route);
	if (tb[RTA_IIF])
		sal_set(route, iif, sal_net_route_ifname(decoder, sal_nla_u32(tb[RTA_IIF])));
	if (tb[RTA_NH_ID]) {
		sal_set(route, nhid, sal_nla_u32(tb[RTA_NH_ID]));
		object = decoder->nexthops ? sal_net_nexthop_get(decoder, route->nhid) : NULL;
		if (object)
			sal_set(route, nh_info, object);
	}
	if (tb[RTA_MULTIPATH])
		legs_decode(decoder, tb[RTA_MULTIPATH], family, route);
	if (message->header->rtm_tos)
		sal_set(route, tos,
			sal_net_names_get(decoder->names, SAL_NET_NAMES_DSFIELD,
					  message->header->rtm_tos));
}

static bool has_rare(const struct sal_net_route_message *message)
{
	const struct nlattr *const *tb = message->attrs;

	return tb[RTA_SRC] || tb[RTA_ENCAP] || tb[RTA_VIA] || tb[RTA_FLOW] || tb[RTA_METRICS] ||
	       tb[RTA_IIF] || tb[RTA_NH_ID] || tb[RTA_MULTIPATH] || message->header->rtm_tos;
}

void sal_net_route_decode(struct sal_net_route_decoder *decoder,
			  const struct sal_net_route_message *message, struct sal_route *route)
{
	const struct rtmsg *header = message->header;
	const struct nlattr *const *tb = message->attrs;
	uint8_t family = header->rtm_family;

	/* Members are read only where their bit is set: clearing the bits clears the route. */
	memset(route->has_words, 0, sizeof(route->has_words));
	route->type = header->rtm_type < SAL_ARRAY_LEN(type_names) ? type_names[header->rtm_type]
								   : "unknown";
	sal_net_route_dst(message, &route->dst);
	route->table = sal_net_names_get(decoder->names, SAL_NET_NAMES_TABLE, message->table);
	route->protocol =
		sal_net_names_get(decoder->names, SAL_NET_NAMES_PROTOCOL, header->rtm_protocol);
	route->scope = sal_net_names_get(decoder->names, SAL_NET_NAMES_SCOPE, header->rtm_scope);
	route->flags = sal_net_route_flags(decoder->arena, header->rtm_flags);
	if (tb[RTA_GATEWAY])
		route->has.gateway = sal_net_ip_attr(&route->gateway, family, tb[RTA_GATEWAY]);
	if (tb[RTA_PREFSRC])
		route->has.prefsrc = sal_net_ip_attr(&route->prefsrc, family, tb[RTA_PREFSRC]);
	if (tb[RTA_PRIORITY])
		sal_set(route, metric, sal_nla_u32(tb[RTA_PRIORITY]));
	if (tb[RTA_CACHEINFO])
		cacheinfo_decode(tb[RTA_CACHEINFO], route);
	if (tb[RTA_PREF])
		sal_set(route, pref, pref_name(sal_nla_u8(tb[RTA_PREF])));
	if (has_rare(message))
		rare_decode(decoder, message, route);
	/* Last: names of other interfaces may have taken its place among those remembered. */
	if (tb[RTA_OIF])
		sal_set(route, dev, sal_ifnames_get(decoder->ifnames, sal_nla_u32(tb[RTA_OIF])));
}
