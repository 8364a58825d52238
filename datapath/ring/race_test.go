//go:build race

package ring_test

// raceEnabled shortens the stress under the race detector.
const raceEnabled = true
