/*
 * typeof.c - what the word typeof in a set's declaration left in its user data.
 *
 * nft writes down which expression the key stands for; its type and length are needed to read the
 * elements (a VLAN id has 12 bits). The kernel never looks at it, so anybody may have written it.
 */
#include <string.h>

#include "net/nft/parse.h"

#define TYPEOF_EXPR 0
#define TYPEOF_DATA 1
#define CONCAT_MAX  4 /* what nft reads at most */
#define VALUES_MAX  6

/* The numbers of a load by their place; false when one of the first n is missing. */
static bool values_read(const uint8_t *data, size_t len, unsigned n, uint32_t *ret_values)
{
	for (unsigned i = 0; i < VALUES_MAX; i++) {
		uint8_t size;
		const uint8_t *value = sal_nft_udata_find(data, len, (uint8_t)i, &size);

		ret_values[i] = 0;
		if (value && size == sizeof(uint32_t))
			memcpy(&ret_values[i], value, sizeof(uint32_t));
		else if (i < n)
			return false;
	}
	return true;
}

static struct sal_nft_expr *payload_read(struct sal_arena *arena, const uint8_t *data, size_t len)
{
	enum { HEADER, FIELD, BASE, OFFSET, LEN };
	struct sal_nft_expr *expr;
	uint32_t values[VALUES_MAX];

	if (!values_read(data, len, 2, values))
		return NULL;
	if (values[HEADER] && values[HEADER] < SAL_NFT_HEADER_NUMBERED) {
		expr = sal_nft_payload_new(arena, &sal_nft_headers[values[HEADER]], values[FIELD]);
	} else {
		struct sal_nft_type *type;

		if (values[BASE] >= SAL_NFT_LAYERS || values[LEN] > SAL_NFT_NUM_BITS)
			return NULL;
		expr = sal_nft_payload_new(arena, NULL, 0);
		type = sal_arena_dup(arena, &sal_nft_type_raw, sizeof(*type));
		type->size = (uint16_t)values[LEN];
		type->order = SAL_NFT_ORDER_BIG;
		expr->type = type;
		expr->payload.layer = (uint8_t)values[BASE];
		expr->payload.offset = values[OFFSET];
		expr->payload.is_raw = true;
		expr->len = 0;
	}
	if (expr && values[LEN])
		expr->len = SAL_MIN(values[LEN], (uint32_t)SAL_NFT_NUM_BITS);
	return expr;
}

static struct sal_nft_expr *exthdr_read(struct sal_arena *arena, const uint8_t *data, size_t len)
{
	enum { NUMBER, FIELD, OP };
	const struct sal_nft_option *option;
	const struct sal_nft_field *field;
	struct sal_nft_expr *expr;
	uint32_t values[VALUES_MAX];

	if (!values_read(data, len, 2, values))
		return NULL;
	if (values[OP] == NFT_EXTHDR_OP_IPV6)
		option = values[NUMBER] && values[NUMBER] < SAL_NFT_EXTHDRS
				 ? &sal_nft_exthdrs[values[NUMBER]]
				 : NULL;
	else
		option = values[NUMBER] < 256
				 ? sal_nft_option_find(values[OP], (uint8_t)values[NUMBER])
				 : NULL;
	if (!option || values[FIELD] >= option->nfields || !option->fields[values[FIELD]].name)
		return NULL;
	field = &option->fields[values[FIELD]];
	expr = sal_nft_expr_new(arena, SAL_NFT_EXTHDR, &sal_nft_types[field->type],
				SAL_NFT_ORDER_BIG, field->len);
	expr->exthdr.option = option;
	expr->exthdr.field = field;
	expr->exthdr.op = (uint8_t)values[OP];
	expr->exthdr.number = option->number;
	expr->exthdr.offset = field->offset;
	return expr;
}

/* A key by its number and, for some, a direction. */
static struct sal_nft_expr *load_read(struct sal_arena *arena, uint32_t kind, const uint8_t *data,
				      size_t len)
{
	uint32_t values[VALUES_MAX];
	unsigned needed = kind == SAL_NFT_XFRM			      ? 3
			  : kind == SAL_NFT_CT || kind == SAL_NFT_FIB ? 2
			  : kind == SAL_NFT_META || kind == SAL_NFT_RT || kind == SAL_NFT_SOCKET
				  ? 1
				  : 0;

	if (!values_read(data, len, needed, values))
		return NULL;
	switch (kind) {
	case SAL_NFT_META:
		return sal_nft_meta_new(arena, values[0]);
	case SAL_NFT_CT:
		return sal_nft_ct_new(arena, values[0], (int8_t)values[1]);
	case SAL_NFT_RT:
		return sal_nft_rt_new(arena, values[0]);
	case SAL_NFT_SOCKET:
		return sal_nft_socket_new(arena, values[0]);
	case SAL_NFT_OSF:
		return sal_nft_osf_new(arena, 0, 0);
	case SAL_NFT_FIB:
		return sal_nft_fib_new(arena, values[1], values[0]);
	case SAL_NFT_XFRM:
		return sal_nft_xfrm_new(arena, values[0], (uint8_t)values[2], values[1]);
	case SAL_NFT_NUMGEN:
	case SAL_NFT_HASH:
		return sal_nft_gen_new(arena, (enum sal_nft_kind)kind);
	case SAL_NFT_VERDICT:
		return sal_nft_expr_new(arena, SAL_NFT_VERDICT,
					&sal_nft_types[SAL_NFT_TYPE_VERDICT], SAL_NFT_ORDER_NONE,
					NFT_REG_SIZE * 8);
	}
	return NULL;
}

static struct sal_nft_expr *single_read(struct sal_arena *arena, uint32_t kind, const uint8_t *data,
					size_t len)
{
	if (kind == SAL_NFT_PAYLOAD)
		return payload_read(arena, data, len);
	if (kind == SAL_NFT_EXTHDR)
		return exthdr_read(arena, data, len);
	return load_read(arena, kind, data, len);
}

/* The kind of an expression and what describes it. */
static bool kind_read(const uint8_t *data, size_t len, uint32_t *ret_kind, const uint8_t **ret_data,
		      uint8_t *ret_len)
{
	uint8_t size;
	const uint8_t *kind = sal_nft_udata_find(data, len, TYPEOF_EXPR, &size);

	if (!kind || size != sizeof(*ret_kind))
		return false;
	memcpy(ret_kind, kind, sizeof(*ret_kind));
	*ret_data = sal_nft_udata_find(data, len, TYPEOF_DATA, ret_len);
	return *ret_data != NULL;
}

static struct sal_nft_expr *concat_read(struct sal_arena *arena, const uint8_t *data, size_t len)
{
	struct sal_nft_expr *concat =
		sal_nft_expr_new(arena, SAL_NFT_CONCAT, NULL, SAL_NFT_ORDER_NONE, 0);
	const struct sal_nft_type *type;
	uint32_t id = 0, bits = 0;

	for (uint8_t i = 0; i < CONCAT_MAX; i++) {
		const uint8_t *nest, *inner;
		struct sal_nft_expr *expr;
		uint8_t nest_len, inner_len;
		uint32_t kind;

		nest = sal_nft_udata_find(data, len, i, &nest_len);
		if (!nest)
			break;
		if (!kind_read(nest, nest_len, &kind, &inner, &inner_len))
			return NULL;
		expr = single_read(arena, kind, inner, inner_len);
		if (!expr)
			return NULL;
		id = sal_nft_type_join(id, expr->type->id);
		bits += sal_nft_padded(expr->len);
		sal_nft_expr_add(concat, expr);
	}
	type = sal_nft_type_concat(arena, id);
	if (!type || type->subtypes != concat->count)
		return NULL;
	concat->type = type;
	concat->len = SAL_MIN(bits, (uint32_t)SAL_NFT_NUM_BITS);
	return concat;
}

struct sal_nft_expr *sal_nft_typeof_read(struct sal_arena *arena, const uint8_t *data, size_t len)
{
	const uint8_t *inner;
	uint8_t inner_len;
	uint32_t kind;

	if (!kind_read(data, len, &kind, &inner, &inner_len))
		return NULL;
	if (kind == SAL_NFT_CONCAT)
		return concat_read(arena, inner, inner_len);
	return single_read(arena, kind, inner, inner_len);
}
