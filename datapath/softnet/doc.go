// Package softnet tells when frames that this host's kernel has received, and holds back in front of the
// sockets, have reached them. A frame that comes out of a veth, leaves a bridge or was steered to another
// processor (RPS) waits in a queue of that processor, its backlog, until a soft interrupt takes it on:
//
//	                ┌──────── processor ────────┐
//	NIC, veth ────▶ │ waiting ──▶ processed     │ ──▶ sockets
//	                └─────────────▲─────────────┘        │
//	                              └── the next veth ◀────┘ or bridge
//
// The kernel counts both in softnet_stat, a line a processor. A frame that waited at one reading has been taken
// on when the processor has since processed as many as waited. It may then wait once more, behind the next
// interface, so a [Holdup] looks again until nothing waits, or until it has been over for as many interfaces as a
// frame may cross.
//
//	r := softnet.Open()
//	defer r.Close()
//	held := softnet.Hold(r.Read())
//	for !held.Over(r.Read()) {
//		... pause
//	}
//
// Where the kernel does not tell, as before Linux 5.10, no wait takes longer than one look.
//
// A [Reader] and a [Holdup] belong to one goroutine at a time. A [Backlog] is not changed after it was read.
// Nothing here sleeps; reading is one system call or a few.
package softnet
