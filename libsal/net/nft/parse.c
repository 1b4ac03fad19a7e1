/* parse.c - the table of expressions, and the registers between them. See parse.h. */
#include "net/nft/parse.h"

#include <string.h>

struct parse_row {
	const char *name; /* the kernel's */
	sal_nft_parse_one *parse;
};

static const struct parse_row rows[] = {
	{ "bitwise", sal_nft_parse_bitwise },	{ "byteorder", sal_nft_parse_byteorder },
	{ "cmp", sal_nft_parse_cmp },		{ "connlimit", sal_nft_parse_connlimit },
	{ "counter", sal_nft_parse_counter },	{ "ct", sal_nft_parse_ct },
	{ "dup", sal_nft_parse_dup },		{ "dynset", sal_nft_parse_dynset },
	{ "exthdr", sal_nft_parse_exthdr },	{ "fib", sal_nft_parse_fib },
	{ "flow_offload", sal_nft_parse_flow }, { "fwd", sal_nft_parse_fwd },
	{ "hash", sal_nft_parse_hash },		{ "immediate", sal_nft_parse_immediate },
	{ "limit", sal_nft_parse_limit },	{ "log", sal_nft_parse_log },
	{ "lookup", sal_nft_parse_lookup },	{ "masq", sal_nft_parse_masq },
	{ "match", sal_nft_parse_match },	{ "meta", sal_nft_parse_meta },
	{ "nat", sal_nft_parse_nat },		{ "notrack", sal_nft_parse_notrack },
	{ "numgen", sal_nft_parse_numgen },	{ "objref", sal_nft_parse_objref },
	{ "osf", sal_nft_parse_osf },		{ "payload", sal_nft_parse_payload },
	{ "queue", sal_nft_parse_queue },	{ "quota", sal_nft_parse_quota },
	{ "range", sal_nft_parse_range },	{ "redir", sal_nft_parse_redir },
	{ "reject", sal_nft_parse_reject },	{ "rt", sal_nft_parse_rt },
	{ "socket", sal_nft_parse_socket },	{ "synproxy", sal_nft_parse_synproxy },
	{ "target", sal_nft_parse_target },	{ "tproxy", sal_nft_parse_tproxy },
	{ "xfrm", sal_nft_parse_xfrm },
};

static sal_nft_parse_one *row_find(const char *name)
{
	size_t low = 0, high = SAL_ARRAY_LEN(rows);

	while (low < high) {
		size_t mid = (low + high) / 2;
		int diff = strcmp(name, rows[mid].name);

		if (!diff)
			return rows[mid].parse;
		if (diff < 0)
			high = mid;
		else
			low = mid + 1;
	}
	return NULL;
}

void sal_nft_parse_expr(struct sal_nft_parse *parse, const struct nlattr *element)
{
	const struct nlattr *tb[NFTA_EXPR_MAX + 1];
	static const struct nlattr nothing = { .nla_len = NLA_HDRLEN };
	sal_nft_parse_one *one;
	const char *name;

	sal_nla_index_nested(tb, NFTA_EXPR_MAX, element);
	name = sal_nft_string(tb[NFTA_EXPR_NAME], parse->arena);
	one = row_find(name);
	parse->stmt = NULL;
	if (one && one(parse, tb[NFTA_EXPR_DATA] ? tb[NFTA_EXPR_DATA] : &nothing))
		return;
	/* What it did to registers is unknown: nothing read from them later may be believed. */
	memset(parse->registers, 0, sizeof(parse->registers));
	parse->stmt = sal_nft_stmt_new(parse->arena, SAL_NFT_STMT_RAW);
	parse->stmt->raw.name = name;
	parse->stmt->raw.data = tb[NFTA_EXPR_DATA];
}

struct sal_nft_expr *sal_nft_set_ref_new(struct sal_arena *arena, const struct sal_nft_set *set)
{
	struct sal_nft_expr *expr =
		sal_nft_expr_new(arena, SAL_NFT_SET_REF, set->key->type, SAL_NFT_ORDER_NONE, 0);

	expr->set = set;
	if (set->flags & NFT_SET_ANONYMOUS)
		expr->init = sal_nft_elements_read(arena, set);
	return expr;
}

int sal_nft_register(const struct nlattr *a)
{
	uint32_t reg;

	if (!a || sal_nla_len(a) < sizeof(reg))
		return -1;
	reg = sal_nft_u32(a);
	if (reg >= NFT_REG_1 && reg <= NFT_REG_4)
		return 1 + ((int)(reg - NFT_REG_1) * (NFT_REG_SIZE / NFT_REG32_SIZE));
	if (reg >= NFT_REG32_00 && reg <= NFT_REG32_15)
		return 1 + (int)(reg - NFT_REG32_00);
	return reg == NFT_REG_VERDICT ? 0 : -1;
}

bool sal_nft_register_set(struct sal_nft_parse *parse, const struct nlattr *a,
			  struct sal_nft_expr *expr)
{
	int reg = sal_nft_register(a);

	if (reg <= 0 || !expr || sal_nft_expr_weight(expr) > SAL_NFT_WEIGHT)
		return false;
	parse->registers[reg] = expr;
	return true;
}

struct sal_nft_expr *sal_nft_register_get(struct sal_nft_parse *parse, const struct nlattr *a)
{
	int reg = sal_nft_register(a);

	return reg > 0 && parse->registers[reg]
		       ? sal_nft_expr_copy(parse->arena, parse->registers[reg])
		       : NULL;
}

static struct sal_nft_expr *registers_join(struct sal_nft_parse *parse, const struct nlattr *a,
					   uint32_t len, const struct sal_nft_type *types)
{
	struct sal_nft_expr *concat =
		sal_nft_expr_new(parse->arena, SAL_NFT_CONCAT, NULL, SAL_NFT_ORDER_NONE, 0);
	int reg = sal_nft_register(a);
	unsigned n = types ? types->subtypes : 0;

	if (reg <= 0)
		return NULL;
	while (len > 0) {
		const struct sal_nft_type *type;
		struct sal_nft_expr *part;

		if (reg >= SAL_NFT_REGISTERS || !parse->registers[reg] ||
		    !parse->registers[reg]->len || sal_nft_padded(parse->registers[reg]->len) > len)
			return NULL;
		part = sal_nft_expr_copy(parse->arena, parse->registers[reg]);
		type = n > 0 ? sal_nft_type_part(types->id, --n) : NULL;
		if (type && type->id)
			sal_nft_expr_retype(part, type, type->order);
		len -= sal_nft_padded(part->len);
		reg += (int)sal_nft_registers(part->len);
		sal_nft_expr_add(concat, part);
	}
	return concat;
}

struct sal_nft_expr *sal_nft_register_concat(struct sal_nft_parse *parse, const struct nlattr *a,
					     uint32_t len)
{
	return registers_join(parse, a, len, NULL);
}

struct sal_nft_expr *sal_nft_register_key(struct sal_nft_parse *parse, const struct nlattr *a,
					  const struct sal_nft_set *set)
{
	return registers_join(parse, a, set->key->len, set->key->type);
}

struct sal_nft_expr *sal_nft_data_value(struct sal_arena *arena, const struct nlattr *nest)
{
	const struct nlattr *tb[NFTA_DATA_MAX + 1];

	if (!nest)
		return NULL;
	sal_nla_index_nested(tb, NFTA_DATA_MAX, nest);
	if (!tb[NFTA_DATA_VALUE] || !sal_nla_len(tb[NFTA_DATA_VALUE]) ||
	    sal_nla_len(tb[NFTA_DATA_VALUE]) > NFT_DATA_VALUE_MAXLEN)
		return NULL;
	return sal_nft_value_raw(arena, sal_nla_data(tb[NFTA_DATA_VALUE]),
				 sal_nla_len(tb[NFTA_DATA_VALUE]));
}

struct sal_nft_expr *sal_nft_data_verdict(struct sal_arena *arena, const struct nlattr *nest)
{
	const struct nlattr *tb[NFTA_DATA_MAX + 1], *verdict[NFTA_VERDICT_MAX + 1];
	struct sal_nft_expr *expr;

	if (!nest)
		return NULL;
	sal_nla_index_nested(tb, NFTA_DATA_MAX, nest);
	if (!tb[NFTA_DATA_VERDICT])
		return NULL;
	sal_nla_index_nested(verdict, NFTA_VERDICT_MAX, tb[NFTA_DATA_VERDICT]);
	if (!verdict[NFTA_VERDICT_CODE])
		return NULL;
	expr = sal_nft_expr_new(arena, SAL_NFT_VERDICT, &sal_nft_types[SAL_NFT_TYPE_VERDICT],
				SAL_NFT_ORDER_NONE, 0);
	expr->verdict.code = (int32_t)sal_nft_u32(verdict[NFTA_VERDICT_CODE]);
	if (verdict[NFTA_VERDICT_CHAIN])
		expr->verdict.chain = sal_nft_string(verdict[NFTA_VERDICT_CHAIN], arena);
	return expr;
}
