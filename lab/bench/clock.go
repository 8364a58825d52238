package bench

import (
	"runtime"
	"time"

	"golang.org/x/sys/unix"
)

// ThreadTime returns what the calling thread has had of a processor. It means something to a goroutine that is
// locked to its thread. What else the machine does is not in it.
func ThreadTime() time.Duration {
	var t unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_THREAD_CPUTIME_ID, &t); err != nil {
		panic(err)
	}
	return time.Duration(t.Nano())
}

// Speed calls a function that returns how many octets it has moved, for a turn, and returns GB a second of
// processor time.
func Speed(move func() (octets int)) float64 {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	const between = 64 // calls between two looks at the clock
	began, octets := ThreadTime(), 0
	for {
		for range between {
			octets += move()
		}
		if took := ThreadTime() - began; took >= Turn() {
			return float64(octets) / float64(took.Nanoseconds())
		}
	}
}
