// Package sim lets whole call managers run without a NIC: a plane that moves
// no data but checks the order in which it is used, and wires that join the
// control channels of two managers, with delay, loss and cuts. It is for tests
// of signalling and of what stands on it.
//
//	[Manager A] --- Host.Plane (checks, records)
//	     |
//	  End A  === Wire: delay, loss by seed, cut ===  End B
//	                                                  |
//	        Host.Plane (checks, records) --- [Manager B]
//
// It implements no specification: what a wire and a plane owe is said in
// package signalling. The wire never misorders, as ATM does not.
//
// Concurrency: everything may be used from any goroutine. Delays run on package
// time, so inside a testing/synctest bubble they take none.
//
//	wire := sim.NewWire(10*time.Millisecond, 0.01, seed)
//	a := sim.NewHost("a", macA, macB, wire.A(), sim.Options{})
//	b := sim.NewHost("b", macB, macA, wire.B(), sim.Options{})
package sim
