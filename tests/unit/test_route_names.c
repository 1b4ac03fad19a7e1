/* test_route_names.c - iproute2's names: the built-in ones, its file format, and numbers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "net/names.h"

/* Names as if the files had been read already. */
static void names_open(struct sal_net_names *names)
{
	sal_net_names_init(names);
	for (unsigned kind = 0; kind < SAL_NET_NAMES_KINDS; kind++)
		names->kinds[kind].loaded = true;
}

static void test_known(void **state)
{
	struct sal_net_names names;
	uint32_t id;

	names_open(&names);
	assert_string_equal(sal_net_names_get(&names, SAL_NET_NAMES_PROTOCOL, 2), "kernel");
	assert_string_equal(sal_net_names_get(&names, SAL_NET_NAMES_SCOPE, 253), "link");
	assert_string_equal(sal_net_names_get(&names, SAL_NET_NAMES_TABLE, 254), "main");
	assert_true(sal_net_names_find(&names, SAL_NET_NAMES_PROTOCOL, "eigrp", 255, &id));
	assert_int_equal(id, 192);
	assert_true(sal_net_names_find(&names, SAL_NET_NAMES_TABLE, "local", UINT32_MAX, &id));
	assert_int_equal(id, 255);
	sal_net_names_done(&names);
}

static void test_numbers(void **state)
{
	struct sal_net_names names;
	uint32_t id = 0;

	names_open(&names);
	assert_string_equal(sal_net_names_get(&names, SAL_NET_NAMES_PROTOCOL, 173), "173");
	assert_string_equal(sal_net_names_get(&names, SAL_NET_NAMES_TABLE, UINT32_MAX), "4294967295");
	assert_string_equal(sal_net_names_get(&names, SAL_NET_NAMES_DSFIELD, 8), "0x08");
	assert_true(sal_net_names_find(&names, SAL_NET_NAMES_TABLE, "0x10", UINT32_MAX, &id));
	assert_int_equal(id, 16);
	assert_true(sal_net_names_find(&names, SAL_NET_NAMES_TABLE, "4294967295", UINT32_MAX, &id));
	assert_int_equal(id, UINT32_MAX);
	static const char *const bad[] = { "",	"-1", "+1",	    " 1",	  "1 ",
					   "1x", "256", "4294967296", "99999999999999999999" };
	for (size_t i = 0; i < SAL_ARRAY_LEN(bad); i++)
		assert_false(sal_net_names_find(&names, SAL_NET_NAMES_PROTOCOL, bad[i], 255, &id));
	sal_net_names_done(&names);
}

static void test_file(void **state)
{
	char text[] = "# comment\n\n  \n100 uplink\n0x65\thex # why\n100 later\nbroken\n102\n-3 minus\n"
		      "99999999999 huge\n#103 off\n\r\n104 crlf\r\n105 last";
	struct sal_net_names names;
	uint32_t id;

	names_open(&names);
	sal_net_names_parse(&names, SAL_NET_NAMES_TABLE, text);
	assert_int_equal(names.kinds[SAL_NET_NAMES_TABLE].len, 5);
	assert_string_equal(sal_net_names_get(&names, SAL_NET_NAMES_TABLE, 100), "later");
	assert_string_equal(sal_net_names_get(&names, SAL_NET_NAMES_TABLE, 101), "hex");
	assert_string_equal(sal_net_names_get(&names, SAL_NET_NAMES_TABLE, 103), "103");
	assert_string_equal(sal_net_names_get(&names, SAL_NET_NAMES_TABLE, 104), "crlf");
	assert_true(sal_net_names_find(&names, SAL_NET_NAMES_TABLE, "uplink", UINT32_MAX, &id));
	assert_int_equal(id, 100);
	assert_true(sal_net_names_find(&names, SAL_NET_NAMES_TABLE, "last", UINT32_MAX, &id));
	assert_int_equal(id, 105);
	assert_false(sal_net_names_find(&names, SAL_NET_NAMES_TABLE, "last", 104, &id));
	sal_net_names_done(&names);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_known),
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
