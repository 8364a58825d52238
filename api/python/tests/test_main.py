"""Tests of the command line against a daemon that is played by a thread."""

import contextlib
import io
import os
import tempfile
import unittest
from typing import Callable, List, Tuple

from cmdclient import cmd_pb2 as pb
from cmdclient.__main__ import contract, main
from cmdclient.ring import SDU

from .test_conn import VC, FakeDaemon


class MainTest(unittest.TestCase):
    def run_with(self, script: Callable[[FakeDaemon], None], *args: str) -> Tuple[int, bytes, str]:
        """Run the command line against a script; return its exit code and what it wrote."""
        with tempfile.TemporaryDirectory() as tmp:
            path = os.path.join(tmp, "sock")
            d = FakeDaemon(script, path=path)
            octets = io.BytesIO()
            out, err = io.TextIOWrapper(octets), io.StringIO()
            with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
                code = main(["--socket", path, *args])
            d.thread.join(20)
            out.flush()
        if d.failed is not None:
            raise d.failed
        for r in d.rings:
            r.close()
        return code, octets.getvalue(), err.getvalue()

    def test_listen_survives_a_call_that_fails(self) -> None:
        """A caller that has given up costs its own call; the next one is served, and the exit code tells."""

        def offer(d: FakeDaemon, vc: int) -> None:
            d.say(d.new_rings(), incoming_call=pb.IncomingCall(vc=vc, link="bob"))

        def give_back(d: FakeDaemon, vc: int) -> None:
            m = d.take("close_call")
            d.reply(pb.PENDING)
            d.say(close_call_complete=pb.CloseCallComplete(request=m.request, vc=vc))
            d.say(delete_vc_indication=pb.DeleteVCIndication(vc=vc))
            d.give_back(mine=False)

        def script(d: FakeDaemon) -> None:
            d.take("register_sap")
            d.reply(handle=pb.HandleResult(handle=1))
            offer(d, VC)
            d.take("incoming_call_complete")
            d.say(incoming_close_call=pb.IncomingCloseCall(vc=VC, status=pb.FAILURE, cause=pb.Cause(value=41, text="fault")))
            d.reply(pb.FAILURE)
            give_back(d, VC)
            offer(d, VC + 1)
            d.take("incoming_call_complete")
            d.reply()
            d.say(call_connected=pb.CallConnected(vc=VC + 1))
            d.rings[1].tx.put(SDU(b"second"))
            d.rings[1].tx.flush()
            d.rings[1].poke(0x408, 1, 4)
            d.rings[1].bell.send(b"x")
            d.say(incoming_close_call=pb.IncomingCloseCall(vc=VC + 1))
            give_back(d, VC + 1)

        code, out, err = self.run_with(script, "listen", "--count", "2")
        self.assertEqual((code, out), (1, b"second"))
        self.assertEqual(err, "cmdclient: Call: FAILURE: fault (cause 41)\ncmdclient: a call has failed\n")

    def test_status(self) -> None:
        def script(d: FakeDaemon) -> None:
            d.take("get_status")
            d.reply(daemon_status=pb.DaemonStatus(version="9", links=2, links_up=1, addresses=["49.11"]))

        code, out, err = self.run_with(script, "--minor", "0", "status")
        self.assertEqual((code, err), (0, ""))
        self.assertIn(b"cmd-daemon 9, protocol 1.2, in force 1.0\nlinks 1 of 2 up", out)

    def test_goodbye(self) -> None:
        code, _, err = self.run_with(lambda d: d.say(goodbye=pb.Goodbye(reason="too many")), "status")
        self.assertEqual((code, err), (1, "cmdclient: too many\n"))

    def test_usage(self) -> None:
        wrong: List[List[str]] = [[], ["shout"], ["call"], ["listen", "--echo", "--send"], ["call", "bob", "--pcr", "fast"]]
        for args in wrong:
            err = io.StringIO()
            with contextlib.redirect_stderr(err), self.assertRaises(SystemExit) as e:
                main(args)
            self.assertEqual(e.exception.code, 2, args)
            self.assertIn("usage: cmdclient", err.getvalue())

    def test_contract(self) -> None:
        """A rate is that of the payload, in whole cells."""
        self.assertIsNone(contract(0))
        rows: List[Tuple[int, int]] = [(1, 1), (384, 1), (385, 2), (384_000_000, 1_000_000)]
        for rate, cells in rows:
            c = contract(rate)
            assert c is not None
            self.assertEqual((c.forward.pcr, c.backward.pcr, c.category), (cells, cells, pb.CBR), rate)


if __name__ == "__main__":
    unittest.main()
