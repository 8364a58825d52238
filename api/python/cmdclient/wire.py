"""The control connection: one protobuf message a datagram of a SOCK_SEQPACKET unix socket, and the
descriptors that travel with it."""

from __future__ import annotations

import array
import os
import socket
import time
from typing import List, Optional, Tuple

from google.protobuf.message import DecodeError

from . import cmd_pb2 as pb
from .errors import Disconnected, ProtocolError

MAX_MESSAGE = 64 << 10
_MAX_DESCRIPTORS = 253  # what one datagram can bring (the kernel's SCM_MAX_FD)
_CONNECT_PAUSE = 0.005


class Wire:
    """A connected socket. It fails with Disconnected when the daemon is gone."""

    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock

    @classmethod
    def connect(cls, path: str, timeout: Optional[float]) -> "Wire":
        """Connect to the daemon's socket; wait up to timeout seconds while too many others do the same."""
        end = deadline(timeout)
        while True:
            sock = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
            try:
                sock.settimeout(remaining(end))
                sock.connect(path)
                return cls(sock)
            except BlockingIOError:  # its queue is full
                sock.close()
                if end is not None and time.monotonic() >= end:
                    raise TimeoutError(f"{path}: the daemon has not accepted the connection") from None
                time.sleep(_CONNECT_PAUSE)
            except (FileNotFoundError, ConnectionRefusedError) as e:
                sock.close()
                raise Disconnected(f"{path}: {e.strerror}: is cmd-daemon running, and is this its socket?") from None
            except PermissionError as e:
                sock.close()
                raise Disconnected(f"{path}: {e.strerror}: become root or join the group cmd") from None
            except OSError:
                sock.close()
                raise

    def fileno(self) -> int:
        """The socket, for poll."""
        return self.sock.fileno()

    def close(self) -> None:
        """Close the socket."""
        self.sock.close()

    def send(self, message: pb.ClientMessage, timeout: Optional[float]) -> None:
        """Send one message; raise TimeoutError if the daemon does not take it in time."""
        data = message.SerializeToString()
        if len(data) > MAX_MESSAGE:
            raise ValueError(f"a message of {len(data)} octets: at most {MAX_MESSAGE} fit into a datagram")
        self.sock.settimeout(timeout)
        try:
            self.sock.sendmsg([data], [], socket.MSG_NOSIGNAL)
        except (BrokenPipeError, ConnectionResetError):
            # What the daemon said before it went is still there to read: the reader tells why.
            pass

    def receive(self) -> Tuple[pb.ServerMessage, List[int]]:
        """Return the next message and the descriptors that came with it, which are the caller's to close.

        It blocks: the caller has polled.
        """
        self.sock.settimeout(None)
        space = socket.CMSG_SPACE(4 * _MAX_DESCRIPTORS)
        try:
            data, anc, flags, _ = self.sock.recvmsg(MAX_MESSAGE, space, socket.MSG_CMSG_CLOEXEC)
        except ConnectionResetError:
            # The daemon has left what it was sent unread. The kernel says so once; what it has said is still there.
            data, anc, flags, _ = self.sock.recvmsg(MAX_MESSAGE, space, socket.MSG_CMSG_CLOEXEC)
        fds = _descriptors(anc)
        message = pb.ServerMessage()
        try:
            if flags & (socket.MSG_TRUNC | socket.MSG_CTRUNC):
                raise ProtocolError("a message is too long")
            if not data and not fds:
                raise Disconnected("the daemon is gone")
            message.ParseFromString(data)
        except DecodeError:
            close_all(fds)
            raise ProtocolError("a message does not parse as a ServerMessage") from None
        except BaseException:
            close_all(fds)
            raise
        return message, fds


def _descriptors(anc: List[Tuple[int, int, bytes]]) -> List[int]:
    fds = array.array("i")
    for level, kind, data in anc:
        if level == socket.SOL_SOCKET and kind == socket.SCM_RIGHTS:
            fds.frombytes(data[: len(data) - len(data) % fds.itemsize])
    return list(fds)


def close_all(fds: List[int]) -> None:
    """Close descriptors that nobody took."""
    for fd in fds:
        os.close(fd)


def deadline(timeout: Optional[float]) -> Optional[float]:
    """Return the monotonic time after timeout seconds; None is never."""
    return None if timeout is None else time.monotonic() + timeout


def remaining(end: Optional[float]) -> Optional[float]:
    """Return the seconds until a deadline, 0 if it is over."""
    return None if end is None else max(0.0, end - time.monotonic())
