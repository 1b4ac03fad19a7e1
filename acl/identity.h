/*
 * identity.h - from a socket's peer and a request's headers to the principal who calls.
 *
 * The server asks for the peer once a connection and for the principal once a request that needs a
 * right. Nothing here grants anything: see acl_check() in policy.h.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "sal.h"
#include "acl/policy.h"

/* The process at the other end, as it was when it connected (it may have changed since). */
struct acl_peer {
	pid_t pid; /* for logs only; 0 if it is in a pid namespace we do not see */
	uid_t uid;
	gid_t gid;
	gid_t *groups; /* supplementary */
	size_t ngroups;
};

/*
 * Asks the kernel about a connected Unix socket. Returns 0 and *ret_peer, to be ended by
 * acl_peer_done(); or a negative errno, in which case the connection must be closed.
 */
int acl_peer_from_socket(int fd, struct acl_peer *ret_peer, struct sal_error *err);
void acl_peer_done(struct acl_peer *peer);

/* What a request's headers claim. Zero-initialise; the texts are borrowed. */
struct acl_credentials {
	const char *authorization, *public_key;
	size_t authorization_len, public_key_len;
	unsigned authorizations, public_keys; /* how often each header was sent */
	bool forwarded; /* Via, Forwarded, X-Forwarded-*, X-Hero-*: sent on by somebody */
};

/* Notes a header, whichever it is; the value must outlive the credentials. */
void acl_credentials_header(struct acl_credentials *credentials, const char *name, size_t name_len,
			    const char *value, size_t value_len);

/* Returns 0 and *ret_principal, or a negative errno with UNAUTHENTICATED: a claim without proof. */
int acl_identify(const struct acl_policy *policy, const struct acl_peer *peer,
		 const struct acl_credentials *credentials, struct acl_principal *ret_principal,
		 struct sal_error *err);
