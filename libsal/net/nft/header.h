/*
 * header.h - which bits of which header are `tcp dport`: protocol headers and options as tables.
 *
 * The order of fields matters: nft writes a field's index into the user data of sets, and a load
 * of several neighbouring fields is taken apart by walking a table upwards.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "net/nft/type.h"

enum sal_nft_layer { /* NFT_PAYLOAD_* + 1 */
		     SAL_NFT_LAYER_NONE,
		     SAL_NFT_LAYER_LINK,
		     SAL_NFT_LAYER_NETWORK,
		     SAL_NFT_LAYER_TRANSPORT,
		     SAL_NFT_LAYER_INNER,
		     SAL_NFT_LAYERS,
};

enum sal_nft_icmp { /* fields that only some ICMP types have */
		    SAL_NFT_ICMP_ANY,
		    SAL_NFT_ICMP_ECHO,
		    SAL_NFT_ICMP_MTU,
		    SAL_NFT_ICMP_ADDRESS,
		    SAL_NFT_ICMP6_MTU,
		    SAL_NFT_ICMP6_POINTER,
		    SAL_NFT_ICMP6_ECHO,
		    SAL_NFT_ICMP6_QUERY,
};

struct sal_nft_field {
	const char *name; /* NULL: a hole */
	uint8_t type; /* enum sal_nft_type_id */
	uint8_t icmp; /* enum sal_nft_icmp */
	bool meta; /* no bits of the header, but a meta key that stands for it */
	uint16_t offset, len; /* bits */
};

enum sal_nft_header_id { /* as nft numbers them in the user data of sets; then those it does not */
			 SAL_NFT_HEADER_NONE,
			 SAL_NFT_HEADER_AH,
			 SAL_NFT_HEADER_ESP,
			 SAL_NFT_HEADER_COMP,
			 SAL_NFT_HEADER_ICMP,
			 SAL_NFT_HEADER_IGMP,
			 SAL_NFT_HEADER_UDP,
			 SAL_NFT_HEADER_UDPLITE,
			 SAL_NFT_HEADER_TCP,
			 SAL_NFT_HEADER_DCCP,
			 SAL_NFT_HEADER_SCTP,
			 SAL_NFT_HEADER_TH,
			 SAL_NFT_HEADER_IP,
			 SAL_NFT_HEADER_IP6,
			 SAL_NFT_HEADER_ICMPV6,
			 SAL_NFT_HEADER_ARP,
			 SAL_NFT_HEADER_VLAN,
			 SAL_NFT_HEADER_ETHER,
			 SAL_NFT_HEADER_NUMBERED, /* from here on without a number of nft's */
			 SAL_NFT_HEADER_INET = SAL_NFT_HEADER_NUMBERED,
			 SAL_NFT_HEADER_INET_SERVICE,
			 SAL_NFT_HEADER_NETDEV,
			 SAL_NFT_HEADER_UNKNOWN,
			 SAL_NFT_HEADERS,
};

#define SAL_NFT_HEADER_FIELDS 14

struct sal_nft_header {
	const char *name;
	uint8_t layer; /* enum sal_nft_layer */
	uint8_t key; /* index of the field that says what follows; 0: none */
	uint16_t len; /* bits; 0: not stacked */
	const struct sal_nft_upper *uppers; /* what may follow */
	struct sal_nft_field fields[SAL_NFT_HEADER_FIELDS];
};

struct sal_nft_upper {
	uint32_t number; /* the key's bytes as they lie, read by this machine */
	uint8_t header; /* enum sal_nft_header_id; 0 ends the list */
};

extern const struct sal_nft_header sal_nft_headers[SAL_NFT_HEADERS];

/* Shorthand for a row. */
#define SAL_NFT_HEADER(name) (&sal_nft_headers[SAL_NFT_HEADER_##name])

/* What follows below a header when its key has that value; NULL if unknown. */
const struct sal_nft_header *sal_nft_header_upper(const struct sal_nft_header *header,
						  uint32_t number);
/* The key's value for a header that follows, or -1. */
int sal_nft_header_number(const struct sal_nft_header *header, const struct sal_nft_header *upper);
/* The ICMP type that has the field. */
uint8_t sal_nft_header_icmp_type(enum sal_nft_icmp icmp);

/* IPv6 extension headers, and options of IPv4, TCP and SCTP. */

struct sal_nft_option {
	const char *name;
	uint8_t number; /* as it stands in packets */
	const struct sal_nft_field *fields;
	uint8_t nfields; /* holes included */
};

enum sal_nft_exthdr_id { /* as nft numbers them in the user data of sets */
			 SAL_NFT_EXTHDR_NONE,
			 SAL_NFT_EXTHDR_HBH,
			 SAL_NFT_EXTHDR_RT,
			 SAL_NFT_EXTHDR_RT0,
			 SAL_NFT_EXTHDR_RT2,
			 SAL_NFT_EXTHDR_SRH,
			 SAL_NFT_EXTHDR_FRAG,
			 SAL_NFT_EXTHDR_DST,
			 SAL_NFT_EXTHDR_MH,
			 SAL_NFT_EXTHDRS,
};

extern const struct sal_nft_option sal_nft_exthdrs[SAL_NFT_EXTHDRS];

/* The option of that operation (enum nft_exthdr_op) with that number; NULL if unknown. */
const struct sal_nft_option *sal_nft_option_find(unsigned op, uint8_t number);
/* Its field at that place, or NULL. */
const struct sal_nft_field *sal_nft_option_field(const struct sal_nft_option *option,
						 unsigned offset, unsigned len);
