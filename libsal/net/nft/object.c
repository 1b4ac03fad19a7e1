/* object.c - named counters, quotas, limits, helpers, timeouts, expectations, synproxies. See ruleset.h. */
#include <netinet/in.h> /* before linux/in.h, which must know */

#include <linux/netfilter.h>
#include <linux/netfilter/nf_synproxy.h>
#include <linux/netfilter/nfnetlink_cttimeout.h>

#include "base/json_write.h"
#include "net/nft/json.h"

#define UDATA_COMMENT 0

static void protocol_write(struct sal_nft_writer *writer, uint8_t protocol)
{
	const char *name = sal_nft_names_get(writer->names, SAL_NFT_NAMES_PROTOCOL, protocol);

	sal_nft_put(writer, ",\"protocol\":");
	if (name)
		sal_json_put_cstring(writer->out, name);
	else
		sal_json_put_u64(writer->out, protocol);
}

static void counter_write(struct sal_nft_writer *writer, const struct nlattr *data)
{
	const struct nlattr *tb[NFTA_COUNTER_MAX + 1];

	sal_nla_index_nested(tb, NFTA_COUNTER_MAX, data);
	sal_nft_put_number(writer, ",\"packets\":", sal_nft_u64(tb[NFTA_COUNTER_PACKETS]));
	sal_nft_put_number(writer, ",\"bytes\":", sal_nft_u64(tb[NFTA_COUNTER_BYTES]));
}

static void quota_write(struct sal_nft_writer *writer, const struct nlattr *data)
{
	const struct nlattr *tb[NFTA_QUOTA_MAX + 1];

	sal_nla_index_nested(tb, NFTA_QUOTA_MAX, data);
	sal_nft_put_number(writer, ",\"bytes\":", sal_nft_u64(tb[NFTA_QUOTA_BYTES]));
	sal_nft_put_number(writer, ",\"used\":", sal_nft_u64(tb[NFTA_QUOTA_CONSUMED]));
	sal_nft_put(writer, ",\"inv\":");
	sal_json_put_bool(writer->out, sal_nft_u32(tb[NFTA_QUOTA_FLAGS]) & NFT_QUOTA_F_INV);
}

static void limit_write(struct sal_nft_writer *writer, const struct nlattr *data)
{
	const struct nlattr *tb[NFTA_LIMIT_MAX + 1];
	const char *rate_unit = NULL, *burst_unit = NULL;
	uint64_t rate, burst;

	sal_nla_index_nested(tb, NFTA_LIMIT_MAX, data);
	rate = sal_nft_u64(tb[NFTA_LIMIT_RATE]);
	burst = sal_nft_u32(tb[NFTA_LIMIT_BURST]);
	if (sal_nft_u32(tb[NFTA_LIMIT_TYPE]) == NFT_LIMIT_PKT_BYTES) {
		rate_unit = sal_nft_unit(rate, &rate);
		burst_unit = sal_nft_unit(burst, &burst);
	}
	sal_nft_put_number(writer, ",\"rate\":", rate);
	sal_nft_put_string(writer, ",\"per\":", sal_nft_per(sal_nft_u64(tb[NFTA_LIMIT_UNIT])));
	if (sal_nft_u32(tb[NFTA_LIMIT_FLAGS]) & NFT_LIMIT_F_INV)
		sal_nft_put(writer, ",\"inv\":true");
	if (rate_unit)
		sal_nft_put_string(writer, ",\"rate_unit\":", rate_unit);
	if (burst) {
		sal_nft_put_number(writer, ",\"burst\":", burst);
		if (burst_unit)
			sal_nft_put_string(writer, ",\"burst_unit\":", burst_unit);
	}
}

static void helper_write(struct sal_nft_writer *writer, const struct nlattr *data)
{
	const struct nlattr *tb[NFTA_CT_HELPER_MAX + 1];

	sal_nla_index_nested(tb, NFTA_CT_HELPER_MAX, data);
	sal_nft_put_string(writer,
			   ",\"type\":", sal_nft_string(tb[NFTA_CT_HELPER_NAME], writer->arena));
	protocol_write(writer, sal_nft_u8(tb[NFTA_CT_HELPER_L4PROTO]));
	sal_nft_put_string(writer, ",\"l3proto\":",
			   sal_nft_family_name((uint8_t)sal_nft_u16(tb[NFTA_CT_HELPER_L3PROTO])));
}

struct timeout_row {
	const char *name;
	uint32_t usual; /* seconds; not written when it is that */
};

/* By CTA_TIMEOUT_TCP_* and CTA_TIMEOUT_UDP_*. */
static const struct timeout_row tcp_timeouts[] = {
	[CTA_TIMEOUT_TCP_SYN_SENT] = { "syn_sent", 120 },
	[CTA_TIMEOUT_TCP_SYN_RECV] = { "syn_recv", 60 },
	[CTA_TIMEOUT_TCP_ESTABLISHED] = { "established", 432000 },
	[CTA_TIMEOUT_TCP_FIN_WAIT] = { "fin_wait", 120 },
	[CTA_TIMEOUT_TCP_CLOSE_WAIT] = { "close_wait", 60 },
	[CTA_TIMEOUT_TCP_LAST_ACK] = { "last_ack", 30 },
	[CTA_TIMEOUT_TCP_TIME_WAIT] = { "time_wait", 120 },
	[CTA_TIMEOUT_TCP_CLOSE] = { "close", 10 },
	[CTA_TIMEOUT_TCP_SYN_SENT2] = { "syn_sent2", 120 },
	[CTA_TIMEOUT_TCP_RETRANS] = { "retrans", 300 },
	[CTA_TIMEOUT_TCP_UNACK] = { "unack", 300 },
};

static const struct timeout_row udp_timeouts[] = {
	[CTA_TIMEOUT_UDP_UNREPLIED] = { "unreplied", 30 },
	[CTA_TIMEOUT_UDP_REPLIED] = { "replied", 120 },
};

static void timeout_write(struct sal_nft_writer *writer, const struct nlattr *data)
{
	const struct nlattr *tb[NFTA_CT_TIMEOUT_MAX + 1], *values[CTA_TIMEOUT_TCP_MAX + 1] = { 0 };
	const struct timeout_row *rows = NULL;
	uint8_t protocol;
	size_t n = 0;
	bool begun = false;

	sal_nla_index_nested(tb, NFTA_CT_TIMEOUT_MAX, data);
	protocol = sal_nft_u8(tb[NFTA_CT_TIMEOUT_L4PROTO]);
	if (protocol == IPPROTO_TCP) {
		rows = tcp_timeouts;
		n = SAL_ARRAY_LEN(tcp_timeouts);
	} else if (protocol == IPPROTO_UDP) {
		rows = udp_timeouts;
		n = SAL_ARRAY_LEN(udp_timeouts);
	}
	if (tb[NFTA_CT_TIMEOUT_DATA])
		sal_nla_index_nested(values, CTA_TIMEOUT_TCP_MAX, tb[NFTA_CT_TIMEOUT_DATA]);
	protocol_write(writer, protocol);
	sal_nft_put_string(writer, ",\"l3proto\":",
			   sal_nft_family_name((uint8_t)sal_nft_u16(tb[NFTA_CT_TIMEOUT_L3PROTO])));
	sal_nft_put(writer, ",\"policy\":");
	for (size_t i = 0; i < n; i++) {
		if (!rows[i].name || !values[i] || sal_nft_u32(values[i]) == rows[i].usual)
			continue;
		sal_nft_put_string(writer, begun ? "," : "{", rows[i].name);
		sal_nft_put_number(writer, ":", sal_nft_u32(values[i]));
		begun = true;
	}
	sal_nft_put(writer, begun ? "}" : "null");
}

static void expect_write(struct sal_nft_writer *writer, const struct nlattr *data)
{
	const struct nlattr *tb[NFTA_CT_EXPECT_MAX + 1];
	const struct nlattr *timeout;

	sal_nla_index_nested(tb, NFTA_CT_EXPECT_MAX, data);
	timeout = tb[NFTA_CT_EXPECT_TIMEOUT];
	protocol_write(writer, sal_nft_u8(tb[NFTA_CT_EXPECT_L4PROTO]));
	sal_nft_put_number(writer, ",\"dport\":", sal_nft_u16(tb[NFTA_CT_EXPECT_DPORT]));
	sal_nft_put_number(writer, ",\"timeout\":", timeout ? sal_nla_u32(timeout) : 0);
	sal_nft_put_number(writer, ",\"size\":", sal_nft_u8(tb[NFTA_CT_EXPECT_SIZE]));
	sal_nft_put_string(writer, ",\"l3proto\":",
			   sal_nft_family_name((uint8_t)sal_nft_u16(tb[NFTA_CT_EXPECT_L3PROTO])));
}

static void synproxy_write(struct sal_nft_writer *writer, const struct nlattr *data)
{
	static const struct sal_nft_flag_name names[] = {
		{ NF_SYNPROXY_OPT_TIMESTAMP, "timestamp" },
		{ NF_SYNPROXY_OPT_SACK_PERM, "sack-perm" },
	};
	const struct nlattr *tb[NFTA_SYNPROXY_MAX + 1];

	sal_nla_index_nested(tb, NFTA_SYNPROXY_MAX, data);
	sal_nft_put_number(writer, ",\"mss\":", sal_nft_u16(tb[NFTA_SYNPROXY_MSS]));
	sal_nft_put_number(writer, ",\"wscale\":", sal_nft_u8(tb[NFTA_SYNPROXY_WSCALE]));
	sal_nft_put_flags(writer, ",\"flags\":", sal_nft_u32(tb[NFTA_SYNPROXY_FLAGS]), names,
			  SAL_ARRAY_LEN(names), true);
}

static void secmark_write(struct sal_nft_writer *writer, const struct nlattr *data)
{
	const struct nlattr *tb[NFTA_SECMARK_MAX + 1];

	sal_nla_index_nested(tb, NFTA_SECMARK_MAX, data);
	sal_nft_put_string(writer,
			   ",\"context\":", sal_nft_string(tb[NFTA_SECMARK_CTX], writer->arena));
}

static void unknown_write(struct sal_nft_writer *writer, const struct nlattr *data)
{
	sal_nft_put_hex(writer, ",\"x-raw\":", data);
}

void sal_nft_object_write(struct sal_nft_writer *writer, const struct nlmsghdr *message)
{
	static void (*const kinds[])(struct sal_nft_writer *, const struct nlattr *) = {
		[NFT_OBJECT_COUNTER] = counter_write,	 [NFT_OBJECT_QUOTA] = quota_write,
		[NFT_OBJECT_CT_HELPER] = helper_write,	 [NFT_OBJECT_LIMIT] = limit_write,
		[NFT_OBJECT_CT_TIMEOUT] = timeout_write, [NFT_OBJECT_SECMARK] = secmark_write,
		[NFT_OBJECT_CT_EXPECT] = expect_write,	 [NFT_OBJECT_SYNPROXY] = synproxy_write,
	};
	static const struct nlattr nothing = { .nla_len = NLA_HDRLEN };
	const struct nlattr *tb[NFTA_OBJ_MAX + 1], *data;
	const char *comment;
	uint32_t type;

	sal_nla_index_message(tb, NFTA_OBJ_MAX, message, sizeof(struct nfgenmsg));
	type = sal_nft_u32(tb[NFTA_OBJ_TYPE]);
	data = tb[NFTA_OBJ_DATA] ? tb[NFTA_OBJ_DATA] : &nothing;
	sal_nft_put_string(writer, "{", sal_nft_object_name(type));
	sal_nft_put_string(writer,
			   ":{\"family\":", sal_nft_family_name(sal_nft_message_family(message)));
	sal_nft_put_string(writer, ",\"name\":", sal_nft_string(tb[NFTA_OBJ_NAME], writer->arena));
	sal_nft_put_string(writer,
			   ",\"table\":", sal_nft_string(tb[NFTA_OBJ_TABLE], writer->arena));
	sal_nft_put_number(writer, ",\"handle\":", sal_nft_u64(tb[NFTA_OBJ_HANDLE]));
	comment = sal_nft_udata_string(tb[NFTA_OBJ_USERDATA], UDATA_COMMENT);
	if (comment)
		sal_nft_put_string(writer, ",\"comment\":", comment);
	if (type < SAL_ARRAY_LEN(kinds) && kinds[type])
		kinds[type](writer, data);
	else
		unknown_write(writer, data);
	sal_nft_put(writer, "}}");
}
