// Package interop is the harness of `make interop`: cmd-daemon against Linux's own ATM stack, a peer
// that nobody of this project wrote. That stack is gone from the kernel, so the last one that has it
// runs in a guest of QEMU, by software emulation, and the two are joined by atmtcp.
//
//	  network namespace of a lab's host
//	+--------------------------------------------------------------------------+
//	|                                                      guest (QEMU)        |
//	|  +------------+    +----------------+    +-----------------------------+ |
//	|  | cmd-daemon |<-->| Wire           |<-->| atmtcp - kernel ATM         | |
//	|  +------------+ TCP| loses, records | TCP|   |          |              | |
//	|        ^           +----------------+    | atmsigd   PF_ATMSVC         | |
//	|        | client                          |              |              | |
//	|  +------------+         TCP              |  +------------------------+ | |
//	|  | the tests  |<------------------------>|  | atmpeer                | | |
//	|  +------------+     package peer         |  +------------------------+ | |
//	+--------------------------------------------------------------------------+
//
// A [Guest] boots a kernel and an initial RAM disk in about 3 s and answers requests through the program
// atmpeer, which reaches it in a shared directory. A [Wire] carries the frames of one atmtcp connection,
// loses what it is told to, and writes down what passed for `cmctl decode`.
//
// Nothing leaves the namespace: the guest's network is QEMU's user network, restricted to the ports
// that are forwarded to it.
package interop
