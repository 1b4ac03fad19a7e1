/*
 * link_names.h - names and flags of links by index, for one call.
 *
 * A list of links names other links: masters, lower devices, veth peers. Those that were dumped
 * already are remembered from the dump itself; one that is still to come costs an ioctl, once.
 * Source: netdevice(7).
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

struct sal_link_name {
	uint32_t index; /* 0: empty slot */
	uint32_t flags; /* IFF_…; IFF_UP for a link that is gone */
	char name[16]; /* IFNAMSIZ */
};

struct sal_link_names {
	int fd; /* -1: only what was put is known */
	struct sal_link_name *slots;
	size_t used, mask; /* mask: slots - 1, or 0 before the first */
};

#define SAL_LINK_NAMES_EMPTY ((struct sal_link_names){ .fd = -1 })

int sal_net_link_names_open(struct sal_link_names *names, struct sal_error *err);
void sal_net_link_names_close(struct sal_link_names *names); /* fit for SAL_CLEANUP */
void sal_net_link_names_put(struct sal_link_names *names, uint32_t index, const char *name,
			    uint32_t flags);
/*
 * Never NULL: a link that is gone is called "if7", as ip(8) does. Valid until the next put or get.
 */
const struct sal_link_name *sal_net_link_names_get(struct sal_link_names *names, uint32_t index);
