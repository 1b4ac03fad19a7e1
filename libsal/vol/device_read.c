/*
 * device_read.c - one block device: what sysfs, its node and udev say about it.
 *
 * Called by device.c for every node of the tree. Attributes, defaults and fallbacks are those of
 * lsblk(8) of util-linux 2.38; where lsblk knows an identity from udev only, sysfs is asked too. It
 * never opens a device. Source of the attributes: Documentation/ABI/stable/sysfs-block.
 */
#include "vol/device.h"

#include <ctype.h>
#include <fcntl.h>
#include <grp.h>
#include <inttypes.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "kernel/sysfs.h"

#define RAMDISK_MAJOR 1
#define LOOP_MAJOR    7

/* What a device's uevent file says; enough to know who it is, in one read. */
struct uevent {
	unsigned major, minor;
	bool has_devno, is_partition, has_diskseq;
	uint64_t diskseq;
};

static bool uevent_read(int dir, struct uevent *ret_event)
{
	char text[SAL_SYSFS_TEXT], *save = NULL;
	bool has_major = false, has_minor = false;

	*ret_event = (struct uevent){ 0 };
	if (sal_sysfs_read(dir, "uevent", text, sizeof(text)) < 0)
		return false;
	for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		if (sscanf(line, "MAJOR=%u", &ret_event->major) == 1)
			has_major = true;
		else if (sscanf(line, "MINOR=%u", &ret_event->minor) == 1)
			has_minor = true;
		else if (sscanf(line, "DISKSEQ=%" SCNu64, &ret_event->diskseq) == 1)
			ret_event->has_diskseq = true;
		else if (!strcmp(line, "DEVTYPE=partition"))
			ret_event->is_partition = true;
	}
	return has_major && has_minor;
}

/* The kernel writes "/" in names as "!". */
static const char *name_shown(struct sal_arena *arena, const char *sysname)
{
	char *name;

	if (!strchr(sysname, '!'))
		return sysname;
	name = sal_arena_strdup(arena, sysname);
	for (char *p = name; (p = strchr(p, '!'));)
		*p = '/';
	return name;
}

static const char *scheduler_read(struct sal_arena *arena, int queue)
{
	char text[256], *open, *close;

	if (sal_sysfs_read(queue, "scheduler", text, sizeof(text)) <= 0)
		return NULL;
	open = strchr(text, '[');
	close = open ? strchr(open, ']') : NULL;
	return close ? sal_arena_strndup(arena, open + 1, close - open - 1) : NULL;
}

/* Everything below queue/; a device without one has the defaults. */
static void queue_read(struct sal_arena *arena, int dir, struct sal_disk *disk)
{
	SAL_CLEANUP(sal_close_fd) int queue = sal_sysfs_open(dir, "queue");

	sal_set(disk, wsame, 0);
	sal_set(disk, zone_omax, 0);
	sal_set(disk, zone_amax, 0);
	if (queue < 0)
		return;
	disk->dax = sal_sysfs_flag(queue, "dax");
	disk->rota = sal_sysfs_flag(queue, "rotational");
	disk->rand = sal_sysfs_flag(queue, "add_random");
	disk->has.disc_gran = sal_sysfs_u64(queue, "discard_granularity", &disk->disc_gran);
	disk->has.disc_max = sal_sysfs_u64(queue, "discard_max_bytes", &disk->disc_max);
	disk->disc_zero = disk->disc_gran && sal_sysfs_flag(queue, "discard_zeroes_data");
	disk->has.log_sec = sal_sysfs_u64(queue, "logical_block_size", &disk->log_sec);
	disk->has.phy_sec = sal_sysfs_u64(queue, "physical_block_size", &disk->phy_sec);
	disk->has.min_io = sal_sysfs_u64(queue, "minimum_io_size", &disk->min_io);
	disk->has.opt_io = sal_sysfs_u64(queue, "optimal_io_size", &disk->opt_io);
	disk->has.ra = sal_sysfs_u64(queue, "read_ahead_kb", &disk->ra);
	disk->has.rq_size = sal_sysfs_u64(queue, "nr_requests", &disk->rq_size);
	sal_set_found(disk, sched, scheduler_read(arena, queue));
	sal_sysfs_u64(queue, "write_same_max_bytes", &disk->wsame);
	sal_set_found(disk, zoned, sal_sysfs_string(arena, queue, "zoned"));
	disk->has.zone_sz = sal_sysfs_u64(queue, "chunk_sectors", &disk->zone_sz) &&
			    !__builtin_mul_overflow(disk->zone_sz, 512, &disk->zone_sz);
	/* What is not zoned has no zones: five files less to open, on nearly every device. */
	sal_set(disk, zone_wgran, 0);
	sal_set(disk, zone_app, 0);
	sal_set(disk, zone_nr, 0);
	if (!disk->zoned || !strcmp(disk->zoned, "none"))
		return;
	sal_sysfs_u64(queue, "zone_write_granularity", &disk->zone_wgran);
	sal_sysfs_u64(queue, "zone_append_max_bytes", &disk->zone_app);
	sal_sysfs_u64(queue, "nr_zones", &disk->zone_nr);
	sal_sysfs_u64(queue, "max_open_zones", &disk->zone_omax);
	sal_sysfs_u64(queue, "max_active_zones", &disk->zone_amax);
}

/* The chain of the device that a folder belongs to, of those above it, or NULL where there is none. */
struct sal_vol_chain {
	struct sal_vol_chain *next;
	const char *folder, *chain;
};

static const char *chain_read(struct sal_vol_devices *devices, const char *folder)
{
	struct sal_arena *arena = devices->arena;
	char *path = sal_arena_printf(arena, "%s/subsystem", folder);
	const char *chain = NULL, *last = "block", *name;
	char *end = path + strlen(folder);

	while (end) {
		memcpy(end, "/subsystem", sizeof("/subsystem"));
		name = sal_sysfs_link_name(arena, devices->root, path);
		if (name && strcmp(name, last)) {
			chain = chain ? sal_arena_printf(arena, "%s:%s", chain, name) : name;
			last = name;
		}
		*end = '\0';
		end = strrchr(path, '/');
	}
	return chain;
}

/*
 * The subsystems of the device and of the devices it hangs on, from itself up, repetitions in a row
 * shown once: block:scsi:pci. Many devices hang on one: what is above a folder is read once.
 */
static const char *subsystems_read(struct sal_vol_devices *devices, const char *devpath)
{
	const char *slash = strrchr(devpath, '/');
	size_t len = slash ? (size_t)(slash - devpath) : 0;
	struct sal_vol_chain *above = devices->chains;

	while (above && (strncmp(above->folder, devpath, len) || above->folder[len]))
		above = above->next;
	if (!above) {
		above = sal_arena_zalloc(devices->arena, sizeof(*above));
		above->folder = sal_arena_strndup(devices->arena, devpath, len);
		above->chain = chain_read(devices, above->folder);
		above->next = devices->chains;
		devices->chains = above;
	}
	return above->chain ? sal_arena_printf(devices->arena, "block:%s", above->chain) : "block";
}

static bool subsystems_hotplug(const char *chain)
{
	static const char *const buses[] = { "usb", "ieee1394", "pcmcia", "mmc", "ccw" };

	while (chain && *chain) {
		size_t len = strcspn(chain, ":");

		for (size_t i = 0; i < SAL_ARRAY_LEN(buses); i++)
			if (strlen(buses[i]) == len && !memcmp(chain, buses[i], len))
				return true;
		chain += len + (chain[len] == ':');
	}
	return false;
}

/* SCSI peripheral device types (SPC-4, table 138) by lsblk's names. */
static const char *const scsi_types[] = {
	[0x00] = "disk",    [0x01] = "tape", [0x02] = "printer", [0x03] = "processor",
	[0x04] = "worm",    [0x05] = "rom",  [0x06] = "scanner", [0x07] = "mo-disk",
	[0x08] = "changer", [0x09] = "comm", [0x0c] = "raid",	 [0x0d] = "enclosure",
	[0x0e] = "rbc",	    [0x11] = "osd",  [0x7f] = "no-lun",
};

/* device-mapper's owners begin their UUIDs with their name: LVM-…, CRYPT-…, part1-… of kpartx. */
static const char *dm_type(struct sal_arena *arena, int dir)
{
	char uuid[256], *type;

	if (sal_sysfs_read(dir, "dm/uuid", uuid, sizeof(uuid)) <= 0)
		return "dm";
	type = sal_arena_strndup(arena, uuid, strcspn(uuid, "-"));
	if (!strncasecmp(type, "part", 4))
		type[4] = '\0';
	for (char *p = type; *p; p++)
		*p = tolower((unsigned char)*p);
	return *type ? type : "dm";
}

static const char *type_read(struct sal_arena *arena, int dir, const char *sysname, bool is_part)
{
	const char *level;
	uint64_t scsi;

	if (is_part)
		return "part";
	if (!strncmp(sysname, "dm-", 3))
		return dm_type(arena, dir);
	if (!strncmp(sysname, "loop", 4))
		return "loop";
	if (!strncmp(sysname, "md", 2)) {
		level = sal_sysfs_string(arena, dir, "md/level");
		return level ? level : "md";
	}
	if (sal_sysfs_u64(dir, "device/type", &scsi) && scsi < SAL_ARRAY_LEN(scsi_types) &&
	    scsi_types[scsi])
		return scsi_types[scsi];
	return "disk";
}

struct sal_vol_account {
	struct sal_vol_account *next;
	bool group;
	unsigned id;
	const char *name; /* NULL: nobody has that number */
};

static const char *account_name(struct sal_vol_devices *devices, bool group, unsigned id)
{
	struct sal_vol_account *account;
	struct passwd user, *found_user = NULL;
	struct group grp, *found_group = NULL;
	const char *name = NULL;
	char buf[8192];

	for (account = devices->accounts; account; account = account->next)
		if (account->group == group && account->id == id)
			return account->name;
	if (group && !getgrgid_r(id, &grp, buf, sizeof(buf), &found_group) && found_group)
		name = found_group->gr_name;
	else if (!group && !getpwuid_r(id, &user, buf, sizeof(buf), &found_user) && found_user)
		name = found_user->pw_name;
	account = sal_arena_zalloc(devices->arena, sizeof(*account));
	account->group = group;
	account->id = id;
	account->name = name ? sal_arena_strdup(devices->arena, name) : NULL;
	account->next = devices->accounts;
	devices->accounts = account;
	return account->name;
}

/* As ls(1) shows a mode: brw-rw---- */
static const char *mode_text(struct sal_arena *arena, unsigned mode)
{
	char text[] = "----------";
	const char *const letters = "rwxrwxrwx";

	text[0] = S_ISBLK(mode) ? 'b' : S_ISREG(mode) ? '-' : '?';
	for (int i = 0; i < 9; i++)
		if (mode & 0400 >> i)
			text[1 + i] = letters[i];
	if (mode & S_ISUID)
		text[3] = mode & 0100 ? 's' : 'S';
	if (mode & S_ISGID)
		text[6] = mode & 0010 ? 's' : 'S';
	if (mode & S_ISVTX)
		text[9] = mode & 0001 ? 't' : 'T';
	return sal_arena_strdup(arena, text);
}

static void node_read(struct sal_vol_devices *devices, struct sal_disk *disk)
{
	struct stat st;

	if (fstatat(devices->root, disk->path + 1, &st, 0))
		return;
	sal_set(disk, mode, mode_text(devices->arena, st.st_mode));
	sal_set_found(disk, owner, account_name(devices, false, st.st_uid));
	sal_set_found(disk, group, account_name(devices, true, st.st_gid));
}

/* Blanks at both ends go, others become one each. */
static void blanks_squeeze(char *text)
{
	char *to = text;

	for (const char *from = text; *from; from++)
		if (!isspace((unsigned char)*from))
			*to++ = *from;
		else if (to > text && to[-1] != ' ')
			*to++ = ' ';
	if (to > text && to[-1] == ' ')
		to--;
	*to = '\0';
}

/* The first of the keys that udev knows; those ending in _ENC are decoded. */
static const char *udev_first(struct sal_arena *arena, const char *file, const char *const *keys,
			      bool squeeze)
{
	for (; *keys; keys++) {
		const char *end = *keys + strlen(*keys);
		char *value = (char *)sal_sysfs_udev_property(arena, file, *keys);

		if (!value)
			continue;
		if (!strcmp(end - 4, "_ENC") || !strcmp(*keys, "ID_PART_ENTRY_NAME"))
			sal_sysfs_udev_decode(value);
		if (squeeze)
			blanks_squeeze(value);
		return *value ? value : NULL;
	}
	return NULL;
}

#define UDEV(...) ((const char *const[]){ __VA_ARGS__, NULL })

/* What udev found when the device came; lsblk's only source for it as long as udev runs. */
static void udev_read(struct sal_vol_devices *devices, const struct sal_vol_device *device,
		      struct sal_disk *disk)
{
	SAL_CLEANUP(sal_buf_done) struct sal_buf text = SAL_BUF_EMPTY;
	struct sal_arena *arena = devices->arena;
	const char *file, *found;
	char name[32];

	snprintf(name, sizeof(name), "b%u:%u", major(device->devno), minor(device->devno));
	if (devices->udev < 0 || sal_sysfs_slurp(&text, devices->udev, name, 1 << 20))
		return;
	sal_buf_putc(&text, '\0');
	file = text.data;
	sal_set_found(disk, label, udev_first(arena, file, UDEV("ID_FS_LABEL_ENC"), false));
	sal_set_found(disk, uuid, udev_first(arena, file, UDEV("ID_FS_UUID_ENC"), false));
	sal_set_found(disk, fstype, udev_first(arena, file, UDEV("ID_FS_TYPE"), false));
	sal_set_found(disk, fsver, udev_first(arena, file, UDEV("ID_FS_VERSION"), false));
	sal_set_found(disk, ptuuid, udev_first(arena, file, UDEV("ID_PART_TABLE_UUID"), false));
	sal_set_found(disk, pttype, udev_first(arena, file, UDEV("ID_PART_TABLE_TYPE"), false));
	sal_set_found(disk, partlabel, udev_first(arena, file, UDEV("ID_PART_ENTRY_NAME"), false));
	sal_set_found(disk, parttype, udev_first(arena, file, UDEV("ID_PART_ENTRY_TYPE"), false));
	sal_set_found(disk, partuuid, udev_first(arena, file, UDEV("ID_PART_ENTRY_UUID"), false));
	sal_set_found(disk, partflags, udev_first(arena, file, UDEV("ID_PART_ENTRY_FLAGS"), false));
	found = udev_first(arena, file, UDEV("ID_WWN_WITH_EXTENSION", "ID_WWN"), false);
	if (found)
		sal_set(disk, wwn, found);
	if (device->is_partition || device->nslaves)
		return;
	found = udev_first(
		arena, file,
		UDEV("SCSI_IDENT_SERIAL", "ID_SCSI_SERIAL", "ID_SERIAL_SHORT", "ID_SERIAL"), true);
	if (found)
		sal_set(disk, serial, found);
	found = udev_first(arena, file, UDEV("ID_MODEL_ENC", "ID_MODEL"), true);
	if (found)
		sal_set(disk, model, found);
}

/* Names, path and type; false for a device-mapper device that is gone again. */
static bool names_read(struct sal_vol_devices *devices, int dir, struct sal_vol_device *device)
{
	struct sal_arena *arena = devices->arena;
	struct sal_disk *disk = &device->disk;
	uint64_t suspended;

	disk->kname = disk->name = name_shown(arena, device->sysname);
	disk->path = sal_arena_printf(arena, "/dev/%s", disk->kname);
	disk->type = type_read(arena, dir, device->sysname, device->is_partition);
	if (strncmp(device->sysname, "dm-", 3))
		return true;
	disk->name = sal_sysfs_string(arena, dir, "dm/name");
	if (!disk->name)
		return false;
	disk->path = sal_arena_printf(arena, "/dev/mapper/%s", disk->name);
	if (sal_sysfs_u64(dir, "dm/suspended", &suspended))
		sal_set(disk, state, suspended ? "suspended" : "running");
	return true;
}

/* What sysfs has in the device's own folder, not below queue/ or device/. */
static void folder_read(struct sal_vol_devices *devices, int dir, struct sal_vol_device *device)
{
	struct sal_disk *disk = &device->disk;

	disk->ro = sal_sysfs_flag(dir, "ro");
	disk->rm = device->whole ? device->whole->disk.rm : sal_sysfs_flag(dir, "removable");
	disk->has.alignment = sal_sysfs_i64(dir, "alignment_offset", &disk->alignment);
	sal_set(disk, disc_aln, 0);
	if (disk->disc_gran)
		sal_sysfs_u64(dir, "discard_alignment", &disk->disc_aln);
	if (device->is_partition)
		disk->has.start = sal_sysfs_u64(dir, "start", &disk->start);
	if (device->whole)
		sal_set_found(disk, subsystems, device->whole->disk.subsystems);
	else
		sal_set_found(disk, subsystems, subsystems_read(devices, device->devpath));
	disk->hotplug = (!device->is_partition && disk->rm) || subsystems_hotplug(disk->subsystems);
}

/* Where the device's folder is: /sys/block/sda is a link to ../devices/…/block/sda. */
static const char *devpath_find(struct sal_vol_devices *devices, const char *sysname,
				const struct sal_vol_device *whole)
{
	const char *link;

	if (whole)
		return sal_arena_printf(devices->arena, "%s/%s", whole->devpath, sysname);
	link = sal_sysfs_link(devices->arena, devices->block, sysname);
	if (!link || strncmp(link, "../", 3))
		return sal_arena_printf(devices->arena, "sys/block/%s", sysname);
	return sal_arena_printf(devices->arena, "sys/%s", link + 3);
}

static bool is_wanted(const struct sal_vol_devices *devices, int dir, unsigned dev_major,
		      uint64_t sectors)
{
	if (devices->all)
		return true;
	if (dev_major == RAMDISK_MAJOR)
		return false;
	return sectors || dev_major != LOOP_MAJOR || sal_sysfs_exists(dir, "loop/backing_file");
}

struct sal_vol_device *sal_vol_device_read(struct sal_vol_devices *devices, const char *sysname,
					   struct sal_vol_device *whole, bool named)
{
	struct sal_arena *arena = devices->arena;
	const char *devpath = devpath_find(devices, sysname, whole);
	SAL_CLEANUP(sal_close_fd) int dir = sal_sysfs_open(devices->root, devpath);
	struct sal_vol_device *device;
	struct uevent event;
	uint64_t sectors = 0;

	if (dir < 0 || !uevent_read(dir, &event) || (!whole && sal_sysfs_flag(dir, "hidden")))
		return NULL;
	sal_sysfs_u64(dir, "size", &sectors);
	if (!named && !is_wanted(devices, dir, event.major, sectors))
		return NULL;
	device = sal_arena_zalloc(arena, sizeof(*device));
	device->sysname = sysname;
	device->devpath = devpath;
	device->devno = makedev(event.major, event.minor);
	device->is_partition = event.is_partition;
	device->whole = whole;
	device->nslaves = whole ? 0 : sal_sysfs_names(arena, dir, "slaves").len;
	if (whole)
		device->disk = *whole->queue;
	else
		queue_read(arena, dir, &device->disk);
	device->queue = sal_arena_dup(arena, &device->disk, sizeof(device->disk));
	device->disk.size = sectors <= UINT64_MAX / 512 ? sectors * 512 : 0;
	device->disk.maj_min = sal_arena_printf(arena, "%u:%u", event.major, event.minor);
	if (event.has_diskseq)
		sal_set(&device->disk, diskseq, event.diskseq);
	if (!names_read(devices, dir, device))
		return NULL;
	folder_read(devices, dir, device);
	if (!whole)
		sal_vol_device_hardware(devices, dir, device, &device->disk);
	else if (!strncmp(sysname, "nvme", 4))
		sal_set(&device->disk, tran, "nvme");
	node_read(devices, &device->disk);
	udev_read(devices, device, &device->disk);
	return device;
}
