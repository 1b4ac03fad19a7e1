/*
 * folder.h - the state folder: found or made, private, and held by one daemon at a time.
 *
 * sal_open() takes it before anything else and keeps it until sal_close(). What lies in it is the
 * business of the registries.
 */
#pragma once

#include "base/error.h"

/*
 * Opens the folder, creating it (0700) and what lies above it (0755) where missing, and takes its
 * lock. NULL means the default: /var/lib/sal, for an ordinary user $XDG_STATE_HOME/sal or
 * ~/.local/state/sal. Returns the descriptor that holds the lock; or a negative errno: BUSY when
 * another process has it, REFUSED when others could write into it or it is a symbolic link.
 */
int sal_state_folder_open(const char *path, struct sal_error *err);
