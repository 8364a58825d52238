package carrier

import (
	"fmt"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"callmanager/datapath/frame"
	"callmanager/nicio"
)

// A Port is one of the two ports of a link: a [nicio.Port] for the engine, and the other end of its
// boxes for the goroutines that carry the link.
type Port struct {
	// Readable is to be set after Deliver, once for all that came together, and Writable when there is
	// room in Out.
	Readable, Writable Event
	// Out holds what is to be sent.
	Out Outbox

	name    string // With that of the link.
	in      inbox
	kick    Event         // Has the sender look at Out.
	done    chan struct{} // Closed by Close.
	closing sync.Once

	rxFrames, rxOctets, rxBatches, rxTruncated atomic.Uint64
	rxQueued, rxOverrun                        atomic.Uint64
	txOctets, txBatches                        atomic.Uint64
	fates                                      [numFates]atomic.Uint64
}

var _ nicio.Port = (*Port)(nil)

func newPort(name string, inbox, outbox int, encode Encoder, kick Event) *Port {
	p := &Port{name: name, kick: kick, Readable: newEvent(), Writable: newEvent(), done: make(chan struct{})}
	p.in.limit, p.Out.limit, p.Out.encode = inbox, outbox, encode
	return p
}

// check returns an error when the port is closed.
func (p *Port) check(op string) error {
	select {
	case <-p.done:
		return fmt.Errorf("%s port: %s: %w", p.name, op, net.ErrClosed)
	default:
		return nil
	}
}

// Deliver puts the frame of an SDU, or of an OAM cell, in parts, into the inbox, or counts it as one
// that met a full queue.
func (p *Port) Deliver(e frame.Entry, flags frame.Flags, sdu ...[]byte) {
	if !p.in.put(e, flags, sdu...) {
		p.rxOverrun.Add(1)
		return
	}
	p.rxQueued.Add(1)
}

// ReadBatch implements [nicio.Port].
func (p *Port) ReadBatch(frames []nicio.RxFrame) (n int, err error) {
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
func (p *Port) WriteBatch(frames []nicio.TxFrame) (n int, err error) {
	if err := p.check("write"); err != nil {
		return 0, err
	}
	n, fates, octets := p.Out.put(frames)
	for fate, count := range fates {
		if count > 0 {
			p.fates[fate].Add(count)
		}
	}
	if fates[Accepted] > 0 {
		p.txOctets.Add(octets)
		p.txBatches.Add(1)
		p.kick.Set()
	}
	return n, nil
}

// WaitRead implements [nicio.Port]. It does not spin.
func (p *Port) WaitRead(timeout time.Duration) error {
	if p.in.waiting() {
		return p.check("wait for frames")
	}
	return p.wait("wait for frames", p.Readable, timeout)
}

// WaitWrite implements [nicio.Port].
func (p *Port) WaitWrite(timeout time.Duration) error {
	return p.wait("wait for room", p.Writable, timeout)
}

func (p *Port) wait(op string, e Event, timeout time.Duration) error {
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
func (p *Port) Unsent() int { return p.Out.waiting() }

// Wake implements [nicio.Port].
func (p *Port) Wake() {
	p.Readable.Set()
	p.Writable.Set()
}

// MAC implements [nicio.Port]. There is none.
func (*Port) MAC() nicio.MAC { return nicio.MAC{} }

// Stats implements [nicio.Port].
func (p *Port) Stats() nicio.Stats {
	return nicio.Stats{
		RxFrames: p.rxFrames.Load(), RxOctets: p.rxOctets.Load(), RxBatches: p.rxBatches.Load(),
		RxTruncated: p.rxTruncated.Load(), RxQueued: p.rxQueued.Load(), RxOverrun: p.rxOverrun.Load(),
		TxFrames: p.fates[Accepted].Load(), TxOctets: p.txOctets.Load(), TxBatches: p.txBatches.Load(),
		TxDown: p.fates[down].Load(), TxOversize: p.fates[Oversize].Load(), TxInvalid: p.fates[Invalid].Load(),
		TxBusy: p.fates[Full].Load(),
	}
}

// Close implements [nicio.Port].
func (p *Port) Close() error {
	p.closing.Do(func() { close(p.done) })
	return nil
}
