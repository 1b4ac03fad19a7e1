/*
 * retry.h - reading once more what changed while it was read.
 *
 * Every list that comes from a kernel's dump runs through here.
 */
#pragma once

#include "call.h"

/* Reads everything once; *ret_consistent is false if the kernel said that it changed meanwhile. */
typedef int sal_net_read(void *ctx, bool *ret_consistent, struct sal_error *err);

/*
 * Reads, and reads again up to three times while it is not consistent and none of the call's items
 * has left the process; those written so far are forgotten each time. *ret_consistent says how the
 * last one went.
 */
int sal_net_retry(struct sal_call *call, sal_net_read *read, void *ctx, bool *ret_consistent,
		  struct sal_error *err);
