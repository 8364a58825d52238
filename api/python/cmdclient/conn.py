"""Connections, calls and offers: the operations of the protocol as methods.

A :class:`Connection` has no thread of its own. Whatever waits (an operation, :meth:`VC.recv`,
:meth:`Connection.accept`) reads the control socket meanwhile and does at once what the protocol asks of a
client: a call that the other side has released is closed, for example.
"""

from __future__ import annotations

import select
from collections import deque
from dataclasses import dataclass
from typing import Any, Deque, Dict, List, Optional, Tuple, Union

from . import cmd_pb2 as pb
from .errors import Disconnected, ProtocolError, Refused, Released
from .ring import SDU, EndOfFile, Endpoint, check_machine
from .wire import Wire, close_all, deadline, remaining

DEFAULT_SOCKET = "/run/cmd-daemon/cmd.sock"

MAJOR = 1
#: The latest minor version of which this client makes use: 1.1 brought batches.
MINOR = 1

DEFAULT_LINGER = 30.0

#: After so many SDUs a VC looks at the control socket, whether it has to wait or not.
_GLANCE = 32

#: The bodies of ServerMessage that complete a request.
_COMPLETIONS = ("make_call_complete", "close_call_complete", "close_af_complete")


@dataclass(frozen=True)
class CloseResult:
    """What became of the SDUs that were in the ring when the call was closed."""

    sent: int = 0
    dropped: int = 0


class Connection:
    """A connection to the daemon with its address family open.

    name is what the daemon's lists show; minor is the minor version that the client says (0 or 1); timeout bounds
    each operation in seconds, None waits as long as it takes. An operation that takes longer raises TimeoutError.
    When the connection is gone everything raises Disconnected.
    """

    def __init__(
        self,
        path: str = DEFAULT_SOCKET,
        *,
        name: str = "cmdclient",
        minor: int = MINOR,
        timeout: Optional[float] = 30.0,
        wire: Optional[Wire] = None,
    ) -> None:
        check_machine()
        if not 0 <= minor <= MINOR:
            raise ValueError(f"this client speaks version {MAJOR}.0 to {MAJOR}.{MINOR}, not {MAJOR}.{minor}")
        self.timeout = timeout
        self._last = 0
        self._replies: Dict[int, Tuple[pb.Reply, List[int]]] = {}
        self._completions: Dict[int, Any] = {}
        self._wanted: Dict[int, bool] = {}  # requests whose answers somebody waits for
        self._vcs: Dict[int, VC] = {}
        self._closes: Dict[int, VC] = {}  # those whose CloseCall is not answered
        self._offers: Deque[Offer] = deque()
        self._end: Optional[Disconnected] = None
        self._wire = wire if wire is not None else Wire.connect(path, timeout)
        try:
            reply = self._ask("OpenAF", pb.ClientMessage(open_af=pb.OpenAF(major=MAJOR, minor=minor, name=name)))
        except BaseException:
            self._wire.close()
            raise
        if reply.open_af.major != MAJOR:
            self._wire.close()
            raise ProtocolError(f"the daemon speaks version {reply.open_af.major} of the protocol, this client {MAJOR}")
        #: The minor version that the daemon speaks; what both sides know is in force.
        self.daemon_minor: int = reply.open_af.minor
        self.minor = min(minor, self.daemon_minor)
        self.version: str = reply.open_af.version
        self.addresses: List[str] = list(reply.open_af.addresses)

    def __enter__(self) -> "Connection":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the connection. The daemon releases every call of it and frees what it held. Idempotent."""
        for vc in list(self._vcs.values()):
            vc._unmap()
        self._vcs.clear()
        self._wire.close()
        if self._end is None:
            self._end = Disconnected("the connection was closed here")

    # Operations.

    def listen(
        self, *, selector: Optional[int] = None, address: str = "", send_ring: int = 0, receive_ring: int = 0
    ) -> int:
        """Register a SAP for incoming calls, whose offers :meth:`accept` returns, and return its handle.

        selector is the last octet of the called address, None for any; an empty address is any of the daemon's own;
        the rings are sizes in octets, 0 for the default.
        """
        sap = pb.RegisterSAP(address=address, send_ring=send_ring, receive_ring=receive_ring)
        if selector is None:
            sap.any_selector = True
        else:
            sap.selector = selector
        return int(self._ask("RegisterSAP", pb.ClientMessage(register_sap=sap)).handle.handle)

    def unlisten(self, sap: int) -> None:
        """Deregister a SAP. Calls that came by it stay."""
        self._ask("DeregisterSAP", pb.ClientMessage(deregister_sap=pb.DeregisterSAP(sap=sap)))

    def accept(self, timeout: Optional[float] = None) -> "Offer":
        """Wait for an incoming call and return its offer; None waits as long as it takes."""
        end = deadline(timeout)
        while not self._offers:
            self._step(end, "no call has come")
        return self._offers.popleft()

    def call(
        self,
        called: str,
        *,
        contract: Optional[pb.Contract] = None,
        parameters: Optional[pb.CallParameters] = None,
        send_ring: int = 0,
        receive_ring: int = 0,
    ) -> "VC":
        """Call an address, or a name of the daemon's [hosts], and return the VC when data may flow.

        parameters are further parameters of the call. A call that does not come about raises Refused; one that takes
        longer than the connection's timeout is given up.
        """
        p = pb.CallParameters()
        if parameters is not None:
            p.CopyFrom(parameters)
        p.called = called
        if contract is not None:
            p.contract.CopyFrom(contract)
        handle = int(self._ask("CreateVC", pb.ClientMessage(create_vc=pb.CreateVC())).handle.handle)
        vc = VC(self, handle, mine=True)
        self._vcs[handle] = vc
        try:
            vc._make(pb.MakeCall(vc=handle, parameters=p, send_ring=send_ring, receive_ring=receive_ring))
        except BaseException:
            vc._abandon()
            raise
        return vc

    @property
    def ended(self) -> Optional[Disconnected]:
        """Why the connection is gone, or None while it stands."""
        return self._end

    def status(self) -> pb.DaemonStatus:
        """Return the daemon's state and counters."""
        return self._ask("GetStatus", pb.ClientMessage(get_status=pb.GetStatus())).daemon_status

    def close_af(self) -> None:
        """Close the address family: wait until every call of this client is closed."""
        n = self._post(pb.ClientMessage(close_af=pb.CloseAF()), wait=True)
        end = deadline(self.timeout)
        self._pending("CloseAF", n, end)
        self._complete("CloseAF", n, end)

    # Requests and answers.

    def _post(self, m: pb.ClientMessage, *, wait: bool) -> int:
        """Send a request and return its number. Without wait nobody looks at the answers."""
        if self._end is not None:
            raise self._end
        self._last += 1
        m.request = self._last
        if wait:
            self._wanted[self._last] = True
        self._wire.send(m, self.timeout)
        return self._last

    def _ask(self, op: str, m: pb.ClientMessage) -> pb.Reply:
        """Send a request that is answered at once, and return the answer; raise Refused if it is no SUCCESS."""
        n = self._post(m, wait=True)
        reply, fds = self._reply(op, n, deadline(self.timeout))
        close_all(fds)
        self._forget(n)
        if reply.status != pb.SUCCESS:
            raise _refused(op, reply)
        return reply

    def _pending(self, op: str, n: int, end: Optional[float]) -> List[int]:
        """Wait for PENDING and return the descriptors that came with it."""
        reply, fds = self._reply(op, n, end)
        if reply.status != pb.PENDING:
            close_all(fds)
            self._forget(n)
            raise _refused(op, reply)
        return fds

    def _reply(self, op: str, n: int, end: Optional[float]) -> Tuple[pb.Reply, List[int]]:
        while n not in self._replies:
            self._step(end, f"{op}: the daemon has not answered")
        return self._replies.pop(n)

    def _complete(self, op: str, n: int, end: Optional[float]) -> Any:
        """Wait for the completion of a request that was PENDING, and return it whatever its status is."""
        while n not in self._completions:
            self._step(end, f"{op} has not been completed")
        done = self._completions[n]
        self._forget(n)
        return done

    def _forget(self, n: int) -> None:
        """Note that nobody waits for a request any more."""
        self._wanted.pop(n, None)
        self._completions.pop(n, None)
        if n in self._replies:
            close_all(self._replies.pop(n)[1])

    # The control socket.

    def _step(self, end: Optional[float], late: str, *also: Endpoint) -> None:
        """Wait until a message has come, or one of the doorbells has rung, and work on it."""
        if self._end is not None:
            raise self._end
        p = select.poll()
        p.register(self._wire.fileno(), select.POLLIN)
        for ep in also:
            if not ep.gone:
                p.register(ep.fileno(), select.POLLIN)
        left = remaining(end)
        ready = p.poll(None if left is None else left * 1000)
        if not ready:
            raise TimeoutError(late)
        for fd, _ in ready:
            if fd == self._wire.fileno():
                self._receive()
        for ep in also:
            if any(fd == ep.fileno() for fd, _ in ready):
                ep.drain()

    def _glance(self) -> None:
        """Work on the messages that are there. The end of the connection is told by whatever needs it."""
        p = select.poll()
        p.register(self._wire.fileno(), select.POLLIN)
        try:
            while self._end is None and p.poll(0):
                self._receive()
        except (Disconnected, ProtocolError):
            pass

    def _receive(self) -> None:
        try:
            message, fds = self._wire.receive()
            self._dispatch(message, fds)
        except Disconnected as e:
            self._end = e
            raise
        except ProtocolError as e:
            self._end = Disconnected(f"the daemon broke the protocol: {e}")
            raise

    def _dispatch(self, m: pb.ServerMessage, fds: List[int]) -> None:
        """Hand a message to whom it concerns. It owns the descriptors."""
        body = m.WhichOneof("body")
        if body == "reply":
            vc = self._closes.pop(m.reply.request, None)
            if vc is not None and m.reply.status != pb.PENDING:
                vc._calling = False  # the call had ended before
            if m.reply.request in self._wanted:
                self._replies[m.reply.request] = (m.reply, fds)
                return
        elif body == "incoming_call":
            self._offered(m.incoming_call, fds)
            return
        close_all(fds)
        if body == "batch":
            if self.minor < 1:
                raise ProtocolError("a batch, though this client has said version 1.0")
            for part in m.batch.messages:
                if part.WhichOneof("body") == "batch":
                    raise ProtocolError("a batch within a batch")
                self._dispatch(part, [])
        elif body == "goodbye":
            raise Disconnected(m.goodbye.reason)
        elif body in _COMPLETIONS:
            done = getattr(m, body)
            if body == "close_call_complete" and done.vc in self._vcs:
                self._vcs[done.vc]._closed(done)
            if done.request in self._wanted:
                self._completions[done.request] = done
        elif body == "call_connected":
            self._indicate(m.call_connected.vc, "connected")
        elif body == "incoming_close_call":
            ended = self._vcs.get(m.incoming_close_call.vc)
            if ended is not None:
                ended._remote_closed(m.incoming_close_call)
        elif body == "delete_vc_indication":
            self._indicate(m.delete_vc_indication.vc, "deleted")
        # The others tell of what this client has not asked for, or come from a later version.

    def _indicate(self, handle: int, what: str) -> None:
        vc = self._vcs.get(handle)
        if vc is not None:
            setattr(vc, "_" + what, True)

    def _offered(self, m: pb.IncomingCall, fds: List[int]) -> None:
        vc = VC(self, m.vc, mine=False)
        vc.parameters, vc.channel = m.parameters, m.channel
        try:
            vc._take_rings(fds)
        except OSError:  # there is no memory to map
            refusal = pb.IncomingCallComplete(vc=m.vc, status=pb.RESOURCES)
            self._post(pb.ClientMessage(incoming_call_complete=refusal), wait=False)
            self._post(pb.ClientMessage(ring_done=pb.RingDone(vc=m.vc)), wait=False)
            return
        self._vcs[m.vc] = vc
        self._offers.append(Offer(vc, m))


class Offer:
    """An incoming call that waits for its answer: exactly one of accept and reject."""

    def __init__(self, vc: "VC", m: pb.IncomingCall) -> None:
        self._vc = vc
        self._answered = False
        self.parameters = m.parameters
        self.link: str = m.link
        self.sap: int = m.sap

    def accept(self, parameters: Optional[pb.CallParameters] = None) -> "VC":
        """Accept the call and return its VC when data may flow.

        parameters with changed set alter the offer as far as that allows. If the call ends before that, Released says why.
        """
        vc = self._vc
        end = deadline(vc.conn.timeout)
        try:
            self._answer(pb.SUCCESS, parameters, None)
            while not vc._connected:
                if vc.released is not None:
                    raise vc.released
                vc.conn._step(end, "the call has not been connected")
        except BaseException:
            vc._abandon()
            raise
        return vc

    def reject(self, cause: int = 0, status: int = pb.NOT_ACCEPTED) -> None:
        """Refuse the call: with a cause of Q.2931, or that of the status (21, call rejected)."""
        vc = self._vc
        try:
            if vc.released is None:
                self._answer(status, None, pb.Cause(value=cause) if cause else None)
        finally:
            vc._abandon()

    def _answer(self, status: int, parameters: Optional[pb.CallParameters], cause: Optional[pb.Cause]) -> None:
        if self._answered:
            raise ValueError("the offer is answered already")
        self._answered = True
        vc = self._vc
        if vc.released is not None:
            raise vc.released
        op = pb.IncomingCallComplete(vc=vc.handle, parameters=parameters, cause=cause)
        op.status = status  # type: ignore[assignment]
        try:
            vc.conn._ask("IncomingCall", pb.ClientMessage(incoming_call_complete=op))
        except Refused:
            if vc.released is not None:  # the call has ended meanwhile
                raise vc.released from None
            raise
        if status != pb.SUCCESS:
            vc._refused = True


class VC:
    """One call and its rings. An SDU is sent and received whole.

    ``parameters`` are those in force, ``channel`` tells link, VPI and VCI. ``released`` says why the call has ended, and
    is None before. ``full`` counts how often a send has found the ring full.
    """

    def __init__(self, conn: Connection, handle: int, *, mine: bool) -> None:
        self.conn = conn
        self.handle = handle
        self.parameters = pb.CallParameters()
        self.channel = pb.ChannelID()
        self.released: Optional[Released] = None
        self.full = 0
        self._moved = 0  # SDUs sent and received
        self._mine = mine
        self._rings: Optional[Endpoint] = None
        self._charged = False  # the daemon waits for RingDone
        self._calling = False  # there is a call, or an offer
        self._connected = False
        self._refused = False
        self._deleted = False
        self._closing = 0  # the number of CloseCall
        self._result: Optional[CloseResult] = None
        self._over = False

    def __enter__(self) -> "VC":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def max_send(self) -> int:
        """The largest SDU in octets that this side may send."""
        c = self.parameters.contract
        return int((c.forward if self._mine else c.backward).max_sdu)

    @property
    def dropped(self) -> int:
        """The SDUs that the daemon has lost because this side did not receive them in time: its ring was full."""
        return self._open().rx.dropped

    # Data.

    def send(
        self, data: Union[bytes, bytearray, memoryview], *, uu: int = 0, clp: bool = False, timeout: Optional[float] = None
    ) -> None:
        """Send one SDU: put it into the ring, and wait for room if there is none.

        A link in frame mode carries the least significant bit of uu alone. timeout is in seconds, 0 does not wait; TimeoutError tells
        that there was no room, and then nothing is sent. A call that has ended raises Released.
        """
        sdu = SDU(bytes(data), uu, clp)
        if not sdu.data or self.max_send and len(sdu.data) > self.max_send:
            raise ValueError(f"an SDU of {len(sdu.data)} octets: this call carries 1 to {self.max_send}")
        end = deadline(timeout)
        self._glance()
        while True:
            rings = self._open()
            if self.released is not None:
                raise self.released
            if self.conn._end is not None:
                raise self.conn._end
            if rings.tx.put(sdu):
                break
            self.full += 1
            self._sleep(rings, end, "the ring is full", read=False, room=len(sdu.data))
        if rings.tx.flush():
            rings.ring()

    def recv(self, timeout: Optional[float] = None) -> Optional[bytes]:
        """Return the octets of the next SDU, or None at the end of the call; see :meth:`recv_sdu`."""
        sdu = self.recv_sdu(timeout)
        return None if sdu is None else sdu.data

    def recv_sdu(self, timeout: Optional[float] = None) -> Optional[SDU]:
        """Return the next SDU, or None behind the last one of a call that has ended.

        What came before the end of the call, or of the connection, stays readable behind it. timeout is in seconds, 0 does not
        wait; TimeoutError tells that none has come.
        """
        end = deadline(timeout)
        while True:
            rings = self._open()
            try:
                sdu = rings.rx.take()
            except EndOfFile:
                return None
            if sdu is not None:
                if rings.rx.release(lazy=True):
                    rings.ring()
                self._glance()
                return sdu
            if self.conn._end is not None:
                raise self.conn._end
            try:
                self._sleep(rings, end, "no SDU has come", read=True, room=None)
            except Disconnected:
                pass  # what is in the ring comes first

    def _glance(self) -> None:
        """Look at the control socket now and then, also while the rings never make one wait."""
        self._moved += 1
        if self._moved % _GLANCE == 0:
            self.conn._glance()

    def _open(self) -> Endpoint:
        if self._rings is None:
            raise ValueError("the VC is closed")
        return self._rings

    def _sleep(self, rings: Endpoint, end: Optional[float], late: str, *, read: bool, room: Optional[int]) -> None:
        try:
            if rings.arm(read, room):
                self.conn._step(end, late, rings)
        finally:
            rings.disarm()

    # The life of a call.

    def _take_rings(self, fds: List[int]) -> None:
        """Map the rings whose two descriptors have come with a message."""
        if len(fds) != 2:
            close_all(fds)
            raise ProtocolError(f"{len(fds)} descriptors came with a VC, want 2")
        self._charged = self._calling = True
        self._rings = Endpoint(fds[0], fds[1])

    def _make(self, op: pb.MakeCall) -> None:
        c = self.conn
        end = deadline(c.timeout)
        n = c._post(pb.ClientMessage(make_call=op), wait=True)
        try:
            self._take_rings(c._pending("MakeCall", n, end))
            done = c._complete("MakeCall", n, end)
        except BaseException:
            c._forget(n)
            raise
        self.parameters, self.channel = done.parameters, done.channel
        if done.status != pb.SUCCESS:
            self._calling = False
            raise _refused("MakeCall", done)
        self._connected = True

    def close(self, linger: float = DEFAULT_LINGER, cause: int = 0) -> CloseResult:
        """Close the call and give everything back; idempotent.

        The daemon sends what is in the ring first, for at most linger seconds, and the rest is dropped; cause is that of
        RELEASE (default 16, normal call clearing). What has been received and not been read is lost.
        """
        c = self.conn
        if self._over:
            return self._result or CloseResult()
        if not 0 <= cause <= 127:
            raise ValueError(f"cause {cause} is not within 1 to 127")
        end = deadline(None if c.timeout is None else c.timeout + linger)
        try:
            if c._end is None:
                self._release(linger, cause)
                while self._calling and not self._deleted:
                    c._step(end, "CloseCall has not been completed")
        finally:
            self._unmap()
        self._give_back(end)
        return self._result or CloseResult()

    def _abandon(self) -> None:
        """Undo a call that did not come about, as far as the connection allows."""
        try:
            self.close(linger=0)
        except (Disconnected, Refused, TimeoutError):
            self._unmap()

    def _release(self, linger: float, cause: int = 0) -> None:
        """Send CloseCall unless there is nothing to close, or it is sent."""
        if self._closing or not self._calling or self._refused:
            return
        op = pb.CloseCall(vc=self.handle, linger_ms=max(0, min(int(linger * 1000), (1 << 32) - 1)))
        if cause:
            op.cause.value = cause
        self._closing = self.conn._post(pb.ClientMessage(close_call=op), wait=False)
        self.conn._closes[self._closing] = self

    def _remote_closed(self, m: pb.IncomingCloseCall) -> None:
        """The other side or a fault has ended the call, which the client answers by CloseCall at once."""
        if self.released is None:
            self.released = Released("Call", m.status, m.cause if m.HasField("cause") else None, m.detail)
        self._release(DEFAULT_LINGER)

    def _closed(self, m: pb.CloseCallComplete) -> None:
        self._calling = False
        self._result = CloseResult(m.sent, m.dropped)

    def _give_back(self, end: Optional[float]) -> None:
        """Tell the daemon that the rings are unmapped; delete a VC that this client has made, await the end of others."""
        c = self.conn
        self._over = True
        try:
            if c._end is not None:
                return
            if self._charged:
                self._charged = False
                c._ask("RingDone", pb.ClientMessage(ring_done=pb.RingDone(vc=self.handle)))
            if self._mine:
                c._ask("DeleteVC", pb.ClientMessage(delete_vc=pb.DeleteVC(vc=self.handle)))
            while not self._mine and not self._deleted:
                c._step(end, "the daemon has not deleted the VC")
        finally:
            c._vcs.pop(self.handle, None)

    def _unmap(self) -> None:
        if self._rings is not None:
            self._rings.close()
            self._rings = None


def _refused(op: str, m: Any) -> Refused:
    """Return the error of an answer or a completion."""
    return Refused(op, m.status, m.cause if m.HasField("cause") else None, m.detail)
