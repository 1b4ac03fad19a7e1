/*
 * test_vol_mounts.c - mount tables, friendly and hostile (P9), with libmount as the oracle, and
 * filesystems that do not answer.
 */
#include <libmount.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/macros.h"
#include "kernel/job.h"
#include "kernel/mnt.h"
#include "kernel/sysfs.h"

static const char friendly[] =
	"22 27 0:21 / /proc rw,relatime shared:5 - proc proc rw\n"
	"27 1 254:0 / / rw,relatime - ext4 /dev/vda rw,discard\n"
	"36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 propagate_from:7 - ext3 /dev/root "
	"rw,errors=continue\n"
	"40 27 0:40 / /with\\040space rw - tmpfs a\\040b rw\n"
	"41 27 0:41 / /new\\012line ro - tmpfs none rw\n"
	"42 27 0:42 / /tab\\011and\\134slash rw unbindable - fuse.sshfs user@host: ro,user_id=0\n"
	"43 27 0:43 / /\\040-\\040 rw shared:1 master:2 unbindable - tmpfs - rw\n"
	"44 27 0:44 /a\\040-\\040b /- rw - tmpfs tmpfs rw\n"
	"45 27 0:45 / /hash\\043 rw - tmpfs \\043src rw,size=1k\n"
	"47 27 0:47 / /nosource rw - tmpfs  rw\n"
	"48 27 0:48 / /bad\xff\xfe utf8 - tmpfs \xc3\x28 rw\n";

/* Each is alone in front of a good line, which must still be found. */
static const char *const hostile[] = {
	"",
	"x",
	"1",
	"1 2",
	"1 2 3:4",
	"1 2 3:4 /",
	"1 2 3:4 / /",
	"1 2 3:4 / / rw",
	"1 2 3:4 / / rw shared:1",
	"1 2 3:4 / / rw -",
	"1 2 3:4 / / rw - tmpfs",
	"1 2 3:4 / / rw - tmpfs src",
	"-1 2 3:4 / / rw - tmpfs src rw",
	"1 -2 3:4 / / rw - tmpfs src rw",
	"1 2 3 / / rw - tmpfs src rw",
	"1 2 3: / / rw - tmpfs src rw",
	"1 2 :4 / / rw - tmpfs src rw",
	"1 2 3:4x / / rw - tmpfs src rw",
	"99999999999 2 3:4 / / rw - tmpfs src rw",
	"1 2147483648 3:4 / / rw - tmpfs src rw",
	"1 2 3:4  / rw - tmpfs src rw",
	"1 2 3:4 /  rw - tmpfs src rw",
	"1 2 3:4 / / rw shared:1 master:2 tmpfs src rw",
	" - - - - - - - -",
	"\\",
};

static void mnt_check(const struct sal_mnt *mnt, struct libmnt_fs *fs)
{
	assert_int_equal(mnt->id, mnt_fs_get_id(fs));
	assert_int_equal(mnt->parent, mnt_fs_get_parent_id(fs));
	assert_true(makedev(mnt->major, mnt->minor) == mnt_fs_get_devno(fs));
	assert_string_equal(mnt->fsroot, mnt_fs_get_root(fs));
	assert_string_equal(mnt->target, mnt_fs_get_target(fs));
	assert_string_equal(mnt->vfs_options, mnt_fs_get_vfs_options(fs));
	assert_string_equal(mnt->fs_options, mnt_fs_get_fs_options(fs));
	if (mnt_fs_get_optional_fields(fs))
		assert_string_equal(mnt->opt_fields, mnt_fs_get_optional_fields(fs));
	else
		assert_null(mnt->opt_fields);
}

static void test_libmount_agrees(void **state)
{
	char path[] = "/tmp/sal-mountinfo-XXXXXX";
	int fd = mkstemp(path);
	struct libmnt_table *theirs;
	struct libmnt_iter *iter = mnt_new_iter(MNT_ITER_FORWARD);
	struct sal_mnt_table ours;
	struct libmnt_fs *fs;
	struct sal_arena arena;
	struct sal_mnt mnt;
	int n = 0;

	sal_arena_init(&arena);
	assert_int_equal(write(fd, friendly, sizeof(friendly) - 1), sizeof(friendly) - 1);
	close(fd);
	/* The name makes libmount take it for a kernel's table. */
	theirs = mnt_new_table();
	assert_int_equal(mnt_table_parse_file(theirs, path), 0);
	sal_mnt_table_set(&ours, friendly, sizeof(friendly) - 1);
	while (sal_mnt_next(&ours, &mnt)) {
		assert_int_equal(mnt_table_next_fs(theirs, iter, &fs), 0);
		mnt_check(&mnt, fs);
		assert_string_equal(sal_mnt_options(&arena, mnt.vfs_options, mnt.fs_options),
				    mnt_fs_get_options(fs));
		n++;
		assert_string_equal(mnt.fstype, mnt_fs_get_fstype(fs));
		assert_string_equal(mnt.source, mnt_fs_get_source(fs) ? mnt_fs_get_source(fs) : "");
	}
	assert_int_equal(n, 11);
	assert_int_not_equal(mnt_table_next_fs(theirs, iter, &fs), 0);
	sal_mnt_table_done(&ours);
	mnt_unref_table(theirs);
	mnt_free_iter(iter);
	sal_arena_done(&arena);
	unlink(path);
}

static void test_hostile_lines(void **state)
{
	static const char good[] = "5 4 0:5 / /good rw - tmpfs t rw";

	for (size_t i = 0; i < SAL_ARRAY_LEN(hostile); i++) {
		char text[512];
		struct sal_mnt_table table;
		struct sal_mnt mnt;
		int len = snprintf(text, sizeof(text), "%s\n%s", hostile[i], good);

		sal_mnt_table_set(&table, text, len);
		if (!sal_mnt_next(&table, &mnt) || mnt.id != 5)
			fail_msg("after: %s", hostile[i]);
		assert_string_equal(mnt.target, "/good");
		assert_string_equal(mnt.fs_options, "rw");
		assert_false(sal_mnt_next(&table, &mnt));
		assert_false(sal_mnt_next(&table, &mnt));
		sal_mnt_table_done(&table);
	}
}

/* Every cut of a table: what is left of the last line is a mount or none, never more. */
static void test_truncated(void **state)
{
	for (size_t len = 0; len < sizeof(friendly); len++) {
		struct sal_mnt_table table;
		struct sal_mnt mnt;
		int n = 0;

		sal_mnt_table_set(&table, friendly, len);
		while (sal_mnt_next(&table, &mnt))
			n++;
		assert_true(n <= 11);
		sal_mnt_table_done(&table);
	}
}

static void test_octal(void **state)
{
	static const char text[] =
		"1 2 0:3 / /\\400\\08\\1\\000\\377\\134040\\ rw - t \\\\040 rw\n";
	struct sal_mnt_table table;
	struct sal_mnt mnt;

	sal_mnt_table_set(&table, text, sizeof(text) - 1);
	assert_true(sal_mnt_next(&table, &mnt));
	/* Only three octal digits of a byte that is not NUL are an escape, and each once. */
	assert_string_equal(mnt.target, "/\\400\\08\\1\\000\377\\040\\");
	assert_string_equal(mnt.source, "\\ ");
	sal_mnt_table_done(&table);
}

/* P9: 100,000 lines in a moment, one with 100,000 optional fields too. */
static void test_large(void **state)
{
	struct sal_buf text = SAL_BUF_EMPTY;
	struct timespec begin, end;
	struct sal_mnt_table table;
	struct sal_mnt mnt;
	int n = 0;

	for (int i = 0; i < 100000; i++)
		sal_buf_printf(
			&text,
			"%d 1 0:%d / /mnt/\\040-\\040%d rw,relatime shared:%d - tmpfs t rw\n",
			i + 1, i, i, i);
	sal_buf_puts(&text, "100001 1 0:1 / /fields rw");
	for (int i = 0; i < 100000; i++)
		sal_buf_puts(&text, " shared:1");
	sal_buf_puts(&text, " - tmpfs t rw\n");
	sal_mnt_table_set(&table, text.data, text.len);
	clock_gettime(CLOCK_MONOTONIC, &begin);
	while (sal_mnt_next(&table, &mnt)) {
		n++;
		assert_int_equal(mnt.id, n);
	}
	clock_gettime(CLOCK_MONOTONIC, &end);
	assert_int_equal(n, 100001);
	assert_int_equal(strlen(mnt.opt_fields), 100000 * 9 - 1);
	assert_true(end.tv_sec - begin.tv_sec < 10); /* quadratic would be minutes */
	sal_mnt_table_done(&table);
	sal_buf_done(&text);
}

static void test_options(void **state)
{
	static const struct {
		const char *vfs, *fs, *both;
	} cases[] = {
		{ "rw,relatime", "rw,discard", "rw,relatime,discard" },
		{ "ro,relatime", "rw", "ro,relatime" },
		{ "rw", "ro", "ro" },
		{ "rw", "rw", "rw" },
		{ "rw,a", "rw,a", "rw,a" },
		{ "rw,nosuid", "rw,rows=3,rox", "rw,nosuid,rows=3,rox" },
	};
	struct sal_arena arena;

	sal_arena_init(&arena);
	for (size_t i = 0; i < SAL_ARRAY_LEN(cases); i++)
		assert_string_equal(sal_mnt_options(&arena, cases[i].vfs, cases[i].fs),
				    cases[i].both);
	sal_arena_done(&arena);
}

static void test_swaps(void **state)
{
	char root[] = "/tmp/sal-swaps-XXXXXX", path[64];
	struct sal_strings swaps;
	struct sal_arena arena;
	FILE *file;
	int dir;

	sal_arena_init(&arena);
	assert_non_null(mkdtemp(root));
	snprintf(path, sizeof(path), "%s/proc", root);
	assert_int_equal(mkdir(path, 0755), 0);
	strcat(path, "/swaps");
	dir = sal_sysfs_open(-1, root);
	sal_mnt_swaps(&arena, dir, &swaps);
	assert_int_equal(swaps.len, 0);
	file = fopen(path, "w");
	fputs("Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n"
	      "/dev/sda2                               partition\t1\t0\t-2\n"
	      "/swap\\040file\\040(deleted)              file\t\t2\t0\t-3\n",
	      file);
	fclose(file);
	sal_mnt_swaps(&arena, dir, &swaps);
	assert_int_equal(swaps.len, 2);
	assert_string_equal(swaps.items[0], "/dev/sda2");
	assert_string_equal(swaps.items[1], "/swap file (deleted)");
	unlink(path);
	*strrchr(path, '/') = '\0';
	rmdir(path);
	rmdir(root);
	close(dir);
	sal_arena_done(&arena);
}

/* A job that hangs until it is let go; freed counts what was given back. */
static int gate[2], freed;

struct waiter {
	struct sal_job job;
	bool hangs;
	int ran;
};

static void waiter_run(struct sal_job *job)
{
	struct waiter *waiter = SAL_CONTAINER_OF(job, struct waiter, job);
	char byte;

	if (waiter->hangs)
		assert_int_equal(read(gate[0], &byte, 1), 1);
	waiter->ran++;
}

static void waiter_free(struct sal_job *job)
{
	free(SAL_CONTAINER_OF(job, struct waiter, job));
	__atomic_add_fetch(&freed, 1, __ATOMIC_SEQ_CST);
}

static struct sal_job *waiter_new(bool hangs)
{
	struct waiter *waiter = calloc(1, sizeof(*waiter));

	waiter->job.run = waiter_run;
	waiter->job.free = waiter_free;
	waiter->hangs = hangs;
	return &waiter->job;
}

/* D2: three of twenty hang on two threads; the others are done, and nothing is lost or leaked. */
static void test_hanging_jobs(void **state)
{
	struct sal_job *jobs[20];
	int done = 0;

	assert_int_equal(pipe(gate), 0);
	freed = 0;
	for (int i = 0; i < 20; i++)
		jobs[i] = waiter_new(i == 0 || i == 1 || i == 7);
	sal_jobs_run(jobs, 20, 2, 50);
	for (int i = 0; i < 20; i++) {
		if (i == 0 || i == 1 || i == 7) {
			assert_null(jobs[i]);
			continue;
		}
		assert_non_null(jobs[i]);
		assert_int_equal(SAL_CONTAINER_OF(jobs[i], struct waiter, job)->ran, 1);
		sal_job_free(jobs[i]);
		done++;
	}
	assert_int_equal(done, 17);
	assert_int_equal(freed, 17);
	assert_int_equal(write(gate[1], "xxx", 3), 3);
	while (__atomic_load_n(&freed, __ATOMIC_SEQ_CST) < 20)
		usleep(1000);
	close(gate[0]);
	close(gate[1]);
}

/* More hang than threads may: the rest is given up at once, later ones work again. */
static void test_stuck_limit(void **state)
{
	enum { N = SAL_JOB_STUCK_MAX + 40 };
	struct sal_job *jobs[N], *one;

	assert_int_equal(pipe(gate), 0);
	freed = 0;
	for (int i = 0; i < N; i++)
		jobs[i] = waiter_new(true);
	sal_jobs_run(jobs, N, SAL_JOB_STUCK_MAX + 40, 50);
	for (int i = 0; i < N; i++)
		assert_null(jobs[i]);
	one = waiter_new(false);
	sal_jobs_run(&one, 1, 4, 50);
	assert_null(one); /* no thread was to be had */
	for (int i = 0; i < N; i++)
		assert_int_equal(write(gate[1], "x", 1), 1);
	while (__atomic_load_n(&freed, __ATOMIC_SEQ_CST) < N + 1)
		usleep(1000);
	do { /* the last threads are leaving */
		one = waiter_new(false);
		sal_jobs_run(&one, 1, 4, 50);
	} while (!one);
	sal_job_free(one);
	close(gate[0]);
	close(gate[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_libmount_agrees), cmocka_unit_test(test_hostile_lines),
		cmocka_unit_test(test_truncated),	cmocka_unit_test(test_octal),
		cmocka_unit_test(test_large),		cmocka_unit_test(test_options),
		cmocka_unit_test(test_swaps),		cmocka_unit_test(test_hanging_jobs),
		cmocka_unit_test(test_stuck_limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
