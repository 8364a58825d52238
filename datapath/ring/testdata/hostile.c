/* A client that keeps to api/RING.md (mode "peer") or breaks it in one of many ways. ring.h is the C of that document's
 * section 10, extracted by the test. The memory file is descriptor 3, the doorbell 4. Exit status: 0 as planned, 1
 * the daemon misbehaved, 2 the kernel or the arguments did. */
#include "ring.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

static void fail(int status, const char *what) {
	fprintf(stderr, "hostile: %s: %s\n", what, strerror(errno));
	exit(status);
}

/* The payload of record i: its length and every octet depend on i. */
static uint64_t length_of(uint64_t i, uint64_t most) { return i * 37 % (most < 2000 ? most + 1 : 2001); }
static uint8_t octet_of(uint64_t i, uint64_t j) { return (uint8_t)(i * 7 + j * 3 + (j >> 8)); }

static bool push(struct vc *v, uint64_t i) {
	uint64_t n = length_of(i, v->tx.size / 2 - 8);
	uint8_t *p = tx_reserve(v, n);
	if (p == NULL)
		return false;
	for (uint64_t j = 0; j < n; j++)
		p[j] = octet_of(i, j);
	tx_commit(v, n, (uint8_t)i, i & (CLP | EFCI));
	return true;
}

static void check(struct vc *v, uint64_t i, const struct record *rec) {
	if (rec->length != length_of(i, v->tx.size / 2 - 8) || rec->uu != (uint8_t)i || rec->flags != (i & (CLP | EFCI))) {
		fprintf(stderr, "hostile: record %llu: length %llu uu %u flags %u\n", (unsigned long long)i,
		        (unsigned long long)rec->length, rec->uu, rec->flags);
		exit(1);
	}
	for (uint64_t j = 0; j < rec->length; j++)
		if (rec->payload[j] != octet_of(i, j)) {
			fprintf(stderr, "hostile: record %llu differs at octet %llu\n", (unsigned long long)i, (unsigned long long)j);
			exit(1);
		}
}

/* exchange sends count records, expects the same ones back and then the end of file. window bounds what is under way:
 * 1 sleeps on both sides at every record. */
static void exchange(struct vc *v, uint64_t count, uint64_t window) {
	uint64_t sent = 0, got = 0;
	bool closed = false;
	for (;;) {
		uint64_t before = sent + got;
		while (sent < count && sent - got < window && push(v, sent))
			sent++;
		tx_flush(v);
		if (sent == count && !closed) {
			closed = true;
			tx_close(v);
		}
		struct record rec;
		int r;
		while ((r = rx_next(v, &rec)) > 0)
			check(v, got++, &rec);
		rx_release(v);
		if (r < 0)
			break;
		if (sent + got != before)
			continue;
		if (v->gone)
			fail(1, "the daemon is gone before the end of file");
		bool writing = sent < count && sent - got < window;
		vc_wait(v, true, writing, writing ? length_of(sent, v->tx.size / 2 - 8) : 0, -1);
	}
	if (got != count) {
		fprintf(stderr, "hostile: end of file after %llu of %llu\n", (unsigned long long)got, (unsigned long long)count);
		exit(1);
	}
}

/* await_end sleeps until the daemon closes its end of the doorbell. */
static void await_end(struct vc *v) {
	while (!v->gone) {
		struct pollfd p = {.fd = v->bell, .events = POLLIN};
		if (poll(&p, 1, -1) < 0 && errno != EINTR)
			fail(2, "poll");
		bell_drain(v);
	}
}

/* honest_start publishes a few good records, so that the attack meets a VC at work. */
static void honest_start(struct vc *v) {
	for (uint64_t i = 0; i < 3; i++)
		if (!push(v, i))
			fail(1, "no room at the start");
	tx_flush(v);
}

/* await_echo returns when the daemon has answered the good records: it has seen our indices. Nothing is released. */
static void await_echo(struct vc *v) {
	struct record rec;
	for (uint64_t i = 0; i < 3;) {
		if (rx_next(v, &rec) > 0)
			check(v, i++, &rec);
		else if (v->gone)
			fail(1, "the daemon is gone before the attack");
		else
			vc_wait(v, true, false, 0, -1);
	}
}

/* set OFFSET VALUE ...: writes 64-bit words at offsets of the file, and rings whatever the flags say. */
static void set_words(struct vc *v, int argc, char **argv) {
	honest_start(v);
	await_echo(v);
	for (int i = 0; i + 1 < argc; i += 2) {
		uint64_t at = strtoull(argv[i], NULL, 0);
		if (at % 8 != 0 || at >= v->octets)
			fail(2, "offset");
		atomic_store((_Atomic uint64_t *)(v->map + at), strtoull(argv[i + 1], NULL, 0));
	}
	bell_ring(v);
	await_end(v);
}

static uint64_t random_state;
static uint64_t random64(void) {
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	return random_state ^= random_state << 17;
}

/* scribble SEED: random words all over the file, the daemon's included, until the daemon has had enough. */
static void scribble(struct vc *v, uint64_t seed) {
	random_state = seed * 2654435761u + 88172645463325252u;
	honest_start(v);
	for (uint64_t i = 0; !v->gone; i++) {
		uint64_t at = random64() % (random64() % 2 ? 0x600 : v->octets) & ~(uint64_t)7, value = random64();
		switch (random64() % 4) {
		case 0: value &= 0xF8; break;
		case 1: value &= 0xFF000000FF; break;
		case 2: value = atomic_load(&v->tx.ctl->tail) + 8 * (value % 16); break;
		}
		atomic_store((_Atomic uint64_t *)(v->map + at), value);
		bell_ring(v);
		if (i % 64 == 0)
			bell_drain(v);
	}
}

/* flood: as many octets as the kernel takes, again and again, between honest records; nothing is ever drained. */
static void flood(struct vc *v, uint64_t rounds) {
	static uint8_t junk[65536];
	int most = 1 << 20;
	if (setsockopt(v->bell, SOL_SOCKET, SO_SNDBUF, &most, sizeof most) < 0)
		fail(2, "setsockopt");
	for (uint64_t i = 0; i < rounds; i++) {
		while (send(v->bell, junk, sizeof junk, MSG_DONTWAIT | MSG_NOSIGNAL) > 0)
			;
		while (!push(v, i))
			sched_yield();
		tx_flush(v);
	}
	tx_close(v);
	await_end(v);
}

/* mute: publishes records, closes, and never reads what comes back. */
static void mute(struct vc *v, uint64_t count) {
	for (uint64_t i = 0; i < count; i++) {
		while (!push(v, i)) {
			tx_flush(v);
			vc_wait(v, false, true, length_of(i, v->tx.size / 2 - 8), -1);
		}
	}
	tx_close(v);
	atomic_store(&v->rx.ctl->consumer_sleeps, 1);
	int flags = fcntl(v->bell, F_GETFL);
	if (flags < 0 || fcntl(v->bell, F_SETFL, flags & ~O_NONBLOCK) < 0)
		fail(2, "fcntl");
	struct pollfd p = {.fd = v->bell, .events = 0};
	while (poll(&p, 1, -1) < 0 || !(p.revents & POLLHUP)) /* Sleeps until the daemon closes, and drains nothing. */
		;
	if (atomic_load(&v->rx.ctl->dropped_records) == 0)
		fail(1, "no drop was published");
}

/* descriptors: rings with descriptors attached. The kernel refuses them, or the daemon has heard enough. */
static void descriptors(struct vc *v, uint64_t rounds) {
	bool refused = true;
	for (uint64_t i = 0; i < rounds; i++) {
		union { struct cmsghdr h; char b[CMSG_SPACE(4 * sizeof(int))]; } control;
		uint8_t one = 1;
		struct iovec iov = {&one, 1};
		struct msghdr m = {.msg_iov = &iov, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control};
		int fds[4] = {0, 1, 2, v->bell};
		control.h = (struct cmsghdr){.cmsg_len = CMSG_LEN(sizeof fds), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS};
		memcpy(CMSG_DATA(&control.h), fds, sizeof fds);
		if (sendmsg(v->bell, &m, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0 || errno != EPERM)
			refused = false;
	}
	if (refused)
		exchange(v, 100, 100);
	else
		await_end(v);
}

/* resize: the seals hold; then a hole where the indices were. */
static void resize(struct vc *v, int memory) {
	honest_start(v);
	await_echo(v);
	if (ftruncate(memory, 0) == 0 || errno != EPERM || ftruncate(memory, (off_t)v->octets * 2) == 0 || errno != EPERM)
		fail(1, "the file can be resized");
	if (fallocate(memory, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, (off_t)v->octets) < 0)
		fail(2, "fallocate");
	bell_ring(v);
	await_end(v);
}

int main(int argc, char **argv) {
	struct vc v;
	if (argc < 2)
		fail(2, "no mode");
	const char *mode = argv[1];
	uint64_t a = argc > 2 ? strtoull(argv[2], NULL, 0) : 0, b = argc > 3 ? strtoull(argv[3], NULL, 0) : 0;
	int memory = dup(3);
	if (vc_open(&v, 3, 4) < 0)
		fail(1, "vc_open");
	if (strcmp(mode, "peer") == 0)
		exchange(&v, a, b);
	else if (strcmp(mode, "set") == 0)
		set_words(&v, argc - 2, argv + 2);
	else if (strcmp(mode, "scribble") == 0)
		scribble(&v, a);
	else if (strcmp(mode, "flood") == 0)
		flood(&v, a);
	else if (strcmp(mode, "mute") == 0)
		mute(&v, a);
	else if (strcmp(mode, "descriptors") == 0)
		descriptors(&v, a);
	else if (strcmp(mode, "resize") == 0)
		resize(&v, memory);
	else if (strcmp(mode, "shutdown") == 0) {
		honest_start(&v);
		shutdown(v.bell, SHUT_RDWR);
		pause(); /* The test kills this process: the daemon must have gone on without. */
	} else if (strcmp(mode, "die") == 0) {
		honest_start(&v);
		tx_reserve(&v, 1);
		raise(SIGKILL);
	} else
		fail(2, "mode");
	vc_close(&v);
	return 0;
}
