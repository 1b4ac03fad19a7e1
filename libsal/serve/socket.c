/*
 * socket.c - where the daemon listens.
 *
 * Two daemons started at once for one path are kept apart by a lock beside it; whoever holds the
 * lock may judge what stands at the path: nothing, a socket nobody answers at (replaced), a live
 * one (an error), or something else (refused). Every folder above must be such that no other user
 * can put something in our place: not writable by others, or sticky like /tmp.
 */
#include "serve/socket.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/error.h"
#include "base/macros.h"

#define BACKLOG	    1024
#define LISTEN_FD   3 /* SD_LISTEN_FDS_START */
#define SOCKET_NAME "hero_db_root_os.sock"

static int fd_is_listener(int fd)
{
	struct sockaddr_un addr;
	socklen_t len = sizeof(addr);
	int type = 0, listens = 0;
	socklen_t int_len = sizeof(int);

	if (getsockname(fd, (struct sockaddr *)&addr, &len) || addr.sun_family != AF_UNIX)
		return 0;
	getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &int_len);
	int_len = sizeof(int);
	getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &int_len);
	return type == SOCK_STREAM && listens;
}

/* Returns 1 when systemd has passed a socket, 0 when not. */
static int socket_inherit(struct serve_socket *sock, struct sal_error *err)
{
	const char *pid = getenv("LISTEN_PID"), *fds = getenv("LISTEN_FDS");
	bool ours = pid && fds && strtol(pid, NULL, 10) == getpid();
	bool one = ours && !strcmp(fds, "1");

	unsetenv("LISTEN_PID");
	unsetenv("LISTEN_FDS");
	unsetenv("LISTEN_FDNAMES");
	if (!ours)
		return 0;
	if (!one)
		return sal_fail(err, SAL_INVALID_PARAMS,
				"the service manager passed several sockets; one is wanted");
	if (!fd_is_listener(LISTEN_FD))
		return sal_fail(err, SAL_INVALID_PARAMS,
				"the service manager passed no listening Unix stream socket");
	if (fcntl(LISTEN_FD, F_SETFD, FD_CLOEXEC) || fcntl(LISTEN_FD, F_SETFL, O_NONBLOCK))
		return sal_fail_errno(err, errno, "cannot use the socket that was passed");
	sock->fd = LISTEN_FD;
	return 1;
}

static int path_default(char *path, size_t size)
{
	const char *dir = getenv("HERO_SOCKET_DIR"), *home = getenv("HOME");
	struct passwd entry, *found = NULL;
	char text[4096];

	if (dir && *dir)
		return snprintf(path, size, "%s/" SOCKET_NAME, dir);
	if (!home || !*home) {
		getpwuid_r(geteuid(), &entry, text, sizeof(text), &found);
		home = found ? found->pw_dir : "/";
	}
	return snprintf(path, size, "%s/hero/var/sockets/" SOCKET_NAME, home);
}

static int path_set(const struct serve_options *options, struct serve_socket *sock,
		    struct sal_error *err)
{
	size_t size = sizeof(sock->path);
	int len = options->socket ? snprintf(sock->path, size, "%s", options->socket)
				  : path_default(sock->path, size);

	if (len < 0 || (size_t)len >= size)
		return sal_fail(
			err, SAL_INVALID_PARAMS,
			"the socket's path is longer than the %zu bytes an address can hold",
			size - 1);
	if (sock->path[len - 1] == '/')
		return sal_fail(err, SAL_INVALID_PARAMS, "the socket's path %s is a folder's",
				sock->path);
	snprintf(sock->lock_path, sizeof(sock->lock_path), "%s.lock", sock->path);
	return 0;
}

static int folder_check(const char *path, struct sal_error *err)
{
	struct stat st;

	if (stat(path, &st))
		return sal_fail_errno(err, errno, "cannot look at the folder %s", path);
	if (!S_ISDIR(st.st_mode))
		return sal_fail(err, SAL_REFUSED, "%s is not a folder", path);
	if ((st.st_mode & S_IWOTH) && !(st.st_mode & S_ISVTX))
		return sal_fail(err, SAL_REFUSED,
				"the folder %s is writable by others, who could replace the socket",
				path);
	return 0;
}

/* Creates the folders above the socket that lack, and judges every one. */
static int folders_make(const char *path, struct sal_error *err)
{
	char folder[sizeof(((struct sockaddr_un *)0)->sun_path)];
	mode_t before;
	int r = 0;

	snprintf(folder, sizeof(folder), "%s", path);
	before = umask(022);
	for (char *slash = strchr(folder + 1, '/'); slash && !r; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		if (mkdir(folder, 0755) && errno != EEXIST)
			r = sal_fail_errno(err, errno, "cannot create the folder %s", folder);
		else
			r = folder_check(folder, err);
		*slash = '/';
	}
	umask(before);
	return r;
}

/* The lock is ours only if it still is the file at its path: its last holder may have removed it */
static int lock_take(struct serve_socket *sock, struct sal_error *err)
{
	for (;;) {
		SAL_CLEANUP(sal_close_fd) int fd = -1;
		struct stat held, there;

		fd = open(sock->lock_path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
		if (fd < 0)
			return sal_fail_errno(err, errno, "cannot open the lock %s",
					      sock->lock_path);
		if (flock(fd, LOCK_EX | LOCK_NB)) {
			if (errno == EWOULDBLOCK)
				return sal_fail(err, SAL_BUSY,
						"another process serves %s (it holds %s)",
						sock->path, sock->lock_path);
			return sal_fail_errno(err, errno, "cannot lock %s", sock->lock_path);
		}
		if (fstat(fd, &held) || lstat(sock->lock_path, &there))
			continue;
		if (held.st_dev != there.st_dev || held.st_ino != there.st_ino)
			continue;
		sock->lock_fd = fd;
		fd = -1;
		return 0;
	}
}

static void address_set(struct sockaddr_un *addr, const char *path)
{
	*addr = (struct sockaddr_un){ .sun_family = AF_UNIX };
	memcpy(addr->sun_path, path, strlen(path));
}

/* Removes a socket that nobody answers at; anything else at the path is an error. */
static int path_clear(const char *path, struct sal_error *err)
{
	struct sockaddr_un addr;
	SAL_CLEANUP(sal_close_fd) int fd = -1;
	struct stat st;

	if (lstat(path, &st)) {
		if (errno == ENOENT)
			return 0;
		return sal_fail_errno(err, errno, "cannot look at %s", path);
	}
	if (!S_ISSOCK(st.st_mode))
		return sal_fail(err, SAL_REFUSED, "%s stands in the way and is no socket", path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return sal_fail_errno(err, errno, "cannot make a socket");
	address_set(&addr, path);
	if (!connect(fd, (struct sockaddr *)&addr, sizeof(addr)) || errno == EAGAIN)
		return sal_fail(err, SAL_BUSY, "another process serves %s", path);
	if (errno != ECONNREFUSED)
		return sal_fail_errno(err, errno, "cannot tell whether %s is still served", path);
	if (unlink(path))
		return sal_fail_errno(err, errno, "cannot remove the stale socket %s", path);
	return 0;
}

static int group_find(const char *name, gid_t *ret_gid, struct sal_error *err)
{
	struct group entry, *found = NULL;
	char text[16384], *end;
	unsigned long gid;

	if (!getgrnam_r(name, &entry, text, sizeof(text), &found) && found) {
		*ret_gid = found->gr_gid;
		return 0;
	}
	errno = 0;
	gid = strtoul(name, &end, 10);
	if (*name < '0' || *name > '9' || *end || errno || gid >= (gid_t)-1)
		return sal_fail(err, SAL_NOT_FOUND, "no group named %s for the socket", name);
	*ret_gid = (gid_t)gid;
	return 0;
}

/* Nobody can connect before listen(), and by then owner and mode are as they shall be. */
static int socket_bind(const struct serve_options *options, struct serve_socket *sock,
		       struct sal_error *err)
{
	struct sockaddr_un addr;
	struct stat st;
	mode_t before;
	gid_t gid = (gid_t)-1;
	int r;

	if (options->socket_group && (r = group_find(options->socket_group, &gid, err)) < 0)
		return r;
	r = path_clear(sock->path, err);
	if (r < 0)
		return r;
	sock->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (sock->fd < 0)
		return sal_fail_errno(err, errno, "cannot make a socket");
	address_set(&addr, sock->path);
	before = umask(0777);
	r = bind(sock->fd, (struct sockaddr *)&addr, sizeof(addr)) ? -errno : 0;
	umask(before);
	if (r < 0)
		return sal_fail_errno(err, -r, "cannot bind %s", sock->path);
	if (lstat(sock->path, &st))
		return sal_fail_errno(err, errno, "cannot look at %s", sock->path);
	sock->dev = st.st_dev;
	sock->ino = st.st_ino;
	if (options->socket_group && lchown(sock->path, (uid_t)-1, gid))
		return sal_fail_errno(err, errno, "cannot give %s to the group %s", sock->path,
				      options->socket_group);
	if (chmod(sock->path, options->socket_mode))
		return sal_fail_errno(err, errno, "cannot set the mode of %s", sock->path);
	if (listen(sock->fd, BACKLOG))
		return sal_fail_errno(err, errno, "cannot listen at %s", sock->path);
	return 0;
}

int serve_socket_open(const struct serve_options *options, struct serve_socket *ret_socket,
		      struct sal_error *err)
{
	struct serve_socket sock = { .fd = -1, .lock_fd = -1 };
	int r = socket_inherit(&sock, err);

	if (r == 0) {
		r = path_set(options, &sock, err);
		if (r == 0)
			r = folders_make(sock.path, err);
		if (r == 0)
			r = lock_take(&sock, err);
		if (r == 0)
			r = socket_bind(options, &sock, err);
	}
	if (r < 0) {
		serve_socket_close(&sock);
		return r;
	}
	*ret_socket = sock;
	return 0;
}

void serve_socket_unlisten(struct serve_socket *sock)
{
	if (sock->fd >= 0)
		close(sock->fd);
	sock->fd = -1;
}

void serve_socket_close(struct serve_socket *sock)
{
	struct stat st;

	serve_socket_unlisten(sock);
	if (sock->ino && !lstat(sock->path, &st) && st.st_dev == sock->dev &&
	    st.st_ino == sock->ino)
		unlink(sock->path);
	if (sock->lock_fd >= 0) {
		unlink(sock->lock_path);
		close(sock->lock_fd);
	}
	sock->lock_fd = -1;
}
