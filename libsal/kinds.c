/* kinds.c - one row a kind of object, one row a source of events; see kinds.h. */
#include "kinds.h"

#include <stddef.h>

#include "net/link_kind.h"
#include "net/route_kind.h"

const struct sal_state_kind *const sal_kinds[] = {
	&sal_net_link_kind,
	&sal_net_route_kind,
	NULL,
};

const struct sal_state_watch *const sal_watches[] = {
	&sal_net_route_watch,
	NULL,
};
