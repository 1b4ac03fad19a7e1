/* link_names.c - an open-addressed table of link names. See link_names.h. */
#include "net/link_names.h"

#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "base/arena.h"

_Static_assert(sizeof(((struct sal_link_name *)0)->name) == IFNAMSIZ, "a name has room");

int sal_net_link_names_open(struct sal_link_names *names, struct sal_error *err)
{
	*names = SAL_LINK_NAMES_EMPTY;
	names->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (names->fd < 0)
		return sal_fail_errno(err, errno, "cannot open a socket");
	return 0;
}

void sal_net_link_names_close(struct sal_link_names *names)
{
	sal_close_fd(&names->fd);
	free(names->slots);
	*names = SAL_LINK_NAMES_EMPTY;
}

/* The slot of the index, or the empty one where it belongs. There is always an empty one. */
static struct sal_link_name *slot_find(const struct sal_link_names *names, uint32_t index)
{
	size_t at = index * 2654435761u & names->mask; /* spreads indexes that are all multiples */

	while (names->slots[at].index && names->slots[at].index != index)
		at = (at + 1) & names->mask;
	return &names->slots[at];
}

static void table_grow(struct sal_link_names *names)
{
	struct sal_link_names grown = { .mask = names->mask ? names->mask * 2 + 1 : 63 };

	grown.slots = calloc(grown.mask + 1, sizeof(*grown.slots));
	if (!grown.slots)
		sal_oom();
	for (size_t i = 0; names->mask && i <= names->mask; i++) {
		if (names->slots[i].index)
			*slot_find(&grown, names->slots[i].index) = names->slots[i];
	}
	free(names->slots);
	names->slots = grown.slots;
	names->mask = grown.mask;
}

static struct sal_link_name *slot_claim(struct sal_link_names *names, uint32_t index)
{
	struct sal_link_name *slot;

	if (!names->mask || names->used * 4 > names->mask * 3)
		table_grow(names);
	slot = slot_find(names, index);
	if (!slot->index)
		names->used++;
	slot->index = index;
	return slot;
}

void sal_net_link_names_put(struct sal_link_names *names, uint32_t index, const char *name,
			    uint32_t flags)
{
	struct sal_link_name *slot;

	if (!index)
		return;
	slot = slot_claim(names, index);
	slot->flags = flags;
	snprintf(slot->name, sizeof(slot->name), "%s", name);
}

const struct sal_link_name *sal_net_link_names_get(struct sal_link_names *names, uint32_t index)
{
	static const struct sal_link_name none = { .flags = IFF_UP, .name = "if0" };
	struct ifreq request = { .ifr_ifindex = (int)index };
	struct sal_link_name *slot;

	if (!index)
		return &none;
	if (names->mask) {
		slot = slot_find(names, index);
		if (slot->index)
			return slot;
	}
	slot = slot_claim(names, index);
	slot->flags = IFF_UP;
	if (names->fd < 0 || ioctl(names->fd, SIOCGIFNAME, &request) < 0) {
		snprintf(slot->name, sizeof(slot->name), "if%u", index);
		return slot;
	}
	snprintf(slot->name, sizeof(slot->name), "%.*s", IFNAMSIZ - 1, request.ifr_name);
	if (ioctl(names->fd, SIOCGIFFLAGS, &request) == 0)
		slot->flags = (uint16_t)request.ifr_flags;
	return slot;
}
