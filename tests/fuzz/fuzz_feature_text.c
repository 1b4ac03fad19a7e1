/*
 * fuzz_feature_text.c - any bytes as the files that say what a node has: lists of modules, a kernel
 * configuration, dpkg's status and file lists, /proc/net/udp.
 */
#include <stdint.h>
#include <string.h>

#include "net/feature_text.h"
#include "net/listener.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static volatile size_t sink;

static void names_see(const struct sal_net_modules *modules)
{
	for (size_t i = 0; i < modules->len; i++) {
		size_t len = strlen(modules->names[i]);

		if (!len || len >= 64 || strchr(modules->names[i], '-'))
			__builtin_trap();
		if (!sal_net_modules_has(modules, modules->names[i]))
			__builtin_trap();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct sal_ip local = { AF_INET, { 127, 0, 0, 53 } };
	static const struct sal_ip local6 = { AF_INET6, { [15] = 1 } };
	struct sal_net_modules modules;
	struct sal_arena arena;
	const char *text, *version;

	sal_arena_init(&arena);
	text = sal_arena_strndup(&arena, (const char *)data, size);
	modules = sal_net_modules_files(&arena, text);
	names_see(&modules);
	modules = sal_net_modules_live(&arena, text);
	for (size_t i = 0; i < modules.len; i++)
		sink += strlen(modules.names[i]);
	sink += sal_net_kconfig_option(text, "NET");
	version = sal_net_dpkg_version(&arena, text, "ip");
	if (version && strchr(version, '\n'))
		__builtin_trap();
	sink += sal_net_dpkg_lists(text, "/usr/sbin/ip") +
		sal_net_listener_in(text, AF_INET, &local, 53) +
		sal_net_listener_in(text, AF_INET6, &local6, 53);
	sal_arena_done(&arena);
	return 0;
}
