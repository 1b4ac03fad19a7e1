/*
 * kinds.c - the link kinds whose facts are shown, and IFLA_LINKINFO as a whole. See kind.h.
 *
 * Called for each link of a dump. What is no row here is shown by its name alone.
 */
#include "net/linkinfo/kind.h"

#include <linux/if_link.h>

static const struct sal_link_kind *const kinds[] = {
	&sal_link_kind_bridge,	  &sal_link_kind_tun,	    &sal_link_kind_vlan,
	&sal_link_kind_vxlan,	  &sal_link_kind_macvlan,   &sal_link_kind_macvtap,
	&sal_link_kind_bond,	  &sal_link_kind_vrf,	    &sal_link_kind_ipvlan,
	&sal_link_kind_ipvtap,	  &sal_link_kind_geneve,    &sal_link_kind_gre,
	&sal_link_kind_gretap,	  &sal_link_kind_erspan,    &sal_link_kind_ip6gre,
	&sal_link_kind_ip6gretap, &sal_link_kind_ip6erspan, &sal_link_kind_ipip,
	&sal_link_kind_sit,	  &sal_link_kind_ip6tnl,    &sal_link_kind_vti,
	&sal_link_kind_vti6,	  &sal_link_kind_xfrm,
};

static const struct sal_link_kind *const port_kinds[] = {
	&sal_link_kind_bridge_port,
	&sal_link_kind_bond_port,
	&sal_link_kind_vrf_port,
};

/* The facts by the kind's own decoder; false if there is none. */
static bool facts_decode(const struct sal_link_ctx *ctx, const struct sal_link_kind *const *rows,
			 size_t nrows, const char *name, const struct nlattr *data,
			 struct sal_any *ret_facts)
{
	for (size_t i = 0; i < nrows; i++) {
		const struct sal_link_kind *kind = rows[i];
		void *info;

		if (strcmp(kind->name, name) != 0)
			continue;
		info = sal_arena_zalloc(ctx->arena, kind->type->size);
		if (data)
			kind->decode(ctx, data, info);
		*ret_facts = (struct sal_any){ kind->type, info };
		return true;
	}
	return false;
}

void sal_net_linkinfo_decode(const struct sal_link_ctx *ctx, const struct nlattr *linkinfo,
			     struct sal_link_info *info)
{
	const struct nlattr *tb[IFLA_INFO_MAX + 1];

	sal_nla_index_nested(tb, IFLA_INFO_MAX, linkinfo);
	if (tb[IFLA_INFO_KIND]) {
		sal_set(info, info_kind, sal_nla_string(tb[IFLA_INFO_KIND], ctx->arena));
		info->has.info_data =
			facts_decode(ctx, kinds, SAL_ARRAY_LEN(kinds), info->info_kind,
				     tb[IFLA_INFO_DATA], &info->info_data);
	}
	if (tb[IFLA_INFO_SLAVE_KIND]) {
		sal_set(info, info_slave_kind,
			sal_nla_string(tb[IFLA_INFO_SLAVE_KIND], ctx->arena));
		info->has.info_slave_data = facts_decode(
			ctx, port_kinds, SAL_ARRAY_LEN(port_kinds), info->info_slave_kind,
			tb[IFLA_INFO_SLAVE_DATA], &info->info_slave_data);
	}
}

bool sal_net_linkinfo_is(const struct nlattr *linkinfo, const char *kind)
{
	static const char suffix[] = "_slave";
	const struct nlattr *tb[IFLA_INFO_MAX + 1], *a;
	size_t len = strlen(kind), cut = sizeof(suffix) - 1;
	bool port = len > cut && !strcmp(kind + len - cut, suffix);

	if (!linkinfo)
		return false;
	sal_nla_index_nested(tb, IFLA_INFO_MAX, linkinfo);
	a = tb[port ? IFLA_INFO_SLAVE_KIND : IFLA_INFO_KIND];
	if (port)
		len -= cut;
	return a && strnlen(sal_nla_data(a), sal_nla_len(a)) == len &&
	       !memcmp(sal_nla_data(a), kind, len);
}
