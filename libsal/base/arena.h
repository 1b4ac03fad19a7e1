/*
 * arena.h - memory that dies with its call.
 *
 * An arena hands out pieces of large blocks and frees them all at once. Mark and reset keep memory
 * flat inside long lists. Not thread-safe: one arena belongs to one call. Memory is bounded by the
 * limits on what comes in; when malloc fails all the same, the process aborts (sal_oom): the
 * journal makes that safe, and half-handled exhaustion would not be.
 */
#pragma once

#include <stddef.h>

#include "base/macros.h"

struct sal_arena_block;

struct sal_arena {
	struct sal_arena_block *head;  /* the newest block; older ones behind it */
	struct sal_arena_block *spare; /* an empty block that a reset left over, or NULL */
	char *at, *end;		       /* what is free in the newest block that is shared */
};

struct sal_arena_mark {
	struct sal_arena_block *head;
	char *at;
};

void sal_arena_init(struct sal_arena *arena);
void sal_arena_done(struct sal_arena *arena); /* frees everything; the arena is empty again */

/* Never NULL; aligned for any type; the z one is zeroed. size 0 gives a valid pointer. */
void *sal_arena_alloc(struct sal_arena *arena, size_t size);
void *sal_arena_zalloc(struct sal_arena *arena, size_t size);
void *sal_arena_array(struct sal_arena *arena, size_t n, size_t size); /* zeroed; n * size checked */
/* The list with room for one element behind its len; it is full at each power of two, and moves then. */
void *sal_arena_room(struct sal_arena *arena, const void *items, size_t len, size_t size);
void *sal_arena_dup(struct sal_arena *arena, const void *p, size_t size);
char *sal_arena_strdup(struct sal_arena *arena, const char *s);
char *sal_arena_strndup(struct sal_arena *arena, const char *s, size_t n); /* stops at NUL */
char *sal_arena_printf(struct sal_arena *arena, const char *fmt, ...) SAL_PRINTF(2, 3);

/* Bytes of all blocks, handed out or not. */
size_t sal_arena_size(const struct sal_arena *arena);

/* Everything allocated after the mark is given back; blocks are kept for reuse where possible. */
struct sal_arena_mark sal_arena_mark(const struct sal_arena *arena);
void sal_arena_reset(struct sal_arena *arena, struct sal_arena_mark mark);

/* Says "out of memory" on stderr and aborts. */
_Noreturn void sal_oom(void);
