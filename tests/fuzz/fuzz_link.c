/*
 * fuzz_link.c - libFuzzer target: the decoders of links and of addresses.
 *
 * The first byte chooses which one, and for links the kind whose facts are read; the rest is what a
 * kernel would send. Whatever comes out must encode into JSON that our own scanner accepts.
 *
 *	clang -fsanitize=fuzzer,address,undefined ... && ./fuzz_link -max_total_time=60
 */
#include <linux/if_addr.h>
#include <stdlib.h>

#include "base/json_scan.h"
#include "net/link.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void encode_check(const struct sal_type *type, const void *value)
{
	struct sal_buf out SAL_CLEANUP(sal_buf_done) = SAL_BUF_EMPTY;
	size_t at;

	sal_encode(&out, type, value);
	if (sal_json_check(out.data, out.len, 16, &at) != 0)
		abort();
}

/* A message of exactly these bytes behind its header, so that ASan sees one read too many. */
static struct nlmsghdr *message_new(uint16_t type, const uint8_t *data, size_t size)
{
	struct nlmsghdr *message = malloc(NLMSG_HDRLEN + size);

	*message = (struct nlmsghdr){ .nlmsg_len = NLMSG_HDRLEN + size, .nlmsg_type = type };
	memcpy(NLMSG_DATA(message), data, size);
	return message;
}

/* XDP programs are asked of the kernel by their number: not by a fuzzer. */
static void link_run(const struct sal_link_ctx *ctx, const uint8_t *data, size_t size)
{
	struct nlmsghdr *message = message_new(RTM_NEWLINK, data, size);
	struct sal_link_message link;
	struct sal_interface interface;

	if (sal_net_link_read(message, ctx->arena, &link)) {
		link.tb[IFLA_XDP] = NULL;
		sal_net_link_names_put(ctx->links, link.header->ifi_index, link.name,
				       link.header->ifi_flags);
		sal_net_link_decode(ctx, &link, &interface);
		encode_check(&sal_interface_type, &interface);
		sal_net_linkinfo_is(link.tb[IFLA_LINKINFO], "bridge_slave");
	}
	free(message);
}

static void address_run(const struct sal_link_ctx *ctx, const uint8_t *data, size_t size)
{
	struct nlmsghdr *message = message_new(RTM_NEWADDR, data, size);
	struct sal_link_bag bag SAL_CLEANUP(sal_net_link_bag_done) = { 0 };
	struct sal_address_info_array found;

	sal_net_link_addrs_add(message, &bag, NULL);
	sal_net_link_addrs_add(message, &bag, NULL);
	sal_net_link_bag_sort(&bag);
	if (bag.len) {
		found = sal_net_link_addrs(ctx, &bag, bag.entries[0].ifindex);
		for (size_t i = 0; i < found.len; i++)
			encode_check(&sal_address_info_type, &found.items[i]);
	}
	free(message);
}

/*
 * The facts of one kind from bytes that are its attributes alone: what a fuzzer would take long to
 * wrap into a whole link message. tun's owners are left out, for they are asked of the system.
 */
static void kind_run(const struct sal_link_ctx *ctx, const uint8_t *data, size_t size)
{
	static const char *const kinds[] = {
		"bridge", "vlan",   "vxlan", "macvlan", "bond",	  "vrf", "ipvlan", "geneve", "gre",
		"ip6gre", "erspan", "ipip",  "sit",	"ip6tnl", "vti", "vti6",   "xfrm",
	};
	static const char *const port_kinds[] = { "bridge", "bond", "vrf" };
	uint8_t which = size ? data[0] : 0;
	bool port = which & 0x80;
	const char *kind = port ? port_kinds[which % SAL_ARRAY_LEN(port_kinds)]
				: kinds[which % SAL_ARRAY_LEN(kinds)];
	struct sal_link_info info = { 0 };
	struct sal_nl_request request;
	struct nlattr *nest;

	if (!size || size > 2048)
		return;
	sal_nl_begin(&request, RTM_NEWLINK, 0, sizeof(struct nlattr));
	nest = NLMSG_DATA(&request.header);
	sal_nl_put_string(&request, port ? IFLA_INFO_SLAVE_KIND : IFLA_INFO_KIND, kind);
	sal_nl_put(&request, port ? IFLA_INFO_SLAVE_DATA : IFLA_INFO_DATA, data + 1, size - 1);
	nest->nla_len = request.header.nlmsg_len - NLMSG_HDRLEN;
	nest = memcpy(malloc(nest->nla_len), nest, nest->nla_len);
	sal_net_linkinfo_decode(ctx, nest, &info);
	encode_check(&sal_link_info_type, &info);
	free(nest);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static void (*const runs[])(const struct sal_link_ctx *, const uint8_t *,
				    size_t) = { link_run, address_run, kind_run };
	struct sal_link_names links = SAL_LINK_NAMES_EMPTY;
	struct sal_net_names names;
	struct sal_arena arena;
	struct sal_link_ctx ctx = { &arena, &links, &names, true };

	if (!size)
		return 0;
	sal_arena_init(&arena);
	sal_net_names_init(&names);
	for (unsigned kind = 0; kind < SAL_NET_NAMES_KINDS; kind++)
		names.kinds[kind].loaded = true; /* not from this machine's files */
	runs[data[0] % SAL_ARRAY_LEN(runs)](&ctx, data + 1, size - 1);
	sal_net_link_names_close(&links);
	sal_net_names_done(&names);
	sal_arena_done(&arena);
	return 0;
}
