/*
 * options.c - the command line, as one table.
 *
 * Each row is an option, its place in struct serve_options, its bounds and its line in --help. Both
 * binaries have all of these; a binary's own ones come in struct serve_program.
 */
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/macros.h"
#include "serve/log.h"
#include "serve/serve.h"

enum option_kind {
	OPTION_TEXT,
	OPTION_FLAG,
	OPTION_NUMBER,
	OPTION_MODE, /* octal */
	OPTION_FORMAT, /* of the log */
	OPTION_VERSION,
	OPTION_HELP,
};

struct option_row {
	const char *name;
	const char *letter; /* "-v", or NULL */
	const char *arg;
	enum option_kind kind;
	size_t offset; /* in struct serve_options */
	uint32_t preset, min, max;
	const char *help;
};

#define AT(member)    offsetof(struct serve_options, member)
#define LIMIT(member) OPTION_NUMBER, offsetof(struct serve_options, limits.member)
#define DAY	      86400

/* clang-format off */
static const struct option_row option_rows[] = {
	{ "--socket", NULL, "PATH", OPTION_TEXT, AT(socket), 0, 0, 0, "where to listen" },
	{ "--socket-mode", NULL, "MODE", OPTION_MODE, AT(socket_mode), 0666, 0, 0777, "permissions of the socket" },
	{ "--socket-group", NULL, "GROUP", OPTION_TEXT, AT(socket_group), 0, 0, 0, "group of the socket" },
	{ "--state-dir", NULL, "DIR", OPTION_TEXT, AT(state_dir), 0, 0, 0, "where registries live" },
	{ "--acl", NULL, "FILE", OPTION_TEXT, AT(acl), 0, 0, 0, "who may do what; read again on SIGHUP" },
	{ "--check-acl", NULL, "FILE", OPTION_TEXT, AT(check_acl), 0, 0, 0, "check such a file and exit" },
	{ "--log-format", NULL, "text|json", OPTION_FORMAT, AT(log_json), 0, 0, 0, "of the lines on stderr" },
	{ "--verbose", "-v", NULL, OPTION_FLAG, AT(verbose), 0, 0, 0, "log reads too" },
	{ "--version", NULL, NULL, OPTION_VERSION, 0, 0, 0, 0, "print the version and exit" },
	{ "--help", "-h", NULL, OPTION_HELP, 0, 0, 0, 0, "print this and exit" },

	{ "--max-connections", NULL, "N", LIMIT(connections), 1024, 1, 65536, "connections at once" },
	{ "--max-connections-uid", NULL, "N", LIMIT(connections_uid), 256, 1, 65536, "of them of one uid" },
	{ "--root-connections", NULL, "N", LIMIT(connections_root), 64, 0, 65535, "of them kept for uid 0" },
	{ "--max-body", NULL, "BYTES", LIMIT(body), 1 << 20, 1, 1 << 30, "length of a request's body" },
	{ "--max-header", NULL, "BYTES", LIMIT(header), 16384, 64, 1 << 20, "length of a request's head" },
	{ "--max-headers", NULL, "N", LIMIT(headers), 100, 1, 10000, "headers of a request" },
	{ "--max-batch", NULL, "N", LIMIT(batch), 64, 1, 65536, "calls in one batch" },
	{ "--max-depth", NULL, "N", LIMIT(depth), 32, 2, 1000, "nesting of JSON in a request" },
	{ "--max-whole", NULL, "BYTES", LIMIT(whole), 4 << 20, 1024, 1 << 30, "answer to a batch or to HTTP/1.0" },
	{ "--header-timeout", NULL, "SEC", LIMIT(header_timeout), 10, 1, DAY, "from a request's first byte to the end of its head" },
	{ "--body-timeout", NULL, "SEC", LIMIT(body_timeout), 60, 1, DAY, "from there to the end of its body" },
	{ "--idle-timeout", NULL, "SEC", LIMIT(idle_timeout), 60, 1, DAY, "between requests; and for taking no byte of an answer" },
	{ "--stop-timeout", NULL, "SEC", LIMIT(stop_timeout), 5, 1, DAY, "on SIGTERM: for readers to take what is sent" },
	{ "--quick-threads", NULL, "N", LIMIT(quick_threads), 4, 1, 256, "workers for calls of milliseconds" },
	{ "--slow-threads", NULL, "N", LIMIT(slow_threads), 16, 1, 256, "workers for calls that wait for devices" },
	{ "--write-threads", NULL, "N", LIMIT(write_threads), 32, 1, 256, "workers for calls that change something" },
	{ "--max-queue", NULL, "N", LIMIT(queue), 256, 1, 65536, "calls waiting for a worker of one sort" },
	{ "--max-streams", NULL, "N", LIMIT(streams), 16, 1, 1024, "long answers at once" },
	{ "--max-streams-uid", NULL, "N", LIMIT(streams_uid), 8, 1, 1024, "of them to one uid" },
	{ "--admin-streams", NULL, "N", LIMIT(streams_admin), 4, 0, 1023, "of them kept for admins" },
	{ "--max-stream-waiters", NULL, "N", LIMIT(stream_waiters), 16, 0, 1024, "calls waiting to become one" },
	{ "--stream-wait", NULL, "SEC", LIMIT(stream_wait), 5, 1, DAY, "for that long" },
	{ "--stream-unsent", NULL, "BYTES", LIMIT(stream_unsent), 4 << 20, 65536, 1 << 30, "of one that its reader may lag behind" },
	{ "--stream-least", NULL, "BYTES", LIMIT(stream_least), 65536, 1, 1 << 30, "what a reader must take ..." },
	{ "--stream-slow", NULL, "SEC", LIMIT(stream_slow), 10, 1, DAY, "... in this time, or is cut while others wait" },
	{ "--stream-stall", NULL, "SEC", LIMIT(stream_stall), 60, 1, DAY, "... in this time, or is cut in any case" },
};
/* clang-format on */

static void options_help(const struct serve_program *program)
{
	char name[64];

	printf("Usage: %s [OPTION]...\n%s\n\n", program->name, program->summary);
	for (size_t i = 0; i < SAL_ARRAY_LEN(option_rows); i++) {
		const struct option_row *row = &option_rows[i];

		snprintf(name, sizeof(name), "%s%s%s%s%s", row->letter ? row->letter : "",
			 row->letter ? ", " : "", row->name, row->arg ? " " : "",
			 row->arg ? row->arg : "");
		printf("  %-28s %s", name, row->help);
		if (row->kind == OPTION_NUMBER)
			printf(" (%u)", row->preset);
		if (row->kind == OPTION_MODE)
			printf(" (0%o)", row->preset);
		putchar('\n');
	}
	for (const struct serve_option_extra *e = program->extra; e && e->name; e++) {
		snprintf(name, sizeof(name), "%s %s", e->name, e->arg);
		printf("  %-28s %s\n", name, e->help);
	}
}

static void options_preset(struct serve_options *options)
{
	memset(options, 0, sizeof(*options));
	for (size_t i = 0; i < SAL_ARRAY_LEN(option_rows); i++) {
		const struct option_row *row = &option_rows[i];

		if (row->kind == OPTION_NUMBER || row->kind == OPTION_MODE)
			memcpy((char *)options + row->offset, &row->preset, sizeof(row->preset));
	}
}

static int number_set(const struct option_row *row, const char *value, void *member,
		      struct sal_error *err)
{
	int base = row->kind == OPTION_MODE ? 8 : 10;
	char *end;
	unsigned long n;
	uint32_t u;

	errno = 0;
	n = strtoul(value, &end, base);
	if (*value < '0' || *value > '9' || *end || errno || n < row->min || n > row->max)
		return sal_fail(err, SAL_INVALID_PARAMS,
				base == 8 ? "%s wants an octal number from %o to %o, not \"%s\""
					  : "%s wants a number from %u to %u, not \"%s\"",
				row->name, row->min, row->max, value);
	u = (uint32_t)n;
	memcpy(member, &u, sizeof(u));
	return 0;
}

/* Returns 0 or 1 as serve_options_parse() does, or a negative errno with err filled. */
static int option_set(const struct option_row *row, const char *value,
		      const struct serve_program *program, struct serve_options *options,
		      struct sal_error *err)
{
	void *member = (char *)options + row->offset;

	switch (row->kind) {
	case OPTION_TEXT:
		if (!*value)
			return sal_fail(err, SAL_INVALID_PARAMS, "%s wants a %s", row->name,
					row->arg);
		memcpy(member, &value, sizeof(value));
		return 0;
	case OPTION_FLAG:
		*(bool *)member = true;
		return 0;
	case OPTION_NUMBER:
	case OPTION_MODE:
		return number_set(row, value, member, err);
	case OPTION_FORMAT:
		if (strcmp(value, "text") && strcmp(value, "json"))
			return sal_fail(err, SAL_INVALID_PARAMS,
					"%s wants text or json, not \"%s\"", row->name, value);
		*(bool *)member = *value == 'j';
		return 0;
	case OPTION_VERSION:
		printf("%s %s\n", program->name, program->version);
		return 1;
	case OPTION_HELP:
		options_help(program);
		return 1;
	}
	return 0;
}

static const struct option_row *option_find(const char *word, size_t len)
{
	for (size_t i = 0; i < SAL_ARRAY_LEN(option_rows); i++) {
		const struct option_row *row = &option_rows[i];

		if (strlen(row->name) == len && !memcmp(row->name, word, len))
			return row;
		if (row->letter && strlen(row->letter) == len && !memcmp(row->letter, word, len))
			return row;
	}
	return NULL;
}

static const struct serve_option_extra *extra_find(const struct serve_program *program,
						   const char *word, size_t len)
{
	for (const struct serve_option_extra *e = program->extra; e && e->name; e++)
		if (strlen(e->name) == len && !memcmp(e->name, word, len))
			return e;
	return NULL;
}

/* Takes the option at argv[*i] and its value, "--name VALUE" or "--name=VALUE". */
static int option_take(int argc, char **argv, int *i, const struct serve_program *program,
		       struct serve_options *options, struct sal_error *err)
{
	const char *word = argv[*i], *equals = strchr(word, '=');
	size_t len = equals ? (size_t)(equals - word) : strlen(word);
	const struct option_row *row = option_find(word, len);
	const struct serve_option_extra *extra = extra_find(program, word, len);
	bool wants = extra || (row && row->arg);
	const char *value = equals ? equals + 1 : NULL;

	if (!row && !extra)
		return sal_fail(err, SAL_INVALID_PARAMS, "unknown option %s", word);
	if (!wants && value)
		return sal_fail(err, SAL_INVALID_PARAMS, "%s takes no value", row->name);
	if (wants && !value) {
		if (*i + 1 >= argc)
			return sal_fail(err, SAL_INVALID_PARAMS, "%s wants a value", word);
		value = argv[++*i];
	}
	return extra ? extra->set(program->extra_ctx, value, err)
		     : option_set(row, value, program, options, err);
}

int serve_options_parse(int argc, char **argv, const struct serve_program *program,
			struct serve_options *ret_options)
{
	struct serve_options options;
	struct sal_error err = { 0 };

	options_preset(&options);
	for (int i = 1; i < argc; i++) {
		int r = option_take(argc, argv, &i, program, &options, &err);

		if (r > 0)
			return r;
		if (r < 0) {
			fprintf(stderr, "%s: %s; try --help\n", program->name, err.message);
			return -EINVAL;
		}
	}
	serve_log_init(program->name, options.log_json, options.verbose);
	*ret_options = options;
	return 0;
}
