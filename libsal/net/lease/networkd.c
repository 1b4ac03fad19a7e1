/*
 * networkd.c - leases of systemd-networkd: /run/systemd/netif/leases/IFINDEX, and links/IFINDEX.
 *
 * A lease file holds the DHCPv4 lease and is there as long as the lease; how long that is it tells
 * in seconds without their beginning, so the moments come from the kernel's lifetimes (join.c).
 * DHCPv6 leases are in no file: links/ tells that its client runs, and who it is. NetworkManager's
 * older releases write the same keys, so theirs are read here too.
 *
 * Formats: dhcp_lease_save() in systemd's src/libsystemd-network/sd-dhcp-lease.c (217 to 258:
 * T1, T2 and LIFETIME are plain seconds up to 254, then time spans such as "1h 30min"; ROUTES became
 * STATIC_ROUTES and CLASSLESS_ROUTES), link_save() in src/network/networkd-state-file.c.
 */
#include "net/lease/lease.h"

#include <string.h>

#include "net/lease/keys.h"

static bool is_index(const char *name)
{
	uint64_t index;

	return sal_lease_number(name, INT32_MAX, &index) && index;
}

/* "90", "1h 30min", "infinity": systemd.time(7), as far as time spans are written. */
static bool span_parse(const char *text, uint32_t *ret_seconds)
{
	static const struct {
		const char *unit;
		uint32_t seconds;
	} units[] = { { "y", 31557600 }, { "month", 2629800 }, { "w", 604800 }, { "d", 86400 },
		      { "h", 3600 },	 { "min", 60 },	       { "s", 1 } };
	uint64_t sum = 0, value;

	if (!strcmp(text, "infinity")) {
		*ret_seconds = SAL_DHCP_FOREVER;
		return true;
	}
	if (sal_lease_number(text, UINT32_MAX, &value)) {
		*ret_seconds = value;
		return true;
	}
	while (*text) {
		size_t digits = strspn(text, "0123456789"), letters, i;
		char number[12];

		if (!digits || digits >= sizeof(number))
			return false;
		memcpy(number, text, digits);
		number[digits] = '\0';
		text += digits;
		letters = strcspn(text, " ");
		for (i = 0; i < SAL_ARRAY_LEN(units); i++) {
			if (strlen(units[i].unit) == letters &&
			    !strncmp(text, units[i].unit, letters))
				break;
		}
		if (i == SAL_ARRAY_LEN(units) || !sal_lease_number(number, UINT32_MAX, &value))
			return false;
		sum += value * units[i].seconds;
		if (sum > UINT32_MAX)
			return false;
		text += letters;
		text += strspn(text, " ");
	}
	if (!sum)
		return false;
	*ret_seconds = sum;
	return true;
}

/* Addresses between blanks as the bytes of an option; false when one is none. */
static bool ips_pack(struct sal_arena *arena, char *text, const uint8_t **ret_bytes,
		     size_t *ret_len)
{
	uint8_t *bytes = sal_arena_alloc(arena, strlen(text) * 4 + 4);
	struct sal_ip ip;
	size_t n = 0;
	char *rest;

	for (char *word = strtok_r(text, " ", &rest); word; word = strtok_r(NULL, " ", &rest)) {
		if (!sal_ip_parse(word, &ip) || ip.family != AF_INET)
			return false;
		memcpy(bytes + n, ip.bytes, 4);
		n += 4;
	}
	*ret_bytes = bytes;
	*ret_len = n;
	return true;
}

/* "10.0.0.0/8,192.0.2.1 …" */
static bool routes_parse(struct sal_arena *arena, char *text, struct sal_dhcp4 *dhcp)
{
	struct sal_dhcp4_route *routes =
		sal_arena_array(arena, strlen(text) / 8 + 1, sizeof(*routes));
	size_t n = 0;
	char *rest;

	for (char *word = strtok_r(text, " ", &rest); word; word = strtok_r(NULL, " ", &rest)) {
		char *comma = strchr(word, ',');

		if (!comma || strlen(word) < 8)
			return false;
		*comma = '\0';
		if (!sal_prefix_parse(word, &routes[n].dst) || routes[n].dst.ip.family != AF_INET ||
		    !sal_ip_parse(comma + 1, &routes[n].gateway) ||
		    routes[n].gateway.family != AF_INET)
			return false;
		n++;
	}
	dhcp->routes = routes;
	dhcp->nroutes = n;
	return true;
}

static bool search_parse(struct sal_arena *arena, char *text, struct sal_dhcp4 *dhcp)
{
	const char **names = sal_arena_array(arena, strlen(text) / 2 + 1, sizeof(*names));
	size_t n = 0;
	char *rest;

	for (char *word = strtok_r(text, " ", &rest); word; word = strtok_r(NULL, " ", &rest)) {
		size_t len = strlen(word);

		if (!sal_dhcp_name_valid(word, len))
			return false;
		word[len - (word[len - 1] == '.')] = '\0';
		names[n++] = word;
	}
	dhcp->search = (struct sal_strings){ names, n };
	return true;
}

/* A key whose value is that of an option: each is checked as the option would be. */
enum form { IPS, TEXT, U16, SPAN, HEX, ADDRESS, ROUTES, CLASSLESS, SEARCH };

static const struct key {
	const char *name;
	enum form form;
	uint8_t option;
} lease_keys[] = {
	{ "ADDRESS", ADDRESS, 0 },
	{ "NETMASK", IPS, 1 },
	{ "ROUTER", IPS, 3 },
	{ "SERVER_ADDRESS", IPS, 54 },
	{ "BROADCAST", IPS, 28 },
	{ "MTU", U16, 26 },
	{ "T1", SPAN, 58 },
	{ "T2", SPAN, 59 },
	{ "LIFETIME", SPAN, 51 },
	{ "DNS", IPS, 6 },
	{ "NTP", IPS, 42 },
	{ "DOMAINNAME", TEXT, 15 },
	{ "HOSTNAME", TEXT, 12 },
	{ "CLIENTID", HEX, 61 },
	{ "ROUTES", ROUTES, 33 },
	{ "STATIC_ROUTES", ROUTES, 33 },
	{ "CLASSLESS_ROUTES", CLASSLESS, 121 },
	{ "DOMAIN_SEARCH_LIST", SEARCH, 119 },
};

static bool key_read(struct sal_arena *arena, const struct key *key, char *value,
		     struct sal_dhcp4 *dhcp)
{
	const uint8_t *bytes = (const uint8_t *)value;
	size_t len = strlen(value);
	uint8_t number[4];
	uint64_t mtu;
	uint32_t seconds;

	switch (key->form) {
	case ADDRESS:
		return sal_ip_parse(value, &dhcp->yiaddr) && dhcp->yiaddr.family == AF_INET;
	case ROUTES: /* the classless ones go before, wherever they stand */
		return dhcp->classless || routes_parse(arena, value, dhcp);
	case CLASSLESS:
		dhcp->classless = routes_parse(arena, value, dhcp);
		return dhcp->classless;
	case SEARCH:
		return search_parse(arena, value, dhcp);
	case IPS:
		if (!ips_pack(arena, value, &bytes, &len))
			return false;
		break;
	case HEX:
		bytes = sal_lease_unhex(arena, value, &len);
		if (!bytes)
			return false;
		break;
	case U16:
		if (!sal_lease_number(value, UINT16_MAX, &mtu))
			return false;
		number[0] = mtu >> 8;
		number[1] = mtu;
		bytes = number;
		len = 2;
		break;
	case SPAN:
		if (!span_parse(value, &seconds))
			return false;
		for (unsigned i = 0; i < 4; i++)
			number[i] = seconds >> (24 - i * 8);
		bytes = number;
		len = 4;
		break;
	case TEXT:
		break;
	}
	return sal_dhcp4_option(arena, key->option, bytes, len, dhcp);
}

bool sal_lease_networkd_keys(struct sal_leases *leases, const struct sal_lease_file *file,
			     struct sal_lease_entry *entry)
{
	struct sal_lease_keys keys = { leases->arena, file->data, file->data + file->len, 0 };
	struct sal_dhcp4 dhcp = { .type = SAL_DHCP4_ACK };
	const char *name;
	char *value;

	while (sal_lease_key_next(&keys, &name, &value)) {
		for (size_t i = 0; i < SAL_ARRAY_LEN(lease_keys); i++) {
			if (strcmp(lease_keys[i].name, name) != 0 || !*value)
				continue;
			if (!key_read(leases->arena, &lease_keys[i], value, &dhcp))
				sal_lease_problem(leases, file->path, keys.line,
						  "%s has no valid value", name);
		}
	}
	dhcp.nfaults = 0; /* they were told, each with its line */
	sal_dhcp4_check_times(&dhcp);
	sal_lease_take_dhcp4(leases, file, 0, &dhcp, entry);
	if (!dhcp.yiaddr.family)
		sal_lease_problem(leases, file->path, 0, "no address in it");
	return dhcp.yiaddr.family;
}

/* The lease of a link by its index; "if7" names one that is gone, as ip does. */
static void lease_parse(struct sal_leases *leases, const struct sal_lease_file *file)
{
	const struct sal_lease_link *link;
	struct sal_lease_entry *entry;
	uint64_t index;

	if (!sal_lease_number(file->name, INT32_MAX, &index))
		return;
	if (file->len && *file->data == '{') {
		sal_lease_problem(leases, file->path, 1,
				  "written as JSON by a newer systemd than is known here");
		return;
	}
	link = sal_lease_link_at(leases, index);
	entry = sal_lease_add(leases, file, 0,
			      link ? link->name
				   : sal_arena_printf(leases->arena, "if%u", (unsigned)index),
			      SAL_LEASE_METHOD_DHCP4);
	if (!entry)
		return;
	entry->kept = true;
	if (!sal_lease_networkd_keys(leases, file, entry))
		leases->nentries--;
}

/* "DUID-EN:0000ab11…", or a number in front: the type's two bytes, and the rest. */
static const char *duid_parse(struct sal_arena *arena, const char *text)
{
	static const char *const types[] = { [1] = "DUID-LLT", "DUID-EN", "DUID-LL", "DUID-UUID" };
	const char *colon = strchr(text, ':');
	const uint8_t *data;
	size_t len;

	if (!colon)
		return NULL;
	data = sal_lease_unhex(arena, colon + 1, &len);
	for (size_t i = 1; data && i < SAL_ARRAY_LEN(types); i++) {
		if (strlen(types[i]) == (size_t)(colon - text) &&
		    !strncmp(types[i], text, colon - text))
			return sal_arena_printf(arena, "%04zx%s", i,
						sal_lease_hex(arena, data, len));
	}
	return NULL;
}

static void link_parse(struct sal_leases *leases, const struct sal_lease_file *file)
{
	struct sal_lease_keys keys = { leases->arena, file->data, file->data + file->len, 0 };
	struct sal_lease_holder holder = { 0 }, *kept;
	bool managed = false;
	uint64_t index;
	const char *name;
	char *value, *end;

	while (sal_lease_key_next(&keys, &name, &value)) {
		if (!strcmp(name, "ADMIN_STATE"))
			managed = strcmp(value, "unmanaged") != 0 &&
				  strcmp(value, "pending") != 0 &&
				  strcmp(value, "initialized") != 0;
		else if (!strcmp(name, "DHCP6_CLIENT_IAID") && !strncmp(value, "0x", 2)) {
			unsigned long long iaid = strtoull(value, &end, 16);

			holder.dhcp6 = !*end && iaid <= UINT32_MAX;
			holder.iaid = iaid;
		} else if (!strcmp(name, "DHCP6_CLIENT_DUID")) {
			holder.duid = duid_parse(leases->arena, value);
		}
	}
	if (!managed || !sal_lease_number(file->name, INT32_MAX, &index))
		return;
	kept = sal_lease_hold(leases, index, file->source->manager);
	kept->dhcp6 = holder.dhcp6;
	kept->iaid = holder.iaid;
	kept->duid = holder.duid;
}

const struct sal_lease_source sal_lease_networkd = {
	.manager = "systemd-networkd",
	.folder = "run/systemd/netif/leases",
	.wanted = is_index,
	.text = true,
	.parse = lease_parse,
};

const struct sal_lease_source sal_lease_networkd_links = {
	.manager = "systemd-networkd",
	.folder = "run/systemd/netif/links",
	.wanted = is_index,
	.text = true,
	.parse = link_parse,
};
