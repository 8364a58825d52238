package datapath

import (
	"slices"
	"sync/atomic"
	"time"

	"callmanager/vc"
)

// How branches of a point-to-multipoint VC come and go while it sends. The commands run on the worker of the VC's
// replicator, or after its end for it.

// A sentCount is a counter that its owner adds to in batches.
type sentCount struct {
	n     uint64 // Since the last add.
	total atomic.Uint64
}

// add shows what has been counted.
func (c *sentCount) add() {
	if c.n > 0 {
		c.total.Add(c.n)
		c.n = 0
	}
}

// counts returns the counters of the branch. What is offered is read last, as it is counted first.
func (f *feed) counts() vc.Copies {
	n := vc.Copies{TxSDUs: f.sums.sdus.Load(), TxOctets: f.sums.octets.Load(), TxDropped: f.sums.dropped.Load()}
	n.Offered = f.offered.total.Load()
	return n
}

// post has a command done by the replicator's worker.
func (f *feed) post(command func(t *transmitter)) { f.from.source.post(command) }

// tell has a command done by the worker of the branch, which t may be. When the workers are gone, each box is a lock,
// so one that is inside of one does not wait for another.
func (f *feed) tell(t *transmitter, command func(t *transmitter)) {
	switch to := f.to.out.worker; {
	case to == t:
		command(t)
	case to.stopped.Load():
		go f.to.post(command)
	default:
		f.to.post(command)
	}
}

// attach has a branch get what comes from now on.
func (t *transmitter) attach(f *feed) {
	r := f.from
	switch {
	case f.gone || slices.Contains(r.feeds, f):
		return
	case r.source.ebbing(): // What the last branch has left behind is not for this one.
		r.source.ebbed = append(r.source.ebbed, func(uint64) { t.attach(f) })
		return
	}
	r.feeds = append(r.feeds, f)
	t.open(r.source)
}

// detach ends a feed and has then called. What is in the ring when the last feed ends is dropped before, and then is
// told of the number of SDUs.
func (t *transmitter) detach(f *feed, then func(dropped uint64)) {
	r := f.from
	s := r.source
	f.gone = true
	r.feeds = slices.DeleteFunc(r.feeds, func(o *feed) bool { return o == f })
	switch {
	case s.ebbing():
		s.ebbed = append(s.ebbed, func(uint64) { then(0) })
	case len(r.feeds) > 0:
		if r.waits && !s.Queued() { // Perhaps for this one.
			r.waits = false
			t.admit(s)
		}
		then(0)
	default:
		r.waits = false
		s.count = f.to.count
		t.cease(s, then)
	}
}

// drain has a branch send what is in the ring, as the last that it does; see [Engine.Drain].
func (f *feed) drain(d *drain, linger time.Duration) {
	if linger > 0 {
		d.limit = after(linger, func() {
			f.post(func(t *transmitter) { t.expireFeed(f, d) })
		})
	}
	f.post(func(t *transmitter) { t.drainFeed(f, d) })
}

// drainFeed begins a drain: the branch gets what is in the ring, and then its queue is drained.
func (t *transmitter) drainFeed(f *feed, d *drain) {
	if f.gone {
		d.since = f.sums.sdus.Load()
		f.tell(t, func(t *transmitter) { t.drain(f.to, d) })
		return
	}
	d.since = f.sums.sdus.Load()
	f.drains = append(f.drains, d)
	if len(f.drains) == 1 {
		s := f.from.source
		f.left = s.rx.Pending()
		if s.has {
			f.left += recordOctets(len(s.held.Payload))
		}
	}
	if d.limit == nil || d.expired || f.left <= 0 || !slices.Contains(f.from.feeds, f) {
		t.endFeed(f)
	}
}

// expireFeed ends a drain whose linger is over.
func (t *transmitter) expireFeed(f *feed, d *drain) {
	if !slices.Contains(f.drains, d) {
		f.tell(t, func(t *transmitter) { t.expire(f.to, d) })
		return
	}
	d.expired = true
	t.endFeed(f)
}

// endFeed detaches a feed that drains, and has its sender go on with that.
func (t *transmitter) endFeed(f *feed) {
	t.detach(f, t.handDrains(f))
}

// handDrains takes the drains off a feed and returns what hands them to its sender. The first of them reports what was
// dropped.
func (t *transmitter) handDrains(f *feed) func(dropped uint64) {
	drains := f.drains
	f.drains = nil
	return func(dropped uint64) {
		for _, d := range drains {
			d.report.Dropped += dropped
			dropped = 0
			f.tell(t, func(t *transmitter) { t.drain(f.to, d) })
		}
	}
}

// endFeeds ends the drains of feeds that have got all they were to get; when the ring has been empty, of all that
// drain.
func (t *transmitter) endFeeds(r *replicator, empty bool) {
	for i := 0; i < len(r.feeds); {
		if f := r.feeds[i]; f.drains != nil && (empty || f.left <= 0) {
			t.endFeed(f)
			continue
		}
		i++
	}
}

// cut ends a branch at once and for good; see [transmitter.cut].
func (f *feed) cut(done func(dropped uint64)) {
	f.post(func(t *transmitter) {
		drains := len(f.drains) > 0
		hand := t.handDrains(f)
		t.detach(f, func(dropped uint64) {
			hand(dropped)
			if drains {
				dropped = 0 // A drain reports it.
			}
			f.tell(t, func(t *transmitter) {
				t.cut(f.to, func(n uint64) { done(n + dropped) })
			})
		})
	})
}
