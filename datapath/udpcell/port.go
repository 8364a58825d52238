package udpcell

import (
	"fmt"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"callmanager/datapath/frame"
	"callmanager/nicio"
)

// A port is one of the two ports of a transport.
type port struct {
	name string
	in   inbox
	out  outbox
	kick func() // Has the socket's writer look at the outbox.

	readable, writable event
	done               chan struct{} // Closed by Close.
	closing            sync.Once

	rxFrames, rxOctets, rxBatches, rxTruncated atomic.Uint64
	rxQueued, rxOverrun                        atomic.Uint64
	txFrames, txOctets, txBatches, txBusy      atomic.Uint64
	txDown, txOversize, txInvalid              atomic.Uint64
}

var _ nicio.Port = (*port)(nil)

func newPort(name string, inbox, outbox int, kick func()) *port {
	p := &port{name: name, kick: kick, readable: newEvent(), writable: newEvent(), done: make(chan struct{})}
	p.in.limit, p.out.limit = inbox, outbox
	return p
}

// An event holds at most one token: that something happened since it was last waited for.
type event chan struct{}

func newEvent() event { return make(event, 1) }

func (e event) set() {
	select {
	case e <- struct{}{}:
	default:
	}
}

// check returns an error when the port is closed.
func (p *port) check(op string) error {
	select {
	case <-p.done:
		return fmt.Errorf("udpcell: %s port: %s: %w", p.name, op, net.ErrClosed)
	default:
		return nil
	}
}

// deliver puts a frame into the inbox, or counts it as one that met a full queue.
func (p *port) deliver(l frame.Label, flags frame.Flags, sdu ...[]byte) {
	if !p.in.put(l, flags, sdu...) {
		p.rxOverrun.Add(1)
		return
	}
	p.rxQueued.Add(1)
	p.readable.set()
}

// ReadBatch implements [nicio.Port].
func (p *port) ReadBatch(frames []nicio.RxFrame) (n int, err error) {
	if err := p.check("read"); err != nil {
		return 0, err
	}
	var octets int
	for range min(len(frames), nicio.BatchSize) {
		b := p.in.next()
		if b == nil {
			break
		}
		if len(b) > len(frames[n].Buf) {
			p.rxTruncated.Add(1)
			continue
		}
		frames[n].Len = copy(frames[n].Buf, b)
		octets += len(b)
		n++
	}
	if n > 0 {
		p.rxFrames.Add(uint64(n))
		p.rxOctets.Add(uint64(octets))
		p.rxBatches.Add(1)
	}
	return n, nil
}

// WriteBatch implements [nicio.Port].
func (p *port) WriteBatch(frames []nicio.TxFrame) (n int, err error) {
	if err := p.check("write"); err != nil {
		return 0, err
	}
	var sent, octets uint64
	for busy := false; n < len(frames) && !busy; {
		switch f := &frames[n]; p.out.put(f) {
		case accepted:
			sent++
			octets += uint64(len(f.Head) + len(f.Body))
		case down:
			p.txDown.Add(1)
		case oversize:
			p.txOversize.Add(1)
		case invalid:
			p.txInvalid.Add(1)
		case full:
			p.txBusy.Add(1)
			busy = true
			continue
		}
		n++
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
	if p.in.waiting() {
		return p.check("wait for frames")
	}
	return p.wait("wait for frames", p.readable, timeout)
}

// WaitWrite implements [nicio.Port].
func (p *port) WaitWrite(timeout time.Duration) error {
	return p.wait("wait for room", p.writable, timeout)
}

func (p *port) wait(op string, e event, timeout time.Duration) error {
	var over <-chan time.Time
	if timeout >= 0 {
		t := newTimer(timeout)
		defer t.Stop()
		over = t.C
	}
	select {
	case <-e:
	case <-over:
	case <-p.done:
	}
	return p.check(op)
}

// Unsent implements [nicio.Port].
func (p *port) Unsent() int { return p.out.waiting() * cellCost }

// Wake implements [nicio.Port].
func (p *port) Wake() {
	p.readable.set()
	p.writable.set()
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
