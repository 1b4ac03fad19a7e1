/* dhcp6_options.c - the decoder of DHCPv6 messages. See dhcp6_options.h. */
#include "net/dhcp6_options.h"

#include <string.h>

#include "base/macros.h"
#include "net/dhcp_domains.h"

#define CLIENT_ID   1
#define SERVER_ID   2
#define IAADDR	    5
#define STATUS	    13
#define DNS	    23
#define DOMAINS	    24
#define IAPREFIX    26
#define SNTP	    31
#define NTP	    56
#define NTP_ADDRESS 1
#define DUID_MAX    130 /* RFC 8415, section 11.1: type and 128 bytes */
#define ITEMS_MAX   256
#define RELAY_FORW  12 /* and 13, the answer: they have another header */

struct reader {
	struct sal_arena *arena;
	struct sal_dhcp6 *dhcp;
	struct sal_dhcp6_item *items; /* room for ITEMS_MAX */
};

static void fault_add(struct sal_dhcp6 *dhcp, uint16_t option, const char *reason)
{
	if (dhcp->nfaults < SAL_ARRAY_LEN(dhcp->faults))
		dhcp->faults[dhcp->nfaults++] =
			(struct sal_dhcp_fault){ .option = option, .reason = reason };
}

static uint16_t be16(const uint8_t *p)
{
	return p[0] << 8 | p[1];
}

static uint32_t be32(const uint8_t *p)
{
	return (uint32_t)be16(p) << 16 | be16(p + 2);
}

struct option {
	uint16_t code, len;
	const uint8_t *value;
};

/* The option at *at, which is moved behind it; false at the end, and where one runs past it. */
static bool option_next(struct sal_dhcp6 *dhcp, const uint8_t *p, size_t len, size_t *at,
			struct option *ret_option)
{
	if (*at >= len)
		return false;
	if (len - *at < 4 || len - *at - 4 < be16(p + *at + 2)) {
		fault_add(dhcp, len - *at >= 2 ? be16(p + *at) : 0, "it runs past the end");
		*at = len;
		return false;
	}
	*ret_option = (struct option){ .code = be16(p + *at),
				       .len = be16(p + *at + 2),
				       .value = p + *at + 4 };
	*at += 4 + (size_t)ret_option->len;
	return true;
}

/* IAADDR: address, preferred, valid. IAPREFIX: preferred, valid, bits, prefix. */
static void item_read(struct reader *reader, const struct sal_dhcp6_item *ia,
		      const struct option *option)
{
	struct sal_dhcp6_item item = *ia;
	const uint8_t *times;

	item.prefix.ip.family = AF_INET6;
	if (option->len < (option->code == IAADDR ? 24 : 25)) {
		fault_add(reader->dhcp, option->code, "it has a wrong length");
		return;
	}
	if (option->code == IAADDR) {
		item.prefix.len = 128;
		memcpy(item.prefix.ip.bytes, option->value, 16);
		times = option->value + 16;
	} else {
		times = option->value;
		item.prefix.len = option->value[8];
		if (item.prefix.len < 1 || item.prefix.len > 128) {
			fault_add(reader->dhcp, option->code, "the prefix has not 1 to 128 bits");
			return;
		}
		memcpy(item.prefix.ip.bytes, option->value + 9, 16);
	}
	item.preferred = be32(times);
	item.valid = be32(times + 4);
	if (item.preferred > item.valid) {
		fault_add(reader->dhcp, option->code, "preferred for longer than valid");
		return;
	}
	if (reader->dhcp->nitems == ITEMS_MAX)
		fault_add(reader->dhcp, option->code, "more than 256 addresses and prefixes");
	else
		reader->items[reader->dhcp->nitems++] = item;
}

static void status_read(struct sal_dhcp6 *dhcp, const struct option *option)
{
	if (option->len < 2)
		fault_add(dhcp, STATUS, "it has a wrong length");
	else if (!dhcp->status)
		dhcp->status = be16(option->value);
}

static void ia_read(struct reader *reader, const struct option *option)
{
	size_t head = option->code == SAL_DHCP6_IA_TA ? 4 : 12, at = head;
	struct sal_dhcp6_item ia = { .kind = option->code };
	struct option inner;

	if (option->len < head) {
		fault_add(reader->dhcp, option->code, "it has a wrong length");
		return;
	}
	ia.iaid = be32(option->value);
	if (head == 12) {
		ia.t1 = be32(option->value + 4);
		ia.t2 = be32(option->value + 8);
	}
	if (ia.t1 && ia.t2 && ia.t1 > ia.t2) {
		/* RFC 8415, section 21.4: such an IA is to be thrown away whole. */
		fault_add(reader->dhcp, option->code, "T1 is beyond T2");
		return;
	}
	while (option_next(reader->dhcp, option->value, option->len, &at, &inner)) {
		if (inner.code == (option->code == SAL_DHCP6_IA_PD ? IAPREFIX : IAADDR))
			item_read(reader, &ia, &inner);
		else if (inner.code == STATUS)
			status_read(reader->dhcp, &inner);
	}
}

static void ips_read(struct reader *reader, const struct option *option, struct sal_ips *ips)
{
	struct sal_ip *items;

	if (!option->len || option->len % 16) {
		fault_add(reader->dhcp, option->code, "it has a wrong length");
		return;
	}
	items = sal_arena_array(reader->arena, option->len / 16, sizeof(*items));
	for (size_t i = 0; i < option->len / 16; i++) {
		items[i].family = AF_INET6;
		memcpy(items[i].bytes, option->value + i * 16, 16);
	}
	*ips = (struct sal_ips){ items, option->len / 16 };
}

/* Its addresses; names and multicast groups are not shown. */
static void ntp_read(struct reader *reader, const struct option *option)
{
	struct sal_ip *items = sal_arena_array(reader->arena, option->len / 20 + 1, sizeof(*items));
	struct option inner;
	size_t at = 0, n = 0;

	while (option_next(reader->dhcp, option->value, option->len, &at, &inner)) {
		if (inner.code != NTP_ADDRESS)
			continue;
		if (inner.len != 16) {
			fault_add(reader->dhcp, NTP, "it has a wrong length");
			return;
		}
		items[n].family = AF_INET6;
		memcpy(items[n++].bytes, inner.value, 16);
	}
	if (n)
		reader->dhcp->ntp = (struct sal_ips){ items, n };
}

static void duid_read(struct sal_dhcp6 *dhcp, const struct option *option, struct sal_bytes *duid)
{
	if (option->len < 3 || option->len > DUID_MAX)
		fault_add(dhcp, option->code, "it has a wrong length");
	else
		*duid = (struct sal_bytes){ option->value, option->len };
}

static void option_read(struct reader *reader, const struct option *option)
{
	const char *fault;

	switch (option->code) {
	case CLIENT_ID:
		duid_read(reader->dhcp, option, &reader->dhcp->client_id);
		break;
	case SERVER_ID:
		duid_read(reader->dhcp, option, &reader->dhcp->server_id);
		break;
	case SAL_DHCP6_IA_NA:
	case SAL_DHCP6_IA_TA:
	case SAL_DHCP6_IA_PD:
		ia_read(reader, option);
		break;
	case STATUS:
		status_read(reader->dhcp, option);
		break;
	case DNS:
		ips_read(reader, option, &reader->dhcp->dns);
		break;
	case SNTP:
		if (!reader->dhcp->ntp.len)
			ips_read(reader, option, &reader->dhcp->ntp);
		break;
	case NTP:
		ntp_read(reader, option);
		break;
	case DOMAINS:
		fault = sal_dhcp_domains_read(reader->arena, option->value, option->len, false,
					      &reader->dhcp->search);
		if (fault)
			fault_add(reader->dhcp, DOMAINS, fault);
		break;
	}
}

bool sal_dhcp6_read(struct sal_arena *arena, const uint8_t *message, size_t len,
		    struct sal_dhcp6 *ret_dhcp)
{
	struct reader reader = { .arena = arena, .dhcp = ret_dhcp };
	struct option option;
	size_t at = 4;

	memset(ret_dhcp, 0, sizeof(*ret_dhcp));
	if (len < 4 || !message[0] || message[0] == RELAY_FORW || message[0] == RELAY_FORW + 1) {
		fault_add(ret_dhcp, 0, "not a DHCPv6 message");
		return false;
	}
	ret_dhcp->type = message[0];
	ret_dhcp->xid = be32(message) & 0xffffff;
	reader.items = sal_arena_array(arena, ITEMS_MAX, sizeof(*reader.items));
	while (option_next(ret_dhcp, message, len, &at, &option))
		option_read(&reader, &option);
	ret_dhcp->items = reader.items;
	return true;
}
