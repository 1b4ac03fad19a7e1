/*
 * neigh.c - net.neighbors: dumps the kernel's ARP and NDP tables.
 *
 * The interface is filtered by the kernel, states and families here; all is checked again.
 * Names and values are those of ip -j neigh (iproute2 6.1). Sources: rtnetlink(7),
 * linux/neighbour.h.
 */
#include <linux/if_arp.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <sys/ioctl.h>

#include "kernel/ifnames.h"
#include "kernel/nl.h"
#include "net/attr.h"
#include "net/names.h"
#include "net/neigh.h"
#include "net/retry.h"

/* No bit of the kernel's: entries whose state is NUD_NONE, which is 0. */
#define STATE_NONE 0x100

static const uint16_t state_bits[] = {
	[SAL_NEIGHBOR_STATE_PERMANENT] = NUD_PERMANENT,
	[SAL_NEIGHBOR_STATE_REACHABLE] = NUD_REACHABLE,
	[SAL_NEIGHBOR_STATE_NOARP] = NUD_NOARP,
	[SAL_NEIGHBOR_STATE_NONE] = STATE_NONE,
	[SAL_NEIGHBOR_STATE_STALE] = NUD_STALE,
	[SAL_NEIGHBOR_STATE_INCOMPLETE] = NUD_INCOMPLETE,
	[SAL_NEIGHBOR_STATE_DELAY] = NUD_DELAY,
	[SAL_NEIGHBOR_STATE_PROBE] = NUD_PROBE,
	[SAL_NEIGHBOR_STATE_FAILED] = NUD_FAILED,
	[SAL_NEIGHBOR_STATE_ALL] = UINT16_MAX,
};

/* In the order in which ip(8) writes them. */
static const struct {
	uint16_t bit;
	const char *name;
} state_names[] = {
	{ NUD_INCOMPLETE, "INCOMPLETE" }, { NUD_REACHABLE, "REACHABLE" }, { NUD_STALE, "STALE" },
	{ NUD_DELAY, "DELAY" },		  { NUD_PROBE, "PROBE" },	  { NUD_FAILED, "FAILED" },
	{ NUD_NOARP, "NOARP" },		  { NUD_PERMANENT, "PERMANENT" },
};

bool sal_net_neigh_open(const struct nlmsghdr *message, struct sal_net_neigh_message *neigh)
{
	neigh->header = sal_nl_family_header(message, sizeof(*neigh->header));
	if (!neigh->header || message->nlmsg_type != RTM_NEWNEIGH)
		return false;
	sal_nla_index_message(neigh->attrs, NDA_MAX, message, sizeof(*neigh->header));
	return true;
}

/* Hardware type of an interface (ARPHRD_*), or -1. */
static int hardware_type(const struct sal_net_neigh_decoder *decoder, uint32_t index)
{
	struct ifreq request = { 0 };

	memccpy(request.ifr_name, sal_ifnames_get(decoder->ifnames, index), 0,
		sizeof(request.ifr_name) - 1);
	return ioctl(decoder->ifnames->fd, SIOCGIFHWADDR, &request) == 0
		       ? request.ifr_hwaddr.sa_family
		       : -1;
}

/* On tunnels the link-layer address is an IP address, and is written as one. */
static bool lladdr_is_ip(const struct sal_net_neigh_decoder *decoder, uint32_t index,
			 uint8_t family)
{
	int type = hardware_type(decoder, index);

	if (family == AF_INET)
		return type == ARPHRD_TUNNEL || type == ARPHRD_SIT || type == ARPHRD_IPGRE;
	return type == ARPHRD_TUNNEL6 || type == ARPHRD_IP6GRE;
}

static void lladdr_decode(struct sal_net_neigh_decoder *decoder, const struct nlattr *a,
			  uint32_t index, struct sal_neighbor *neighbor)
{
	struct sal_mac mac = { .len = SAL_MIN(sal_nla_len(a), sizeof(mac.bytes)) };
	uint8_t family = mac.len == 4 ? AF_INET : mac.len == 16 ? AF_INET6 : 0;
	char *end;

	if (!mac.len)
		return;
	memcpy(mac.bytes, sal_nla_data(a), mac.len);
	if (family && lladdr_is_ip(decoder, index, family)) {
		struct sal_ip ip = { .family = family };

		memcpy(ip.bytes, mac.bytes, mac.len);
		end = sal_ip_format(decoder->lladdr, &ip);
	} else {
		end = sal_mac_format(decoder->lladdr, &mac);
	}
	*end = '\0';
	sal_set(neighbor, lladdr, decoder->lladdr);
}

static void flags_decode(uint8_t flags, uint32_t more, struct sal_neighbor *neighbor)
{
	if (flags & NTF_ROUTER)
		sal_set(neighbor, router, true);
	if (flags & NTF_PROXY)
		sal_set(neighbor, proxy, true);
	if (more & NTF_EXT_MANAGED)
		sal_set(neighbor, managed, true);
	if (flags & NTF_EXT_LEARNED)
		sal_set(neighbor, extern_learn, true);
	if (flags & NTF_OFFLOADED)
		sal_set(neighbor, offload, true);
}

void sal_net_neigh_decode(struct sal_net_neigh_decoder *decoder,
			  const struct sal_net_neigh_message *message,
			  struct sal_neighbor *neighbor)
{
	const struct ndmsg *header = message->header;
	const struct nlattr *const *tb = message->attrs;
	size_t n = 0;

	memset(neighbor->has_words, 0, sizeof(neighbor->has_words));
	if (tb[NDA_DST])
		neighbor->has.dst =
			sal_net_ip_attr(&neighbor->dst, header->ndm_family, tb[NDA_DST]);
	if (tb[NDA_LLADDR])
		lladdr_decode(decoder, tb[NDA_LLADDR], header->ndm_ifindex, neighbor);
	flags_decode(header->ndm_flags, tb[NDA_FLAGS_EXT] ? sal_nla_u32(tb[NDA_FLAGS_EXT]) : 0,
		     neighbor);
	for (size_t i = 0; i < SAL_ARRAY_LEN(state_names); i++) {
		if (header->ndm_state & state_names[i].bit)
			decoder->states[n++] = state_names[i].name;
	}
	if (header->ndm_state)
		sal_set(neighbor, state, ((struct sal_strings){ decoder->states, n }));
	if (tb[NDA_PROTOCOL] && sal_nla_u8(tb[NDA_PROTOCOL]))
		sal_set(neighbor, protocol,
			sal_net_names_get(decoder->names, SAL_NET_NAMES_PROTOCOL,
					  sal_nla_u8(tb[NDA_PROTOCOL])));
	neighbor->dev = sal_ifnames_get(decoder->ifnames, header->ndm_ifindex);
}

struct listing {
	struct sal_call *call;
	const struct sal_net_neighbors_params *params;
	struct sal_nl nl;
	uint8_t family;
	uint32_t dev; /* 0: any */
	uint16_t state; /* bits wanted */
	struct sal_net_neigh_decoder decoder;
	struct sal_neighbor neighbor;
};

/* ip(8) lists what was learned elsewhere whatever its state. */
static bool state_matches(const struct listing *listing, const struct ndmsg *header)
{
	if (header->ndm_flags & (NTF_PROXY | NTF_EXT_LEARNED))
		return true;
	return listing->state & (header->ndm_state ? header->ndm_state : STATE_NONE);
}

static int neigh_emit(const struct nlmsghdr *message, void *ctx, struct sal_error *err)
{
	struct listing *listing = ctx;
	struct sal_net_neigh_message neigh;

	if (!sal_net_neigh_open(message, &neigh) || neigh.header->ndm_family != listing->family ||
	    (listing->dev && (uint32_t)neigh.header->ndm_ifindex != listing->dev) ||
	    !state_matches(listing, neigh.header))
		return 0;
	sal_net_neigh_decode(&listing->decoder, &neigh, &listing->neighbor);
	return sal_net_neighbors_item(listing->call, &listing->neighbor, err);
}

static int family_dump(struct listing *listing, uint8_t family, bool *ret_consistent,
		       struct sal_error *err)
{
	struct sal_nl_request request;
	struct ndmsg *header = sal_nl_begin(&request, RTM_GETNEIGH, 0, sizeof(*header));

	header->ndm_family = family;
	if (listing->dev)
		sal_nl_put_u32(&request, NDA_IFINDEX, listing->dev);
	listing->family = family;
	return sal_nl_dump(&listing->nl, &request, neigh_emit, listing, ret_consistent, err);
}

static int listing_dump(void *ctx, bool *ret_consistent, struct sal_error *err)
{
	struct listing *listing = ctx;
	const struct sal_net_neighbors_params *params = listing->params;
	bool inet = true, inet6 = true;
	int r = 0;

	if (!params->has.family || params->family == SAL_FAMILY_INET)
		r = family_dump(listing, AF_INET, &inet, err);
	if (r >= 0 && (!params->has.family || params->family == SAL_FAMILY_INET6))
		r = family_dump(listing, AF_INET6, &inet6, err);
	*ret_consistent = inet && inet6;
	return r;
}

static void listing_done(struct listing *listing)
{
	sal_nl_close(&listing->nl);
}

int sal_net_neighbors(struct sal_call *call, const struct sal_net_neighbors_params *params,
		      struct sal_error *err)
{
	SAL_CLEANUP(sal_net_names_done) struct sal_net_names names;
	SAL_CLEANUP(sal_ifnames_close) struct sal_ifnames ifnames = { .fd = -1 };
	struct sal_net_neighbors_result result = { 0 };
	SAL_CLEANUP(listing_done)
	struct listing listing = {
		.call = call,
		.params = params,
		.state = params->has.state ? state_bits[params->state] : 0xff & ~NUD_NOARP,
		.decoder = { .names = &names, .ifnames = &ifnames },
	};
	int r;

	sal_net_names_init(&names);
	r = sal_ifnames_open(&ifnames, err);
	if (r >= 0 && params->has.dev)
		r = sal_ifnames_index(&ifnames, params->dev, "/dev", &listing.dev, err);
	if (r >= 0)
		r = sal_nl_open(&listing.nl, NETLINK_ROUTE, err);
	if (r >= 0)
		r = sal_net_retry(call, listing_dump, &listing, &result.consistent, err);
	return r < 0 ? r : sal_net_neighbors_done(call, &result, err);
}
