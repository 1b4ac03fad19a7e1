/* kinds.h - the objects that SAL makes and changes, in the order in which they are restored. */
#pragma once

#include "state/kind.h"

extern const struct sal_state_kind *const sal_kinds[]; /* ended by NULL */
extern const struct sal_state_watch *const sal_watches[]; /* likewise */
