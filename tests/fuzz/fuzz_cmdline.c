/*
 * fuzz_cmdline.c - any bytes as the kernel's command line.
 *
 * What is resolved must make sense, and every string of it lie wholly in the arena, which the
 * sanitizers watch.
 */
#include <stdint.h>
#include <string.h>

#include "net/cmdline.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static volatile size_t sink;

static void must(bool holds)
{
	if (!holds)
		__builtin_trap();
}

static void see(bool has, const char *text)
{
	if (has)
		sink += strlen(text);
}

static void ip_see(const struct sal_config_ip *ip)
{
	must(!ip->has.local || !sal_net_cmdline_unusable(&ip->local));
	must(!ip->has.local || !ip->has.gateway || ip->local.family == ip->gateway.family);
	must(!ip->has.prefixlen ||
	     ip->prefixlen <= (ip->has.local && ip->local.family == AF_INET6 ? 128 : 32));
	must(!ip->has.mtu || ip->mtu >= 68);
	must(!ip->has.nameservers || (ip->nameservers.len >= 1 && ip->nameservers.len <= 2));
	must(!ip->has.dev || sal_ifname_valid(ip->dev));
	see(true, ip->value);
	see(ip->has.hostname, ip->hostname);
	see(ip->has.autoconf, ip->autoconf);
}

static void mos_see(const struct sal_config_mos_ip *mos, uint8_t family)
{
	if (!mos)
		return;
	must(mos->local.family == family && mos->gateway.family == family);
	must(mos->prefixlen <= (family == AF_INET ? 32 : 128));
	must(!mos->has.dev || sal_ifname_valid(mos->dev));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sal_arena arena;
	struct sal_net_cmdline cmdline = { .arena = &arena };
	size_t text = 0;

	sal_arena_init(&arena);
	sal_net_cmdline_parse(&cmdline, (const char *)data, size);
	for (size_t i = 0; i < cmdline.nparameters; i++) {
		const struct sal_config_parameter *p = &cmdline.parameters[i];

		text += strlen(p->key) + (p->has.value ? strlen(p->value) + 1 : 0);
	}
	must(text <= size);
	for (size_t i = 0; i < cmdline.nproblems; i++) {
		see(true, cmdline.problems[i].reason);
		see(true, cmdline.problems[i].key);
		must(!cmdline.problems[i].has.value || strlen(cmdline.problems[i].value) <= 256);
	}
	for (size_t i = 0; i < cmdline.nips; i++)
		ip_see(&cmdline.ips[i]);
	mos_see(cmdline.mosip4, AF_INET);
	mos_see(cmdline.mosip6, AF_INET6);
	must(cmdline.nips + cmdline.nnameservers + cmdline.nproblems <= 2 * cmdline.nparameters);
	sal_arena_done(&arena);
	return 0;
}
