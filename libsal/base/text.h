/*
 * text.h - the field's text formats: addresses, prefixes, MACs, interface names, paths, UUIDs.
 *
 * Reading is strict: the whole string or nothing, no alternative spellings (inet_aton's octal and
 * short forms are refused). Writing gives the one canonical form (RFC 5952 for IPv6).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

struct sal_ip {
	uint8_t family; /* AF_INET or AF_INET6; 0: none */
	uint8_t bytes[16];
};

/* A destination: "default" is len 0 of family 0, INET or INET6. */
struct sal_prefix {
	struct sal_ip ip;
	uint8_t len; /* bits */
};

/* A link-layer address of any length the kernel knows (MAX_ADDR_LEN is 32). */
struct sal_mac {
	uint8_t len;
	uint8_t bytes[32];
};

#define SAL_IP_TEXT 46	   /* longest text of an address, NUL included */
#define SAL_PREFIX_TEXT 50
#define SAL_MAC_TEXT 96

/* What a hexadecimal digit of either case is worth; -1 for anything else. */
static inline int sal_hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Parse NUL-terminated text; false if it is not exactly that. */
bool sal_ip_parse(const char *s, struct sal_ip *ret_ip);
/* "default", "10.0.0.0/8", or a plain address (full length). Host bits may be set. */
bool sal_prefix_parse(const char *s, struct sal_prefix *ret_prefix);
bool sal_mac_parse(const char *s, struct sal_mac *ret_mac); /* six octets, ':' between */

/* Write at p, which has room for the sizes above; return the end; no NUL is written. */
char *sal_ip_format(char *p, const struct sal_ip *ip);
/* As ip(8) shows a route's dst: "default" for length 0, no "/len" at full length. */
char *sal_prefix_format(char *p, const struct sal_prefix *prefix);
char *sal_mac_format(char *p, const struct sal_mac *mac);

/* Valid as an interface name for the kernel (dev_valid_name: 1 to 15 bytes, not "." or "..", no
 * '/', ':' or white space). Names the kernel gave us are never checked, only those we are given. */
bool sal_ifname_valid(const char *s);
/* Absolute, at most PATH_MAX - 1 bytes, no control characters, no "." or ".." component, no
 * empty component, no trailing slash but "/" itself. */
bool sal_path_valid(const char *s);
bool sal_uuid_valid(const char *s); /* 8-4-4-4-12 hex digits, or the XXXX-XXXX of vfat */
