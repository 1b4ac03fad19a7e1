/*
 * link_kind.h - links that SAL makes, for the change engine: bridges.
 *
 * An image: {"ifname","address","stp","up"}, with "mtu" where one was asked for, "alias", the
 * "ifindex" and "boot_id" under which the kernel knew it, and "adopted" for one that others made.
 */
#pragma once

#include "net/link.h"
#include "state/kind.h"

extern const struct sal_state_kind sal_net_link_kind;

/* How a link stands, as far as an image says it. */
struct sal_net_link_state {
	uint32_t ifindex, mtu;
	const char *ifname, *kind, *alias; /* kind: NULL for none */
	char address[SAL_MAC_TEXT + 1];
	bool stp, up;
};

/* The link of that name or altname, or with a NULL name of that number. 1: there; 0: none. */
int sal_net_link_state(struct sal_nl *nl, struct sal_arena *arena, const char *ifname,
		       uint32_t ifindex, struct sal_net_link_state *ret_link,
		       struct sal_error *err);
/* A new image of a bridge that stands. */
json_t *sal_net_link_image(const struct sal_net_link_state *link, const char *boot_id);
/* Whether the link is the one of the image; by number, MAC and alias, see docs/state.md. */
bool sal_net_link_is(const struct sal_net_link_state *link, const json_t *image,
		     const char *boot_id);
