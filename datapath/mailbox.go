package datapath

import (
	"sync"
	"sync/atomic"
)

// A mailbox hands functions to the goroutine that owns some state, in order. Posting takes a lock;
// looking whether there is anything is one atomic load, which is all that a worker without post
// pays.
type mailbox struct {
	wake func() // Ends the owner's sleep.
	some atomic.Bool

	mu      sync.Mutex
	queue   []func()
	spare   []func()
	adopted bool
	direct  sync.Mutex // Stands for the owner once it is gone.
}

// post has f called by the owner, or at once if the owner is gone.
func (m *mailbox) post(f func()) {
	m.mu.Lock()
	if m.adopted {
		m.mu.Unlock()
		m.direct.Lock()
		defer m.direct.Unlock()
		f()
		return
	}
	m.queue = append(m.queue, f)
	waits := m.some.Swap(true)
	m.mu.Unlock()
	if !waits { // Else the owner has been woken and has not looked yet.
		m.wake()
	}
}

// run calls what was posted. Only the owner may call it.
func (m *mailbox) run() {
	for m.some.Load() {
		m.mu.Lock()
		batch := m.queue
		m.queue = m.spare[:0]
		m.some.Store(false)
		m.mu.Unlock()
		for i, f := range batch {
			batch[i] = nil
			f()
		}
		m.spare = batch
	}
}

// adopt is called when the owner is gone for good: what is left is done now, and what comes later
// by its poster.
func (m *mailbox) adopt() {
	m.direct.Lock()
	defer m.direct.Unlock()
	m.mu.Lock()
	m.adopted = true
	m.mu.Unlock()
	m.run()
}

// call posts f and waits until it has run. The owner must be running, or adopted sooner or later.
func (m *mailbox) call(f func()) {
	done := make(chan struct{})
	m.post(func() {
		f()
		close(done)
	})
	<-done
}

// A noticeBoard runs callbacks one after the other, so that no worker ever runs foreign code.
type noticeBoard struct {
	box    mailbox
	ring   chan struct{}
	closed atomic.Bool
}

func newNoticeBoard() *noticeBoard {
	b := &noticeBoard{ring: make(chan struct{}, 1)}
	b.box.wake = b.wake
	return b
}

func (b *noticeBoard) wake() {
	select {
	case b.ring <- struct{}{}:
	default:
	}
}

// post queues a callback.
func (b *noticeBoard) post(f func()) { b.box.post(f) }

// run calls what is posted until the board is closed, and then what is left.
func (b *noticeBoard) run() {
	for !b.closed.Load() {
		b.box.run()
		<-b.ring
	}
	b.box.adopt()
}

// close lets run end.
func (b *noticeBoard) close() {
	b.closed.Store(true)
	b.wake()
}
