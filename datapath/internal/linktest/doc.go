// Package linktest has an engine with one link that is no NIC, for tests of transports from end to end.
// It serves the tests of packages in datapath only.
//
//	 test: Hear, Await, WantCounter      test: ring.Endpoint of Open
//	┌──────────▲───────────────────────────────▲──────────┐
//	│ Node: datapath.Engine, link 1, VC 1/100             │
//	└──────────▲──────────────────────────────────────────┘
//	           │ the transport under test
//
// A [Node] ends with its test. Its methods are for the test's goroutine; those of the engine follow the
// engine's rules. [Run] is for TestMain.
//
//	n := linktest.NewNode(t, transport)
//	n.Await(true)
package linktest
