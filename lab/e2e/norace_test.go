//go:build !race

package e2e_test

// raceEnabled says that the race detector watches this process, and is to watch the daemons.
const raceEnabled = false
