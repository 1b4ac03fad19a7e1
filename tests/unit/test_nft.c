/* test_nft.c - the arithmetic of nf_tables' numbers, and what its tables must keep to. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <linux/netfilter/nf_tables.h>

#include "net/nft/header.h"
#include "net/nft/names.h"
#include "net/nft/num.h"
#include "net/nft/ruleset.h"

static struct sal_nft_num num_of(const char *hex)
{
	struct sal_nft_num num;
	uint8_t bytes[SAL_NFT_NUM_BYTES] = { 0 };
	size_t len = strlen(hex) / 2;

	for (size_t i = 0; i < len; i++) {
		char pair[3] = { hex[i * 2], hex[i * 2 + 1], 0 };

		bytes[i] = (uint8_t)strtoul(pair, NULL, 16);
	}
	sal_nft_num_read(&num, bytes, len, SAL_NFT_ORDER_BIG);
	return num;
}

static void num_is(const struct sal_nft_num *num, const char *hex)
{
	struct sal_nft_num expected = num_of(hex);

	assert_memory_equal(num, &expected, sizeof(expected));
}

static void test_orders(void **state)
{
	static const uint8_t bytes[] = { 1, 2, 3 };
	uint8_t back[5] = { 9, 9, 9, 9, 9 };
	struct sal_nft_num num;

	(void)state;
	sal_nft_num_read(&num, bytes, 3, SAL_NFT_ORDER_NONE);
	num_is(&num, "010203");
	sal_nft_num_read(&num, bytes, 3, SAL_NFT_ORDER_HOST);
	num_is(&num, "030201");
	sal_nft_num_write(&num, back, 5, SAL_NFT_ORDER_BIG);
	assert_memory_equal(back, ((uint8_t[]){ 0, 0, 3, 2, 1 }), 5);
	sal_nft_num_write(&num, back, 2, SAL_NFT_ORDER_BIG); /* cut at the top */
	assert_memory_equal(back, ((uint8_t[]){ 2, 1, 3, 2, 1 }), 5);
	sal_nft_num_reverse(&num, 3);
	num_is(&num, "010203");
	sal_nft_num_reverse(&num, 2);
	num_is(&num, "0302");
	num = num_of("0102030405060708090a0b0c0d0e0f1011");
	sal_nft_num_reverse(&num, 17);
	num_is(&num, "11100f0e0d0c0b0a090807060504030201");
}

static void test_arithmetic(void **state)
{
	struct sal_nft_num a = num_of("ffffffffffffffffffffffffffffffff"), one;

	(void)state;
	sal_nft_num_set(&one, 1);
	sal_nft_num_add(&a, &one);
	num_is(&a, "0100000000000000000000000000000000");
	sal_nft_num_subtract(&a, &one);
	num_is(&a, "ffffffffffffffffffffffffffffffff");
	sal_nft_num_shift_left(&a, 68);
	assert_int_equal(sal_nft_num_find_one(&a, 0), 68);
	assert_int_equal(sal_nft_num_find_zero(&a, 68), 196);
	assert_int_equal(sal_nft_num_count(&a), 128);
	sal_nft_num_shift_right(&a, 68 + 120);
	num_is(&a, "ff");
	sal_nft_num_shift_right(&a, 500);
	assert_true(sal_nft_num_is_zero(&a));
	assert_int_equal(sal_nft_num_find_one(&a, 0), SAL_NFT_NUM_BITS);
	sal_nft_num_ones(&a, 65);
	num_is(&a, "01ffffffffffffffff");
	assert_false(sal_nft_num_fits_u64(&a));
	assert_int_equal(sal_nft_num_compare(&a, &one), 1);
	assert_int_equal(sal_nft_num_compare(&one, &a), -1);
	assert_int_equal(sal_nft_num_compare(&one, &one), 0);
	sal_nft_num_xor(&a, &one);
	num_is(&a, "01fffffffffffffffe");
	sal_nft_num_and(&a, &one);
	assert_true(sal_nft_num_is_zero(&a));
	sal_nft_num_or(&a, &one);
	num_is(&a, "01");
}

static void test_types(void **state)
{
	struct sal_arena arena;
	const struct sal_nft_type *type;

	(void)state;
	sal_arena_init(&arena);
	for (uint32_t id = 0; id < SAL_NFT_TYPES; id++) {
		assert_non_null(sal_nft_types[id].name);
		assert_int_equal(sal_nft_types[id].id, id);
		assert_int_equal(sal_nft_types[id].show == SAL_NFT_SHOW_SYMBOL,
				 sal_nft_types[id].symbols != NULL);
		assert_true(sal_nft_types[id].base < SAL_NFT_TYPES);
	}
	type = sal_nft_type_from_kernel(&arena,
					SAL_NFT_TYPE_IPADDR << 6 | SAL_NFT_TYPE_INET_SERVICE);
	assert_string_equal(type->name, "ipv4_addr . inet_service");
	assert_int_equal(type->subtypes, 2);
	assert_int_equal(type->size, 64);
	assert_ptr_equal(sal_nft_type_part(type->id, 0), &sal_nft_types[SAL_NFT_TYPE_INET_SERVICE]);
	assert_null(sal_nft_type_from_kernel(&arena, 63));
	assert_null(sal_nft_type_from_kernel(&arena, 63 << 6 | 4));
	assert_null(sal_nft_type_get(SAL_NFT_TYPE_CT_LABEL));
	assert_string_equal(sal_nft_type_from_kernel(&arena, NFT_DATA_VERDICT)->name, "verdict");
	sal_arena_done(&arena);
}

/* A load of neighbouring fields is taken apart upwards: where a field ends the next one begins later. */
static void test_headers(void **state)
{
	(void)state;
	for (unsigned h = 1; h < SAL_NFT_HEADERS; h++) {
		const struct sal_nft_header *header = &sal_nft_headers[h];
		bool ended = false;

		assert_non_null(header->name);
		assert_non_null(header->uppers);
		assert_true(header->key < SAL_NFT_HEADER_FIELDS);
		assert_true(!header->key || header->fields[header->key].name);
		for (unsigned i = 1; i < SAL_NFT_HEADER_FIELDS; i++) {
			const struct sal_nft_field *field = &header->fields[i];

			ended = ended || !field->name;
			assert_int_equal(ended, !field->name); /* no holes but the first */
			if (!field->name)
				continue;
			assert_true(field->len > 0 && field->type < SAL_NFT_TYPES);
			assert_true(!header->len || field->offset + field->len <= header->len);
		}
		for (const struct sal_nft_upper *u = header->uppers; u->header; u++)
			assert_ptr_equal(sal_nft_header_upper(header, u->number),
					 &sal_nft_headers[u->header]);
	}
	assert_int_equal(sal_nft_header_number(SAL_NFT_HEADER(INET), SAL_NFT_HEADER(IP6)), 10);
	assert_int_equal(sal_nft_header_number(SAL_NFT_HEADER(TCP), SAL_NFT_HEADER(IP)), -1);
}

static void test_options(void **state)
{
	const struct sal_nft_option *option = sal_nft_option_find(NFT_EXTHDR_OP_TCPOPT, 2);

	(void)state;
	assert_string_equal(option->name, "maxseg");
	assert_string_equal(sal_nft_option_field(option, 16, 16)->name, "size");
	assert_null(sal_nft_option_field(option, 16, 8));
	assert_null(sal_nft_option_find(NFT_EXTHDR_OP_TCPOPT, 200));
	assert_null(sal_nft_option_find(99, 0));
	assert_string_equal(sal_nft_option_find(NFT_EXTHDR_OP_IPV6, 43)->name, "rt");
	assert_string_equal(sal_nft_option_find(NFT_EXTHDR_OP_SCTP, 193)->name, "asconf");
}

static void test_names(void **state)
{
	char protocols[] = "# comment\nip\t0\tIP\n\ntcp 6 TCP # x\nodd\nbad 6x\nudp\t17";
	char marks[] = "0x10 sixteen\n7 seven\r\n8\n-1 minus\n99999999999 big\n 9  nine # c\n";
	struct sal_nft_names names;

	(void)state;
	sal_nft_names_init(&names, NULL);
	for (unsigned kind = 0; kind < SAL_NFT_NAMES_KINDS; kind++)
		names.kinds[kind].loaded = true;
	sal_nft_names_parse(&names, SAL_NFT_NAMES_PROTOCOL, protocols);
	sal_nft_names_parse(&names, SAL_NFT_NAMES_MARK, marks);
	assert_string_equal(sal_nft_names_get(&names, SAL_NFT_NAMES_PROTOCOL, 6), "tcp");
	assert_string_equal(sal_nft_names_get(&names, SAL_NFT_NAMES_PROTOCOL, 17), "udp");
	assert_null(sal_nft_names_get(&names, SAL_NFT_NAMES_PROTOCOL, 1));
	assert_string_equal(sal_nft_names_get(&names, SAL_NFT_NAMES_MARK, 16), "sixteen");
	assert_string_equal(sal_nft_names_get(&names, SAL_NFT_NAMES_MARK, 7), "seven");
	assert_string_equal(sal_nft_names_get(&names, SAL_NFT_NAMES_MARK, 9), "nine");
	assert_null(sal_nft_names_get(&names, SAL_NFT_NAMES_MARK, 8));
	assert_null(sal_nft_names_get(&names, SAL_NFT_NAMES_REALM, 8));
	sal_nft_names_done(&names);
}

/* Type, length, value; a length beyond the end ends the list. */
static void test_udata(void **state)
{
	static const uint8_t data[] = { 3, 1, 'x', 0, 2, 'a', 0, 3, 9, 'y' };
	const uint8_t *value;
	uint8_t len;

	(void)state;
	value = sal_nft_udata_find(data, sizeof(data), 0, &len);
	assert_ptr_equal(value, data + 5);
	assert_int_equal(len, 2);
	assert_ptr_equal(sal_nft_udata_find(data, sizeof(data), 3, &len), data + 2);
	assert_null(sal_nft_udata_find(data + 7, 3, 3, &len));
	assert_null(sal_nft_udata_find(data, 1, 3, &len));
	assert_null(sal_nft_udata_find(data, 0, 3, &len));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_orders),	cmocka_unit_test(test_arithmetic),
		cmocka_unit_test(test_types),	cmocka_unit_test(test_headers),
		cmocka_unit_test(test_options), cmocka_unit_test(test_names),
		cmocka_unit_test(test_udata),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
