/* dhcp_domains.c - domain lists in wire format. See dhcp_domains.h. */
#include "net/dhcp_domains.h"

#include <string.h>

#include "net/dhcp4_options.h"

#define NAME_MAX_TEXT 253 /* RFC 1035, section 2.3.4, without the final dot */
#define NAMES_MAX     64

/*
 * One name from *at on. A pointer must lead further back than the label it stands at or any it led
 * to, so the walk ends.
 */
static const char *name_read(const uint8_t *data, size_t len, bool compressed, size_t *at,
			     char name[NAME_MAX_TEXT + 1])
{
	size_t pos = *at, lowest = *at, used = 0;
	bool jumped = false;

	for (;;) {
		uint8_t n;

		if (pos >= len)
			return "a domain name runs past its end";
		n = data[pos];
		if (n >= 0xc0) {
			size_t target;

			if (!compressed || len - pos < 2)
				return "a domain name has a pointer where none may be";
			target = (size_t)(n & 0x3f) << 8 | data[pos + 1];
			if (target >= lowest)
				return "a pointer in a domain name does not lead back";
			if (!jumped)
				*at = pos + 2;
			jumped = true;
			lowest = pos = target;
			continue;
		}
		if (n > 63)
			return "a domain name has a label of an unknown kind";
		if (len - pos - 1 < n)
			return "a domain name runs past its end";
		pos++;
		if (!n)
			break;
		if (used + n + (used > 0) > NAME_MAX_TEXT)
			return "a domain name is longer than 253 bytes";
		if (used)
			name[used++] = '.';
		memcpy(name + used, data + pos, n);
		/* A dot inside a label would look like two labels. */
		if (memchr(name + used, '.', n))
			return "a domain name has a character that no name has";
		used += n;
		pos += n;
	}
	if (!jumped)
		*at = pos;
	name[used] = '\0';
	return sal_dhcp_name_valid(name, used) ? NULL
					       : "a domain name has a character that no name has";
}

const char *sal_dhcp_domains_read(struct sal_arena *arena, const uint8_t *data, size_t len,
				  bool compressed, struct sal_strings *ret_names)
{
	const char *names[NAMES_MAX];
	size_t n = 0;

	for (size_t at = 0; at < len;) {
		char name[NAME_MAX_TEXT + 1];
		const char *fault = name_read(data, len, compressed, &at, name);

		if (fault)
			return fault;
		if (n == NAMES_MAX)
			return "it has more than 64 domain names";
		names[n++] = sal_arena_strdup(arena, name);
	}
	if (!n)
		return "it is empty";
	*ret_names = (struct sal_strings){ sal_arena_dup(arena, names, n * sizeof(*names)), n };
	return NULL;
}
