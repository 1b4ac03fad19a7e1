/*
 * call.h - what a handler sees of the call it answers.
 *
 * A handler is plain blocking C: int sal_net_routes(call, params, err). It allocates from
 * call->arena, emits its result through the generated sal_<method>_item() and sal_<method>_done(),
 * and returns 0 or a negative errno with err filled. It knows neither HTTP nor JSON text nor rights.
 */
#pragma once

#include <stdbool.h>

#include "sal.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/field.h"

struct sal_call {
	const struct sal *sal;
	const struct sal_method *method;
	const char *caller;
	bool admin; /* the caller holds the right admin for every method */
	const char *params; /* the call's parameters as they came, or NULL */
	size_t params_len;
	struct sal_arena *arena;
	/* the rest belongs to call.c */
	struct sal_sink *sink;
	struct sal_buf out;
	bool list_open; /* the streamed list has been begun */
	bool sent;	/* a piece has left the process */
	bool done;
};

/* The function behind a method; the generated table (calls.c) has one for each. */
struct sal_handler {
	const struct sal_type *params;
	int (*run)(struct sal_call *call, const void *params, struct sal_error *err);
};
extern const struct sal_handler sal_handlers[]; /* by sal_method.index */

/*
 * Behind the generated functions. An item is one element of the result's streamed list; done writes
 * the members that follow it and ends the result. A negative errno means that nobody listens any
 * more: the handler returns it as it is.
 */
int sal_reply_item(struct sal_call *call, const char *list, const struct sal_type *type,
		   const void *item, struct sal_error *err);
/* The same for an element that is JSON text already. */
int sal_reply_raw_item(struct sal_call *call, const char *list, const struct sal_raw *item,
		       struct sal_error *err);
int sal_reply_done(struct sal_call *call, const char *list, const struct sal_type *type,
		   const void *members, struct sal_error *err);
/* A whole result that is ready as static text. */
int sal_reply_static(struct sal_call *call, const char *json, size_t len, struct sal_error *err);

/*
 * Forgets the items written so far and returns true, as long as none of them has left the process:
 * for a dump that the kernel said was interrupted.
 */
bool sal_reply_restart(struct sal_call *call);

/* What the library was opened with, and how long it has been open, in seconds. */
const struct sal_options *sal_options_of(const struct sal *sal);
uint64_t sal_uptime_s(const struct sal *sal);
/* Registries and changes: state/state.h. */
struct sal_state;
struct sal_state *sal_state_of(const struct sal *sal);
