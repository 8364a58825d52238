package atmtcp

import (
	"fmt"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"callmanager/nicio"
)

// A port is one of the two ports of a transport.
type port struct {
	name string
	in   inbox
	out  outbox
	kick func() // Has the connection's writer look at the outbox.

	ready, room       chan struct{} // Hold at most one token each.
	wakeRead, wakeOut chan struct{}
	done              chan struct{} // Closed by Close.
	closing           sync.Once

	rxFrames, rxOctets, rxBatches, rxTruncated atomic.Uint64
	rxQueued, rxOverrun                        atomic.Uint64
	txFrames, txOctets, txBatches, txBusy      atomic.Uint64
	txDown, txOversize, txInvalid              atomic.Uint64
}

var _ nicio.Port = (*port)(nil)

func newPort(name string, inbox, outbox int, kick func()) *port {
	p := &port{
		name: name, kick: kick,
		ready: make(chan struct{}, 1), room: make(chan struct{}, 1),
		wakeRead: make(chan struct{}, 1), wakeOut: make(chan struct{}, 1),
		done: make(chan struct{}),
	}
	p.in.limit, p.out.limit = inbox, outbox
	return p
}

func token(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

func (p *port) closed() bool {
	select {
	case <-p.done:
		return true
	default:
		return false
	}
}

func (p *port) closedError(op string) error {
	return fmt.Errorf("atmtcp: %s port: %s: %w", p.name, op, net.ErrClosed)
}

// ReadBatch implements [nicio.Port].
func (p *port) ReadBatch(frames []nicio.RxFrame) (n int, err error) {
	if p.closed() {
		return 0, p.closedError("read")
	}
	var octets int
	for range min(len(frames), nicio.BatchSize) {
		b := p.in.peek()
		if b == nil {
			break
		}
		p.in.skip(b)
		if f := &frames[n]; len(b) > len(f.Buf) {
			p.rxTruncated.Add(1)
		} else {
			f.Len = copy(f.Buf, b)
			octets += f.Len
			n++
		}
	}
	if n > 0 {
		p.rxFrames.Add(uint64(n))
		p.rxOctets.Add(uint64(octets))
		p.rxBatches.Add(1)
	}
	return n, nil
}

// WriteBatch implements [nicio.Port].
func (p *port) WriteBatch(frames []nicio.TxFrame) (int, error) {
	if p.closed() {
		return 0, p.closedError("write")
	}
	var sent, octets uint64
	n := p.out.put(frames, func(f *nicio.TxFrame, v verdict) {
		switch v {
		case accepted:
			sent++
			octets += uint64(len(f.Head) + len(f.Body))
		case down:
			p.txDown.Add(1)
		case oversize:
			p.txOversize.Add(1)
		case invalid:
			p.txInvalid.Add(1)
		case full: // put stops there.
		}
	})
	if n < len(frames) {
		p.txBusy.Add(1)
	}
	if sent > 0 {
		p.txFrames.Add(sent)
		p.txOctets.Add(octets)
		p.txBatches.Add(1)
		p.kick()
	}
	return n, nil
}

// WaitRead implements [nicio.Port]. It does not spin.
func (p *port) WaitRead(timeout time.Duration) error {
	if p.closed() {
		return p.closedError("wait for frames")
	}
	if p.in.waiting() {
		return nil
	}
	return p.wait("wait for frames", p.ready, p.wakeRead, timeout)
}

// WaitWrite implements [nicio.Port].
func (p *port) WaitWrite(timeout time.Duration) error {
	return p.wait("wait for room", p.room, p.wakeOut, timeout)
}

func (p *port) wait(op string, event, wake <-chan struct{}, timeout time.Duration) error {
	var over <-chan time.Time
	if timeout >= 0 {
		t := newTimer(timeout)
		defer t.Stop()
		over = t.C
	}
	select {
	case <-event:
	case <-wake:
	case <-over:
	case <-p.done:
	}
	if p.closed() {
		return p.closedError(op)
	}
	return nil
}

// Unsent implements [nicio.Port]: what has been written to the connection is in the peer's order.
func (p *port) Unsent() int { return p.out.waiting() }

// Wake implements [nicio.Port].
func (p *port) Wake() {
	token(p.wakeRead)
	token(p.wakeOut)
}

// MAC implements [nicio.Port]. There is none.
func (*port) MAC() nicio.MAC { return nicio.MAC{} }

// Stats implements [nicio.Port].
func (p *port) Stats() nicio.Stats {
	return nicio.Stats{
		RxFrames: p.rxFrames.Load(), RxOctets: p.rxOctets.Load(), RxBatches: p.rxBatches.Load(),
		RxTruncated: p.rxTruncated.Load(), RxQueued: p.rxQueued.Load(), RxOverrun: p.rxOverrun.Load(),
		TxFrames: p.txFrames.Load(), TxOctets: p.txOctets.Load(), TxBatches: p.txBatches.Load(),
		TxDown: p.txDown.Load(), TxOversize: p.txOversize.Load(), TxInvalid: p.txInvalid.Load(),
		TxBusy: p.txBusy.Load(),
	}
}

// Close implements [nicio.Port].
func (p *port) Close() error {
	p.closing.Do(func() { close(p.done) })
	return nil
}
