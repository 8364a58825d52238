//go:build race

package signalling_test

// raceEnabled has no memory measured.
const raceEnabled = true
