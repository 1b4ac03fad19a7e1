/*
 * keys.h - lines of KEY=VALUE, as systemd, NetworkManager and klibc write them. Pure. Header only.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "base/arena.h"

struct sal_lease_keys {
	struct sal_arena *arena;
	const char *at, *end;
	unsigned line; /* of the pair that was given last */
};

/*
 * The next pair; comments, empty lines and [groups] are passed over, and so is a line without "=".
 * A pair of quotes around the value is taken off. False at the end.
 */
static inline bool sal_lease_key_next(struct sal_lease_keys *keys, const char **ret_key,
				      char **ret_value)
{
	while (keys->at < keys->end) {
		const char *line = keys->at;
		const char *end = memchr(line, '\n', keys->end - line);
		const char *equals;
		char *value;
		size_t len;

		end = end ? end : keys->end;
		keys->at = end < keys->end ? end + 1 : end;
		keys->line++;
		equals = memchr(line, '=', end - line);
		if (!equals || *line == '#' || *line == ';' || *line == '[')
			continue;
		value = sal_arena_strndup(keys->arena, equals + 1, end - equals - 1);
		len = strlen(value);
		if (len >= 2 && (*value == '\'' || *value == '"') && value[len - 1] == *value) {
			value[len - 1] = '\0';
			value++;
		}
		*ret_key = sal_arena_strndup(keys->arena, line, equals - line);
		*ret_value = value;
		return true;
	}
	return false;
}
