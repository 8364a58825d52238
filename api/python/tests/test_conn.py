"""Tests of connections against a daemon that is played by a thread: what it says in which order, and what it
says wrongly."""

import os
import socket
import threading
import unittest
from typing import Callable, List, Optional, Tuple
from unittest import mock

import cmdclient
from cmdclient import cmd_pb2 as pb
from cmdclient.errors import Disconnected, ProtocolError, Refused, Released, RingError
from cmdclient.ring import SDU
from cmdclient.wire import Wire

from .test_ring import Daemon, memory, open_descriptors

VC = 0x100000001
SAP = 0x200000001


class FakeDaemon:
    """A daemon that follows a script. Its socket is at a path, or the other end of the connection's."""

    def __init__(self, script: Callable[["FakeDaemon"], None], minor: int = 2, path: Optional[str] = None) -> None:
        self.minor = minor
        self.listener: Optional[socket.socket] = None
        if path is None:
            mine, self.sock = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
            self.wire = Wire(mine)
        else:
            self.listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
            self.listener.bind(path)
            self.listener.listen()
            self.listener.settimeout(20)
        self.failed: Optional[BaseException] = None
        self.rings: List[Daemon] = []
        self.thread = threading.Thread(target=self._run, args=(script,), daemon=True)
        self.thread.start()

    def _run(self, script: Callable[["FakeDaemon"], None]) -> None:
        try:
            if self.listener is not None:
                with self.listener:
                    self.sock, _ = self.listener.accept()
            self.sock.settimeout(20)
            self.take("open_af")
            self.reply(open_af=pb.OpenAFResult(major=1, minor=self.minor, version="fake", addresses=["49"]))
            script(self)
        except BaseException as e:
            self.failed = e
        finally:
            self.sock.close()

    def take(self, op: str) -> pb.ClientMessage:
        """Await a request for an operation."""
        self.last = pb.ClientMessage()
        self.last.ParseFromString(self.sock.recv(1 << 16))
        got = self.last.WhichOneof("op")
        assert got == op, f"the client sent {self.last}, want {op}"
        return self.last

    def say(self, fds: Tuple[int, ...] = (), **body: object) -> None:
        message = pb.ServerMessage(**body).SerializeToString()  # type: ignore[arg-type]
        if fds:
            socket.send_fds(self.sock, [message], list(fds))
            for fd in fds:
                os.close(fd)
        else:
            self.sock.send(message)

    def reply(self, status: int = pb.SUCCESS, fds: Tuple[int, ...] = (), **more: object) -> None:
        self.say(fds, reply=pb.Reply(request=self.last.request, status=status, **more))  # type: ignore[arg-type]

    def new_rings(self) -> Tuple[int, int]:
        """Make the rings of a VC and return the two descriptors for the client."""
        fd = memory()
        mine, other = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
        self.rings.append(Daemon(os.dup(fd), other))
        return fd, mine.detach()

    def make_call(self) -> int:
        """Answer CreateVC and MakeCall; return the number of MakeCall."""
        self.take("create_vc")
        self.reply(handle=pb.HandleResult(handle=VC))
        n = int(self.take("make_call").request)
        self.reply(pb.PENDING, self.new_rings())
        return n

    def connect(self) -> None:
        n = self.make_call()
        flow = pb.Flow(max_sdu=1000)
        self.say(
            make_call_complete=pb.MakeCallComplete(
                request=n, vc=VC, parameters=pb.CallParameters(contract=pb.Contract(forward=flow, backward=flow))
            )
        )

    def close_call(self, sent: int = 0, dropped: int = 0) -> pb.ClientMessage:
        m = self.take("close_call")
        self.reply(pb.PENDING)
        self.say(close_call_complete=pb.CloseCallComplete(request=m.request, vc=VC, sent=sent, dropped=dropped))
        return m

    def give_back(self, mine: bool = True) -> None:
        """Take the end of the rings and of a VC that the client has made."""
        self.take("ring_done")
        self.reply()
        if mine:
            self.take("delete_vc")
            self.reply()

    def offer(self) -> None:
        """Take a SAP and offer a call to it."""
        self.take("register_sap")
        self.reply(handle=pb.HandleResult(handle=SAP))
        self.say(self.new_rings(), incoming_call=pb.IncomingCall(vc=VC, sap=SAP, link="bob"))


class ConnTest(unittest.TestCase):
    def setUp(self) -> None:
        self.descriptors = open_descriptors()
        # The time for MakeCall ends when it waits for the completion.
        self.late = mock.patch.object(cmdclient.Connection, "_complete", side_effect=TimeoutError("MakeCall is late"))

    def run_with(
        self, script: Callable[[FakeDaemon], None], use: Callable[[cmdclient.Connection], None], minor: int = 1, daemon: int = 2
    ) -> None:
        """Run a use of a connection against a script; nothing is left open by either."""
        d = FakeDaemon(script, daemon)
        conn = cmdclient.Connection(wire=d.wire, minor=minor, timeout=10)
        try:
            use(conn)
        finally:
            conn.close()
            d.thread.join(20)
        if d.failed is not None:
            raise d.failed
        for r in d.rings:
            r.close()
        self.assertEqual(open_descriptors(), self.descriptors, "descriptors are left open")

    def test_version(self) -> None:
        for says, speaks, in_force in ((0, 2, 0), (1, 2, 1), (1, 0, 0), (1, 9, 1)):

            def use(conn: cmdclient.Connection) -> None:
                self.assertEqual((conn.minor, conn.daemon_minor, conn.version), (in_force, speaks, "fake"))
                self.assertEqual(conn.addresses, ["49"])

            self.run_with(lambda d: None, use, says, speaks)
        mine, other = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with mine, other:
            for reply, error, words in (
                (pb.Reply(open_af=pb.OpenAFResult(major=2)), ProtocolError, "version 2 of the protocol, this client 1"),
                (pb.Reply(status=pb.VERSION_MISMATCH, detail="update the client"), Refused, "OpenAF: VERSION_MISMATCH: update"),
            ):
                reply.request = 1
                other.send(pb.ServerMessage(reply=reply).SerializeToString())
                with self.assertRaisesRegex(error, words):
                    cmdclient.Connection(wire=Wire(mine.dup()))
                other.recv(1 << 16)
        with self.assertRaisesRegex(ValueError, "not 1.2"):
            cmdclient.Connection(minor=2)

    def test_call(self) -> None:
        def script(d: FakeDaemon) -> None:
            d.connect()
            self.assertEqual(d.close_call(sent=1).close_call.linger_ms, 30_000)
            self.assertEqual(d.rings[0].rx.take(), SDU(b"hello", 1, True))
            d.give_back()

        def use(conn: cmdclient.Connection) -> None:
            vc = conn.call("bob")
            self.assertEqual(vc.max_send, 1000)
            vc.send(b"hello", uu=1, clp=True)
            for bad in (b"", b"x" * 1001):
                with self.assertRaisesRegex(ValueError, "carries 1 to 1000"):
                    vc.send(bad)
            self.assertEqual(vc.close(), cmdclient.CloseResult(1, 0))
            self.assertEqual(vc.close(), cmdclient.CloseResult(1, 0))
            with self.assertRaisesRegex(ValueError, "closed"):
                vc.send(b"x")
            with self.assertRaisesRegex(ValueError, "closed"):
                vc.recv()

        self.run_with(script, use)

    def test_completion_before_the_answer_is_read(self) -> None:
        """All that the daemon says at once is taken in its order, in a batch as well."""

        def script(d: FakeDaemon) -> None:
            n = d.make_call()
            d.say(
                batch=pb.ServerBatch(
                    messages=[
                        pb.ServerMessage(make_call_complete=pb.MakeCallComplete(request=n, vc=VC)),
                        pb.ServerMessage(
                            incoming_close_call=pb.IncomingCloseCall(vc=VC, cause=pb.Cause(value=16, text="normal"))
                        ),
                    ]
                )
            )
            d.close_call()
            d.give_back()

        def use(conn: cmdclient.Connection) -> None:
            vc = conn.call("bob")
            with self.assertRaisesRegex(Released, r"Call: SUCCESS: normal \(cause 16\)"):
                vc.send(b"x")
            vc.close()

        self.run_with(script, use)

    def test_failed_call(self) -> None:
        def script(d: FakeDaemon) -> None:
            n = d.make_call()
            cause = pb.Cause(value=17, location=1, text="user busy")
            d.say(make_call_complete=pb.MakeCallComplete(request=n, vc=VC, status=pb.NOT_ACCEPTED, cause=cause, detail="no"))
            d.give_back()
            d.take("create_vc")
            d.reply(handle=pb.HandleResult(handle=VC))
            d.take("make_call")
            d.reply(77, detail="of a later version")  # a status that this client does not know
            d.take("delete_vc")
            d.reply()

        def use(conn: cmdclient.Connection) -> None:
            with self.assertRaisesRegex(Refused, r"MakeCall: NOT_ACCEPTED: user busy \(cause 17\): no") as e:
                conn.call("bob")
            self.assertEqual((e.exception.status, e.exception.cause, e.exception.location), (pb.NOT_ACCEPTED, 17, 1))
            with self.assertRaisesRegex(Refused, "MakeCall: status 77: of a later version"):
                conn.call("bob")

        self.run_with(script, use)

    def test_call_takes_too_long(self) -> None:
        def script(d: FakeDaemon) -> None:
            n = d.make_call()
            m = d.take("close_call")
            self.assertEqual(m.close_call.linger_ms, 0)
            d.say(make_call_complete=pb.MakeCallComplete(request=n, vc=VC, status=pb.REQUEST_ABORTED))
            d.reply(pb.PENDING)
            d.say(close_call_complete=pb.CloseCallComplete(request=m.request, vc=VC))
            d.give_back()

        def use(conn: cmdclient.Connection) -> None:
            with self.late, self.assertRaisesRegex(TimeoutError, "MakeCall is late"):
                conn.call("bob")

        self.run_with(script, use)

    def test_close_crosses_the_failure(self) -> None:
        """CloseCall of a call that has just failed is refused, and the VC is given back all the same."""

        def script(d: FakeDaemon) -> None:
            n = d.make_call()
            d.take("close_call")
            d.say(make_call_complete=pb.MakeCallComplete(request=n, vc=VC, status=pb.FAILURE))
            d.reply(pb.FAILURE)
            d.give_back()

        def use(conn: cmdclient.Connection) -> None:
            with self.late, self.assertRaises(TimeoutError):
                conn.call("bob")

        self.run_with(script, use)

    def test_offer(self) -> None:
        def script(d: FakeDaemon) -> None:
            d.offer()
            self.assertEqual(d.take("incoming_call_complete").incoming_call_complete.status, pb.SUCCESS)
            d.reply()
            d.say(call_connected=pb.CallConnected(vc=VC))
            d.rings[0].tx.put(SDU(b"to you", 3, False, True))
            d.rings[0].tx.flush()
            d.rings[0].poke(0x408, 1, 4)
            d.rings[0].poke(0x500, 17)
            d.rings[0].bell.send(b"x")
            d.say(incoming_close_call=pb.IncomingCloseCall(vc=VC))
            d.close_call()  # at once, whatever the program does next
            d.take("get_status")
            d.reply()
            d.say(delete_vc_indication=pb.DeleteVCIndication(vc=VC))
            d.give_back(mine=False)

        def use(conn: cmdclient.Connection) -> None:
            self.assertEqual(conn.listen(selector=5), SAP)
            offer = conn.accept(5)
            self.assertEqual((offer.link, offer.sap), ("bob", SAP))
            with offer.accept() as vc:
                self.assertEqual(vc.recv_sdu(), SDU(b"to you", 3, False, True))
                self.assertIsNone(vc.recv())
                self.assertEqual(vc.dropped, 17)
                while vc.released is None:
                    conn._step(None, "")
                conn.status()
            with self.assertRaisesRegex(ValueError, "answered"):
                offer.accept()

        self.run_with(script, use)

    def test_refused_offer(self) -> None:
        def script(d: FakeDaemon) -> None:
            d.offer()
            answer = d.take("incoming_call_complete").incoming_call_complete
            self.assertEqual((answer.status, answer.cause.value), (pb.NOT_ACCEPTED, 17))
            d.reply()
            d.say(delete_vc_indication=pb.DeleteVCIndication(vc=VC))
            d.give_back(mine=False)

        def use(conn: cmdclient.Connection) -> None:
            conn.listen()
            conn.accept().reject(cause=17)

        self.run_with(script, use)

    def test_abandoned_offer(self) -> None:
        """The caller gives up before the answer, or while it is on its way."""
        for early in (True, False):

            def script(d: FakeDaemon) -> None:
                d.offer()
                gone = pb.IncomingCloseCall(vc=VC, cause=pb.Cause(value=16, text="normal"))
                if early:
                    d.say(incoming_close_call=gone)
                    d.close_call()
                else:
                    d.take("incoming_call_complete")
                    d.say(incoming_close_call=gone)
                    d.reply(pb.FAILURE)
                    d.close_call()
                d.say(delete_vc_indication=pb.DeleteVCIndication(vc=VC))
                d.give_back(mine=False)

            def use(conn: cmdclient.Connection) -> None:
                conn.listen()
                offer = conn.accept()
                if early:
                    conn.timeout = 10
                    while offer._vc.released is None:
                        conn._step(None, "")
                with self.assertRaisesRegex(Released, "cause 16"):
                    offer.accept()

            self.run_with(script, use)

    def test_back_pressure(self) -> None:
        """A full ring makes send wait until the daemon takes something, or say that there is no room."""

        def script(d: FakeDaemon) -> None:
            d.connect()
            d.take("get_status")
            d.reply(daemon_status=pb.DaemonStatus())
            r = d.rings[0]
            r.bell.settimeout(20)
            taken = 0
            while taken < 20:
                if r.rx.take() is None:
                    r.bell.recv(512)
                    continue
                taken += 1
                r.rx.release()
                if r.rx._producer_waits.value:
                    r.rx._producer_waits.value = 0
                    r.bell.send(b"x")
            d.close_call()
            d.give_back()

        def use(conn: cmdclient.Connection) -> None:
            vc = conn.call("bob")
            sent = 0
            with self.assertRaisesRegex(TimeoutError, "the ring is full"):
                while True:
                    vc.send(b"x" * 1000, timeout=0)
                    sent += 1
            self.assertEqual((sent, vc.full), (4, 1))
            conn.status()
            while sent < 20:
                vc.send(b"x" * 1000, timeout=20)
                sent += 1
            vc.close()

        self.run_with(script, use)

    def test_goodbye(self) -> None:
        """What has come before the end of the connection is still read; then everything tells the reason."""

        def script(d: FakeDaemon) -> None:
            d.connect()
            d.rings[0].tx.put(SDU(b"last"))
            d.rings[0].tx.flush()
            d.say(goodbye=pb.Goodbye(reason="the daemon is stopping"))

        def use(conn: cmdclient.Connection) -> None:
            vc = conn.call("bob")
            self.assertEqual(vc.recv(5), b"last")
            attempts: List[Callable[[], object]] = [vc.recv, conn.status, lambda: conn.call("x"), conn.listen, conn.accept]
            for attempt in attempts:
                with self.assertRaisesRegex(Disconnected, "the daemon is stopping"):
                    attempt()
            self.assertEqual(vc.close(), cmdclient.CloseResult())

        self.run_with(script, use)

    def test_daemon_dies(self) -> None:
        for send in (True, False):

            def use(conn: cmdclient.Connection) -> None:
                vc = conn.call("bob")
                if send:
                    with self.assertRaises(Disconnected):
                        conn.status()
                else:
                    with self.assertRaisesRegex(Disconnected, "the daemon is gone"):
                        vc.recv()

            self.run_with(lambda d: d.connect(), use)

    def test_timeouts(self) -> None:
        done = threading.Event()

        def script(d: FakeDaemon) -> None:
            d.connect()
            d.take("get_status")
            done.wait(20)
            d.close_call()
            d.give_back()

        def use(conn: cmdclient.Connection) -> None:
            vc = conn.call("bob")
            with self.assertRaisesRegex(TimeoutError, "no SDU has come"):
                vc.recv(timeout=0.05)
            with self.assertRaisesRegex(TimeoutError, "no call has come"):
                conn.accept(timeout=0)
            conn.timeout = 0.05
            with self.assertRaisesRegex(TimeoutError, "GetStatus: the daemon has not answered"):
                conn.status()
            conn.timeout = 20
            done.set()
            vc.close()

        self.run_with(script, use)

    def test_protocol_errors(self) -> None:
        def batch_in_batch(d: FakeDaemon) -> None:
            inner = pb.ServerMessage(batch=pb.ServerBatch(messages=[pb.ServerMessage(goodbye=pb.Goodbye())]))
            d.say(batch=pb.ServerBatch(messages=[inner]))

        def no_rings(d: FakeDaemon) -> None:
            d.say(incoming_call=pb.IncomingCall(vc=VC))

        def one_descriptor(d: FakeDaemon) -> None:
            d.say((os.open("/dev/null", os.O_RDONLY),), incoming_call=pb.IncomingCall(vc=VC))

        def no_rings_at_all(d: FakeDaemon) -> None:
            null = (os.open("/dev/null", os.O_RDONLY), os.open("/dev/null", os.O_RDONLY))
            d.say(null, incoming_call=pb.IncomingCall(vc=VC))

        for script, words in (
            (lambda d: d.sock.send(b"\xff\xff\xff"), "does not parse"),
            (lambda d: d.sock.send(b"\x00" * 70_000), "too long"),
            (batch_in_batch, "a batch within a batch"),
            (no_rings, "0 descriptors"),
            (one_descriptor, "1 descriptors"),
            (no_rings_at_all, "no socket"),
        ):

            def use(conn: cmdclient.Connection) -> None:
                with self.assertRaisesRegex(ProtocolError, words):
                    conn.accept(10)
                with self.assertRaisesRegex(Disconnected, words):
                    conn.status()

            self.run_with(script, use)
        with self.assertRaisesRegex(ProtocolError, "said version 1.0"):
            self.run_with(lambda d: d.say(batch=pb.ServerBatch()), lambda conn: conn.close_af(), minor=0)

    def test_what_is_not_known_is_left_alone(self) -> None:
        """Messages of later versions, stray descriptors and words of VCs that are none harm nothing."""

        def script(d: FakeDaemon) -> None:
            d.take("get_status")
            d.sock.send(b"\xf2\x06\x03abc")  # field 110
            d.say((os.open("/dev/null", os.O_RDONLY),), rings_gone=pb.RingsGone(vc=1))
            d.say(call_connected=pb.CallConnected(vc=99))
            d.say(incoming_close_call=pb.IncomingCloseCall(vc=99))
            d.say(close_call_complete=pb.CloseCallComplete(request=99, vc=99))
            d.say(reply=pb.Reply(request=99))
            d.reply(daemon_status=pb.DaemonStatus(vcs=7))

        def use(conn: cmdclient.Connection) -> None:
            self.assertEqual(conn.status().vcs, 7)

        self.run_with(script, use)

    def test_ring_of_a_faulty_daemon(self) -> None:
        def script(d: FakeDaemon) -> None:
            d.connect()
            d.rings[0].poke(0x400, 12)
            d.rings[0].bell.send(b"x")
            d.close_call()
            d.give_back()

        def use(conn: cmdclient.Connection) -> None:
            vc = conn.call("bob")
            with self.assertRaisesRegex(RingError, "the daemon's tail is 0xc"):
                vc.recv(5)
            vc.close()

        self.run_with(script, use)


if __name__ == "__main__":
    unittest.main()
