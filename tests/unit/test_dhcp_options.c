/*
 * test_dhcp_options.c - DHCPv4 and DHCPv6 messages, byte by byte: what holds, and what is refused.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/macros.h"
#include "net/dhcp6_options.h"
#include "net/dhcp_domains.h"

#define BYTES(...) ((const uint8_t[]){ __VA_ARGS__ }), sizeof((const uint8_t[]){ __VA_ARGS__ })

static struct sal_arena arena;

static int setup(void **state)
{
	sal_arena_init(&arena);
	return 0;
}

static int teardown(void **state)
{
	sal_arena_done(&arena);
	return 0;
}

/* A message of exactly these options; in memory of its own, so that a step beyond is seen. */
static bool read4(const uint8_t *options, size_t len, struct sal_dhcp4 *dhcp)
{
	uint8_t *message = calloc(1, 240 + len);
	bool ok;

	message[0] = 2;
	message[2] = 6;
	memcpy(message + 4, "\x12\x34\x56\x78", 4);
	memcpy(message + 16, "\xc0\x00\x02\x05", 4);
	memcpy(message + 28, "\x02\x00\x00\x00\x00\x01", 6);
	memcpy(message + 236, "\x63\x82\x53\x63", 4);
	memcpy(message + 240, options, len);
	ok = sal_dhcp4_read(&arena, message, 240 + len, dhcp);
	free(message);
	return ok;
}

static void test_message(void **state)
{
	struct sal_dhcp4 dhcp;
	uint8_t bytes[240] = { 2 };

	assert_true(read4(BYTES(53, 1, 5, 1, 4, 255, 255, 254, 0, 54, 4, 192, 0, 2, 1, 51, 4, 0, 0,
				14, 16, 58, 4, 0, 0, 7, 8, 59, 4, 0, 0, 12, 78, 255, 3, 4, 9),
			  &dhcp));
	assert_int_equal(dhcp.nfaults, 0);
	assert_int_equal(dhcp.xid, 0x12345678);
	assert_int_equal(dhcp.type, SAL_DHCP4_ACK);
	assert_int_equal(dhcp.prefixlen, 23);
	assert_int_equal(dhcp.chaddr.len, 6);
	assert_memory_equal(dhcp.yiaddr.bytes, "\xc0\x00\x02\x05", 4);
	assert_memory_equal(dhcp.server.bytes, "\xc0\x00\x02\x01", 4);
	assert_true(dhcp.lease_time == 3600 && dhcp.t1 == 1800 && dhcp.t2 == 3150);
	assert_int_equal(dhcp.routers.len, 0); /* behind the end */
	assert_false(sal_dhcp4_read(&arena, bytes, sizeof(bytes), &dhcp)); /* no cookie */
	assert_false(sal_dhcp4_read(&arena, bytes, 239, &dhcp));
	assert_false(sal_dhcp4_read(&arena, bytes, 0, &dhcp));
	bytes[0] = 3;
	memcpy(bytes + 236, "\x63\x82\x53\x63", 4);
	assert_false(sal_dhcp4_read(&arena, bytes, sizeof(bytes), &dhcp));
	bytes[0] = 1;
	assert_true(sal_dhcp4_read(&arena, bytes, sizeof(bytes), &dhcp));
	assert_int_equal(dhcp.type, SAL_DHCP4_NONE);
}

/* K8: each has one fault, and whatever else was sent holds. */
static void test_refused(void **state)
{
	static const struct {
		uint8_t options[16];
		size_t len;
		uint16_t fault;
	} cases[] = {
		{ { 1, 0 }, 2, 1 },
		{ { 1, 3, 255, 255, 255 }, 5, 1 },
		{ { 1, 4, 255, 0, 255, 0 }, 6, 1 },
		{ { 3, 0 }, 2, 3 },
		{ { 3, 5, 1, 2, 3, 4, 5 }, 7, 3 },
		{ { 12, 0 }, 2, 12 },
		{ { 12, 3, 'a', '\n', 'b' }, 5, 12 },
		{ { 12, 3, 'a', ';', 'b' }, 5, 12 },
		{ { 12, 3, 'a', 0, 'b' }, 5, 12 },
		{ { 12, 2, 0, 0 }, 4, 12 },
		{ { 15, 2, '.', 'a' }, 4, 15 },
		{ { 15, 1, '.' }, 3, 15 },
		{ { 15, 1, 0xe9 }, 3, 15 },
		{ { 26, 2, 0, 67 }, 4, 26 },
		{ { 26, 1, 255 }, 3, 26 },
		{ { 33, 8, 0, 0, 0, 0, 1, 2, 3, 4 }, 10, 33 },
		{ { 33, 7, 10, 0, 0, 0, 1, 2, 3 }, 9, 33 },
		{ { 51, 4, 0, 0, 0, 0 }, 6, 51 },
		{ { 51, 3, 0, 0, 1 }, 5, 51 },
		{ { 51, 4, 0, 0, 0, 9, 58, 4, 0, 0, 0, 10 }, 12, 58 },
		{ { 51, 4, 0, 0, 0, 9, 59, 4, 0, 0, 0, 10 }, 12, 59 },
		{ { 58, 4, 0, 0, 0, 9, 59, 4, 0, 0, 0, 8 }, 12, 58 },
		{ { 53, 1, 0 }, 3, 53 },
		{ { 53, 1, 19 }, 3, 53 },
		{ { 52, 1, 4 }, 3, 52 },
		{ { 61, 1, 1 }, 3, 61 },
		{ { 119, 2, 1, 'a' }, 4, 119 },
		{ { 119, 2, 0xc0, 0 }, 4, 119 },
		{ { 119, 3, 1, '\n', 0 }, 5, 119 },
		{ { 121, 4, 0, 1, 2, 3 }, 6, 121 },
		{ { 121, 6, 33, 1, 2, 3, 4, 5 }, 8, 121 },
		{ { 121, 6, 8, 10, 1, 2, 3, 4 }, 8, 0 }, /* this one holds */
		{ { 121, 6, 9, 10, 1, 2, 3, 4 }, 8, 121 },
		{ { 12 }, 1, 12 },
		{ { 12, 255, 'a' }, 3, 12 },
		{ { 0, 0, 0, 255, 12, 255 }, 6, 0 },
		{ { 200, 0, 201, 2, 1, 1 }, 6, 0 },
	};

	for (size_t i = 0; i < SAL_ARRAY_LEN(cases); i++) {
		struct sal_dhcp4 dhcp;

		assert_true(read4(cases[i].options, cases[i].len, &dhcp));
		assert_int_equal(dhcp.nfaults, cases[i].fault != 0);
		if (cases[i].fault)
			assert_int_equal(dhcp.faults[0].option, cases[i].fault);
		assert_null(dhcp.hostname);
		assert_null(dhcp.domain);
		assert_int_equal(dhcp.search.len, 0);
		assert_false(dhcp.has.t1 && dhcp.has.t2);
		assert_int_equal(dhcp.nroutes, i == 31);
	}
}

static void test_lists(void **state)
{
	struct sal_dhcp4 dhcp;

	assert_true(read4(BYTES(121, 19, 0, 192, 0, 2, 1, 17, 10, 3, 255, 0, 0, 0, 0, 32, 1, 2, 3,
				4, 5, 33, 8, 10, 0, 0, 0, 192, 0, 2, 2),
			  &dhcp));
	assert_int_equal(dhcp.nfaults, 1); /* the last one has five bytes too few */
	assert_int_equal(dhcp.nroutes, 1); /* so option 33 holds */
	assert_false(dhcp.classless);
	assert_true(read4(BYTES(33, 8, 10, 0, 0, 0, 192, 0, 2, 2, 121, 13, 0, 192, 0, 2, 1, 17, 10,
				3, 255, 0, 0, 0, 0),
			  &dhcp));
	assert_true(dhcp.classless && dhcp.nroutes == 2 && !dhcp.nfaults);
	assert_int_equal(dhcp.routes[1].dst.len, 17);
	assert_memory_equal(dhcp.routes[1].dst.ip.bytes, "\x0a\x03\x80\x00", 4);
	/* An option in pieces (RFC 3396), one of them in the file field. */
	assert_true(read4(BYTES(6, 2, 192, 0, 0, 6, 2, 2, 53), &dhcp));
	assert_int_equal(dhcp.dns.len, 1);
	assert_memory_equal(dhcp.dns.items[0].bytes, "\xc0\x00\x02\x35", 4);
	assert_true(read4(BYTES(12, 6, 'n', 'o', 'd', 'e', 0, 0, 15, 4, 'a', '.', 'b', '.', 51, 4,
				255, 255, 255, 255, 61, 2, 255, 0),
			  &dhcp));
	assert_string_equal(dhcp.hostname, "node");
	assert_string_equal(dhcp.domain, "a.b");
	assert_true(dhcp.lease_time == SAL_DHCP_FOREVER && dhcp.client_id_len == 2);
}

static void test_overload(void **state)
{
	uint8_t message[244] = { 2 };
	struct sal_dhcp4 dhcp;

	memcpy(message + 236, "\x63\x82\x53\x63\x34\x01\x03\xff", 8);
	memcpy(message + 108, "\x06\x02\xc0\x00\xff\x0c\x01x", 8);
	memcpy(message + 44, "\x06\x02\x02\x35", 4);
	assert_true(sal_dhcp4_read(&arena, message, sizeof(message), &dhcp));
	assert_true(dhcp.dns.len == 1 && !dhcp.hostname && !dhcp.nfaults);
	memset(message + 44, 7, 64); /* 63 bytes of options, then one that has no length, and half an address */
	assert_true(sal_dhcp4_read(&arena, message, sizeof(message), &dhcp));
	assert_int_equal(dhcp.nfaults, 2);
}

static void test_domains(void **state)
{
	struct sal_strings names = { 0 };
	uint8_t longest[255];

	assert_null(sal_dhcp_domains_read(
		&arena, BYTES(1, 'a', 3, 'o', 'r', 'g', 0, 1, 'b', 0xc0, 2), true, &names));
	assert_int_equal(names.len, 2);
	assert_string_equal(names.items[0], "a.org");
	assert_string_equal(names.items[1], "b.org");
	assert_non_null(
		sal_dhcp_domains_read(&arena, BYTES(1, 'a', 0, 1, 'b', 0xc0, 0), false, &names));
	assert_non_null(sal_dhcp_domains_read(&arena, BYTES(1, 'a', 0xc0, 0), true, &names));
	assert_non_null(sal_dhcp_domains_read(&arena, BYTES(1, 'a', 0xc0, 9), true, &names));
	assert_non_null(sal_dhcp_domains_read(&arena, BYTES(1, 'a', 0xc0), true, &names));
	assert_non_null(sal_dhcp_domains_read(&arena, BYTES(0x40, 'a', 0), true, &names));
	assert_non_null(sal_dhcp_domains_read(&arena, BYTES(3, 'a', '.', 'b', 0), true, &names));
	assert_non_null(sal_dhcp_domains_read(&arena, BYTES(0), true, &names));
	assert_non_null(sal_dhcp_domains_read(&arena, NULL, 0, true, &names));
	memset(longest, 'x', sizeof(longest));
	for (size_t at = 0; at < 254; at += 64)
		longest[at] = at == 192 ? 61 : 63;
	longest[254] = 0;
	assert_null(sal_dhcp_domains_read(&arena, longest, 255, true, &names));
	assert_int_equal(strlen(names.items[0]), 253);
}

static void test_dhcp6(void **state)
{
	struct sal_dhcp6 dhcp;

	assert_true(sal_dhcp6_read(
		&arena,
		BYTES(7, 1, 2, 3, 0, 1, 0, 4, 0, 3, 0, 1, 0, 2, 0, 4, 0, 3, 0, 2, 0, 3, 0, 40, 0, 0,
		      0, 9, 0, 0, 0, 30, 0, 0, 0, 48, 0, 5, 0, 24, 0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0,
		      0, 0, 0, 0, 0, 5, 0, 0, 0, 60, 0, 0, 0, 120, 0, 25, 0, 41, 0, 0, 0, 8, 0, 0,
		      0, 0, 0, 0, 0, 0, 0, 26, 0, 25, 0, 0, 0, 60, 0, 0, 0, 120, 56, 0xfd, 0, 0, 0,
		      0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 24, 0, 3, 1, 'a', 0),
		&dhcp));
	assert_int_equal(dhcp.nfaults, 0);
	assert_true(dhcp.xid == 0x010203 && dhcp.client_id.len == 4 && dhcp.server_id.len == 4);
	assert_int_equal(dhcp.nitems, 2);
	assert_true(dhcp.items[0].iaid == 9 && dhcp.items[0].t2 == 48 &&
		    dhcp.items[0].valid == 120);
	assert_true(dhcp.items[1].kind == SAL_DHCP6_IA_PD && dhcp.items[1].prefix.len == 56);
	assert_string_equal(dhcp.search.items[0], "a");
	assert_false(sal_dhcp6_read(&arena, BYTES(7, 0, 0), &dhcp));
	assert_false(sal_dhcp6_read(&arena, BYTES(12, 0, 0, 0), &dhcp));
}

static void test_dhcp6_refused(void **state)
{
	static const struct {
		uint8_t options[64];
		size_t len;
		uint16_t fault;
	} cases[] = {
		{ { 0, 1, 0, 2, 0, 1 }, 6, 1 },
		{ { 0, 1, 0, 9, 0, 1 }, 6, 1 },
		{ { 0, 1, 0 }, 3, 1 },
		{ { 9 }, 1, 0 },
		{ { 0, 3, 0, 11 }, 15, 3 },
		{ { 0, 3, 0, 12, 0, 0, 0, 1, 0, 0, 0, 9, 0, 0, 0, 8 }, 16, 3 },
		{ { 0, 3, 0, 16, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 5, 0, 24 }, 20, 5 },
		{ { 0, 3, 0, 40, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 5, 0, 24, 0, 0,
		    0, 0, 0, 0,	 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 9, 0, 0,  0, 8 },
		  44,
		  5 },
		{ { 0, 25, 0,  41, 0,  0, 0, 1, 0, 0, 0, 0, 0, 0,  0,
		    0, 0,  26, 0,  25, 0, 0, 0, 1, 0, 0, 0, 2, 129 },
		  45,
		  26 },
		{ { 0, 23, 0, 15 }, 19, 23 },
		{ { 0, 24, 0, 2, 1, 'a' }, 6, 24 },
		{ { 0, 24, 0, 3, 1, ';', 0 }, 7, 24 },
		{ { 0, 56, 0, 8, 0, 1, 0, 4, 1, 2, 3, 4 }, 12, 56 },
		{ { 0, 13, 0, 1, 0 }, 5, 13 },
	};

	for (size_t i = 0; i < SAL_ARRAY_LEN(cases); i++) {
		uint8_t *message = malloc(4 + cases[i].len);
		struct sal_dhcp6 dhcp;

		memcpy(message, "\7\0\0\0", 4);
		memcpy(message + 4, cases[i].options, cases[i].len);
		assert_true(sal_dhcp6_read(&arena, message, 4 + cases[i].len, &dhcp));
		assert_int_equal(dhcp.nfaults, 1);
		assert_int_equal(dhcp.faults[0].option, cases[i].fault);
		assert_int_equal(dhcp.nitems, 0);
		free(message);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_message),	      cmocka_unit_test(test_refused),
		cmocka_unit_test(test_lists),	      cmocka_unit_test(test_overload),
		cmocka_unit_test(test_domains),	      cmocka_unit_test(test_dhcp6),
		cmocka_unit_test(test_dhcp6_refused),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
