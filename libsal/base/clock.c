/* clock.c - see clock.h. */
#include "base/clock.h"

#include <stdio.h>

#include "base/macros.h"

const char *sal_time_format(char out[SAL_TIME_TEXT], time_t t)
{
	struct tm tm;

	if (!gmtime_r(&t, &tm))
		tm = (struct tm){ .tm_year = 9999 - 1900, .tm_mon = 11, .tm_mday = 31 };
	snprintf(out, SAL_TIME_TEXT, "%04u-%02u-%02uT%02u:%02u:%02uZ",
		 (unsigned)SAL_MIN(SAL_MAX(tm.tm_year + 1900, 0), 9999), (tm.tm_mon + 1) % 13u,
		 tm.tm_mday % 32u, tm.tm_hour % 24u, tm.tm_min % 60u, tm.tm_sec % 61u);
	return out;
}

int64_t sal_boottime_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_BOOTTIME, &now);
	return now.tv_sec * INT64_C(1000) + now.tv_nsec / 1000000;
}
