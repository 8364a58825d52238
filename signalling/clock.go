package signalling

import (
	"container/heap"
	"time"

	"callmanager/signalling/uni"
)

// timer is one running timer of a link.
type timer struct {
	id    uni.TimerID
	gen   uint64
	due   time.Time
	place int
}

// clock keeps the timers of one link on one heap and one alarm. It belongs to
// the link's goroutine, and reads the time for it: once an input, which tick
// begins. The alarm follows the timers when next has returned the last that is
// due.
type clock struct {
	read  time.Time // zero until the input needs it
	heap  timerHeap
	byID  map[uni.TimerID]*timer
	spare []*timer
	alarm *time.Timer
	// rings is what the alarm is set to; zero if it is not.
	rings time.Time
}

func newClock() *clock {
	c := &clock{byID: make(map[uni.TimerID]*timer), alarm: time.NewTimer(time.Hour)}
	c.alarm.Stop()
	return c
}

// tick begins an input, or the look for timers that are due.
func (c *clock) tick() { c.read = time.Time{} }

// time returns the time of the input.
func (c *clock) time() time.Time {
	if c.read.IsZero() {
		c.read = time.Now()
	}
	return c.read
}

// start runs a timer, in place of one with the same identifier.
func (c *clock) start(id uni.TimerID, after time.Duration, gen uint64) {
	due := c.time().Add(after)
	if t := c.byID[id]; t != nil {
		t.gen, t.due = gen, due
		heap.Fix(&c.heap, t.place)
		return
	}
	var t *timer
	if n := len(c.spare); n > 0 {
		t, c.spare = c.spare[n-1], c.spare[:n-1]
	} else {
		t = new(timer)
	}
	*t = timer{id: id, gen: gen, due: due}
	c.byID[id] = t
	heap.Push(&c.heap, t)
}

// stop forgets a timer.
func (c *clock) stop(id uni.TimerID) {
	if t := c.byID[id]; t != nil {
		c.remove(t)
	}
}

// remove takes a timer out.
func (c *clock) remove(t *timer) {
	delete(c.byID, t.id)
	heap.Remove(&c.heap, t.place)
	c.spare = append(c.spare, t)
}

// next removes and returns a timer that is due. It reports false when there is
// none; the alarm is set then.
func (c *clock) next() (timer, bool) {
	if len(c.heap) == 0 || c.heap[0].due.After(c.time()) {
		c.arm()
		return timer{}, false
	}
	t := c.heap[0]
	c.remove(t)
	return *t, true
}

// arm sets the alarm to the first timer.
func (c *clock) arm() {
	switch {
	case len(c.heap) == 0:
		if !c.rings.IsZero() {
			c.rings = time.Time{}
			c.alarm.Stop()
		}
	case !c.rings.Equal(c.heap[0].due):
		c.rings = c.heap[0].due
		c.alarm.Reset(c.rings.Sub(c.time()))
	}
}

// rang notes that the alarm has gone off.
func (c *clock) rang() { c.rings = time.Time{} }

// now reads the wall clock and the monotonic one.
func now() time.Time { return time.Now() }

// timerHeap orders timers by when they are due.
type timerHeap []*timer

// Len implements [heap.Interface].
func (h *timerHeap) Len() int { return len(*h) }

// Less implements [heap.Interface].
func (h *timerHeap) Less(i, j int) bool { return (*h)[i].due.Before((*h)[j].due) }

// Swap implements [heap.Interface].
func (h *timerHeap) Swap(i, j int) {
	(*h)[i], (*h)[j] = (*h)[j], (*h)[i]
	(*h)[i].place, (*h)[j].place = i, j
}

// Push implements [heap.Interface].
func (h *timerHeap) Push(x any) {
	t, ok := x.(*timer)
	if !ok {
		return
	}
	t.place = len(*h)
	*h = append(*h, t)
}

// Pop implements [heap.Interface].
func (h *timerHeap) Pop() any {
	last := len(*h) - 1
	t := (*h)[last]
	(*h)[last] = nil
	*h = (*h)[:last]
	return t
}
