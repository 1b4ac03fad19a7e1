/*
 * sal.c - opening and closing the library, and the methods about the service itself.
 *
 * What handlers may ask of the handle they run under is declared in call.h.
 */
#include <errno.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "call.h"
#include "gen/rpc.h"
#include "sal_private.h"
#include "state/folder.h"

static int64_t boottime_s(void)
{
	struct timespec now;

	clock_gettime(CLOCK_BOOTTIME, &now);
	return now.tv_sec;
}

int sal_open(const struct sal_options *options, struct sal **ret_sal, struct sal_error *err)
{
	struct sal *sal = calloc(1, sizeof(*sal));

	if (!sal)
		return sal_fail_errno(err, ENOMEM, "cannot open the library");
	sal->state_fd = sal_state_folder_open(options->state_dir, err);
	if (sal->state_fd < 0) {
		int r = sal->state_fd;

		free(sal);
		return r;
	}
	sal->options = *options;
	if (!sal->options.service)
		sal->options.service = "sal-native";
	if (!sal->options.mode)
		sal->options.mode = "native";
	sal->started = boottime_s();
	*ret_sal = sal;
	return 0;
}

void sal_close(struct sal *sal)
{
	if (!sal)
		return;
	close(sal->state_fd);
	free(sal);
}

const struct sal_options *sal_options_of(const struct sal *sal)
{
	return &sal->options;
}

uint64_t sal_uptime_s(const struct sal *sal)
{
	return boottime_s() - sal->started;
}

int sal_rpc_discover(struct sal_call *call, const struct sal_rpc_discover_params *params,
		     struct sal_error *err)
{
	size_t len;
	const char *document = sal_describe(&len);

	return sal_reply_static(call, document, len, err);
}

int sal_rpc_health(struct sal_call *call, const struct sal_rpc_health_params *params,
		   struct sal_error *err)
{
	const struct sal_rpc_health_result health = {
		.status = "ok",
		.service = call->sal->options.service,
		.version = sal_version(),
	};

	return sal_rpc_health_done(call, &health, err);
}
