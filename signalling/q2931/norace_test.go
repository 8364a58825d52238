//go:build !race

package q2931_test

// raceEnabled has the searches take short tours: they have one goroutine, so the race detector only slows them down.
const raceEnabled = false
