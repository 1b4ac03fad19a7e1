/* ruleset.c - messages sorted into tables, sets found by name. See ruleset.h. */
#include "net/nft/ruleset.h"

#include <linux/netfilter/nfnetlink.h>
#include <string.h>

uint8_t sal_nft_message_family(const struct nlmsghdr *message)
{
	const struct nfgenmsg *header = sal_nl_family_header(message, sizeof(*header));

	return header ? header->nfgen_family : 0;
}

static const struct nlmsghdr *message_copy(struct sal_arena *arena, const struct nlmsghdr *message,
					   struct sal_nft_messages *list)
{
	size_t head = offsetof(struct sal_nft_message, header);
	struct sal_nft_message *copy = sal_arena_alloc(arena, head + message->nlmsg_len);

	memcpy(&copy->header, message, message->nlmsg_len);
	copy->next = NULL;
	if (!list)
		return &copy->header;
	if (list->last)
		list->last->next = copy;
	else
		list->first = copy;
	list->last = copy;
	return &copy->header;
}

struct sal_nft_table *sal_nft_table_find(const struct sal_nft_ruleset *ruleset, uint8_t family,
					 const char *name)
{
	for (struct sal_nft_table *t = ruleset->tables; t; t = t->next) {
		if (t->family == family && strcmp(t->name, name) == 0)
			return t;
	}
	return NULL;
}

static void table_add(struct sal_nft_ruleset *ruleset, const struct nlmsghdr *message)
{
	const struct nlattr *tb[NFTA_TABLE_MAX + 1];
	struct sal_nft_table *table = sal_arena_zalloc(ruleset->arena, sizeof(*table));

	table->message = message_copy(ruleset->arena, message, NULL);
	table->family = sal_nft_message_family(table->message);
	sal_nla_index_message(tb, NFTA_TABLE_MAX, table->message, sizeof(struct nfgenmsg));
	table->name = sal_nft_string(tb[NFTA_TABLE_NAME], ruleset->arena);
	if (ruleset->last_table)
		ruleset->last_table->next = table;
	else
		ruleset->tables = table;
	ruleset->last_table = ruleset->hint = table;
}

static uint32_t name_hash(const char *name)
{
	uint32_t hash = 2166136261; /* FNV-1a */

	for (; *name; name++)
		hash = (hash ^ (uint8_t)*name) * 16777619;
	return hash;
}

static struct sal_nft_set *set_lookup(const struct sal_nft_table *table, const char *name)
{
	struct sal_nft_set *set = NULL;

	if (table->nslots)
		set = table->slots[name_hash(name) & (table->nslots - 1)];
	while (set && strcmp(set->name, name) != 0)
		set = set->next_in_slot;
	return set;
}

static void slot_add(struct sal_nft_table *table, struct sal_nft_set *set)
{
	struct sal_nft_set **slot = &table->slots[name_hash(set->name) & (table->nslots - 1)];

	set->next_in_slot = *slot;
	*slot = set;
}

static void slots_grow(struct sal_arena *arena, struct sal_nft_table *table)
{
	if (table->nsets < table->nslots)
		return;
	table->nslots = table->nslots ? table->nslots * 2 : 16;
	table->slots = sal_arena_array(arena, table->nslots, sizeof(struct sal_nft_set *));
	for (struct sal_nft_set *set = table->sets; set; set = set->next)
		slot_add(table, set);
}

static void set_add(struct sal_nft_ruleset *ruleset, struct sal_nft_table *table,
		    const struct nlmsghdr *message)
{
	const struct nlattr *tb[NFTA_SET_MAX + 1], *desc[NFTA_SET_DESC_MAX + 1];
	struct sal_nft_set *set = sal_arena_zalloc(ruleset->arena, sizeof(*set));

	set->message = message_copy(ruleset->arena, message, NULL);
	sal_nla_index_message(tb, NFTA_SET_MAX, set->message, sizeof(struct nfgenmsg));
	set->name = sal_nft_string(tb[NFTA_SET_NAME], ruleset->arena);
	set->flags = sal_nft_u32(tb[NFTA_SET_FLAGS]);
	set->object = sal_nft_u32(tb[NFTA_SET_OBJ_TYPE]);
	if (tb[NFTA_SET_DESC]) {
		sal_nla_index_nested(desc, NFTA_SET_DESC_MAX, tb[NFTA_SET_DESC]);
		set->size = sal_nft_u32(desc[NFTA_SET_DESC_SIZE]);
		if (desc[NFTA_SET_DESC_CONCAT]) {
			sal_nla_each_nested(a, desc[NFTA_SET_DESC_CONCAT]) set->fields++;
		}
	}
	slots_grow(ruleset->arena, table);
	if (table->last_set)
		table->last_set->next = set;
	else
		table->sets = set;
	table->last_set = set;
	table->nsets++;
	slot_add(table, set);
	sal_nft_set_decode(ruleset->arena, set);
}

const struct sal_nft_set *sal_nft_set_find(const struct sal_nft_table *table, const char *name)
{
	return set_lookup(table, name);
}

static void elements_add(struct sal_nft_ruleset *ruleset, struct sal_nft_table *table,
			 const struct nlmsghdr *message)
{
	const struct nlattr *tb[NFTA_SET_ELEM_LIST_MAX + 1];
	struct sal_nft_set *set;

	sal_nla_index_message(tb, NFTA_SET_ELEM_LIST_MAX, message, sizeof(struct nfgenmsg));
	set = set_lookup(table, sal_nft_string(tb[NFTA_SET_ELEM_LIST_SET], ruleset->arena));
	if (set)
		message_copy(ruleset->arena, message, &set->elements);
}

/* The table that a message names; every kind of object names it in its first attribute. */
static struct sal_nft_table *table_of(struct sal_nft_ruleset *ruleset,
				      const struct nlmsghdr *message)
{
	const struct nlattr *tb[2];
	uint8_t family = sal_nft_message_family(message);
	const char *name;

	sal_nla_index_message(tb, 1, message, sizeof(struct nfgenmsg));
	name = sal_nft_string(tb[1], ruleset->arena);
	if (!ruleset->hint || ruleset->hint->family != family ||
	    strcmp(ruleset->hint->name, name) != 0)
		ruleset->hint = sal_nft_table_find(ruleset, family, name);
	return ruleset->hint;
}

bool sal_nft_ruleset_add(struct sal_nft_ruleset *ruleset, const struct nlmsghdr *message)
{
	struct sal_nft_table *table;

	if (message->nlmsg_type >> 8 != NFNL_SUBSYS_NFTABLES ||
	    !sal_nl_family_header(message, sizeof(struct nfgenmsg)))
		return false;
	if ((message->nlmsg_type & 0xff) == NFT_MSG_NEWTABLE) {
		table_add(ruleset, message);
		return true;
	}
	table = table_of(ruleset, message);
	if (!table)
		return false;
	switch (message->nlmsg_type & 0xff) {
	case NFT_MSG_NEWCHAIN:
		message_copy(ruleset->arena, message, &table->chains);
		return true;
	case NFT_MSG_NEWSET:
		set_add(ruleset, table, message);
		return true;
	case NFT_MSG_NEWSETELEM:
		elements_add(ruleset, table, message);
		return true;
	case NFT_MSG_NEWOBJ:
		message_copy(ruleset->arena, message, &table->objects);
		return true;
	case NFT_MSG_NEWFLOWTABLE:
		message_copy(ruleset->arena, message, &table->flowtables);
		return true;
	case NFT_MSG_NEWRULE:
		message_copy(ruleset->arena, message, &table->rules);
		return true;
	}
	return false;
}

bool sal_nft_names_attr(const struct nlmsghdr *message, uint16_t type, const char *name)
{
	const struct nlattr *tb[16];
	size_t len = strlen(name);

	sal_nla_index_message(tb, SAL_ARRAY_LEN(tb) - 1, message, sizeof(struct nfgenmsg));
	return type < SAL_ARRAY_LEN(tb) && tb[type] && sal_nla_len(tb[type]) >= len &&
	       strnlen(sal_nla_data(tb[type]), sal_nla_len(tb[type])) == len &&
	       memcmp(sal_nla_data(tb[type]), name, len) == 0;
}
