package mailbox

import (
	"sync"
	"sync/atomic"
)

// A Box hands functions to the goroutine that owns some state, in order. Posting takes a lock;
// looking whether there is anything is one atomic load, which is all that a worker without post
// pays. The zero value with a Wake is an empty one.
type Box struct {
	// Wake ends the owner's sleep. Any goroutine calls it; it is set before the first post.
	Wake func()

	some atomic.Bool

	mu      sync.Mutex
	queue   []func()
	spare   []func()
	adopted bool
	direct  sync.Mutex // Stands for the owner once it is gone.
}

// Post has f called by the owner, or at once if the owner is gone.
func (m *Box) Post(f func()) {
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
		m.Wake()
	}
}

// Some reports whether something was posted that the owner has not run.
func (m *Box) Some() bool { return m.some.Load() }

// Run calls what was posted. Only the owner may call it.
func (m *Box) Run() {
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

// Adopt is called when the owner is gone for good: what is left is done now, and what comes later
// by its poster.
func (m *Box) Adopt() {
	m.direct.Lock()
	defer m.direct.Unlock()
	m.mu.Lock()
	m.adopted = true
	m.mu.Unlock()
	m.Run()
}

// Call posts f and waits until it has run. The owner must be running, or adopted sooner or later.
func (m *Box) Call(f func()) {
	done := make(chan struct{})
	m.Post(func() {
		f()
		close(done)
	})
	<-done
}
