/*
 * test_json_scan.c - the scanner at the door: what it accepts, where it says the fault is, and how
 * it cuts text into slices. Every text is copied into a block of its exact size, so that ASan sees
 * a step past the end.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/json_scan.h"
#include "base/macros.h"

#define TEXT(s) s, sizeof(s) - 1
#define NOWHERE ((size_t)-1)

static enum sal_json_fault check(const char *text, size_t len, unsigned depth, size_t *ret_at)
{
	char *exact = malloc(len ? len : 1);
	enum sal_json_fault fault;

	memcpy(exact, text, len);
	*ret_at = NOWHERE;
	fault = sal_json_check(exact, len, depth, ret_at);
	free(exact);
	return fault;
}

static const struct {
	const char *text;
	size_t len;
	enum sal_json_fault fault;
	size_t at;
} check_cases[] = {
	{ TEXT("null"), SAL_JSON_FINE, NOWHERE },
	{ TEXT(" \t\r\n true \t\r\n "), SAL_JSON_FINE, NOWHERE },
	{ TEXT("false"), SAL_JSON_FINE, NOWHERE },
	{ TEXT("{}"), SAL_JSON_FINE, NOWHERE },
	{ TEXT("[ ]"), SAL_JSON_FINE, NOWHERE },
	{ TEXT("{ \"a\" : [ 1 , { } , \"x\" ] , \"b\" : null }"), SAL_JSON_FINE, NOWHERE },
	{ TEXT("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\\uD83D\\uDc18\\u0000\""), SAL_JSON_FINE,
	  NOWHERE },
	{ TEXT("\"\x7f \xc3\xa9 \xe2\x82\xac \xf0\x9f\x90\x98 \xef\xbb\xbf\""), SAL_JSON_FINE,
	  NOWHERE },
	{ TEXT("[{},[1],{\"a\":[]},[{}]]"), SAL_JSON_FINE, NOWHERE },
	{ TEXT("\"\\ud800\\udc00\\uDBFF\\uDFFF\\ud7ff\\ue000\""), SAL_JSON_FINE, NOWHERE },
	{ TEXT("0"), SAL_JSON_FINE, NOWHERE },
	{ TEXT("-0"), SAL_JSON_FINE, NOWHERE },
	{ TEXT("9007199254740993"), SAL_JSON_FINE, NOWHERE },
	{ TEXT("1e400"), SAL_JSON_FINE, NOWHERE },
	{ TEXT("-12.50E-07"), SAL_JSON_FINE, NOWHERE },
	/* nothing, or not all of it */
	{ TEXT(""), SAL_JSON_SYNTAX, 0 },
	{ TEXT(" \n"), SAL_JSON_SYNTAX, 2 },
	{ TEXT("["), SAL_JSON_SYNTAX, 1 },
	{ TEXT("[1"), SAL_JSON_SYNTAX, 2 },
	{ TEXT("{\"a\""), SAL_JSON_SYNTAX, 4 },
	{ TEXT("{\"a\":"), SAL_JSON_SYNTAX, 5 },
	{ TEXT("\"abc"), SAL_JSON_SYNTAX, 4 },
	{ TEXT("\"abc\\"), SAL_JSON_SYNTAX, 4 },
	{ TEXT("\"abc\\\""), SAL_JSON_SYNTAX, 6 },
	{ TEXT("tru"), SAL_JSON_SYNTAX, 0 },
	/* too much */
	{ TEXT("1 2"), SAL_JSON_SYNTAX, 2 },
	{ TEXT("{}}"), SAL_JSON_SYNTAX, 2 },
	{ TEXT("nullx"), SAL_JSON_SYNTAX, 4 },
	{ TEXT("null\0"), SAL_JSON_SYNTAX, 4 },
	/* brackets, commas, colons */
	{ TEXT("[1,]"), SAL_JSON_SYNTAX, 3 },
	{ TEXT("[,1]"), SAL_JSON_SYNTAX, 1 },
	{ TEXT("[1 2]"), SAL_JSON_SYNTAX, 3 },
	{ TEXT("[1}"), SAL_JSON_SYNTAX, 2 },
	{ TEXT("[}"), SAL_JSON_SYNTAX, 1 },
	{ TEXT("[1:2]"), SAL_JSON_SYNTAX, 2 },
	{ TEXT("{\"a\":1,}"), SAL_JSON_SYNTAX, 7 },
	{ TEXT("{\"a\":1]"), SAL_JSON_SYNTAX, 6 },
	{ TEXT("{\"a\" 1}"), SAL_JSON_SYNTAX, 5 },
	{ TEXT("{\"a\":}"), SAL_JSON_SYNTAX, 5 },
	{ TEXT("{\"a\"}"), SAL_JSON_SYNTAX, 4 },
	{ TEXT("{a:1}"), SAL_JSON_SYNTAX, 1 },
	{ TEXT("{1:1}"), SAL_JSON_SYNTAX, 1 },
	{ TEXT("{,}"), SAL_JSON_SYNTAX, 1 },
	{ TEXT("]"), SAL_JSON_SYNTAX, 0 },
	{ TEXT(","), SAL_JSON_SYNTAX, 0 },
	/* numbers and words */
	{ TEXT("01"), SAL_JSON_SYNTAX, 1 },
	{ TEXT("-"), SAL_JSON_SYNTAX, 1 },
	{ TEXT("-01"), SAL_JSON_SYNTAX, 2 },
	{ TEXT("+1"), SAL_JSON_SYNTAX, 0 },
	{ TEXT(".5"), SAL_JSON_SYNTAX, 0 },
	{ TEXT("5."), SAL_JSON_SYNTAX, 2 },
	{ TEXT("5.e1"), SAL_JSON_SYNTAX, 2 },
	{ TEXT("1e"), SAL_JSON_SYNTAX, 2 },
	{ TEXT("1e+"), SAL_JSON_SYNTAX, 3 },
	{ TEXT("0x10"), SAL_JSON_SYNTAX, 1 },
	{ TEXT("NaN"), SAL_JSON_SYNTAX, 0 },
	{ TEXT("Infinity"), SAL_JSON_SYNTAX, 0 },
	{ TEXT("True"), SAL_JSON_SYNTAX, 0 },
	{ TEXT("'a'"), SAL_JSON_SYNTAX, 0 },
	{ TEXT("/* */ 1"), SAL_JSON_SYNTAX, 0 },
	{ TEXT("\f1"), SAL_JSON_SYNTAX, 0 },
	{ TEXT("\xef\xbb\xbf{}"), SAL_JSON_SYNTAX, 0 },
	{ TEXT("[\xc2\xa0]"), SAL_JSON_SYNTAX, 1 },
	/* strings */
	{ TEXT("\"a\nb\""), SAL_JSON_SYNTAX, 2 },
	{ TEXT("\"a\0b\""), SAL_JSON_SYNTAX, 2 },
	{ TEXT("\"123456789\x1f\""), SAL_JSON_SYNTAX, 10 },
	{ TEXT("\"\\x41\""), SAL_JSON_SYNTAX, 1 },
	{ TEXT("\"\\'\""), SAL_JSON_SYNTAX, 1 },
	{ TEXT("\"\\\0\""), SAL_JSON_SYNTAX, 1 },
	{ TEXT("\"\\u12g4\""), SAL_JSON_SYNTAX, 1 },
	{ TEXT("\"\\u123\""), SAL_JSON_SYNTAX, 1 },
	{ TEXT("\"\\U0041\""), SAL_JSON_SYNTAX, 1 },
	{ TEXT("\"a\\ud83d\""), SAL_JSON_UTF8, 2 },
	{ TEXT("\"a\\ud83d\\n\""), SAL_JSON_UTF8, 2 },
	{ TEXT("\"a\\ud83dxudc18\""), SAL_JSON_UTF8, 2 },
	{ TEXT("\"a\\ud83d\\ud83d\""), SAL_JSON_UTF8, 2 },
	{ TEXT("\"a\\udc18\""), SAL_JSON_UTF8, 2 },
	{ TEXT("\"a\\udc18\\ud83d\""), SAL_JSON_UTF8, 2 },
	{ TEXT("\"\\udc00\""), SAL_JSON_UTF8, 1 },
	{ TEXT("\"\\udfff\""), SAL_JSON_UTF8, 1 },
	{ TEXT("\"\\ud800\\ue000\""), SAL_JSON_UTF8, 1 },
	{ TEXT("\"\\udbff\\udbff\""), SAL_JSON_UTF8, 1 },
	{ TEXT("\"\xff\""), SAL_JSON_UTF8, 1 },
	{ TEXT("\"ab\xc0\xaf\""), SAL_JSON_UTF8, 3 },
	{ TEXT("\"\xed\xa0\x80\""), SAL_JSON_UTF8, 1 },
	{ TEXT("\"\xf4\x90\x80\x80\""), SAL_JSON_UTF8, 1 },
	{ TEXT("\"\xe2\x82"), SAL_JSON_UTF8, 1 },
	{ TEXT("{\"\xe2\x82\":1}"), SAL_JSON_UTF8, 2 },
};

static void test_check(void **state)
{
	for (size_t i = 0; i < SAL_ARRAY_LEN(check_cases); i++) {
		size_t at;
		enum sal_json_fault fault = check(check_cases[i].text, check_cases[i].len, 32, &at);

		if (fault != check_cases[i].fault || at != check_cases[i].at)
			fail_msg("%s: fault %d at %zd", check_cases[i].text, fault, at);
	}
	assert_int_equal(sal_json_check(NULL, 0, 32, &(size_t){ 0 }), SAL_JSON_SYNTAX);
}

/* Every text that was fine is not fine when cut anywhere, numbers aside. */
static void test_check_cut(void **state)
{
	static const char text[] = "{\"a\":[true,false,null,{\"\\ud83d\\udc18\":\"\xe2\x82\xac\"}],"
				   "\"long key with a number of bytes\":-1.5e+3}";
	size_t at;

	assert_int_equal(check(text, sizeof(text) - 1, 3, &at), SAL_JSON_FINE);
	for (size_t len = 0; len < sizeof(text) - 1; len++) {
		assert_int_not_equal(check(text, len, 3, &at), SAL_JSON_FINE);
		assert_true(at <= len);
	}
}

/* A control character, at every place of a word and of what is left behind the last word. */
static void test_check_places(void **state)
{
	for (size_t len = 1; len <= 24; len++) {
		for (size_t bad = 0; bad < len; bad++) {
			char text[32];
			size_t at;

			memset(text, 'x', sizeof(text));
			text[0] = text[len + 1] = '"';
			assert_int_equal(check(text, len + 2, 0, &at), SAL_JSON_FINE);
			text[1 + bad] = 0x1f;
			assert_int_equal(check(text, len + 2, 0, &at), SAL_JSON_SYNTAX);
			assert_int_equal(at, 1 + bad);
			text[1 + bad] = (char)0x80;
			assert_int_equal(check(text, len + 2, 0, &at), SAL_JSON_UTF8);
			assert_int_equal(at, 1 + bad);
		}
	}
}

static void depth_expect(const char *open, const char *close, unsigned n, unsigned max, bool fine)
{
	size_t open_len = strlen(open), close_len = strlen(close), len = 0, at;
	char *text = malloc((open_len + close_len) * n + 1);

	for (unsigned i = 0; i < n; i++, len += open_len)
		memcpy(text + len, open, open_len);
	text[len++] = '0';
	for (unsigned i = 0; i < n; i++, len += close_len)
		memcpy(text + len, close, close_len);
	assert_int_equal(check(text, len, max, &at), fine ? SAL_JSON_FINE : SAL_JSON_DEPTH);
	if (!fine)
		assert_int_equal(at, SAL_MIN(max, SAL_JSON_DEPTH_LIMIT) * open_len);
	free(text);
}

static void test_depth(void **state)
{
	static const unsigned depths[] = { 1, 31, 32, 33, 63, 64, 65, 128, 1023, 1024 };

	for (size_t i = 0; i < SAL_ARRAY_LEN(depths); i++) {
		unsigned depth = depths[i];

		depth_expect("[", "]", depth, depth, true);
		depth_expect("{\"k\":", "}", depth, depth, true);
		depth_expect("[", "]", depth, depth - 1, false);
		depth_expect("{\"k\":", "}", depth, depth - 1, false);
	}
	for (unsigned depth = 2; depth <= 512; depth += 17)
		depth_expect("[{\"k\":", "}]", depth, depth * 2, true);
	depth_expect("[", "]", 1025, UINT32_MAX, false);
	depth_expect("[", "]", 1000000, UINT32_MAX, false);
}

static struct sal_slice slice(const char *text)
{
	return (struct sal_slice){ .p = text, .len = strlen(text) };
}

static void slice_expect(struct sal_slice got, const char *expected)
{
	assert_int_equal(got.len, strlen(expected));
	assert_memory_equal(got.p, expected, got.len);
}

static void test_trim_and_kind(void **state)
{
	slice_expect(sal_json_trim(TEXT(" \r\n\t[1, 2]\t \n")), "[1, 2]");
	slice_expect(sal_json_trim(TEXT("1")), "1");
	assert_int_equal(sal_json_trim(TEXT("  ")).len, 0);
	assert_int_equal(sal_json_kind(slice("null")), SAL_JSON_NULL);
	assert_int_equal(sal_json_kind(slice("true")), SAL_JSON_BOOL);
	assert_int_equal(sal_json_kind(slice("false")), SAL_JSON_BOOL);
	assert_int_equal(sal_json_kind(slice("-1")), SAL_JSON_NUMBER);
	assert_int_equal(sal_json_kind(slice("0")), SAL_JSON_NUMBER);
	assert_int_equal(sal_json_kind(slice("9")), SAL_JSON_NUMBER);
	assert_int_equal(sal_json_kind(slice("\"\"")), SAL_JSON_STRING);
	assert_int_equal(sal_json_kind(slice("[]")), SAL_JSON_ARRAY);
	assert_int_equal(sal_json_kind(slice("{}")), SAL_JSON_OBJECT);
	assert_int_equal(sal_json_kind(slice("")), SAL_JSON_INVALID);
	assert_int_equal(sal_json_kind(slice("xyz")), SAL_JSON_INVALID);
	assert_int_equal(sal_json_kind((struct sal_slice){ 0 }), SAL_JSON_INVALID);
}

static void test_iterate_array(void **state)
{
	static const char *const elements[] = {
		"1",   "-2.5e3", "\"a,]\\\"b\"", "null", "[[], [\"]\"], {}]", "{\"x\": {\"}\": 1}}",
		"true"
	};
	struct sal_json_iter iter = sal_json_iter(slice(
		"[1,-2.5e3 , \"a,]\\\"b\",\tnull,[[], [\"]\"], {}],{\"x\": {\"}\": 1}}\n,true ]"));
	struct sal_slice value;

	for (size_t i = 0; i < SAL_ARRAY_LEN(elements); i++) {
		assert_true(sal_json_next(&iter, &value));
		slice_expect(value, elements[i]);
	}
	assert_false(sal_json_next(&iter, &value));
	assert_false(sal_json_next(&iter, &value));
	slice_expect(value, "true"); /* untouched */

	iter = sal_json_iter(slice("[ ]"));
	assert_false(sal_json_next(&iter, &value));
	iter = sal_json_iter(slice("17"));
	assert_false(sal_json_next(&iter, &value));
	iter = sal_json_iter((struct sal_slice){ 0 });
	assert_false(sal_json_next(&iter, &value));
}

static void test_iterate_object(void **state)
{
	static const char *const members[][2] = {
		{ "\"jsonrpc\"", "\"2.0\"" },
		{ "\"i\\u0064\"", "1.0" },
		{ "\"p:,}\\\\\"", "{ \"a\" : [ 1 ] }" },
		{ "\"\"", "null" },
	};
	struct sal_json_iter iter = sal_json_iter(slice(
		"{\"jsonrpc\":\"2.0\" , \"i\\u0064\" : 1.0,\"p:,}\\\\\"\n:\n{ \"a\" : [ 1 ] },"
		"\"\":null}"));
	struct sal_slice key, value;

	for (size_t i = 0; i < SAL_ARRAY_LEN(members); i++) {
		assert_true(sal_json_next_member(&iter, &key, &value));
		slice_expect(key, members[i][0]);
		slice_expect(value, members[i][1]);
	}
	assert_false(sal_json_next_member(&iter, &key, &value));
	assert_false(sal_json_next_member(&iter, &key, &value));
	iter = sal_json_iter(slice("{}"));
	assert_false(sal_json_next_member(&iter, &key, &value));
}

static void test_string_equals(void **state)
{
	assert_true(sal_json_string_equals(slice("\"id\""), "id"));
	assert_true(sal_json_string_equals(slice("\"\\u0069\\u0064\""), "id"));
	assert_true(sal_json_string_equals(slice("\"\""), ""));
	assert_true(
		sal_json_string_equals(slice("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\""), "\"\\/\b\f\n\r\t"));
	assert_true(sal_json_string_equals(slice("\"\\u00e9\\u20ac\\ud83d\\udc18\""),
					   "\xc3\xa9\xe2\x82\xac\xf0\x9f\x90\x98"));
	assert_true(sal_json_string_equals(slice("\"\xc3\xa9\""), "\xc3\xa9"));
	assert_false(sal_json_string_equals(slice("\"id\""), "i"));
	assert_false(sal_json_string_equals(slice("\"id\""), "idx"));
	assert_false(sal_json_string_equals(slice("\"Id\""), "id"));
	assert_false(sal_json_string_equals(slice("\"id\\u0000\""), "id"));
	assert_false(sal_json_string_equals(slice("\"\\u0000\""), ""));
	assert_false(sal_json_string_equals(slice("\"\\u00e9\""), "\xc3"));
	assert_false(sal_json_string_equals(slice("12"), ""));
	assert_false(sal_json_string_equals(slice("\""), ""));
	assert_false(sal_json_string_equals((struct sal_slice){ 0 }, ""));
}

static void test_string_copy(void **state)
{
	char out[8];

	memset(out, 'z', sizeof(out));
	assert_int_equal(sal_json_string_copy(slice("\"1234567\""), out, sizeof(out)), 7);
	assert_string_equal(out, "1234567");
	assert_int_equal(sal_json_string_copy(slice("\"12345678\""), out, sizeof(out)), -1);
	assert_int_equal(sal_json_string_copy(slice("\"1234\\u20ac\""), out, sizeof(out)), 7);
	assert_string_equal(out, "1234\xe2\x82\xac");
	assert_int_equal(sal_json_string_copy(slice("\"12345\\u20ac\""), out, sizeof(out)), -1);
	assert_int_equal(sal_json_string_copy(slice("\"a\\u0000b\""), out, sizeof(out)), -1);
	assert_int_equal(sal_json_string_copy(slice("\"\""), out, 1), 0);
	assert_string_equal(out, "");
	assert_int_equal(sal_json_string_copy(slice("\"\""), out, 0), -1);
	assert_int_equal(sal_json_string_copy(slice("\"a\""), out, 0), -1);
	assert_int_equal(sal_json_string_copy(slice("a"), out, 8), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_check),	       cmocka_unit_test(test_check_cut),
		cmocka_unit_test(test_check_places),   cmocka_unit_test(test_depth),
		cmocka_unit_test(test_trim_and_kind),  cmocka_unit_test(test_iterate_array),
		cmocka_unit_test(test_iterate_object), cmocka_unit_test(test_string_equals),
		cmocka_unit_test(test_string_copy),
	};

	return cmocka_run_group_tests_name("json_scan", tests, NULL, NULL);
}
