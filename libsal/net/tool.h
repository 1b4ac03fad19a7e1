/*
 * tool.h - which programs this machine has, and their versions, without starting any.
 *
 * A version is that of the Debian package which brought the very file that was found; a file that
 * no package lists (in /usr/local, or on another distribution) has none. Used by config.c.
 */
#pragma once

#include "base/arena.h"
#include "gen/net.config.h"

/* Every row of the table, in its order. */
struct sal_config_tool_array sal_net_tools(struct sal_arena *arena);
