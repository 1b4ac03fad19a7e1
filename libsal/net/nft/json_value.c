/* json_value.c - values by their type: numbers, names, addresses, times. See json.h. */
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include "base/json_write.h"
#include "base/text.h"
#include "net/nft/json.h"

#define DAY_SECONDS (24 * 60 * 60)

static void number_write(struct sal_nft_writer *writer, const struct sal_nft_num *num)
{
	static const char digits[] = "0123456789abcdef";
	char text[SAL_NFT_NUM_BYTES * 2 + 3] = "0x", *at = text + 2;
	uint8_t bytes[SAL_NFT_NUM_BYTES];
	bool begun = false;

	if (sal_nft_num_fits_u64(num)) {
		sal_json_put_u64(writer->out, num->w[0]);
		return;
	}
	sal_nft_num_write(num, bytes, sizeof(bytes), SAL_NFT_ORDER_BIG);
	for (size_t i = 0; i < sizeof(bytes) * 2; i++) {
		unsigned digit = bytes[i / 2] >> (i % 2 ? 0 : 4) & 15;

		begun = begun || digit;
		if (begun)
			*at++ = digits[digit];
	}
	sal_json_put_string(writer->out, text, (size_t)(at - text));
}

static void text_write(struct sal_nft_writer *writer, const struct sal_nft_expr *value)
{
	char text[SAL_NFT_NUM_BYTES];
	size_t len = SAL_MIN(sal_nft_bytes(value->len), sizeof(text));

	sal_nft_num_write(&value->value, text, len, SAL_NFT_ORDER_HOST);
	sal_json_put_string(writer->out, text, strnlen(text, len));
}

static void address_write(struct sal_nft_writer *writer, const struct sal_nft_expr *value,
			  uint8_t family)
{
	struct sal_ip ip = { .family = family };
	char *at = sal_buf_reserve(writer->out, SAL_IP_TEXT + 2), *end;

	sal_nft_num_write(&value->value, ip.bytes, family == AF_INET ? 4 : 16, SAL_NFT_ORDER_BIG);
	end = sal_ip_format(at + 1, &ip);
	*at = '"';
	*end++ = '"';
	writer->out->len = (size_t)(end - writer->out->data);
}

static void lladdr_write(struct sal_nft_writer *writer, const struct sal_nft_expr *value)
{
	struct sal_mac mac = { .len = (uint8_t)SAL_MIN(sal_nft_bytes(value->len), 32U) };
	char text[SAL_MAC_TEXT];

	sal_nft_num_write(&value->value, mac.bytes, mac.len, SAL_NFT_ORDER_BIG);
	sal_json_put_string(writer->out, text, (size_t)(sal_mac_format(text, &mac) - text));
}

/* A number that is shown as text when it has no name. */
static void name_or_text_write(struct sal_nft_writer *writer, const char *name, uint64_t value)
{
	char text[24];

	if (name)
		sal_json_put_cstring(writer->out, name);
	else
		sal_json_put_string(writer->out, text,
				    (size_t)(sal_format_u64(text, value) - text));
}

static void name_or_number_write(struct sal_nft_writer *writer, const char *name,
				 const struct sal_nft_num *num)
{
	if (name)
		sal_json_put_cstring(writer->out, name);
	else
		number_write(writer, num);
}

static void classid_write(struct sal_nft_writer *writer, const struct sal_nft_expr *value)
{
	uint32_t handle = (uint32_t)value->value.w[0];
	char text[24];

	if (handle == UINT32_MAX)
		snprintf(text, sizeof(text), "root");
	else if (!handle)
		snprintf(text, sizeof(text), "none");
	else
		snprintf(text, sizeof(text), "%x:%x", handle >> 16, handle & 0xffff);
	sal_json_put_cstring(writer->out, text);
}

static void date_write(struct sal_nft_writer *writer, const struct sal_nft_expr *value)
{
	uint64_t nanoseconds = value->value.w[0];
	time_t seconds = (time_t)(nanoseconds / 1000000000);
	char text[48];
	struct tm tm;

	if (localtime_r(&seconds, &tm) && strftime(text, sizeof(text), "%Y-%m-%d %T", &tm))
		sal_json_put_cstring(writer->out, text);
	else
		sal_json_put_u64(writer->out, nanoseconds);
}

static void hour_write(struct sal_nft_writer *writer, const struct sal_nft_expr *value)
{
	uint32_t seconds = (uint32_t)value->value.w[0];
	time_t now = time(NULL);
	char text[32];
	struct tm tm;
	int n;

	if (localtime_r(&now, &tm))
		seconds = (uint32_t)((seconds + (uint64_t)(tm.tm_gmtoff + DAY_SECONDS)) %
				     DAY_SECONDS);
	n = snprintf(text, sizeof(text), "%02u:%02u", seconds / 3600, seconds / 60 % 60);
	if (seconds % 60)
		snprintf(text + n, sizeof(text) - (size_t)n, ":%02u", seconds % 60);
	sal_json_put_cstring(writer->out, text);
}

static void ifindex_write(struct sal_nft_writer *writer, const struct sal_nft_expr *value)
{
	uint32_t index = (uint32_t)value->value.w[0];
	const char *name = sal_ifnames_find(writer->names->ifnames, index);

	name_or_text_write(writer, name, index);
}

static void untyped_write(struct sal_nft_writer *writer, const struct sal_nft_expr *value)
{
	uint8_t bytes[SAL_NFT_NUM_BYTES];
	char text[(sizeof(bytes) * 2) + 24] = "0x";
	size_t at = 2, i = 0;

	sal_nft_num_write(&value->value, bytes, sizeof(bytes), SAL_NFT_ORDER_BIG);
	while (i < sizeof(bytes) - 1 && !bytes[i])
		i++;
	at += (size_t)snprintf(text + at, sizeof(text) - at, "%x", bytes[i++]);
	for (; i < sizeof(bytes); i++)
		at += (size_t)snprintf(text + at, sizeof(text) - at, "%02x", bytes[i]);
	snprintf(text + at, sizeof(text) - at, " [invalid type]");
	sal_json_put_cstring(writer->out, text);
}

/* A value's bytes as they lie, to be compared with the symbols'. */
static uint64_t symbol_key(const struct sal_nft_expr *value)
{
	uint64_t key = 0;

	sal_nft_num_write(&value->value, &key, SAL_MIN(sal_nft_bytes(value->len), sizeof(key)),
			  value->order);
	return key;
}

static void integer_write(struct sal_nft_writer *writer, const struct sal_nft_expr *value)
{
	number_write(writer, &value->value);
}

static void symbol_write(struct sal_nft_writer *writer, const struct sal_nft_expr *value)
{
	name_or_number_write(writer, sal_nft_symbol_find(value->type->symbols, symbol_key(value)),
			     &value->value);
}

static void ip_write(struct sal_nft_writer *writer, const struct sal_nft_expr *value)
{
	address_write(writer, value, AF_INET);
}

static void ip6_write(struct sal_nft_writer *writer, const struct sal_nft_expr *value)
{
	address_write(writer, value, AF_INET6);
}

static void protocol_write(struct sal_nft_writer *writer, const struct sal_nft_expr *value)
{
	name_or_number_write(writer,
			     sal_nft_names_get(writer->names, SAL_NFT_NAMES_PROTOCOL,
					       (uint8_t)value->value.w[0]),
			     &value->value);
}

static void port_write(struct sal_nft_writer *writer, const struct sal_nft_expr *value)
{
	sal_json_put_u64(writer->out, (uint16_t)value->value.w[0]);
}

static const char *file_name(struct sal_nft_writer *writer, enum sal_nft_names_kind kind,
			     const struct sal_nft_expr *value)
{
	return sal_nft_names_get(writer->names, kind, (uint32_t)symbol_key(value));
}

static void mark_write(struct sal_nft_writer *writer, const struct sal_nft_expr *value)
{
	name_or_number_write(writer, file_name(writer, SAL_NFT_NAMES_MARK, value), &value->value);
}

static void group_write(struct sal_nft_writer *writer, const struct sal_nft_expr *value)
{
	name_or_number_write(writer, file_name(writer, SAL_NFT_NAMES_GROUP, value), &value->value);
}

static void realm_write(struct sal_nft_writer *writer, const struct sal_nft_expr *value)
{
	name_or_text_write(writer, file_name(writer, SAL_NFT_NAMES_REALM, value),
			   value->value.w[0]);
}

static void label_write(struct sal_nft_writer *writer, const struct sal_nft_expr *value)
{
	unsigned bit = sal_nft_num_find_one(&value->value, 0);
	const char *name = sal_nft_names_get(writer->names, SAL_NFT_NAMES_LABEL, bit);

	if (name)
		sal_json_put_cstring(writer->out, name);
	else
		sal_json_put_i64(writer->out, bit < SAL_NFT_NUM_BITS ? (int64_t)bit : -1);
}

static void seconds_write(struct sal_nft_writer *writer, const struct sal_nft_expr *value)
{
	sal_json_put_u64(writer->out, value->value.w[0] / 1000);
}

static void id_write(struct sal_nft_writer *writer, const struct sal_nft_expr *value)
{
	sal_json_put_u64(writer->out, (uint32_t)value->value.w[0]);
}

static void boolean_write(struct sal_nft_writer *writer, const struct sal_nft_expr *value)
{
	sal_json_put_bool(writer->out, symbol_key(value) != 0);
}

static void cgroup_write(struct sal_nft_writer *writer, const struct sal_nft_expr *value)
{
	uint64_t id = value->value.w[0];

	name_or_text_write(writer, sal_nft_names_cgroup(writer->names, id), id);
}

static void (*const writers[])(struct sal_nft_writer *, const struct sal_nft_expr *) = {
	[SAL_NFT_SHOW_INTEGER] = integer_write,
	[SAL_NFT_SHOW_SYMBOL] = symbol_write,
	[SAL_NFT_SHOW_STRING] = text_write,
	[SAL_NFT_SHOW_LLADDR] = lladdr_write,
	[SAL_NFT_SHOW_IP] = ip_write,
	[SAL_NFT_SHOW_IP6] = ip6_write,
	[SAL_NFT_SHOW_PROTOCOL] = protocol_write,
	[SAL_NFT_SHOW_PORT] = port_write,
	[SAL_NFT_SHOW_MARK] = mark_write,
	[SAL_NFT_SHOW_GROUP] = group_write,
	[SAL_NFT_SHOW_REALM] = realm_write,
	[SAL_NFT_SHOW_LABEL] = label_write,
	[SAL_NFT_SHOW_MILLISECONDS] = seconds_write,
	[SAL_NFT_SHOW_ID] = id_write,
	[SAL_NFT_SHOW_BOOLEAN] = boolean_write,
	[SAL_NFT_SHOW_CLASSID] = classid_write,
	[SAL_NFT_SHOW_IFINDEX] = ifindex_write,
	[SAL_NFT_SHOW_DATE] = date_write,
	[SAL_NFT_SHOW_HOUR] = hour_write,
	[SAL_NFT_SHOW_CGROUP] = cgroup_write,
	[SAL_NFT_SHOW_UNTYPED] = untyped_write,
};

void sal_nft_value_write(struct sal_nft_writer *writer, const struct sal_nft_expr *value,
			 bool numeric)
{
	/* in a range protocols are numbers */
	if (numeric && value->type->show == SAL_NFT_SHOW_PROTOCOL)
		integer_write(writer, value);
	else
		writers[value->type->show](writer, value);
}
