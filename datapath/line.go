package datapath

import (
	"time"

	"callmanager/datapath/gcra"
	"callmanager/datapath/rounds"
	"callmanager/vc"
)

// lineTolerance is how far the VCs of a link together may run ahead of its capacity. With it the
// link is kept busy though the worker is called late.
const lineTolerance = 2 * time.Millisecond

// lineStep is how much further than the next worse rank one may run ahead of a capacity that several workers
// share. It is more than [gcra.ResumeTolerance], so as long as one of a better rank has more to send than the link
// carries, it finds room before one of a worse rank does, whosever worker they are with.
const lineStep = 750 * time.Microsecond

// A line is the part of a transmit worker in holding what is sent on a link to its capacity, so that what floods
// waits here, behind those of better categories, and not in the queues of a NIC, of a switch or of the peer,
// where it would take the room of all. CBR is counted and not held back: admission has seen to it that it fits.
type line struct {
	*gcra.Shared      // Of the link, which is that of all its workers.
	alone        bool // There is one.
	waiting      rounds.Queue[sender]
	retry        int64 // When those that wait go on; 0: none do.
}

// leeway returns how far a rank may run ahead of a capacity beyond lineTolerance: nothing unless workers share it.
func leeway(r rounds.Rank, shared bool) time.Duration {
	if !shared {
		return 0
	}
	return time.Duration(rounds.BestEffort-r) * lineStep
}

// tolerance returns how far those of a rank may run ahead, in nanoseconds.
func (l *line) tolerance(r rounds.Rank) int64 { return int64(lineTolerance + leeway(r, !l.alone)) }

// open reports whether one of a rank that is held back may send now.
func (l *line) open(now int64, r rounds.Rank) bool { return l.Conforms(now, l.tolerance(r)) }

// hold sets a sender aside until its link has room for its rank.
func (t *transmitter) hold(s *sender, now int64) {
	l := s.line
	l.waiting.Push(&s.Member)
	ready := l.Ready(now, l.tolerance(s.rank))
	if l.retry == 0 {
		l.retry = ready
		t.held = append(t.held, l)
	}
	l.retry = min(l.retry, ready)
}

// unhold admits those whose links have room.
func (t *transmitter) unhold(now int64) {
	for i := 0; i < len(t.held); {
		l := t.held[i]
		if now < l.retry {
			i++
			continue
		}
		for l.waiting.Len() > 0 {
			t.admit(l.waiting.Pop())
		}
		l.retry = 0
		last := len(t.held) - 1
		t.held[i], t.held[last] = t.held[last], nil
		t.held = t.held[:last]
	}
}

// setBucket has the workers keep to a capacity together.
func (l *link) setBucket(r vc.BitRate) {
	l.bucket.Set(r, lineTolerance+leeway(rounds.CBR, true), l.framing.Load().Octets(vc.MaxSDULen))
}

// setLine sets the capacity of a link. Those that wait for it are looked at anew.
func (l *link) setLine(r vc.BitRate) {
	l.setBucket(r)
	for i, o := range l.nic.outs {
		line := l.lines[i]
		o.worker.box.Post(func() {
			if line.retry != 0 {
				line.retry = 1 // Not 0, and in the past.
			}
		})
	}
}

// capacityAt returns what a link carries on a NIC of a speed: what is configured, else that.
func (l *link) capacityAt(speed vc.BitRate) vc.BitRate {
	if l.capacity != 0 {
		return l.capacity
	}
	return speed
}
