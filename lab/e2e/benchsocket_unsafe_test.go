package e2e_test

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"os"
	"runtime"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// batch is how many frames a socket path moves by one system call.
const batch = 64

// endSize is how many octets say that no more follow.
const endSize = 3

// A socketPath is the plain path that everything is measured against, written as in C: a socket, sendmmsg and
// recvmmsg, and write and read for one frame, nothing else. The system calls are raw, so that the Go scheduler
// takes no part. It is one of a packet socket, whose frames begin with a head, or of UDP, whose have none.
type socketPath struct {
	fd   int
	head []byte
	hdrs [batch]unix.Mmsghdr
	iovs [batch]unix.Iovec
	bufs [batch][]byte
}

// bareLabel is the label of the bare path's frames.
const bareLabel = 0x20064

// bareHead is what the frames of the bare path begin with, as those of a VC in frame mode do.
func bareHead() ([]byte, error) {
	from, err1 := net.ParseMAC(os.Getenv(fromEnv))
	to, err2 := net.ParseMAC(os.Getenv(toEnv))
	if err := errors.Join(err1, err2); err != nil {
		return nil, err
	}
	word := []byte{0, 0, 0, 0}
	return ether(to, from, 0x8847, binary.BigEndian.AppendUint32(nil, bareLabel<<12|1<<8|255), word), nil
}

// newSocketPath uses a socket.
func newSocketPath(fd int, head []byte) *socketPath {
	p := &socketPath{fd: fd, head: head}
	for i := range p.hdrs {
		p.bufs[i] = make([]byte, 2048)
		copy(p.bufs[i], p.head)
		p.iovs[i].Base = &p.bufs[i][0]
		p.hdrs[i].Hdr.Iov = &p.iovs[i]
		p.hdrs[i].Hdr.SetIovlen(1)
	}
	return p
}

// move calls recvmmsg or sendmmsg for n frames of a size.
func (p *socketPath) move(call uintptr, n, size int, flags uintptr) (int, error) {
	for i := range n {
		p.iovs[i].SetLen(size)
	}
	// Safety: hdrs has batch elements, n is at most that, and all pointers were set at creation and stay alive with p.
	r, _, errno := unix.RawSyscall6(call, uintptr(p.fd), uintptr(unsafe.Pointer(&p.hdrs[0])), uintptr(n), flags, 0, 0)
	if errno != 0 {
		return 0, errno
	}
	return int(r), nil
}

// single writes or reads one frame of the last or the first buffer.
func (p *socketPath) single(call uintptr, b []byte, flags uintptr) error {
	// Safety: b is not empty, and it stays alive with p.
	_, _, errno := unix.RawSyscall6(call, uintptr(p.fd), uintptr(unsafe.Pointer(&b[0])), uintptr(len(b)), flags, 0, 0)
	runtime.KeepAlive(p)
	if errno != 0 {
		return errno
	}
	return nil
}

// send sends frames with SDUs of a size for a time, and then tells the receiver that no more follow.
func (p *socketPath) send(size int, d time.Duration) (moved, error) {
	began := time.Now()
	var m moved
	for time.Since(began) < d {
		for range 8 {
			n, err := p.move(unix.SYS_SENDMMSG, batch, len(p.head)+size, 0)
			if err != nil && !errors.Is(err, unix.ENOBUFS) {
				return m, fmt.Errorf("sendmmsg: %w", err)
			}
			m.SDUs += n
		}
	}
	m.Time = time.Since(began)
	return m, p.one(endSize)
}

// receive receives until it is told that no more follow, or nothing has for as long as the socket waits: the end
// may have been dropped.
func (p *socketPath) receive() (moved, error) {
	var m moved
	var first, last time.Time
	for {
		n, err := p.move(unix.SYS_RECVMMSG, batch, len(p.bufs[0]), unix.MSG_WAITFORONE)
		switch {
		case errors.Is(err, unix.EINTR) || errors.Is(err, unix.EAGAIN) && first.IsZero():
			continue
		case errors.Is(err, unix.EAGAIN):
			m.Time = last.Sub(first)
			return m, nil
		case err != nil:
			return m, fmt.Errorf("recvmmsg: %w", err)
		case int(p.hdrs[n-1].Len) == len(p.head)+endSize:
			m.SDUs += n - 1
			m.Time = last.Sub(first)
			return m, nil
		}
		last = time.Now()
		if first.IsZero() { // the first batch only starts the clock
			first = last
			continue
		}
		m.SDUs += n
	}
}

// both sends and receives at once. What it returns is what came.
func (p *socketPath) both(size int, d time.Duration) (moved, error) {
	sent := make(chan error, 1)
	go func() {
		_, err := newSocketPath(p.fd, p.head).send(size, d)
		sent <- err
	}()
	m, err := p.receive()
	return m, errors.Join(err, <-sent)
}

// roundTrips sends frames and waits for each to come back.
func (p *socketPath) roundTrips(size, n int, spin bool) ([]time.Duration, error) {
	times := make([]time.Duration, n)
	for i := range times {
		began := time.Now()
		if err := p.one(size); err != nil {
			return nil, err
		}
		if err := p.await(spin); err != nil {
			return nil, err
		}
		times[i] = time.Since(began)
	}
	return times, nil
}

// echo sends back so many frames.
func (p *socketPath) echo(size, n int, spin bool) error {
	for range n {
		if err := p.await(spin); err != nil {
			return err
		}
		if err := p.one(size); err != nil {
			return err
		}
	}
	return nil
}

// one sends one frame from the last buffer, which nothing is received into.
func (p *socketPath) one(size int) error {
	b := p.bufs[batch-1][:len(p.head)+size]
	copy(b, p.head)
	return p.single(unix.SYS_SENDTO, b, 0)
}

// await receives one frame, asleep or spinning.
func (p *socketPath) await(spin bool) error {
	flags := uintptr(0)
	if spin {
		flags = unix.MSG_DONTWAIT
	}
	for {
		err := p.single(unix.SYS_RECVFROM, p.bufs[0], flags)
		if !errors.Is(err, unix.EAGAIN) && !errors.Is(err, unix.EINTR) {
			return err
		}
	}
}

// exchange is the frames of a call from the side that makes it: SETUP, CONNECT, CONNECT ACKNOWLEDGE and RELEASE,
// RELEASE COMPLETE, of a hundred octets each.
func (p *socketPath) exchange(n int, caller bool) error {
	const size = 100
	steps := []bool{true, false, true, true, false} // true: the caller sends
	for range n {
		for _, callers := range steps {
			var err error
			if callers == caller {
				err = p.one(size)
			} else {
				err = p.await(false)
			}
			if err != nil {
				return err
			}
		}
	}
	return nil
}
