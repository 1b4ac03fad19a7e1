/*
 * flow_join.c - a hash of OpenFlow's flows, by table, priority and match. See flow_join.h.
 *
 * Called by flow.c for each bridge.
 */
#include "net/flow_join.h"

#include <stdlib.h>
#include <string.h>

#include "net/oxm.h"

void sal_net_flow_join_done(struct sal_net_flow_join *join)
{
	sal_buf_done(&join->keys);
	sal_buf_done(&join->facts);
	sal_buf_done(&join->buckets);
	sal_buf_done(&join->partners);
	sal_buf_done(&join->left);
}

static struct sal_net_flow_facts *facts_at(const struct sal_net_flow_join *join, size_t i)
{
	return (struct sal_net_flow_facts *)join->facts.data + i;
}

static size_t facts_count(const struct sal_net_flow_join *join)
{
	return join->facts.len / sizeof(struct sal_net_flow_facts);
}

static uint64_t kind_of(uint64_t table, uint64_t priority)
{
	return table << 32 | priority;
}

/* FNV-1a; whoever may add flows to a bridge can do worse than lengthen our chains. */
static uint64_t key_hash(uint64_t kind, const char *match, size_t len)
{
	uint64_t hash = (0xcbf29ce484222325ull ^ kind) * 0x100000001b3ull;

	for (size_t i = 0; i < len; i++)
		hash = (hash ^ (unsigned char)match[i]) * 0x100000001b3ull;
	return hash ^ hash >> 32;
}

int sal_net_flow_join_add(const struct sal_openflow_entry *entry, void *ctx, struct sal_error *err)
{
	struct sal_net_flow_join *join = ctx;
	struct sal_net_flow_facts facts = { .entry = *entry, .key = join->keys.len };

	facts.entry.match = NULL; /* it is gone with its message */
	sal_buf_reserve(&join->keys,
			1); /* a match of everything is no text at all, but has a place */
	facts.key_len = UINT32_MAX;
	if (sal_net_oxm_format(&join->keys, entry->match, entry->match_len))
		facts.key_len = (uint32_t)(join->keys.len - facts.key);
	sal_buf_put(&join->facts, &facts, sizeof(facts));
	return 0;
}

static size_t buckets_count(const struct sal_net_flow_join *join)
{
	return join->buckets.len / sizeof(uint32_t);
}

static void buckets_fill(struct sal_net_flow_join *join)
{
	size_t n = facts_count(join), size = 16;
	uint32_t *buckets;

	while (size < n)
		size *= 2;
	sal_buf_reserve(&join->buckets, size * sizeof(*buckets));
	join->buckets.len = size * sizeof(*buckets);
	memset(join->buckets.data, 0xff, join->buckets.len);
	buckets = (uint32_t *)join->buckets.data;
	for (size_t i = n; i-- > 0;) {
		struct sal_net_flow_facts *facts = facts_at(join, i);
		uint64_t kind = kind_of(facts->entry.table, facts->entry.priority), hash;

		if (facts->key_len == UINT32_MAX)
			continue;
		hash = key_hash(kind, join->keys.data + facts->key, facts->key_len);
		facts->next = buckets[hash & (size - 1)];
		buckets[hash & (size - 1)] = (uint32_t)i;
	}
}

static uint32_t partner_find(struct sal_net_flow_join *join, uint64_t kind, const char *match)
{
	const uint32_t *buckets = (const uint32_t *)join->buckets.data;
	size_t len = strlen(match);
	uint32_t i = buckets[key_hash(kind, match, len) & (buckets_count(join) - 1)];

	while (i != SAL_NET_FLOW_NONE) {
		struct sal_net_flow_facts *facts = facts_at(join, i);

		if (!facts->taken && facts->key_len == len &&
		    kind_of(facts->entry.table, facts->entry.priority) == kind &&
		    memcmp(join->keys.data + facts->key, match, len) == 0) {
			facts->taken = true;
			return i;
		}
		i = facts->next;
	}
	return SAL_NET_FLOW_NONE;
}

void sal_net_flow_join_list(struct sal_net_flow_join *join, uint64_t table, uint64_t priority,
			    const char *match, bool hidden)
{
	uint64_t kind = kind_of(table, priority);
	uint32_t partner = SAL_NET_FLOW_NONE;

	if (!join->buckets.len)
		buckets_fill(join);
	if (!hidden) {
		partner = partner_find(join, kind, match);
		if (partner == SAL_NET_FLOW_NONE) {
			struct left left = { kind,
					     (uint32_t)(join->partners.len / sizeof(partner)) };

			sal_buf_put(&join->left, &left, sizeof(left));
		}
	}
	sal_buf_put(&join->partners, &partner, sizeof(partner));
}

static int left_compare(const void *a, const void *b)
{
	const struct left *x = a, *y = b;

	if (x->kind != y->kind)
		return x->kind < y->kind ? -1 : 1;
	return (x->index > y->index) - (x->index < y->index);
}

/* OpenFlow's flows that nobody took, sorted by kind. */
static void left_collect(const struct sal_net_flow_join *join, struct sal_buf *ret_left)
{
	for (size_t i = 0; i < facts_count(join); i++) {
		const struct sal_net_flow_facts *facts = facts_at(join, i);
		struct left left = { kind_of(facts->entry.table, facts->entry.priority),
				     (uint32_t)i };

		if (!facts->taken)
			sal_buf_put(ret_left, &left, sizeof(left));
	}
	if (ret_left->len)
		qsort(ret_left->data, ret_left->len / sizeof(struct left), sizeof(struct left),
		      left_compare);
}

/* How many of the sorted list, from i on, are of one kind. */
static size_t left_run(const struct left *left, size_t n, size_t i)
{
	size_t end = i;

	while (end < n && left[end].kind == left[i].kind)
		end++;
	return end - i;
}

size_t sal_net_flow_join_end(struct sal_net_flow_join *join, int64_t elapsed_ms)
{
	SAL_CLEANUP(sal_buf_done) struct sal_buf others = SAL_BUF_EMPTY;
	struct left *ours = (struct left *)join->left.data, *theirs;
	size_t n = join->left.len / sizeof(*ours), m, j = 0, run, alone = n;

	if (!n)
		return 0;
	qsort(ours, n, sizeof(*ours), left_compare);
	left_collect(join, &others);
	theirs = (struct left *)others.data;
	m = others.len / sizeof(*theirs);
	for (size_t i = 0; i < n && m; i += run) {
		const struct sal_openflow_entry *entry;

		run = left_run(ours, n, i);
		while (j < m && theirs[j].kind < ours[i].kind)
			j++;
		if (run != 1 || j == m || theirs[j].kind != ours[i].kind ||
		    left_run(theirs, m, j) != 1)
			continue;
		entry = &facts_at(join, theirs[j].index)->entry;
		if ((int64_t)entry->duration_sec * 1000 + entry->duration_nsec / 1000000 <=
		    elapsed_ms + 1000)
			continue;
		((uint32_t *)join->partners.data)[ours[i].index] = theirs[j].index;
		alone--;
	}
	return alone;
}

const struct sal_net_flow_facts *sal_net_flow_join_of(const struct sal_net_flow_join *join,
						      size_t index)
{
	uint32_t partner = ((const uint32_t *)join->partners.data)[index];

	return partner == SAL_NET_FLOW_NONE ? NULL : facts_at(join, partner);
}
