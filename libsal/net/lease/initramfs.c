/*
 * initramfs.c - the lease with which the initramfs booted: /run/net-IFNAME.conf.
 *
 * Written by klibc's ipconfig, and read by initramfs-tools and cloud-init. Nobody renews that lease
 * until another client takes the link over: past its end it is expired, whatever the link has. The
 * format is that of ipconfig's main.c (klibc 2.0): shell assignments, UPTIME in seconds since boot.
 */
#include "net/lease/lease.h"

#include <string.h>

#include "net/lease/keys.h"

#define ROUTES_MAX 32

static bool is_conf(const char *name)
{
	size_t len = strlen(name);

	return len > 9 && !strncmp(name, "net-", 4) && !strcmp(name + len - 5, ".conf");
}

struct boot {
	struct sal_leases *leases;
	const struct sal_lease_file *file;
	struct sal_dhcp4 dhcp;
	const char *device;
	bool is_dhcp, has_uptime;
	uint64_t uptime;
	struct sal_ip dns[2];
	size_t ndns;
	struct sal_dhcp4_route routes[ROUTES_MAX];
	size_t nroutes;
};

static bool ip_read(const char *value, struct sal_ip *ip)
{
	return sal_ip_parse(value, ip) && ip->family == AF_INET;
}

static bool is_zero(const struct sal_ip *ip)
{
	return !memcmp(ip->bytes, (uint8_t[4]){ 0 }, 4);
}

/* IPV4ROUTE0SUBNET, then IPV4ROUTE0GATEWAY. */
static bool route_read(struct boot *boot, const char *key, const char *value)
{
	struct sal_dhcp4_route *route = &boot->routes[boot->nroutes];
	size_t len = strlen(key);

	if (len > 6 && !strcmp(key + len - 6, "SUBNET")) {
		if (boot->nroutes == ROUTES_MAX)
			return false;
		return sal_prefix_parse(value, &route->dst) && route->dst.ip.family == AF_INET;
	}
	if (len > 7 && !strcmp(key + len - 7, "GATEWAY") && boot->nroutes < ROUTES_MAX &&
	    route->dst.ip.family && ip_read(value, &route->gateway)) {
		boot->nroutes++;
		return true;
	}
	return false;
}

static bool option_read(struct boot *boot, uint8_t option, const void *value, size_t len)
{
	return sal_dhcp4_option(boot->leases->arena, option, value, len, &boot->dhcp);
}

static bool ip_option(struct boot *boot, uint8_t option, const char *value)
{
	struct sal_ip ip;

	return ip_read(value, &ip) && (is_zero(&ip) || option_read(boot, option, ip.bytes, 4));
}

static bool search_read(struct boot *boot, char *value)
{
	const char **names =
		sal_arena_array(boot->leases->arena, strlen(value) / 2 + 1, sizeof(*names));
	size_t n = 0;
	char *rest;

	for (char *word = strtok_r(value, " ", &rest); word; word = strtok_r(NULL, " ", &rest)) {
		size_t len = strlen(word);

		if (!sal_dhcp_name_valid(word, len))
			return false;
		word[len - (word[len - 1] == '.')] = '\0';
		names[n++] = word;
	}
	boot->dhcp.search = (struct sal_strings){ names, n };
	return true;
}

static bool dns_read(struct boot *boot, const char *value)
{
	struct sal_ip ip;

	if (!ip_read(value, &ip))
		return false;
	if (!is_zero(&ip) && boot->ndns < SAL_ARRAY_LEN(boot->dns))
		boot->dns[boot->ndns++] = ip;
	return true;
}

static bool lease_time_read(struct boot *boot, const char *value)
{
	uint64_t seconds;

	if (!sal_lease_number(value, UINT32_MAX, &seconds))
		return false;
	boot->dhcp.lease_time = seconds;
	boot->dhcp.has.lease_time = true;
	return true;
}

static bool pair_read(struct boot *boot, const char *key, char *value)
{
	if (!strcmp(key, "DEVICE"))
		boot->device = value;
	else if (!strcmp(key, "PROTO"))
		boot->is_dhcp = !strcmp(value, "dhcp");
	else if (!strcmp(key, "UPTIME"))
		return boot->has_uptime = sal_lease_number(value, INT32_MAX, &boot->uptime);
	else if (!strcmp(key, "IPV4ADDR"))
		return ip_read(value, &boot->dhcp.yiaddr);
	else if (!strcmp(key, "IPV4NETMASK"))
		return ip_option(boot, 1, value);
	else if (!strcmp(key, "IPV4BROADCAST"))
		return ip_option(boot, 28, value);
	else if (!strcmp(key, "IPV4GATEWAY"))
		return ip_option(boot, 3, value);
	else if (!strcmp(key, "ROOTSERVER")) /* the server's own address, if nothing else is said */
		return true;
	else if (!strncmp(key, "IPV4ROUTE", 9))
		return route_read(boot, key, value);
	else if (!strcmp(key, "IPV4DNS0") || !strcmp(key, "IPV4DNS1"))
		return dns_read(boot, value);
	else if (!strcmp(key, "HOSTNAME"))
		return option_read(boot, 12, value, strlen(value));
	else if (!strcmp(key, "DNSDOMAIN"))
		return option_read(boot, 15, value, strlen(value));
	else if (!strcmp(key, "DOMAINSEARCH"))
		return search_read(boot, value);
	else if (!strcmp(key, "DHCPLEASETIME"))
		return lease_time_read(boot, value);
	return true;
}

static void conf_parse(struct sal_leases *leases, const struct sal_lease_file *file)
{
	struct sal_lease_keys keys = { leases->arena, file->data, file->data + file->len, 0 };
	struct boot *boot = sal_arena_zalloc(leases->arena, sizeof(*boot));
	struct sal_lease_entry *entry;
	const char *key;
	char *value;

	boot->leases = leases;
	boot->file = file;
	while (sal_lease_key_next(&keys, &key, &value)) {
		if (*value && !pair_read(boot, key, value))
			sal_lease_problem(leases, file->path, keys.line, "%s has no valid value",
					  key);
	}
	if (!boot->is_dhcp)
		return; /* a static address is no lease */
	if (!boot->device || !boot->dhcp.yiaddr.family || is_zero(&boot->dhcp.yiaddr)) {
		sal_lease_problem(leases, file->path, 0, "no device or no address in it");
		return;
	}
	entry = sal_lease_add(leases, file, 0, boot->device, SAL_LEASE_METHOD_DHCP4);
	if (!entry)
		return;
	if (boot->ndns)
		boot->dhcp.dns = (struct sal_ips){ boot->dns, boot->ndns };
	/* It lists routes only where it got classless ones. */
	if (boot->nroutes) {
		boot->dhcp.routes = boot->routes;
		boot->dhcp.nroutes = boot->nroutes;
		boot->dhcp.classless = true;
	}
	boot->dhcp.nfaults = 0; /* they were told, each with its line */
	sal_dhcp4_check_times(&boot->dhcp);
	sal_lease_take_dhcp4(leases, file, 0, &boot->dhcp, entry);
	if (boot->has_uptime)
		sal_lease_count_from(entry, leases->booted + (int64_t)boot->uptime);
}

const struct sal_lease_source sal_lease_initramfs = {
	.manager = "initramfs",
	.folder = "run",
	.wanted = is_conf,
	.text = true,
	.parse = conf_parse,
};
