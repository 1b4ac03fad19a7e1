/* feature_text.c - parsers for feature.c and tool.c. See feature_text.h. */
#include "net/feature_text.h"

#include <string.h>

#define NAME_MAX_LEN 64 /* MODULE_NAME_LEN */

static void module_add(struct sal_arena *arena, struct sal_net_modules *modules, const char *name,
		       size_t len)
{
	char *copy;

	if (!len || len >= NAME_MAX_LEN)
		return;
	modules->names =
		sal_arena_room(arena, modules->names, modules->len, sizeof(*modules->names));
	copy = sal_arena_strndup(arena, name, len);
	for (char *c = copy; *c; c++) {
		if (*c == '-')
			*c = '_';
	}
	modules->names[modules->len++] = copy;
}

/* The next line; its length goes to *ret_len. NULL at the end. */
static const char *line_next(const char **at, size_t *ret_len)
{
	const char *line = *at;

	if (!*line)
		return NULL;
	*ret_len = strcspn(line, "\n");
	*at = line + *ret_len + (line[*ret_len] == '\n');
	return line;
}

struct sal_net_modules sal_net_modules_files(struct sal_arena *arena, const char *text)
{
	struct sal_net_modules modules = { 0 };
	const char *line;
	size_t len;

	while ((line = line_next(&text, &len))) {
		const char *colon = memchr(line, ':', len), *end = colon ? colon : line + len;
		const char *slash = memrchr(line, '/', end - line);
		const char *name = slash ? slash + 1 : line;
		const char *suffix = memmem(name, end - name, ".ko", 3);

		if (suffix && (suffix + 3 == end || suffix[3] == '.'))
			module_add(arena, &modules, name, suffix - name);
	}
	return modules;
}

struct sal_net_modules sal_net_modules_live(struct sal_arena *arena, const char *text)
{
	struct sal_net_modules modules = { 0 };
	const char *line;
	size_t len;

	while ((line = line_next(&text, &len))) {
		const char *space = memchr(line, ' ', len);

		if (space && memmem(space, line + len - space, " Live ", 6))
			module_add(arena, &modules, line, space - line);
	}
	return modules;
}

bool sal_net_modules_has(const struct sal_net_modules *modules, const char *name)
{
	for (size_t i = 0; i < modules->len; i++) {
		if (strcmp(modules->names[i], name) == 0)
			return true;
	}
	return false;
}

char sal_net_kconfig_option(const char *text, const char *option)
{
	size_t len = strlen(option);

	for (const char *at = strstr(text, option); at; at = strstr(at + len, option)) {
		/* "CONFIG_X=m" on a line of its own */
		if (at - text < 8 || memcmp(at - 7, "CONFIG_", 7) != 0 || at[-8] != '\n' ||
		    at[len] != '=')
			continue;
		if ((at[len + 1] == 'y' || at[len + 1] == 'm') &&
		    (at[len + 2] == '\n' || !at[len + 2]))
			return at[len + 1];
	}
	return 'n';
}

/* What stands behind "Key: " in the paragraph, or NULL. */
static const char *field_find(const char *paragraph, const char *end, const char *key)
{
	size_t keylen = strlen(key), len;
	const char *line;

	while (paragraph < end && (line = line_next(&paragraph, &len)) && len) {
		if (len > keylen && memcmp(line, key, keylen) == 0)
			return line + keylen;
	}
	return NULL;
}

const char *sal_net_dpkg_version(struct sal_arena *arena, const char *status, const char *package)
{
	const char *next;

	for (const char *at = status; *at; at = next) {
		const char *end = strstr(at, "\n\n"), *name, *state, *version;

		end = end ? end + 1 : at + strlen(at);
		next = *end ? end + 1 : end;
		name = field_find(at, end, "Package: ");
		if (!name || strncmp(name, package, strlen(package)) != 0 ||
		    name[strlen(package)] != '\n')
			continue;
		state = field_find(at, end, "Status: ");
		version = field_find(at, end, "Version: ");
		if (state && version && strncmp(state, "install ok installed\n", 21) == 0)
			return sal_arena_strndup(arena, version, strcspn(version, "\n"));
	}
	return NULL;
}

static const char *without_usr(const char *path)
{
	return strncmp(path, "/usr/", 5) == 0 ? path + 4 : path;
}

bool sal_net_dpkg_lists(const char *list, const char *path)
{
	const char *line;
	size_t len;

	path = without_usr(path);
	while ((line = line_next(&list, &len))) {
		size_t skip = len > 5 && memcmp(line, "/usr/", 5) == 0 ? 4 : 0;

		if (len - skip == strlen(path) && memcmp(line + skip, path, len - skip) == 0)
			return true;
	}
	return false;
}
