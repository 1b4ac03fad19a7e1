/* clock.h - the two clocks that records carry: the wall's, for people, and the boot's, for deadlines. */
#pragma once

#include <stdint.h>
#include <time.h>

#define SAL_TIME_TEXT 21 /* "2026-11-25T04:33:00Z" with its NUL */

/* RFC 3339 in UTC; returns out. Years beyond 9999 are written as 9999. */
const char *sal_time_format(char out[SAL_TIME_TEXT], time_t t);
/* CLOCK_BOOTTIME in milliseconds: counts suspended time, and no one can set it. */
int64_t sal_boottime_ms(void);
