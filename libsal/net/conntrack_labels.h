/*
 * conntrack_labels.h - names of connection labels: /etc/xtables/connlabel.conf.
 *
 * Read at most once a call, and only when an entry with a label is met. Used by conntrack_decode.c.
 * Source: libnetfilter_conntrack, nfct_labelmap_new().
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/field.h"

#define SAL_NET_CONNTRACK_LABELS 128 /* NF_CT_LABELS_MAX_SIZE is 16 bytes */

struct sal_net_conntrack_labels {
	struct sal_arena arena; /* outlives the marks and resets of the call's own arena */
	bool loaded;
	const char *names[SAL_NET_CONNTRACK_LABELS];
};

void sal_net_conntrack_labels_init(struct sal_net_conntrack_labels *labels);
void sal_net_conntrack_labels_done(
	struct sal_net_conntrack_labels *labels); /* fit for SAL_CLEANUP */

/* The labels whose bits are set, by name or number; strings live as long as both arenas. */
struct sal_strings sal_net_conntrack_labels_list(struct sal_net_conntrack_labels *labels,
						 struct sal_arena *arena, const uint8_t *bits,
						 size_t len);

/*
 * Parses the file's text, lines "BIT NAME"; pure, changes the text. As the tools do it: the first
 * name of a bit and the first bit of a name hold, names are letters, digits, spaces and hyphens.
 */
void sal_net_conntrack_labels_parse(struct sal_net_conntrack_labels *labels, char *text);
