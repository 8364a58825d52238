package datapath

import (
	"time"

	"callmanager/vc"
)

// lineTolerance is how far the VCs of a link together may run ahead of its capacity. With it the
// link is kept busy though the worker is called late.
const lineTolerance = 2 * time.Millisecond

// A line holds what is sent on a link to its capacity, so that what floods waits here, behind those
// of better categories, and not in the queues of a NIC, of a switch or of the peer, where it would
// take the room of all. CBR is counted and not held back: admission has seen to it that it fits. The
// line belongs to the transmit worker. The zero value has no limit.
type line struct {
	bucket  bucket // In bits of wire; without a rate until the capacity is known.
	waiting senderQueue
	retry   int64 // When those that wait go on; 0: none do.
}

// setRate sets the capacity; zero is none. What is above all bounds of a configuration is none either.
func (l *line) setRate(r vc.BitRate) {
	if r == 0 || r > maxLine {
		l.bucket = bucket{}
		return
	}
	l.bucket.set(int64(r), 0, lineTolerance, 0)
}

// maxLine is the largest capacity that a line is held to: with it levels are below 2^62.
const maxLine vc.BitRate = 1e12

// conforms reports whether those that are held back may send now.
func (l *line) conforms(now int64) bool {
	return l.bucket.rate == 0 || l.bucket.conforms(now, 0)
}

// fill counts the octets of a frame. CBR beyond a capacity that has become smaller than what is
// reserved does not pile up.
func (l *line) fill(now int64, octets int) {
	if b := &l.bucket; b.rate != 0 {
		b.fill(now, 8*octets)
		b.level = min(b.level, 2*b.limit+lineSlack)
	}
}

// lineSlack is two largest frames, as a level.
const lineSlack = 2 * 8 * int64(vc.MaxSDULen+headLen+wireOverhead) * second

// hold sets a sender aside until its link has room.
func (t *transmitter) hold(s *sender) {
	l := s.line
	l.waiting.push(s)
	if l.retry == 0 {
		l.retry = l.bucket.ready(0)
		t.held = append(t.held, l)
	}
}

// unhold admits those whose links have room.
func (t *transmitter) unhold(now int64) {
	for i := 0; i < len(t.held); {
		l := t.held[i]
		if now < l.retry {
			i++
			continue
		}
		for l.waiting.n > 0 {
			t.admit(l.waiting.pop())
		}
		l.retry = 0
		last := len(t.held) - 1
		t.held[i], t.held[last] = t.held[last], nil
		t.held = t.held[:last]
	}
}

// setLine sets the capacity of a link. Those that wait for it are looked at anew.
func (t *transmitter) setLine(l *link, r vc.BitRate) {
	l.line.setRate(r)
	if l.line.retry != 0 {
		l.line.retry = 1 // Not 0, and in the past.
	}
}

// capacityAt returns what a link carries on a NIC of a speed: what is configured, else that.
func (l *link) capacityAt(speed vc.BitRate) vc.BitRate {
	if l.capacity != 0 {
		return l.capacity
	}
	return speed
}
