package nicio

import (
	"fmt"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// maxResend bounds how often one WriteBatch offers a frame again that was refused for lack of
// buffers.
const maxResend = 3

// A transmitter is the transmitting half of a [PacketPort].
type transmitter struct {
	vec   txVector
	sleep sleeper
	wake  *wakeup
	stuck int  // Calls in a row stopped by ENOBUFS at their first frame.
	held  bool // AF_XDP had no room when last asked.
	count txCounters
}

func (t *transmitter) init(fd int, wake *wakeup) {
	t.vec.init()
	t.wake = wake
	t.sleep.watch(fd, unix.POLLOUT)
	t.sleep.watch(wake.fd, unix.POLLIN)
}

// WriteBatch implements [Port].
func (p *PacketPort) WriteBatch(frames []TxFrame) (int, error) {
	if !p.sock.enter() {
		return 0, p.closedError("write")
	}
	defer p.sock.leave()
	x := p.enterXDP()
	if x != nil {
		defer x.leave()
	}
	p.tx.held = false
	var done int
	for done < len(frames) {
		n, more, err := p.writeSome(x, frames[done:])
		done += n
		if err != nil || !more {
			return done, err
		}
	}
	return done, nil
}

// writeSome sends one vector of frames. It returns the number consumed and whether to go on with
// the next.
func (p *PacketPort) writeSome(x *xdpHalf, frames []TxFrame) (n int, more bool, err error) {
	frames = frames[:min(len(frames), BatchSize)]
	t := &p.tx
	if !p.bound.Load() {
		t.count.absent.Add(uint64(len(frames)))
		return len(frames), true, nil
	}
	if x != nil {
		if n := x.fitting(frames); n > 0 {
			n, more = x.write(t, frames[:n])
			return n, more, nil
		}
		frames = frames[:x.strange(frames)]
	}
	total := t.vec.fill(frames)
	a := attempt{t: t, frames: frames}
	for goOn := true; goOn && a.next < total; {
		n, errno := t.vec.send(p.sock.fd, a.next, total)
		switch errno { //nolint:exhaustive // The kernel's error numbers are an open set; failed knows the rest.
		case 0:
			a.sent(n)
		case unix.EBADF, unix.ENOTSOCK:
			goOn = false
			err = fmt.Errorf("nicio: port on %s: write: %w", p.cfg.Interface, os.NewSyscallError("sendmmsg", errno))
		default:
			goOn = a.failed(errno)
		}
	}
	t.vec.release(total)
	a.settle()
	return a.next, a.next == total, err
}

// An attempt is the state of sending one vector. Its verdicts are pure but for the counters, so
// that the tests walk them without a device that misbehaves.
type attempt struct {
	t      *transmitter
	frames []TxFrame
	next   int // First frame not consumed.
	good   int // Frames sent.
	octets int
	resent int  // Times that frame next was refused by ENOBUFS in this call.
	down   bool // Frame next was refused by ENETDOWN once.
}

// sent accounts for n frames that the device took.
func (a *attempt) sent(n int) {
	for _, f := range a.frames[a.next : a.next+n] {
		a.octets += len(f.Head) + len(f.Body)
	}
	a.good += n
	a.t.stuck = 0
	a.advance(n)
	if a.next < len(a.frames) {
		a.t.count.partial.Add(1)
	}
}

// advance goes on to another frame.
func (a *attempt) advance(n int) {
	a.next += n
	a.resent, a.down = 0, false
}

// failed decides about frame next, which the kernel refused with errno, and reports whether to go
// on.
func (a *attempt) failed(errno unix.Errno) bool {
	c := &a.t.count
	rest := len(a.frames) - a.next
	switch errno { //nolint:exhaustive // The kernel's error numbers are an open set; default counts the rest.
	case unix.EINTR:
	case unix.EAGAIN:
		c.busy.Add(1) // The socket's send buffer is full.
		return false
	case unix.ENOBUFS, unix.ENOMEM:
		return a.noBuffer()
	case unix.ENETDOWN:
		// The first one may be the pending report of a "down" that is over; the frame was not sent.
		if !a.down {
			a.down = true
			c.retryDown.Add(1)
			return true
		}
		c.down.Add(uint64(rest))
		a.advance(rest)
	case unix.ENXIO, unix.ENODEV:
		c.absent.Add(uint64(rest))
		a.advance(rest)
	case unix.EMSGSIZE:
		c.oversize.Add(1)
		a.advance(1)
	case unix.EINVAL:
		c.invalid.Add(1)
		a.advance(1)
	default:
		c.errors.Add(1)
		a.advance(1)
	}
	return true
}

// noBuffer offers the frame again a few times, then gives the batch back as back-pressure, and
// after StuckLimit such calls in a row drops the one frame.
func (a *attempt) noBuffer() bool {
	c := &a.t.count
	if a.resent < maxResend {
		a.resent++
		c.retryNoBuffer.Add(1)
		yield()
		return true
	}
	a.t.stuck++
	if a.t.stuck < StuckLimit {
		c.busy.Add(1)
		return false
	}
	a.t.stuck = 0
	c.noBuffer.Add(1)
	a.advance(1)
	return true
}

// settle adds the attempt's sums to the counters.
func (a *attempt) settle() {
	if a.good == 0 {
		return
	}
	a.t.count.frames.Add(uint64(a.good))
	a.t.count.octets.Add(uint64(a.octets))
	a.t.count.batches.Add(1)
}

// Unsent implements [Port]. It is the kernel's account of the sockets' buffers, out of which a frame
// goes when the device is done with it.
func (p *PacketPort) Unsent() int {
	if !p.sock.enter() {
		return 0
	}
	defer p.sock.leave()
	n, err := unix.IoctlGetInt(p.sock.fd, unix.SIOCOUTQ)
	if err != nil {
		n = 0 // Never: the socket knows the call.
	}
	if x := p.enterXDP(); x != nil {
		n += x.sock.Unsent()
		x.leave()
	}
	return n
}

// WaitWrite implements [Port].
func (p *PacketPort) WaitWrite(timeout time.Duration) error {
	t := &p.tx
	t.sleep.fds[0].Events = unix.POLLOUT
	if t.held { // The AF_PACKET socket has room, but that is not what is waited for.
		t.sleep.fds[0].Events = 0
		if timeout < 0 || timeout > xdpPause {
			timeout = xdpPause
		}
	}
	return p.wait("wait for room", t.wake, &t.sleep, 0, timeout)
}

// wait sleeps on one half's descriptors, which stay open meanwhile.
func (p *PacketPort) wait(op string, wake *wakeup, sleep *sleeper, spin, timeout time.Duration) error {
	if !p.sock.enter() {
		return p.closedError(op)
	}
	defer p.sock.leave()
	if err := sleep.wait(wake, spin, timeout); err != nil {
		return err
	}
	if p.sock.refs.closed() {
		return p.closedError(op)
	}
	return nil
}
