package mem

import (
	"encoding/binary"
	"fmt"
	"net"
	"slices"
	"time"

	"golang.org/x/net/bpf"

	"callmanager/nicio"
)

// A Port is a [nicio.Port] at a station of a wire. Its queue, counters and flags are guarded by the
// wire's lock, which is held for one batch of work at most.
type Port struct {
	station   *Station
	etherType uint16
	filter    *bpf.VM
	deaf      bool
	// The port is one of so many among which frames are dealt out, if there are several.
	member, members int

	queue     [][]byte // Frames from first on.
	first     int
	octets    int // In the queue.
	limit     int
	downEvent bool
	closed    bool
	stats     nicio.Stats

	ready, wake chan struct{} // Hold at most one token each.
	done        chan struct{} // Closed by Close.
}

var _ nicio.Port = (*Port)(nil)

// wants returns how many octets of a frame the port's socket would keep; 0 is none. The wire is
// locked.
func (p *Port) wants(frame []byte) int {
	if p.deaf || len(frame) < nicio.HeaderLen {
		return 0
	}
	if binary.BigEndian.Uint16(frame[12:14]) != p.etherType {
		return 0
	}
	if p.members > 1 && nicio.SteerFrame(frame, p.members) != p.member {
		return 0
	}
	if p.filter == nil {
		return len(frame)
	}
	keep, err := p.filter.Run(frame)
	if err != nil {
		return 0
	}
	return min(keep, len(frame))
}

// enqueue copies a frame into the queue and reports false when it is full. The wire is locked.
func (p *Port) enqueue(frame []byte) bool {
	if p.octets+len(frame) > p.limit {
		p.stats.RxOverrun++
		return false
	}
	if p.first > 0 && len(p.queue) == cap(p.queue) {
		n := copy(p.queue, p.queue[p.first:])
		clear(p.queue[n:])
		p.queue, p.first = p.queue[:n], 0
	}
	p.queue = append(p.queue, p.station.wire.frame(frame, nil))
	p.octets += len(frame)
	p.stats.RxQueued++
	p.signal()
	return true
}

// signal says that there may be something to read.
func (p *Port) signal() { token(p.ready) }

func token(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// dequeue takes the oldest frame; nil when there is none. The wire is locked.
func (p *Port) dequeue() []byte {
	if p.first == len(p.queue) {
		p.queue, p.first = p.queue[:0], 0
		return nil
	}
	frame := p.queue[p.first]
	p.queue[p.first] = nil
	p.first++
	p.octets -= len(frame)
	return frame
}

// ReadBatch implements [nicio.Port].
func (p *Port) ReadBatch(frames []nicio.RxFrame) (int, error) {
	w := p.station.wire
	w.mu.Lock()
	defer w.mu.Unlock()
	if p.closed {
		return 0, p.closedError("read")
	}
	if p.downEvent {
		p.downEvent = false
		p.stats.RxDown++
	}
	frames = frames[:min(len(frames), nicio.BatchSize)]
	var n int
	for range frames {
		frame := p.dequeue()
		if frame == nil {
			break
		}
		if f := &frames[n]; p.admit(f, frame) {
			p.stats.RxOctets += uint64(f.Len)
			n++
		}
		w.recycle(frame)
	}
	if n > 0 {
		p.stats.RxFrames += uint64(n)
		p.stats.RxBatches++
	}
	return n, nil
}

// admit copies a frame out, or counts why not, by the rules of a NIC port.
func (p *Port) admit(f *nicio.RxFrame, frame []byte) bool {
	s := &p.stats
	if len(frame) < nicio.HeaderLen {
		s.RxRunt++
		return false
	}
	dst, src := nicio.MAC(frame[0:6]), nicio.MAC(frame[6:12])
	switch {
	case src == p.station.mac:
		s.RxLoop++
	case dst.IsGroup():
		s.RxGroup++
	case dst != p.station.mac:
		s.RxOtherHost++
	case len(frame) > len(f.Buf):
		s.RxTruncated++
	default:
		f.Len = copy(f.Buf, frame)
		return true
	}
	return false
}

// WriteBatch implements [nicio.Port]. It consumes all frames.
func (p *Port) WriteBatch(frames []nicio.TxFrame) (int, error) {
	w := p.station.wire
	w.mu.Lock()
	defer w.mu.Unlock()
	if p.closed {
		return 0, p.closedError("write")
	}
	s := &p.stats
	var sent uint64
	for i := range frames {
		f := &frames[i]
		n := len(f.Head) + len(f.Body)
		switch {
		case !p.station.up:
			s.TxDown++
		case n > nicio.FrameSize(p.station.mtu):
			s.TxOversize++
		case n < nicio.HeaderLen:
			s.TxInvalid++
		default:
			sent++
			s.TxOctets += uint64(n)
			w.send(p.station, f.Head, f.Body)
		}
	}
	w.settle()
	if sent > 0 {
		s.TxFrames += sent
		s.TxBatches++
	}
	return len(frames), nil
}

// Unsent implements [nicio.Port]. What is sent is on the wire.
func (*Port) Unsent() int { return 0 }

// WaitRead implements [nicio.Port]. Timeouts are measured by package time.
func (p *Port) WaitRead(timeout time.Duration) error {
	w := p.station.wire
	w.mu.Lock()
	closed, waiting := p.closed, p.first < len(p.queue)
	w.mu.Unlock()
	if closed {
		return p.closedError("wait for frames")
	}
	if waiting {
		return nil
	}
	return p.wait(timeout)
}

// WaitWrite implements [nicio.Port]. There is always room, so it returns at once.
func (p *Port) WaitWrite(time.Duration) error {
	select {
	case <-p.done:
		return p.closedError("wait for room")
	default:
		return nil
	}
}

func (p *Port) wait(timeout time.Duration) error {
	var over <-chan time.Time
	if timeout >= 0 {
		t := time.NewTimer(timeout)
		defer t.Stop()
		over = t.C
	}
	select {
	case <-p.ready:
	case <-p.wake:
	case <-over:
	case <-p.done:
	}
	select {
	case <-p.done:
		return p.closedError("wait for frames")
	default:
		return nil
	}
}

// Wake implements [nicio.Port].
func (p *Port) Wake() {
	token(p.wake)
}

// MAC implements [nicio.Port].
func (p *Port) MAC() nicio.MAC { return p.station.mac }

// Pending returns the number of frames in the receive queue.
func (p *Port) Pending() int {
	p.station.wire.mu.Lock()
	defer p.station.wire.mu.Unlock()
	return len(p.queue) - p.first
}

// Stats implements [nicio.Port].
func (p *Port) Stats() nicio.Stats {
	p.station.wire.mu.Lock()
	defer p.station.wire.mu.Unlock()
	return p.stats
}

// Close implements [nicio.Port]. What is in the queue is dropped.
func (p *Port) Close() error {
	w := p.station.wire
	w.mu.Lock()
	defer w.mu.Unlock()
	if p.closed {
		return nil
	}
	p.closed = true
	close(p.done)
	p.station.ports = slices.DeleteFunc(p.station.ports, func(q *Port) bool { return q == p })
	for frame := p.dequeue(); frame != nil; frame = p.dequeue() {
		w.recycle(frame)
	}
	return nil
}

func (p *Port) closedError(op string) error {
	return fmt.Errorf("nicio/mem: port at %v: %s: %w", p.station.mac, op, net.ErrClosed)
}
