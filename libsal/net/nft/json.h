/*
 * json.h - expressions and statements as libnftables-json(5) has them.
 *
 * They write whole values; commas and brackets around them are the caller's.
 */
#pragma once

#include "net/nft/ruleset.h"

void sal_nft_expr_write(struct sal_nft_writer *writer, const struct sal_nft_expr *expr);
/* A value by its type: a number, a name, an address. */
void sal_nft_value_write(struct sal_nft_writer *writer, const struct sal_nft_expr *value,
			 bool numeric);
void sal_nft_stmt_write(struct sal_nft_writer *writer, const struct sal_nft_stmt *stmt);
/* The statement's object without its braces. */
void sal_nft_stmt_members_write(struct sal_nft_writer *writer, const struct sal_nft_stmt *stmt);

/* Pieces of JSON. */
static inline void sal_nft_put(struct sal_nft_writer *writer, const char *json)
{
	sal_buf_puts(writer->out, json);
}

/* key is ready-made: "\"name\":" with what precedes it; the value is quoted. */
void sal_nft_put_string(struct sal_nft_writer *writer, const char *key, const char *value);
void sal_nft_put_number(struct sal_nft_writer *writer, const char *key, uint64_t value);
/* An expression behind a ready-made key. */
void sal_nft_put_expr(struct sal_nft_writer *writer, const char *key,
		      const struct sal_nft_expr *expr);
/* ,"flags":"one" or ,"flags":["one","two"]; nothing when none of the bits is set. */
struct sal_nft_flag_name {
	uint32_t bit;
	const char *name;
};
bool sal_nft_put_flags(struct sal_nft_writer *writer, const char *key, uint32_t flags,
		       const struct sal_nft_flag_name *names, size_t n, bool always_array);
/* The bytes of an attribute as hexadecimal digits, quoted. */
void sal_nft_put_hex(struct sal_nft_writer *writer, const char *key, const struct nlattr *a);
/* 2048 is 2 and "kbytes". */
const char *sal_nft_unit(uint64_t bytes, uint64_t *ret_value);
/* "second", "minute" ... */
const char *sal_nft_per(uint64_t seconds);
/* What objects of that type are called; "unknown" */
const char *sal_nft_object_name(uint32_t type);
