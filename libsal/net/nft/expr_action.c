/*
 * expr_action.c - what is done with a packet: nat, masq, redir, tproxy, dup, fwd, queue, reject,
 * synproxy, notrack, flow_offload.
 */
#include <linux/netfilter.h>
#include <linux/netfilter/nf_nat.h>

#include "net/nft/parse.h"

#define TYPE(id) (&sal_nft_types[SAL_NFT_TYPE_##id])

static void address_retype(struct sal_nft_expr *expr, uint32_t family)
{
	sal_nft_expr_retype(expr, family == NFPROTO_IPV4 ? TYPE(IPADDR) : TYPE(IP6ADDR),
			    SAL_NFT_ORDER_BIG);
}

/* A register that may be left out: true with NULL then; false when it holds nothing known. */
static bool optional_get(struct sal_nft_parse *parse, const struct nlattr *a,
			 struct sal_nft_expr **ret_expr)
{
	*ret_expr = NULL;
	if (!a || sal_nft_register(a) == 0)
		return true;
	*ret_expr = sal_nft_register_get(parse, a);
	return *ret_expr != NULL;
}

/* One value, or a range of two when the second register is another one. */
static bool span_get(struct sal_nft_parse *parse, const struct nlattr *min,
		     const struct nlattr *max, struct sal_nft_expr **ret_from,
		     struct sal_nft_expr **ret_to)
{
	*ret_to = NULL;
	if (!optional_get(parse, min, ret_from))
		return false;
	if (max && sal_nft_register(max) != sal_nft_register(min))
		return optional_get(parse, max, ret_to);
	return true;
}

static struct sal_nft_expr *range_new(struct sal_nft_parse *parse, struct sal_nft_expr *from,
				      struct sal_nft_expr *to)
{
	if (!from || !to)
		return to ? to : from;
	return sal_nft_binary_new(parse->arena, SAL_NFT_RANGE, SAL_NFT_OP_IMPLICIT, from, to);
}

static bool ports_get(struct sal_nft_parse *parse, const struct nlattr *min,
		      const struct nlattr *max, struct sal_nft_expr **ret_port)
{
	struct sal_nft_expr *from, *to;

	if (!span_get(parse, min, max, &from, &to))
		return false;
	if (from)
		sal_nft_expr_retype(from, TYPE(INET_SERVICE), SAL_NFT_ORDER_BIG);
	if (to)
		sal_nft_expr_retype(to, TYPE(INET_SERVICE), SAL_NFT_ORDER_BIG);
	*ret_port = range_new(parse, from, to);
	return true;
}

/* The data of the map that an address comes out of; NULL when it comes from elsewhere. */
static const struct sal_nft_expr *map_data(const struct sal_nft_expr *addr)
{
	return addr && addr->kind == SAL_NFT_MAP ? addr->right->set->data : NULL;
}

/* Whether a map gives ranges of addresses, with or without ports. */
static bool gives_ranges(const struct sal_nft_expr *addr, uint32_t family)
{
	const struct sal_nft_expr *data = map_data(addr);

	if (!data || !(data->flags & SAL_NFT_INTERVAL))
		return false;
	if (family == NFPROTO_IPV4)
		return data->len == 2 * 32 || data->len == 4 * 32;
	return family == NFPROTO_IPV6 && (data->len == 2 * 128 || data->len == 2 * (128 + 32));
}

/* Whether a map gives an address and a port. */
static bool gives_port(const struct sal_nft_expr *addr, uint32_t family)
{
	const struct sal_nft_expr *data = map_data(addr);

	return data && ((family == NFPROTO_IPV4 && data->len == 32 + 32) ||
			(family == NFPROTO_IPV6 && data->len == 128 + 32));
}

bool sal_nft_parse_nat(struct sal_nft_parse *parse, const struct nlattr *data)
{
	const struct nlattr *tb[NFTA_NAT_MAX + 1];
	struct sal_nft_stmt *stmt = sal_nft_stmt_new(parse->arena, SAL_NFT_STMT_NAT);
	struct sal_nft_expr *from, *to;
	uint32_t family;

	sal_nla_index_nested(tb, NFTA_NAT_MAX, data);
	family = sal_nft_u32(tb[NFTA_NAT_FAMILY]);
	stmt->nat.kind = sal_nft_u32(tb[NFTA_NAT_TYPE]);
	stmt->nat.flags = sal_nft_u32(tb[NFTA_NAT_FLAGS]);
	stmt->nat.is_prefix = stmt->nat.flags & NF_NAT_RANGE_NETMAP;
	if (stmt->nat.kind > NFT_NAT_DNAT || !optional_get(parse, tb[NFTA_NAT_REG_ADDR_MIN], &from))
		return false;
	if (parse->table->family == NFPROTO_INET)
		stmt->nat.family = (uint8_t)family;
	if (from)
		address_retype(from, family);
	parse->stmt = stmt;
	if (gives_ranges(from, family)) {
		stmt->nat.addr = from;
		stmt->nat.family = (uint8_t)family;
		return true;
	}
	if (!span_get(parse, tb[NFTA_NAT_REG_ADDR_MIN], tb[NFTA_NAT_REG_ADDR_MAX], &from, &to))
		return false;
	if (from)
		address_retype(from, family);
	if (to)
		address_retype(to, family);
	stmt->nat.addr = range_new(parse, from, to);
	if (from && to)
		stmt->nat.addr = sal_nft_range_to_prefix(parse->arena, stmt->nat.addr);
	if (gives_port(stmt->nat.addr, family)) {
		stmt->nat.family = (uint8_t)family;
		return true;
	}
	return ports_get(parse, tb[NFTA_NAT_REG_PROTO_MIN], tb[NFTA_NAT_REG_PROTO_MAX],
			 &stmt->nat.port);
}

bool sal_nft_parse_masq(struct sal_nft_parse *parse, const struct nlattr *data)
{
	const struct nlattr *tb[NFTA_MASQ_MAX + 1];

	sal_nla_index_nested(tb, NFTA_MASQ_MAX, data);
	parse->stmt = sal_nft_stmt_new(parse->arena, SAL_NFT_STMT_NAT);
	parse->stmt->nat.kind = SAL_NFT_NAT_MASQUERADE;
	parse->stmt->nat.flags = sal_nft_u32(tb[NFTA_MASQ_FLAGS]);
	return ports_get(parse, tb[NFTA_MASQ_REG_PROTO_MIN], tb[NFTA_MASQ_REG_PROTO_MAX],
			 &parse->stmt->nat.port);
}

bool sal_nft_parse_redir(struct sal_nft_parse *parse, const struct nlattr *data)
{
	const struct nlattr *tb[NFTA_REDIR_MAX + 1];

	sal_nla_index_nested(tb, NFTA_REDIR_MAX, data);
	parse->stmt = sal_nft_stmt_new(parse->arena, SAL_NFT_STMT_NAT);
	parse->stmt->nat.kind = SAL_NFT_NAT_REDIRECT;
	parse->stmt->nat.flags = sal_nft_u32(tb[NFTA_REDIR_FLAGS]);
	return ports_get(parse, tb[NFTA_REDIR_REG_PROTO_MIN], tb[NFTA_REDIR_REG_PROTO_MAX],
			 &parse->stmt->nat.port);
}

bool sal_nft_parse_tproxy(struct sal_nft_parse *parse, const struct nlattr *data)
{
	const struct nlattr *tb[NFTA_TPROXY_MAX + 1];
	struct sal_nft_stmt *stmt = sal_nft_stmt_new(parse->arena, SAL_NFT_STMT_TPROXY);
	uint32_t family;

	sal_nla_index_nested(tb, NFTA_TPROXY_MAX, data);
	family = sal_nft_u32(tb[NFTA_TPROXY_FAMILY]);
	stmt->nat.family = (uint8_t)family;
	stmt->nat.table_family = parse->table->family;
	if (!optional_get(parse, tb[NFTA_TPROXY_REG_ADDR], &stmt->nat.addr) ||
	    !optional_get(parse, tb[NFTA_TPROXY_REG_PORT], &stmt->nat.port))
		return false;
	if (stmt->nat.addr) {
		if (family != NFPROTO_IPV4 && family != NFPROTO_IPV6)
			return false;
		address_retype(stmt->nat.addr, family);
	}
	if (stmt->nat.port)
		sal_nft_expr_retype(stmt->nat.port, TYPE(INET_SERVICE), SAL_NFT_ORDER_BIG);
	parse->stmt = stmt;
	return true;
}

bool sal_nft_parse_dup(struct sal_nft_parse *parse, const struct nlattr *data)
{
	const struct nlattr *tb[NFTA_DUP_MAX + 1];
	struct sal_nft_stmt *stmt = sal_nft_stmt_new(parse->arena, SAL_NFT_STMT_DUP);
	uint8_t family = parse->table->family;
	struct sal_nft_expr *dev;

	sal_nla_index_nested(tb, NFTA_DUP_MAX, data);
	if (!optional_get(parse, tb[NFTA_DUP_SREG_ADDR], &stmt->dup.to) ||
	    !optional_get(parse, tb[NFTA_DUP_SREG_DEV], &dev))
		return false;
	if (stmt->dup.to && (family == NFPROTO_IPV4 || family == NFPROTO_IPV6))
		address_retype(stmt->dup.to, family);
	if (dev)
		sal_nft_expr_retype(dev, TYPE(IFINDEX), SAL_NFT_ORDER_HOST);
	if (stmt->dup.to)
		stmt->dup.dev = dev;
	else
		stmt->dup.to = dev;
	parse->stmt = stmt;
	return true;
}

bool sal_nft_parse_fwd(struct sal_nft_parse *parse, const struct nlattr *data)
{
	const struct nlattr *tb[NFTA_FWD_MAX + 1];
	struct sal_nft_stmt *stmt = sal_nft_stmt_new(parse->arena, SAL_NFT_STMT_FWD);

	sal_nla_index_nested(tb, NFTA_FWD_MAX, data);
	stmt->dup.family = sal_nft_u32(tb[NFTA_FWD_NFPROTO]);
	stmt->dup.dev = sal_nft_register_get(parse, tb[NFTA_FWD_SREG_DEV]);
	if (!stmt->dup.dev || !optional_get(parse, tb[NFTA_FWD_SREG_ADDR], &stmt->dup.to))
		return false;
	sal_nft_expr_retype(stmt->dup.dev, TYPE(IFINDEX), SAL_NFT_ORDER_HOST);
	if (stmt->dup.to) {
		if (stmt->dup.family != NFPROTO_IPV4 && stmt->dup.family != NFPROTO_IPV6)
			return false;
		address_retype(stmt->dup.to, stmt->dup.family);
	}
	parse->stmt = stmt;
	return true;
}

static struct sal_nft_expr *number_new(struct sal_nft_parse *parse, uint32_t len, uint16_t number)
{
	return sal_nft_value_new(parse->arena, TYPE(INTEGER), SAL_NFT_ORDER_HOST, len, &number);
}

bool sal_nft_parse_queue(struct sal_nft_parse *parse, const struct nlattr *data)
{
	const struct nlattr *tb[NFTA_QUEUE_MAX + 1];
	struct sal_nft_stmt *stmt = sal_nft_stmt_new(parse->arena, SAL_NFT_STMT_QUEUE);

	sal_nla_index_nested(tb, NFTA_QUEUE_MAX, data);
	if (tb[NFTA_QUEUE_SREG_QNUM]) {
		stmt->queue.num = sal_nft_register_get(parse, tb[NFTA_QUEUE_SREG_QNUM]);
		if (!stmt->queue.num)
			return false;
	} else {
		uint16_t num = sal_nft_u16(tb[NFTA_QUEUE_NUM]);
		uint16_t total = sal_nft_u16(tb[NFTA_QUEUE_TOTAL]);

		stmt->queue.num = number_new(parse, 16, num);
		if (total > 1)
			stmt->queue.num = range_new(parse, stmt->queue.num,
						    number_new(parse, 16, num + total - 1));
	}
	stmt->queue.flags = sal_nft_u16(tb[NFTA_QUEUE_FLAGS]);
	parse->stmt = stmt;
	return true;
}

bool sal_nft_parse_reject(struct sal_nft_parse *parse, const struct nlattr *data)
{
	const struct nlattr *tb[NFTA_REJECT_MAX + 1];

	sal_nla_index_nested(tb, NFTA_REJECT_MAX, data);
	parse->stmt = sal_nft_stmt_new(parse->arena, SAL_NFT_STMT_REJECT);
	parse->stmt->reject.type = sal_nft_u32(tb[NFTA_REJECT_TYPE]);
	parse->stmt->reject.code = number_new(parse, 8, sal_nft_u8(tb[NFTA_REJECT_ICMP_CODE]));
	return true;
}

bool sal_nft_parse_synproxy(struct sal_nft_parse *parse, const struct nlattr *data)
{
	const struct nlattr *tb[NFTA_SYNPROXY_MAX + 1];

	sal_nla_index_nested(tb, NFTA_SYNPROXY_MAX, data);
	parse->stmt = sal_nft_stmt_new(parse->arena, SAL_NFT_STMT_SYNPROXY);
	parse->stmt->synproxy.mss = sal_nft_u16(tb[NFTA_SYNPROXY_MSS]);
	parse->stmt->synproxy.wscale = sal_nft_u8(tb[NFTA_SYNPROXY_WSCALE]);
	parse->stmt->synproxy.flags = sal_nft_u32(tb[NFTA_SYNPROXY_FLAGS]);
	return true;
}

bool sal_nft_parse_notrack(struct sal_nft_parse *parse, const struct nlattr *data)
{
	(void)data;
	parse->stmt = sal_nft_stmt_new(parse->arena, SAL_NFT_STMT_NOTRACK);
	return true;
}

bool sal_nft_parse_flow(struct sal_nft_parse *parse, const struct nlattr *data)
{
	const struct nlattr *tb[NFTA_FLOW_MAX + 1];

	sal_nla_index_nested(tb, NFTA_FLOW_MAX, data);
	parse->stmt = sal_nft_stmt_new(parse->arena, SAL_NFT_STMT_FLOW);
	parse->stmt->name = sal_nft_string(tb[NFTA_FLOW_TABLE_NAME], parse->arena);
	return true;
}
