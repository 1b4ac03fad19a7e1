/*
 * lease.h - the room of leases: what sources say, what the kernel holds, and how both are joined.
 *
 * lease.c and prefix.c (the methods) call sal_leases_collect(); a source is one file here with a
 * descriptor, and one row in source.c. A parser is pure: it gets the bytes of a file and adds entries
 * and problems. Entries carry times as seconds; what is shown is made of them at the end (join.c).
 */
#pragma once

#include "base/arena.h"
#include "gen/net.lease.h"
#include "kernel/nl.h"
#include "net/dhcp4_options.h"
#include "net/dhcp6_options.h"

#define SAL_LEASE_UNKNOWN  INT64_MIN
#define SAL_LEASE_NEVER	   INT64_MAX
#define SAL_LEASE_MAX	   4096 /* entries; more are a problem */
#define SAL_LEASE_PROBLEMS 256
#define SAL_LEASE_FILE_MAX ((size_t)1024 * 1024)

/* A moment as seconds since 1970 in UTC, or UNKNOWN, or NEVER. */
struct sal_lease_times {
	int64_t acquired, renew, rebind, expires;
};

struct sal_lease_entry {
	struct sal_lease lease;
	struct sal_lease_times times;
	uint32_t t1, t2; /* seconds; 0: not said */
	bool released;
	size_t order; /* in which it was found */
	bool kept; /* its file is there only as long as the lease is held */
	bool idle; /* its file belongs to a configuration that is not in use */
	const char *connection; /* NetworkManager's uuid of it, or NULL */
};

/* Who says to run a link, by its own file. */
struct sal_lease_holder {
	uint32_t ifindex;
	const char *manager;
	const char *connection; /* NetworkManager: the uuid in use, or NULL */
	bool dhcp6; /* systemd-networkd: its DHCPv6 client runs there */
	uint32_t iaid;
	const char *duid; /* or NULL */
};

/* What the kernel has. */
struct sal_lease_link {
	uint32_t index;
	const char *name;
};

struct sal_lease_addr {
	uint32_t ifindex, flags; /* IFA_F_* */
	struct sal_ip ip;
	uint8_t prefixlen, scope, protocol; /* RT_SCOPE_*, IFAPROT_* */
	uint32_t valid, preferred; /* seconds left; UINT32_MAX: for ever */
	uint32_t age; /* seconds since its times were last set */
	bool joined; /* a lease tells of it */
};

struct sal_lease_kroute {
	uint32_t ifindex;
	uint8_t type, protocol, pref; /* RTN_*, RTPROT_*, ICMPV6_ROUTER_PREF_* */
	struct sal_prefix dst;
	struct sal_ip gateway; /* family 0: none */
	uint32_t metric;
	int64_t left; /* seconds; SAL_LEASE_NEVER */
};

struct sal_lease_kernel {
	struct sal_lease_link *links;
	struct sal_lease_addr *addrs;
	struct sal_lease_kroute *routes; /* IPv6, what sal_lease_kernel_read() says */
	size_t nlinks, naddrs, nroutes;
	bool consistent;
};

struct sal_leases {
	struct sal_arena *arena;
	int root; /* "/", or where a recorded tree stands */
	int64_t now; /* seconds since 1970 */
	int64_t booted; /* when the kernel came up, by the same clock */
	uint32_t ticks; /* hundredths of a second that it has run, suspended time left out */
	struct sal_lease_kernel kernel;
	struct sal_lease_entry *entries;
	size_t nentries;
	struct sal_lease_holder *holders;
	size_t nholders;
	struct sal_lease_problem *problems;
	size_t nproblems;
};

struct sal_lease_source;

/* A file as its parser gets it. */
struct sal_lease_file {
	const struct sal_lease_source *source;
	const char *path; /* as shown: absolute */
	const char *name; /* the last component */
	const char *data; /* a NUL stands behind it; text has none inside */
	size_t len;
	int64_t mtime;
};

struct sal_lease_source {
	const char *manager;
	const char *folder; /* relative to the root */
	bool (*wanted)(const char *name); /* whether a file of the folder is one of these */
	bool text; /* it has lines, and no NUL */
	void (*parse)(struct sal_leases *leases, const struct sal_lease_file *file);
};

/* source.c: every source; ends with NULL. */
extern const struct sal_lease_source *const sal_lease_sources[];
extern const struct sal_lease_source sal_lease_networkd, sal_lease_networkd_links,
	sal_lease_networkmanager, sal_lease_networkmanager_devices,
	sal_lease_networkmanager_dhclient, sal_lease_networkmanager_run, sal_lease_dhclient,
	sal_lease_dhclient_redhat, sal_lease_dhcpcd, sal_lease_initramfs;

/* Reads all sources and, with nl, the kernel; joins them. root is an open folder. */
int sal_leases_collect(struct sal_leases *leases, struct sal_arena *arena, int root,
		       struct sal_nl *nl, struct sal_error *err);
/* The same without a kernel: its lists are what leases->kernel holds already. */
void sal_leases_read(struct sal_leases *leases);
/* kernel.c: links, addresses, routes of router advertisements and routes that discard (IPv6). */
int sal_lease_kernel_read(struct sal_leases *leases, struct sal_nl *nl, struct sal_error *err);
/* The sal_nl_each behind it, for the fuzzer. */
int sal_lease_kernel_message(const struct nlmsghdr *message, void *leases, struct sal_error *err);
/* join.c: gives every entry its state, adds what only the kernel knows, and sorts. */
void sal_leases_join(struct sal_leases *leases);

/* entry.c */
void sal_lease_problem(struct sal_leases *leases, const char *source, unsigned line,
		       const char *fmt, ...) SAL_PRINTF(4, 5);
/*
 * A new entry of that file, its times unknown; NULL, and a problem noted, when the name is none of an
 * interface or there are too many. Valid until the next one is added.
 */
struct sal_lease_entry *sal_lease_add(struct sal_leases *leases, const struct sal_lease_file *file,
				      unsigned line, const char *ifname,
				      enum sal_lease_method method);
struct sal_lease_holder *sal_lease_hold(struct sal_leases *leases, uint32_t ifindex,
					const char *manager);
const struct sal_lease_link *sal_lease_link_named(const struct sal_leases *leases,
						  const char *name);
const struct sal_lease_link *sal_lease_link_at(const struct sal_leases *leases, uint32_t index);

/* Copies what a message or a file's options say, and reports their faults; line 0: no lines. */
void sal_lease_take_dhcp4(struct sal_leases *leases, const struct sal_lease_file *file,
			  unsigned line, const struct sal_dhcp4 *dhcp,
			  struct sal_lease_entry *entry);
/* What a DHCPv6 message says beside its addresses and prefixes. */
void sal_lease_take_dhcp6(struct sal_leases *leases, const struct sal_dhcp6 *dhcp,
			  struct sal_lease_entry *entry);
/* One address or prefix; acquired may be unknown. */
void sal_lease_take_item(const struct sal_dhcp6_item *item, int64_t acquired,
			 struct sal_lease_entry *entry);
void sal_lease_faults(struct sal_leases *leases, const char *source, unsigned line,
		      const struct sal_dhcp_fault *faults, size_t n);
/* Sets the times from the moment it was given and the seconds that entry holds. */
void sal_lease_count_from(struct sal_lease_entry *entry, int64_t acquired);
bool sal_lease_prefix_holds(const struct sal_prefix *prefix, const struct sal_ip *ip);
/* Whether the seconds are within the years 1970 to 9999. */
bool sal_lease_time_valid(int64_t seconds);
/* "2026-03-01T10:00:00Z", or NULL for a time that is unknown, never, or not valid. */
const char *sal_lease_time_text(struct sal_arena *arena, int64_t seconds);
const char *sal_lease_hex(struct sal_arena *arena, const void *data, size_t len);
/* Bytes of "00:01:0a" or "00010a", in the arena; NULL if it is neither. A digit may stand alone. */
const uint8_t *sal_lease_unhex(struct sal_arena *arena, const char *text, size_t *ret_len);
/* A decimal number of at most max, and nothing else. */
bool sal_lease_number(const char *text, uint64_t max, uint64_t *ret_value);

/* dhclient.c: the parser behind both folders of dhclient and NetworkManager's own. */
void sal_lease_dhclient_parse(struct sal_leases *leases, const struct sal_lease_file *file);
/* networkd.c: the keys of a lease file as systemd's DHCP client writes it. */
bool sal_lease_networkd_keys(struct sal_leases *leases, const struct sal_lease_file *file,
			     struct sal_lease_entry *entry);
