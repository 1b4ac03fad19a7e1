/*
 * firewall.c - net.firewall: the nf_tables ruleset as nft -j lists it.
 *
 * The kernel's messages of one generation are collected whole (nft/collect.c), then written object
 * by object. Nothing is linked from libnftables; its JSON (libnftables-json(5)) is written by
 * the files in nft/. It never changes a rule.
 */
#include "gen/net.firewall.h"

#include <errno.h>
#include <malloc.h>
#include <linux/netfilter.h>
#include <string.h>

#include "base/json_write.h"
#include "net/nft/collect.h"

static const uint8_t families[] = {
	[SAL_FIREWALL_FAMILY_IP] = NFPROTO_IPV4,
	[SAL_FIREWALL_FAMILY_IP6] = NFPROTO_IPV6,
	[SAL_FIREWALL_FAMILY_INET] = NFPROTO_INET,
	[SAL_FIREWALL_FAMILY_ARP] = NFPROTO_ARP,
	[SAL_FIREWALL_FAMILY_BRIDGE] = NFPROTO_BRIDGE,
	[SAL_FIREWALL_FAMILY_NETDEV] = NFPROTO_NETDEV,
};

/* Bytes from which on memory is given back to the system after a call. */
#define TRIM_FROM ((size_t)1024 * 1024)

struct listing {
	struct sal_call *call;
	const struct sal_nft_filter *filter;
	struct sal_nft_writer writer;
	struct sal_arena_mark mark; /* what an object took is given back to here */
};

static int item_emit(struct listing *listing, struct sal_error *err)
{
	struct sal_buf *out = listing->writer.out;
	int r = sal_net_firewall_item(listing->call,
				      &(struct sal_raw){ .json = out->data, .len = out->len }, err);

	out->len = 0;
	sal_arena_reset(listing->writer.arena, listing->mark);
	return r;
}

static int messages_emit(struct listing *listing, const struct sal_nft_messages *messages,
			 void (*write)(struct sal_nft_writer *, const struct nlmsghdr *),
			 uint16_t chain_attr, struct sal_error *err)
{
	int r = 0;

	for (const struct sal_nft_message *m = messages->first; r >= 0 && m; m = m->next) {
		if (chain_attr && listing->filter->chain &&
		    !sal_nft_names_attr(&m->header, chain_attr, listing->filter->chain))
			continue;
		write(&listing->writer, &m->header);
		r = item_emit(listing, err);
	}
	return r;
}

static int sets_emit(struct listing *listing, const struct sal_nft_table *table,
		     struct sal_error *err)
{
	int r = 0;

	for (const struct sal_nft_set *set = table->sets; r >= 0 && set; set = set->next) {
		if (set->flags & NFT_SET_ANONYMOUS)
			continue;
		sal_nft_set_write(&listing->writer, set, listing->filter->elements);
		r = item_emit(listing, err);
	}
	return r;
}

/* In nft's order; of one chain only itself and its rules. */
static int table_emit(struct listing *listing, const struct sal_nft_table *table,
		      struct sal_error *err)
{
	int r = 0;

	listing->writer.table = table;
	if (!listing->filter->chain) {
		sal_nft_table_write(&listing->writer, table);
		r = item_emit(listing, err);
		if (r >= 0)
			r = messages_emit(listing, &table->objects, sal_nft_object_write, 0, err);
		if (r >= 0)
			r = sets_emit(listing, table, err);
		if (r >= 0)
			r = messages_emit(listing, &table->flowtables, sal_nft_flowtable_write, 0,
					  err);
	}
	if (r >= 0)
		r = messages_emit(listing, &table->chains, sal_nft_chain_write, NFTA_CHAIN_NAME,
				  err);
	if (r >= 0)
		r = messages_emit(listing, &table->rules, sal_nft_rule_write, NFTA_RULE_CHAIN, err);
	return r;
}

static bool has_chain(const struct sal_nft_ruleset *ruleset, const char *name)
{
	for (const struct sal_nft_table *t = ruleset->tables; t; t = t->next) {
		for (const struct sal_nft_message *m = t->chains.first; m; m = m->next) {
			if (sal_nft_names_attr(&m->header, NFTA_CHAIN_NAME, name))
				return true;
		}
	}
	return false;
}

static int missing(struct sal_error *err, const char *kind, const char *name)
{
	int r = sal_fail(err, SAL_NOT_FOUND, "no %s named %s", kind, name);

	sal_error_subject(err, "%s %s", kind, name);
	sal_error_field(err, "/%s", kind);
	return r;
}

static int listing_emit(struct listing *listing, const struct sal_nft_ruleset *ruleset,
			struct sal_error *err)
{
	const struct sal_nft_filter *filter = listing->filter;
	int r;

	if (filter->table && !ruleset->tables)
		return missing(err, "table", filter->table);
	if (filter->chain && !has_chain(ruleset, filter->chain))
		return missing(err, "chain", filter->chain);
	sal_buf_puts(listing->writer.out, "{\"metainfo\":{\"version\":");
	sal_json_put_cstring(listing->writer.out, sal_version());
	sal_buf_puts(listing->writer.out, ",\"release_name\":\"sal\",\"json_schema_version\":1}}");
	r = item_emit(listing, err);
	for (const struct sal_nft_table *t = ruleset->tables; r >= 0 && t; t = t->next)
		r = table_emit(listing, t, err);
	return r;
}

/* All that a ruleset takes is in an arena of its own, so that it can be given back at once. */
static int firewall_list(struct sal_call *call, struct sal_arena *arena,
			 const struct sal_net_firewall_params *params, struct sal_error *err)
{
	SAL_CLEANUP(sal_buf_done) struct sal_buf out = SAL_BUF_EMPTY;
	SAL_CLEANUP(sal_ifnames_close) struct sal_ifnames ifnames = { .fd = -1 };
	SAL_CLEANUP(sal_nft_names_done) struct sal_nft_names names;
	struct sal_nft_filter filter = {
		.family = params->has.family ? families[params->family] : 0,
		.table = params->has.table ? params->table : NULL,
		.chain = params->has.chain ? params->chain : NULL,
		.elements = params->elements,
	};
	struct sal_nft_ruleset ruleset = { .arena = arena };
	struct listing listing = { .call = call,
				   .filter = &filter,
				   .writer = { .arena = arena, .names = &names, .out = &out } };
	struct sal_net_firewall_result result = { 0 };
	int r;

	sal_nft_names_init(&names, &ifnames);
	r = sal_ifnames_open(&ifnames, err);
	if (r >= 0)
		r = sal_nft_collect(&ruleset, &filter, &result.consistent, err);
	if (r < 0)
		return r;
	listing.mark = sal_arena_mark(arena);
	r = listing_emit(&listing, &ruleset, err);
	return r < 0 ? r : sal_net_firewall_done(call, &result, err);
}

int sal_net_firewall(struct sal_call *call, const struct sal_net_firewall_params *params,
		     struct sal_error *err)
{
	struct sal_arena arena;
	size_t taken;
	int r;

	sal_arena_init(&arena);
	r = firewall_list(call, &arena, params, err);
	taken = sal_arena_size(&arena);
	sal_arena_done(&arena);
	/* The C library would keep the many blocks of a large ruleset for later; there may be none. */
	if (taken > TRIM_FROM)
		malloc_trim(0);
	return r;
}
