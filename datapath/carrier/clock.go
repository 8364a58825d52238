package carrier

import "time"

// newTimer makes a timer with a channel.
func newTimer(d time.Duration) *time.Timer {
	return time.NewTimer(d) //nolint:forbidigo // the one place where a transport sets timers
}
