/*
 * test_sysfs.c - small files: present, absent, empty, long, vanished; numbers; links; udev's text.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/macros.h"
#include "kernel/sysfs.h"

static int dir;
static char root[] = "/tmp/sal-sysfs-XXXXXX";
static struct sal_arena arena;

static void put(const char *name, const char *text, size_t len)
{
	int fd = openat(dir, name, O_WRONLY | O_CREAT | O_TRUNC, 0644);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, len), len);
	close(fd);
}

static int setup(void **state)
{
	sal_arena_init(&arena);
	assert_non_null(mkdtemp(root));
	dir = sal_sysfs_open(AT_FDCWD, root);
	return dir < 0;
}

static int teardown(void **state)
{
	char command[64];

	close(dir);
	sal_arena_done(&arena);
	snprintf(command, sizeof(command), "rm -rf %s", root);
	return system(command);
}

static void test_read(void **state)
{
	char buf[8], *long_text = malloc(10000);

	put("plain", "abc\n", 4);
	assert_int_equal(sal_sysfs_read(dir, "plain", buf, sizeof(buf)), 3);
	assert_string_equal(buf, "abc");
	put("padded", "ab  \n", 5);
	assert_string_equal(sal_sysfs_string(&arena, dir, "padded"), "ab  ");
	put("cut", "0123456789", 10);
	assert_int_equal(sal_sysfs_read(dir, "cut", buf, sizeof(buf)), 7);
	assert_string_equal(buf, "0123456");
	put("empty", "", 0);
	assert_int_equal(sal_sysfs_read(dir, "empty", buf, sizeof(buf)), 0);
	assert_null(sal_sysfs_string(&arena, dir, "empty"));
	put("newline", "\n", 1);
	assert_null(sal_sysfs_string(&arena, dir, "newline"));
	/* K5: it was listed a moment ago and is gone now. */
	assert_int_equal(sal_sysfs_read(dir, "gone", buf, sizeof(buf)), -1);
	assert_null(sal_sysfs_string(&arena, dir, "gone"));
	assert_int_equal(sal_sysfs_read(-1, "gone", buf, sizeof(buf)), -1);
	assert_null(sal_sysfs_string(&arena, dir, "."));
	memset(long_text, 'x', 10000);
	put("long", long_text, 10000);
	assert_int_equal(strlen(sal_sysfs_string(&arena, dir, "long")), SAL_SYSFS_TEXT - 1);
	free(long_text);
}

static void test_numbers(void **state)
{
	static const struct {
		const char *text;
		bool is_u64, is_i64;
		uint64_t value;
	} cases[] = {
		{ "0\n", true, true, 0 },
		{ "18446744073709551615\n", true, false, UINT64_MAX },
		{ "18446744073709551616\n", false, false, 0 },
		{ "-1\n", false, true, (uint64_t)-1 },
		{ "12 \n", false, false, 0 },
		{ "0x10\n", false, false, 0 },
		{ "\n", false, false, 0 },
		{ "", false, false, 0 },
		{ "n/a\n", false, false, 0 },
	};

	for (size_t i = 0; i < SAL_ARRAY_LEN(cases); i++) {
		uint64_t u64 = 77;
		int64_t i64 = 77;

		put("number", cases[i].text, strlen(cases[i].text));
		assert_int_equal(sal_sysfs_u64(dir, "number", &u64), cases[i].is_u64);
		assert_int_equal(u64, cases[i].is_u64 ? cases[i].value : 77);
		assert_int_equal(sal_sysfs_i64(dir, "number", &i64), cases[i].is_i64);
		assert_int_equal(i64, cases[i].is_i64 ? (int64_t)cases[i].value : 77);
	}
}

static void test_folders_and_links(void **state)
{
	struct sal_strings names;

	assert_int_equal(mkdirat(dir, "folder", 0755), 0);
	names = sal_sysfs_names(&arena, dir, "folder");
	assert_int_equal(names.len, 0);
	for (int i = 0; i < 100; i++)
		put(sal_arena_printf(&arena, "folder/f%d", i), "", 0);
	names = sal_sysfs_names(&arena, dir, "folder");
	assert_int_equal(names.len, 100);
	for (size_t i = 0; i < names.len; i++)
		assert_int_equal(*names.items[i], 'f');
	assert_int_equal(sal_sysfs_names(&arena, dir, "gone").len, 0);
	assert_int_equal(symlinkat("../../devices/x/sda", dir, "link"), 0);
	assert_string_equal(sal_sysfs_link(&arena, dir, "link"), "../../devices/x/sda");
	assert_string_equal(sal_sysfs_link_name(&arena, dir, "link"), "sda");
	assert_null(sal_sysfs_link(&arena, dir, "folder"));
	assert_null(sal_sysfs_link_name(&arena, dir, "gone"));
}

static void test_slurp(void **state)
{
	struct sal_buf buf = SAL_BUF_EMPTY;
	size_t size = 300000;
	char *text = malloc(size);

	memset(text, 'y', size);
	put("large", text, size);
	assert_int_equal(sal_sysfs_slurp(&buf, dir, "large", size), 0);
	assert_int_equal(buf.len, size);
	sal_buf_done(&buf);
	assert_int_equal(sal_sysfs_slurp(&buf, dir, "large", size - 1), -EFBIG);
	sal_buf_done(&buf);
	assert_int_equal(sal_sysfs_slurp(&buf, dir, "gone", size), -ENOENT);
	sal_buf_done(&buf);
	free(text);
}

static void test_udev(void **state)
{
	const char *file = "S:x\nE:ID_FS=no\nE:ID_FS_TYPE=ext4\nE:LAST=a=b";
	char value[] = "a\\x20b\\x2Fc\\xzz\\x2\\";

	assert_string_equal(sal_sysfs_udev_property(&arena, file, "ID_FS_TYPE"), "ext4");
	assert_string_equal(sal_sysfs_udev_property(&arena, file, "LAST"), "a=b");
	assert_null(sal_sysfs_udev_property(&arena, file, "ID_FS_TYP"));
	assert_null(sal_sysfs_udev_property(&arena, file, "x"));
	assert_null(sal_sysfs_udev_property(&arena, NULL, "x"));
	sal_sysfs_udev_decode(value);
	assert_string_equal(value, "a b/c\\xzz\\x2\\");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_read),
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_folders_and_links),
		cmocka_unit_test(test_slurp),
		cmocka_unit_test(test_udev),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
