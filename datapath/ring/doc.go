// Package ring moves AAL5 SDUs between two parties through shared memory: the daemon and one client, or
// two users inside the daemon. One Endpoint is one party's side of one VC: a Producer into the ring that it
// transmits on, and a Consumer of the ring that it receives from.
//
// It is a byte pipe with record borders, a sleep protocol and an end of file. It knows nothing of VPI/VCI,
// AAL5 trailers, contracts or messages, and imports nothing of the project. The layout of the memory, the
// order of each access and the rules of the descriptors are api/RING.md, version 1; this package is its
// implementation for both sides.
//
//	file    0x000 read-only: magic, version, offsets, sizes
//	        0x200 to-daemon control   tail closed waits | head sleeps | dropped       128 octets apart
//	        0x400 to-client control   tail closed waits | head sleeps | dropped
//	        0x1000 to-daemon records, a power of two octets
//	        ....   to-client records, a power of two octets
//
//	record  [ length | UU | flags ][ payload ][ 0-7 octets to the next multiple of 8 ]
//
// # Transmit and receive
//
// A Producer works in two phases: Reserve hands out memory inside the ring, Commit adds the record to the
// transaction, Flush publishes the transaction with one atomic store and rings the doorbell if the consumer
// sleeps. A Consumer reads records in place with Next or Peek and gives the memory back with Release.
// Neither allocates, locks or calls the kernel but to ring a sleeping peer.
//
// # Concurrency
//
// One goroutine at a time owns a Producer, one a Consumer; they may be two different ones. Endpoint.Close
// may be called by any goroutine at any time and obeys stop, wake, join, unmap: it stops new users, wakes
// those that wait, and the last user to Leave unmaps. Who touches Tx or Rx must therefore be between Enter
// and Leave: a worker enters when a VC is activated and leaves when it is deactivated; Send and Receive
// do it themselves.
//
// # Trust
//
// All that the other party can write is hostile. Every index and every record header is loaded once, into
// a private copy, and checked; an index that this side owns is never read back. A violation poisons that
// Producer or Consumer with a CorruptError and harms nobody else. Payload octets may change while they are
// read: who branches on them must copy them first.
//
// # Design notes
//
// A record is contiguous, so that sendmmsg can point at it: a record that does not fit before the end of the
// ring is preceded by a pad record that fills the rest. That limits a record to half a ring. (Mapping
// the memory twice would lift the limit and would take the heap variant away.)
//
// Who waits looks for SpinTime, and then sleeps in one of two ways. One that sleeps alone at its doorbell is a thread in
// poll(2), for which there are sixteen berths a process: a ring wakes that thread and nobody else. Through
// the runtime's poller a ring wakes the thread that polls, which wakes the goroutine, for which the scheduler
// wakes a third; a round trip took twice as long. That way sleep those who find no berth, and the two of an
// endpoint whose two directions wait: one listener goroutine has the doorbell for both of them. A program that owns its
// threads uses Doorbell.Poll instead.
package ring
