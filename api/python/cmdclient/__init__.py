"""A client of cmd-daemon in plain Python: the standard library and protobuf, no Go.

The control protocol is that of ``api/cmdpb/cmd.proto`` (``api/README.md`` is its reference), and
SDUs move through the shared rings of ``api/RING.md``::

    import cmdclient

    with cmdclient.Connection() as conn:
        with conn.call("bob") as vc:          # the callee: conn.listen(), then conn.accept().accept()
            vc.send(b"one SDU")
            print(vc.recv(timeout=5.0))

The client needs Linux, Python 3.9 or later and an x86-64 processor, see :mod:`cmdclient.ring`; on another
one it refuses to work. One thread at a time uses a :class:`Connection` and what comes from it.
"""

from .conn import DEFAULT_SOCKET, CloseResult, Connection, Offer, VC
from .errors import (
    CmdError,
    Disconnected,
    ProtocolError,
    Refused,
    Released,
    RingError,
    UnsupportedMachine,
)
from .ring import SDU

__all__ = [
    "DEFAULT_SOCKET",
    "SDU",
    "VC",
    "CloseResult",
    "CmdError",
    "Connection",
    "Disconnected",
    "Offer",
    "ProtocolError",
    "Refused",
    "Released",
    "RingError",
    "UnsupportedMachine",
]
