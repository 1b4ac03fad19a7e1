/*
 * stream.c - slots, blocks and back-pressure of long answers.
 *
 * A worker fills blocks, each one HTTP chunk with its framing in place, and puts them on the
 * stream's queue; the loop thread takes the queue and writes it with one gathering write at a time.
 * Blocks go round within their stream and are mapped, not malloc'ed, so that nothing of a long
 * answer stays behind in the heap. One lock for all streams is enough: it is held for list
 * operations only, and for joining small pieces.
 */
#include "serve/stream.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#include "base/arena.h"
#include "base/macros.h"

#define BLOCK_SIZE  (320 * 1024) /* a piece of libsal's, 256 KiB and a bit, fits into one */
#define CHUNK_HEAD  10 /* 8 hex digits, CR LF */
#define CHUNK_TAIL  2
#define JOIN_MAX    (32 * 1024) /* pieces up to this are joined to the block before */
#define WRITE_COUNT 16 /* blocks in one write */
#define HEAD_MAX    512 /* more than the HTTP head in front of the first chunk */

struct stream_block {
	struct stream_block *next;
	uint32_t len; /* bytes in data */
	uint32_t chunk; /* where the chunk's size stands */
	char data[];
};

#define BLOCK_ROOM (BLOCK_SIZE - sizeof(struct stream_block))

struct serve_stream {
	struct serve_streams *streams;
	struct serve_reader reader;
	const char *head; /* of the worker: what comes before the first chunk, until it is queued */
	/* under the lock */
	struct serve_stream *next_active, *next_ready;
	struct stream_block *queue, **queue_tail, *spare, *last;
	size_t unsent;
	pthread_cond_t room;
	bool has_slot, is_ready;
	atomic_bool cut;
	/* of the loop thread */
	struct stream_block *writing[WRITE_COUNT];
	unsigned nwriting;
	size_t writing_len, sent_len;
	uv_write_t write;
	bool ending, last_chunk;
	uint64_t mark_time; /* when the reader last had taken its least, or had nothing to take */
	size_t mark_len;
};

struct stream_waiter {
	struct stream_waiter *next;
	const struct serve_reader *reader;
	struct serve_stream *stream; /* set when it got a slot */
	pthread_cond_t granted;
};

void serve_streams_init(struct serve_streams *streams, const struct serve_limits *limits,
			uv_async_t *wake)
{
	*streams = (struct serve_streams){ .limits = limits, .wake = wake };
	pthread_mutex_init(&streams->lock, NULL);
	streams->waiters_tail = &streams->waiters;
	streams->ready_tail = &streams->ready;
}

/* Slots */

static bool slot_free(const struct serve_streams *streams, const struct serve_reader *reader)
{
	const struct serve_limits *limits = streams->limits;
	unsigned of_uid = 0;

	if (streams->nactive >= limits->streams)
		return false;
	if (!reader->admin && streams->ncommon + limits->streams_admin >= limits->streams)
		return false;
	for (const struct serve_stream *s = streams->active; s; s = s->next_active)
		of_uid += s->reader.uid == reader->uid;
	return of_uid < limits->streams_uid;
}

static void slot_take(struct serve_streams *streams, struct serve_stream *stream)
{
	stream->has_slot = true;
	stream->next_active = streams->active;
	streams->active = stream;
	streams->nactive++;
	streams->ncommon += !stream->reader.admin;
}

static struct serve_stream *stream_new(struct serve_streams *streams,
				       const struct serve_reader *reader)
{
	struct serve_stream *stream = calloc(1, sizeof(*stream));

	if (!stream)
		sal_oom();
	stream->streams = streams;
	stream->reader = *reader;
	stream->queue_tail = &stream->queue;
	pthread_cond_init(&stream->room, NULL);
	slot_take(streams, stream);
	return stream;
}

/* Serves those who wait, in their order, as far as there are slots that they may have. */
static void slots_share(struct serve_streams *streams)
{
	struct stream_waiter **at = &streams->waiters;

	while (*at) {
		struct stream_waiter *waiter = *at;

		if (!slot_free(streams, waiter->reader)) {
			at = &waiter->next;
			continue;
		}
		*at = waiter->next;
		streams->nwaiters--;
		waiter->stream = stream_new(streams, waiter->reader);
		pthread_cond_signal(&waiter->granted);
	}
	streams->waiters_tail = at;
}

static void slot_give_up(struct serve_stream *stream)
{
	struct serve_streams *streams = stream->streams;

	if (!stream->has_slot)
		return;
	stream->has_slot = false;
	for (struct serve_stream **at = &streams->active; *at; at = &(*at)->next_active) {
		if (*at == stream) {
			*at = stream->next_active;
			break;
		}
	}
	streams->nactive--;
	streams->ncommon -= !stream->reader.admin;
	slots_share(streams);
}

static void waiter_remove(struct serve_streams *streams, struct stream_waiter *waiter)
{
	struct stream_waiter **at = &streams->waiters;

	while (*at != waiter)
		at = &(*at)->next;
	*at = waiter->next;
	if (!*at)
		streams->waiters_tail = at;
	streams->nwaiters--;
}

/* Waits for a slot; called with the lock held. NULL when there was none in time. */
static struct serve_stream *slot_wait(struct serve_streams *streams,
				      const struct serve_reader *reader)
{
	struct stream_waiter waiter = { .reader = reader };
	pthread_condattr_t attr;
	struct timespec until;

	if (streams->nwaiters >= streams->limits->stream_waiters)
		return NULL;
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&waiter.granted, &attr);
	pthread_condattr_destroy(&attr);
	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += streams->limits->stream_wait;
	*streams->waiters_tail = &waiter;
	streams->waiters_tail = &waiter.next;
	streams->nwaiters++;
	while (!waiter.stream) {
		if (pthread_cond_timedwait(&waiter.granted, &streams->lock, &until) != ETIMEDOUT)
			continue;
		if (!waiter.stream)
			waiter_remove(streams, &waiter);
		break;
	}
	pthread_cond_destroy(&waiter.granted);
	return waiter.stream;
}

/* Blocks */

static struct stream_block *block_get(struct serve_stream *stream)
{
	struct stream_block *block = stream->spare;

	if (block) {
		stream->spare = block->next;
	} else {
		block = mmap(NULL, BLOCK_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
			     -1, 0);
		if (block == MAP_FAILED)
			sal_oom();
	}
	block->next = NULL;
	block->len = 0;
	return block;
}

static void blocks_free(struct stream_block *block)
{
	while (block) {
		struct stream_block *next = block->next;

		munmap(block, BLOCK_SIZE);
		block = next;
	}
}

static void block_chunk(struct stream_block *block, const char *text, size_t len)
{
	block->chunk = block->len;
	block->len += CHUNK_HEAD;
	memcpy(block->data + block->len, text, len);
	block->len += (uint32_t)len + CHUNK_TAIL;
}

/* Writes the framing around the bytes of the block's chunk. */
static void block_frame(struct stream_block *block)
{
	static const char hex[] = "0123456789abcdef";
	uint32_t size = block->len - block->chunk - CHUNK_HEAD - CHUNK_TAIL;
	char *head = block->data + block->chunk;

	for (int i = 7; i >= 0; i--, size >>= 4)
		head[i] = hex[size & 15];
	memcpy(head + 8, "\r\n", 2);
	memcpy(block->data + block->len - CHUNK_TAIL, "\r\n", 2);
}

/* Puts the stream where the loop thread looks; true when that must be woken. Lock held. */
static bool stream_ready(struct serve_stream *stream)
{
	struct serve_streams *streams = stream->streams;

	if (stream->is_ready)
		return false;
	stream->is_ready = true;
	stream->next_ready = NULL;
	*streams->ready_tail = stream;
	streams->ready_tail = &stream->next_ready;
	return true;
}

/* Joins a small piece to the last block, if the loop has not taken that one. Lock held. */
static bool stream_join(struct serve_stream *stream, const char *text, size_t len)
{
	struct stream_block *last = stream->last;

	if (!last || len > JOIN_MAX || BLOCK_ROOM - last->len < len)
		return false;
	memcpy(last->data + last->len - CHUNK_TAIL, text, len);
	last->len += (uint32_t)len;
	stream->unsent += len;
	block_frame(last);
	return true;
}

static int stream_put(struct serve_stream *stream, const char *text, size_t len)
{
	struct serve_streams *streams = stream->streams;
	struct stream_block *block = NULL;
	int r = 0;
	bool wake;

	pthread_mutex_lock(&streams->lock);
	while (stream->unsent > streams->limits->stream_unsent && !stream->cut)
		pthread_cond_wait(&stream->room, &streams->lock);
	if (stream->cut)
		r = -ECANCELED;
	else if (!stream_join(stream, text, len))
		block = block_get(stream);
	pthread_mutex_unlock(&streams->lock);
	if (!block)
		return r;

	if (stream->head) {
		block->len = (uint32_t)strlen(stream->head);
		memcpy(block->data, stream->head, block->len);
		stream->head = NULL;
	}
	block_chunk(block, text, len);
	block_frame(block);

	pthread_mutex_lock(&streams->lock);
	*stream->queue_tail = block;
	stream->queue_tail = &block->next;
	stream->last = block;
	stream->unsent += block->len;
	wake = stream_ready(stream);
	pthread_mutex_unlock(&streams->lock);
	if (wake)
		uv_async_send(streams->wake);
	return 0;
}

int serve_stream_open(struct serve_streams *streams, const struct serve_reader *reader,
		      const char *head, struct serve_stream **ret_stream)
{
	struct serve_stream *stream;

	pthread_mutex_lock(&streams->lock);
	stream = slot_free(streams, reader) ? stream_new(streams, reader)
					    : slot_wait(streams, reader);
	pthread_mutex_unlock(&streams->lock);
	if (!stream)
		return -EBUSY;
	stream->head = head;
	*ret_stream = stream;
	return 0;
}

int serve_stream_write(struct serve_stream *stream, const char *text, size_t len)
{
	while (len) {
		size_t room = BLOCK_ROOM - HEAD_MAX - CHUNK_HEAD - CHUNK_TAIL;
		size_t n = SAL_MIN(len, room);
		int r = stream_put(stream, text, n);

		if (r < 0)
			return r;
		text += n;
		len -= n;
	}
	return 0;
}

/* The loop's side */

static void stream_flush(struct serve_stream *stream);

static void stream_written(uv_write_t *write, int status)
{
	struct serve_stream *stream = write->data;
	struct serve_streams *streams = stream->streams;

	pthread_mutex_lock(&streams->lock);
	for (unsigned i = 0; i < stream->nwriting; i++) {
		stream->writing[i]->next = stream->spare;
		stream->spare = stream->writing[i];
	}
	stream->unsent -= stream->writing_len;
	pthread_cond_signal(&stream->room);
	pthread_mutex_unlock(&streams->lock);
	stream->sent_len += stream->writing_len;
	stream->writing_len = 0;
	stream->nwriting = 0;
	if (stream->cut)
		return;
	if (status < 0 || stream->last_chunk)
		stream->reader.sent(stream->reader.owner, status);
	else
		stream_flush(stream);
}

/* Takes what is queued; the number of buffers it fills. */
static unsigned stream_take(struct serve_stream *stream, uv_buf_t *bufs)
{
	struct serve_streams *streams = stream->streams;
	unsigned n = 0;

	pthread_mutex_lock(&streams->lock);
	while (stream->queue && n < WRITE_COUNT) {
		struct stream_block *block = stream->queue;

		stream->queue = block->next;
		if (stream->last == block)
			stream->last = NULL;
		stream->writing[n] = block;
		stream->writing_len += block->len;
		bufs[n++] = uv_buf_init(block->data, block->len);
	}
	if (!stream->queue)
		stream->queue_tail = &stream->queue;
	pthread_mutex_unlock(&streams->lock);
	return n;
}

static void stream_flush(struct serve_stream *stream)
{
	static char last_chunk[] = "0\r\n\r\n";
	uv_buf_t bufs[WRITE_COUNT];
	unsigned n;
	int r;

	if (stream->writing_len || stream->cut || stream->last_chunk)
		return;
	stream->nwriting = n = stream_take(stream, bufs);
	if (!n && !stream->ending)
		return;
	if (!n) {
		bufs[n++] = uv_buf_init(last_chunk, sizeof(last_chunk) - 1);
		stream->last_chunk = true;
	}
	stream->write.data = stream;
	r = uv_write(&stream->write, stream->reader.socket, bufs, n, stream_written);
	if (r < 0)
		stream_written(&stream->write, r);
}

void serve_streams_collect(struct serve_streams *streams)
{
	for (;;) {
		struct serve_stream *stream;

		pthread_mutex_lock(&streams->lock);
		stream = streams->ready;
		if (stream) {
			streams->ready = stream->next_ready;
			stream->is_ready = false;
		}
		if (!streams->ready)
			streams->ready_tail = &streams->ready;
		pthread_mutex_unlock(&streams->lock);
		if (!stream)
			return;
		stream_flush(stream);
	}
}

void serve_stream_end(struct serve_stream *stream)
{
	stream->ending = true;
	stream_flush(stream);
}

void serve_stream_cut(struct serve_stream *stream)
{
	pthread_mutex_lock(&stream->streams->lock);
	stream->cut = true;
	pthread_cond_signal(&stream->room);
	slot_give_up(stream);
	pthread_mutex_unlock(&stream->streams->lock);
}

void serve_stream_free(struct serve_stream *stream)
{
	struct serve_streams *streams = stream->streams;
	struct serve_stream **at = &streams->ready;

	pthread_mutex_lock(&streams->lock);
	slot_give_up(stream);
	while (stream->is_ready && *at != stream)
		at = &(*at)->next_ready;
	if (stream->is_ready) {
		*at = stream->next_ready;
		if (!*at)
			streams->ready_tail = at;
	}
	pthread_mutex_unlock(&streams->lock);
	blocks_free(stream->queue);
	blocks_free(stream->spare);
	pthread_cond_destroy(&stream->room);
	free(stream);
}

bool serve_stream_too_slow(struct serve_stream *stream, uint64_t now, bool stopping)
{
	struct serve_streams *streams = stream->streams;
	const struct serve_limits *limits = streams->limits;
	size_t taken = stream->sent_len + stream->writing_len;
	unsigned waiters;
	bool unsent;

	pthread_mutex_lock(&streams->lock);
	unsent = stream->unsent || stream->last_chunk;
	waiters = streams->nwaiters;
	pthread_mutex_unlock(&streams->lock);
	taken -= SAL_MIN(taken, uv_stream_get_write_queue_size(stream->reader.socket));
	if (!unsent || !stream->mark_time || taken - stream->mark_len >= limits->stream_least) {
		stream->mark_time = now;
		stream->mark_len = taken;
		return false;
	}
	now = (now - stream->mark_time) / 1000;
	return now >= limits->stream_stall || (waiters && now >= limits->stream_slow) ||
	       (stopping && now >= limits->stop_timeout);
}
