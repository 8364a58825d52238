package main

import (
	"os"
	"runtime"
)

// makeRoom lets one thread more run Go code at a time than there are processors, unless GOMAXPROCS says how many are to
// run, until restore is called. A worker in a system call counts as one that runs, until the runtime takes its place
// away, for which it looks every 20 us. If workers have all places, others are given theirs whenever they sleep, and a
// thread wakes up to look for work in each; as long as a place is free, nothing of that happens. More than one help no
// more, and cost signalling, whose goroutines are spread over all places. On two processors, medians of three:
//
//	places more              none    1      3
//	round trip, 64 octets    137     122    123 us, p99 348, 283, 345 us
//	calls, 64 at a time      1935    1743   1779 a second
func makeRoom() (restore func()) {
	if os.Getenv("GOMAXPROCS") != "" {
		return func() {}
	}
	before := runtime.GOMAXPROCS(runtime.GOMAXPROCS(0) + 1)
	return func() { runtime.GOMAXPROCS(before) }
}
