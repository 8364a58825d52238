//go:build !race

package datapath_test

// raceEnabled says that the race detector makes everything slower than the bare path is.
const raceEnabled = false
