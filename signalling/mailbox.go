package signalling

import "sync"

// mailbox is the input of one goroutine: a queue that never blocks its senders.
// What is posted from outside the package is bounded by its sender.
type mailbox struct {
	wake chan struct{} // holds a token while items wait

	mu     sync.Mutex
	items  []func()
	closed bool
}

func newMailbox() *mailbox { return &mailbox{wake: make(chan struct{}, 1)} }

// post queues f for the goroutine. It reports whether the mailbox was open.
func (b *mailbox) post(f func()) bool {
	b.mu.Lock()
	if b.closed {
		b.mu.Unlock()
		return false
	}
	b.items = append(b.items, f)
	b.mu.Unlock()
	select {
	case b.wake <- struct{}{}:
	default:
	}
	return true
}

// take returns what waits, in order. into is reused for what comes next.
func (b *mailbox) take(into []func()) []func() {
	clear(into)
	b.mu.Lock()
	defer b.mu.Unlock()
	items := b.items
	b.items = into[:0]
	return items
}

// close drops what waits and refuses what comes.
func (b *mailbox) close() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.closed, b.items = true, nil
}
