// Package gcra holds flows to their rates by the generic cell rate algorithm: a cell conforms unless it comes
// earlier than a tolerance before its theoretical arrival time (TM 4.1 clause 4.4 and Annex C, I.371 Annex A). The
// algorithm has two equivalent forms, and both are here, each where it costs less.
//
//	[Bucket]  the leaky bucket       level ≤ limit   one flow of one goroutine, exact
//	[Pace]    two of them            PCR, SCR + MBS  a contract: both conform, or nothing passes
//	[Shared]  virtual scheduling     empty ≤ now + τ a link of many goroutines, one word
//
// A frame is judged at its first cell, since its cells leave and arrive at once; then all of them are charged:
//
//	cells      ┌────────┐ limit = burst + τ × rate
//	of frames ─▶ level  │
//	           └───┬────┘
//	               ▼ rate
//
//	if !p.Conforms(now) {
//		... come again at p.Ready()
//	}
//	p.Charge(cells)
//	... and once the frame has been sent
//	p.Land(now, cells)
//
// The receive side, where a frame has come when it is judged, has Pass in place of Charge and Land.
//
// Times are nanoseconds of a clock that does not go back; no function here looks at one, and none allocates but
// Set. A rate of cells is in cells a second, one of a link in bits of wire a second.
//
// # Concurrency
//
// A [Bucket] and a [Pace] belong to one goroutine at a time. A [Shared] is for any number of them: none waits, and
// no charge is lost. One that looks and one that charges may come in between each other, so all together may be
// beyond the tolerance by a frame each.
//
// # Design notes
//
// Who has to wait does so for half of [BurstTolerance] longer than the algorithm asks for, and then sends what has
// become due in one go: [ResumeTolerance].
package gcra
