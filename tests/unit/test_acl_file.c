/*
 * test_acl_file.c - the ACL file as a file: who may own and write it, and what it may be (A11).
 */
#include "acl/support.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static const char fine[] = "[[group]]\nname = \"admins\"\nusers = [\"uid:0\"]\n"
			   "[[ace]]\nright = \"admin\"\ngroups = [\"admins\"]\n";

static char folder[64], path[96], other[96];

static int setup(void **state)
{
	snprintf(folder, sizeof(folder), "/tmp/test-acl-XXXXXX");
	if (!mkdtemp(folder))
		return -1;
	snprintf(path, sizeof(path), "%s/acl.toml", folder);
	snprintf(other, sizeof(other), "%s/other", folder);
	return 0;
}

static int teardown(void **state)
{
	unlink(path);
	rmdir(path);
	unlink(other);
	return rmdir(folder);
}

static void file_write(const char *name, const char *text, size_t len, mode_t mode)
{
	int fd;

	unlink(name); /* whatever mode it has now */
	fd = open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, len), len);
	assert_int_equal(fchmod(fd, mode), 0);
	close(fd);
}

/* Loads path, which must be refused with "PATH" and then this. */
static void load_refused(const char *what)
{
	struct acl_policy *policy = NULL;
	struct sal_buf warnings = SAL_BUF_EMPTY;
	struct sal_error err = { 0 };
	char message[320];
	int r = acl_policy_load(path, &policy, &warnings, &err);

	snprintf(message, sizeof(message), "%s%s", path, what);
	assert_string_equal(err.message, message);
	assert_true(r < 0);
	assert_true(err.code != SAL_OK);
	assert_null(policy);
	sal_buf_done(&warnings);
}

static void load_fine(void)
{
	struct acl_policy *policy = NULL;
	struct sal_buf warnings = SAL_BUF_EMPTY;
	struct sal_error err = { 0 };
	int r = acl_policy_load(path, &policy, &warnings, &err);
	struct acl_principal root;

	assert_string_equal(err.message, "");
	assert_int_equal(r, 0);
	root = local_of(policy, 0);
	assert_string_equal(rights_of(policy, &root), "aaaaaaaa");
	acl_policy_free(policy);
	sal_buf_done(&warnings);
}

static void test_modes(void **state)
{
	static const mode_t good[] = { 0400, 0600, 0644, 0444, 0755 };
	static const mode_t bad[] = { 0620, 0602, 0666, 0664, 0777, 0660, 0622, 0402 };
	char what[128];

	for (size_t i = 0; i < SAL_ARRAY_LEN(good); i++) {
		file_write(path, fine, strlen(fine), good[i]);
		load_fine();
	}
	for (size_t i = 0; i < SAL_ARRAY_LEN(bad); i++) {
		file_write(path, fine, strlen(fine), bad[i]);
		snprintf(what, sizeof(what),
			 ": others than its owner may write to it (mode %04o): chmod go-w", bad[i]);
		load_refused(what);
	}
}

static void test_owner(void **state)
{
	char what[128];

	if (geteuid()) {
		print_message("skipped: needs root to give a file away\n");
		skip();
	}
	file_write(path, fine, strlen(fine), 0644);
	assert_int_equal(chown(path, 1234, 0), 0);
	snprintf(what, sizeof(what),
		 ": is owned by uid 1234, neither root nor this process's user 0");
	load_refused(what);
	/* the daemon's own, and root's, are fine for a daemon that is not root */
	assert_int_equal(chmod(folder, 0755), 0);
	assert_int_equal(seteuid(1234), 0);
	load_fine();
	assert_int_equal(seteuid(0), 0);
	assert_int_equal(chown(path, 0, 1234), 0);
	assert_int_equal(seteuid(1234), 0);
	load_fine();
	assert_int_equal(seteuid(0), 0);
	/* whoever has no name here owns it: nobody's file */
	assert_int_equal(chown(path, 65534, 0), 0);
	assert_int_equal(seteuid(65534), 0);
	load_refused(": is owned by uid 65534, neither root nor this process's user 65534");
	assert_int_equal(seteuid(0), 0);
}

static void test_unreadable(void **state)
{
	load_refused(": cannot open it: No such file or directory");
	if (geteuid()) {
		print_message("not root: only the missing file was tried\n");
		return;
	}
	file_write(path, fine, strlen(fine), 0600);
	assert_int_equal(chmod(folder, 0755), 0);
	assert_int_equal(seteuid(1234), 0);
	load_refused(": cannot open it: Permission denied");
	assert_int_equal(seteuid(0), 0);
}

static void test_kinds(void **state)
{
	file_write(other, fine, strlen(fine), 0600);
	assert_int_equal(symlink(other, path), 0);
	load_refused(": is a symbolic link; name the file it points to");
	unlink(path);
	assert_int_equal(mkdir(path, 0700), 0);
	load_refused(": is not a regular file");
	rmdir(path);
	assert_int_equal(mkfifo(path, 0600), 0); /* must not wait for a writer */
	load_refused(": is not a regular file");
	unlink(path);
}

static void test_contents(void **state)
{
	char *large = calloc(1, ACL_FILE_MAX + 1);

	file_write(path, "", 0, 0600);
	load_refused(":1:1: is empty: expected [[group]], [[ace]] or [policy]");
	file_write(path, "[policy]\n\nanonymous_local = \"all\"\n", 34, 0600);
	load_refused(":3:19: \"all\" is no right; expected \"none\", \"read\", \"write\" or "
		     "\"admin\"");

	memset(large, '\n', ACL_FILE_MAX + 1);
	memcpy(large, fine, strlen(fine));
	file_write(path, large, ACL_FILE_MAX, 0600);
	load_fine();
	file_write(path, large, ACL_FILE_MAX + 1, 0600);
	load_refused(": has 1048577 bytes, more than 1048576");
	assert_int_equal(truncate(path, 10LL * 1024 * 1024 * 1024), 0); /* sparse: not read */
	load_refused(": has 10737418240 bytes, more than 1048576");
	free(large);
}

/* Each beginning of a good file is either refused or grants nothing that the whole does not. */
static void test_truncated(void **state)
{
	size_t loaded = 0;

	for (size_t len = 0; len < strlen(fine); len++) {
		struct acl_policy *policy = NULL;
		struct sal_buf warnings = SAL_BUF_EMPTY;

		file_write(path, fine, len, 0600);
		if (acl_policy_load(path, &policy, &warnings, NULL) == 0) {
			struct acl_principal one = local_of(policy, 1);

			assert_string_equal(rights_of(policy, &one), "rrrrrrrr");
			acl_policy_free(policy);
			loaded++;
		}
		sal_buf_done(&warnings);
	}
	assert_true(loaded > 0 && loaded < 10);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_modes, setup, teardown),
		cmocka_unit_test_setup_teardown(test_owner, setup, teardown),
		cmocka_unit_test_setup_teardown(test_unreadable, setup, teardown),
		cmocka_unit_test_setup_teardown(test_kinds, setup, teardown),
		cmocka_unit_test_setup_teardown(test_contents, setup, teardown),
		cmocka_unit_test_setup_teardown(test_truncated, setup, teardown),
	};

	return cmocka_run_group_tests_name("acl file", tests, NULL, NULL);
}
