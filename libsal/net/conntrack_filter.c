/* conntrack_filter.c - parameters into a filter, for the kernel and for us. See conntrack_filter.h. */
#include "net/conntrack_filter.h"

#include <errno.h>
#include <linux/netfilter/nf_conntrack_common.h>
#include <netinet/in.h>
#include <stdlib.h>

#include "net/attr.h"

/* Bits of CTA_FILTER_ORIG_FLAGS, which no header gives out: net/netfilter/nf_internals.h. */
#define FILTER_IP_SRC	 (1 << 0)
#define FILTER_IP_DST	 (1 << 1)
#define FILTER_PROTO_NUM (1 << 3)
#define FILTER_SRC_PORT	 (1 << 4)
#define FILTER_DST_PORT	 (1 << 5)

static int param_fault(struct sal_error *err, const char *name, const char *wanted)
{
	int r = sal_fail(err, SAL_INVALID_PARAMS, "%s: expected %s", name, wanted);

	sal_error_field(err, "/%s", name);
	return r;
}

/* A number of 32 bits, decimal or 0x…, up to *end. */
static bool number_parse(const char *text, uint32_t *ret_value, const char **ret_end)
{
	int base = text[0] == '0' && (text[1] == 'x' || text[1] == 'X') ? 16 : 10;
	unsigned long long value;
	char *end;

	if (base == 16)
		text += 2;
	if (sal_hex_value(*text) < 0 || sal_hex_value(*text) >= base)
		return false;
	errno = 0;
	value = strtoull(text, &end, base);
	if (errno || value > UINT32_MAX)
		return false;
	*ret_value = value;
	*ret_end = end;
	return true;
}

static bool mark_parse(const char *text, struct sal_net_conntrack_filter *filter)
{
	const char *at;

	filter->mark_mask = UINT32_MAX;
	if (!number_parse(text, &filter->mark, &at))
		return false;
	if (*at == '/' && !number_parse(at + 1, &filter->mark_mask, &at))
		return false;
	return !*at;
}

static bool status_word(const char *word, struct sal_net_conntrack_filter *filter)
{
	if (!strcmp(word, "UNREPLIED")) {
		filter->status_mask |= IPS_SEEN_REPLY;
		return true;
	}
	for (unsigned bit = 0; bit < SAL_NET_CONNTRACK_STATUS_BITS; bit++) {
		if (!strcmp(word, sal_net_conntrack_status_names[bit])) {
			filter->status |= 1u << bit;
			filter->status_mask |= 1u << bit;
			return true;
		}
	}
	return false;
}

static int status_parse(const struct sal_strings *words, struct sal_net_conntrack_filter *filter,
			struct sal_error *err)
{
	bool unreplied = false;

	for (size_t i = 0; i < words->len; i++) {
		if (!status_word(words->items[i], filter)) {
			int r = sal_fail(err, SAL_INVALID_PARAMS,
					 "status: no such word: %s; ASSURED, SEEN_REPLY, UNREPLIED "
					 "and other bits of a status are",
					 words->items[i]);

			sal_error_field(err, "/status/%zu", i);
			return r;
		}
		unreplied |= !strcmp(words->items[i], "UNREPLIED");
	}
	if (unreplied && (filter->status & IPS_SEEN_REPLY))
		return param_fault(err, "status", "UNREPLIED or SEEN_REPLY, not both");
	return 0;
}

int sal_net_conntrack_filter_init(struct sal_net_conntrack_filter *filter,
				  const struct sal_net_conntrack_params *params,
				  struct sal_error *err)
{
	*filter = (struct sal_net_conntrack_filter){ 0 };
	if (params->has.family)
		filter->family = params->family == SAL_FAMILY_INET ? AF_INET : AF_INET6;
	filter->by_zone = params->has.zone;
	filter->zone = params->zone;
	filter->by_sport = params->has.sport;
	filter->sport = params->sport;
	filter->by_dport = params->has.dport;
	filter->dport = params->dport;
	if (params->has.src)
		filter->src = params->src;
	if (params->has.dst)
		filter->dst = params->dst;
	/* A prefix is of one family; where they contradict each other, nothing matches anyway. */
	if (!filter->family)
		filter->family =
			filter->src.ip.family ? filter->src.ip.family : filter->dst.ip.family;
	filter->by_proto = params->has.proto;
	if (filter->by_proto && !sal_net_conntrack_proto_find(params->proto, &filter->proto))
		return param_fault(err, "proto",
				   "tcp, udp, udplite, icmp, icmpv6, sctp, dccp, gre, or a number "
				   "up to 255");
	if (params->has.mark && !mark_parse(params->mark, filter))
		return param_fault(err, "mark", "a number of 32 bits, or value/mask");
	return params->has.status ? status_parse(&params->status, filter, err) : 0;
}

static bool is_host(const struct sal_prefix *prefix)
{
	return prefix->ip.family == AF_INET && prefix->len == 32;
}

/* IPv4 addresses only: some kernels (6.1 is one) compare IPv6 ones upside down. */
static uint32_t tuple_flags(const struct sal_net_conntrack_filter *filter)
{
	uint32_t flags = 0;

	if (!filter->family) /* the kernel refuses a tuple without one */
		return 0;
	if (filter->family == AF_INET && is_host(&filter->src))
		flags |= FILTER_IP_SRC;
	if (filter->family == AF_INET && is_host(&filter->dst))
		flags |= FILTER_IP_DST;
	if (filter->by_proto)
		flags |= FILTER_PROTO_NUM;
	if (filter->by_proto && (filter->proto == IPPROTO_TCP || filter->proto == IPPROTO_UDP)) {
		flags |= filter->by_sport ? FILTER_SRC_PORT : 0;
		flags |= filter->by_dport ? FILTER_DST_PORT : 0;
	}
	return flags;
}

static void tuple_put(const struct sal_net_conntrack_filter *filter, uint32_t flags,
		      struct sal_nl_request *request)
{
	struct nlattr *tuple = sal_nl_nest_begin(request, CTA_TUPLE_ORIG), *nest;

	nest = sal_nl_nest_begin(request, CTA_TUPLE_IP);
	if (flags & FILTER_IP_SRC)
		sal_nl_put(request, CTA_IP_V4_SRC, filter->src.ip.bytes, 4);
	if (flags & FILTER_IP_DST)
		sal_nl_put(request, CTA_IP_V4_DST, filter->dst.ip.bytes, 4);
	sal_nl_nest_end(request, nest);
	nest = sal_nl_nest_begin(request, CTA_TUPLE_PROTO);
	if (flags & FILTER_PROTO_NUM)
		sal_nl_put_u8(request, CTA_PROTO_NUM, filter->proto);
	if (flags & FILTER_SRC_PORT)
		sal_nfnl_put_be16(request, CTA_PROTO_SRC_PORT, filter->sport);
	if (flags & FILTER_DST_PORT)
		sal_nfnl_put_be16(request, CTA_PROTO_DST_PORT, filter->dport);
	sal_nl_nest_end(request, nest);
	sal_nl_nest_end(request, tuple);
	nest = sal_nl_nest_begin(request, CTA_FILTER);
	sal_nl_put_u32(request, CTA_FILTER_ORIG_FLAGS, flags);
	sal_nl_nest_end(request, nest);
}

bool sal_net_conntrack_filter_put(const struct sal_net_conntrack_filter *filter,
				  struct sal_nl_request *request)
{
	uint32_t flags = tuple_flags(filter);
	size_t before = request->header.nlmsg_len;

	if (filter->by_zone && filter->zone) /* to the kernel 0 is any */
		sal_nfnl_put_be16(request, CTA_ZONE, filter->zone);
	if (filter->mark_mask) {
		sal_nfnl_put_be32(request, CTA_MARK, filter->mark);
		sal_nfnl_put_be32(request, CTA_MARK_MASK, filter->mark_mask);
	}
	if (filter->status_mask) {
		sal_nfnl_put_be32(request, CTA_STATUS, filter->status);
		sal_nfnl_put_be32(request, CTA_STATUS_MASK, filter->status_mask);
	}
	if (flags)
		tuple_put(filter, flags, request);
	return request->header.nlmsg_len > before;
}

static bool prefix_holds(const struct sal_prefix *prefix, const struct sal_ip *ip)
{
	unsigned bytes = prefix->len / 8, bits = prefix->len % 8;

	if (!prefix->ip.family)
		return true;
	if (prefix->ip.family != ip->family || memcmp(prefix->ip.bytes, ip->bytes, bytes) != 0)
		return false;
	return !bits || !((prefix->ip.bytes[bytes] ^ ip->bytes[bytes]) >> (8 - bits));
}

/* The keys of GRE stand where ports do, and are none. */
static bool port_matches(bool wanted, uint16_t port, bool has, uint16_t theirs, uint8_t proto)
{
	return !wanted || (has && port == theirs && proto != IPPROTO_GRE);
}

bool sal_net_conntrack_filter_matches(const struct sal_net_conntrack_filter *filter,
				      const struct sal_net_conntrack_message *entry)
{
	const struct sal_net_conntrack_tuple *original = &entry->original;
	const struct nlattr *zone = entry->attrs[CTA_ZONE], *mark = entry->attrs[CTA_MARK];

	if (filter->family && filter->family != entry->family)
		return false;
	if (filter->by_zone && filter->zone != (zone ? sal_nfnl_be16(zone) : 0))
		return false;
	if (((mark ? sal_nfnl_be32(mark) : 0) & filter->mark_mask) != filter->mark)
		return false;
	if ((entry->status & filter->status_mask) != filter->status)
		return false;
	if (filter->by_proto && filter->proto != original->proto)
		return false;
	return port_matches(filter->by_sport, filter->sport, original->has_sport, original->sport,
			    original->proto) &&
	       port_matches(filter->by_dport, filter->dport, original->has_dport, original->dport,
			    original->proto) &&
	       prefix_holds(&filter->src, &original->src) &&
	       prefix_holds(&filter->dst, &original->dst);
}
