/* macros.h - the few macros every room may use. None hides control flow. */
#pragma once

#include <stdlib.h>
#include <unistd.h>

#define SAL_ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))
#define SAL_PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))
/* What is rarely called, and not to be made part of a hot function for that one call. */
#define SAL_COLD __attribute__((cold, noinline))
#define SAL_CLEANUP(fn) __attribute__((cleanup(fn)))

#define SAL_MIN(a, b) ((a) < (b) ? (a) : (b))
#define SAL_MAX(a, b) ((a) > (b) ? (a) : (b))

#define SAL_CONTAINER_OF(ptr, type, member) ((type *)((char *)(ptr) - offsetof(type, member)))

/* Sets an optional member of a generated struct and marks it as present. */
#define sal_set(obj, member, value) ((obj)->member = (value), (obj)->has.member = 1)

/* Sets an optional pointer member if there is something to point at; says whether there was. */
#define sal_set_found(obj, member, value) \
	((obj)->has.member = ((obj)->member = (value)) != NULL)

/* Scope guards: SAL_CLEANUP(sal_close_fd) int fd = open(...); */
static inline void sal_close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

static inline void sal_free_ptr(void *p)
{
	free(*(void **)p);
}
