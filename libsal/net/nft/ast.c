/* ast.c - making, copying and linking expressions and statements. See ast.h. */
#include "net/nft/ast.h"

#include <string.h>

struct sal_nft_expr *sal_nft_expr_new(struct sal_arena *arena, enum sal_nft_kind kind,
				      const struct sal_nft_type *type, enum sal_nft_order order,
				      uint32_t len)
{
	struct sal_nft_expr *expr = sal_arena_zalloc(arena, sizeof(*expr));

	expr->kind = kind;
	expr->type = type ? type : &sal_nft_types[SAL_NFT_TYPE_INVALID];
	expr->order = order;
	expr->len = SAL_MIN(len, (uint32_t)SAL_NFT_NUM_BITS);
	return expr;
}

struct sal_nft_expr *sal_nft_value_new(struct sal_arena *arena, const struct sal_nft_type *type,
				       enum sal_nft_order order, uint32_t len, const void *data)
{
	struct sal_nft_expr *expr = sal_nft_expr_new(arena, SAL_NFT_VALUE, type, order, len);

	if (data)
		sal_nft_num_read(&expr->value, data, sal_nft_bytes(expr->len), order);
	return expr;
}

struct sal_nft_expr *sal_nft_value_raw(struct sal_arena *arena, const void *data, size_t len)
{
	size_t n = SAL_MIN(len, SAL_NFT_NUM_BYTES);

	return sal_nft_value_new(arena, NULL, SAL_NFT_ORDER_NONE, (uint32_t)n * 8, data);
}

struct sal_nft_expr *sal_nft_binary_new(struct sal_arena *arena, enum sal_nft_kind kind,
					enum sal_nft_op op, struct sal_nft_expr *left,
					struct sal_nft_expr *right)
{
	struct sal_nft_expr *expr = sal_nft_expr_new(arena, kind, NULL, SAL_NFT_ORDER_NONE, 0);

	if (kind == SAL_NFT_BINOP || kind == SAL_NFT_MAPPING) {
		expr->type = left->type;
		expr->order = left->order;
	}
	expr->op = op;
	expr->left = left;
	expr->right = right;
	return expr;
}

struct sal_nft_expr *sal_nft_prefix_new(struct sal_arena *arena, struct sal_nft_expr *value,
					uint32_t prefix_len)
{
	struct sal_nft_expr *expr =
		sal_nft_expr_new(arena, SAL_NFT_PREFIX, NULL, SAL_NFT_ORDER_NONE, 0);

	expr->prefix = value;
	expr->prefix_len = prefix_len;
	return expr;
}

struct sal_nft_expr *sal_nft_name_new(struct sal_arena *arena, const char *name)
{
	struct sal_nft_expr *expr = sal_nft_expr_new(
		arena, SAL_NFT_NAME, &sal_nft_types[SAL_NFT_TYPE_STRING], SAL_NFT_ORDER_HOST, 0);

	expr->name = name;
	return expr;
}

unsigned sal_nft_expr_weight(const struct sal_nft_expr *expr)
{
	unsigned n = 1;

	switch (expr->kind) {
	case SAL_NFT_CONCAT:
	case SAL_NFT_LIST:
	case SAL_NFT_SET:
		for (const struct sal_nft_expr *i = expr->first; i; i = i->next)
			n += sal_nft_expr_weight(i);
		return n;
	case SAL_NFT_PREFIX:
		return n + sal_nft_expr_weight(expr->prefix);
	case SAL_NFT_ELEM:
		return n + sal_nft_expr_weight(expr->key);
	case SAL_NFT_UNARY:
		return n + sal_nft_expr_weight(expr->left);
	case SAL_NFT_RANGE:
	case SAL_NFT_MAPPING:
	case SAL_NFT_MAP:
	case SAL_NFT_BINOP:
	case SAL_NFT_RELATION:
		return n + sal_nft_expr_weight(expr->left) + sal_nft_expr_weight(expr->right);
	case SAL_NFT_HASH:
		return n + (expr->gen.arg ? sal_nft_expr_weight(expr->gen.arg) : 0);
	}
	return n;
}

static void parts_copy(struct sal_arena *arena, struct sal_nft_expr *copy,
		       const struct sal_nft_expr *expr)
{
	copy->first = copy->last = NULL;
	copy->count = 0;
	for (const struct sal_nft_expr *i = expr->first; i; i = i->next)
		sal_nft_expr_add(copy, sal_nft_expr_copy(arena, i));
}

struct sal_nft_expr *sal_nft_expr_copy(struct sal_arena *arena, const struct sal_nft_expr *expr)
{
	struct sal_nft_expr *copy = sal_arena_dup(arena, expr, sizeof(*expr));

	copy->next = NULL;
	switch (expr->kind) {
	case SAL_NFT_CONCAT:
	case SAL_NFT_LIST:
	case SAL_NFT_SET:
		parts_copy(arena, copy, expr);
		break;
	case SAL_NFT_PREFIX:
		copy->prefix = sal_nft_expr_copy(arena, expr->prefix);
		break;
	case SAL_NFT_ELEM:
		copy->key = sal_nft_expr_copy(arena, expr->key);
		break;
	case SAL_NFT_UNARY:
		copy->left = sal_nft_expr_copy(arena, expr->left);
		break;
	case SAL_NFT_RANGE:
	case SAL_NFT_MAPPING:
	case SAL_NFT_MAP:
	case SAL_NFT_BINOP:
	case SAL_NFT_RELATION:
		copy->left = sal_nft_expr_copy(arena, expr->left);
		copy->right = sal_nft_expr_copy(arena, expr->right);
		break;
	case SAL_NFT_HASH:
		if (expr->gen.arg)
			copy->gen.arg = sal_nft_expr_copy(arena, expr->gen.arg);
		break;
	}
	return copy;
}

void sal_nft_expr_add(struct sal_nft_expr *list, struct sal_nft_expr *item)
{
	item->next = NULL;
	if (list->last)
		list->last->next = item;
	else
		list->first = item;
	list->last = item;
	list->count++;
}

void sal_nft_expr_retype(struct sal_nft_expr *expr, const struct sal_nft_type *type,
			 enum sal_nft_order order)
{
	switch (expr->kind) {
	case SAL_NFT_PREFIX:
		sal_nft_expr_retype(expr->prefix, type, order);
		break;
	case SAL_NFT_RANGE:
		sal_nft_expr_retype(expr->left, type, order);
		sal_nft_expr_retype(expr->right, type, order);
		break;
	case SAL_NFT_MAPPING:
		sal_nft_expr_retype(expr->left, type, order);
		break;
	case SAL_NFT_SET:
		for (struct sal_nft_expr *i = expr->first; i; i = i->next)
			sal_nft_expr_retype(i, type, order);
		break;
	default: /* every other kind has a type of its own */
		expr->type = type;
		expr->order = order;
		break;
	}
}

struct sal_nft_expr *sal_nft_value_cut(struct sal_arena *arena, struct sal_nft_expr *value,
				       uint32_t len)
{
	struct sal_nft_expr *cut =
		sal_nft_value_new(arena, NULL, SAL_NFT_ORDER_NONE, SAL_MIN(len, value->len), NULL);
	struct sal_nft_num mask;

	len = cut->len;
	sal_nft_num_ones(&mask, len);
	cut->value = value->value;
	sal_nft_num_shift_right(&cut->value, value->len - len);
	sal_nft_num_and(&cut->value, &mask);
	value->len -= len;
	return cut;
}

struct sal_nft_expr *sal_nft_value_to_bits(struct sal_arena *arena, struct sal_nft_expr *value)
{
	struct sal_nft_expr *bits = NULL;
	unsigned n = 0;

	if (sal_nft_num_count(&value->value) < 2)
		return value;
	while ((n = sal_nft_num_find_one(&value->value, n)) < SAL_NFT_NUM_BITS) {
		struct sal_nft_expr *bit =
			sal_nft_value_new(arena, value->type, value->order, value->len, NULL);

		bit->value.w[n / 64] = 1ULL << (n % 64);
		bits = bits ? sal_nft_binary_new(arena, SAL_NFT_BINOP, SAL_NFT_OP_OR, bits, bit)
			    : bit;
		n++;
	}
	return bits;
}

struct sal_nft_expr *sal_nft_range_to_prefix(struct sal_arena *arena, struct sal_nft_expr *range)
{
	const struct sal_nft_expr *left = range->left;
	struct sal_nft_num differing;
	unsigned host;

	if (left->kind != SAL_NFT_VALUE || range->right->kind != SAL_NFT_VALUE)
		return range;
	differing = left->value;
	sal_nft_num_xor(&differing, &range->right->value);
	host = sal_nft_num_find_zero(&differing, 0);
	if (sal_nft_num_find_one(&differing, host) < left->len || host > left->len ||
	    sal_nft_num_find_one(&left->value, 0) < host)
		return range;
	return sal_nft_prefix_new(arena, range->left, left->len - host);
}

struct sal_nft_stmt *sal_nft_stmt_new(struct sal_arena *arena, enum sal_nft_stmt_kind kind)
{
	struct sal_nft_stmt *stmt = sal_arena_zalloc(arena, sizeof(*stmt));

	stmt->kind = kind;
	return stmt;
}

void sal_nft_stmt_append(struct sal_nft_stmts *stmts, struct sal_nft_stmt *stmt)
{
	stmt->prev = stmts->last;
	stmt->next = NULL;
	if (stmts->last)
		stmts->last->next = stmt;
	else
		stmts->first = stmt;
	stmts->last = stmt;
}

void sal_nft_stmt_insert(struct sal_nft_stmts *stmts, struct sal_nft_stmt *before,
			 struct sal_nft_stmt *stmt)
{
	stmt->prev = before->prev;
	stmt->next = before;
	if (before->prev)
		before->prev->next = stmt;
	else
		stmts->first = stmt;
	before->prev = stmt;
}

void sal_nft_stmt_remove(struct sal_nft_stmts *stmts, struct sal_nft_stmt *stmt)
{
	if (stmt->removed)
		return;
	stmt->removed = true;
	if (stmt->prev)
		stmt->prev->next = stmt->next;
	else
		stmts->first = stmt->next;
	if (stmt->next)
		stmt->next->prev = stmt->prev;
	else
		stmts->last = stmt->prev;
}
