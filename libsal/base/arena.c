/*
 * arena.c - memory that dies with its call.
 *
 * A chain of blocks, the newest first; pieces are cut from the newest shared one. A request too
 * large to share gets a block of its own, which takes its place in the chain (so that a reset finds
 * it) but leaves the shared block in use. It never frees a single piece.
 */
#include "base/arena.h"

#include <stdalign.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BLOCK_FIRST   ((size_t)8 << 10)
#define BLOCK_LARGEST ((size_t)256 << 10)

/* Under AddressSanitizer what is not handed out is poisoned, with a gap behind every piece. */
#if defined(__SANITIZE_ADDRESS__)
#define ARENA_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define ARENA_ASAN 1
#endif
#endif
#ifdef ARENA_ASAN
#include <sanitizer/asan_interface.h>
#define PIECE_GAP 16
#else
#define ASAN_POISON_MEMORY_REGION(p, n)	  ((void)(p), (void)(n))
#define ASAN_UNPOISON_MEMORY_REGION(p, n) ((void)(p), (void)(n))
#define PIECE_GAP			  0
#endif

#define PIECE_ALIGN alignof(max_align_t)

struct sal_arena_block {
	alignas(max_align_t) struct sal_arena_block *older;
	struct sal_arena_block *shared; /* where pieces are cut from, as of this block: itself, or
					 * an older one (or NULL) if it holds one piece only */
	size_t size; /* of data */
	alignas(max_align_t) char data[];
};

void sal_oom(void)
{
	static const char words[] = "sal: out of memory\n";

	/* Nothing can be done about a failing write: abort() follows either way. */
	if (write(STDERR_FILENO, words, sizeof(words) - 1) < 0)
		abort();
	abort();
}

static struct sal_arena_block *block_new(size_t size)
{
	struct sal_arena_block *block = malloc(sizeof(*block) + size);

	if (!block)
		sal_oom();
	block->size = size;
	return block;
}

static struct sal_arena_block *block_shared(const struct sal_arena_block *block)
{
	return block ? block->shared : NULL;
}

/* A block that is no longer in the chain: the largest shared one waits for the next need. */
static void block_drop(struct sal_arena *arena, struct sal_arena_block *block)
{
	if (block->shared == block && (!arena->spare || arena->spare->size < block->size)) {
		struct sal_arena_block *smaller = arena->spare;

		arena->spare = block;
		block = smaller;
	}
	free(block);
}

static void arena_push(struct sal_arena *arena, struct sal_arena_block *block,
		       struct sal_arena_block *shared)
{
	block->older = arena->head;
	block->shared = shared;
	arena->head = block;
}

/* The slow path: need is rounded up and does not fit where we are. */
static char *arena_more(struct sal_arena *arena, size_t need)
{
	struct sal_arena_block *block = block_shared(arena->head);
	size_t room = BLOCK_FIRST - sizeof(*block);

	if (block)
		room = SAL_MIN((block->size + sizeof(*block)) * 2, BLOCK_LARGEST) - sizeof(*block);
	if (need > room / 2) {
		struct sal_arena_block *own = block_new(need);

		arena_push(arena, own, block);
		return own->data;
	}

	block = arena->spare;
	if (block && block->size >= need)
		arena->spare = NULL;
	else
		block = block_new(room);
	ASAN_POISON_MEMORY_REGION(block->data, block->size);
	arena_push(arena, block, block);
	arena->at = block->data + need;
	arena->end = block->data + block->size;
	return block->data;
}

void sal_arena_init(struct sal_arena *arena)
{
	*arena = (struct sal_arena){ 0 };
}

void sal_arena_done(struct sal_arena *arena)
{
	while (arena->head) {
		struct sal_arena_block *block = arena->head;

		arena->head = block->older;
		free(block);
	}
	free(arena->spare);
	sal_arena_init(arena);
}

void *sal_arena_alloc(struct sal_arena *arena, size_t size)
{
	size_t need = SAL_MAX(size, 1);
	char *piece = arena->at;

	if (need > PTRDIFF_MAX / 2)
		sal_oom();
	need = (need + PIECE_GAP + PIECE_ALIGN - 1) & ~(PIECE_ALIGN - 1);
	if ((size_t)(arena->end - arena->at) >= need)
		arena->at += need;
	else
		piece = arena_more(arena, need);
	ASAN_UNPOISON_MEMORY_REGION(piece, size);
	return piece;
}

void *sal_arena_zalloc(struct sal_arena *arena, size_t size)
{
	return memset(sal_arena_alloc(arena, size), 0, size);
}

void *sal_arena_array(struct sal_arena *arena, size_t n, size_t size)
{
	size_t total;

	if (__builtin_mul_overflow(n, size, &total))
		sal_oom();
	return sal_arena_zalloc(arena, total);
}

void *sal_arena_room(struct sal_arena *arena, const void *items, size_t len, size_t size)
{
	void *grown;

	if (len & (len - 1))
		return (void *)items;
	grown = sal_arena_array(arena, len ? len * 2 : 1, size);
	if (len)
		memcpy(grown, items, len * size);
	return grown;
}

void *sal_arena_dup(struct sal_arena *arena, const void *p, size_t size)
{
	void *piece = sal_arena_alloc(arena, size);

	if (size)
		memcpy(piece, p, size);
	return piece;
}

char *sal_arena_strdup(struct sal_arena *arena, const char *s)
{
	return sal_arena_dup(arena, s, strlen(s) + 1);
}

char *sal_arena_strndup(struct sal_arena *arena, const char *s, size_t n)
{
	size_t len = strnlen(s, n);
	char *piece = sal_arena_alloc(arena, len + 1);

	memcpy(piece, s, len);
	piece[len] = '\0';
	return piece;
}

char *sal_arena_printf(struct sal_arena *arena, const char *fmt, ...)
{
	char text[256]; /* most texts are formatted once only */
	va_list args;
	char *piece;
	int n;

	va_start(args, fmt);
	n = vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	if (n < 0)
		sal_oom();
	piece = sal_arena_alloc(arena, (size_t)n + 1);
	if ((size_t)n < sizeof(text))
		return memcpy(piece, text, (size_t)n + 1);
	va_start(args, fmt);
	vsnprintf(piece, (size_t)n + 1, fmt, args);
	va_end(args);
	return piece;
}

size_t sal_arena_size(const struct sal_arena *arena)
{
	size_t size = arena->spare ? arena->spare->size : 0;

	for (const struct sal_arena_block *block = arena->head; block; block = block->older)
		size += block->size;
	return size;
}

struct sal_arena_mark sal_arena_mark(const struct sal_arena *arena)
{
	return (struct sal_arena_mark){ .head = arena->head, .at = arena->at };
}

void sal_arena_reset(struct sal_arena *arena, struct sal_arena_mark mark)
{
	struct sal_arena_block *shared = block_shared(mark.head);

	while (arena->head != mark.head) {
		struct sal_arena_block *block = arena->head;

		arena->head = block->older;
		block_drop(arena, block);
	}
	arena->at = mark.at;
	arena->end = shared ? shared->data + shared->size : mark.at;
	ASAN_POISON_MEMORY_REGION(arena->at, (size_t)(arena->end - arena->at));
}
