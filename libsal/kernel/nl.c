/*
 * nl.c - sockets, requests, dumps and acknowledgements. See nl.h.
 *
 * mnl_cb_run() is not used: it takes a dump that ends with an error inside NLMSG_DONE for a
 * success, and does not tell an interrupted dump from a whole one.
 */
#include "kernel/nl.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>

#include "base/arena.h"
#include "base/fault.h"
#include "kernel/nl_attr.h"

/* The kernel answers at once; a socket silent for this long is a defect, not a wait. */
#define ANSWER_TIMEOUT_S 10
#define RECEIVE_QUEUE (1024 * 1024)

int sal_nl_open(struct sal_nl *nl, int protocol, struct sal_error *err)
{
	static const int options[] = { NETLINK_GET_STRICT_CHK, NETLINK_EXT_ACK, NETLINK_CAP_ACK };
	struct timeval timeout = { .tv_sec = ANSWER_TIMEOUT_S };
	int one = 1, queue = RECEIVE_QUEUE, fd;

	*nl = (struct sal_nl){ 0 };
	nl->socket = mnl_socket_open2(protocol, SOCK_CLOEXEC);
	if (!nl->socket)
		return sal_fail_errno(err, errno, "cannot open a netlink socket");
	if (mnl_socket_bind(nl->socket, 0, MNL_SOCKET_AUTOPID) < 0) {
		int r = sal_fail_errno(err, errno, "cannot bind a netlink socket");

		sal_nl_close(nl);
		return r;
	}
	fd = mnl_socket_get_fd(nl->socket);
	/* Kernels that lack one of these (the newest is of 4.20) do without. */
	for (size_t i = 0; i < SAL_ARRAY_LEN(options); i++)
		setsockopt(fd, SOL_NETLINK, options[i], &one, sizeof(one));
	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &queue, sizeof(queue)) < 0)
		setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &queue, sizeof(queue));
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout));
	nl->portid = mnl_socket_get_portid(nl->socket);
	nl->buffer = malloc(SAL_NL_BUFFER);
	if (!nl->buffer)
		sal_oom();
	return 0;
}

void sal_nl_close(struct sal_nl *nl)
{
	if (nl->socket)
		mnl_socket_close(nl->socket);
	free(nl->buffer);
	*nl = (struct sal_nl){ 0 };
}

void *sal_nl_begin(struct sal_nl_request *request, uint16_t type, uint16_t flags, size_t size)
{
	struct nlmsghdr *header = mnl_nlmsg_put_header(request->bytes);

	header->nlmsg_type = type;
	header->nlmsg_flags = flags;
	return mnl_nlmsg_put_extra_header(header, size);
}

void sal_nl_put(struct sal_nl_request *request, uint16_t type, const void *data, size_t len)
{
	/* Requests are built from checked values; one that does not fit is a defect of ours. */
	if (!mnl_attr_put_check(&request->header, sizeof(request->bytes), type, len, data))
		abort();
}

void sal_nl_put_u8(struct sal_nl_request *request, uint16_t type, uint8_t value)
{
	sal_nl_put(request, type, &value, sizeof(value));
}

void sal_nl_put_u32(struct sal_nl_request *request, uint16_t type, uint32_t value)
{
	sal_nl_put(request, type, &value, sizeof(value));
}

void sal_nl_put_string(struct sal_nl_request *request, uint16_t type, const char *s)
{
	sal_nl_put(request, type, s, strlen(s) + 1);
}

struct nlattr *sal_nl_nest_begin(struct sal_nl_request *request, uint16_t type)
{
	struct nlattr *nest =
		mnl_attr_nest_start_check(&request->header, sizeof(request->bytes), type);

	if (!nest)
		abort();
	return nest;
}

void sal_nl_nest_end(struct sal_nl_request *request, struct nlattr *nest)
{
	mnl_attr_nest_end(&request->header, nest);
}

/* An error as the kernel words it: its extended-ack text if it sent one, else the errno's. */
static int kernel_refusal(const struct nlmsghdr *message, int error, size_t skip,
			  struct sal_error *err)
{
	int errnum = error < 0 && error >= -4095 ? -error : EPROTO;

	if ((message->nlmsg_flags & NLM_F_ACK_TLVS) && message->nlmsg_len > skip) {
		const char *data = (const char *)message + skip;

		sal_nla_each (a, data, message->nlmsg_len - skip) {
			if (sal_nla_type(a) != NLMSGERR_ATTR_MSG || !sal_nla_len(a))
				continue;
			return sal_fail_errno(err, errnum, "%.*s",
					      (int)strnlen(sal_nla_data(a), sal_nla_len(a)),
					      (const char *)sal_nla_data(a));
		}
	}
	return sal_fail_errno(err, errnum, "the kernel refused");
}

/* NLMSG_ERROR: an acknowledgement (0) or a refusal. */
static int message_error(const struct nlmsghdr *message, struct sal_error *err)
{
	const struct nlmsgerr *e = NLMSG_DATA(message);
	size_t skip = NLMSG_HDRLEN + sizeof(*e);

	if (message->nlmsg_len < skip)
		return sal_fail_errno(err, EPROTO, "the kernel sent a truncated error message");
	if (!e->error)
		return 1;
	if (!(message->nlmsg_flags & NLM_F_CAPPED)) {
		if (e->msg.nlmsg_len < NLMSG_HDRLEN ||
		    e->msg.nlmsg_len - NLMSG_HDRLEN > message->nlmsg_len - skip)
			skip = message->nlmsg_len;
		else
			skip += NLMSG_ALIGN(e->msg.nlmsg_len - NLMSG_HDRLEN);
	}
	return kernel_refusal(message, e->error, skip, err);
}

/* NLMSG_DONE: carries the errno with which a dump ended. */
static int message_done(const struct nlmsghdr *message, struct sal_error *err)
{
	int error = 0;

	if (message->nlmsg_len >= NLMSG_HDRLEN + sizeof(error))
		memcpy(&error, NLMSG_DATA(message), sizeof(error));
	if (error < 0)
		return kernel_refusal(message, error, NLMSG_HDRLEN + NLMSG_ALIGN(sizeof(error)),
				      err);
	return 1;
}

int sal_nl_walk(const void *datagram, size_t len, uint32_t portid, uint32_t seq, sal_nl_each *each,
		void *ctx, bool *interrupted, struct sal_error *err)
{
	const char *at = datagram, *end = at + len;
	int r;

	while (at < end) {
		const struct nlmsghdr *message = (const struct nlmsghdr *)at;
		size_t left = end - at, step;

		if (left < NLMSG_HDRLEN || message->nlmsg_len < NLMSG_HDRLEN ||
		    message->nlmsg_len > left)
			return sal_fail_errno(err, EPROTO, "a malformed netlink message");
		step = NLMSG_ALIGN(message->nlmsg_len);
		at += SAL_MIN(step, left);
		/* Leftovers of an earlier exchange, or somebody else's: not our answer. */
		if (message->nlmsg_seq != seq || (message->nlmsg_pid && message->nlmsg_pid != portid))
			continue;
		if (message->nlmsg_flags & NLM_F_DUMP_INTR)
			*interrupted = true;
		switch (message->nlmsg_type) {
		case NLMSG_NOOP:
			continue;
		case NLMSG_ERROR:
			return message_error(message, err);
		case NLMSG_DONE:
			return message_done(message, err);
		case NLMSG_OVERRUN:
			return sal_fail_errno(err, ENOBUFS, "the kernel dropped part of its answer");
		}
		r = each ? each(message, ctx, err) : 0;
		if (r < 0)
			return r;
	}
	return 0;
}

/* One datagram of the kernel's, whole; its length, or -errno. */
static ssize_t datagram_receive(struct sal_nl *nl, struct sal_error *err)
{
	for (;;) {
		struct sockaddr_nl from = { 0 };
		struct iovec iov = { nl->buffer, SAL_NL_BUFFER };
		struct msghdr msg = { .msg_name = &from,
				      .msg_namelen = sizeof(from),
				      .msg_iov = &iov,
				      .msg_iovlen = 1 };
		ssize_t n = recvmsg(mnl_socket_get_fd(nl->socket), &msg, 0);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
			return sal_fail(err, SAL_TIMEOUT, "the kernel did not answer within %d s",
					ANSWER_TIMEOUT_S);
		if (n < 0)
			return sal_fail_errno(err, errno, "cannot receive from the kernel");
		if (from.nl_pid != 0) /* another process pretends to be the kernel */
			continue;
		if (msg.msg_flags & MSG_TRUNC)
			return sal_fail_errno(err, EMSGSIZE, "the kernel's answer was cut short");
		return n;
	}
}

static int exchange(struct sal_nl *nl, struct sal_nl_request *request, sal_nl_each *each, void *ctx,
		    bool *interrupted, struct sal_error *err)
{
	ssize_t n;
	int r;

	request->header.nlmsg_seq = ++nl->seq;
	request->header.nlmsg_pid = nl->portid;
	if (mnl_socket_sendto(nl->socket, request->bytes, request->header.nlmsg_len) < 0)
		return sal_fail_errno(err, errno, "cannot send to the kernel");
	do {
		n = datagram_receive(nl, err);
		if (n < 0)
			return n;
		r = sal_fault("nl.receive");
		if (r < 0)
			return sal_fail_errno(err, -r, "cannot receive from the kernel");
		r = sal_nl_walk(nl->buffer, n, nl->portid, nl->seq, each, ctx, interrupted, err);
	} while (r == 0);
	return r < 0 ? r : 0;
}

int sal_nl_dump(struct sal_nl *nl, struct sal_nl_request *request, sal_nl_each *each, void *ctx,
		bool *ret_consistent, struct sal_error *err)
{
	bool interrupted = false;
	int r;

	request->header.nlmsg_flags |= NLM_F_REQUEST | NLM_F_DUMP;
	r = exchange(nl, request, each, ctx, &interrupted, err);
	if (r < 0)
		return r;
	*ret_consistent = !interrupted;
	return 0;
}

int sal_nl_talk(struct sal_nl *nl, struct sal_nl_request *request, sal_nl_each *each, void *ctx,
		struct sal_error *err)
{
	bool interrupted = false;

	request->header.nlmsg_flags |= NLM_F_REQUEST | NLM_F_ACK;
	return exchange(nl, request, each, ctx, &interrupted, err);
}

int sal_nl_join(struct sal_nl *nl, unsigned group, struct sal_error *err)
{
	int number = group;

	if (mnl_socket_setsockopt(nl->socket, NETLINK_ADD_MEMBERSHIP, &number, sizeof(number)) < 0)
		return sal_fail_errno(err, errno, "cannot listen to the kernel's notices");
	return 0;
}

bool sal_nl_noticed(struct sal_nl *nl)
{
	bool noticed = false;

	for (;;) {
		ssize_t n = recv(mnl_socket_get_fd(nl->socket), nl->buffer, SAL_NL_BUFFER,
				 MSG_DONTWAIT);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno != ENOBUFS)
			return noticed;
		noticed = true;
	}
}
