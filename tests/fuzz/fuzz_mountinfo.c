/*
 * fuzz_mountinfo.c - any bytes as a mount table, and as the texts that come with it (P9).
 *
 * Every string of every mount found is read to its end, so that a parser that runs past the text,
 * or hands out a stale pointer, is seen by the sanitizers.
 */
#include <stdint.h>
#include <string.h>

#include "kernel/mnt.h"
#include "kernel/sysfs.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static volatile size_t sink;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sal_mnt_table table;
	struct sal_arena arena;
	struct sal_mnt mnt;
	const char *value;

	sal_arena_init(&arena);
	sal_mnt_table_set(&table, (const char *)data, size);
	while (sal_mnt_next(&table, &mnt)) {
		const char *options = sal_mnt_options(&arena, mnt.vfs_options, mnt.fs_options);

		if (mnt.id < 0 || mnt.parent < 0)
			__builtin_trap();
		if (strlen(options) > strlen(mnt.vfs_options) + strlen(mnt.fs_options) + 4)
			__builtin_trap();
		sink += strlen(mnt.fsroot) + strlen(mnt.target) + strlen(mnt.fstype) +
			strlen(mnt.source) + (mnt.opt_fields ? strlen(mnt.opt_fields) : 0) +
			sal_mnt_is_pseudo(mnt.fstype);
	}
	sal_mnt_table_done(&table);
	value = sal_sysfs_udev_property(&arena, sal_arena_strndup(&arena, (const char *)data, size),
					"ID_FS_LABEL_ENC");
	if (value) {
		sal_sysfs_udev_decode((char *)value);
		sink += strlen(value);
	}
	sal_arena_done(&arena);
	return 0;
}
