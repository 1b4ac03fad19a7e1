/*
 * sysctl.c - net.sysctl: the kernel's network switches, read from /proc/sys/net.
 *
 * /proc/sys/net shows the network namespace of the thread that opens it. Files are opened relative
 * to their folder, so an interface may have any name the kernel allows. It never writes.
 * Source: the kernel's Documentation/networking/ip-sysctl.rst.
 */
#include "net/sysctl.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/ifnames.h"
#include "kernel/sysfs.h"

/* The folders with one folder for each interface, and all and default. -1: no such protocol. */
struct folders {
	int inet, inet6;
};

static void folders_close(struct folders *folders)
{
	sal_close_fd(&folders->inet);
	sal_close_fd(&folders->inet6);
}

static bool switch_read(int dirfd, const char *name, int32_t *ret_value)
{
	int64_t value;

	if (!sal_sysfs_i64(dirfd, name, &value) || value < INT32_MIN || value > INT32_MAX)
		return false;
	*ret_value = value;
	return true;
}

/* NULL when there is no such interface, or it vanished before anything was read. */
static const struct sal_sysctl_inet *inet_read(struct sal_arena *arena, int parent,
					       const char *name)
{
	SAL_CLEANUP(sal_close_fd) int dir = sal_sysfs_open(parent, name);
	struct sal_sysctl_inet *inet;

	if (dir < 0)
		return NULL;
	inet = sal_arena_zalloc(arena, sizeof(*inet));
	inet->has.forwarding = switch_read(dir, "forwarding", &inet->forwarding);
	inet->has.proxy_arp = switch_read(dir, "proxy_arp", &inet->proxy_arp);
	inet->has.rp_filter = switch_read(dir, "rp_filter", &inet->rp_filter);
	return inet->has_words[0] ? inet : NULL;
}

static const struct sal_sysctl_inet6 *inet6_read(struct sal_arena *arena, int parent,
						 const char *name)
{
	SAL_CLEANUP(sal_close_fd) int dir = sal_sysfs_open(parent, name);
	struct sal_sysctl_inet6 *inet6;

	if (dir < 0)
		return NULL;
	inet6 = sal_arena_zalloc(arena, sizeof(*inet6));
	inet6->has.forwarding = switch_read(dir, "forwarding", &inet6->forwarding);
	inet6->has.proxy_ndp = switch_read(dir, "proxy_ndp", &inet6->proxy_ndp);
	inet6->has.accept_ra = switch_read(dir, "accept_ra", &inet6->accept_ra);
	inet6->has.disable_ipv6 = switch_read(dir, "disable_ipv6", &inet6->disable_ipv6);
	return inet6->has_words[0] ? inet6 : NULL;
}

static const struct sal_sysctl_scope *scope_read(struct sal_arena *arena,
						 const struct folders *folders, const char *name)
{
	struct sal_sysctl_scope *scope = sal_arena_zalloc(arena, sizeof(*scope));

	scope->ipv4 = inet_read(arena, folders->inet, name);
	scope->has.ipv4 = scope->ipv4 != NULL;
	scope->ipv6 = inet6_read(arena, folders->inet6, name);
	scope->has.ipv6 = scope->ipv6 != NULL;
	return scope;
}

/* False when the interface is not there (any more), or has neither protocol. */
static bool interface_read(struct sal_arena *arena, const struct folders *folders,
			   const char *ifname, struct sal_sysctl_interface *interface)
{
	interface->ifname = ifname;
	interface->ipv4 = inet_read(arena, folders->inet, ifname);
	interface->has.ipv4 = interface->ipv4 != NULL;
	interface->ipv6 = inet6_read(arena, folders->inet6, ifname);
	interface->has.ipv6 = interface->ipv6 != NULL;
	return interface->ipv4 || interface->ipv6;
}

static bool is_interface(const char *name)
{
	return strcmp(name, "all") != 0 && strcmp(name, "default") != 0;
}

static int name_compare(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The names in both folders, sorted, each once: an interface may lack one of the protocols. */
static struct sal_strings interface_names(struct sal_arena *arena, const struct folders *folders)
{
	struct sal_strings inet = sal_sysfs_names(arena, folders->inet, ".");
	struct sal_strings inet6 = sal_sysfs_names(arena, folders->inet6, ".");
	const char **names = sal_arena_array(arena, inet.len + inet6.len, sizeof(*names));
	size_t n = 0, kept = 0;

	for (size_t i = 0; i < inet.len; i++)
		names[n++] = inet.items[i];
	for (size_t i = 0; i < inet6.len; i++)
		names[n++] = inet6.items[i];
	qsort(names, n, sizeof(*names), name_compare);
	for (size_t i = 0; i < n; i++) {
		if (is_interface(names[i]) && (!kept || strcmp(names[kept - 1], names[i]) != 0))
			names[kept++] = names[i];
	}
	return (struct sal_strings){ names, kept };
}

static int interfaces_read(struct sal_arena *arena, const struct folders *folders,
			   const char *ifname, struct sal_net_sysctl_result *result,
			   struct sal_error *err)
{
	struct sal_strings names = { &ifname, 1 };
	struct sal_sysctl_interface *interfaces;
	size_t n = 0;

	if (!ifname)
		names = interface_names(arena, folders);
	else if (!is_interface(ifname))
		names.len = 0; /* folders, but no interfaces */
	interfaces = sal_arena_array(arena, names.len, sizeof(*interfaces));
	for (size_t i = 0; i < names.len; i++)
		n += interface_read(arena, folders, names.items[i], &interfaces[n]);
	if (ifname && !n)
		return sal_ifnames_missing(err, ifname, "/ifname");
	result->interfaces = (struct sal_sysctl_interface_array){ interfaces, n };
	return 0;
}

int sal_net_sysctl_read(struct sal_arena *arena, const char *ifname,
			struct sal_net_sysctl_result *ret_result, struct sal_error *err)
{
	SAL_CLEANUP(folders_close)
	struct folders folders = {
		.inet = sal_sysfs_open(AT_FDCWD, "/proc/sys/net/ipv4/conf"),
		.inet6 = sal_sysfs_open(AT_FDCWD, "/proc/sys/net/ipv6/conf"),
	};
	struct sal_net_sysctl_result result = { 0 };
	int r;

	if (folders.inet < 0 && folders.inet6 < 0)
		return sal_fail_errno(err, ENOENT, "cannot open /proc/sys/net: is /proc mounted?");
	result.has.ip_forward =
		switch_read(AT_FDCWD, "/proc/sys/net/ipv4/ip_forward", &result.ip_forward);
	result.all = scope_read(arena, &folders, "all");
	result.default_ = scope_read(arena, &folders, "default");
	r = interfaces_read(arena, &folders, ifname, &result, err);
	if (r == 0)
		*ret_result = result;
	return r;
}

int sal_net_sysctl(struct sal_call *call, const struct sal_net_sysctl_params *params,
		   struct sal_error *err)
{
	struct sal_net_sysctl_result result;
	int r = sal_net_sysctl_read(call->arena, params->has.ifname ? params->ifname : NULL,
				    &result, err);

	return r < 0 ? r : sal_net_sysctl_done(call, &result, err);
}
