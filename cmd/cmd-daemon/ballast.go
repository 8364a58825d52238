package main

import "runtime"

// ballastOctets is the memory that the daemon holds on its heap and never touches, so that the system gives it
// none. The garbage collector runs when the heap has doubled. Of a daemon with few calls that is 4 MiB, which
// signalling at its full rate fills fifty times a second, with a sixth of its time for the collector; with the
// ballast it is 16 MiB and more. A daemon with many calls, whose heap is large itself, hardly notices it. In
// exchange up to 12 MiB of garbage more may lie about. GOGC and GOMEMLIMIT mean what they always do.
//
// Through two whole call managers in memory (BenchmarkCalls of package signalling, 5 rounds in turn, median of us
// of CPU a call):
//
//	ballast         none   4 MiB   8 MiB   16 MiB   32 MiB   64 MiB
//	64 calls at once 31.2    30.8    26.6     25.9     25.8     26.7
//	one after another 45.9   43.1    43.0     40.2     43.3     44.1
//
// Raising GOGC does the same to a small heap, and multiplies a large one.
const ballastOctets = 8 << 20

// holdBallast takes the ballast and returns the function that lets go of it.
func holdBallast() (release func()) {
	b := make([]byte, ballastOctets)
	return func() { runtime.KeepAlive(b) }
}
