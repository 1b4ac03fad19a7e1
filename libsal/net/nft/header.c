/* header.c - protocol headers and what may follow them. See header.h. */
#include <netinet/in.h> /* before linux/in.h, which must know */

#include "net/nft/header.h"

#include <linux/if_ether.h>
#include <linux/netfilter.h>
#include <stddef.h>

#ifndef IPPROTO_DCCP
#define IPPROTO_DCCP 33
#endif
#define BIG16(value) ((uint16_t)((value) >> 8 | ((value)&0xff) << 8))

#define FIELD(name_, type_, offset_, len_)                                                         \
	{                                                                                          \
		.name = name_, .type = SAL_NFT_TYPE_##type_, .offset = offset_, .len = len_        \
	}
#define ICMP_FIELD(name_, offset_, len_, icmp_)                                                    \
	{                                                                                          \
		.name = name_, .type = SAL_NFT_TYPE_INTEGER, .offset = offset_, .len = len_,       \
		.icmp = SAL_NFT_##icmp_                                                            \
	}
#define META(name_, type_, len_)                                                                   \
	{                                                                                          \
		.name = name_, .type = SAL_NFT_TYPE_##type_, .len = len_, .meta = true             \
	}
#define HOLE                                                                                       \
	{                                                                                          \
		.name = NULL                                                                       \
	}
#define UPPER(number_, header_)                                                                    \
	{                                                                                          \
		.number = number_, .header = SAL_NFT_HEADER_##header_                              \
	}

/* Behind IPv4 and IPv6, and where nobody said which of them. */
static const struct sal_nft_upper transport_uppers[] = {
	UPPER(IPPROTO_ESP, ESP),   UPPER(IPPROTO_AH, AH),	    UPPER(IPPROTO_COMP, COMP),
	UPPER(IPPROTO_UDP, UDP),   UPPER(IPPROTO_UDPLITE, UDPLITE), UPPER(IPPROTO_TCP, TCP),
	UPPER(IPPROTO_DCCP, DCCP), UPPER(IPPROTO_SCTP, SCTP),	    UPPER(IPPROTO_ICMP, ICMP),
	UPPER(IPPROTO_IGMP, IGMP), UPPER(IPPROTO_ICMPV6, ICMPV6),   UPPER(0, NONE),
};

/* Behind AH and IPComp. */
static const struct sal_nft_upper ipsec_uppers[] = {
	UPPER(IPPROTO_ESP, ESP),   UPPER(IPPROTO_AH, AH),	    UPPER(IPPROTO_COMP, COMP),
	UPPER(IPPROTO_UDP, UDP),   UPPER(IPPROTO_UDPLITE, UDPLITE), UPPER(IPPROTO_TCP, TCP),
	UPPER(IPPROTO_DCCP, DCCP), UPPER(IPPROTO_SCTP, SCTP),	    UPPER(0, NONE),
};

static const struct sal_nft_upper ethernet_uppers[] = {
	UPPER(BIG16(ETH_P_IP), IP),	  UPPER(BIG16(ETH_P_ARP), ARP),
	UPPER(BIG16(ETH_P_IPV6), IP6),	  UPPER(BIG16(ETH_P_8021Q), VLAN),
	UPPER(BIG16(ETH_P_8021AD), VLAN), UPPER(0, NONE),
};

static const struct sal_nft_upper inet_uppers[] = {
	UPPER(NFPROTO_IPV4, IP),
	UPPER(NFPROTO_IPV6, IP6),
	UPPER(0, NONE),
};

static const struct sal_nft_upper no_uppers[] = { UPPER(0, NONE) };

const struct sal_nft_header sal_nft_headers[SAL_NFT_HEADERS] = {
	[SAL_NFT_HEADER_NONE] = { .name = "none", .uppers = no_uppers },
	/* RFC 4302 */
	[SAL_NFT_HEADER_AH] = { .name = "ah",
				.layer = SAL_NFT_LAYER_TRANSPORT,
				.key = 1,
				.uppers = ipsec_uppers,
				.fields = { HOLE, FIELD("nexthdr", INET_PROTOCOL, 0, 8),
					    FIELD("hdrlength", INTEGER, 8, 8),
					    FIELD("reserved", INTEGER, 16, 16),
					    FIELD("spi", INTEGER, 32, 32),
					    FIELD("sequence", INTEGER, 64, 32) } },
	/* RFC 4303 */
	[SAL_NFT_HEADER_ESP] = { .name = "esp",
				 .layer = SAL_NFT_LAYER_TRANSPORT,
				 .uppers = no_uppers,
				 .fields = { HOLE, FIELD("spi", INTEGER, 0, 32),
					     FIELD("sequence", INTEGER, 32, 32) } },
	/* RFC 3173 */
	[SAL_NFT_HEADER_COMP] = { .name = "comp",
				  .layer = SAL_NFT_LAYER_TRANSPORT,
				  .key = 1,
				  .uppers = ipsec_uppers,
				  .fields = { HOLE, FIELD("nexthdr", INET_PROTOCOL, 0, 8),
					      FIELD("flags", BITMASK, 8, 8),
					      FIELD("cpi", INTEGER, 16, 16) } },
	/* RFC 792 */
	[SAL_NFT_HEADER_ICMP] = { .name = "icmp",
				  .layer = SAL_NFT_LAYER_TRANSPORT,
				  .key = 1,
				  .uppers = no_uppers,
				  .fields = { HOLE, FIELD("type", ICMP_TYPE, 0, 8),
					      FIELD("code", ICMP_CODE, 8, 8),
					      FIELD("checksum", INTEGER, 16, 16),
					      ICMP_FIELD("id", 32, 16, ICMP_ECHO),
					      ICMP_FIELD("sequence", 48, 16, ICMP_ECHO),
					      ICMP_FIELD("gateway", 32, 32, ICMP_ADDRESS),
					      ICMP_FIELD("mtu", 48, 16, ICMP_MTU) } },
	/* RFC 2236; the field that stands third comes second here, as nft numbers them */
	[SAL_NFT_HEADER_IGMP] = { .name = "igmp",
				  .layer = SAL_NFT_LAYER_TRANSPORT,
				  .uppers = no_uppers,
				  .fields = { HOLE, FIELD("type", IGMP_TYPE, 0, 8),
					      FIELD("checksum", INTEGER, 16, 16),
					      FIELD("mrt", INTEGER, 8, 8),
					      FIELD("group", INTEGER, 32, 32) } },
	/* RFC 768 */
	[SAL_NFT_HEADER_UDP] = { .name = "udp",
				 .layer = SAL_NFT_LAYER_TRANSPORT,
				 .uppers = no_uppers,
				 .fields = { HOLE, FIELD("sport", INET_SERVICE, 0, 16),
					     FIELD("dport", INET_SERVICE, 16, 16),
					     FIELD("length", INTEGER, 32, 16),
					     FIELD("checksum", INTEGER, 48, 16) } },
	/* RFC 3828 */
	[SAL_NFT_HEADER_UDPLITE] = { .name = "udplite",
				     .layer = SAL_NFT_LAYER_TRANSPORT,
				     .uppers = no_uppers,
				     .fields = { HOLE, FIELD("sport", INET_SERVICE, 0, 16),
						 FIELD("dport", INET_SERVICE, 16, 16),
						 FIELD("csumcov", INTEGER, 32, 16),
						 FIELD("checksum", INTEGER, 48, 16) } },
	/* RFC 9293 */
	[SAL_NFT_HEADER_TCP] = { .name = "tcp",
				 .layer = SAL_NFT_LAYER_TRANSPORT,
				 .uppers = no_uppers,
				 .fields = { HOLE, FIELD("sport", INET_SERVICE, 0, 16),
					     FIELD("dport", INET_SERVICE, 16, 16),
					     FIELD("sequence", INTEGER, 32, 32),
					     FIELD("ackseq", INTEGER, 64, 32),
					     FIELD("doff", INTEGER, 96, 4),
					     FIELD("reserved", INTEGER, 100, 4),
					     FIELD("flags", TCP_FLAG, 104, 8),
					     FIELD("window", INTEGER, 112, 16),
					     FIELD("checksum", INTEGER, 128, 16),
					     FIELD("urgptr", INTEGER, 144, 16) } },
	/* RFC 4340 */
	[SAL_NFT_HEADER_DCCP] = { .name = "dccp",
				  .layer = SAL_NFT_LAYER_TRANSPORT,
				  .uppers = no_uppers,
				  .fields = { HOLE, FIELD("sport", INET_SERVICE, 0, 16),
					      FIELD("dport", INET_SERVICE, 16, 16),
					      FIELD("type", DCCP_PKTTYPE, 67, 4) } },
	/* RFC 9260 */
	[SAL_NFT_HEADER_SCTP] = { .name = "sctp",
				  .layer = SAL_NFT_LAYER_TRANSPORT,
				  .uppers = no_uppers,
				  .fields = { HOLE, FIELD("sport", INET_SERVICE, 0, 16),
					      FIELD("dport", INET_SERVICE, 16, 16),
					      FIELD("vtag", INTEGER, 32, 32),
					      FIELD("checksum", INTEGER, 64, 32) } },
	/* the ports, which tcp, udp, dccp and sctp have in common */
	[SAL_NFT_HEADER_TH] = { .name = "th",
				.layer = SAL_NFT_LAYER_TRANSPORT,
				.uppers = no_uppers,
				.fields = { HOLE, FIELD("sport", INET_SERVICE, 0, 16),
					    FIELD("dport", INET_SERVICE, 16, 16) } },
	/* RFC 791, RFC 2474, RFC 3168 */
	[SAL_NFT_HEADER_IP] = { .name = "ip",
				.layer = SAL_NFT_LAYER_NETWORK,
				.uppers = transport_uppers,
				.fields = { META("l4proto", INET_PROTOCOL, 8),
					    FIELD("version", INTEGER, 0, 4),
					    FIELD("hdrlength", INTEGER, 4, 4),
					    FIELD("dscp", DSCP, 8, 6), FIELD("ecn", ECN, 14, 2),
					    FIELD("length", INTEGER, 16, 16),
					    FIELD("id", INTEGER, 32, 16),
					    FIELD("frag-off", INTEGER, 48, 16),
					    FIELD("ttl", INTEGER, 64, 8),
					    FIELD("protocol", INET_PROTOCOL, 72, 8),
					    FIELD("checksum", INTEGER, 80, 16),
					    FIELD("saddr", IPADDR, 96, 32),
					    FIELD("daddr", IPADDR, 128, 32) } },
	/* RFC 8200 */
	[SAL_NFT_HEADER_IP6] = { .name = "ip6",
				 .layer = SAL_NFT_LAYER_NETWORK,
				 .uppers = transport_uppers,
				 .fields = { META("l4proto", INET_PROTOCOL, 8),
					     FIELD("version", INTEGER, 0, 4),
					     FIELD("dscp", DSCP, 4, 6), FIELD("ecn", ECN, 10, 2),
					     FIELD("flowlabel", INTEGER, 12, 20),
					     FIELD("length", INTEGER, 32, 16),
					     FIELD("nexthdr", INET_PROTOCOL, 48, 8),
					     FIELD("hoplimit", INTEGER, 56, 8),
					     FIELD("saddr", IP6ADDR, 64, 128),
					     FIELD("daddr", IP6ADDR, 192, 128) } },
	/* RFC 4443, RFC 2710 */
	[SAL_NFT_HEADER_ICMPV6] = { .name = "icmpv6",
				    .layer = SAL_NFT_LAYER_TRANSPORT,
				    .key = 1,
				    .uppers = no_uppers,
				    .fields = { HOLE, FIELD("type", ICMP6_TYPE, 0, 8),
						FIELD("code", ICMPV6_CODE, 8, 8),
						FIELD("checksum", INTEGER, 16, 16),
						ICMP_FIELD("parameter-problem", 32, 32,
							   ICMP6_POINTER),
						ICMP_FIELD("mtu", 32, 32, ICMP6_MTU),
						ICMP_FIELD("id", 32, 16, ICMP6_ECHO),
						ICMP_FIELD("sequence", 48, 16, ICMP6_ECHO),
						ICMP_FIELD("max-delay", 32, 16, ICMP6_QUERY) } },
	/* RFC 826 */
	[SAL_NFT_HEADER_ARP] = { .name = "arp",
				 .layer = SAL_NFT_LAYER_NETWORK,
				 .uppers = no_uppers,
				 .fields = { HOLE, FIELD("htype", INTEGER, 0, 16),
					     FIELD("ptype", ETHERTYPE, 16, 16),
					     FIELD("hlen", INTEGER, 32, 8),
					     FIELD("plen", INTEGER, 40, 8),
					     FIELD("operation", ARPOP, 48, 16),
					     FIELD("saddr ether", ETHERADDR, 64, 48),
					     FIELD("saddr ip", IPADDR, 112, 32),
					     FIELD("daddr ether", ETHERADDR, 144, 48),
					     FIELD("daddr ip", IPADDR, 192, 32) } },
	/* IEEE 802.1Q */
	[SAL_NFT_HEADER_VLAN] = { .name = "vlan",
				  .layer = SAL_NFT_LAYER_LINK,
				  .key = 5,
				  .len = 32,
				  .uppers = ethernet_uppers,
				  .fields = { HOLE, FIELD("pcp", INTEGER, 0, 3),
					      FIELD("dei", INTEGER, 3, 1),
					      FIELD("cfi", INTEGER, 3, 1),
					      FIELD("id", INTEGER, 4, 12),
					      FIELD("type", ETHERTYPE, 16, 16) } },
	/* IEEE 802.3 */
	[SAL_NFT_HEADER_ETHER] = { .name = "ether",
				   .layer = SAL_NFT_LAYER_LINK,
				   .key = 3,
				   .len = 112,
				   .uppers = ethernet_uppers,
				   .fields = { HOLE, FIELD("daddr", ETHERADDR, 0, 48),
					       FIELD("saddr", ETHERADDR, 48, 48),
					       FIELD("type", ETHERTYPE, 96, 16) } },
	/* what the inet family has instead of a link layer */
	[SAL_NFT_HEADER_INET] = { .name = "inet",
				  .layer = SAL_NFT_LAYER_LINK,
				  .uppers = inet_uppers,
				  .fields = { META("nfproto", NFPROTO, 8) } },
	[SAL_NFT_HEADER_INET_SERVICE] = { .name = "inet-service",
					  .layer = SAL_NFT_LAYER_TRANSPORT,
					  .uppers = transport_uppers,
					  .fields = { META("l4proto", INET_PROTOCOL, 8) } },
	[SAL_NFT_HEADER_NETDEV] = { .name = "netdev",
				    .layer = SAL_NFT_LAYER_LINK,
				    .uppers = ethernet_uppers,
				    .fields = { META("protocol", ETHERTYPE, 16) } },
	/* a protocol was matched, but none we know */
	[SAL_NFT_HEADER_UNKNOWN] = { .name = "unknown", .uppers = no_uppers },
};

const struct sal_nft_header *sal_nft_header_upper(const struct sal_nft_header *header,
						  uint32_t number)
{
	for (const struct sal_nft_upper *upper = header->uppers; upper->header; upper++) {
		if (upper->number == number)
			return &sal_nft_headers[upper->header];
	}
	return NULL;
}

int sal_nft_header_number(const struct sal_nft_header *header, const struct sal_nft_header *upper)
{
	for (const struct sal_nft_upper *u = header->uppers; u->header; u++) {
		if (&sal_nft_headers[u->header] == upper)
			return (int)u->number;
	}
	return -1;
}

uint8_t sal_nft_header_icmp_type(enum sal_nft_icmp icmp)
{
	static const uint8_t types[] = {
		[SAL_NFT_ICMP_ECHO] = 8,     [SAL_NFT_ICMP_MTU] = 3,
		[SAL_NFT_ICMP_ADDRESS] = 5,  [SAL_NFT_ICMP6_MTU] = 2,
		[SAL_NFT_ICMP6_POINTER] = 4, [SAL_NFT_ICMP6_ECHO] = 128,
		[SAL_NFT_ICMP6_QUERY] = 130,
	};

	return types[icmp];
}
