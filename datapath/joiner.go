package datapath

import (
	"time"

	"callmanager/datapath/aged"
	"callmanager/datapath/drop"
	"callmanager/datapath/frame"
	"callmanager/vc"
)

const (
	// joinTime is how long an SDU may wait for its next part. A sender puts the parts into the wire one
	// after the other, held back by its contract alone, so one that has come to nothing by then has lost a
	// part at its end.
	joinTime = time.Second
	// maxJoins is how many SDUs of a receive worker may be under way in parts: 4 MiB. Beyond, the one that has waited
	// longest is given up.
	maxJoins = 64
)

// A joining is an SDU that comes in parts (RFC 4623). Its branch names it. A receive worker has those of its VCs by
// age.
//
// Parts are copied into memory of the worker's own, not into the VC's ring: how long an SDU is to be is
// known when its last part has come, and whole SDUs of the same VC or another leaf may not wait for it.
// The memory is taken when it is needed first and used again.
type joining struct {
	b      *branch
	number uint16 // The number that the next part must have.
	frames uint64 // Parts that have come.
	flags  frame.Flags
	octets int
	buf    [vc.MaxSDULen]byte
}

// beginJoin starts an SDU on a branch that has none under way. The one that has waited longest makes room for it
// if it must.
func (r *receiver) beginJoin(b *branch, number uint16) {
	if r.joins.Full() {
		r.giveUp(r.joins.Oldest(), drop.Fragment)
	}
	b.joining = r.joins.Add(r.e.now())
	x := &b.joining.Value
	x.b, x.number, x.frames, x.flags, x.octets = b, number, 0, 0, 0
}

// endJoin ends an SDU. What it holds stays valid until the next begins.
func (r *receiver) endJoin(x *aged.Item[joining]) {
	r.joins.Remove(x)
	x.Value.b.joining = nil
}

// part takes in a part of an SDU: the last one makes it whole, and delivers it. A part that has no place
// anywhere is dropped alone; one that breaks the row takes the earlier ones along.
func (r *receiver) part(b *branch, w frame.Word, octets []byte) drop.Rx {
	if w.Part() == frame.First {
		if b.joining != nil {
			r.giveUp(b.joining, drop.Fragment)
		}
		r.beginJoin(b, w.Sequence())
	}
	if b.joining == nil {
		return drop.Fragment // Its first part is lost, or was dropped.
	}
	x := &b.joining.Value
	switch {
	case x.number != w.Sequence():
		r.giveUp(b.joining, drop.Fragment)
		return drop.Fragment
	case int64(x.octets+len(octets)) > min(b.maxSDU.Load(), vc.MaxSDULen):
		r.giveUp(b.joining, drop.Oversize)
		return drop.Oversize
	}
	x.octets += copy(x.buf[x.octets:], octets)
	x.number = frame.Following(w.Sequence())
	x.frames++
	// The SDU is of low priority if a part is; the rest is that of the last part (RFC 4717 clause 12.1).
	x.flags = x.flags&frame.C | w.Flags()
	if w.Part() != frame.Last {
		return drop.Delivered
	}
	r.endJoin(b.joining)
	d := r.deliver(b, metaOf(x.flags), x.buf[:x.octets])
	if d == drop.Delivered {
		b.count.Joined.Add(x.frames - 1)
		return d
	}
	x.frames-- // The last one is counted where it came from.
	r.uncount(x, d)
	return d
}

// giveUp drops the parts of an SDU that have come, and counts them.
func (r *receiver) giveUp(x *aged.Item[joining], why drop.Rx) {
	r.endJoin(x)
	r.uncount(&x.Value, why)
}

// uncount counts the parts of an SDU that has been removed as dropped.
func (r *receiver) uncount(x *joining, why drop.Rx) {
	x.b.count.Drops[why].Add(x.frames)
	for range x.frames {
		x.b.drop(why)
	}
}

// expire gives up what has waited for too long, and returns how long the next one may: never ends, if
// there is none.
func (r *receiver) expire() time.Duration {
	now := r.e.now()
	for x := r.joins.Expired(now - int64(joinTime)); x != nil; x = r.joins.Expired(now - int64(joinTime)) {
		r.giveUp(x, drop.Fragment)
	}
	if x := r.joins.Oldest(); x != nil {
		return time.Duration(x.Since()-now) + joinTime
	}
	return -1
}
