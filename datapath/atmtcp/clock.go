package atmtcp

import "time"

// now reads the clock, once for each piece of a stream.
func now() time.Time {
	return time.Now() //nolint:forbidigo // the one place where a transport gets its time
}
