/*
 * fuzz_nft.c - libFuzzer target: the decoder of nf_tables on raw netlink messages, and the parser of
 * the files that names come from.
 *
 * The input is messages one behind the other, as a kernel sends them (corpus/nft, made by
 * record_nft.py); what is no message any more is given to the parser of names. Each object must
 * come out as JSON that our own scanner accepts.
 *
 *	clang -fsanitize=fuzzer,address,undefined ... && ./fuzz_nft -max_total_time=60 corpus/nft
 */
#include <stdlib.h>
#include <string.h>

#include "base/json_scan.h"
#include "net/nft/ruleset.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct lab {
	struct sal_arena arena;
	struct sal_ifnames ifnames;
	struct sal_nft_names names;
	struct sal_buf out;
	struct sal_nft_writer writer;
	struct sal_nft_ruleset ruleset;
	struct sal_arena_mark mark;
};

/* Exactly one object; then what it took is given back. */
static void item_check(struct lab *lab)
{
	size_t at;

	if (sal_json_check(lab->out.data, lab->out.len, 4096, &at) != 0)
		abort();
	lab->out.len = 0;
	sal_arena_reset(&lab->arena, lab->mark);
}

static void list_check(struct lab *lab, const struct sal_nft_messages *list,
		       void (*write)(struct sal_nft_writer *, const struct nlmsghdr *))
{
	for (const struct sal_nft_message *m = list->first; m; m = m->next) {
		write(&lab->writer, &m->header);
		item_check(lab);
	}
}

static void table_check(struct lab *lab, const struct sal_nft_table *table)
{
	lab->writer.table = table;
	sal_nft_table_write(&lab->writer, table);
	item_check(lab);
	list_check(lab, &table->objects, sal_nft_object_write);
	for (const struct sal_nft_set *set = table->sets; set; set = set->next) {
		sal_nft_set_write(&lab->writer, set, true);
		item_check(lab);
	}
	list_check(lab, &table->flowtables, sal_nft_flowtable_write);
	list_check(lab, &table->chains, sal_nft_chain_write);
	list_check(lab, &table->rules, sal_nft_rule_write);
}

/* Copies each message to where it lies alone, so that a look beyond its end is seen. */
static size_t messages_add(struct lab *lab, const uint8_t *data, size_t size)
{
	size_t at = 0;

	while (size - at >= NLMSG_HDRLEN) {
		struct nlmsghdr header, *message;

		memcpy(&header, data + at, sizeof(header));
		if (header.nlmsg_len < NLMSG_HDRLEN || header.nlmsg_len > size - at)
			break;
		message = malloc(header.nlmsg_len);
		memcpy(message, data + at, header.nlmsg_len);
		sal_nft_ruleset_add(&lab->ruleset, message);
		free(message);
		at += SAL_MIN(NLMSG_ALIGN((size_t)header.nlmsg_len), size - at);
	}
	return at;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct lab lab = { .ifnames.fd = -1 };
	char *text;
	size_t at;

	sal_arena_init(&lab.arena);
	sal_nft_names_init(&lab.names, &lab.ifnames);
	for (unsigned kind = 0; kind < SAL_NFT_NAMES_KINDS; kind++)
		lab.names.kinds[kind].loaded = true; /* not from this machine's files */
	lab.writer = (struct sal_nft_writer){ .arena = &lab.arena,
					      .names = &lab.names,
					      .out = &lab.out };
	lab.ruleset.arena = &lab.arena;
	at = messages_add(&lab, data, size);
	text = sal_arena_strndup(&lab.arena, (const char *)data + at, size - at);
	sal_nft_names_parse(&lab.names, (enum sal_nft_names_kind)(size % SAL_NFT_NAMES_KINDS),
			    text);
	lab.mark = sal_arena_mark(&lab.arena);
	for (const struct sal_nft_table *t = lab.ruleset.tables; t; t = t->next)
		table_check(&lab, t);
	sal_nft_names_done(&lab.names);
	sal_buf_done(&lab.out);
	sal_arena_done(&lab.arena);
	return 0;
}
