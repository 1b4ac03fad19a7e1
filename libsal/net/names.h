/*
 * names.h - iproute2's names for numbers: route protocols, scopes, tables, realms, DS fields, groups.
 *
 * The well-known ones are built in, as in ip(8); others are looked up in /etc/iproute2 (falling back
 * to /usr/share/iproute2), which is read at most once a call and only when an unknown number or a
 * name is met. Used by route.c, neigh.c and link.c; one struct belongs to one call.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"

enum sal_net_names_kind {
	SAL_NET_NAMES_PROTOCOL, /* rt_protos: RTPROT_* */
	SAL_NET_NAMES_SCOPE, /* rt_scopes: RT_SCOPE_* */
	SAL_NET_NAMES_TABLE, /* rt_tables: RT_TABLE_* */
	SAL_NET_NAMES_REALM, /* rt_realms */
	SAL_NET_NAMES_DSFIELD, /* rt_dsfield */
	SAL_NET_NAMES_GROUP, /* group: of links */
	SAL_NET_NAMES_PROTODOWN, /* protodown_reasons */
	SAL_NET_NAMES_KINDS,
};

struct sal_net_names_entry {
	uint32_t id;
	const char *name;
};

struct sal_net_names {
	struct sal_arena arena; /* outlives the marks and resets of the call's own arena */
	struct {
		bool loaded;
		struct sal_net_names_entry *entries;
		size_t len;
		struct sal_net_names_entry last; /* the last number that was not well known */
		char number[16]; /* its text when it has no name */
	} kinds[SAL_NET_NAMES_KINDS];
};

void sal_net_names_init(struct sal_net_names *names);
void sal_net_names_done(struct sal_net_names *names); /* fit for SAL_CLEANUP */

/*
 * The name of a number, or the number as text ("0x10" for a DS field). Well-known names are static;
 * another stays valid until a different number of the same kind is asked for.
 */
const char *sal_net_names_get(struct sal_net_names *names, enum sal_net_names_kind kind,
			      uint32_t id);
/* The number of a name, or of a text that is a number up to max (decimal or 0x…); else false. */
bool sal_net_names_find(struct sal_net_names *names, enum sal_net_names_kind kind, const char *text,
			uint32_t max, uint32_t *ret_id);

/* Parses the text of one file in iproute2's form, "ID NAME" lines; pure. */
void sal_net_names_parse(struct sal_net_names *names, enum sal_net_names_kind kind, char *text);
