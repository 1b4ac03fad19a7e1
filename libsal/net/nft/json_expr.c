/* json_expr.c - expressions as libnftables-json(5) has them. See json.h. */
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/xfrm.h>
#include <stdio.h>
#include <string.h>

#include "base/json_write.h"
#include "net/nft/json.h"
#include "net/nft/parse.h"

void sal_nft_put_string(struct sal_nft_writer *writer, const char *key, const char *value)
{
	sal_nft_put(writer, key);
	sal_json_put_cstring(writer->out, value);
}

void sal_nft_put_number(struct sal_nft_writer *writer, const char *key, uint64_t value)
{
	sal_nft_put(writer, key);
	sal_json_put_u64(writer->out, value);
}

void sal_nft_put_expr(struct sal_nft_writer *writer, const char *key,
		      const struct sal_nft_expr *expr)
{
	sal_nft_put(writer, key);
	sal_nft_expr_write(writer, expr);
}

bool sal_nft_put_flags(struct sal_nft_writer *writer, const char *key, uint32_t flags,
		       const struct sal_nft_flag_name *names, size_t n, bool always_array)
{
	const char *found[16];
	size_t len = 0;

	for (size_t i = 0; i < n && len < SAL_ARRAY_LEN(found); i++) {
		if (flags & names[i].bit)
			found[len++] = names[i].name;
	}
	if (!len)
		return false;
	sal_nft_put(writer, key);
	if (len > 1 || always_array)
		sal_nft_put(writer, "[");
	for (size_t i = 0; i < len; i++)
		sal_nft_put_string(writer, i ? "," : "", found[i]);
	if (len > 1 || always_array)
		sal_nft_put(writer, "]");
	return true;
}

void sal_nft_put_hex(struct sal_nft_writer *writer, const char *key, const struct nlattr *a)
{
	static const char digits[] = "0123456789abcdef";
	const uint8_t *bytes = a ? sal_nla_data(a) : NULL;
	size_t len = a ? sal_nla_len(a) : 0;
	char *at;

	sal_nft_put(writer, key);
	at = sal_buf_reserve(writer->out, (len * 2) + 2);
	*at++ = '"';
	for (size_t i = 0; i < len; i++) {
		*at++ = digits[bytes[i] >> 4];
		*at++ = digits[bytes[i] & 15];
	}
	*at = '"';
	writer->out->len += (len * 2) + 2;
}

static const char *const op_names[SAL_NFT_OPS] = {
	[SAL_NFT_OP_IMPLICIT] = "in", [SAL_NFT_OP_INVALID] = "invalid", [SAL_NFT_OP_HTON] = "hton",
	[SAL_NFT_OP_NTOH] = "ntoh",   [SAL_NFT_OP_AND] = "&",		[SAL_NFT_OP_OR] = "|",
	[SAL_NFT_OP_XOR] = "^",	      [SAL_NFT_OP_LSHIFT] = "<<",	[SAL_NFT_OP_RSHIFT] = ">>",
	[SAL_NFT_OP_EQ] = "==",	      [SAL_NFT_OP_NEQ] = "!=",		[SAL_NFT_OP_LT] = "<",
	[SAL_NFT_OP_GT] = ">",	      [SAL_NFT_OP_LTE] = "<=",		[SAL_NFT_OP_GTE] = ">=",
	[SAL_NFT_OP_NEG] = "!",
};

static void list_write(struct sal_nft_writer *writer, const struct sal_nft_expr *list)
{
	sal_nft_put(writer, "[");
	for (const struct sal_nft_expr *i = list->first; i; i = i->next)
		sal_nft_put_expr(writer, i == list->first ? "" : ",", i);
	sal_nft_put(writer, "]");
}

static void payload_write(struct sal_nft_writer *writer, const struct sal_nft_expr *expr)
{
	static const char *const layers[SAL_NFT_LAYERS] = {
		[SAL_NFT_LAYER_NONE] = "invalid", [SAL_NFT_LAYER_LINK] = "ll",
		[SAL_NFT_LAYER_NETWORK] = "nh",	  [SAL_NFT_LAYER_TRANSPORT] = "th",
		[SAL_NFT_LAYER_INNER] = "ih",
	};

	if (sal_nft_payload_known(expr)) {
		sal_nft_put_string(writer,
				   "{\"payload\":{\"protocol\":", expr->payload.header->name);
		sal_nft_put_string(writer, ",\"field\":", expr->payload.field->name);
	} else {
		sal_nft_put_string(writer, "{\"payload\":{\"base\":", layers[expr->payload.layer]);
		sal_nft_put_number(writer, ",\"offset\":", expr->payload.offset);
		sal_nft_put_number(writer, ",\"len\":", expr->len);
	}
	sal_nft_put(writer, "}}");
}

static void tcp_option_write(struct sal_nft_writer *writer, const struct sal_nft_expr *expr)
{
	unsigned block = expr->exthdr.offset / 64; /* of a SACK */
	char name[32];

	if (!expr->exthdr.option) {
		sal_nft_put_number(writer, "{\"tcp option\":{\"base\":", expr->exthdr.number);
		sal_nft_put_number(writer, ",\"offset\":", expr->exthdr.offset);
		sal_nft_put_number(writer, ",\"len\":", expr->len);
		sal_nft_put(writer, "}}");
		return;
	}
	snprintf(name, sizeof(name), "%s%.0u", expr->exthdr.option->name, block < 4 ? block : 0);
	sal_nft_put_string(writer, "{\"tcp option\":{\"name\":", name);
	if (!expr->exthdr.present)
		sal_nft_put_string(writer, ",\"field\":",
				   expr->exthdr.field ? expr->exthdr.field->name : "unknown");
	sal_nft_put(writer, "}}");
}

static void exthdr_write(struct sal_nft_writer *writer, const struct sal_nft_expr *expr)
{
	const struct sal_nft_option *option = expr->exthdr.option;

	if (expr->exthdr.op == NFT_EXTHDR_OP_TCPOPT) {
		tcp_option_write(writer, expr);
		return;
	}
	sal_nft_put(writer, expr->exthdr.op == NFT_EXTHDR_OP_IPV4   ? "{\"ip option\":{"
			    : expr->exthdr.op == NFT_EXTHDR_OP_SCTP ? "{\"sctp chunk\":{"
								    : "{\"exthdr\":{");
	if (option)
		sal_nft_put_string(writer, "\"name\":", option->name);
	else
		sal_nft_put_number(writer, "\"name\":", expr->exthdr.number);
	if (!expr->exthdr.present)
		sal_nft_put_string(writer, ",\"field\":",
				   expr->exthdr.field ? expr->exthdr.field->name : "unknown");
	sal_nft_put(writer, "}}");
}

static void ct_write(struct sal_nft_writer *writer, const struct sal_nft_expr *expr)
{
	uint32_t key = expr->load.key;
	int8_t direction = expr->load.direction;

	sal_nft_put_string(writer, "{\"ct\":{\"key\":", sal_nft_ct_name(key));
	if (direction == 0 || direction == 1)
		sal_nft_put_string(writer, ",\"dir\":", direction ? "reply" : "original");
	sal_nft_put(writer, "}}");
}

static void rt_write(struct sal_nft_writer *writer, const struct sal_nft_expr *expr)
{
	sal_nft_put_string(writer, "{\"rt\":{\"key\":", sal_nft_rt_name(expr->load.key));
	if (expr->load.key == NFT_RT_NEXTHOP4)
		sal_nft_put(writer, ",\"family\":\"ip\"");
	else if (expr->load.key == NFT_RT_NEXTHOP6)
		sal_nft_put(writer, ",\"family\":\"ip6\"");
	sal_nft_put(writer, "}}");
}

static void fib_write(struct sal_nft_writer *writer, const struct sal_nft_expr *expr)
{
	static const struct sal_nft_flag_name names[] = {
		{ NFTA_FIB_F_SADDR, "saddr" }, { NFTA_FIB_F_DADDR, "daddr" },
		{ NFTA_FIB_F_MARK, "mark" },   { NFTA_FIB_F_IIF, "iif" },
		{ NFTA_FIB_F_OIF, "oif" },
	};
	static const char *const results[] = {
		[NFT_FIB_RESULT_OIF] = "oif",
		[NFT_FIB_RESULT_OIFNAME] = "oifname",
		[NFT_FIB_RESULT_ADDRTYPE] = "type",
	};

	sal_nft_put_string(writer, "{\"fib\":{\"result\":", results[expr->load.key]);
	sal_nft_put_flags(writer, ",\"flags\":", expr->load.flags, names, SAL_ARRAY_LEN(names),
			  true);
	sal_nft_put(writer, "}}");
}

static void osf_write(struct sal_nft_writer *writer, const struct sal_nft_expr *expr)
{
	sal_nft_put_string(writer, "{\"osf\":{\"key\":",
			   expr->load.flags & NFT_OSF_F_VERSION ? "version" : "name");
	if (expr->load.number == 1)
		sal_nft_put(writer, ",\"ttl\":\"loose\"");
	else if (expr->load.number == 2)
		sal_nft_put(writer, ",\"ttl\":\"skip\"");
	sal_nft_put(writer, "}}");
}

static void xfrm_write(struct sal_nft_writer *writer, const struct sal_nft_expr *expr)
{
	sal_nft_put_string(writer, "{\"ipsec\":{\"key\":", sal_nft_xfrm_name(expr->load.key));
	switch (expr->load.key) {
	case NFT_XFRM_KEY_DADDR_IP4:
	case NFT_XFRM_KEY_SADDR_IP4:
		sal_nft_put(writer, ",\"family\":\"ip\"");
		break;
	case NFT_XFRM_KEY_DADDR_IP6:
	case NFT_XFRM_KEY_SADDR_IP6:
		sal_nft_put(writer, ",\"family\":\"ip6\"");
		break;
	}
	sal_nft_put_string(writer, ",\"dir\":", expr->load.flags == XFRM_POLICY_IN ? "in" : "out");
	sal_nft_put_number(writer, ",\"spnum\":", expr->load.number);
	sal_nft_put(writer, "}}");
}

static void gen_write(struct sal_nft_writer *writer, const struct sal_nft_expr *expr)
{
	if (expr->kind == SAL_NFT_NUMGEN) {
		sal_nft_put_string(writer, "{\"numgen\":{\"mode\":",
				   expr->gen.kind == NFT_NG_RANDOM ? "random" : "inc");
		sal_nft_put_number(writer, ",\"mod\":", expr->gen.mod);
		sal_nft_put_number(writer, ",\"offset\":", expr->gen.offset);
		sal_nft_put(writer, "}}");
		return;
	}
	sal_nft_put_number(writer,
			   expr->gen.kind == NFT_HASH_SYM ? "{\"symhash\":{\"mod\":"
							  : "{\"jhash\":{\"mod\":",
			   expr->gen.mod);
	if (expr->gen.seeded)
		sal_nft_put_number(writer, ",\"seed\":", expr->gen.seed);
	if (expr->gen.offset)
		sal_nft_put_number(writer, ",\"offset\":", expr->gen.offset);
	if (expr->gen.arg)
		sal_nft_put_expr(writer, ",\"expr\":", expr->gen.arg);
	sal_nft_put(writer, "}}");
}

static void verdict_write(struct sal_nft_writer *writer, const struct sal_nft_expr *expr)
{
	static const struct {
		int32_t code;
		const char *json;
	} plain[] = {
		{ NFT_CONTINUE, "{\"continue\":null}" }, { NFT_BREAK, "{\"break\":null}" },
		{ NFT_RETURN, "{\"return\":null}" },	 { NF_ACCEPT, "{\"accept\":null}" },
		{ NF_DROP, "{\"drop\":null}" },		 { NF_QUEUE, "{\"queue\":null}" },
	};
	int32_t code = expr->verdict.code;

	if (code == NFT_JUMP || code == NFT_GOTO) {
		sal_nft_put_string(writer,
				   code == NFT_JUMP ? "{\"jump\":{\"target\":"
						    : "{\"goto\":{\"target\":",
				   expr->verdict.chain ? expr->verdict.chain : "");
		sal_nft_put(writer, "}}");
		return;
	}
	for (size_t i = 0; i < SAL_ARRAY_LEN(plain); i++) {
		if (plain[i].code == code) {
			sal_nft_put(writer, plain[i].json);
			return;
		}
	}
	sal_nft_put(writer, "{\"x-raw\":{\"name\":\"verdict\",\"code\":");
	sal_json_put_i64(writer->out, code);
	sal_nft_put(writer, "}}");
}

static void elem_write(struct sal_nft_writer *writer, const struct sal_nft_expr *expr)
{
	const struct sal_nft_elem *elem = expr->elem;

	if (!elem || (!elem->timeout && !elem->expires && !elem->comment && !elem->expr)) {
		sal_nft_expr_write(writer, expr->key);
		return;
	}
	sal_nft_put_expr(writer, "{\"elem\":{\"val\":", expr->key);
	if (elem->timeout)
		sal_nft_put_number(writer, ",\"timeout\":", elem->timeout / 1000);
	if (elem->expires)
		sal_nft_put_number(writer, ",\"expires\":", elem->expires / 1000);
	if (elem->comment)
		sal_nft_put_string(writer, ",\"comment\":", elem->comment);
	if (elem->expr) {
		sal_nft_put(writer, ",");
		sal_nft_nested_write(writer, elem->expr);
	}
	sal_nft_put(writer, "}}");
}

static void set_ref_write(struct sal_nft_writer *writer, const struct sal_nft_expr *expr)
{
	if (expr->init) {
		sal_nft_expr_write(writer, expr->init);
		return;
	}
	sal_nft_put_string(writer, "", sal_arena_printf(writer->arena, "@%s", expr->set->name));
}

static void map_write(struct sal_nft_writer *writer, const struct sal_nft_expr *expr)
{
	const struct sal_nft_expr *data = expr->right->set->data;

	sal_nft_put_expr(writer,
			 data && data->type->id == SAL_NFT_TYPE_VERDICT ? "{\"vmap\":{\"key\":"
									: "{\"map\":{\"key\":",
			 expr->left);
	sal_nft_put_expr(writer, ",\"data\":", expr->right);
	sal_nft_put(writer, "}}");
}

static void range_write(struct sal_nft_writer *writer, const struct sal_nft_expr *expr)
{
	const struct sal_nft_expr *ends[] = { expr->left, expr->right };

	sal_nft_put(writer, "{\"range\":[");
	for (size_t i = 0; i < 2; i++) {
		if (i)
			sal_nft_put(writer, ",");
		if (ends[i]->kind == SAL_NFT_VALUE)
			sal_nft_value_write(writer, ends[i], true);
		else
			sal_nft_expr_write(writer, ends[i]);
	}
	sal_nft_put(writer, "]}");
}

static void match_write(struct sal_nft_writer *writer, const struct sal_nft_expr *expr)
{
	sal_nft_put_string(writer, "{\"match\":{\"op\":", op_names[expr->op]);
	if (expr->kind == SAL_NFT_FLAGCMP) {
		sal_nft_put_expr(writer, ",\"left\":{\"&\":[", expr->left);
		sal_nft_put_expr(writer, ",", expr->third);
		sal_nft_put_expr(writer, "]},\"right\":", expr->right);
	} else {
		sal_nft_put_expr(writer, ",\"left\":", expr->left);
		sal_nft_put_expr(writer, ",\"right\":", expr->right);
	}
	sal_nft_put(writer, "}}");
}

static void nothing_write(struct sal_nft_writer *writer, const struct sal_nft_expr *expr)
{
	(void)expr;
	sal_nft_put(writer, "null");
}

static void value_write(struct sal_nft_writer *writer, const struct sal_nft_expr *expr)
{
	sal_nft_value_write(writer, expr, false);
}

static void prefix_write(struct sal_nft_writer *writer, const struct sal_nft_expr *expr)
{
	sal_nft_put_expr(writer, "{\"prefix\":{\"addr\":", expr->prefix);
	sal_nft_put_number(writer, ",\"len\":", expr->prefix_len);
	sal_nft_put(writer, "}}");
}

static void meta_write(struct sal_nft_writer *writer, const struct sal_nft_expr *expr)
{
	sal_nft_put_string(writer, "{\"meta\":{\"key\":", sal_nft_meta_name(expr->load.key));
	sal_nft_put(writer, "}}");
}

static void socket_write(struct sal_nft_writer *writer, const struct sal_nft_expr *expr)
{
	sal_nft_put_string(writer, "{\"socket\":{\"key\":", sal_nft_socket_name(expr->load.key));
	sal_nft_put(writer, "}}");
}

static void concat_write(struct sal_nft_writer *writer, const struct sal_nft_expr *expr)
{
	sal_nft_put(writer, "{\"concat\":");
	list_write(writer, expr);
	sal_nft_put(writer, "}");
}

static void set_write(struct sal_nft_writer *writer, const struct sal_nft_expr *expr)
{
	sal_nft_put(writer, "{\"set\":");
	list_write(writer, expr);
	sal_nft_put(writer, "}");
}

static void mapping_write(struct sal_nft_writer *writer, const struct sal_nft_expr *expr)
{
	sal_nft_put_expr(writer, "[", expr->left);
	sal_nft_put_expr(writer, ",", expr->right);
	sal_nft_put(writer, "]");
}

/* A turn of the byte order is none of what was written. */
static void unary_write(struct sal_nft_writer *writer, const struct sal_nft_expr *expr)
{
	sal_nft_expr_write(writer, expr->left);
}

static void binop_write(struct sal_nft_writer *writer, const struct sal_nft_expr *expr)
{
	sal_nft_put_string(writer, "{", op_names[expr->op]);
	sal_nft_put_expr(writer, ":[", expr->left);
	sal_nft_put_expr(writer, ",", expr->right);
	sal_nft_put(writer, "]}");
}

static void catchall_write(struct sal_nft_writer *writer, const struct sal_nft_expr *expr)
{
	(void)expr;
	sal_nft_put(writer, "\"*\"");
}

static void name_write(struct sal_nft_writer *writer, const struct sal_nft_expr *expr)
{
	sal_json_put_cstring(writer->out, expr->name);
}

/* By enum sal_nft_kind. */
static void (*const writers[])(struct sal_nft_writer *, const struct sal_nft_expr *) = {
	[SAL_NFT_INVALID] = nothing_write,
	[SAL_NFT_VERDICT] = verdict_write,
	[SAL_NFT_VALUE] = value_write,
	[SAL_NFT_PREFIX] = prefix_write,
	[SAL_NFT_RANGE] = range_write,
	[SAL_NFT_PAYLOAD] = payload_write,
	[SAL_NFT_EXTHDR] = exthdr_write,
	[SAL_NFT_META] = meta_write,
	[SAL_NFT_SOCKET] = socket_write,
	[SAL_NFT_OSF] = osf_write,
	[SAL_NFT_CT] = ct_write,
	[SAL_NFT_CONCAT] = concat_write,
	[SAL_NFT_LIST] = list_write,
	[SAL_NFT_SET] = set_write,
	[SAL_NFT_SET_REF] = set_ref_write,
	[SAL_NFT_ELEM] = elem_write,
	[SAL_NFT_MAPPING] = mapping_write,
	[SAL_NFT_MAP] = map_write,
	[SAL_NFT_UNARY] = unary_write,
	[SAL_NFT_BINOP] = binop_write,
	[SAL_NFT_RELATION] = match_write,
	[SAL_NFT_NUMGEN] = gen_write,
	[SAL_NFT_HASH] = gen_write,
	[SAL_NFT_RT] = rt_write,
	[SAL_NFT_FIB] = fib_write,
	[SAL_NFT_XFRM] = xfrm_write,
	[SAL_NFT_CATCHALL] = catchall_write,
	[SAL_NFT_FLAGCMP] = match_write,
	[SAL_NFT_NAME] = name_write,
};

void sal_nft_expr_write(struct sal_nft_writer *writer, const struct sal_nft_expr *expr)
{
	writers[expr->kind](writer, expr);
}
