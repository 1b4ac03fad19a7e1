/*
 * oxm_read.c - which field of a match is what, and how it is kept. See oxm_slot.h.
 *
 * Fields that are rare (NSH, ERSPAN, GTP-U, tunnel options) are not known. Sources: ovs-fields(7),
 * OpenFlow 1.5.1 section 7.2.3.
 */
#include "net/oxm_slot.h"

#include <string.h>

#include "base/macros.h"

enum class { NXM_OF, NXM_NX, OXM, PACKET_REGS, ERICSSON, ONF, NICIRA, CLASSES };

/* Classes on the wire; the last two stand behind an experimenter's id. */
static const struct {
	uint16_t number;
	uint32_t experimenter;
} classes[CLASSES] = {
	[NXM_OF] = { 0x0000, 0 },
	[NXM_NX] = { 0x0001, 0 },
	[OXM] = { 0x8000, 0 },
	[PACKET_REGS] = { 0x8001, 0 },
	[ERICSSON] = { 0x1000, 0 },
	[ONF] = { 0xffff, 0x4f4e4600 },
	[NICIRA] = { 0xffff, 0x00002320 },
};

/* Which fields stand for a slot. What differs in size or place is put right in field_take(). */
static const struct {
	uint8_t class, number, slot;
} fields[] = {
	{ NXM_OF, 0, IN_PORT },
	{ NXM_OF, 1, DL_DST },
	{ NXM_OF, 2, DL_SRC },
	{ NXM_OF, 3, DL_TYPE },
	{ NXM_OF, 4, VLAN_TCI },
	{ NXM_OF, 5, NW_TOS },
	{ NXM_OF, 6, NW_PROTO },
	{ NXM_OF, 7, NW_SRC },
	{ NXM_OF, 8, NW_DST },
	{ NXM_OF, 9, TP_SRC },
	{ NXM_OF, 10, TP_DST },
	{ NXM_OF, 11, TP_SRC },
	{ NXM_OF, 12, TP_DST },
	{ NXM_OF, 13, ICMP_TYPE },
	{ NXM_OF, 14, ICMP_CODE },
	{ NXM_OF, 15, ARP_OP },
	{ NXM_OF, 16, ARP_SPA },
	{ NXM_OF, 17, ARP_TPA },
	{ NXM_NX, 16, TUN_ID },
	{ NXM_NX, 17, ARP_SHA },
	{ NXM_NX, 18, ARP_THA },
	{ NXM_NX, 19, IPV6_SRC },
	{ NXM_NX, 20, IPV6_DST },
	{ NXM_NX, 21, ICMP_TYPE },
	{ NXM_NX, 22, ICMP_CODE },
	{ NXM_NX, 23, ND_TARGET },
	{ NXM_NX, 24, ND_SLL },
	{ NXM_NX, 25, ND_TLL },
	{ NXM_NX, 26, NW_FRAG },
	{ NXM_NX, 27, IPV6_LABEL },
	{ NXM_NX, 28, NW_ECN },
	{ NXM_NX, 29, NW_TTL },
	{ NXM_NX, 30, MPLS_TTL },
	{ NXM_NX, 31, TUN_SRC },
	{ NXM_NX, 32, TUN_DST },
	{ NXM_NX, 33, PKT_MARK },
	{ NXM_NX, 34, TCP_FLAGS },
	{ NXM_NX, 35, DP_HASH },
	{ NXM_NX, 36, RECIRC_ID },
	{ NXM_NX, 37, CONJ_ID },
	{ NXM_NX, 38, TUN_GBP_ID },
	{ NXM_NX, 39, TUN_GBP_FLAGS },
	{ NXM_NX, 104, TUN_FLAGS },
	{ NXM_NX, 105, CT_STATE },
	{ NXM_NX, 106, CT_ZONE },
	{ NXM_NX, 107, CT_MARK },
	{ NXM_NX, 108, CT_LABEL },
	{ NXM_NX, 109, TUN_IPV6_SRC },
	{ NXM_NX, 110, TUN_IPV6_DST },
	{ NXM_NX, 119, CT_NW_PROTO },
	{ NXM_NX, 120, CT_NW_SRC },
	{ NXM_NX, 121, CT_NW_DST },
	{ NXM_NX, 122, CT_IPV6_SRC },
	{ NXM_NX, 123, CT_IPV6_DST },
	{ NXM_NX, 124, CT_TP_SRC },
	{ NXM_NX, 125, CT_TP_DST },
	{ OXM, 0, IN_PORT },
	{ OXM, 2, METADATA },
	{ OXM, 3, DL_DST },
	{ OXM, 4, DL_SRC },
	{ OXM, 5, DL_TYPE },
	{ OXM, 6, VLAN_TCI },
	{ OXM, 7, VLAN_TCI },
	{ OXM, 8, NW_TOS },
	{ OXM, 9, NW_ECN },
	{ OXM, 10, NW_PROTO },
	{ OXM, 11, NW_SRC },
	{ OXM, 12, NW_DST },
	{ OXM, 13, TP_SRC },
	{ OXM, 14, TP_DST },
	{ OXM, 15, TP_SRC },
	{ OXM, 16, TP_DST },
	{ OXM, 17, TP_SRC },
	{ OXM, 18, TP_DST },
	{ OXM, 19, ICMP_TYPE },
	{ OXM, 20, ICMP_CODE },
	{ OXM, 21, ARP_OP },
	{ OXM, 22, ARP_SPA },
	{ OXM, 23, ARP_TPA },
	{ OXM, 24, ARP_SHA },
	{ OXM, 25, ARP_THA },
	{ OXM, 26, IPV6_SRC },
	{ OXM, 27, IPV6_DST },
	{ OXM, 28, IPV6_LABEL },
	{ OXM, 29, ICMP_TYPE },
	{ OXM, 30, ICMP_CODE },
	{ OXM, 31, ND_TARGET },
	{ OXM, 32, ND_SLL },
	{ OXM, 33, ND_TLL },
	{ OXM, 34, MPLS_LABEL },
	{ OXM, 35, MPLS_TC },
	{ OXM, 36, MPLS_BOS },
	{ OXM, 38, TUN_ID },
	{ OXM, 42, TCP_FLAGS },
	{ OXM, 43, ACTSET_OUTPUT },
	{ ERICSSON, 1, ND_RESERVED },
	{ ERICSSON, 2, ND_OPTIONS_TYPE },
	{ ONF, 42, TCP_FLAGS },
	{ ONF, 43, ACTSET_OUTPUT },
	{ NICIRA, 0, DP_HASH },
};

static void number_put(uint8_t *p, size_t size, uint64_t n)
{
	for (size_t i = size; i-- > 0; n >>= 8)
		p[i] = (uint8_t)n;
}

/* The value and mask of a number, from `size` bytes on the wire, added to what the slot has. */
static void number_take(struct match *match, enum slot slot, const uint8_t *value,
			const uint8_t *mask, size_t size, unsigned shift)
{
	struct value *to = &match->slots[slot];
	size_t want = sal_net_oxm_slots[slot].size;
	uint64_t bits = mask	   ? sal_net_oxm_number(mask, size)
			: size < 8 ? (1ull << size * 8) - 1
				   : UINT64_MAX;

	number_put(to->value, want,
		   sal_net_oxm_number(to->value, want) | sal_net_oxm_number(value, size) << shift);
	number_put(to->mask, want, sal_net_oxm_number(to->mask, want) | bits << shift);
	to->present = true;
}

/* A VLAN's id with its "present" bit, or its priority: both are parts of the tag. */
static void vlan_take(struct match *match, uint8_t field, const uint8_t *value, const uint8_t *mask,
		      size_t size)
{
	static const uint8_t vid[] = { 0x1f, 0xff }, pcp[] = { 0x07 };

	if (field == 6 && size == 2)
		number_take(match, VLAN_TCI, value, mask ? mask : vid, size, 0);
	else if (field == 7 && size == 1)
		number_take(match, VLAN_TCI, value, pcp, size, 13);
}

static bool field_take(struct match *match, enum class class, uint8_t field, const uint8_t *value,
		       const uint8_t *mask, size_t size)
{
	enum slot slot = SLOTS;

	if (class == PACKET_REGS && field < 8 &&
	    size == 8) { /* two registers, the first one high */
		number_take(match, REG0 + field * 2, value, mask, 4, 0);
		number_take(match, REG0 + field * 2 + 1, value + 4, mask ? mask + 4 : NULL, 4, 0);
		/* each is there only if a bit of it counts */
		for (unsigned i = 0; i < 2; i++) {
			struct value *reg = &match->slots[REG0 + field * 2 + i];

			reg->present = sal_net_oxm_number(reg->mask, 4) != 0;
		}
		return true;
	}
	if (class == NXM_NX && field < 16)
		slot = REG0 + field;
	for (size_t i = 0; i < SAL_ARRAY_LEN(fields) && slot == SLOTS; i++)
		if (fields[i].class == class && fields[i].number == field)
			slot = fields[i].slot;
	if (slot == SLOTS)
		return false;
	if (class == OXM && slot == VLAN_TCI) {
		vlan_take(match, field, value, mask, size);
		return match->slots[VLAN_TCI].present;
	}
	if (sal_net_oxm_slots[slot].size > 8 || sal_net_oxm_slots[slot].form == MAC) {
		if (size != sal_net_oxm_slots[slot].size)
			return false;
		memcpy(match->slots[slot].value, value, size);
		if (mask)
			memcpy(match->slots[slot].mask, mask, size);
		else
			memset(match->slots[slot].mask, 0xff, size);
		match->slots[slot].present = true;
		return true;
	}
	/* OpenFlow 1.0 has ports of 16 bits. */
	if (size != sal_net_oxm_slots[slot].size && !(slot == IN_PORT && size == 2))
		return false;
	number_take(match, slot, value, mask, size, class == OXM && slot == NW_TOS ? 2 : 0);
	return true;
}

bool sal_net_oxm_read(struct match *match, const uint8_t *p, size_t len)
{
	size_t step;

	for (; len; p += step, len -= step) {
		size_t head = 4, size;
		uint32_t experimenter = 0;
		unsigned class = 0;
		bool masked;

		if (len < 4)
			return false;
		step = 4u + p[3];
		if (step > len)
			return false;
		if (p[0] == 0xff && p[1] == 0xff) {
			if (step < 8)
				return false;
			experimenter = (uint32_t)sal_net_oxm_number(p + 4, 4);
			head = 8;
		}
		masked = p[2] & 1;
		size = (step - head) / (masked ? 2 : 1);
		while (class < CLASSES && (classes[class].number != sal_net_oxm_number(p, 2) ||
					   classes[class].experimenter != experimenter))
			class ++;
		if (class == CLASSES || !size || (masked && (step - head) % 2) ||
		    !field_take(match, class, p[2] >> 1, p + head, masked ? p + head + size : NULL,
				size))
			return false;
	}
	return true;
}
