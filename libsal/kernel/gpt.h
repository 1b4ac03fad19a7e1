/*
 * gpt.h - the one room that includes libfdisk: partition tables.
 */
#pragma once

#include "base/arena.h"

/*
 * What a partition type is called ("Linux filesystem"), as lsblk(8) and fdisk(8) say it. pttype is
 * "gpt" or "dos", code the UUID or hex number of the type. NULL where it is not known.
 */
const char *sal_gpt_type_name(struct sal_arena *arena, const char *pttype, const char *code);
