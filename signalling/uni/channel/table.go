package channel

import (
	"slices"

	"callmanager/signalling/q2931/ie"
	"callmanager/vc"
)

// Table is the channels of one link. It belongs to one goroutine.
type Table struct {
	link    vc.LinkID
	alloc   *vc.Allocator
	resting map[vc.ID]struct{}
	blocked *Range // nil for none
	out     []Range
}

// New returns the table of a link, with all channels free.
func New(link vc.LinkID) *Table {
	return &Table{link: link, alloc: vc.NewAllocator(link), resting: make(map[vc.ID]struct{})}
}

// Named returns the channel that a connection identifier names; ok is false for a
// path that the link does not have.
func (t *Table) Named(id *ie.ConnID) (ch vc.ID, ok bool) {
	vpi := pathOf(id)
	return vc.ID{Link: t.link, VPI: vc.VPI(vpi), VCI: vc.VCI(id.VCI)}, vpi <= uint16(vc.MaxVPI)
}

// Offered takes the channel of an offered call: the one that the SETUP names, one of
// its path, or any (Q.2931 5.1.2.2 and 5.2.3). It fails with a *[vc.RefusedError].
func (t *Table) Offered(id *ie.ConnID) (vc.ID, error) {
	if id == nil {
		return t.Allocate()
	}
	ch, ok := t.Named(id)
	switch {
	case !ok:
		return vc.ID{}, &vc.RefusedError{Cause: vc.CauseVCINotAvailable, Reason: "no such path"}
	case id.Exclusive == ie.AnyVCI:
		return t.allocateOn(ch.VPI)
	case id.Exclusive == ie.NoVCI:
		return vc.ID{}, &vc.RefusedError{Cause: uint8(ie.CauseChannelTypeNotImplemented), Reason: "a path without a channel"}
	}
	return ch, t.Take(ch)
}

// Allocate takes a channel that may be used. It fails with a *[vc.RefusedError].
func (t *Table) Allocate() (vc.ID, error) {
	if t.blocked == nil && len(t.out) == 0 {
		return t.alloc.Allocate()
	}
	var err error
	for vpi := range vc.MaxVPI + 1 {
		var ch vc.ID
		if ch, err = t.allocateOn(vpi); err == nil {
			return ch, nil
		}
	}
	return vc.ID{}, err
}

// allocateOn takes a channel of one path that may be used.
func (t *Table) allocateOn(vpi vc.VPI) (vc.ID, error) {
	for _, r := range t.out {
		if r.coversPath(vpi) {
			return vc.ID{}, errBlocked(r)
		}
	}
	if t.blocked != nil && t.blocked.coversPath(vpi) {
		return vc.ID{}, errBlocked(*t.blocked)
	}
	var blocked []vc.ID
	ch, err := t.alloc.AllocateOn(vpi)
	for err == nil && t.blocks(ch) {
		blocked = append(blocked, ch)
		ch, err = t.alloc.AllocateOn(vpi)
	}
	for _, b := range blocked {
		t.alloc.Release(b)
	}
	return ch, err
}

// Take takes one certain channel, which the peer names. It fails with a
// *[vc.RefusedError] when the channel may not be used or is in use.
func (t *Table) Take(ch vc.ID) error {
	if t.blocks(ch) {
		return errBlocked(Range{Class: ie.RestartVC, VPI: ch.VPI, VCI: ch.VCI})
	}
	return t.alloc.Reserve(ch)
}

// blocks reports whether no call may have a channel.
func (t *Table) blocks(ch vc.ID) bool {
	return t.blocked != nil && t.blocked.Covers(ch) ||
		slices.ContainsFunc(t.out, func(r Range) bool { return r.Covers(ch) })
}

// errBlocked is the refusal of a channel that is being restarted.
func errBlocked(r Range) error {
	return &vc.RefusedError{Cause: vc.CauseVCINotAvailable, Reason: r.String() + " is being restarted or out of service"}
}

// Rest notes that the call of a channel is over and that its branch is not gone yet.
func (t *Table) Rest(ch vc.ID) { t.resting[ch] = struct{}{} }

// Rests reports whether a message names a channel that rests.
func (t *Table) Rests(id *ie.ConnID) bool {
	if id == nil || id.Exclusive != ie.ExclusiveVCI {
		return false
	}
	ch, ok := t.Named(id)
	_, rests := t.resting[ch]
	return ok && rests
}

// Release gives a channel back.
func (t *Table) Release(ch vc.ID) {
	t.alloc.Release(ch)
	delete(t.resting, ch)
}

// InUse returns how many channels are taken, those that rest included.
func (t *Table) InUse() int { return t.alloc.InUse() }

// Resting returns how many channels rest.
func (t *Table) Resting() int { return len(t.resting) }

// Block keeps calls off a range until Unblock: a RESTART of it is on its way. There is
// one at a time.
func (t *Table) Block(r Range) { t.blocked = &r }

// Unblock ends what Block began.
func (t *Table) Unblock() { t.blocked = nil }

// TakeOut takes a range out of service: nobody has acknowledged its RESTART.
func (t *Table) TakeOut(r Range) { t.out = append(t.out, r) }

// Return brings back into service all that lies within a range: both ends agree that
// nothing is left there.
func (t *Table) Return(within Range) {
	t.out = slices.DeleteFunc(t.out, within.includes)
}

// Out returns what has been out of service longest; ok is false if nothing is.
func (t *Table) Out() (r Range, ok bool) {
	if len(t.out) == 0 {
		return Range{}, false
	}
	return t.out[0], true
}
