package nicio

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/net/bpf"
	"golang.org/x/sys/unix"
)

// Config says what a [PacketPort] is. The zero value of each member but Interface is a good
// default.
type Config struct {
	// Interface is the name of the NIC, 1 to 15 octets. It need not exist yet.
	Interface string
	// EtherType is what the socket is bound to; zero means [EtherTypeMPLS].
	EtherType uint16
	// Filter is a classic BPF program over the whole frame, Ethernet header first, see
	// [AcceptLabels]. It is in force before the first frame arrives. Nil keeps everything.
	Filter []bpf.RawInstruction
	// TransmitOnly makes a port that receives nothing: its socket is bound to no EtherType.
	TransmitOnly bool
	// RecvBuffer is the receive queue in octets; zero means 100 ms at the speed of the NIC, within
	// [MinRecvBuffer] and [MaxRecvBuffer]. Beyond net.core.rmem_max it takes CAP_NET_ADMIN; see
	// [PacketPort.Buffers] for what was granted.
	RecvBuffer int
	// SendBuffer is the transmit queue in octets; zero keeps net.core.wmem_default.
	SendBuffer int
	// Priority is SO_PRIORITY of the frames sent, 0 to 6 without CAP_NET_ADMIN. It selects the band
	// of the NIC's queueing discipline.
	Priority int
	// Transmit is how frames leave; zero means [PathPacket]. Where [PathXDP] is not to be had the port
	// sends by [PathPacket], see [PacketPort.Transmit].
	Transmit Path
	// Receive is how frames arrive; zero means [PathPacket]. By [PathXDP] and [PathZeroCopy] the frames that are for
	// this station alone are taken off the NIC's receive queue, so that nobody else on this host sees them; zero-copy
	// if the driver can, in copy mode by PathXDP alone. The others, those of other queues and, where it is not to be
	// had, all come by PathPacket as ever, see [PacketPort.Receive].
	Receive Path
	// Queue is the queue of the NIC for PathXDP, of either kind, which has one owner. Every NIC has queue 0; where
	// there is no such queue the port uses [PathPacket].
	Queue int
	// Spin is how long WaitRead looks before it sleeps; zero means [DefaultSpin], negative sleeps
	// at once.
	Spin time.Duration
}

// StuckLimit is the number of WriteBatch calls in a row that ENOBUFS may stop at the same frame;
// then the frame is dropped and counted, so that a device without buffers cannot stop a worker for
// ever.
const StuckLimit = 32

// A PacketPort is a [Port] on a NIC: an AF_PACKET socket of type SOCK_RAW, so frames have their
// Ethernet header in both directions.
//
// It survives its NIC. The NIC may be absent when the port is opened, go down and up, be deleted
// and created again, renamed and given another address: [PacketPort.Rebind] binds the same socket
// to whatever has the configured name now, while workers use it.
type PacketPort struct {
	cfg       Config
	sock      *descriptor
	readWake  *wakeup
	writeWake *wakeup
	own       atomic.Uint64 // Address as a number; zero while unbound.
	bound     atomic.Bool

	xdp    atomic.Pointer[xdpHalf] // What frames leave by; nil: the AF_PACKET socket.
	in     atomic.Pointer[xdpHalf] // What frames arrive by besides the AF_PACKET socket, or nil.
	unread unread

	mu      sync.Mutex // Held by Rebind; guards the next eight.
	muted   bool       // rejectAll is attached.
	speed   uint64
	buffers Buffers
	half    *xdpHalf // The one that xdp or in, or both, are.
	slow    error    // Why xdp is nil although it is configured,
	deaf    error    // and why in is.
	refused refusal
	taken   bool // The queue had another owner for as long as it was waited for.

	rx     receiver
	_      [128]byte
	tx     transmitter
	_      [128]byte
	kernel kernelCounters
}

// Open makes a port. If no interface has the configured name the port is open but unbound: it
// receives nothing and drops what is sent until [PacketPort.Rebind] finds one. Opening takes
// CAP_NET_RAW in the network namespace of the calling thread; without it the error wraps
// unix.EPERM. An interface that is not Ethernet is an error.
//
// The order is filter, options, bind: no frame that the filter refuses and no frame sent by this
// host is ever queued.
func Open(cfg Config) (*PacketPort, error) {
	if err := cfg.normalize(); err != nil {
		return nil, err
	}
	sock, err := openDescriptor(cfg.Filter)
	if err != nil {
		return nil, fmt.Errorf("nicio: open port on %s (takes CAP_NET_RAW): %w", cfg.Interface, err)
	}
	p := &PacketPort{cfg: cfg, sock: sock}
	if err := p.prepare(); err != nil {
		_ = p.Close()
		return nil, err
	}
	if err := p.Rebind(); err != nil && !errors.Is(err, unix.ENODEV) {
		_ = p.Close()
		return nil, err
	}
	return p, nil
}

// normalize checks the configuration and fills in defaults.
func (c *Config) normalize() error {
	if c.Interface == "" || len(c.Interface) >= unix.IFNAMSIZ {
		return fmt.Errorf("nicio: interface name %q: want 1 to %d octets", c.Interface, unix.IFNAMSIZ-1)
	}
	if c.RecvBuffer < 0 || c.SendBuffer < 0 {
		return fmt.Errorf("nicio: port on %s: negative buffer size", c.Interface)
	}
	if c.Queue < 0 {
		return fmt.Errorf("nicio: port on %s: negative transmit queue %d", c.Interface, c.Queue)
	}
	if c.Priority < 0 {
		return fmt.Errorf("nicio: port on %s: negative priority %d", c.Interface, c.Priority)
	}
	if len(c.Filter) > maxFilterLen {
		return fmt.Errorf("nicio: port on %s: filter of %d instructions, at most %d", c.Interface,
			len(c.Filter), maxFilterLen)
	}
	if len(c.Filter) == 0 {
		c.Filter = keepFilter()
	}
	if c.EtherType == 0 {
		c.EtherType = EtherTypeMPLS
	}
	if err := c.normalizePaths(); err != nil {
		return err
	}
	if c.Spin == 0 {
		c.Spin = DefaultSpin
	}
	return nil
}

// normalizePaths does so for the two directions.
func (c *Config) normalizePaths() error {
	if c.Transmit == 0 {
		c.Transmit = PathPacket
	}
	if c.Receive == 0 || c.TransmitOnly {
		c.Receive = PathPacket
	}
	if c.Transmit > PathXDP {
		return fmt.Errorf("nicio: port on %s: cannot transmit by %s", c.Interface, c.Transmit)
	}
	if c.Receive > PathZeroCopy {
		return fmt.Errorf("nicio: port on %s: cannot receive by %s", c.Interface, c.Receive)
	}
	if c.hears() && c.EtherType == unix.ETH_P_ALL {
		return fmt.Errorf("nicio: port on %s: by %s it would take the frames of every protocol away from this host", c.Interface, c.Receive)
	}
	return nil
}

// prepare sets up everything that does not depend on the interface.
func (p *PacketPort) prepare() (err error) {
	if p.readWake, err = newWakeup(); err != nil {
		return err
	}
	if p.writeWake, err = newWakeup(); err != nil {
		return err
	}
	p.rx.init(p.sock.fd, p.readWake, p.cfg.Spin)
	p.tx.init(p.sock.fd, p.writeWake)
	return p.control("options", p.setOptions)
}

// control runs f while the socket stays open, and names op in its error.
func (p *PacketPort) control(op string, f func(fd int) error) error {
	if !p.sock.enter() {
		return p.closedError(op)
	}
	defer p.sock.leave()
	if err := f(p.sock.fd); err != nil {
		return fmt.Errorf("nicio: port on %s: %s: %w", p.cfg.Interface, op, err)
	}
	return nil
}

// Wake implements [Port].
func (p *PacketPort) Wake() {
	p.readWake.set()
	p.writeWake.set()
}

// MAC implements [Port].
func (p *PacketPort) MAC() MAC { return macOf(p.own.Load()) }

// Bound reports whether the port has an interface now. The interface may still be down.
func (p *PacketPort) Bound() bool { return p.bound.Load() }

// Descriptor returns the socket for [Poller.Add], to wait for several ports at once. It stays the
// same until Close, through every Rebind. Nothing else may be done with it; remove it from the
// poller before Close. What comes by AF_XDP does not show there: see WaitRead.
func (p *PacketPort) Descriptor() int { return p.sock.fd }

// Stats implements [Port]. The kernel's own counters are 32 bits wide and are added up by this
// call: at a million frames a second it has to be called once an hour for RxQueued to be right.
func (p *PacketPort) Stats() Stats {
	if p.sock.enter() {
		p.kernel.take(p.sock.fd)
		p.sock.leave()
	}
	var s Stats
	p.rx.count.put(&s)
	p.tx.count.put(&s)
	p.kernel.put(&s)
	return s
}

// Pending returns how many frames wait in the receive queue: all that have come so far, and not more, unless a
// queue was thrown away unread as with an interface that is gone. The goroutine that receives calls it,
// between two calls of ReadBatch.
func (p *PacketPort) Pending() int {
	s := p.Stats()
	return s.unread() + p.kernel.underway()
}

// Close implements [Port].
func (p *PacketPort) Close() error {
	if p.sock.enter() {
		p.kernel.take(p.sock.fd) // The last of them.
		p.sock.leave()
	}
	if !p.sock.close() {
		return nil
	}
	for _, w := range []*wakeup{p.readWake, p.writeWake} {
		if w != nil {
			w.set()
			defer w.close()
		}
	}
	<-p.sock.gone
	p.mu.Lock()
	p.dropXDP() // Nobody is inside any more.
	p.mu.Unlock()
	p.bound.Store(false)
	return nil
}

// closedError is what every operation reports after Close.
func (p *PacketPort) closedError(op string) error {
	return errClosed("port on " + p.cfg.Interface + ": " + op)
}

// macOf is the inverse of [MAC.Uint64].
func macOf(n uint64) MAC {
	return MAC{byte(n >> 40), byte(n >> 32), byte(n >> 24), byte(n >> 16), byte(n >> 8), byte(n)}
}
