package nicio

import (
	"encoding/binary"
	"fmt"
	"os"
	"time"

	"golang.org/x/sys/unix"

	"callmanager/nicio/ethtool"
)

const (
	// MinRecvBuffer is the least default receive queue in octets, and the one of a NIC of unknown
	// speed.
	MinRecvBuffer = 16 << 20
	// MaxRecvBuffer is the largest default receive queue in octets.
	MaxRecvBuffer = 64 << 20
	// RecvBufferTime is the default receive queue in time, for frames that fill an MTU of 1500
	// octets.
	RecvBufferTime = 100 * time.Millisecond

	maxFilterLen = 4096 // BPF_MAXINSNS.
)

// Buffers tells which queues the kernel has granted.
type Buffers struct {
	// Receive and Send are octets of frames. The kernel sets aside twice as much, for its own
	// headers. Receiving by AF_XDP, Receive is how many full frames the socket holds, in octets.
	Receive int
	Send    int
	// Wanted is the receive queue asked for. Receive < Wanted means that net.core.rmem_max is too
	// small for a process without CAP_NET_ADMIN.
	Wanted int
	// ReceiveTime is how long the receive queue lasts at the speed of the NIC if nobody reads; 0
	// when the speed is unknown.
	ReceiveTime time.Duration
}

// Buffers returns the queues granted so far. A port that sizes its queue by the NIC's speed may get
// a larger one when it is bound.
func (p *PacketPort) Buffers() Buffers {
	p.mu.Lock()
	defer p.mu.Unlock()
	b := p.buffers
	if x := p.in.Load(); x != nil {
		b.Receive = x.ear.slots * int(x.limit.Load())
		b.ReceiveTime = bufferTime(b.Receive, p.speed)
	}
	return b
}

// Rebind binds the port to the interface that has the configured name now, if it is not bound to it
// already, and takes over its address and speed. It is to be called when package rtnl reports a
// change of the link. Workers go on meanwhile: the socket stays the same one, so its filter,
// queues, counters and descriptor do as well.
//
// If no interface has the name any more the port becomes unbound and the error wraps unix.ENODEV;
// call again when there is one. An interface that is not Ethernet leaves the port unbound as well.
func (p *PacketPort) Rebind() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	err := p.control("bind", p.bindByName)
	if err != nil {
		p.bound.Store(false)
		p.own.Store(0)
		p.dropXDP()
		p.slow, p.deaf = nil, nil
	}
	return err
}

// setOptions sets what holds for the life of the socket.
func (p *PacketPort) setOptions(fd int) error {
	if err := unix.SetsockoptInt(fd, unix.SOL_PACKET, unix.PACKET_IGNORE_OUTGOING, 1); err != nil {
		return fmt.Errorf("ignore outgoing frames (Linux 4.20): %w", os.NewSyscallError("setsockopt", err))
	}
	if p.cfg.Priority > 0 {
		if err := unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_PRIORITY, p.cfg.Priority); err != nil {
			return fmt.Errorf("priority %d: %w", p.cfg.Priority, os.NewSyscallError("setsockopt", err))
		}
	}
	if p.cfg.SendBuffer > 0 {
		if err := setBuffer(fd, unix.SO_SNDBUFFORCE, unix.SO_SNDBUF, p.cfg.SendBuffer); err != nil {
			return fmt.Errorf("send buffer: %w", err)
		}
	}
	return p.sizeReceive(fd)
}

// bindByName does the work of Rebind.
func (p *PacketPort) bindByName(fd int) error {
	index, err := p.lookUp(fd)
	if err != nil {
		p.mute()
		return err
	}
	now, err := localAddress(fd)
	if err != nil {
		return err
	}
	if now.Ifindex != index || p.muted {
		if err := p.attach(fd, index); err != nil {
			p.mute()
			return err
		}
		if now, err = localAddress(fd); err != nil {
			return err
		}
	}
	if int(now.Halen) != len(MAC{}) {
		p.mute()
		return fmt.Errorf("address of %d octets: %w", now.Halen, unix.EAFNOSUPPORT)
	}
	own := MAC(now.Addr[:6])
	p.own.Store(own.Uint64())
	if p.speed, err = ethtool.Speed(fd, p.cfg.Interface); err != nil {
		p.speed = 0 // Unknown; a missing interface shows at the next Rebind.
	}
	p.adoptXDP(fd, index)
	p.bound.Store(true)
	return p.sizeReceive(fd)
}

// lookUp finds the index of the configured name in the socket's network namespace.
func (p *PacketPort) lookUp(fd int) (int, error) {
	ifr, err := unix.NewIfreq(p.cfg.Interface)
	if err != nil {
		return 0, err
	}
	if err := unix.IoctlIfreq(fd, unix.SIOCGIFHWADDR, ifr); err != nil {
		return 0, os.NewSyscallError("ioctl", err)
	}
	if kind := ifr.Uint16(); kind != unix.ARPHRD_ETHER {
		return 0, fmt.Errorf("hardware type %d is not Ethernet: %w", kind, unix.EAFNOSUPPORT)
	}
	if err := unix.IoctlIfreq(fd, unix.SIOCGIFINDEX, ifr); err != nil {
		return 0, os.NewSyscallError("ioctl", err)
	}
	return int(ifr.Uint32()), nil
}

// attach binds the socket to an interface. A muted socket gets its own filter back after that, so
// nothing from a former interface slips in.
func (p *PacketPort) attach(fd, index int) error {
	sa := &unix.SockaddrLinklayer{Ifindex: index}
	if !p.cfg.TransmitOnly {
		sa.Protocol = networkOrder(p.cfg.EtherType)
	}
	if err := unix.Bind(fd, sa); err != nil {
		return os.NewSyscallError("bind", err)
	}
	if p.muted {
		if err := p.sock.setFilter(p.cfg.Filter); err != nil {
			return err
		}
		p.muted = false
	}
	p.kernel.rebinds.Add(1)
	return nil
}

// mute makes the socket deaf while the name that it is configured for belongs to nobody. The socket
// may still be bound to an interface that was renamed.
func (p *PacketPort) mute() {
	if err := p.sock.setFilter(rejectAll()); err == nil {
		p.muted = true
	}
}

// sizeReceive asks for the receive queue that the configuration or the speed calls for. The default
// only ever grows.
func (p *PacketPort) sizeReceive(fd int) error {
	want := p.cfg.RecvBuffer
	if want == 0 {
		want = max(recvBufferFor(p.speed), p.buffers.Wanted)
	}
	if want != p.buffers.Wanted && !p.cfg.TransmitOnly {
		if err := setBuffer(fd, unix.SO_RCVBUFFORCE, unix.SO_RCVBUF, want); err != nil {
			return fmt.Errorf("receive buffer: %w", err)
		}
		p.buffers.Wanted = want
	}
	recv, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUF)
	if err != nil {
		return os.NewSyscallError("getsockopt", err)
	}
	send, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_SNDBUF)
	if err != nil {
		return os.NewSyscallError("getsockopt", err)
	}
	p.buffers.Receive, p.buffers.Send = recv/2, send/2
	p.buffers.ReceiveTime = bufferTime(recv/2, p.speed)
	return nil
}

// recvBufferFor returns the default receive queue in octets for a speed in bit/s; 0 is unknown.
func recvBufferFor(speed uint64) int {
	const perSecond = uint64(time.Second / RecvBufferTime)
	return int(min(max(speed/8/perSecond, MinRecvBuffer), MaxRecvBuffer))
}

// bufferTime returns how long octets last at a speed in bit/s.
func bufferTime(octets int, speed uint64) time.Duration {
	if speed == 0 {
		return 0
	}
	return time.Duration(float64(octets) * 8 / float64(speed) * float64(time.Second))
}

// setBuffer sets a socket buffer beyond the system's limit if allowed, else up to it.
func setBuffer(fd, force, plain, octets int) error {
	octets = min(octets, 1<<30-1) // The kernel doubles it in a signed 32-bit number.
	if unix.SetsockoptInt(fd, unix.SOL_SOCKET, force, octets) == nil {
		return nil
	}
	return os.NewSyscallError("setsockopt", unix.SetsockoptInt(fd, unix.SOL_SOCKET, plain, octets))
}

// localAddress returns what the socket is bound to. After its interface was deleted that is index
// -1.
func localAddress(fd int) (*unix.SockaddrLinklayer, error) {
	sa, err := unix.Getsockname(fd)
	if err != nil {
		return nil, os.NewSyscallError("getsockname", err)
	}
	ll, ok := sa.(*unix.SockaddrLinklayer)
	if !ok {
		return nil, fmt.Errorf("getsockname: a %T: %w", sa, unix.EAFNOSUPPORT)
	}
	return ll, nil
}

// networkOrder returns the value whose native representation is v in network order.
func networkOrder(v uint16) uint16 {
	return binary.NativeEndian.Uint16([]byte{byte(v >> 8), byte(v)})
}
