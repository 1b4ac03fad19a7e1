/*
 * flow_text.c - lines about flows: of bridges, of datapaths. See flow_text.h.
 *
 * A line is "key=value, key=value, MATCH,actions=ACTIONS" for a bridge and "KEYS, packets:1, bytes:2,
 * used:3.5s, actions:ACTIONS" for a datapath. What is in a match or in actions is for flow_parts.c.
 * Sources: ovs-ofctl(8), ovs-dpctl(8), ovs-appctl(8).
 */
#include "net/flow_text.h"

#include <stdlib.h>
#include <string.h>

bool sal_net_line_next(char **text, char **ret_line)
{
	char *line;

	do {
		line = strsep(text, "\n");
		if (!line)
			return false;
	} while (!*line);
	*ret_line = line;
	return true;
}

const char *sal_net_text_after(const char *text, const char *prefix)
{
	size_t len = strlen(prefix);

	return strncmp(text, prefix, len) == 0 ? text + len : NULL;
}

bool sal_net_text_u64(const char **text, uint64_t *ret_value)
{
	const char *p = *text;
	uint64_t value = 0;

	if (*p < '0' || *p > '9')
		return false;
	for (; *p >= '0' && *p <= '9'; p++)
		if (__builtin_mul_overflow(value, 10, &value) ||
		    __builtin_add_overflow(value, (uint64_t)(*p - '0'), &value))
			return false;
	*text = p;
	*ret_value = value;
	return true;
}

bool sal_net_text_counter(const char *text, const char *key, uint64_t *ret_value)
{
	size_t len = strlen(key);

	for (const char *p = strstr(text, key); p; p = strstr(p + len, key)) {
		const char *value = p + len + 1;

		if (p[len] == ':' && (p == text || p[-1] == ' '))
			return sal_net_text_u64(&value, ret_value);
	}
	return false;
}

/* "table_id=1", "duration=3s" …; a key that we do not know is passed over. */
static bool head_take(struct sal_net_flow_line *line, const char *item)
{
	static const struct {
		const char *key;
		size_t offset;
	} keys[] = {
		{ "table_id=", offsetof(struct sal_net_flow_line, table) },
		{ "duration=", offsetof(struct sal_net_flow_line, duration) },
		{ "n_packets=", offsetof(struct sal_net_flow_line, n_packets) },
		{ "n_bytes=", offsetof(struct sal_net_flow_line, n_bytes) },
	};

	for (size_t i = 0; i < SAL_ARRAY_LEN(keys); i++) {
		const char *value = sal_net_text_after(item, keys[i].key);

		if (value)
			return sal_net_text_u64(&value,
						(uint64_t *)((char *)line + keys[i].offset));
	}
	return strchr(item, '=') != NULL;
}

bool sal_net_flow_line(char *line, struct sal_net_flow_line *ret)
{
	char *actions = strstr(line, "actions="), *comma;
	const char *priority;

	*ret = (struct sal_net_flow_line){ .priority = 32768 };
	/* the match ends in a comma, or is empty behind ", " */
	if (!actions || actions == line || (actions[-1] != ',' && actions[-1] != ' '))
		return false;
	actions[-1] = '\0';
	ret->actions = actions + sizeof("actions=") - 1;
	while ((comma = strstr(line, ", "))) {
		*comma = '\0';
		if (!head_take(ret, line))
			return false;
		line = comma + 2;
	}
	priority = sal_net_text_after(line, "priority=");
	if (priority) {
		if (!sal_net_text_u64(&priority, &ret->priority) || (*priority && *priority != ','))
			return false;
		line = (char *)priority + (*priority == ',');
	}
	ret->match = line;
	return ret->table <= UINT8_MAX && ret->priority <= UINT32_MAX;
}

/* "packets:2", "used:0.5s" … behind a datapath flow's match. */
static bool datapath_take(struct sal_datapath_flow *flow, const char *item)
{
	const char *value;
	char *end;
	double used;

	if ((value = sal_net_text_after(item, "packets:")))
		return sal_net_text_u64(&value, &flow->packets) && !*value;
	if ((value = sal_net_text_after(item, "bytes:")))
		return sal_net_text_u64(&value, &flow->bytes) && !*value;
	if ((value = sal_net_text_after(item, "used:"))) {
		if (strcmp(value, "never") == 0)
			return true;
		if ((*value < '0' || *value > '9') || strspn(value, "0123456789.") > 24)
			return false;
		used = strtod(value, &end); /* the daemon never sets a locale */
		sal_set(flow, used, used);
		return strcmp(end, "s") == 0;
	}
	if ((value = sal_net_text_after(item, "flags:")))
		sal_set(flow, flags, value);
	return true; /* offloaded:yes, dp:ovs, and what may come */
}

bool sal_net_datapath_line(struct sal_arena *arena, char *line, struct sal_datapath_flow *ret)
{
	char *rest = strstr(line, ", packets:"), *next;

	*ret = (struct sal_datapath_flow){ 0 };
	if (!rest)
		return false;
	*rest = '\0';
	ret->match = line;
	for (rest += 2; !(next = (char *)sal_net_text_after(rest, "actions:")); rest = next + 2) {
		next = strstr(rest, ", ");
		if (!next)
			return false;
		*next = '\0';
		if (!datapath_take(ret, rest))
			return false;
	}
	ret->actions = next;
	ret->fields = sal_net_flow_fields(arena, ret->match);
	ret->action_list = sal_net_flow_actions(arena, ret->actions);
	ret->has.action_list = ret->action_list.len > 0;
	return true;
}
