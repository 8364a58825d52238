package udpcell

import "time"

// started is the origin of the times that the joiner is given.
var started = time.Now() //nolint:forbidigo // the one place where a transport gets its time

// now returns the time in nanoseconds since the program began.
func now() int64 { return int64(time.Since(started)) }
