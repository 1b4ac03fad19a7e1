/*
 * ifnames.h - interface names by index, asked of the kernel once each and remembered for a call.
 *
 * A list of routes or neighbours names few interfaces many times: one SIOCGIFNAME for each is
 * cheaper than a dump of all links. Source: netdevice(7).
 */
#pragma once

#include <stdint.h>

#include "base/error.h"

#define SAL_IFNAMES_SLOTS 64

struct sal_ifnames {
	int fd;
	struct {
		uint32_t index; /* 0: empty */
		char name[32];
	} slots[SAL_IFNAMES_SLOTS];
};

int sal_ifnames_open(struct sal_ifnames *names, struct sal_error *err);
void sal_ifnames_close(struct sal_ifnames *names); /* fit for SAL_CLEANUP after open */

/*
 * The name of the interface, or "if7" when it is gone (as ip(8) shows it). Valid until the next
 * call for another index.
 */
const char *sal_ifnames_get(struct sal_ifnames *names, uint32_t index);
/* The same, but NULL when it is gone; not remembered. */
const char *sal_ifnames_find(struct sal_ifnames *names, uint32_t index);
/* The one way to say that a named interface does not exist: NOT_FOUND, ENODEV, subject and field. */
int sal_ifnames_missing(struct sal_error *err, const char *ifname, const char *field);

/* The index of a name, altnames included; NOT_FOUND with the field's pointer when there is none. */
int sal_ifnames_index(struct sal_ifnames *names, const char *ifname, const char *field,
		      uint32_t *ret_index, struct sal_error *err);
