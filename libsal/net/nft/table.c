/* table.c - tables, and what tables and user data have in common. See ruleset.h. */
#include <linux/netfilter.h>
#include <string.h>

#include "net/nft/json.h"

#define UDATA_COMMENT 0

const char *sal_nft_family_name(uint8_t family)
{
	static const char *const names[] = {
		[NFPROTO_INET] = "inet",     [NFPROTO_IPV4] = "ip",	  [NFPROTO_ARP] = "arp",
		[NFPROTO_NETDEV] = "netdev", [NFPROTO_BRIDGE] = "bridge", [NFPROTO_IPV6] = "ip6",
	};

	return family < SAL_ARRAY_LEN(names) && names[family] ? names[family] : "unknown";
}

const uint8_t *sal_nft_udata_find(const void *data, size_t len, uint8_t type, uint8_t *ret_len)
{
	const uint8_t *at = data, *end = at + len;

	while (end - at >= 2 && end - at - 2 >= at[1]) {
		if (at[0] == type) {
			*ret_len = at[1];
			return at + 2;
		}
		at += 2 + at[1];
	}
	return NULL;
}

const char *sal_nft_udata_string(const struct nlattr *userdata, uint8_t type)
{
	const uint8_t *text;
	uint8_t len;

	if (!userdata)
		return NULL;
	text = sal_nft_udata_find(sal_nla_data(userdata), sal_nla_len(userdata), type, &len);
	return text && len && text[len - 1] == '\0' ? (const char *)text : NULL;
}

void sal_nft_table_write(struct sal_nft_writer *writer, const struct sal_nft_table *table)
{
	static const struct sal_nft_flag_name names[] = {
		{ 1 << 0, "dormant" },
		{ 1 << 1, "owner" },
		{ 1 << 2, "persist" },
	};
	const struct nlattr *tb[NFTA_TABLE_MAX + 1];
	const char *comment;

	sal_nla_index_message(tb, NFTA_TABLE_MAX, table->message, sizeof(struct nfgenmsg));
	sal_nft_put_string(writer, "{\"table\":{\"family\":", sal_nft_family_name(table->family));
	sal_nft_put_string(writer, ",\"name\":", table->name);
	sal_nft_put_number(writer, ",\"handle\":", sal_nft_u64(tb[NFTA_TABLE_HANDLE]));
	sal_nft_put_flags(writer, ",\"flags\":", sal_nft_u32(tb[NFTA_TABLE_FLAGS]), names,
			  SAL_ARRAY_LEN(names), false);
	comment = sal_nft_udata_string(tb[NFTA_TABLE_USERDATA], UDATA_COMMENT);
	if (comment)
		sal_nft_put_string(writer, ",\"comment\":", comment);
	sal_nft_put(writer, "}}");
}
