/*
 * ruleset.h - a ruleset of one generation: the kernel's raw messages, sorted into tables.
 *
 * collect.c asks the kernel for them; table.c chain.c set.c element.c object.c flowtable.c rule.c read them
 * and write JSON. A message belongs to the ruleset's arena; text in it is bounded by its attribute.
 * Sources: linux/netfilter/nf_tables.h, libnftables-json(5).
 */
#pragma once

#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "kernel/nl_attr.h"
#include "net/nft/ast.h"
#include "net/nft/names.h"

struct sal_nft_message {
	struct sal_nft_message *next;
	struct nlmsghdr header; /* the message itself follows on */
};

struct sal_nft_messages {
	struct sal_nft_message *first, *last;
};

struct sal_nft_set {
	struct sal_nft_set *next, *next_in_slot;
	const struct nlmsghdr *message;
	const char *name;
	uint32_t flags; /* NFT_SET_* */
	uint32_t object; /* NFT_OBJECT_* of a map to objects */
	uint32_t size, fields; /* 0: unsaid; of a concatenation */
	struct sal_nft_expr *key, *data; /* a typed value, or what typeof said; data of maps only */
	struct sal_nft_messages elements;
};

struct sal_nft_table {
	struct sal_nft_table *next;
	const struct nlmsghdr *message;
	const char *name;
	uint8_t family;
	struct sal_nft_messages chains, flowtables, objects, rules;
	struct sal_nft_set *sets, *last_set;
	struct sal_nft_set **slots; /* sets by name; nslots is a power of two */
	size_t nslots, nsets;
};

struct sal_nft_ruleset {
	struct sal_arena *arena;
	struct sal_nft_table *tables, *last_table;
	struct sal_nft_table *hint; /* the one that the last message was of */
};

/* What a writer of JSON needs beside the object it writes. */
struct sal_nft_writer {
	struct sal_arena *arena; /* reset after each object */
	struct sal_nft_names *names;
	const struct sal_nft_table *table;
	struct sal_buf *out;
	bool stateless; /* counters and quotas without what they counted */
};

/* Copies a message of the kernel's into the arena and hands it to where it belongs by its type;
 * messages of tables not met before, and what is no object, are left out. Pure, and fuzzed. */
bool sal_nft_ruleset_add(struct sal_nft_ruleset *ruleset, const struct nlmsghdr *message);
struct sal_nft_table *sal_nft_table_find(const struct sal_nft_ruleset *ruleset, uint8_t family,
					 const char *name);
/* The set of that name; NULL if the table has none. */
const struct sal_nft_set *sal_nft_set_find(const struct sal_nft_table *table, const char *name);

/* An attribute's number, which nf_tables has in network order; 0 for NULL. */
static inline uint32_t sal_nft_u32(const struct nlattr *a)
{
	return a ? __builtin_bswap32(sal_nla_u32(a)) : 0;
}

static inline uint16_t sal_nft_u16(const struct nlattr *a)
{
	return a ? __builtin_bswap16(sal_nla_u16(a)) : 0;
}

static inline uint64_t sal_nft_u64(const struct nlattr *a)
{
	return a ? __builtin_bswap64(sal_nla_u64(a)) : 0;
}

static inline uint8_t sal_nft_u8(const struct nlattr *a)
{
	return a ? sal_nla_u8(a) : 0;
}

/* An attribute's text; "" for NULL. */
static inline const char *sal_nft_string(const struct nlattr *a, struct sal_arena *arena)
{
	return a ? sal_nla_string(a, arena) : "";
}

/* Whether an attribute of the message (a type below 16) is that text. */
bool sal_nft_names_attr(const struct nlmsghdr *message, uint16_t type, const char *name);

/* "ip", "inet" ...; "unknown" */
const char *sal_nft_family_name(uint8_t family);
/* The family header's family of a message. */
uint8_t sal_nft_message_family(const struct nlmsghdr *message);

/* Each writes one object: {"table":{...}} */
void sal_nft_table_write(struct sal_nft_writer *writer, const struct sal_nft_table *table);
void sal_nft_chain_write(struct sal_nft_writer *writer, const struct nlmsghdr *message);
void sal_nft_object_write(struct sal_nft_writer *writer, const struct nlmsghdr *message);
void sal_nft_flowtable_write(struct sal_nft_writer *writer, const struct nlmsghdr *message);
void sal_nft_set_write(struct sal_nft_writer *writer, const struct sal_nft_set *set, bool elements);
void sal_nft_rule_write(struct sal_nft_writer *writer, const struct nlmsghdr *message);

/* Reads what the set's message says of its key and data. */
void sal_nft_set_decode(struct sal_arena *arena, struct sal_nft_set *set);
/* What typeof left in the user data; NULL when it is missing or makes no sense. */
struct sal_nft_expr *sal_nft_typeof_read(struct sal_arena *arena, const uint8_t *data, size_t len);
/* The elements as a set expression in nft's order. */
struct sal_nft_expr *sal_nft_elements_read(struct sal_arena *arena, const struct sal_nft_set *set);
/* Writes the statement of a nested expression (of a set or an element); with members only. */
void sal_nft_nested_write(struct sal_nft_writer *writer, const struct nlattr *expr);

/* User data is a list of type, length, value of a byte each: finds a type's value, or NULL. */
const uint8_t *sal_nft_udata_find(const void *data, size_t len, uint8_t type, uint8_t *ret_len);
/* The comment of that type if it ends with NUL, else NULL. */
const char *sal_nft_udata_string(const struct nlattr *userdata, uint8_t type);
