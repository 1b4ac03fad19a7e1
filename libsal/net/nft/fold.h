/*
 * fold.h - from what the kernel does to what was written: fields by name, implied matches left out.
 *
 * nft adds matches that make others safe (`meta l4proto tcp` before `tcp dport`), merges loads of
 * neighbouring fields, masks those that are no whole bytes, and turns byte orders. All of that is
 * undone here, statement by statement, by what the ones before have said of the packet's headers.
 * The rules for it are nft 1.0.6's, whose answers are ours.
 */
#pragma once

#include "net/nft/ast.h"

#define SAL_NFT_STACKED 16 /* headers on the link layer, one in the other */

struct sal_nft_fold {
	struct sal_arena *arena;
	struct sal_nft_stmts *stmts;
	struct sal_nft_stmt *stmt; /* the one at hand; NULL once it has been replaced */
	uint8_t family; /* of the table */
	bool in_concat, in_elem; /* masks are undone at once there */

	/* which header each layer is known to have */
	const struct sal_nft_header *headers[SAL_NFT_LAYERS];
	const struct sal_nft_header *stacked[SAL_NFT_STACKED];
	unsigned nstacked;
	uint8_t icmp_type; /* 0: not matched */

	/* matches that a later one may make superfluous, by the layer they tell of */
	struct sal_nft_stmt *dependencies[SAL_NFT_LAYERS];
	struct sal_nft_stmt *prev; /* the statement before, if a range may be made with it */
	uint8_t dependency_icmp_type;
};

/* Folds the statements of one rule. */
void sal_nft_fold_rule(struct sal_arena *arena, uint8_t family, struct sal_nft_stmts *stmts);

void sal_nft_fold_expr(struct sal_nft_fold *fold, struct sal_nft_expr **expr);
void sal_nft_fold_relation(struct sal_nft_fold *fold, struct sal_nft_expr **expr);
/* Takes a mask off a header field or option, if that is what it was put on for. */
void sal_nft_fold_mask(struct sal_nft_fold *fold, struct sal_nft_expr *outer,
		       struct sal_nft_expr **masked);
/* A header field that is set: with the bits around it kept as they are. */
void sal_nft_fold_payload_set(struct sal_nft_fold *fold, struct sal_nft_stmt *stmt);

/* fold_header.c: fields. */

/* Gives a raw load its field's name and type, if the headers known so far have one there. */
void sal_nft_fold_field(struct sal_nft_fold *fold, struct sal_nft_expr *payload);
/* A load of whole bytes with a mask: narrows it to the field under the mask, true if there is one. */
bool sal_nft_fold_trim(struct sal_nft_fold *fold, struct sal_nft_expr *payload,
		       const struct sal_nft_expr *mask, unsigned *ret_shift);
/* The comparison of a load: of several neighbouring fields when nft has merged them. */
void sal_nft_fold_payload_match(struct sal_nft_fold *fold, struct sal_nft_expr *relation,
				struct sal_nft_expr *payload);
/* What a comparison says of the headers that follow. */
void sal_nft_fold_learn(struct sal_nft_fold *fold, const struct sal_nft_expr *relation);

/* fold_dependency.c: matches that are implied by later ones. */

void sal_nft_fold_depend(struct sal_nft_fold *fold, struct sal_nft_stmt *stmt, unsigned layer);
struct sal_nft_expr *sal_nft_fold_dependency(const struct sal_nft_fold *fold, unsigned layer);
void sal_nft_fold_release(struct sal_nft_fold *fold, unsigned layer);
/* A field of a header implies the match that said there is one. */
void sal_nft_fold_payload_implies(struct sal_nft_fold *fold, const struct sal_nft_expr *payload);
void sal_nft_fold_exthdr_implies(struct sal_nft_fold *fold, const struct sal_nft_expr *exthdr);
/* Whether a comparison of meta or ct implies the match that came before on its layer. */
bool sal_nft_fold_meta_implies(const struct sal_nft_fold *fold,
			       const struct sal_nft_expr *relation);
void sal_nft_fold_forget(struct sal_nft_fold *fold);
