/* fold_expr.c - expressions: types handed down, masks taken off, comparisons given their form. See fold.h. */
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <string.h>

#include "net/nft/fold.h"

#define TYPE(id) (&sal_nft_types[SAL_NFT_TYPE_##id])

/*
 * Text that fills its value to the last byte was cut there: it is a prefix, written with a star.
 * A star that is part of a name is escaped.
 */
static void string_fold(struct sal_nft_expr *value)
{
	char text[SAL_NFT_NUM_BYTES + 2] = "";
	size_t len = SAL_MIN(sal_nft_bytes(value->len), SAL_NFT_NUM_BYTES - 2U);

	if (!len)
		return;
	sal_nft_num_write(&value->value, text, len, SAL_NFT_ORDER_HOST);
	if (text[len - 1] != '\0') {
		text[len] = '*';
		value->len = (uint32_t)(len + 1) * 8;
	} else {
		len = strlen(text);
		if (!len || text[len - 1] != '*')
			return;
		memcpy(text + len - 1, "\\*", 3);
		value->len = (uint32_t)(len + 2) * 8;
	}
	sal_nft_num_read(&value->value, text, sal_nft_bytes(value->len), SAL_NFT_ORDER_HOST);
	value->order = SAL_NFT_ORDER_HOST;
}

static void value_fold(struct sal_nft_fold *fold, struct sal_nft_expr **expr)
{
	struct sal_nft_expr *value = *expr;

	if (value->order == SAL_NFT_ORDER_HOST)
		sal_nft_num_reverse(&value->value, value->len / 8);
	if (sal_nft_type_is_string(value->type))
		string_fold(value);
	if (sal_nft_type_is_bitmask(value->type))
		*expr = sal_nft_value_to_bits(fold->arena, value);
}

static void concat_fold(struct sal_nft_fold *fold, struct sal_nft_expr *concat)
{
	struct sal_nft_expr *item = concat->first, *next;
	uint32_t id = concat->type->subtypes ? concat->type->id : 0, joined = 0;
	unsigned n = concat->type->subtypes;
	const struct sal_nft_type *type;

	concat->first = concat->last = NULL;
	concat->count = 0;
	fold->in_concat = true;
	for (; item; item = next) {
		next = item->next;
		type = id && n > 0 ? sal_nft_type_part(id, --n) : NULL;
		if (type)
			sal_nft_expr_retype(item, type, type->order);
		sal_nft_fold_expr(fold, &item);
		sal_nft_expr_add(concat, item);
		joined = sal_nft_type_join(joined, item->type->id);
	}
	fold->in_concat = false;
	type = sal_nft_type_concat(fold->arena, joined);
	concat->type = type ? type : TYPE(INVALID);
}

static void binop_fold(struct sal_nft_fold *fold, struct sal_nft_expr **expr)
{
	struct sal_nft_expr *binop = *expr;

	sal_nft_fold_expr(fold, &binop->left);
	if (binop->op == SAL_NFT_OP_LSHIFT || binop->op == SAL_NFT_OP_RSHIFT)
		sal_nft_expr_retype(binop->right, TYPE(INTEGER), SAL_NFT_ORDER_HOST);
	else
		sal_nft_expr_retype(binop->right, binop->left->type, binop->left->order);
	if (binop->op == SAL_NFT_OP_AND && (fold->in_concat || fold->in_elem) &&
	    binop->left->kind == SAL_NFT_PAYLOAD && binop->right->kind == SAL_NFT_VALUE) {
		sal_nft_fold_mask(fold, binop, expr);
		return;
	}
	sal_nft_fold_expr(fold, &binop->right);
	binop->type = binop->left->type;
	binop->order = binop->left->order;
}

static void map_fold(struct sal_nft_fold *fold, struct sal_nft_expr *map)
{
	struct sal_nft_expr *key = map->left;

	if (key->kind == SAL_NFT_BINOP && key->op == SAL_NFT_OP_AND &&
	    key->left->kind == SAL_NFT_PAYLOAD && key->right->kind == SAL_NFT_VALUE)
		sal_nft_fold_mask(fold, map, &map->left);
	sal_nft_fold_expr(fold, &map->left);
}

/* Addresses and ports of a connection are those of the protocol that was matched. */
static void ct_fold(struct sal_nft_fold *fold, struct sal_nft_expr *ct)
{
	const struct sal_nft_header *header = fold->headers[ct->load.layer];

	switch (ct->load.key) {
	case NFT_CT_SRC:
	case NFT_CT_DST:
		if (header == SAL_NFT_HEADER(IP))
			ct->type = TYPE(IPADDR);
		else if (header == SAL_NFT_HEADER(IP6))
			ct->type = TYPE(IP6ADDR);
		ct->len = ct->type->size;
		break;
	case NFT_CT_PROTO_SRC:
	case NFT_CT_PROTO_DST:
		if (header)
			ct->type = TYPE(INET_SERVICE);
		break;
	}
}

void sal_nft_fold_expr(struct sal_nft_fold *fold, struct sal_nft_expr **expr)
{
	struct sal_nft_expr *e = *expr;

	switch (e->kind) {
	case SAL_NFT_MAP:
		map_fold(fold, e);
		break;
	case SAL_NFT_CONCAT:
		concat_fold(fold, e);
		break;
	case SAL_NFT_UNARY:
		sal_nft_fold_expr(fold, &e->left);
		e->type = e->left->type;
		e->order = e->left->order == SAL_NFT_ORDER_NONE ? SAL_NFT_ORDER_HOST
								: SAL_NFT_ORDER_NONE;
		break;
	case SAL_NFT_BINOP:
		binop_fold(fold, expr);
		break;
	case SAL_NFT_RELATION:
		sal_nft_fold_relation(fold, expr);
		break;
	case SAL_NFT_PAYLOAD:
		sal_nft_fold_field(fold, e);
		sal_nft_fold_payload_implies(fold, e);
		break;
	case SAL_NFT_VALUE:
		value_fold(fold, expr);
		break;
	case SAL_NFT_RANGE:
		sal_nft_fold_expr(fold, &e->left);
		sal_nft_fold_expr(fold, &e->right);
		break;
	case SAL_NFT_PREFIX:
		sal_nft_fold_expr(fold, &e->prefix);
		break;
	case SAL_NFT_ELEM:
		fold->in_elem = true;
		sal_nft_fold_expr(fold, &e->key);
		fold->in_elem = false;
		break;
	case SAL_NFT_EXTHDR:
		sal_nft_fold_exthdr_implies(fold, e);
		break;
	case SAL_NFT_HASH:
		if (e->gen.arg)
			sal_nft_fold_expr(fold, &e->gen.arg);
		break;
	case SAL_NFT_CT:
		ct_fold(fold, e);
		break;
	}
}

static void value_shift(const struct sal_nft_expr *field, struct sal_nft_expr *value,
			unsigned shift)
{
	if (value->kind == SAL_NFT_PREFIX)
		value = value->prefix;
	if (value->kind != SAL_NFT_VALUE)
		return;
	sal_nft_num_shift_right(&value->value, shift);
	value->len = field->len;
}

static void key_shift(const struct sal_nft_expr *field, struct sal_nft_expr *key, unsigned shift)
{
	if (key->kind == SAL_NFT_RANGE) {
		value_shift(field, key->left, shift);
		value_shift(field, key->right, shift);
	} else {
		value_shift(field, key, shift);
	}
}

/* Values that were shifted to where the field lies come back. */
static void values_shift(const struct sal_nft_expr *field, struct sal_nft_expr *right,
			 unsigned shift)
{
	if (right->kind != SAL_NFT_SET_REF) {
		key_shift(field, right, shift);
		return;
	}
	if (!right->init)
		return;
	for (struct sal_nft_expr *i = right->init->first; i; i = i->next) {
		struct sal_nft_expr *elem = i->kind == SAL_NFT_MAPPING ? i->left : i;

		key_shift(field, elem->kind == SAL_NFT_ELEM ? elem->key : elem, shift);
	}
}

/* The same for an option: which field lies under the mask. */
static bool exthdr_trim(struct sal_nft_expr *exthdr, const struct sal_nft_expr *mask,
			unsigned *ret_shift)
{
	unsigned low = sal_nft_num_find_one(&mask->value, 0);
	unsigned high = sal_nft_num_find_zero(&mask->value, low + 1);
	unsigned bits = sal_nft_bytes(mask->len) * 8;
	uint8_t op = exthdr->exthdr.op;
	const struct sal_nft_field *field;
	struct sal_nft_option const *option = exthdr->exthdr.option;

	if (!option || low >= SAL_NFT_NUM_BITS || high > bits || op == NFT_EXTHDR_OP_SCTP ||
	    (op != NFT_EXTHDR_OP_IPV6 && exthdr->exthdr.field))
		return false;
	exthdr->exthdr.offset += bits - high;
	exthdr->len = high - low;
	field = sal_nft_option_field(option, exthdr->exthdr.offset, exthdr->len);
	if (!field)
		return false;
	exthdr->exthdr.field = field;
	exthdr->exthdr.present = false;
	exthdr->type = &sal_nft_types[field->type];
	*ret_shift = low;
	return true;
}

void sal_nft_fold_mask(struct sal_nft_fold *fold, struct sal_nft_expr *outer,
		       struct sal_nft_expr **masked)
{
	struct sal_nft_expr *binop = *masked, *left = binop->left;
	unsigned shift;

	if (left->kind == SAL_NFT_PAYLOAD) {
		if (!sal_nft_fold_trim(fold, left, binop->right, &shift))
			return;
	} else if (left->kind != SAL_NFT_EXTHDR || !exthdr_trim(left, binop->right, &shift)) {
		return;
	}
	values_shift(left, outer->right, shift);
	*masked = left;
	if (left->kind == SAL_NFT_PAYLOAD)
		sal_nft_fold_payload_match(fold, outer, left);
	else
		sal_nft_expr_retype(outer->right, left->type, left->order);
}
