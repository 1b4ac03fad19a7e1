/*
 * util.h - what the load generators and the floors of tests/bench share: the clock, samples and
 * their percentiles, a Unix socket, an HTTP answer read off it.
 *
 * Nothing here is linked into the daemon. A failure ends the program: a benchmark that goes on
 * after an error measures something else.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Monotonic nanoseconds. */
uint64_t bench_now(void);

/* Prints to stderr, with errno's text when errno is not 0, and exits with 1. */
_Noreturn void bench_die(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* A number from the command line between min and max, or the end. */
long bench_number(const char *text, long min, long max);

int bench_unix_connect(const char *path);
void bench_send(int fd, const void *data, size_t len);
/* Receives exactly len bytes. */
void bench_receive(int fd, void *data, size_t len);

/* Durations in nanoseconds, grown as needed. */
struct bench_samples {
	uint64_t *values;
	size_t count, room;
};
void bench_samples_add(struct bench_samples *samples, uint64_t value);
/* One line of JSON: count, p50, p90, p99, max; all in nanoseconds. Sorts the samples. */
void bench_samples_print(struct bench_samples *samples);
void bench_samples_done(struct bench_samples *samples);

/* One JSON-RPC call as a keep-alive HTTP/1.1 POST; malloc'ed. */
char *bench_http_request(const char *body, size_t *ret_len);

enum { BENCH_HTTP_BUFFER = 256 << 10, BENCH_HTTP_OPENING = 256 };

/* Reads answers one after another from one connection, the body without looking at it. */
struct bench_http {
	int fd;
	int out; /* where bodies are written to, or -1 */
	size_t start, end;
	uint64_t first_byte; /* when the first byte of the last body was there */
	uint64_t body_bytes; /* of the last body */
	bool keep_alive;
	char opening[BENCH_HTTP_OPENING + 1]; /* how the last body begins */
	size_t opening_len;
	char buffer[BENCH_HTTP_BUFFER];
};
struct bench_http *bench_http_new(int fd);
/* Receives one answer to its end; ends the program unless it is a 200 with a result. */
void bench_http_answer(struct bench_http *http);
