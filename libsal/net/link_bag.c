/* link_bag.c - raw messages by link. See link_bag.h. */
#include "net/link_bag.h"

#include <stdlib.h>

#include "base/arena.h"

void sal_net_link_bag_done(struct sal_link_bag *bag)
{
	sal_buf_done(&bag->messages);
	free(bag->entries);
	*bag = (struct sal_link_bag){ 0 };
}

void sal_net_link_bag_add(struct sal_link_bag *bag, uint32_t ifindex,
			  const struct nlmsghdr *message)
{
	size_t padded = NLMSG_ALIGN(message->nlmsg_len);

	if (bag->len == bag->cap) {
		bag->cap = bag->cap ? bag->cap * 2 : 64;
		bag->entries = reallocarray(bag->entries, bag->cap, sizeof(*bag->entries));
		if (!bag->entries)
			sal_oom();
	}
	bag->entries[bag->len++] = (struct sal_link_bag_entry){
		.ifindex = ifindex,
		.offset = (uint32_t)bag->messages.len,
	};
	memcpy(sal_buf_reserve(&bag->messages, padded), message, message->nlmsg_len);
	bag->messages.len += padded;
}

/* The offset keeps the order among equals: qsort(3) need not. */
static int entry_order(const void *a, const void *b)
{
	const struct sal_link_bag_entry *x = a, *y = b;

	if (x->ifindex != y->ifindex)
		return x->ifindex < y->ifindex ? -1 : 1;
	return x->offset < y->offset ? -1 : 1;
}

void sal_net_link_bag_sort(struct sal_link_bag *bag)
{
	if (bag->len)
		qsort(bag->entries, bag->len, sizeof(*bag->entries), entry_order);
}

size_t sal_net_link_bag_find(const struct sal_link_bag *bag, uint32_t ifindex, size_t *ret_first)
{
	size_t low = 0, high = bag->len, end;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (bag->entries[mid].ifindex < ifindex)
			low = mid + 1;
		else
			high = mid;
	}
	for (end = low; end < bag->len && bag->entries[end].ifindex == ifindex; end++)
		;
	*ret_first = low;
	return end - low;
}

const struct nlmsghdr *sal_net_link_bag_at(const struct sal_link_bag *bag, size_t entry)
{
	return (const struct nlmsghdr *)(bag->messages.data + bag->entries[entry].offset);
}
