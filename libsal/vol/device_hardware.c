/*
 * device_hardware.c - what a disk says of itself: transport, address, model, serial number, WWN.
 *
 * Called by device_read.c for whole disks. The transport is told as lsblk(8) and lsscsi(8) tell it,
 * from the classes that a SCSI host is registered in. It reads sysfs only, and never a device.
 */
#include "vol/device.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "kernel/sysfs.h"

/* Whether /sys/class/<type>_host/host<n> is there. */
static bool scsi_host_is(struct sal_vol_devices *devices, const char *type, unsigned host)
{
	return sal_sysfs_exists(
		devices->root,
		sal_arena_printf(devices->arena, "sys/class/%s_host/host%u", type, host));
}

static const char *scsi_host_string(struct sal_vol_devices *devices, const char *type,
				    unsigned host, const char *attribute)
{
	const char *path = sal_arena_printf(devices->arena, "sys/class/%s_host/host%u/%s", type,
					    host, attribute);

	return sal_sysfs_string(devices->arena, devices->root, path);
}

static const char *scsi_transport(struct sal_vol_devices *devices, int device, unsigned host,
				  const char *devpath)
{
	const char *text;

	if (scsi_host_is(devices, "spi", host))
		return "spi";
	if (scsi_host_is(devices, "fc", host)) {
		text = scsi_host_string(devices, "fc", host, "symbolic_name");
		return !text ? NULL : strstr(text, " over ") ? "fcoe" : "fc";
	}
	if (scsi_host_is(devices, "sas", host) || sal_sysfs_exists(device, "sas_device"))
		return "sas";
	if (sal_sysfs_exists(device, "ieee1394_id"))
		return "sbp";
	if (scsi_host_is(devices, "iscsi", host))
		return "iscsi";
	if (strstr(devpath, "usb"))
		return "usb";
	text = scsi_host_is(devices, "scsi", host)
		       ? scsi_host_string(devices, "scsi", host, "proc_name")
		       : NULL;
	if (!text)
		return NULL;
	if (!strncmp(text, "ahci", 4) || !strncmp(text, "sata", 4))
		return "sata";
	return strstr(text, "ata") ? "ata" : NULL;
}

/* The serial number page (0x80): four bytes of header, the last two the length, then the text. */
static const char *scsi_serial(struct sal_arena *arena, int device)
{
	char page[256];
	SAL_CLEANUP(sal_close_fd) int fd = openat(device, "vpd_pg80", O_RDONLY | O_CLOEXEC);
	ssize_t len = fd < 0 ? -1 : read(fd, page, sizeof(page) - 1);
	char *text = page + 4, *end;

	if (len <= 4 || page[1] != (char)0x80)
		return NULL;
	len = SAL_MIN(len - 4, (ssize_t)((unsigned char)page[2] << 8 | (unsigned char)page[3]));
	text[len] = '\0';
	end = text + strlen(text);
	while (end > text && end[-1] == ' ')
		*--end = '\0';
	text += strspn(text, " ");
	return *text ? sal_arena_strdup(arena, text) : NULL;
}

/* "naa.5000c500…" of SCSI is 0x5000c500… in the tools' words; NVMe's is the same in both. */
static const char *wwn_read(struct sal_arena *arena, int dir)
{
	const char *wwid = sal_sysfs_string(arena, dir, "wwid");

	if (!wwid)
		wwid = sal_sysfs_string(arena, dir, "device/wwid");
	if (!wwid || strncmp(wwid, "naa.", 4))
		return wwid && (!strncmp(wwid, "eui.", 4) || !strncmp(wwid, "nvme.", 5)) ? wwid
											 : NULL;
	return sal_arena_printf(arena, "0x%s", wwid + 4);
}

void sal_vol_device_hardware(struct sal_vol_devices *devices, int dir,
			     const struct sal_vol_device *device, struct sal_disk *disk)
{
	struct sal_arena *arena = devices->arena;
	SAL_CLEANUP(sal_close_fd) int hardware = sal_sysfs_open(dir, "device");
	const char *address;
	unsigned host, channel, target, lun;

	if (!strncmp(device->sysname, "nvme", 4))
		sal_set(disk, tran, "nvme");
	if (hardware < 0)
		return;
	address = sal_sysfs_link_name(arena, dir, "device");
	if (address && sscanf(address, "%u:%u:%u:%u", &host, &channel, &target, &lun) == 4) {
		sal_set(disk, hctl,
			sal_arena_printf(arena, "%u:%u:%u:%u", host, channel, target, lun));
		sal_set_found(disk, tran, scsi_transport(devices, hardware, host, device->devpath));
	}
	sal_set_found(disk, state, sal_sysfs_string(arena, hardware, "state"));
	if (device->nslaves)
		return;
	sal_set_found(disk, model, sal_sysfs_string(arena, hardware, "model"));
	sal_set_found(disk, rev, sal_sysfs_string(arena, hardware, "rev"));
	sal_set_found(disk, vendor, sal_sysfs_string(arena, hardware, "vendor"));
	sal_set_found(disk, wwn, wwn_read(arena, dir));
	if (!sal_set_found(disk, serial, sal_sysfs_string(arena, hardware, "serial")) &&
	    !sal_set_found(disk, serial, sal_sysfs_string(arena, dir, "serial")))
		sal_set_found(disk, serial, scsi_serial(arena, hardware));
}
