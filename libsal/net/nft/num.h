/*
 * num.h - the numbers of nf_tables: values, masks and keys of up to 64 bytes, and a little above.
 *
 * nft treats what a register holds as one unsigned number of any length; decoding its byte code
 * needs the same arithmetic. Nothing here fails: what does not fit is cut off at the top.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SAL_NFT_NUM_WORDS 9
#define SAL_NFT_NUM_BYTES (SAL_NFT_NUM_WORDS * 8)
#define SAL_NFT_NUM_BITS  (SAL_NFT_NUM_BYTES * 8)

struct sal_nft_num {
	uint64_t w[SAL_NFT_NUM_WORDS]; /* the lowest word first */
};

enum sal_nft_order { /* how a value's bytes lie */
		     SAL_NFT_ORDER_NONE, /* unsaid: read as big endian */
		     SAL_NFT_ORDER_HOST,
		     SAL_NFT_ORDER_BIG,
};

/* len bytes in that order; more than fit: the lowest ones count. */
void sal_nft_num_read(struct sal_nft_num *ret_num, const void *data, size_t len,
		      enum sal_nft_order order);
void sal_nft_num_write(const struct sal_nft_num *num, void *data, size_t len,
		       enum sal_nft_order order);
/* Reverses the order of the lowest len bytes; what stood above them is gone. */
void sal_nft_num_reverse(struct sal_nft_num *num, size_t len);

void sal_nft_num_set(struct sal_nft_num *num, uint64_t value);
void sal_nft_num_ones(struct sal_nft_num *num, unsigned bits); /* 2^bits - 1 */
void sal_nft_num_shift_left(struct sal_nft_num *num, unsigned bits);
void sal_nft_num_shift_right(struct sal_nft_num *num, unsigned bits);
void sal_nft_num_and(struct sal_nft_num *num, const struct sal_nft_num *other);
void sal_nft_num_or(struct sal_nft_num *num, const struct sal_nft_num *other);
void sal_nft_num_xor(struct sal_nft_num *num, const struct sal_nft_num *other);
void sal_nft_num_add(struct sal_nft_num *num, const struct sal_nft_num *other);
void sal_nft_num_subtract(struct sal_nft_num *num, const struct sal_nft_num *other);

int sal_nft_num_compare(const struct sal_nft_num *a, const struct sal_nft_num *b);
bool sal_nft_num_is_zero(const struct sal_nft_num *num);
bool sal_nft_num_fits_u64(const struct sal_nft_num *num);
unsigned sal_nft_num_count(const struct sal_nft_num *num); /* bits that are set */

/* The first bit at or above from that is set, or clear; SAL_NFT_NUM_BITS when there is none. */
unsigned sal_nft_num_find_one(const struct sal_nft_num *num, unsigned from);
unsigned sal_nft_num_find_zero(const struct sal_nft_num *num, unsigned from);
