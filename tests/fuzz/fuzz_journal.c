/* fuzz_journal.c - what may lie in the state folder: a journal's text, and a registry's. */
#include <stdint.h>
#include <stdlib.h>

#include "state/journal.h"
#include "state/registry.h"

static int record_see(uint64_t seq, const char *json, size_t len, void *ctx, struct sal_error *err)
{
	json_decref(json_loadb(json, len, 0, NULL));
	return 0;
}

static void region_skip(size_t from, size_t to, void *ctx)
{
	if (from >= to)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sal_buf line = SAL_BUF_EMPTY;
	struct sal_error err = { 0 };
	const char *why;
	json_t *entries;
	uint64_t seq;
	size_t end;

	sal_journal_walk((const char *)data, size, record_see, region_skip, NULL, &end, &err);
	if (end > size)
		abort();
	/* A good record in the midst of anything is found. */
	sal_buf_put(&line, data, size);
	sal_buf_putc(&line, '\n');
	sal_journal_format(&line, UINT64_MAX, "{}", 2);
	if (sal_journal_walk(line.data, line.len, record_see, region_skip, NULL, &end, NULL) == 0 &&
	    end != line.len)
		abort();
	sal_buf_done(&line);
	if (sal_registry_parse((const char *)data, size, &entries, &seq, &why) == 0)
		json_decref(entries);
	return 0;
}
