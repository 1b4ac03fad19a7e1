/* kinds.c - one row a kind of object, one row a source of events; see kinds.h. */
#include "kinds.h"

#include <stddef.h>

const struct sal_state_kind *const sal_kinds[] = {
	NULL,
};

const struct sal_state_watch *const sal_watches[] = {
	NULL,
};
