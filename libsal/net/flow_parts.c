/*
 * flow_parts.c - what a flow matches and does, taken apart into fields and actions.
 *
 * Called by flow_text.c and flow.c; declared in flow_text.h. The grammar is that of all of OVS's
 * texts: elements between commas, each a word, NAME=VALUE, NAME:VALUE, NAME:VALUE->FIELD or
 * NAME(elements). What does not follow it is kept as a value, so nothing is lost. Sources:
 * ovs-fields(7), ovs-actions(7), ovs-dpctl(8).
 */
#include "net/flow_text.h"

#include <string.h>

#define DEPTH_MAX 12 /* deeper parentheses stay text: the whole answer may nest 32 deep */

struct part {
	const char *p, *end;
};

/* From p to the first of the characters of stops that is outside of parentheses, brackets and
 * quotes, or to end. */
static const char *part_seek(const char *p, const char *end, const char *stops)
{
	unsigned depth = 0;
	bool quoted = false;

	for (; p < end; p++) {
		if (quoted) {
			if (*p == '\\' && end - p > 1)
				p++;
			else if (*p == '"')
				quoted = false;
			continue;
		}
		if (!depth && strchr(stops, *p))
			return p;
		if (*p == '"')
			quoted = true;
		else if (*p == '(' || *p == '[' || *p == '{')
			depth++;
		else if ((*p == ')' || *p == ']' || *p == '}') && depth)
			depth--;
	}
	return end;
}

static size_t parts_count(struct part text)
{
	size_t n = 1;

	if (text.p == text.end)
		return 0;
	for (const char *p = text.p; (p = part_seek(p, text.end, ",")) < text.end; p++)
		n++;
	return n;
}

static bool part_next(struct part *rest, struct part *ret)
{
	if (!rest->p)
		return false;
	ret->p = rest->p;
	ret->end = part_seek(rest->p, rest->end, ",");
	rest->p = ret->end < rest->end ? ret->end + 1 : NULL;
	return true;
}

static char *part_copy(struct sal_arena *arena, struct part part)
{
	return sal_arena_strndup(arena, part.p, (size_t)(part.end - part.p));
}

static bool part_is(struct part part, const char *word)
{
	size_t len = strlen(word);

	return (size_t)(part.end - part.p) == len && memcmp(part.p, word, len) == 0;
}

/* An element: what stands where in it. NULL: not there. */
struct element {
	struct part name, value, inner, to;
};

/* NAME(INNER)->TO, NAME:VALUE->TO, NAME=VALUE, or a word, which is the name. */
static struct element element_read(struct part part)
{
	struct element e = { .name = part };
	const char *p = part_seek(part.p, part.end, "(:="), *close, *arrow;

	if (p == part.end)
		return e;
	e.name.end = p;
	if (*p == '(') {
		close = part_seek(p + 1, part.end, ")");
		e.inner = (struct part){ p + 1, close };
		p = close < part.end ? close + 1 : close;
		if (p == part.end)
			return e;
		if (part.end - p >= 2 && p[0] == '-' && p[1] == '>')
			e.to = (struct part){ p + 2, part.end };
		else
			e.value = (struct part){ p, part.end };
		return e;
	}
	e.value = (struct part){ p + 1, part.end };
	if (*p == '=')
		return e;
	for (arrow = p + 1; arrow + 1 < part.end; arrow++)
		if (arrow[0] == '-' && arrow[1] == '>')
			break;
	if (arrow + 1 < part.end) {
		e.value.end = arrow;
		e.to = (struct part){ arrow + 2, part.end };
	}
	return e;
}

static void mask_cut(struct sal_arena *arena, struct part value, struct sal_flow_field *field)
{
	const char *slash = memchr(value.p, '/', (size_t)(value.end - value.p));

	sal_set(field, value,
		part_copy(arena, (struct part){ value.p, slash ? slash : value.end }));
	if (slash)
		sal_set(field, mask, part_copy(arena, (struct part){ slash + 1, value.end }));
}

static struct sal_flow_field_array fields_read(struct sal_arena *arena, struct part text,
					       unsigned depth)
{
	size_t n = parts_count(text);
	struct sal_flow_field *fields = sal_arena_array(arena, n, sizeof(*fields)), *field = fields;
	struct part part;

	for (; n && part_next(&text, &part); field++) {
		struct element e = element_read(part);

		if (e.inner.p && part_seek(e.inner.p, e.inner.end, "(=") < e.inner.end &&
		    depth < DEPTH_MAX) {
			field->fields = fields_read(arena, e.inner, depth + 1);
			field->has.fields = 1;
		} else if (e.inner.p || e.value.p) {
			mask_cut(arena, e.inner.p ? e.inner : e.value, field);
		}
		field->field = part_copy(arena, e.name);
	}
	return (struct sal_flow_field_array){ fields, n };
}

/* Whether what stands in the parentheses of this name are actions. */
static bool holds_actions(struct part name)
{
	return part_is(name, "clone") || part_is(name, "write_actions") || part_is(name, "exec") ||
	       part_is(name, "actions") || part_is(name, "gt") || part_is(name, "le");
}

static struct sal_flow_action_array actions_read(struct sal_arena *arena, struct part text,
						 unsigned depth);

static struct sal_flow_argument_array arguments_read(struct sal_arena *arena, struct part text,
						     unsigned depth)
{
	size_t n = parts_count(text);
	struct sal_flow_argument *arguments = sal_arena_array(arena, n, sizeof(*arguments));
	struct sal_flow_argument *argument = arguments;
	struct part part;

	for (; n && part_next(&text, &part); argument++) {
		struct element e = element_read(part);

		if ((!e.inner.p && !e.value.p) || depth >= DEPTH_MAX) {
			sal_set(argument, value, part_copy(arena, part));
			continue;
		}
		sal_set(argument, name, part_copy(arena, e.name));
		if (e.value.p)
			sal_set(argument, value, part_copy(arena, e.value));
		if (e.to.p)
			sal_set(argument, to, part_copy(arena, e.to));
		if (e.inner.p && holds_actions(e.name))
			sal_set(argument, actions, actions_read(arena, e.inner, depth + 1));
		else if (e.inner.p)
			sal_set(argument, arguments, arguments_read(arena, e.inner, depth + 1));
	}
	return (struct sal_flow_argument_array){ arguments, n };
}

static void action_read(struct sal_arena *arena, struct part part, unsigned depth,
			struct sal_flow_action *action)
{
	struct element e = element_read(part);
	size_t digits = strspn(part.p, "0123456789");

	if (digits && part.p + digits == part.end) { /* a datapath's output */
		action->action = "output";
		sal_set(action, value, part_copy(arena, part));
		return;
	}
	if (depth >= DEPTH_MAX) {
		action->action = part_copy(arena, part);
		return;
	}
	action->action = part_copy(arena, e.name);
	if (e.value.p)
		sal_set(action, value, part_copy(arena, e.value));
	if (e.to.p)
		sal_set(action, to, part_copy(arena, e.to));
	if (e.inner.p && holds_actions(e.name))
		sal_set(action, actions, actions_read(arena, e.inner, depth + 1));
	else if (e.inner.p)
		sal_set(action, arguments, arguments_read(arena, e.inner, depth + 1));
}

static struct sal_flow_action_array actions_read(struct sal_arena *arena, struct part text,
						 unsigned depth)
{
	size_t n = parts_count(text);
	struct sal_flow_action *actions = sal_arena_array(arena, n, sizeof(*actions));
	struct sal_flow_action *action = actions;
	struct part part;

	for (; n && part_next(&text, &part); action++)
		action_read(arena, part, depth, action);
	return (struct sal_flow_action_array){ actions, n };
}

struct sal_flow_field_array sal_net_flow_fields(struct sal_arena *arena, const char *text)
{
	size_t len = strlen(text);

	if (len > SAL_NET_FLOW_TEXT_MAX)
		return (struct sal_flow_field_array){ 0 };
	return fields_read(arena, (struct part){ text, text + len }, 0);
}

struct sal_flow_action_array sal_net_flow_actions(struct sal_arena *arena, const char *text)
{
	size_t len = strlen(text);

	if (len > SAL_NET_FLOW_TEXT_MAX)
		return (struct sal_flow_action_array){ 0 };
	return actions_read(arena, (struct part){ text, text + len }, 0);
}
