/*
 * oxm.h - from the match of an OpenFlow message to the words that ovs-vswitchd has for it.
 *
 * For net/flow.c, which tells by that text which flow of the one listing is which of the other, and
 * for its tests. Pure; nothing in a message is trusted.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

/*
 * Appends the match as ovs-vswitchd writes it behind the priority ("tcp,nw_src=10.0.0.0/8"). False,
 * with nothing appended, where a field is malformed or one that this room cannot write.
 */
bool sal_net_oxm_format(struct sal_buf *buf, const uint8_t *match, size_t len);
