/*
 * test_arena.c - arenas: alignment, growth, blocks of their own, mark and reset.
 *
 * Run under ASan this also proves that pieces do not overlap and that nothing leaks.
 */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdalign.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <cmocka.h>

#include "base/arena.h"

static void test_pieces(void **state)
{
	static const size_t sizes[] = { 0,    1,    15,	  16,	17,    200,   4000,
					4097, 8192, 5000, 1000, 99999, 70000, 300000 };
	struct {
		unsigned char *p;
		size_t size;
	} pieces[40 * SAL_ARRAY_LEN(sizes)];
	struct sal_arena arena;
	size_t n = 0;

	sal_arena_init(&arena);
	for (int round = 0; round < 40; round++) {
		for (size_t i = 0; i < SAL_ARRAY_LEN(sizes); i++, n++) {
			pieces[n].p = sal_arena_alloc(&arena, sizes[i]);
			pieces[n].size = sizes[i];
			assert_non_null(pieces[n].p);
			assert_int_equal((uintptr_t)pieces[n].p % alignof(max_align_t), 0);
			if (sizes[i])
				memset(pieces[n].p, (int)(n & 0xff), sizes[i]);
		}
	}
	for (size_t i = 0; i < n; i++) {
		for (size_t k = 0; k < pieces[i].size; k++) {
			if (pieces[i].p[k] != (i & 0xff))
				fail_msg("piece %zu overwritten at %zu", i, k);
		}
	}
	sal_arena_done(&arena);
	assert_null(arena.head);
	assert_null(arena.spare);
	assert_non_null(sal_arena_alloc(&arena, 0)); /* empty again, and usable */
	sal_arena_done(&arena);
}

static void test_helpers(void **state)
{
	struct sal_arena arena;
	char *text;
	unsigned *zeros;

	sal_arena_init(&arena);
	memset(sal_arena_alloc(&arena, 4000), 0xff, 4000);
	sal_arena_reset(&arena, (struct sal_arena_mark){ 0 });
	zeros = sal_arena_array(&arena, 900, sizeof(*zeros)); /* where the 0xff were */
	for (int i = 0; i < 900; i++)
		assert_int_equal(zeros[i], 0);
	assert_string_equal(sal_arena_strdup(&arena, "eth0"), "eth0");
	assert_string_equal(sal_arena_strndup(&arena, "eth0.100", 4), "eth0");
	assert_string_equal(sal_arena_strndup(&arena, "eth0", 100), "eth0");
	assert_string_equal(sal_arena_strndup(&arena, "eth0", 0), "");
	assert_memory_equal(sal_arena_dup(&arena, "a\0b", 3), "a\0b", 3);
	assert_non_null(sal_arena_dup(&arena, NULL, 0));
	assert_string_equal(sal_arena_printf(&arena, "%s-%d", "x", 7), "x-7");
	for (int len = 250; len < 260; len++) { /* both sides of the size formatted at once */
		text = sal_arena_printf(&arena, "%0*d", len, 5);
		assert_int_equal(strlen(text), len);
		assert_int_equal(text[len - 1], '5');
	}
	sal_arena_done(&arena);
}

static void test_reset_is_flat(void **state)
{
	struct sal_arena arena;
	struct sal_arena_mark mark;
	char *kept, *first = NULL;

	sal_arena_init(&arena);
	kept = sal_arena_strdup(&arena, "kept");
	sal_arena_alloc(&arena, 3900);
	sal_arena_alloc(&arena, 3900);
	mark = sal_arena_mark(&arena);
	for (int i = 0; i < 10000; i++) {
		char *piece = sal_arena_alloc(&arena, 100);

		memset(piece, i, 100);
		sal_arena_alloc(&arena, 4000); /* does not fit any more: a second block */
		sal_arena_alloc(&arena, 1000000);
		if (!first)
			first = piece;
		assert_ptr_equal(piece, first);
		sal_arena_reset(&arena, mark);
		assert_ptr_equal(arena.head, mark.head);
		assert_non_null(arena.spare); /* the second block waits; the large one is gone */
	}
	assert_string_equal(kept, "kept");
	sal_arena_done(&arena);
}

static void test_mark_with_own_blocks(void **state)
{
	struct sal_arena arena;
	struct sal_arena_mark empty, inner;
	char *before, *large, *small;

	sal_arena_init(&arena);
	empty = sal_arena_mark(&arena);
	before = sal_arena_strdup(&arena, "before");
	large = sal_arena_alloc(&arena, 500000);
	memset(large, 'l', 500000);
	inner = sal_arena_mark(&arena);
	small = sal_arena_strdup(&arena, "small");
	/* the large one did not end the block that small pieces are cut from */
	assert_in_range((uintptr_t)small, (uintptr_t)before, (uintptr_t)before + 64);
	for (int i = 0; i < 100; i++)
		memset(sal_arena_alloc(&arena, 3000), 's', 3000);
	sal_arena_alloc(&arena, 500000);
	sal_arena_reset(&arena, inner);
	assert_ptr_equal(sal_arena_strdup(&arena, "again"), small);
	assert_string_equal(before, "before");
	assert_int_equal(large[499999], 'l');
	sal_arena_reset(&arena, empty);
	assert_null(arena.head);
	assert_non_null(sal_arena_zalloc(&arena, 5000));
	sal_arena_done(&arena);
}

/* Pieces just too large to share, in number: each in its own block, found and freed. */
static void test_many_own_blocks(void **state)
{
	struct sal_arena arena;
	struct sal_arena_mark mark;
	char *small;

	sal_arena_init(&arena);
	for (int i = 0; i < 20000; i++)
		memset(sal_arena_alloc(&arena, 5000), i, 5000);
	mark = sal_arena_mark(&arena);
	assert_null(mark.at); /* nothing to cut from so far */
	small = sal_arena_strdup(&arena, "small");
	sal_arena_reset(&arena, mark);
	assert_null(arena.at);
	assert_ptr_equal(sal_arena_strdup(&arena, "small"), small);
	sal_arena_done(&arena);
}

/* What cannot be had ends the process, whether the sum overflows or malloc says no. */
static void oom_expect(size_t n, size_t size)
{
	struct rlimit no_core = { 0 };
	int status;
	pid_t pid = fork();

	if (!pid) {
		struct sal_arena arena;

		setrlimit(RLIMIT_CORE, &no_core);
		signal(SIGABRT, SIG_DFL);
		fclose(stderr);
		sal_arena_init(&arena);
		sal_arena_array(&arena, n, size);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
}

static void test_oom(void **state)
{
	oom_expect(SIZE_MAX / 2, 3);
	oom_expect(1, SIZE_MAX);
	oom_expect(1, SIZE_MAX / 4 + 2);
}

static void test_size(void **state)
{
	struct sal_arena arena;
	struct sal_arena_mark mark;
	size_t before;

	(void)state;
	sal_arena_init(&arena);
	assert_int_equal(sal_arena_size(&arena), 0);
	sal_arena_alloc(&arena, 1);
	before = sal_arena_size(&arena);
	assert_true(before >= 1);
	mark = sal_arena_mark(&arena);
	sal_arena_alloc(&arena, 1000000);
	assert_true(sal_arena_size(&arena) >= before + 1000000);
	sal_arena_reset(&arena, mark);
	assert_true(sal_arena_size(&arena) < before + 1000000);
	sal_arena_done(&arena);
	assert_int_equal(sal_arena_size(&arena), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_size),
		cmocka_unit_test(test_pieces),		cmocka_unit_test(test_helpers),
		cmocka_unit_test(test_reset_is_flat),	cmocka_unit_test(test_mark_with_own_blocks),
		cmocka_unit_test(test_many_own_blocks), cmocka_unit_test(test_oom),
	};

	return cmocka_run_group_tests_name("arena", tests, NULL, NULL);
}
