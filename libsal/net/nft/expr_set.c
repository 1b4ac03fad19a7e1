/* expr_set.c - what updates sets and refers to objects, and iptables' own: dynset, objref, match, target. */
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables_compat.h>
#include <string.h>

#include "net/nft/parse.h"

/* The statements that a new element gets, such as a counter or a limit. */
static struct sal_nft_stmt *dynset_stmts(struct sal_nft_parse *parse, const struct nlattr *one,
					 const struct nlattr *list)
{
	struct sal_nft_stmts stmts = { 0 };

	if (one) {
		sal_nft_parse_expr(parse, one);
		if (parse->stmt)
			sal_nft_stmt_append(&stmts, parse->stmt);
	} else if (list) {
		sal_nla_each_nested(a, list)
		{
			sal_nft_parse_expr(parse, a);
			if (parse->stmt)
				sal_nft_stmt_append(&stmts, parse->stmt);
		}
	}
	return stmts.first;
}

static struct sal_nft_expr *dynset_data(struct sal_nft_parse *parse, const struct nlattr *sreg,
					const struct sal_nft_set *set)
{
	struct sal_nft_expr *data = sal_nft_register_get(parse, sreg);

	if (!data || !set->data)
		return NULL;
	if (data->len < set->data->len)
		data = sal_nft_register_concat(parse, sreg, set->data->len);
	if (data)
		sal_nft_expr_retype(data, set->data->type, set->data->order);
	return data;
}

bool sal_nft_parse_dynset(struct sal_nft_parse *parse, const struct nlattr *data)
{
	const struct nlattr *tb[NFTA_DYNSET_MAX + 1];
	struct sal_nft_stmt *stmt = sal_nft_stmt_new(parse->arena, SAL_NFT_STMT_SET);
	struct sal_nft_elem *elem = sal_arena_zalloc(parse->arena, sizeof(*elem));
	const struct sal_nft_set *set;
	struct sal_nft_expr *key;

	sal_nla_index_nested(tb, NFTA_DYNSET_MAX, data);
	set = sal_nft_set_find(parse->table,
			       sal_nft_string(tb[NFTA_DYNSET_SET_NAME], parse->arena));
	key = sal_nft_register_get(parse, tb[NFTA_DYNSET_SREG_KEY]);
	if (!set || !key)
		return false;
	if (key->len < set->key->len)
		key = sal_nft_register_key(parse, tb[NFTA_DYNSET_SREG_KEY], set);
	if (!key)
		return false;
	stmt->dynset.set = set;
	stmt->dynset.op = sal_nft_u32(tb[NFTA_DYNSET_OP]);
	stmt->dynset.key =
		sal_nft_expr_new(parse->arena, SAL_NFT_ELEM, key->type, key->order, key->len);
	stmt->dynset.key->key = key;
	stmt->dynset.key->elem = elem;
	elem->timeout = sal_nft_u64(tb[NFTA_DYNSET_TIMEOUT]);
	if (stmt->dynset.op > NFT_DYNSET_OP_DELETE)
		return false;
	if (tb[NFTA_DYNSET_SREG_DATA]) {
		stmt->kind = SAL_NFT_STMT_MAP;
		stmt->dynset.data = dynset_data(parse, tb[NFTA_DYNSET_SREG_DATA], set);
		if (!stmt->dynset.data)
			return false;
	}
	stmt->dynset.stmts = dynset_stmts(parse, tb[NFTA_DYNSET_EXPR], tb[NFTA_DYNSET_EXPRESSIONS]);
	if (stmt->kind == SAL_NFT_STMT_SET && stmt->dynset.stmts &&
	    (set->flags & NFT_SET_ANONYMOUS))
		stmt->kind = SAL_NFT_STMT_METER;
	parse->stmt = stmt;
	return true;
}

bool sal_nft_parse_objref(struct sal_nft_parse *parse, const struct nlattr *data)
{
	const struct nlattr *tb[NFTA_OBJREF_MAX + 1];
	struct sal_nft_stmt *stmt = sal_nft_stmt_new(parse->arena, SAL_NFT_STMT_OBJREF);
	struct sal_nft_expr *left, *right;
	const struct sal_nft_set *set;

	sal_nla_index_nested(tb, NFTA_OBJREF_MAX, data);
	if (tb[NFTA_OBJREF_IMM_NAME]) {
		stmt->objref.type = sal_nft_u32(tb[NFTA_OBJREF_IMM_TYPE]);
		stmt->objref.name = sal_nft_name_new(
			parse->arena, sal_nft_string(tb[NFTA_OBJREF_IMM_NAME], parse->arena));
		parse->stmt = stmt;
		return true;
	}
	set = sal_nft_set_find(parse->table,
			       sal_nft_string(tb[NFTA_OBJREF_SET_NAME], parse->arena));
	left = sal_nft_register_get(parse, tb[NFTA_OBJREF_SET_SREG]);
	if (!set || !left || !set->data)
		return false;
	if (left->len < set->key->len)
		left = sal_nft_register_concat(parse, tb[NFTA_OBJREF_SET_SREG], set->key->len);
	if (!left)
		return false;
	right = sal_nft_set_ref_new(parse->arena, set);
	stmt->objref.name =
		sal_nft_binary_new(parse->arena, SAL_NFT_MAP, SAL_NFT_OP_IMPLICIT, left, right);
	stmt->objref.type = set->object;
	parse->stmt = stmt;
	return true;
}

/* iptables' extensions, whose bytes only they know. */
bool sal_nft_parse_match(struct sal_nft_parse *parse, const struct nlattr *data)
{
	const struct nlattr *tb[NFTA_MATCH_MAX + 1];

	sal_nla_index_nested(tb, NFTA_MATCH_MAX, data);
	parse->stmt = sal_nft_stmt_new(parse->arena, SAL_NFT_STMT_XT);
	parse->stmt->xt.type = "match";
	parse->stmt->xt.name = sal_nft_string(tb[NFTA_MATCH_NAME], parse->arena);
	parse->stmt->xt.revision = sal_nft_u32(tb[NFTA_MATCH_REV]);
	parse->stmt->xt.info = tb[NFTA_MATCH_INFO];
	return true;
}

bool sal_nft_parse_target(struct sal_nft_parse *parse, const struct nlattr *data)
{
	const struct nlattr *tb[NFTA_TARGET_MAX + 1];
	struct sal_nft_stmt *stmt = sal_nft_stmt_new(parse->arena, SAL_NFT_STMT_XT);

	sal_nla_index_nested(tb, NFTA_TARGET_MAX, data);
	stmt->xt.name = sal_nft_string(tb[NFTA_TARGET_NAME], parse->arena);
	stmt->xt.type = "target";
	/* what ebtables calls watchers are targets to the kernel */
	if (parse->table->family == NFPROTO_BRIDGE &&
	    (strcmp(stmt->xt.name, "log") == 0 || strcmp(stmt->xt.name, "nflog") == 0))
		stmt->xt.type = "watcher";
	stmt->xt.revision = sal_nft_u32(tb[NFTA_TARGET_REV]);
	stmt->xt.info = tb[NFTA_TARGET_INFO];
	parse->stmt = stmt;
	return true;
}
