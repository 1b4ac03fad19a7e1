/*
 * fault.h - named points at which a test build can be made to fail.
 *
 * SAL_FAULT=point:action[:n] in the environment makes the n-th passing (1 if absent) of that point
 * fail: kill (SIGKILL to ourselves), eio, einval or enospc (the negative errno is returned). Points
 * are named room.step and listed in docs/architecture.md. In ordinary builds this is nothing.
 */
#pragma once

#ifdef SAL_FAULT_POINTS
int sal_fault(const char *point); /* 0, or the negative errno to fail with */
#else
static inline int sal_fault(const char *point)
{
	(void)point;
	return 0;
}
#endif
