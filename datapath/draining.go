package datapath

import (
	"fmt"
	"time"

	"callmanager/datapath/drop"
	"callmanager/vc"
)

// The commands of the plane to the transmit worker. They run on it, or after its end for it.

// open lets a sender send.
func (t *transmitter) open(s *sender) {
	if s.opened || s.over || s.ebbing() {
		return
	}
	if err := t.watch(s); err != nil {
		t.e.poison(s.c, fmt.Errorf("datapath: watch the doorbell of VC %s: %w", s.c.handle, err))
		return
	}
	s.opened = true
	t.census.Count(s.home, 1)
	t.admit(s)
}

// setFlow changes what a sender may send. One that waits for its turn or its time is looked at anew.
func (t *transmitter) setFlow(s *sender, spec vc.BranchSpec) {
	waits := s.Timed() || t.round.Has(s.rank, &s.Member)
	was := s.home
	s.setFlow(spec.Category, spec.Send)
	if s.opened {
		t.census.Count(was, -1)
		t.census.Count(s.home, 1)
	}
	if s.Timed() {
		t.timed.Remove(&s.Member)
	}
	if waits {
		t.admit(s)
	}
}

// watch puts a sender's doorbell into the poll set.
func (t *transmitter) watch(s *sender) error {
	if s.feed != nil {
		return nil // Its queue wakes it.
	}
	var tag uint64
	if n := len(t.free); n > 0 {
		tag, t.free = t.free[n-1], t.free[:n-1]
	} else {
		tag = uint64(len(t.polled))
		t.polled = append(t.polled, nil)
	}
	if err := t.poll.Add(s.c.end.Doorbell().Fd(), tag); err != nil {
		t.free = append(t.free, tag)
		return err
	}
	t.polled[tag] = s
	s.tag, s.polled = tag, true
	return nil
}

// unpoll takes a sender's doorbell out of the poll set. Sent or not, what it rang is in the past.
func (t *transmitter) unpoll(s *sender) {
	if !s.polled {
		return
	}
	s.polled = false
	t.polled[s.tag] = nil
	t.free = append(t.free, s.tag)
	_ = t.poll.Remove(s.c.end.Doorbell().Fd()) // It was added, so this fails only once the poller is closed.
}

// drain begins to send what is in the ring, as the last that the sender does.
func (t *transmitter) drain(s *sender, d *drain) {
	switch {
	case s.over:
		t.report(d)
		return
	case s.drain != nil:
		d.joined = s.drain
		s.drain.done = append(s.drain.done, d.done...)
		if d.limit == nil || d.expired {
			t.finish(s)
		}
		return
	}
	s.drain = d
	if s.feed != nil { // It has been getting what it is to send meanwhile.
		d.report.Sent = s.sums.sdus.Load() - d.since
	}
	if !s.opened || d.limit == nil || d.expired {
		t.finish(s)
		return
	}
	d.left = s.rx.Pending()
	if s.has {
		d.left += recordOctets(len(s.held.Payload))
	}
	switch {
	case d.left == 0 && s.flying == 0:
		t.conclude(s)
	case !s.Queued() && !s.Timed(), t.warm.Has(&s.Member):
		t.admit(s)
	}
}

const (
	// departLimit bounds how long a drain waits for frames that the port has taken. It is that of a
	// receive queue, and more than a socket's worth of frames takes at 10 Mbit/s.
	departLimit = int64(200 * time.Millisecond)
	// departPause lies between two looks.
	departPause = int64(250 * time.Microsecond)
)

// conclude finishes a drain when the port has taken its last frame and the frame has left this
// host. Signalling goes before data in the queues of a NIC, so the RELEASE that follows would
// overtake frames that wait there, and they would find no VC.
func (t *transmitter) conclude(s *sender) {
	d, now := s.drain, t.e.now()
	switch {
	case s.out.left(s.taken):
		t.finish(s)
		return
	case d.landed == 0:
		d.landed = now
	case now-d.landed >= departLimit:
		t.finish(s)
		return
	}
	if !s.Queued() && !s.Timed() {
		t.timed.Push(&s.Member, now+departPause)
	}
}

// expire ends a drain whose linger is over.
func (t *transmitter) expire(s *sender, d *drain) {
	d.expired = true
	if s.drain != nil && (s.drain == d || s.drain == d.joined) {
		t.finish(s)
	}
}

// finish ends a sender whose drain is over, drops what is left in its ring, and reports.
func (t *transmitter) finish(s *sender) {
	d := s.drain
	if d == nil || s.ebbing() {
		return
	}
	t.cease(s, func(dropped uint64) {
		d.report.Dropped += dropped
		s.drain = nil
		t.report(d)
	})
}

// report tells those who wait for a drain how it ended.
func (t *transmitter) report(d *drain) {
	if d.limit != nil {
		d.limit.Stop()
	}
	for _, done := range d.done {
		t.e.notice.Post(func() { done(d.report) })
	}
}

// cut ends a sender at once and for good, and has done called with the number of SDUs that it left
// unsent. Those that a drain reports are not among them. One that was cut before, because its VC has
// left the branch, is not touched again: its ring may be gone.
func (t *transmitter) cut(s *sender, done func(dropped uint64)) {
	if s.over && !s.ebbing() {
		done(0)
		return
	}
	s.over = true
	t.finish(s)
	if s.ebbing() {
		s.ebbed = append(s.ebbed, func(uint64) { done(0) })
		return
	}
	t.cease(s, done)
}

// cease takes a sender out of everything, drops what is in its ring, and then calls done with the
// number of SDUs. A client may have put any number of records there, so a large ring is emptied a
// part a turn.
func (t *transmitter) cease(s *sender, done func(dropped uint64)) {
	if s.Queued() {
		s.Leave()
	}
	if s.Timed() {
		t.timed.Remove(&s.Member)
	}
	t.unpoll(s)
	s.out.remove(s)
	if s.opened {
		t.census.Count(s.home, -1)
	}
	s.opened, s.has, s.at = false, false, 0
	s.unsent, s.ebbed = 0, append(s.ebbed, done)
	for t.ebb(s) {
		if !t.stopped.Load() { // Else nobody takes turns any more.
			t.ebbing.Push(&s.Member)
			return
		}
	}
}

// ebbPart is how many octets of a ring are gone through in one turn of dropping it.
const ebbPart = 64 << 10

// ebb drops a part of the ring of a sender that has ceased, and reports whether there is more.
func (t *transmitter) ebb(s *sender) (more bool) {
	rx := s.rx
	n, octets, more := rx.DiscardSome(ebbPart)
	counted := skips{records: min(n, s.skips.records), octets: min(octets, s.skips.octets)}
	s.skips.records -= counted.records
	s.skips.octets -= counted.octets
	n -= counted.records
	rx.CountDrops(n, octets-counted.octets)
	s.unsent += n
	s.sums.dropped.Add(n)
	s.count.Drops[drop.TxUnsent].Add(n)
	if more {
		return true
	}
	s.skips = skips{}
	ebbed := s.ebbed
	s.ebbed = nil
	for _, done := range ebbed {
		done(s.unsent)
	}
	return false
}

// ebbNext has the next of those that have ceased lose a part of its ring.
func (t *transmitter) ebbNext() {
	if s := t.ebbing.Pop(); s != nil && t.ebb(s) {
		t.ebbing.Push(&s.Member)
	}
}

// ebbAll does the rest at once, when the worker is gone.
func (t *transmitter) ebbAll() {
	for t.ebbing.Len() > 0 {
		t.ebbNext()
	}
}
