package tap

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"callmanager/vc"
)

// Settle is how long a packet waits for others that were captured before it and come later: workers
// publish a batch at a time.
const Settle = 2 * time.Millisecond

// Capture is a capture that runs.
type Capture struct {
	tap    *Tap
	filter Filter
	links  []linkState // by identifier
	lanes  []*lane     // by port

	wake   chan struct{}
	asleep atomic.Bool // the reader waits for wake
	once   sync.Once
	done   chan struct{} // closed by Stop

	pending []Packet // the reader's: taken, not yet returned
}

// linkState is what a capture knows of a link.
type linkState struct {
	wanted   bool
	captured atomic.Uint64
	dropped  atomic.Uint64
}

// LinkStats is what became of the packets of a link.
type LinkStats struct {
	Link Link
	// Captured were returned by Next; Dropped found no room.
	Captured, Dropped uint64
}

func newCapture(t *Tap, f Filter) (*Capture, error) {
	most := vc.LinkID(0)
	for _, l := range t.links {
		most = max(most, l.ID)
	}
	c := &Capture{
		tap: t, filter: f, links: make([]linkState, most+1), wake: make(chan struct{}, 1), done: make(chan struct{}),
	}
	for _, l := range t.links {
		c.links[l.ID].wanted = len(f.Links) == 0 || slices.Contains(f.Links, l.ID)
	}
	for _, id := range f.Links {
		if int(id) >= len(c.links) || !c.links[id].wanted {
			return nil, fmt.Errorf("%w: %d", ErrNoLink, id)
		}
	}
	for _, p := range t.ports {
		c.lanes = append(c.lanes, newLane(p.size))
	}
	return c, nil
}

// put copies a packet or counts it.
func (c *Capture) put(port int, m *Meta, head, body []byte) {
	if !c.lanes[port].put(m, c.filter.SnapLen, head, body) {
		c.links[m.ID.Link].dropped.Add(1)
	}
}

// Stop ends the capture: from now on nothing is taken in but what a worker is about to put. What is
// there is still read. It is idempotent.
func (c *Capture) Stop() {
	c.once.Do(func() {
		c.tap.remove(c)
		close(c.done)
	})
}

// Stats returns the counters of the links that are captured.
func (c *Capture) Stats() []LinkStats {
	var all []LinkStats
	for _, l := range c.tap.links {
		if s := &c.links[l.ID]; s.wanted {
			all = append(all, LinkStats{Link: l, Captured: s.captured.Load(), Dropped: s.dropped.Load()})
		}
	}
	return all
}

// Next waits for packets and returns them in the order of their times, which goes on from call to call
// unless a worker was held up for longer than [Settle]. It returns none, and false, when the capture
// has been stopped and everything was returned, or the context has ended. The octets are the caller's.
func (c *Capture) Next(ctx context.Context) ([]Packet, bool) {
	for ctx.Err() == nil {
		c.collect()
		if len(c.pending) == 0 && !c.await(ctx) {
			return nil, false
		}
		cut := c.tap.now()
		if !c.pause(ctx) {
			cut = never
		}
		c.collect()
		if p := c.emit(cut); len(p) > 0 {
			return p, true
		}
	}
	return nil, false
}

// never is a time that does not come.
const never = int64(1<<63 - 1)

// collect takes what is in the lanes.
func (c *Capture) collect() {
	for _, l := range c.lanes {
		c.pending = l.take(c.pending)
	}
}

// await sleeps until there are packets. It returns false when there will be none.
func (c *Capture) await(ctx context.Context) bool {
	for {
		c.asleep.Store(true)
		if c.collect(); len(c.pending) > 0 { // what came before the reader was asleep wakes nobody
			c.asleep.Store(false)
			return true
		}
		select {
		case <-c.wake:
		case <-ctx.Done():
			return false
		case <-c.done:
			c.collect()
			return len(c.pending) > 0
		}
	}
}

// pause waits for late comers. It returns false when the capture has ended.
func (c *Capture) pause(ctx context.Context) bool {
	t := time.NewTimer(Settle) //nolint:forbidigo // the reader's own wait; no machine depends on it
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
	case <-c.done:
	}
	return false
}

// emit returns the pending packets up to a time.
func (c *Capture) emit(cut int64) []Packet {
	slices.SortStableFunc(c.pending, func(a, b Packet) int { return cmp.Compare(a.Time, b.Time) })
	n, _ := slices.BinarySearchFunc(c.pending, cut, func(p Packet, cut int64) int {
		if p.Time <= cut {
			return -1
		}
		return 1
	})
	out := c.pending[:n:n]
	c.pending = slices.Clone(c.pending[n:])
	for i := range out {
		c.links[out[i].ID.Link].captured.Add(1)
	}
	return out
}
