package main

import (
	"os"
	"runtime"
)

// makeRoom lets so many threads more run Go code at a time than there are processors, unless GOMAXPROCS says how many are
// to run, until restore is called. A worker in a system call counts as one that runs, until the runtime takes its place
// away, for which it looks every 20 us. If workers have all places, others are given theirs whenever they sleep, and a
// thread wakes up to look for work in each; as long as a place is free, nothing of that happens. On two processors
// a round trip of 64 octets through two daemons took 125-165 us without this and 100-120 us with it.
func makeRoom(threads int) (restore func()) {
	if os.Getenv("GOMAXPROCS") != "" {
		return func() {}
	}
	before := runtime.GOMAXPROCS(runtime.GOMAXPROCS(0) + threads)
	return func() { runtime.GOMAXPROCS(before) }
}
