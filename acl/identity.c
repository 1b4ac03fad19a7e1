/*
 * identity.c - from a socket's peer and a request's headers to the principal; see identity.h.
 *
 * What cannot be proven is refused, never ignored: a caller that claims to be somebody is not
 * served as somebody else.
 */
#include "acl/identity.h"

#include <errno.h>
#include <sha2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

#include "acl/compiled.h"
#include "acl/entry.h"
#include "base/arena.h"
#include "base/error.h"
#include "base/macros.h"

/* Linux allows NGROUPS_MAX supplementary groups a process; more is not believed. */
#define GROUPS_MAX 65536

static int groups_read(int fd, struct acl_peer *peer, struct sal_error *err)
{
	socklen_t size = 32 * sizeof(gid_t);

	for (;;) {
		gid_t *groups = malloc(size ? size : 1);
		int errnum;

		if (!groups)
			sal_oom();
		if (!getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, groups, &size)) {
			peer->groups = groups;
			peer->ngroups = size / sizeof(gid_t);
			return 0;
		}
		errnum = errno; /* ERANGE: too small, and size is now what is needed */
		free(groups);
		if (errnum != ERANGE || size > GROUPS_MAX * sizeof(gid_t))
			return sal_fail_errno(err, errnum, "cannot read the groups of a peer");
	}
}

int acl_peer_from_socket(int fd, struct acl_peer *ret_peer, struct sal_error *err)
{
	struct ucred cred = { .uid = (uid_t)-1, .gid = (gid_t)-1 };
	socklen_t size = sizeof(cred);
	struct acl_peer peer;
	int r;

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &size))
		return sal_fail_errno(err, errno, "cannot read the credentials of a peer");
	/* unix(7) knows a peer of connected Unix sockets only; of others the answer is pid 0, -1. */
	if (size != sizeof(cred) || cred.uid == (uid_t)-1 || cred.gid == (gid_t)-1)
		return sal_fail_errno(err, ENOTCONN, "the kernel does not know who the peer is");
	peer = (struct acl_peer){ .pid = cred.pid, .uid = cred.uid, .gid = cred.gid };
	r = groups_read(fd, &peer, err);
	if (r < 0)
		return r;
	*ret_peer = peer;
	return 0;
}

void acl_peer_done(struct acl_peer *peer)
{
	free(peer->groups);
	*peer = (struct acl_peer){ .uid = (uid_t)-1, .gid = (gid_t)-1 };
}

static bool name_equals(const char *name, size_t len, const char *wanted)
{
	return len == strlen(wanted) && !strncasecmp(name, wanted, len);
}

static bool name_begins(const char *name, size_t len, const char *prefix)
{
	return len >= strlen(prefix) && !strncasecmp(name, prefix, strlen(prefix));
}

void acl_credentials_header(struct acl_credentials *credentials, const char *name, size_t name_len,
			    const char *value, size_t value_len)
{
	if (name_equals(name, name_len, "authorization")) {
		credentials->authorization = value;
		credentials->authorization_len = value_len;
		credentials->authorizations++;
	} else if (name_equals(name, name_len, "x-public-key")) {
		credentials->public_key = value;
		credentials->public_key_len = value_len;
		credentials->public_keys++;
	} else if (name_equals(name, name_len, "via") || name_equals(name, name_len, "forwarded") ||
		   name_begins(name, name_len, "x-forwarded-") ||
		   name_begins(name, name_len, "x-hero-")) {
		credentials->forwarded = true;
	}
}

/*
 * Adds the groups of everything the peer is by its uid and gids. No entry has the id of the
 * unmapped: acl_entry_parse() leaves it out.
 */
static bool peer_match(const struct acl_policy *policy, const struct acl_peer *peer,
		       enum acl_entry_kind uid_kind, enum acl_entry_kind gid_kind,
		       struct acl_groups *groups)
{
	bool found = acl_policy_match_id(policy, uid_kind, peer->uid, groups);

	if (!policy->span[gid_kind].count)
		return found;
	found |= acl_policy_match_id(policy, gid_kind, peer->gid, groups);
	for (size_t i = 0; i < peer->ngroups; i++)
		found |= acl_policy_match_id(policy, gid_kind, peer->groups[i], groups);
	return found;
}

static bool peer_trusted(const struct acl_policy *policy, const struct acl_peer *peer)
{
	struct acl_groups ignored = { 0 };

	return policy->trust_everyone ||
	       peer_match(policy, peer, ACL_ENTRY_TRUSTED_UID, ACL_ENTRY_TRUSTED_GID, &ignored);
}

/*
 * The token in "Bearer TOKEN" (RFC 6750 section 2.1; the scheme in any case), or NULL. Only its
 * characters are checked, so that a list or a second scheme is not taken for a part of it.
 */
static const char *bearer_token(const char *text, size_t len, size_t *ret_len)
{
	static const char scheme[] = "bearer ";
	static const char marks[] = "-._~+/=";
	size_t at = sizeof(scheme) - 1;

	if (!name_begins(text, len, scheme))
		return NULL;
	while (at < len && text[at] == ' ')
		at++;
	if (at == len)
		return NULL;
	for (size_t i = at; i < len; i++) {
		char c = text[i];
		bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');

		if (!letter && !(c >= '0' && c <= '9') && (!c || !strchr(marks, c)))
			return NULL;
	}
	*ret_len = len - at;
	return text + at;
}

/* The first digits of a hash or key, enough to tell two apart in a log. */
static void name_put_hex(char *name, size_t size, const char *prefix, const uint8_t *bytes,
			 size_t nbytes, const char *suffix)
{
	size_t at = (size_t)snprintf(name, size, "%s", prefix);

	for (size_t i = 0; i < nbytes; i++)
		at += (size_t)snprintf(name + at, size - at, "%02x", bytes[i]);
	snprintf(name + at, size - at, "%s", suffix);
}

static int unauthenticated(const struct acl_peer *peer, struct sal_error *err, const char *what)
{
	int r = sal_fail(err, SAL_UNAUTHENTICATED, "%s", what);

	sal_error_subject(err, "peer uid:%u", peer->uid);
	return r;
}

static int token_identify(const struct acl_policy *policy, const struct acl_peer *peer,
			  const struct acl_credentials *credentials,
			  struct acl_principal *ret_principal, struct sal_error *err)
{
	struct acl_principal principal = { .kind = ACL_TOKEN };
	uint8_t hash[SHA256_DIGEST_LENGTH];
	SHA2_CTX sha;
	size_t len;
	const char *token =
		bearer_token(credentials->authorization, credentials->authorization_len, &len);

	if (!token)
		return unauthenticated(peer, err, "Authorization is not of the form Bearer TOKEN");
	SHA256Init(&sha);
	SHA256Update(&sha, (const uint8_t *)token, len);
	SHA256Final(hash, &sha);
	if (!acl_policy_match_token(policy, hash, &principal.groups))
		return unauthenticated(peer, err, "the bearer token is not known");
	name_put_hex(principal.name, sizeof(principal.name), "token:", hash, 4, "");
	*ret_principal = principal;
	return 0;
}

static int key_identify(const struct acl_policy *policy, const struct acl_peer *peer,
			const struct acl_credentials *credentials,
			struct acl_principal *ret_principal, struct sal_error *err)
{
	struct acl_principal principal = { .kind = ACL_KEY };
	uint8_t key[ACL_HASH_SIZE];

	if (!acl_hash_parse(credentials->public_key, credentials->public_key_len, key))
		return unauthenticated(peer, err, "X-Public-Key is not 64 hex digits");
	if (acl_policy_match_key(policy, key, &principal.groups)) {
		name_put_hex(principal.name, sizeof(principal.name), "key:", key, 8, "");
	} else {
		principal.kind = ACL_NOBODY;
		principal.anonymous = policy->anonymous_remote;
		name_put_hex(principal.name, sizeof(principal.name), "anonymous_remote (key:", key,
			     8, ")");
	}
	*ret_principal = principal;
	return 0;
}

static void local_identify(const struct acl_policy *policy, const struct acl_peer *peer,
			   struct acl_principal *ret_principal)
{
	struct acl_principal principal = { .kind = ACL_LOCAL };

	if (peer_match(policy, peer, ACL_ENTRY_UID, ACL_ENTRY_GID, &principal.groups)) {
		snprintf(principal.name, sizeof(principal.name), "uid:%u", peer->uid);
	} else {
		principal.kind = ACL_NOBODY;
		principal.anonymous = policy->anonymous_local;
		snprintf(principal.name, sizeof(principal.name), "anonymous_local (uid:%u)",
			 peer->uid);
	}
	*ret_principal = principal;
}

int acl_identify(const struct acl_policy *policy, const struct acl_peer *peer,
		 const struct acl_credentials *credentials, struct acl_principal *ret_principal,
		 struct sal_error *err)
{
	bool trusted = peer_trusted(policy, peer);

	if (!trusted && credentials->forwarded)
		return unauthenticated(peer, err,
				       "a forwarded request, but this peer is not a trusted one");
	if (credentials->authorizations > 1 || credentials->public_keys > 1)
		return unauthenticated(peer, err,
				       "Authorization or X-Public-Key was sent more than once");
	if (credentials->authorizations && credentials->public_keys)
		return unauthenticated(peer, err,
				       "Authorization and X-Public-Key were sent both: choose one");
	if (!trusted && credentials->public_keys)
		return unauthenticated(
			peer, err, "X-Public-Key is only a claim unless a trusted peer sends it");
	if (credentials->authorizations)
		return token_identify(policy, peer, credentials, ret_principal, err);
	if (credentials->public_keys)
		return key_identify(policy, peer, credentials, ret_principal, err);
	if (trusted)
		*ret_principal = (struct acl_principal){ .name = "anonymous_remote",
							 .kind = ACL_NOBODY,
							 .anonymous = policy->anonymous_remote };
	else
		local_identify(policy, peer, ret_principal);
	return 0;
}
