package signalling

import "sync"

// inbox is the input of the manager's goroutine. What comes from the links and
// from the daemon itself is served first, in order. What clients ask for is
// served in rounds, one input of each that has any: between two of one client
// comes at most one of each other, however many those have waiting. It never
// blocks its senders.
//
//	links, daemon   first  [ . . . . ]--------------------+
//	client 1        queue  [ . . . . . . . ]--+           v
//	client 2        queue  [ . ]--------------+--turns--> take: all of first,
//	look-ups        queue  [ . . ]------------+           turnInputs in rounds
type inbox struct {
	wake chan struct{} // holds a token while inputs wait

	mu     sync.Mutex
	first  []managerInput
	turns  []*queue // those with inputs, the next first
	closed bool
}

// queue is what one client asks for; the inbox's lock guards it.
type queue struct {
	items []managerInput
	next  int // the first that is not taken
}

func newInbox() *inbox { return &inbox{wake: make(chan struct{}, 1)} }

// post queues inputs of the links or of the daemon.
func (b *inbox) post(items ...managerInput) {
	b.mu.Lock()
	if !b.closed {
		b.first = append(b.first, items...)
	}
	b.mu.Unlock()
	b.ring()
}

// ask queues an input of a client. It reports whether the inbox was open.
func (b *inbox) ask(q *queue, in managerInput) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed {
		return false
	}
	if q.next == len(q.items) {
		b.turns = append(b.turns, q)
	}
	q.items = append(q.items, in)
	b.ring()
	return true
}

// ring wakes the goroutine.
func (b *inbox) ring() {
	select {
	case b.wake <- struct{}{}:
	default:
	}
}

// take returns what is to be served next, in order. into is reused. It reports
// false when the inbox is closed: the goroutine is to end.
func (b *inbox) take(into []managerInput) ([]managerInput, bool) {
	into = emptied(into)
	b.mu.Lock()
	defer b.mu.Unlock()
	into = append(into, b.first...)
	b.first = emptied(b.first)
	served := 0
	for ; served < len(b.turns) && served < turnInputs; served++ {
		q := b.turns[served]
		into = append(into, q.take())
		if q.next < len(q.items) {
			b.turns = append(b.turns, q)
		}
	}
	left := copy(b.turns, b.turns[served:])
	clear(b.turns[left:])
	b.turns = b.turns[:left]
	if left > 0 {
		b.ring()
	}
	return into, !b.closed
}

// take returns the first input. The memory is used again once all are taken.
func (q *queue) take() managerInput {
	in := q.items[q.next]
	q.items[q.next] = managerInput{}
	q.next++
	if q.next == len(q.items) {
		q.items, q.next = q.items[:0], 0
	}
	return in
}

// close drops what waits, refuses what comes and wakes the goroutine.
func (b *inbox) close() {
	b.mu.Lock()
	b.closed, b.first, b.turns = true, nil, nil
	b.mu.Unlock()
	b.ring()
}
