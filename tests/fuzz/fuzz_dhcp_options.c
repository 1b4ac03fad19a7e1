/*
 * fuzz_dhcp_options.c - any bytes as a DHCPv4 or DHCPv6 message, as options, and as domain names.
 *
 * The first byte chooses; for DHCPv4 options the fixed part of a message is put in front. What is
 * promised of names, prefixes and times is checked.
 */
#include <stdlib.h>
#include <string.h>

#include "net/dhcp6_options.h"
#include "net/dhcp_domains.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void promise(bool kept)
{
	if (!kept)
		abort();
}

static void names_check(const struct sal_strings *names)
{
	for (size_t i = 0; i < names->len; i++)
		promise(sal_dhcp_name_valid(names->items[i], strlen(names->items[i])));
}

static void dhcp4_run(struct sal_arena *arena, const uint8_t *data, size_t size, bool whole)
{
	size_t len = whole ? size : SAL_DHCP4_COOKIE_AT + 4 + size;
	uint8_t *message = calloc(1, len ? len : 1);
	struct sal_dhcp4 dhcp;

	memcpy(message + (len - size), data, size);
	if (!whole) {
		message[0] = 2;
		memcpy(message + SAL_DHCP4_COOKIE_AT, "\x63\x82\x53\x63", 4);
	}
	promise(sal_dhcp4_read(arena, message, len, &dhcp) || (whole && dhcp.nfaults == 1));
	promise(dhcp.prefixlen <= 32 && dhcp.nfaults <= SAL_DHCP4_FAULTS);
	promise(!dhcp.hostname || sal_dhcp_name_valid(dhcp.hostname, strlen(dhcp.hostname)));
	promise(!dhcp.domain || sal_dhcp_name_valid(dhcp.domain, strlen(dhcp.domain)));
	promise(!dhcp.has.t1 || !dhcp.has.t2 || dhcp.t1 <= dhcp.t2);
	promise(!dhcp.has.t2 || !dhcp.has.lease_time || dhcp.t2 <= dhcp.lease_time);
	names_check(&dhcp.search);
	for (size_t i = 0; i < dhcp.nroutes; i++)
		promise(dhcp.routes[i].dst.len <= 32);
	free(message);
}

static void dhcp6_run(struct sal_arena *arena, const uint8_t *data, size_t size)
{
	uint8_t *message = malloc(size ? size : 1);
	struct sal_dhcp6 dhcp;

	memcpy(message, data, size);
	if (sal_dhcp6_read(arena, message, size, &dhcp)) {
		names_check(&dhcp.search);
		for (size_t i = 0; i < dhcp.nitems; i++)
			promise(dhcp.items[i].preferred <= dhcp.items[i].valid &&
				dhcp.items[i].prefix.len <= 128);
	}
	free(message);
}

static void domains_run(struct sal_arena *arena, const uint8_t *data, size_t size)
{
	uint8_t *copy = malloc(size ? size : 1);
	struct sal_strings names = { 0 };

	memcpy(copy, data, size);
	if (!sal_dhcp_domains_read(arena, copy, size, true, &names))
		names_check(&names);
	free(copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sal_arena arena;

	if (!size)
		return 0;
	sal_arena_init(&arena);
	switch (data[0] % 4) {
	case 0:
	case 1:
		dhcp4_run(&arena, data + 1, size - 1, data[0] % 2);
		break;
	case 2:
		dhcp6_run(&arena, data + 1, size - 1);
		break;
	case 3:
		domains_run(&arena, data + 1, size - 1);
		break;
	}
	sal_arena_done(&arena);
	return 0;
}
