package signalling

import "sync"

// turnInputs bounds the inputs that a goroutine serves before it hands on what
// they have led to: so many PDUs leave in one call of the data plane.
const turnInputs = 64

// mostReused bounds the places of a queue that are used again: a burst does not
// keep its memory for ever.
const mostReused = 1024

// emptied returns the memory of what is done with for what comes next.
func emptied[T any](s []T) []T {
	clear(s)
	if cap(s) > mostReused {
		return nil
	}
	return s[:0]
}

// mailbox is the input of one goroutine: a queue that never blocks its senders.
// What is posted from outside the package is bounded by its sender. The
// goroutine takes all that waits at once.
type mailbox[T any] struct {
	wake chan struct{} // holds a token while items wait, and when ring has been called

	mu     sync.Mutex
	items  []T
	closed bool
}

func newMailbox[T any]() *mailbox[T] { return &mailbox[T]{wake: make(chan struct{}, 1)} }

// post queues items for the goroutine. It reports whether the mailbox was open.
func (b *mailbox[T]) post(items ...T) bool {
	b.mu.Lock()
	if b.closed {
		b.mu.Unlock()
		return false
	}
	waits := len(b.items) > 0
	b.items = append(b.items, items...)
	b.mu.Unlock()
	if !waits && len(items) > 0 { // else the token is there, or taken and not yet acted on
		b.ring()
	}
	return true
}

// ring wakes the goroutine.
func (b *mailbox[T]) ring() {
	select {
	case b.wake <- struct{}{}:
	default:
	}
}

// take returns what waits, in order. into is reused for what comes next. It
// reports false when the mailbox is closed: the goroutine is to end.
func (b *mailbox[T]) take(into []T) ([]T, bool) {
	into = emptied(into)
	b.mu.Lock()
	defer b.mu.Unlock()
	items := b.items
	b.items = into
	return items, !b.closed
}

// close drops what waits, refuses what comes and wakes the goroutine.
func (b *mailbox[T]) close() {
	b.mu.Lock()
	b.closed, b.items = true, nil
	b.mu.Unlock()
	b.ring()
}
