/* conntrack_open.c - takes messages apart as far as filters look. See conntrack_decode.h. */
#include "net/attr.h"
#include "net/conntrack_decode.h"

static void tuple_ip_open(const struct nlattr *nest, struct sal_net_conntrack_tuple *tuple)
{
	sal_nla_each_nested(a, nest)
	{
		switch (sal_nla_type(a)) {
		case CTA_IP_V4_SRC:
			sal_net_ip_attr(&tuple->src, AF_INET, a);
			break;
		case CTA_IP_V4_DST:
			sal_net_ip_attr(&tuple->dst, AF_INET, a);
			break;
		case CTA_IP_V6_SRC:
			sal_net_ip_attr(&tuple->src, AF_INET6, a);
			break;
		case CTA_IP_V6_DST:
			sal_net_ip_attr(&tuple->dst, AF_INET6, a);
			break;
		}
	}
}

static void tuple_proto_open(const struct nlattr *nest, struct sal_net_conntrack_tuple *tuple)
{
	sal_nla_each_nested(a, nest)
	{
		switch (sal_nla_type(a)) {
		case CTA_PROTO_NUM:
			tuple->proto = sal_nla_u8(a);
			break;
		case CTA_PROTO_SRC_PORT:
			tuple->sport = sal_nfnl_be16(a);
			tuple->has_sport = true;
			break;
		case CTA_PROTO_DST_PORT:
			tuple->dport = sal_nfnl_be16(a);
			tuple->has_dport = true;
			break;
		case CTA_PROTO_ICMP_TYPE:
		case CTA_PROTO_ICMPV6_TYPE:
			tuple->icmp_type = sal_nla_u8(a);
			tuple->has_icmp = true;
			break;
		case CTA_PROTO_ICMP_CODE:
		case CTA_PROTO_ICMPV6_CODE:
			tuple->icmp_code = sal_nla_u8(a);
			break;
		case CTA_PROTO_ICMP_ID:
		case CTA_PROTO_ICMPV6_ID:
			tuple->icmp_id = sal_nfnl_be16(a);
			break;
		}
	}
}

void sal_net_conntrack_tuple_open(const struct nlattr *nest, struct sal_net_conntrack_tuple *tuple)
{
	*tuple = (struct sal_net_conntrack_tuple){ 0 };
	sal_nla_each_nested(a, nest)
	{
		switch (sal_nla_type(a)) {
		case CTA_TUPLE_IP:
			tuple_ip_open(a, tuple);
			break;
		case CTA_TUPLE_PROTO:
			tuple_proto_open(a, tuple);
			break;
		case CTA_TUPLE_ZONE:
			tuple->zone = sal_nfnl_be16(a);
			tuple->has_zone = true;
			break;
		}
	}
}

bool sal_net_conntrack_open(const struct nlmsghdr *message, struct sal_net_conntrack_message *entry)
{
	const struct nfgenmsg *header =
		sal_nfnl_header(message, SAL_NFNL_TYPE(NFNL_SUBSYS_CTNETLINK, IPCTNL_MSG_CT_NEW));

	if (!header)
		return false;
	entry->family = header->nfgen_family;
	sal_nfnl_index(entry->attrs, CTA_MAX, message);
	if (!entry->attrs[CTA_TUPLE_ORIG] || !entry->attrs[CTA_TUPLE_REPLY])
		return false;
	sal_net_conntrack_tuple_open(entry->attrs[CTA_TUPLE_ORIG], &entry->original);
	sal_net_conntrack_tuple_open(entry->attrs[CTA_TUPLE_REPLY], &entry->reply);
	entry->status = entry->attrs[CTA_STATUS] ? sal_nfnl_be32(entry->attrs[CTA_STATUS]) : 0;
	return true;
}

static bool ip_equal(const struct sal_ip *a, const struct sal_ip *b)
{
	return a->family == b->family && !memcmp(a->bytes, b->bytes, sal_net_ip_size(a->family));
}

static bool tuple_equal(const struct sal_net_conntrack_tuple *a,
			const struct sal_net_conntrack_tuple *b)
{
	return a->proto == b->proto && a->sport == b->sport && a->dport == b->dport &&
	       a->icmp_id == b->icmp_id && a->icmp_type == b->icmp_type &&
	       a->icmp_code == b->icmp_code && a->zone == b->zone && ip_equal(&a->src, &b->src) &&
	       ip_equal(&a->dst, &b->dst);
}

static bool recent_has(const struct sal_net_conntrack_recent *recent, uint32_t id,
		       const struct sal_net_conntrack_tuple *tuple)
{
	bool known = false;

	/* Without a way out, so that it becomes a few vector instructions. */
	for (size_t i = 0; i < SAL_NET_CONNTRACK_RECENT; i++)
		known |= recent->ids[i] == id;
	for (size_t i = 0; known && i < SAL_NET_CONNTRACK_RECENT; i++) {
		if (recent->ids[i] == id && tuple_equal(&recent->tuples[i], tuple))
			return true;
	}
	return false;
}

bool sal_net_conntrack_repeated(struct sal_net_conntrack_recent *recent,
				const struct sal_net_conntrack_message *entry)
{
	uint32_t id;

	if (!entry->attrs[CTA_ID])
		return false;
	id = sal_nfnl_be32(entry->attrs[CTA_ID]);
	if ((const char *)entry->attrs[CTA_ID] <= (const char *)recent->last)
		recent->since = 0;
	recent->last = entry->attrs[CTA_ID];
	if (recent->since++ < SAL_NET_CONNTRACK_RECENT && recent_has(recent, id, &entry->original))
		return true;
	recent->ids[recent->next] = id;
	recent->tuples[recent->next] = entry->original;
	recent->next = (recent->next + 1) % SAL_NET_CONNTRACK_RECENT;
	return false;
}
