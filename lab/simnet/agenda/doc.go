// Package agenda is the queue of what is going to happen in a run of package
// simnet: events in the order of their times, those of one time in the order in
// which they were made, so that a run follows from its seed.
//
// Concurrency: a queue belongs to one run.
package agenda
