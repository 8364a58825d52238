// Package gcratest judges frames by a contract, independently of package gcra: not with buckets, but by the other
// form of the algorithm, and in fractions. It serves the tests of package datapath and below only.
//
//	flow ──▶ New ──▶ Judge ◀── Arrive(time, cells of a frame)
//	DrawFlow ──▶ flow of any rates
//
// A [Judge] belongs to one goroutine at a time.
package gcratest
