/*
 * expr_match.c - what compares and computes: immediate, cmp, range, lookup, bitwise, byteorder.
 *
 * Each reads the kernel's attributes of one expression; see parse.h.
 */
#include "net/nft/parse.h"

static bool stmt_set(struct sal_nft_parse *parse, struct sal_nft_expr *expr)
{
	parse->stmt = sal_nft_stmt_new(parse->arena, SAL_NFT_STMT_EXPR);
	parse->stmt->expr = expr;
	return true;
}

static bool relation_set(struct sal_nft_parse *parse, enum sal_nft_op op, struct sal_nft_expr *left,
			 struct sal_nft_expr *right)
{
	return stmt_set(parse, sal_nft_binary_new(parse->arena, SAL_NFT_RELATION, op, left, right));
}

bool sal_nft_parse_immediate(struct sal_nft_parse *parse, const struct nlattr *data)
{
	const struct nlattr *tb[NFTA_IMMEDIATE_MAX + 1];
	struct sal_nft_expr *expr;

	sal_nla_index_nested(tb, NFTA_IMMEDIATE_MAX, data);
	if (sal_nft_register(tb[NFTA_IMMEDIATE_DREG]) != 0)
		return sal_nft_register_set(
			parse, tb[NFTA_IMMEDIATE_DREG],
			sal_nft_data_value(parse->arena, tb[NFTA_IMMEDIATE_DATA]));
	expr = sal_nft_data_verdict(parse->arena, tb[NFTA_IMMEDIATE_DATA]);
	if (!expr)
		return false;
	parse->stmt = sal_nft_stmt_new(parse->arena, SAL_NFT_STMT_VERDICT);
	parse->stmt->expr = expr;
	return true;
}

bool sal_nft_parse_range(struct sal_nft_parse *parse, const struct nlattr *data)
{
	const struct nlattr *tb[NFTA_RANGE_MAX + 1];
	struct sal_nft_expr *left, *from, *to;
	uint32_t op;

	sal_nla_index_nested(tb, NFTA_RANGE_MAX, data);
	left = sal_nft_register_get(parse, tb[NFTA_RANGE_SREG]);
	from = sal_nft_data_value(parse->arena, tb[NFTA_RANGE_FROM_DATA]);
	to = sal_nft_data_value(parse->arena, tb[NFTA_RANGE_TO_DATA]);
	op = sal_nft_u32(tb[NFTA_RANGE_OP]);
	if (!left || !from || !to || op > NFT_RANGE_NEQ)
		return false;
	return relation_set(
		parse, op == NFT_RANGE_EQ ? SAL_NFT_OP_EQ : SAL_NFT_OP_NEQ, left,
		sal_nft_binary_new(parse->arena, SAL_NFT_RANGE, SAL_NFT_OP_IMPLICIT, from, to));
}

/* A value for several registers at once, taken apart as they are filled. */
static struct sal_nft_expr *value_split(struct sal_nft_parse *parse, struct sal_nft_expr *value,
					const struct sal_nft_expr *shape)
{
	struct sal_nft_expr *concat =
		sal_nft_expr_new(parse->arena, SAL_NFT_CONCAT, NULL, SAL_NFT_ORDER_NONE, 0);

	for (const struct sal_nft_expr *i = shape->first; i; i = i->next) {
		if (i->len > value->len)
			return NULL;
		sal_nft_expr_add(concat, sal_nft_value_cut(parse->arena, value, i->len));
		value->len -= SAL_MIN(sal_nft_padded(i->len) - i->len, value->len);
	}
	return concat;
}

bool sal_nft_parse_cmp(struct sal_nft_parse *parse, const struct nlattr *data)
{
	static const uint8_t ops[] = {
		[NFT_CMP_EQ] = SAL_NFT_OP_EQ, [NFT_CMP_NEQ] = SAL_NFT_OP_NEQ,
		[NFT_CMP_LT] = SAL_NFT_OP_LT, [NFT_CMP_LTE] = SAL_NFT_OP_LTE,
		[NFT_CMP_GT] = SAL_NFT_OP_GT, [NFT_CMP_GTE] = SAL_NFT_OP_GTE,
	};
	const struct nlattr *tb[NFTA_CMP_MAX + 1];
	struct sal_nft_expr *left, *right;
	uint32_t op;

	sal_nla_index_nested(tb, NFTA_CMP_MAX, data);
	left = sal_nft_register_get(parse, tb[NFTA_CMP_SREG]);
	right = sal_nft_data_value(parse->arena, tb[NFTA_CMP_DATA]);
	op = sal_nft_u32(tb[NFTA_CMP_OP]);
	if (!left || !right || op >= SAL_ARRAY_LEN(ops))
		return false;
	if (left->len > right->len && !sal_nft_type_is_string(left->type)) {
		uint32_t len = right->len;

		sal_nft_num_shift_left(&right->value, left->len - len);
		right = sal_nft_prefix_new(parse->arena, right, len);
		right->prefix->len = left->len;
	} else if (left->len > 0 && left->len < right->len) {
		left = sal_nft_register_concat(parse, tb[NFTA_CMP_SREG], right->len);
		right = left ? value_split(parse, right, left) : NULL;
		if (!right)
			return false;
	}
	return relation_set(parse, ops[op], left, right);
}

bool sal_nft_parse_lookup(struct sal_nft_parse *parse, const struct nlattr *data)
{
	const struct nlattr *tb[NFTA_LOOKUP_MAX + 1];
	struct sal_nft_expr *left, *right, *expr;
	const struct sal_nft_set *set;

	sal_nla_index_nested(tb, NFTA_LOOKUP_MAX, data);
	set = sal_nft_set_find(parse->table, sal_nft_string(tb[NFTA_LOOKUP_SET], parse->arena));
	left = sal_nft_register_get(parse, tb[NFTA_LOOKUP_SREG]);
	if (!set || !left)
		return false;
	if (left->len < set->key->len) {
		left = sal_nft_register_concat(parse, tb[NFTA_LOOKUP_SREG], set->key->len);
		if (!left)
			return false;
	}
	right = sal_nft_set_ref_new(parse->arena, set);
	if (!tb[NFTA_LOOKUP_DREG]) {
		bool inverted = sal_nft_u32(tb[NFTA_LOOKUP_FLAGS]) & NFT_LOOKUP_F_INV;

		return relation_set(parse, inverted ? SAL_NFT_OP_NEQ : SAL_NFT_OP_EQ, left, right);
	}
	if (!set->data)
		return false;
	expr = sal_nft_binary_new(parse->arena, SAL_NFT_MAP, SAL_NFT_OP_IMPLICIT, left, right);
	if (sal_nft_register(tb[NFTA_LOOKUP_DREG]) != 0)
		return sal_nft_register_set(parse, tb[NFTA_LOOKUP_DREG], expr);
	return stmt_set(parse, expr);
}

/*
 * The kernel has one operation for and, or and xor: reg = (reg & mask) ^ xor. Which of them were
 * written is worked out bit by bit.
 */
static struct sal_nft_expr *bitwise_bool(struct sal_nft_parse *parse, struct sal_nft_expr *left,
					 struct sal_nft_expr *mask, struct sal_nft_expr * xor)
{
	struct sal_nft_expr *expr = left;
	struct sal_nft_num or = { 0 };
	uint32_t len = left->len;

	if (sal_nft_num_find_zero(&mask->value, 0) != mask->len ||
	    !sal_nft_num_is_zero(&xor->value)) {
		/* a bit that is cleared and then flipped was set by an or */
		or = mask->value;
		sal_nft_num_and(& or, &xor->value);
		sal_nft_num_xor(& or, &xor->value);
		sal_nft_num_and(&xor->value, &mask->value);
		sal_nft_num_or(&mask->value, & or);
	}
	if (!len || sal_nft_num_find_zero(&mask->value, 0) != len) {
		expr = sal_nft_binary_new(parse->arena, SAL_NFT_BINOP, SAL_NFT_OP_AND, expr, mask);
		expr->len = len;
	}
	if (!sal_nft_num_is_zero(&xor->value)) {
		expr = sal_nft_binary_new(parse->arena, SAL_NFT_BINOP, SAL_NFT_OP_XOR, expr, xor);
		expr->len = len;
	}
	if (!sal_nft_num_is_zero(& or)) {
		struct sal_nft_expr *value =
			sal_nft_value_new(parse->arena, NULL, SAL_NFT_ORDER_NONE, xor->len, NULL);

		value->value = or ;
		expr = sal_nft_binary_new(parse->arena, SAL_NFT_BINOP, SAL_NFT_OP_OR, expr, value);
		expr->len = len;
	}
	return expr;
}

bool sal_nft_parse_bitwise(struct sal_nft_parse *parse, const struct nlattr *data)
{
	const struct nlattr *tb[NFTA_BITWISE_MAX + 1];
	struct sal_nft_expr *left, *expr, *mask, *xor;
	uint32_t op;

	sal_nla_index_nested(tb, NFTA_BITWISE_MAX, data);
	left = sal_nft_register_get(parse, tb[NFTA_BITWISE_SREG]);
	op = sal_nft_u32(tb[NFTA_BITWISE_OP]);
	if (!left)
		return false;
	switch (op) {
	case NFT_BITWISE_BOOL:
		mask = sal_nft_data_value(parse->arena, tb[NFTA_BITWISE_MASK]);
		xor = sal_nft_data_value(parse->arena, tb[NFTA_BITWISE_XOR]);
		if (!mask || !xor)
			return false;
		expr = bitwise_bool(parse, left, mask, xor);
		break;
	case NFT_BITWISE_LSHIFT:
	case NFT_BITWISE_RSHIFT:
		mask = sal_nft_data_value(parse->arena, tb[NFTA_BITWISE_DATA]);
		if (!mask)
			return false;
		mask->order = SAL_NFT_ORDER_HOST;
		expr = sal_nft_binary_new(parse->arena, SAL_NFT_BINOP,
					  op == NFT_BITWISE_LSHIFT ? SAL_NFT_OP_LSHIFT
								   : SAL_NFT_OP_RSHIFT,
					  left, mask);
		expr->len = left->len;
		break;
	default:
		return false;
	}
	return sal_nft_register_set(parse, tb[NFTA_BITWISE_DREG], expr);
}

bool sal_nft_parse_byteorder(struct sal_nft_parse *parse, const struct nlattr *data)
{
	const struct nlattr *tb[NFTA_BYTEORDER_MAX + 1];
	struct sal_nft_expr *arg, *expr;
	uint32_t op;

	sal_nla_index_nested(tb, NFTA_BYTEORDER_MAX, data);
	arg = sal_nft_register_get(parse, tb[NFTA_BYTEORDER_SREG]);
	op = sal_nft_u32(tb[NFTA_BYTEORDER_OP]);
	if (!arg || op > NFT_BYTEORDER_HTON)
		return false;
	expr = sal_nft_expr_new(parse->arena, SAL_NFT_UNARY, NULL, SAL_NFT_ORDER_NONE, arg->len);
	expr->op = op == NFT_BYTEORDER_NTOH ? SAL_NFT_OP_NTOH : SAL_NFT_OP_HTON;
	expr->left = arg;
	return sal_nft_register_set(parse, tb[NFTA_BYTEORDER_DREG], expr);
}
