/* bridge.h - one bridge as net.bridge shows it, for the methods that change bridges. */
#pragma once

#include "gen/net.bridge.h"

/* Strings and ports live in the call's arena. NOT_FOUND when there is no such bridge. */
int sal_net_bridge_show(struct sal_call *call, const char *ifname, struct sal_bridge *ret_bridge,
			struct sal_error *err);
