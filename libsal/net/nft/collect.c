/* collect.c - see collect.h. Sources: linux/netfilter/nf_tables.h, nfnetlink.h. */
#include "net/nft/collect.h"

#include <errno.h>
#include <linux/netfilter/nfnetlink.h>
#include <string.h>

#include "kernel/nl.h"

#define BYTES_MAX ((size_t)64 * 1024 * 1024)
#define TRIES	  10

struct collecting {
	struct sal_nl nl;
	struct sal_nft_ruleset *ruleset;
	const struct sal_nft_filter *filter;
	size_t bytes;
	bool moved; /* the ruleset changed while it was read */
};

static void request_begin(struct sal_nl_request *request, uint16_t type, uint8_t family)
{
	struct nfgenmsg *header =
		sal_nl_begin(request, NFNL_SUBSYS_NFTABLES << 8 | type, 0, sizeof(*header));

	header->nfgen_family = family;
	header->version = NFNETLINK_V0;
}

static int generation_note(const struct nlmsghdr *message, void *ctx, struct sal_error *err)
{
	const struct nlattr *tb[NFTA_GEN_MAX + 1];
	uint32_t *generation = ctx;

	(void)err;
	sal_nla_index_message(tb, NFTA_GEN_MAX, message, sizeof(struct nfgenmsg));
	*generation = sal_nft_u32(tb[NFTA_GEN_ID]);
	return 0;
}

static int generation_get(struct collecting *collecting, uint32_t *ret_generation,
			  struct sal_error *err)
{
	struct sal_nl_request request;
	struct sal_error own = { 0 };
	int r;

	request_begin(&request, NFT_MSG_GETGEN, 0);
	r = sal_nl_talk(&collecting->nl, &request, generation_note, ret_generation, &own);
	if (r == -EINVAL || r == -EOPNOTSUPP)
		return sal_fail(err, SAL_UNSUPPORTED, "the kernel has no nf_tables");
	if (r < 0 && err && err->code == SAL_OK)
		*err = own;
	return r;
}

static int message_add(const struct nlmsghdr *message, void *ctx, struct sal_error *err)
{
	struct collecting *collecting = ctx;

	collecting->bytes += message->nlmsg_len;
	if (collecting->bytes > BYTES_MAX) {
		sal_fail(err, SAL_LIMIT, "the ruleset is larger than %zu MiB",
			 BYTES_MAX / 1024 / 1024);
		sal_error_hint(err, "ask for one family, table or chain, or without elements");
		return -E2BIG;
	}
	sal_nft_ruleset_add(collecting->ruleset, message);
	return 0;
}

static int table_filter_add(const struct nlmsghdr *message, void *ctx, struct sal_error *err)
{
	const struct collecting *collecting = ctx;
	const char *name = collecting->filter->table;

	return name && !sal_nft_names_attr(message, NFTA_TABLE_NAME, name)
		       ? 0
		       : message_add(message, ctx, err);
}

static int dump(struct collecting *collecting, struct sal_nl_request *request, sal_nl_each *each,
		struct sal_error *err)
{
	bool consistent = true;
	int r = sal_nl_dump(&collecting->nl, request, each, collecting, &consistent, err);

	collecting->moved |= !consistent;
	return r;
}

/* One kind of object, of one table or of all. attr names the table in such a request. */
static int kind_dump(struct collecting *collecting, uint16_t type, uint8_t family, uint16_t attr,
		     const char *table, struct sal_error *err)
{
	struct sal_nl_request request;

	request_begin(&request, type, family);
	if (table && attr)
		sal_nl_put_string(&request, attr, table);
	if (type == NFT_MSG_GETRULE && table && collecting->filter->chain)
		sal_nl_put_string(&request, NFTA_RULE_CHAIN, collecting->filter->chain);
	return dump(collecting, &request, message_add, err);
}

static bool elements_wanted(const struct sal_nft_filter *filter, const struct sal_nft_set *set)
{
	return (set->flags & NFT_SET_ANONYMOUS) || (filter->elements && !filter->chain);
}

static int elements_dump(struct collecting *collecting, struct sal_error *err)
{
	for (struct sal_nft_table *t = collecting->ruleset->tables; t; t = t->next) {
		for (struct sal_nft_set *set = t->sets; set; set = set->next) {
			struct sal_nl_request request;
			struct sal_error own = { 0 };
			int r;

			if (!elements_wanted(collecting->filter, set))
				continue;
			request_begin(&request, NFT_MSG_GETSETELEM, t->family);
			sal_nl_put_string(&request, NFTA_SET_ELEM_LIST_TABLE, t->name);
			sal_nl_put_string(&request, NFTA_SET_ELEM_LIST_SET, set->name);
			r = dump(collecting, &request, message_add, &own);
			if (r == -ENOENT) { /* it is gone: another generation */
				collecting->moved = true;
				return 0;
			}
			if (r < 0) {
				if (err && err->code == SAL_OK)
					*err = own;
				return r;
			}
		}
	}
	return 0;
}

static int tables_dump(struct collecting *collecting, struct sal_error *err)
{
	struct sal_nl_request request;

	request_begin(&request, NFT_MSG_GETTABLE, collecting->filter->family);
	return dump(collecting, &request, table_filter_add, err);
}

/* All that tables hold: of the one table, or of all of the family. */
static int contents_dump(struct collecting *collecting, uint8_t family, const char *table,
			 struct sal_error *err)
{
	static const struct {
		uint16_t type, attr;
		bool whole_tables_only; /* left out when one chain is asked for */
	} kinds[] = {
		{ NFT_MSG_GETCHAIN, 0, false }, /* has no filter but the family */
		{ NFT_MSG_GETSET, NFTA_SET_TABLE, false },
		{ NFT_MSG_GETOBJ, NFTA_OBJ_TABLE, true },
		{ NFT_MSG_GETFLOWTABLE, NFTA_FLOWTABLE_TABLE, true },
		{ NFT_MSG_GETRULE, NFTA_RULE_TABLE, false },
	};
	int r = 0;

	for (size_t i = 0; r >= 0 && i < SAL_ARRAY_LEN(kinds); i++) {
		if (kinds[i].whole_tables_only && collecting->filter->chain)
			continue;
		r = kind_dump(collecting, kinds[i].type, family, kinds[i].attr, table, err);
	}
	return r;
}

static int ruleset_take(struct collecting *collecting, struct sal_error *err)
{
	const struct sal_nft_filter *filter = collecting->filter;
	struct sal_error own = { 0 };
	int r = tables_dump(collecting, err);

	if (r < 0)
		return r;
	if (!filter->table) {
		r = contents_dump(collecting, filter->family, NULL, &own);
	} else {
		for (struct sal_nft_table *t = collecting->ruleset->tables; r >= 0 && t;
		     t = t->next)
			r = contents_dump(collecting, t->family, t->name, &own);
	}
	if (r == -ENOENT) { /* the table is gone */
		collecting->moved = true;
		return 0;
	}
	if (r < 0) {
		if (err && err->code == SAL_OK)
			*err = own;
		return r;
	}
	return elements_dump(collecting, err);
}

int sal_nft_collect(struct sal_nft_ruleset *ruleset, const struct sal_nft_filter *filter,
		    bool *ret_consistent, struct sal_error *err)
{
	struct sal_arena *arena = ruleset->arena;
	struct sal_arena_mark mark = sal_arena_mark(arena);
	struct collecting collecting = { .ruleset = ruleset, .filter = filter };
	int r = sal_nl_open(&collecting.nl, NETLINK_NETFILTER, err);

	for (unsigned tries = 0; r >= 0; tries++) {
		uint32_t before = 0, after = 0;

		collecting.moved = false;
		collecting.bytes = 0;
		r = generation_get(&collecting, &before, err);
		if (r >= 0)
			r = ruleset_take(&collecting, err);
		if (r >= 0)
			r = generation_get(&collecting, &after, err);
		*ret_consistent = !collecting.moved && before == after;
		if (r < 0 || *ret_consistent || tries + 1 == TRIES)
			break;
		sal_arena_reset(arena, mark);
		*ruleset = (struct sal_nft_ruleset){ .arena = arena };
	}
	sal_nl_close(&collecting.nl);
	return SAL_MIN(r, 0);
}
