/* dhclient_scan.c - words and statements. See dhclient_scan.h. */
#include "net/lease/dhclient_scan.h"

#include <string.h>

#include "base/text.h"

static void blanks_skip(struct sal_dhclient_scan *scan)
{
	while (scan->at < scan->end) {
		char c = *scan->at;

		if (c == '#') {
			const char *newline = memchr(scan->at, '\n', scan->end - scan->at);

			scan->at = newline ? newline : scan->end;
			continue;
		}
		if (c != ' ' && c != '\t' && c != '\r' && c != '\n' && c != ',')
			return;
		scan->line += c == '\n';
		scan->at++;
	}
}

static bool is_octal(char c)
{
	return c >= '0' && c <= '7';
}

/* What a backslash and the text behind it stand for; *at is moved behind it. */
static char escape_read(const char **at, const char *end)
{
	const char *p = *at;
	unsigned value = 0;

	*at = p + 1;
	switch (*p) {
	case 't':
		return '\t';
	case 'r':
		return '\r';
	case 'n':
		return '\n';
	case 'b':
		return '\b';
	case 'x':
		for (*at = p + 1; *at < end && *at < p + 3 && sal_hex_value(**at) >= 0; (*at)++)
			value = value << 4 | sal_hex_value(**at);
		return value;
	}
	if (!is_octal(*p))
		return *p;
	for (*at = p; *at < end && *at < p + 3 && is_octal(**at); (*at)++)
		value = value << 3 | (**at - '0');
	return value;
}

/* Behind the opening quote; false when the closing one is missing. */
static bool string_read(struct sal_dhclient_scan *scan, struct sal_dhclient_word *word)
{
	const char *close = scan->at;
	char *text;

	while (close < scan->end && *close != '"')
		close += *close == '\\' && close + 1 < scan->end ? 2 : 1;
	if (close >= scan->end)
		return false;
	text = sal_arena_alloc(scan->arena, close - scan->at + 1);
	*word = (struct sal_dhclient_word){ .text = text, .quoted = true };
	while (scan->at < close) {
		char c = *scan->at++;

		scan->line += c == '\n';
		text[word->len++] = c == '\\' ? escape_read(&scan->at, close) : c;
	}
	text[word->len] = '\0';
	scan->at = close + 1;
	return true;
}

static void plain_read(struct sal_dhclient_scan *scan, struct sal_dhclient_word *word)
{
	const char *from = scan->at;

	while (scan->at < scan->end && !strchr(" \t\r\n,;{}\"", *scan->at))
		scan->at++;
	word->text = sal_arena_strndup(scan->arena, from, scan->at - from);
	word->len = strlen(word->text);
	word->quoted = false;
}

bool sal_dhclient_next(struct sal_dhclient_scan *scan, struct sal_dhclient_statement *ret_statement)
{
	struct sal_dhclient_word word;

	ret_statement->n = 0;
	ret_statement->end = 0;
	ret_statement->broken = false;
	blanks_skip(scan);
	ret_statement->line = scan->line;
	if (scan->at >= scan->end)
		return false;
	for (; scan->at < scan->end; blanks_skip(scan)) {
		char c = *scan->at;

		if (c == '}' && ret_statement->n) {
			ret_statement->broken = true;
			ret_statement->end = ';'; /* the brace is a statement of its own */
			return true;
		}
		if (c == ';' || c == '{' || c == '}') {
			scan->at++;
			ret_statement->end = c;
			return true;
		}
		if (c == '"') {
			scan->at++;
			if (!string_read(scan, &word)) {
				scan->at = scan->end;
				return true;
			}
		} else {
			plain_read(scan, &word);
		}
		if (ret_statement->n == SAL_DHCLIENT_WORDS)
			ret_statement->broken = true;
		else
			ret_statement->words[ret_statement->n++] = word;
	}
	return true;
}

bool sal_dhclient_is(const struct sal_dhclient_statement *statement, size_t i, const char *word)
{
	return i < statement->n && !statement->words[i].quoted &&
	       !strcmp(statement->words[i].text, word);
}
