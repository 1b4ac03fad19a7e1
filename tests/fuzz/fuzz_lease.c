/*
 * fuzz_lease.c - any bytes as a lease file of every client, and as the kernel's messages.
 *
 * The first byte chooses whose; the rest is the file. What comes out is joined with a kernel that has
 * some of the addresses, and must encode into JSON that our own scanner accepts.
 */
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>

#include "base/json_scan.h"
#include "net/lease/lease.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct {
	const struct sal_lease_source *source;
	const char *name;
} kinds[] = {
	{ &sal_lease_dhclient, "dhclient.leases" },
	{ &sal_lease_dhcpcd, "eth0.lease" },
	{ &sal_lease_dhcpcd, "eth0-net.lease6" },
	{ &sal_lease_networkd, "2" },
	{ &sal_lease_networkd_links, "2" },
	{ &sal_lease_networkmanager, "internal-2f3b1c5e-8a0d-4c66-9a3a-6f2f0e0d9b11-eth0.lease" },
	{ &sal_lease_networkmanager_devices, "2" },
	{ &sal_lease_networkmanager_dhclient,
	  "dhclient-2f3b1c5e-8a0d-4c66-9a3a-6f2f0e0d9b11-eth0.lease" },
	{ &sal_lease_initramfs, "net-eth0.conf" },
};

/* Messages one after the other, each with its own header. */
static void kernel_run(struct sal_leases *leases, const char *data, size_t size)
{
	static const uint16_t types[] = { RTM_NEWLINK, RTM_NEWADDR, RTM_NEWROUTE };

	while (size > 2) {
		size_t len = SAL_MIN((uint8_t)data[1], size - 2);
		struct nlmsghdr *message = malloc(NLMSG_HDRLEN + len);

		*message = (struct nlmsghdr){ .nlmsg_len = NLMSG_HDRLEN + len,
					      .nlmsg_type = types[(uint8_t)data[0] % 3] };
		memcpy(NLMSG_DATA(message), data + 2, len);
		sal_lease_kernel_message(message, leases, NULL);
		free(message);
		data += 2 + len;
		size -= 2 + len;
	}
}

static void result_check(struct sal_leases *leases)
{
	struct sal_lease *items = sal_arena_array(leases->arena, leases->nentries, sizeof(*items));
	struct sal_net_lease_result result = { .consistent = true };
	struct sal_buf out SAL_CLEANUP(sal_buf_done) = SAL_BUF_EMPTY;
	size_t at;

	for (size_t i = 0; i < leases->nentries; i++) {
		const struct sal_lease *lease = items + i;

		items[i] = leases->entries[i].lease;
		if (lease->has.address && lease->state == SAL_LEASE_STATE_BOUND && !lease->present)
			abort();
		if ((lease->has.domain &&
		     !sal_dhcp_name_valid(lease->domain, strlen(lease->domain))) ||
		    (lease->has.hostname &&
		     !sal_dhcp_name_valid(lease->hostname, strlen(lease->hostname))))
			abort();
	}
	result.leases = (struct sal_lease_array){ items, leases->nentries };
	result.problems = (struct sal_lease_problem_array){ leases->problems, leases->nproblems };
	sal_encode(&out, &sal_net_lease_result_type, &result);
	if (sal_json_check(out.data, out.len, 16, &at) != 0)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sal_lease_link links[] = { { 2, "eth0" }, { 3, "eth1" } };
	struct sal_lease_addr addrs[] = {
		{ .ifindex = 2, .ip = { AF_INET, { 192, 0, 2, 5 } }, .prefixlen = 24, .valid = 60 },
	};
	struct sal_leases leases = {
		.root = -1,
		.now = 1800000000,
		.booted = 1700000000,
		.kernel = { .links = links, .nlinks = 2, .addrs = addrs, .naddrs = 1 },
	};
	struct sal_arena arena;
	char *text;

	if (!size)
		return 0;
	sal_arena_init(&arena);
	leases.arena = &arena;
	text = calloc(1, size);
	memcpy(text, data + 1, size - 1);
	if (*data % (SAL_ARRAY_LEN(kinds) + 1) == SAL_ARRAY_LEN(kinds)) {
		leases.kernel = (struct sal_lease_kernel){ 0 };
		kernel_run(&leases, text, size - 1);
	} else {
		const struct sal_lease_source *source =
			kinds[*data % (SAL_ARRAY_LEN(kinds) + 1)].source;
		struct sal_lease_file file = {
			.source = source,
			.path = "/file",
			.name = kinds[*data % (SAL_ARRAY_LEN(kinds) + 1)].name,
			.data = text,
			.len = size - 1,
			.mtime = 1799999000,
		};

		if (!source->text || !memchr(text, '\0', file.len))
			source->parse(&leases, &file);
	}
	sal_leases_join(&leases);
	result_check(&leases);
	free(text);
	sal_arena_done(&arena);
	return 0;
}
