/*
 * util.c - clock, percentiles, sockets and a small HTTP reader for tests/bench.
 *
 * The reader finds the end of an answer (Content-Length or chunked) and checks that it is a result;
 * it never looks into the body beyond its first bytes, so that what is measured is the server.
 */
#include "util.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

uint64_t bench_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

void bench_die(const char *fmt, ...)
{
	int err = errno;
	va_list args;

	va_start(args, fmt);
	vfprintf(stderr, fmt, args);
	va_end(args);
	if (err)
		fprintf(stderr, ": %s", strerror(err));
	fputc('\n', stderr);
	exit(1);
}

long bench_number(const char *text, long min, long max)
{
	char *end;

	errno = 0;
	long value = strtol(text, &end, 10);
	if (errno || end == text || *end || value < min || value > max) {
		errno = 0;
		bench_die("%s is not a number between %ld and %ld", text, min, max);
	}
	return value;
}

int bench_unix_connect(const char *path)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };

	errno = 0;
	if (strlen(path) >= sizeof(addr.sun_path))
		bench_die("socket path %s is too long", path);
	strcpy(addr.sun_path, path);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || connect(fd, (struct sockaddr *)&addr, sizeof(addr)))
		bench_die("connect %s", path);
	return fd;
}

void bench_send(int fd, const void *data, size_t len)
{
	const char *next = data;

	while (len) {
		ssize_t n = send(fd, next, len, MSG_NOSIGNAL);
		if (n < 0)
			bench_die("send");
		next += n;
		len -= (size_t)n;
	}
}

/* One read that must bring something. */
static size_t receive_some(int fd, void *data, size_t room)
{
	errno = 0;
	ssize_t n = recv(fd, data, room, 0);
	if (n <= 0)
		bench_die(n ? "receive" : "the server closed the connection too early");
	return (size_t)n;
}

void bench_receive(int fd, void *data, size_t len)
{
	for (size_t have = 0; have < len;)
		have += receive_some(fd, (char *)data + have, len - have);
}

void bench_samples_add(struct bench_samples *samples, uint64_t value)
{
	if (samples->count == samples->room) {
		samples->room = samples->room ? samples->room * 2 : 4096;
		samples->values =
			realloc(samples->values, samples->room * sizeof(*samples->values));
		if (!samples->values)
			bench_die("no memory for samples");
	}
	samples->values[samples->count++] = value;
}

static int value_compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

static uint64_t samples_percentile(const struct bench_samples *samples, unsigned percent)
{
	return samples->values[(samples->count - 1) * percent / 100];
}

void bench_samples_print(struct bench_samples *samples)
{
	errno = 0;
	if (!samples->count)
		bench_die("nothing was measured");
	qsort(samples->values, samples->count, sizeof(*samples->values), value_compare);
	printf("{\"count\":%zu,\"p50\":%llu,\"p90\":%llu,\"p99\":%llu,\"max\":%llu}\n",
	       samples->count, (unsigned long long)samples_percentile(samples, 50),
	       (unsigned long long)samples_percentile(samples, 90),
	       (unsigned long long)samples_percentile(samples, 99),
	       (unsigned long long)samples_percentile(samples, 100));
	fflush(stdout);
}

void bench_samples_done(struct bench_samples *samples)
{
	free(samples->values);
	*samples = (struct bench_samples){ 0 };
}

char *bench_http_request(const char *body, size_t *ret_len)
{
	char *text;
	int len = asprintf(&text,
			   "POST /rpc HTTP/1.1\r\nHost: localhost\r\n"
			   "Content-Type: application/json\r\nContent-Length: %zu\r\n\r\n%s",
			   strlen(body), body);

	if (len < 0)
		bench_die("no memory for the request");
	*ret_len = (size_t)len;
	return text;
}

struct bench_http *bench_http_new(int fd)
{
	struct bench_http *http = malloc(sizeof(*http));

	if (!http)
		bench_die("no memory for a connection");
	http->fd = fd;
	http->out = -1;
	http->start = http->end = 0;
	return http;
}

/* Makes sure that unread bytes stand in the buffer. */
static void http_fill(struct bench_http *http)
{
	if (http->start == http->end)
		http->start = http->end = 0;
	if (http->end == sizeof(http->buffer)) {
		memmove(http->buffer, http->buffer + http->start, http->end - http->start);
		http->end -= http->start;
		http->start = 0;
	}
	http->end +=
		receive_some(http->fd, http->buffer + http->end, sizeof(http->buffer) - http->end);
}

/* Takes one line, CRLF cut off and 0-terminated in place. */
static char *http_line(struct bench_http *http)
{
	size_t seen = 0;

	for (;;) {
		char *begin = http->buffer + http->start;
		char *lf = memchr(begin + seen, '\n', http->end - http->start - seen);
		if (lf) {
			http->start += (size_t)(lf - begin) + 1;
			if (lf > begin && lf[-1] == '\r')
				lf--;
			*lf = '\0';
			return begin;
		}
		seen = http->end - http->start;
		errno = 0;
		if (seen == sizeof(http->buffer))
			bench_die("a line without an end");
		http_fill(http);
	}
}

/* Takes len bytes of the body. */
static void http_skip(struct bench_http *http, uint64_t len)
{
	while (len) {
		if (http->start == http->end)
			http_fill(http);
		if (!http->first_byte)
			http->first_byte = bench_now();
		size_t have = http->end - http->start;
		if (have > len)
			have = (size_t)len;
		size_t open = BENCH_HTTP_OPENING - http->opening_len;
		if (open > have)
			open = have;
		memcpy(http->opening + http->opening_len, http->buffer + http->start, open);
		http->opening_len += open;
		if (http->out >= 0 && write(http->out, http->buffer + http->start, have) < 0)
			bench_die("write the body");
		http->start += have;
		http->body_bytes += have;
		len -= have;
	}
}

void bench_http_answer(struct bench_http *http)
{
	bool chunked = false;
	uint64_t length = 0;

	http->keep_alive = true;
	http->first_byte = http->body_bytes = http->opening_len = 0;
	const char *line = http_line(http);
	errno = 0;
	if (strncmp(line, "HTTP/1.1 200", 12))
		bench_die("answer is %s", line);
	while (*(line = http_line(http))) {
		if (!strncasecmp(line, "content-length:", 15))
			length = strtoull(line + 15, NULL, 10);
		else if (!strncasecmp(line, "transfer-encoding:", 18))
			chunked = strcasestr(line + 18, "chunked");
		else if (!strncasecmp(line, "connection:", 11))
			http->keep_alive = !strcasestr(line + 11, "close");
	}
	if (!chunked) {
		http_skip(http, length);
	} else {
		while ((length = strtoull(http_line(http), NULL, 16))) {
			http_skip(http, length);
			http_line(http);
		}
		while (*http_line(http))
			;
	}
	http->opening[http->opening_len] = '\0';
	if (!strstr(http->opening, "\"result\"")) {
		errno = 0;
		bench_die("not a result: %s", http->opening);
	}
}
