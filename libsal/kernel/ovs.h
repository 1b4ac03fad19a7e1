/*
 * ovs.h - the one room that talks to Open vSwitch's daemons.
 *
 * OVSDB (RFC 7047) and ovs-vswitchd's control socket (ovs-appctl(8)) are both JSON-RPC 1.0 without
 * framing over a Unix socket; OpenFlow goes over the management socket of a bridge (openflow.h).
 * A struct sal_ovs is one connection of one call on one thread. Nothing the other side sends is
 * trusted: answers are bounded in length and time, checked as JSON, and matched with the question.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/json_scan.h"

#define SAL_OVS_RUNDIR	   "/run/openvswitch"
#define SAL_OVS_PACKAGE	   "openvswitch-switch" /* what UNSUPPORTED names as data.package */
#define SAL_OVS_ANSWER_MAX (64 * 1024 * 1024)
#define SAL_OVS_SILENCE_MS 5000
#define SAL_OVS_WHOLE_MS   20000 /* how long one exchange may take in all */

struct sal_ovs {
	int fd;
	const char *peer; /* "ovsdb-server" or "ovs-vswitchd" */
	int silence_ms; /* how long it may send nothing; may be lowered */
	int64_t end; /* of the exchange that runs: CLOCK_MONOTONIC, milliseconds */
	unsigned id; /* of the last question */
	struct sal_buf in; /* what was received; the answer handed out points into it */
	size_t used; /* bytes at its front that belong to earlier messages */
};

#define SAL_OVS_CLOSED ((struct sal_ovs){ .fd = -1 })

/*
 * Connect to ovsdb-server, to ovs-vswitchd's control socket, to a bridge's management socket.
 * SAL_UNSUPPORTED, with data.package and data.daemon, where that daemon does not run.
 */
int sal_ovs_open_db(struct sal_ovs *ovs, struct sal_error *err);
int sal_ovs_open_vswitchd(struct sal_ovs *ovs, struct sal_error *err);
int sal_ovs_open_mgmt(struct sal_ovs *ovs, const char *bridge, struct sal_error *err);
void sal_ovs_close(struct sal_ovs *ovs); /* fit for SAL_CLEANUP; SAL_OVS_CLOSED is legal */

/*
 * Asks `method` with params, the text of a JSON array. *ret_result is the result and *ret_error the
 * error, each the bytes of a JSON value, NULL where the answer has none; both live until the next
 * question. A negative errno only if no answer came: TIMEOUT, IO, LIMIT.
 */
int sal_ovs_call(struct sal_ovs *ovs, const char *method, const struct sal_buf *params,
		 struct sal_slice *ret_result, struct sal_slice *ret_error, struct sal_error *err);

/*
 * OVSDB transact on the database Open_vSwitch: `operations` are JSON objects separated by commas,
 * `n` of them. *ret_results is the array of their n results. A failed operation is SAL_IO with
 * OVSDB's words; nothing was changed then.
 */
int sal_ovs_transact(struct sal_ovs *ovs, const struct sal_buf *operations, unsigned n,
		     struct sal_slice *ret_results, struct sal_error *err);

/* The text that a command of ovs-vswitchd gave: NUL-terminated, alive until the next question. */
struct sal_ovs_text {
	char *text;
	size_t len;
	bool refused; /* it is why the command failed, not its output */
	bool unknown; /* there is no such command */
};

/* Runs a command of ovs-vswitchd; args has n words. `refused` is no failure of this function. */
int sal_ovs_command(struct sal_ovs *ovs, const char *command, const char *const *args, unsigned n,
		    struct sal_ovs_text *ret_text, struct sal_error *err);
/* Makes a refusal a failure: UNSUPPORTED for a command that this version lacks, else IO. */
int sal_ovs_refusal(const struct sal_ovs *ovs, const char *command, const struct sal_ovs_text *text,
		    struct sal_error *err);
/* Both at once. */
int sal_ovs_command_output(struct sal_ovs *ovs, const char *command, const char *const *args,
			   unsigned n, struct sal_ovs_text *ret_text, struct sal_error *err);

/* Bytes for and from whoever speaks something else than JSON over such a socket (openflow.c). */
void sal_ovs_exchange_begin(struct sal_ovs *ovs); /* sets the clock, forgets what came before */
int sal_ovs_send(struct sal_ovs *ovs, const void *data, size_t len, struct sal_error *err);
/* Appends what came to ovs->in, at least one byte; IO when the other side hung up. */
int sal_ovs_receive(struct sal_ovs *ovs, struct sal_error *err);

/* Where one JSON object ends in a stream; zero-initialise. */
struct sal_ovs_frame {
	size_t at; /* how far the text was looked at */
	unsigned depth;
	bool in_string, escaped;
};

/* Looks at text from where it stopped: 1 when the object ends at frame->at, 0 when more must come,
 * -1 when it cannot become an object. Pure and fuzzed. */
int sal_ovs_frame(struct sal_ovs_frame *frame, const char *text, size_t len);
