package ring

import (
	"fmt"
	"net"
	"os"
	"sync"
	"syscall"
)

// listener is the one reader of a doorbell at which two sleep, or have slept: WaitReadable and WaitWritable. They cannot
// both read one descriptor without taking each other's rings; so it reads and wakes both, and each looks at
// its own ring again. One that sleeps alone does without it as long as it has a berth: see doze.
type listener struct {
	mu     sync.Mutex
	file   *os.File // The doorbell, once the listener runs: it owns the descriptor then.
	exited chan struct{}
	lost   bool // The other party is gone, and pair.gone closed.

	dozer  *berth        // Of the one that sleeps at the doorbell itself.
	risen  chan struct{} // Closed when that has got up, if wanted.
	wanted bool          // It is to get up, since another sleeper has come: nobody lies down any more.
}

// listen starts the listener, and has the one that sleeps at the doorbell itself get up. The caller is inside the gate.
func (e *Endpoint) listen() error {
	p := e.pair
	if p.bell == nil {
		return nil
	}
	l := &p.ears
	l.mu.Lock()
	defer l.mu.Unlock()
	for l.dozer != nil {
		if !l.wanted {
			l.wanted, l.risen = true, make(chan struct{})
		}
		l.dozer.rouse()
		risen := l.risen
		l.mu.Unlock()
		<-risen
		l.mu.Lock()
	}
	if l.file != nil || l.lost {
		return nil
	}
	file := os.NewFile(uintptr(p.bell.fd), "doorbell")
	if file == nil {
		return net.ErrClosed
	}
	conn, err := file.SyscallConn()
	if err != nil {
		return fmt.Errorf("ring: doorbell: %w", err)
	}
	l.file, l.exited = file, make(chan struct{})
	go p.runListener(conn)
	return nil
}

// runListener parks in the runtime's poller until the doorbell rings. It ends when the peer is gone or the file is closed.
func (p *pair) runListener(conn syscall.RawConn) {
	defer close(p.ears.exited)
	var rung bool
	var gone error
	drain := func(uintptr) bool {
		rung, gone = p.bell.Drain()
		return rung || gone != nil
	}
	for conn.Read(drain) == nil {
		if gone != nil {
			p.ears.lose(p)
			return
		}
		e := p.user.Load()
		e.readable.Ring()
		e.writable.Ring()
	}
}

// lose notes that the other party is gone.
func (l *listener) lose(p *pair) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.lost {
		l.lost = true
		close(p.gone)
	}
}

// stop closes the doorbell and waits for the listener, if one runs.
func (l *listener) stop(bell *Doorbell) {
	l.mu.Lock()
	file := l.file
	l.mu.Unlock() // The listener may have something to note before it exits.
	if file == nil {
		_ = bell.close()
		return
	}
	_ = file.Close()
	<-l.exited
}
