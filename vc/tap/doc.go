// Package tap copies what passes through a data plane to those who capture it, without standing in its
// way.
//
//	worker ─ Port ─▶ lane ─┐
//	worker ─ Port ─▶ lane ─┼─▶ Capture.Next ─▶ reader, in the order of time
//	control ─ Port ─▶ lane ─┘
//
// A worker owns a [Port]. While nobody captures, [Port.Running] is one atomic load of a pointer that is
// nil, once a batch. While somebody does, each packet that a [Filter] lets through is copied into a
// lane: a ring of fixed size with one writer and one reader, of which each capture has one for each
// port. The writer takes no lock, allocates nothing and never waits: what does not fit is counted, for
// the link that it belongs to, and is gone. So a slow reader loses packets of its own capture and
// nobody else anything. The control plane, which has several writers on one port, uses [Port.One],
// which takes a lock of the control plane's alone.
//
// The memory of a lane exists while its capture does; [MaxCaptures] of them may run at a time.
//
// A Tap and a Capture's Stop and Stats may be used from any goroutine, Next by one.
package tap
