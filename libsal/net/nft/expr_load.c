/*
 * expr_load.c - loads from the packet: payload, exthdr, meta, ct; and their opposites, which set.
 *
 * A header field comes out raw, by layer, offset and length: which field it is depends on what the
 * rule has matched before, and is found out by fold.c.
 */
#include "net/nft/parse.h"

#define BITS_MAX 0x10000 /* an offset or a length beyond makes no sense */

void sal_nft_payload_raw(struct sal_nft_expr *expr, unsigned layer, uint32_t offset, uint32_t len)
{
	expr->payload.layer = layer;
	expr->payload.offset = offset;
	expr->len = SAL_MIN(len, (uint32_t)SAL_NFT_NUM_BITS);
	expr->type = &sal_nft_type_raw;
	if (layer != SAL_NFT_LAYER_TRANSPORT || len != 16 || (offset != 0 && offset != 16))
		return;
	expr->payload.header = SAL_NFT_HEADER(TH);
	expr->payload.field = &SAL_NFT_HEADER(TH)->fields[offset ? 2 : 1];
	expr->type = &sal_nft_types[SAL_NFT_TYPE_INET_SERVICE];
}

struct sal_nft_expr *sal_nft_payload_new(struct sal_arena *arena,
					 const struct sal_nft_header *header, unsigned index)
{
	const struct sal_nft_field *field;
	struct sal_nft_expr *expr;

	if (!header)
		return sal_nft_expr_new(arena, SAL_NFT_PAYLOAD, NULL, SAL_NFT_ORDER_NONE, 0);
	if (index >= SAL_NFT_HEADER_FIELDS || !header->fields[index].name)
		return NULL;
	field = &header->fields[index];
	expr = sal_nft_expr_new(arena, SAL_NFT_PAYLOAD, &sal_nft_types[field->type],
				field->meta ? SAL_NFT_ORDER_NONE : SAL_NFT_ORDER_BIG, field->len);
	expr->payload.header = header;
	expr->payload.field = field;
	expr->payload.layer = header->layer;
	expr->payload.offset = field->offset;
	/* ip protocol and ip6 nexthdr say it, too, although l4proto is what is asked for */
	if (index == header->key ||
	    (field->type == SAL_NFT_TYPE_INET_PROTOCOL &&
	     (header == SAL_NFT_HEADER(IP) || header == SAL_NFT_HEADER(IP6))))
		expr->flags |= SAL_NFT_PROTOCOL;
	return expr;
}

bool sal_nft_parse_payload(struct sal_nft_parse *parse, const struct nlattr *data)
{
	const struct nlattr *tb[NFTA_PAYLOAD_MAX + 1];
	struct sal_nft_expr *expr, *value;
	uint32_t base, offset, len;

	sal_nla_index_nested(tb, NFTA_PAYLOAD_MAX, data);
	base = sal_nft_u32(tb[NFTA_PAYLOAD_BASE]);
	offset = sal_nft_u32(tb[NFTA_PAYLOAD_OFFSET]);
	len = sal_nft_u32(tb[NFTA_PAYLOAD_LEN]);
	if (!tb[NFTA_PAYLOAD_BASE] || base + 1 >= SAL_NFT_LAYERS || offset > BITS_MAX || !len ||
	    len > NFT_DATA_VALUE_MAXLEN)
		return false;
	expr = sal_nft_payload_new(parse->arena, NULL, 0);
	sal_nft_payload_raw(expr, base + 1, offset * 8, len * 8);
	if (tb[NFTA_PAYLOAD_DREG])
		return sal_nft_register_set(parse, tb[NFTA_PAYLOAD_DREG], expr);
	value = sal_nft_register_get(parse, tb[NFTA_PAYLOAD_SREG]);
	if (!value)
		return false;
	parse->stmt = sal_nft_stmt_new(parse->arena, SAL_NFT_STMT_PAYLOAD);
	parse->stmt->set_to.target = expr;
	parse->stmt->set_to.value = value;
	return true;
}

/* A routing header of several kinds: the general fields first, then those of each kind. */
static void exthdr_field_find(struct sal_nft_expr *expr, uint32_t offset, uint32_t len)
{
	static const enum sal_nft_exthdr_id kinds[] = { SAL_NFT_EXTHDR_SRH, SAL_NFT_EXTHDR_RT0,
							SAL_NFT_EXTHDR_RT2 };

	expr->exthdr.field = sal_nft_option_field(expr->exthdr.option, offset, len);
	if (expr->exthdr.option != &sal_nft_exthdrs[SAL_NFT_EXTHDR_RT])
		return;
	for (size_t i = 0; !expr->exthdr.field && i < SAL_ARRAY_LEN(kinds); i++) {
		expr->exthdr.field = sal_nft_option_field(&sal_nft_exthdrs[kinds[i]], offset, len);
		if (expr->exthdr.field)
			expr->exthdr.option = &sal_nft_exthdrs[kinds[i]];
	}
}

struct sal_nft_expr *sal_nft_exthdr_new(struct sal_arena *arena, unsigned op, uint8_t number,
					uint32_t offset, uint32_t len, bool present)
{
	struct sal_nft_expr *expr =
		sal_nft_expr_new(arena, SAL_NFT_EXTHDR, NULL, SAL_NFT_ORDER_BIG, len);

	expr->exthdr.op = op;
	expr->exthdr.number = number;
	expr->exthdr.offset = offset;
	expr->exthdr.present = present;
	expr->exthdr.option = sal_nft_option_find(op, number);
	if (op == NFT_EXTHDR_OP_TCPOPT || op == NFT_EXTHDR_OP_SCTP)
		expr->type = &sal_nft_types[SAL_NFT_TYPE_INTEGER];
	else if (!expr->exthdr.option)
		return NULL;
	if (expr->exthdr.option)
		exthdr_field_find(expr, offset, len);
	if (present)
		expr->type = &sal_nft_types[SAL_NFT_TYPE_BOOLEAN];
	else if (expr->exthdr.field)
		expr->type = &sal_nft_types[expr->exthdr.field->type];
	return expr;
}

bool sal_nft_parse_exthdr(struct sal_nft_parse *parse, const struct nlattr *data)
{
	const struct nlattr *tb[NFTA_EXTHDR_MAX + 1];
	uint32_t offset, len, op, flags;
	struct sal_nft_expr *expr, *value;

	sal_nla_index_nested(tb, NFTA_EXTHDR_MAX, data);
	offset = sal_nft_u32(tb[NFTA_EXTHDR_OFFSET]);
	len = sal_nft_u32(tb[NFTA_EXTHDR_LEN]);
	op = sal_nft_u32(tb[NFTA_EXTHDR_OP]);
	flags = sal_nft_u32(tb[NFTA_EXTHDR_FLAGS]);
	if (offset > BITS_MAX || len > NFT_DATA_VALUE_MAXLEN)
		return false;
	expr = sal_nft_exthdr_new(parse->arena, op, sal_nft_u8(tb[NFTA_EXTHDR_TYPE]), offset * 8,
				  len * 8, flags & NFT_EXTHDR_F_PRESENT);
	if (!expr)
		return false;
	if (tb[NFTA_EXTHDR_DREG])
		return sal_nft_register_set(parse, tb[NFTA_EXTHDR_DREG], expr);
	if (!tb[NFTA_EXTHDR_SREG]) {
		parse->stmt = sal_nft_stmt_new(parse->arena, SAL_NFT_STMT_OPTSTRIP);
		parse->stmt->expr = expr;
		expr->exthdr.present = true; /* the whole option, no field of it */
		return true;
	}
	value = sal_nft_register_get(parse, tb[NFTA_EXTHDR_SREG]);
	if (!value)
		return false;
	sal_nft_expr_retype(value, expr->type, expr->order);
	parse->stmt = sal_nft_stmt_new(parse->arena, SAL_NFT_STMT_EXTHDR);
	parse->stmt->set_to.target = expr;
	parse->stmt->set_to.value = value;
	return true;
}

static bool key_stmt_set(struct sal_nft_parse *parse, enum sal_nft_stmt_kind kind, uint32_t key,
			 const struct nlattr *sreg, const struct sal_nft_type *type,
			 enum sal_nft_order order, int8_t direction)
{
	struct sal_nft_expr *value = sal_nft_register_get(parse, sreg);

	if (!value || !type)
		return false;
	sal_nft_expr_retype(value, type, order);
	parse->stmt = sal_nft_stmt_new(parse->arena, kind);
	parse->stmt->set_to.value = value;
	parse->stmt->set_to.key = key;
	parse->stmt->set_to.direction = direction;
	return true;
}

bool sal_nft_parse_meta(struct sal_nft_parse *parse, const struct nlattr *data)
{
	const struct nlattr *tb[NFTA_META_MAX + 1];
	uint32_t key;

	sal_nla_index_nested(tb, NFTA_META_MAX, data);
	key = sal_nft_u32(tb[NFTA_META_KEY]);
	if (tb[NFTA_META_DREG])
		return sal_nft_register_set(parse, tb[NFTA_META_DREG],
					    sal_nft_meta_new(parse->arena, key));
	return key_stmt_set(parse, SAL_NFT_STMT_META, key, tb[NFTA_META_SREG],
			    sal_nft_meta_type(key), sal_nft_meta_order(key), -1);
}

bool sal_nft_parse_ct(struct sal_nft_parse *parse, const struct nlattr *data)
{
	const struct nlattr *tb[NFTA_CT_MAX + 1];
	int8_t direction = -1;
	uint32_t key;

	sal_nla_index_nested(tb, NFTA_CT_MAX, data);
	key = sal_nft_u32(tb[NFTA_CT_KEY]);
	if (tb[NFTA_CT_DIRECTION])
		direction = (int8_t)sal_nft_u8(tb[NFTA_CT_DIRECTION]);
	if (tb[NFTA_CT_DREG])
		return sal_nft_register_set(parse, tb[NFTA_CT_DREG],
					    sal_nft_ct_new(parse->arena, key, direction));
	return key_stmt_set(parse, SAL_NFT_STMT_CT, key, tb[NFTA_CT_SREG], sal_nft_ct_type(key),
			    sal_nft_ct_order(key), direction);
}
