#!/usr/bin/env python3
"""Two programs that send each other SDUs and check every one: octets, order and flags.

    python3 exchange.py listen --count 10000
    python3 exchange.py call DEST --count 10000

SDU number i of each way has a size and octets that follow from i (SHAKE128), bit 0 of i as user-to-user octet
and bit 1 of i as CLP. A call has a rate and no flow control: a side is at most WINDOW SDUs ahead of what it has
received, so that no ring overflows.
"""

import argparse
import hashlib
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))

import cmdclient  # noqa: E402

WINDOW = 128
PATIENCE = 60.0


def octets(way: str, i: int, largest: int) -> bytes:
    """Return SDU number i of the side "call" or "listen"."""
    h = hashlib.shake_128(f"{way} {i}".encode())
    return h.digest(1 + int.from_bytes(h.digest(4), "big") % largest)


def exchange(vc: cmdclient.VC, mine: str, other: str, count: int, largest: int) -> int:
    """Send and check count SDUs each way; return the octets that have come."""
    sent = received = total = 0
    while sent < count or received < count:
        if sent < count and sent - received < WINDOW:
            vc.send(octets(mine, sent, largest), uu=sent & 1, clp=bool(sent & 2), timeout=PATIENCE)
            sent += 1
            continue
        sdu = vc.recv_sdu(PATIENCE)
        if sdu is None:
            raise SystemExit(f"the call ended after {received} of {count} SDUs: {vc.released}")
        if sdu.data != octets(other, received, largest):
            raise SystemExit(f"SDU {received} has come with {len(sdu.data)} other octets")
        if sdu.uu != received & 1 or sdu.clp != bool(received & 2):
            raise SystemExit(f"SDU {received} has come with user-to-user octet {sdu.uu}, CLP {sdu.clp}")
        received += 1
        total += len(sdu.data)
    return total


def main() -> None:
    p = argparse.ArgumentParser(description="Exchange SDUs and check them.")
    p.add_argument("--socket", default=os.environ.get("CMD_SOCKET", cmdclient.DEFAULT_SOCKET))
    p.add_argument("--minor", type=int, default=1)
    p.add_argument("--count", type=int, default=1000, help="SDUs each way")
    p.add_argument("--largest", type=int, default=1400, help="octets of the largest SDU")
    p.add_argument("verb", choices=["call", "listen"])
    p.add_argument("dest", nargs="?", help="whom to call")
    o = p.parse_args()
    with cmdclient.Connection(o.socket, name="exchange", minor=o.minor) as conn:
        if o.verb == "call":
            if o.dest is None:
                p.error("call whom?")
            vc = conn.call(o.dest)
            total = exchange(vc, "call", "listen", o.count, o.largest)
        else:
            conn.listen()
            vc = conn.accept(PATIENCE).accept()
            total = exchange(vc, "listen", "call", o.count, o.largest)
            if vc.recv(PATIENCE) is not None:
                raise SystemExit("more SDUs have come than were sent")
        vc.close()
    print(f"{o.count} SDUs each way, {total} octets received")


if __name__ == "__main__":
    try:
        main()
    except (cmdclient.CmdError, OSError) as e:
        sys.exit(f"exchange: {e}")
