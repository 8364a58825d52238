package agenda

import "time"

// event is something that happens at a time; events of one time happen in the
// order in which they were made.
type event struct {
	at  time.Duration
	seq uint64
	do  func()
}

func (e *event) before(f *event) bool { return e.at < f.at || e.at == f.at && e.seq < f.seq }

// Queue is a binary heap of events, the next one first. The zero value is empty.
type Queue struct {
	heap []event
	seq  uint64
}

// Push lets do happen at a time.
func (q *Queue) Push(at time.Duration, do func()) {
	q.seq++
	h := append(q.heap, event{at, q.seq, do})
	i := len(h) - 1
	for i > 0 {
		up := (i - 1) / 2
		if !h[i].before(&h[up]) {
			break
		}
		h[i], h[up] = h[up], h[i]
		i = up
	}
	q.heap = h
}

// Next reports whether an event is due by a time.
func (q *Queue) Next(by time.Duration) bool { return len(q.heap) > 0 && q.heap[0].at <= by }

// Pop takes the next event and its time off a queue that has one.
func (q *Queue) Pop() (at time.Duration, do func()) {
	h := q.heap
	first, last := h[0], len(h)-1
	h[0], h[last] = h[last], event{}
	h = h[:last]
	for i := 0; ; {
		down := 2*i + 1
		if down >= last {
			break
		}
		if right := down + 1; right < last && h[right].before(&h[down]) {
			down = right
		}
		if !h[down].before(&h[i]) {
			break
		}
		h[i], h[down] = h[down], h[i]
		i = down
	}
	q.heap = h
	return first.at, first.do
}
