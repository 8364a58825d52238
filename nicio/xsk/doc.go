// Package xsk sends Ethernet frames through an AF_XDP socket in copy mode, and receives them from one, in copy mode or
// zero-copy. It serves package nicio. The program that receiving needs is that of package divert; sending needs none.
//
//	  user space                               kernel, inside sendto(2)
//	┌───────────────────────────────┐
//	│ chunks   [ 0 ][ 1 ] ... [n-1] │─── one copy into a socket buffer ───▶ device
//	└───────────────────────────────┘                                         │
//	  Put ──▶ tx ring          addr,len ──▶ taken in order                    │
//	  Reap ◀─ completion ring  addr     ◀── the device is done with it ◀──────┘
//
//	┌───────────────────────────────┐
//	│ chunks   [ n ] ... [n+m-1]    │◀── a copy, or the device itself ◀── XDP program ◀── device
//	└───────────────────────────────┘
//	  Frame ◀─ rx ring         addr,len ◀── in order of arrival
//	  Done ──▶ fill ring       addr     ──▶ free memory, all of it at first
//
// The statement of the interface is Documentation/networking/af_xdp.rst and include/uapi/linux/if_xdp.h
// of the kernel. What this package relies on beyond it is how copy mode works: the kernel looks at
// the tx ring only inside the system call that tells it to. Between two calls the ring is ours, so
// frames that a congested device did not take are taken back, see [Sender.Recall]. Kernels differ in
// when they write how far they have come and in how they pass invalid descriptors (6.18: one a call,
// and completes it); both are told by their effects.
//
// Receiving it relies on nothing else but that: a chunk is the kernel's from Done on, and ours from the moment on that
// its frame is in the rx ring. The kernel drops frames for which it has no chunk, and counts them, see [Socket.Losses].
//
// # What is different from AF_PACKET
//
// A frame goes straight to a transmit queue of the device: past the queueing discipline (traffic
// control, priority bands) and past packet sockets that listen to what this host sends (tcpdump).
// The kernel checks no MTU. A queue of a device has one AF_XDP owner.
//
// # Concurrency
//
// One goroutine at a time calls the methods of a [Sender], [Sender.Unsent] excepted, which may be
// called from anywhere until Close; another one those of a [Receiver], [Receiver.Arrived] and [Socket.Losses] likewise
// excepted. Nothing but [Open] allocates.
package xsk
