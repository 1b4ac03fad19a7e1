/*
 * route_work.h - what net.routes.add and net.routes.delete share: sockets, names, and a route's words.
 */
#pragma once

#include "gen/net.routes.h"
#include "net/route_kind.h"
#include "write.h"

#define SAL_NET_ROUTE_PROTOCOL 173 /* of the routes that SAL makes */

/* What a handler works with. */
struct sal_net_route_work {
	struct sal_call *call;
	struct sal_change change;
	struct sal_nl nl;
	struct sal_ifnames ifnames;
	struct sal_net_names names;
	struct sal_net_route_decoder decoder;
};

extern const uint8_t sal_net_route_types[]; /* RTN_ of enum sal_route_type */

/* The change is the caller's to begin first; done ends it, too. */
int sal_net_route_work_open(struct sal_net_route_work *work, struct sal_call *call,
			    struct sal_error *err);
void sal_net_route_work_done(struct sal_net_route_work *work);

/* INVALID_PARAMS for the parameter at that pointer. */
int sal_net_route_fault(struct sal_error *err, const char *field, const char *words);
/* The number of a table by name or number; NOT_FOUND. */
int sal_net_route_table(struct sal_net_route_work *work, const char *text, uint32_t *ret_table,
			struct sal_error *err);
/* Family and destination; that of "default" is the other address's, IPv4 if there is none. */
int sal_net_route_dst_param(const struct sal_prefix *dst, const struct sal_ip *other,
			    struct sal_rtnl_route *route, struct sal_error *err);

/* The route as net.routes shows it, in the call's arena. */
const struct sal_route *sal_net_route_show(struct sal_net_route_work *work,
					   const struct sal_net_route_message *open);
/* The route as it would stand: for dry_run, and when it is gone again already. */
const struct sal_route *sal_net_route_preview(struct sal_net_route_work *work,
					      const struct sal_net_route_plain *plain);
/* Says the step in the words of ip(8); verb is add, replace or del. */
void sal_net_route_would(struct sal_net_route_work *work, const char *verb,
			 const struct sal_net_route_plain *plain);
/* What is SAL's own is in the image whole; of others the message is kept. */
bool sal_net_route_needs_raw(const struct sal_net_route_plain *plain);
