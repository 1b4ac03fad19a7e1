/*
 * networkmanager.c - leases of NetworkManager, and which connection a device has.
 *
 * CLIENT-UUID-IFNAME.lease in /var/lib/NetworkManager, or in /run/NetworkManager where it configures
 * and quits in an initramfs. Its internal client keeps no more than ADDRESS there (older releases:
 * the keys of systemd's), so the times are those of the kernel; a file outlives its connection, and
 * /run/NetworkManager/devices/IFINDEX tells which one is in use. With dhclient as its client the file
 * is dhclient's. Formats: nm-dhcp-utils.c, nm-dhcp-nettools.c, nm-config.c of its src/core.
 */
#include "net/lease/lease.h"

#include <string.h>

#include "net/lease/keys.h"

#define UUID_LEN 36

/* What stands behind "PREFIX-UUID-" and before ".lease"; NULL when the name is not of that form. */
static const char *ifname_of(struct sal_arena *arena, const char *name, const char *prefix,
			     const char **ret_uuid)
{
	size_t len = strlen(name), skip = strlen(prefix) + UUID_LEN + 1;
	const char *uuid;

	if (strncmp(name, prefix, strlen(prefix)) != 0 || len < skip + sizeof(".lease") ||
	    strcmp(name + len - 6, ".lease") != 0 || name[skip - 1] != '-')
		return NULL;
	uuid = sal_arena_strndup(arena, name + strlen(prefix), UUID_LEN);
	if (!sal_uuid_valid(uuid))
		return NULL;
	*ret_uuid = uuid;
	return sal_arena_strndup(arena, name + skip, len - skip - 6);
}

static bool ends_with_lease(const char *name)
{
	size_t len = strlen(name);

	return len > 6 && !strcmp(name + len - 6, ".lease");
}

static bool is_internal(const char *name)
{
	return !strncmp(name, "internal-", 9) && ends_with_lease(name);
}

static bool is_dhclient(const char *name)
{
	return (!strncmp(name, "dhclient-", 9) || !strncmp(name, "dhclient6-", 10)) &&
	       ends_with_lease(name);
}

static void internal_parse(struct sal_leases *leases, const struct sal_lease_file *file)
{
	const char *uuid = NULL;
	const char *ifname = ifname_of(leases->arena, file->name, "internal-", &uuid);
	struct sal_lease_entry *entry;

	if (!ifname) {
		sal_lease_problem(leases, file->path, 0, "the file's name tells no interface");
		return;
	}
	entry = sal_lease_add(leases, file, 0, ifname, SAL_LEASE_METHOD_DHCP4);
	if (!entry)
		return;
	entry->connection = uuid;
	if (!sal_lease_networkd_keys(leases, file, entry))
		leases->nentries--;
}

static void dhclient_parse(struct sal_leases *leases, const struct sal_lease_file *file)
{
	size_t first = leases->nentries;
	const char *uuid = NULL;

	sal_lease_dhclient_parse(leases, file);
	if (!ifname_of(leases->arena, file->name, "dhclient-", &uuid))
		ifname_of(leases->arena, file->name, "dhclient6-", &uuid);
	for (size_t i = first; i < leases->nentries; i++)
		leases->entries[i].connection = uuid;
}

static bool is_index(const char *name)
{
	uint64_t index;

	return sal_lease_number(name, INT32_MAX, &index) && index;
}

static void device_parse(struct sal_leases *leases, const struct sal_lease_file *file)
{
	struct sal_lease_keys keys = { leases->arena, file->data, file->data + file->len, 0 };
	const char *name, *connection = NULL;
	bool managed = false;
	uint64_t index;
	char *value;

	while (sal_lease_key_next(&keys, &name, &value)) {
		if (!strcmp(name, "managed"))
			managed = !strcmp(value, "true") || !strcmp(value, "1");
		else if (!strcmp(name, "connection-uuid") && sal_uuid_valid(value))
			connection = value;
	}
	/* A device that it may manage, but to which it has applied nothing, it does not run. */
	if (managed && connection && sal_lease_number(file->name, INT32_MAX, &index))
		sal_lease_hold(leases, index, file->source->manager)->connection = connection;
}

const struct sal_lease_source sal_lease_networkmanager_devices = {
	.manager = "NetworkManager",
	.folder = "run/NetworkManager/devices",
	.wanted = is_index,
	.text = true,
	.parse = device_parse,
};

const struct sal_lease_source sal_lease_networkmanager = {
	.manager = "NetworkManager",
	.folder = "var/lib/NetworkManager",
	.wanted = is_internal,
	.text = true,
	.parse = internal_parse,
};

const struct sal_lease_source sal_lease_networkmanager_run = {
	.manager = "NetworkManager",
	.folder = "run/NetworkManager",
	.wanted = is_internal,
	.text = true,
	.parse = internal_parse,
};

const struct sal_lease_source sal_lease_networkmanager_dhclient = {
	.manager = "NetworkManager",
	.folder = "var/lib/NetworkManager",
	.wanted = is_dhclient,
	.text = true,
	.parse = dhclient_parse,
};
