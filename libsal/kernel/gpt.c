/*
 * gpt.c - partition tables by libfdisk.
 *
 * Called by vol/. So far it only knows types by name; no device is opened here.
 */
#include "kernel/gpt.h"

#include <errno.h>
#include <libfdisk/libfdisk.h>
#include <stdlib.h>
#include <string.h>

#include "base/macros.h"

static void context_free(struct fdisk_context **context)
{
	fdisk_unref_context(*context);
}

static struct fdisk_parttype *type_find(struct fdisk_label *label, const char *code)
{
	char *end;
	unsigned long number;

	if (fdisk_label_get_type(label) == FDISK_DISKLABEL_GPT)
		return fdisk_label_get_parttype_from_string(label, code);
	errno = 0;
	number = strtoul(code, &end, 16);
	if (errno || *end || number > 0xff)
		return NULL;
	return fdisk_label_get_parttype_from_code(label, number);
}

const char *sal_gpt_type_name(struct sal_arena *arena, const char *pttype, const char *code)
{
	SAL_CLEANUP(context_free) struct fdisk_context *context = NULL;
	struct fdisk_label *label;
	struct fdisk_parttype *type;
	const char *name;

	if (strcmp(pttype, "gpt") && strcmp(pttype, "dos"))
		return NULL;
	context = fdisk_new_context();
	label = context ? fdisk_get_label(context, pttype) : NULL;
	type = label ? type_find(label, code) : NULL;
	name = type ? fdisk_parttype_get_name(type) : NULL;
	return name ? sal_arena_strdup(arena, name) : NULL;
}
