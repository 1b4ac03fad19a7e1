/*
 * conntrack_filter.h - which entries of the connection tracking table are wanted.
 *
 * The kernel is asked for no more than it can tell, each entry is checked again here: kernels before
 * 6.8 ignore CTA_ZONE in a dump, others CTA_STATUS or CTA_FILTER, and none says so.
 */
#pragma once

#include "net/conntrack_decode.h"

struct sal_net_conntrack_filter {
	uint8_t family; /* 0: any */
	bool by_zone, by_proto, by_sport, by_dport;
	uint8_t proto;
	uint16_t zone, sport, dport;
	struct sal_prefix src, dst; /* len 0 of family 0: any */
	uint32_t mark, mark_mask;
	uint32_t status, status_mask;
};

/* INVALID_PARAMS with the parameter's pointer when a word or number is none. */
int sal_net_conntrack_filter_init(struct sal_net_conntrack_filter *filter,
				  const struct sal_net_conntrack_params *params,
				  struct sal_error *err);

/*
 * Puts into a dump request what the kernel knows to filter by; says whether it put anything. The
 * request was begun with filter->family.
 */
bool sal_net_conntrack_filter_put(const struct sal_net_conntrack_filter *filter,
				  struct sal_nl_request *request);

bool sal_net_conntrack_filter_matches(const struct sal_net_conntrack_filter *filter,
				      const struct sal_net_conntrack_message *entry);
