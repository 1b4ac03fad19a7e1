/* collect.h - asks the kernel for a ruleset, all of it of one generation. */
#pragma once

#include "net/nft/ruleset.h"

struct sal_nft_filter {
	uint8_t family; /* NFPROTO_*; 0: any */
	const char *table, *chain; /* NULL: any */
	bool elements; /* of sets that have a name */
};

/*
 * Fills the ruleset, which is empty, with what the filter lets through; sets without a name come
 * whole in any case, since rules are made of them. Taken again if it changed meanwhile; after a few
 * times it stays as it is, and *ret_consistent is false. SAL_LIMIT beyond 64 MiB, SAL_UNSUPPORTED
 * where the kernel has no nf_tables.
 */
int sal_nft_collect(struct sal_nft_ruleset *ruleset, const struct sal_nft_filter *filter,
		    bool *ret_consistent, struct sal_error *err);
