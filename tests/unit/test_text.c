/*
 * test_text.c - text formats: addresses against inet_ntop(3) over a million random and structured
 * ones, and what parsing must refuse.
 */
#include <arpa/inet.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/macros.h"
#include "base/text.h"

static void ip_expect_as_libc(const struct sal_ip *ip)
{
	char expected[INET6_ADDRSTRLEN], got[SAL_IP_TEXT];
	struct sal_ip again;

	memset(got, 'z', sizeof(got));
	assert_non_null(inet_ntop(ip->family, ip->bytes, expected, sizeof(expected)));
	*sal_ip_format(got, ip) = '\0';
	if (strcmp(got, expected) != 0)
		fail_msg("%s instead of %s", got, expected);
	if (!sal_ip_parse(got, &again) || memcmp(&again, ip, sizeof(again)) != 0)
		fail_msg("%s does not read back", got);
}

static void test_ipv4(void **state)
{
	struct sal_ip ip = { .family = AF_INET };

	for (int at = 0; at < 4; at++) {
		memset(ip.bytes, 0, sizeof(ip.bytes));
		for (int value = 0; value < 256; value++) {
			ip.bytes[at] = (uint8_t)value;
			ip_expect_as_libc(&ip);
		}
	}
	srand(1);
	for (int i = 0; i < 200000; i++) {
		for (int k = 0; k < 4; k++)
			ip.bytes[k] = (uint8_t)rand();
		ip_expect_as_libc(&ip);
	}
}

static void test_ipv6(void **state)
{
	static const uint16_t values[] = { 0, 1, 0xf, 0x10, 0xff, 0x100, 0xfff, 0x1000, 0xffff };
	struct sal_ip ip = { .family = AF_INET6 };

	srand(2);
	/* each set of zero groups, the other groups all lengths and values of note, 0xffff among them */
	for (unsigned set = 0; set < 256; set++) {
		for (int round = 0; round < 3200; round++) {
			for (unsigned group = 0; group < 8; group++) {
				unsigned value = values[1 + rand() % 8];

				if (round % 2)
					value = (unsigned)rand() & 0xffff;
				if (set >> group & 1)
					value = 0;
				ip.bytes[group * 2] = (uint8_t)(value >> 8);
				ip.bytes[group * 2 + 1] = (uint8_t)value;
			}
			ip_expect_as_libc(&ip);
		}
	}
}

static void ip_expect(const char *text, const char *expected)
{
	char got[SAL_IP_TEXT];
	struct sal_ip ip;

	assert_true(sal_ip_parse(text, &ip));
	*sal_ip_format(got, &ip) = '\0';
	assert_string_equal(got, expected);
}

static void test_ip_parse(void **state)
{
	static const char *const bad[] = {
		"",	    "1.2.3",	  "1.2.3.4.5",	      "01.2.3.4",
		"1.2.3.4 ", " 1.2.3.4",	  "1.2.3.256",	      "0x1.2.3.4",
		"1",	    "::1%lo",	  "1::2::3",	      ":::",
		"1:2",	    "12345::",	  "::1/128",	      "1.2.3.4/32",
		"default",  "::01.2.3.4", "fe80::g",	      "1.2.3.4\n",
		"[::1]",    "-1.2.3.4",	  "1:2:3:4:5:6:7:8:9"
	};
	struct sal_ip ip = { .family = 99 };

	for (size_t i = 0; i < SAL_ARRAY_LEN(bad); i++) {
		if (sal_ip_parse(bad[i], &ip))
			fail_msg("%s was read", bad[i]);
	}
	assert_int_equal(ip.family, 99); /* untouched */
	ip_expect("FE80:0:0:0:0:0:0:1", "fe80::1");
	ip_expect("::", "::");
	ip_expect("::1", "::1");
	ip_expect("1::", "1::");
	ip_expect("::ffff:1.2.3.4", "::ffff:1.2.3.4");
	ip_expect("::ffff:102:304", "::ffff:1.2.3.4");
	ip_expect("::1.2.3.4", "::1.2.3.4");
	ip_expect("2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1");
	ip_expect("2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1");
	ip_expect("255.255.255.255", "255.255.255.255");
	assert_ptr_equal(sal_ip_format((char *)&ip, &(struct sal_ip){ 0 }),
			 &ip); /* none: nothing */
}

static void prefix_expect(const char *text, const char *expected, uint8_t family, uint8_t len)
{
	struct sal_prefix prefix;
	char got[SAL_PREFIX_TEXT];

	assert_true(sal_prefix_parse(text, &prefix));
	assert_int_equal(prefix.ip.family, family);
	assert_int_equal(prefix.len, len);
	*sal_prefix_format(got, &prefix) = '\0';
	assert_string_equal(got, expected);
}

static void test_prefix(void **state)
{
	static const char *const bad[] = { "",
					   "/",
					   "/8",
					   "10.0.0.0/",
					   "10.0.0.0/33",
					   "10.0.0.0/08",
					   "10.0.0.0/+8",
					   "10.0.0.0/-1",
					   "10.0.0.0/8/8",
					   "10.0.0.0/8 ",
					   "::/129",
					   "::/1000",
					   "10/8",
					   "Default",
					   "default/0",
					   "10.0.0.0/00",
					   "::/4294967296",
					   "10.0.0.0/255.0.0.0",
					   "1111:1111:1111:1111:1111:1111:255.255.255.255000/1" };
	struct sal_prefix prefix = { .len = 99 };

	for (size_t i = 0; i < SAL_ARRAY_LEN(bad); i++) {
		if (sal_prefix_parse(bad[i], &prefix))
			fail_msg("%s was read", bad[i]);
	}
	assert_int_equal(prefix.len, 99);
	prefix_expect("default", "default", 0, 0);
	prefix_expect("0.0.0.0/0", "default", AF_INET, 0);
	prefix_expect("::/0", "default", AF_INET6, 0);
	prefix_expect("10.0.0.0/8", "10.0.0.0/8", AF_INET, 8);
	prefix_expect("10.1.2.3/24", "10.1.2.3/24", AF_INET, 24);
	prefix_expect("10.1.2.3/32", "10.1.2.3", AF_INET, 32);
	prefix_expect("10.1.2.3", "10.1.2.3", AF_INET, 32);
	prefix_expect("fe80::/64", "fe80::/64", AF_INET6, 64);
	prefix_expect("::1", "::1", AF_INET6, 128);
	prefix_expect("::1/127", "::1/127", AF_INET6, 127);
	prefix_expect("1111:1111:1111:1111:1111:1111:255.255.255.255/100",
		      "1111:1111:1111:1111:1111:1111:ffff:ffff/100", AF_INET6, 100);
}

static void test_mac(void **state)
{
	static const char *const bad[] = { "",
					   "00:11:22:33:44",
					   "00:11:22:33:44:5",
					   "00:11:22:33:44:55:",
					   "00:11:22:33:44:55:66",
					   "00-11-22-33-44-55",
					   "0:11:22:33:44:55",
					   "00:11:22:33:44:5g",
					   "001122334455",
					   " 00:11:22:33:44:55",
					   "00:11:22:33:44:55 " };
	struct sal_mac mac = { .len = 99 };
	char text[SAL_MAC_TEXT + 1];

	for (size_t i = 0; i < SAL_ARRAY_LEN(bad); i++) {
		if (sal_mac_parse(bad[i], &mac))
			fail_msg("%s was read", bad[i]);
	}
	assert_int_equal(mac.len, 99);
	assert_true(sal_mac_parse("00:1A:2b:ff:F0:09", &mac));
	assert_int_equal(mac.len, 6);
	*sal_mac_format(text, &mac) = '\0';
	assert_string_equal(text, "00:1a:2b:ff:f0:09");
	mac.len = 0;
	assert_ptr_equal(sal_mac_format(text, &mac), text);
	mac.len = 32; /* all there is */
	assert_int_equal(sal_mac_format(text, &mac) - text, 95);
	mac = (struct sal_mac){ .len = 4, .bytes = { 10, 0, 0, 1 } };
	*sal_mac_format(text, &mac) = '\0';
	assert_string_equal(text, "0a:00:00:01");
}

static void test_ifname(void **state)
{
	assert_true(sal_ifname_valid("a"));
	assert_true(sal_ifname_valid("eth0.100@x%d\"'"));
	assert_true(sal_ifname_valid("123456789012345"));
	assert_true(sal_ifname_valid("..."));
	assert_true(sal_ifname_valid("\x01\xc3\xa9"));
	assert_false(sal_ifname_valid("1234567890123456"));
	assert_false(sal_ifname_valid(""));
	assert_false(sal_ifname_valid("."));
	assert_false(sal_ifname_valid(".."));
	assert_false(sal_ifname_valid("a/b"));
	assert_false(sal_ifname_valid("a:b"));
	assert_false(sal_ifname_valid("a b"));
	assert_false(sal_ifname_valid("a\tb"));
	assert_false(sal_ifname_valid("a\n"));
	assert_false(sal_ifname_valid("a\xc3\xa0")); /* a with grave: its second byte is 0xa0 */
}

static void test_path(void **state)
{
	char longest[PATH_MAX + 1];

	assert_true(sal_path_valid("/"));
	assert_true(sal_path_valid("/mnt"));
	assert_true(sal_path_valid("/mnt/a b/.c/..d/e../..."));
	assert_true(sal_path_valid("/mnt/\xc3\xa9"));
	assert_false(sal_path_valid(""));
	assert_false(sal_path_valid("mnt"));
	assert_false(sal_path_valid("./mnt"));
	assert_false(sal_path_valid("/mnt/"));
	assert_false(sal_path_valid("//"));
	assert_false(sal_path_valid("//mnt"));
	assert_false(sal_path_valid("/mnt//a"));
	assert_false(sal_path_valid("/."));
	assert_false(sal_path_valid("/.."));
	assert_false(sal_path_valid("/mnt/."));
	assert_false(sal_path_valid("/mnt/../a"));
	assert_false(sal_path_valid("/mnt/./a"));
	assert_false(sal_path_valid("/mnt\n"));
	assert_false(sal_path_valid("/mnt/\x7f"));
	memset(longest, 'p', sizeof(longest));
	longest[0] = '/';
	longest[PATH_MAX - 1] = '\0';
	assert_true(sal_path_valid(longest));
	longest[PATH_MAX - 1] = 'p';
	longest[PATH_MAX] = '\0';
	assert_false(sal_path_valid(longest));
}

static void test_uuid(void **state)
{
	assert_true(sal_uuid_valid("0fc63daf-8483-4772-8E79-3D69D8477DE4"));
	assert_true(sal_uuid_valid("1A2B-3c4d"));
	assert_false(sal_uuid_valid(""));
	assert_false(sal_uuid_valid("1A2B-3C4"));
	assert_false(sal_uuid_valid("1A2B-3C4D5"));
	assert_false(sal_uuid_valid("1A2B3C4D"));
	assert_false(sal_uuid_valid("1A2G-3C4D"));
	assert_false(sal_uuid_valid("0fc63daf-8483-4772-8e79-3d69d8477de"));
	assert_false(sal_uuid_valid("0fc63daf-8483-4772-8e79-3d69d8477de44"));
	assert_false(sal_uuid_valid("0fc63daf84834772-8e79-3d69d8477de4000"));
	assert_false(sal_uuid_valid("{fc63daf-8483-4772-8e79-3d69d8477de4"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ipv4),	 cmocka_unit_test(test_ipv6),
		cmocka_unit_test(test_ip_parse), cmocka_unit_test(test_prefix),
		cmocka_unit_test(test_mac),	 cmocka_unit_test(test_ifname),
		cmocka_unit_test(test_path),	 cmocka_unit_test(test_uuid),
	};

	return cmocka_run_group_tests_name("text", tests, NULL, NULL);
}
