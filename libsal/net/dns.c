/*
 * dns.c - net.dns: how names are resolved on this node, from files alone.
 *
 * /etc/resolv.conf is what glibc uses; where it names only systemd-resolved's stub, the servers
 * behind it are in resolved's own file, and those of single links in its state or networkd's. It
 * asks nobody: no server, no D-Bus. Sources: resolv.conf(5), systemd-resolved.service(8).
 */
#include "net/dns.h"

#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/sysfs.h"
#include "net/resolv.h"

#define RESOLV_CONF    "/etc/resolv.conf"
#define BEHIND_STUB    "/run/systemd/resolve/resolv.conf"
#define RESOLVED_LINKS "/run/systemd/resolve/netif"
#define NETWORKD_LINKS "/run/systemd/netif/links"
#define FILE_MAX       ((size_t)1024 * 1024)

/* 0, or -ENOENT when there is no such file, or another -errno with err filled. */
static int file_read(struct sal_net_resolv *resolv, const char *path, struct sal_error *err)
{
	struct sal_buf text SAL_CLEANUP(sal_buf_done) = SAL_BUF_EMPTY;
	int r = sal_sysfs_slurp(&text, AT_FDCWD, path, FILE_MAX);

	if (r == -ENOENT || r == -ENOTDIR || r == -ELOOP)
		return -ENOENT;
	if (r < 0)
		return sal_fail_errno(err, -r, "cannot read %s", path);
	sal_net_resolv_parse(resolv, path, text.data, text.len);
	return 0;
}

/* Whether the servers are those on which systemd-resolved listens, and no others. */
static bool is_stub(const struct sal_net_resolv *resolv)
{
	static const uint8_t stub[] = { 127, 0, 0, 53 }, proxy[] = { 127, 0, 0, 54 };

	for (size_t i = 0; i < resolv->nservers; i++) {
		const struct sal_ip *ip = &resolv->servers[i].address;

		if (ip->family != AF_INET || (memcmp(ip->bytes, stub, sizeof(stub)) != 0 &&
					      memcmp(ip->bytes, proxy, sizeof(proxy)) != 0))
			return false;
	}
	return resolv->nservers > 0;
}

/* One server or domain out of a list in systemd's state. */
static void link_server_add(struct sal_net_resolv *resolv, struct sal_dns_link *link,
			    const char *text, unsigned line, const char *whole)
{
	struct sal_dns_server server, *servers;

	if (!sal_net_resolv_server(resolv->arena, text, &server)) {
		sal_net_resolv_invalid(resolv, link->source, line, whole, strlen(whole),
				       "the server is not an IP address");
		return;
	}
	servers = sal_arena_array(resolv->arena, link->nameservers.len + 1, sizeof(*servers));
	if (link->nameservers.len)
		memcpy(servers, link->nameservers.items, link->nameservers.len * sizeof(*servers));
	servers[link->nameservers.len++] = server;
	link->nameservers.items = servers;
}

static void string_add(struct sal_arena *arena, struct sal_strings *list, const char *text)
{
	const char **items = sal_arena_array(arena, list->len + 1, sizeof(*items));

	if (list->len)
		memcpy(items, list->items, list->len * sizeof(*items));
	items[list->len++] = text;
	list->items = items;
}

/* A line KEY=words of systemd's state; keys that do not concern DNS are passed over. */
static void link_line_parse(struct sal_net_resolv *resolv, struct sal_dns_link *link, char *line,
			    unsigned number)
{
	const char *whole = sal_arena_strdup(resolv->arena, line);
	char *value = strchr(line, '='), *rest;

	if (!value)
		return;
	*value++ = '\0';
	if (strcmp(line, "DEFAULT_ROUTE") == 0 || strcmp(line, "DNS_DEFAULT_ROUTE") == 0) {
		sal_set(link, default_route, strcmp(value, "yes") == 0);
		return;
	}
	for (char *word = strtok_r(value, " \t", &rest); word;
	     word = strtok_r(NULL, " \t", &rest)) {
		if (strcmp(line, "DNS") == 0 || strcmp(line, "SERVERS") == 0)
			link_server_add(resolv, link, word, number, whole);
		else if (strcmp(line, "ROUTE_DOMAINS") == 0)
			string_add(resolv->arena, &link->route_only, word);
		else if (strcmp(line, "DOMAINS") == 0 && *word == '~')
			string_add(resolv->arena, &link->route_only, word + 1);
		else if (strcmp(line, "DOMAINS") == 0)
			string_add(resolv->arena, &link->search, word);
	}
}

/* networkd's file about a link it leaves alone is not resolved's source; see resolved-link.c's
 * documented behaviour: then what was set over D-Bus holds. */
static bool is_managed(const char *text)
{
	const char *state = strstr(text, "ADMIN_STATE=");

	return state && (state == text || state[-1] == '\n') &&
	       strncmp(state, "ADMIN_STATE=unmanaged", 21) != 0;
}

/* False when the file says nothing about DNS. */
static bool link_read(struct sal_net_resolv *resolv, const char *folder, uint32_t ifindex,
		      struct sal_dns_link *link)
{
	struct sal_buf text SAL_CLEANUP(sal_buf_done) = SAL_BUF_EMPTY;
	const char *path = sal_arena_printf(resolv->arena, "%s/%u", folder, ifindex);
	unsigned number = 0;
	char *copy, *line, *rest;

	if (sal_sysfs_slurp(&text, AT_FDCWD, path, FILE_MAX) < 0)
		return false;
	copy = sal_arena_strndup(resolv->arena, text.data ? text.data : "", text.len);
	if (strcmp(folder, NETWORKD_LINKS) == 0 && !is_managed(copy))
		return false;
	*link = (struct sal_dns_link){ .ifindex = ifindex, .source = path };
	for (rest = copy; (line = strsep(&rest, "\n"));)
		link_line_parse(resolv, link, line, ++number);
	return link->nameservers.len || link->search.len || link->route_only.len;
}

static int index_compare(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

static size_t indices_add(uint32_t *indices, size_t n, struct sal_strings names)
{
	for (size_t i = 0; i < names.len; i++) {
		char *end;
		unsigned long index = strtoul(names.items[i], &end, 10);

		if (!*end && index && index <= INT32_MAX)
			indices[n++] = index;
	}
	return n;
}

/* Each link once; networkd's word goes before what was set in resolved by hand. */
static void links_read(struct sal_net_resolv *resolv, struct sal_dns_link_array *ret_links)
{
	struct sal_strings networkd = sal_sysfs_names(resolv->arena, AT_FDCWD, NETWORKD_LINKS);
	struct sal_strings resolved = sal_sysfs_names(resolv->arena, AT_FDCWD, RESOLVED_LINKS);
	size_t room = networkd.len + resolved.len, n = 0, found = 0;
	uint32_t *indices = sal_arena_array(resolv->arena, room, sizeof(*indices));
	struct sal_dns_link *links = sal_arena_array(resolv->arena, room, sizeof(*links));
	char name[IF_NAMESIZE];

	n = indices_add(indices, n, networkd);
	n = indices_add(indices, n, resolved);
	qsort(indices, n, sizeof(*indices), index_compare);
	for (size_t i = 0; i < n; i++) {
		struct sal_dns_link *link = &links[found];

		if (i && indices[i] == indices[i - 1])
			continue;
		if (!link_read(resolv, NETWORKD_LINKS, indices[i], link) &&
		    !link_read(resolv, RESOLVED_LINKS, indices[i], link))
			continue;
		if (if_indextoname(indices[i], name))
			sal_set(link, ifname, sal_arena_strdup(resolv->arena, name));
		found++;
	}
	*ret_links = (struct sal_dns_link_array){ links, found };
}

/* Who wrote the file: the link it is (resolved, resolvconf), else its first comment. */
static const char *manager_find(struct sal_arena *arena, const struct sal_net_resolv *resolv)
{
	const char *target = sal_sysfs_link(arena, AT_FDCWD, RESOLV_CONF);

	if (target && strstr(target, "systemd/resolve/"))
		return "systemd-resolved";
	if (target && strstr(target, "NetworkManager/"))
		return "NetworkManager";
	if (target && strstr(target, "resolvconf/"))
		return "resolvconf";
	return resolv->manager;
}

int sal_net_dns_read(struct sal_arena *arena, struct sal_net_dns_result *ret_result,
		     struct sal_dns_server_array *ret_asked, struct sal_error *err)
{
	struct sal_net_dns_result result = { 0 };
	struct sal_net_resolv resolv = { .arena = arena }, behind = { .arena = arena };
	const char *manager;
	int r = file_read(&resolv, RESOLV_CONF, err);

	if (r < 0 && r != -ENOENT)
		return r;
	if (r == 0)
		sal_set(&result, source, RESOLV_CONF);
	manager = manager_find(arena, &resolv);
	if (manager)
		sal_set(&result, manager, manager);
	result.stub = is_stub(&resolv);
	*ret_asked = (struct sal_dns_server_array){ resolv.servers, resolv.nservers };
	if (result.stub && file_read(&behind, BEHIND_STUB, NULL) == 0) {
		sal_set(&result, source, BEHIND_STUB);
		resolv.servers = behind.servers;
		resolv.nservers = behind.nservers;
		for (size_t i = 0; i < behind.ninvalid; i++) {
			const struct sal_dns_invalid *line = &behind.invalid[i];

			sal_net_resolv_invalid(&resolv, line->file, line->line, line->text,
					       strlen(line->text), line->reason);
		}
	}
	links_read(&resolv, &result.links);
	result.nameservers = (struct sal_dns_server_array){ resolv.servers, resolv.nservers };
	result.search = (struct sal_strings){ resolv.search, resolv.nsearch };
	result.options = (struct sal_strings){ resolv.options, resolv.noptions };
	result.sortlist = (struct sal_strings){ resolv.sortlist, resolv.nsortlist };
	result.invalid = (struct sal_dns_invalid_array){ resolv.invalid, resolv.ninvalid };
	*ret_result = result;
	return 0;
}

int sal_net_dns(struct sal_call *call, const struct sal_net_dns_params *params,
		struct sal_error *err)
{
	struct sal_net_dns_result result;
	struct sal_dns_server_array asked;
	int r = sal_net_dns_read(call->arena, &result, &asked, err);

	return r < 0 ? r : sal_net_dns_done(call, &result, err);
}
