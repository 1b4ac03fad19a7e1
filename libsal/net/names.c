/* names.c - the tables of iproute2 and their files. See names.h. */
#include "net/names.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "kernel/sysfs.h"

#define FILE_MAX ((size_t)1024 * 1024)

static const char *const protocols[] = {
	[RTPROT_UNSPEC] = "unspec",
	[RTPROT_REDIRECT] = "redirect",
	[RTPROT_KERNEL] = "kernel",
	[RTPROT_BOOT] = "boot",
	[RTPROT_STATIC] = "static",
	[RTPROT_GATED] = "gated",
	[RTPROT_RA] = "ra",
	[RTPROT_MRT] = "mrt",
	[RTPROT_ZEBRA] = "zebra",
	[RTPROT_BIRD] = "bird",
	[RTPROT_DNROUTED] = "dnrouted",
	[RTPROT_XORP] = "xorp",
	[RTPROT_NTK] = "ntk",
	[RTPROT_DHCP] = "dhcp",
	[RTPROT_KEEPALIVED] = "keepalived",
	[RTPROT_BABEL] = "babel",
	[RTPROT_BGP] = "bgp",
	[RTPROT_ISIS] = "isis",
	[RTPROT_OSPF] = "ospf",
	[RTPROT_RIP] = "rip",
	[RTPROT_EIGRP] = "eigrp",
};

static const char *const scopes[] = {
	[RT_SCOPE_UNIVERSE] = "global", [RT_SCOPE_SITE] = "site",	[RT_SCOPE_LINK] = "link",
	[RT_SCOPE_HOST] = "host",	[RT_SCOPE_NOWHERE] = "nowhere",
};

static const char *const tables[] = {
	[RT_TABLE_DEFAULT] = "default",
	[RT_TABLE_MAIN] = "main",
	[RT_TABLE_LOCAL] = "local",
};

static const char *const groups[] = { "default" };

static const struct {
	const char *file;
	const char *const *known;
	uint32_t len;
	const char *format; /* of a number without a name */
} databases[SAL_NET_NAMES_KINDS] = {
	[SAL_NET_NAMES_PROTOCOL] = { "rt_protos", protocols, SAL_ARRAY_LEN(protocols), "%u" },
	[SAL_NET_NAMES_SCOPE] = { "rt_scopes", scopes, SAL_ARRAY_LEN(scopes), "%u" },
	[SAL_NET_NAMES_TABLE] = { "rt_tables", tables, SAL_ARRAY_LEN(tables), "%u" },
	[SAL_NET_NAMES_REALM] = { "rt_realms", NULL, 0, "%u" },
	[SAL_NET_NAMES_DSFIELD] = { "rt_dsfield", NULL, 0, "0x%02x" },
	[SAL_NET_NAMES_PROTODOWN] = { "protodown_reasons", NULL, 0, "%u" },
	[SAL_NET_NAMES_GROUP] = { "group", groups, SAL_ARRAY_LEN(groups), "%u" },
};

void sal_net_names_init(struct sal_net_names *names)
{
	memset(names, 0, sizeof(*names));
	sal_arena_init(&names->arena);
}

void sal_net_names_done(struct sal_net_names *names)
{
	sal_arena_done(&names->arena);
}

static void entry_add(struct sal_net_names *names, enum sal_net_names_kind kind, uint32_t id,
		      const char *name)
{
	struct sal_net_names_entry *entries = names->kinds[kind].entries;
	size_t len = names->kinds[kind].len;

	if (!(len & (len - 1))) { /* full at each power of two */
		struct sal_net_names_entry *grown =
			sal_arena_array(&names->arena, len ? len * 2 : 1, sizeof(*grown));

		if (len)
			memcpy(grown, entries, len * sizeof(*grown));
		names->kinds[kind].entries = entries = grown;
	}
	entries[len] = (struct sal_net_names_entry){ id, sal_arena_strdup(&names->arena, name) };
	names->kinds[kind].len++;
}

static bool number_parse(const char *text, uint32_t max, uint32_t *ret_id)
{
	unsigned long value;
	char *end;

	if (*text < '0' || *text > '9')
		return false;
	errno = 0;
	value = strtoul(text, &end, 0);
	if (*end || errno || value > max)
		return false;
	*ret_id = value;
	return true;
}

void sal_net_names_parse(struct sal_net_names *names, enum sal_net_names_kind kind, char *text)
{
	char *rest_of_text, *rest;

	for (char *line = strtok_r(text, "\n", &rest_of_text); line;
	     line = strtok_r(NULL, "\n", &rest_of_text)) {
		char *number = strtok_r(line, " \t\r", &rest), *name;
		uint32_t id;

		if (!number || *number == '#')
			continue;
		name = strtok_r(NULL, " \t\r", &rest);
		if (name && number_parse(number, UINT32_MAX, &id))
			entry_add(names, kind, id, name);
	}
}

static bool file_load(struct sal_net_names *names, enum sal_net_names_kind kind, const char *path)
{
	struct sal_buf text SAL_CLEANUP(sal_buf_done) = SAL_BUF_EMPTY;

	if (sal_sysfs_slurp(&text, AT_FDCWD, path, FILE_MAX) < 0)
		return false;
	sal_buf_putc(&text, '\0');
	sal_net_names_parse(names, kind, text.data);
	return true;
}

/* The files of DIR/rt_protos.d and the like that end in .conf. */
static void folder_load(struct sal_net_names *names, enum sal_net_names_kind kind, const char *dir)
{
	char path[512];
	struct sal_strings files;

	snprintf(path, sizeof(path), "%s/%s.d", dir, databases[kind].file);
	files = sal_sysfs_names(&names->arena, AT_FDCWD, path);
	for (size_t i = 0; i < files.len; i++) {
		const char *file = files.items[i];
		size_t len = strlen(file);

		if (*file == '.' || len <= 5 || strcmp(file + len - 5, ".conf") != 0)
			continue;
		snprintf(path, sizeof(path), "%s/%s.d/%s", dir, databases[kind].file, file);
		file_load(names, kind, path);
	}
}

static void kind_load(struct sal_net_names *names, enum sal_net_names_kind kind)
{
	char path[64];

	if (names->kinds[kind].loaded)
		return;
	names->kinds[kind].loaded = true;
	snprintf(path, sizeof(path), "/etc/iproute2/%s", databases[kind].file);
	if (!file_load(names, kind, path)) {
		snprintf(path, sizeof(path), "/usr/share/iproute2/%s", databases[kind].file);
		file_load(names, kind, path);
	}
	if (kind == SAL_NET_NAMES_PROTOCOL || kind == SAL_NET_NAMES_TABLE) {
		folder_load(names, kind, "/usr/share/iproute2");
		folder_load(names, kind, "/etc/iproute2");
	}
}

/* A number that is not well known, looked up and remembered. */
static SAL_COLD const char *number_name(struct sal_net_names *names, enum sal_net_names_kind kind,
					uint32_t id)
{
	struct sal_net_names_entry *last = &names->kinds[kind].last;

	kind_load(names, kind);
	last->id = id;
	for (size_t i = names->kinds[kind].len; i-- > 0;) {
		if (names->kinds[kind].entries[i].id == id)
			return last->name = names->kinds[kind].entries[i].name;
	}
	snprintf(names->kinds[kind].number, sizeof(names->kinds[kind].number),
		 databases[kind].format, id);
	return last->name = names->kinds[kind].number;
}

const char *sal_net_names_get(struct sal_net_names *names, enum sal_net_names_kind kind,
			      uint32_t id)
{
	const struct sal_net_names_entry *last = &names->kinds[kind].last;

	if (id < databases[kind].len && databases[kind].known[id])
		return databases[kind].known[id];
	if (last->name && last->id == id)
		return last->name;
	return number_name(names, kind, id);
}

bool sal_net_names_find(struct sal_net_names *names, enum sal_net_names_kind kind, const char *text,
			uint32_t max, uint32_t *ret_id)
{
	for (uint32_t id = 0; id < databases[kind].len; id++) {
		if (databases[kind].known[id] && strcmp(databases[kind].known[id], text) == 0) {
			*ret_id = id;
			return true;
		}
	}
	kind_load(names, kind);
	for (size_t i = names->kinds[kind].len; i-- > 0;) {
		const struct sal_net_names_entry *entry = &names->kinds[kind].entries[i];

		if (entry->id <= max && strcmp(entry->name, text) == 0) {
			*ret_id = entry->id;
			return true;
		}
	}
	return number_parse(text, max, ret_id);
}
