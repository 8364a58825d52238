package mem

import "time"

// A Clock tells the wire the time and calls it back. A simulation passes its virtual clock.
type Clock interface {
	// Now returns the current time. It is called under the wire's lock and must not call the wire.
	Now() time.Time
	// AfterFunc arranges for one call of f when d has passed. It must return before it calls f.
	AfterFunc(d time.Duration, f func())
}

// wallClock is package time, which testing/synctest makes virtual.
type wallClock struct{}

// Now implements [Clock].
func (wallClock) Now() time.Time { return time.Now() }

// AfterFunc implements [Clock].
func (wallClock) AfterFunc(d time.Duration, f func()) { time.AfterFunc(d, f) }
