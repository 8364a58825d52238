package atmtcp

import "time"

// FirstPause and LastPause bound how long a side that has failed waits before it tries again.
const (
	FirstPause = 250 * time.Millisecond
	LastPause  = 15 * time.Second
)

// A backoff is the row of pauses between attempts. The zero value is at its beginning.
type backoff struct{ last time.Duration }

// next returns how long to wait now.
func (b *backoff) next() time.Duration {
	b.last = min(max(2*b.last, FirstPause), LastPause)
	return b.last
}

// reset goes back to the beginning: an attempt has succeeded.
func (b *backoff) reset() { b.last = 0 }
