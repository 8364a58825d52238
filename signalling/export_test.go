package signalling

import (
	"time"

	"callmanager/signalling/uni"
)

// Clock is the clock of a link for its test.
type Clock struct{ c *clock }

// NewClock makes one.
func NewClock(ring func()) Clock { return Clock{newClock(ring)} }

// Start starts a timer in an input of its own.
func (c Clock) Start(n uni.TimerName, after time.Duration) {
	c.c.tick()
	c.c.start(uni.TimerID{Name: n}, after, 1)
}

// Stop stops one.
func (c Clock) Stop(n uni.TimerName) { c.c.stop(uni.TimerID{Name: n}) }

// Due takes the timers that are due, as the end of a turn does.
func (c Clock) Due() (names []uni.TimerName) {
	c.c.tick()
	for t, due := c.c.next(); due; t, due = c.c.next() {
		names = append(names, t.id.Name)
	}
	return names
}
