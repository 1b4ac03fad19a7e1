/* version.c - the one place that knows the version; meson.build gives it. */
#include "sal.h"

const char *sal_version(void)
{
	return SAL_VERSION;
}
