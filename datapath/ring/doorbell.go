package ring

import (
	"errors"
	"fmt"
	"io"
	"os"
	"sync/atomic"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// A Ringer wakes the party at the other end of a ring. Ring must not block and may be called by any goroutine;
// rings that the party has not noticed yet may merge into one.
type Ringer interface {
	Ring()
}

// Doorbell is one end of a socketpair on which a single octet means "look at the rings". Both rings of a VC
// share it. Every call on it uses MSG_DONTWAIT, so nothing that the peer does to the socket can block this
// side. Ring may be called by any goroutine, Drain and Poll by one at a time.
type Doorbell struct {
	fd   int
	gone atomic.Bool
	wary bool // The kernel lets the peer attach descriptors: Drain looks before it takes.
	buf  [drainOctets]byte
	peek peeker
	poll [2]unix.PollFd
}

// ringOctet is what is sent; the value means nothing.
var ringOctet = []byte{1}

// drainOctets is what one Drain reads at most: more than an honest peer ever sends.
const drainOctets = 512

// newDoorbellPair makes a socketpair and returns one end ready for use and the other as a descriptor.
func newDoorbellPair() (*Doorbell, int, error) {
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, -1, fmt.Errorf("ring: doorbell: %w", os.NewSyscallError("socketpair", err))
	}
	for _, fd := range fds {
		// The smallest buffer that the kernel allows bounds the memory of rings that nobody drains.
		if err := unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_SNDBUF, 1); err != nil {
			_, _ = unix.Close(fds[0]), unix.Close(fds[1])
			return nil, -1, fmt.Errorf("ring: doorbell: %w", os.NewSyscallError("setsockopt", err))
		}
	}
	d := &Doorbell{fd: fds[0]}
	d.wary = refuseDescriptors(d.fd) != nil
	return d, fds[1], nil
}

// refuseDescriptors has the kernel refuse the descriptors that the peer would attach to a ring (Linux 6.16). Whoever
// takes in an octet that has some closes them, even without having asked for them, and the last close of a socket
// that lingers, for one, blocks for as long as the peer likes.
func refuseDescriptors(fd int) error {
	return os.NewSyscallError("setsockopt", unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_PASSRIGHTS, 0))
}

// openDoorbell adopts a descriptor received from the daemon. It closes it on failure.
func openDoorbell(fd int) (*Doorbell, error) {
	if err := checkDoorbell(fd); err != nil {
		_ = unix.Close(fd)
		return nil, fmt.Errorf("ring: doorbell: %w", err)
	}
	return &Doorbell{fd: fd}, nil
}

// checkDoorbell checks that a descriptor is a unix stream socket, and sets its flags.
func checkDoorbell(fd int) error {
	for _, want := range []struct{ option, value int }{
		{unix.SO_DOMAIN, unix.AF_UNIX},
		{unix.SO_TYPE, unix.SOCK_STREAM},
	} {
		got, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, want.option)
		if err != nil {
			return os.NewSyscallError("getsockopt", err)
		}
		if got != want.value {
			return fmt.Errorf("not a unix stream socket: option %d is %d", want.option, got)
		}
	}
	unix.CloseOnExec(fd)
	return os.NewSyscallError("fcntl", unix.SetNonblock(fd, true))
}

// Ring wakes the peer. A full buffer means that the peer has been rung already. A peer that is gone shows in Gone.
func (d *Doorbell) Ring() {
	for {
		switch err := unix.Send(d.fd, ringOctet, unix.MSG_DONTWAIT|unix.MSG_NOSIGNAL); {
		case err == nil, errors.Is(err, unix.EAGAIN):
			return
		case errors.Is(err, unix.EINTR):
			continue
		default:
			d.gone.Store(true)
			return
		}
	}
}

// Drain takes the rings that have arrived, at most 512 octets in one call however many the peer sent. It reports
// whether there were any. It returns io.EOF once the peer has closed or shut down its end, or has attached
// descriptors where the kernel does not refuse that: the doorbell then stays readable for ever, so the caller must
// take it out of its poll set. Drain first and look at the rings then, never the other way round.
func (d *Doorbell) Drain() (rung bool, err error) {
	for {
		switch n, errno := d.take(); {
		case errno == unix.EINTR:
			continue
		case errno == unix.EAGAIN:
			return false, nil
		case errno != 0 || n == 0:
			d.gone.Store(true)
			return false, io.EOF
		default:
			return true, nil
		}
	}
}

// take reads up to drainOctets. Octets with descriptors it leaves where they are, and returns 0 as at the end of file.
func (d *Doorbell) take() (int, syscall.Errno) {
	if !d.wary {
		return receive(d.fd, d.buf[:])
	}
	n, laden, errno := d.peek.look(d.fd, d.buf[:])
	if n <= 0 || laden || errno != 0 {
		return 0, errno
	}
	return receive(d.fd, d.buf[:n]) // Nobody else reads: these are the octets just seen.
}

// Fd returns the descriptor, for a poll set. It stays valid as long as the endpoint has users.
func (d *Doorbell) Fd() int { return d.fd }

// Gone reports whether Ring or Drain has found the peer's end closed or shut down.
func (d *Doorbell) Gone() bool { return d.gone.Load() }

// close gives the descriptor back. It does not wait for descriptors that the peer attached and that are closed with it.
func (d *Doorbell) close() error {
	if d.wary {
		go func() { _ = unix.Close(d.fd) }()
		return nil
	}
	return os.NewSyscallError("close", unix.Close(d.fd))
}

// Poll sleeps in poll(2) until the doorbell rings, the timeout passes or the descriptor cancel becomes readable, and
// drains the doorbell. A negative timeout is none, a negative cancel is none. It blocks its thread: it is for
// programs that own their threads and have armed a Consumer or Producer just before. It returns false after a
// timeout or a cancellation, and io.EOF as Drain does.
func (d *Doorbell) Poll(timeout time.Duration, cancel int) (rung bool, err error) {
	d.poll = [2]unix.PollFd{{Fd: int32(d.fd), Events: unix.POLLIN}, {Fd: int32(cancel), Events: unix.POLLIN}}
	var limit *unix.Timespec
	if timeout >= 0 {
		ts := unix.NsecToTimespec(int64(timeout))
		limit = &ts
	}
	for err = unix.EINTR; errors.Is(err, unix.EINTR); { // The kernel leaves what remains in limit.
		_, err = unix.Ppoll(d.poll[:], limit, nil)
	}
	if err != nil {
		return false, fmt.Errorf("ring: doorbell: %w", os.NewSyscallError("ppoll", err))
	}
	return d.Drain()
}

// Signal is the Ringer for a party in the same process: a channel that holds at most one ring.
type Signal chan struct{}

// NewSignal returns a Signal.
func NewSignal() Signal { return make(Signal, 1) }

// Ring leaves a token in the channel unless there is one.
func (s Signal) Ring() {
	select {
	case s <- struct{}{}:
	default:
	}
}
