package handle

import "callmanager/vc"

// Table holds objects by their handles. The zero value is empty.
type Table[T any] struct {
	slots []slot[T]
	free  []uint32
}

// slot is a place for an object. Its generation rises when the object goes, so an old handle never
// names a new object.
type slot[T any] struct {
	generation uint32
	used       bool
	object     T
}

// Add takes a slot for an object and returns its handle.
func (t *Table[T]) Add(o T) vc.Handle {
	var i uint32
	if len(t.free) > 0 {
		i, t.free = t.free[0], t.free[1:]
	} else {
		i = uint32(len(t.slots))
		t.slots = append(t.slots, slot[T]{generation: 1})
	}
	s := &t.slots[i]
	s.object, s.used = o, true
	return vc.Handle(uint64(s.generation)<<32 | uint64(i+1))
}

// slot returns the slot that a handle names, in whatever generation, or nil.
func (t *Table[T]) slot(h vc.Handle) *slot[T] {
	i := uint64(uint32(h))
	if i == 0 || i > uint64(len(t.slots)) {
		return nil
	}
	return &t.slots[i-1]
}

// Find returns the object that h names, which is the table's until the next Add; nil for a handle
// that is dead or was never given out.
func (t *Table[T]) Find(h vc.Handle) *T {
	if s := t.slot(h); s != nil && s.used && s.generation == uint32(h>>32) {
		return &s.object
	}
	return nil
}

// Given reports whether h was given out once and is dead now.
func (t *Table[T]) Given(h vc.Handle) bool {
	s, g := t.slot(h), uint32(h>>32)
	return s != nil && g != 0 && (g < s.generation || s.generation == 0)
}

// Remove frees the slot that h names. A handle that names nothing frees nothing.
func (t *Table[T]) Remove(h vc.Handle) {
	if t.Find(h) == nil {
		return
	}
	s := t.slot(h)
	*s = slot[T]{generation: s.generation}
	s.generation++
	if s.generation != 0 {
		t.free = append(t.free, uint32(h)-1)
	}
}

// Len returns how many slots are neither free nor unused; a retired one is among them.
func (t *Table[T]) Len() int { return len(t.slots) - len(t.free) }
