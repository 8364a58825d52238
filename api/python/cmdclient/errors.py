"""The errors of the client. All but those of timeouts (TimeoutError) and of wrong arguments
(ValueError) are a :class:`CmdError`."""

from __future__ import annotations

from typing import Optional

from . import cmd_pb2 as pb


class CmdError(Exception):
    """Something that the daemon, the network or the other side did not do."""


class UnsupportedMachine(CmdError):
    """This processor orders memory otherwise than the client relies upon."""


class Disconnected(CmdError):
    """The connection to the daemon is gone; the message is the daemon's reason, if it gave one."""


class ProtocolError(CmdError):
    """The daemon sent what the protocol does not know."""


class RingError(ProtocolError):
    """The daemon wrote into the shared memory what RING.md forbids. The VC is of no use any more."""


class Refused(CmdError):
    """An operation was refused or has failed.

    ``status`` is the status of the protocol by number and ``name`` its name; ``cause`` is that of the network
    (Q.2931), 0 if there is none, and ``text`` the same in words; ``detail`` says what was wrong.
    """

    def __init__(self, op: str, status: int, cause: Optional[pb.Cause] = None, detail: str = "") -> None:
        self.op = op
        self.status = status
        self.name = status_name(status)
        self.cause = cause.value if cause is not None else 0
        self.location = cause.location if cause is not None else 0
        self.text = cause.text if cause is not None else ""
        self.detail = detail
        words = f"{op}: {self.name}"
        if self.cause:
            words += f": {self.text} (cause {self.cause})"
        if detail:
            words += f": {detail}"
        super().__init__(words)


class Released(Refused):
    """The call has ended: the other side or a fault released it."""


def status_name(status: int) -> str:
    """Return the name of a status, or its number if this client does not know it."""
    try:
        return str(pb.Status.Name(status))
    except ValueError:
        return f"status {status}"
