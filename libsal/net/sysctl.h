/*
 * sysctl.h - the kernel's network switches, for who judges them. See sysctl.c.
 */
#pragma once

#include "gen/net.sysctl.h"

/* Reads what net.sysctl shows, of one interface or with NULL of all. NOT_FOUND as net.sysctl. */
int sal_net_sysctl_read(struct sal_arena *arena, const char *ifname,
			struct sal_net_sysctl_result *ret_result, struct sal_error *err);
