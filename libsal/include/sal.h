/*
 * sal.h - the public face of libsal.
 *
 * libsal answers the methods of SAL's OpenRPC document: a method name and JSON parameters go in, a
 * JSON result or a structured error comes out. It reads and changes the machine it runs on, through
 * the network and mount namespace of the calling thread. It knows neither sockets nor callers'
 * rights: whoever exposes it decides who may call what (see enum sal_right).
 *
 * All functions are thread-safe; sal_call() blocks, so give each concurrent call a thread.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

/* What a caller must hold to run a method; ordered, a higher right includes the lower ones. */
enum sal_right {
	SAL_RIGHT_NONE, /* needs nothing: rpc.health, rpc.discover */
	SAL_RIGHT_READ,
	SAL_RIGHT_WRITE,
	SAL_RIGHT_ADMIN,
};

/* Where a method may run, and so what it may do to its thread. */
enum sal_lane {
	SAL_LANE_INLINE, /* never blocks, short: fit for an event loop's thread */
	SAL_LANE_QUICK,	 /* waits for the kernel's memory only, milliseconds */
	SAL_LANE_SLOW,	 /* may wait for a device, a tool, a daemon or a timeout; lists as below */
	SAL_LANE_STREAM, /* a list of any length, handed to the sink piece by piece */
	SAL_LANE_WRITE,	 /* may wait for other writers, for the disk, and for a tool */
	SAL_LANE_DECIDE, /* one synced record: must never queue behind others (sys.change.confirm) */
};

/*
 * Error codes: the "code" of a JSON-RPC error; its name stands in "data.kind" (openrpc/errors.json
 * describes each; the build checks that the two agree).
 */
enum sal_code {
	SAL_OK = 0,
	SAL_PARSE_ERROR = -32700,
	SAL_INVALID_REQUEST = -32600,
	SAL_METHOD_NOT_FOUND = -32601,
	SAL_INVALID_PARAMS = -32602,
	SAL_INTERNAL = -32603,
	SAL_UPSTREAM_UNAVAILABLE = -32000,
	SAL_UNAUTHENTICATED = -32001,
	SAL_FORBIDDEN = -32002,
	SAL_UNSUPPORTED = -32003,
	SAL_NOT_FOUND = -32004,
	SAL_CONFLICT = -32005,
	SAL_BUSY = -32006,
	SAL_LIMIT = -32007,
	SAL_TIMEOUT = -32008,
	SAL_IO = -32009,
	SAL_KERNEL = -32010,
	SAL_REFUSED = -32011,
	SAL_TOOL_FAILED = -32012,
	SAL_CANCELLED = -32013,
};

/*
 * What went wrong, in the words of the place where it went wrong. Zero-initialise; functions fill
 * it once and only when they return a negative number. Strings are NUL-terminated UTF-8, cut to
 * fit, empty when unknown.
 */
struct sal_error {
	enum sal_code code;
	int errnum;	   /* the errno behind it, positive, or 0 */
	char message[320]; /* one sentence: what was wrong and, where known, what to do */
	char subject[160]; /* what it is about: "interface eth9" */
	char field[160];   /* JSON pointer of the parameter at fault: "/ifname" */
	char hint[256];	   /* what the caller could try */
	char extra[640];   /* further members of "data": JSON members joined by commas, or empty */
};

/* One method of the document. All strings are static. */
struct sal_method {
	const char *name; /* "net.routes" */
	enum sal_right right;
	enum sal_lane lane;
	unsigned index;		       /* 0 .. sal_method_count() - 1, in the order of the names */
	const enum sal_code *errors;   /* the codes it lists, ended by SAL_OK */
};

/*
 * Takes a result as it is produced. write() gets the next piece of the result's JSON text; `last`
 * with the final one, which may be empty. Pieces before the last come from about 256 KiB on, and
 * only of lists in the stream and slow lanes; a shorter result is one piece. write() may block to hold the
 * producer back. A negative errno from it ends the call with that error (-ECANCELED: nobody
 * listens any more; -EMSGSIZE: the answer is larger than the listener takes).
 * With `shared` the text is static and needs no copy.
 */
struct sal_sink {
	int (*write)(struct sal_sink *sink, const char *text, size_t len, bool last, bool shared);
};

struct sal_request {
	const struct sal_method *method;
	const char *params; /* JSON object or array, or NULL for none; UTF-8, need not end in NUL */
	size_t params_len;
	const char *caller; /* who asks, for logs and records: "uid:1000"; NULL for the process itself */
	bool admin; /* the caller may do everything, and so decide others' changes */
	struct sal_sink *sink;
};

struct sal_options {
	const char *service;   /* reported by rpc.health; NULL: "sal-native" */
	const char *mode;      /* "native" or "proxy"; NULL: "native" */
	/* Where registries live, locked while the library is open. NULL: /var/lib/sal, for an ordinary
	 * user $XDG_STATE_HOME/sal or ~/.local/state/sal. */
	const char *state_dir;
	/* Called once, on a thread of the library, when what SAL owned before is restored. May be NULL. */
	void (*ready)(void *ctx);
	void *ready_ctx;
	/* Gets a line about what happened unasked: a rollback, something damaged. May be NULL; any thread. */
	void (*log)(const char *line);
};

struct sal;

/*
 * Opens the library. Returns 0 and *ret_sal, which sal_close() frees; or -errno with err filled.
 * The strings of options must live as long as the handle.
 */
int sal_open(const struct sal_options *options, struct sal **ret_sal, struct sal_error *err);
void sal_close(struct sal *sal); /* NULL is legal; no call may be running */

/* The method of that name, or NULL; the number of methods; the one at an index below it. */
const struct sal_method *sal_method_find(const char *name, size_t len);
unsigned sal_method_count(void);
const struct sal_method *sal_method_at(unsigned index);

/*
 * Runs one call on this thread. Returns 0 when the sink has got the whole result; or -errno with
 * err filled, in which case what the sink got so far is not a result and must be thrown away.
 */
int sal_call(struct sal *sal, const struct sal_request *request, struct sal_error *err);

/* The OpenRPC 1.3.2 document as minified JSON; static. */
const char *sal_describe(size_t *ret_len);

/* The name of a code as in "data.kind" ("NOT_FOUND"), or NULL if it is none of ours; static. */
const char *sal_code_name(enum sal_code code);

/* The library's version, "0.1.0"; static. */
const char *sal_version(void);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif
