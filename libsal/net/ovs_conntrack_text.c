/*
 * ovs_conntrack_text.c - "tcp,orig=(src=…),reply=(src=…),zone=3,protoinfo=(state=…)" and counts. See
 * ovs_conntrack_text.h.
 *
 * Source: ovs-dpctl(8), the texts of Open vSwitch 3.1. A key that is not known is passed over.
 */
#include "net/ovs_conntrack_text.h"

#include <stdio.h>
#include <string.h>

#include "net/flow_text.h"

/* The next "key=value" or "key=(…)" before a comma; the parentheses are cut off. */
static bool item_next(char **rest, char **ret_key, char **ret_value)
{
	char *p = *rest, *value, *end;

	if (!p || !*p)
		return false;
	value = p + strcspn(p, "=,");
	if (*value == '=') {
		*value++ = '\0';
		end = value;
		if (*value == '(') {
			end = ++value;
			end += strcspn(end, ")");
			if (*end)
				*end++ = '\0';
		}
	} else {
		end = value;
		value = NULL;
	}
	end += strcspn(end, ",");
	*rest = *end ? end + 1 : NULL;
	*end = '\0';
	*ret_key = p;
	*ret_value = value;
	return true;
}

static bool number_read(const char *text, uint64_t max, uint64_t *ret)
{
	return sal_net_text_u64(&text, ret) && !*text && *ret <= max;
}

/* The two tuples of an entry differ in their C type only. */
#define TUPLE_READ(tuple, key, value, number, ok)                                                  \
	do {                                                                                       \
		if (!strcmp(key, "src"))                                                           \
			sal_set(tuple, src, value);                                                \
		else if (!strcmp(key, "dst"))                                                      \
			sal_set(tuple, dst, value);                                                \
		else if (!strcmp(key, "sport") && (ok = number_read(value, UINT16_MAX, &number)))  \
			sal_set(tuple, sport, (uint16_t)number);                                   \
		else if (!strcmp(key, "dport") && (ok = number_read(value, UINT16_MAX, &number)))  \
			sal_set(tuple, dport, (uint16_t)number);                                   \
		else if (!strcmp(key, "id") && (ok = number_read(value, UINT16_MAX, &number)))     \
			sal_set(tuple, id, (uint16_t)number);                                      \
		else if (!strcmp(key, "type") && (ok = number_read(value, UINT8_MAX, &number)))    \
			sal_set(tuple, type, (uint8_t)number);                                     \
		else if (!strcmp(key, "code") && (ok = number_read(value, UINT8_MAX, &number)))    \
			sal_set(tuple, code, (uint8_t)number);                                     \
		else if (!strcmp(key, "packets") &&                                                \
			 (ok = number_read(value, UINT64_MAX, &number)))                           \
			sal_set(tuple, packets, number);                                           \
		else if (!strcmp(key, "bytes") && (ok = number_read(value, UINT64_MAX, &number)))  \
			sal_set(tuple, bytes, number);                                             \
	} while (0)

static bool orig_read(char *text, struct sal_ovs_conntrack_entry *entry)
{
	char *key, *value;
	uint64_t number;
	bool ok = true;

	while (ok && item_next(&text, &key, &value) && value)
		TUPLE_READ(entry, key, value, number, ok);
	return ok;
}

static bool reply_read(char *text, struct sal_ovs_conntrack_reply *reply)
{
	char *key, *value;
	uint64_t number;
	bool ok = true;

	while (ok && item_next(&text, &key, &value) && value)
		TUPLE_READ(reply, key, value, number, ok);
	return ok;
}

static void protoinfo_read(char *text, struct sal_ovs_conntrack_entry *entry)
{
	char *key, *value;

	while (item_next(&text, &key, &value))
		if (value && !strcmp(key, "state"))
			sal_set(entry, state, value);
}

static bool entry_take(struct sal_ovs_conntrack_entry *entry, struct sal_ovs_conntrack_reply *reply,
		       const char *key, char *value)
{
	uint64_t number;

	if (!strcmp(key, "orig"))
		return orig_read(value, entry);
	if (!strcmp(key, "reply"))
		return reply_read(value, reply);
	if (!strcmp(key, "protoinfo")) {
		protoinfo_read(value, entry);
	} else if (!strcmp(key, "zone")) {
		if (!number_read(value, UINT16_MAX, &number))
			return false;
		entry->zone = (uint16_t)number;
	} else if (!strcmp(key, "mark")) {
		if (!number_read(value, UINT32_MAX, &number))
			return false;
		sal_set(entry, mark, (uint32_t)number);
	} else if (!strcmp(key, "timeout")) {
		if (!number_read(value, UINT32_MAX, &number))
			return false;
		sal_set(entry, timeout, (uint32_t)number);
	} else if (!strcmp(key, "labels")) {
		sal_set(entry, labels, value);
	} else if (!strcmp(key, "helper")) {
		sal_set(entry, helper, value);
	} else if (!strcmp(key, "start")) {
		sal_set(entry, start, value);
	}
	return true;
}

bool sal_net_ovs_conntrack_line(struct sal_arena *arena, char *line,
				struct sal_ovs_conntrack_entry *ret_entry)
{
	struct sal_ovs_conntrack_reply *reply = sal_arena_zalloc(arena, sizeof(*reply));
	char *key, *value;

	*ret_entry = (struct sal_ovs_conntrack_entry){ .reply = reply };
	sal_set(ret_entry, mark, 0);
	if (!item_next(&line, &key, &value) || value || !*key)
		return false;
	ret_entry->protocol = key;
	while (item_next(&line, &key, &value))
		if (value && !entry_take(ret_entry, reply, key, value))
			return false;
	return ret_entry->has.src && ret_entry->has.dst;
}

/* "[SYN_SENT]=1", in the object of states that grows. */
static void state_add(struct sal_buf *states, char *line)
{
	char *end = strstr(line, "]=");
	const char *value;
	uint64_t count;
	size_t len;

	if (*line != '[' || !end)
		return;
	value = end + 2;
	len = (size_t)(end - line) - 1;
	/* a name is a plain word, so that none can spoil the JSON or come twice under two spellings */
	if (!len || strspn(line + 1, "ABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789") != len ||
	    !sal_net_text_u64(&value, &count))
		return;
	*end = '\0';
	if (states->len > 1) {
		char key[64];
		int n = snprintf(key, sizeof(key), "\"%s\":", line + 1);

		if (n < 0 || (size_t)n >= sizeof(key) ||
		    memmem(states->data, states->len, key, (size_t)n))
			return;
		sal_buf_putc(states, ',');
	}
	sal_buf_printf(states, "\"%s\":%llu", line + 1, (unsigned long long)count);
}

static void states_close(struct sal_arena *arena, struct sal_buf *states,
			 struct sal_ovs_conntrack_protocol *protocol)
{
	if (!protocol)
		return;
	sal_buf_putc(states, '}');
	protocol->states.json = sal_arena_dup(arena, states->data, states->len);
	protocol->states.len = states->len;
}

bool sal_net_ovs_conntrack_counts(struct sal_arena *arena, char *text,
				  struct sal_ovs_conntrack_stats *stats)
{
	SAL_CLEANUP(sal_buf_done) struct sal_buf states = SAL_BUF_EMPTY;
	struct sal_ovs_conntrack_protocol *protocols, *last = NULL;
	size_t room = 1, n = 0;
	bool total = false;
	char *line, *colon;
	const char *value;

	for (const char *p = text; (p = strchr(p, '\n')); p++)
		room++;
	protocols = sal_arena_array(arena, room, sizeof(*protocols));
	while (sal_net_line_next(&text, &line)) {
		uint64_t count;

		line += strspn(line, " \t");
		if (*line == '[') {
			if (last)
				state_add(&states, line);
			continue;
		}
		colon = strstr(line, ": ");
		value = colon ? colon + 2 : NULL;
		if (!value || !sal_net_text_u64(&value, &count))
			continue; /* a headline */
		*colon = '\0';
		if (!strcmp(line, "Total")) {
			stats->total = count;
			total = true;
			continue;
		}
		states_close(arena, &states, last);
		states.len = 0;
		sal_buf_putc(&states, '{');
		last = &protocols[n++];
		last->protocol = line;
		last->count = count;
	}
	states_close(arena, &states, last);
	stats->protocols = (struct sal_ovs_conntrack_protocol_array){ protocols, n };
	return total;
}

/* "zone=3,limit=10,count=0" */
static bool limit_read(char *line, struct sal_ovs_conntrack_limit *limit)
{
	char *key, *value;
	uint64_t zone = 0, most = 0, count = 0;
	unsigned seen = 0;

	while (item_next(&line, &key, &value)) {
		if (!value)
			return false;
		if (!strcmp(key, "zone") && number_read(value, UINT16_MAX, &zone))
			seen |= 1;
		else if (!strcmp(key, "limit") && number_read(value, UINT32_MAX, &most))
			seen |= 2;
		else if (!strcmp(key, "count") && number_read(value, UINT32_MAX, &count))
			seen |= 4;
	}
	limit->zone = (uint16_t)zone;
	limit->limit = (uint32_t)most;
	limit->count = (uint32_t)count;
	return seen == 7;
}

void sal_net_ovs_conntrack_limits(struct sal_arena *arena, char *text,
				  struct sal_ovs_conntrack_stats *stats)
{
	struct sal_ovs_conntrack_limit *limits;
	size_t room = 1, n = 0;
	const char *value;
	uint64_t number;
	char *line;

	for (const char *p = text; (p = strchr(p, '\n')); p++)
		room++;
	limits = sal_arena_array(arena, room, sizeof(*limits));
	while (sal_net_line_next(&text, &line)) {
		value = sal_net_text_after(line, "default limit=");
		if (value && number_read(value, UINT32_MAX, &number))
			sal_set(stats, default_limit, (uint32_t)number);
		else if (!value && limit_read(line, &limits[n]))
			n++;
	}
	stats->limits = (struct sal_ovs_conntrack_limit_array){ limits, n };
}
