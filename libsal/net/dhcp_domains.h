/*
 * dhcp_domains.h - lists of domain names in DNS's wire format, as DHCP options carry them. Pure.
 *
 * Option 119 of DHCPv4 may point back into itself (RFC 3397), option 24 of DHCPv6 must not
 * (RFC 8415, section 10).
 */
#pragma once

#include "base/arena.h"
#include "base/field.h"

/*
 * Reads the whole list; NULL, or what is wrong with it, with *ret_names untouched. Names are written
 * without the final dot, and are all valid (sal_dhcp_name_valid).
 */
const char *sal_dhcp_domains_read(struct sal_arena *arena, const uint8_t *data, size_t len,
				  bool compressed, struct sal_strings *ret_names);
