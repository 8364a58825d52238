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
// begins. The alarm is set when next has returned the last timer that is due.
type clock struct {
	read  time.Time // zero until the input needs it
	heap  timerHeap
	byID  map[uni.TimerID]*timer
	spare []*timer
	alarm *time.Timer
	// rings is what the alarm is set to; zero if it is not.
	rings time.Time
}

// newClock returns a clock that calls ring, from any goroutine, when it is time to
// ask for timers that are due.
func newClock(ring func()) *clock {
	c := &clock{byID: make(map[uni.TimerID]*timer), alarm: time.AfterFunc(time.Hour, ring)}
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

// ofCalls counts the running timers of calls and their parties. Those of the link as a whole are not among them.
func (c *clock) ofCalls() int {
	n := 0
	for _, t := range c.heap {
		if t.id.Call != 0 {
			n++
		}
	}
	return n
}

// arm sets the alarm to the first timer, unless it goes off before that one is
// due: a wake-up too many costs less than an alarm that follows each timer.
func (c *clock) arm() {
	if !c.rings.After(c.time()) {
		c.rings = time.Time{} // it has gone off, or is about to
	}
	if len(c.heap) == 0 {
		return
	}
	if first := c.heap[0].due; c.rings.IsZero() || first.Before(c.rings) {
		c.rings = first
		c.alarm.Reset(first.Sub(c.time()))
	}
}

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
