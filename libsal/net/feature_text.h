/*
 * feature_text.h - what files say about modules, options and packages; text in, facts out. Pure.
 *
 * Used by feature.c and tool.c. Texts end with a NUL; what is malformed is passed over.
 * Sources: modules.dep(5), modules.builtin (kbuild.rst), /proc/modules (proc(5)), kconfig-language,
 * deb-control(5), dpkg's status file.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"

/* Names of modules, with '_' for '-' as the kernel has it. */
struct sal_net_modules {
	const char **names;
	size_t len;
};

/* modules.builtin ("kernel/net/8021q/8021q.ko") or modules.dep ("….ko.xz: …"): the file of each line. */
struct sal_net_modules sal_net_modules_files(struct sal_arena *arena, const char *text);
/* /proc/modules: those that are live; not such as are just coming or going. */
struct sal_net_modules sal_net_modules_live(struct sal_arena *arena, const char *text);
bool sal_net_modules_has(const struct sal_net_modules *modules, const char *name);

/* 'y', 'm', or 'n' for an option that is off or that this kernel does not know. */
char sal_net_kconfig_option(const char *text, const char *option);

/* The version of an installed package in dpkg's status file, or NULL. */
const char *sal_net_dpkg_version(struct sal_arena *arena, const char *status, const char *package);
/* Whether dpkg's list of a package's files names the path, with or without /usr in front. */
bool sal_net_dpkg_lists(const char *list, const char *path);
