/*
 * tun.c - facts of tun and tap devices. Owners are shown by name where they have one, as ip(8)
 * shows them. Source: linux/if_link.h, drivers/net/tun.c.
 */
#include <grp.h>
#include <linux/if_link.h>
#include <linux/if_tun.h>
#include <pwd.h>

#include "base/json_write.h"
#include "net/linkinfo/kind.h"

#define ENTRY_MAX 16384 /* bytes of a passwd or group entry */

/* A name as a JSON string, or the number it stands for. */
static struct sal_raw owner_json(struct sal_arena *arena, const char *name, uint32_t id)
{
	SAL_CLEANUP(sal_buf_done) struct sal_buf text = SAL_BUF_EMPTY;

	if (name)
		sal_json_put_cstring(&text, name);
	else
		sal_json_put_u64(&text, id);
	return (struct sal_raw){ sal_arena_dup(arena, text.data, text.len), text.len };
}

static struct sal_raw user_json(struct sal_arena *arena, uint32_t uid)
{
	char *scratch = sal_arena_alloc(arena, ENTRY_MAX);
	struct passwd entry, *found = NULL;

	getpwuid_r(uid, &entry, scratch, ENTRY_MAX, &found);
	return owner_json(arena, found ? found->pw_name : NULL, uid);
}

static struct sal_raw group_json(struct sal_arena *arena, uint32_t gid)
{
	char *scratch = sal_arena_alloc(arena, ENTRY_MAX);
	struct group entry, *found = NULL;

	getgrgid_r(gid, &entry, scratch, ENTRY_MAX, &found);
	return owner_json(arena, found ? found->gr_name : NULL, gid);
}

static void tun_decode(const struct sal_link_ctx *ctx, const struct nlattr *data, void *info)
{
	const struct nlattr *tb[IFLA_TUN_MAX + 1];
	struct sal_tun_info *t = info;
	uint8_t type;

	sal_nla_index_nested(tb, IFLA_TUN_MAX, data);
	if (tb[IFLA_TUN_TYPE]) {
		type = sal_nla_u8(tb[IFLA_TUN_TYPE]);
		sal_set(t, type,
			type == IFF_TUN	  ? "tun"
			: type == IFF_TAP ? "tap"
					  : sal_arena_printf(ctx->arena, "UNKNOWN:%u", type));
	}
	sal_take(t, pi, tb[IFLA_TUN_PI], sal_nla_bool);
	sal_take(t, vnet_hdr, tb[IFLA_TUN_VNET_HDR], sal_nla_bool);
	sal_set(t, multi_queue, tb[IFLA_TUN_MULTI_QUEUE] && sal_nla_u8(tb[IFLA_TUN_MULTI_QUEUE]));
	if (t->multi_queue) {
		sal_take(t, numqueues, tb[IFLA_TUN_NUM_QUEUES], sal_nla_u32);
		sal_take(t, numdisabled, tb[IFLA_TUN_NUM_DISABLED_QUEUES], sal_nla_u32);
	}
	sal_take(t, persist, tb[IFLA_TUN_PERSIST], sal_nla_bool);
	if (tb[IFLA_TUN_OWNER])
		sal_set(t, user, user_json(ctx->arena, sal_nla_u32(tb[IFLA_TUN_OWNER])));
	if (tb[IFLA_TUN_GROUP])
		sal_set(t, group, group_json(ctx->arena, sal_nla_u32(tb[IFLA_TUN_GROUP])));
}

const struct sal_link_kind sal_link_kind_tun = {
	.name = "tun",
	.type = &sal_tun_info_type,
	.decode = tun_decode,
};
