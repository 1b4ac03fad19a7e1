/* test_error.c - a failure's words, its code, its return value, and the JSON it becomes. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>
#include <jansson.h>

#include "base/error.h"
#include "base/utf8.h"

/* Stands for the generated table. */
const char *sal_code_name(enum sal_code code)
{
	return code == SAL_NOT_FOUND ? "NOT_FOUND" : code == SAL_INTERNAL ? "INTERNAL" : NULL;
}

static void written_expect(const struct sal_error *err, const char *expected)
{
	struct sal_buf buf = SAL_BUF_EMPTY;

	sal_error_write(&buf, err);
	sal_buf_putc(&buf, '\0');
	assert_string_equal(buf.data, expected);
	sal_buf_done(&buf);
}

static void test_return_values(void **state)
{
	static const struct {
		enum sal_code code;
		int errnum;
	} cases[] = {
		{ SAL_NOT_FOUND, ENOENT },
		{ SAL_CONFLICT, EEXIST },
		{ SAL_BUSY, EBUSY },
		{ SAL_LIMIT, E2BIG },
		{ SAL_TIMEOUT, ETIMEDOUT },
		{ SAL_IO, EIO },
		{ SAL_UNSUPPORTED, EOPNOTSUPP },
		{ SAL_FORBIDDEN, EACCES },
		{ SAL_UNAUTHENTICATED, EACCES },
		{ SAL_INVALID_PARAMS, EINVAL },
		{ SAL_PARSE_ERROR, EINVAL },
		{ SAL_INVALID_REQUEST, EINVAL },
		{ SAL_REFUSED, EPERM },
		{ SAL_CANCELLED, ECANCELED },
		{ SAL_METHOD_NOT_FOUND, EIO },
		{ SAL_INTERNAL, EIO },
		{ SAL_UPSTREAM_UNAVAILABLE, EIO },
		{ SAL_KERNEL, EIO },
		{ SAL_TOOL_FAILED, EIO },
	};

	for (size_t i = 0; i < SAL_ARRAY_LEN(cases); i++) {
		struct sal_error err = { 0 };

		assert_int_equal(sal_fail(&err, cases[i].code, "x"), -cases[i].errnum);
		assert_int_equal(err.code, cases[i].code);
		assert_int_equal(err.errnum, 0);
		assert_int_equal(sal_fail(NULL, cases[i].code, "x"), -cases[i].errnum);
	}
}

static void test_errno_codes(void **state)
{
	static const struct {
		int errnum;
		enum sal_code code;
	} cases[] = {
		{ ENOMEM, SAL_LIMIT },
		{ ENOSPC, SAL_LIMIT },
		{ EDQUOT, SAL_LIMIT },
		{ EMFILE, SAL_LIMIT },
		{ ENFILE, SAL_LIMIT },
		{ E2BIG, SAL_LIMIT },
		{ EMSGSIZE, SAL_LIMIT },
		{ ENAMETOOLONG, SAL_LIMIT },
		{ EIO, SAL_IO },
		{ EBUSY, SAL_BUSY },
		{ ETIMEDOUT, SAL_TIMEOUT },
		{ EOPNOTSUPP, SAL_UNSUPPORTED },
		{ ENOSYS, SAL_UNSUPPORTED },
		{ EPROTONOSUPPORT, SAL_UNSUPPORTED },
		{ ECANCELED, SAL_CANCELLED },
		{ EAFNOSUPPORT, SAL_UNSUPPORTED },
		{ ENOENT, SAL_KERNEL },
		{ ENODEV, SAL_KERNEL },
		{ EACCES, SAL_KERNEL },
		{ EPERM, SAL_KERNEL },
		{ 4000, SAL_KERNEL },
	};

	for (size_t i = 0; i < SAL_ARRAY_LEN(cases); i++) {
		struct sal_error err = { 0 };

		assert_int_equal(sal_fail_errno(&err, cases[i].errnum, "open"), -cases[i].errnum);
		assert_int_equal(err.code, cases[i].code);
		assert_int_equal(err.errnum, cases[i].errnum);
	}
	assert_int_equal(sal_fail_errno(NULL, ENOENT, "open"), -ENOENT);
}

static void test_words(void **state)
{
	struct sal_error err = { 0 };

	sal_fail_errno(&err, ENOENT, "cannot open %s", "/x");
	assert_string_equal(err.message, "cannot open /x: No such file or directory");
	assert_int_equal(sal_fail(&err, SAL_BUSY, "later"), -EBUSY);
	assert_int_equal(sal_fail_errno(&err, EIO, "later"), -EIO);
	assert_string_equal(err.message, "cannot open /x: No such file or directory");
	assert_int_equal(err.code, SAL_KERNEL);
	assert_int_equal(err.errnum, ENOENT);

	memset(&err, 0, sizeof(err));
	sal_fail_errno(&err, 4000, "strange");
	assert_string_equal(err.message, "strange: error 4000");

	memset(&err, 0, sizeof(err));
	sal_fail_errno(&err, ENOENT, "%0400d", 7);
	assert_int_equal(strlen(err.message), sizeof(err.message) - 1);
	assert_non_null(strstr(err.message, "0: No such file or directory"));

	assert_string_equal(sal_errno_name(ENODEV), "ENODEV");
	assert_null(sal_errno_name(0));
	assert_null(sal_errno_name(-1));
	assert_null(sal_errno_name(4000));
}

/* Cut between characters, whatever their length and wherever the end falls. */
static void test_cut(void **state)
{
	static const char *const characters[] = { "x", "\xc3\xa9", "\xe2\x82\xac",
						  "\xf0\x9f\x90\x98" };
	char text[600];

	for (size_t c = 0; c < SAL_ARRAY_LEN(characters); c++) {
		for (int lead = 0; lead < 4; lead++) {
			struct sal_error err = { 0 };
			size_t n = strlen(characters[c]), len = (size_t)lead;

			memset(text, 'l', len);
			for (; len + n < sizeof(text); len += n)
				memcpy(text + len, characters[c], n);
			text[len] = '\0';
			sal_fail(&err, SAL_NOT_FOUND, "%s", text);
			sal_error_subject(&err, "%s", text);
			sal_error_field(&err, "%s", text);
			sal_error_hint(&err, "%s", text);
			assert_true(sal_utf8_valid(err.message, strlen(err.message)));
			assert_true(strlen(err.message) > sizeof(err.message) - 1 - n);
			assert_true(sal_utf8_valid(err.subject, strlen(err.subject)));
			assert_true(strlen(err.subject) > sizeof(err.subject) - 1 - n);
			assert_true(sal_utf8_valid(err.field, strlen(err.field)));
			assert_true(sal_utf8_valid(err.hint, strlen(err.hint)));
			assert_memory_equal(err.message, text, strlen(err.message));
		}
	}
}

static void test_write(void **state)
{
	struct sal_error err = { 0 };

	sal_fail(&err, SAL_NOT_FOUND, "no interface named %s", "e\"9");
	written_expect(&err, "{\"code\":-32004,\"message\":\"no interface named e\\\"9\","
			     "\"data\":{\"kind\":\"NOT_FOUND\"}}");
	sal_error_subject(&err, "interface %s", "e\xff");
	sal_error_subject(&err, "not this one");
	sal_error_field(&err, "/ifname");
	sal_error_hint(&err, "list them");
	err.errnum = ENODEV;
	sal_error_add_string(&err, "package", "iproute2 \"x\"");
	sal_error_add_int(&err, "max", -5);
	written_expect(&err, "{\"code\":-32004,\"message\":\"no interface named e\\\"9\",\"data\":{"
			     "\"kind\":\"NOT_FOUND\",\"subject\":\"interface e\\\\xff\","
			     "\"field\":\"/ifname\",\"errno\":\"ENODEV\",\"hint\":\"list them\","
			     "\"package\":\"iproute2 \\\"x\\\"\",\"max\":-5}}");
}

static void test_write_bare(void **state)
{
	struct sal_error err = { 0 };

	written_expect(&err, "{\"code\":-32603,\"message\":\"internal error\","
			     "\"data\":{\"kind\":\"INTERNAL\"}}");
	err.code = SAL_BUSY; /* without a name in this table */
	sal_error_add_int(&err, "pid", 7);
	written_expect(&err,
		       "{\"code\":-32006,\"message\":\"internal error\",\"data\":{\"pid\":7}}");
	sal_error_subject(NULL, "x");
	sal_error_field(NULL, "x");
	sal_error_hint(NULL, "x");
	sal_error_add_int(NULL, "x", 1);
	sal_error_add_string(NULL, "x", "y");
}

/* Members that do not fit are dropped whole; what is written stays JSON. */
static void test_extra_limit(void **state)
{
	for (size_t len = 0; len < 700; len++) {
		struct sal_error err = { 0 };
		struct sal_buf buf = SAL_BUF_EMPTY;
		char value[701];
		json_t *read, *data;

		memset(value, len & 1 ? 'v' : '\n', len);
		value[len] = '\0';
		sal_fail(&err, SAL_NOT_FOUND, "x");
		sal_error_add_string(&err, "a", value);
		sal_error_add_int(&err, "b", (long long)len);
		sal_error_write(&buf, &err);
		read = json_loadb(buf.data, buf.len, 0, NULL);
		assert_non_null(read);
		data = json_object_get(read, "data");
		if (json_object_get(data, "a"))
			assert_string_equal(json_string_value(json_object_get(data, "a")), value);
		else
			assert_true(len > 310);
		json_decref(read);
		sal_buf_done(&buf);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_return_values), cmocka_unit_test(test_errno_codes),
		cmocka_unit_test(test_words),	      cmocka_unit_test(test_cut),
		cmocka_unit_test(test_write),	      cmocka_unit_test(test_write_bare),
		cmocka_unit_test(test_extra_limit),
	};

	return cmocka_run_group_tests_name("error", tests, NULL, NULL);
}
