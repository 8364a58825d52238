package handle

import "callmanager/vc"

// Table gives out handles for values of one type. Freed slots are taken again oldest first, and retired when their
// generations are used up. The zero value is empty.
type Table[T any] struct {
	slots []slot[T]
	free  []uint32
}

// A slot is a place for a value.
type slot[T any] struct {
	generation uint32
	live       bool
	value      T
}

// Add takes a slot for a value and returns its handle.
func (t *Table[T]) Add(value T) vc.Handle {
	var i uint32
	if len(t.free) > 0 {
		i, t.free = t.free[0], t.free[1:]
	} else {
		i = uint32(len(t.slots))
		t.slots = append(t.slots, slot[T]{generation: 1})
	}
	s := &t.slots[i]
	s.live, s.value = true, value
	return vc.Handle(uint64(s.generation)<<32 | uint64(i+1))
}

// Find returns what h names; ok is false for a handle that is dead or was never given out.
func (t *Table[T]) Find(h vc.Handle) (value T, ok bool) {
	if s := t.slot(h); s != nil && s.live && s.generation == uint32(h>>32) {
		return s.value, true
	}
	return value, false
}

// Given reports whether h was given out once and is dead now.
func (t *Table[T]) Given(h vc.Handle) bool {
	s, g := t.slot(h), uint32(h>>32)
	return s != nil && g != 0 && (g < s.generation || s.generation == 0)
}

// Remove ends a handle. It does nothing for one that names nothing.
func (t *Table[T]) Remove(h vc.Handle) {
	if _, ok := t.Find(h); !ok {
		return
	}
	s := t.slot(h)
	*s = slot[T]{generation: s.generation + 1}
	if s.generation != 0 {
		t.free = append(t.free, uint32(h)-1)
	}
}

// Len returns how many handles name something, and retired ones.
func (t *Table[T]) Len() int { return len(t.slots) - len(t.free) }

// slot returns the slot that the lower half of h names, or nil.
func (t *Table[T]) slot(h vc.Handle) *slot[T] {
	i := uint64(uint32(h))
	if i == 0 || i > uint64(len(t.slots)) {
		return nil
	}
	return &t.slots[i-1]
}
