/*
 * test_field.c - field tables as the generator emits them (probe.json): every kind of member
 * encoded, every kind of parameter decoded, every fault with its pointer and words.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/json_scan.h"
#include "params.h"
#include "probe.h"

struct fixture {
	struct sal_arena arena;
	struct sal_error err;
	struct sal_probe_params params;
};

static int decode(struct fixture *f, const char *text)
{
	f->err = (struct sal_error){ 0 };
	return sal_params_read(&f->arena, &sal_probe_params_type, text, text ? strlen(text) : 0,
			       &f->params, &f->err);
}

static int setup(void **state)
{
	static struct fixture f;

	sal_arena_init(&f.arena);
	*state = &f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	sal_arena_done(&f->arena);
	return 0;
}

static void assert_encodes(const void *value, const struct sal_type *type, const char *expected)
{
	struct sal_buf buf = SAL_BUF_EMPTY;
	size_t at;

	sal_encode(&buf, type, value);
	assert_int_equal(sal_json_check(buf.data, buf.len, 32, &at), SAL_JSON_FINE);
	sal_buf_putc(&buf, 0);
	assert_string_equal(buf.data, expected);
	sal_buf_done(&buf);
}

static void required_members_are_always_written(void **state)
{
	struct sal_probe p = { .name = "a" };

	assert_encodes(&p, &sal_probe_type, "{\"name\":\"a\",\"parent\":null}");
	sal_set(&p, parent, "b");
	assert_encodes(&p, &sal_probe_type, "{\"name\":\"a\",\"parent\":\"b\"}");
}

static void odd_keys_are_kept(void **state)
{
	struct sal_probe p = { .name = "a" };

	sal_set(&p, maj_min, "8:0");
	sal_set(&p, use_pct, "5%");
	sal_set(&p, default_, true);
	assert_encodes(&p, &sal_probe_type,
		       "{\"name\":\"a\",\"maj:min\":\"8:0\",\"use%\":\"5%\",\"default\":true,"
		       "\"parent\":null}");
}

static void numbers_keep_their_range(void **state)
{
	struct sal_probe p = { .name = "n" };

	sal_set(&p, parent, "");
	sal_set(&p, i32, INT32_MIN);
	sal_set(&p, i64, INT64_MIN);
	sal_set(&p, u8, UINT8_MAX);
	sal_set(&p, u16, UINT16_MAX);
	sal_set(&p, u32, UINT32_MAX);
	sal_set(&p, u64, UINT64_MAX);
	sal_set(&p, ratio, 0.1);
	assert_encodes(&p, &sal_probe_type,
		       "{\"name\":\"n\",\"parent\":\"\",\"i32\":-2147483648,"
		       "\"i64\":-9223372036854775808,\"u8\":255,\"u16\":65535,\"u32\":4294967295,"
		       "\"u64\":18446744073709551615,\"ratio\":0.1}");
}

static void addresses_are_text(void **state)
{
	struct sal_probe p = { .name = "n" };

	sal_set(&p, parent, "");
	sal_set(&p, family, SAL_FAMILY_INET6);
	p.has.address = sal_ip_parse("2001:db8::1", &p.address);
	p.has.dst = sal_prefix_parse("10.0.0.0/8", &p.dst);
	p.has.mac = sal_mac_parse("02:00:00:00:00:ff", &p.mac);
	assert_encodes(&p, &sal_probe_type,
		       "{\"name\":\"n\",\"parent\":\"\",\"family\":\"inet6\","
		       "\"address\":\"2001:db8::1\",\"dst\":\"10.0.0.0/8\","
		       "\"mac\":\"02:00:00:00:00:ff\"}");
}

static void arrays_and_nested_objects(void **state)
{
	static const char *const strings[] = { "x", "y\n" };
	static const uint32_t numbers[] = { 1, 2 };
	struct sal_probe_leg legs[] = { { .dev = "a" }, { .dev = "b" } };
	struct sal_probe_blue blue = { .depth = -3 };
	struct sal_probe child = { .name = "c" }, p = { .name = "p" };

	sal_set(&p, parent, "");
	sal_set(&p, strings, ((struct sal_strings){ strings, 2 }));
	sal_set(&p, numbers, ((struct sal_u32s){ numbers, 2 }));
	sal_set(&p, addresses, ((struct sal_ips){ NULL, 0 }));
	sal_set(&legs[1], weight, 9);
	sal_set(&p, leg, &legs[1]);
	sal_set(&p, legs, ((struct sal_probe_leg_array){ legs, 2 }));
	sal_set(&p, any, ((struct sal_any){ &sal_probe_blue_type, &blue }));
	sal_set(&p, children, ((struct sal_probe_array){ &child, 1 }));
	assert_encodes(&p, &sal_probe_type,
		       "{\"name\":\"p\",\"parent\":\"\",\"strings\":[\"x\",\"y\\n\"],"
		       "\"numbers\":[1,2],\"addresses\":[],\"leg\":{\"dev\":\"b\",\"weight\":9},"
		       "\"legs\":[{\"dev\":\"a\"},{\"dev\":\"b\",\"weight\":9}],"
		       "\"any\":{\"depth\":-3},\"children\":[{\"name\":\"c\",\"parent\":null}]}");
}

static void parameters_by_name(void **state)
{
	struct fixture *f = *state;
	const struct sal_probe_params *p = &f->params;

	assert_int_equal(decode(f, "{\"ifname\":\"eth0\",\"family\":\"inet6\",\"count\":200,"
				   "\"on\":false,\"address\":\"::1\",\"dst\":\"default\","
				   "\"mac\":\"02:00:00:00:00:01\",\"path\":\"/a/b\",\"big\":-5,"
				   "\"ratio\":2,\"tags\":[\"a\",\"b\"],\"leg\":{\"dev\":\"x\"},"
				   "\"legs\":[{\"dev\":\"y\",\"weight\":4294967295}]}"),
			 0);
	assert_string_equal(p->ifname, "eth0");
	assert_true(p->has.family && p->family == SAL_FAMILY_INET6);
	assert_int_equal(p->count, 200);
	assert_true(p->has.on && !p->on);
	assert_int_equal(p->address.family, AF_INET6);
	assert_int_equal(p->dst.len, 0);
	assert_int_equal(p->mac.bytes[5], 1);
	assert_string_equal(p->path, "/a/b");
	assert_int_equal(p->big, -5);
	assert_true(p->ratio == 2.0);
	assert_int_equal(p->tags.len, 2);
	assert_string_equal(p->tags.items[1], "b");
	assert_string_equal(p->leg->dev, "x");
	assert_int_equal(p->legs.len, 1);
	assert_int_equal(p->legs.items[0].weight, UINT32_MAX);
}

static void defaults_stand_in_for_what_is_not_sent(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(decode(f, "{\"ifname\":\"eth0\",\"count\":null}"), 0);
	assert_int_equal(f->params.count, 7);
	assert_false(f->params.has.count);
	assert_string_equal(f->params.mode, "main");
	assert_true(f->params.on);
	assert_false(f->params.has.family);
}

static void parameters_by_position(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(decode(f, "[\"eth0\",\"inet\",3]"), 0);
	assert_string_equal(f->params.ifname, "eth0");
	assert_int_equal(f->params.count, 3);
	assert_int_equal(decode(f, "[\"eth0\",null,3]"), 0);
	assert_false(f->params.has.family);
	assert_int_equal(decode(f, "[]"), -EINVAL);
	assert_string_equal(f->err.field, "/ifname");
	assert_int_equal(decode(f, "[\"eth0\",\"inet\",999]"), -EINVAL);
	assert_string_equal(f->err.field, "/2");
	assert_int_equal(decode(f, "[0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0]"), -EINVAL);
}

static void faults_name_the_parameter(void **state)
{
	static const struct {
		const char *params, *field, *words;
	} cases[] = {
		{ "{}", "/ifname", "missing" },
		{ NULL, "/ifname", "missing" },
		{ "null", "/ifname", "missing" },
		{ "{\"ifname\":null}", "/ifname", "missing" },
		{ "\"x\"", "", "expected an object" },
		{ "7", "", "expected an object" },
		{ "{\"ifname\":7}", "/ifname", "expected a string" },
		{ "{\"ifname\":\"\"}", "/ifname", "interface name" },
		{ "{\"ifname\":\"a/b\"}", "/ifname", "interface name" },
		{ "{\"ifname\":\"0123456789abcdef\"}", "/ifname", "interface name" },
		{ "{\"ifname\":\"a\",\"nope\":1}", "/nope", "no such parameter" },
		{ "{\"ifname\":\"a\",\"Family\":\"inet\"}", "/Family", "no such parameter" },
		{ "{\"ifname\":\"a\",\"a/b~c\":1}", "/a~1b~0c", "no such parameter" },
		{ "{\"ifname\":\"a\",\"family\":\"ipx\"}", "/family", "inet, inet6" },
		{ "{\"ifname\":\"a\",\"family\":4}", "/family", "inet, inet6" },
		{ "{\"ifname\":\"a\",\"count\":0}", "/count", "between 1 and 200" },
		{ "{\"ifname\":\"a\",\"count\":201}", "/count", "between 1 and 200" },
		{ "{\"ifname\":\"a\",\"count\":1.5}", "/count", "an integer" },
		{ "{\"ifname\":\"a\",\"count\":\"1\"}", "/count", "an integer" },
		{ "{\"ifname\":\"a\",\"count\":1e400}", "/count", "overflow" },
		{ "{\"ifname\":\"a\",\"big\":9223372036854775808}", "/big", "big integer" },
		{ "{\"ifname\":\"a\",\"legs\":[{\"dev\":\"b\",\"weight\":99999999999999999999}]}",
		  "/legs/0/weight", "big integer" },
		{ "{\"ifname\":\"a\",\"on\":1}", "/on", "true or false" },
		{ "{\"ifname\":\"a\",\"address\":\"1.2.3\"}", "/address", "address" },
		{ "{\"ifname\":\"a\",\"dst\":\"10.0.0.0/33\"}", "/dst", "prefix" },
		{ "{\"ifname\":\"a\",\"mac\":\"02:00\"}", "/mac", "MAC" },
		{ "{\"ifname\":\"a\",\"path\":\"a/b\"}", "/path", "absolute path" },
		{ "{\"ifname\":\"a\",\"path\":\"/a/../b\"}", "/path", "absolute path" },
		{ "{\"ifname\":\"a\",\"uuid\":\"x\"}", "/uuid", "UUID" },
		{ "{\"ifname\":\"a\",\"mode\":\"123456789\"}", "/mode", "at most 8 bytes" },
		{ "{\"ifname\":\"a\",\"ratio\":\"1\"}", "/ratio", "a number" },
		{ "{\"ifname\":\"a\",\"tags\":\"x\"}", "/tags", "an array" },
		{ "{\"ifname\":\"a\",\"tags\":[\"1\",\"2\",\"3\",\"4\"]}", "/tags", "at most 3" },
		{ "{\"ifname\":\"a\",\"tags\":[\"1\",2]}", "/tags/1", "a string" },
		{ "{\"ifname\":\"a\",\"legs\":[{\"dev\":\"b\"},{}]}", "/legs/1/dev", "missing" },
		{ "{\"ifname\":\"a\",\"leg\":{\"dev\":\"b\",\"x\":1}}", "/leg/x", "no such" },
		{ "{\"ifname\":\"a\",\"leg\":[]}", "/leg", "expected an object" },
		{ "{\"ifname\":\"a\\u0000b\"}", "/ifname", "\\u0000" },
		{ "{\"ifname\":\"a\",\"leg\":{\"dev\":\"b\",\"dev\":\"c\"}}", "/leg/dev", "duplicate" },
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < SAL_ARRAY_LEN(cases); i++) {
		int r = decode(f, cases[i].params);

		if (r != -EINVAL || strcmp(f->err.field, cases[i].field) ||
		    !strstr(f->err.message, cases[i].words))
			fail_msg("%s: %d, %s, %s", cases[i].params, r, f->err.field, f->err.message);
		assert_int_equal(f->err.code, SAL_INVALID_PARAMS);
	}
}

static void deep_pointers_are_cut(void **state)
{
	struct fixture *f = *state;
	char text[600];

	snprintf(text, sizeof(text), "{\"ifname\":\"a\",\"%0400d\":1}", 7);
	assert_int_equal(decode(f, text), -EINVAL);
	assert_true(strlen(f->err.field) < sizeof(f->err.field));
	assert_memory_equal(f->err.field, "/000", 4);
}

static void enum_tables_have_no_holes(void **state)
{
	for (size_t i = 0; i < sal_family_names.len; i++)
		assert_non_null(sal_family_names.names[i]);
	assert_string_equal(sal_family_names.names[SAL_FAMILY_INET], "inet");
	assert_string_equal(sal_family_names.names[SAL_FAMILY_INET6], "inet6");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(required_members_are_always_written),
		cmocka_unit_test(odd_keys_are_kept),
		cmocka_unit_test(numbers_keep_their_range),
		cmocka_unit_test(addresses_are_text),
		cmocka_unit_test(arrays_and_nested_objects),
		cmocka_unit_test_setup_teardown(parameters_by_name, setup, teardown),
		cmocka_unit_test_setup_teardown(defaults_stand_in_for_what_is_not_sent, setup, teardown),
		cmocka_unit_test_setup_teardown(parameters_by_position, setup, teardown),
		cmocka_unit_test_setup_teardown(faults_name_the_parameter, setup, teardown),
		cmocka_unit_test_setup_teardown(deep_pointers_are_cut, setup, teardown),
		cmocka_unit_test(enum_tables_have_no_holes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
