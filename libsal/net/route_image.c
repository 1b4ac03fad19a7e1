/* route_image.c - see route_image.h. */
#include "net/route_image.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "net/attr.h"

static bool via_read(const struct nlattr *a, struct sal_ip *ret_ip)
{
	const struct rtvia *via = sal_nla_data(a);

	return sal_nla_len(a) > sizeof(*via) &&
	       sal_net_ip_read(ret_ip, via->rtvia_family, via->rtvia_addr,
			       sal_nla_len(a) - sizeof(*via));
}

static void leg_read(const struct nlattr *const *tb, uint8_t family, uint8_t flags,
		     struct sal_rtnl_leg *leg)
{
	if (tb[RTA_GATEWAY])
		sal_net_ip_attr(&leg->gateway, family, tb[RTA_GATEWAY]);
	else if (tb[RTA_VIA])
		via_read(tb[RTA_VIA], &leg->gateway);
	leg->onlink = flags & RTNH_F_ONLINK;
}

static bool legs_read(const struct nlattr *multipath, uint8_t family,
		      struct sal_net_route_plain *plain)
{
	const struct nlattr *tb[RTA_MAX + 1];

	for (const struct rtnexthop *leg = sal_net_route_leg_at(multipath, 0); leg;
	     leg = sal_net_route_leg_next(multipath, leg)) {
		struct sal_rtnl_leg *to = &plain->legs[plain->route.nlegs];

		if (plain->route.nlegs == SAL_NET_ROUTE_LEGS)
			return false;
		*to = (struct sal_rtnl_leg){ .ifindex = leg->rtnh_ifindex,
					     .weight = leg->rtnh_hops + 1 };
		sal_nla_index(tb, RTA_MAX, RTNH_DATA(leg), leg->rtnh_len - sizeof(*leg));
		leg_read(tb, family, leg->rtnh_flags, to);
		plain->exact = plain->exact && !tb[RTA_ENCAP] && !tb[RTA_FLOW];
		plain->route.nlegs++;
	}
	return true;
}

bool sal_net_route_plain(const struct nlmsghdr *message, const struct sal_net_route_message *open,
			 struct sal_net_route_plain *ret_plain)
{
	const struct rtmsg *header = open->header;
	const struct nlattr *const *tb = open->attrs;
	struct sal_rtnl_route *route = &ret_plain->route;

	*ret_plain = (struct sal_net_route_plain){ .exact = true };
	*route = (struct sal_rtnl_route){
		.family = header->rtm_family,
		.type = header->rtm_type,
		.scope = header->rtm_scope,
		.protocol = header->rtm_protocol,
		.tos = header->rtm_tos,
		.table = open->table,
		.metric = tb[RTA_PRIORITY] ? sal_nla_u32(tb[RTA_PRIORITY]) : 0,
		.legs = ret_plain->legs,
	};
	sal_net_route_dst(open, &route->dst);
	if (tb[RTA_PREFSRC])
		sal_net_ip_attr(&route->prefsrc, route->family, tb[RTA_PREFSRC]);
	ret_plain->exact = !tb[RTA_METRICS] && !tb[RTA_ENCAP] && !tb[RTA_NH_ID] && !tb[RTA_FLOW] &&
			   !tb[RTA_SRC] && !tb[RTA_IIF];
	if (tb[RTA_NH_ID]) /* the legs are the nexthop object's */
		return true;
	if (tb[RTA_MULTIPATH])
		return legs_read(tb[RTA_MULTIPATH], route->family, ret_plain);
	if (tb[RTA_OIF]) {
		ret_plain->legs[0].ifindex = sal_nla_u32(tb[RTA_OIF]);
		leg_read(tb, route->family, header->rtm_flags, &ret_plain->legs[0]);
		route->nlegs = 1;
	}
	return true;
}

/* IPv6 shows unreachable routes with the loopback device, which nobody asked for. */
static bool type_has_legs(uint8_t type)
{
	return type != RTN_BLACKHOLE && type != RTN_UNREACHABLE && type != RTN_PROHIBIT &&
	       type != RTN_THROW;
}

static void ip_set(json_t *object, const char *key, const struct sal_ip *ip)
{
	char text[SAL_IP_TEXT];

	if (!ip->family)
		return;
	*sal_ip_format(text, ip) = '\0';
	json_object_set_new(object, key, json_string(text));
}

static json_t *leg_image(const struct sal_rtnl_leg *leg, struct sal_ifnames *ifnames)
{
	json_t *image = json_object();

	ip_set(image, "gateway", &leg->gateway);
	if (leg->ifindex)
		json_object_set_new(image, "dev",
				    json_string(sal_ifnames_get(ifnames, leg->ifindex)));
	if (leg->weight > 1)
		json_object_set_new(image, "weight", json_integer(leg->weight));
	if (leg->onlink)
		json_object_set_new(image, "onlink", json_true());
	return image;
}

static json_t *raw_image(const struct nlmsghdr *message)
{
	static const char digits[] = "0123456789abcdef";
	size_t len = message->nlmsg_len - NLMSG_HDRLEN;
	struct sal_buf hex = SAL_BUF_EMPTY;
	json_t *text;

	for (const uint8_t *p = NLMSG_DATA(message), *end = p + len; p < end; p++) {
		sal_buf_putc(&hex, digits[*p >> 4]);
		sal_buf_putc(&hex, digits[*p & 15]);
	}
	text = json_stringn(hex.data, hex.len);
	sal_buf_done(&hex);
	return text;
}

json_t *sal_net_route_image(const struct sal_net_route_plain *plain, struct sal_ifnames *ifnames,
			    const struct nlmsghdr *raw)
{
	const struct sal_rtnl_route *route = &plain->route;
	json_t *image = json_object(), *legs = json_array();
	char dst[SAL_PREFIX_TEXT];

	*sal_prefix_format(dst, &route->dst) = '\0';
	json_object_set_new(image, "family", json_integer(route->family));
	json_object_set_new(image, "dst", json_string(dst));
	json_object_set_new(image, "type", json_integer(route->type));
	json_object_set_new(image, "scope", json_integer(route->scope));
	json_object_set_new(image, "protocol", json_integer(route->protocol));
	json_object_set_new(image, "table", json_integer(route->table));
	json_object_set_new(image, "metric", json_integer(route->metric));
	json_object_set_new(image, "tos", json_integer(route->tos));
	ip_set(image, "prefsrc", &route->prefsrc);
	for (size_t i = 0; i < route->nlegs && type_has_legs(route->type); i++)
		json_array_append_new(legs, leg_image(&route->legs[i], ifnames));
	json_object_set_new(image, "legs", legs);
	if (raw)
		json_object_set_new(image, "raw", raw_image(raw));
	return image;
}

static uint32_t number_of(const json_t *image, const char *key)
{
	return json_integer_value(json_object_get(image, key));
}

static void ip_get(const json_t *object, const char *key, struct sal_ip *ret_ip)
{
	const char *text = json_string_value(json_object_get(object, key));

	if (!text || !sal_ip_parse(text, ret_ip))
		*ret_ip = (struct sal_ip){ 0 };
}

int sal_net_route_unimage(const json_t *image, struct sal_ifnames *ifnames,
			  struct sal_net_route_plain *ret_plain, struct sal_error *err)
{
	struct sal_rtnl_route *route = &ret_plain->route;
	const char *dst = json_string_value(json_object_get(image, "dst"));
	json_t *leg;
	size_t i;

	*ret_plain = (struct sal_net_route_plain){ .exact = true };
	*route = (struct sal_rtnl_route){
		.family = number_of(image, "family"),
		.type = number_of(image, "type"),
		.scope = number_of(image, "scope"),
		.protocol = number_of(image, "protocol"),
		.table = number_of(image, "table"),
		.metric = number_of(image, "metric"),
		.tos = number_of(image, "tos"),
		.legs = ret_plain->legs,
	};
	if (!dst || !sal_prefix_parse(dst, &route->dst))
		return sal_fail(err, SAL_INTERNAL, "a route's image is damaged");
	route->dst.ip.family = route->family;
	ip_get(image, "prefsrc", &route->prefsrc);
	json_array_foreach (json_object_get(image, "legs"), i, leg) {
		const char *dev = json_string_value(json_object_get(leg, "dev"));
		struct sal_rtnl_leg *to = &ret_plain->legs[route->nlegs++];
		int r = dev ? sal_ifnames_index(ifnames, dev, "/dev", &to->ifindex, err) : 0;

		if (r < 0)
			return r;
		ip_get(leg, "gateway", &to->gateway);
		to->weight = number_of(leg, "weight");
		to->onlink = json_is_true(json_object_get(leg, "onlink"));
		if (route->nlegs == SAL_NET_ROUTE_LEGS)
			break;
	}
	return 0;
}

bool sal_net_route_raw(const json_t *image, struct sal_nl_request *ret_request)
{
	const char *hex = json_string_value(json_object_get(image, "raw"));
	size_t len = hex ? strlen(hex) / 2 : 0;
	uint8_t bytes[2048];
	const struct nlattr *tb[RTA_MAX + 1];
	const struct rtmsg *from = (const struct rtmsg *)bytes;
	struct rtmsg *header;

	if (len < sizeof(*from) || len > sizeof(bytes))
		return false;
	for (size_t i = 0; i < len; i++)
		bytes[i] = sal_hex_value(hex[2 * i]) << 4 | sal_hex_value(hex[2 * i + 1]);
	header =
		sal_nl_begin(ret_request, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_EXCL, sizeof(*header));
	*header = *from;
	header->rtm_flags &= RTNH_F_ONLINK; /* the others are the kernel's to say */
	sal_nla_index(tb, RTA_MAX, bytes + sizeof(*from), len - sizeof(*from));
	for (uint16_t type = 1; type <= RTA_MAX; type++) {
		bool legs = type == RTA_OIF || type == RTA_GATEWAY || type == RTA_VIA ||
			    type == RTA_MULTIPATH;

		if (tb[type] && type != RTA_CACHEINFO && !(legs && tb[RTA_NH_ID]))
			sal_nl_put(ret_request, tb[type]->nla_type, sal_nla_data(tb[type]),
				   sal_nla_len(tb[type]));
	}
	return true;
}

static bool ip_same(const struct sal_ip *a, const struct sal_ip *b)
{
	return a->family == b->family &&
	       (!a->family || !memcmp(a->bytes, b->bytes, sal_net_ip_size(a->family)));
}

bool sal_net_route_same_key(const struct sal_rtnl_route *a, const struct sal_rtnl_route *b)
{
	return a->family == b->family && a->table == b->table && a->tos == b->tos &&
	       a->metric == b->metric && a->dst.len == b->dst.len &&
	       !memcmp(a->dst.ip.bytes, b->dst.ip.bytes, sal_net_ip_size(a->family));
}

static bool leg_same(const struct sal_rtnl_leg *a, const struct sal_rtnl_leg *b)
{
	/* One that was asked for without a device stands on the one that the kernel found. */
	return ip_same(&a->gateway, &b->gateway) && a->onlink == b->onlink &&
	       (!a->ifindex || !b->ifindex || a->ifindex == b->ifindex) &&
	       SAL_MAX(a->weight, 1u) == SAL_MAX(b->weight, 1u);
}

bool sal_net_route_equal(const struct sal_rtnl_route *a, const struct sal_rtnl_route *b)
{
	bool legs = type_has_legs(a->type);

	if (!sal_net_route_same_key(a, b) || a->type != b->type || a->protocol != b->protocol ||
	    a->scope != b->scope || !ip_same(&a->prefsrc, &b->prefsrc) ||
	    (legs && a->nlegs != b->nlegs))
		return false;
	for (size_t i = 0; legs && i < a->nlegs; i++) {
		size_t j = 0;

		while (j < b->nlegs && !leg_same(&a->legs[i], &b->legs[j]))
			j++;
		if (j == b->nlegs)
			return false;
	}
	return true;
}
