/*
 * client.c - the load generator of tests/bench: calls a JSON-RPC server on a Unix socket (or the
 * echo floor) and says how long that took.
 *
 * bench-client latency [--calls N | --seconds S] [--interval US] [--new] SOCKET BODY|echo:SIZE
 *	one call after another; --new: on a connection each; prints the percentiles
 * bench-client fetch [--runs N] [--out FILE] SOCKET BODY
 *	whole answers on connections of their own; prints first byte and total of each
 * bench-client slow [--readers N] [--rate BYTES] [--seconds S] SOCKET BODY
 *	readers that take RATE bytes a second each; prints "ready" once all have their first bytes,
 *	goes on for S seconds or until SIGTERM, and prints how many were still connected
 *
 * Every line printed is JSON, times in nanoseconds.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "util.h"

struct plan {
	long calls, seconds, interval, runs, readers, rate;
	bool new_connections;
	const char *out, *socket, *body;
};

/* A connection to either kind of server: echo_size is 0 for HTTP. */
struct line {
	int fd;
	char *request;
	size_t request_len, echo_size;
	char *echo;
	struct bench_http *http;
};

static void line_prepare(struct line *line, const struct plan *plan)
{
	*line = (struct line){ .fd = -1 };
	if (strncmp(plan->body, "echo:", 5)) {
		line->request = bench_http_request(plan->body, &line->request_len);
		line->http = bench_http_new(-1);
		return;
	}
	line->echo_size = line->request_len = (size_t)bench_number(plan->body + 5, 1, 64 << 10);
	line->request = calloc(1, line->request_len);
	line->echo = malloc(line->echo_size);
	if (!line->request || !line->echo)
		bench_die("no memory for messages");
}

static void line_connect(struct line *line, const char *path)
{
	line->fd = bench_unix_connect(path);
	if (line->http) {
		line->http->fd = line->fd;
		line->http->start = line->http->end = 0;
	}
}

static void line_call(struct line *line)
{
	bench_send(line->fd, line->request, line->request_len);
	if (line->echo_size)
		bench_receive(line->fd, line->echo, line->echo_size);
	else
		bench_http_answer(line->http);
}

static void sleep_until(uint64_t when)
{
	struct timespec ts = { .tv_sec = (time_t)(when / 1000000000u),
			       .tv_nsec = (long)(when % 1000000000u) };

	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &ts, NULL) == EINTR)
		;
}

static void run_latency(const struct plan *plan)
{
	struct bench_samples samples = { 0 };
	struct line line;

	line_prepare(&line, plan);
	if (!plan->new_connections) {
		line_connect(&line, plan->socket);
		line_call(&line); /* the first one pays for the connection */
	}
	uint64_t now = bench_now();
	uint64_t end = plan->seconds ? now + (uint64_t)plan->seconds * 1000000000u : UINT64_MAX;
	for (long i = 0; plan->seconds ? now < end : i < plan->calls; i++) {
		if (plan->interval) {
			sleep_until(now + (uint64_t)plan->interval * 1000u);
			now = bench_now();
		}
		if (plan->new_connections)
			line_connect(&line, plan->socket);
		line_call(&line);
		if (plan->new_connections)
			close(line.fd);
		uint64_t after = bench_now();
		bench_samples_add(&samples, after - now);
		now = after;
	}
	bench_samples_print(&samples);
	bench_samples_done(&samples);
}

static void run_fetch(const struct plan *plan)
{
	struct line line;

	line_prepare(&line, plan);
	errno = 0;
	if (!line.http)
		bench_die("fetch needs an HTTP server");
	if (plan->out) {
		line.http->out = open(plan->out, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
		if (line.http->out < 0)
			bench_die("open %s", plan->out);
	}
	for (long i = 0; i < plan->runs; i++) {
		uint64_t start = bench_now();
		line_connect(&line, plan->socket);
		line_call(&line);
		uint64_t end = bench_now();
		close(line.fd);
		printf("{\"first\":%llu,\"total\":%llu,\"bytes\":%llu}\n",
		       (unsigned long long)(line.http->first_byte - start),
		       (unsigned long long)(end - start),
		       (unsigned long long)line.http->body_bytes);
	}
}

static volatile sig_atomic_t stopped;

static void on_stop(int sig)
{
	stopped = 1;
}

struct reader {
	int fd;
	uint64_t bytes;
	bool cut;
};

/* Takes what is there, at most a share of the rate; false when the server hung up. */
static void reader_take(struct reader *reader, size_t share)
{
	char data[64 << 10];
	ssize_t n =
		recv(reader->fd, data, share < sizeof(data) ? share : sizeof(data), MSG_DONTWAIT);

	if (n > 0)
		reader->bytes += (uint64_t)n;
	else if (n == 0 || (errno != EAGAIN && errno != EINTR))
		reader->cut = true;
}

static void readers_start(struct reader *readers, const struct plan *plan)
{
	size_t len;
	char *request = bench_http_request(plan->body, &len);

	for (long i = 0; i < plan->readers; i++) {
		readers[i].fd = bench_unix_connect(plan->socket);
		bench_send(readers[i].fd, request, len);
	}
	for (long i = 0; i < plan->readers; i++) {
		struct pollfd poll_fd = { .fd = readers[i].fd, .events = POLLIN };
		errno = 0;
		if (poll(&poll_fd, 1, 20000) != 1)
			bench_die("slow reader %ld got no answer", i);
	}
	puts("ready");
	fflush(stdout);
	free(request);
}

static void run_slow(const struct plan *plan)
{
	enum { SHARES = 8 }; /* a second's bytes are taken in so many steps */
	struct sigaction action = { .sa_handler = on_stop };
	struct reader *readers = calloc((size_t)plan->readers, sizeof(*readers));
	uint64_t bytes = 0;
	long cut = 0;

	if (!readers)
		bench_die("no memory for readers");
	sigaction(SIGTERM, &action, NULL);
	readers_start(readers, plan);
	uint64_t now = bench_now(), end = now + (uint64_t)plan->seconds * 1000000000u;
	while (!stopped && now < end) {
		for (long i = 0; i < plan->readers; i++)
			if (!readers[i].cut)
				reader_take(&readers[i], (size_t)plan->rate / SHARES);
		struct timespec pause = { .tv_nsec = 1000000000 / SHARES };
		nanosleep(&pause, NULL);
		now = bench_now();
	}
	for (long i = 0; i < plan->readers; i++) {
		cut += readers[i].cut;
		bytes += readers[i].bytes;
	}
	printf("{\"readers\":%ld,\"cut\":%ld,\"bytes\":%llu}\n", plan->readers, cut,
	       (unsigned long long)bytes);
	free(readers);
}

static void plan_read(struct plan *plan, int argc, char **argv)
{
	static const struct option options[] = {
		{ "calls", required_argument, NULL, 'c' },
		{ "seconds", required_argument, NULL, 's' },
		{ "interval", required_argument, NULL, 'i' },
		{ "new", no_argument, NULL, 'n' },
		{ "runs", required_argument, NULL, 'r' },
		{ "out", required_argument, NULL, 'o' },
		{ "readers", required_argument, NULL, 'R' },
		{ "rate", required_argument, NULL, 'b' },
		{ 0 },
	};

	for (int opt; (opt = getopt_long(argc, argv, "", options, NULL)) != -1;) {
		if (opt == 'c')
			plan->calls = bench_number(optarg, 1, 100000000);
		else if (opt == 's')
			plan->seconds = bench_number(optarg, 1, 86400);
		else if (opt == 'i')
			plan->interval = bench_number(optarg, 1, 10000000);
		else if (opt == 'n')
			plan->new_connections = true;
		else if (opt == 'r')
			plan->runs = bench_number(optarg, 1, 1000000);
		else if (opt == 'o')
			plan->out = optarg;
		else if (opt == 'R')
			plan->readers = bench_number(optarg, 1, 10000);
		else if (opt == 'b')
			plan->rate = bench_number(optarg, 8, 1 << 20);
		else
			exit(1);
	}
	if (optind != argc - 2)
		bench_die("usage: bench-client latency|fetch|slow [OPTION...] SOCKET BODY");
	plan->socket = argv[optind];
	plan->body = argv[optind + 1];
}

int main(int argc, char **argv)
{
	struct plan plan = { .calls = 1000, .runs = 1, .readers = 8, .rate = 1024 };
	const char *what = argc > 1 ? argv[1] : "";

	plan_read(&plan, argc - (argc > 1), argv + (argc > 1));
	if (!strcmp(what, "latency")) {
		run_latency(&plan);
	} else if (!strcmp(what, "fetch")) {
		run_fetch(&plan);
	} else if (!strcmp(what, "slow")) {
		if (!plan.seconds)
			plan.seconds = 3600;
		run_slow(&plan);
	} else {
		bench_die("no measurement named %s", what);
	}
	return 0;
}
