/*
 * dhcpcd.c - leases of dhcpcd: /var/lib/dhcpcd/IFNAME[-SSID].lease and .lease6.
 *
 * Each file is the server's last answer as it came over the wire, and its mtime the moment it came:
 * dhcpcd itself counts from that. It removes the file when it gives the lease back. Sources:
 * dhcpcd(8); read_lease() and dhcp6_readlease() of dhcpcd 9 and 10.
 */
#include "net/lease/lease.h"

#include <string.h>

static bool has_end(const char *name, const char *end)
{
	size_t len = strlen(name), n = strlen(end);

	return len > n && !strcmp(name + len - n, end);
}

static bool is_lease(const char *name)
{
	return has_end(name, ".lease") || has_end(name, ".lease6");
}

/*
 * An interface may have a "-" in its name, and one may divide it from a wireless network's: the
 * longest beginning that is the name of a link, else the whole.
 */
static const char *ifname_of(const struct sal_leases *leases, const char *name)
{
	char *stem = sal_arena_strndup(leases->arena, name, strrchr(name, '.') - name);
	char *cut = sal_arena_strdup(leases->arena, stem), *dash;

	while (!sal_lease_link_named(leases, cut)) {
		dash = strrchr(cut, '-');
		if (!dash)
			break;
		*dash = '\0';
	}
	if (sal_lease_link_named(leases, cut) || sal_ifname_valid(stem))
		return sal_lease_link_named(leases, cut) ? cut : stem;
	stem[strcspn(stem, "-")] = '\0';
	return stem;
}

/* When it was written, if that can be: a clock that was set back gives files of the future. */
static int64_t acquired_of(struct sal_leases *leases, const struct sal_lease_file *file)
{
	if (file->mtime <= leases->now)
		return file->mtime;
	sal_lease_problem(leases, file->path, 0,
			  "the file is from the future: its times are unknown");
	return SAL_LEASE_UNKNOWN;
}

static void lease4_parse(struct sal_leases *leases, const struct sal_lease_file *file)
{
	struct sal_lease_entry *entry;
	struct sal_dhcp4 dhcp;

	if (!sal_dhcp4_read(leases->arena, (const uint8_t *)file->data, file->len, &dhcp)) {
		sal_lease_faults(leases, file->path, 0, dhcp.faults, dhcp.nfaults);
		return;
	}
	if (dhcp.op != 2 ||
	    (dhcp.type && dhcp.type != SAL_DHCP4_ACK && dhcp.type != SAL_DHCP4_OFFER)) {
		sal_lease_problem(leases, file->path, 0,
				  "not a server's answer that gives a lease");
		return;
	}
	if (!memcmp(dhcp.yiaddr.bytes, (uint8_t[4]){ 0 }, 4)) {
		sal_lease_problem(leases, file->path, 0, "it gives no address");
		return;
	}
	entry = sal_lease_add(leases, file, 0, ifname_of(leases, file->name),
			      SAL_LEASE_METHOD_DHCP4);
	if (!entry)
		return;
	sal_lease_take_dhcp4(leases, file, 0, &dhcp, entry);
	/* What dhcpcd counts with where the server does not say: RFC 2131, section 4.4.5. */
	if (!entry->t1 && dhcp.has.lease_time && dhcp.lease_time != SAL_DHCP_FOREVER)
		entry->t1 = dhcp.lease_time / 2;
	if (!entry->t2 && dhcp.has.lease_time && dhcp.lease_time != SAL_DHCP_FOREVER)
		entry->t2 = (uint64_t)dhcp.lease_time * 7 / 8;
	sal_lease_count_from(entry, acquired_of(leases, file));
}

static void lease6_parse(struct sal_leases *leases, const struct sal_lease_file *file)
{
	const char *ifname = ifname_of(leases, file->name);
	struct sal_dhcp6 dhcp;
	int64_t acquired;

	if (!sal_dhcp6_read(leases->arena, (const uint8_t *)file->data, file->len, &dhcp) ||
	    dhcp.type != SAL_DHCP6_REPLY) {
		sal_lease_problem(leases, file->path, 0, "not a DHCPv6 server's reply");
		return;
	}
	sal_lease_faults(leases, file->path, 0, dhcp.faults, dhcp.nfaults);
	acquired = acquired_of(leases, file);
	for (size_t i = 0; i < dhcp.nitems; i++) {
		enum sal_lease_method method = dhcp.items[i].kind == SAL_DHCP6_IA_PD
						       ? SAL_LEASE_METHOD_PD
						       : SAL_LEASE_METHOD_DHCP6;
		struct sal_lease_entry *entry;

		entry = sal_lease_add(leases, file, 0, ifname, method);
		if (!entry)
			return;
		sal_lease_take_dhcp6(leases, &dhcp, entry);
		sal_lease_take_item(&dhcp.items[i], acquired, entry);
	}
}

static void lease_parse(struct sal_leases *leases, const struct sal_lease_file *file)
{
	if (has_end(file->name, ".lease6"))
		lease6_parse(leases, file);
	else
		lease4_parse(leases, file);
}

const struct sal_lease_source sal_lease_dhcpcd = {
	.manager = "dhcpcd",
	.folder = "var/lib/dhcpcd",
	.wanted = is_lease,
	.parse = lease_parse,
};
