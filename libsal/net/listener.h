/*
 * listener.h - whether anybody on this node listens on a UDP port. Used by health/dns.c.
 *
 * From /proc/net/udp and udp6: asking by netlink (sock_diag) would load a module.
 * Source: the kernel's networking/proc_net_tcp.rst, proc(5).
 */
#pragma once

#include "base/arena.h"
#include "base/text.h"

/* Whether the text of /proc/net/udp (AF_INET) or udp6 (AF_INET6) has a socket that takes datagrams
 * for that address and port from anyone. Pure. */
bool sal_net_listener_in(const char *text, uint8_t family, const struct sal_ip *ip, uint16_t port);

enum sal_net_listener {
	SAL_NET_LISTENER_NONE,
	SAL_NET_LISTENER_FOUND,
	SAL_NET_LISTENER_UNKNOWN, /* the tables cannot be read */
};
enum sal_net_listener sal_net_listener_udp(struct sal_arena *arena, const struct sal_ip *ip,
					   uint16_t port);
