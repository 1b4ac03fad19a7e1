/*
 * call.c - a call's life inside the library: find, decode, run, encode or error.
 *
 * Called by sal-native's workers through sal_call(). It knows no noun: the generated table has the
 * function and the parameter type of each method, and the generated emitters end up in the
 * sal_reply functions here.
 */
#include "call.h"

#include <errno.h>
#include <string.h>

#include "base/json_write.h"
#include "params.h"
#include "sal_private.h"

/* From here on a streamed list leaves in pieces; the pieces that follow are smaller, so that the
 * kernel's dump, our encoding and the reader overlap. */
#define FIRST_PIECE (256 * 1024)
#define NEXT_PIECE (128 * 1024)
/* What a method that does not stream may answer at most. */
#define WHOLE_MAX (4 * 1024 * 1024)

/* What a listener's refusal means to the caller. */
static int sink_refusal(int r, struct sal_error *err)
{
	switch (-r) {
	case EMSGSIZE:
		sal_fail(err, SAL_LIMIT, "the answer is too long to be sent whole");
		sal_error_hint(err, "ask for it alone, over HTTP/1.1, or with a filter");
		return -EMSGSIZE;
	case EBUSY:
		sal_fail(err, SAL_BUSY, "too many long answers are being sent");
		sal_error_add_int(err, "retry_after", 5);
		return -EBUSY;
	default:
		sal_fail(err, SAL_CANCELLED, "nobody listens to the answer any more");
		return -ECANCELED;
	}
}

static int out_send(struct sal_call *call, bool last, struct sal_error *err)
{
	int r = call->sink->write(call->sink, call->out.data, call->out.len, last, false);

	call->out.len = 0;
	call->sent = true;
	return r < 0 ? sink_refusal(r, err) : 0;
}

static void list_open(struct sal_call *call, const char *list)
{
	sal_buf_putc(&call->out, '{');
	sal_json_put_cstring(&call->out, list);
	sal_buf_put(&call->out, ":[", 2);
	call->list_open = true;
}

static void item_begin(struct sal_call *call, const char *list)
{
	if (!call->list_open)
		list_open(call, list);
	else
		sal_buf_putc(&call->out, ',');
}

static int item_end(struct sal_call *call, struct sal_error *err)
{
	if (call->out.len < (call->sent ? NEXT_PIECE : FIRST_PIECE))
		return 0;
	if (call->method->lane == SAL_LANE_STREAM || call->method->lane == SAL_LANE_SLOW)
		return out_send(call, false, err);
	return call->out.len > WHOLE_MAX ? sink_refusal(-EMSGSIZE, err) : 0;
}

int sal_reply_item(struct sal_call *call, const char *list, const struct sal_type *type,
		   const void *item, struct sal_error *err)
{
	item_begin(call, list);
	sal_encode(&call->out, type, item);
	return item_end(call, err);
}

int sal_reply_raw_item(struct sal_call *call, const char *list, const struct sal_raw *item,
		       struct sal_error *err)
{
	item_begin(call, list);
	sal_buf_put(&call->out, item->json, item->len);
	return item_end(call, err);
}

int sal_reply_done(struct sal_call *call, const char *list, const struct sal_type *type,
		   const void *members, struct sal_error *err)
{
	if (list) {
		if (!call->list_open)
			list_open(call, list);
		sal_buf_putc(&call->out, ']');
		sal_encode_members(&call->out, type, members);
		sal_buf_putc(&call->out, '}');
	} else {
		sal_encode(&call->out, type, members);
	}
	call->done = true;
	return out_send(call, true, err);
}

int sal_reply_static(struct sal_call *call, const char *json, size_t len, struct sal_error *err)
{
	int r = call->sink->write(call->sink, json, len, true, true);

	call->done = true;
	return r < 0 ? sink_refusal(r, err) : 0;
}

bool sal_reply_restart(struct sal_call *call)
{
	if (call->sent)
		return false;
	call->out.len = 0;
	call->list_open = false;
	return true;
}

static int call_run(struct sal_call *call, const struct sal_request *request, struct sal_error *err)
{
	const struct sal_handler *handler = &sal_handlers[call->method->index];
	void *params = sal_arena_zalloc(call->arena, handler->params->size);
	int r = sal_params_read(call->arena, handler->params, request->params, request->params_len,
				params, err);

	if (r < 0)
		return r;
	r = handler->run(call, params, err);
	if (r < 0 && err->code == SAL_OK)
		return sal_fail_errno(err, -r, "%s failed", call->method->name);
	if (r >= 0 && !call->done)
		return sal_fail(err, SAL_INTERNAL, "%s gave no answer", call->method->name);
	return r;
}

int sal_call(struct sal *sal, const struct sal_request *request, struct sal_error *err)
{
	struct sal_error own = { 0 };
	struct sal_arena arena;
	struct sal_call call = { .sal = sal,
				 .method = request->method,
				 .caller = request->caller,
				 .admin = request->admin,
				 .params = request->params,
				 .params_len = request->params_len,
				 .arena = &arena,
				 .sink = request->sink };
	int r;

	sal_arena_init(&arena);
	r = call_run(&call, request, err ? err : &own);
	sal_buf_done(&call.out);
	sal_arena_done(&arena);
	return SAL_MIN(r, 0);
}
