/*
 * manager.c - a row a manager, and the evidence that it is at work. See manager.h.
 *
 * Evidence is what only the manager at work makes: its process, run by root in this network
 * namespace; tables and chains of its naming; its record of this boot. Not evidence: pid files
 * (stale), bridges (left behind), unit files (installed). Nothing is asked of the managers.
 */
#include "net/manager.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <net/if.h>
#include <string.h>

#include "kernel/nl.h"
#include "kernel/nl_attr.h"
#include "kernel/sysfs.h"
#include "net/feature.h"

#define SHOWN		8 /* pieces of evidence for one manager */
#define SYSTEM_UID_LAST 999 /* users of distributions' own, login.defs(5) */
#define FILE_LIMIT	((size_t)1024 * 1024)
#define COMM_LEN	15

struct found;
struct manager {
	const char *name;
	const char *processes[2]; /* names of its programs */
	bool script; /* run by python3 */
	bool system_user; /* or by a system user instead of root */
	const char *table, *chain; /* a table's name, and how chains begin */
	void (*look)(struct found *found); /* for what else tells */
};

struct found {
	struct sal_arena *arena;
	struct sal_status_manager *shown;
};

static void evidence_add(struct found *found, const char *evidence)
{
	struct sal_strings *list = &found->shown->evidence;
	const char **items;

	found->shown->active = true;
	if (list->len == SHOWN)
		return;
	items = sal_arena_room(found->arena, list->items, list->len, sizeof(*items));
	items[list->len++] = evidence;
	list->items = items;
}

/* What ifup brought up: /run is emptied at boot, and an entry goes with ifdown. */
static void ifupdown_look(struct found *found)
{
	static const char file[] = "/run/network/ifstate";
	char *text = (char *)sal_sysfs_text(found->arena, AT_FDCWD, file, FILE_LIMIT), *line;

	while ((line = strsep(&text, "\n"))) {
		char *config = strchr(line, '=');

		if (!config)
			continue;
		*config = '\0';
		if (strcmp(line, "lo") != 0 && if_nametoindex(line))
			evidence_add(found, sal_arena_printf(found->arena, "%s: %s", file, line));
	}
}

static void ufw_look(struct found *found)
{
	static const char file[] = "/etc/ufw/ufw.conf";
	char *text = (char *)sal_sysfs_text(found->arena, AT_FDCWD, file, FILE_LIMIT), *line;
	bool enabled = false;

	while ((line = strsep(&text, "\n"))) {
		line += strspn(line, " \t");
		if (strncasecmp(line, "ENABLED=", 8) == 0) /* the last one holds, as in a shell */
			enabled = strncasecmp(line + 8 + (line[8] == '"'), "yes", 3) == 0;
	}
	if (enabled)
		evidence_add(found, sal_arena_printf(found->arena, "%s: ENABLED=yes", file));
}

static const struct manager managers[] = {
	{ .name = "NetworkManager", .processes = { "NetworkManager" } },
	{ .name = "systemd-networkd", .processes = { "systemd-networkd" }, .system_user = true },
	{ .name = "dhclient", .processes = { "dhclient" } },
	{ .name = "dhcpcd", .processes = { "dhcpcd" }, .system_user = true },
	{ .name = "ifupdown", .look = ifupdown_look },
	{ .name = "firewalld", .processes = { "firewalld" }, .script = true, .table = "firewalld" },
	{ .name = "ufw", .chain = "ufw", .look = ufw_look },
	{ .name = "Docker",
	  .processes = { "dockerd" },
	  .table = "docker-bridges",
	  .chain = "DOCKER" },
	{ .name = "libvirt",
	  .processes = { "libvirtd", "virtnetworkd" },
	  .table = "libvirt_network",
	  .chain = "LIBVIRT_" },
};

/* The manager that has a program of this name, as /proc/PID/comm cuts it. */
static ssize_t manager_find(const char *comm)
{
	for (size_t i = 0; i < SAL_ARRAY_LEN(managers); i++) {
		for (size_t j = 0; j < SAL_ARRAY_LEN(managers[i].processes); j++) {
			const char *process = managers[i].processes[j];

			if (process && strncmp(process, comm, COMM_LEN) == 0)
				return i;
		}
	}
	return -1;
}

/* Whether it is run by root, or where that is the custom by a system user. The owner of /proc/PID
 * does not tell: it is root's for whatever forbids core dumps. */
static bool user_fits(struct sal_arena *arena, int proc, const char *pid, bool system_user)
{
	const char *status =
		sal_sysfs_text(arena, proc, sal_arena_printf(arena, "%s/status", pid), FILE_LIMIT);
	const char *uid = status ? strstr(status, "\nUid:\t") : NULL;

	if (!uid || !isdigit((unsigned char)uid[6]))
		return false;
	return strtoul(uid + 6, NULL, 10) <= (system_user ? SYSTEM_UID_LAST : 0);
}

/* A program may have been replaced by an upgrade since it was started. */
static bool program_fits(const struct manager *manager, const char *exe)
{
	static const char deleted[] = " (deleted)";
	const char *slash = strrchr(exe, '/'), *name = slash ? slash + 1 : exe;
	size_t len = strlen(name);

	if (len > sizeof(deleted) - 1 && strcmp(name + len - (sizeof(deleted) - 1), deleted) == 0)
		len -= sizeof(deleted) - 1;
	if (manager->script)
		return strncmp(name, "python", 6) == 0;
	for (size_t i = 0; i < SAL_ARRAY_LEN(manager->processes); i++) {
		const char *process = manager->processes[i];

		if (process && strlen(process) == len && memcmp(process, name, len) == 0)
			return true;
	}
	return false;
}

/* False when the process has ended; *ret_target is NULL when it may not be looked into. */
static bool link_read(struct sal_arena *arena, int proc, const char *path, const char **ret_target)
{
	*ret_target = sal_sysfs_link(arena, proc, path);
	return *ret_target || errno == EACCES || errno == EPERM;
}

/* Other users' programs and namespaces are hidden from an ordinary user: then the name must do, and
 * the evidence says so. */
static void process_look(struct sal_arena *arena, int proc, const char *pid, const char *comm,
			 const char *own, struct sal_status_manager *list)
{
	const char *exe, *space;
	struct found found;
	ssize_t row = manager_find(comm);

	if (row < 0 || !user_fits(arena, proc, pid, managers[row].system_user))
		return;
	if (!link_read(arena, proc, sal_arena_printf(arena, "%s/exe", pid), &exe) ||
	    !link_read(arena, proc, sal_arena_printf(arena, "%s/ns/net", pid), &space))
		return;
	if ((exe && !program_fits(&managers[row], exe)) ||
	    (space && own && strcmp(space, own) != 0))
		return;
	found = (struct found){ arena, &list[row] };
	if (!list[row].has.pid)
		sal_set(&list[row], pid, (int32_t)strtol(pid, NULL, 10));
	evidence_add(&found, exe && space ? sal_arena_printf(arena, "process %s", exe)
					  : sal_arena_printf(arena,
							     "process %s, in a network namespace "
							     "that could not be read",
							     comm));
}

static void processes_look(struct sal_arena *arena, struct sal_status_manager *list)
{
	SAL_CLEANUP(sal_close_fd) int proc = sal_sysfs_open(AT_FDCWD, "/proc");
	const char *own = sal_sysfs_link(arena, AT_FDCWD, "/proc/thread-self/ns/net");
	struct sal_strings names = sal_sysfs_names(arena, proc, ".");

	for (size_t i = 0; i < names.len; i++) {
		struct sal_arena_mark mark = sal_arena_mark(arena);
		char comm[COMM_LEN + 2];

		if (!isdigit((unsigned char)*names.items[i]) ||
		    sal_sysfs_read(proc, sal_arena_printf(arena, "%s/comm", names.items[i]), comm,
				   sizeof(comm)) <= 0)
			continue;
		sal_arena_reset(arena, mark);
		process_look(arena, proc, names.items[i], comm, own, list);
	}
}

static const char *family_name(uint8_t family)
{
	switch (family) {
	case NFPROTO_INET:
		return "inet";
	case NFPROTO_IPV4:
		return "ip";
	case NFPROTO_IPV6:
		return "ip6";
	case NFPROTO_ARP:
		return "arp";
	case NFPROTO_BRIDGE:
		return "bridge";
	case NFPROTO_NETDEV:
		return "netdev";
	}
	return "?";
}

struct rules {
	struct sal_arena *arena;
	struct sal_status_manager *list;
};

/* NFT_MSG_NEWTABLE and NFT_MSG_NEWCHAIN: the names are what counts. */
static int rules_look(const struct nlmsghdr *message, void *ctx, struct sal_error *err)
{
	struct rules *rules = ctx;
	const struct nfgenmsg *header = sal_nl_family_header(message, sizeof(*header));
	bool is_chain = (message->nlmsg_type & 0xff) == NFT_MSG_NEWCHAIN;
	const struct nlattr *tb[NFTA_CHAIN_NAME + 1];
	const char *table, *chain;

	_Static_assert((int)NFTA_TABLE_NAME == (int)NFTA_CHAIN_TABLE, "both messages begin alike");
	if (!header)
		return 0;
	sal_nla_index_message(tb, NFTA_CHAIN_NAME, message, sizeof(*header));
	table = tb[NFTA_CHAIN_TABLE] ? sal_nla_string(tb[NFTA_CHAIN_TABLE], rules->arena) : "";
	chain = is_chain && tb[NFTA_CHAIN_NAME] ? sal_nla_string(tb[NFTA_CHAIN_NAME], rules->arena)
						: "";
	for (size_t i = 0; i < SAL_ARRAY_LEN(managers); i++) {
		const struct manager *manager = &managers[i];
		struct found found = { rules->arena, &rules->list[i] };
		const char *family = family_name(header->nfgen_family);

		if (!is_chain && manager->table && strcmp(manager->table, table) == 0)
			evidence_add(&found,
				     sal_arena_printf(rules->arena, "table %s %s", family, table));
		if (is_chain && manager->chain &&
		    strncmp(manager->chain, chain, strlen(manager->chain)) == 0)
			evidence_add(&found, sal_arena_printf(rules->arena, "chain %s %s %s",
							      family, table, chain));
	}
	return 0;
}

static bool rules_dump(struct rules *rules, struct sal_nl *nl, uint8_t type)
{
	struct sal_nl_request request;
	bool consistent;

	sal_nl_begin(&request, NFNL_SUBSYS_NFTABLES << 8 | type, 0, sizeof(struct nfgenmsg));
	return sal_nl_dump(nl, &request, rules_look, rules, &consistent, NULL) == 0;
}

/* False when there may be rules that were not seen. */
static bool rules_list(struct rules *rules)
{
	SAL_CLEANUP(sal_nl_close) struct sal_nl nl = { 0 };
	/* The old iptables keeps its rules where only it can read them. */
	const char *legacy =
		sal_sysfs_string(rules->arena, AT_FDCWD, "/proc/thread-self/net/ip_tables_names");

	/* Asked for nothing, a kernel without nf_tables has no rules either. */
	if (!sal_net_feature_askable(rules->arena, "nf_tables"))
		return !legacy;
	return sal_nl_open(&nl, NETLINK_NETFILTER, NULL) == 0 &&
	       rules_dump(rules, &nl, NFT_MSG_GETTABLE) &&
	       rules_dump(rules, &nl, NFT_MSG_GETCHAIN) && !legacy;
}

struct sal_status_manager_array sal_net_managers(struct sal_arena *arena, bool *ret_rules_seen)
{
	struct sal_status_manager *list =
		sal_arena_array(arena, SAL_ARRAY_LEN(managers), sizeof(*list));
	struct rules rules = { arena, list };

	for (size_t i = 0; i < SAL_ARRAY_LEN(managers); i++)
		list[i].name = managers[i].name;
	processes_look(arena, list);
	*ret_rules_seen = rules_list(&rules);
	for (size_t i = 0; i < SAL_ARRAY_LEN(managers); i++) {
		struct found found = { arena, &list[i] };

		if (managers[i].look)
			managers[i].look(&found);
	}
	return (struct sal_status_manager_array){ list, SAL_ARRAY_LEN(managers) };
}
