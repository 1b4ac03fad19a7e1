/* option.c - IPv6 extension headers, and options of IPv4, TCP and SCTP. See header.h. */
#include <netinet/in.h> /* before linux/in.h, which must know */

#include <linux/netfilter/nf_tables.h>
#include <stddef.h>

#include "base/macros.h"
#include "net/nft/header.h"

#define FIELD(name_, type_, offset_, len_)                                                         \
	{                                                                                          \
		.name = name_, .type = SAL_NFT_TYPE_##type_, .offset = offset_, .len = len_        \
	}
#define HOLE                                                                                       \
	{                                                                                          \
		.name = NULL                                                                       \
	}
#define OPTION(name_, number_, fields_)                                                            \
	{                                                                                          \
		.name = name_, .number = number_, .fields = fields_,                               \
		.nfields = SAL_ARRAY_LEN(fields_)                                                  \
	}

/* IPv6: RFC 8200, RFC 5095, RFC 8754, RFC 6275 */

static const struct sal_nft_field plain_fields[] = {
	/* hop-by-hop and destination options */
	HOLE,
	FIELD("nexthdr", INET_PROTOCOL, 0, 8),
	FIELD("hdrlength", INTEGER, 8, 8),
};

static const struct sal_nft_field rt_fields[] = {
	HOLE,
	FIELD("nexthdr", INET_PROTOCOL, 0, 8),
	FIELD("hdrlength", INTEGER, 8, 8),
	FIELD("type", INTEGER, 16, 8),
	FIELD("seg-left", INTEGER, 24, 8),
};

static const struct sal_nft_field rt0_fields[] = {
	HOLE,
	FIELD("reserved", INTEGER, 32, 32),
	FIELD("addr[1]", IP6ADDR, 64, 128),
	FIELD("addr[2]", IP6ADDR, 192, 128),
};

static const struct sal_nft_field rt2_fields[] = { HOLE, HOLE, HOLE };

static const struct sal_nft_field srh_fields[] = {
	HOLE,
	FIELD("last-entry", INTEGER, 32, 8),
	FIELD("flags", INTEGER, 40, 8),
	FIELD("tag", INTEGER, 48, 16),
	FIELD("sid[1]", IP6ADDR, 64, 128),
	FIELD("sid[2]", IP6ADDR, 192, 128),
};

static const struct sal_nft_field frag_fields[] = {
	HOLE,
	FIELD("nexthdr", INET_PROTOCOL, 0, 8),
	FIELD("reserved", INTEGER, 8, 8),
	FIELD("frag-off", INTEGER, 16, 13),
	FIELD("reserved2", INTEGER, 29, 2),
	FIELD("more-fragments", INTEGER, 31, 1),
	FIELD("id", INTEGER, 32, 32),
};

static const struct sal_nft_field mh_fields[] = {
	HOLE,
	FIELD("nexthdr", INET_PROTOCOL, 0, 8),
	FIELD("hdrlength", INTEGER, 8, 8),
	FIELD("type", MH_TYPE, 16, 8),
	FIELD("reserved", INTEGER, 24, 8),
	FIELD("checksum", INTEGER, 32, 16),
};

const struct sal_nft_option sal_nft_exthdrs[SAL_NFT_EXTHDRS] = {
	[SAL_NFT_EXTHDR_HBH] = OPTION("hbh", IPPROTO_HOPOPTS, plain_fields),
	[SAL_NFT_EXTHDR_RT] = OPTION("rt", IPPROTO_ROUTING, rt_fields),
	[SAL_NFT_EXTHDR_RT0] = OPTION("rt0", IPPROTO_ROUTING, rt0_fields),
	[SAL_NFT_EXTHDR_RT2] = OPTION("rt2", IPPROTO_ROUTING, rt2_fields),
	[SAL_NFT_EXTHDR_SRH] = OPTION("srh", IPPROTO_ROUTING, srh_fields),
	[SAL_NFT_EXTHDR_FRAG] = OPTION("frag", IPPROTO_FRAGMENT, frag_fields),
	[SAL_NFT_EXTHDR_DST] = OPTION("dst", IPPROTO_DSTOPTS, plain_fields),
	[SAL_NFT_EXTHDR_MH] = OPTION("mh", IPPROTO_MH, mh_fields),
};

/* TCP: RFC 9293, RFC 2018, RFC 7323, RFC 2385, RFC 8684, RFC 7413 */

static const struct sal_nft_field kind_fields[] = {
	FIELD("kind", INTEGER, 0, 8),
};

static const struct sal_nft_field kind_length_fields[] = {
	FIELD("kind", INTEGER, 0, 8),
	FIELD("length", INTEGER, 8, 8),
};

static const struct sal_nft_field maxseg_fields[] = {
	FIELD("kind", INTEGER, 0, 8),
	FIELD("length", INTEGER, 8, 8),
	FIELD("size", INTEGER, 16, 16),
};

static const struct sal_nft_field window_fields[] = {
	FIELD("kind", INTEGER, 0, 8),
	FIELD("length", INTEGER, 8, 8),
	FIELD("count", INTEGER, 16, 8),
};

static const struct sal_nft_field sack_fields[] = {
	FIELD("kind", INTEGER, 0, 8),	 FIELD("length", INTEGER, 8, 8),
	FIELD("left", INTEGER, 16, 32),	 FIELD("right", INTEGER, 48, 32),
	FIELD("left", INTEGER, 80, 32),	 FIELD("right", INTEGER, 112, 32),
	FIELD("left", INTEGER, 144, 32), FIELD("right", INTEGER, 176, 32),
	FIELD("left", INTEGER, 208, 32), FIELD("right", INTEGER, 240, 32),
};

static const struct sal_nft_field timestamp_fields[] = {
	FIELD("kind", INTEGER, 0, 8),
	FIELD("length", INTEGER, 8, 8),
	FIELD("tsval", INTEGER, 16, 32),
	FIELD("tsecr", INTEGER, 48, 32),
};

static const struct sal_nft_field mptcp_fields[] = {
	FIELD("kind", INTEGER, 0, 8),
	FIELD("length", INTEGER, 8, 8),
	FIELD("subtype", INTEGER, 16, 4),
};

static const struct sal_nft_option tcp_options[] = {
	OPTION("eol", 0, kind_fields),
	OPTION("nop", 1, kind_fields),
	OPTION("maxseg", 2, maxseg_fields),
	OPTION("window", 3, window_fields),
	OPTION("sack-perm", 4, kind_length_fields),
	OPTION("sack", 5, sack_fields),
	OPTION("timestamp", 8, timestamp_fields),
	OPTION("md5sig", 19, kind_length_fields),
	OPTION("mptcp", 30, mptcp_fields),
	OPTION("fastopen", 34, kind_length_fields),
};

/* IPv4: RFC 791, RFC 2113 */

static const struct sal_nft_field route_fields[] = {
	HOLE, FIELD("type", INTEGER, 0, 8), FIELD("length", INTEGER, 8, 8),
	HOLE, FIELD("ptr", INTEGER, 16, 8), FIELD("addr", INTEGER, 24, 32),
};

static const struct sal_nft_field alert_fields[] = {
	HOLE,
	FIELD("type", INTEGER, 0, 8),
	FIELD("length", INTEGER, 8, 8),
	FIELD("value", INTEGER, 16, 16),
};

static const struct sal_nft_option ip_options[] = {
	OPTION("rr", 7, route_fields),
	OPTION("lsrr", 131, route_fields),
	OPTION("ssrr", 137, route_fields),
	OPTION("ra", 148, alert_fields),
};

/* SCTP: RFC 9260, RFC 3758, RFC 5061 */

#define CHUNK_FIELDS                                                                               \
	FIELD("type", INTEGER, 0, 8), FIELD("flags", INTEGER, 8, 8),                               \
		FIELD("length", INTEGER, 16, 16)

static const struct sal_nft_field chunk_fields[] = { CHUNK_FIELDS };

static const struct sal_nft_field data_fields[] = {
	CHUNK_FIELDS,
	FIELD("tsn", INTEGER, 32, 32),
	FIELD("stream", INTEGER, 64, 16),
	FIELD("ssn", INTEGER, 80, 16),
	FIELD("ppid", INTEGER, 96, 32),
};

static const struct sal_nft_field init_fields[] = {
	CHUNK_FIELDS,
	FIELD("init-tag", INTEGER, 32, 32),
	FIELD("a-rwnd", INTEGER, 64, 32),
	FIELD("num-outbound-streams", INTEGER, 96, 16),
	FIELD("num-inbound-streams", INTEGER, 112, 16),
	FIELD("initial-tsn", INTEGER, 128, 32),
};

static const struct sal_nft_field sack_chunk_fields[] = {
	CHUNK_FIELDS,
	FIELD("cum-tsn-ack", INTEGER, 32, 32),
	FIELD("a-rwnd", INTEGER, 64, 32),
	FIELD("num-gap-ack-blocks", INTEGER, 96, 16),
	FIELD("num-dup-tsns", INTEGER, 112, 16),
};

static const struct sal_nft_field shutdown_fields[] = {
	CHUNK_FIELDS,
	FIELD("cum-tsn-ack", INTEGER, 32, 32),
};

static const struct sal_nft_field ecne_fields[] = {
	CHUNK_FIELDS,
	FIELD("lowest-tsn", INTEGER, 32, 32),
};

static const struct sal_nft_field asconf_fields[] = {
	CHUNK_FIELDS,
	FIELD("seqno", INTEGER, 32, 32),
};

static const struct sal_nft_field forward_fields[] = {
	CHUNK_FIELDS,
	FIELD("new-cum-tsn", INTEGER, 32, 32),
};

static const struct sal_nft_option sctp_chunks[] = {
	OPTION("data", 0, data_fields),
	OPTION("init", 1, init_fields),
	OPTION("init-ack", 2, init_fields),
	OPTION("sack", 3, sack_chunk_fields),
	OPTION("heartbeat", 4, chunk_fields),
	OPTION("heartbeat-ack", 5, chunk_fields),
	OPTION("abort", 6, chunk_fields),
	OPTION("shutdown", 7, shutdown_fields),
	OPTION("shutdown-ack", 8, chunk_fields),
	OPTION("error", 9, chunk_fields),
	OPTION("cookie-echo", 10, chunk_fields),
	OPTION("cookie-ack", 11, chunk_fields),
	OPTION("ecne", 12, ecne_fields),
	OPTION("cwr", 13, ecne_fields),
	OPTION("shutdown-complete", 14, chunk_fields),
	OPTION("asconf-ack", 128, asconf_fields),
	OPTION("forward-tsn", 192, forward_fields),
	OPTION("asconf", 193, asconf_fields),
};

static const struct sal_nft_option *number_find(const struct sal_nft_option *options, size_t n,
						uint8_t number)
{
	for (size_t i = 0; i < n; i++) {
		if (options[i].number == number)
			return &options[i];
	}
	return NULL;
}

const struct sal_nft_option *sal_nft_option_find(unsigned op, uint8_t number)
{
	switch (op) {
	case NFT_EXTHDR_OP_IPV6:
		/* the general routing header comes first, before its kinds */
		return number_find(sal_nft_exthdrs + 1, SAL_ARRAY_LEN(sal_nft_exthdrs) - 1, number);
	case NFT_EXTHDR_OP_TCPOPT:
		return number_find(tcp_options, SAL_ARRAY_LEN(tcp_options), number);
	case NFT_EXTHDR_OP_IPV4:
		return number_find(ip_options, SAL_ARRAY_LEN(ip_options), number);
	case NFT_EXTHDR_OP_SCTP:
		return number_find(sctp_chunks, SAL_ARRAY_LEN(sctp_chunks), number);
	}
	return NULL;
}

const struct sal_nft_field *sal_nft_option_field(const struct sal_nft_option *option,
						 unsigned offset, unsigned len)
{
	for (unsigned i = 0; i < option->nfields; i++) {
		const struct sal_nft_field *field = &option->fields[i];

		if (field->name && field->offset == offset && field->len == len)
			return field;
	}
	return NULL;
}
