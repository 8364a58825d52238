package datapath

import (
	"time"

	"callmanager/datapath/frame"
	"callmanager/vc"
)

const (
	// joinTime is how long an SDU may wait for its next part. A sender puts the parts into the wire one
	// after the other, held back by its contract alone, so one that has come to nothing by then has lost a
	// part at its end.
	joinTime = time.Second
	// maxJoins is how many SDUs of a NIC may be under way in parts: 4 MiB. Beyond, the one that has waited
	// longest is given up.
	maxJoins = 64
)

// A joiner puts SDUs together that come in parts (RFC 4623). It belongs to the receive worker of a NIC.
//
// Parts are copied into memory of the worker's own, not into the VC's ring: how long an SDU is to be is
// known when its last part has come, and whole SDUs of the same VC or another leaf may not wait for it.
// The memory is taken when it is needed first and used again.
type joiner struct {
	oldest, youngest *joining
	n                int
	free             []*joining
}

// A joining is an SDU under way. Its branch names it.
type joining struct {
	b          *branch
	prev, next *joining // By age.
	due        int64    // When it is given up.
	number     uint16   // The number that the next part must have.
	frames     uint64   // Parts that have come.
	flags      frame.Flags
	octets     int
	buf        [vc.MaxSDULen]byte
}

// begin starts an SDU on a branch that has none under way. There are fewer than maxJoins.
func (j *joiner) begin(b *branch, now int64) *joining {
	var x *joining
	if n := len(j.free); n > 0 {
		x, j.free = j.free[n-1], j.free[:n-1]
	} else {
		x = new(joining)
	}
	x.b, x.due, x.frames, x.flags, x.octets = b, now+int64(joinTime), 0, 0, 0
	x.prev, x.next = j.youngest, nil
	if j.youngest != nil {
		j.youngest.next = x
	} else {
		j.oldest = x
	}
	j.youngest = x
	j.n++
	b.joining = x
	return x
}

// remove ends an SDU. What it holds stays valid until the next begin.
func (j *joiner) remove(x *joining) {
	if x.prev != nil {
		x.prev.next = x.next
	} else {
		j.oldest = x.next
	}
	if x.next != nil {
		x.next.prev = x.prev
	} else {
		j.youngest = x.prev
	}
	x.prev, x.next = nil, nil
	x.b.joining = nil
	j.n--
	j.free = append(j.free, x)
}

// part takes in a part of an SDU: the last one makes it whole, and delivers it. A part that has no place
// anywhere is dropped alone; one that breaks the row takes the earlier ones along.
func (r *receiver) part(b *branch, w frame.Word, octets []byte) Drop {
	x := b.joining
	if w.Part() == frame.First {
		if x != nil {
			r.giveUp(x, DropFragment)
		}
		if r.joins.n == maxJoins {
			r.giveUp(r.joins.oldest, DropFragment)
		}
		x = r.joins.begin(b, r.e.now())
		x.number = w.Sequence()
	}
	switch {
	case x == nil:
		return DropFragment // Its first part is lost, or was dropped.
	case x.number != w.Sequence():
		r.giveUp(x, DropFragment)
		return DropFragment
	case int64(x.octets+len(octets)) > min(b.maxSDU.Load(), vc.MaxSDULen):
		r.giveUp(x, DropOversize)
		return DropOversize
	}
	x.octets += copy(x.buf[x.octets:], octets)
	x.number = frame.Following(w.Sequence())
	x.frames++
	// The SDU is of low priority if a part is; the rest is that of the last part (RFC 4717 clause 12.1).
	x.flags = x.flags&frame.C | w.Flags()
	if w.Part() != frame.Last {
		return Delivered
	}
	r.joins.remove(x)
	d := r.deliver(b, metaOf(x.flags), x.buf[:x.octets])
	if d == Delivered {
		b.link.rx.joined.Add(x.frames - 1)
		return d
	}
	x.frames-- // The last one is counted where it came from.
	r.uncount(x, d)
	return d
}

// giveUp drops the parts of an SDU that have come, and counts them.
func (r *receiver) giveUp(x *joining, why Drop) {
	r.joins.remove(x)
	r.uncount(x, why)
}

// uncount counts the parts of an SDU that has been removed as dropped.
func (r *receiver) uncount(x *joining, why Drop) {
	x.b.link.rx.drops[why].Add(x.frames)
	for range x.frames {
		x.b.drop(why)
	}
}

// expire gives up what has waited for too long, and returns how long the next one may: never ends, if
// there is none.
func (r *receiver) expire() time.Duration {
	now := r.e.now()
	for x := r.joins.oldest; x != nil && x.due <= now; x = r.joins.oldest {
		r.giveUp(x, DropFragment)
	}
	if r.joins.oldest == nil {
		return -1
	}
	return time.Duration(r.joins.oldest.due - now)
}
