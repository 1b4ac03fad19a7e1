/* rule.c - a rule: its expressions parsed, folded and written. See ruleset.h. */
#include "net/nft/fold.h"
#include "net/nft/json.h"
#include "net/nft/parse.h"

#define UDATA_COMMENT 0

void sal_nft_rule_write(struct sal_nft_writer *writer, const struct nlmsghdr *message)
{
	struct sal_nft_parse parse = { .arena = writer->arena, .table = writer->table };
	const struct nlattr *tb[NFTA_RULE_MAX + 1];
	struct sal_nft_stmts stmts = { 0 };
	const char *comment;

	sal_nla_index_message(tb, NFTA_RULE_MAX, message, sizeof(struct nfgenmsg));
	if (tb[NFTA_RULE_EXPRESSIONS]) {
		sal_nla_each_nested(a, tb[NFTA_RULE_EXPRESSIONS])
		{
			sal_nft_parse_expr(&parse, a);
			if (parse.stmt)
				sal_nft_stmt_append(&stmts, parse.stmt);
		}
	}
	sal_nft_fold_rule(writer->arena, writer->table->family, &stmts);
	sal_nft_put_string(writer,
			   "{\"rule\":{\"family\":", sal_nft_family_name(writer->table->family));
	sal_nft_put_string(writer, ",\"table\":", writer->table->name);
	sal_nft_put_string(writer,
			   ",\"chain\":", sal_nft_string(tb[NFTA_RULE_CHAIN], writer->arena));
	sal_nft_put_number(writer, ",\"handle\":", sal_nft_u64(tb[NFTA_RULE_HANDLE]));
	comment = sal_nft_udata_string(tb[NFTA_RULE_USERDATA], UDATA_COMMENT);
	if (comment)
		sal_nft_put_string(writer, ",\"comment\":", comment);
	for (const struct sal_nft_stmt *i = stmts.first; i; i = i->next) {
		sal_nft_put(writer, i == stmts.first ? ",\"expr\":[" : ",");
		sal_nft_stmt_write(writer, i);
	}
	sal_nft_put(writer, stmts.first ? "]}}" : "}}");
}

void sal_nft_nested_write(struct sal_nft_writer *writer, const struct nlattr *expr)
{
	struct sal_nft_parse parse = { .arena = writer->arena, .table = writer->table };

	sal_nft_parse_expr(&parse, expr);
	if (parse.stmt && parse.stmt->kind != SAL_NFT_STMT_EXPR &&
	    parse.stmt->kind != SAL_NFT_STMT_VERDICT)
		sal_nft_stmt_members_write(writer, parse.stmt);
	else
		sal_nft_put_hex(writer, "\"x-raw\":", expr);
}
