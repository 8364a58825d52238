package cm

import "callmanager/vc"

// object is what a handle names: a VC, a SAP or a party.
type object struct {
	vc    *conn
	sap   *sap
	party *party
}

func (o object) live() bool { return o != (object{}) }

// owner returns whose the object is.
func (o object) owner() *client {
	switch {
	case o.vc != nil:
		return o.vc.owner
	case o.sap != nil:
		return o.sap.owner
	}
	return o.party.v.owner
}

// slot is a place for an object. Its generation rises when the object goes, so
// an old handle never names a new object.
type slot struct {
	generation uint32
	object
}

// handles gives out handles: the slot's number in the lower half, from 1, and
// its generation in the upper. Freed slots are taken again oldest first, and
// retired when their generations are used up.
type handles struct {
	slots []slot
	free  []uint32
}

// add takes a slot for o and returns its handle.
func (t *handles) add(o object) vc.Handle {
	var i uint32
	if len(t.free) > 0 {
		i, t.free = t.free[0], t.free[1:]
	} else {
		i = uint32(len(t.slots))
		t.slots = append(t.slots, slot{generation: 1})
	}
	t.slots[i].object = o
	return vc.Handle(uint64(t.slots[i].generation)<<32 | uint64(i+1))
}

// find returns the slot that h names, or nil for a handle that is dead or was
// never given out.
func (t *handles) find(h vc.Handle) *slot {
	i := uint64(uint32(h))
	if i == 0 || i > uint64(len(t.slots)) {
		return nil
	}
	s := &t.slots[i-1]
	if s.generation != uint32(h>>32) || !s.live() {
		return nil
	}
	return s
}

// given reports whether h was given out once and is dead now.
func (t *handles) given(h vc.Handle) bool {
	i := uint64(uint32(h))
	if i == 0 || i > uint64(len(t.slots)) {
		return false
	}
	s := &t.slots[i-1]
	g := uint32(h >> 32)
	return g != 0 && (g < s.generation || s.generation == 0)
}

// remove frees the slot that h names.
func (t *handles) remove(h vc.Handle) {
	s := t.find(h)
	if s == nil {
		return
	}
	s.object = object{}
	s.generation++
	if s.generation != 0 {
		t.free = append(t.free, uint32(h)-1)
	}
}
