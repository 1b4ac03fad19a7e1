/* resolv.c - the parser of resolv.conf. See resolv.h. */
#include "net/resolv.h"

#include <net/if.h>
#include <string.h>

#define BLANKS	   " \t\r"
#define DOMAIN_MAX 255 /* RFC 1035, section 2.3.4, as text */
#define SHOWN_MAX  256 /* of an invalid line */

void sal_net_resolv_invalid(struct sal_net_resolv *resolv, const char *file, unsigned line,
			    const char *text, size_t len, const char *reason)
{
	resolv->invalid = sal_arena_room(resolv->arena, resolv->invalid, resolv->ninvalid,
				     sizeof(*resolv->invalid));
	resolv->invalid[resolv->ninvalid++] = (struct sal_dns_invalid){
		.file = file,
		.line = line,
		.text = sal_arena_strndup(resolv->arena, text, SAL_MIN(len, SHOWN_MAX)),
		.reason = reason,
	};
}

/* "53" to "65535"; false for anything else. */
static bool port_parse(const char *text, uint16_t *ret_port)
{
	unsigned port = 0;

	for (; *text >= '0' && *text <= '9' && port <= UINT16_MAX; text++)
		port = (port * 10) + (*text - '0');
	if (*text || !port || port > UINT16_MAX)
		return false;
	*ret_port = port;
	return true;
}

/* ADDRESS, IPV4:PORT or [ADDRESS]:PORT; text is cut up. */
static bool endpoint_parse(char *text, struct sal_dns_server *server)
{
	char *colon = NULL;

	if (*text == '[') {
		char *end = strchr(++text, ']');

		if (!end || (end[1] && end[1] != ':'))
			return false;
		colon = end[1] ? end + 1 : NULL;
		*end = '\0';
	} else if (strchr(text, '.') && strchr(text, ':') == strrchr(text, ':')) {
		colon = strchr(text, ':');
	}
	if (colon) {
		*colon = '\0';
		if (!port_parse(colon + 1, &server->port))
			return false;
		server->has.port = server->port != 53;
	}
	return sal_ip_parse(text, &server->address);
}

bool sal_net_resolv_server(struct sal_arena *arena, const char *text,
			   struct sal_dns_server *ret_server)
{
	struct sal_dns_server server = { 0 };
	char *copy = sal_arena_strdup(arena, text);
	char *name = strchr(copy, '#'), *scope;

	if (name) {
		*name++ = '\0';
		sal_set(&server, server_name, name);
	}
	scope = strchr(copy, '%');
	if (scope) {
		*scope++ = '\0';
		if (!sal_ifname_valid(scope))
			return false;
		sal_set(&server, ifname, scope);
	}
	if (!endpoint_parse(copy, &server))
		return false;
	*ret_server = server;
	return true;
}

/* An address with or without a scope, and nothing of systemd's notation. */
static const char *nameserver_add(struct sal_net_resolv *resolv, char *value)
{
	struct sal_dns_server server = { 0 };
	char *scope;

	value[strcspn(value, ";# \t\r")] = '\0';
	if (!*value)
		return "nameserver without an address";
	scope = strchr(value, '%');
	if (scope) {
		*scope++ = '\0';
		sal_set(&server, ifname, scope);
	}
	if ((scope && !sal_ifname_valid(scope)) || !sal_ip_parse(value, &server.address))
		return "the nameserver is not an IP address";
	resolv->servers =
		sal_arena_room(resolv->arena, resolv->servers, resolv->nservers, sizeof(server));
	resolv->servers[resolv->nservers++] = server;
	return NULL;
}

static bool domain_plausible(const char *name)
{
	size_t len = strlen(name);

	for (size_t i = 0; i < len; i++) {
		if ((unsigned char)name[i] <= ' ' || name[i] == 0x7f)
			return false;
	}
	return len && len <= DOMAIN_MAX;
}

/* The last search or domain line wins. domain takes one name, search any number. */
static const char *search_set(struct sal_net_resolv *resolv, char *value, bool many)
{
	size_t before = resolv->nsearch;
	const char *fault = NULL;
	char *rest;

	resolv->search = NULL;
	resolv->nsearch = 0;
	for (char *name = strtok_r(value, BLANKS, &rest); name;
	     name = many ? strtok_r(NULL, BLANKS, &rest) : NULL) {
		if (!domain_plausible(name)) {
			fault = "a search domain is longer than 255 bytes or has control "
				"characters";
			continue;
		}
		resolv->search = sal_arena_room(resolv->arena, resolv->search, resolv->nsearch,
					    sizeof(*resolv->search));
		resolv->search[resolv->nsearch++] = name;
	}
	if (!fault && !resolv->nsearch && before)
		fault = "an empty search list takes away the one before";
	return fault;
}

static void words_add(struct sal_arena *arena, char *value, const char ***words, size_t *len)
{
	char *rest;

	for (char *word = strtok_r(value, BLANKS, &rest); word;
	     word = strtok_r(NULL, BLANKS, &rest)) {
		*words = sal_arena_room(arena, *words, *len, sizeof(**words));
		(*words)[(*len)++] = word;
	}
}

/* What follows the keyword if the line begins with it, else NULL: glibc wants it in column 1. */
static char *value_of(char *line, const char *keyword)
{
	size_t len = strlen(keyword);

	if (strncmp(line, keyword, len) != 0 || (line[len] && !strchr(BLANKS, line[len])))
		return NULL;
	return line + len + strspn(line + len, BLANKS);
}

/* NULL, or what is wrong with the line. The line is cut up and belongs to the arena. */
static const char *line_parse(struct sal_net_resolv *resolv, char *line)
{
	char *value;

	if ((value = value_of(line, "nameserver")))
		return nameserver_add(resolv, value);
	if ((value = value_of(line, "search")))
		return *value ? search_set(resolv, value, true) : "search without a domain";
	if ((value = value_of(line, "domain")))
		return *value ? search_set(resolv, value, false) : "domain without a name";
	if ((value = value_of(line, "options"))) {
		words_add(resolv->arena, value, &resolv->options, &resolv->noptions);
		return NULL;
	}
	if ((value = value_of(line, "sortlist"))) {
		words_add(resolv->arena, value, &resolv->sortlist, &resolv->nsortlist);
		return NULL;
	}
	if (strchr(BLANKS, *line))
		return "the keyword is not at the beginning of the line";
	return "an unknown keyword";
}

/* The comment by which a manager signs the file it wrote. */
static const char *manager_of(const char *comment)
{
	static const struct {
		const char *sign, *name;
	} managers[] = {
		{ "systemd-resolved", "systemd-resolved" },
		{ "systemd-networkd", "systemd-networkd" },
		{ "NetworkManager", "NetworkManager" },
		{ "resolvconf", "resolvconf" },
		{ "dhclient", "dhclient" },
		{ "dhcpcd", "dhcpcd" },
	};

	for (size_t i = 0; i < SAL_ARRAY_LEN(managers); i++) {
		if (strstr(comment, managers[i].sign))
			return managers[i].name;
	}
	return NULL;
}

void sal_net_resolv_parse(struct sal_net_resolv *resolv, const char *file, const char *text,
			  size_t len)
{
	const char *end = text + len, *next;

	for (unsigned number = 1; text < end; number++, text = next + 1) {
		const char *fault = NULL;
		char *line;

		next = memchr(text, '\n', end - text);
		if (!next)
			next = end;
		line = sal_arena_strndup(resolv->arena, text, next - text);
		if (strlen(line) < (size_t)(next - text))
			fault = "the line has a NUL byte";
		else if (*line == '#' || *line == ';')
			resolv->manager = resolv->manager ? resolv->manager : manager_of(line);
		else if (line[strspn(line, BLANKS)])
			fault = line_parse(resolv, line);
		if (fault)
			sal_net_resolv_invalid(resolv, file, number, text, next - text, fault);
	}
}
