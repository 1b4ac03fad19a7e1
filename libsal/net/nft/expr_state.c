/* expr_state.c - what counts, limits and logs: counter, limit, quota, connlimit, log. */
#include "net/nft/parse.h"

bool sal_nft_parse_counter(struct sal_nft_parse *parse, const struct nlattr *data)
{
	const struct nlattr *tb[NFTA_COUNTER_MAX + 1];

	sal_nla_index_nested(tb, NFTA_COUNTER_MAX, data);
	parse->stmt = sal_nft_stmt_new(parse->arena, SAL_NFT_STMT_COUNTER);
	parse->stmt->counter.packets = sal_nft_u64(tb[NFTA_COUNTER_PACKETS]);
	parse->stmt->counter.bytes = sal_nft_u64(tb[NFTA_COUNTER_BYTES]);
	return true;
}

bool sal_nft_parse_limit(struct sal_nft_parse *parse, const struct nlattr *data)
{
	const struct nlattr *tb[NFTA_LIMIT_MAX + 1];

	sal_nla_index_nested(tb, NFTA_LIMIT_MAX, data);
	parse->stmt = sal_nft_stmt_new(parse->arena, SAL_NFT_STMT_LIMIT);
	parse->stmt->limit.rate = sal_nft_u64(tb[NFTA_LIMIT_RATE]);
	parse->stmt->limit.unit = sal_nft_u64(tb[NFTA_LIMIT_UNIT]);
	parse->stmt->limit.burst = sal_nft_u32(tb[NFTA_LIMIT_BURST]);
	parse->stmt->limit.type = sal_nft_u32(tb[NFTA_LIMIT_TYPE]);
	parse->stmt->limit.flags = sal_nft_u32(tb[NFTA_LIMIT_FLAGS]);
	return true;
}

bool sal_nft_parse_quota(struct sal_nft_parse *parse, const struct nlattr *data)
{
	const struct nlattr *tb[NFTA_QUOTA_MAX + 1];

	sal_nla_index_nested(tb, NFTA_QUOTA_MAX, data);
	parse->stmt = sal_nft_stmt_new(parse->arena, SAL_NFT_STMT_QUOTA);
	parse->stmt->quota.bytes = sal_nft_u64(tb[NFTA_QUOTA_BYTES]);
	parse->stmt->quota.used = sal_nft_u64(tb[NFTA_QUOTA_CONSUMED]);
	parse->stmt->quota.flags = sal_nft_u32(tb[NFTA_QUOTA_FLAGS]);
	return true;
}

bool sal_nft_parse_connlimit(struct sal_nft_parse *parse, const struct nlattr *data)
{
	const struct nlattr *tb[NFTA_CONNLIMIT_MAX + 1];

	sal_nla_index_nested(tb, NFTA_CONNLIMIT_MAX, data);
	parse->stmt = sal_nft_stmt_new(parse->arena, SAL_NFT_STMT_CONNLIMIT);
	parse->stmt->connlimit.count = sal_nft_u32(tb[NFTA_CONNLIMIT_COUNT]);
	parse->stmt->connlimit.flags = sal_nft_u32(tb[NFTA_CONNLIMIT_FLAGS]);
	return true;
}

bool sal_nft_parse_log(struct sal_nft_parse *parse, const struct nlattr *data)
{
	const struct nlattr *tb[NFTA_LOG_MAX + 1];
	struct sal_nft_stmt *stmt = sal_nft_stmt_new(parse->arena, SAL_NFT_STMT_LOG);

	sal_nla_index_nested(tb, NFTA_LOG_MAX, data);
	if (tb[NFTA_LOG_PREFIX])
		stmt->log.prefix = sal_nft_string(tb[NFTA_LOG_PREFIX], parse->arena);
	stmt->log.has_group = tb[NFTA_LOG_GROUP] != NULL;
	stmt->log.group = sal_nft_u16(tb[NFTA_LOG_GROUP]);
	stmt->log.has_snaplen = tb[NFTA_LOG_SNAPLEN] != NULL;
	stmt->log.snaplen = sal_nft_u32(tb[NFTA_LOG_SNAPLEN]);
	stmt->log.has_threshold = tb[NFTA_LOG_QTHRESHOLD] != NULL;
	stmt->log.threshold = sal_nft_u16(tb[NFTA_LOG_QTHRESHOLD]);
	stmt->log.has_level = tb[NFTA_LOG_LEVEL] != NULL;
	stmt->log.level = sal_nft_u32(tb[NFTA_LOG_LEVEL]);
	stmt->log.flags = sal_nft_u32(tb[NFTA_LOG_FLAGS]);
	parse->stmt = stmt;
	return true;
}
