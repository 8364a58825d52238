package nicio

import (
	"errors"
	"fmt"
	"os"
	"sync"

	"golang.org/x/net/bpf"
	"golang.org/x/sys/unix"

	"callmanager/nicio/xsk"
)

// A Fanout is several ports on one NIC among which the kernel deals out what comes, as [SteerFrame] says: frames
// that belong together meet one port, in their order. Each port has a receive queue, a transmit socket and
// counters of its own, for a worker of its own.
//
// It is a PACKET_FANOUT group (packet(7)) with a program of classic BPF, which needs Linux 5.1 for members that
// keep their places when the NIC goes down and up. The kernel chooses the group's number, so no other group
// can be meant by it.
//
// A member of such a group can be bound to no other interface. When the NIC was created anew there is therefore
// a new group, made by the call of [Member.Rebind] that notices, in the network namespace of the calling thread;
// it must be the one of [OpenFanout]. The members hear nothing before all of them have joined, and each reads
// what had come for the former group first. While the NIC is down and has no group yet there is none
// (unix.ENETDOWN): Rebind is to be called once it is up.
type Fanout struct {
	cfg     Config
	steer   []bpf.RawInstruction
	members []*Member

	mu      sync.Mutex // Held by Rebind; guards the rest, and which sockets the members have.
	joined  bool       // The members have sockets.
	muted   bool       // Their newest sockets keep nothing.
	buffers Buffers
	closed  bool
}

// OpenFanout makes so many ports, 1 to [MaxMembers], with one configuration. Member i transmits by transmit queue
// cfg.Queue + i where that is by AF_XDP. As [Open] it takes CAP_NET_RAW, and an interface that is not there or is
// down is no error.
func OpenFanout(cfg Config, members int) (*Fanout, error) {
	if err := cfg.normalize(); err != nil {
		return nil, err
	}
	if members < 1 || members > MaxMembers || cfg.TransmitOnly {
		return nil, fmt.Errorf("nicio: %d ports on %s: want 1 to %d that receive", members, cfg.Interface, MaxMembers)
	}
	// The frame that a group's program sees begins behind the Ethernet header.
	steer, err := steerProgram(0, linkLayer+sourceTail, members)
	if err != nil {
		return nil, err
	}
	f := &Fanout{cfg: cfg, steer: steer}
	for i := range members {
		m, err := newMember(f, i)
		if err != nil {
			return nil, errors.Join(err, f.Close())
		}
		f.members = append(f.members, m)
	}
	err = f.rebind()
	if err != nil && !errors.Is(err, unix.ENODEV) && !errors.Is(err, unix.ENETDOWN) {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

// Members returns the ports, by their numbers.
func (f *Fanout) Members() []*Member { return f.members }

// Close closes all ports.
func (f *Fanout) Close() error {
	var errs []error
	for _, m := range f.members {
		errs = append(errs, m.Close())
	}
	return errors.Join(errs...)
}

// rebind has the members join a group on the interface that has the configured name now, unless they have.
func (f *Fanout) rebind() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.closed {
		return errClosed("ports on " + f.cfg.Interface + ": join")
	}
	if err := f.members[0].tx.control("join", f.join); err != nil {
		f.mute()
		return err
	}
	return f.size()
}

// join does the work of rebind. fd is a socket in the network namespace of the group.
func (f *Fanout) join(fd int) error {
	index, up, err := f.lookUp(fd)
	switch {
	case err != nil:
		return err
	case f.on() == index:
		return f.unmute()
	case !up:
		return fmt.Errorf("the interface is down, and its sockets are in no group: %w", unix.ENETDOWN)
	}
	f.mute()
	socks, err := f.group(fd, index)
	if err != nil {
		for _, s := range socks {
			s.close()
		}
		return err
	}
	for i, m := range f.members {
		m.listen(socks[i])
	}
	f.joined, f.muted, f.buffers.Wanted = true, true, 0
	return f.unmute()
}

// on returns the interface of the newest sockets: 0 if there are none, -1 if it was deleted.
func (f *Fanout) on() int {
	if !f.joined {
		return 0
	}
	at, err := localAddress(f.members[0].newest().fd)
	if err != nil {
		return -1
	}
	return at.Ifindex
}

// lookUp finds the interface and whether it is up.
func (f *Fanout) lookUp(fd int) (index int, up bool, err error) {
	if index, err = f.members[0].tx.lookUp(fd); err != nil {
		return 0, false, err
	}
	ifr, err := unix.NewIfreq(f.cfg.Interface)
	if err != nil {
		return 0, false, err
	}
	if err := unix.IoctlIfreq(fd, unix.SIOCGIFFLAGS, ifr); err != nil {
		return 0, false, os.NewSyscallError("ioctl", err)
	}
	return index, ifr.Uint16()&unix.IFF_UP != 0, nil
}

// group makes a group of new sockets on an interface, one for each member in their order. They keep nothing yet.
// With an error it returns those that were made.
func (f *Fanout) group(beside, index int) (socks []*descriptor, err error) {
	id := 0
	for i := range f.members {
		s, err := openDescriptor(rejectAll())
		if err != nil {
			return socks, err
		}
		socks = append(socks, s)
		if xsk.Namespace(s.fd) != xsk.Namespace(beside) {
			return socks, fmt.Errorf("the calling thread is in another network namespace: %w", unix.EXDEV)
		}
		if err := unix.SetsockoptInt(s.fd, unix.SOL_PACKET, unix.PACKET_IGNORE_OUTGOING, 1); err != nil {
			return socks, fmt.Errorf("ignore outgoing frames: %w", os.NewSyscallError("setsockopt", err))
		}
		sa := &unix.SockaddrLinklayer{Ifindex: index, Protocol: networkOrder(f.cfg.EtherType)}
		if err := unix.Bind(s.fd, sa); err != nil {
			return socks, os.NewSyscallError("bind", err)
		}
		if id, err = enlist(s.fd, id, i == 0); err != nil {
			return socks, fmt.Errorf("fanout group, member %d: %w", i, err)
		}
	}
	if err := socks[0].setProgram(unix.SOL_PACKET, unix.PACKET_FANOUT_DATA, f.steer); err != nil {
		return socks, fmt.Errorf("steering: %w", err)
	}
	return socks, nil
}

// enlist has a socket join a group, the first one a new group whose number the kernel chooses. It returns the
// number.
func enlist(fd, id int, first bool) (int, error) {
	kind := unix.PACKET_FANOUT_CBPF
	if first {
		kind |= unix.PACKET_FANOUT_FLAG_UNIQUEID
	}
	if err := unix.SetsockoptInt(fd, unix.SOL_PACKET, unix.PACKET_FANOUT, id|kind<<16); err != nil {
		return 0, os.NewSyscallError("setsockopt", err)
	}
	got, err := unix.GetsockoptInt(fd, unix.SOL_PACKET, unix.PACKET_FANOUT)
	return got & 0xffff, os.NewSyscallError("getsockopt", err)
}

// mute makes the newest sockets deaf while the name belongs to nobody.
func (f *Fanout) mute() {
	if !f.joined || f.muted || f.closed {
		return
	}
	f.muted = true
	for _, m := range f.members {
		f.muted = m.newest().setFilter(rejectAll()) == nil && f.muted
	}
}

// unmute lets the newest sockets hear.
func (f *Fanout) unmute() error {
	if !f.muted {
		return nil
	}
	for _, m := range f.members {
		if err := m.newest().setFilter(f.cfg.Filter); err != nil {
			return err
		}
	}
	f.muted = false
	return nil
}

// size asks for the receive queues that the configuration or the speed calls for, which only grow.
func (f *Fanout) size() error {
	tx := f.members[0].tx
	tx.mu.Lock()
	speed := tx.speed
	tx.mu.Unlock()
	want := f.cfg.RecvBuffer
	if want == 0 {
		want = max(recvBufferFor(speed), f.buffers.Wanted)
	}
	for _, m := range f.members {
		s := m.newest()
		if want != f.buffers.Wanted {
			if err := setBuffer(s.fd, unix.SO_RCVBUFFORCE, unix.SO_RCVBUF, want); err != nil {
				return fmt.Errorf("nicio: ports on %s: receive buffer: %w", f.cfg.Interface, err)
			}
		}
		got, err := unix.GetsockoptInt(s.fd, unix.SOL_SOCKET, unix.SO_RCVBUF)
		if err != nil {
			return os.NewSyscallError("getsockopt", err)
		}
		f.buffers.Receive = got / 2
	}
	f.buffers.Wanted, f.buffers.ReceiveTime = want, bufferTime(f.buffers.Receive, speed)
	return nil
}
