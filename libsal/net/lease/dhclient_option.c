/*
 * dhclient_option.c - options of a DHCPv4 lease as dhclient writes them, back into their bytes.
 *
 * The bytes then go through the one decoder of DHCPv4 options, which knows what each may hold.
 * Source: dhcp-options(5).
 */
#include "net/lease/dhclient.h"

#include <string.h>

enum form { IPS, TEXT, U8S, U16, U32, BYTES, NAMES, DESCRIBED };

static const struct option {
	const char *name;
	uint8_t code;
	uint8_t form; /* enum form */
} options4[] = {
	{ "subnet-mask", 1, IPS },
	{ "routers", 3, IPS },
	{ "domain-name-servers", 6, IPS },
	{ "host-name", 12, TEXT },
	{ "domain-name", 15, TEXT },
	{ "interface-mtu", 26, U16 },
	{ "broadcast-address", 28, IPS },
	{ "static-routes", 33, IPS },
	{ "ntp-servers", 42, IPS },
	{ "dhcp-lease-time", 51, U32 },
	{ "dhcp-server-identifier", 54, IPS },
	{ "dhcp-renewal-time", 58, U32 },
	{ "dhcp-rebinding-time", 59, U32 },
	{ "dhcp-client-identifier", 61, BYTES },
	{ "domain-search", 119, NAMES },
	{ "classless-static-routes", 121, DESCRIBED },
	{ "rfc3442-classless-static-routes", 121, U8S },
};

/* A number of so many bytes, the highest first. */
static bool number_pack(const char *text, unsigned bytes, uint8_t *p)
{
	uint64_t value;

	if (!sal_lease_number(text, (UINT64_C(1) << (bytes * 8)) - 1, &value))
		return false;
	while (bytes--)
		*p++ = value >> (bytes * 8);
	return true;
}

/* "24.192.0.2" as Red Hat's dhclient writes a destination, its bits first, and then a gateway. */
static bool numbers_pack(struct sal_arena *arena, const char *text, uint8_t *p, size_t *len)
{
	char *rest = sal_arena_strdup(arena, text), *number;

	for (unsigned n = 0; (number = strsep(&rest, ".")); n++) {
		if (n == 5 || !number_pack(number, 1, p + *len))
			return false;
		*len += 1;
	}
	return true;
}

static bool word_pack(struct sal_arena *arena, const struct sal_dhclient_word *word, enum form form,
		      uint8_t *p, size_t *len)
{
	struct sal_ip ip;

	switch (form) {
	case IPS:
		if (!sal_ip_parse(word->text, &ip) || ip.family != AF_INET)
			return false;
		memcpy(p + *len, ip.bytes, 4);
		*len += 4;
		return true;
	case U8S:
	case U16:
	case U32: {
		unsigned bytes = form == U8S ? 1 : form == U16 ? 2 : 4;

		if (!number_pack(word->text, bytes, p + *len))
			return false;
		*len += bytes;
		return true;
	}
	case DESCRIBED: /* addresses, and destinations of fewer or more numbers */
		return numbers_pack(arena, word->text, p, len);
	case TEXT:
	case BYTES:
	case NAMES:
		break;
	}
	return false;
}

const uint8_t *sal_dhclient_bytes(struct sal_arena *arena, const struct sal_dhclient_word *word,
				  bool hex, size_t *ret_len)
{
	if (!word->quoted)
		return hex ? sal_lease_unhex(arena, word->text, ret_len) : NULL;
	*ret_len = word->len;
	return (const uint8_t *)word->text;
}

bool sal_dhclient_names(struct sal_dhclient *parser, struct sal_strings *ret_names)
{
	const struct sal_dhclient_statement *s = &parser->statement;
	const char **names = sal_arena_array(parser->leases->arena, s->n, sizeof(*names));
	size_t n = 0;

	for (size_t i = 2; i < s->n; i++) {
		const struct sal_dhclient_word *word = &s->words[i];

		if (!sal_dhcp_name_valid(word->text, word->len))
			return false;
		names[n++] = sal_arena_strndup(parser->leases->arena, word->text,
					       word->len - (word->text[word->len - 1] == '.'));
	}
	*ret_names = (struct sal_strings){ names, n };
	return n > 0;
}

static bool option4_value(struct sal_dhclient *parser, struct sal_dhcp4 *dhcp,
			  const struct option *option)
{
	const struct sal_dhclient_statement *s = &parser->statement;
	struct sal_arena *arena = parser->leases->arena;
	uint8_t packed[SAL_DHCLIENT_WORDS * 5];
	const uint8_t *value = packed;
	size_t len = 0;

	if (option->form == NAMES)
		return sal_dhclient_names(parser, &dhcp->search);
	if (option->form == TEXT || option->form == BYTES) {
		value = s->n == 3 ? sal_dhclient_bytes(arena, &s->words[2], option->form == BYTES,
						       &len)
				  : NULL;
		if (!value)
			return false;
	}
	for (size_t i = 2; value == packed && i < s->n; i++) {
		if (!word_pack(arena, &s->words[i], option->form, packed, &len))
			return false;
	}
	return sal_dhcp4_option(arena, option->code, value, len, dhcp);
}

/* "option NAME VALUE…"; one that dhclient has no name for is called unknown-121. */
void sal_dhclient_option4(struct sal_dhclient *parser, struct sal_dhcp4 *dhcp)
{
	const struct sal_dhclient_statement *s = &parser->statement;
	struct option unknown = { .form = BYTES };
	const struct option *option = NULL;
	uint64_t code;

	if (s->n < 3)
		return sal_dhclient_complain(parser, "an option without a value");
	for (size_t i = 0; !option && i < SAL_ARRAY_LEN(options4); i++) {
		if (!strcmp(options4[i].name, s->words[1].text))
			option = &options4[i];
	}
	if (!option && !strncmp(s->words[1].text, "unknown-", 8) &&
	    sal_lease_number(s->words[1].text + 8, 254, &code) && code) {
		unknown.code = code;
		option = &unknown;
	}
	if (!option)
		return;
	dhcp->nfaults = 0;
	if (option4_value(parser, dhcp, option))
		return;
	if (dhcp->nfaults)
		sal_lease_problem(parser->leases, parser->file->path, s->line, "option %u: %s",
				  option->code, dhcp->faults[0].reason);
	else
		sal_lease_problem(parser->leases, parser->file->path, s->line,
				  "option %u has no valid value", option->code);
	dhcp->nfaults = 0;
}
