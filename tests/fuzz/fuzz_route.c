/*
 * fuzz_route.c - libFuzzer target: decoders of routes, nexthop objects and neighbours, and the
 * parsers of resolv.conf and of iproute2's files.
 *
 * The first byte chooses which one; the rest is what a kernel or a file would hold. Whatever comes
 * out must encode into JSON that our own scanner accepts.
 *
 *	clang -fsanitize=fuzzer,address,undefined ... && ./fuzz_route -max_total_time=60
 */
#include <linux/nexthop.h>
#include <stdlib.h>

#include "base/json_scan.h"
#include "net/neigh.h"
#include "net/nexthop.h"
#include "net/resolv.h"
#include "net/route_decode.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct lab {
	struct sal_arena arena;
	struct sal_net_names names;
	struct sal_ifnames ifnames;
	struct sal_net_route_decoder decoder;
};

static void encode_check(const struct sal_type *type, const void *value)
{
	struct sal_buf out SAL_CLEANUP(sal_buf_done) = SAL_BUF_EMPTY;
	size_t at;

	sal_encode(&out, type, value);
	if (sal_json_check(out.data, out.len, 16, &at) != 0)
		abort();
}

/* A message of exactly these bytes behind its header, which is the kernel's. */
static struct nlmsghdr *message_new(uint16_t type, const uint8_t *data, size_t size)
{
	struct nlmsghdr *message = malloc(NLMSG_HDRLEN + size);

	*message = (struct nlmsghdr){ .nlmsg_len = NLMSG_HDRLEN + size, .nlmsg_type = type };
	memcpy(NLMSG_DATA(message), data, size);
	return message;
}

static void route_run(struct lab *lab, const uint8_t *data, size_t size)
{
	struct nlmsghdr *message = message_new(RTM_NEWROUTE, data, size);
	struct sal_net_route_message opened;
	struct sal_route route;

	if (sal_net_route_open(message, &opened)) {
		sal_net_route_decode(&lab->decoder, &opened, &route);
		encode_check(&sal_route_type, &route);
	}
	free(message);
}

static void nexthop_run(struct lab *lab, const uint8_t *data, size_t size)
{
	struct nlmsghdr *message = message_new(RTM_NEWNEXTHOP, data, size);
	struct sal_route_nexthop_object object;

	if (sal_net_nexthop_decode(&lab->decoder, message, &object))
		encode_check(&sal_route_nexthop_object_type, &object);
	free(message);
}

static void neigh_run(struct lab *lab, const uint8_t *data, size_t size)
{
	struct nlmsghdr *message = message_new(RTM_NEWNEIGH, data, size);
	struct sal_net_neigh_decoder decoder = { .names = &lab->names, .ifnames = &lab->ifnames };
	struct sal_net_neigh_message opened;
	struct sal_neighbor neighbor;

	if (sal_net_neigh_open(message, &opened)) {
		sal_net_neigh_decode(&decoder, &opened, &neighbor);
		encode_check(&sal_neighbor_type, &neighbor);
	}
	free(message);
}

static void resolv_run(struct lab *lab, const uint8_t *data, size_t size)
{
	struct sal_net_resolv resolv = { .arena = &lab->arena };
	struct sal_net_dns_result result = { 0 };
	struct sal_dns_server server;
	char *text = malloc(size ? size : 1);

	memcpy(text, data, size);
	sal_net_resolv_parse(&resolv, "/etc/resolv.conf", text, size);
	result.nameservers = (struct sal_dns_server_array){ resolv.servers, resolv.nservers };
	result.search = (struct sal_strings){ resolv.search, resolv.nsearch };
	result.options = (struct sal_strings){ resolv.options, resolv.noptions };
	result.sortlist = (struct sal_strings){ resolv.sortlist, resolv.nsortlist };
	result.invalid = (struct sal_dns_invalid_array){ resolv.invalid, resolv.ninvalid };
	encode_check(&sal_net_dns_result_type, &result);
	if (sal_net_resolv_server(&lab->arena, sal_arena_strndup(&lab->arena, text, size), &server))
		encode_check(&sal_dns_server_type, &server);
	free(text);
}

static void names_run(struct lab *lab, const uint8_t *data, size_t size)
{
	sal_net_names_parse(&lab->names, SAL_NET_NAMES_PROTOCOL,
			    sal_arena_strndup(&lab->arena, (const char *)data, size));
	for (uint32_t id = 0; id < 256; id++)
		sal_net_names_get(&lab->names, SAL_NET_NAMES_PROTOCOL, id);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static void (*const runs[])(struct lab *, const uint8_t *,
				    size_t) = { route_run, nexthop_run, neigh_run, resolv_run,
						names_run };
	struct lab lab = { .ifnames.fd = -1 };

	if (!size)
		return 0;
	sal_arena_init(&lab.arena);
	sal_net_names_init(&lab.names);
	for (unsigned kind = 0; kind < SAL_NET_NAMES_KINDS; kind++)
		lab.names.kinds[kind].loaded = true; /* not from this machine's files */
	lab.decoder = (struct sal_net_route_decoder){ .arena = &lab.arena,
						      .names = &lab.names,
						      .ifnames = &lab.ifnames };
	runs[data[0] % SAL_ARRAY_LEN(runs)](&lab, data + 1, size - 1);
	sal_net_names_done(&lab.names);
	sal_arena_done(&lab.arena);
	return 0;
}
