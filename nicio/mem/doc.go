// Package mem is an Ethernet segment in memory, with faults.
//
// A [Wire] joins stations, each with one MAC address, as a switch does. A station has ports, each a
// [nicio.Port] with the contract of a socket on a NIC: own filter, own bounded queue, own counters.
// So a control port and a data port share a station as two sockets share a NIC. Frames are lost,
// doubled, reordered, corrupted and delayed as [Faults] says.
//
//	WriteBatch                                                             ReadBatch
//	    │    switch     ┌────────────── path (one a pair) ──────────────┐      ▲
//	    └──▶ by MAC ──▶ │ lose ─▶ corrupt ─▶ double ─▶ hold back ─▶ delay │ ──▶ filter ─▶ queue
//	                    └──────────────────────────────────────────────────┘
//
// All choices come from the seed. Each path draws from its own stream, so what happens to the
// frames of one path depends on that path's frames alone and not on how goroutines interleave.
// Delay is measured by a [Clock]; without one it is package time, which inside a testing/synctest
// bubble is virtual. Without delay and reordering the wire knows no time at all: a frame is in the
// receiver's queue when WriteBatch returns.
//
// It is no model of a physical medium: it has no rate, no collisions and no FCS, so a corrupted
// frame arrives. It starts no goroutine; timers run the wire when frames are delayed.
//
// Every frame is accounted for, see [Stats]. All methods may be called from any goroutine; those of
// a port as [nicio.Port] says. No callback runs under the wire's lock.
//
//	w := mem.New(mem.Config{Seed: 1, Faults: mem.Faults{Loss: 0.01}})
//	a, err := w.Open(macA, nicio.Config{})
//	b, err := w.Open(macB, nicio.Config{})
//	n, err := a.WriteBatch(frames)
package mem
