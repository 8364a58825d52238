package e2e_test

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"os"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// batch is how many frames the bare path moves by one system call.
const batch = 64

// barePath is the plain path that everything is measured against: a packet socket, sendmmsg and recvmmsg, nothing else.
type barePath struct {
	fd   int
	head []byte
	hdrs [batch]unix.Mmsghdr
	iovs [batch]unix.Iovec
	bufs [batch][]byte
}

// bareLabel is the label of the frames, and bareEnd that of those that say that no more follow.
const (
	bareLabel = 0x20064
	bareEnd   = 0x20065
)

// newBarePath uses the socket that the process was started with.
func newBarePath() (*barePath, error) {
	p := &barePath{fd: 3}
	from, err1 := net.ParseMAC(os.Getenv(fromEnv))
	to, err2 := net.ParseMAC(os.Getenv(toEnv))
	if err := errors.Join(err1, err2); err != nil {
		return nil, err
	}
	word := []byte{0, 0, 0, 0}
	p.head = ether(to, from, 0x8847, binary.BigEndian.AppendUint32(nil, bareLabel<<12|1<<8|255), word)
	for i := range p.hdrs {
		p.bufs[i] = make([]byte, 2048)
		copy(p.bufs[i], p.head)
		p.iovs[i].Base = &p.bufs[i][0]
		p.hdrs[i].Hdr.Iov = &p.iovs[i]
		p.hdrs[i].Hdr.SetIovlen(1)
	}
	return p, nil
}

// move calls recvmmsg or sendmmsg for n frames of a size.
func (p *barePath) move(call uintptr, n, size int, flags uintptr) (int, error) {
	for i := range n {
		p.iovs[i].SetLen(size)
	}
	// Safety: hdrs has batch elements, n is at most that, and all pointers were set at creation and stay alive with p.
	r, _, errno := unix.Syscall6(call, uintptr(p.fd), uintptr(unsafe.Pointer(&p.hdrs[0])), uintptr(n), flags, 0, 0)
	if errno != 0 {
		return 0, errno
	}
	return int(r), nil
}

// label returns the label of received frame i.
func (p *barePath) label(i int) uint32 { return binary.BigEndian.Uint32(p.bufs[i][14:]) >> 12 }

// send sends frames with SDUs of a size for a time, and then tells the receiver that no more follow.
func (p *barePath) send(size int, d time.Duration) (moved, error) {
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
	end := append([]byte{}, p.head...)
	binary.BigEndian.PutUint32(end[14:], bareEnd<<12|1<<8|255)
	_, err := unix.Write(p.fd, end)
	return m, err
}

// receive receives until it is told that no more follow.
func (p *barePath) receive() (moved, error) {
	var m moved
	var first, last time.Time
	for {
		n, err := p.move(unix.SYS_RECVMMSG, batch, len(p.bufs[0]), unix.MSG_WAITFORONE)
		switch {
		case errors.Is(err, unix.EINTR):
			continue
		case err != nil:
			return m, fmt.Errorf("recvmmsg: %w", err)
		case p.label(n-1) == bareEnd:
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

// roundTrips sends frames and waits for each to come back.
func (p *barePath) roundTrips(size, n int, spin bool) ([]time.Duration, error) {
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
func (p *barePath) echo(size, n int, spin bool) error {
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
func (p *barePath) one(size int) error {
	b := p.bufs[batch-1][:len(p.head)+size]
	copy(b, p.head)
	_, err := unix.Write(p.fd, b)
	return err
}

// await receives one frame, asleep or spinning.
func (p *barePath) await(spin bool) error {
	flags := 0
	if spin {
		flags = unix.MSG_DONTWAIT
	}
	for {
		_, _, err := unix.Recvfrom(p.fd, p.bufs[0], flags)
		if !errors.Is(err, unix.EAGAIN) && !errors.Is(err, unix.EINTR) {
			return err
		}
	}
}

// exchange is the frames of a call from the side that makes it: SETUP, CONNECT, CONNECT ACKNOWLEDGE and RELEASE,
// RELEASE COMPLETE, of a hundred octets each.
func (p *barePath) exchange(n int, caller bool) error {
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
