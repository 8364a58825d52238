// Package police holds what a VC receives to its contract, whole SDUs at a time (TM 4.1 clause 5.5).
//
//	SDU ──▶ Conforms ──▶ yes: it is charged, and goes on
//	         │ GCRA     └▶ no: it is dropped, or tagged if the contract says so and it has no tag
//	         │
//	    Set, Change: a change to less waits until the peer knows of it
//
// It is the other end of the pacing of package datapath, by the same buckets (package gcra), with a tolerance that is wide
// enough for all that may happen to paced traffic on its way ([Tolerance]): what is in the contract passes.
package police
