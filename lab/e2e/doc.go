// Package e2e holds the tests of the whole: the real programs, cmd-daemon and cmctl, in network
// namespaces joined by real Ethernet devices, and beside them clients, captures, attackers on the
// socket and attackers on the wire. It has no code of its own besides the tests.
//
//	test process                           namespace alice      namespace bob
//	  clients, cmctl ------ unix sockets -->[ cmd-daemon ]        [ cmd-daemon ]
//	  raw API sockets                            | eth0 ===veth=== eth0 |
//	  packet sockets: capture, attack ----------^----------------------^
//
// Each test makes hosts of its own with package lab and removes them. The programs are built once a
// run, with the race detector if the tests have it; a race, a panic or a fault of the client model that a
// daemon reports fails the run. All of it needs root, and is skipped without.
//
// # The client model
//
// TestInvariants and TestIllegal have a test for each invariant and each illegal operation of the model of
// connection-oriented NDIS. They speak the bare protocol (agent), which shows every message in its order, and compare
// what the daemons hold before and after (residue). TestOrders lets what may cross on the way do so, TestDeaths ends a
// client behind each message in turn, TestCloseAFWithCalls closes an address family with a hundred calls.
//
// TestModel has up to five clients do what they like and follows them with a small model (model_test.go): a client's
// messages come in the order in which things happened to it, so they tell the state in which each of its requests was
// served, and the two ends of a call tell what is still to come. `make model STEPS=100000` is the long form.
//
// # Benchmarks
//
// BenchmarkVC measures from client to client through two daemons, four processes, each figure beside
// the bare path: two processes that do nothing but sendmmsg and recvmmsg on packet sockets over
// another veth of the same kind, and beside UDP sockets that do the same. All run alternately in the same
// seconds, and the ratio is the median of the pairs:
//
//	go test -run '^$' -bench VC -benchtime 1x ./lab/e2e
//
// BenchmarkVCOverXDP is the same with daemons that transmit by AF_XDP, BenchmarkCells and BenchmarkCellsOverXDP
// are that in cell mode. BenchmarkManyVCs measures what VCs do to each other. Package lab/bench makes one table
// of their rows.
//
// The rows of calls tell the processor time that a call takes in all four processes, which a busy machine
// changes far less than the rate. The rows of throughput compare that of the sending daemon with that of the
// bare sender for the same reason: on an idle machine the sender's core is the bound of both paths.
//
// Concurrency: tests run in parallel where they do not compete for time. Whatever another process
// does is awaited by looking at its state until a deadline; nothing sleeps blindly.
package e2e
