/* retry.c - how often, and until when, a list is read again. See retry.h. */
#include "net/retry.h"

#define RETRIES 3

int sal_net_retry(struct sal_call *call, sal_net_read *read, void *ctx, bool *ret_consistent,
		  struct sal_error *err)
{
	bool consistent = false;

	for (unsigned tries = 0;; tries++) {
		int r = read(ctx, &consistent, err);

		if (r < 0)
			return r;
		if (consistent || tries == RETRIES || !sal_reply_restart(call))
			break;
	}
	*ret_consistent = consistent;
	return 0;
}
