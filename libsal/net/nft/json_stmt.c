/* json_stmt.c - statements as libnftables-json(5) has them. See json.h. */
#include <linux/netfilter.h>
#include <linux/netfilter/nf_log.h>
#include <linux/netfilter/nf_nat.h>
#include <linux/netfilter/nf_synproxy.h>
#include <linux/netfilter/nf_tables.h>
#include <syslog.h>

#include "base/json_write.h"
#include "net/nft/json.h"
#include "net/nft/parse.h"

const char *sal_nft_unit(uint64_t bytes, uint64_t *ret_value)
{
	static const char *const units[] = { "bytes", "kbytes", "mbytes" };
	unsigned i = 0;

	for (; bytes && bytes % 1024 == 0 && i < SAL_ARRAY_LEN(units) - 1; i++)
		bytes /= 1024;
	*ret_value = bytes;
	return units[i];
}

const char *sal_nft_per(uint64_t seconds)
{
	switch (seconds) {
	case 1:
		return "second";
	case 60:
		return "minute";
	case 3600:
		return "hour";
	case 86400:
		return "day";
	case 604800:
		return "week";
	}
	return "error";
}

const char *sal_nft_object_name(uint32_t type)
{
	static const char *const names[] = {
		[NFT_OBJECT_COUNTER] = "counter",	   [NFT_OBJECT_QUOTA] = "quota",
		[NFT_OBJECT_CT_HELPER] = "ct helper",	   [NFT_OBJECT_LIMIT] = "limit",
		[NFT_OBJECT_CT_TIMEOUT] = "ct timeout",	   [NFT_OBJECT_SECMARK] = "secmark",
		[NFT_OBJECT_CT_EXPECT] = "ct expectation", [NFT_OBJECT_SYNPROXY] = "synproxy",
	};

	return type < SAL_ARRAY_LEN(names) && names[type] ? names[type] : "unknown";
}

static const char *log_level(uint32_t level)
{
	static const char *const names[] = {
		[LOG_EMERG] = "emerg", [LOG_ALERT] = "alert",  [LOG_CRIT] = "crit",
		[LOG_ERR] = "err",     [LOG_WARNING] = "warn", [LOG_NOTICE] = "notice",
		[LOG_INFO] = "info",   [LOG_DEBUG] = "debug",  [LOG_DEBUG + 1] = "audit",
	};

	return level < SAL_ARRAY_LEN(names) ? names[level] : "unknown";
}

/* The comma between members: none before the first. */
static const char *sep(bool *begun, const char *key)
{
	const char *from = *begun ? key : key + 1;

	*begun = true;
	return from;
}

static void log_write(struct sal_nft_writer *writer, const struct sal_nft_stmt *stmt)
{
	static const struct sal_nft_flag_name names[] = {
		{ NF_LOG_TCPSEQ, "tcp sequence" }, { NF_LOG_TCPOPT, "tcp options" },
		{ NF_LOG_IPOPT, "ip options" },	   { NF_LOG_UID, "skuid" },
		{ NF_LOG_MACDECODE, "ether" },
	};
	static const struct sal_nft_flag_name all[] = { { NF_LOG_MASK, "all" } };
	bool is_all = (stmt->log.flags & NF_LOG_MASK) == NF_LOG_MASK, begun = false;
	size_t start;

	sal_nft_put(writer, "\"log\":");
	start = writer->out->len;
	sal_nft_put(writer, "{");
	if (stmt->log.prefix)
		sal_nft_put_string(writer, sep(&begun, ",\"prefix\":"), stmt->log.prefix);
	if (stmt->log.has_group)
		sal_nft_put_number(writer, sep(&begun, ",\"group\":"), stmt->log.group);
	if (stmt->log.has_snaplen)
		sal_nft_put_number(writer, sep(&begun, ",\"snaplen\":"), stmt->log.snaplen);
	if (stmt->log.has_threshold)
		sal_nft_put_number(writer, sep(&begun, ",\"queue-threshold\":"),
				   stmt->log.threshold);
	if (stmt->log.has_level && stmt->log.level != LOG_WARNING)
		sal_nft_put_string(writer, sep(&begun, ",\"level\":"), log_level(stmt->log.level));
	begun |= sal_nft_put_flags(writer, begun ? ",\"flags\":" : "\"flags\":", stmt->log.flags,
				   is_all ? all : names,
				   is_all ? SAL_ARRAY_LEN(all) : SAL_ARRAY_LEN(names), false);
	if (begun) {
		sal_nft_put(writer, "}");
	} else {
		writer->out->len = start;
		sal_nft_put(writer, "null");
	}
}

static void limit_write(struct sal_nft_writer *writer, const struct sal_nft_stmt *stmt)
{
	const char *rate_unit = NULL, *burst_unit = NULL;
	uint64_t rate = stmt->limit.rate, burst = stmt->limit.burst;

	if (stmt->limit.type == NFT_LIMIT_PKT_BYTES) {
		rate_unit = sal_nft_unit(rate, &rate);
		burst_unit = sal_nft_unit(burst, &burst);
	}
	sal_nft_put_number(writer, "\"limit\":{\"rate\":", rate);
	sal_nft_put_number(writer, ",\"burst\":", burst);
	sal_nft_put_string(writer, ",\"per\":", sal_nft_per(stmt->limit.unit));
	if (stmt->limit.flags & NFT_LIMIT_F_INV)
		sal_nft_put(writer, ",\"inv\":true");
	if (rate_unit) {
		sal_nft_put_string(writer, ",\"rate_unit\":", rate_unit);
		sal_nft_put_string(writer, ",\"burst_unit\":", burst_unit);
	}
	sal_nft_put(writer, "}");
}

static void quota_write(struct sal_nft_writer *writer, const struct sal_nft_stmt *stmt)
{
	uint64_t value;
	const char *unit = sal_nft_unit(stmt->quota.bytes, &value);

	sal_nft_put_number(writer, "\"quota\":{\"val\":", value);
	sal_nft_put_string(writer, ",\"val_unit\":", unit);
	if (stmt->quota.flags & NFT_QUOTA_F_INV)
		sal_nft_put(writer, ",\"inv\":true");
	if (!writer->stateless && stmt->quota.used) {
		unit = sal_nft_unit(stmt->quota.used, &value);
		sal_nft_put_number(writer, ",\"used\":", value);
		sal_nft_put_string(writer, ",\"used_unit\":", unit);
	}
	sal_nft_put(writer, "}");
}

static const char *address_family(uint32_t family)
{
	return family == NFPROTO_IPV4 ? "ip" : family == NFPROTO_IPV6 ? "ip6" : NULL;
}

static void nat_write(struct sal_nft_writer *writer, const struct sal_nft_stmt *stmt)
{
	static const struct sal_nft_flag_name names[] = {
		{ NF_NAT_RANGE_PROTO_RANDOM, "random" },
		{ NF_NAT_RANGE_PROTO_RANDOM_FULLY, "fully-random" },
		{ NF_NAT_RANGE_PERSISTENT, "persistent" },
		{ NF_NAT_RANGE_NETMAP, "netmap" },
	};
	static const char *const kinds[] = {
		[NFT_NAT_SNAT] = "\"snat\":",
		[NFT_NAT_DNAT] = "\"dnat\":",
		[SAL_NFT_NAT_MASQUERADE] = "\"masquerade\":",
		[SAL_NFT_NAT_REDIRECT] = "\"redirect\":",
	};
	const char *family = address_family(stmt->nat.family);
	bool begun = false;
	size_t start;

	sal_nft_put(writer, kinds[stmt->nat.kind]);
	start = writer->out->len;
	sal_nft_put(writer, "{");
	if (family)
		sal_nft_put_string(writer, sep(&begun, ",\"family\":"), family);
	if (stmt->nat.addr)
		sal_nft_put_expr(writer, sep(&begun, ",\"addr\":"), stmt->nat.addr);
	if (stmt->nat.port)
		sal_nft_put_expr(writer, sep(&begun, ",\"port\":"), stmt->nat.port);
	begun |= sal_nft_put_flags(writer, begun ? ",\"flags\":" : "\"flags\":", stmt->nat.flags,
				   names, SAL_ARRAY_LEN(names), false);
	if (stmt->nat.is_prefix)
		sal_nft_put_string(writer, sep(&begun, ",\"type_flags\":"), "prefix");
	if (begun) {
		sal_nft_put(writer, "}");
	} else {
		writer->out->len = start;
		sal_nft_put(writer, "null");
	}
}

static void tproxy_write(struct sal_nft_writer *writer, const struct sal_nft_stmt *stmt)
{
	bool begun = false;

	sal_nft_put(writer, "\"tproxy\":{");
	if (stmt->nat.table_family == NFPROTO_INET && stmt->nat.family)
		sal_nft_put_string(writer, sep(&begun, ",\"family\":"),
				   sal_nft_family_name(stmt->nat.family));
	if (stmt->nat.addr)
		sal_nft_put_expr(writer, sep(&begun, ",\"addr\":"), stmt->nat.addr);
	if (stmt->nat.port)
		sal_nft_put_expr(writer, sep(&begun, ",\"port\":"), stmt->nat.port);
	sal_nft_put(writer, "}");
}

static void reject_write(struct sal_nft_writer *writer, const struct sal_nft_stmt *stmt)
{
	const char *type = NULL;

	if (stmt->reject.type == NFT_REJECT_ICMPX_UNREACH)
		type = "icmpx";
	else if (stmt->reject.type == NFT_REJECT_ICMP_UNREACH && stmt->reject.family)
		type = stmt->reject.family == NFPROTO_IPV4 ? "icmp" : "icmpv6";
	if (stmt->reject.type == NFT_REJECT_TCP_RST) {
		sal_nft_put(writer, "\"reject\":{\"type\":\"tcp reset\"}");
	} else if (type) {
		sal_nft_put_string(writer, "\"reject\":{\"type\":", type);
		sal_nft_put_expr(writer, ",\"expr\":", stmt->reject.code);
		sal_nft_put(writer, "}");
	} else {
		sal_nft_put(writer, "\"reject\":null");
	}
}

static void stmts_write(struct sal_nft_writer *writer, const struct sal_nft_stmt *stmts)
{
	bool stateless = writer->stateless;

	writer->stateless = true;
	sal_nft_put(writer, ",\"stmt\":[");
	for (const struct sal_nft_stmt *i = stmts; i; i = i->next) {
		if (i != stmts)
			sal_nft_put(writer, ",");
		sal_nft_stmt_write(writer, i);
	}
	sal_nft_put(writer, "]");
	writer->stateless = stateless;
}

static void dynset_write(struct sal_nft_writer *writer, const struct sal_nft_stmt *stmt)
{
	static const char *const ops[] = {
		[NFT_DYNSET_OP_ADD] = "add",
		[NFT_DYNSET_OP_UPDATE] = "update",
		[NFT_DYNSET_OP_DELETE] = "delete",
	};
	bool map = stmt->kind == SAL_NFT_STMT_MAP;

	sal_nft_put_string(writer,
			   map ? "\"map\":{\"op\":" : "\"set\":{\"op\":", ops[stmt->dynset.op]);
	sal_nft_put_expr(writer, ",\"elem\":", stmt->dynset.key);
	if (map)
		sal_nft_put_expr(writer, ",\"data\":", stmt->dynset.data);
	sal_nft_put_string(writer, map ? ",\"map\":" : ",\"set\":",
			   sal_arena_printf(writer->arena, "@%s", stmt->dynset.set->name));
	if (stmt->dynset.stmts)
		stmts_write(writer, stmt->dynset.stmts);
	sal_nft_put(writer, "}");
}

static void meter_write(struct sal_nft_writer *writer, const struct sal_nft_stmt *stmt)
{
	bool stateless = writer->stateless;

	sal_nft_put_expr(writer, "\"meter\":{\"key\":", stmt->dynset.key);
	writer->stateless = true;
	sal_nft_put(writer, ",\"stmt\":");
	sal_nft_stmt_write(writer, stmt->dynset.stmts);
	writer->stateless = stateless;
	sal_nft_put_number(writer, ",\"size\":", stmt->dynset.set->size);
	sal_nft_put_string(writer, ",\"name\":", stmt->dynset.set->name);
	sal_nft_put(writer, "}");
}

static void dup_write(struct sal_nft_writer *writer, const struct sal_nft_stmt *stmt)
{
	if (!stmt->dup.to) {
		sal_nft_put(writer, "\"dup\":null");
		return;
	}
	sal_nft_put_expr(writer, "\"dup\":{\"addr\":", stmt->dup.to);
	if (stmt->dup.dev)
		sal_nft_put_expr(writer, ",\"dev\":", stmt->dup.dev);
	sal_nft_put(writer, "}");
}

static void fwd_write(struct sal_nft_writer *writer, const struct sal_nft_stmt *stmt)
{
	sal_nft_put_expr(writer, "\"fwd\":{\"dev\":", stmt->dup.dev);
	if (stmt->dup.to) {
		sal_nft_put_string(writer,
				   ",\"family\":", sal_nft_family_name((uint8_t)stmt->dup.family));
		sal_nft_put_expr(writer, ",\"addr\":", stmt->dup.to);
	}
	sal_nft_put(writer, "}");
}

static void queue_write(struct sal_nft_writer *writer, const struct sal_nft_stmt *stmt)
{
	static const struct sal_nft_flag_name names[] = {
		{ NFT_QUEUE_FLAG_BYPASS, "bypass" },
		{ NFT_QUEUE_FLAG_CPU_FANOUT, "fanout" },
	};

	sal_nft_put_expr(writer, "\"queue\":{\"num\":", stmt->queue.num);
	sal_nft_put_flags(writer, ",\"flags\":", stmt->queue.flags, names, SAL_ARRAY_LEN(names),
			  false);
	sal_nft_put(writer, "}");
}

static void synproxy_write(struct sal_nft_writer *writer, const struct sal_nft_stmt *stmt)
{
	static const struct sal_nft_flag_name names[] = {
		{ NF_SYNPROXY_OPT_TIMESTAMP, "timestamp" },
		{ NF_SYNPROXY_OPT_SACK_PERM, "sack-perm" },
	};
	bool begun = false;
	size_t start;

	sal_nft_put(writer, "\"synproxy\":");
	start = writer->out->len;
	sal_nft_put(writer, "{");
	if (stmt->synproxy.flags & NF_SYNPROXY_OPT_MSS)
		sal_nft_put_number(writer, sep(&begun, ",\"mss\":"), stmt->synproxy.mss);
	if (stmt->synproxy.flags & NF_SYNPROXY_OPT_WSCALE)
		sal_nft_put_number(writer, sep(&begun, ",\"wscale\":"), stmt->synproxy.wscale);
	begun |= sal_nft_put_flags(writer,
				   begun ? ",\"flags\":" : "\"flags\":", stmt->synproxy.flags,
				   names, SAL_ARRAY_LEN(names), true);
	if (begun) {
		sal_nft_put(writer, "}");
	} else {
		writer->out->len = start;
		sal_nft_put(writer, "null");
	}
}

/* {"mangle":{"key":...,"value":...}} of a header field, or of a key of meta or ct */
static void mangle_write(struct sal_nft_writer *writer, const struct sal_nft_stmt *stmt)
{
	struct sal_nft_expr key = {
		.kind = stmt->kind == SAL_NFT_STMT_META ? SAL_NFT_META : SAL_NFT_CT,
		.load = { .key = stmt->set_to.key, .direction = stmt->set_to.direction },
	};

	sal_nft_put_expr(writer,
			 "\"mangle\":{\"key\":", stmt->set_to.target ? stmt->set_to.target : &key);
	sal_nft_put_expr(writer, ",\"value\":", stmt->set_to.value);
	sal_nft_put(writer, "}");
}

static void connlimit_write(struct sal_nft_writer *writer, const struct sal_nft_stmt *stmt)
{
	sal_nft_put_number(writer, "\"ct count\":{\"val\":", stmt->connlimit.count);
	if (stmt->connlimit.flags & NFT_CONNLIMIT_F_INV)
		sal_nft_put(writer, ",\"inv\":true");
	sal_nft_put(writer, "}");
}

static void counter_write(struct sal_nft_writer *writer, const struct sal_nft_stmt *stmt)
{
	if (writer->stateless) {
		sal_nft_put(writer, "\"counter\":null");
		return;
	}
	sal_nft_put_number(writer, "\"counter\":{\"packets\":", stmt->counter.packets);
	sal_nft_put_number(writer, ",\"bytes\":", stmt->counter.bytes);
	sal_nft_put(writer, "}");
}

static void xt_write(struct sal_nft_writer *writer, const struct sal_nft_stmt *stmt)
{
	sal_nft_put_string(writer, "\"xt\":{\"type\":", stmt->xt.type);
	sal_nft_put_string(writer, ",\"name\":", stmt->xt.name);
	sal_nft_put_number(writer, ",\"x-raw\":{\"revision\":", stmt->xt.revision);
	sal_nft_put_hex(writer, ",\"data\":", stmt->xt.info);
	sal_nft_put(writer, "}}");
}

static void notrack_write(struct sal_nft_writer *writer, const struct sal_nft_stmt *stmt)
{
	(void)stmt;
	sal_nft_put(writer, "\"notrack\":null");
}

static void objref_write(struct sal_nft_writer *writer, const struct sal_nft_stmt *stmt)
{
	sal_nft_put_string(writer, "", sal_nft_object_name(stmt->objref.type));
	sal_nft_put_expr(writer, ":", stmt->objref.name);
}

static void flow_write(struct sal_nft_writer *writer, const struct sal_nft_stmt *stmt)
{
	sal_nft_put_string(writer, "\"flow\":{\"op\":\"add\",\"flowtable\":",
			   sal_arena_printf(writer->arena, "@%s", stmt->name));
	sal_nft_put(writer, "}");
}

static void optstrip_write(struct sal_nft_writer *writer, const struct sal_nft_stmt *stmt)
{
	sal_nft_put_expr(writer, "\"reset\":", stmt->expr);
}

static void raw_write(struct sal_nft_writer *writer, const struct sal_nft_stmt *stmt)
{
	sal_nft_put_string(writer, "\"x-raw\":{\"name\":", stmt->raw.name);
	sal_nft_put_hex(writer, ",\"data\":", stmt->raw.data);
	sal_nft_put(writer, "}");
}

/* By enum sal_nft_stmt_kind; NULL for those that are whole expressions. */
static void (*const writers[])(struct sal_nft_writer *, const struct sal_nft_stmt *) = {
	[SAL_NFT_STMT_METER] = meter_write,	  [SAL_NFT_STMT_COUNTER] = counter_write,
	[SAL_NFT_STMT_PAYLOAD] = mangle_write,	  [SAL_NFT_STMT_META] = mangle_write,
	[SAL_NFT_STMT_LIMIT] = limit_write,	  [SAL_NFT_STMT_LOG] = log_write,
	[SAL_NFT_STMT_REJECT] = reject_write,	  [SAL_NFT_STMT_NAT] = nat_write,
	[SAL_NFT_STMT_TPROXY] = tproxy_write,	  [SAL_NFT_STMT_QUEUE] = queue_write,
	[SAL_NFT_STMT_CT] = mangle_write,	  [SAL_NFT_STMT_SET] = dynset_write,
	[SAL_NFT_STMT_MAP] = dynset_write,	  [SAL_NFT_STMT_DUP] = dup_write,
	[SAL_NFT_STMT_FWD] = fwd_write,		  [SAL_NFT_STMT_XT] = xt_write,
	[SAL_NFT_STMT_QUOTA] = quota_write,	  [SAL_NFT_STMT_NOTRACK] = notrack_write,
	[SAL_NFT_STMT_OBJREF] = objref_write,	  [SAL_NFT_STMT_EXTHDR] = mangle_write,
	[SAL_NFT_STMT_FLOW] = flow_write,	  [SAL_NFT_STMT_CONNLIMIT] = connlimit_write,
	[SAL_NFT_STMT_OPTSTRIP] = optstrip_write, [SAL_NFT_STMT_SYNPROXY] = synproxy_write,
	[SAL_NFT_STMT_RAW] = raw_write,
};

void sal_nft_stmt_members_write(struct sal_nft_writer *writer, const struct sal_nft_stmt *stmt)
{
	if (writers[stmt->kind])
		writers[stmt->kind](writer, stmt);
}

void sal_nft_stmt_write(struct sal_nft_writer *writer, const struct sal_nft_stmt *stmt)
{
	if (!writers[stmt->kind]) {
		sal_nft_expr_write(writer, stmt->expr);
		return;
	}
	sal_nft_put(writer, "{");
	sal_nft_stmt_members_write(writer, stmt);
	sal_nft_put(writer, "}");
}
