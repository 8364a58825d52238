package rounds

import "math"

// A Heap orders members by the time when they go on. The zero value is empty.
type Heap[T any] []*Member[T]

// Push adds a member that is not in a heap, to go on at a time in nanoseconds.
func (h *Heap[T]) Push(m *Member[T], due int64) {
	m.due = due
	*h = append(*h, m)
	h.up(len(*h)-1, m)
}

// Expire takes out the one that was due first if its time has come, or returns nil.
func (h *Heap[T]) Expire(now int64) *T {
	if len(*h) == 0 || (*h)[0].due > now {
		return nil
	}
	m := (*h)[0]
	h.Remove(m)
	return m.of
}

// Next returns when the first one is due; if there is none, [math.MaxInt64].
func (h *Heap[T]) Next() int64 {
	if len(*h) == 0 {
		return math.MaxInt64
	}
	return (*h)[0].due
}

// Remove takes a member of this heap out.
func (h *Heap[T]) Remove(m *Member[T]) {
	i, last := m.place, len(*h)-1
	moved := (*h)[last]
	(*h)[last] = nil
	*h = (*h)[:last]
	m.place = -1
	if moved == m {
		return
	}
	h.down(i, moved)
	h.up(moved.place, moved)
}

// up puts a member at index i or nearer to the top.
func (h *Heap[T]) up(i int, m *Member[T]) {
	for i > 0 {
		parent := (*h)[(i-1)/2]
		if parent.due <= m.due {
			break
		}
		(*h)[i], parent.place = parent, i
		i = (i - 1) / 2
	}
	(*h)[i], m.place = m, i
}

// down puts a member at index i or further from the top.
func (h *Heap[T]) down(i int, m *Member[T]) {
	for {
		child := 2*i + 1
		if child >= len(*h) {
			break
		}
		if child+1 < len(*h) && (*h)[child+1].due < (*h)[child].due {
			child++
		}
		if m.due <= (*h)[child].due {
			break
		}
		(*h)[i], (*h)[child].place = (*h)[child], i
		i = child
	}
	(*h)[i], m.place = m, i
}
