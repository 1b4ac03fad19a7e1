/*
 * test_feature_text.c - what files say about modules, options, packages and sockets.
 *
 * For the states that no kernel at hand shows: tests/net/test_config.py has the rest.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "net/feature_text.h"
#include "net/listener.h"

static int setup(void **state)
{
	static struct sal_arena arena;

	sal_arena_init(&arena);
	*state = &arena;
	return 0;
}

static int teardown(void **state)
{
	sal_arena_done(*state);
	return 0;
}

static void test_files(void **state)
{
	struct sal_net_modules modules = sal_net_modules_files(
		*state, "kernel/net/bridge/bridge.ko.xz: kernel/net/802/stp.ko.xz\n"
			"kernel/net/8021q/8021q.ko\n"
			"updates/dkms/my-driver.ko.zst:\n"
			"plain.ko:\n"
			"\n"
			"kernel/no_suffix\n"
			"kernel/odd.kox\n"
			"kernel/.ko\n"
			"kernel/last.ko");

	assert_int_equal(modules.len, 5);
	assert_true(sal_net_modules_has(&modules, "bridge"));
	assert_true(sal_net_modules_has(&modules, "8021q"));
	assert_true(sal_net_modules_has(&modules, "my_driver"));
	assert_true(sal_net_modules_has(&modules, "plain"));
	assert_true(sal_net_modules_has(&modules, "last"));
	assert_false(sal_net_modules_has(&modules, "stp")); /* only what another one needs */
	assert_false(sal_net_modules_has(&modules, "brid"));
}

static void test_live(void **state)
{
	struct sal_net_modules modules = sal_net_modules_live(
		*state, "bridge 311296 1 br_netfilter, Live 0x0000000000000000\n"
			"coming 1 0 - Loading 0x0\n"
			"going 1 0 - Unloading 0x0\n"
			"tainted 1 0 - Live 0x0 (OE)\n"
			"short\n");

	assert_int_equal(modules.len, 2);
	assert_true(sal_net_modules_has(&modules, "bridge"));
	assert_true(sal_net_modules_has(&modules, "tainted"));
}

static void test_option(void **state)
{
	static const char text[] =
		"#\n# Linux\n#\nCONFIG_NET=y\nCONFIG_VXLAN=m\n# CONFIG_TUN is not set\n"
		"CONFIG_NET_VRF=m\nCONFIG_HZ=250\nXCONFIG_IFB=y\nCONFIG_LAST=y";

	assert_int_equal(sal_net_kconfig_option(text, "NET"), 'y');
	assert_int_equal(sal_net_kconfig_option(text, "VXLAN"), 'm');
	assert_int_equal(sal_net_kconfig_option(text, "TUN"), 'n');
	assert_int_equal(sal_net_kconfig_option(text, "VRF"), 'n');
	assert_int_equal(sal_net_kconfig_option(text, "HZ"), 'n');
	assert_int_equal(sal_net_kconfig_option(text, "IFB"), 'n');
	assert_int_equal(sal_net_kconfig_option(text, "LAST"), 'y');
	assert_int_equal(sal_net_kconfig_option("", "NET"), 'n');
}

static void test_package(void **state)
{
	static const char status[] =
		"Package: nft\nStatus: deinstall ok config-files\nVersion: 1\n\n"
		"Package: kmod\nStatus: install ok installed\nDescription: a\n"
		" Package: fake\n Version: 9\n\n"
		"Package: ip\nStatus: install ok half-configured\nVersion: 2\n\n"
		"Package: ip\nStatus: install ok installed\nArchitecture: amd64\nVersion: 3-1\n\n"
		"Package: last\nStatus: install ok installed\nVersion: 4";

	assert_null(sal_net_dpkg_version(*state, status, "nft"));
	assert_null(sal_net_dpkg_version(*state, status, "kmod"));
	assert_null(sal_net_dpkg_version(*state, status, "fake"));
	assert_null(sal_net_dpkg_version(*state, status, "i"));
	assert_null(sal_net_dpkg_version(*state, "", "ip"));
	assert_string_equal(sal_net_dpkg_version(*state, status, "ip"), "3-1");
	assert_string_equal(sal_net_dpkg_version(*state, status, "last"), "4");
}

static void test_list(void **state)
{
	static const char list[] = "/.\n/usr\n/usr/bin/ss\n/sbin/ip\n/bin/last";

	assert_true(sal_net_dpkg_lists(list, "/sbin/ip"));
	assert_true(sal_net_dpkg_lists(list, "/usr/sbin/ip"));
	assert_true(sal_net_dpkg_lists(list, "/bin/ss"));
	assert_true(sal_net_dpkg_lists(list, "/usr/bin/last"));
	assert_false(sal_net_dpkg_lists(list, "/usr/local/sbin/ip"));
	assert_false(sal_net_dpkg_lists(list, "/usr/sbin/i"));
	assert_false(sal_net_dpkg_lists("", "/sbin/ip"));
}

/* As little-endian machines show it. */
static void test_listener(void **state)
{
	static const char head[] = "  sl  local_address rem_address   st tx_queue rx_queue\n";
	struct sal_ip stub, other, one;
	char text[512];

	if (__BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__)
		skip();
	assert_true(sal_ip_parse("127.0.0.53", &stub) && sal_ip_parse("127.0.0.54", &other) &&
		    sal_ip_parse("::1", &one));
	snprintf(text, sizeof(text), "%s  12: 3500007F:0035 00000000:0000 07 0:0\n", head);
	assert_true(sal_net_listener_in(text, AF_INET, &stub, 53));
	assert_false(sal_net_listener_in(text, AF_INET, &stub, 54));
	assert_false(sal_net_listener_in(text, AF_INET, &other, 53));
	snprintf(text, sizeof(text), "%s  12: 3500007F:0035 0900007F:0009 01 0:0\n", head);
	assert_false(sal_net_listener_in(text, AF_INET, &stub, 53));
	snprintf(text, sizeof(text),
		 "%s  1: 00000000000000000000000001000000:0035 "
		 "00000000000000000000000000000000:0000 07",
		 head);
	assert_true(sal_net_listener_in(text, AF_INET6, &one, 53));
	assert_false(sal_net_listener_in(text, AF_INET6, &stub, 53));
	assert_false(sal_net_listener_in("1: 35", AF_INET, &stub, 53));
	assert_false(sal_net_listener_in("", AF_INET, &stub, 53));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_files, setup, teardown),
		cmocka_unit_test_setup_teardown(test_live, setup, teardown),
		cmocka_unit_test_setup_teardown(test_option, setup, teardown),
		cmocka_unit_test_setup_teardown(test_package, setup, teardown),
		cmocka_unit_test_setup_teardown(test_list, setup, teardown),
		cmocka_unit_test_setup_teardown(test_listener, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
