// Package udpcell carries a link as cells over UDP, one cell a datagram, as the ATM switches of GNS3
// and dynamips do. [Transport] is a transport of the data path; calls, VCs, shaping and counters are
// those of any link.
//
//	 engine: data worker, transmit worker        engine: controller
//	      ▲ ReadBatch     │ WriteBatch             ▲           │
//	┌─────┴───────────────▼────────┐     ┌─────────┴───────────▼───┐
//	│ data port of a carrier.Link  │     │ control port: VC 0/5    │
//	└─────▲───────────────┬────────┘     └─────────▲───────────┬───┘
//	 SDUs │               │ cells                  │           │
//	  ┌───┴─── joiner ─────────────────────────────┘           │
//	  │ cells             └────────┐   ┌───────────────────────┘
//	  │ reader              writer ▼   ▼ control first
//	  └─────────────────── UDP ────────┘
//
// # On the wire
//
// A datagram is a cell of 53 octets: a header with a VPI of twelve bits, its HEC, 48 octets (I.361
// clause 2). The SDUs are AAL5 (I.363.5) with the whole of its trailer, the user-to-user octet included. There is no handshake and no
// numbering, and a datagram that is lost or overtaken is a PDU that fails its checks. So the link is
// up as soon as its socket is; whether anybody listens, signalling finds out.
//
// What a peer sends is hostile until proved good. Datagrams from another address or port than the
// peer's are counted and dropped unread, and so are those of another size or with a wrong HEC, and
// cells of a VPI that no link has. OAM cells go to the engine, which knows what becomes of them.
//
// Dynamips computes the CRC of AAL5 with the bits the wrong way round where it makes PDUs itself. A
// link may be told to accept any CRC; it then relies on the length alone.
//
// The protocol has no authentication, and whoever can forge the peer's address can send cells. Use
// loopback or a tunnel's address.
//
// # Memory
//
// Of the channels only those within a PDU have a place in the joiner, 64 of them and one that is the
// control VC's, each with a buffer for the largest PDU once it was used: 4.3 MB at most. Cells that
// find no place are dropped and counted.
//
// # Concurrency
//
// Ports follow the rules of nicio.Port. A transport has a goroutine that reads, one that writes and
// one that waits for the end. Everything else may be called from anywhere.
//
// # Design notes
//
// A cell costs a system call. Batches of them (recvmmsg, sendmmsg) would pay only beyond what an
// emulated switch forwards.
package udpcell
