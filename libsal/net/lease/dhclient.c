/*
 * dhclient.c - leases of ISC dhclient: /var/lib/dhcp/dhclient*.leases, of v4 and v6.
 *
 * The file is a log: a lease is written anew at each renewal, and the last one of an interface and
 * method holds. Moments are written, so nothing is counted; what a lease tells of its length only
 * says when it began. NetworkManager's files of dhclient are read here too. Sources: dhclient.leases(5),
 * write_client_lease() and write_client6_lease() of ISC DHCP 4.4.
 */
#include "net/lease/dhclient.h"

#include <string.h>
#include <time.h>

void sal_dhclient_complain(struct sal_dhclient *parser, const char *words)
{
	sal_lease_problem(parser->leases, parser->file->path, parser->statement.line, "%s", words);
}

void sal_dhclient_complain_value(struct sal_dhclient *parser)
{
	sal_lease_problem(parser->leases, parser->file->path, parser->statement.line,
			  "%s has no valid value", parser->statement.words[0].text);
}

/* The file ended within a block that began on that line: nothing of the lease is used. */
static bool block_cut(struct sal_dhclient *parser, struct sal_dhclient_lease *building,
		      unsigned line)
{
	sal_lease_problem(parser->leases, parser->file->path, line, "the file ends within a block");
	building->line = 0;
	return false;
}

bool sal_dhclient_block(struct sal_dhclient *parser, struct sal_dhclient_lease *building,
			sal_dhclient_reader *read)
{
	unsigned line = parser->statement.line;

	while (sal_dhclient_next(&parser->scan, &parser->statement) && parser->statement.end) {
		if (parser->statement.end == '}')
			return true;
		if (parser->statement.broken)
			sal_dhclient_complain(parser, "a statement without its end, or too long");
		else
			read(parser, building);
	}
	return block_cut(parser, building, line);
}

void sal_dhclient_skip(struct sal_dhclient *parser, struct sal_dhclient_lease *building)
{
	unsigned line = parser->statement.line;

	for (size_t depth = 1; depth;) {
		if (!sal_dhclient_next(&parser->scan, &parser->statement)) {
			block_cut(parser, building, line);
			return;
		}
		depth += parser->statement.end == '{';
		depth -= parser->statement.end == '}';
	}
}

/* "4 2026/03/01 10:00:00", "epoch 1772359200", "never" */
static bool moment_read(const struct sal_dhclient_statement *s, int64_t *ret_seconds)
{
	struct tm tm = { 0 };
	uint64_t seconds;
	const char *end;

	if (sal_dhclient_is(s, 1, "never") && s->n == 2) {
		*ret_seconds = SAL_LEASE_NEVER;
		return true;
	}
	if (s->n == 3 && sal_dhclient_is(s, 1, "epoch")) {
		if (!sal_lease_number(s->words[2].text, INT64_MAX, &seconds) ||
		    !sal_lease_time_valid(seconds))
			return false;
		*ret_seconds = seconds;
		return true;
	}
	if (s->n != 4)
		return false;
	end = strptime(s->words[2].text, "%Y/%m/%d", &tm);
	if (!end || *end)
		return false;
	end = strptime(s->words[3].text, "%H:%M:%S", &tm);
	if (!end || *end)
		return false;
	*ret_seconds = timegm(&tm);
	return sal_lease_time_valid(*ret_seconds);
}

void sal_dhclient_interface(struct sal_dhclient *parser, struct sal_dhclient_lease *building)
{
	const struct sal_dhclient_statement *s = &parser->statement;

	if (s->n == 2 && strlen(s->words[1].text) == s->words[1].len)
		building->ifname = s->words[1].text;
	else
		sal_dhclient_complain(parser, "not the name of an interface");
}

static void lease4_statement(struct sal_dhclient *parser, struct sal_dhclient_lease *building)
{
	const struct sal_dhclient_statement *s = &parser->statement;
	struct sal_lease_times *times = &building->times;
	bool valid = true;

	if (s->end == '{')
		return sal_dhclient_skip(parser, building);
	if (sal_dhclient_is(s, 0, "interface"))
		sal_dhclient_interface(parser, building);
	else if (sal_dhclient_is(s, 0, "fixed-address"))
		valid = s->n == 2 && sal_ip_parse(s->words[1].text, &building->dhcp4.yiaddr) &&
			building->dhcp4.yiaddr.family == AF_INET;
	else if (sal_dhclient_is(s, 0, "renew"))
		valid = moment_read(s, &times->renew);
	else if (sal_dhclient_is(s, 0, "rebind"))
		valid = moment_read(s, &times->rebind);
	else if (sal_dhclient_is(s, 0, "expire"))
		valid = moment_read(s, &times->expires);
	else if (sal_dhclient_is(s, 0, "option"))
		sal_dhclient_option4(parser, &building->dhcp4);
	if (!valid)
		sal_dhclient_complain_value(parser);
}

void sal_dhclient_forget(struct sal_dhclient *parser, const char *ifname,
			 enum sal_lease_method method)
{
	struct sal_leases *leases = parser->leases;
	size_t kept = parser->first;

	for (size_t i = parser->first; i < leases->nentries; i++) {
		const struct sal_lease *lease = &leases->entries[i].lease;

		if (strcmp(lease->ifname, ifname) != 0 || lease->method != method)
			leases->entries[kept++] = leases->entries[i];
	}
	leases->nentries = kept;
}

static bool in_order(int64_t a, int64_t b)
{
	return a == SAL_LEASE_UNKNOWN || b == SAL_LEASE_UNKNOWN || a <= b;
}

/*
 * dhclient writes when a lease ends, and how long it was given for: it began that much before. When
 * it gives a lease back it writes the moment of that for all three.
 */
static void times4_settle(struct sal_dhclient *parser, const struct sal_dhclient_lease *building,
			  struct sal_lease_entry *entry)
{
	const struct sal_lease_times *from = &building->times;
	struct sal_lease_times *times = &entry->times;
	const struct sal_lease *lease = &entry->lease;

	*times = *from;
	times->acquired = SAL_LEASE_UNKNOWN;
	if (lease->has.lease_time && sal_lease_time_valid(from->expires) &&
	    from->renew != from->expires && sal_lease_time_valid(from->expires - lease->lease_time))
		times->acquired = from->expires - lease->lease_time;
	if (lease->has.lease_time && lease->lease_time == SAL_DHCP_FOREVER &&
	    from->renew != from->expires)
		times->expires = SAL_LEASE_NEVER;
	if (in_order(from->renew, from->rebind) && in_order(from->rebind, from->expires) &&
	    in_order(from->renew, from->expires))
		return;
	sal_lease_problem(parser->leases, parser->file->path, building->line,
			  "renew, rebind and expire are not in order");
	times->renew = times->rebind = SAL_LEASE_UNKNOWN;
}

static void lease4_read(struct sal_dhclient *parser, struct sal_dhclient_lease *building)
{
	struct sal_lease_entry *entry;

	if (!sal_dhclient_block(parser, building, lease4_statement) || !building->line)
		return;
	if (!building->ifname || !building->dhcp4.yiaddr.family) {
		sal_lease_problem(parser->leases, parser->file->path, building->line,
				  "a lease without interface or address");
		return;
	}
	sal_dhclient_forget(parser, building->ifname, SAL_LEASE_METHOD_DHCP4);
	entry = sal_lease_add(parser->leases, parser->file, building->line, building->ifname,
			      SAL_LEASE_METHOD_DHCP4);
	if (!entry)
		return;
	sal_dhcp4_check_times(&building->dhcp4);
	sal_lease_take_dhcp4(parser->leases, parser->file, building->line, &building->dhcp4, entry);
	times4_settle(parser, building, entry);
}

/* What stands between the leases: option definitions, the default-duid, and what it never writes. */
static void outside_read(struct sal_dhclient *parser, struct sal_dhclient_lease *building)
{
	const struct sal_dhclient_statement *s = &parser->statement;

	if (s->end == '{')
		sal_dhclient_skip(parser, building);
	else if (s->end == '}')
		sal_dhclient_complain(parser, "a brace that closes nothing");
	else if (!s->end || s->broken)
		sal_dhclient_complain(parser, "a statement without its end, or too long");
	else if (s->n && !sal_dhclient_is(s, 0, "option") &&
		 !sal_dhclient_is(s, 0, "default-duid") &&
		 !sal_dhclient_is(s, 0, "authoring-byte-order"))
		sal_dhclient_complain(parser, "not a statement of a lease file");
}

void sal_lease_dhclient_parse(struct sal_leases *leases, const struct sal_lease_file *file)
{
	struct sal_dhclient *parser = sal_arena_zalloc(leases->arena, sizeof(*parser));
	struct sal_dhclient_lease *building = sal_arena_alloc(leases->arena, sizeof(*building));

	parser->leases = leases;
	parser->file = file;
	parser->first = leases->nentries;
	parser->scan =
		(struct sal_dhclient_scan){ leases->arena, file->data, file->data + file->len, 1 };
	while (sal_dhclient_next(&parser->scan, &parser->statement)) {
		const struct sal_dhclient_statement *s = &parser->statement;
		bool opens = s->end == '{' && s->n == 1 && !s->broken;

		*building = (struct sal_dhclient_lease){
			.line = s->line,
			.times = { SAL_LEASE_UNKNOWN, SAL_LEASE_UNKNOWN, SAL_LEASE_UNKNOWN,
				   SAL_LEASE_UNKNOWN },
		};
		if (opens && sal_dhclient_is(s, 0, "lease"))
			lease4_read(parser, building);
		else if (opens && sal_dhclient_is(s, 0, "lease6"))
			sal_dhclient_lease6(parser, building);
		else
			outside_read(parser, building);
	}
}

/* Debian's ifupdown: dhclient.eth0.leases, dhclient6.eth0.leases; by default dhclient.leases. */
static bool is_leases(const char *name)
{
	size_t len = strlen(name);

	return !strncmp(name, "dhclient", 8) && ((len > 7 && !strcmp(name + len - 7, ".leases")) ||
						 (len > 6 && !strcmp(name + len - 6, ".lease")));
}

const struct sal_lease_source sal_lease_dhclient = {
	.manager = "dhclient",
	.folder = "var/lib/dhcp",
	.wanted = is_leases,
	.text = true,
	.parse = sal_lease_dhclient_parse,
};

/* Red Hat's: dhclient-UUID-eth0.lease, dhclient.leases. */
const struct sal_lease_source sal_lease_dhclient_redhat = {
	.manager = "dhclient",
	.folder = "var/lib/dhclient",
	.wanted = is_leases,
	.text = true,
	.parse = sal_lease_dhclient_parse,
};
