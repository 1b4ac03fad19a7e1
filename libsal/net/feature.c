/*
 * feature.c - a row a feature, and the probes that judge a row by the evidence. See feature.h.
 *
 * A module is in the kernel, lies ready, or neither; what is no module of its own (bridges' VLAN
 * filtering) shares the state of the module that holds it, if the kernel was built with it.
 */
#include "net/feature.h"

#include <fcntl.h>
#include <linux/genetlink.h>
#include <string.h>
#include <sys/utsname.h>

#include "kernel/kconfig.h"
#include "kernel/nl.h"
#include "kernel/nl_attr.h"
#include "kernel/sysfs.h"
#include "net/feature_text.h"

#define FILE_LIMIT ((size_t)16 * 1024 * 1024)

/* What was read of this kernel, once a call. */
struct evidence {
	struct sal_arena *arena;
	bool modular; /* it has modules at all */
	bool sealed; /* but takes no more */
	struct sal_net_modules live, builtin, files;
	bool tree; /* builtin and files are those of this kernel */
	const char *builtin_path, *files_path;
	const char *config, *config_path; /* NULL: not known */
	struct sal_strings families;
	bool families_known;
};

struct feature;
struct verdict {
	enum sal_config_feature_state state;
	const char *source;
};

struct feature {
	const char *name;
	struct verdict (*probe)(const struct evidence *evidence, const struct feature *feature);
	const char *module;
	const char *option; /* CONFIG_… */
	const char *path; /* there exactly while the feature is in the kernel */
	const char *family; /* of generic netlink, likewise */
	const char *part; /* CONFIG_… of the part of a module */
};

static struct verdict says(enum sal_config_feature_state state, const char *source)
{
	return (struct verdict){ state, source };
}

static const char *option_words(const struct evidence *e, const char *option, const char *is)
{
	return sal_arena_printf(e->arena, "%s: CONFIG_%s %s", e->config_path, option, is);
}

static bool family_known(const struct evidence *e, const char *family)
{
	for (size_t i = 0; i < e->families.len; i++) {
		if (strcmp(e->families.items[i], family) == 0)
			return true;
	}
	return false;
}

/* What in the running kernel shows the feature, or NULL. */
static const char *witness(const struct evidence *e, const struct feature *f)
{
	const char *folder = sal_arena_printf(e->arena, "/sys/module/%s", f->module);

	/* Of a module that is not live just now the folder has an initstate. */
	if (sal_sysfs_exists(AT_FDCWD, folder) &&
	    !sal_sysfs_exists(AT_FDCWD, sal_arena_printf(e->arena, "%s/initstate", folder)))
		return folder;
	if (f->path && sal_sysfs_exists(AT_FDCWD, f->path))
		return f->path;
	if (f->family && family_known(e, f->family))
		return sal_arena_printf(e->arena, "generic netlink family %s", f->family);
	return NULL;
}

/* It is not in the kernel: can it come? */
static struct verdict module_outside(const struct evidence *e, const struct feature *f, char option)
{
	if (!e->modular || e->sealed) {
		const char *why = e->sealed ? "/proc/sys/kernel/modules_disabled"
					    : "no /proc/modules: the kernel takes no modules";

		if (option == 'n' && !e->sealed)
			return says(SAL_CONFIG_FEATURE_STATE_ABSENT,
				    option_words(e, f->option, "is not set"));
		return option || e->tree || f->path || (f->family && e->families_known)
			       ? says(SAL_CONFIG_FEATURE_STATE_ABSENT, why)
			       : says(SAL_CONFIG_FEATURE_STATE_UNKNOWN, NULL);
	}
	if (sal_net_modules_has(&e->files, f->module))
		return says(SAL_CONFIG_FEATURE_STATE_AVAILABLE, e->files_path);
	if (e->tree)
		return says(SAL_CONFIG_FEATURE_STATE_ABSENT, e->files_path);
	if (option == 'n')
		return says(SAL_CONFIG_FEATURE_STATE_ABSENT,
			    option_words(e, f->option, "is not set"));
	return says(SAL_CONFIG_FEATURE_STATE_UNKNOWN, NULL);
}

static struct verdict probe_module(const struct evidence *e, const struct feature *f)
{
	char option = e->config ? sal_net_kconfig_option(e->config, f->option) : 0;
	const char *seen;

	if (sal_net_modules_has(&e->live, f->module))
		return says(SAL_CONFIG_FEATURE_STATE_LOADED, "/proc/modules");
	if (sal_net_modules_has(&e->builtin, f->module))
		return says(SAL_CONFIG_FEATURE_STATE_BUILTIN, e->builtin_path);
	if (option == 'y')
		return says(SAL_CONFIG_FEATURE_STATE_BUILTIN, option_words(e, f->option, "is y"));
	seen = witness(e, f);
	if (seen)
		return says(SAL_CONFIG_FEATURE_STATE_BUILTIN, seen);
	return module_outside(e, f, option);
}

/* Built into a module, or left out of it. */
static struct verdict probe_part(const struct evidence *e, const struct feature *f)
{
	struct verdict whole = probe_module(e, f);

	if (whole.state == SAL_CONFIG_FEATURE_STATE_ABSENT ||
	    whole.state == SAL_CONFIG_FEATURE_STATE_UNKNOWN)
		return whole;
	if (!e->config)
		return says(SAL_CONFIG_FEATURE_STATE_UNKNOWN, NULL);
	if (sal_net_kconfig_option(e->config, f->part) == 'n')
		return says(SAL_CONFIG_FEATURE_STATE_ABSENT,
			    option_words(e, f->part, "is not set"));
	return says(whole.state, option_words(e, f->part, "is y"));
}

/* No module ever; the path is there or not. */
static struct verdict probe_path(const struct evidence *e, const struct feature *f)
{
	if (sal_sysfs_exists(AT_FDCWD, f->path))
		return says(SAL_CONFIG_FEATURE_STATE_BUILTIN, f->path);
	return says(SAL_CONFIG_FEATURE_STATE_ABSENT, sal_arena_printf(e->arena, "no %s", f->path));
}

#define MODULE(m, o, ...)                                                                          \
	{                                                                                          \
		.name = m, .probe = probe_module, .module = m, .option = o, __VA_ARGS__            \
	}
#define PART(n, m, o, p)                                                                           \
	{                                                                                          \
		.name = n, .probe = probe_part, .module = m, .option = o, .part = p                \
	}

static const struct feature features[] = {
	MODULE("nf_tables", "NF_TABLES"),
	PART("nf_tables_inet", "nf_tables", "NF_TABLES", "NF_TABLES_INET"),
	MODULE("nft_nat", "NFT_NAT"),
	MODULE("nft_masq", "NFT_MASQ"),
	MODULE("nft_flow_offload", "NFT_FLOW_OFFLOAD"),
	MODULE("nf_flow_table", "NF_FLOW_TABLE"),
	MODULE("nf_conntrack", "NF_CONNTRACK", .path = "/proc/sys/net/netfilter/nf_conntrack_max"),
	PART("nf_conntrack_zones", "nf_conntrack", "NF_CONNTRACK", "NF_CONNTRACK_ZONES"),
	MODULE("nf_conntrack_netlink", "NF_CT_NETLINK"),
	MODULE("bridge", "BRIDGE"),
	PART("bridge_vlan_filtering", "bridge", "BRIDGE", "BRIDGE_VLAN_FILTERING"),
	MODULE("br_netfilter", "BRIDGE_NETFILTER", .path = "/proc/sys/net/bridge"),
	MODULE("8021q", "VLAN_8021Q", .path = "/proc/net/vlan"),
	MODULE("openvswitch", "OPENVSWITCH", .family = "ovs_datapath"),
	MODULE("veth", "VETH"),
	MODULE("tun", "TUN", .path = "/sys/class/misc/tun"),
	MODULE("vxlan", "VXLAN"),
	MODULE("geneve", "GENEVE"),
	MODULE("wireguard", "WIREGUARD", .family = "wireguard"),
	MODULE("macvlan", "MACVLAN"),
	MODULE("macvtap", "MACVTAP"),
	MODULE("ipvlan", "IPVLAN"),
	MODULE("bonding", "BONDING", .path = "/sys/class/net/bonding_masters"),
	MODULE("team", "NET_TEAM", .family = "team"),
	MODULE("vrf", "NET_VRF"),
	MODULE("dummy", "DUMMY"),
	MODULE("ifb", "IFB"),
	MODULE("macsec", "MACSEC", .family = "macsec"),
	MODULE("ipip", "NET_IPIP"),
	MODULE("sit", "IPV6_SIT"),
	MODULE("ip_gre", "NET_IPGRE"),
	MODULE("ipv6", "IPV6", .path = "/proc/sys/net/ipv6"),
	PART("seg6", "ipv6", "IPV6", "IPV6_SEG6_LWTUNNEL"),
	{ .name = "mptcp", .probe = probe_path, .path = "/proc/sys/net/mptcp" },
};

static int family_add(const struct nlmsghdr *message, void *ctx, struct sal_error *err)
{
	struct evidence *e = ctx;
	const struct nlattr *tb[CTRL_ATTR_FAMILY_NAME + 1];
	const char **items;

	sal_nla_index_message(tb, CTRL_ATTR_FAMILY_NAME, message, sizeof(struct genlmsghdr));
	if (!tb[CTRL_ATTR_FAMILY_NAME])
		return 0;
	items = sal_arena_room(e->arena, e->families.items, e->families.len, sizeof(*items));
	e->families.items = items;
	items[e->families.len++] =
		sal_arena_strdup(e->arena, sal_nla_string(tb[CTRL_ATTR_FAMILY_NAME], e->arena));
	return 0;
}

/* Those that are registered; asking for one by its name would load it, a list does not. */
static void families_list(struct evidence *e)
{
	SAL_CLEANUP(sal_nl_close) struct sal_nl nl = { 0 };
	struct sal_nl_request request;
	struct genlmsghdr *header = sal_nl_begin(&request, GENL_ID_CTRL, 0, sizeof(*header));
	bool consistent;

	header->cmd = CTRL_CMD_GETFAMILY;
	header->version = 2;
	if (sal_nl_open(&nl, NETLINK_GENERIC, NULL) < 0 ||
	    sal_nl_dump(&nl, &request, family_add, e, &consistent, NULL) < 0)
		e->families.len = 0;
	else
		e->families_known = true;
}

static void evidence_read(struct evidence *e, struct sal_buf *config)
{
	struct utsname node = { 0 };
	const char *live = sal_sysfs_text(e->arena, AT_FDCWD, "/proc/modules", FILE_LIMIT),
		   *builtin, *files;

	uname(&node);
	e->builtin_path =
		sal_arena_printf(e->arena, "/lib/modules/%s/modules.builtin", node.release);
	e->files_path = sal_arena_printf(e->arena, "/lib/modules/%s/modules.dep", node.release);
	builtin = sal_sysfs_text(e->arena, AT_FDCWD, e->builtin_path, FILE_LIMIT);
	files = sal_sysfs_text(e->arena, AT_FDCWD, e->files_path, FILE_LIMIT);
	/* The file is missing from kernels without modules, and where /proc is not mounted. */
	e->modular = live || !sal_sysfs_exists(AT_FDCWD, "/proc/self");
	e->sealed = e->modular && sal_sysfs_flag(AT_FDCWD, "/proc/sys/kernel/modules_disabled");
	e->live = sal_net_modules_live(e->arena, live ? live : "");
	e->builtin = sal_net_modules_files(e->arena, builtin ? builtin : "");
	e->files = sal_net_modules_files(e->arena, files ? files : "");
	e->tree = e->builtin.len && e->files.len;
	if (sal_kconfig_read(config, e->arena, node.release, &e->config_path))
		e->config = config->data;
	families_list(e);
}

struct sal_config_feature_array sal_net_features(struct sal_arena *arena)
{
	struct sal_buf config SAL_CLEANUP(sal_buf_done) = SAL_BUF_EMPTY;
	struct evidence evidence = { .arena = arena };
	struct sal_config_feature *items =
		sal_arena_array(arena, SAL_ARRAY_LEN(features), sizeof(*items));

	evidence_read(&evidence, &config);
	for (size_t i = 0; i < SAL_ARRAY_LEN(features); i++) {
		struct verdict verdict = features[i].probe(&evidence, &features[i]);

		items[i].name = features[i].name;
		items[i].state = verdict.state;
		sal_set_found(&items[i], source, verdict.source);
	}
	return (struct sal_config_feature_array){ items, SAL_ARRAY_LEN(features) };
}

bool sal_net_feature_askable(struct sal_arena *arena, const char *module)
{
	struct utsname node = { 0 };
	struct sal_net_modules builtin;
	const char *text;

	if (sal_sysfs_exists(AT_FDCWD, sal_arena_printf(arena, "/sys/module/%s", module)) ||
	    !sal_sysfs_exists(AT_FDCWD, "/proc/modules") ||
	    sal_sysfs_flag(AT_FDCWD, "/proc/sys/kernel/modules_disabled"))
		return true;
	uname(&node);
	text = sal_sysfs_text(
		arena, AT_FDCWD,
		sal_arena_printf(arena, "/lib/modules/%s/modules.builtin", node.release),
		FILE_LIMIT);
	builtin = sal_net_modules_files(arena, text ? text : "");
	return sal_net_modules_has(&builtin, module);
}
