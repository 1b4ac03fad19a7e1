/*
 * sal.c - opening and closing the library, and the methods about the service itself.
 *
 * What handlers may ask of the handle they run under is declared in call.h.
 */
#include <errno.h>
#include <stdlib.h>

#include "base/clock.h"
#include "call.h"
#include "gen/rpc.h"
#include "kinds.h"
#include "sal_private.h"
#include "state/state.h"

int sal_open(const struct sal_options *options, struct sal **ret_sal, struct sal_error *err)
{
	struct sal *sal = calloc(1, sizeof(*sal));
	int r;

	if (!sal)
		return sal_fail_errno(err, ENOMEM, "cannot open the library");
	sal->options = *options;
	if (!sal->options.service)
		sal->options.service = "sal-native";
	if (!sal->options.mode)
		sal->options.mode = "native";
	sal->started = sal_boottime_ms();
	r = sal_state_open(&(struct sal_state_options){ .dir = options->state_dir,
							.kinds = sal_kinds,
							.watches = sal_watches,
							.ready = options->ready,
							.ready_ctx = options->ready_ctx,
							.log = options->log },
			   &sal->state, err);
	if (r < 0) {
		free(sal);
		return r;
	}
	*ret_sal = sal;
	return 0;
}

void sal_close(struct sal *sal)
{
	if (!sal)
		return;
	sal_state_close(sal->state);
	free(sal);
}

struct sal_state *sal_state_of(const struct sal *sal)
{
	return sal->state;
}

const struct sal_options *sal_options_of(const struct sal *sal)
{
	return &sal->options;
}

uint64_t sal_uptime_s(const struct sal *sal)
{
	return (sal_boottime_ms() - sal->started) / 1000;
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
