// Package api serves the control protocol of cmd-daemon to its clients: protobuf
// messages over a SOCK_SEQPACKET unix socket (cmdpb/cmd.proto), with the
// descriptors of a VC's rings (RING.md) travelling with the message that concerns
// them.
//
// It translates and nothing more: what a request means, and the order of answers,
// is the call manager's.
//
//	 socket                                          signalling.Manager
//	+-----------+  ClientMessage  +---------+  cm.Request  +----------+
//	| client    |---------------->| reader  |------------->|          |
//	|           |                 +---------+              |          |
//	|           |  ServerMessage  +---------+  cm.Event    |          |
//	|           |<----------------| writer  |<----[queue]--|          |
//	+-----------+  + descriptors  +---------+   bounded    +----------+
//
// # Bad input
//
// A datagram that does not parse or has fields out of range is answered with INVALID_DATA, one with an
// operation or a field that the schema does not know, or that is of a later minor version than the client
// has said, with NOT_SUPPORTED. Neither harms anything. A truncated one
// ends the connection with a reason, as does a client that does not read what
// it is sent: its queue is bounded in messages and octets. A trace that is read
// slowly loses records instead, and a capture packets, and both count them; of what is told of a link's
// state the latest replaces what was not read. Descriptors that a client sends
// are closed. At most sixteen messages with descriptors are on their way to a
// client, since the kernel charges them to the sender. A client that is sent away
// gets one second to read what waits for it, and the [cmdpb.Goodbye] behind it.
//
// Connections are bounded in all and by user, so that no user takes the descriptors of the daemon from
// others; administrators are let in beyond. One that is refused gets a goodbye with the limit that it met.
//
// All of it is counted ([Server.Counters]) and logged in sampled lines.
//
// # Concurrency
//
// Each connection has a reader and a writer goroutine; both end with the connection.
// [Server.Close] waits for all of them.
//
//	s, err := api.Listen("/run/cmd-daemon/cmd.sock", api.Config{Manager: m})
//	...
//	go s.Serve()
//	defer s.Close()
package api
