package ring

import (
	"fmt"
	"net"
	"os"
	"sync"
	"syscall"
)

// listener is the one reader of a doorbell whose endpoint sleeps, or has slept, in WaitReadable or WaitWritable. Two
// sleepers cannot both read one descriptor without taking each other's rings; so it reads and wakes both, and
// each looks at its own ring again.
type listener struct {
	mu     sync.Mutex
	file   *os.File // The doorbell, once the listener runs: it owns the descriptor then.
	exited chan struct{}
}

// listen starts the listener at the first sleep. The caller is inside the gate.
func (e *Endpoint) listen() error {
	p := e.pair
	if p.bell == nil {
		return nil
	}
	l := &p.ears
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.file != nil {
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
			close(p.gone)
			return
		}
		e := p.user.Load()
		e.readable.Ring()
		e.writable.Ring()
	}
}

// stop closes the doorbell and waits for the listener, if one runs.
func (l *listener) stop(bell *Doorbell) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.file == nil {
		_ = bell.close()
		return
	}
	_ = l.file.Close()
	<-l.exited
}
