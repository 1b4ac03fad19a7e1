/*
 * parse.h - the kernel's expressions of one rule, taken one by one.
 *
 * Each expression of nf_tables either loads a register (an expression of ours is noted for it) or
 * does something with registers (a statement of ours comes out). parse.c has the table: one row an
 * expression.
 */
#pragma once

#include "net/nft/ruleset.h"

#define SAL_NFT_REGISTERS 17 /* the first one holds the verdict */

struct sal_nft_parse {
	struct sal_arena *arena;
	const struct sal_nft_table *table;
	struct sal_nft_expr *registers[SAL_NFT_REGISTERS];
	struct sal_nft_stmt *stmt; /* what came out of the last one; NULL: it loaded a register */
};

/* Reads one expression's attributes; false when it cannot be made sense of. */
typedef bool sal_nft_parse_one(struct sal_nft_parse *parse, const struct nlattr *data);

/* An NFTA_LIST_ELEM: what nobody knows, or cannot be read, becomes a raw statement. */
void sal_nft_parse_expr(struct sal_nft_parse *parse, const struct nlattr *element);

sal_nft_parse_one sal_nft_parse_immediate, sal_nft_parse_cmp, sal_nft_parse_range,
	sal_nft_parse_lookup, sal_nft_parse_bitwise, sal_nft_parse_byteorder; /* expr_match.c */
sal_nft_parse_one sal_nft_parse_payload, sal_nft_parse_exthdr, sal_nft_parse_meta,
	sal_nft_parse_ct; /* expr_load.c */
sal_nft_parse_one sal_nft_parse_fib, sal_nft_parse_rt, sal_nft_parse_socket, sal_nft_parse_osf,
	sal_nft_parse_xfrm, sal_nft_parse_numgen, sal_nft_parse_hash; /* expr_lookup.c */
sal_nft_parse_one sal_nft_parse_nat, sal_nft_parse_masq, sal_nft_parse_redir, sal_nft_parse_tproxy,
	sal_nft_parse_dup, sal_nft_parse_fwd, sal_nft_parse_queue, sal_nft_parse_reject,
	sal_nft_parse_synproxy, sal_nft_parse_notrack, sal_nft_parse_flow; /* expr_action.c */
sal_nft_parse_one sal_nft_parse_counter, sal_nft_parse_limit, sal_nft_parse_quota,
	sal_nft_parse_connlimit, sal_nft_parse_log; /* expr_state.c */
sal_nft_parse_one sal_nft_parse_dynset, sal_nft_parse_objref, sal_nft_parse_match,
	sal_nft_parse_target; /* expr_set.c */

/* A register's number as the attribute has it, 1 to 16, or 0 for the verdict; -1 when wrong or NULL. */
int sal_nft_register(const struct nlattr *a);
bool sal_nft_register_set(struct sal_nft_parse *parse, const struct nlattr *a,
			  struct sal_nft_expr *expr);
/* A copy of what a register holds, or NULL. */
struct sal_nft_expr *sal_nft_register_get(struct sal_nft_parse *parse, const struct nlattr *a);
/* What the registers from there on hold, as a concatenation of len bits; NULL if they do not. */
struct sal_nft_expr *sal_nft_register_concat(struct sal_nft_parse *parse, const struct nlattr *a,
					     uint32_t len);
/* The same with the types of a set's key. */
struct sal_nft_expr *sal_nft_register_key(struct sal_nft_parse *parse, const struct nlattr *a,
					  const struct sal_nft_set *set);
/* The bytes of an NFTA_DATA_VALUE inside a nested attribute, as an untyped value; NULL if none. */
struct sal_nft_expr *sal_nft_data_value(struct sal_arena *arena, const struct nlattr *nest);
/* A verdict inside a nested attribute, or NULL. */
struct sal_nft_expr *sal_nft_data_verdict(struct sal_arena *arena, const struct nlattr *nest);

/* New loads, as a register or typeof has them; NULL for a key that has no row. (load.c) */
struct sal_nft_expr *sal_nft_payload_new(struct sal_arena *arena,
					 const struct sal_nft_header *header, unsigned field);
void sal_nft_payload_raw(struct sal_nft_expr *expr, unsigned layer, uint32_t offset, uint32_t len);
struct sal_nft_expr *sal_nft_exthdr_new(struct sal_arena *arena, unsigned op, uint8_t number,
					uint32_t offset, uint32_t len, bool present);
struct sal_nft_expr *sal_nft_meta_new(struct sal_arena *arena, uint32_t key);
struct sal_nft_expr *sal_nft_ct_new(struct sal_arena *arena, uint32_t key, int8_t direction);
struct sal_nft_expr *sal_nft_rt_new(struct sal_arena *arena, uint32_t key);
struct sal_nft_expr *sal_nft_socket_new(struct sal_arena *arena, uint32_t key);
struct sal_nft_expr *sal_nft_osf_new(struct sal_arena *arena, uint8_t ttl, uint32_t flags);
struct sal_nft_expr *sal_nft_fib_new(struct sal_arena *arena, uint32_t flags, uint32_t result);
struct sal_nft_expr *sal_nft_xfrm_new(struct sal_arena *arena, uint32_t key, uint8_t direction,
				      uint32_t spnum);
struct sal_nft_expr *sal_nft_gen_new(struct sal_arena *arena, enum sal_nft_kind kind);

/* How keys are called in JSON; NULL for one that has no row. (load.c) */
const char *sal_nft_meta_name(uint32_t key);
const char *sal_nft_ct_name(uint32_t key);
const char *sal_nft_rt_name(uint32_t key);
const char *sal_nft_socket_name(uint32_t key);
const char *sal_nft_xfrm_name(uint32_t key);
const struct sal_nft_type *sal_nft_meta_type(uint32_t key);
const struct sal_nft_type *sal_nft_ct_type(uint32_t key);
enum sal_nft_order sal_nft_meta_order(uint32_t key);
enum sal_nft_order sal_nft_ct_order(uint32_t key);
