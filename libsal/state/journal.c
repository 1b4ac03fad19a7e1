/* journal.c - reads, appends to and renews the journal. See journal.h. */
#include "state/journal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/crc32c.h"
#include "base/fault.h"
#include "base/text.h"

#define NAME   "journal"
#define FRESH  "journal.new"
#define HEADER 40 /* "sal1 " 16 " " 8 " " 8 " " */
#define AHEAD  (64 * 1024) /* allocated at a time */

static bool hex_read(const char *p, int digits, uint64_t *ret_value)
{
	*ret_value = 0;
	for (int i = 0; i < digits; i++) {
		int value = sal_hex_value(p[i]);

		if (value < 0)
			return false;
		*ret_value = *ret_value << 4 | (unsigned)value;
	}
	return true;
}

static uint32_t record_crc(const char *header, const char *json, size_t len)
{
	return sal_crc32c(sal_crc32c(0, header + 5, 25), json, len);
}

/* A whole, undamaged record at p: its length, with *ret_seq and the version's digit; else 0. */
static size_t record_read(const char *p, size_t left, uint64_t *ret_seq, char *ret_version)
{
	uint64_t len, crc;

	if (left <= HEADER || memcmp(p, "sal", 3) || p[4] != ' ' || p[21] != ' ' || p[30] != ' ' ||
	    p[39] != ' ')
		return 0;
	if (!hex_read(p + 5, 16, ret_seq) || !hex_read(p + 22, 8, &len) ||
	    !hex_read(p + 31, 8, &crc) || len >= left - HEADER || p[HEADER + len] != '\n' ||
	    record_crc(p, p + HEADER, len) != crc)
		return 0;
	*ret_version = p[3];
	return HEADER + len + 1;
}

/* Where the next good record begins, behind at; len if there is none. A bad byte may be its newline. */
static size_t record_seek(const char *text, size_t at, size_t len)
{
	uint64_t seq;
	char version;

	for (at++; at < len; at++) {
		const char *found = memmem(text + at, len - at, "sal", 3);

		if (!found)
			break;
		at = found - text;
		if (record_read(found, len - at, &seq, &version))
			return at;
	}
	return len;
}

int sal_journal_walk(const char *text, size_t len, sal_journal_each *each,
		     void (*skipped)(size_t from, size_t to, void *ctx), void *ctx, size_t *ret_end,
		     struct sal_error *err)
{
	uint64_t last = 0, seq;
	size_t at = 0;
	char version;
	int r;

	*ret_end = 0;
	while (at < len) {
		size_t size = record_read(text + at, len - at, &seq, &version), next;

		if (size && version > '1')
			return sal_fail(err, SAL_UNSUPPORTED,
					"the journal is of version %c, written by a newer SAL; "
					"this one knows version 1",
					version);
		if (size && seq > last) {
			r = each(seq, text + at + HEADER, size - HEADER - 1, ctx, err);
			if (r < 0)
				return r;
			last = seq;
			at += size;
			*ret_end = at;
			continue;
		}
		next = size ? at + size : record_seek(text, at, len);
		if (next == len && !size)
			break;
		skipped(at, next, ctx);
		at = next;
	}
	return 0;
}

void sal_journal_format(struct sal_buf *buf, uint64_t seq, const char *json, size_t len)
{
	char header[HEADER + 1];

	snprintf(header, sizeof(header), "sal1 %016llx %08zx %08x ", (unsigned long long)seq, len,
		 0);
	snprintf(header + 31, sizeof(header) - 31, "%08x ", record_crc(header, json, len));
	sal_buf_put(buf, header, HEADER);
	sal_buf_put(buf, json, len);
	sal_buf_putc(buf, '\n');
}

void sal_state_quarantine(int dir, const char *name, bool keep, const char *why, json_t *problems)
{
	char kept[96], words[320];
	struct tm tm;
	time_t now = time(NULL);
	int r = 0;

	gmtime_r(&now, &tm);
	snprintf(kept, sizeof(kept), "%s.damaged-%04d%02d%02dT%02d%02d%02dZ", name,
		 tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec);
	if (!keep) {
		r = renameat(dir, name, dir, kept);
	} else {
		SAL_CLEANUP(sal_close_fd) int from = openat(dir, name, O_RDONLY | O_CLOEXEC);
		SAL_CLEANUP(sal_close_fd)
		int to = openat(dir, kept, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
		struct stat st;

		r = from < 0 || to < 0 || fstat(from, &st) < 0 ||
				    sendfile(to, from, NULL, st.st_size) != st.st_size
			    ? -1
			    : 0;
	}
	snprintf(words, sizeof(words), "%s is damaged (%s); %s%s", name, why,
		 r == 0 ? "what was there is kept as " : "it could not be kept",
		 r == 0 ? kept : "");
	json_array_append_new(problems, json_string(words));
}

struct reading {
	sal_journal_each *each;
	void *ctx;
	struct sal_journal *journal;
	size_t skipped; /* bytes of bad regions */
};

static int record_take(uint64_t seq, const char *json, size_t len, void *ctx, struct sal_error *err)
{
	struct reading *reading = ctx;

	reading->journal->seq = seq;
	return reading->each(seq, json, len, reading->ctx, err);
}

static void region_note(size_t from, size_t to, void *ctx)
{
	((struct reading *)ctx)->skipped += to - from;
}

static int text_read(int fd, struct sal_buf *text, struct sal_error *err)
{
	ssize_t n;

	do {
		n = read(fd, sal_buf_reserve(text, 1 << 16), 1 << 16);
		if (n < 0 && errno != EINTR)
			return sal_fail_errno(err, errno, "cannot read the journal");
		if (n > 0)
			text->len += n;
		if (text->len > SAL_JOURNAL_MAX)
			return sal_fail(err, SAL_LIMIT, "the journal is longer than %d MiB",
					SAL_JOURNAL_MAX >> 20);
	} while (n);
	return 0;
}

int sal_journal_open(struct sal_journal *journal, int dir, sal_journal_each *each, void *ctx,
		     json_t *problems, struct sal_error *err)
{
	SAL_CLEANUP(sal_buf_done) struct sal_buf text = SAL_BUF_EMPTY;
	struct reading reading = { each, ctx, journal, 0 };
	size_t end;
	int r;

	*journal = (struct sal_journal){ .dir = dir };
	unlinkat(dir, FRESH, 0);
	journal->fd = openat(dir, NAME, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (journal->fd < 0)
		return sal_fail_errno(err, errno, "cannot open the journal");
	r = text_read(journal->fd, &text, err);
	if (r == 0)
		r = sal_journal_walk(text.data, text.len, record_take, region_note, &reading, &end,
				     err);
	if (r == 0 && reading.skipped)
		sal_state_quarantine(dir, NAME, true, "records in it do not match their checksum",
				     problems);
	if (r == 0 && end < text.len && ftruncate(journal->fd, end) < 0)
		r = sal_fail_errno(err, errno, "cannot cut the journal's torn end off");
	if (r < 0) {
		sal_journal_close(journal);
		return r;
	}
	journal->end = journal->room = end;
	return 0;
}

void sal_journal_close(struct sal_journal *journal)
{
	if (journal->fd >= 0)
		close(journal->fd);
	journal->fd = -1;
}

/* Room behind the end for n bytes and for all that is owed; file systems that cannot are let off. */
static int room_take(struct sal_journal *journal, off_t n, struct sal_error *err)
{
	off_t need = n + journal->owed, len = need + AHEAD;
	int r;

	if (journal->end + need <= journal->room)
		return 0;
	r = fallocate(journal->fd, FALLOC_FL_KEEP_SIZE, journal->end, len);
	if (r < 0 && errno == ENOSPC) {
		len = need;
		r = fallocate(journal->fd, FALLOC_FL_KEEP_SIZE, journal->end, len);
	}
	if (r < 0 && errno != EOPNOTSUPP && errno != ENOSYS)
		return sal_fail_errno(err, errno, "no room for the journal");
	journal->room = journal->end + len;
	return 0;
}

int sal_journal_append(struct sal_journal *journal, const char *json, size_t len, off_t owe,
		       struct sal_error *err)
{
	SAL_CLEANUP(sal_buf_done) struct sal_buf line = SAL_BUF_EMPTY;
	ssize_t n = 0;
	int r;

	if (journal->broken)
		return sal_fail_errno(err, EIO, "the journal has a bad end");
	sal_journal_format(&line, journal->seq + 1, json, len);
	r = sal_fault("journal.append");
	if (r == 0 && owe > 0) {
		journal->owed += owe;
		r = room_take(journal, line.len, err);
		if (r < 0)
			journal->owed -= owe;
		if (r < 0)
			return r;
	}
	if (r == 0)
		n = pwrite(journal->fd, line.data, line.len, journal->end);
	if (r == 0 && (size_t)n == line.len) {
		journal->end += n;
		journal->seq++;
		if (owe < 0)
			journal->owed = SAL_MAX(journal->owed + owe, (off_t)0);
		return 0;
	}
	if (r == 0 && owe > 0)
		journal->owed -= owe;
	r = r < 0 ? r : n < 0 ? -errno : -ENOSPC;
	journal->room = journal->end;
	journal->broken = ftruncate(journal->fd, journal->end) < 0;
	return sal_fail_errno(err, -r, "cannot write to the journal");
}

int sal_journal_renew(struct sal_journal *journal, struct sal_error *err)
{
	int fd = openat(journal->dir, FRESH, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW,
			0600);
	int r = sal_fault("journal.renew");

	if (fd < 0)
		return sal_fail_errno(err, errno, "cannot make a new journal");
	if (r == 0 && (fsync(fd) < 0 || renameat(journal->dir, FRESH, journal->dir, NAME) < 0 ||
		       fsync(journal->dir) < 0))
		r = -errno;
	if (r < 0) {
		close(fd);
		return sal_fail_errno(err, -r, "cannot make a new journal");
	}
	close(journal->fd);
	journal->fd = fd;
	journal->end = journal->room = 0;
	journal->broken = false;
	return 0;
}
