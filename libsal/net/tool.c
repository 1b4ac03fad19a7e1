/* tool.c - a row a program, looked for in fixed folders and in dpkg's database. See tool.h. */
#include "net/tool.h"

#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "kernel/sysfs.h"
#include "net/feature_text.h"

#define DPKG	   "/var/lib/dpkg"
#define FILE_LIMIT ((size_t)64 * 1024 * 1024)

static const struct {
	const char *name;
	const char *packages[2]; /* that may bring it */
} tools[] = {
	{ "ip", { "iproute2" } },
	{ "bridge", { "iproute2" } },
	{ "tc", { "iproute2" } },
	{ "ss", { "iproute2" } },
	{ "nft", { "nftables" } },
	{ "iptables", { "iptables" } },
	{ "conntrack", { "conntrack" } },
	{ "ethtool", { "ethtool" } },
	{ "wg", { "wireguard-tools" } },
	{ "ovs-vsctl", { "openvswitch-switch", "openvswitch-common" } },
	{ "ovs-vswitchd", { "openvswitch-switch", "openvswitch-common" } },
	{ "ovsdb-server", { "openvswitch-switch", "openvswitch-common" } },
	{ "dhclient", { "isc-dhcp-client" } },
	{ "dhcpcd", { "dhcpcd-base", "dhcpcd5" } },
	{ "dnsmasq", { "dnsmasq-base" } },
	{ "networkctl", { "systemd" } },
	{ "nmcli", { "network-manager" } },
	{ "resolvectl", { "systemd-resolved", "systemd" } },
	{ "modprobe", { "kmod" } },
	{ "udevadm", { "udev" } },
	{ "btrfs", { "btrfs-progs" } },
	{ "mkfs.btrfs", { "btrfs-progs" } },
	{ "mkfs.ext4", { "e2fsprogs" } },
	{ "mkfs.vfat", { "dosfstools" } },
	{ "mkfs.xfs", { "xfsprogs" } },
	{ "mkfs.bcachefs", { "bcachefs-tools" } },
	{ "mkswap", { "util-linux" } },
	{ "mdadm", { "mdadm" } },
	{ "blkid", { "util-linux" } },
	{ "mount", { "mount" } },
	{ "umount", { "mount" } },
	{ "sfdisk", { "fdisk" } },
	{ "sgdisk", { "gdisk" } },
};

static const char *tool_find(struct sal_arena *arena, const char *name)
{
	static const char *const folders[] = {
		"/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin",
	};

	for (size_t i = 0; i < SAL_ARRAY_LEN(folders); i++) {
		const char *path = sal_arena_printf(arena, "%s/%s", folders[i], name);
		struct stat st;

		if (stat(path, &st) == 0 && S_ISREG(st.st_mode) && (st.st_mode & 0111))
			return path;
	}
	return NULL;
}

/* Whether the package brought the file, or the one that it is a link to (alternatives). */
static bool package_owns(struct sal_arena *arena, const char *package, const char *path)
{
	const char *list =
		sal_sysfs_text(arena, AT_FDCWD,
			       sal_arena_printf(arena, DPKG "/info/%s.list", package), FILE_LIMIT);
	char real[PATH_MAX];

	return list && (sal_net_dpkg_lists(list, path) ||
			(realpath(path, real) && sal_net_dpkg_lists(list, real)));
}

static void version_find(struct sal_arena *arena, const char *status, const char *const packages[2],
			 struct sal_config_tool *tool)
{
	for (size_t i = 0; i < 2 && packages[i]; i++) {
		const char *version = sal_net_dpkg_version(arena, status, packages[i]);

		if (!version || !package_owns(arena, packages[i], tool->path))
			continue;
		sal_set(tool, package, packages[i]);
		sal_set(tool, version, version);
		return;
	}
}

struct sal_config_tool_array sal_net_tools(struct sal_arena *arena)
{
	struct sal_config_tool *items =
		sal_arena_array(arena, SAL_ARRAY_LEN(tools), sizeof(*items));
	const char *status = sal_sysfs_text(arena, AT_FDCWD, DPKG "/status", FILE_LIMIT);

	for (size_t i = 0; i < SAL_ARRAY_LEN(tools); i++) {
		items[i].name = tools[i].name;
		sal_set_found(&items[i], path, tool_find(arena, tools[i].name));
		if (status && items[i].path)
			version_find(arena, status, tools[i].packages, &items[i]);
	}
	return (struct sal_config_tool_array){ items, SAL_ARRAY_LEN(tools) };
}
