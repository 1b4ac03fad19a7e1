/*
 * names.h - names that nft takes from files: protocols, packet marks, interface groups, realms and
 * conntrack labels, and those of interfaces and cgroups.
 *
 * A file is read at most once a call, when the first number of its kind is met.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "kernel/ifnames.h"

enum sal_nft_names_kind {
	SAL_NFT_NAMES_PROTOCOL, /* /etc/protocols */
	SAL_NFT_NAMES_MARK, /* /etc/iproute2/rt_marks */
	SAL_NFT_NAMES_GROUP, /* /etc/iproute2/group */
	SAL_NFT_NAMES_REALM, /* /etc/iproute2/rt_realms */
	SAL_NFT_NAMES_LABEL, /* /etc/connlabel.conf */
	SAL_NFT_NAMES_KINDS,
};

struct sal_nft_names {
	struct sal_arena arena; /* outlives the resets of the call's own */
	struct sal_ifnames *ifnames;
	struct {
		bool loaded;
		struct sal_nft_names_entry {
			struct sal_nft_names_entry *next;
			uint32_t id;
			const char *name;
		} * first, *last;
	} kinds[SAL_NFT_NAMES_KINDS];
	struct sal_nft_names_cgroup {
		struct sal_nft_names_cgroup *next;
		uint64_t id;
		const char *path; /* NULL: none found */
	} * cgroups;
	unsigned cgroup_looks; /* folder entries looked at so far, for all of them together */
};

void sal_nft_names_init(struct sal_nft_names *names, struct sal_ifnames *ifnames);
void sal_nft_names_done(struct sal_nft_names *names); /* fit for SAL_CLEANUP */

/* NULL for a number that has no name. */
const char *sal_nft_names_get(struct sal_nft_names *names, enum sal_nft_names_kind kind,
			      uint32_t id);
/* The path of a cgroup below /sys/fs/cgroup by its number, or NULL. */
const char *sal_nft_names_cgroup(struct sal_nft_names *names, uint64_t id);

/* The parser behind it, which takes the text apart; for tests and fuzzing. */
void sal_nft_names_parse(struct sal_nft_names *names, enum sal_nft_names_kind kind, char *text);
