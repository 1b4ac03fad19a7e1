/* sal_private.h - the opened library, for call.c and the few handlers that report on it. */
#pragma once

#include <stdint.h>

#include "sal.h"

struct sal_state;

struct sal {
	struct sal_options options;
	struct sal_state *state;
	int64_t started; /* CLOCK_BOOTTIME, milliseconds */
};
