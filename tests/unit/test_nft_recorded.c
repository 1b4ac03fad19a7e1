/*
 * test_nft_recorded.c - a ruleset as a Debian 12 kernel sent it and as nft -j printed it, with what
 * other kernels may lack: flowtables, queues, bridge meta and conntrack, egress.
 *
 * fixtures/nft-*.nl and .json were recorded together by tests/fuzz/record_nft.py from
 * fixtures/nft.nft; what we make of the messages must be what nft made of them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "base/buf.h"
#include "net/nft/ruleset.h"

struct lab {
	struct sal_arena arena;
	struct sal_ifnames ifnames;
	struct sal_nft_names names;
	struct sal_nft_ruleset ruleset;
	struct sal_buf out;
	struct sal_nft_writer writer;
	json_t *said; /* by nft */
	size_t at; /* objects compared */
};

static void file_read(struct sal_buf *buf, const char *suffix)
{
	const char *trees = getenv("SAL_TREES");
	char path[4096], chunk[65536];
	FILE *file;
	size_t n;

	snprintf(path, sizeof(path), "%s/../fixtures/nft-debian12-6.1.%s", trees ? trees : "trees",
		 suffix);
	file = fopen(path, "rb");
	if (!file)
		fail_msg("cannot open %s", path);
	while ((n = fread(chunk, 1, sizeof(chunk), file)) > 0)
		sal_buf_put(buf, chunk, n);
	fclose(file);
}

static void lab_open(struct lab *lab)
{
	struct sal_buf text SAL_CLEANUP(sal_buf_done) = SAL_BUF_EMPTY;
	struct sal_buf messages SAL_CLEANUP(sal_buf_done) = SAL_BUF_EMPTY;

	memset(lab, 0, sizeof(*lab));
	sal_arena_init(&lab->arena);
	assert_int_equal(sal_ifnames_open(&lab->ifnames, NULL), 0);
	sal_nft_names_init(&lab->names, &lab->ifnames);
	lab->writer = (struct sal_nft_writer){ .arena = &lab->arena,
					       .names = &lab->names,
					       .out = &lab->out };
	lab->ruleset.arena = &lab->arena;
	file_read(&text, "json");
	lab->said = json_loadb(text.data, text.len, 0, NULL);
	assert_non_null(lab->said);
	file_read(&messages, "nl");
	for (size_t at = 0; at < messages.len;) {
		const struct nlmsghdr *message = (const void *)(messages.data + at);

		assert_true(sal_nft_ruleset_add(&lab->ruleset, message));
		at += NLMSG_ALIGN(message->nlmsg_len);
	}
}

static void lab_close(struct lab *lab)
{
	json_decref(lab->said);
	sal_buf_done(&lab->out);
	sal_nft_names_done(&lab->names);
	sal_ifnames_close(&lab->ifnames);
	sal_arena_done(&lab->arena);
}

/* What we say beyond nft (docs/firewall.md). */
static void ours_only_remove(json_t *object)
{
	json_t *chain = json_object_get(object, "chain");

	if (chain)
		json_object_del(chain, "dev");
}

static void next_check(struct lab *lab)
{
	json_t *theirs = json_array_get(lab->said, lab->at++);
	json_t *ours = json_loadb(lab->out.data, lab->out.len, 0, NULL);

	if (!ours)
		fail_msg("no JSON: %.*s", (int)lab->out.len, lab->out.data);
	ours_only_remove(ours);
	if (!json_equal(ours, theirs)) {
		char *text = json_dumps(theirs, 0);

		fail_msg("- %s\n+ %.*s", text, (int)lab->out.len, lab->out.data);
	}
	json_decref(ours);
	lab->out.len = 0;
}

static void list_check(struct lab *lab, const struct sal_nft_messages *list,
		       void (*write)(struct sal_nft_writer *, const struct nlmsghdr *))
{
	for (const struct sal_nft_message *m = list->first; m; m = m->next) {
		write(&lab->writer, &m->header);
		next_check(lab);
	}
}

static void test_recorded(void **state)
{
	struct lab lab;

	(void)state;
	lab_open(&lab);
	for (const struct sal_nft_table *t = lab.ruleset.tables; t; t = t->next) {
		lab.writer.table = t;
		sal_nft_table_write(&lab.writer, t);
		next_check(&lab);
		list_check(&lab, &t->objects, sal_nft_object_write);
		for (const struct sal_nft_set *set = t->sets; set; set = set->next) {
			if (set->flags & NFT_SET_ANONYMOUS)
				continue;
			sal_nft_set_write(&lab.writer, set, true);
			next_check(&lab);
		}
		list_check(&lab, &t->flowtables, sal_nft_flowtable_write);
		list_check(&lab, &t->chains, sal_nft_chain_write);
		list_check(&lab, &t->rules, sal_nft_rule_write);
	}
	assert_int_equal(lab.at, json_array_size(lab.said));
	assert_true(lab.at > 40);
	lab_close(&lab);
}

/* Messages of tables that were not told of, of other subsystems, and too short ones. */
static void test_strangers(void **state)
{
	struct {
		struct nlmsghdr header;
		char bytes[64];
	} message = { .header = { .nlmsg_len = NLMSG_HDRLEN, .nlmsg_type = 10 << 8 } };
	struct sal_arena arena;
	struct sal_nft_ruleset ruleset = { .arena = &arena };

	(void)state;
	sal_arena_init(&arena);
	assert_false(sal_nft_ruleset_add(&ruleset, &message.header)); /* no family header */
	message.header.nlmsg_len = sizeof(message);
	message.header.nlmsg_type = 10 << 8 | NFT_MSG_NEWRULE;
	assert_false(sal_nft_ruleset_add(&ruleset, &message.header));
	message.header.nlmsg_type = 1 << 8 | NFT_MSG_NEWTABLE;
	assert_false(sal_nft_ruleset_add(&ruleset, &message.header));
	message.header.nlmsg_type = 10 << 8 | NFT_MSG_NEWTABLE;
	assert_true(sal_nft_ruleset_add(&ruleset, &message.header)); /* of no name */
	assert_string_equal(ruleset.tables->name, "");
	sal_arena_done(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_recorded),
		cmocka_unit_test(test_strangers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
