/*
 * cmdline_ip.c - the value of ip=, in the kernel's form and in dracut's. See cmdline.h.
 *
 * Both are lists of fields between colons; colons in brackets belong to an IPv6 address. dracut's
 * form begins with an interface, the kernel's with an address or nothing; behind the seventh field
 * dracut has mtu:mac, where the kernel has dns:dns:ntp: an MTU is digits, a name server is not.
 */
#include <string.h>

#include "net/cmdline.h"

#define HOSTNAME_MAX 255
#define MTU_MIN	     68 /* RFC 791 */

bool sal_net_cmdline_number(const char *text, uint32_t max, uint32_t *ret_number)
{
	uint64_t number = 0;

	if (!*text)
		return false;
	for (; *text >= '0' && *text <= '9' && number <= max; text++)
		number = (number * 10) + (*text - '0');
	if (*text || number > max)
		return false;
	*ret_number = number;
	return true;
}

bool sal_net_cmdline_address(char *text, struct sal_ip *ret_ip)
{
	size_t len = strlen(text);
	bool brackets = *text == '[';

	if (brackets) {
		if (text[len - 1] != ']')
			return false;
		text[len - 1] = '\0';
		text++;
	}
	return sal_ip_parse(text, ret_ip) && (!brackets || ret_ip->family == AF_INET6);
}

bool sal_net_cmdline_netmask(const char *text, uint8_t family, uint8_t *ret_prefixlen)
{
	uint32_t bits, mask;
	struct sal_ip ip;

	if (sal_net_cmdline_number(text, family == AF_INET6 ? 128 : 32, &bits)) {
		*ret_prefixlen = bits;
		return true;
	}
	if (family == AF_INET6 || !sal_ip_parse(text, &ip) || ip.family != AF_INET)
		return false;
	mask = (uint32_t)ip.bytes[0] << 24 | ip.bytes[1] << 16 | ip.bytes[2] << 8 | ip.bytes[3];
	if (~mask & (~mask + 1)) /* its zeros are not all at the end */
		return false;
	*ret_prefixlen = __builtin_popcount(mask);
	return true;
}

bool sal_net_cmdline_unusable(const struct sal_ip *ip)
{
	static const uint8_t zero[16], ones[4] = { 255, 255, 255, 255 };

	if (ip->family == AF_INET)
		return memcmp(ip->bytes, zero, 4) == 0 || memcmp(ip->bytes, ones, 4) == 0 ||
		       (ip->bytes[0] & 0xf0) == 0xe0;
	return memcmp(ip->bytes, zero, 16) == 0 || ip->bytes[0] == 0xff;
}

static bool is_autoconf(const char *word)
{
	static const char *const words[] = {
		"off",	 "none",  "on",	  "any",     "dhcp",  "bootp",	    "rarp",	   "both",
		"dhcp6", "auto6", "auto", "either6", "link6", "link-local", "single-dhcp", "ibft",
	};

	for (size_t i = 0; i < SAL_ARRAY_LEN(words); i++) {
		if (strcmp(words[i], word) == 0)
			return true;
	}
	return false;
}

/* The next field, cut off; *rest is NULL when it was the last. NULL when there is none. */
static char *field_next(char **rest)
{
	char *field = *rest, *at = field;

	if (!field)
		return NULL;
	for (bool inside = false; *at && (inside || *at != ':'); at++)
		inside = *at == '[' || (inside && *at != ']');
	*rest = *at ? at + 1 : NULL;
	*at = '\0';
	return field;
}

static const char *hostname_take(char *field, struct sal_config_ip *ip)
{
	if (strlen(field) > HOSTNAME_MAX)
		return "the hostname is longer than 255 bytes";
	for (const char *c = field; *c; c++) {
		if ((unsigned char)*c <= ' ' || *c == 0x7f)
			return "the hostname has white space or control characters";
	}
	sal_set(ip, hostname, field);
	return NULL;
}

static const char *own_take(char *field, struct sal_config_ip *ip)
{
	if (!sal_net_cmdline_address(field, &ip->local))
		return "the first field is not an IP address (IPv6 in brackets)";
	if (sal_net_cmdline_unusable(&ip->local))
		return "the first field is not an address that a node can have";
	ip->has.local = true;
	return NULL;
}

static const char *peer_take(char *field, struct sal_config_ip *ip)
{
	if (!sal_net_cmdline_address(field, &ip->peer))
		return "the second field (server or peer) is not an IP address";
	ip->has.peer = true;
	return NULL;
}

static const char *gateway_take(char *field, struct sal_config_ip *ip)
{
	if (!sal_net_cmdline_address(field, &ip->gateway) || sal_net_cmdline_unusable(&ip->gateway))
		return "the third field (gateway) is not an IP address of a node";
	if (ip->has.local && ip->local.family != ip->gateway.family)
		return "the gateway is of another address family than the address";
	ip->has.gateway = true;
	return NULL;
}

static const char *netmask_take(char *field, struct sal_config_ip *ip)
{
	if (!sal_net_cmdline_netmask(field, ip->has.local ? ip->local.family : AF_INET,
				     &ip->prefixlen))
		return "the fourth field (netmask) is neither a netmask nor a number of bits";
	ip->has.prefixlen = true;
	return NULL;
}

static const char *dev_take(char *field, struct sal_config_ip *ip)
{
	if (!sal_ifname_valid(field))
		return "the device is not a valid interface name";
	sal_set(ip, dev, field);
	return NULL;
}

static const char *autoconf_take(char *field, struct sal_config_ip *ip)
{
	if (!is_autoconf(field))
		return "the kind of autoconfiguration is none that the kernel or dracut knows";
	sal_set(ip, autoconf, field);
	return NULL;
}

/* mtu[:mac]; all that is left belongs to the MAC, which has colons itself. */
static const char *mtu_take(char *field, char *rest, struct sal_config_ip *ip)
{
	if (*field) {
		if (!sal_net_cmdline_number(field, UINT32_MAX, &ip->mtu) || ip->mtu < MTU_MIN)
			return "the MTU is not a number of at least 68";
		ip->has.mtu = true;
	}
	if (rest && *rest) {
		if (!sal_mac_parse(rest, &ip->address))
			return "what follows the MTU is not a MAC address";
		ip->has.address = true;
	}
	return NULL;
}

/* [dns][:[dns][:[ntp]]] */
static const char *servers_take(struct sal_arena *arena, char *field, char *rest,
				struct sal_config_ip *ip)
{
	struct sal_ip *servers = sal_arena_array(arena, 2, sizeof(*servers));
	size_t n = 0;

	for (unsigned i = 0; field; i++, field = field_next(&rest)) {
		struct sal_ip server;

		if (i > 2)
			return "there are more fields than the form has";
		if (!*field)
			continue;
		if (!sal_net_cmdline_address(field, &server))
			return i < 2 ? "a name server is not an IP address"
				     : "the time server is not an IP address";
		if (i < 2)
			servers[n++] = server;
		else
			sal_set(ip, ntp, server);
	}
	if (n)
		sal_set(ip, nameservers, ((struct sal_ips){ servers, n }));
	return NULL;
}

/* What stands behind the autoconfiguration: dracut's mtu:mac or the kernel's dns:dns:ntp. */
static const char *tail_take(struct sal_arena *arena, char *rest, struct sal_config_ip *ip)
{
	size_t digits = rest ? strspn(rest, "0123456789") : 0;
	struct sal_mac mac;
	bool is_mtu = rest && (digits ? rest[digits] == ':' || !rest[digits]
				      : *rest == ':' && sal_mac_parse(rest + 1, &mac));
	char *field = field_next(&rest);

	if (!field)
		return NULL;
	return is_mtu ? mtu_take(field, rest, ip) : servers_take(arena, field, rest, ip);
}

static const char *kernel_form(struct sal_arena *arena, char *rest, struct sal_config_ip *ip)
{
	static const char *(*const takes[])(char *field, struct sal_config_ip *ip) = {
		own_take,      peer_take, gateway_take,	 netmask_take,
		hostname_take, dev_take,  autoconf_take,
	};

	for (size_t i = 0; i < SAL_ARRAY_LEN(takes) && rest; i++) {
		char *field = field_next(&rest);
		const char *fault = *field ? takes[i](field, ip) : NULL;

		if (fault)
			return fault;
	}
	return tail_take(arena, rest, ip);
}

static const char *dracut_form(char *dev, char *rest, struct sal_config_ip *ip)
{
	const char *fault = dev_take(dev, ip);
	char *autoconf = field_next(&rest), *mtu;

	if (!fault && autoconf && *autoconf)
		fault = autoconf_take(autoconf, ip);
	else if (!fault)
		fault = "the kind of autoconfiguration is missing behind the device";
	mtu = field_next(&rest);
	return fault || !mtu ? fault : mtu_take(mtu, rest, ip);
}

const char *sal_net_cmdline_ip(struct sal_arena *arena, const char *value,
			       struct sal_config_ip *ret_ip)
{
	char *rest = sal_arena_strdup(arena, value), *first;
	struct sal_ip ip;
	bool alone;

	*ret_ip = (struct sal_config_ip){ .value = value };
	if (!*value)
		return "it has no value";
	first = field_next(&rest);
	alone = !rest;
	if (alone && is_autoconf(first)) {
		sal_set(ret_ip, autoconf, first);
		return NULL;
	}
	/* Written without brackets, an IPv6 address is cut at its colons: say so, not something odd. */
	if (*first != '[' && sal_ip_parse(value, &ip) && ip.family == AF_INET6)
		return "an IPv6 address must be in brackets";
	if (!*first || *first == '[' || sal_ip_parse(first, &ip))
		return kernel_form(arena, sal_arena_strdup(arena, value), ret_ip);
	if (alone)
		return "it is neither an address nor a kind of autoconfiguration";
	return dracut_form(first, rest, ret_ip);
}
