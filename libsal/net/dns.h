/*
 * dns.h - how names are resolved on this node, for who judges it. See dns.c.
 */
#pragma once

#include "gen/net.dns.h"

/*
 * Reads what net.dns shows into *ret_result. *ret_asked are the servers that glibc itself asks: with
 * systemd-resolved its stub, and not those behind it. Everything lives in the arena.
 */
int sal_net_dns_read(struct sal_arena *arena, struct sal_net_dns_result *ret_result,
		     struct sal_dns_server_array *ret_asked, struct sal_error *err);
