/*
 * socket.h - the listening socket: from systemd, or at a path that is ours alone.
 *
 * Called by daemon.c at start and end, while there is one thread only.
 */
#pragma once

#include <stdbool.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "sal.h"
#include "serve/serve.h"

struct serve_socket {
	int fd; /* listening, not blocking */
	int lock_fd; /* held while we live; -1 if the socket came from systemd */
	char path[sizeof(((struct sockaddr_un *)0)->sun_path)];
	char lock_path[sizeof(((struct sockaddr_un *)0)->sun_path) + 8];
	dev_t dev; /* of the socket at path: only that one is unlinked */
	ino_t ino;
};

/*
 * Takes over the socket of LISTEN_FDS, or binds options->socket or the default path. Folders that
 * lack are created 0755. Returns 0, or -errno with err filled and nothing left behind.
 */
int serve_socket_open(const struct serve_options *options, struct serve_socket *ret_socket,
		      struct sal_error *err);
/* Nobody can connect any more, though the path stays ours; a manager keeps its own end open. */
void serve_socket_unlisten(struct serve_socket *sock);
void serve_socket_close(struct serve_socket *sock);
