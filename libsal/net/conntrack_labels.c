/* conntrack_labels.c - reads the file of label names. See conntrack_labels.h. */
#include "net/conntrack_labels.h"

#include <ctype.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/sysfs.h"

#define FILE_MAX ((size_t)1024 * 1024)
#define BLANKS	 " \f\r\t\v"

void sal_net_conntrack_labels_init(struct sal_net_conntrack_labels *labels)
{
	*labels = (struct sal_net_conntrack_labels){ 0 };
	sal_arena_init(&labels->arena);
}

void sal_net_conntrack_labels_done(struct sal_net_conntrack_labels *labels)
{
	sal_arena_done(&labels->arena);
}

static bool name_is_sane(const char *name)
{
	for (; *name; name++) {
		if (!isascii((unsigned char)*name) ||
		    (!isalnum((unsigned char)*name) && *name != ' ' && *name != '-'))
			return false;
	}
	return true;
}

static bool name_is_taken(const struct sal_net_conntrack_labels *labels, const char *name)
{
	for (size_t i = 0; i < SAL_ARRAY_LEN(labels->names); i++) {
		if (labels->names[i] && !strcmp(labels->names[i], name))
			return true;
	}
	return false;
}

static void line_parse(struct sal_net_conntrack_labels *labels, char *line)
{
	unsigned long bit;
	char *name;
	size_t len;

	if (*line == '#')
		return;
	bit = strtoul(line, &name, 0);
	if (name == line || bit >= SAL_ARRAY_LEN(labels->names) || labels->names[bit])
		return;
	name += strspn(name, BLANKS);
	len = strlen(name);
	while (len && strchr(BLANKS, name[len - 1]))
		len--;
	name[len] = '\0';
	if (len && name_is_sane(name) && !name_is_taken(labels, name))
		labels->names[bit] = sal_arena_strdup(&labels->arena, name);
}

void sal_net_conntrack_labels_parse(struct sal_net_conntrack_labels *labels, char *text)
{
	char *line;

	while ((line = strsep(&text, "\n")) != NULL)
		line_parse(labels, line);
}

static void labels_load(struct sal_net_conntrack_labels *labels)
{
	struct sal_buf text SAL_CLEANUP(sal_buf_done) = SAL_BUF_EMPTY;

	labels->loaded = true;
	if (sal_sysfs_slurp(&text, AT_FDCWD, "/etc/xtables/connlabel.conf", FILE_MAX) < 0)
		return;
	sal_buf_putc(&text, '\0');
	sal_net_conntrack_labels_parse(labels, text.data);
}

struct sal_strings sal_net_conntrack_labels_list(struct sal_net_conntrack_labels *labels,
						 struct sal_arena *arena, const uint8_t *bits,
						 size_t len)
{
	struct sal_strings list = { 0 };
	const char **items;

	for (size_t i = 0; i < len; i++)
		list.len += __builtin_popcount(bits[i]);
	if (!list.len)
		return list;
	if (!labels->loaded)
		labels_load(labels);
	items = sal_arena_array(arena, list.len, sizeof(*items));
	list.items = items;
	for (size_t bit = 0; bit < len * 8; bit++) {
		if (!(bits[bit / 8] >> bit % 8 & 1))
			continue;
		*items = bit < SAL_ARRAY_LEN(labels->names) ? labels->names[bit] : NULL;
		if (!*items)
			*items = sal_arena_printf(arena, "%zu", bit);
		items++;
	}
	return list;
}
