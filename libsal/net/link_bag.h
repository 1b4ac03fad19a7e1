/*
 * link_bag.h - netlink messages kept raw and found again by the number of a link.
 *
 * Joins two dumps without decoding the first: addresses with their links, ports with their bridges.
 * Adding is O(1), finding O(log n); messages of one link stay in the order they came in.
 */
#pragma once

#include <linux/netlink.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

struct sal_link_bag {
	struct sal_buf messages; /* one behind the other, aligned */
	struct sal_link_bag_entry {
		uint32_t ifindex, offset;
	} * entries;
	size_t len, cap;
};

void sal_net_link_bag_done(struct sal_link_bag *bag); /* empty again; fit for SAL_CLEANUP */
void sal_net_link_bag_add(struct sal_link_bag *bag, uint32_t ifindex,
			  const struct nlmsghdr *message);
/* Between the last add and the first find. */
void sal_net_link_bag_sort(struct sal_link_bag *bag);
/* How many messages the link has; the first is entry *ret_first. */
size_t sal_net_link_bag_find(const struct sal_link_bag *bag, uint32_t ifindex, size_t *ret_first);
const struct nlmsghdr *sal_net_link_bag_at(const struct sal_link_bag *bag, size_t entry);
