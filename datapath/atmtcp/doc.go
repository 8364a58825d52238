// Package atmtcp carries a link over one TCP connection as the kernel module atmtcp and its program
// do, so that any host with that old ATM stack is a peer. [Transport] is a transport of the data
// path; calls, VCs, shaping and counters are those of any link.
//
//	 engine: data worker, transmit worker        engine: controller
//	      ▲ ReadBatch     │ WriteBatch             ▲           │
//	┌─────┴───────────────▼────────┐     ┌─────────┴───────────▼───┐
//	│ data port of a carrier.Link  │     │ control port: VC 0/5    │
//	└─────▲───────────────┬────────┘     └─────────▲───────────┬───┘
//	      │               └────────┐   ┌───────────┼───────────┘
//	  ┌───┴───── reader ───────────┼───┼───────────┘
//	  │ scanner: records    writer ▼   ▼ control first
//	  └─────────────────── TCP ─────────────────────┘
//
// # On the wire
//
// The stream is a row of records: VPI<16> VCI<16> length<32> in network order, then the octets of
// one AAL5 CPCS-SDU. There is no cell, no trailer and no handshake. Neither the user-to-user octet
// nor the loss priority nor the congestion bit travels: the engine drops an SDU with a
// user-to-user bit and counts it, the other two are not carried. Records for 0/0 are notices
// in text about VCs that a kernel has opened or closed; they are counted and ask for nothing, and
// no kernel needs ours.
//
// What a peer sends is hostile until proved good. An SDU of more than [MaxSDU] octets, an empty one
// and one for a VPI that no link has are counted and dropped. A length that no record has shows
// that the stream is none of records, and ends the connection. A record that the connection's end
// cuts off is counted. What finds an inbox full is dropped, so the stream never waits.
//
// # Connections
//
// One side listens, the other connects; each does so again and again, with pauses that double from
// [FirstPause] to [LastPause] and start over once a record has come. A link has one connection. A
// second one is refused while the first lives, and takes its place when nothing has come over that
// for [Silence]: a peer that lost its power does not say so. A listening side may be told who may
// connect; others are refused. On the way down TCP itself notices a peer that is gone in about
// 15 s (keep-alive and TCP_USER_TIMEOUT).
//
// The protocol has no authentication and no secrecy. Listen on a loopback or a tunnel's address, or
// say who may connect.
//
// # Concurrency
//
// Ports follow the rules of nicio.Port. A transport has a goroutine that connects or listens, and
// while there is a connection one that reads and one that writes. Everything else may be called
// from anywhere.
//
// # Example
//
//	t, err := atmtcp.New(atmtcp.Config{Listen: "127.0.0.1:2812"})
//	e, err := datapath.New(datapath.Config{Links: []datapath.LinkConfig{{ID: 1, Name: "old", Transport: t}}, ...})
//
// # Design notes
//
// Both directions copy an SDU once more than a NIC's path does, through a buffer between the worker
// and the connection's goroutine: a worker must not block, and serves other links. Signalling has
// buffers of its own and goes before data, so at most the slice of data being written and what TCP
// has not sent yet (TCP_NOTSENT_LOWAT) is in front of it.
package atmtcp
