/*
 * journal.h - the append-only file in front of the registries.
 *
 * A record is one line, "sal1 SEQ LENGTH CRC JSON\n": sixteen, eight and eight hexadecimal digits,
 * the checksum (CRC-32C) over "SEQ LENGTH" and the JSON text, which holds no newline. Sequence
 * numbers only grow, also from one file to the next. Not thread-safe: store.c locks.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/buf.h"
#include "base/error.h"

struct sal_journal {
	int dir; /* the state folder, borrowed */
	int fd;
	uint64_t seq; /* of the last record */
	off_t end; /* behind the last good record */
	off_t owed; /* bytes that must fit behind it: end records of open intents */
	off_t room; /* allocated up to here */
	bool broken; /* a bad end could not be cut off: nothing more is appended */
};

#define SAL_JOURNAL_MAX (256 << 20) /* a longer one is not read */

/* Gets each good record in order. A negative result ends the walk with it. */
typedef int sal_journal_each(uint64_t seq, const char *json, size_t len, void *ctx,
			     struct sal_error *err);

/*
 * Opens the journal, or makes one. Every good record goes to the callback; a bad region with good
 * records behind it is passed over, said in problems (an array of strings), and the file kept as
 * journal.damaged-TIME; a bad end is cut off. SAL_UNSUPPORTED when it is of a newer version.
 */
int sal_journal_open(struct sal_journal *journal, int dir, sal_journal_each *each, void *ctx,
		     json_t *problems, struct sal_error *err);
void sal_journal_close(struct sal_journal *journal); /* a zeroed struct, or fd -1, is legal */

/*
 * Appends a record; it is the process's, not yet the disk's. With owe > 0 so many further bytes are
 * allocated for records that must not fail for want of room; owe < 0 gives them back. On failure
 * nothing is there: a part that was written is cut off.
 */
int sal_journal_append(struct sal_journal *journal, const char *json, size_t len, off_t owe,
		       struct sal_error *err);

/* A new, empty journal takes the place of the old one, durably. The number goes on. */
int sal_journal_renew(struct sal_journal *journal, struct sal_error *err);

/*
 * The walk over a journal's text, pure and fuzzed. *ret_end is where the last good record ends;
 * skipped() gets each bad region that has a good record behind it.
 */
int sal_journal_walk(const char *text, size_t len, sal_journal_each *each,
		     void (*skipped)(size_t from, size_t to, void *ctx), void *ctx, size_t *ret_end,
		     struct sal_error *err);

/* The record's line into buf. */
void sal_journal_format(struct sal_buf *buf, uint64_t seq, const char *json, size_t len);

/* Keeps a damaged file of the folder under another name; says so in problems. */
void sal_state_quarantine(int dir, const char *name, bool keep, const char *why, json_t *problems);
