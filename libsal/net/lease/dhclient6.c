/*
 * dhclient6.c - leases of DHCPv6 in dhclient's files: lease6 { ia-na …, ia-pd … }.
 *
 * Source: write_client6_lease() of ISC DHCP 4.4.
 */
#include "net/lease/dhclient.h"

#include <string.h>

static bool u32_read(const struct sal_dhclient_statement *s, uint32_t *ret_value)
{
	uint64_t value;

	if (s->n != 2 || !sal_lease_number(s->words[1].text, UINT32_MAX, &value))
		return false;
	*ret_value = value;
	return true;
}

static bool starts_read(struct sal_dhclient *parser, int64_t *ret_seconds)
{
	const struct sal_dhclient_statement *s = &parser->statement;
	uint64_t seconds;

	if (s->n != 2 || !sal_lease_number(s->words[1].text, INT64_MAX, &seconds) ||
	    !sal_lease_time_valid(seconds))
		return false;
	*ret_seconds = seconds;
	return true;
}

static void item_statement(struct sal_dhclient *parser, struct sal_dhclient_lease *building)
{
	const struct sal_dhclient_statement *s = &parser->statement;
	bool valid = true;

	if (s->end == '{')
		return sal_dhclient_skip(parser, building);
	if (sal_dhclient_is(s, 0, "starts"))
		valid = starts_read(parser, &building->item_starts);
	else if (sal_dhclient_is(s, 0, "preferred-life"))
		valid = u32_read(s, &building->ia.preferred);
	else if (sal_dhclient_is(s, 0, "max-life"))
		valid = u32_read(s, &building->ia.valid);
	if (!valid)
		sal_dhclient_complain_value(parser);
}

/* iaaddr ADDRESS { … }, iaprefix PREFIX/BITS { … } */
static void item_read(struct sal_dhclient *parser, struct sal_dhclient_lease *building)
{
	const struct sal_dhclient_statement *s = &parser->statement;
	bool pd = building->ia.kind == SAL_DHCP6_IA_PD;
	unsigned line = s->line;
	bool valid;

	valid = s->n == 2 && (strchr(s->words[1].text, '/') != NULL) == pd &&
		sal_prefix_parse(s->words[1].text, &building->ia.prefix) &&
		building->ia.prefix.ip.family == AF_INET6 && building->ia.prefix.len;
	building->item_starts = building->ia_starts;
	building->ia.preferred = building->ia.valid = 0;
	if (!sal_dhclient_block(parser, building, item_statement))
		return;
	if (!valid || building->ia.preferred > building->ia.valid)
		sal_lease_problem(parser->leases, parser->file->path, line,
				  "an address or prefix that is none, or is preferred for longer "
				  "than valid");
	else if (building->nitems == SAL_DHCLIENT_ITEMS)
		sal_lease_problem(parser->leases, parser->file->path, line,
				  "more than %u addresses and prefixes", SAL_DHCLIENT_ITEMS);
	else {
		building->starts[building->nitems] = building->item_starts;
		building->items[building->nitems++] = building->ia;
	}
}

static void ia_statement(struct sal_dhclient *parser, struct sal_dhclient_lease *building)
{
	const struct sal_dhclient_statement *s = &parser->statement;
	bool valid = true;

	if (s->end == '{' && (sal_dhclient_is(s, 0, "iaaddr") || sal_dhclient_is(s, 0, "iaprefix")))
		return item_read(parser, building);
	if (s->end == '{')
		return sal_dhclient_skip(parser, building);
	if (sal_dhclient_is(s, 0, "starts"))
		valid = starts_read(parser, &building->ia_starts);
	else if (sal_dhclient_is(s, 0, "renew"))
		valid = u32_read(s, &building->ia.t1);
	else if (sal_dhclient_is(s, 0, "rebind"))
		valid = u32_read(s, &building->ia.t2);
	if (!valid)
		sal_dhclient_complain_value(parser);
}

/* ia-na 63:2d:be:e3 { … }: the four bytes as hexadecimal, or quoted where all can be printed. */
static void ia_read(struct sal_dhclient *parser, struct sal_dhclient_lease *building)
{
	const struct sal_dhclient_statement *s = &parser->statement;
	const uint8_t *id = NULL;
	size_t len = 0;

	building->ia = (struct sal_dhcp6_item){
		.kind = sal_dhclient_is(s, 0, "ia-pd")	 ? SAL_DHCP6_IA_PD
			: sal_dhclient_is(s, 0, "ia-ta") ? SAL_DHCP6_IA_TA
							 : SAL_DHCP6_IA_NA,
	};
	building->ia_starts = SAL_LEASE_UNKNOWN;
	if (s->n == 2)
		id = sal_dhclient_bytes(parser->leases->arena, &s->words[1], true, &len);
	if (!id || len != 4) {
		sal_dhclient_complain(parser, "an identity association without its four bytes");
		return sal_dhclient_skip(parser, building);
	}
	for (size_t i = 0; i < 4; i++)
		building->ia.iaid = building->ia.iaid << 8 | id[i];
	sal_dhclient_block(parser, building, ia_statement);
}

/* Names are checked as everywhere; addresses must be of IPv6. */
static bool ips_read(struct sal_dhclient *parser, struct sal_ips *ret_ips)
{
	const struct sal_dhclient_statement *s = &parser->statement;
	struct sal_ip *ips = sal_arena_array(parser->leases->arena, s->n, sizeof(*ips));

	for (size_t i = 2; i < s->n; i++) {
		if (!sal_ip_parse(s->words[i].text, &ips[i - 2]) || ips[i - 2].family != AF_INET6)
			return false;
	}
	*ret_ips = (struct sal_ips){ ips, s->n - 2 };
	return true;
}

static bool duid_read(struct sal_dhclient *parser, struct sal_bytes *ret_duid)
{
	const struct sal_dhclient_statement *s = &parser->statement;

	ret_duid->data = s->n == 3 ? sal_dhclient_bytes(parser->leases->arena, &s->words[2], true,
							&ret_duid->len)
				   : NULL;
	if (ret_duid->data && ret_duid->len >= 3 && ret_duid->len <= 130)
		return true;
	*ret_duid = (struct sal_bytes){ 0 };
	return false;
}

static void option6_read(struct sal_dhclient *parser, struct sal_dhcp6 *dhcp)
{
	const struct sal_dhclient_statement *s = &parser->statement;
	const char *name = s->n > 2 ? s->words[1].text : "";
	bool valid = s->n > 2;

	if (!strcmp(name, "dhcp6.client-id"))
		valid = duid_read(parser, &dhcp->client_id);
	else if (!strcmp(name, "dhcp6.server-id"))
		valid = duid_read(parser, &dhcp->server_id);
	else if (!strcmp(name, "dhcp6.name-servers"))
		valid = ips_read(parser, &dhcp->dns);
	else if (!strcmp(name, "dhcp6.sntp-servers"))
		valid = ips_read(parser, &dhcp->ntp);
	else if (!strcmp(name, "dhcp6.domain-search"))
		valid = sal_dhclient_names(parser, &dhcp->search);
	if (!valid)
		sal_dhclient_complain(parser, "an option without a valid value");
}

static void lease6_statement(struct sal_dhclient *parser, struct sal_dhclient_lease *building)
{
	const struct sal_dhclient_statement *s = &parser->statement;

	if (s->end == '{' && (sal_dhclient_is(s, 0, "ia-na") || sal_dhclient_is(s, 0, "ia-ta") ||
			      sal_dhclient_is(s, 0, "ia-pd")))
		ia_read(parser, building);
	else if (s->end == '{')
		sal_dhclient_skip(parser, building);
	else if (sal_dhclient_is(s, 0, "interface"))
		sal_dhclient_interface(parser, building);
	else if (sal_dhclient_is(s, 0, "released"))
		building->released = true;
	else if (sal_dhclient_is(s, 0, "option"))
		option6_read(parser, &building->dhcp6);
}

static void items_add(struct sal_dhclient *parser, const struct sal_dhclient_lease *building)
{
	for (size_t i = 0; i < building->nitems; i++) {
		const struct sal_dhcp6_item *item = &building->items[i];
		enum sal_lease_method method = item->kind == SAL_DHCP6_IA_PD
						       ? SAL_LEASE_METHOD_PD
						       : SAL_LEASE_METHOD_DHCP6;
		struct sal_lease_entry *entry;

		entry = sal_lease_add(parser->leases, parser->file, building->line,
				      building->ifname, method);
		if (!entry)
			return;
		sal_lease_take_dhcp6(parser->leases, &building->dhcp6, entry);
		sal_lease_take_item(item, building->starts[i], entry);
		entry->released = building->released;
	}
}

void sal_dhclient_lease6(struct sal_dhclient *parser, struct sal_dhclient_lease *building)
{
	bool has_address = false, has_prefix = false;

	if (!sal_dhclient_block(parser, building, lease6_statement) || !building->line)
		return;
	if (!building->ifname) {
		sal_lease_problem(parser->leases, parser->file->path, building->line,
				  "a lease without interface");
		return;
	}
	for (size_t i = 0; i < building->nitems; i++) {
		has_prefix |= building->items[i].kind == SAL_DHCP6_IA_PD;
		has_address |= building->items[i].kind != SAL_DHCP6_IA_PD;
	}
	if (has_address)
		sal_dhclient_forget(parser, building->ifname, SAL_LEASE_METHOD_DHCP6);
	if (has_prefix)
		sal_dhclient_forget(parser, building->ifname, SAL_LEASE_METHOD_PD);
	items_add(parser, building);
}
