/*
 * cmdline.h - what the kernel's command line says about the network; text in, structs out. Pure.
 *
 * Used by config.c, which reads /proc/cmdline. A setting that cannot be used is a problem, never a
 * guess at what was meant. Sources: the kernel's lib/cmdline.c (next_arg) behaviour,
 * admin-guide/kernel-parameters.rst, admin-guide/nfs/nfsroot.rst, dracut.cmdline(7).
 */
#pragma once

#include "base/arena.h"
#include "gen/net.config.h"

/* Everything lives in the arena. Each list grows by itself. */
struct sal_net_cmdline {
	struct sal_arena *arena;
	struct sal_config_parameter *parameters;
	size_t nparameters;
	struct sal_config_ip *ips;
	size_t nips;
	struct sal_ip *nameservers;
	size_t nnameservers;
	struct sal_config_mos_ip *mosip4, *mosip6; /* NULL: not given, or not usable */
	const enum sal_config_backend *mosbridge;
	const enum sal_config_nat *mosnat;
	struct sal_config_problem *problems;
	size_t nproblems;
};

/* Takes the text apart and resolves the parameters that concern the network. */
void sal_net_cmdline_parse(struct sal_net_cmdline *cmdline, const char *text, size_t len);

/* cmdline_ip.c: the value of one ip=. NULL, or what is wrong with it; *ret_ip is undefined then. */
const char *sal_net_cmdline_ip(struct sal_arena *arena, const char *value,
			       struct sal_config_ip *ret_ip);
/* An address, an IPv6 one with or without brackets; text is cut up. */
bool sal_net_cmdline_address(char *text, struct sal_ip *ret_ip);
/* "255.255.255.0" for IPv4, or a number of bits that the family has. */
bool sal_net_cmdline_netmask(const char *text, uint8_t family, uint8_t *ret_prefixlen);
/* Digits alone, at most max. */
bool sal_net_cmdline_number(const char *text, uint32_t max, uint32_t *ret_number);
/* Not an address that a node can have: unspecified, multicast, broadcast. */
bool sal_net_cmdline_unusable(const struct sal_ip *ip);
