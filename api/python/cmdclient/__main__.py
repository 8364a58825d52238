"""The command line: ``python3 -m cmdclient listen``, ``call``, ``status``; see --help."""

from __future__ import annotations

import argparse
import os
import signal
import sys
from typing import List, Optional

from . import cmd_pb2 as pb
from .conn import DEFAULT_SOCKET, MINOR, Connection, Offer, VC
from .errors import CmdError, Refused, Released

_CELL_OCTETS = 48  # of payload
_DEFAULT_LINGER = 30.0


def main(args: Optional[List[str]] = None) -> int:
    """Run the command line and return the exit code: 0, 1 for a failure, 2 for wrong usage, 130 for an interrupt."""
    o = _parser().parse_args(args)
    signal.signal(signal.SIGTERM, _interrupted)
    try:
        with Connection(o.socket, name="cmdclient", minor=o.minor, timeout=o.timeout) as conn:
            o.run(conn, o)
    except (CmdError, OSError, ValueError) as e:
        print(f"cmdclient: {e}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


def _interrupted(*_: object) -> None:
    raise KeyboardInterrupt


def _parser() -> argparse.ArgumentParser:
    p = argparse.ArgumentParser(prog="cmdclient", description="Calls through cmd-daemon, from plain Python.")
    p.add_argument(
        "--socket",
        default=os.environ.get("CMD_SOCKET", DEFAULT_SOCKET),
        help="the daemon's socket (default $CMD_SOCKET, or %(default)s)",
    )
    p.add_argument("--minor", type=int, default=MINOR, help="the minor version of the protocol to say (default %(default)s)")
    p.add_argument("--timeout", type=float, default=30.0, help="seconds that an operation may take (default %(default)s)")
    p.add_argument("-v", "--verbose", action="store_true", help="tell on standard error what happens")
    verbs = p.add_subparsers(required=True, metavar="VERB")

    call = verbs.add_parser("call", help="call DEST: standard input is sent, what comes is written to standard output")
    call.add_argument("dest", metavar="DEST", help="an address, or a name of the daemon's [hosts]")
    call.add_argument("--pcr", type=int, default=0, metavar="BIT/S", help="a rate each way (CBR); default is best effort")
    call.add_argument("--send-ring", type=int, default=0, metavar="OCTETS", help="the size of the ring to send by")
    call.add_argument("--linger", type=float, default=_DEFAULT_LINGER, help="seconds in which what was written is still sent")
    call.add_argument("--read", action="store_true", help="send nothing, and receive until the other side ends the call")
    call.set_defaults(run=_call)

    listen = verbs.add_parser("listen", help="wait for calls, and write what they bring to standard output")
    listen.add_argument("--sel", default=None, metavar="XX", help="the last octet of the called address (default any)")
    listen.add_argument("--count", type=int, default=1, help="end after so many calls, 0 for never (default %(default)s)")
    answer = listen.add_mutually_exclusive_group()
    answer.add_argument("--echo", action="store_true", help="send back what comes, instead of writing it")
    answer.add_argument("--send", action="store_true", help="send standard input to the caller, and end the call")
    answer.add_argument("--reject", type=int, default=0, metavar="CAUSE", help="refuse the calls with this cause")
    listen.set_defaults(run=_listen)

    status = verbs.add_parser("status", help="show the daemon's version, addresses and counters")
    status.set_defaults(run=_status)
    return p


def contract(bit_per_s: int) -> Optional[pb.Contract]:
    """Return a CBR contract for a rate of payload each way, or None for none."""
    if not bit_per_s:
        return None
    cells = -(-bit_per_s // (8 * _CELL_OCTETS))
    return pb.Contract(category=pb.CBR, forward=pb.Flow(pcr=cells), backward=pb.Flow(pcr=cells))


def _call(conn: Connection, o: argparse.Namespace) -> None:
    vc = conn.call(o.dest, contract=contract(o.pcr), send_ring=o.send_ring)
    _say(o, f"connected by version 1.{conn.minor} over {vc.channel.link} {vc.channel.vpi}/{vc.channel.vci}, SDUs of up to {vc.max_send} octets")
    try:
        if o.read:
            _write(vc)
        else:
            _read(vc)
    finally:
        result = vc.close(o.linger)
    _check(conn, vc)
    _say(o, f"closed: {result.sent} SDUs sent while closing, {result.dropped} dropped; the ring was full {vc.full} times")
    if result.dropped:
        raise CmdError(f"{result.dropped} SDUs were not sent before the linger ended")


def _listen(conn: Connection, o: argparse.Namespace) -> None:
    conn.listen(selector=None if o.sel is None else int(o.sel, 16))
    _say(o, "listening")
    served = 0
    failed: Optional[Refused] = None
    while not o.count or served < o.count:
        offer = conn.accept()
        try:
            if o.reject:
                offer.reject(cause=o.reject)
            else:
                _serve(conn, o, offer)
        except Refused as e:  # this call failed, and others may come
            print(f"cmdclient: {e}", file=sys.stderr, flush=True)
            failed = e
        served += 1
    if failed is not None:
        raise CmdError("a call has failed")


def _serve(conn: Connection, o: argparse.Namespace, offer: Offer) -> None:
    """Accept one call and work on it until it ends."""
    with offer.accept() as vc:
        _say(o, f"connected with {offer.parameters.calling}")
        if o.echo:
            _echo(vc)
        elif o.send:
            _read(vc)
        else:
            _write(vc)
    _check(conn, vc)


def _check(conn: Connection, vc: VC) -> None:
    """Fail if a call has ended for another reason than that one of its users has ended it."""
    if vc.released is not None and vc.released.status != pb.SUCCESS:
        raise vc.released
    if conn.ended is not None:
        raise conn.ended


def _status(conn: Connection, _: argparse.Namespace) -> None:
    s = conn.status()
    print(f"cmd-daemon {s.version}, protocol 1.{conn.daemon_minor}, in force 1.{conn.minor}")
    print(f"links {s.links_up} of {s.links} up, {s.clients} clients, {s.saps} SAPs, {s.vcs} VCs, {s.calls} calls")
    for a in s.addresses:
        print(f"address {a}")
    for c in s.counters:
        if c.value:
            print(f"{c.name} {c.value}")


def _read(vc: VC) -> None:
    """Send standard input in SDUs as large as the call carries."""
    while True:
        data = sys.stdin.buffer.read(vc.max_send)
        if not data:
            return
        vc.send(data)


def _write(vc: VC) -> None:
    """Write what comes to standard output until the call ends."""
    for sdu in iter(vc.recv, None):
        sys.stdout.buffer.write(sdu)
    sys.stdout.buffer.flush()


def _echo(vc: VC) -> None:
    """Send back each SDU with its flags until the call ends."""
    try:
        for sdu in iter(vc.recv_sdu, None):
            vc.send(sdu.data, uu=sdu.uu, clp=sdu.clp)
    except Released:
        pass  # _check tells why


def _say(o: argparse.Namespace, words: str) -> None:
    if o.verbose:
        print(f"cmdclient: {words}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
