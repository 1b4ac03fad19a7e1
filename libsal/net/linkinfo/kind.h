/*
 * kind.h - what a link kind is to us: a name, the type of its facts, a function that reads them.
 *
 * A new kind is one file here (or a descriptor in the file of its family), a row in kinds.c and a
 * schema in openrpc/link.info.json. Kinds whose facts ip(8) does not show (veth, dummy, wireguard,
 * ifb …) need none of it: their name is shown.
 */
#pragma once

#include "base/arena.h"
#include "base/field.h"
#include "gen/link.info.h"
#include "net/attr.h"
#include "net/link_names.h"
#include "net/link_text.h"
#include "net/names.h"

/* What decoders of links share. The arena is reset after each link. */
struct sal_link_ctx {
	struct sal_arena *arena;
	struct sal_link_names *links;
	struct sal_net_names *names;
	bool stats; /* counters are wanted */
};

struct sal_link_kind {
	const char *name; /* IFLA_INFO_KIND or IFLA_INFO_SLAVE_KIND */
	const struct sal_type *type;
	/* Reads IFLA_INFO_DATA or IFLA_INFO_SLAVE_DATA into a zeroed struct of that type. */
	void (*decode)(const struct sal_link_ctx *ctx, const struct nlattr *data, void *info);
};

/* Sets an optional member if the attribute is there: sal_take(i, table, tb[X], sal_nla_u32). */
#define sal_take(obj, member, attr, read)                                                          \
	((attr) ? (void)sal_set(obj, member, read(attr)) : (void)0)
/* Sets a member that says true or nothing. */
#define sal_take_true(obj, member, attr)                                                           \
	((attr) && sal_nla_u8(attr) ? (void)sal_set(obj, member, true) : (void)0)

static inline bool sal_nla_bool(const struct nlattr *a)
{
	return sal_nla_u8(a) != 0;
}

/* The name of a link, kept in the arena. */
static inline const char *sal_link_ctx_name(const struct sal_link_ctx *ctx, uint32_t index)
{
	return sal_arena_strdup(ctx->arena, sal_net_link_names_get(ctx->links, index)->name);
}

/* The word for a number; UNKNOWN, as ip(8) says, where the table has none. */
#define sal_link_word(table, index) sal_link_word_at(table, SAL_ARRAY_LEN(table), index)
static inline const char *sal_link_word_at(const char *const *table, size_t len, uint32_t index)
{
	return index < len && table[index] ? table[index] : "UNKNOWN";
}

/* Fills info_kind, info_data, info_slave_kind and info_slave_data from IFLA_LINKINFO. */
void sal_net_linkinfo_decode(const struct sal_link_ctx *ctx, const struct nlattr *linkinfo,
			     struct sal_link_info *info);
/*
 * Whether IFLA_LINKINFO (or NULL) is of that kind; "bridge_slave" asks for ports of bridges, as
 * ip(8)'s type does.
 */
bool sal_net_linkinfo_is(const struct nlattr *linkinfo, const char *kind);

/* The rows of kinds.c, each defined in the file of its family. */
extern const struct sal_link_kind sal_link_kind_bridge, sal_link_kind_bridge_port;
extern const struct sal_link_kind sal_link_kind_bond, sal_link_kind_bond_port;
extern const struct sal_link_kind sal_link_kind_vrf, sal_link_kind_vrf_port;
extern const struct sal_link_kind sal_link_kind_tun;
extern const struct sal_link_kind sal_link_kind_macvlan, sal_link_kind_macvtap;
extern const struct sal_link_kind sal_link_kind_ipvlan, sal_link_kind_ipvtap;
extern const struct sal_link_kind sal_link_kind_vlan;
extern const struct sal_link_kind sal_link_kind_vxlan;
extern const struct sal_link_kind sal_link_kind_geneve;
extern const struct sal_link_kind sal_link_kind_gre, sal_link_kind_gretap, sal_link_kind_erspan;
extern const struct sal_link_kind sal_link_kind_ip6gre, sal_link_kind_ip6gretap;
extern const struct sal_link_kind sal_link_kind_ip6erspan;
extern const struct sal_link_kind sal_link_kind_ipip, sal_link_kind_sit, sal_link_kind_ip6tnl;
extern const struct sal_link_kind sal_link_kind_vti, sal_link_kind_vti6;
extern const struct sal_link_kind sal_link_kind_xfrm;
