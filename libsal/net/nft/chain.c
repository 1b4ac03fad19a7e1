/* chain.c - chains, base ones with their hook. See ruleset.h. */
#include <linux/netfilter.h>
#include <linux/netfilter_arp.h>
#include <stdlib.h>
#include <string.h>

#include "base/json_write.h"
#include "net/nft/json.h"

#define UDATA_COMMENT 0
#define DEVICES_MAX   256

static const char *hook_name(uint8_t family, uint32_t hook)
{
	static const char *const inet[] = {
		[NF_INET_PRE_ROUTING] = "prerouting",	[NF_INET_LOCAL_IN] = "input",
		[NF_INET_FORWARD] = "forward",		[NF_INET_LOCAL_OUT] = "output",
		[NF_INET_POST_ROUTING] = "postrouting", [NF_INET_INGRESS] = "ingress",
	};
	static const char *const arp[] = {
		[NF_ARP_IN] = "input",
		[NF_ARP_OUT] = "output",
		[NF_ARP_FORWARD] = "forward",
		[NF_ARP_FORWARD + 1] = "ingress",
	};
	static const char *const netdev[] = { "ingress", "egress" };

	switch (family) {
	case NFPROTO_IPV4:
	case NFPROTO_IPV6:
	case NFPROTO_INET:
	case NFPROTO_BRIDGE:
		return hook < SAL_ARRAY_LEN(inet) ? inet[hook] : "unknown";
	case NFPROTO_ARP:
		return hook < SAL_ARRAY_LEN(arp) ? arp[hook] : "unknown";
	case NFPROTO_NETDEV:
		return hook < SAL_ARRAY_LEN(netdev) ? netdev[hook] : "unknown";
	}
	return "unknown";
}

static int name_compare(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* ,"dev":"eth0" or ,"dev":["eth0","eth1"], in order of name */
static void devices_write(struct sal_nft_writer *writer, const struct nlattr *one,
			  const struct nlattr *list)
{
	const char *names[DEVICES_MAX];
	size_t n = 0;

	if (one) {
		names[n++] = sal_nft_string(one, writer->arena);
	} else if (list) {
		sal_nla_each_nested(a, list)
		{
			if (n < SAL_ARRAY_LEN(names) && sal_nla_type(a) == NFTA_DEVICE_NAME)
				names[n++] = sal_nft_string(a, writer->arena);
		}
	}
	if (!n)
		return;
	qsort(names, n, sizeof(*names), name_compare);
	sal_nft_put(writer, n > 1 ? ",\"dev\":[" : ",\"dev\":");
	for (size_t i = 0; i < n; i++)
		sal_nft_put_string(writer, i ? "," : "", names[i]);
	if (n > 1)
		sal_nft_put(writer, "]");
}

static void hook_write(struct sal_nft_writer *writer, uint8_t family, const struct nlattr **tb)
{
	const struct nlattr *hook[NFTA_HOOK_MAX + 1];
	uint32_t policy = sal_nft_u32(tb[NFTA_CHAIN_POLICY]);

	sal_nla_index_nested(hook, NFTA_HOOK_MAX, tb[NFTA_CHAIN_HOOK]);
	if (!hook[NFTA_HOOK_HOOKNUM] || !hook[NFTA_HOOK_PRIORITY] || !tb[NFTA_CHAIN_TYPE] ||
	    !tb[NFTA_CHAIN_POLICY])
		return;
	sal_nft_put_string(writer,
			   ",\"type\":", sal_nft_string(tb[NFTA_CHAIN_TYPE], writer->arena));
	sal_nft_put_string(writer,
			   ",\"hook\":", hook_name(family, sal_nft_u32(hook[NFTA_HOOK_HOOKNUM])));
	sal_nft_put(writer, ",\"prio\":");
	sal_json_put_i64(writer->out, (int32_t)sal_nft_u32(hook[NFTA_HOOK_PRIORITY]));
	sal_nft_put_string(writer, ",\"policy\":",
			   policy == NF_DROP	 ? "drop"
			   : policy == NF_ACCEPT ? "accept"
						 : "unknown");
	devices_write(writer, hook[NFTA_HOOK_DEV], hook[NFTA_HOOK_DEVS]);
}

void sal_nft_chain_write(struct sal_nft_writer *writer, const struct nlmsghdr *message)
{
	const struct nlattr *tb[NFTA_CHAIN_MAX + 1];
	uint8_t family = sal_nft_message_family(message);
	const char *comment;

	sal_nla_index_message(tb, NFTA_CHAIN_MAX, message, sizeof(struct nfgenmsg));
	sal_nft_put_string(writer, "{\"chain\":{\"family\":", sal_nft_family_name(family));
	sal_nft_put_string(writer,
			   ",\"table\":", sal_nft_string(tb[NFTA_CHAIN_TABLE], writer->arena));
	sal_nft_put_string(writer,
			   ",\"name\":", sal_nft_string(tb[NFTA_CHAIN_NAME], writer->arena));
	sal_nft_put_number(writer, ",\"handle\":", sal_nft_u64(tb[NFTA_CHAIN_HANDLE]));
	if (tb[NFTA_CHAIN_HOOK])
		hook_write(writer, family, tb);
	comment = sal_nft_udata_string(tb[NFTA_CHAIN_USERDATA], UDATA_COMMENT);
	if (comment)
		sal_nft_put_string(writer, ",\"comment\":", comment);
	sal_nft_put(writer, "}}");
}

void sal_nft_flowtable_write(struct sal_nft_writer *writer, const struct nlmsghdr *message)
{
	const struct nlattr *tb[NFTA_FLOWTABLE_MAX + 1], *hook[NFTA_FLOWTABLE_HOOK_MAX + 1] = { 0 };

	sal_nla_index_message(tb, NFTA_FLOWTABLE_MAX, message, sizeof(struct nfgenmsg));
	if (tb[NFTA_FLOWTABLE_HOOK])
		sal_nla_index_nested(hook, NFTA_FLOWTABLE_HOOK_MAX, tb[NFTA_FLOWTABLE_HOOK]);
	sal_nft_put_string(writer, "{\"flowtable\":{\"family\":",
			   sal_nft_family_name(sal_nft_message_family(message)));
	sal_nft_put_string(writer,
			   ",\"name\":", sal_nft_string(tb[NFTA_FLOWTABLE_NAME], writer->arena));
	sal_nft_put_string(writer,
			   ",\"table\":", sal_nft_string(tb[NFTA_FLOWTABLE_TABLE], writer->arena));
	sal_nft_put_number(writer, ",\"handle\":", sal_nft_u64(tb[NFTA_FLOWTABLE_HANDLE]));
	sal_nft_put_string(writer, ",\"hook\":",
			   hook_name(NFPROTO_NETDEV, sal_nft_u32(hook[NFTA_FLOWTABLE_HOOK_NUM])));
	sal_nft_put(writer, ",\"prio\":");
	sal_json_put_i64(writer->out, (int32_t)sal_nft_u32(hook[NFTA_FLOWTABLE_HOOK_PRIORITY]));
	devices_write(writer, NULL, hook[NFTA_FLOWTABLE_HOOK_DEVS]);
	sal_nft_put(writer, "}}");
}
