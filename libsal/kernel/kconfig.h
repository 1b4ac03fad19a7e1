/*
 * kconfig.h - the configuration with which the running kernel was built, as text.
 *
 * /proc/config.gz is the kernel's own word where it was built with it; else distributions lay the
 * file beside the kernel. One home for zlib.
 */
#pragma once

#include <stdbool.h>

#include "base/arena.h"
#include "base/buf.h"

/*
 * Appends the text and a NUL behind it; *ret_path says where it came from. False, and nothing
 * appended, when this machine has none, or what is there is no such file.
 */
bool sal_kconfig_read(struct sal_buf *text, struct sal_arena *arena, const char *release,
		      const char **ret_path);
