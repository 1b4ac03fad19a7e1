/*
 * test_vol_devices.c - block devices read from recorded sysfs trees, against `lsblk --sysroot`.
 *
 * trees/ holds hardware this machine does not have: SATA, SAS, FC, USB, NVMe, md, LVM and LUKS
 * stacks, zoned and hidden devices, names with "!", links that lead nowhere. Each is unpacked and
 * read by us and by lsblk, and every member of every device is compared.
 */
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/field.h"
#include "vol/device.h"

static void folders_make(char *path)
{
	for (char *p = path + 1; (p = strchr(p, '/')); p++) {
		*p = '\0';
		assert_true(!mkdir(path, 0755) || errno == EEXIST);
		*p = '/';
	}
}

static void file_make(const char *path, const char *text)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	for (; *text; text++)
		if (text[0] == '\\' && text[1] == 'n') {
			fputc('\n', file);
			text++;
		} else {
			fputc(*text, file);
		}
	fputc('\n', file);
	fclose(file);
}

/* "d folder", "f file text", "l link target" */
static void tree_unpack(const char *name, char *root)
{
	char path[PATH_MAX], line[PATH_MAX], target[PATH_MAX * 2];
	FILE *tree;

	snprintf(path, sizeof(path), "%s/%s.tree", getenv("SAL_TREES"), name);
	tree = fopen(path, "r");
	if (!tree)
		fail_msg("no %s: set SAL_TREES", path);
	assert_non_null(mkdtemp(root));
	while (fgets(line, sizeof(line), tree)) {
		char *rest = line + 2, *value;

		line[strcspn(line, "\n")] = '\0';
		if (*line == '#')
			continue;
		value = strchr(rest, ' ');
		if (value)
			*value++ = '\0';
		snprintf(target, sizeof(target), "%s/%s", root, rest);
		folders_make(target);
		if (*line == 'd')
			assert_true(!mkdir(target, 0755) || errno == EEXIST);
		else if (*line == 'l')
			assert_int_equal(symlink(value, target), 0);
		else
			file_make(target, value ? value : "");
	}
	fclose(tree);
}

static void tree_remove(const char *root)
{
	char command[PATH_MAX];

	snprintf(command, sizeof(command), "rm -rf '%s'", root);
	assert_int_equal(system(command), 0);
}

static json_t *lsblk(const char *root, const char *options)
{
	char command[PATH_MAX];
	json_t *answer;
	FILE *pipe;

	snprintf(command, sizeof(command), "lsblk --sysroot '%s' -J -b -O %s", root, options);
	pipe = popen(command, "r");
	assert_non_null(pipe);
	answer = json_loadf(pipe, 0, NULL);
	pclose(pipe);
	assert_non_null(answer);
	return answer;
}

/* Every device of lsblk's tree under "name" and "parent>name", without its children. */
static void lsblk_flatten(json_t *devices, const char *parent, json_t *flat)
{
	json_t *device;
	size_t i;

	json_array_foreach (devices, i, device) {
		const char *name = json_string_value(json_object_get(device, "name"));
		char key[256];

		lsblk_flatten(json_object_get(device, "children"), name, flat);
		snprintf(key, sizeof(key), "%s>%s", parent, name);
		json_object_set(flat, key, json_true());
		json_object_set(flat, name, device);
	}
}

static json_t *disk_json(const struct sal_disk *disk)
{
	struct sal_buf buf = SAL_BUF_EMPTY;
	json_t *json;

	sal_encode(&buf, &sal_disk_type, disk);
	json = json_loadb(buf.data, buf.len, 0, NULL);
	assert_non_null(json);
	sal_buf_done(&buf);
	return json;
}

/* lsblk has these of the machine's own node of that name, whatever the root. */
static bool is_machine_bound(const char *key)
{
	return !strcmp(key, "mode") || !strcmp(key, "owner") || !strcmp(key, "group");
}

static bool is_ours_alone(const char *key)
{
	return !strcmp(key, "diskseq") || !strcmp(key, "wwn") || !strcmp(key, "serial");
}

static void disk_compare(const struct sal_disk *disk, json_t *theirs)
{
	json_t *ours = disk_json(disk), *value;
	const char *key;

	json_object_foreach (theirs, key, value) {
		json_t *mine = json_object_get(ours, key);

		if (json_is_null(value) || is_machine_bound(key) || !strcmp(key, "pkname") ||
		    !strcmp(key, "children") || !strcmp(key, "mountpoints") ||
		    !strcmp(key, "fsroots"))
			continue;
		if (!mine || !json_equal(mine, value))
			fail_msg("%s: %s is %s, lsblk says %s", disk->name, key,
				 mine ? json_dumps(mine, JSON_ENCODE_ANY) : "absent",
				 json_dumps(value, JSON_ENCODE_ANY));
	}
	json_object_foreach (ours, key, value) {
		json_t *other = json_object_get(theirs, key);

		if ((!other || json_is_null(other)) && !is_ours_alone(key))
			fail_msg("%s: %s is %s, lsblk has none", disk->name, key,
				 json_dumps(value, JSON_ENCODE_ANY));
	}
	json_decref(ours);
}

static size_t edges_compare(const struct sal_vol_device *device, const char *parent, json_t *flat)
{
	char key[256];
	size_t n = 1;

	snprintf(key, sizeof(key), "%s>%s", parent, device->disk.name);
	if (!json_object_get(flat, key))
		fail_msg("lsblk has no %s", key);
	json_object_set_new(flat, key, json_false()); /* found; a device may stand below several */
	for (size_t i = 0; i < device->nchildren; i++)
		n += edges_compare(device->children[i], device->disk.name, flat);
	return n;
}

static void tree_compare(const char *name, bool all)
{
	char root[] = "/tmp/sal-tree-XXXXXX";
	struct sal_vol_devices devices;
	struct sal_error err = { 0 };
	json_t *answer, *flat = json_object(), *value;
	struct sal_arena arena;
	const char *key;

	tree_unpack(name, root);
	sal_arena_init(&arena);
	answer = lsblk(root, all ? "-a" : "");
	lsblk_flatten(json_object_get(answer, "blockdevices"), "", flat);
	assert_int_equal(sal_vol_devices_open(&devices, &arena, root, &err), 0);
	devices.all = all;
	assert_int_equal(sal_vol_devices_read(&devices, &err), 0);
	assert_true(devices.nroots > 0);
	for (size_t i = 0; i < devices.nroots; i++)
		edges_compare(devices.roots[i], "", flat);
	json_object_foreach (flat, key, value)
		if (json_is_true(value))
			fail_msg("we have no %s", key);
	for (struct sal_vol_device *device = devices.first; device; device = device->next)
		if ((value = json_object_get(flat, device->disk.name)))
			disk_compare(&device->disk, value);
	sal_vol_devices_done(&devices);
	json_decref(flat);
	json_decref(answer);
	sal_arena_done(&arena);
	tree_remove(root);
}

static void test_server(void **state)
{
	tree_compare("server", false);
}

static void test_small_default_set(void **state)
{
	tree_compare("small", false);
}

static void test_small_all(void **state)
{
	tree_compare("small", true);
}

static void test_one_device(void **state)
{
	static const struct {
		const char *asked, *found;
	} cases[] = {
		{ "md0", "md0" },
		{ "/dev/sda2", "sda2" },
		{ "cciss/c0d0p1", "cciss/c0d0p1" },
		{ "/dev/cciss/c0d0", "cciss/c0d0" },
		{ "dm-1", "crypt home" },
		{ "nope", NULL },
		{ "", NULL },
		{ "..", NULL },
		{ "../block/sda", NULL },
		{ "/dev/../sys/block/sda", NULL },
		{ "sda/sda1", NULL },
		{ "/etc/passwd", NULL },
	};
	char root[] = "/tmp/sal-tree-XXXXXX";

	tree_unpack("server", root);
	for (size_t i = 0; i < SAL_ARRAY_LEN(cases); i++) {
		struct sal_vol_devices devices;
		struct sal_error err = { 0 };
		struct sal_arena arena;
		int rc;

		sal_arena_init(&arena);
		assert_int_equal(sal_vol_devices_open(&devices, &arena, root, &err), 0);
		rc = sal_vol_devices_read_one(&devices, cases[i].asked, &err);
		if (cases[i].found) {
			assert_int_equal(rc, 0);
			assert_string_equal(devices.roots[0]->disk.name, cases[i].found);
		} else {
			assert_true(rc < 0);
			assert_int_equal(err.code, SAL_NOT_FOUND);
			assert_string_equal(err.field, "/disk");
		}
		sal_vol_devices_done(&devices);
		sal_arena_done(&arena);
	}
	tree_remove(root);
}

/* Identities that lsblk has from udev only: sysfs gives them too. */
static void test_identities(void **state)
{
	char root[] = "/tmp/sal-tree-XXXXXX";
	struct sal_vol_devices devices;
	struct sal_error err = { 0 };
	struct sal_arena arena;

	tree_unpack("server", root);
	sal_arena_init(&arena);
	assert_int_equal(sal_vol_devices_open(&devices, &arena, root, &err), 0);
	assert_int_equal(sal_vol_devices_read_one(&devices, "sda", &err), 0);
	assert_string_equal(devices.roots[0]->disk.wwn, "0x5000c50085c0d6a1");
	devices.nroots = 0;
	assert_int_equal(sal_vol_devices_read_one(&devices, "nvme0n1", &err), 0);
	assert_string_equal(devices.roots[0]->disk.wwn, "eui.0025385b71b0f4c5");
	sal_vol_devices_done(&devices);
	sal_arena_done(&arena);
	tree_remove(root);
}

/* What udev wrote goes first, decoded; the keys are those lsblk reads. */
static void test_udev_database(void **state)
{
	char root[] = "/tmp/sal-tree-XXXXXX";
	char path[PATH_MAX];
	struct sal_vol_devices devices;
	struct sal_error err = { 0 };
	struct sal_arena arena;
	const struct sal_disk *disk;

	tree_unpack("server", root);
	snprintf(path, sizeof(path), "%s/run/udev/data/b8:0", root);
	folders_make(path);
	file_make(
		path,
		"S:disk/by-id/x\\nE:ID_MODEL=A_B\\nE:ID_MODEL_ENC=  A\\x20\\x20B\\x20 \\n"
		"E:ID_SERIAL=long\\nE:ID_SERIAL_SHORT=short\\nE:ID_FS_LABEL_ENC=la\\x2fbel\\n"
		"E:ID_FS_TYPE=ext4\\nE:ID_WWN=0x5\\nE:ID_PART_TABLE_TYPE=gpt\\nE:ID_FS_UUID_ENC=");
	sal_arena_init(&arena);
	assert_int_equal(sal_vol_devices_open(&devices, &arena, root, &err), 0);
	assert_int_equal(sal_vol_devices_read_one(&devices, "sda", &err), 0);
	disk = &devices.roots[0]->disk;
	assert_string_equal(disk->model, "A B");
	assert_string_equal(disk->serial, "short");
	assert_string_equal(disk->label, "la/bel");
	assert_string_equal(disk->fstype, "ext4");
	assert_string_equal(disk->wwn, "0x5");
	assert_string_equal(disk->pttype, "gpt");
	assert_false(disk->has.uuid);
	sal_vol_devices_done(&devices);
	sal_arena_done(&arena);
	tree_remove(root);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_server),	   cmocka_unit_test(test_small_default_set),
		cmocka_unit_test(test_small_all),  cmocka_unit_test(test_one_device),
		cmocka_unit_test(test_identities), cmocka_unit_test(test_udev_database),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
