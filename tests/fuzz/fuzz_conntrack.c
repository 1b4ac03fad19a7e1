/*
 * fuzz_conntrack.c - libFuzzer target: decoder and filter of tracked connections, and the parser of
 * the labels' file.
 *
 * The first byte chooses which one; the rest is what a kernel or a file would hold. Whatever comes
 * out must encode into JSON that our own scanner accepts, and an entry must pass a filter that is
 * made of what it is itself.
 *
 *	clang -fsanitize=fuzzer,address,undefined ... && ./fuzz_conntrack -max_total_time=60
 */
#include <stdlib.h>

#include "base/json_scan.h"
#include "net/conntrack_filter.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct lab {
	struct sal_arena arena;
	struct sal_net_conntrack_labels labels;
};

static void filter_check(const struct sal_net_conntrack_message *entry)
{
	const struct nlattr *zone = entry->attrs[CTA_ZONE], *mark = entry->attrs[CTA_MARK];
	struct sal_net_conntrack_filter filter = {
		.family = entry->family,
		.by_zone = true,
		.zone = zone ? sal_nfnl_be16(zone) : 0,
		.by_proto = true,
		.proto = entry->original.proto,
		.src = { entry->original.src, entry->original.src.family == AF_INET ? 32 : 128 },
		.mark = mark ? sal_nfnl_be32(mark) : 0,
		.mark_mask = UINT32_MAX,
		.status = entry->status,
		.status_mask = UINT32_MAX,
	};

	if (!sal_net_conntrack_filter_matches(&filter, entry))
		abort();
	filter.status = ~entry->status & 2;
	filter.status_mask = 2;
	if (sal_net_conntrack_filter_matches(&filter, entry))
		abort();
}

static void entry_run(struct lab *lab, const uint8_t *data, size_t size)
{
	struct sal_net_conntrack_decoder decoder = { .arena = &lab->arena, .labels = &lab->labels };
	struct sal_buf out SAL_CLEANUP(sal_buf_done) = SAL_BUF_EMPTY;
	struct nlmsghdr *message = malloc(NLMSG_HDRLEN + size);
	struct sal_net_conntrack_recent recent = { 0 };
	struct sal_net_conntrack_message opened;
	struct sal_conntrack_entry entry;
	size_t at;

	*message = (struct nlmsghdr){ .nlmsg_len = NLMSG_HDRLEN + size,
				      .nlmsg_type = SAL_NFNL_TYPE(NFNL_SUBSYS_CTNETLINK,
								  IPCTNL_MSG_CT_NEW) };
	memcpy(NLMSG_DATA(message), data, size);
	if (sal_net_conntrack_open(message, &opened)) {
		filter_check(&opened);
		sal_net_conntrack_repeated(&recent, &opened);
		if (opened.attrs[CTA_ID] && !sal_net_conntrack_repeated(&recent, &opened))
			abort();
		sal_net_conntrack_decode(&decoder, &opened, &entry);
		sal_encode(&out, &sal_conntrack_entry_type, &entry);
		if (sal_json_check(out.data, out.len, 16, &at) != 0)
			abort();
	}
	free(message);
}

static void labels_run(struct lab *lab, const uint8_t *data, size_t size)
{
	static const uint8_t all[16] = { [0 ... 15] = 0xff };
	struct sal_strings list;

	sal_net_conntrack_labels_parse(&lab->labels,
				       sal_arena_strndup(&lab->arena, (const char *)data, size));
	list = sal_net_conntrack_labels_list(&lab->labels, &lab->arena, all, sizeof(all));
	for (size_t i = 0; i < list.len; i++) {
		if (!*list.items[i])
			abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct lab lab;

	if (!size)
		return 0;
	sal_arena_init(&lab.arena);
	sal_net_conntrack_labels_init(&lab.labels);
	lab.labels.loaded = true; /* not from this machine's file */
	if (data[0] % 4)
		entry_run(&lab, data + 1, size - 1);
	else
		labels_run(&lab, data + 1, size - 1);
	sal_net_conntrack_labels_done(&lab.labels);
	sal_arena_done(&lab.arena);
	return 0;
}
