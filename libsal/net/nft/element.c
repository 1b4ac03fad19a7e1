/*
 * element.c - the elements of a set: keys taken apart, intervals put together, in nft's order.
 *
 * The kernel keeps intervals as points where they begin and end, or concatenations as two keys;
 * the same set comes out as prefixes, ranges and single values.
 */
#include "net/nft/interval.h"
#include "net/nft/parse.h"

#define UDATA_COMMENT 0

/* The parts of a concatenation, cut off one by one. */
static struct sal_nft_expr *part_read(struct sal_arena *arena, const struct sal_nft_set *set,
				      const struct sal_nft_expr *shape,
				      const struct sal_nft_type *subtype, struct sal_nft_expr *data)
{
	uint32_t bits = sal_nft_bytes(shape ? shape->len : subtype->size) * 8;
	struct sal_nft_expr *part = sal_nft_value_cut(arena, data, bits);

	if (shape) {
		part->type = shape->type;
		part->order = shape->order;
		part->len = SAL_MIN(part->len, shape->len);
	} else {
		part->type = subtype;
		part->order = subtype->order;
	}
	if (sal_nft_type_is_string(part->type) ||
	    (!(set->flags & NFT_SET_INTERVAL) && part->order == SAL_NFT_ORDER_HOST))
		sal_nft_num_reverse(&part->value, part->len / 8);
	data->len -= SAL_MIN(sal_nft_padded(bits) - bits, data->len);
	if (sal_nft_type_is_bitmask(part->type))
		part = sal_nft_value_to_bits(arena, part);
	return part;
}

/* Appends the parts of data by the types of a key or of data; false when a type is unknown. */
static bool parts_read(struct sal_arena *arena, const struct sal_nft_set *set,
		       const struct sal_nft_expr *declared, bool shaped, struct sal_nft_expr *data,
		       struct sal_nft_expr *list)
{
	const struct sal_nft_expr *shape =
		shaped && declared->kind == SAL_NFT_CONCAT ? declared->first : NULL;
	const struct sal_nft_type *type = declared->type;

	for (unsigned n = type->subtypes; n > 0;) {
		const struct sal_nft_type *subtype = sal_nft_type_part(type->id, --n);

		if (!subtype)
			return false;
		sal_nft_expr_add(list, part_read(arena, set, shape, subtype, data));
		shape = shape ? shape->next : NULL;
	}
	return true;
}

static struct sal_nft_expr *concat_new(struct sal_arena *arena)
{
	return sal_nft_expr_new(arena, SAL_NFT_CONCAT, NULL, SAL_NFT_ORDER_NONE, 0);
}

static struct sal_nft_expr *key_read(struct sal_arena *arena, const struct sal_nft_set *set,
				     const struct nlattr *nest)
{
	struct sal_nft_expr *key = sal_nft_data_value(arena, nest);

	if (!key)
		return NULL;
	key->type = set->key->type;
	key->order = set->key->order;
	if (set->key->type->subtypes) {
		struct sal_nft_expr *concat = concat_new(arena);

		return parts_read(arena, set, set->key, true, key, concat) ? concat : NULL;
	}
	if (!(set->flags & NFT_SET_INTERVAL) && key->order == SAL_NFT_ORDER_HOST)
		sal_nft_num_reverse(&key->value, key->len / 8);
	if (sal_nft_type_is_bitmask(key->type))
		key = sal_nft_value_to_bits(arena, key);
	return key;
}

/* A range of addresses or numbers that a map gives: both ends in one value. */
static struct sal_nft_expr *interval_read(struct sal_arena *arena, const struct sal_nft_set *set,
					  const struct sal_nft_expr *data)
{
	const struct sal_nft_type *type = set->data->type;
	uint8_t bytes[SAL_NFT_NUM_BYTES];
	uint32_t len = sal_nft_bytes(data->len) / 2;
	struct sal_nft_expr *left, *right;

	sal_nft_num_write(&data->value, bytes, (size_t)len * 2, type->order);
	left = sal_nft_value_new(arena, type, type->order, len * 8, bytes);
	right = sal_nft_value_new(arena, type, type->order, len * 8, bytes + len);
	return sal_nft_range_to_prefix(
		arena, sal_nft_binary_new(arena, SAL_NFT_RANGE, SAL_NFT_OP_IMPLICIT, left, right));
}

/* Ranges in a concatenation: all the lower ends, then all the upper ones. */
static struct sal_nft_expr *ranges_join(struct sal_arena *arena, struct sal_nft_expr *lower,
					struct sal_nft_expr *upper)
{
	struct sal_nft_expr *concat = concat_new(arena), *a = lower->first, *b = upper->first;

	while (a && b) {
		struct sal_nft_expr *next_a = a->next, *next_b = b->next, *item = a;

		if (a->kind == SAL_NFT_VALUE && b->kind == SAL_NFT_VALUE &&
		    sal_nft_num_compare(&a->value, &b->value) != 0) {
			item = sal_nft_binary_new(arena, SAL_NFT_RANGE, SAL_NFT_OP_IMPLICIT, a, b);
			if (a->type->id == SAL_NFT_TYPE_IPADDR ||
			    a->type->id == SAL_NFT_TYPE_IP6ADDR)
				item = sal_nft_range_to_prefix(arena, item);
		}
		sal_nft_expr_add(concat, item);
		a = next_a;
		b = next_b;
	}
	return concat;
}

static struct sal_nft_expr *data_read(struct sal_arena *arena, const struct sal_nft_set *set,
				      const struct nlattr *nest)
{
	struct sal_nft_expr *data, *lower, *upper;

	if (set->data->type->id == SAL_NFT_TYPE_VERDICT)
		return sal_nft_data_verdict(arena, nest);
	data = sal_nft_data_value(arena, nest);
	if (!data)
		return NULL;
	data->type = set->data->type;
	data->order = set->data->order;
	if (set->data->type->subtypes) {
		lower = concat_new(arena);
		if (!parts_read(arena, set, set->data, false, data, lower))
			return NULL;
		if (!(set->data->flags & SAL_NFT_INTERVAL))
			return lower;
		upper = concat_new(arena);
		return parts_read(arena, set, set->data, false, data, upper)
			       ? ranges_join(arena, lower, upper)
			       : NULL;
	}
	if (set->data->flags & SAL_NFT_INTERVAL)
		return interval_read(arena, set, data);
	if (data->order == SAL_NFT_ORDER_HOST)
		sal_nft_num_reverse(&data->value, data->len / 8);
	return data;
}

static const struct nlattr *first_expr(const struct nlattr *one, const struct nlattr *list)
{
	if (one || !list)
		return one;
	return sal_nla_at(sal_nla_data(list), (const char *)sal_nla_data(list) + sal_nla_len(list));
}

/* What stands beside the key; NULL, as for most elements, when nothing does. */
static const struct sal_nft_elem *extras_read(struct sal_arena *arena, const struct nlattr **tb)
{
	struct sal_nft_elem elem = {
		.timeout = sal_nft_u64(tb[NFTA_SET_ELEM_TIMEOUT]),
		.expires = sal_nft_u64(tb[NFTA_SET_ELEM_EXPIRATION]),
		.comment = sal_nft_udata_string(tb[NFTA_SET_ELEM_USERDATA], UDATA_COMMENT),
		.expr = first_expr(tb[NFTA_SET_ELEM_EXPR], tb[NFTA_SET_ELEM_EXPRESSIONS]),
	};

	if (!elem.timeout && !elem.expires && !elem.comment && !elem.expr)
		return NULL;
	return sal_arena_dup(arena, &elem, sizeof(elem));
}

static struct sal_nft_expr *elem_new(struct sal_arena *arena, struct sal_nft_expr *key,
				     const struct sal_nft_elem *extras)
{
	struct sal_nft_expr *elem =
		sal_nft_expr_new(arena, SAL_NFT_ELEM, key->type, key->order, key->len);

	elem->key = key;
	elem->elem = extras;
	return elem;
}

/* Adds the expression of one key of an element, with the data it maps to. */
static void elem_add(struct sal_arena *arena, const struct sal_nft_set *set,
		     struct sal_nft_expr *list, struct sal_nft_expr *key, const struct nlattr **tb,
		     bool end)
{
	const struct sal_nft_elem *extras = extras_read(arena, tb);
	struct sal_nft_expr *elem = extras ? elem_new(arena, key, extras) : key, *data = NULL;

	if ((set->flags & NFT_SET_MAP) && tb[NFTA_SET_ELEM_DATA])
		data = data_read(arena, set, tb[NFTA_SET_ELEM_DATA]);
	else if ((set->flags & NFT_SET_OBJECT) && tb[NFTA_SET_ELEM_OBJREF])
		data = sal_nft_name_new(arena, sal_nft_string(tb[NFTA_SET_ELEM_OBJREF], arena));
	if (end)
		elem->flags |= SAL_NFT_INTERVAL_END;
	if (data)
		elem = sal_nft_binary_new(arena, SAL_NFT_MAPPING, SAL_NFT_OP_IMPLICIT, elem, data);
	sal_nft_expr_add(list, elem);
}

static void element_read(struct sal_arena *arena, const struct sal_nft_set *set,
			 const struct nlattr *element, struct sal_nft_expr *list)
{
	const struct nlattr *tb[NFTA_SET_ELEM_MAX + 1];
	struct sal_nft_expr *key;
	uint32_t flags;

	sal_nla_index_nested(tb, NFTA_SET_ELEM_MAX, element);
	flags = sal_nft_u32(tb[NFTA_SET_ELEM_FLAGS]);
	if (!tb[NFTA_SET_ELEM_KEY] && (flags & NFT_SET_ELEM_CATCHALL))
		key = sal_nft_expr_new(arena, SAL_NFT_CATCHALL, set->key->type, set->key->order,
				       set->key->len);
	else
		key = key_read(arena, set, tb[NFTA_SET_ELEM_KEY]);
	if (!key)
		return;
	elem_add(arena, set, list, key, tb, flags & NFT_SET_ELEM_INTERVAL_END);
	if (!tb[NFTA_SET_ELEM_KEY_END] || (flags & NFT_SET_ELEM_INTERVAL_END))
		return;
	key = key_read(arena, set, tb[NFTA_SET_ELEM_KEY_END]);
	if (key)
		elem_add(arena, set, list, key, tb, true);
}

struct sal_nft_expr *sal_nft_elements_read(struct sal_arena *arena, const struct sal_nft_set *set)
{
	struct sal_nft_expr *list =
		sal_nft_expr_new(arena, SAL_NFT_SET, set->key->type, SAL_NFT_ORDER_NONE, 0);

	for (const struct sal_nft_message *m = set->elements.first; m; m = m->next) {
		const struct nlattr *tb[NFTA_SET_ELEM_LIST_MAX + 1];

		sal_nla_index_message(tb, NFTA_SET_ELEM_LIST_MAX, &m->header,
				      sizeof(struct nfgenmsg));
		if (!tb[NFTA_SET_ELEM_LIST_ELEMENTS])
			continue;
		sal_nla_each_nested(a, tb[NFTA_SET_ELEM_LIST_ELEMENTS])
			element_read(arena, set, a, list);
	}
	if ((set->flags & NFT_SET_INTERVAL) && set->fields > 1)
		sal_nft_interval_join(arena, list);
	else if (set->flags & NFT_SET_INTERVAL)
		sal_nft_interval_merge(arena, list);
	else
		sal_nft_elements_sort(arena, list);
	return list;
}
