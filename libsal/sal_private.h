/* sal_private.h - the opened library, for call.c and the few handlers that report on it. */
#pragma once

#include <stdint.h>

#include "sal.h"

struct sal {
	struct sal_options options;
	int state_fd; /* the state folder, locked */
	int64_t started; /* CLOCK_BOOTTIME, seconds */
};
