/* fold.c - the statements of a rule, one after the other. See fold.h. */
#include "net/nft/fold.h"

#include <linux/if_ether.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>

#define BIG16(value) ((uint16_t)((value) >> 8 | ((value)&0xff) << 8))
#define TYPE(id)     (&sal_nft_types[SAL_NFT_TYPE_##id])

static void fold_begin(struct sal_nft_fold *fold, uint8_t family)
{
	fold->family = family;
	switch (family) {
	case NFPROTO_BRIDGE:
		fold->headers[SAL_NFT_LAYER_LINK] = SAL_NFT_HEADER(ETHER);
		break;
	case NFPROTO_NETDEV:
		fold->headers[SAL_NFT_LAYER_LINK] = SAL_NFT_HEADER(NETDEV);
		break;
	case NFPROTO_INET:
		fold->headers[SAL_NFT_LAYER_LINK] = SAL_NFT_HEADER(INET);
		break;
	case NFPROTO_IPV4:
		fold->headers[SAL_NFT_LAYER_NETWORK] = SAL_NFT_HEADER(IP);
		break;
	case NFPROTO_IPV6:
		fold->headers[SAL_NFT_LAYER_NETWORK] = SAL_NFT_HEADER(IP6);
		break;
	case NFPROTO_ARP:
		fold->headers[SAL_NFT_LAYER_NETWORK] = SAL_NFT_HEADER(ARP);
		break;
	}
}

/* What was compared, whatever turned its bytes. */
static const struct sal_nft_expr *compared(const struct sal_nft_expr *relation)
{
	return relation->left->kind == SAL_NFT_UNARY ? relation->left->left : relation->left;
}

/* Two comparisons in a row, of lower and upper bound, are one of a range. */
static void range_merge(struct sal_nft_fold *fold)
{
	struct sal_nft_expr *expr, *first, *range;
	enum sal_nft_op op;

	if (!fold->prev || !fold->stmt || fold->prev->kind != SAL_NFT_STMT_EXPR)
		return;
	expr = fold->stmt->expr;
	first = fold->prev->expr;
	if (expr->kind != SAL_NFT_RELATION || first->kind != SAL_NFT_RELATION ||
	    compared(expr)->kind != compared(first)->kind)
		return;
	if (first->op == SAL_NFT_OP_GTE && expr->op == SAL_NFT_OP_LTE)
		op = SAL_NFT_OP_EQ;
	else if (first->op == SAL_NFT_OP_LT && expr->op == SAL_NFT_OP_GT)
		op = SAL_NFT_OP_NEQ;
	else
		return;
	range = sal_nft_binary_new(fold->arena, SAL_NFT_RANGE, SAL_NFT_OP_IMPLICIT, first->right,
				   expr->right);
	sal_nft_expr_retype(range, expr->right->type, expr->right->order);
	fold->stmt->expr = sal_nft_binary_new(fold->arena, SAL_NFT_RELATION, op, expr->left, range);
	sal_nft_stmt_remove(fold->stmts, fold->prev);
}

/* A tree of ors as a list. */
static void bits_to_list(struct sal_nft_expr *list, struct sal_nft_expr *expr)
{
	if (expr->kind == SAL_NFT_BINOP && expr->op == SAL_NFT_OP_OR) {
		bits_to_list(list, expr->left);
		bits_to_list(list, expr->right);
	} else {
		sal_nft_expr_add(list, expr);
	}
}

static void ct_fold(struct sal_nft_fold *fold, struct sal_nft_stmt *stmt)
{
	struct sal_nft_expr **value = &stmt->set_to.value;

	sal_nft_fold_expr(fold, value);
	if ((*value)->kind == SAL_NFT_BINOP && (*value)->op == SAL_NFT_OP_OR &&
	    stmt->set_to.key == NFT_CT_EVENTMASK) {
		struct sal_nft_expr *list =
			sal_nft_expr_new(fold->arena, SAL_NFT_LIST, NULL, SAL_NFT_ORDER_NONE, 0);

		bits_to_list(list, *value);
		*value = list;
	}
}

static void optional_fold(struct sal_nft_fold *fold, struct sal_nft_expr **expr)
{
	if (*expr)
		sal_nft_fold_expr(fold, expr);
}

static void nat_fold(struct sal_nft_fold *fold, struct sal_nft_stmt *stmt)
{
	optional_fold(fold, &stmt->nat.addr);
	if (stmt->nat.port) {
		sal_nft_fold_forget(fold);
		sal_nft_fold_expr(fold, &stmt->nat.port);
	}
}

/* In tables of both families the reason is that of the protocol which was matched. */
static void reject_mixed_fold(struct sal_nft_fold *fold, struct sal_nft_stmt *stmt)
{
	const struct sal_nft_header *link = fold->headers[SAL_NFT_LAYER_LINK];
	const struct sal_nft_header *network = fold->headers[SAL_NFT_LAYER_NETWORK];
	int protocol = link && network ? sal_nft_header_number(link, network) : -1;

	if (stmt->reject.type == NFT_REJECT_ICMPX_UNREACH) {
		stmt->reject.code->type = TYPE(ICMPX_CODE);
		return;
	}
	if (protocol == NFPROTO_IPV4 || protocol == BIG16(ETH_P_IP)) {
		stmt->reject.family = NFPROTO_IPV4;
		stmt->reject.code->type = TYPE(ICMP_CODE);
	} else if (protocol == NFPROTO_IPV6 || protocol == BIG16(ETH_P_IPV6)) {
		stmt->reject.family = NFPROTO_IPV6;
		stmt->reject.code->type = TYPE(ICMPV6_CODE);
	}
	sal_nft_fold_release(fold, SAL_NFT_LAYER_NETWORK);
}

static void reject_fold(struct sal_nft_fold *fold, struct sal_nft_stmt *stmt)
{
	switch (fold->family) {
	case NFPROTO_IPV4:
	case NFPROTO_IPV6:
		stmt->reject.family = fold->family;
		stmt->reject.code->type =
			fold->family == NFPROTO_IPV4 ? TYPE(ICMP_CODE) : TYPE(ICMPV6_CODE);
		if (stmt->reject.type == NFT_REJECT_TCP_RST)
			sal_nft_fold_release(fold, SAL_NFT_LAYER_TRANSPORT);
		break;
	case NFPROTO_INET:
	case NFPROTO_BRIDGE:
	case NFPROTO_NETDEV:
		reject_mixed_fold(fold, stmt);
		break;
	}
}

static void stmt_fold(struct sal_nft_fold *fold, struct sal_nft_stmt *stmt)
{
	switch ((enum sal_nft_stmt_kind)stmt->kind) {
	case SAL_NFT_STMT_EXPR:
		sal_nft_fold_expr(fold, &stmt->expr);
		range_merge(fold);
		break;
	case SAL_NFT_STMT_PAYLOAD:
		sal_nft_fold_payload_set(fold, stmt);
		break;
	case SAL_NFT_STMT_META:
		sal_nft_fold_expr(fold, &stmt->set_to.value);
		break;
	case SAL_NFT_STMT_CT:
		ct_fold(fold, stmt);
		break;
	case SAL_NFT_STMT_NAT:
	case SAL_NFT_STMT_TPROXY:
		nat_fold(fold, stmt);
		break;
	case SAL_NFT_STMT_REJECT:
		reject_fold(fold, stmt);
		break;
	case SAL_NFT_STMT_METER:
	case SAL_NFT_STMT_SET:
	case SAL_NFT_STMT_MAP:
		sal_nft_fold_expr(fold, &stmt->dynset.key);
		optional_fold(fold, &stmt->dynset.data);
		break;
	case SAL_NFT_STMT_DUP:
		optional_fold(fold, &stmt->dup.to);
		optional_fold(fold, &stmt->dup.dev);
		break;
	case SAL_NFT_STMT_FWD:
		sal_nft_fold_expr(fold, &stmt->dup.dev);
		optional_fold(fold, &stmt->dup.to);
		break;
	case SAL_NFT_STMT_OBJREF:
		sal_nft_fold_expr(fold, &stmt->objref.name);
		break;
	case SAL_NFT_STMT_QUEUE:
		if (stmt->queue.num->kind != SAL_NFT_VALUE &&
		    stmt->queue.num->kind != SAL_NFT_RANGE)
			sal_nft_fold_expr(fold, &stmt->queue.num);
		break;
	case SAL_NFT_STMT_VERDICT:
	case SAL_NFT_STMT_COUNTER:
	case SAL_NFT_STMT_LIMIT:
	case SAL_NFT_STMT_LOG:
	case SAL_NFT_STMT_XT:
	case SAL_NFT_STMT_QUOTA:
	case SAL_NFT_STMT_NOTRACK:
	case SAL_NFT_STMT_EXTHDR:
	case SAL_NFT_STMT_FLOW:
	case SAL_NFT_STMT_CONNLIMIT:
	case SAL_NFT_STMT_OPTSTRIP:
	case SAL_NFT_STMT_SYNPROXY:
	case SAL_NFT_STMT_RAW:
		break;
	}
}

void sal_nft_fold_rule(struct sal_arena *arena, uint8_t family, struct sal_nft_stmts *stmts)
{
	struct sal_nft_fold fold = { .arena = arena, .stmts = stmts };
	struct sal_nft_stmt *next;

	fold_begin(&fold, family);
	for (struct sal_nft_stmt *stmt = stmts->first; stmt; stmt = next) {
		next = stmt->next;
		fold.stmt = stmt;
		stmt_fold(&fold, stmt);
		fold.prev = fold.stmt;
		/* Past a statement that does something, a match is not superfluous any more. */
		if (stmt->kind != SAL_NFT_STMT_EXPR)
			sal_nft_fold_forget(&fold);
	}
}
