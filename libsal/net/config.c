/*
 * config.c - net.config: what the node was started with, and what its kernel and tools can do.
 *
 * The pieces stand for themselves: cmdline.c parses, feature.c and tool.c look around. Nothing is
 * loaded, started or changed. Sources: proc(5), cmdline.h, feature.h, tool.h.
 */
#include "gen/net.config.h"

#include <errno.h>
#include <fcntl.h>

#include "kernel/sysfs.h"
#include "net/cmdline.h"
#include "net/feature.h"
#include "net/tool.h"

#define CMDLINE	    "/proc/cmdline"
#define CMDLINE_MAX ((size_t)64 * 1024) /* COMMAND_LINE_SIZE is 2 to 8 KiB */

static const struct sal_config_cmdline *cmdline_show(const struct sal_net_cmdline *cmdline,
						     const struct sal_buf *text)
{
	struct sal_config_cmdline *shown = sal_arena_zalloc(cmdline->arena, sizeof(*shown));
	size_t len = text->len;

	if (len && text->data[len - 1] == '\n')
		len--;
	shown->raw = sal_arena_strndup(cmdline->arena, len ? text->data : "", len);
	shown->parameters =
		(struct sal_config_parameter_array){ cmdline->parameters, cmdline->nparameters };
	return shown;
}

static void settings_show(const struct sal_net_cmdline *cmdline,
			  struct sal_net_config_result *result)
{
	result->ip = (struct sal_config_ip_array){ cmdline->ips, cmdline->nips };
	result->nameservers = (struct sal_ips){ cmdline->nameservers, cmdline->nnameservers };
	sal_set_found(result, mosip4, cmdline->mosip4);
	sal_set_found(result, mosip6, cmdline->mosip6);
	if (cmdline->mosbridge)
		sal_set(result, mosbridge, *cmdline->mosbridge);
	if (cmdline->mosnat)
		sal_set(result, mosnat, *cmdline->mosnat);
	result->problems =
		(struct sal_config_problem_array){ cmdline->problems, cmdline->nproblems };
}

int sal_net_config(struct sal_call *call, const struct sal_net_config_params *params,
		   struct sal_error *err)
{
	struct sal_buf text SAL_CLEANUP(sal_buf_done) = SAL_BUF_EMPTY;
	struct sal_net_cmdline cmdline = { .arena = call->arena };
	struct sal_net_config_result result = { 0 };
	int r = sal_sysfs_slurp(&text, AT_FDCWD, CMDLINE, CMDLINE_MAX);

	if (r < 0)
		return sal_fail_errno(err, -r, "cannot read " CMDLINE);
	sal_net_cmdline_parse(&cmdline, text.data ? text.data : "", text.len);
	result.cmdline = cmdline_show(&cmdline, &text);
	settings_show(&cmdline, &result);
	result.features = sal_net_features(call->arena);
	result.tools = sal_net_tools(call->arena);
	return sal_net_config_done(call, &result, err);
}
