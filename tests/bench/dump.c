/*
 * dump.c - the floors of P4, P5, P6, P7 and P8: asks the kernel for a list, receives every byte of the answer
 * and parses none. What a method takes beyond this is its own work.
 *
 * bench-dump [--runs N] [--table T] [--skip-stats] LIST... where LIST is routes4, routes6, links,
 * addresses, neighbours4, neighbours6, conntrack, nftables (all but elements), nftset:TABLE:SET (those of a set of
 * the ip family) or file:PATH. A run takes all the lists one after another on
 * a socket of its own; each run prints one line of JSON.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <linux/if_link.h>
#include <linux/neighbour.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "util.h"

#ifndef RTEXT_FILTER_SKIP_STATS
#define RTEXT_FILTER_SKIP_STATS (1 << 3)
#endif

static char buffer[256 << 10];

struct request {
	struct nlmsghdr header;
	union {
		struct rtmsg route;
		struct ifinfomsg link;
		struct ifaddrmsg address;
		struct ndmsg neighbour;
		struct nfgenmsg netfilter;
	};
	struct rtattr attr; /* only sent where the length says so */
	uint32_t value;
};

/* What is asked for: the message, its family and the length of its fixed part. */
static const struct list {
	const char *name;
	uint16_t type;
	uint8_t family;
	size_t fixed;
	int protocol; /* of netlink; NETLINK_ROUTE is 0 */
} lists[] = {
	{ "routes4", RTM_GETROUTE, AF_INET, sizeof(struct rtmsg), NETLINK_ROUTE },
	{ "routes6", RTM_GETROUTE, AF_INET6, sizeof(struct rtmsg), NETLINK_ROUTE },
	{ "links", RTM_GETLINK, AF_UNSPEC, sizeof(struct ifinfomsg), NETLINK_ROUTE },
	{ "addresses", RTM_GETADDR, AF_UNSPEC, sizeof(struct ifaddrmsg), NETLINK_ROUTE },
	{ "neighbours4", RTM_GETNEIGH, AF_INET, sizeof(struct ndmsg), NETLINK_ROUTE },
	{ "neighbours6", RTM_GETNEIGH, AF_INET6, sizeof(struct ndmsg), NETLINK_ROUTE },
	{ "conntrack", NFNL_SUBSYS_CTNETLINK << 8 | IPCTNL_MSG_CT_GET, AF_UNSPEC,
	  sizeof(struct nfgenmsg), NETLINK_NETFILTER },
};

static void request_attr(struct request *request, uint16_t type, uint32_t value)
{
	char *end = (char *)request + request->header.nlmsg_len;
	struct rtattr attr = { .rta_len = RTA_LENGTH(sizeof(value)), .rta_type = type };

	memcpy(end, &attr, sizeof(attr));
	memcpy(end + sizeof(attr), &value, sizeof(value));
	request->header.nlmsg_len += attr.rta_len;
}

static void request_send(int fd, const struct list *list, uint32_t table, bool skip_stats)
{
	struct request request = {
		.header = { .nlmsg_len = NLMSG_LENGTH(list->fixed),
			    .nlmsg_type = list->type,
			    .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP,
			    .nlmsg_seq = 1 },
	};

	request.route.rtm_family = list->family; /* the first byte of every fixed part */
	if (list->type == RTM_GETROUTE && table)
		request_attr(&request, RTA_TABLE, table);
	if (list->type == RTM_GETLINK && skip_stats)
		request_attr(&request, IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
	bench_send(fd, &request, request.header.nlmsg_len);
}

/*
 * A dump ends with NLMSG_DONE, the last thing in its datagram and of fixed size: one look at the tail
 * tells, and not one message has to be walked.
 */
static bool datagram_is_last(const char *data, size_t len)
{
	struct nlmsghdr tail, head;
	const size_t size = NLMSG_LENGTH(sizeof(int));
	int error;

	errno = 0;
	if (len < size)
		bench_die("a datagram of %zu bytes", len);
	memcpy(&head, data, sizeof(head));
	if (head.nlmsg_type == NLMSG_ERROR)
		bench_die("the kernel answered the dump with an error");
	memcpy(&tail, data + len - size, sizeof(tail));
	if (tail.nlmsg_len != size || tail.nlmsg_type != NLMSG_DONE || tail.nlmsg_seq != 1)
		return false;
	memcpy(&error, data + len - sizeof(error), sizeof(error));
	errno = -error;
	if (error)
		bench_die("the dump ended with an error");
	return true;
}

static int netlink_open(int protocol)
{
	struct timeval patience = { .tv_sec = 20 };
	int one = 1;
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, protocol);

	if (fd < 0 || setsockopt(fd, SOL_NETLINK, NETLINK_GET_STRICT_CHK, &one, sizeof(one)) ||
	    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)))
		bench_die("netlink socket");
	return fd;
}

static uint64_t answer_take(int fd, const char *name)
{
	uint64_t bytes = 0;

	for (;;) {
		ssize_t n = recv(fd, buffer, sizeof(buffer), 0);
		if (n < 0)
			bench_die("receive the dump of %s", name);
		bytes += (uint64_t)n;
		if (datagram_is_last(buffer, (size_t)n))
			return bytes;
	}
}

static uint64_t dump_netlink(const struct list *list, uint32_t table, bool skip_stats)
{
	int fd = netlink_open(list->protocol);
	uint64_t bytes;

	request_send(fd, list, table, skip_stats);
	bytes = answer_take(fd, list->name);
	close(fd);
	return bytes;
}

struct nft_request {
	struct nlmsghdr header;
	struct nfgenmsg family;
	char attrs[512];
};

static void nft_string(struct nft_request *request, uint16_t type, const char *text, size_t len)
{
	char *end = (char *)request + request->header.nlmsg_len;
	struct nlattr attr = { .nla_len = NLA_HDRLEN + len + 1, .nla_type = type };

	memcpy(end, &attr, sizeof(attr));
	memcpy(end + NLA_HDRLEN, text, len);
	request->header.nlmsg_len += NLA_ALIGN(attr.nla_len);
}

static uint64_t nft_dump(int fd, uint16_t type, uint8_t family, const char *table_and_set)
{
	struct nft_request request = {
		.header = { .nlmsg_len = NLMSG_LENGTH(sizeof(struct nfgenmsg)),
			    .nlmsg_type = NFNL_SUBSYS_NFTABLES << 8 | type,
			    .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP,
			    .nlmsg_seq = 1 },
		.family.nfgen_family = family,
	};

	if (table_and_set) {
		size_t len = strcspn(table_and_set, ":");

		if (!table_and_set[len] || strlen(table_and_set) > 200)
			bench_die("nftset:TABLE:SET");
		nft_string(&request, NFTA_SET_ELEM_LIST_TABLE, table_and_set, len);
		nft_string(&request, NFTA_SET_ELEM_LIST_SET, table_and_set + len + 1,
			   strlen(table_and_set + len + 1));
	}
	bench_send(fd, &request, request.header.nlmsg_len);
	return answer_take(fd, "nf_tables");
}

/* What a ruleset is made of, elements of sets aside, in the requests that any lister sends. */
static uint64_t dump_ruleset(void)
{
	static const uint16_t types[] = { NFT_MSG_GETTABLE, NFT_MSG_GETCHAIN,	  NFT_MSG_GETSET,
					  NFT_MSG_GETOBJ,   NFT_MSG_GETFLOWTABLE, NFT_MSG_GETRULE };
	int fd = netlink_open(NETLINK_NETFILTER);
	uint64_t bytes = 0;

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		bytes += nft_dump(fd, types[i], NFPROTO_UNSPEC, NULL);
	close(fd);
	return bytes;
}

static uint64_t dump_set(const char *table_and_set)
{
	int fd = netlink_open(NETLINK_NETFILTER);
	uint64_t bytes = nft_dump(fd, NFT_MSG_GETSETELEM, NFPROTO_IPV4, table_and_set);

	close(fd);
	return bytes;
}

static uint64_t dump_file(const char *path)
{
	uint64_t bytes = 0;
	ssize_t n;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		bench_die("open %s", path);
	while ((n = read(fd, buffer, sizeof(buffer))) > 0)
		bytes += (uint64_t)n;
	if (n < 0)
		bench_die("read %s", path);
	close(fd);
	return bytes;
}

static uint64_t dump_one(const char *name, uint32_t table, bool skip_stats)
{
	if (!strncmp(name, "file:", 5))
		return dump_file(name + 5);
	if (!strncmp(name, "nftset:", 7))
		return dump_set(name + 7);
	if (!strcmp(name, "nftables"))
		return dump_ruleset();
	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++)
		if (!strcmp(lists[i].name, name))
			return dump_netlink(&lists[i], table, skip_stats);
	errno = 0;
	bench_die("no list named %s", name);
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "runs", required_argument, NULL, 'r' },
		{ "table", required_argument, NULL, 't' },
		{ "skip-stats", no_argument, NULL, 's' },
		{ 0 },
	};
	long runs = 1, table = 0;
	bool skip_stats = false;

	for (int opt; (opt = getopt_long(argc, argv, "", options, NULL)) != -1;) {
		if (opt == 'r')
			runs = bench_number(optarg, 1, 1000000);
		else if (opt == 't')
			table = bench_number(optarg, 1, UINT32_MAX);
		else if (opt == 's')
			skip_stats = true;
		else
			return 1;
	}
	if (optind == argc)
		bench_die("usage: bench-dump [--runs N] [--table T] [--skip-stats] LIST...");
	while (runs--) {
		uint64_t start = bench_now(), bytes = 0;
		for (int i = optind; i < argc; i++)
			bytes += dump_one(argv[i], (uint32_t)table, skip_stats);
		printf("{\"total\":%llu,\"bytes\":%llu}\n",
		       (unsigned long long)(bench_now() - start), (unsigned long long)bytes);
	}
	return 0;
}
