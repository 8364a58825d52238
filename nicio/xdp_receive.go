package nicio

import (
	"sync"
	"sync/atomic"

	"golang.org/x/sys/unix"

	"callmanager/nicio/divert"
)

// otherTurn is how often ReadBatch looks at the AF_PACKET socket first, so that what passes the program is not left
// lying while AF_XDP is busy.
const otherTurn = 16

// An ear is what an [xdpHalf] needs to receive.
type ear struct {
	program  *divert.Program
	slots    int
	zeroCopy bool
	earlier  uint64 // How many frames had come to the port before the program.
	primed   bool   // The reader has all of those.
	turn     int
}

// unread are frames that a port had received when it gave an AF_XDP socket up.
type unread struct {
	some   atomic.Bool
	mu     sync.Mutex
	frames []unreadFrame
}

// An unreadFrame is one of them, with what is known of it.
type unreadFrame struct {
	octets []byte
	length int   // Of the whole frame.
	kind   uint8 // Its packet type.
	xdp    bool  // It came by AF_XDP.
}

// keepUnread ends the diverting of frames, and copies what the reader has not read and would read first. Nobody is
// inside, so that the reader meets nothing that came later before it meets this.
func (p *PacketPort) keepUnread(x *xdpHalf) {
	p.unread.mu.Lock()
	defer p.unread.mu.Unlock()
	if !x.ear.primed {
		p.keepEarlier(x.ear)
	}
	x.ear.program.Restore()
	in := x.sock.Receiver
	for i := range in.Ready(x.ear.slots) {
		if f := in.Frame(i); f != nil {
			p.unread.frames = append(p.unread.frames, unreadFrame{append([]byte(nil), f...), len(f), unix.PACKET_HOST, true})
		}
	}
	p.unread.some.Store(len(p.unread.frames) > 0)
}

// keepEarlier copies what came by AF_PACKET before the program did, as far as it was not read: as many frames.
func (p *PacketPort) keepEarlier(e *ear) {
	const longest = 1 << 16
	vec, frames := new(rxVector), make([]RxFrame, BatchSize)
	vec.init()
	for i := range frames {
		frames[i].Buf = make([]byte, longest)
	}
	for left := int64(e.earlier-p.rx.count.taken()) - int64(len(p.unread.frames)); left > 0; { //nolint:gosec // what a queue holds
		n, errno := vec.recv(p.sock.fd, frames[:min(left, BatchSize)])
		switch errno { //nolint:exhaustive // The kernel's error numbers are an open set; default ends the copying.
		case 0, unix.EINTR:
		case unix.ENETDOWN:
			p.rx.count.down.Add(1) // Reported once.
		default: // EAGAIN: some were thrown away unread.
			return
		}
		for i, f := range frames[:n] {
			octets := f.Buf[:min(vec.length(i), longest)]
			p.unread.frames = append(p.unread.frames, unreadFrame{append([]byte(nil), octets...), vec.length(i), vec.kind(i), false})
		}
		left -= int64(n)
	}
}

// readUnread delivers them.
func (p *PacketPort) readUnread(frames []RxFrame) int {
	p.unread.mu.Lock()
	defer p.unread.mu.Unlock()
	got := p.unread.frames[:min(len(frames), BatchSize, len(p.unread.frames))]
	b := xdpBatch{r: &p.rx, frames: frames, own: p.own.Load()}
	for _, f := range got {
		b.put(f)
	}
	b.settle()
	clear(got)
	if p.unread.frames = p.unread.frames[len(got):]; len(p.unread.frames) == 0 {
		p.unread.frames = nil
		p.unread.some.Store(false)
	}
	return b.n
}

// read receives a batch by whatever the port has. The order is that of arrival as far as the kernel keeps one: what came
// by AF_PACKET before the program did comes first, and what an AF_XDP socket had when it was given up.
func (p *PacketPort) read(frames []RxFrame) (n int, err error) {
	x := p.in.Load() // Before the look at what is unread: there is nothing new behind it.
	if p.unread.some.Load() {
		return p.readUnread(frames), nil
	}
	if x == nil {
		n, _, err = p.rx.read(p.sock.fd, frames, p.own.Load())
		return n, err
	}
	if !x.refs.enter() {
		return 0, nil // Rebind is about to keep what is unread, and wakes us then.
	}
	defer x.leave()
	e := x.ear
	if !e.primed {
		n, e.primed, err = p.readEarlier(e, frames)
		if !e.primed {
			return n, err
		}
	}
	if e.turn++; e.turn%otherTurn == 0 {
		if n, _, err = p.rx.read(p.sock.fd, frames, p.own.Load()); n > 0 || err != nil {
			return n, err
		}
	}
	if n, empty := p.rx.hear(x, frames, p.own.Load()); !empty {
		return n, nil
	}
	n, _, err = p.rx.read(p.sock.fd, frames, p.own.Load())
	return n, err
}

// readEarlier receives a batch of what came by AF_PACKET before the program did, and reports whether there was none.
func (p *PacketPort) readEarlier(e *ear, frames []RxFrame) (n int, none bool, err error) {
	for p.rx.count.taken() < e.earlier {
		n, empty, err := p.rx.read(p.sock.fd, frames, p.own.Load())
		if n > 0 || err != nil {
			return n, false, err
		}
		if empty { // Some were thrown away unread.
			break
		}
	}
	return 0, true, nil
}

// hear receives a batch from an AF_XDP socket. It reports whether the socket was found empty.
func (r *receiver) hear(x *xdpHalf, frames []RxFrame, own uint64) (n int, empty bool) {
	in := x.sock.Receiver
	got := in.Ready(min(len(frames), BatchSize))
	if got == 0 {
		return 0, true
	}
	b := xdpBatch{r: r, frames: frames, own: own}
	for i := range got {
		if f := in.Frame(i); f != nil {
			b.put(unreadFrame{f, len(f), unix.PACKET_HOST, true})
		}
	}
	in.Done(got)
	b.settle()
	r.heard = true
	return b.n, false
}

// An xdpBatch delivers frames that lie in memory of the port's.
type xdpBatch struct {
	r              *receiver
	frames         []RxFrame
	own            uint64
	n, xdp, octets int
}

// put delivers a frame, or counts why not. There is room.
func (b *xdpBatch) put(from unreadFrame) {
	f := &b.frames[b.n]
	f.Len = from.length
	copy(f.Buf, from.octets)
	if !b.r.admit(f, from.kind, b.own) {
		return
	}
	b.n++
	b.octets += f.Len
	if from.xdp {
		b.xdp++
	}
}

// settle adds the batch's sums to the counters.
func (b *xdpBatch) settle() {
	if b.n == 0 {
		return
	}
	c := &b.r.count
	c.frames.Add(uint64(b.n))
	c.xdp.Add(uint64(b.xdp))
	c.octets.Add(uint64(b.octets))
	c.batches.Add(1)
}

// begin counts what a half receives.
func (c *kernelCounters) begin(x *xdpHalf) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.from = x
}

// end takes the last word on what a half has received: nothing more comes to it. What was diverted and has not arrived
// is lost.
func (c *kernelCounters) end(x *xdpHalf) {
	c.mu.Lock()
	defer c.mu.Unlock()
	arrived := x.sock.Arrived()
	_, starved := x.sock.Losses()
	c.queued += arrived
	c.overrun += x.ear.program.Count() - arrived
	c.starved += starved
	c.from = nil
}

// underway returns how many frames the program has diverted that the socket neither has nor has dropped yet.
func (c *kernelCounters) underway() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	x := c.from
	if x == nil {
		return 0
	}
	diverted := x.ear.program.Count()
	lost, _ := x.sock.Losses()
	return max(int(diverted-lost-x.sock.Arrived()), 0) //nolint:gosec // what a batch of the kernel's has
}
