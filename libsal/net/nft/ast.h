/*
 * ast.h - rules as trees: what lies between the kernel's byte code and libnftables-json(5).
 *
 * The byte code loads values into registers and compares them; the expr files turn it into expressions
 * and statements (the matches as they were loaded), the fold files into what a person wrote (fields by
 * name, implied matches left out), the json files into text. All of a rule lives in one arena and dies
 * with it. Never trusted: lengths are bounded by SAL_NFT_NUM_BITS, trees by SAL_NFT_WEIGHT.
 */
#pragma once

#include <linux/netlink.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "net/nft/header.h"
#include "net/nft/num.h"
#include "net/nft/type.h"

struct sal_nft_set;
struct sal_nft_stmt;

/* Expressions that a register's may be made of: trees grow with each use of a register. */
#define SAL_NFT_WEIGHT 256

enum sal_nft_kind { /* the numbers are nft's: they stand in the user data of sets */
		    SAL_NFT_INVALID,
		    SAL_NFT_VERDICT,
		    SAL_NFT_VALUE = 4,
		    SAL_NFT_PREFIX,
		    SAL_NFT_RANGE,
		    SAL_NFT_PAYLOAD,
		    SAL_NFT_EXTHDR,
		    SAL_NFT_META,
		    SAL_NFT_SOCKET,
		    SAL_NFT_OSF,
		    SAL_NFT_CT,
		    SAL_NFT_CONCAT,
		    SAL_NFT_LIST,
		    SAL_NFT_SET,
		    SAL_NFT_SET_REF,
		    SAL_NFT_ELEM,
		    SAL_NFT_MAPPING,
		    SAL_NFT_MAP,
		    SAL_NFT_UNARY,
		    SAL_NFT_BINOP,
		    SAL_NFT_RELATION,
		    SAL_NFT_NUMGEN,
		    SAL_NFT_HASH,
		    SAL_NFT_RT,
		    SAL_NFT_FIB,
		    SAL_NFT_XFRM,
		    SAL_NFT_CATCHALL,
		    SAL_NFT_FLAGCMP,
		    SAL_NFT_NAME, /* a name of any length; none of nft's */
};

enum sal_nft_op {
	SAL_NFT_OP_IMPLICIT, /* shown as "in" */
	SAL_NFT_OP_INVALID,
	SAL_NFT_OP_HTON,
	SAL_NFT_OP_NTOH,
	SAL_NFT_OP_AND,
	SAL_NFT_OP_OR,
	SAL_NFT_OP_XOR,
	SAL_NFT_OP_LSHIFT,
	SAL_NFT_OP_RSHIFT,
	SAL_NFT_OP_EQ,
	SAL_NFT_OP_NEQ,
	SAL_NFT_OP_LT,
	SAL_NFT_OP_GT,
	SAL_NFT_OP_LTE,
	SAL_NFT_OP_GTE,
	SAL_NFT_OP_NEG,
	SAL_NFT_OPS,
};

enum sal_nft_expr_flag {
	SAL_NFT_PROTOCOL = 1 << 0, /* its value says which header follows */
	SAL_NFT_INTERVAL = 1 << 1,
	SAL_NFT_INTERVAL_END = 1 << 2,
};

/* What a set element has beside its key. */
struct sal_nft_elem {
	uint64_t timeout, expires; /* milliseconds; 0: none */
	const char *comment;
	const struct nlattr *expr; /* of its first statement, such as a counter */
};

struct sal_nft_expr {
	uint8_t kind; /* enum sal_nft_kind */
	uint8_t op; /* enum sal_nft_op: unary, binop, relation, flagcmp */
	uint8_t order; /* enum sal_nft_order */
	uint8_t flags;
	uint32_t len; /* bits */
	const struct sal_nft_type *type;
	struct sal_nft_expr *next; /* in the list it is an item of */
	union {
		struct sal_nft_num value;
		struct {
			struct sal_nft_expr *left, *right; /* unary: left only; map: key, set */
			struct sal_nft_expr *third; /* flagcmp: the mask */
		};
		struct {
			struct sal_nft_expr *prefix;
			uint32_t prefix_len;
		};
		struct { /* concat, list, set */
			struct sal_nft_expr *first, *last;
			size_t count;
		};
		struct { /* elem: an element of a set with more than its key */
			struct sal_nft_expr *key;
			const struct sal_nft_elem *elem; /* NULL: none of that */
		};
		struct {
			const struct sal_nft_header *header; /* NULL: raw */
			const struct sal_nft_field *field;
			uint32_t offset; /* bits */
			uint8_t layer; /* enum sal_nft_layer */
			bool is_raw;
		} payload;
		struct {
			const struct sal_nft_option *option;
			const struct sal_nft_field *field; /* NULL: unknown */
			uint32_t offset;
			uint8_t number, op;
			bool present; /* whether it is there, not what is in it */
		} exthdr;
		struct {
			uint32_t key;
			uint8_t layer; /* whose header its value says; meta and ct */
			int8_t direction; /* ct; negative: none */
			bool present; /* fib */
			uint32_t flags; /* fib; osf; xfrm: direction */
			uint32_t number; /* osf: ttl; xfrm: spnum */
		} load; /* meta, ct, rt, fib (key: result), socket, osf, xfrm */
		struct {
			uint32_t kind, mod, seed, offset;
			bool seeded;
			struct sal_nft_expr *arg; /* jhash */
		} gen; /* numgen, hash */
		struct {
			int32_t code;
			const char *chain;
		} verdict;
		struct { /* set ref */
			const struct sal_nft_set *set;
			struct sal_nft_expr *init; /* the elements of one without a name */
		};
		const char *name;
	};
};

enum sal_nft_stmt_kind {
	SAL_NFT_STMT_EXPR,
	SAL_NFT_STMT_VERDICT,
	SAL_NFT_STMT_METER,
	SAL_NFT_STMT_COUNTER,
	SAL_NFT_STMT_PAYLOAD,
	SAL_NFT_STMT_META,
	SAL_NFT_STMT_LIMIT,
	SAL_NFT_STMT_LOG,
	SAL_NFT_STMT_REJECT,
	SAL_NFT_STMT_NAT,
	SAL_NFT_STMT_TPROXY,
	SAL_NFT_STMT_QUEUE,
	SAL_NFT_STMT_CT,
	SAL_NFT_STMT_SET,
	SAL_NFT_STMT_MAP,
	SAL_NFT_STMT_DUP,
	SAL_NFT_STMT_FWD,
	SAL_NFT_STMT_XT,
	SAL_NFT_STMT_QUOTA,
	SAL_NFT_STMT_NOTRACK,
	SAL_NFT_STMT_OBJREF,
	SAL_NFT_STMT_EXTHDR,
	SAL_NFT_STMT_FLOW,
	SAL_NFT_STMT_CONNLIMIT,
	SAL_NFT_STMT_OPTSTRIP,
	SAL_NFT_STMT_SYNPROXY,
	SAL_NFT_STMT_RAW, /* an expression nobody knows */
};

/* nat.kind beyond NFT_NAT_SNAT and NFT_NAT_DNAT */
#define SAL_NFT_NAT_MASQUERADE 2
#define SAL_NFT_NAT_REDIRECT   3

struct sal_nft_stmt {
	uint8_t kind; /* enum sal_nft_stmt_kind */
	bool removed; /* it is implied by another one */
	struct sal_nft_stmt *next, *prev;
	union {
		struct sal_nft_expr *expr; /* expr, verdict, optstrip */
		struct { /* payload, exthdr: what is set; meta, ct */
			struct sal_nft_expr *target, *value;
			uint32_t key;
			int8_t direction;
		} set_to;
		struct { /* set, map, meter */
			const struct sal_nft_set *set;
			struct sal_nft_expr *key, *data;
			struct sal_nft_stmt *stmts;
			uint32_t op;
		} dynset;
		struct {
			uint64_t packets, bytes;
		} counter;
		struct {
			uint64_t rate, unit;
			uint32_t burst, type, flags;
		} limit;
		struct {
			uint64_t bytes, used;
			uint32_t flags;
		} quota;
		struct {
			uint32_t count, flags;
		} connlimit;
		struct {
			const char *prefix;
			uint32_t snaplen, level, flags;
			uint16_t group, threshold;
			bool has_group, has_snaplen, has_threshold, has_level;
		} log;
		struct {
			uint32_t type;
			uint8_t family;
			struct sal_nft_expr *code;
		} reject;
		struct {
			uint32_t kind, flags;
			uint8_t family, table_family;
			bool is_prefix;
			struct sal_nft_expr *addr, *port;
		} nat; /* and tproxy */
		struct {
			struct sal_nft_expr *num;
			uint16_t flags;
		} queue;
		struct {
			struct sal_nft_expr *to, *dev; /* dup; fwd: to is the address */
			uint32_t family;
		} dup;
		struct {
			uint32_t type;
			struct sal_nft_expr *name;
		} objref;
		struct {
			uint32_t flags;
			uint16_t mss;
			uint8_t wscale;
		} synproxy;
		struct {
			const char *type, *name;
			uint32_t revision;
			const struct nlattr *info;
		} xt;
		const char *name; /* flow: the flowtable */
		struct {
			const char *name;
			const struct nlattr *data; /* NULL: none */
		} raw;
	};
};

struct sal_nft_stmts {
	struct sal_nft_stmt *first, *last;
};

/* New ones, zeroed but for what is given. */
struct sal_nft_expr *sal_nft_expr_new(struct sal_arena *arena, enum sal_nft_kind kind,
				      const struct sal_nft_type *type, enum sal_nft_order order,
				      uint32_t len);
struct sal_nft_expr *sal_nft_value_new(struct sal_arena *arena, const struct sal_nft_type *type,
				       enum sal_nft_order order, uint32_t len, const void *data);
/* What a register held: bytes nobody has typed yet. */
struct sal_nft_expr *sal_nft_value_raw(struct sal_arena *arena, const void *data, size_t len);
struct sal_nft_expr *sal_nft_binary_new(struct sal_arena *arena, enum sal_nft_kind kind,
					enum sal_nft_op op, struct sal_nft_expr *left,
					struct sal_nft_expr *right);
struct sal_nft_expr *sal_nft_prefix_new(struct sal_arena *arena, struct sal_nft_expr *value,
					uint32_t prefix_len);
/* How many expressions it is made of. */
unsigned sal_nft_expr_weight(const struct sal_nft_expr *expr);
/* A deep copy. */
struct sal_nft_expr *sal_nft_expr_copy(struct sal_arena *arena, const struct sal_nft_expr *expr);
/* Appends an item to a concat, list or set. */
void sal_nft_expr_add(struct sal_nft_expr *list, struct sal_nft_expr *item);
/* Gives it a type and byte order; ranges, prefixes and sets pass it on to their parts. */
void sal_nft_expr_retype(struct sal_nft_expr *expr, const struct sal_nft_type *type,
			 enum sal_nft_order order);
/* A reference to a set; the elements of one without a name come along. */
struct sal_nft_expr *sal_nft_set_ref_new(struct sal_arena *arena, const struct sal_nft_set *set);
/* A name, which may be longer than a number holds. */
struct sal_nft_expr *sal_nft_name_new(struct sal_arena *arena, const char *name);
/* Cuts the highest len bits off a value, as an untyped value of its own. */
struct sal_nft_expr *sal_nft_value_cut(struct sal_arena *arena, struct sal_nft_expr *value,
				       uint32_t len);
/* A value of a bitmask type as its bits joined by or; a value of one bit or none stays. */
struct sal_nft_expr *sal_nft_value_to_bits(struct sal_arena *arena, struct sal_nft_expr *value);
/* A range as a prefix where it is one, else the range itself. */
struct sal_nft_expr *sal_nft_range_to_prefix(struct sal_arena *arena, struct sal_nft_expr *range);

struct sal_nft_stmt *sal_nft_stmt_new(struct sal_arena *arena, enum sal_nft_stmt_kind kind);
void sal_nft_stmt_append(struct sal_nft_stmts *stmts, struct sal_nft_stmt *stmt);
void sal_nft_stmt_insert(struct sal_nft_stmts *stmts, struct sal_nft_stmt *before,
			 struct sal_nft_stmt *stmt);
void sal_nft_stmt_remove(struct sal_nft_stmts *stmts, struct sal_nft_stmt *stmt);

static inline uint32_t sal_nft_bytes(uint32_t bits)
{
	return (bits + 7) / 8;
}

/* Registers of 32 bits that so many bits fill, and the bits of those. */
static inline uint32_t sal_nft_registers(uint32_t bits)
{
	return (bits + 31) / 32;
}

static inline uint32_t sal_nft_padded(uint32_t bits)
{
	return sal_nft_registers(bits) * 32;
}

static inline bool sal_nft_payload_known(const struct sal_nft_expr *expr)
{
	return expr->payload.header && expr->payload.field;
}
