/*
 * load.c - what can be loaded into a register beside header fields: keys, their types and names.
 *
 * Called for the loads of rules (expr_load.c, expr_lookup.c) and for what typeof left in the user
 * data of sets (typeof.c). Sources: linux/netfilter/nf_tables.h, libnftables-json(5).
 */
#include "net/nft/parse.h"

#include <linux/netfilter/nf_tables.h>
#include <linux/xfrm.h>

struct load_row {
	const char *name; /* NULL: a hole */
	uint8_t type; /* enum sal_nft_type_id */
	uint8_t order; /* enum sal_nft_order */
	uint16_t len; /* bits */
};

#define ROW(name_, type_, order_, len_)                                                            \
	{                                                                                          \
		.name = name_, .type = SAL_NFT_TYPE_##type_, .order = SAL_NFT_ORDER_##order_,      \
		.len = len_                                                                        \
	}

static const struct load_row meta_rows[] = {
	[NFT_META_LEN] = ROW("length", INTEGER, HOST, 32),
	[NFT_META_PROTOCOL] = ROW("protocol", ETHERTYPE, BIG, 16),
	[NFT_META_PRIORITY] = ROW("priority", CLASSID, HOST, 32),
	[NFT_META_MARK] = ROW("mark", MARK, HOST, 32),
	[NFT_META_IIF] = ROW("iif", IFINDEX, HOST, 32),
	[NFT_META_OIF] = ROW("oif", IFINDEX, HOST, 32),
	[NFT_META_IIFNAME] = ROW("iifname", IFNAME, HOST, 128),
	[NFT_META_OIFNAME] = ROW("oifname", IFNAME, HOST, 128),
	[NFT_META_IIFTYPE] = ROW("iiftype", ARPHRD, HOST, 16),
	[NFT_META_OIFTYPE] = ROW("oiftype", ARPHRD, HOST, 16),
	[NFT_META_SKUID] = ROW("skuid", UID, HOST, 32),
	[NFT_META_SKGID] = ROW("skgid", GID, HOST, 32),
	[NFT_META_NFTRACE] = ROW("nftrace", INTEGER, HOST, 1),
	[NFT_META_RTCLASSID] = ROW("rtclassid", REALM, HOST, 32),
	[NFT_META_SECMARK] = ROW("secmark", INTEGER, HOST, 32),
	[NFT_META_NFPROTO] = ROW("nfproto", NFPROTO, HOST, 8),
	[NFT_META_L4PROTO] = ROW("l4proto", INET_PROTOCOL, HOST, 8),
	[NFT_META_BRI_IIFNAME] = ROW("ibrname", IFNAME, HOST, 128),
	[NFT_META_BRI_OIFNAME] = ROW("obrname", IFNAME, HOST, 128),
	[NFT_META_PKTTYPE] = ROW("pkttype", PKTTYPE, HOST, 8),
	[NFT_META_CPU] = ROW("cpu", INTEGER, HOST, 32),
	[NFT_META_IIFGROUP] = ROW("iifgroup", DEVGROUP, HOST, 32),
	[NFT_META_OIFGROUP] = ROW("oifgroup", DEVGROUP, HOST, 32),
	[NFT_META_CGROUP] = ROW("cgroup", INTEGER, HOST, 32),
	[NFT_META_PRANDOM] = ROW("random", INTEGER, BIG, 32),
	[NFT_META_SECPATH] = ROW("ipsec", BOOLEAN, HOST, 8),
	[NFT_META_IIFKIND] = ROW("iifkind", IFNAME, HOST, 128),
	[NFT_META_OIFKIND] = ROW("oifkind", IFNAME, HOST, 128),
	[NFT_META_BRI_IIFPVID] = ROW("ibrpvid", INTEGER, HOST, 16),
	[NFT_META_BRI_IIFVPROTO] = ROW("ibrvproto", ETHERTYPE, BIG, 16),
	[NFT_META_TIME_NS] = ROW("time", TIME_DATE, HOST, 64),
	[NFT_META_TIME_DAY] = ROW("day", TIME_DAY, HOST, 8),
	[NFT_META_TIME_HOUR] = ROW("hour", TIME_HOUR, HOST, 32),
	[NFT_META_SDIF] = ROW("sdif", IFINDEX, HOST, 32),
	[NFT_META_SDIFNAME] = ROW("sdifname", IFNAME, HOST, 128),
};

static const struct load_row ct_rows[] = {
	[NFT_CT_STATE] = ROW("state", CT_STATE, HOST, 32),
	[NFT_CT_DIRECTION] = ROW("direction", CT_DIR, HOST, 8),
	[NFT_CT_STATUS] = ROW("status", CT_STATUS, HOST, 32),
	[NFT_CT_MARK] = ROW("mark", MARK, HOST, 32),
	[NFT_CT_SECMARK] = ROW("secmark", INTEGER, HOST, 32),
	[NFT_CT_EXPIRATION] = ROW("expiration", TIME, HOST, 32),
	[NFT_CT_HELPER] = ROW("helper", STRING, HOST, 128),
	[NFT_CT_L3PROTOCOL] = ROW("l3proto", NFPROTO, HOST, 8),
	[NFT_CT_SRC] = ROW("saddr", INVALID, BIG, 0),
	[NFT_CT_DST] = ROW("daddr", INVALID, BIG, 0),
	[NFT_CT_PROTOCOL] = ROW("protocol", INET_PROTOCOL, BIG, 8),
	[NFT_CT_PROTO_SRC] = ROW("proto-src", INVALID, BIG, 16),
	[NFT_CT_PROTO_DST] = ROW("proto-dst", INVALID, BIG, 16),
	[NFT_CT_LABELS] = ROW("label", CT_LABEL, HOST, 128),
	[NFT_CT_PKTS] = ROW("packets", INTEGER, HOST, 64),
	[NFT_CT_BYTES] = ROW("bytes", INTEGER, HOST, 64),
	[NFT_CT_AVGPKT] = ROW("avgpkt", INTEGER, HOST, 64),
	[NFT_CT_ZONE] = ROW("zone", INTEGER, HOST, 16),
	[NFT_CT_EVENTMASK] = ROW("event", CT_EVENTBIT, HOST, 32),
	[NFT_CT_SRC_IP] = ROW("ip saddr", IPADDR, BIG, 32),
	[NFT_CT_DST_IP] = ROW("ip daddr", IPADDR, BIG, 32),
	[NFT_CT_SRC_IP6] = ROW("ip6 saddr", IP6ADDR, BIG, 128),
	[NFT_CT_DST_IP6] = ROW("ip6 daddr", IP6ADDR, BIG, 128),
	[NFT_CT_ID] = ROW("id", INTEGER, BIG, 32),
};

static const struct load_row rt_rows[] = {
	[NFT_RT_CLASSID] = ROW("classid", REALM, HOST, 32),
	[NFT_RT_NEXTHOP4] = ROW("nexthop", IPADDR, BIG, 32),
	[NFT_RT_NEXTHOP6] = ROW("nexthop", IP6ADDR, BIG, 128),
	[NFT_RT_TCPMSS] = ROW("mtu", INTEGER, HOST, 16),
	[NFT_RT_XFRM] = ROW("ipsec", BOOLEAN, HOST, 8),
};

static const struct load_row socket_rows[] = {
	[NFT_SOCKET_TRANSPARENT] = ROW("transparent", INTEGER, HOST, 8),
	[NFT_SOCKET_MARK] = ROW("mark", MARK, HOST, 32),
	[NFT_SOCKET_WILDCARD] = ROW("wildcard", INTEGER, HOST, 8),
	[NFT_SOCKET_CGROUPV2] = ROW("cgroupv2", CGROUPV2, HOST, 64),
};

static const struct load_row xfrm_rows[] = {
	[NFT_XFRM_KEY_DADDR_IP4] = ROW("daddr", IPADDR, BIG, 32),
	[NFT_XFRM_KEY_DADDR_IP6] = ROW("daddr", IP6ADDR, BIG, 128),
	[NFT_XFRM_KEY_SADDR_IP4] = ROW("saddr", IPADDR, BIG, 32),
	[NFT_XFRM_KEY_SADDR_IP6] = ROW("saddr", IP6ADDR, BIG, 128),
	[NFT_XFRM_KEY_REQID] = ROW("reqid", INTEGER, HOST, 32),
	[NFT_XFRM_KEY_SPI] = ROW("spi", INTEGER, BIG, 32),
};

static const struct load_row *row_find(const struct load_row *rows, size_t n, uint32_t key)
{
	return key < n && rows[key].name ? &rows[key] : NULL;
}

#define FIND(rows, key) row_find(rows, SAL_ARRAY_LEN(rows), key)

static struct sal_nft_expr *row_new(struct sal_arena *arena, enum sal_nft_kind kind,
				    const struct load_row *row, uint32_t key)
{
	struct sal_nft_expr *expr;

	if (!row)
		return NULL;
	expr = sal_nft_expr_new(arena, kind, &sal_nft_types[row->type], row->order, row->len);
	expr->load.key = key;
	expr->load.direction = -1;
	return expr;
}

struct sal_nft_expr *sal_nft_meta_new(struct sal_arena *arena, uint32_t key)
{
	struct sal_nft_expr *expr = row_new(arena, SAL_NFT_META, FIND(meta_rows, key), key);

	if (!expr)
		return NULL;
	switch (key) {
	case NFT_META_IIFTYPE:
		expr->flags |= SAL_NFT_PROTOCOL;
		break;
	case NFT_META_NFPROTO:
	case NFT_META_PROTOCOL:
		expr->flags |= SAL_NFT_PROTOCOL;
		expr->load.layer = SAL_NFT_LAYER_LINK;
		break;
	case NFT_META_L4PROTO:
		expr->flags |= SAL_NFT_PROTOCOL;
		expr->load.layer = SAL_NFT_LAYER_NETWORK;
		break;
	}
	return expr;
}

struct sal_nft_expr *sal_nft_ct_new(struct sal_arena *arena, uint32_t key, int8_t direction)
{
	struct sal_nft_expr *expr = row_new(arena, SAL_NFT_CT, FIND(ct_rows, key), key);

	if (!expr)
		return NULL;
	expr->load.direction = direction;
	switch (key) {
	case NFT_CT_SRC:
	case NFT_CT_DST:
		expr->load.layer = SAL_NFT_LAYER_NETWORK;
		break;
	case NFT_CT_PROTO_SRC:
	case NFT_CT_PROTO_DST:
		expr->load.layer = SAL_NFT_LAYER_TRANSPORT;
		break;
	case NFT_CT_PROTOCOL:
		expr->flags |= SAL_NFT_PROTOCOL;
		expr->load.layer = SAL_NFT_LAYER_NETWORK;
		break;
	case NFT_CT_L3PROTOCOL:
		expr->flags |= SAL_NFT_PROTOCOL;
		expr->load.layer = SAL_NFT_LAYER_LINK;
		break;
	}
	return expr;
}

struct sal_nft_expr *sal_nft_rt_new(struct sal_arena *arena, uint32_t key)
{
	return row_new(arena, SAL_NFT_RT, FIND(rt_rows, key), key);
}

struct sal_nft_expr *sal_nft_socket_new(struct sal_arena *arena, uint32_t key)
{
	return row_new(arena, SAL_NFT_SOCKET, FIND(socket_rows, key), key);
}

struct sal_nft_expr *sal_nft_osf_new(struct sal_arena *arena, uint8_t ttl, uint32_t flags)
{
	/* the kernel's NFT_OSF_MAXGENRELEN */
	struct sal_nft_expr *expr =
		sal_nft_expr_new(arena, SAL_NFT_OSF, &sal_nft_types[SAL_NFT_TYPE_STRING],
				 SAL_NFT_ORDER_HOST, 16 * 8);

	expr->load.number = ttl;
	expr->load.flags = flags;
	return expr;
}

struct sal_nft_expr *sal_nft_fib_new(struct sal_arena *arena, uint32_t flags, uint32_t result)
{
	static const struct load_row rows[] = {
		[NFT_FIB_RESULT_OIF] = ROW("oif", IFINDEX, HOST, 32),
		[NFT_FIB_RESULT_OIFNAME] = ROW("oifname", STRING, HOST, 128),
		[NFT_FIB_RESULT_ADDRTYPE] = ROW("type", FIB_ADDR, HOST, 32),
	};
	struct sal_nft_expr *expr = row_new(arena, SAL_NFT_FIB, FIND(rows, result), result);

	if (!expr)
		return NULL;
	expr->load.flags = flags;
	if (flags & NFTA_FIB_F_PRESENT)
		expr->type = &sal_nft_types[SAL_NFT_TYPE_BOOLEAN];
	return expr;
}

struct sal_nft_expr *sal_nft_xfrm_new(struct sal_arena *arena, uint32_t key, uint8_t direction,
				      uint32_t spnum)
{
	struct sal_nft_expr *expr;

	if (direction != XFRM_POLICY_IN && direction != XFRM_POLICY_OUT)
		return NULL;
	expr = row_new(arena, SAL_NFT_XFRM, FIND(xfrm_rows, key), key);
	if (!expr)
		return NULL;
	expr->load.flags = direction;
	expr->load.number = (uint8_t)spnum;
	return expr;
}

struct sal_nft_expr *sal_nft_gen_new(struct sal_arena *arena, enum sal_nft_kind kind)
{
	return sal_nft_expr_new(arena, kind, &sal_nft_types[SAL_NFT_TYPE_INTEGER],
				SAL_NFT_ORDER_HOST, 32);
}

#define NAME_OF(rows, key) (FIND(rows, key) ? rows[key].name : NULL)

const char *sal_nft_meta_name(uint32_t key)
{
	return NAME_OF(meta_rows, key);
}

const char *sal_nft_ct_name(uint32_t key)
{
	return NAME_OF(ct_rows, key);
}

const char *sal_nft_rt_name(uint32_t key)
{
	return NAME_OF(rt_rows, key);
}

const char *sal_nft_socket_name(uint32_t key)
{
	return NAME_OF(socket_rows, key);
}

const char *sal_nft_xfrm_name(uint32_t key)
{
	return NAME_OF(xfrm_rows, key);
}

const struct sal_nft_type *sal_nft_meta_type(uint32_t key)
{
	return FIND(meta_rows, key) ? &sal_nft_types[meta_rows[key].type] : NULL;
}

const struct sal_nft_type *sal_nft_ct_type(uint32_t key)
{
	return FIND(ct_rows, key) ? &sal_nft_types[ct_rows[key].type] : NULL;
}

enum sal_nft_order sal_nft_meta_order(uint32_t key)
{
	return FIND(meta_rows, key) ? meta_rows[key].order : SAL_NFT_ORDER_NONE;
}

enum sal_nft_order sal_nft_ct_order(uint32_t key)
{
	return FIND(ct_rows, key) ? ct_rows[key].order : SAL_NFT_ORDER_NONE;
}
