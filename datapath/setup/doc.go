// Package setup says what an engine of package datapath joins: links over NICs or over transports of their own, and
// workers. It checks that all this can be, and opens nothing.
//
//	Config ─┬─ LinkConfig ─┬─ interface and peer ─▶ NIC, one for all links on it
//	        │              ├─ Cells, Wires: what lies between that and the engine
//	        │              └─ Transport, in place of a NIC
//	        └─ Workers, CPUs, Spin
//
// Concurrency: what is here is only read once the engine has it.
package setup
