package nicio

import (
	"encoding/binary"
	"fmt"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// A receiver is the receiving half of a [PacketPort].
type receiver struct {
	vec   rxVector
	sleep sleeper
	spin  time.Duration
	heard bool // Frames have come since the last WaitRead.
	wake  *wakeup
	count rxCounters
}

func (r *receiver) init(fd int, wake *wakeup, spin time.Duration) {
	r.vec.init()
	r.wake, r.spin = wake, spin
	r.sleep.watch(fd, unix.POLLIN)
	r.sleep.watch(wake.fd, unix.POLLIN)
}

// ReadBatch implements [Port].
func (p *PacketPort) ReadBatch(frames []RxFrame) (int, error) {
	if !p.sock.enter() {
		return 0, p.closedError("read")
	}
	defer p.sock.leave()
	if len(frames) == 0 {
		return 0, nil
	}
	n, err := p.read(frames)
	if err != nil {
		err = fmt.Errorf("nicio: port on %s: read: %w", p.cfg.Interface, err)
	}
	return n, err
}

// read receives a batch from a socket for a station. It reports whether the socket was found empty.
func (r *receiver) read(fd int, frames []RxFrame, own uint64) (n int, empty bool, err error) {
	frames = frames[:min(len(frames), BatchSize)]
	for range maxReadErrors {
		n, errno := r.vec.recv(fd, frames)
		switch errno { //nolint:exhaustive // The kernel's error numbers are an open set; default counts the rest.
		case 0:
			r.heard = true
			return r.sift(frames[:n], own), false, nil
		case unix.EAGAIN:
			return 0, true, nil
		case unix.EINTR:
		case unix.ENETDOWN, unix.ENXIO, unix.ENODEV:
			r.count.down.Add(1) // Reported once; the socket works again when the interface does.
		case unix.EBADF, unix.ENOTSOCK:
			return 0, false, os.NewSyscallError("recvmmsg", errno)
		default:
			r.count.errors.Add(1)
		}
	}
	return 0, false, nil
}

// maxReadErrors bounds the receive calls of one ReadBatch: a pending error is reported once, then
// the frames behind it are there.
const maxReadErrors = 4

// sift moves the frames to deliver to the front, keeps their order, counts all and returns how
// many there are.
func (r *receiver) sift(frames []RxFrame, own uint64) int {
	var n, octets int
	for i := range frames {
		f := &frames[i]
		f.Len = r.vec.length(i)
		if !r.admit(f, r.vec.kind(i), own) {
			continue
		}
		octets += f.Len
		if n != i {
			frames[n], frames[i] = frames[i], frames[n]
		}
		n++
	}
	if n > 0 {
		r.count.frames.Add(uint64(n))
		r.count.octets.Add(uint64(octets))
		r.count.batches.Add(1)
	}
	return n
}

// admit decides about one frame and counts the refused by reason. A frame of our own counts as a
// loop whomever it was meant for.
func (r *receiver) admit(f *RxFrame, kind uint8, own uint64) bool {
	switch {
	case f.Len < HeaderLen:
		r.count.runt.Add(1)
	case len(f.Buf) >= HeaderLen && sourceOf(f.Buf) == own:
		r.count.loop.Add(1)
	case kind == unix.PACKET_BROADCAST || kind == unix.PACKET_MULTICAST:
		r.count.group.Add(1)
	case kind != unix.PACKET_HOST:
		r.count.otherHost.Add(1)
	case f.Len > len(f.Buf):
		r.count.truncated.Add(1)
	default:
		return true
	}
	return false
}

// sourceOf returns the source address of a frame of at least HeaderLen octets as a number.
func sourceOf(b []byte) uint64 { return binary.BigEndian.Uint64(b[4:12]) & (1<<48 - 1) }

// WaitRead implements [Port].
func (p *PacketPort) WaitRead(timeout time.Duration) error {
	r := &p.rx
	if p.unread.some.Load() {
		timeout = 0
	}
	ear := -1
	if x := p.in.Load(); x != nil && x.refs.enter() {
		defer x.leave()
		ear = x.sock.Descriptor()
	}
	r.sleep.also(ear)
	return p.wait("wait for frames", r.wake, &r.sleep, r.patience(), timeout)
}

// patience is how long to look for frames before sleeping.
func (r *receiver) patience() time.Duration {
	spin := r.spin
	if !r.heard { // Somebody has woken the worker for another reason: no frame is likely to follow.
		spin = 0
	}
	r.heard = false
	return spin
}
