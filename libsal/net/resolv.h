/*
 * resolv.h - what resolv.conf and systemd's files about DNS say; text in, structs out. Pure.
 *
 * Used by dns.c, which finds and reads the files. Lines that cannot be used are collected with
 * their number, never guessed at. Sources: resolv.conf(5), glibc's resolv/res_init.c behaviour,
 * systemd-resolved.service(8).
 */
#pragma once

#include "base/arena.h"
#include "gen/net.dns.h"

/* A list under construction; each grows in the arena. */
struct sal_net_resolv {
	struct sal_arena *arena;
	struct sal_dns_server *servers;
	size_t nservers;
	const char **search, **options, **sortlist;
	size_t nsearch, noptions, nsortlist;
	struct sal_dns_invalid *invalid;
	size_t ninvalid;
	const char *manager; /* as a comment says, or NULL */
};

/* Reads the text of a resolv.conf; file is the name by which invalid lines are reported. */
void sal_net_resolv_parse(struct sal_net_resolv *resolv, const char *file, const char *text,
			  size_t len);

/*
 * A server as systemd writes it: ADDRESS[:PORT][%IFNAME][#SERVER_NAME], an IPv6 address with a port
 * in brackets. False when it is none.
 */
bool sal_net_resolv_server(struct sal_arena *arena, const char *text,
			   struct sal_dns_server *ret_server);
void sal_net_resolv_invalid(struct sal_net_resolv *resolv, const char *file, unsigned line,
			    const char *text, size_t len, const char *reason);
