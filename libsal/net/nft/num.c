/* num.c - see num.h. */
#include "net/nft/num.h"

#include <string.h>

#include "base/macros.h"

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "words are read as little-endian bytes");

void sal_nft_num_read(struct sal_nft_num *ret_num, const void *data, size_t len,
		      enum sal_nft_order order)
{
	const uint8_t *bytes = data;
	uint8_t *to = (uint8_t *)ret_num->w;
	size_t n = SAL_MIN(len, SAL_NFT_NUM_BYTES);

	memset(ret_num, 0, sizeof(*ret_num));
	if (order == SAL_NFT_ORDER_HOST) {
		memcpy(to, bytes, n);
		return;
	}
	for (size_t i = 0; i < n; i++)
		to[i] = bytes[len - 1 - i];
}

void sal_nft_num_write(const struct sal_nft_num *num, void *data, size_t len,
		       enum sal_nft_order order)
{
	const uint8_t *from = (const uint8_t *)num->w;
	uint8_t *bytes = data;
	size_t n = SAL_MIN(len, SAL_NFT_NUM_BYTES);

	memset(bytes, 0, len);
	if (order == SAL_NFT_ORDER_HOST) {
		memcpy(bytes, from, n);
		return;
	}
	for (size_t i = 0; i < n; i++)
		bytes[len - 1 - i] = from[i];
}

void sal_nft_num_reverse(struct sal_nft_num *num, size_t len)
{
	uint8_t bytes[SAL_NFT_NUM_BYTES];

	len = SAL_MIN(len, SAL_NFT_NUM_BYTES);
	sal_nft_num_write(num, bytes, len, SAL_NFT_ORDER_BIG);
	sal_nft_num_read(num, bytes, len, SAL_NFT_ORDER_HOST);
}

void sal_nft_num_set(struct sal_nft_num *num, uint64_t value)
{
	memset(num, 0, sizeof(*num));
	num->w[0] = value;
}

void sal_nft_num_ones(struct sal_nft_num *num, unsigned bits)
{
	memset(num, 0, sizeof(*num));
	for (unsigned i = 0; i < SAL_NFT_NUM_WORDS && bits; i++) {
		num->w[i] = bits >= 64 ? UINT64_MAX : (1ULL << bits) - 1;
		bits -= SAL_MIN(bits, 64U);
	}
}

void sal_nft_num_shift_left(struct sal_nft_num *num, unsigned bits)
{
	unsigned words = bits / 64, rest = bits % 64;

	for (unsigned i = SAL_NFT_NUM_WORDS; i-- > 0;) {
		uint64_t high = i >= words ? num->w[i - words] : 0;
		uint64_t low = i > words ? num->w[i - words - 1] : 0;

		num->w[i] = rest ? high << rest | low >> (64 - rest) : high;
	}
}

void sal_nft_num_shift_right(struct sal_nft_num *num, unsigned bits)
{
	size_t words = bits / 64, rest = bits % 64;

	for (size_t i = 0; i < SAL_NFT_NUM_WORDS; i++) {
		uint64_t low = i + words < SAL_NFT_NUM_WORDS ? num->w[i + words] : 0;
		uint64_t high = i + words + 1 < SAL_NFT_NUM_WORDS ? num->w[i + words + 1] : 0;

		num->w[i] = rest ? low >> rest | high << (64 - rest) : low;
	}
}

void sal_nft_num_and(struct sal_nft_num *num, const struct sal_nft_num *other)
{
	for (unsigned i = 0; i < SAL_NFT_NUM_WORDS; i++)
		num->w[i] &= other->w[i];
}

void sal_nft_num_or(struct sal_nft_num *num, const struct sal_nft_num *other)
{
	for (unsigned i = 0; i < SAL_NFT_NUM_WORDS; i++)
		num->w[i] |= other->w[i];
}

void sal_nft_num_xor(struct sal_nft_num *num, const struct sal_nft_num *other)
{
	for (unsigned i = 0; i < SAL_NFT_NUM_WORDS; i++)
		num->w[i] ^= other->w[i];
}

void sal_nft_num_add(struct sal_nft_num *num, const struct sal_nft_num *other)
{
	bool carry = false;

	for (unsigned i = 0; i < SAL_NFT_NUM_WORDS; i++) {
		uint64_t sum = num->w[i] + other->w[i];
		bool over = sum < other->w[i];

		num->w[i] = sum + carry;
		carry = over || num->w[i] < sum;
	}
}

void sal_nft_num_subtract(struct sal_nft_num *num, const struct sal_nft_num *other)
{
	bool borrow = false;

	for (unsigned i = 0; i < SAL_NFT_NUM_WORDS; i++) {
		uint64_t difference = num->w[i] - other->w[i];
		bool under = num->w[i] < other->w[i];

		num->w[i] = difference - borrow;
		borrow = under || difference < borrow;
	}
}

int sal_nft_num_compare(const struct sal_nft_num *a, const struct sal_nft_num *b)
{
	for (unsigned i = SAL_NFT_NUM_WORDS; i-- > 0;) {
		if (a->w[i] != b->w[i])
			return a->w[i] < b->w[i] ? -1 : 1;
	}
	return 0;
}

bool sal_nft_num_is_zero(const struct sal_nft_num *num)
{
	return !num->w[0] && sal_nft_num_fits_u64(num);
}

bool sal_nft_num_fits_u64(const struct sal_nft_num *num)
{
	for (unsigned i = 1; i < SAL_NFT_NUM_WORDS; i++) {
		if (num->w[i])
			return false;
	}
	return true;
}

unsigned sal_nft_num_count(const struct sal_nft_num *num)
{
	unsigned n = 0;

	for (unsigned i = 0; i < SAL_NFT_NUM_WORDS; i++)
		n += (unsigned)__builtin_popcountll(num->w[i]);
	return n;
}

static unsigned bit_find(const struct sal_nft_num *num, unsigned from, uint64_t flip)
{
	for (unsigned i = from / 64; i < SAL_NFT_NUM_WORDS; i++) {
		uint64_t word = num->w[i] ^ flip;

		if (i == from / 64)
			word &= UINT64_MAX << (from % 64);
		if (word)
			return i * 64 + (unsigned)__builtin_ctzll(word);
	}
	return SAL_NFT_NUM_BITS;
}

unsigned sal_nft_num_find_one(const struct sal_nft_num *num, unsigned from)
{
	return bit_find(num, from, 0);
}

unsigned sal_nft_num_find_zero(const struct sal_nft_num *num, unsigned from)
{
	return bit_find(num, from, UINT64_MAX);
}
