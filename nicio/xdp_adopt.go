package nicio

import (
	"errors"
	"fmt"
	"math/bits"
	"os"

	"golang.org/x/sys/unix"

	"callmanager/nicio/divert"
	"callmanager/nicio/ethtool"
	"callmanager/nicio/xsk"
)

// hears reports whether the port is to receive by AF_XDP.
func (c *Config) hears() bool { return c.Receive == PathXDP || c.Receive == PathZeroCopy }

// adoptXDP has the frames pass by AF_XDP on an interface, in either direction, where that is configured and possible.
// The caller is Rebind.
func (p *PacketPort) adoptXDP(fd, index int) {
	if p.cfg.Transmit != PathXDP && !p.cfg.hears() {
		return
	}
	mtu, err := mtuOf(fd, p.cfg.Interface)
	if err != nil {
		p.dropXDP()
		if p.slow, p.deaf = err, err; !p.cfg.hears() {
			p.deaf = nil
		}
		if p.cfg.Transmit != PathXDP {
			p.slow = nil
		}
		return
	}
	cfg := xsk.Config{
		Index: index, Queue: p.cfg.Queue, MaxFrame: FrameSize(mtu), Send: p.cfg.Transmit == PathXDP,
		SendBuffer: p.cfg.SendBuffer, Priority: p.cfg.Priority, Beside: fd,
	}
	if p.cfg.hears() {
		switch last := p.refused; {
		case last.err != nil && last.index == index && last.limit == cfg.MaxFrame:
			p.deaf = last.err
		default:
			if p.deaf = p.obstacle(fd, cfg.MaxFrame); p.deaf == nil {
				cfg.Receive = p.slots()
			}
		}
	}
	if p.keepXDP(&cfg) {
		return
	}
	var program *divert.Program
	if cfg.Receive > 0 {
		if program, p.deaf = p.loadProgram(&cfg); p.deaf != nil {
			if cfg.Receive = 0; p.keepXDP(&cfg) {
				return
			}
		}
	}
	p.dropXDP()
	p.openHalf(cfg, program)
}

// openHalf opens what frames pass by from now on: with a program both ways, if that is configured and possible, else out.
func (p *PacketPort) openHalf(cfg xsk.Config, program *divert.Program) {
	tries := busyTries
	if p.taken {
		tries = 1 // It was waited for before: the owner is there to stay.
	}
	p.slow, p.taken = nil, false
	if program != nil {
		var final bool
		if final, p.deaf = p.openEar(cfg, program, tries); p.deaf == nil {
			return
		}
		if cfg.Receive = 0; final {
			p.refused = refusal{cfg.Index, cfg.MaxFrame, p.deaf}
		} else {
			tries, p.taken = 1, true
		}
	}
	if !cfg.Send {
		return
	}
	x, err := openXDP(p.cfg.Interface, cfg, tries)
	if err != nil {
		p.slow, p.taken = err, errors.Is(err, unix.EBUSY)
		return
	}
	p.half = x
	p.xdp.Store(x)
}

// A refusal is why a socket or a program was not to be had on an interface. It is not tried again before the interface or
// its MTU is another one: some NICs lose their carrier for a try, and are bound anew for that.
type refusal struct {
	index, limit int
	err          error
}

// keepXDP reports whether what the port has serves a configuration, and fits it to the MTU and the address.
func (p *PacketPort) keepXDP(cfg *xsk.Config) bool {
	x := p.half
	if x == nil || x.index != cfg.Index || x.limit.Load() == 0 || (x.ear == nil) != (cfg.Receive == 0) ||
		cfg.Send != (p.xdp.Load() != nil) || cfg.Send && cfg.MaxFrame > x.sock.MaxFrame() {
		return false
	}
	x.limit.Store(int64(cfg.MaxFrame))
	if x.ear == nil {
		return true
	}
	return !x.sock.Broken() && x.ear.program.SetAddress(macOf(p.own.Load())) == nil
}

// obstacle returns why frames of so many octets cannot be received by AF_XDP on this interface.
func (p *PacketPort) obstacle(fd, limit int) error {
	if limit > xsk.MaxReceive {
		return fmt.Errorf("an MTU of %d is more than the %d octets that AF_XDP receives in one piece; lower it, or write receive = %q: %w",
			limit-HeaderLen, xsk.MaxReceive-HeaderLen, PathPacket, unix.EMSGSIZE)
	}
	strips, err := ethtool.StripsTags(fd, p.cfg.Interface)
	if err != nil {
		return err
	}
	if strips {
		return fmt.Errorf("%s takes VLAN tags out of frames, and an XDP program cannot tell whose they are; "+
			"have it leave them, which changes nothing else: ethtool -K %s rxvlan off: %w", p.cfg.Interface, p.cfg.Interface, unix.EOPNOTSUPP)
	}
	return nil
}

// slots returns how many frames of full size the receive queue holds, a power of two.
func (p *PacketPort) slots() int {
	want := p.cfg.RecvBuffer
	if want == 0 {
		want = recvBufferFor(p.speed)
	}
	n := max(want/(xsk.MaxReceive+256), 1)
	return min(1<<bits.Len(uint(n-1)), xsk.MaxReceiveSlots) //nolint:gosec // positive
}

// loadProgram makes the program that diverts frames to the port. It is on no interface yet.
func (p *PacketPort) loadProgram(cfg *xsk.Config) (*divert.Program, error) {
	if p.cfg.Receive == PathZeroCopy && cfg.Send {
		return nil, fmt.Errorf("zero-copy takes a queue on which nothing is sent by AF_XDP in copy mode; write transmit = %q for it, or receive = %q: %w",
			PathPacket, PathXDP, unix.EOPNOTSUPP)
	}
	if err := here(cfg.Beside); err != nil {
		return nil, err
	}
	return divert.Load(divert.Rule{
		Queue: cfg.Queue, EtherType: p.cfg.EtherType, Filter: p.cfg.Filter, MaxFrame: xsk.MaxReceive,
	})
}

// here refuses a thread that is in another network namespace than a socket: the index of an interface would be that of
// another one.
func here(socket int) error {
	probe, err := unix.Socket(unix.AF_UNIX, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return os.NewSyscallError("socket", err)
	}
	defer func() { _ = unix.Close(probe) }()
	if xsk.Namespace(probe) != xsk.Namespace(socket) {
		return fmt.Errorf("the calling thread is in another network namespace: %w", unix.EXDEV)
	}
	return nil
}

// openEar opens what the port receives by, and by which it sends if it is configured to. The program becomes its own. An
// error is final unless it is that the queue has another owner.
func (p *PacketPort) openEar(cfg xsk.Config, program *divert.Program, tries int) (final bool, err error) {
	e := &ear{program: program, slots: cfg.Receive}
	x, err := p.openEither(cfg, e, tries)
	if err != nil {
		return !errors.Is(err, unix.EBUSY), errors.Join(err, program.Close())
	}
	x.ear = e
	err = program.SetAddress(macOf(p.own.Load()))
	if err == nil {
		err = program.Attach(cfg.Index)
	}
	if err == nil {
		err = program.Divert(x.sock.Descriptor())
	}
	if err != nil {
		return true, errors.Join(err, program.Close(), x.sock.Close())
	}
	e.earlier = p.Stats().RxQueued
	p.half = x
	p.kernel.begin(x)
	if cfg.Send {
		p.xdp.Store(x)
	}
	p.in.Store(x)
	p.readWake.set()
	return true, nil
}

// openEither opens sockets that receive: zero-copy if they can, else in copy mode if they may.
func (p *PacketPort) openEither(cfg xsk.Config, e *ear, tries int) (*xdpHalf, error) {
	if !cfg.Send {
		cfg.ZeroCopy = true
		x, err := openXDP(p.cfg.Interface, cfg, tries)
		if err == nil {
			e.zeroCopy = true
			return x, nil
		}
		if p.cfg.Receive == PathZeroCopy || errors.Is(err, unix.EBUSY) {
			return nil, err
		}
		cfg.ZeroCopy = false
	}
	return openXDP(p.cfg.Interface, cfg, tries)
}

// dropXDP has the frames pass by AF_PACKET, in both directions. What was received and not read is kept for the reader.
func (p *PacketPort) dropXDP() {
	x := p.half
	if x == nil {
		return
	}
	p.half = nil
	p.xdp.Store(nil)
	x.shut(p.readWake)
	if x.ear != nil {
		p.keepUnread(x)
		p.kernel.end(x)
		p.in.Store(nil)
		p.readWake.set()
		_ = x.ear.program.Close()
	}
	_ = x.sock.Close() // That takes the kernel some 10 ms, so it is not the worker who does it.
}

// Receive returns how frames arrive now: by AF_XDP, those of the port's queue that are for it alone. If that is not as
// configured the error says why, as that of [PacketPort.Transmit] does.
func (p *PacketPort) Receive() (Path, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	x := p.in.Load()
	switch {
	case x == nil:
		return PathPacket, p.deaf
	case x.sock.Broken():
		return PathPacket, p.nonsense()
	case x.ear.zeroCopy:
		return PathZeroCopy, nil
	}
	return PathXDP, nil
}
