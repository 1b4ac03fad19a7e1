/* listener.c - sockets in /proc/net/udp and udp6. See listener.h. */
#include "net/listener.h"

#include <fcntl.h>
#include <string.h>

#include "kernel/sysfs.h"

#define TABLE_MAX   ((size_t)64 * 1024 * 1024)
#define UNCONNECTED 7 /* TCP_CLOSE: how a UDP socket without a peer shows */

/* n hexadecimal digits. */
static bool hex_read(const char **at, unsigned n, uint32_t *ret_value)
{
	uint32_t value = 0;

	for (unsigned i = 0; i < n; i++, (*at)++) {
		int digit = sal_hex_value(**at);

		if (digit < 0)
			return false;
		value = value << 4 | digit;
	}
	*ret_value = value;
	return true;
}

/* Words in the machine's byte order, as the kernel prints them, then ":PORT". */
static bool endpoint_read(const char **at, uint8_t family, struct sal_ip *ret_ip,
			  uint32_t *ret_port)
{
	ret_ip->family = family;
	for (size_t i = 0; i < (family == AF_INET ? 1 : 4); i++) {
		uint32_t word;

		if (!hex_read(at, 8, &word))
			return false;
		memcpy(ret_ip->bytes + (i * sizeof(word)), &word, sizeof(word));
	}
	return *(*at)++ == ':' && hex_read(at, 4, ret_port);
}

/* Datagrams to the address reach a socket bound to it, or to any; an IPv6 one takes IPv4 as well. */
static bool address_reaches(const struct sal_ip *bound, const struct sal_ip *ip)
{
	static const uint8_t zero[16], mapped[12] = { [10] = 0xff, [11] = 0xff };
	size_t size = bound->family == AF_INET ? 4 : 16;

	if (memcmp(bound->bytes, zero, size) == 0)
		return true;
	if (bound->family == ip->family)
		return memcmp(bound->bytes, ip->bytes, size) == 0;
	return bound->family == AF_INET6 && memcmp(bound->bytes, mapped, sizeof(mapped)) == 0 &&
	       memcmp(bound->bytes + sizeof(mapped), ip->bytes, 4) == 0;
}

/* "  12: 3500007F:0035 00000000:0000 07 …" */
static bool line_matches(const char *line, uint8_t family, const struct sal_ip *ip, uint16_t port)
{
	struct sal_ip local = { 0 }, peer = { 0 };
	uint32_t local_port, peer_port, state;

	line += strspn(line, " ");
	line += strspn(line, "0123456789");
	if (strncmp(line, ": ", 2) != 0)
		return false;
	line += 2;
	if (!endpoint_read(&line, family, &local, &local_port) || *line++ != ' ' ||
	    !endpoint_read(&line, family, &peer, &peer_port) || *line++ != ' ' ||
	    !hex_read(&line, 2, &state))
		return false;
	return state == UNCONNECTED && local_port == port && address_reaches(&local, ip);
}

bool sal_net_listener_in(const char *text, uint8_t family, const struct sal_ip *ip, uint16_t port)
{
	for (const char *line = text; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (line_matches(line, family, ip, port))
			return true;
	}
	return false;
}

enum sal_net_listener sal_net_listener_udp(struct sal_arena *arena, const struct sal_ip *ip,
					   uint16_t port)
{
	const char *udp = sal_sysfs_text(arena, AT_FDCWD, "/proc/thread-self/net/udp", TABLE_MAX);
	const char *udp6 = sal_sysfs_text(arena, AT_FDCWD, "/proc/thread-self/net/udp6", TABLE_MAX);

	if ((udp && ip->family == AF_INET && sal_net_listener_in(udp, AF_INET, ip, port)) ||
	    (udp6 && sal_net_listener_in(udp6, AF_INET6, ip, port)))
		return SAL_NET_LISTENER_FOUND;
	return udp || udp6 ? SAL_NET_LISTENER_NONE : SAL_NET_LISTENER_UNKNOWN;
}
