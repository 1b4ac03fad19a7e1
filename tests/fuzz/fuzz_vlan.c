/*
 * fuzz_vlan.c - libFuzzer target: two RTM_NEWVLAN messages that follow each other, or, if the first
 * byte is odd, entries of forwarding tables. Whatever the bytes, what comes out is JSON, and sums
 * are right.
 */
#include <linux/neighbour.h>
#include <stdint.h>
#include <stdlib.h>

#include "base/json_scan.h"
#include "net/fdb.h"
#include "net/link.h"
#include "net/vlan_decode.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void encode_check(const struct sal_type *type, const void *items, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		struct sal_buf out SAL_CLEANUP(sal_buf_done) = { 0 };
		size_t at;

		sal_encode(&out, type, (const char *)items + i * type->size);
		if (sal_json_check(out.data, out.len, 16, &at) != 0)
			abort();
	}
}

/* A message of exactly these bytes behind its header, so that ASan sees one read too many. */
static struct nlmsghdr *message_new(uint16_t type, const uint8_t *data, size_t size)
{
	struct nlmsghdr *message = malloc(NLMSG_HDRLEN + size);

	*message = (struct nlmsghdr){ .nlmsg_len = NLMSG_HDRLEN + size, .nlmsg_type = type };
	memcpy(NLMSG_DATA(message), data, size);
	return message;
}

/* The first byte says, in words of four bytes, where the second message begins. */
static void vlans_run(const struct sal_link_ctx *ctx, const uint8_t *data, size_t size)
{
	struct sal_link_bag bag SAL_CLEANUP(sal_net_link_bag_done) = { 0 };
	size_t first = SAL_MIN((size_t)data[0] * 4, size - 1);
	struct nlmsghdr *one = message_new(RTM_NEWVLAN, data + 1, first);
	struct nlmsghdr *two = message_new(RTM_NEWVLAN, data + 1 + first, size - 1 - first);

	sal_net_vlans_keep(one, &bag, NULL);
	sal_net_vlans_keep(two, &bag, NULL);
	sal_net_link_bag_sort(&bag);
	for (size_t i = 0; i < bag.len; i++) {
		struct sal_vlans vlans = sal_net_vlans(ctx->arena, &bag, bag.entries[i].ifindex);
		struct sal_vlan_options_array options =
			sal_net_vlan_options(ctx, &bag, bag.entries[i].ifindex);

		encode_check(&sal_vlan_entry_type, vlans.entries.items, vlans.entries.len);
		encode_check(&sal_vlan_tunnel_type, vlans.tunnels.items, vlans.tunnels.len);
		encode_check(&sal_vlan_options_type, options.items, options.len);
	}
	free(one);
	free(two);
}

/* Messages of 40 bytes, the size of an entry with its bridge and nothing else. */
static void fdb_run(const struct sal_link_ctx *ctx, const uint8_t *data, size_t size)
{
	struct sal_fdb fdb SAL_CLEANUP(sal_net_fdb_done) = { 0 };
	uint64_t total = 0, sum = 0;

	for (size_t at = 0; at < size; at += 40) {
		struct nlmsghdr *message =
			message_new(RTM_NEWNEIGH, data + at, SAL_MIN(size - at, (size_t)40));

		sal_net_fdb_add(message, &fdb, NULL);
		free(message);
	}
	sal_net_fdb_sort(&fdb);
	for (size_t i = 0; i < fdb.len; i++) {
		const struct sal_bridge_fdb *e = &fdb.counts[i].entries;
		struct sal_bridge_fdb b = sal_net_fdb_of_bridge(&fdb, fdb.counts[i].bridge);

		total += e->permanent + e->static_ + e->dynamic;
		if (!i || fdb.counts[i].bridge != fdb.counts[i - 1].bridge)
			sum += b.permanent + b.static_ + b.dynamic;
		sal_net_fdb_of_port(&fdb, fdb.counts[i].bridge, fdb.counts[i].ifindex);
	}
	if (total != sum)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sal_link_names links = SAL_LINK_NAMES_EMPTY;
	struct sal_net_names names;
	struct sal_arena arena;
	struct sal_link_ctx ctx = { &arena, &links, &names, false };

	if (size < 2)
		return 0;
	sal_arena_init(&arena);
	sal_net_names_init(&names);
	(data[0] & 1 ? fdb_run : vlans_run)(&ctx, data + 1, size - 1);
	sal_net_link_names_close(&links);
	sal_net_names_done(&names);
	sal_arena_done(&arena);
	return 0;
}
