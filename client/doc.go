// Package client is the Go library for programs that place and accept calls
// through cmd-daemon.
//
// A [Conn] is a connection to the daemon's unix socket and one open address
// family. [Conn.Call] makes a call and returns its [VC]; [Conn.Listen] registers
// a SAP and returns a [Listener], whose offers become VCs when they are
// accepted. A VC moves AAL5 SDUs through shared memory: one Write is one SDU,
// one Read is one SDU.
//
//	 program                             cmd-daemon
//	+------------------+ SOCK_SEQPACKET +-----------+
//	| Conn  requests   |<-------------->| api       |
//	|       events     |  + descriptors |           |
//	|                  |                |           |        peer
//	| VC    Write Read |<==============>| datapath  |<=====>  ...
//	+------------------+  rings, memfd  +-----------+
//
// The operations of the model (those of connection-oriented NDIS) are there one by one,
// too: [Conn.CreateVC], [Conn.MakeCall], [Conn.DeleteVC], [Conn.RegisterSAP],
// [Conn.CloseAF]. Each joins an immediate answer and a later completion into one
// result. What the model owes besides (CloseCall after the other side's, RingDone,
// the refusal of offers that nobody takes) the library does by itself.
//
// # Edges of a call
//
// What is written before [VC.Close] is sent before the call is released: Close
// lets the daemon drain the ring, for at most the linger. What has arrived before
// the other side released the call stays readable after it; then Read returns
// [io.EOF].
//
// # Beside a call
//
// The two users of a call tell each other what they like with its set-up and its end
// (UserUser in [CallOptions], [AcceptOptions], [CloseOptions] and [Error]), and while it
// stands ([VC.Notify], [VC.Notifications]). A link of UNI 3.x carries none of it.
//
// # The daemon's end
//
// A daemon that ends says so first ([Conn.Closing]). The library then closes everything by itself, in the
// order of the model: what was written to a VC is still sent within the time that the daemon gives, its
// calls end with CLOSING, listeners accept no more, and at last the connection is gone ([Conn.Done]). A
// program has nothing to do but to notice, and may close its VCs before. What else the daemon tells of
// its links and addresses is in [Conn.NextStatus].
//
// # Contexts
//
// A method that takes a context returns its error (its cause, if it has one) as
// soon as it ends, and nothing is left behind: a VC that is still made is deleted, a
// call that still comes about released, a SAP deregistered. That goes on by itself
// as long as the connection stands.
//
// # Errors
//
// A refused or failed operation is an [*Error] with the status of the model and,
// for calls, the cause that the network gave. When the connection to the daemon
// is gone every operation returns an error that wraps [ErrDisconnected] and the
// reason, and [net.ErrClosed] as well if it was closed here. A VC reads what it
// still holds and then the end of file, or [ErrDisconnected] if the daemon has died.
//
// A VC is closed in any case, also after its call or its connection has ended: that
// unmaps its memory, or keeps it for the connection's next VC. Then all that is done
// with it returns [net.ErrClosed].
//
// # Concurrency
//
// A Conn and a Listener may be used from any number of goroutines. Of a VC one
// goroutine at a time may send and one may receive; Close may be called from
// anywhere and ends both. A connection has two goroutines, a VC one while it sleeps
// for its rings and one while it is being closed.
package client
