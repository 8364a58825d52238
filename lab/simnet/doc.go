// Package simnet is a network of whole call managers in one thread: the
// machines of the daemon under a virtual clock, over wires that lose, repeat
// and misorder, with clients that do anything, and hosts that crash. What
// happens follows from a seed alone.
//
//	  actions (weighted, by seed)         troubles: crash, partition, port ...
//	       |                                      |
//	+-- client --+    +-- host ----------------------------------------+
//	|  its view  |<-->| cm.Machine <--queues--> uni.Link + timers      |
//	+------------+ ^  |     |                      |        |          |
//	               |  |   rings  <----- plane ---> branches |          |
//	           contract +----------------------------------- | --------+
//	           (INV-n)                                       v
//	         way: loss, copies, delay --> frame.Order --> [the other host]
//	                                                 ^
//	                                 ledger: both ends' states of each call
//
// The runner of package signalling is mirrored, not used: its goroutines are
// queues here, whose order the seed decides. A message between two of them
// keeps its place behind those before it and waits for any time up to the
// weather's stall.
//
// # What is checked
//
// After every step: what clients are told, against the invariants of the client
// model (contract.go); the uses of the data plane (plane.go); the states of the
// two ends of every call and of its parties, with what may be under way
// (ledger.go, partyledger.go); that what clients say to each other arrives as it
// was sent, with the message that brings it (letters.go); that a leaf that asks to
// join is refused (leaf.go); that nothing late or repeated passes the filter of
// sequence numbers, which is the datapath's own (wire.go); that no machine has met
// an impossible event, and SSCOP no sequence error. When the network has come to
// rest: that both ends of every link have the same calls with the same channels,
// contracts and bandwidth, that clients and daemon agree, and at last that nothing
// is left (rest.go).
//
// Each timer of signalling runs out somewhere in the seeds of an ordinary test
// (freeze.go has the troubles that it takes); the summary counts them.
//
// A violation ends a run. The same [Config] gives the same run again, with a
// [ladder.Record] of it if wanted; [Shrink] looks for a run with fewer actions.
//
// # Mutants
//
// mutants_test.go lists deliberate bugs. make sim-mutants puts them into the
// tree one at a time, by an overlay of the build, and wants each found within
// 1 000 seeds; MUTANTS.md is the table of its last run. An ordinary test fails
// when a bug has lost its place in the code.
//
// It is for tests alone; nothing of the product imports it. The references are
// DESIGN 11 and the standards of packages uni, sscop and cm.
//
// Concurrency: a run belongs to one goroutine. Runs share nothing.
//
//	r := simnet.Run(simnet.Config{Seed: 7})
//	if r.Violation != nil { ... }
package simnet
