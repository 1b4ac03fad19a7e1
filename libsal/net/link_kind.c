/*
 * link_kind.c - makes, removes and looks at bridges for the change engine.
 *
 * A bridge gets its MAC in the message that makes it, so that one whose maker was killed a moment
 * later is still known for ours; its number and alias follow.
 */
#include "net/link_kind.h"

#include <errno.h>
#include <linux/if.h>
#include <stdio.h>
#include <string.h>

#include "kernel/rtnl_link.h"

static const char *text(const json_t *image, const char *member)
{
	const char *s = json_string_value(json_object_get(image, member));

	return s ? s : "";
}

static bool truth(const json_t *image, const char *member)
{
	return json_is_true(json_object_get(image, member));
}

/* Looking at one link */

static void state_read(const struct sal_link_message *m, struct sal_arena *arena,
		       struct sal_net_link_state *link)
{
	const struct nlattr *info[IFLA_INFO_MAX + 1], *bridge[IFLA_BR_MAX + 1];
	const struct nlattr *address = m->tb[IFLA_ADDRESS];
	struct sal_mac mac = { 0 };

	*link = (struct sal_net_link_state){
		.ifindex = m->header->ifi_index,
		.ifname = m->name,
		.up = m->header->ifi_flags & IFF_UP,
		.mtu = m->tb[IFLA_MTU] ? sal_nla_u32(m->tb[IFLA_MTU]) : 0,
		.alias = m->tb[IFLA_IFALIAS] ? sal_nla_string(m->tb[IFLA_IFALIAS], arena) : "",
	};
	if (address && sal_nla_len(address) <= sizeof(mac.bytes)) {
		mac.len = sal_nla_len(address);
		memcpy(mac.bytes, sal_nla_data(address), mac.len);
		*sal_mac_format(link->address, &mac) = '\0';
	}
	if (!m->tb[IFLA_LINKINFO])
		return;
	sal_nla_index_nested(info, IFLA_INFO_MAX, m->tb[IFLA_LINKINFO]);
	if (info[IFLA_INFO_KIND])
		link->kind = sal_nla_string(info[IFLA_INFO_KIND], arena);
	if (!link->kind || strcmp(link->kind, "bridge") || !info[IFLA_INFO_DATA])
		return;
	sal_nla_index_nested(bridge, IFLA_BR_MAX, info[IFLA_INFO_DATA]);
	link->stp = bridge[IFLA_BR_STP_STATE] && sal_nla_u32(bridge[IFLA_BR_STP_STATE]);
}

struct keeping {
	struct sal_arena *arena;
	const struct nlmsghdr *message;
};

static int message_keep(const struct nlmsghdr *message, void *ctx, struct sal_error *err)
{
	struct keeping *keeping = ctx;

	keeping->message = sal_arena_dup(keeping->arena, message, message->nlmsg_len);
	return 0;
}

int sal_net_link_state(struct sal_nl *nl, struct sal_arena *arena, const char *ifname,
		       uint32_t ifindex, struct sal_net_link_state *ret_link, struct sal_error *err)
{
	struct keeping keeping = { .arena = arena };
	struct sal_error refusal = { 0 };
	struct sal_link_message message;
	struct sal_nl_request request;
	struct ifinfomsg *header = sal_nl_begin(&request, RTM_GETLINK, 0, sizeof(*header));
	int r;

	header->ifi_index = ifname ? 0 : ifindex;
	if (ifname)
		sal_nl_put_string(&request, IFLA_IFNAME, ifname);
	sal_nl_put_u32(&request, IFLA_EXT_MASK, sal_net_link_ext_mask(false));
	r = sal_nl_talk(nl, &request, message_keep, &keeping, &refusal);
	if (r == -ENODEV)
		return 0;
	if (r < 0) {
		if (err && err->code == SAL_OK)
			*err = refusal;
		return r;
	}
	if (!keeping.message || !sal_net_link_read(keeping.message, arena, &message))
		return 0;
	state_read(&message, arena, ret_link);
	return 1;
}

json_t *sal_net_link_image(const struct sal_net_link_state *link, const char *boot_id)
{
	json_t *image = json_object();

	json_object_set_new(image, "ifname", json_string(link->ifname));
	json_object_set_new(image, "address", json_string(link->address));
	json_object_set_new(image, "stp", json_boolean(link->stp));
	json_object_set_new(image, "up", json_boolean(link->up));
	json_object_set_new(image, "ifindex", json_integer(link->ifindex));
	json_object_set_new(image, "boot_id", json_string(boot_id));
	return image;
}

/* The number under which this boot's kernel knows it, or 0. */
static uint32_t image_index(const json_t *image, const char *boot_id)
{
	return strcmp(text(image, "boot_id"), boot_id)
		       ? 0
		       : json_integer_value(json_object_get(image, "ifindex"));
}

bool sal_net_link_is(const struct sal_net_link_state *link, const json_t *image,
		     const char *boot_id)
{
	const char *alias = text(image, "alias");
	uint32_t index = image_index(image, boot_id);

	if (!link->kind || strcmp(link->kind, "bridge") || (index && index != link->ifindex))
		return false;
	if (truth(image, "adopted")) /* its MAC may follow its ports */
		return !strcmp(link->ifname, text(image, "ifname"));
	return !strcmp(link->address, text(image, "address")) ||
	       (index && *alias && !strcmp(link->alias, alias));
}

/* 1: the object of the image; 0: nothing of its name; -EEXIST: another. */
static int object_find(struct sal_nl *nl, struct sal_arena *arena, const json_t *image,
		       const char *boot_id, struct sal_net_link_state *link, struct sal_error *err)
{
	uint32_t index = image_index(image, boot_id);
	int r = index ? sal_net_link_state(nl, arena, NULL, index, link, err) : 0;

	if (r < 0 || (r == 1 && sal_net_link_is(link, image, boot_id)))
		return r;
	r = sal_net_link_state(nl, arena, text(image, "ifname"), 0, link, err);
	if (r <= 0 || sal_net_link_is(link, image, boot_id))
		return r;
	sal_fail(err, SAL_CONFLICT, "another interface stands in the place of %s",
		 text(image, "ifname"));
	sal_error_subject(err, "interface %s", text(image, "ifname"));
	return -EEXIST;
}

/* Setting */

static int bridge_remove(struct sal_state_run *run, struct sal_nl *nl, const json_t *image,
			 struct sal_error *err)
{
	struct sal_error refusal = { 0 };
	struct sal_net_link_state link;
	int r = object_find(nl, run->arena, image, run->boot_id, &link, &refusal);

	if (r == 1)
		r = sal_rtnl_link_delete(nl, link.ifindex, &refusal);
	/* Gone meanwhile; or another was first, and ours had never been made. */
	if (r == -ENODEV || (r == -EEXIST && !image_index(image, run->boot_id)))
		r = 0;
	if (r < 0 && err && err->code == SAL_OK)
		*err = refusal;
	return r;
}

static int bridge_make(struct sal_state_run *run, struct sal_nl *nl, json_t *image,
		       struct sal_error *err)
{
	struct sal_rtnl_link_settings settings = {
		.bridge = true,
		.mtu = json_integer_value(json_object_get(image, "mtu")),
		.alias = *text(image, "alias") ? text(image, "alias") : NULL,
		.stp = truth(image, "stp"),
		.up = truth(image, "up"),
	};
	struct sal_net_link_state link;
	struct sal_mac mac;
	int r = object_find(nl, run->arena, image, run->boot_id, &link, err);

	if (r == 0) {
		if (!sal_mac_parse(text(image, "address"), &mac))
			return sal_fail(err, SAL_INTERNAL, "an image without a MAC address");
		r = sal_rtnl_bridge_add(nl, text(image, "ifname"), &mac, err);
		if (r == 0)
			r = sal_net_link_state(nl, run->arena, text(image, "ifname"), 0, &link,
					       err);
		if (r == 0)
			return sal_fail(err, SAL_CONFLICT, "%s was removed while it was made",
					text(image, "ifname"));
	}
	if (r < 0)
		return r;
	json_object_set_new(image, "ifindex", json_integer(link.ifindex));
	json_object_set_new(image, "boot_id", json_string(run->boot_id));
	return sal_rtnl_link_change(nl, link.ifindex, &settings, err);
}

static int link_set(struct sal_state_run *run, const char *key, const json_t *from, json_t *to,
		    struct sal_error *err)
{
	SAL_CLEANUP(sal_nl_close) struct sal_nl nl = { 0 };
	struct sal_net_link_state link;
	int r = sal_nl_open(&nl, NETLINK_ROUTE, err);

	if (r < 0)
		return r;
	if (!to)
		return from ? bridge_remove(run, &nl, from, err) : 0;
	if (!from)
		return bridge_make(run, &nl, to, err);
	/* Whose it is changes, and not how it stands. */
	r = object_find(&nl, run->arena, from, run->boot_id, &link, err);
	return r == 0 ? sal_fail(err, SAL_CONFLICT, "%s is gone", text(from, "ifname"))
		      : SAL_MIN(r, 0);
}

static void item_look(struct sal_state_item *item, const struct sal_net_link_state *link,
		      const char *boot_id)
{
	item->actual = sal_net_link_image(link, boot_id);
	if (json_object_get(item->image, "mtu"))
		json_object_set_new(item->actual, "mtu", json_integer(link->mtu));
	if (json_object_get(item->image, "alias"))
		json_object_set_new(item->actual, "alias", json_string(link->alias));
	if (truth(item->image, "adopted"))
		json_object_set_new(item->actual, "adopted", json_true());
}

static int link_look(struct sal_state_run *run, struct sal_state_item *items, size_t n,
		     struct sal_state_strays *ret_strays, struct sal_error *err)
{
	SAL_CLEANUP(sal_nl_close) struct sal_nl nl = { 0 };
	int r = sal_nl_open(&nl, NETLINK_ROUTE, err);

	for (size_t i = 0; r >= 0 && i < n; i++) {
		struct sal_net_link_state link;

		r = object_find(&nl, run->arena, items[i].image, run->boot_id, &link, NULL);
		if (r == 1)
			item_look(&items[i], &link, run->boot_id);
		else if (r == -EEXIST)
			r = 0;
	}
	return r < 0 ? sal_fail_errno(err, -r, "cannot look at links") : 0;
}

const struct sal_state_kind sal_net_link_kind = {
	.name = "link",
	.registry = "links",
	.set = link_set,
	.look = link_look,
};
