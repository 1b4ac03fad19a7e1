/* interval.c - see interval.h. */
#include "net/nft/interval.h"

#include <stdlib.h>
#include <string.h>

/* The key of an element, of a map's too. */
static struct sal_nft_expr *key_of(const struct sal_nft_expr *item)
{
	if (item->kind == SAL_NFT_MAPPING)
		item = item->left;
	return item->kind == SAL_NFT_ELEM ? item->key : (struct sal_nft_expr *)item;
}

struct sorted {
	struct sal_nft_num value;
	struct sal_nft_expr *item;
	size_t at; /* place before sorting */
};

/* What an element is sorted by: its value; of several flags the lowest; of parts the last first. */
static void sort_value(const struct sal_nft_expr *key, struct sal_nft_num *ret_value)
{
	uint8_t bytes[SAL_NFT_NUM_BYTES] = { 0 };
	size_t len = 0;

	while (key->kind == SAL_NFT_BINOP || key->kind == SAL_NFT_RANGE)
		key = key->left;
	switch (key->kind) {
	case SAL_NFT_VALUE:
		*ret_value = key->value;
		return;
	case SAL_NFT_CATCHALL:
		memset(ret_value, 0xff, sizeof(*ret_value));
		return;
	case SAL_NFT_CONCAT:
		for (const struct sal_nft_expr *i = key->first; i; i = i->next) {
			const struct sal_nft_expr *part = i;
			size_t n;

			while (part->kind == SAL_NFT_BINOP)
				part = part->left;
			n = sal_nft_bytes(part->len);
			if (part->kind != SAL_NFT_VALUE || len + n > sizeof(bytes))
				break;
			sal_nft_num_write(&part->value, bytes + len, n, part->order);
			len += n;
		}
		sal_nft_num_read(ret_value, bytes, len, SAL_NFT_ORDER_HOST);
		return;
	}
	sal_nft_num_set(ret_value, 0);
}

/* Of equal ones the later comes first. */
static int sorted_compare(const void *a, const void *b)
{
	const struct sorted *x = a, *y = b;
	int diff = sal_nft_num_compare(&x->value, &y->value);

	return diff ? diff : x->at < y->at ? 1 : -1;
}

void sal_nft_elements_sort(struct sal_arena *arena, struct sal_nft_expr *list)
{
	struct sorted *sorted = sal_arena_array(arena, list->count, sizeof(*sorted));
	size_t n = 0;

	for (struct sal_nft_expr *i = list->first; i; i = i->next) {
		sort_value(key_of(i), &sorted[n].value);
		sorted[n].item = i;
		sorted[n].at = n;
		n++;
	}
	qsort(sorted, n, sizeof(*sorted), sorted_compare);
	list->first = list->last = NULL;
	list->count = 0;
	for (size_t i = 0; i < n; i++)
		sal_nft_expr_add(list, sorted[i].item);
}

static int point_compare(const void *a, const void *b)
{
	const struct sal_nft_expr *x = *(struct sal_nft_expr *const *)a;
	const struct sal_nft_expr *y = *(struct sal_nft_expr *const *)b;
	int diff = sal_nft_num_compare(&key_of(x)->value, &key_of(y)->value);

	if (diff)
		return diff;
	/* where one interval ends and the next begins, the end comes first */
	return (y->flags & SAL_NFT_INTERVAL_END) - (x->flags & SAL_NFT_INTERVAL_END);
}

/* An element like low, but with another key. */
static struct sal_nft_expr *item_like(struct sal_arena *arena, const struct sal_nft_expr *low,
				      struct sal_nft_expr *key)
{
	const struct sal_nft_expr *from = low->kind == SAL_NFT_MAPPING ? low->left : low;
	struct sal_nft_expr *elem = key;

	if (from->kind == SAL_NFT_ELEM) {
		elem = sal_nft_expr_new(arena, SAL_NFT_ELEM, key->type, key->order, key->len);
		elem->key = key;
		elem->elem = from->elem;
	}
	if (low->kind != SAL_NFT_MAPPING)
		return elem;
	return sal_nft_binary_new(arena, SAL_NFT_MAPPING, SAL_NFT_OP_IMPLICIT, elem, low->right);
}

static struct sal_nft_expr *prefix_item(struct sal_arena *arena, const struct sal_nft_expr *low,
					const struct sal_nft_num *span)
{
	struct sal_nft_expr *key = key_of(low);

	return item_like(
		arena, low,
		sal_nft_prefix_new(arena, key,
				   key->len - SAL_MIN(key->len, sal_nft_num_find_zero(span, 0))));
}

/* Names that begin with the same letters: "eth*" */
static struct sal_nft_expr *wildcard_item(struct sal_arena *arena, const struct sal_nft_expr *low,
					  const struct sal_nft_num *span)
{
	struct sal_nft_expr *key = key_of(low);
	unsigned host = sal_nft_num_find_zero(span, 0);
	char text[SAL_NFT_NUM_BYTES + 2] = "";
	size_t len = SAL_MIN(sal_nft_bytes(key->len), (uint32_t)SAL_NFT_NUM_BYTES), n;

	sal_nft_num_write(&key->value, text, len, SAL_NFT_ORDER_BIG);
	n = strnlen(text, len);
	if (host > key->len || (key->len - host) % 8 || n >= len || !n)
		return prefix_item(arena, low, span);
	text[n] = '*';
	return item_like(arena, low,
			 sal_nft_value_new(arena, key->type, SAL_NFT_ORDER_HOST,
					   (uint32_t)(n + 1) * 8, text));
}

static struct sal_nft_expr *range_item(struct sal_arena *arena, const struct sal_nft_expr *low,
				       const struct sal_nft_num *span)
{
	struct sal_nft_expr *key = key_of(low), *high;

	high = sal_nft_value_new(arena, key->type, key->order, key->len, NULL);
	high->value = key->value;
	sal_nft_num_add(&high->value, span);
	return item_like(arena, low,
			 sal_nft_binary_new(arena, SAL_NFT_RANGE, SAL_NFT_OP_IMPLICIT, key, high));
}

/* The interval from low to high, both belonging to it. */
static struct sal_nft_expr *interval_item(struct sal_arena *arena, struct sal_nft_expr *low,
					  const struct sal_nft_num *high)
{
	struct sal_nft_expr *key = key_of(low);
	struct sal_nft_num span = *high, next, shared = key->value;

	sal_nft_num_subtract(&span, &key->value);
	if (sal_nft_num_is_zero(&span)) {
		if (sal_nft_type_is_string(key->type))
			sal_nft_num_reverse(&key->value, key->len / 8);
		return low;
	}
	sal_nft_num_set(&next, 1);
	sal_nft_num_add(&next, &span);
	sal_nft_num_and(&next, &span);
	sal_nft_num_and(&shared, &span);
	if (sal_nft_num_is_zero(&next) && sal_nft_num_is_zero(&shared)) {
		if (key->type->prefix)
			return prefix_item(arena, low, &span);
		if (sal_nft_type_is_string(key->type))
			return wildcard_item(arena, low, &span);
	}
	return range_item(arena, low, &span);
}

void sal_nft_interval_merge(struct sal_arena *arena, struct sal_nft_expr *list)
{
	struct sal_nft_expr **points =
		sal_arena_array(arena, list->count, sizeof(struct sal_nft_expr *));
	struct sal_nft_expr *low = NULL, *catchall = NULL, *next;
	struct sal_nft_num high, one;
	size_t n = 0;

	for (struct sal_nft_expr *i = list->first; i; i = next) {
		next = i->next;
		if (key_of(i)->kind == SAL_NFT_CATCHALL)
			catchall = i;
		else if (key_of(i)->kind == SAL_NFT_VALUE)
			points[n++] = i;
	}
	if (n)
		qsort(points, n, sizeof(*points), point_compare);
	list->first = list->last = NULL;
	list->count = 0;
	sal_nft_num_set(&one, 1);
	for (size_t i = 0; i < n; i++) {
		/* an interval ends before the next point, whether that is an end or a beginning */
		if (low) {
			high = key_of(points[i])->value;
			sal_nft_num_subtract(&high, &one);
			sal_nft_expr_add(list, interval_item(arena, low, &high));
		}
		low = points[i]->flags & SAL_NFT_INTERVAL_END ? NULL : points[i];
	}
	if (low) { /* up to the end of all values */
		sal_nft_num_ones(&high, key_of(low)->len);
		sal_nft_expr_add(list, sal_nft_num_compare(&high, &key_of(low)->value) == 0
					       ? low
					       : interval_item(arena, low, &high));
	}
	if (catchall)
		sal_nft_expr_add(list, catchall);
}

/* How long the prefix is that covers exactly the range; -1 when none does. */
static int range_prefix_len(const struct sal_nft_num *low, const struct sal_nft_num *high,
			    unsigned len)
{
	struct sal_nft_num differing = *low;
	unsigned host;

	sal_nft_num_xor(&differing, high);
	host = sal_nft_num_find_zero(&differing, 0);
	if (sal_nft_num_find_one(&differing, host) < SAL_NFT_NUM_BITS || host > len ||
	    sal_nft_num_find_one(low, 0) < host)
		return -1;
	return (int)(len - host);
}

static struct sal_nft_expr *field_join(struct sal_arena *arena, struct sal_nft_expr *low,
				       struct sal_nft_expr *high)
{
	struct sal_nft_num a, b;
	bool string;
	int prefix_len;

	if (low->kind != SAL_NFT_VALUE || high->kind != SAL_NFT_VALUE ||
	    sal_nft_num_compare(&low->value, &high->value) == 0)
		return high;
	a = low->value;
	b = high->value;
	string = sal_nft_type_is_string(low->type);
	if (string) {
		sal_nft_num_reverse(&a, low->len / 8);
		sal_nft_num_reverse(&b, high->len / 8);
	}
	prefix_len = range_prefix_len(&a, &b, low->len);
	if (string && prefix_len >= 0 && prefix_len % 8 == 0) {
		char text[SAL_NFT_NUM_BYTES + 2] = "";
		size_t n = (size_t)prefix_len / 8;

		sal_nft_num_write(&low->value, text, n, SAL_NFT_ORDER_HOST);
		text[n] = '*';
		return sal_nft_value_new(arena, low->type, SAL_NFT_ORDER_HOST,
					 (uint32_t)(n + 1) * 8, text);
	}
	if (prefix_len < 0 || !low->type->prefix)
		return sal_nft_binary_new(arena, SAL_NFT_RANGE, SAL_NFT_OP_IMPLICIT, low, high);
	return sal_nft_prefix_new(arena, low, (uint32_t)prefix_len);
}

static void keys_join(struct sal_arena *arena, struct sal_nft_expr *lower,
		      struct sal_nft_expr *upper)
{
	struct sal_nft_expr *a = lower->first, *b = upper->first;

	upper->first = upper->last = NULL;
	upper->count = 0;
	while (a && b) {
		struct sal_nft_expr *next_a = a->next, *next_b = b->next;

		sal_nft_expr_add(upper, field_join(arena, a, b));
		a = next_a;
		b = next_b;
	}
}

void sal_nft_interval_join(struct sal_arena *arena, struct sal_nft_expr *list)
{
	struct sal_nft_expr *item = list->first, *next;

	list->first = list->last = NULL;
	list->count = 0;
	for (; item; item = next) {
		struct sal_nft_expr *upper = item->next;
		const struct sal_nft_expr *elem;

		next = item->next;
		if (upper) {
			elem = upper->kind == SAL_NFT_MAPPING ? upper->left : upper;
			if ((elem->flags & SAL_NFT_INTERVAL_END) &&
			    key_of(item)->kind == SAL_NFT_CONCAT &&
			    key_of(upper)->kind == SAL_NFT_CONCAT) {
				next = upper->next;
				keys_join(arena, key_of(item), key_of(upper));
				item = upper;
			}
		}
		sal_nft_expr_add(list, item);
	}
}
