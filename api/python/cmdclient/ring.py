"""The shared rings of a VC: api/RING.md, version 1, in Python.

RING.md wants sequentially consistent accesses. Python has none, but on x86-64 little is missing:

* A word is read and written through ctypes at its natural alignment, which is one load or one store of
  its size there. Stores of one processor become visible in their order, and loads are done in theirs, so an
  index that has been seen vouches for what was written before it.
* Only a store that is followed by a load of another word may be overtaken. The side that rings has such a
  pair (its index, then the other's flag): this client does not look at the flag and **always rings**, as RING.md
  permits. The side that sleeps has the other one (its flag, then the other's index): between them stands
  :func:`_fence`.

Other processors give less, so :func:`check_machine` refuses them.

All that the daemon writes is checked before it is used; what is wrong raises :class:`RingError`, and the ring
stays refused.
"""

from __future__ import annotations

import ctypes
import fcntl
import mmap
import os
import platform
import socket
import struct
import sys
import threading
from dataclasses import dataclass
from typing import List, Optional, Tuple

from .errors import RingError, UnsupportedMachine

_PREAMBLE = struct.Struct("=QIIQQQQQ")
_MAGIC = 0x31474E4952444D43
_VERSION = 1
_HEADER_OCTETS = 0x1000
_CONTROL = (0x200, 0x400)  # of the to-daemon ring, of the to-client ring
_MIN_RING, _MAX_RING = 64, 1 << 30
_SEALS = 0x2 | 0x4  # F_SEAL_SHRINK, F_SEAL_GROW
_F_GET_SEALS = 1034

_HEADER = struct.Struct("@Q")
_LENGTH = 0xFFFFFFFF
_CLP, _EFCI, _PAD = 1 << 40, 1 << 41, 1 << 47
_RESERVED = ~(_LENGTH | 0xFF << 32 | _CLP | _EFCI | _PAD) & (1 << 64) - 1

_BELL_OCTETS = 512


def check_machine() -> None:
    """Refuse processors other than x86-64: the order of memory accesses is built on theirs."""
    machine = platform.machine()
    if machine not in ("x86_64", "AMD64") or sys.byteorder != "little" or struct.calcsize("P") != 8:
        raise UnsupportedMachine(
            f"this client works on x86-64 only, whose order of memory accesses it relies upon; this is {machine}"
        )


_lock = threading.Lock()


def _fence() -> None:
    """Order the stores before it and the loads behind it.

    Taking a lock is an instruction with the LOCK prefix, which is a full fence on x86-64.
    """
    with _lock:
        pass


@dataclass(frozen=True)
class SDU:
    """One AAL5 SDU: its octets, the CPCS user-to-user octet, and the bits CLP and EFCI."""

    data: bytes
    uu: int = 0
    clp: bool = False
    efci: bool = False


class EndOfFile(Exception):
    """Nothing more will come on this ring."""


def record_octets(length: int) -> int:
    """Return what a record with a payload of length octets takes in a ring."""
    return 8 + length + 7 & ~7


class _Ring:
    """What both ends of a ring have: the words of its control block, its records and three private indices.

    ``own`` is the index that this side publishes, ``next`` the position up to which it has worked, ``other`` its copy
    of the other side's index.
    """

    def __init__(self, memory: mmap.mmap, control: int, offset: int, size: int) -> None:
        self.size = size
        self.own = self.next = self.other = 0
        self.fault: Optional[RingError] = None
        self._memory, self._offset = memory, offset
        self._tail = ctypes.c_uint64.from_buffer(memory, control)
        self._closed = ctypes.c_uint32.from_buffer(memory, control + 0x08)
        self._producer_waits = ctypes.c_uint32.from_buffer(memory, control + 0x0C)
        self._head = ctypes.c_uint64.from_buffer(memory, control + 0x80)
        self._consumer_sleeps = ctypes.c_uint32.from_buffer(memory, control + 0x88)
        self._dropped = ctypes.c_uint64.from_buffer(memory, control + 0x100)

    @property
    def dropped(self) -> int:
        """The SDUs that the daemon has lost at this ring."""
        return int(self._dropped.value)

    def _bad(self, words: str) -> RingError:
        """Note that the daemon broke the contract: the ring is refused from now on."""
        self.fault = RingError(words)
        return self.fault

    def _check(self) -> None:
        if self.fault is not None:
            raise self.fault

    def detach(self) -> None:
        """Let go of the shared memory, which cannot be unmapped before."""
        del self._tail, self._closed, self._producer_waits, self._head, self._consumer_sleeps, self._dropped


class Sender(_Ring):
    """The producer of the to-daemon ring."""

    @property
    def longest(self) -> int:
        """The longest payload that a record holds."""
        return self.size // 2 - 8

    def _need(self, length: int) -> Tuple[int, int]:
        """Return what a record takes, and the pad before it (0 for none)."""
        need, rest = record_octets(length), self.size - (self.next & self.size - 1)
        return need, rest if rest < need else 0

    def fits(self, length: int) -> bool:
        """Report whether there is room for a record; it looks at the shared index only if it must."""
        self._check()
        need, pad = self._need(length)
        if self.size - (self.next - self.other) >= need + pad:
            return True
        head = int(self._head.value)
        if head % 8 or head < self.other or head > self.own:
            raise self._bad(f"the daemon's head is {head:#x} after {self.other:#x}, with the tail at {self.own:#x}")
        self.other = head
        return self.size - (self.next - self.other) >= need + pad

    def put(self, sdu: SDU) -> bool:
        """Write a record, which flush publishes; return False if the ring is full."""
        length = len(sdu.data)
        if length > self.longest:
            raise ValueError(f"an SDU of {length} octets: this ring holds at most {self.longest}")
        if not 0 <= sdu.uu <= 255:
            raise ValueError(f"the user-to-user octet {sdu.uu} is none")
        if not self.fits(length):
            return False
        need, pad = self._need(length)
        if pad:
            self._write(pad - 8 | _PAD, b"")
            self.next += pad
        header = length | sdu.uu << 32 | (_CLP if sdu.clp else 0) | (_EFCI if sdu.efci else 0)
        self._write(header, sdu.data)
        self.next += need
        return True

    def _write(self, header: int, payload: bytes) -> None:
        at = self._offset + (self.next & self.size - 1)
        self._memory[at + 8 : at + 8 + len(payload)] = payload
        _HEADER.pack_into(self._memory, at, header)

    def flush(self) -> bool:
        """Publish what put has written; return True if the daemon is to be rung."""
        if self.own == self.next:
            return False
        self.own = self.next
        self._tail.value = self.own
        return True

    def arm(self, on: bool) -> None:
        """Ask to be rung when half of the ring is free, or take that back."""
        self._producer_waits.value = int(on)


class Receiver(_Ring):
    """The consumer of the to-client ring."""

    def _load_tail(self) -> None:
        tail = int(self._tail.value)
        if tail % 8 or tail < self.other or tail - self.own > self.size:
            raise self._bad(f"the daemon's tail is {tail:#x} after {self.other:#x}, with the head at {self.own:#x}")
        self.other = tail

    def ready(self) -> bool:
        """Report whether take would return an SDU or raise."""
        if self.fault is None and self.next == self.other and not self._closed.value:
            try:
                self._load_tail()
            except RingError:
                return True
            return self.next != self.other
        return True

    def take(self) -> Optional[SDU]:
        """Return the next SDU, or None if there is none; raise EndOfFile behind the last one.

        Its memory stays taken until release.
        """
        self._check()
        while True:
            if self.next == self.other:
                self._load_tail()
            if self.next == self.other:
                if not self._closed.value:
                    return None
                self._load_tail()
                if self.next == self.other:
                    raise EndOfFile
            sdu = self._record()
            if sdu is not None:
                return sdu

    def _record(self) -> Optional[SDU]:
        """Read the record at next; None is a pad."""
        place = self.next & self.size - 1
        at = self._offset + place
        (header,) = _HEADER.unpack_from(self._memory, at)
        length = header & _LENGTH
        octets = record_octets(length)
        rest, published = self.size - place, self.other - self.next
        if header & _PAD:
            # It fills the rest, and the record that it makes room for is behind it.
            if header != (rest - 8 | _PAD) or place == 0 or rest >= published:
                raise self._bad(f"the daemon's pad {header:#x} at {place:#x} with {published:#x} octets published")
            self.next += rest
            return None
        if header & _RESERVED or length > self.size // 2 - 8 or octets > rest or octets > published:
            raise self._bad(f"the daemon's record {header:#x} at {place:#x} with {published:#x} octets published")
        data = self._memory[at + 8 : at + 8 + length]
        self.next += octets
        return SDU(data, header >> 32 & 0xFF, bool(header & _CLP), bool(header & _EFCI))

    def release(self, lazy: bool = False) -> bool:
        """Give back the memory of what was taken; return True if the daemon is to be rung.

        A lazy release waits until a batch is taken: all that was published, or an eighth of the ring.
        """
        if self.own == self.next:
            return False
        if lazy and self.next != self.other and self.next - self.own < self.size // 8:
            return False
        self.own = self.next
        self._head.value = self.own
        return True

    def arm(self, on: bool) -> None:
        """Ask to be rung when something is published, or take that back."""
        self._consumer_sleeps.value = int(on)


class Endpoint:
    """The client's end of a VC's rings: both rings and the doorbell.

    It owns the two descriptors that came with the VC, also when it cannot be made. One thread uses it.
    """

    def __init__(self, memory: int, doorbell: int) -> None:
        self.gone = False  # the daemon's end of the doorbell is closed
        self._memory: Optional[mmap.mmap] = None
        try:
            self.bell = socket.socket(fileno=doorbell)
            self.bell.settimeout(None)  # with another one MSG_DONTWAIT would wait, whatever the program's default is
        except OSError:
            os.close(doorbell)
            os.close(memory)
            raise RingError("the second descriptor of a VC is no socket") from None
        try:
            check_machine()
            self._memory, areas = _map(memory)
        except BaseException:
            self.bell.close()
            raise
        finally:
            os.close(memory)
        self.tx = Sender(self._memory, _CONTROL[0], *areas[0])
        self.rx = Receiver(self._memory, _CONTROL[1], *areas[1])

    def fileno(self) -> int:
        """The doorbell, which is readable when the daemon has rung or is gone."""
        return self.bell.fileno()

    def ring(self) -> None:
        """Tell the daemon to look at the rings."""
        try:
            self.bell.send(b"\x01", socket.MSG_DONTWAIT | socket.MSG_NOSIGNAL)
        except BlockingIOError:
            pass  # it has been rung already
        except (BrokenPipeError, ConnectionResetError):
            self.gone = True

    def drain(self) -> None:
        """Take the rings of the daemon out of the doorbell."""
        try:
            if not self.bell.recv(_BELL_OCTETS, socket.MSG_DONTWAIT):
                self.gone = True
        except BlockingIOError:
            pass
        except ConnectionResetError:
            self.gone = True

    def arm(self, read: bool, room: Optional[int]) -> bool:
        """Get ready to sleep until an SDU has come (read), or there is room for one of room octets.

        Return False if there is something to do already. The caller sleeps for the doorbell, drains it and disarms.
        """
        if read:
            self.rx.arm(True)
        if room is not None:
            self.tx.arm(True)
        _fence()
        return not (read and self.rx.ready() or room is not None and self.tx.fits(room))

    def disarm(self) -> None:
        """Take back what arm has asked for."""
        self.rx.arm(False)
        self.tx.arm(False)

    def close(self) -> None:
        """Unmap the rings and close the doorbell. It may be called again."""
        if self._memory is None:
            return
        self.tx.detach()
        self.rx.detach()
        self._memory.close()
        self._memory = None
        self.bell.close()


def _map(memory: int) -> Tuple[mmap.mmap, List[Tuple[int, int]]]:
    """Map the memory of a VC and return offset and size of both rings' records."""
    try:
        seals = fcntl.fcntl(memory, _F_GET_SEALS)
    except OSError:
        raise RingError("the memory of a VC is no file that can be sealed") from None
    if seals & _SEALS != _SEALS:
        raise RingError(f"the memory of a VC is not sealed against resizing (seals {seals:#x})")
    octets = os.fstat(memory).st_size
    if octets < 3 * _HEADER_OCTETS:
        raise RingError(f"the memory of a VC has {octets} octets")
    mapped = mmap.mmap(memory, octets, mmap.MAP_SHARED, mmap.PROT_READ | mmap.PROT_WRITE)
    try:
        return mapped, _areas(mapped, octets)
    except RingError:
        mapped.close()
        raise


def _areas(mapped: mmap.mmap, octets: int) -> List[Tuple[int, int]]:
    """Check the read-only part and return offset and size of both rings' records."""
    magic, version, header, total, *rest = _PREAMBLE.unpack_from(mapped, 0)
    if magic != _MAGIC:
        raise RingError("the memory of a VC does not begin with CMDRING1")
    if version != _VERSION:
        raise RingError(f"the rings have version {version}; this client knows {_VERSION}")
    if header != _HEADER_OCTETS or total != octets:
        raise RingError(f"the rings have a header of {header} octets and {total} in all, not {_HEADER_OCTETS} and {octets}")
    areas = [(rest[0], rest[1]), (rest[2], rest[3])]
    for offset, size in areas:
        if (
            not _MIN_RING <= size <= _MAX_RING
            or size & size - 1
            or offset % _HEADER_OCTETS
            or offset < _HEADER_OCTETS
            or offset + size > octets
        ):
            raise RingError(f"a ring of {size} octets at {offset:#x} of {octets}")
    (a, a_size), (b, b_size) = areas
    if a < b + b_size and b < a + a_size:
        raise RingError("the rings of a VC overlap")
    return areas
