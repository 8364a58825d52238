package rounds

// A Member is the part of a T by which it is kept here. Make it with [MemberOf].
type Member[T any] struct {
	of         *T
	queue      *Queue[T] // The one that it is in, and its neighbours there.
	prev, next *Member[T]
	due        int64 // When it goes on; valid while it is in a heap.
	place      int   // In the heap; -1: it is in none.
}

// MemberOf returns the member of what is given, in no queue and in no heap. It is to be stored there before its use, and
// not to be moved any more then.
func MemberOf[T any](of *T) Member[T] { return Member[T]{of: of, place: -1} }

// Queued reports whether the member is in a queue, of a round or alone.
func (m *Member[T]) Queued() bool { return m.queue != nil }

// Timed reports whether the member is in a heap.
func (m *Member[T]) Timed() bool { return m.place >= 0 }

// Behind returns who comes behind the member in its queue, or nil.
func (m *Member[T]) Behind() *T {
	if m.next == nil {
		return nil
	}
	return m.next.of
}

// Leave takes the member out of the queue that it is in.
func (m *Member[T]) Leave() {
	q := m.queue
	if m.prev != nil {
		m.prev.next = m.next
	} else {
		q.head = m.next
	}
	if m.next != nil {
		m.next.prev = m.prev
	} else {
		q.tail = m.prev
	}
	m.queue, m.prev, m.next = nil, nil, nil
	q.n--
}

// A Queue is a list of members in order. The zero value is empty. It is not to be copied.
type Queue[T any] struct {
	head, tail *Member[T]
	n          int
}

// Len returns how many members there are.
func (q *Queue[T]) Len() int { return q.n }

// First returns the first one, or nil.
func (q *Queue[T]) First() *T {
	if q.head == nil {
		return nil
	}
	return q.head.of
}

// Has reports whether a member is in the queue.
func (q *Queue[T]) Has(m *Member[T]) bool { return m.queue == q }

// Push appends a member that is in no queue.
func (q *Queue[T]) Push(m *Member[T]) {
	m.queue, m.prev, m.next = q, q.tail, nil
	if q.tail != nil {
		q.tail.next = m
	} else {
		q.head = m
	}
	q.tail = m
	q.n++
}

// PushFront puts a member that is in no queue in front of all.
func (q *Queue[T]) PushFront(m *Member[T]) {
	m.queue, m.prev, m.next = q, nil, q.head
	if q.head != nil {
		q.head.prev = m
	} else {
		q.tail = m
	}
	q.head = m
	q.n++
}

// Pop takes the first one off, or returns nil.
func (q *Queue[T]) Pop() *T {
	m := q.head
	if m == nil {
		return nil
	}
	m.Leave()
	return m.of
}
