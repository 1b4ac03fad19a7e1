/*
 * bridge_add.c - net.bridge.add: looks at what stands, decides, and describes a step.
 *
 * link_kind.c does it. The lock of the name keeps check and change together.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#include "net/bridge.h"
#include "net/link_kind.h"
#include "write.h"

struct adding {
	struct sal_call *call;
	const struct sal_net_bridge_add_params *params;
	struct sal_change change;
	struct sal_nl nl;
	const char *key, *boot_id;
	json_t *entry; /* of the registry, or NULL */
	struct sal_net_link_state stands;
	bool there, managed;
};

static void adding_done(struct adding *a)
{
	sal_change_done(&a->change);
	sal_nl_close(&a->nl);
	json_decref(a->entry);
}

static int params_check(const struct sal_net_bridge_add_params *params, struct sal_error *err)
{
	static const uint8_t zeros[6];

	if (strchr(params->ifname, '%')) { /* the kernel would put a number there */
		sal_fail(err, SAL_INVALID_PARAMS, "a name with %% is a pattern");
		sal_error_field(err, "/ifname");
		return -EINVAL;
	}
	if (params->has.address && (params->address.len != 6 || params->address.bytes[0] & 1 ||
				    !memcmp(params->address.bytes, zeros, 6))) {
		sal_fail(err, SAL_INVALID_PARAMS, "a bridge needs a unicast MAC address");
		sal_error_field(err, "/address");
		return -EINVAL;
	}
	return 0;
}

static const char *mac_text(struct adding *a, const struct sal_mac *mac)
{
	char out[SAL_MAC_TEXT + 1];

	*sal_mac_format(out, mac) = '\0';
	return sal_arena_strdup(a->call->arena, out);
}

static int standing_refuse(const struct adding *a, struct sal_error *err)
{
	const struct sal_net_link_state *s = &a->stands;
	const char *asked = a->params->ifname;

	if (strcmp(s->ifname, asked))
		sal_fail(err, SAL_CONFLICT, "%s is another name of interface %s", asked, s->ifname);
	else if (!s->kind || strcmp(s->kind, "bridge"))
		sal_fail(err, SAL_CONFLICT, "%s is no bridge but a link of kind %s", asked,
			 s->kind ? s->kind : "none");
	else
		sal_fail(err, SAL_CONFLICT,
			 "bridge %s stands otherwise: mtu %u, address %s, stp %s, %s", asked,
			 s->mtu, s->address, s->stp ? "on" : "off", s->up ? "up" : "down");
	sal_error_subject(err, "interface %s", asked);
	sal_error_field(err, "/ifname");
	return -EEXIST;
}

static bool standing_fits(struct adding *a)
{
	const struct sal_net_bridge_add_params *p = a->params;
	const struct sal_net_link_state *s = &a->stands;

	return !strcmp(s->ifname, p->ifname) && s->kind && !strcmp(s->kind, "bridge") &&
	       s->stp == p->stp && s->up == p->up && (!p->has.mtu || p->mtu == s->mtu) &&
	       (!p->has.address || !strcmp(mac_text(a, &p->address), s->address));
}

/* Nothing changes in the kernel; whose it is, and whether it comes back, may. */
static void standing_own(struct adding *a, unsigned flags)
{
	bool persists = json_is_true(json_object_get(a->entry, "persist"));
	json_t *image;

	if (a->managed ? persists == a->params->persist : !a->params->adopt)
		return;
	if (a->managed) {
		image = json_deep_copy(json_object_get(a->entry, "image"));
	} else {
		image = sal_net_link_image(&a->stands, a->boot_id);
		json_object_set_new(image, "adopted", json_true());
		if (a->params->has.mtu)
			json_object_set_new(image, "mtu", json_integer(a->params->mtu));
	}
	sal_change_step(&a->change, a->key, json_incref(image), image, flags);
	a->managed = true;
}

static int bridge_describe(struct adding *a, unsigned flags, struct sal_error *err)
{
	const struct sal_net_bridge_add_params *p = a->params;
	struct sal_mac mac = p->address;
	json_t *image = json_object();
	const char *address = "", *mtu = "";

	if (p->has.address) {
		address = sal_arena_printf(a->call->arena, " address %s", mac_text(a, &mac));
	} else {
		mac.len = 6;
		if (getrandom(mac.bytes, 6, 0) != 6) {
			json_decref(image);
			return sal_fail_errno(err, errno, "no random numbers");
		}
		mac.bytes[0] = (mac.bytes[0] & 0xfc) | 2; /* unicast, locally administered */
	}
	if (p->has.mtu)
		mtu = sal_arena_printf(a->call->arena, " mtu %u", p->mtu);
	sal_change_would(&a->change, "ip link add %s%s type bridge stp_state %d", p->ifname,
			 address, p->stp);
	sal_change_would(&a->change, "ip link set %s%s alias sal:%s%s", p->ifname, mtu, a->key,
			 p->up ? " up" : "");
	json_object_set_new(image, "ifname", json_string(p->ifname));
	json_object_set_new(image, "address", json_string(mac_text(a, &mac)));
	json_object_set_new(image, "stp", json_boolean(p->stp));
	json_object_set_new(image, "up", json_boolean(p->up));
	json_object_set_new(image, "alias", json_sprintf("sal:%s", a->key));
	if (p->has.mtu)
		json_object_set_new(image, "mtu", json_integer(p->mtu));
	sal_change_step(&a->change, a->key, NULL, image, flags);
	a->managed = true;
	return 0;
}

static int add_decide(struct adding *a, struct sal_error *err)
{
	unsigned flags = SAL_STEP_OWN | (a->params->persist ? SAL_STEP_PERSIST : 0);
	struct sal_state *state = sal_state_of(a->call->sal);
	int r = sal_net_link_state(&a->nl, a->call->arena, a->params->ifname, 0, &a->stands, err);

	if (r < 0)
		return r;
	a->there = r;
	a->boot_id = sal_state_boot_id(state);
	a->entry = sal_state_entry(state, "links", a->key);
	a->managed = a->entry && a->there &&
		     sal_net_link_is(&a->stands, json_object_get(a->entry, "image"), a->boot_id);
	sal_change_use(&a->change, "%s", a->key);
	if (!a->there)
		return bridge_describe(a, flags, err);
	if (!standing_fits(a))
		return standing_refuse(a, err);
	standing_own(a, flags);
	return 0;
}

static int add_run(struct adding *a, struct sal_error *err)
{
	struct sal_net_bridge_add_result result = { 0 };
	struct sal_bridge bridge;
	struct sal_change_ref ref;
	int r;

	sal_change_lock(&a->change, "%s", a->key);
	r = sal_change_begin(&a->change, err);
	if (r == 0)
		r = sal_nl_open(&a->nl, NETLINK_ROUTE, err);
	if (r == 0)
		r = add_decide(a, err);
	if (r == 0)
		r = sal_change_run(&a->change, err);
	if (r < 0)
		return r;
	result.created = !a->there;
	result.managed = a->managed;
	/* It is made; that somebody took it away since is no failure of ours. */
	if ((a->there || !a->params->dry_run) &&
	    sal_net_bridge_show(a->call, a->params->ifname, &bridge, NULL) == 0)
		sal_set(&result, bridge, &bridge);
	sal_write_answer(&result, &a->change, &ref);
	return sal_net_bridge_add_done(a->call, &result, err);
}

int sal_net_bridge_add(struct sal_call *call, const struct sal_net_bridge_add_params *params,
		       struct sal_error *err)
{
	SAL_CLEANUP(adding_done) struct adding a = { .call = call, .params = params };
	int r;

	sal_write_init(call, params, &a.change);
	a.key = sal_arena_printf(call->arena, "link:%s", params->ifname);
	r = params_check(params, err);
	return r < 0 ? r : add_run(&a, err);
}
