/*
 * dhcp4_options.c - the decoder of DHCPv4 messages. See dhcp4_options.h.
 *
 * Options are gathered first (pieces of one are joined, also those in the file and sname fields),
 * then read by a table with one row an option.
 */
#include "net/dhcp4_options.h"

#include <string.h>

#include "base/macros.h"
#include "net/dhcp_domains.h"

#define OPTIONS_AT (SAL_DHCP4_COOKIE_AT + 4)
#define SNAME_AT   44
#define SNAME_LEN  64
#define FILE_AT	   108
#define FILE_LEN   128
#define PAD	   0
#define OVERLOAD   52
#define END	   255
#define MTU_MIN	   68 /* RFC 2132, section 5.1 */

static void fault_add(struct sal_dhcp4 *dhcp, uint16_t option, const char *reason)
{
	if (dhcp->nfaults < SAL_DHCP4_FAULTS)
		dhcp->faults[dhcp->nfaults++] =
			(struct sal_dhcp_fault){ .option = option, .reason = reason };
}

static uint32_t be32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static struct sal_ip ip4(const uint8_t *p)
{
	struct sal_ip ip = { .family = AF_INET };

	memcpy(ip.bytes, p, 4);
	return ip;
}

int sal_dhcp4_netmask_bits(const uint8_t mask[4])
{
	uint32_t holes = ~be32(mask);

	return holes & (holes + 1) ? -1 : holes ? __builtin_clz(holes) : 32;
}

bool sal_dhcp_name_valid(const char *name, size_t len)
{
	size_t label = 0;

	if (len && name[len - 1] == '.')
		len--;
	for (size_t i = 0; i < len; i++) {
		unsigned char c = name[i];
		bool letter = (c | 0x20) >= 'a' && (c | 0x20) <= 'z';

		if (c == '.' && !label)
			return false;
		label = c == '.' ? 0 : label + 1;
		if (label > 63 ||
		    !(letter || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.'))
			return false;
	}
	return len && len <= 253 && label;
}

/* A reader returns NULL, or what is wrong with the value; len is at least the table's minimum. */
typedef const char *option_reader(struct sal_arena *arena, struct sal_dhcp4 *dhcp,
				  const uint8_t *value, size_t len);

static const char *netmask_read(struct sal_arena *arena, struct sal_dhcp4 *dhcp,
				const uint8_t *value, size_t len)
{
	int bits = sal_dhcp4_netmask_bits(value);

	if (bits < 0)
		return "the netmask has holes";
	dhcp->prefixlen = bits;
	dhcp->has.netmask = true;
	return NULL;
}

static struct sal_ips ips_read(struct sal_arena *arena, const uint8_t *value, size_t len)
{
	struct sal_ip *items = sal_arena_array(arena, len / 4, sizeof(*items));

	for (size_t i = 0; i < len / 4; i++)
		items[i] = ip4(value + i * 4);
	return (struct sal_ips){ items, len / 4 };
}

static const char *routers_read(struct sal_arena *arena, struct sal_dhcp4 *dhcp,
				const uint8_t *value, size_t len)
{
	dhcp->routers = ips_read(arena, value, len);
	return NULL;
}

static const char *dns_read(struct sal_arena *arena, struct sal_dhcp4 *dhcp, const uint8_t *value,
			    size_t len)
{
	dhcp->dns = ips_read(arena, value, len);
	return NULL;
}

static const char *ntp_read(struct sal_arena *arena, struct sal_dhcp4 *dhcp, const uint8_t *value,
			    size_t len)
{
	dhcp->ntp = ips_read(arena, value, len);
	return NULL;
}

/* Some servers count a final NUL, or several (RFC 2132, section 2). */
static const char *name_read(struct sal_arena *arena, const char **name, const uint8_t *value,
			     size_t len)
{
	while (len && !value[len - 1])
		len--;
	if (!sal_dhcp_name_valid((const char *)value, len))
		return "it is not a name";
	*name = sal_arena_strndup(arena, (const char *)value, len - (value[len - 1] == '.'));
	return NULL;
}

static const char *hostname_read(struct sal_arena *arena, struct sal_dhcp4 *dhcp,
				 const uint8_t *value, size_t len)
{
	return name_read(arena, &dhcp->hostname, value, len);
}

static const char *domain_read(struct sal_arena *arena, struct sal_dhcp4 *dhcp,
			       const uint8_t *value, size_t len)
{
	return name_read(arena, &dhcp->domain, value, len);
}

static const char *search_read(struct sal_arena *arena, struct sal_dhcp4 *dhcp,
			       const uint8_t *value, size_t len)
{
	return sal_dhcp_domains_read(arena, value, len, true, &dhcp->search);
}

static const char *mtu_read(struct sal_arena *arena, struct sal_dhcp4 *dhcp, const uint8_t *value,
			    size_t len)
{
	uint16_t mtu = value[0] << 8 | value[1];

	if (mtu < MTU_MIN)
		return "the MTU is below 68";
	dhcp->mtu = mtu;
	dhcp->has.mtu = true;
	return NULL;
}

static const char *broadcast_read(struct sal_arena *arena, struct sal_dhcp4 *dhcp,
				  const uint8_t *value, size_t len)
{
	dhcp->broadcast = ip4(value);
	dhcp->has.broadcast = true;
	return NULL;
}

/* The bits of a class, which is all that option 33 knows of masks; -1 for no destination. */
static int class_bits(uint8_t first)
{
	return first == 0 ? -1 : first < 128 ? 8 : first < 192 ? 16 : first < 224 ? 24 : -1;
}

static const char *static_routes_read(struct sal_arena *arena, struct sal_dhcp4 *dhcp,
				      const uint8_t *value, size_t len)
{
	struct sal_dhcp4_route *routes = sal_arena_array(arena, len / 8, sizeof(*routes));

	for (size_t i = 0; i < len / 8; i++) {
		int bits = class_bits(value[i * 8]);

		if (bits < 0)
			return "a route has a destination of no class";
		routes[i].dst = (struct sal_prefix){ .ip = ip4(value + i * 8), .len = bits };
		routes[i].gateway = ip4(value + i * 8 + 4);
	}
	if (dhcp->classless)
		return NULL; /* to be ignored then */
	dhcp->routes = routes;
	dhcp->nroutes = len / 8;
	return NULL;
}

/* RFC 3442: bits, as many bytes of destination as they need, gateway. All of it or nothing. */
static const char *classless_read(struct sal_arena *arena, struct sal_dhcp4 *dhcp,
				  const uint8_t *value, size_t len)
{
	struct sal_dhcp4_route *routes = sal_arena_array(arena, len / 5, sizeof(*routes));
	size_t n = 0, at = 0;

	while (at < len) {
		uint8_t bits = value[at++], bytes = (bits + 7) / 8;

		if (bits > 32)
			return "a classless route has more than 32 bits";
		if (len - at < (size_t)bytes + 4)
			return "a classless route is cut off";
		routes[n].dst = (struct sal_prefix){ .ip.family = AF_INET, .len = bits };
		memcpy(routes[n].dst.ip.bytes, value + at, bytes);
		if (bits % 8) /* what stands beyond the bits is to be ignored */
			routes[n].dst.ip.bytes[bytes - 1] &= 0xff << (8 - bits % 8);
		routes[n].gateway = ip4(value + at + bytes);
		at += bytes + 4;
		n++;
	}
	dhcp->routes = routes;
	dhcp->nroutes = n;
	dhcp->classless = true;
	return NULL;
}

static const char *lease_time_read(struct sal_arena *arena, struct sal_dhcp4 *dhcp,
				   const uint8_t *value, size_t len)
{
	dhcp->lease_time = be32(value);
	dhcp->has.lease_time = true;
	return NULL;
}

static const char *t1_read(struct sal_arena *arena, struct sal_dhcp4 *dhcp, const uint8_t *value,
			   size_t len)
{
	dhcp->t1 = be32(value);
	dhcp->has.t1 = true;
	return NULL;
}

static const char *t2_read(struct sal_arena *arena, struct sal_dhcp4 *dhcp, const uint8_t *value,
			   size_t len)
{
	dhcp->t2 = be32(value);
	dhcp->has.t2 = true;
	return NULL;
}

static const char *type_read(struct sal_arena *arena, struct sal_dhcp4 *dhcp, const uint8_t *value,
			     size_t len)
{
	if (!value[0] || value[0] > 18) /* the last one assigned: RFC 7724 */
		return "an unknown message type";
	dhcp->type = value[0];
	return NULL;
}

static const char *server_read(struct sal_arena *arena, struct sal_dhcp4 *dhcp,
			       const uint8_t *value, size_t len)
{
	dhcp->server = ip4(value);
	dhcp->has.server = true;
	return NULL;
}

static const char *client_id_read(struct sal_arena *arena, struct sal_dhcp4 *dhcp,
				  const uint8_t *value, size_t len)
{
	dhcp->client_id = sal_arena_dup(arena, value, len);
	dhcp->client_id_len = len;
	return NULL;
}

static const struct option {
	uint8_t code;
	uint8_t min;
	uint8_t fixed; /* 1: exactly min bytes */
	uint8_t step; /* a multiple of it */
	option_reader *read;
} options[] = {
	{ 1, 4, 1, 1, netmask_read },	  { 3, 4, 0, 4, routers_read },
	{ 6, 4, 0, 4, dns_read },	  { 12, 1, 0, 1, hostname_read },
	{ 15, 1, 0, 1, domain_read },	  { 26, 2, 1, 1, mtu_read },
	{ 28, 4, 1, 1, broadcast_read },  { 33, 8, 0, 8, static_routes_read },
	{ 42, 4, 0, 4, ntp_read },	  { 51, 4, 1, 1, lease_time_read },
	{ 53, 1, 1, 1, type_read },	  { 54, 4, 1, 1, server_read },
	{ 58, 4, 1, 1, t1_read },	  { 59, 4, 1, 1, t2_read },
	{ 61, 2, 0, 1, client_id_read },  { 119, 1, 0, 1, search_read },
	{ 121, 5, 0, 1, classless_read },
};

bool sal_dhcp4_option(struct sal_arena *arena, uint8_t code, const uint8_t *value, size_t len,
		      struct sal_dhcp4 *dhcp)
{
	for (size_t i = 0; i < SAL_ARRAY_LEN(options); i++) {
		const struct option *option = &options[i];
		const char *fault;

		if (option->code != code)
			continue;
		if (len < option->min || (option->fixed && len != option->min) ||
		    len % option->step)
			fault = "it has a wrong length";
		else
			fault = option->read(arena, dhcp, value, len);
		if (fault)
			fault_add(dhcp, code, fault);
		return !fault;
	}
	return true;
}

void sal_dhcp4_check_times(struct sal_dhcp4 *dhcp)
{
	uint32_t lease = dhcp->has.lease_time ? dhcp->lease_time : SAL_DHCP_FOREVER;

	if (dhcp->has.lease_time && !dhcp->lease_time)
		fault_add(dhcp, 51, "the lease time is 0");
	if (dhcp->has.t2 && dhcp->t2 > lease) {
		fault_add(dhcp, 59, "T2 is beyond the lease time");
		dhcp->has.t2 = false;
	}
	if (dhcp->has.t1 && dhcp->t1 > lease) {
		fault_add(dhcp, 58, "T1 is beyond the lease time");
		dhcp->has.t1 = false;
	}
	if (dhcp->has.t1 && dhcp->has.t2 && dhcp->t1 > dhcp->t2) {
		fault_add(dhcp, 58, "T1 is beyond T2");
		dhcp->has.t1 = dhcp->has.t2 = false;
	}
}

/* The pieces of each option, joined in their order (RFC 3396). */
struct gathered {
	struct {
		const uint8_t *value;
		size_t len;
		bool seen;
	} options[256];
};

static void piece_add(struct sal_arena *arena, struct gathered *all, uint8_t code,
		      const uint8_t *value, size_t len)
{
	uint8_t *joined;

	if (!all->options[code].seen) {
		all->options[code].value = value;
		all->options[code].len = len;
		all->options[code].seen = true;
		return;
	}
	joined = sal_arena_alloc(arena, all->options[code].len + len);
	if (all->options[code].len)
		memcpy(joined, all->options[code].value, all->options[code].len);
	memcpy(joined + all->options[code].len, value, len);
	all->options[code].value = joined;
	all->options[code].len += len;
}

/* The options of one field. Behind a length that leads out of it nothing can be read. */
static void field_gather(struct sal_arena *arena, struct sal_dhcp4 *dhcp, struct gathered *all,
			 const uint8_t *p, size_t len)
{
	for (size_t at = 0; at < len && p[at] != END;) {
		uint8_t code = p[at++], n;

		if (code == PAD)
			continue;
		if (at == len || len - at - 1 < p[at]) {
			fault_add(dhcp, code, "it runs past the end");
			return;
		}
		n = p[at++];
		piece_add(arena, all, code, p + at, n);
		at += n;
	}
}

bool sal_dhcp4_read(struct sal_arena *arena, const uint8_t *message, size_t len,
		    struct sal_dhcp4 *ret_dhcp)
{
	static const uint8_t cookie[] = { 99, 130, 83, 99 };
	struct gathered all = { 0 };
	uint8_t overload = 0;

	memset(ret_dhcp, 0, sizeof(*ret_dhcp));
	if (len < OPTIONS_AT) {
		fault_add(ret_dhcp, 0, "too short for a DHCP message");
		return false;
	}
	if ((message[0] != 1 && message[0] != 2) ||
	    memcmp(message + SAL_DHCP4_COOKIE_AT, cookie, sizeof(cookie)) != 0) {
		fault_add(ret_dhcp, 0, "not a DHCP message");
		return false;
	}
	ret_dhcp->op = message[0];
	ret_dhcp->xid = be32(message + 4);
	ret_dhcp->ciaddr = ip4(message + 12);
	ret_dhcp->yiaddr = ip4(message + 16);
	ret_dhcp->siaddr = ip4(message + 20);
	ret_dhcp->giaddr = ip4(message + 24);
	ret_dhcp->chaddr.len = SAL_MIN(message[2], 16);
	memcpy(ret_dhcp->chaddr.bytes, message + 28, ret_dhcp->chaddr.len);
	field_gather(arena, ret_dhcp, &all, message + OPTIONS_AT, len - OPTIONS_AT);
	if (all.options[OVERLOAD].seen) {
		overload = all.options[OVERLOAD].len == 1 ? *all.options[OVERLOAD].value : 0;
		if (!overload || overload > 3)
			fault_add(ret_dhcp, OVERLOAD, "an unknown overload");
	}
	if (overload == 1 || overload == 3)
		field_gather(arena, ret_dhcp, &all, message + FILE_AT, FILE_LEN);
	if (overload == 2 || overload == 3)
		field_gather(arena, ret_dhcp, &all, message + SNAME_AT, SNAME_LEN);
	/* 121 before 33, which it overrules: the table's order does not matter then. */
	if (all.options[121].seen)
		sal_dhcp4_option(arena, 121, all.options[121].value, all.options[121].len,
				 ret_dhcp);
	for (unsigned code = 1; code < END; code++) {
		if (all.options[code].seen && code != 121)
			sal_dhcp4_option(arena, code, all.options[code].value,
					 all.options[code].len, ret_dhcp);
	}
	sal_dhcp4_check_times(ret_dhcp);
	return true;
}
