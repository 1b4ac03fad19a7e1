/*
 * write.h - the joint between a handler that changes something and the change engine.
 *
 *	SAL_CLEANUP(sal_change_done) struct sal_change change;
 *	struct sal_net_routes_add_result result = { 0 };
 *	struct sal_change_ref ref;
 *
 *	sal_write_init(call, params, &change);	  // every write has dry_run and confirm_within
 *	… as in state/change.h …
 *	sal_write_answer(&result, &change, &ref);
 */
#pragma once

#include "call.h"
#include "gen/types.h"
#include "state/change.h"

_Static_assert((int)SAL_CHANGE_STATUS_INTERRUPTED == (int)SAL_CHANGE_INTERRUPTED &&
		       (int)SAL_CHANGE_STATUS_APPLIED == (int)SAL_CHANGE_APPLIED,
	       "openrpc/types.json and state/change.h name the same states in the same order");

static inline struct sal_change_request sal_write_request(struct sal_call *call, bool dry_run)
{
	return (struct sal_change_request){
		.state = sal_state_of(call->sal),
		.arena = call->arena,
		.method = call->method->name,
		.params = call->params,
		.params_len = call->params_len,
		.caller = call->caller,
		.dry_run = dry_run,
	};
}

static inline void sal_write_begin(struct sal_call *call, bool dry_run, uint32_t confirm_within,
				   bool invertible, struct sal_change *change)
{
	struct sal_change_request request = sal_write_request(call, dry_run);

	request.invertible = invertible;
	request.confirm_within = confirm_within;
	sal_change_init(change, &request);
}

/* For methods with an inverse, and for those whose x-inverse is "none". */
#define sal_write_init(call, params, change)                                                       \
	sal_write_begin(call, (params)->dry_run,                                                   \
			(params)->has.confirm_within ? (params)->confirm_within : 0, true, change)
#define sal_write_init_final(call, params, change)                                                 \
	sal_write_begin(call, (params)->dry_run, 0, false, change)

static inline bool sal_write_ref(const struct sal_change *change, struct sal_change_ref *ret_ref)
{
	*ret_ref = (struct sal_change_ref){ .id = change->id, .state = (int)change->state };
	sal_set_found(ret_ref, deadline, change->deadline);
	return change->state != SAL_CHANGE_NONE;
}

/* The members that every write's result has; ref lives as long as the answer is not written. */
#define sal_write_answer(result, engine, ref)                                                      \
	((result)->change = (ref), (result)->has.change = sal_write_ref(engine, ref),              \
	 (result)->has.would = (engine)->request.dry_run,                                          \
	 (result)->would = (struct sal_strings){ (engine)->would, (engine)->nwould })
