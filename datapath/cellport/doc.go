// Package cellport carries links in cell mode: ATM cells, those of all channels behind one label of a
// pseudowire (RFC 4717 clause 8, N-to-one cell mode), with AAL5 whole: PAD, trailer and CRC-32 (I.363.5).
// It stands between an engine and the ports of its NIC and is a pair of ports itself, so the engine above
// knows nothing of cells: what it gives and takes is a frame a CPCS-SDU, as package frame writes them,
// and what the NIC gives and takes is a frame of cells.
//
//	            engine: one SDU a frame, labels that spell channels
//	      ▲                 │                         ▲                 │
//	┌─────┴─────┐     ┌─────▼─────┐             ┌─────┴─────┐     ┌─────▼─────┐
//	│  joiner   │     │  packer   │    data     │  joiner   │     │  packer   │   control
//	│ sar, a VC │     │ sar, due  │             │  0/5      │     │ 0/5 alone │
//	└─────▲─────┘     └─────┬─────┘             └─────▲─────┘     └─────┬─────┘
//	      │                 │                         │                 │
//	            NIC: frames of cells of one label a peer; filters part 0/5 from the rest
//
// An SDU's user-to-user octet passes in whole: in the frames to and from the engine it stands in place of the
// time to live (package frame).
//
// Frames of peers that are not in cell mode pass through as they are, so links of both modes share a NIC.
//
// # Sending
//
// An SDU is cut straight out of the ring of its VC into the frame that its link is filling. The frame goes
// when it is full, or when its first cell has waited for the link's delay, or at once without a delay. The
// engine's transmit worker asks when that is ([Port.Due]) and comes back for it ([Port.Flush]). An SDU has
// been taken once all of it is in frames of this package.
//
// # Receiving
//
// The PDUs under way are joined in buffers of this package, as many as maxJoins a port: how long a PDU is to
// be is known at its end, and by then the ring of its VC is looked at for the first time. So a VC without a
// PDU under way costs nothing here, a VC whose ring is full loses whole SDUs, and a PDU of one cell, the
// most frequent there is, meets no buffer and no table. A finished PDU changes places with the buffer of the
// engine's frame, and is not copied.
//
// A frame may have cells of any channels, and its first one alone decides which socket it meets. Signalling
// behind data is handed to the port of the control VCs, cell by cell; between the two sockets nothing keeps the
// order, so an SDU whose cells come by both may fail its checks, and SSCOP sends it again. Data behind signalling
// would come out of order and is dropped.
//
// # Counting
//
// Each cell is counted once at a port: delivered, dropped with its PDU under the reason, or by what it is (OAM, idle,
// on a path that no link has, on the other port's channel, handed over). See [Port.Counters].
//
// # Concurrency
//
// As of any port: one goroutine at a time receives, and one transmits.
package cellport
