"""Tests of the rings: against a daemon's end that is played by the same classes with the roles exchanged,
and against one that writes what it must not."""

import fcntl
import os
import random
import select
import socket
import struct
import threading
import unittest
from typing import Any, List, Tuple
from unittest import mock

from cmdclient import ring
from cmdclient.errors import RingError, UnsupportedMachine
from cmdclient.ring import SDU, EndOfFile, Endpoint, Receiver, Sender

PAGE = 0x1000
TAIL, CLOSED, WAITS, HEAD, SLEEPS = 0x00, 0x08, 0x0C, 0x80, 0x88
TO_DAEMON, TO_CLIENT = 0x200, 0x400
SEALS = 0x1 | 0x2 | 0x4


def memory(size: int = PAGE, seals: int = SEALS, **change: Any) -> int:
    """Make the memory file of a VC with two rings of a size, with changes to the fields of its preamble."""
    fields = {
        "magic": 0x31474E4952444D43,
        "version": 1,
        "header": PAGE,
        "total": PAGE + 2 * size,
        "tx_at": PAGE,
        "tx": size,
        "rx_at": PAGE + size,
        "rx": size,
    }
    octets = PAGE + 2 * size
    fields.update(change)
    fd = os.memfd_create("rings", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    os.ftruncate(fd, octets)
    os.pwrite(fd, struct.pack("=QIIQQQQQ", *fields.values()), 0)
    fcntl.fcntl(fd, 1033, seals)  # F_ADD_SEALS
    return fd


class Daemon:
    """The daemon's end of a VC's rings."""

    def __init__(self, fd: int, bell: socket.socket) -> None:
        self.bell = bell
        self.map, areas = ring._map(fd)
        os.close(fd)
        self.rx = Receiver(self.map, TO_DAEMON, *areas[0])
        self.tx = Sender(self.map, TO_CLIENT, *areas[1])
        self.records = areas[1][0]

    def poke(self, at: int, value: int, octets: int = 8) -> None:
        """Write a word of the shared memory."""
        self.map[at : at + octets] = value.to_bytes(octets, "little")

    def record(self, place: int, header: int) -> None:
        """Write a header into the to-client ring."""
        self.poke(self.records + place, header)

    def close(self) -> None:
        self.rx.detach()
        self.tx.detach()
        self.map.close()
        self.bell.close()


def pair(size: int = PAGE) -> Tuple[Endpoint, Daemon]:
    """Make a client's end and a daemon's end of one VC."""
    fd = memory(size)
    mine, other = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
    daemon = Daemon(os.dup(fd), other)
    return Endpoint(fd, mine.detach()), daemon


def open_descriptors() -> int:
    return len(os.listdir("/proc/self/fd"))


class RingTest(unittest.TestCase):
    def pair(self, size: int = PAGE) -> Tuple[Endpoint, Daemon]:
        client, daemon = pair(size)
        self.addCleanup(daemon.close)
        self.addCleanup(client.close)
        return client, daemon

    def test_random_both_ways(self) -> None:
        """Whatever the sizes and the order of steps, every SDU arrives as it was and in order."""
        for seed in range(20):
            rnd = random.Random(seed)
            client, daemon = self.pair(1 << rnd.randrange(12, 16))
            for tx, rx in ((client.tx, daemon.rx), (daemon.tx, client.rx)):
                sent: List[SDU] = []
                came: List[SDU] = []
                for _ in range(2000):
                    step = rnd.randrange(5)
                    if step < 2:
                        size = rnd.choice((1, 7, 8, 9, tx.longest, rnd.randrange(1, tx.longest + 1)))
                        sdu = SDU(rnd.randbytes(size), rnd.randrange(256), rnd.random() < 0.5, rnd.random() < 0.5)
                        if tx.put(sdu):
                            sent.append(sdu)
                    elif step == 2:
                        tx.flush()
                    elif step == 3:
                        sdu2 = rx.take()
                        if sdu2 is not None:
                            came.append(sdu2)
                    else:
                        rx.release()
                tx.flush()
                while (last := rx.take()) is not None:
                    came.append(last)
                    rx.release()
                self.assertGreater(len(sent), 200)
                self.assertEqual(came, sent, f"seed {seed}")

    def test_full(self) -> None:
        client, daemon = self.pair()
        n = 0
        while client.tx.put(SDU(b"x" * 100)):
            n += 1
        self.assertEqual(n, PAGE // ring.record_octets(100))
        self.assertTrue(client.tx.flush())
        self.assertFalse(client.tx.flush(), "nothing new was published")
        self.assertTrue(client.arm(False, 100), "there is no room, so the client sleeps")
        self.assertEqual(daemon.rx._producer_waits.value, 1)
        client.disarm()
        self.assertEqual(daemon.rx._producer_waits.value, 0)
        for _ in range(2):
            self.assertIsNotNone(daemon.rx.take())
        self.assertFalse(client.tx.fits(100), "what is taken is not released yet")
        daemon.rx.release()
        self.assertFalse(client.arm(False, 100), "there is room")
        client.disarm()
        self.assertTrue(client.tx.put(SDU(b"y")))

    def test_limits(self) -> None:
        client, _ = self.pair()
        with self.assertRaisesRegex(ValueError, "holds at most 2040"):
            client.tx.put(SDU(b"x" * 2041))
        with self.assertRaisesRegex(ValueError, "user-to-user octet 256"):
            client.tx.put(SDU(b"x", uu=256))
        self.assertTrue(client.tx.put(SDU(b"x" * 2040)))

    def test_end_of_file(self) -> None:
        client, daemon = self.pair()
        self.assertIsNone(client.rx.take())
        self.assertFalse(client.rx.ready())
        daemon.tx.put(SDU(b"last"))
        daemon.tx.flush()
        daemon.poke(TO_CLIENT + CLOSED, 1, 4)
        self.assertTrue(client.rx.ready())
        self.assertEqual(client.rx.take(), SDU(b"last"))
        for _ in range(2):
            with self.assertRaises(EndOfFile):
                client.rx.take()

    def test_bell(self) -> None:
        socket.setdefaulttimeout(20)  # a program may have one
        self.addCleanup(socket.setdefaulttimeout, None)
        client, daemon = self.pair()
        for _ in range(100_000):  # far more than the socket holds: it has been rung already
            client.ring()
        self.assertFalse(client.gone)
        client.drain()
        self.assertFalse(client.gone)
        daemon.bell.close()
        client.ring()
        self.assertTrue(client.gone)
        client, daemon = self.pair()
        daemon.bell.close()
        client.drain()
        self.assertTrue(client.gone)

    def test_no_wake_up_is_lost(self) -> None:
        """Two threads pass SDUs to and fro; each sleeps for its doorbell without a bound."""
        client, daemon = self.pair()
        rounds = 3000

        def echo() -> None:
            other = Endpoint.__new__(Endpoint)
            other.gone, other.bell, other.rx, other.tx = False, daemon.bell, daemon.rx, daemon.tx
            run(other, rounds, first=False)

        failed: List[BaseException] = []

        def run(ep: Endpoint, n: int, first: bool) -> None:
            rung = select.poll()
            rung.register(ep.fileno(), select.POLLIN)
            try:
                for i in range(n):
                    if first or i > 0:
                        ep.tx.put(SDU(b"%d" % i))
                        ep.tx.flush()
                        ep.ring()
                    while (sdu := ep.rx.take()) is None:
                        if ep.arm(True, None):
                            self.assertTrue(rung.poll(60_000), "the doorbell was not rung")
                            ep.drain()
                        ep.disarm()
                    ep.rx.release()
                if not first:
                    ep.tx.put(SDU(b"end"))
                    ep.tx.flush()
                    ep.ring()
            except BaseException as e:  # told by the main thread
                failed.append(e)

        t = threading.Thread(target=echo)
        t.start()
        run(client, rounds, first=True)
        t.join()
        self.assertEqual(failed, [])


class HostileDaemonTest(unittest.TestCase):
    """Whatever the daemon writes, the client uses none of it and stays refused."""

    def refused(self, name: str, client: Endpoint, words: str) -> None:
        self.assertTrue(client.rx.ready(), name)
        for _ in range(2):
            with self.assertRaisesRegex(RingError, words, msg=name):
                client.rx.take()

    def test_tail(self) -> None:
        for name, seen, tail in (
            ("not a multiple of 8", 0, 4),
            ("backwards", 16, 8),
            ("more than the ring ahead", 0, PAGE + 8),
            ("the largest number", 0, (1 << 64) - 8),
        ):
            client, daemon = pair()
            if seen:
                daemon.record(0, 8)
                daemon.poke(TO_CLIENT + TAIL, seen)
                self.assertIsNotNone(client.rx.take(), name)
            daemon.poke(TO_CLIENT + TAIL, tail)
            self.refused(name, client, "the daemon's tail")
            daemon.poke(TO_CLIENT + TAIL, 16)  # mended too late
            self.refused(name, client, "the daemon's tail")
            client.close()
            daemon.close()

    def test_record(self) -> None:
        pad = 1 << 47
        for name, place, header, published in (
            ("a reserved bit", 0, 8 | 1 << 42, 16),
            ("a reserved bit at the top", 0, 8 | 1 << 63, 16),
            ("longer than half of the ring", 0, PAGE // 2, PAGE),
            ("the longest length", 0, 0xFFFFFFFF, PAGE),
            ("beyond what is published", 0, 9, 16),
            ("beyond the end of the ring", PAGE - 16, 9, 64),
            ("a pad at the beginning", 0, PAGE - 8 | pad, PAGE),
            ("a pad of another length", PAGE - 16, 0 | pad, 64),
            ("a pad with a user-to-user octet", PAGE - 16, 8 | pad | 1 << 32, 64),
            ("a pad alone", PAGE - 16, 8 | pad, 16),
        ):
            client, daemon = pair()
            client.rx.own = client.rx.next = client.rx.other = place
            daemon.record(place, header)
            daemon.poke(TO_CLIENT + TAIL, place + published)
            self.refused(name, client, "the daemon's (record|pad)")
            client.close()
            daemon.close()

    def test_head(self) -> None:
        for name, head in (("not a multiple of 8", 12), ("beyond the tail", 3 * 1032), ("backwards", 0)):
            client, daemon = pair()
            for _ in range(2):
                self.assertTrue(client.tx.put(SDU(b"x" * 1020)))
            client.tx.flush()
            daemon.poke(TO_DAEMON + HEAD, 1032)
            while client.tx.put(SDU(b"x" * 1020)):
                client.tx.flush()
            daemon.poke(TO_DAEMON + HEAD, head if head != 3 * 1032 else client.tx.own + 8)
            for _ in range(2):
                with self.assertRaisesRegex(RingError, "the daemon's head", msg=name):
                    client.tx.put(SDU(b"x" * 1020))
            client.close()
            daemon.close()

    def test_noise(self) -> None:
        """Random words in the shared memory end in RingError or in SDUs, and in nothing else."""
        rnd = random.Random(1)
        for _ in range(300):
            client, daemon = pair()
            for place in range(0, PAGE, 8):
                header = rnd.choice((rnd.randrange(1 << 64), rnd.randrange(64), rnd.randrange(64) | 1 << 47))
                daemon.record(place, header)
            daemon.poke(TO_CLIENT + TAIL, rnd.choice((rnd.randrange(PAGE + 1), rnd.randrange(1 << 64))) & ~7)
            daemon.poke(TO_CLIENT + CLOSED, rnd.randrange(2), 4)
            try:
                while client.rx.take() is not None:
                    pass
            except (RingError, EndOfFile):
                pass
            client.close()
            daemon.close()

    def test_preamble(self) -> None:
        big = 1 << 31
        for name, change, words in (
            ("magic", {"magic": 1}, "CMDRING1"),
            ("version", {"version": 2}, "version 2"),
            ("header", {"header": 0x2000}, "header of 8192"),
            ("size of the file", {"total": PAGE}, "4096 in all"),
            ("size no power of two", {"tx": PAGE - 8}, "a ring of 4088"),
            ("size too small", {"rx": 32}, "a ring of 32"),
            ("size too large", {"rx": big}, "a ring of 2147483648"),
            ("beyond the file", {"rx_at": 3 * PAGE}, "a ring of"),
            ("far beyond the file", {"rx_at": (1 << 64) - PAGE}, "a ring of"),
            ("in the header", {"tx_at": 0}, "a ring of"),
            ("no page", {"tx_at": PAGE + 8}, "a ring of"),
            ("overlap", {"rx_at": PAGE}, "overlap"),
        ):
            with self.assertRaisesRegex(RingError, words, msg=name):
                self.endpoint(memory(**change))

    def test_descriptors(self) -> None:
        """What is no memory of a VC is refused, and every descriptor is closed."""
        before = open_descriptors()
        with self.assertRaisesRegex(RingError, "not sealed"):
            self.endpoint(memory(seals=0x2))
        with self.assertRaisesRegex(RingError, "4096 octets"):
            small = os.memfd_create("small", os.MFD_ALLOW_SEALING)
            os.ftruncate(small, PAGE)
            fcntl.fcntl(small, 1033, SEALS)
            self.endpoint(small)
        with self.assertRaisesRegex(RingError, "no file that can be sealed"):
            self.endpoint(os.open("/dev/null", os.O_RDWR))
        with self.assertRaisesRegex(RingError, "no socket"):
            Endpoint(memory(), os.open("/dev/null", os.O_RDWR))
        client, daemon = pair()
        client.close()
        client.close()
        daemon.close()
        self.assertEqual(open_descriptors(), before)

    def endpoint(self, fd: int) -> None:
        mine, other = socket.socketpair()
        with other:
            Endpoint(fd, mine.detach())


class MachineTest(unittest.TestCase):
    def test_other_machines_are_refused(self) -> None:
        for machine in ("aarch64", "riscv64", "i686"):
            with mock.patch("platform.machine", return_value=machine):
                with self.assertRaisesRegex(UnsupportedMachine, f"x86-64 only.*{machine}"):
                    ring.check_machine()
        ring.check_machine()


if __name__ == "__main__":
    unittest.main()
