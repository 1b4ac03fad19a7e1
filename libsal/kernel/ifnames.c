/* ifnames.c - a small direct-mapped cache in front of SIOCGIFNAME. See ifnames.h. */
#include "kernel/ifnames.h"

#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

int sal_ifnames_open(struct sal_ifnames *names, struct sal_error *err)
{
	memset(names, 0, sizeof(*names));
	names->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (names->fd < 0)
		return sal_fail_errno(err, errno, "cannot open a socket");
	return 0;
}

void sal_ifnames_close(struct sal_ifnames *names)
{
	sal_close_fd(&names->fd);
}

const char *sal_ifnames_get(struct sal_ifnames *names, uint32_t index)
{
	unsigned slot = index % SAL_IFNAMES_SLOTS;
	char *name = names->slots[slot].name;
	struct ifreq request = { .ifr_ifindex = (int)index };

	if (names->slots[slot].index == index && index)
		return name;
	if (ioctl(names->fd, SIOCGIFNAME, &request) == 0)
		snprintf(name, sizeof(names->slots[slot].name), "%.*s", IFNAMSIZ, request.ifr_name);
	else
		snprintf(name, sizeof(names->slots[slot].name), "if%u", index);
	names->slots[slot].index = index;
	return name;
}

const char *sal_ifnames_find(struct sal_ifnames *names, uint32_t index)
{
	char *name = names->slots[index % SAL_IFNAMES_SLOTS].name;
	struct ifreq request = { .ifr_ifindex = (int)index };

	if (names->slots[index % SAL_IFNAMES_SLOTS].index == index)
		names->slots[index % SAL_IFNAMES_SLOTS].index = 0;
	if (ioctl(names->fd, SIOCGIFNAME, &request) < 0)
		return NULL;
	snprintf(name, sizeof(names->slots[0].name), "%.*s", IFNAMSIZ, request.ifr_name);
	return name;
}

int sal_ifnames_missing(struct sal_error *err, const char *ifname, const char *field)
{
	int r = sal_fail(err, SAL_NOT_FOUND, "no interface named %s", *ifname ? ifname : "\"\"");

	if (err)
		err->errnum = ENODEV;
	sal_error_subject(err, "interface %s", ifname);
	sal_error_field(err, "%s", field);
	return r;
}

int sal_ifnames_index(struct sal_ifnames *names, const char *ifname, const char *field,
		      uint32_t *ret_index, struct sal_error *err)
{
	struct ifreq request = { 0 };

	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", ifname);
	if (ioctl(names->fd, SIOCGIFINDEX, &request) < 0)
		return sal_ifnames_missing(err, ifname, field);
	*ret_index = request.ifr_ifindex;
	return 0;
}
