/*
 * link_text.h - how the numbers in link and address messages are written, as ip(8) writes them.
 *
 * Used by the decoders of links, their kinds and their addresses. Everything returned lives in the
 * arena or is static.
 */
#pragma once

#include <linux/netlink.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/field.h"
#include "base/text.h"

/* ["BROADCAST", "UP", …] from IFF_ bits; lower_down adds M-DOWN. */
struct sal_strings sal_net_link_flags(struct sal_arena *arena, uint32_t flags, bool lower_down);
/* "ether" for ARPHRD_ETHER, "[826]" where there is no name. */
const char *sal_net_link_type(struct sal_arena *arena, uint16_t type);
/* A hardware address; for IP tunnels the IP address it is. NULL if the attribute is empty. */
const char *sal_net_link_address(struct sal_arena *arena, const struct nlattr *a, uint16_t type);
const char *sal_net_mac_text(struct sal_arena *arena, const void *bytes, size_t len);
const char *sal_net_hex_text(struct sal_arena *arena, const struct nlattr *a); /* "0a1b" */
const char *sal_net_hex(struct sal_arena *arena, uint64_t value); /* "0x1f", "0" for 0 */
/* "802.1Q", "802.1ad" or "[number]" of an Ethernet protocol in network order. */
const char *sal_net_vlan_protocol(struct sal_arena *arena, uint16_t protocol);
const char *sal_net_stp_state(uint8_t state); /* BR_STATE_*; NULL where it has no name */

bool sal_net_ip_is_zero(const struct sal_ip *ip);
const char *sal_net_ip_text(struct sal_arena *arena, const struct sal_ip *ip);
