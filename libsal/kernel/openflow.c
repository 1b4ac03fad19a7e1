/*
 * openflow.c - asks for flow statistics and takes the replies apart. See openflow.h.
 *
 * Every length in a message is checked against what is left of it. What a match says is read by
 * net/oxm.c.
 */
#include "kernel/openflow.h"

#include <endian.h>
#include <errno.h>

enum { VERSION_10 = 1, VERSION_12 = 3, VERSION_13 = 4, VERSION_14 = 5, VERSION_15 = 6 };

#define VERSIONS                                                                                   \
	(1u << VERSION_10 | 1u << VERSION_12 | 1u << VERSION_13 | 1u << VERSION_14 |               \
	 1u << VERSION_15)

enum { TYPE_HELLO = 0, TYPE_ERROR = 1, TYPE_ECHO_REQUEST = 2, TYPE_ECHO_REPLY = 3 };
enum { STATS_REQUEST_10 = 16, STATS_REPLY_10 = 17, MULTIPART_REQUEST = 18, MULTIPART_REPLY = 19 };

#define HEADER_LEN	 8
#define NICIRA		 0x00002320
#define XID		 0x53414c01
#define REPLY_MORE	 1
#define MATCH_TYPE_OXM	 1
#define OXS_BASIC	 0x8002
#define OXS_DURATION	 0
#define OXS_IDLE_TIME	 1
#define HELLO_VERSIONS	 1
#define STATS_FLOW	 1
#define STATS_EXPERIMENT 0xffff

static uint16_t get16(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

static uint32_t get32(const uint8_t *p)
{
	return (uint32_t)get16(p) << 16 | get16(p + 2);
}

static uint64_t get64(const uint8_t *p)
{
	return (uint64_t)get32(p) << 32 | get32(p + 4);
}

static void put16(uint8_t *p, uint16_t value)
{
	p[0] = (uint8_t)(value >> 8);
	p[1] = (uint8_t)value;
}

static void put32(uint8_t *p, uint32_t value)
{
	put16(p, (uint16_t)(value >> 16));
	put16(p + 2, (uint16_t)value);
}

static int malformed(struct sal_error *err)
{
	return sal_fail(err, SAL_IO, "ovs-vswitchd sent a malformed OpenFlow message");
}

/* An ofp_match at p: its entries. Returns the bytes it takes with its padding, 0 if it is none. */
static size_t match_read(const uint8_t *p, size_t left, struct sal_openflow_entry *entry)
{
	size_t len = left >= 4 ? get16(p + 2) : 0, padded = (len + 7) / 8 * 8;

	if (len < 4 || padded > left || get16(p) != MATCH_TYPE_OXM)
		return 0;
	entry->match = p + 4;
	entry->match_len = len - 4;
	return padded;
}

/* 1.2 to 1.4: struct ofp_flow_stats. */
static bool entry_read_12(const uint8_t *p, size_t len, uint8_t version,
			  struct sal_openflow_entry *entry)
{
	if (len < 48)
		return false;
	entry->table = p[2];
	entry->duration_sec = get32(p + 4);
	entry->duration_nsec = get32(p + 8);
	entry->priority = get16(p + 12);
	entry->idle_timeout = get16(p + 14);
	entry->hard_timeout = get16(p + 16);
	entry->flags = version >= VERSION_13 ? get16(p + 18) : 0;
	entry->importance = version >= VERSION_14 ? get16(p + 20) : 0;
	entry->cookie = get64(p + 24);
	return match_read(p + 48, len - 48, entry) > 0;
}

/* What 1.5 counts stands in fields of its own behind the match: struct ofp_stats. */
static bool stats_read(const uint8_t *p, size_t left, struct sal_openflow_entry *entry)
{
	size_t len = left >= 4 ? get16(p + 2) : 0;

	if (len < 4 || len > left)
		return false;
	for (size_t at = 4, value; at + 4 <= len; at += 4 + value) {
		value = p[at + 3];
		if (value > len - at - 4)
			return false;
		if (get16(p + at) != OXS_BASIC || value != 8)
			continue;
		if (p[at + 2] >> 1 == OXS_DURATION) {
			entry->duration_sec = get32(p + at + 4);
			entry->duration_nsec = get32(p + at + 8);
		} else if (p[at + 2] >> 1 == OXS_IDLE_TIME && get32(p + at + 4) <= INT32_MAX) {
			entry->idle_age = (int32_t)get32(p + at + 4);
		}
	}
	return true;
}

/* 1.5: struct ofp_flow_desc. */
static bool entry_read_15(const uint8_t *p, size_t len, struct sal_openflow_entry *entry)
{
	size_t match;

	if (len < 24)
		return false;
	entry->table = p[4];
	entry->priority = get16(p + 6);
	entry->idle_timeout = get16(p + 8);
	entry->hard_timeout = get16(p + 10);
	entry->flags = get16(p + 12);
	entry->importance = get16(p + 14);
	entry->cookie = get64(p + 16);
	match = match_read(p + 24, len - 24, entry);
	return match && stats_read(p + 24 + match, len - 24 - match, entry);
}

/* 1.0 with Nicira's extension: struct nx_flow_stats. */
static bool entry_read_10(const uint8_t *p, size_t len, struct sal_openflow_entry *entry)
{
	if (len < 48 || get16(p + 18) > len - 48)
		return false;
	entry->table = p[2];
	entry->duration_sec = get32(p + 4);
	entry->duration_nsec = get32(p + 8);
	entry->priority = get16(p + 12);
	entry->idle_timeout = get16(p + 14);
	entry->hard_timeout = get16(p + 16);
	entry->match = p + 48;
	entry->match_len = get16(p + 18);
	entry->idle_age = get16(p + 20) - 1; /* plus one on the wire; 0: not told */
	entry->hard_age = get16(p + 22) - 1;
	entry->cookie = get64(p + 24);
	return true;
}

static bool entry_read(const uint8_t *p, size_t len, uint8_t version,
		       struct sal_openflow_entry *entry)
{
	*entry = (struct sal_openflow_entry){ .idle_age = -1, .hard_age = -1 };
	if (version == VERSION_10)
		return entry_read_10(p, len, entry);
	return version == VERSION_15 ? entry_read_15(p, len, entry)
				     : entry_read_12(p, len, version, entry);
}

/* How many bytes stand before the flows of a reply; 0 if it is not one we asked for. */
static size_t reply_head(const uint8_t *message, size_t len)
{
	uint8_t version = message[0];

	if (version == VERSION_10)
		return message[1] == STATS_REPLY_10 && len >= 24 &&
				       get16(message + 8) == STATS_EXPERIMENT &&
				       get32(message + 12) == NICIRA && get32(message + 16) == 0
			       ? 24
			       : 0;
	return version >= VERSION_12 && version <= VERSION_15 && message[1] == MULTIPART_REPLY &&
			       len >= 16 && get16(message + 8) == STATS_FLOW
		       ? 16
		       : 0;
}

int sal_openflow_walk(const uint8_t *message, size_t len, sal_openflow_each *each, void *ctx,
		      struct sal_error *err)
{
	size_t at = len >= HEADER_LEN ? reply_head(message, len) : 0, step;

	if (!at)
		return malformed(err);
	for (; at < len; at += step) {
		struct sal_openflow_entry entry;
		int r;

		step = len - at >= 2 ? get16(message + at) : 0;
		if (step < 2 || step > len - at ||
		    !entry_read(message + at, step, message[0], &entry))
			return malformed(err);
		r = each(&entry, ctx, err);
		if (r < 0)
			return r;
	}
	return !(get16(message + 10) & REPLY_MORE);
}

/* The next message, whole; it lives until the next one is received. */
static int message_receive(struct sal_ovs *ovs, const uint8_t **ret_message, size_t *ret_len,
			   struct sal_error *err)
{
	size_t want = HEADER_LEN;

	/* what was read already goes, so that memory stays flat */
	memmove(ovs->in.data, ovs->in.data + ovs->used, ovs->in.len - ovs->used);
	ovs->in.len -= ovs->used;
	ovs->used = 0;
	for (;;) {
		const uint8_t *head = (const uint8_t *)ovs->in.data;
		int r;

		if (ovs->in.len >= HEADER_LEN)
			want = get16(head + 2);
		if (want < HEADER_LEN)
			return malformed(err);
		if (ovs->in.len >= want) {
			*ret_message = head;
			*ret_len = ovs->used = want;
			return 0;
		}
		r = sal_ovs_receive(ovs, err);
		if (r < 0)
			return r;
	}
}

static int header_send(struct sal_ovs *ovs, uint8_t *message, size_t len, uint8_t version,
		       uint8_t type, uint32_t xid, struct sal_error *err)
{
	message[0] = version;
	message[1] = type;
	put16(message + 2, (uint16_t)len);
	put32(message + 4, xid);
	return sal_ovs_send(ovs, message, len, err);
}

/* Versions that the peer's hello offers: those of its bitmap, else the one it is in, or our newest. */
static uint32_t hello_versions(const uint8_t *hello, size_t len)
{
	for (size_t at = HEADER_LEN, size; at + 8 <= len; at += (size + 7) / 8 * 8) {
		size = get16(hello + at + 2);
		if (size < 4 || size > len - at)
			break;
		if (get16(hello + at) == HELLO_VERSIONS && size >= 8)
			return get32(hello + at + 4);
	}
	return 1u << SAL_MIN(hello[0], VERSION_15);
}

static int version_agree(struct sal_ovs *ovs, uint8_t *ret_version, struct sal_error *err)
{
	uint8_t hello[HEADER_LEN + 8] = { 0 };
	const uint8_t *message;
	uint32_t common;
	size_t len;
	int r;

	put16(hello + 8, HELLO_VERSIONS);
	put16(hello + 10, 8);
	put32(hello + 12, VERSIONS);
	r = header_send(ovs, hello, sizeof(hello), VERSION_15, TYPE_HELLO, XID - 1, err);
	if (r >= 0)
		r = message_receive(ovs, &message, &len, err);
	if (r < 0)
		return r;
	if (message[1] != TYPE_HELLO)
		return malformed(err);
	common = hello_versions(message, len) & VERSIONS;
	if (!common)
		return -EPROTONOSUPPORT;
	*ret_version = (uint8_t)(31 - __builtin_clz(common));
	return 0;
}

static int request_send(struct sal_ovs *ovs, uint8_t version, uint8_t table, struct sal_error *err)
{
	uint8_t message[56] = { 0 };

	if (version == VERSION_10) {
		put16(message + 8, STATS_EXPERIMENT);
		put32(message + 12, NICIRA); /* behind it: 0, flow statistics */
		put16(message + 24, 0xffff); /* through any port */
		message[28] = table;
		return header_send(ovs, message, 32, version, STATS_REQUEST_10, XID, err);
	}
	put16(message + 8, STATS_FLOW);
	message[16] = table;
	put32(message + 20, UINT32_MAX); /* any port, any group, any cookie */
	put32(message + 24, UINT32_MAX);
	put16(message + 48, MATCH_TYPE_OXM);
	put16(message + 50, 4);
	return header_send(ovs, message, 56, version, MULTIPART_REQUEST, XID, err);
}

static int echo_answer(struct sal_ovs *ovs, const uint8_t *message, size_t len,
		       struct sal_error *err)
{
	SAL_CLEANUP(sal_buf_done) struct sal_buf out = SAL_BUF_EMPTY;

	sal_buf_put(&out, message, len);
	return header_send(ovs, (uint8_t *)out.data, len, message[0], TYPE_ECHO_REPLY,
			   get32(message + 4), err);
}

int sal_openflow_dump(struct sal_ovs *ovs, uint8_t table, sal_openflow_each *each, void *ctx,
		      struct sal_error *err)
{
	const uint8_t *message;
	uint8_t version = 0;
	size_t len, whole = 0;
	int r;

	sal_ovs_exchange_begin(ovs);
	r = version_agree(ovs, &version, err);
	if (r >= 0)
		r = request_send(ovs, version, table, err);
	if (r < 0)
		return r;
	do {
		r = message_receive(ovs, &message, &len, err);
		if (r < 0)
			return r;
		whole += len;
		if (whole > SAL_OVS_ANSWER_MAX)
			return sal_fail(err, SAL_LIMIT, "the flow table is longer than %d MiB",
					SAL_OVS_ANSWER_MAX >> 20);
		if (message[1] == TYPE_ECHO_REQUEST) {
			r = echo_answer(ovs, message, len, err);
		} else if (get32(message + 4) != XID) {
			continue; /* an event that nobody asked for */
		} else if (message[1] == TYPE_ERROR) {
			return sal_fail(
				err, SAL_IO,
				"ovs-vswitchd refused to list flows by OpenFlow: error %d/%d",
				len >= 12 ? get16(message + 8) : 0,
				len >= 12 ? get16(message + 10) : 0);
		} else {
			r = message[0] == version ? sal_openflow_walk(message, len, each, ctx, err)
						  : malformed(err);
		}
	} while (r == 0);
	return SAL_MIN(r, 0);
}
