/* expr_lookup.c - loads of what the kernel looks up or makes: fib, rt, socket, osf, xfrm, numgen, hash. */
#include "net/nft/parse.h"

bool sal_nft_parse_fib(struct sal_nft_parse *parse, const struct nlattr *data)
{
	const struct nlattr *tb[NFTA_FIB_MAX + 1];

	sal_nla_index_nested(tb, NFTA_FIB_MAX, data);
	return sal_nft_register_set(parse, tb[NFTA_FIB_DREG],
				    sal_nft_fib_new(parse->arena, sal_nft_u32(tb[NFTA_FIB_FLAGS]),
						    sal_nft_u32(tb[NFTA_FIB_RESULT])));
}

bool sal_nft_parse_rt(struct sal_nft_parse *parse, const struct nlattr *data)
{
	const struct nlattr *tb[NFTA_RT_MAX + 1];

	sal_nla_index_nested(tb, NFTA_RT_MAX, data);
	return sal_nft_register_set(parse, tb[NFTA_RT_DREG],
				    sal_nft_rt_new(parse->arena, sal_nft_u32(tb[NFTA_RT_KEY])));
}

bool sal_nft_parse_socket(struct sal_nft_parse *parse, const struct nlattr *data)
{
	const struct nlattr *tb[NFTA_SOCKET_MAX + 1];

	sal_nla_index_nested(tb, NFTA_SOCKET_MAX, data);
	return sal_nft_register_set(
		parse, tb[NFTA_SOCKET_DREG],
		sal_nft_socket_new(parse->arena, sal_nft_u32(tb[NFTA_SOCKET_KEY])));
}

bool sal_nft_parse_osf(struct sal_nft_parse *parse, const struct nlattr *data)
{
	const struct nlattr *tb[NFTA_OSF_MAX + 1];

	sal_nla_index_nested(tb, NFTA_OSF_MAX, data);
	return sal_nft_register_set(parse, tb[NFTA_OSF_DREG],
				    sal_nft_osf_new(parse->arena, sal_nft_u8(tb[NFTA_OSF_TTL]),
						    sal_nft_u32(tb[NFTA_OSF_FLAGS])));
}

bool sal_nft_parse_xfrm(struct sal_nft_parse *parse, const struct nlattr *data)
{
	const struct nlattr *tb[NFTA_XFRM_MAX + 1];

	sal_nla_index_nested(tb, NFTA_XFRM_MAX, data);
	return sal_nft_register_set(parse, tb[NFTA_XFRM_DREG],
				    sal_nft_xfrm_new(parse->arena, sal_nft_u32(tb[NFTA_XFRM_KEY]),
						     sal_nft_u8(tb[NFTA_XFRM_DIR]),
						     sal_nft_u32(tb[NFTA_XFRM_SPNUM])));
}

bool sal_nft_parse_numgen(struct sal_nft_parse *parse, const struct nlattr *data)
{
	const struct nlattr *tb[NFTA_NG_MAX + 1];
	struct sal_nft_expr *expr = sal_nft_gen_new(parse->arena, SAL_NFT_NUMGEN);

	sal_nla_index_nested(tb, NFTA_NG_MAX, data);
	expr->gen.kind = sal_nft_u32(tb[NFTA_NG_TYPE]);
	expr->gen.mod = sal_nft_u32(tb[NFTA_NG_MODULUS]);
	expr->gen.offset = sal_nft_u32(tb[NFTA_NG_OFFSET]);
	if (expr->gen.kind > NFT_NG_RANDOM)
		return false;
	return sal_nft_register_set(parse, tb[NFTA_NG_DREG], expr);
}

bool sal_nft_parse_hash(struct sal_nft_parse *parse, const struct nlattr *data)
{
	const struct nlattr *tb[NFTA_HASH_MAX + 1];
	struct sal_nft_expr *expr = sal_nft_gen_new(parse->arena, SAL_NFT_HASH), *arg;
	uint32_t len;

	sal_nla_index_nested(tb, NFTA_HASH_MAX, data);
	expr->gen.kind = sal_nft_u32(tb[NFTA_HASH_TYPE]);
	expr->gen.mod = sal_nft_u32(tb[NFTA_HASH_MODULUS]);
	expr->gen.offset = sal_nft_u32(tb[NFTA_HASH_OFFSET]);
	expr->gen.seed = sal_nft_u32(tb[NFTA_HASH_SEED]);
	expr->gen.seeded = tb[NFTA_HASH_SEED] != NULL;
	if (expr->gen.kind > NFT_HASH_SYM)
		return false;
	if (expr->gen.kind == NFT_HASH_JENKINS) {
		arg = sal_nft_register_get(parse, tb[NFTA_HASH_SREG]);
		len = sal_nft_u32(tb[NFTA_HASH_LEN]);
		if (!arg || len > NFT_DATA_VALUE_MAXLEN || arg->kind == SAL_NFT_HASH)
			return false;
		if (arg->len < len * 8)
			arg = sal_nft_register_concat(parse, tb[NFTA_HASH_SREG], len * 8);
		if (!arg)
			return false;
		expr->gen.arg = arg;
	}
	return sal_nft_register_set(parse, tb[NFTA_HASH_DREG], expr);
}
