//go:build race

package client_test

// raceEnabled tells that the race detector watches, which allocates.
const raceEnabled = true
