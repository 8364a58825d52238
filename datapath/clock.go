package datapath

import "time"

// A clock tells the time in nanoseconds since some moment of the past. It never goes back. Workers
// read it once a batch.
type clock func() int64

// never is a time that does not come.
const never = int64(1<<63 - 1)

// systemClock returns the monotonic clock, which testing/synctest makes virtual.
func systemClock() clock {
	start := time.Now() //nolint:forbidigo // the one place where the data plane gets its time
	return func() int64 { return int64(time.Since(start)) }
}

// wallClock tells the time of day in nanoseconds since the epoch, for captures.
func wallClock() int64 { return time.Now().UnixNano() } //nolint:forbidigo // as above

// after calls f on a goroutine of its own when d has passed, unless it is stopped before.
func after(d time.Duration, f func()) *time.Timer {
	return time.AfterFunc(d, f) //nolint:forbidigo // the one place where the data plane sets timers
}

// newTimer makes a timer with a channel.
func newTimer(d time.Duration) *time.Timer {
	return time.NewTimer(d) //nolint:forbidigo // as above
}
