/* conntrack_decode.c - the hot path of net.conntrack: attributes into a struct. */
#include "net/conntrack_decode.h"

#include <linux/netfilter/nf_conntrack_common.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/json_write.h"
#include "net/attr.h"

#define NS_PER_S 1000000000ull

static const char *const proto_names[] = {
	[IPPROTO_ICMP] = "icmp", [IPPROTO_TCP] = "tcp",		[IPPROTO_UDP] = "udp",
	[IPPROTO_DCCP] = "dccp", [IPPROTO_GRE] = "gre",		[IPPROTO_ICMPV6] = "icmpv6",
	[IPPROTO_SCTP] = "sctp", [IPPROTO_UDPLITE] = "udplite",
};

static const char *const tcp_states[] = {
	"NONE",	      "SYN_SENT", "SYN_RECV",  "ESTABLISHED", "FIN_WAIT",
	"CLOSE_WAIT", "LAST_ACK", "TIME_WAIT", "CLOSE",	      "SYN_SENT2",
};

static const char *const sctp_states[] = {
	"NONE",		 "CLOSED",	  "COOKIE_WAIT",       "COOKIE_ECHOED",	 "ESTABLISHED",
	"SHUTDOWN_SENT", "SHUTDOWN_RECD", "SHUTDOWN_ACK_SENT", "HEARTBEAT_SENT", "HEARTBEAT_ACKED",
};

static const char *const dccp_states[] = {
	"NONE",	    "REQUEST", "RESPOND",  "PARTOPEN", "OPEN",
	"CLOSEREQ", "CLOSING", "TIMEWAIT", "IGNORE",   "INVALID",
};

const char *const sal_net_conntrack_status_names[SAL_NET_CONNTRACK_STATUS_BITS] = {
	[IPS_EXPECTED_BIT] = "EXPECTED",
	[IPS_SEEN_REPLY_BIT] = "SEEN_REPLY",
	[IPS_ASSURED_BIT] = "ASSURED",
	[IPS_CONFIRMED_BIT] = "CONFIRMED",
	[IPS_SRC_NAT_BIT] = "SRC_NAT",
	[IPS_DST_NAT_BIT] = "DST_NAT",
	[IPS_SEQ_ADJUST_BIT] = "SEQ_ADJUST",
	[IPS_SRC_NAT_DONE_BIT] = "SRC_NAT_DONE",
	[IPS_DST_NAT_DONE_BIT] = "DST_NAT_DONE",
	[IPS_DYING_BIT] = "DYING",
	[IPS_FIXED_TIMEOUT_BIT] = "FIXED_TIMEOUT",
	[IPS_TEMPLATE_BIT] = "TEMPLATE",
	[IPS_UNTRACKED_BIT] = "UNTRACKED",
	[IPS_HELPER_BIT] = "HELPER",
	[IPS_OFFLOAD_BIT] = "OFFLOAD",
	[IPS_HW_OFFLOAD_BIT] = "HW_OFFLOAD",
};

static const char *proto_name(uint8_t proto)
{
	const char *name = proto < SAL_ARRAY_LEN(proto_names) ? proto_names[proto] : NULL;

	return name ? name : "unknown";
}

bool sal_net_conntrack_proto_find(const char *text, uint8_t *ret_proto)
{
	unsigned long number;
	char *end;

	for (size_t i = 0; i < SAL_ARRAY_LEN(proto_names); i++) {
		if (proto_names[i] && !strcmp(proto_names[i], text)) {
			*ret_proto = i;
			return true;
		}
	}
	if (*text < '0' || *text > '9')
		return false;
	number = strtoul(text, &end, 10);
	if (*end || number > UINT8_MAX)
		return false;
	*ret_proto = number;
	return true;
}

static const char *key_format(char *text, size_t size, uint16_t key)
{
	snprintf(text, size, "0x%x", key);
	return text;
}

static void layer4_decode(const struct sal_net_conntrack_tuple *tuple,
			  struct sal_net_conntrack_parts *parts)
{
	struct sal_conntrack_layer4 *layer4 = &parts->layer4;

	memset(layer4->has_words, 0, sizeof(layer4->has_words));
	layer4->protonum = tuple->proto;
	layer4->protoname = proto_name(tuple->proto);
	if (tuple->proto == IPPROTO_GRE) {
		if (tuple->has_sport)
			sal_set(layer4, srckey,
				key_format(parts->srckey, sizeof(parts->srckey), tuple->sport));
		if (tuple->has_dport)
			sal_set(layer4, dstkey,
				key_format(parts->dstkey, sizeof(parts->dstkey), tuple->dport));
		return;
	}
	if (tuple->has_sport)
		sal_set(layer4, sport, tuple->sport);
	if (tuple->has_dport)
		sal_set(layer4, dport, tuple->dport);
	if (tuple->has_icmp) {
		sal_set(layer4, type, tuple->icmp_type);
		sal_set(layer4, code, tuple->icmp_code);
		sal_set(layer4, id, tuple->icmp_id);
	}
}

static const struct sal_conntrack_direction *
direction_decode(uint8_t family, const struct sal_net_conntrack_tuple *tuple,
		 struct sal_net_conntrack_parts *parts)
{
	struct sal_conntrack_direction *direction = &parts->direction;
	struct sal_conntrack_layer3 *layer3 = &parts->layer3;

	memset(direction->has_words, 0, sizeof(direction->has_words));
	memset(layer3->has_words, 0, sizeof(layer3->has_words));
	layer3->protonum = family;
	layer3->protoname = family == AF_INET ? "ipv4" : family == AF_INET6 ? "ipv6" : "unknown";
	if (tuple->src.family)
		sal_set(layer3, src, tuple->src);
	if (tuple->dst.family)
		sal_set(layer3, dst, tuple->dst);
	layer4_decode(tuple, parts);
	direction->layer3 = layer3;
	direction->layer4 = &parts->layer4;
	if (tuple->has_zone)
		sal_set(direction, zone, tuple->zone);
	return direction;
}

static void counters_decode(const struct nlattr *nest, struct sal_net_conntrack_parts *parts)
{
	const struct nlattr *tb[CTA_COUNTERS_MAX + 1];

	sal_nla_index_nested(tb, CTA_COUNTERS_MAX, nest);
	if (!tb[CTA_COUNTERS_PACKETS] || !tb[CTA_COUNTERS_BYTES])
		return;
	parts->counters.packets = sal_nfnl_be64(tb[CTA_COUNTERS_PACKETS]);
	parts->counters.bytes = sal_nfnl_be64(tb[CTA_COUNTERS_BYTES]);
	sal_set(&parts->direction, counters, &parts->counters);
}

static const char *state_name(const char *const *names, size_t len, const struct nlattr *protoinfo)
{
	/* The state is attribute 1 of all three. */
	const struct nlattr *tb[CTA_PROTOINFO_TCP_STATE + 1];
	uint8_t state;

	sal_nla_index_nested(tb, CTA_PROTOINFO_TCP_STATE, protoinfo);
	if (!tb[CTA_PROTOINFO_TCP_STATE])
		return NULL;
	state = sal_nla_u8(tb[CTA_PROTOINFO_TCP_STATE]);
	return names[state < len ? state : 0];
}

static void state_decode(const struct nlattr *nest, struct sal_conntrack_entry *entry)
{
	const char *state = NULL;

	sal_nla_each_nested(a, nest)
	{
		switch (sal_nla_type(a)) {
		case CTA_PROTOINFO_TCP:
			state = state_name(tcp_states, SAL_ARRAY_LEN(tcp_states), a);
			break;
		case CTA_PROTOINFO_DCCP:
			state = state_name(dccp_states, SAL_ARRAY_LEN(dccp_states), a);
			break;
		case CTA_PROTOINFO_SCTP:
			state = state_name(sctp_states, SAL_ARRAY_LEN(sctp_states), a);
			break;
		}
	}
	sal_set_found(entry, state, state);
}

static void nat_fill(const struct sal_ip *ip, bool has_port, uint16_t port, uint8_t proto,
		     struct sal_conntrack_nat *nat)
{
	memset(nat->has_words, 0, sizeof(nat->has_words));
	if (ip->family)
		sal_set(nat, address, *ip);
	if (has_port && proto != IPPROTO_GRE)
		sal_set(nat, port, port);
}

static void status_decode(struct sal_net_conntrack_decoder *decoder,
			  const struct sal_net_conntrack_message *message,
			  struct sal_conntrack_entry *entry)
{
	const struct sal_net_conntrack_tuple *reply = &message->reply;
	uint32_t status = message->status;
	size_t n = 0;

	for (uint32_t bits = status & 0xffff; bits; bits &= bits - 1)
		decoder->status[n++] = sal_net_conntrack_status_names[__builtin_ctz(bits)];
	if (status >> SAL_NET_CONNTRACK_STATUS_BITS)
		decoder->status[n++] = sal_arena_printf(decoder->arena, "%#x", status & ~0xffffu);
	entry->status = (struct sal_strings){ decoder->status, n };
	if (status & IPS_ASSURED)
		sal_set(entry, assured, true);
	if (message->attrs[CTA_STATUS] && !(status & IPS_SEEN_REPLY))
		sal_set(entry, unreplied, true);
	if (status & IPS_SRC_NAT) {
		nat_fill(&reply->dst, reply->has_dport, reply->dport, reply->proto,
			 &decoder->src_nat);
		sal_set(entry, src_nat, &decoder->src_nat);
	}
	if (status & IPS_DST_NAT) {
		nat_fill(&reply->src, reply->has_sport, reply->sport, reply->proto,
			 &decoder->dst_nat);
		sal_set(entry, dst_nat, &decoder->dst_nat);
	}
}

static const char *time_format(char *text, uint64_t ns)
{
	time_t seconds = ns / NS_PER_S; /* 64 bits of nanoseconds end in the year 2554 */
	struct tm tm;
	size_t len;

	gmtime_r(&seconds, &tm);
	len = strftime(text, SAL_NET_CONNTRACK_TIME_TEXT, "%Y-%m-%dT%H:%M:%S", &tm);
	snprintf(text + len, SAL_NET_CONNTRACK_TIME_TEXT - len, ".%09uZ",
		 (unsigned)(ns % NS_PER_S));
	return text;
}

static void timestamp_decode(struct sal_net_conntrack_decoder *decoder, const struct nlattr *nest,
			     struct sal_conntrack_entry *entry)
{
	struct sal_conntrack_timestamp *timestamp = &decoder->timestamp;
	const struct nlattr *tb[CTA_TIMESTAMP_MAX + 1];
	int64_t from, to = decoder->now;

	sal_nla_index_nested(tb, CTA_TIMESTAMP_MAX, nest);
	memset(timestamp->has_words, 0, sizeof(timestamp->has_words));
	if (tb[CTA_TIMESTAMP_STOP]) {
		sal_set(timestamp, stop, sal_nfnl_be64(tb[CTA_TIMESTAMP_STOP]));
		sal_set(timestamp, stop_time, time_format(decoder->stop_time, timestamp->stop));
		to = timestamp->stop / NS_PER_S;
	}
	if (tb[CTA_TIMESTAMP_START]) {
		sal_set(timestamp, start, sal_nfnl_be64(tb[CTA_TIMESTAMP_START]));
		sal_set(timestamp, start_time, time_format(decoder->start_time, timestamp->start));
		from = timestamp->start / NS_PER_S;
		sal_set(entry, deltatime, to > from ? to - from : 0);
	}
	if (timestamp->has_words[0])
		sal_set(entry, timestamp, timestamp);
}

static const struct sal_conntrack_seqadj *seqadj_decode(struct sal_arena *arena,
							const struct nlattr *nest)
{
	struct sal_conntrack_seqadj *seqadj = sal_arena_zalloc(arena, sizeof(*seqadj));
	const struct nlattr *tb[CTA_SEQADJ_MAX + 1];

	sal_nla_index_nested(tb, CTA_SEQADJ_MAX, nest);
	if (tb[CTA_SEQADJ_CORRECTION_POS])
		seqadj->correction_pos = sal_nfnl_be32(tb[CTA_SEQADJ_CORRECTION_POS]);
	if (tb[CTA_SEQADJ_OFFSET_BEFORE])
		seqadj->offset_before = (int32_t)sal_nfnl_be32(tb[CTA_SEQADJ_OFFSET_BEFORE]);
	if (tb[CTA_SEQADJ_OFFSET_AFTER])
		seqadj->offset_after = (int32_t)sal_nfnl_be32(tb[CTA_SEQADJ_OFFSET_AFTER]);
	return seqadj;
}

static void seqadjs_decode(struct sal_arena *arena, const struct nlattr *const *tb,
			   struct sal_conntrack_entry *entry)
{
	struct sal_conntrack_seqadjs *both = sal_arena_zalloc(arena, sizeof(*both));

	if (tb[CTA_SEQ_ADJ_ORIG])
		sal_set(both, original, seqadj_decode(arena, tb[CTA_SEQ_ADJ_ORIG]));
	if (tb[CTA_SEQ_ADJ_REPLY])
		sal_set(both, reply, seqadj_decode(arena, tb[CTA_SEQ_ADJ_REPLY]));
	sal_set(entry, seqadj, both);
}

static void synproxy_decode(struct sal_arena *arena, const struct nlattr *nest,
			    struct sal_conntrack_entry *entry)
{
	struct sal_conntrack_synproxy *synproxy = sal_arena_zalloc(arena, sizeof(*synproxy));
	const struct nlattr *tb[CTA_SYNPROXY_MAX + 1];

	sal_nla_index_nested(tb, CTA_SYNPROXY_MAX, nest);
	if (tb[CTA_SYNPROXY_ISN])
		synproxy->isn = sal_nfnl_be32(tb[CTA_SYNPROXY_ISN]);
	if (tb[CTA_SYNPROXY_ITS])
		synproxy->its = sal_nfnl_be32(tb[CTA_SYNPROXY_ITS]);
	if (tb[CTA_SYNPROXY_TSOFF])
		synproxy->tsoff = sal_nfnl_be32(tb[CTA_SYNPROXY_TSOFF]);
	/* The kernel gives room for it to entries that no SYN proxy has to do with. */
	if (synproxy->isn || synproxy->its || synproxy->tsoff)
		sal_set(entry, synproxy, synproxy);
}

/* A string that stands as attribute 1 in a nest: a helper's name, a security context. */
static const char *nested_string(struct sal_arena *arena, const struct nlattr *nest)
{
	const struct nlattr *tb[2];

	sal_nla_index_nested(tb, 1, nest);
	return tb[1] ? sal_nla_string(tb[1], arena) : NULL;
}

/* What few entries have. */
static void rare_decode(struct sal_net_conntrack_decoder *decoder,
			const struct sal_net_conntrack_message *message,
			struct sal_conntrack_entry *entry)
{
	const struct nlattr *const *tb = message->attrs;
	struct sal_arena *arena = decoder->arena;

	_Static_assert(CTA_HELP_NAME == 1 && CTA_SECCTX_NAME == 1, "see nested_string()");
	if (tb[CTA_HELP])
		sal_set_found(entry, helper, nested_string(arena, tb[CTA_HELP]));
	if (tb[CTA_SECCTX])
		sal_set_found(entry, secctx, nested_string(arena, tb[CTA_SECCTX]));
	if (tb[CTA_LABELS]) {
		entry->labels = sal_net_conntrack_labels_list(
			decoder->labels, arena, sal_nla_data(tb[CTA_LABELS]),
			SAL_MIN(sal_nla_len(tb[CTA_LABELS]), SAL_NET_CONNTRACK_LABELS / 8));
		entry->has.labels = entry->labels.len > 0;
	}
	if (tb[CTA_TIMESTAMP])
		timestamp_decode(decoder, tb[CTA_TIMESTAMP], entry);
	if (tb[CTA_TUPLE_MASTER]) {
		struct sal_net_conntrack_tuple tuple;

		sal_net_conntrack_tuple_open(tb[CTA_TUPLE_MASTER], &tuple);
		sal_set(entry, master, direction_decode(message->family, &tuple, &decoder->master));
	}
	if (tb[CTA_SEQ_ADJ_ORIG] || tb[CTA_SEQ_ADJ_REPLY])
		seqadjs_decode(arena, tb, entry);
	if (tb[CTA_SYNPROXY])
		synproxy_decode(arena, tb[CTA_SYNPROXY], entry);
}

static bool has_rare(const struct nlattr *const *tb)
{
	return tb[CTA_HELP] || tb[CTA_SECCTX] || tb[CTA_LABELS] || tb[CTA_TIMESTAMP] ||
	       tb[CTA_TUPLE_MASTER] || tb[CTA_SEQ_ADJ_ORIG] || tb[CTA_SEQ_ADJ_REPLY] ||
	       tb[CTA_SYNPROXY];
}

void sal_net_conntrack_decode(struct sal_net_conntrack_decoder *decoder,
			      const struct sal_net_conntrack_message *message,
			      struct sal_conntrack_entry *entry)
{
	const struct nlattr *const *tb = message->attrs;

	/* Members are read only where their bit is set: clearing the bits clears the entry. */
	memset(entry->has_words, 0, sizeof(entry->has_words));
	entry->original = direction_decode(message->family, &message->original, &decoder->original);
	entry->reply = direction_decode(message->family, &message->reply, &decoder->reply);
	if (tb[CTA_COUNTERS_ORIG])
		counters_decode(tb[CTA_COUNTERS_ORIG], &decoder->original);
	if (tb[CTA_COUNTERS_REPLY])
		counters_decode(tb[CTA_COUNTERS_REPLY], &decoder->reply);
	if (tb[CTA_PROTOINFO])
		state_decode(tb[CTA_PROTOINFO], entry);
	if (tb[CTA_TIMEOUT])
		sal_set(entry, timeout, sal_nfnl_be32(tb[CTA_TIMEOUT]));
	if (tb[CTA_MARK])
		sal_set(entry, mark, sal_nfnl_be32(tb[CTA_MARK]));
	if (tb[CTA_ZONE])
		sal_set(entry, zone, sal_nfnl_be16(tb[CTA_ZONE]));
	if (tb[CTA_USE])
		sal_set(entry, use, sal_nfnl_be32(tb[CTA_USE]));
	if (tb[CTA_ID])
		sal_set(entry, id, sal_nfnl_be32(tb[CTA_ID]));
	status_decode(decoder, message, entry);
	if (has_rare(tb))
		rare_decode(decoder, message, entry);
}
