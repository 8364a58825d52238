package ring

import (
	"fmt"
	"net"
	"sync"
	"sync/atomic"

	"golang.org/x/sys/unix"
)

// keptOctets is what the rings that are kept for another VC may hold of memory, in octets each: what went beyond it is
// given back to the kernel.
const keptOctets = 64 << 10

// A pair is what one party has of a VC's two rings, and what may outlive the VC: memory, doorbell and the doorbell's
// listener. The endpoints over it follow one another; each is one VC's.
//
//	endpoint ── Retire ──▶ pair alone ── Renew ──▶ next endpoint
//	   └── Close                └── Close
//	         └─────────┬─────────┘
//	             unmapped, closed
type pair struct {
	geometry preamble
	mapping  []byte    // Nil on heap memory.
	bell     *Doorbell // Likewise.
	daemon   bool
	gone     chan struct{} // Closed when the other party is gone.
	ears     listener
	user     atomic.Pointer[Endpoint] // The present endpoint, or the last one.

	mu      sync.Mutex
	dropped bool // The memory has been given back, or is about to be.
}

// endpoint makes the next endpoint over the memory, which is in the state of new rings.
func (p *pair) endpoint() *Endpoint {
	e := newEndpoint(p)
	e.attach(mappedMemory(p.mapping), &p.geometry, p.daemon, p.bell, p.bell)
	p.user.Store(e)
	return e
}

// release unmaps the memory and closes the doorbell. It is called once.
func (p *pair) release() {
	p.mu.Lock()
	p.dropped = true
	p.mu.Unlock()
	p.ears.stop(p.bell)
	_ = unix.Munmap(p.mapping) // It cannot fail: the mapping is whole and nobody else unmaps it.
}

// drop gives back what e's retirement has kept, in the client too if this is the daemon's end, unless it is in use
// again. The last user of e may still be inside.
func (p *pair) drop(e *Endpoint) {
	p.mu.Lock()
	idle := p.user.Load() == e && !p.dropped
	p.dropped = p.dropped || idle
	p.mu.Unlock()
	if !idle {
		return
	}
	end := func() {
		if p.daemon {
			_ = punchMapping(p.mapping) // On failure the pages stay until the client unmaps them.
		}
		p.release()
	}
	select {
	case <-e.Done():
		end()
	default:
		go func() {
			<-e.Done()
			end()
		}()
	}
}

// Retire ends the endpoint as Close does, and keeps memory and doorbell for another VC of the same two parties:
// Renew takes them over, Close gives them back. The other party is not told; both know by their messages that
// the VC is over and that the rings are kept. It may be called on mapped memory only. After Close it does nothing.
func (e *Endpoint) Retire() {
	e.gate.close(func() { e.retired.Store(true) })
	e.pair.ears.rouse()
}

// Renew returns an endpoint over the memory and the doorbell of one that has been retired, as if it were new.
// It waits until the last user of the old one has left. The daemon's end resets the rings and gives the memory back to
// the kernel that goes beyond 64 KiB a ring, so it is renewed before the client's end is. It fails when the old
// endpoint has been closed or renewed, or when the other party is gone; the caller then closes the old one.
func (e *Endpoint) Renew() (*Endpoint, error) {
	p := e.pair
	if !e.retired.Load() {
		return nil, fmt.Errorf("ring: renew: the endpoint has not been retired: %w", net.ErrClosed)
	}
	<-e.Done()
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case p.dropped || p.user.Load() != e:
		return nil, fmt.Errorf("ring: renew: %w", net.ErrClosed)
	case p.bell.Gone():
		return nil, fmt.Errorf("ring: renew: %w", ErrPeerGone)
	}
	if p.daemon {
		if err := p.reset(e); err != nil {
			return nil, err
		}
	}
	return p.endpoint(), nil
}

// reset brings the rings back to the state of new ones. Rings that had not much in them keep their pages: what is
// there is of the same two parties.
func (p *pair) reset(e *Endpoint) error {
	used := max(e.Tx.tail, e.Rx.head)
	m := mappedMemory(p.mapping)
	m.view(toDaemonOffset, p.geometry.toDaemon).ctl.reset()
	m.view(toClientOffset, p.geometry.toClient).ctl.reset()
	if used <= keptOctets && e.Rx.err == nil {
		return nil
	}
	if err := punchMapping(p.mapping[headerOctets:]); err != nil {
		return fmt.Errorf("ring: renew: %w", err)
	}
	return nil
}
