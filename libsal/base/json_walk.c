/*
 * json_walk.c - cuts checked JSON text into slices, and resolves its strings.
 *
 * serve/rpc.c takes the envelope apart with it, params.c finds the pointer of a fault. The walkers are
 * only right for text that sal_json_check() passed, but stay inside any text they are given.
 */
#include "base/json_scan.h"

#include <string.h>

#include "base/json_text.h"
#include "base/utf8.h"

struct sal_slice sal_json_trim(const char *text, size_t len)
{
	while (len && space_is(*text)) {
		text++;
		len--;
	}
	while (len && space_is(text[len - 1]))
		len--;
	return (struct sal_slice){ .p = text, .len = len };
}

enum sal_json_kind sal_json_kind(struct sal_slice value)
{
	if (!value.p || !value.len)
		return SAL_JSON_INVALID;
	switch (*value.p) {
	case '{':
		return SAL_JSON_OBJECT;
	case '[':
		return SAL_JSON_ARRAY;
	case '"':
		return SAL_JSON_STRING;
	case 't':
	case 'f':
		return SAL_JSON_BOOL;
	case 'n':
		return SAL_JSON_NULL;
	default:
		return *value.p == '-' || digit_is(*value.p) ? SAL_JSON_NUMBER : SAL_JSON_INVALID;
	}
}

/* Behind the closing quote of the string that opens at p. */
static const char *string_skip(const char *p, const char *end)
{
	p++;
	for (;;) {
		p = plain_skip(p, end);
		if (p == end)
			return end;
		if (*p == '"')
			return p + 1;
		if (*p == '\\' && end - p >= 2)
			p++; /* whatever is escaped does not end the string */
		p++;
	}
}

/* Behind the value at p; p itself if none begins there. */
static const char *value_skip(const char *p, const char *end)
{
	size_t depth = 0;

	while (p < end) {
		switch (*p) {
		case '"':
			p = string_skip(p, end);
			break;
		case '{':
		case '[':
			depth++;
			p++;
			break;
		case '}':
		case ']':
			if (!depth)
				return p;
			depth--;
			p++;
			break;
		case ',':
		case ':':
			if (!depth)
				return p;
			p++;
			continue;
		default:
			if (!depth && space_is(*p))
				return p;
			p++;
			continue; /* in the middle of a number, a literal, or white space */
		}
		if (!depth)
			return p;
	}
	return end;
}

struct sal_json_iter sal_json_iter(struct sal_slice value)
{
	enum sal_json_kind kind = sal_json_kind(value);

	if (kind != SAL_JSON_ARRAY && kind != SAL_JSON_OBJECT)
		return (struct sal_json_iter){ .at = value.p, .end = value.p };
	return (struct sal_json_iter){ .at = value.p + 1, .end = value.p + value.len };
}

/* To the next token, over the separator before it if there is one. */
static void iter_advance(struct sal_json_iter *iter, char separator)
{
	iter->at = space_skip(iter->at, iter->end);
	if (iter->at < iter->end && *iter->at == separator)
		iter->at = space_skip(iter->at + 1, iter->end);
}

static bool iter_take(struct sal_json_iter *iter, char separator, struct sal_slice *ret_value)
{
	const char *start, *behind;

	iter_advance(iter, separator);
	start = iter->at;
	behind = value_skip(start, iter->end);
	if (behind == start) {
		iter->at =
			iter->end; /* the closing bracket: nothing is left, however often asked */
		return false;
	}
	iter->at = behind;
	*ret_value = (struct sal_slice){ .p = start, .len = (size_t)(behind - start) };
	return true;
}

bool sal_json_next(struct sal_json_iter *iter, struct sal_slice *ret_value)
{
	return iter_take(iter, ',', ret_value);
}

bool sal_json_next_member(struct sal_json_iter *iter, struct sal_slice *ret_key,
			  struct sal_slice *ret_value)
{
	struct sal_slice key, value;

	if (!iter_take(iter, ',', &key) || !iter_take(iter, ':', &value))
		return false;
	*ret_key = key;
	*ret_value = value;
	return true;
}

/* Resolves one byte or escape at *p into out; returns how many bytes that are, 0 for a bad escape. */
static size_t string_step(const char **p, const char *end, char out[4])
{
	static const char short_forms[] = "\"\"\\\\//b\bf\fn\nr\rt\t";
	const char *at = *p;

	if (*at != '\\') {
		out[0] = *at;
		*p = at + 1;
		return 1;
	}
	for (const char *form = short_forms; end - at >= 2 && *form; form += 2) {
		if (at[1] == form[0]) {
			out[0] = form[1];
			*p = at + 2;
			return 1;
		}
	}

	long unit = unit_read(at, end);

	if (unit < 0 || unit_is_low(unit))
		return 0;
	if (unit_is_high(unit)) {
		long low = unit_read(at + 6, end);

		if (!unit_is_low(low))
			return 0;
		unit = 0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00);
		at += 6;
	}
	*p = at + 6;
	return sal_utf8_encode((uint32_t)unit, out);
}

/* Cuts the quotes off; false if it has none. */
static bool string_unquote(struct sal_slice *string)
{
	if (!string->p || string->len < 2 || string->p[0] != '"' ||
	    string->p[string->len - 1] != '"')
		return false;
	string->p++;
	string->len -= 2;
	return true;
}

bool sal_json_string_equals(struct sal_slice string, const char *s)
{
	if (!string_unquote(&string))
		return false;
	for (const char *p = string.p, *end = p + string.len; p < end;) {
		char bytes[4];
		size_t n = string_step(&p, end, bytes);

		/* the byte 0 that \u0000 stands for is never equal: s ends there */
		if (!n || strncmp(s, bytes, n) != 0 || !bytes[0])
			return false;
		s += n;
	}
	return !*s;
}

long sal_json_string_copy(struct sal_slice string, char *out, size_t size)
{
	size_t len = 0;

	if (!string_unquote(&string))
		return -1;
	for (const char *p = string.p, *end = p + string.len; p < end;) {
		char bytes[4];
		size_t n = string_step(&p, end, bytes);

		if (!n || !bytes[0] || n >= size - len)
			return -1;
		memcpy(out + len, bytes, n);
		len += n;
	}
	if (!size)
		return -1;
	out[len] = '\0';
	return (long)len;
}
