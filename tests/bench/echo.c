/*
 * echo.c - the floor of P1 and P3: an epoll server on a Unix socket that sends back every message
 * of a fixed size. One thread, one read and one write a message: no server that does more than this
 * can be faster.
 *
 * bench-echo SOCKET SIZE prints "ready" once it listens and serves until it is killed.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "util.h"

enum { MESSAGE_MAX = 64 << 10 };

struct peer {
	int fd;
	size_t have;
	char *message;
};

static int socket_listen(const char *path)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };

	errno = 0;
	if (strlen(path) >= sizeof(addr.sun_path))
		bench_die("socket path %s is too long", path);
	strcpy(addr.sun_path, path);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0 || bind(fd, (struct sockaddr *)&addr, sizeof(addr)) || listen(fd, 1024))
		bench_die("listen on %s", path);
	return fd;
}

static void peer_accept(int poll, int listener, size_t size)
{
	int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	if (fd < 0)
		return;
	struct peer *peer = malloc(sizeof(*peer) + size);
	if (!peer)
		bench_die("no memory for a peer");
	*peer = (struct peer){ .fd = fd, .message = (char *)(peer + 1) };
	struct epoll_event event = { .events = EPOLLIN, .data.ptr = peer };
	if (epoll_ctl(poll, EPOLL_CTL_ADD, fd, &event))
		bench_die("epoll_ctl");
}

static void peer_serve(struct peer *peer, size_t size)
{
	ssize_t n = recv(peer->fd, peer->message + peer->have, size - peer->have, 0);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		close(peer->fd);
		free(peer);
		return;
	}
	peer->have += (size_t)n;
	if (peer->have < size)
		return;
	bench_send(peer->fd, peer->message, size);
	peer->have = 0;
}

int main(int argc, char **argv)
{
	struct epoll_event events[64] = { { .events = EPOLLIN } };

	if (argc != 3)
		bench_die("usage: bench-echo SOCKET SIZE");
	size_t size = (size_t)bench_number(argv[2], 1, MESSAGE_MAX);
	int listener = socket_listen(argv[1]);
	int poll = epoll_create1(EPOLL_CLOEXEC);
	if (poll < 0 || epoll_ctl(poll, EPOLL_CTL_ADD, listener, &events[0]))
		bench_die("epoll");
	puts("ready");
	fflush(stdout);
	for (;;) {
		int n = epoll_wait(poll, events, 64, -1);
		if (n < 0 && errno != EINTR)
			bench_die("epoll_wait");
		for (int i = 0; i < n; i++) {
			if (!events[i].data.ptr)
				peer_accept(poll, listener, size);
			else
				peer_serve(events[i].data.ptr, size);
		}
	}
}
