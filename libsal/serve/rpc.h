/*
 * rpc.h - JSON-RPC 2.0: the envelope around calls, alone or in a batch.
 *
 * Called by endpoint.c with a request's body; makes a task of each call in it, one after another,
 * and answers through conn.c. It looks at envelopes only: params are the backend's.
 */
#pragma once

#include <stdbool.h>

#include "base/buf.h"
#include "base/json_scan.h"

struct serve_conn;

struct serve_rpc {
	bool batch;
	struct sal_json_iter rest; /* elements not yet begun */
	struct sal_buf answer; /* of the batch so far */
};

void serve_rpc_start(struct serve_conn *conn);
/* Makes it ready for the next request. */
void serve_rpc_reset(struct serve_rpc *rpc);
