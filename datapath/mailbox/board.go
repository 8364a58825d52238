package mailbox

import "sync/atomic"

// A Board runs callbacks one after the other, so that no worker ever runs foreign code.
type Board struct {
	box    Box
	ring   chan struct{}
	closed atomic.Bool
}

// NewBoard returns a board whose callbacks wait for Run.
func NewBoard() *Board {
	b := &Board{ring: make(chan struct{}, 1)}
	b.box.Wake = b.wake
	return b
}

func (b *Board) wake() {
	select {
	case b.ring <- struct{}{}:
	default:
	}
}

// Post queues a callback.
func (b *Board) Post(f func()) { b.box.Post(f) }

// Run calls what is posted until the board is closed, and then what is left.
func (b *Board) Run() {
	for !b.closed.Load() {
		b.box.Run()
		<-b.ring
	}
	b.box.Adopt()
}

// Close lets Run end.
func (b *Board) Close() {
	b.closed.Store(true)
	b.wake()
}

// Flush runs on the caller's goroutine what is posted now; nobody else runs the board meanwhile.
func (b *Board) Flush() { b.box.Run() }
