/*
 * text.c - the field's text formats.
 *
 * Reads what callers send (field.c) and writes what the kernel gave (field.c, for every route and
 * neighbour, so without snprintf). It never asks the kernel whether the thing named exists.
 */
#include "base/text.h"

#include <arpa/inet.h>
#include <limits.h>
#include <net/if.h>
#include <string.h>

static const char hex_digits[] = "0123456789abcdef";

static unsigned ip_bits(uint8_t family)
{
	return family == AF_INET6 ? 128 : family == AF_INET ? 32 : 0;
}

bool sal_ip_parse(const char *s, struct sal_ip *ret_ip)
{
	struct sal_ip ip = { .family = strchr(s, ':') ? AF_INET6 : AF_INET };

	/* inet_pton(3) refuses octal, hexadecimal and short forms, zones and white space. */
	if (inet_pton(ip.family, s, ip.bytes) != 1)
		return false;
	*ret_ip = ip;
	return true;
}

bool sal_prefix_parse(const char *s, struct sal_prefix *ret_prefix)
{
	struct sal_prefix prefix = { 0 };
	const char *slash = strchr(s, '/');
	char address[SAL_IP_TEXT];
	unsigned len = 0;

	if (strcmp(s, "default") == 0) {
		*ret_prefix = prefix;
		return true;
	}
	if (!slash) {
		if (!sal_ip_parse(s, &prefix.ip))
			return false;
		prefix.len = (uint8_t)ip_bits(prefix.ip.family);
		*ret_prefix = prefix;
		return true;
	}

	size_t address_len = (size_t)(slash - s), digits = strlen(slash + 1);

	if (address_len >= sizeof(address) || digits < 1 || digits > 3)
		return false;
	if (slash[1] == '0' && digits > 1)
		return false;
	for (const char *p = slash + 1; *p; p++) {
		if (*p < '0' || *p > '9')
			return false;
		len = (len * 10) + (unsigned)(*p - '0');
	}
	memcpy(address, s, address_len);
	address[address_len] = '\0';
	if (!sal_ip_parse(address, &prefix.ip) || len > ip_bits(prefix.ip.family))
		return false;
	prefix.len = (uint8_t)len;
	*ret_prefix = prefix;
	return true;
}

bool sal_mac_parse(const char *s, struct sal_mac *ret_mac)
{
	struct sal_mac mac = { .len = 6 };

	for (int i = 0; i < 6; i++, s += 3) {
		int high = sal_hex_value(s[0]);
		int low = high < 0 ? -1 : sal_hex_value(s[1]);

		if (low < 0 || s[2] != (i < 5 ? ':' : '\0'))
			return false;
		mac.bytes[i] = (uint8_t)(high << 4 | low);
	}
	*ret_mac = mac;
	return true;
}

static inline char *octet_format(char *p, unsigned value) /* below 1000 */
{
	if (value >= 100) {
		*p++ = (char)('0' + (value / 100));
		value %= 100;
		*p++ = (char)('0' + (value / 10));
	} else if (value >= 10) {
		*p++ = (char)('0' + (value / 10));
	}
	*p++ = (char)('0' + (value % 10));
	return p;
}

/* Each octet with the point behind it, and how long that is. */
/* clang-format off */
#define TEN_OCTETS(tens, len) \
	{ tens "0.", len }, { tens "1.", len }, { tens "2.", len }, { tens "3.", len }, \
	{ tens "4.", len }, { tens "5.", len }, { tens "6.", len }, { tens "7.", len }, \
	{ tens "8.", len }, { tens "9.", len }
/* clang-format on */

static const struct {
	char text[7];
	uint8_t len;
} octets[256] = {
	TEN_OCTETS("", 2),   TEN_OCTETS("1", 3),  TEN_OCTETS("2", 3),  TEN_OCTETS("3", 3),
	TEN_OCTETS("4", 3),  TEN_OCTETS("5", 3),  TEN_OCTETS("6", 3),  TEN_OCTETS("7", 3),
	TEN_OCTETS("8", 3),  TEN_OCTETS("9", 3),  TEN_OCTETS("10", 4), TEN_OCTETS("11", 4),
	TEN_OCTETS("12", 4), TEN_OCTETS("13", 4), TEN_OCTETS("14", 4), TEN_OCTETS("15", 4),
	TEN_OCTETS("16", 4), TEN_OCTETS("17", 4), TEN_OCTETS("18", 4), TEN_OCTETS("19", 4),
	TEN_OCTETS("20", 4), TEN_OCTETS("21", 4), TEN_OCTETS("22", 4), TEN_OCTETS("23", 4),
	TEN_OCTETS("24", 4), { "250.", 4 },	  { "251.", 4 },       { "252.", 4 },
	{ "253.", 4 },	     { "254.", 4 },	  { "255.", 4 },
};

/* Four bytes are stored for each octet: the last point, and what follows it, is not counted. */
static char *ipv4_format(char *p, const uint8_t *bytes)
{
	for (int i = 0; i < 4; i++) {
		memcpy(p, octets[bytes[i]].text, 4);
		p += octets[bytes[i]].len;
	}
	return p - 1;
}

static char *group_format(char *p, unsigned value)
{
	int shift = value >= 0x1000 ? 12 : value >= 0x100 ? 8 : value >= 0x10 ? 4 : 0;

	for (; shift >= 0; shift -= 4)
		*p++ = hex_digits[value >> shift & 15];
	return p;
}

/* The first of the longest runs of zero groups; *ret_len is 0 when none has two or more. */
static int ipv6_gap(const unsigned groups[8], int *ret_len)
{
	int best = 0, best_len = 1;

	for (int i = 0; i < 8; i++) {
		int start = i;

		while (i < 8 && !groups[i])
			i++;
		if (i - start > best_len) {
			best = start;
			best_len = i - start;
		}
	}
	*ret_len = best_len > 1 ? best_len : 0;
	return best;
}

/* RFC 5952; mapped and compatible addresses (its section 5) as inet_ntop(3) of glibc has them. */
static char *ipv6_format(char *p, const uint8_t *bytes)
{
	unsigned groups[8];
	int gap, gap_len;

	for (size_t i = 0; i < 8; i++)
		groups[i] = (unsigned)bytes[i * 2] << 8 | bytes[(i * 2) + 1];
	gap = ipv6_gap(groups, &gap_len);

	bool dotted = gap == 0 && (gap_len == 6 || (gap_len == 5 && groups[5] == 0xffff));
	int last = dotted ? 6 : 8;

	for (int i = 0; i < last;) {
		if (gap_len && i == gap) {
			*p++ = ':';
			i += gap_len;
			if (i == 8)
				*p++ = ':'; /* the gap ends the address: no group brings it */
			continue;
		}
		if (i)
			*p++ = ':';
		p = group_format(p, groups[i]);
		i++;
	}
	if (dotted) {
		*p++ = ':';
		p = ipv4_format(p, bytes + 12);
	}
	return p;
}

char *sal_ip_format(char *p, const struct sal_ip *ip)
{
	if (ip->family == AF_INET)
		return ipv4_format(p, ip->bytes);
	return ip->family == AF_INET6 ? ipv6_format(p, ip->bytes) : p;
}

char *sal_prefix_format(char *p, const struct sal_prefix *prefix)
{
	if (!prefix->len) {
		memcpy(p, "default", 7);
		return p + 7;
	}
	p = sal_ip_format(p, &prefix->ip);
	if (prefix->len < ip_bits(prefix->ip.family)) {
		*p++ = '/';
		p = octet_format(p, prefix->len);
	}
	return p;
}

char *sal_mac_format(char *p, const struct sal_mac *mac)
{
	for (unsigned i = 0; i < mac->len && i < sizeof(mac->bytes); i++) {
		if (i)
			*p++ = ':';
		*p++ = hex_digits[mac->bytes[i] >> 4];
		*p++ = hex_digits[mac->bytes[i] & 15];
	}
	return p;
}

bool sal_ifname_valid(const char *s)
{
	size_t len = strnlen(s, IFNAMSIZ);

	if (!len || len == IFNAMSIZ || strcmp(s, ".") == 0 || strcmp(s, "..") == 0)
		return false;
	/* The kernel's isspace() works on Latin-1, where 0xa0 is a space (lib/ctype.c). */
	return !strpbrk(s, "/: \t\n\v\f\r\xa0");
}

bool sal_path_valid(const char *s)
{
	size_t len = strnlen(s, PATH_MAX);

	if (s[0] != '/' || len == PATH_MAX)
		return false;
	for (size_t i = 0; i < len; i++) {
		if ((unsigned char)s[i] < 0x20 || s[i] == 0x7f)
			return false;
	}
	if (len == 1)
		return true;
	while (*s) { /* at a slash: a component follows */
		size_t component = strcspn(++s, "/");

		if (!component || (component == 1 && s[0] == '.') ||
		    (component == 2 && s[0] == '.' && s[1] == '.'))
			return false;
		s += component;
	}
	return true;
}

static bool uuid_matches(const char *s, const char *shape)
{
	for (; *shape; shape++, s++) {
		if (*shape == '-' ? *s != '-' : sal_hex_value(*s) < 0)
			return false;
	}
	return !*s;
}

bool sal_uuid_valid(const char *s)
{
	return uuid_matches(s, "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx") ||
	       uuid_matches(s, "xxxx-xxxx");
}
