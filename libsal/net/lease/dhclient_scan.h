/*
 * dhclient_scan.h - the words and statements of dhclient's lease files. Pure.
 *
 * The grammar is that of dhcpd.conf(5): words and quoted strings, ended by ';', or followed by a
 * block in braces; commas stand between values; '#' begins a comment. Used by dhclient.c.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"

#define SAL_DHCLIENT_WORDS 320 /* of a statement: an option has at most 255 numbers */

struct sal_dhclient_word {
	const char *text; /* escapes resolved; a NUL behind it, and maybe inside */
	size_t len;
	bool quoted;
};

struct sal_dhclient_statement {
	struct sal_dhclient_word words[SAL_DHCLIENT_WORDS];
	size_t n;
	unsigned line; /* on which it begins */
	char end; /* ';', '{' or '}'; 0: the file ended within it */
	bool broken; /* too many words, or no ';' before '}' */
};

struct sal_dhclient_scan {
	struct sal_arena *arena;
	const char *at, *end;
	unsigned line;
};

/* The next statement; false at the end of the file. A '}' is a statement without words. */
bool sal_dhclient_next(struct sal_dhclient_scan *scan,
		       struct sal_dhclient_statement *ret_statement);
/* Whether word i is this one, unquoted. */
bool sal_dhclient_is(const struct sal_dhclient_statement *statement, size_t i, const char *word);
