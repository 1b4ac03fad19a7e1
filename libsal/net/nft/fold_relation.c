/* fold_relation.c - comparisons: flags, prefixes, masked fields; and header fields that are set. See fold.h. */
#include <linux/netfilter/nf_tables.h>

#include "net/nft/fold.h"

static struct sal_nft_expr *list_new(struct sal_nft_fold *fold)
{
	return sal_nft_expr_new(fold->arena, SAL_NFT_LIST, NULL, SAL_NFT_ORDER_NONE, 0);
}

static void list_fill(struct sal_nft_expr *list, struct sal_nft_expr *expr)
{
	if (expr->kind == SAL_NFT_BINOP && expr->op == SAL_NFT_OP_OR) {
		list_fill(list, expr->left);
		list_fill(list, expr->right);
	} else {
		sal_nft_expr_add(list, expr);
	}
}

/* Flags joined by or as a list; anything else as it is. */
static struct sal_nft_expr *flags_list(struct sal_nft_fold *fold, struct sal_nft_expr *expr)
{
	struct sal_nft_expr *list;

	if (expr->kind != SAL_NFT_BINOP || expr->op != SAL_NFT_OP_OR)
		return expr;
	list = list_new(fold);
	list_fill(list, expr);
	return list;
}

static struct sal_nft_expr *flagcmp_new(struct sal_nft_fold *fold, enum sal_nft_op op,
					struct sal_nft_expr *binop, struct sal_nft_expr *value)
{
	struct sal_nft_expr *expr = sal_nft_expr_new(fold->arena, SAL_NFT_FLAGCMP, NULL,
						     SAL_NFT_ORDER_NONE, binop->left->len);

	expr->op = op;
	expr->left = binop->left;
	expr->third = flags_list(fold, binop->right);
	expr->right = value;
	return expr;
}

/* (flags & mask) compared with a value: any of them set, none of them, or these of those. */
static void flags_fold(struct sal_nft_fold *fold, struct sal_nft_expr **expr)
{
	struct sal_nft_expr *relation = *expr, *binop = relation->left, *right = relation->right;

	if (right->kind == SAL_NFT_BINOP) {
		*expr = flagcmp_new(fold, relation->op, binop, flags_list(fold, right));
		return;
	}
	if (right->kind != SAL_NFT_VALUE)
		return;
	if (sal_nft_num_is_zero(&right->value)) {
		relation->left = binop->left;
		relation->right = flags_list(fold, binop->right);
		relation->op =
			relation->op == SAL_NFT_OP_NEQ ? SAL_NFT_OP_IMPLICIT : SAL_NFT_OP_NEG;
		return;
	}
	if (binop->right->kind == SAL_NFT_VALUE &&
	    sal_nft_num_compare(&right->value, &binop->right->value) == 0)
		return; /* flags & flag == flag stays as it is */
	*expr = flagcmp_new(fold, relation->op, binop, right);
}

static bool mask_is_prefix(const struct sal_nft_expr *mask)
{
	unsigned low;

	if (mask->kind != SAL_NFT_VALUE)
		return false;
	low = sal_nft_num_find_one(&mask->value, 0);
	return low >= SAL_NFT_NUM_BITS || sal_nft_num_find_zero(&mask->value, low + 1) >= mask->len;
}

static unsigned mask_prefix_len(const struct sal_nft_expr *mask)
{
	unsigned low = sal_nft_num_find_one(&mask->value, 0);

	return low >= SAL_NFT_NUM_BITS ? 0 : sal_nft_num_find_zero(&mask->value, low + 1) - low;
}

static bool is_shift_by_zero(const struct sal_nft_expr *binop)
{
	return binop->right->kind == SAL_NFT_VALUE && binop->right->len <= 64 &&
	       !binop->right->value.w[0];
}

static void relation_binop_fold(struct sal_nft_fold *fold, struct sal_nft_expr **expr)
{
	struct sal_nft_expr *relation = *expr, *binop = relation->left, *right = relation->right;

	if (binop->op == SAL_NFT_OP_AND &&
	    (relation->op == SAL_NFT_OP_NEQ || relation->op == SAL_NFT_OP_EQ) &&
	    sal_nft_type_is_bitmask(right->type)) {
		flags_fold(fold, expr);
	} else if (binop->left->type->prefix && binop->op == SAL_NFT_OP_AND &&
		   right->kind == SAL_NFT_VALUE && mask_is_prefix(binop->right)) {
		relation->left = binop->left;
		relation->right =
			sal_nft_prefix_new(fold->arena, right, mask_prefix_len(binop->right));
	} else if (binop->op == SAL_NFT_OP_AND && binop->right->kind == SAL_NFT_VALUE) {
		sal_nft_fold_mask(fold, relation, &relation->left);
	} else if (binop->op == SAL_NFT_OP_RSHIFT && binop->left->kind == SAL_NFT_BINOP &&
		   binop->left->op == SAL_NFT_OP_AND && binop->right->kind == SAL_NFT_VALUE &&
		   binop->left->right->kind == SAL_NFT_VALUE) {
		/* the load was shifted to where the values lie: mask and shift come off */
		sal_nft_fold_mask(fold, binop, &binop->left);
		if (is_shift_by_zero(binop))
			relation->left = binop->left;
	}
}

/* Comparisons of meta and ct tell of headers, and may be told by the next ones. */
static void key_fold(struct sal_nft_fold *fold, struct sal_nft_expr *relation)
{
	struct sal_nft_expr *left = relation->left, *right = relation->right;
	unsigned layer = left->load.layer;

	if (right->kind == SAL_NFT_SET_REF)
		sal_nft_expr_retype(right, left->type, left->order);
	if (relation->op != SAL_NFT_OP_EQ || right->kind == SAL_NFT_RANGE ||
	    right->kind == SAL_NFT_SET_REF)
		return;
	sal_nft_fold_learn(fold, relation);
	if (layer >= SAL_NFT_LAYER_TRANSPORT)
		return;
	if (fold->dependencies[layer] && sal_nft_fold_meta_implies(fold, relation))
		sal_nft_fold_release(fold, layer);
	if ((left->flags & SAL_NFT_PROTOCOL) && fold->stmt)
		sal_nft_fold_depend(fold, fold->stmt, layer);
}

void sal_nft_fold_relation(struct sal_nft_fold *fold, struct sal_nft_expr **expr)
{
	struct sal_nft_expr *relation = *expr;

	if (relation->left->kind == SAL_NFT_PAYLOAD) {
		sal_nft_fold_payload_match(fold, relation, relation->left);
		return;
	}
	sal_nft_fold_expr(fold, &relation->left);
	sal_nft_expr_retype(relation->right, relation->left->type, relation->left->order);
	sal_nft_fold_expr(fold, &relation->right);
	if (relation->left->kind == SAL_NFT_META || relation->left->kind == SAL_NFT_CT)
		key_fold(fold, relation);
	else if (relation->left->kind == SAL_NFT_BINOP)
		relation_binop_fold(fold, expr);
}

static bool same_load(const struct sal_nft_expr *a, const struct sal_nft_expr *b)
{
	return a->payload.header == b->payload.header && a->payload.field == b->payload.field &&
	       a->payload.layer == b->payload.layer && a->payload.offset == b->payload.offset;
}

/* Turns a mask of what is kept into one of what is set, without the bits that are set to one. */
static void mask_invert(struct sal_nft_expr *mask, uint32_t len, const struct sal_nft_num *value)
{
	struct sal_nft_num bits;

	sal_nft_num_ones(&bits, len);
	sal_nft_num_xor(&bits, &mask->value);
	if (value)
		sal_nft_num_xor(&bits, value);
	mask->value = bits;
}

/* (load & mask) | value */
static void masked_set_fold(struct sal_nft_fold *fold, struct sal_nft_stmt *stmt)
{
	struct sal_nft_expr * or = stmt->set_to.value, *and = or->left, *payload, *mask;
	struct sal_nft_num kept;

	if (or->op != SAL_NFT_OP_OR ||
	    or->right->kind != SAL_NFT_VALUE || and->op != SAL_NFT_OP_AND ||
							and->left->kind != SAL_NFT_PAYLOAD ||
								and->right->kind != SAL_NFT_VALUE ||
	    !same_load(stmt->set_to.target, and->left))
		return;
	payload = and->left;
	mask = and->right;
	kept = mask->value;
	mask_invert(mask, payload->len, & or->right->value);
	sal_nft_fold_mask(fold, or, & or->left);
	if (!sal_nft_payload_known(payload)) {
		mask->value = kept;
		return;
	}
	stmt->set_to.target = payload;
	stmt->set_to.value = or->right;
}

/* load & mask: set to zero; load | value: set to ones */
static void plain_set_fold(struct sal_nft_fold *fold, struct sal_nft_stmt *stmt)
{
	struct sal_nft_expr *binop = stmt->set_to.value, *payload = binop->left;
	struct sal_nft_expr *value = binop->right;
	unsigned shift;

	if (value->kind != SAL_NFT_VALUE ||
	    (binop->op != SAL_NFT_OP_AND && binop->op != SAL_NFT_OP_OR))
		return;
	if (binop->op == SAL_NFT_OP_AND)
		mask_invert(value, payload->len, NULL);
	if (sal_nft_fold_trim(fold, payload, value, &shift)) {
		sal_nft_num_shift_right(&value->value, shift);
		value->len = payload->len;
		sal_nft_fold_field(fold, payload);
		sal_nft_expr_retype(value, payload->type, payload->order);
	}
	if (!sal_nft_payload_known(payload))
		return;
	if (binop->op == SAL_NFT_OP_AND)
		sal_nft_num_set(&value->value, 0);
	stmt->set_to.target = payload;
	stmt->set_to.value = value;
}

void sal_nft_fold_payload_set(struct sal_nft_fold *fold, struct sal_nft_stmt *stmt)
{
	struct sal_nft_expr *value = stmt->set_to.value;

	sal_nft_fold_field(fold, stmt->set_to.target);
	if (!sal_nft_payload_known(stmt->set_to.target) && value->kind == SAL_NFT_BINOP) {
		if (value->left->kind == SAL_NFT_BINOP)
			masked_set_fold(fold, stmt);
		else if (value->left->kind == SAL_NFT_PAYLOAD)
			plain_set_fold(fold, stmt);
	}
	sal_nft_fold_expr(fold, &stmt->set_to.target);
	sal_nft_expr_retype(stmt->set_to.value, stmt->set_to.target->type,
			    stmt->set_to.target->order);
	sal_nft_fold_expr(fold, &stmt->set_to.value);
}
