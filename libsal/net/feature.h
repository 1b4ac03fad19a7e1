/*
 * feature.h - which features the running kernel has, found out without using any of them.
 *
 * A read that asked the kernel for a feature would make it load the module. So files are read that
 * say what is there: /proc/modules, /sys/module, modules.builtin, modules.dep, the configuration,
 * paths and generic netlink families that only the feature makes. Used by config.c and manager.c.
 */
#pragma once

#include "base/arena.h"
#include "gen/net.config.h"

/* Every row of the table, in its order. */
struct sal_config_feature_array sal_net_features(struct sal_arena *arena);

/* Whether asking this module something loads nothing: it is in the kernel, or nothing can be
 * loaded. False also when that cannot be told. Cheap: for reads that need an answer of it. */
bool sal_net_feature_askable(struct sal_arena *arena, const char *module);
