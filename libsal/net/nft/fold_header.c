/* fold_header.c - raw loads and what the headers known so far make of them. See fold.h. */
#include <linux/if_arp.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>

#include "net/nft/fold.h"

/* On the link layer headers lie one in the other: the one at the load's offset, and where it begins. */
static const struct sal_nft_header *stacked_find(const struct sal_nft_fold *fold,
						 const struct sal_nft_header *top,
						 const struct sal_nft_expr *payload,
						 unsigned *ret_begin)
{
	unsigned offset = payload->payload.offset, begin = 0;

	*ret_begin = 0;
	if (payload->payload.layer != SAL_NFT_LAYER_LINK || offset < top->len)
		return top;
	for (unsigned i = 0; i < fold->nstacked; i++) {
		const struct sal_nft_header *header = fold->stacked[i];

		if (offset < header->len) {
			*ret_begin = begin;
			return header;
		}
		offset -= header->len;
		begin += header->len;
	}
	*ret_begin = begin;
	return top;
}

/* Whether a field only of some ICMP types belongs to the one that was matched. */
static bool icmp_fits(const struct sal_nft_fold *fold, const struct sal_nft_field *field)
{
	return !field->icmp || !fold->icmp_type ||
	       fold->icmp_type == sal_nft_header_icmp_type(field->icmp);
}

void sal_nft_fold_field(struct sal_nft_fold *fold, struct sal_nft_expr *payload)
{
	const struct sal_nft_header *header = fold->headers[payload->payload.layer];
	unsigned offset, begin;

	if (!header || header == SAL_NFT_HEADER(INET))
		return;
	header = stacked_find(fold, header, payload, &begin);
	offset = payload->payload.offset - begin;
	for (unsigned i = 0; i < SAL_NFT_HEADER_FIELDS; i++) {
		const struct sal_nft_field *field = &header->fields[i];

		if (!field->name || field->offset != offset || field->len != payload->len ||
		    (field->meta && i == 0) || !icmp_fits(fold, field))
			continue;
		payload->type = &sal_nft_types[field->type];
		payload->payload.header = header;
		payload->payload.field = field;
		return;
	}
}

bool sal_nft_fold_trim(struct sal_nft_fold *fold, struct sal_nft_expr *payload,
		       const struct sal_nft_expr *mask, unsigned *ret_shift)
{
	const struct sal_nft_header *header = fold->headers[payload->payload.layer];
	unsigned low = sal_nft_num_find_one(&mask->value, 0);
	unsigned high = sal_nft_num_find_zero(&mask->value, low + 1);
	unsigned left = payload->len, len = 0, bits = sal_nft_bytes(mask->len) * 8;
	unsigned offset, begin, skip;

	if (!header || low >= SAL_NFT_NUM_BITS || high > bits)
		return false;
	header = stacked_find(fold, header, payload, &begin);
	skip = bits - high;
	offset = payload->payload.offset - begin + skip;
	for (unsigned i = 1; i < SAL_NFT_HEADER_FIELDS; i++) {
		const struct sal_nft_field *field = &header->fields[i];

		if (!field->name || field->offset != offset)
			continue;
		if (field->len > left)
			return false;
		left -= field->len;
		offset += field->len;
		len += field->len;
		if (!left)
			return false;
		if (low + len == high) {
			payload->payload.offset += skip;
			payload->len = len;
			*ret_shift = low;
			return true;
		}
	}
	return false;
}

static struct sal_nft_expr *field_new(struct sal_nft_fold *fold,
				      const struct sal_nft_header *header,
				      const struct sal_nft_field *field)
{
	struct sal_nft_expr *expr =
		sal_nft_expr_new(fold->arena, SAL_NFT_PAYLOAD, &sal_nft_types[field->type],
				 field->meta ? SAL_NFT_ORDER_NONE : SAL_NFT_ORDER_BIG, field->len);

	expr->payload.header = header;
	expr->payload.field = field;
	expr->payload.layer = header->layer;
	expr->payload.offset = field->offset;
	if (field == &header->fields[header->key] ||
	    (field->type == SAL_NFT_TYPE_INET_PROTOCOL &&
	     (header == SAL_NFT_HEADER(IP) || header == SAL_NFT_HEADER(IP6))))
		expr->flags |= SAL_NFT_PROTOCOL;
	return expr;
}

static struct sal_nft_expr *raw_new(struct sal_nft_fold *fold, unsigned layer, unsigned offset,
				    unsigned len)
{
	struct sal_nft_expr *expr =
		sal_nft_expr_new(fold->arena, SAL_NFT_PAYLOAD, NULL, SAL_NFT_ORDER_NONE, len);

	expr->type = &sal_nft_type_raw;
	expr->payload.layer = layer;
	expr->payload.offset = offset;
	if (layer == SAL_NFT_LAYER_TRANSPORT && len == 16 && (offset == 0 || offset == 16)) {
		expr->payload.header = SAL_NFT_HEADER(TH);
		expr->payload.field = &SAL_NFT_HEADER(TH)->fields[offset ? 2 : 1];
		expr->type = &sal_nft_types[SAL_NFT_TYPE_INET_SERVICE];
	}
	return expr;
}

/* The fields that a load covers, one after the other; what is left over stays raw. */
static struct sal_nft_expr *fields_split(struct sal_nft_fold *fold,
					 const struct sal_nft_expr *payload)
{
	struct sal_nft_expr *list =
		sal_nft_expr_new(fold->arena, SAL_NFT_LIST, NULL, SAL_NFT_ORDER_NONE, 0);
	const struct sal_nft_header *header = fold->headers[payload->payload.layer];
	unsigned offset = payload->payload.offset, len = payload->len, begin;

	if (header && header != SAL_NFT_HEADER(UNKNOWN)) {
		header = stacked_find(fold, header, payload, &begin);
		offset -= begin;
		for (unsigned i = 1; i < SAL_NFT_HEADER_FIELDS; i++) {
			const struct sal_nft_field *field = &header->fields[i];

			if (!field->name)
				break;
			if (field->offset != offset || !icmp_fits(fold, field))
				continue;
			sal_nft_expr_add(list, field_new(fold, header, field));
			if (field->len >= len) {
				list->last->len = len;
				return list;
			}
			len -= field->len;
			offset += field->len;
		}
	}
	sal_nft_expr_add(list, raw_new(fold, payload->payload.layer, offset, len));
	return list;
}

/* Whether a match says that another header of the same layer follows, as a VLAN tag does. */
static bool is_stacked(const struct sal_nft_header *header, const struct sal_nft_expr *relation)
{
	const struct sal_nft_header *next;
	uint16_t number = 0;

	if (!header || !(relation->left->flags & SAL_NFT_PROTOCOL) ||
	    relation->op != SAL_NFT_OP_EQ || relation->right->kind != SAL_NFT_VALUE)
		return false;
	sal_nft_num_write(&relation->right->value, &number, sizeof(number), SAL_NFT_ORDER_BIG);
	next = sal_nft_header_upper(header, number);
	return next && next->layer == header->layer;
}

static void payload_match_split(struct sal_nft_fold *fold, struct sal_nft_expr *relation,
				struct sal_nft_expr *payload)
{
	struct sal_nft_expr *fields = fields_split(fold, payload), *next;
	unsigned layer = payload->payload.layer;

	for (struct sal_nft_expr *field = fields->first; field; field = next) {
		struct sal_nft_expr *value, *match;
		struct sal_nft_stmt *stmt = sal_nft_stmt_new(fold->arena, SAL_NFT_STMT_EXPR);

		next = field->next;
		value = sal_nft_value_cut(fold->arena, relation->right, field->len);
		sal_nft_expr_retype(value, field->type, field->order);
		if (field->payload.field && field->len < field->payload.field->len) {
			sal_nft_num_shift_left(&value->value,
					       field->payload.field->len - field->len);
			value->len = field->payload.field->len;
			value = sal_nft_prefix_new(fold->arena, value, field->len);
		}
		match = sal_nft_binary_new(fold->arena, SAL_NFT_RELATION, relation->op, field,
					   value);
		if (match->op == SAL_NFT_OP_EQ)
			sal_nft_fold_learn(fold, match);
		stmt->expr = match;
		sal_nft_stmt_insert(fold->stmts, fold->stmt, stmt);
		if (layer && is_stacked(fold->headers[layer], match))
			layer--;
		sal_nft_fold_payload_implies(fold, field);
		if (match->op == SAL_NFT_OP_EQ && (field->flags & SAL_NFT_PROTOCOL))
			sal_nft_fold_depend(fold, stmt, layer);
	}
	sal_nft_stmt_remove(fold->stmts, fold->stmt);
	fold->stmt = NULL;
}

/* A set of ICMP types: its first one stands for what fields there are. */
static void icmp_set_learn(struct sal_nft_fold *fold, struct sal_nft_expr *payload,
			   const struct sal_nft_expr *item)
{
	const struct sal_nft_header *header = fold->headers[SAL_NFT_LAYER_TRANSPORT];
	const struct sal_nft_expr *value = item->kind == SAL_NFT_ELEM ? item->key : item;

	if (value->kind != SAL_NFT_VALUE || payload->payload.layer != SAL_NFT_LAYER_TRANSPORT ||
	    payload->len != 8 || value->len != 8 || fold->icmp_type ||
	    payload->payload.offset != 0 ||
	    (header != SAL_NFT_HEADER(ICMP) && header != SAL_NFT_HEADER(ICMPV6)))
		return;
	payload->payload.header = header;
	payload->payload.field = &header->fields[header->key];
	fold->icmp_type = (uint8_t)value->value.w[0];
}

void sal_nft_fold_payload_match(struct sal_nft_fold *fold, struct sal_nft_expr *relation,
				struct sal_nft_expr *payload)
{
	if (relation->kind == SAL_NFT_RELATION &&
	    (relation->op == SAL_NFT_OP_EQ || relation->op == SAL_NFT_OP_NEQ)) {
		const struct sal_nft_expr *right = relation->right;

		if (right->kind == SAL_NFT_VALUE && fold->stmt) {
			payload_match_split(fold, relation, payload);
			return;
		}
		if (right->kind == SAL_NFT_SET_REF && right->init && right->init->first)
			icmp_set_learn(fold, payload, right->init->first);
	}
	sal_nft_fold_field(fold, payload);
	sal_nft_expr_retype(relation->right, payload->type, payload->order);
	sal_nft_fold_payload_implies(fold, payload);
}

static void header_set(struct sal_nft_fold *fold, unsigned layer,
		       const struct sal_nft_header *header)
{
	fold->headers[layer] = header ? header : SAL_NFT_HEADER(UNKNOWN);
}

static void payload_learn(struct sal_nft_fold *fold, const struct sal_nft_expr *payload,
			  const struct sal_nft_expr *value)
{
	const struct sal_nft_header *base = fold->headers[payload->payload.layer], *upper;
	uint32_t number = 0;

	if (!base)
		return;
	sal_nft_num_write(&value->value, &number, SAL_MIN(value->len / 8, sizeof(number)),
			  value->order);
	upper = sal_nft_header_upper(base, number);
	if (!upper) {
		if (base == SAL_NFT_HEADER(ICMP)) /* a reply has what an echo has */
			fold->icmp_type = number ? (uint8_t)number : 8;
		else if (base == SAL_NFT_HEADER(ICMPV6))
			fold->icmp_type = number == 129 ? 128 : (uint8_t)number;
		return;
	}
	if (upper->layer == base->layer && !payload->payload.is_raw &&
	    upper->layer == SAL_NFT_LAYER_LINK && fold->nstacked < SAL_NFT_STACKED)
		fold->stacked[fold->nstacked++] = base;
	header_set(fold, upper->layer, upper);
}

static void meta_learn(struct sal_nft_fold *fold, uint32_t key, const struct sal_nft_num *value)
{
	const struct sal_nft_header *hook, *upper;
	uint16_t number = (uint16_t)value->w[0];
	bool link_hook = fold->family == NFPROTO_BRIDGE || fold->family == NFPROTO_NETDEV ||
			 fold->family == NFPROTO_INET;

	hook = fold->family == NFPROTO_BRIDGE	? SAL_NFT_HEADER(ETHER)
	       : fold->family == NFPROTO_NETDEV ? SAL_NFT_HEADER(NETDEV)
	       : fold->family == NFPROTO_INET	? SAL_NFT_HEADER(INET)
	       : fold->family == NFPROTO_IPV6	? SAL_NFT_HEADER(IP6)
	       : fold->family == NFPROTO_ARP	? SAL_NFT_HEADER(ARP)
						: SAL_NFT_HEADER(IP);
	switch (key) {
	case NFT_META_IIFTYPE:
		if (fold->family != NFPROTO_BRIDGE)
			header_set(fold, SAL_NFT_LAYER_LINK,
				   number == ARPHRD_ETHER ? SAL_NFT_HEADER(ETHER) : NULL);
		break;
	case NFT_META_NFPROTO:
		upper = sal_nft_header_upper(hook, number & 0xff);
		if (!upper && (number & 0xff) == fold->family && !link_hook)
			upper = hook;
		header_set(fold, SAL_NFT_LAYER_NETWORK, upper);
		break;
	case NFT_META_L4PROTO:
		header_set(fold, SAL_NFT_LAYER_TRANSPORT,
			   sal_nft_header_upper(SAL_NFT_HEADER(INET_SERVICE), number & 0xff));
		break;
	case NFT_META_PROTOCOL:
		if (fold->family == NFPROTO_NETDEV || fold->family == NFPROTO_BRIDGE)
			header_set(fold, SAL_NFT_LAYER_NETWORK,
				   sal_nft_header_upper(hook, __builtin_bswap16(number)));
		break;
	}
}

static void ct_learn(struct sal_nft_fold *fold, unsigned layer, const struct sal_nft_num *value)
{
	const struct sal_nft_header *base = fold->headers[layer], *upper;

	upper = base ? sal_nft_header_upper(base, (uint32_t)value->w[0]) : NULL;
	if (upper && layer + 1 < SAL_NFT_LAYERS)
		header_set(fold, layer + 1, upper);
}

void sal_nft_fold_learn(struct sal_nft_fold *fold, const struct sal_nft_expr *relation)
{
	const struct sal_nft_expr *left = relation->left, *right = relation->right;

	if (!(left->flags & SAL_NFT_PROTOCOL) || right->kind != SAL_NFT_VALUE)
		return;
	if (left->kind == SAL_NFT_PAYLOAD)
		payload_learn(fold, left, right);
	else if (left->kind == SAL_NFT_META)
		meta_learn(fold, left->load.key, &right->value);
	else if (left->kind == SAL_NFT_CT)
		ct_learn(fold, left->load.layer, &right->value);
}
