/*
 * link_text.c - words for the numbers in link and address messages. See link_text.h.
 *
 * The names are those iproute2 prints; where it prints a number in some form for want of a name,
 * so does this.
 */
#include "net/link_text.h"

#include <arpa/inet.h>
#include <linux/if.h>
#include <linux/if_arp.h>
#include <linux/if_bridge.h>
#include <linux/if_ether.h>
#include <string.h>

#include "net/attr.h"

struct sal_strings sal_net_link_flags(struct sal_arena *arena, uint32_t flags, bool lower_down)
{
	static const struct {
		uint32_t bit;
		const char *name;
	} bits[] = {
		{ IFF_LOOPBACK, "LOOPBACK" },
		{ IFF_BROADCAST, "BROADCAST" },
		{ IFF_POINTOPOINT, "POINTOPOINT" },
		{ IFF_MULTICAST, "MULTICAST" },
		{ IFF_NOARP, "NOARP" },
		{ IFF_ALLMULTI, "ALLMULTI" },
		{ IFF_PROMISC, "PROMISC" },
		{ IFF_MASTER, "MASTER" },
		{ IFF_SLAVE, "SLAVE" },
		{ IFF_DEBUG, "DEBUG" },
		{ IFF_DYNAMIC, "DYNAMIC" },
		{ IFF_AUTOMEDIA, "AUTOMEDIA" },
		{ IFF_PORTSEL, "PORTSEL" },
		{ IFF_NOTRAILERS, "NOTRAILERS" },
		{ IFF_UP, "UP" },
		{ IFF_LOWER_UP, "LOWER_UP" },
		{ IFF_DORMANT, "DORMANT" },
		{ IFF_ECHO, "ECHO" },
	};
	const char **items = sal_arena_array(arena, SAL_ARRAY_LEN(bits) + 3, sizeof(*items));
	struct sal_strings list = { items, 0 };

	if ((flags & IFF_UP) && !(flags & IFF_RUNNING))
		items[list.len++] = "NO-CARRIER";
	flags &= ~IFF_RUNNING;
	for (size_t i = 0; i < SAL_ARRAY_LEN(bits); i++) {
		if (flags & bits[i].bit)
			items[list.len++] = bits[i].name;
		flags &= ~bits[i].bit;
	}
	if (flags)
		items[list.len++] = sal_arena_printf(arena, "%x", flags);
	if (lower_down)
		items[list.len++] = "M-DOWN";
	return list;
}

static const struct {
	uint16_t type;
	const char *name;
} link_types[] = {
	{ ARPHRD_ETHER, "ether" },
	{ ARPHRD_LOOPBACK, "loopback" },
	{ ARPHRD_NONE, "none" },
	{ ARPHRD_TUNNEL, "ipip" },
	{ ARPHRD_TUNNEL6, "tunnel6" },
	{ ARPHRD_SIT, "sit" },
	{ ARPHRD_IPGRE, "gre" },
	{ ARPHRD_IP6GRE, "gre6" },
	{ ARPHRD_PPP, "ppp" },
	{ ARPHRD_INFINIBAND, "infiniband" },
	{ ARPHRD_CAN, "can" },
	{ ARPHRD_NETLINK, "netlink" },
	{ ARPHRD_NETROM, "netrom" },
	{ ARPHRD_EETHER, "eether" },
	{ ARPHRD_AX25, "ax25" },
	{ ARPHRD_PRONET, "pronet" },
	{ ARPHRD_CHAOS, "chaos" },
	{ ARPHRD_IEEE802, "ieee802" },
	{ ARPHRD_ARCNET, "arcnet" },
	{ ARPHRD_APPLETLK, "atalk" },
	{ ARPHRD_DLCI, "dlci" },
	{ ARPHRD_ATM, "atm" },
	{ ARPHRD_METRICOM, "metricom" },
	{ ARPHRD_IEEE1394, "ieee1394" },
	{ ARPHRD_SLIP, "slip" },
	{ ARPHRD_CSLIP, "cslip" },
	{ ARPHRD_SLIP6, "slip6" },
	{ ARPHRD_CSLIP6, "cslip6" },
	{ ARPHRD_RSRVD, "rsrvd" },
	{ ARPHRD_ADAPT, "adapt" },
	{ ARPHRD_ROSE, "rose" },
	{ ARPHRD_X25, "x25" },
	{ ARPHRD_HWX25, "hwx25" },
	{ ARPHRD_HDLC, "hdlc" },
	{ ARPHRD_LAPB, "lapb" },
	{ ARPHRD_DDCMP, "ddcmp" },
	{ ARPHRD_RAWHDLC, "rawhdlc" },
	{ ARPHRD_FRAD, "frad" },
	{ ARPHRD_SKIP, "skip" },
	{ ARPHRD_LOCALTLK, "ltalk" },
	{ ARPHRD_FDDI, "fddi" },
	{ ARPHRD_BIF, "bif" },
	{ ARPHRD_IPDDP, "ip/ddp" },
	{ ARPHRD_PIMREG, "pimreg" },
	{ ARPHRD_HIPPI, "hippi" },
	{ ARPHRD_ASH, "ash" },
	{ ARPHRD_ECONET, "econet" },
	{ ARPHRD_IRDA, "irda" },
	{ ARPHRD_FCPP, "fcpp" },
	{ ARPHRD_FCAL, "fcal" },
	{ ARPHRD_FCPL, "fcpl" },
	{ ARPHRD_IEEE802_TR, "tr" },
	{ ARPHRD_IEEE80211, "ieee802.11" },
	{ ARPHRD_IEEE80211_PRISM, "ieee802.11/prism" },
	{ ARPHRD_IEEE80211_RADIOTAP, "ieee802.11/radiotap" },
	{ ARPHRD_IEEE802154, "ieee802.15.4" },
	{ ARPHRD_IEEE802154_MONITOR, "ieee802.15.4/monitor" },
	{ ARPHRD_PHONET, "phonet" },
	{ ARPHRD_PHONET_PIPE, "phonet_pipe" },
	{ ARPHRD_CAIF, "caif" },
	{ ARPHRD_6LOWPAN, "6lowpan" },
	{ ARPHRD_VOID, "void" },
};

const char *sal_net_link_type(struct sal_arena *arena, uint16_t type)
{
	for (size_t i = 0; i < SAL_ARRAY_LEN(link_types); i++) {
		if (link_types[i].type == type)
			return link_types[i].name;
	}
	if (type >= ARPHRD_FCFABRIC && type <= ARPHRD_FCFABRIC + 12)
		return sal_arena_printf(arena, "fcfb%u", type - ARPHRD_FCFABRIC);
	return sal_arena_printf(arena, "[%u]", type);
}

static const char hex_digits[] = "0123456789abcdef";

const char *sal_net_mac_text(struct sal_arena *arena, const void *bytes, size_t len)
{
	const uint8_t *byte = bytes;
	char *text = sal_arena_alloc(arena, len * 3 + 1), *at = text;

	for (size_t i = 0; i < len; i++) {
		*at++ = hex_digits[byte[i] >> 4];
		*at++ = hex_digits[byte[i] & 15];
		*at++ = ':';
	}
	*(at > text ? at - 1 : at) = '\0';
	return text;
}

const char *sal_net_hex_text(struct sal_arena *arena, const struct nlattr *a)
{
	const uint8_t *bytes = sal_nla_data(a);
	size_t len = sal_nla_len(a);
	char *text = sal_arena_alloc(arena, len * 2 + 1);

	for (size_t i = 0; i < len; i++) {
		text[2 * i] = hex_digits[bytes[i] >> 4];
		text[2 * i + 1] = hex_digits[bytes[i] & 15];
	}
	text[2 * len] = '\0';
	return text;
}

const char *sal_net_hex(struct sal_arena *arena, uint64_t value)
{
	return value ? sal_arena_printf(arena, "0x%llx", (unsigned long long)value) : "0";
}

const char *sal_net_link_address(struct sal_arena *arena, const struct nlattr *a, uint16_t type)
{
	bool tunnel4 = type == ARPHRD_TUNNEL || type == ARPHRD_SIT || type == ARPHRD_IPGRE;
	bool tunnel6 = type == ARPHRD_TUNNEL6 || type == ARPHRD_IP6GRE;
	size_t len = sal_nla_len(a);
	struct sal_ip ip;

	if (!len)
		return NULL;
	if ((len == 4 && tunnel4) || (len == 16 && tunnel6)) {
		sal_net_ip_attr(&ip, len == 4 ? AF_INET : AF_INET6, a);
		return sal_net_ip_text(arena, &ip);
	}
	return sal_net_mac_text(arena, sal_nla_data(a), len);
}

const char *sal_net_vlan_protocol(struct sal_arena *arena, uint16_t protocol)
{
	switch (ntohs(protocol)) {
	case ETH_P_8021Q:
		return "802.1Q";
	case ETH_P_8021AD:
		return "802.1ad";
	}
	return sal_arena_printf(arena, "[%u]", ntohs(protocol));
}

const char *sal_net_stp_state(uint8_t state)
{
	static const char *const names[] = {
		[BR_STATE_DISABLED] = "disabled",     [BR_STATE_LISTENING] = "listening",
		[BR_STATE_LEARNING] = "learning",     [BR_STATE_FORWARDING] = "forwarding",
		[BR_STATE_BLOCKING] = "blocking",
	};

	return state < SAL_ARRAY_LEN(names) ? names[state] : NULL;
}

bool sal_net_ip_is_zero(const struct sal_ip *ip)
{
	static const uint8_t zero[16];

	return !memcmp(ip->bytes, zero, sal_net_ip_size(ip->family));
}

const char *sal_net_ip_text(struct sal_arena *arena, const struct sal_ip *ip)
{
	char *text = sal_arena_alloc(arena, SAL_IP_TEXT);

	*sal_ip_format(text, ip) = '\0';
	return text;
}
