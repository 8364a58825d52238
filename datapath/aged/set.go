package aged

import "iter"

// A Set holds items in the order in which they were added. The zero value takes none: make it with [New].
type Set[T any] struct {
	oldest, youngest *Item[T]
	n, most          int
	free             *Item[T] // By next.
}

// An Item is one of a set.
type Item[T any] struct {
	// Value is the caller's. It keeps what it was when it was removed until Add gives the item out again, and
	// then too: the caller makes it anew but for the memory that it wants to use again.
	Value T

	since      int64
	prev, next *Item[T]
}

// New returns a set of so many items at most. It takes their memory when they are added first.
func New[T any](most int) Set[T] { return Set[T]{most: most} }

// Len returns how many items there are.
func (s *Set[T]) Len() int { return s.n }

// Full reports whether there are as many items as there may be.
func (s *Set[T]) Full() bool { return s.n >= s.most }

// Oldest returns the item that was added first, or nil.
func (s *Set[T]) Oldest() *Item[T] { return s.oldest }

// All returns the items, the oldest first. None may be added or removed meanwhile.
func (s *Set[T]) All() iter.Seq[*Item[T]] {
	return func(yield func(*Item[T]) bool) {
		for x := s.oldest; x != nil && yield(x); x = x.next {
		}
	}
}

// Since returns when the item was added.
func (x *Item[T]) Since() int64 { return x.since }

// Add adds an item at a time no earlier than those before. It panics if the set is full.
func (s *Set[T]) Add(now int64) *Item[T] {
	if s.Full() {
		panic("aged: the set is full")
	}
	x := s.free
	if x != nil {
		s.free = x.next
	} else {
		x = new(Item[T])
	}
	x.since, x.prev, x.next = now, s.youngest, nil
	if s.youngest != nil {
		s.youngest.next = x
	} else {
		s.oldest = x
	}
	s.youngest = x
	s.n++
	return x
}

// Remove takes an item of the set out. What it holds stays as it is until the next Add.
func (s *Set[T]) Remove(x *Item[T]) {
	if x.prev != nil {
		x.prev.next = x.next
	} else {
		s.oldest = x.next
	}
	if x.next != nil {
		x.next.prev = x.prev
	} else {
		s.youngest = x.prev
	}
	x.prev, x.next = nil, s.free
	s.free = x
	s.n--
}

// Expired returns the oldest item if it was added at a time or before, or nil.
func (s *Set[T]) Expired(by int64) *Item[T] {
	if x := s.oldest; x != nil && x.since <= by {
		return x
	}
	return nil
}
