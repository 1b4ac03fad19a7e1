/* interval.h - the elements of a set in nft's order, and its intervals put together. See interval.c. */
#pragma once

#include "net/nft/ast.h"

/* Sets without intervals: by value. */
void sal_nft_elements_sort(struct sal_arena *arena, struct sal_nft_expr *list);
/* Sets of intervals: from points where one begins or ends to values, prefixes and ranges. */
void sal_nft_interval_merge(struct sal_arena *arena, struct sal_nft_expr *list);
/* Concatenations of intervals: each pair of a lower and an upper key becomes one element. */
void sal_nft_interval_join(struct sal_arena *arena, struct sal_nft_expr *list);
