/* rtnl_link.c - see rtnl_link.h. */
#include "kernel/rtnl_link.h"

#include <errno.h>
#include <linux/if_link.h>
#include <net/if.h>
#include <netlink/msg.h>
#include <netlink/route/link.h>

#include "base/arena.h"

static struct rtnl_link *link_new(void)
{
	struct rtnl_link *link = rtnl_link_alloc();

	if (!link)
		sal_oom();
	return link;
}

/* libnl's message into our own buffer; takes over both. r is what building it came to. */
static int message_take(struct rtnl_link *link, struct nl_msg *msg, int r,
			struct sal_nl_request *request, struct sal_error *err)
{
	if (r == 0 && nlmsg_hdr(msg)->nlmsg_len <= sizeof(request->bytes) / 2)
		memcpy(request->bytes, nlmsg_hdr(msg), nlmsg_hdr(msg)->nlmsg_len);
	else
		r = sal_fail_errno(err, EINVAL, "cannot build the link's message");
	nlmsg_free(msg);
	rtnl_link_put(link);
	return r;
}

int sal_rtnl_bridge_add(struct sal_nl *nl, const char *ifname, const struct sal_mac *mac,
			struct sal_error *err)
{
	struct nl_addr *address = nl_addr_build(AF_LLC, mac->bytes, mac->len);
	struct rtnl_link *link = link_new();
	struct sal_nl_request request;
	struct nl_msg *msg = NULL;
	int r;

	if (!address)
		sal_oom();
	rtnl_link_set_name(link, ifname);
	rtnl_link_set_addr(link, address);
	nl_addr_put(address);
	rtnl_link_set_type(link, "bridge");
	r = rtnl_link_build_add_request(link, NLM_F_CREATE | NLM_F_EXCL, &msg);
	r = message_take(link, msg, r, &request, err);
	return r < 0 ? r : sal_nl_talk(nl, &request, NULL, NULL, err);
}

static void bridge_put(struct sal_nl_request *request, bool stp)
{
	struct nlattr *info = sal_nl_nest_begin(request, IFLA_LINKINFO), *data;

	sal_nl_put_string(request, IFLA_INFO_KIND, "bridge");
	data = sal_nl_nest_begin(request, IFLA_INFO_DATA);
	sal_nl_put_u32(request, IFLA_BR_STP_STATE, stp);
	sal_nl_nest_end(request, data);
	sal_nl_nest_end(request, info);
}

int sal_rtnl_link_change(struct sal_nl *nl, uint32_t ifindex,
			 const struct sal_rtnl_link_settings *settings, struct sal_error *err)
{
	struct rtnl_link *link = link_new();
	struct sal_nl_request request;
	struct nl_msg *msg = NULL;
	struct ifinfomsg *header;
	int r;

	rtnl_link_set_ifindex(link, ifindex);
	if (settings->mtu)
		rtnl_link_set_mtu(link, settings->mtu);
	if (settings->alias)
		rtnl_link_set_ifalias(link, settings->alias);
	r = rtnl_link_build_add_request(link, 0, &msg);
	r = message_take(link, msg, r, &request, err);
	if (r < 0)
		return r;
	header = NLMSG_DATA(&request.header);
	header->ifi_index = ifindex;
	header->ifi_flags = settings->up ? IFF_UP : 0;
	header->ifi_change = IFF_UP;
	if (settings->bridge)
		bridge_put(&request, settings->stp);
	return sal_nl_talk(nl, &request, NULL, NULL, err);
}

int sal_rtnl_link_delete(struct sal_nl *nl, uint32_t ifindex, struct sal_error *err)
{
	struct rtnl_link *link = link_new();
	struct sal_nl_request request;
	struct nl_msg *msg = NULL;
	int r;

	rtnl_link_set_ifindex(link, ifindex);
	r = rtnl_link_build_delete_request(link, &msg);
	r = message_take(link, msg, r, &request, err);
	return r < 0 ? r : sal_nl_talk(nl, &request, NULL, NULL, err);
}
