package nicio

import (
	"errors"
	"fmt"
	"os"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"

	"callmanager/nicio/xsk"
)

// A Path is how frames pass between a [PacketPort] and the NIC, in one direction.
type Path uint8

const (
	// PathPacket is the AF_PACKET socket: sending, through the queueing discipline of the interface.
	PathPacket Path = iota + 1
	// PathXDP is an AF_XDP socket. Sending, it is one in copy mode: straight to a transmit queue of the NIC, on
	// any NIC. That takes CAP_NET_RAW, 2 or 4 MiB of locked memory, a queue without another owner and frames that
	// fit a page; in a sandbox the address family. Receiving, see package divert for what it takes.
	PathXDP
	// PathZeroCopy is, receiving alone, an AF_XDP socket whose frames the driver itself puts into the port's memory.
	PathZeroCopy
)

// String returns the name that configuration and reports use.
func (p Path) String() string {
	switch p {
	case PathPacket:
		return "packet"
	case PathXDP:
		return "xdp"
	case PathZeroCopy:
		return "xdp, zero-copy"
	}
	return fmt.Sprintf("path(%d)", uint8(p))
}

const (
	// maxIdleKicks bounds the calls in a row in which the kernel takes nothing.
	maxIdleKicks = 3
	// xdpPause is how long WaitWrite sleeps after back-pressure: of the room in a NIC's queue the
	// socket knows nothing.
	xdpPause = 100 * time.Microsecond
	// busyTries and busyPause wait for a socket just closed to leave its queue, which the kernel
	// does behind our back, 20 to 30 ms after the fact, and later on a machine with too much to do.
	busyTries = 100
	busyPause = 5 * time.Millisecond
)

// An xdpHalf is what a port has of AF_XDP on one interface: what it sends by, what it receives by, or both. Rebind
// replaces it; the workers enter and leave.
type xdpHalf struct {
	sock  *xsk.Socket
	ear   *ear        // Nil: it does not receive.
	fd    int         // The port's other socket.
	flags *unix.Ifreq // Out of running.
	index int
	limit atomic.Int64 // Octets of the longest frame for it: what the MTU allows; 0: it is of no use.
	refs  refCount
	gone  chan struct{} // Closed when nobody is inside any more.
}

// openXDP makes the sockets of a configuration, beside the port's other one. It tries so many times while the queue
// has another owner.
func openXDP(name string, cfg xsk.Config, tries int) (x *xdpHalf, err error) {
	x = &xdpHalf{fd: cfg.Beside, index: cfg.Index, gone: make(chan struct{})}
	if x.flags, err = unix.NewIfreq(name); err != nil {
		return nil, err
	}
	x.limit.Store(int64(cfg.MaxFrame))
	for try := range tries {
		if try > 0 {
			time.Sleep(busyPause)
		}
		if x.sock, err = xsk.Open(cfg); !errors.Is(err, unix.EBUSY) {
			break
		}
	}
	if err != nil {
		return nil, err
	}
	x.refs.open()
	return x, nil
}

func (x *xdpHalf) leave() {
	if x.refs.leave() {
		close(x.gone)
	}
}

// shut refuses further entries and returns when the last user has left; the one who sleeps is woken.
func (x *xdpHalf) shut(reader *wakeup) {
	if _, last := x.refs.close(); last {
		close(x.gone)
	}
	reader.set()
	<-x.gone
}

// fitting returns how many leading frames are for this socket. The others are malformed or longer
// than the MTU was when last heard of: the AF_PACKET socket gets the kernel's verdict on them.
func (x *xdpHalf) fitting(frames []TxFrame) int {
	limit := int(x.limit.Load())
	for i := range frames {
		if n := len(frames[i].Head) + len(frames[i].Body); n < HeaderLen || n > limit {
			return i
		}
	}
	return len(frames)
}

// strange returns how many leading frames are not.
func (x *xdpHalf) strange(frames []TxFrame) int {
	for i := range frames {
		if x.fitting(frames[i:i+1]) > 0 {
			return i
		}
	}
	return len(frames)
}

// write sends one vector of fitting frames. It returns the number consumed and whether to go on
// with the next.
func (x *xdpHalf) write(t *transmitter, frames []TxFrame) (n int, more bool) {
	a := attempt{t: t, frames: frames}
	more = x.try(&a)
	a.settle()
	t.count.xdp.Add(uint64(a.good))
	return a.next, more
}

// try makes an attempt and reports whether to go on with the next.
func (x *xdpHalf) try(a *attempt) bool {
	for goOn := true; goOn && a.next < len(a.frames); {
		switch errno := x.send(a); errno { //nolint:exhaustive // The kernel's error numbers are an open set; failed knows the rest.
		case 0:
		case unix.EBADF: // The other socket gets the rest.
			x.limit.Store(0)
			return true
		default:
			goOn = a.failed(errno)
			a.t.held = !goOn
		}
	}
	return a.next == len(a.frames)
}

// send has the kernel take what is left of an attempt. What it does not take is ours again; the
// error says why.
func (x *xdpHalf) send(a *attempt) unix.Errno {
	s := x.sock
	s.Reap()
	var left int
	for i := range a.frames[a.next:] {
		f := &a.frames[a.next+i]
		if !s.Put(f.Head, f.Body) {
			break
		}
		left++
	}
	if left == 0 { // No room, unless the kernel knows of something worse.
		_, _, errno := s.Kick()
		return later(errno)
	}
	sent, errno := x.push(left)
	if sent < left {
		sent += s.Recall()
	}
	if sent > 0 {
		a.sent(sent)
	}
	if sent == left {
		return 0
	}
	return later(errno)
}

// push kicks until the kernel has sent so many frames, fails, or takes nothing. It returns how many
// it has sent, and why not all.
func (x *xdpHalf) push(frames int) (sent int, errno unix.Errno) {
	for idle := 0; sent < frames && idle < maxIdleKicks && later(errno) == unix.EAGAIN; {
		var taken int
		var lost bool
		taken, lost, errno = x.sock.Kick()
		switch {
		case lost && x.running():
			return sent + taken - 1, unix.ENOBUFS
		case lost:
			return sent + taken - 1, unix.ENETDOWN
		case taken > 0:
			idle = 0
		default:
			idle++
			yield()
		}
		sent += taken
	}
	return sent, errno
}

// running tells why the interface lost a frame. One that runs had no room for it, be it an interface
// on top of another one; to one without carrier the kernel gives none.
func (x *xdpHalf) running() bool {
	err := unix.IoctlIfreq(x.fd, unix.SIOCGIFFLAGS, x.flags)
	return err == nil && x.flags.Uint16()&unix.IFF_RUNNING != 0
}

// later returns unix.EAGAIN for what another call may mend, and other errors as they are.
func later(errno unix.Errno) unix.Errno {
	if errno == 0 || errno == unix.EINTR {
		return unix.EAGAIN
	}
	return errno
}

// enterXDP returns the socket to send by, or nil; the caller is to leave it.
func (p *PacketPort) enterXDP() *xdpHalf {
	if x := p.xdp.Load(); x != nil && x.refs.enter() {
		return x
	}
	return nil
}

// Transmit returns how frames leave now. If that is not as configured the error says why; the port
// tries again at every Rebind. (A Rebind on a thread in another network namespace cannot open an
// AF_XDP socket for an interface that is new.) While the port has no interface it is [PathPacket] without an error.
func (p *PacketPort) Transmit() (Path, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if x := p.xdp.Load(); x != nil && x.limit.Load() > 0 {
		return PathXDP, nil
	} else if x != nil {
		return PathPacket, p.nonsense()
	}
	return PathPacket, p.slow
}

// nonsense is what is said of sockets with which the kernel writes what it cannot.
func (p *PacketPort) nonsense() error {
	return fmt.Errorf("nicio: port on %s: the rings of its AF_XDP socket make no sense", p.cfg.Interface)
}

// mtuOf returns the MTU of an interface in octets.
func mtuOf(fd int, name string) (int, error) {
	ifr, err := unix.NewIfreq(name)
	if err != nil {
		return 0, err
	}
	if err := unix.IoctlIfreq(fd, unix.SIOCGIFMTU, ifr); err != nil {
		return 0, fmt.Errorf("MTU of %s: %w", name, os.NewSyscallError("ioctl", err))
	}
	return int(ifr.Uint32()), nil
}
