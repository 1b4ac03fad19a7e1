/*
 * fuzz_vlan.c - libFuzzer target: the decoder of RTM_NEWVLAN messages, entries and options alike.
 *
 * The input is cut in two messages about one device, as the kernel sends what one does not hold.
 * Whatever comes out must encode into JSON that our own scanner accepts.
 */
#include <linux/if_bridge.h>
#include <stdlib.h>
#include <string.h>

#include "base/json_scan.h"
#include "net/vlan_decode.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void encode_check(const struct sal_type *type, const void *value)
{
	struct sal_buf out SAL_CLEANUP(sal_buf_done) = SAL_BUF_EMPTY;
	size_t at;

	sal_encode(&out, type, value);
	if (sal_json_check(out.data, out.len, 16, &at) != 0)
		abort();
}

static void message_keep(struct sal_link_bag *bag, const uint8_t *attributes, size_t size)
{
	size_t len = NLMSG_SPACE(sizeof(struct br_vlan_msg)) + size;
	struct nlmsghdr *message = calloc(1, len);
	struct br_vlan_msg *header = NLMSG_DATA(message);

	*message = (struct nlmsghdr){ .nlmsg_len = len, .nlmsg_type = RTM_NEWVLAN };
	*header = (struct br_vlan_msg){ .family = AF_BRIDGE, .ifindex = 7 };
	memcpy((char *)header + NLMSG_ALIGN(sizeof(*header)), attributes, size);
	sal_net_vlans_keep(message, bag, NULL);
	free(message);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sal_link_bag bag SAL_CLEANUP(sal_net_link_bag_done) = { 0 };
	struct sal_link_names links = SAL_LINK_NAMES_EMPTY;
	struct sal_vlan_options_array options;
	struct sal_net_names names;
	struct sal_vlans vlans;
	struct sal_arena arena;
	struct sal_link_ctx ctx = { &arena, &links, &names, false };
	size_t first = size ? NLA_ALIGN(data[0]) : 0;

	if (!size || first > --size)
		return 0;
	data++;
	sal_arena_init(&arena);
	sal_net_names_init(&names);
	message_keep(&bag, data, first);
	message_keep(&bag, data + first, size - first);
	sal_net_link_bag_sort(&bag);
	vlans = sal_net_vlans(&arena, &bag, 7);
	for (size_t i = 0; i < vlans.entries.len; i++)
		encode_check(&sal_vlan_entry_type, &vlans.entries.items[i]);
	for (size_t i = 0; i < vlans.tunnels.len; i++)
		encode_check(&sal_vlan_tunnel_type, &vlans.tunnels.items[i]);
	options = sal_net_vlan_options(&ctx, &bag, 7);
	for (size_t i = 0; i < options.len; i++)
		encode_check(&sal_vlan_options_type, &options.items[i]);
	sal_net_link_names_close(&links);
	sal_net_names_done(&names);
	sal_arena_done(&arena);
	return 0;
}
