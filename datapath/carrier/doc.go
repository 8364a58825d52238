// Package carrier is what the transports of the data path have in common: ports with bounded boxes
// between an engine, whose workers must not block, and goroutines that move octets to and from a peer
// as slowly as it takes. Packages atmtcp and udpcell say how they find the peer and what it is sent.
//
//	 engine: data worker, transmit worker       engine: controller
//	      ▲ ReadBatch     │ WriteBatch             ▲           │
//	┌─────┴───────────────▼────────┐     ┌─────────┴───────────▼───┐
//	│ Data: inbox 4 MiB            │     │ Control: inbox 1 MiB    │
//	│       Outbox 256 KiB         │     │          Outbox 1 MiB   │
//	└─────▲───────────────┬────────┘     └─────────▲───────────┬───┘
//	      │ Deliver       │ Encoder, Take          │ Deliver   │ Encoder, Take
//	      │               ▼                        │           ▼
//	     the transport's reader and writer: Config.Run, between Up and Drop
//
// A [Link] is for the transport's goroutines. Its [EngineSide] is for the engine; a transport embeds
// it and adds its counters.
//
// # Boxes
//
// What is received waits in an inbox in the engine's own form, a frame of [datapath.PeerAddress]. A
// full one drops what comes for it, as a socket's queue does, and counts it (nicio.Stats.RxOverrun):
// to let the stream wait would hold up the signalling in it. What is sent waits in an [Outbox] in the
// peer's form, whose pieces are records or cells. A full one takes no more, which the engine sees as
// back-pressure. Without a peer it takes none, and counts (nicio.Stats.TxDown). A box that is empty
// takes one SDU of any size.
//
// # Concurrency
//
// Ports follow the rules of nicio.Port. One goroutine at a time may deliver to a port, and one take
// from its outbox, which is to give back what it took before it takes again. Everything else may be
// called from anywhere.
//
// # Design notes
//
// The two ends of a box exchange a full buffer for an empty one, so neither waits longer than a batch
// takes to copy, and a box allocates nothing once its buffers have grown. What a frame becomes is the
// one thing that differs between the outboxes of transports, and so is a function, which makes as many
// pieces of it as it needs in one call.
package carrier
