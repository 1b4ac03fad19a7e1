/* params.h - a call's parameters from JSON text to the method's struct. */
#pragma once

#include "base/arena.h"
#include "base/error.h"
#include "base/field.h"

/*
 * Reads the text (an object, an array, null, or NULL) into *ret_params. Duplicate keys, numbers
 * that no integer or double holds and U+0000 are faults here, with the pointer of the value.
 */
int sal_params_read(struct sal_arena *arena, const struct sal_type *type, const char *text, size_t len,
		    void *ret_params, struct sal_error *err);
