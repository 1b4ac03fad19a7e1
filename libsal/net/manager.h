/*
 * manager.h - which other programs manage networks and firewalls here. Used by status.c.
 */
#pragma once

#include "base/arena.h"
#include "gen/net.status.h"

/*
 * Every row of the table, in its order. *ret_rules_seen is false when the firewall's tables could
 * not be read. Nothing fails: what cannot be read is no evidence.
 */
struct sal_status_manager_array sal_net_managers(struct sal_arena *arena, bool *ret_rules_seen);
