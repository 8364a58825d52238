package xsk

import (
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// Slots is the number of frames that a socket holds until the device is done with them.
const Slots = 1024

// batch is how many frames the kernel is to take in one call, where it can be told (Linux 6.17);
// else it takes 32.
const batch = 64

// Config says what a [Socket] is bound to.
type Config struct {
	// Index is the interface.
	Index int
	// Queue is the queue of the interface, in both directions.
	Queue int
	// Send has the socket send.
	Send bool
	// Receive is how many frames the kernel may be ahead of their reader, a power of two up to
	// [MaxReceiveSlots]; 0: the socket does not receive.
	Receive int
	// ZeroCopy has the driver itself put the frames into the memory of a socket that does not send. Where it does
	// not know how that is an error (unix.EOPNOTSUPP).
	ZeroCopy bool
	// MaxFrame is the longest frame in octets, header included. The kernel's limit is a page for sending,
	// and [MaxReceive] for receiving.
	MaxFrame int
	// SendBuffer is the transmit queue in octets; zero keeps net.core.wmem_default.
	SendBuffer int
	// Priority is SO_PRIORITY of the frames.
	Priority int
	// Beside is a socket in whose network namespace the index of the interface counts; the new socket
	// must be in the same one (unix.EXDEV). Zero means that there is none.
	Beside int
}

// A Socket is a [Sender] and the AF_XDP socket that it writes to, a [Receiver] and the one that it reads from, or
// both with one memory. The runtime's poller does not know the sockets.
//
// One that both sends and receives is two for the kernel, since poll(2) on one that can do both sends as well, behind
// the back of the Sender.
type Socket struct {
	*Sender   // Nil if it does not send.
	*Receiver // Nil if it does not receive.
	owner     handle
	ear       handle // The owner, or another one on its queue.
	chunk     int
	maps      [][]byte
}

// Open makes a socket, in the network namespace of the calling thread. It takes CAP_NET_RAW and locked memory
// (RLIMIT_MEMLOCK without CAP_IPC_LOCK): Slots chunks to send, and Receive to receive. The queue must have no other
// owner. The error wraps that of the system call.
func Open(cfg Config) (*Socket, error) {
	fd, err := newSocket()
	if err != nil {
		return nil, err
	}
	s := &Socket{owner: handle{fd: fd}, ear: handle{fd: -1}}
	if err := s.prepare(&cfg); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

func newSocket() (int, error) {
	fd, err := unix.Socket(unix.AF_XDP, unix.SOCK_RAW|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return -1, refused("open a socket", "socket", err)
	}
	return fd, nil
}

// ChunkFor returns the octets of the chunks for frames of a length, 0 if the kernel has none.
func ChunkFor(frame int) int {
	for chunk := 2048; chunk <= os.Getpagesize(); chunk *= 2 {
		if frame <= chunk {
			return chunk
		}
	}
	return 0
}

// check finds out what the kernel would not say as well.
func (s *Socket) check(cfg *Config) error {
	s.chunk = ChunkFor(cfg.MaxFrame)
	switch {
	case cfg.Receive == 0 && !cfg.Send || cfg.Receive&(cfg.Receive-1) != 0 || cfg.Receive < 0 || cfg.Receive > MaxReceiveSlots,
		cfg.ZeroCopy && cfg.Send:
		return fmt.Errorf("xsk: nobody is served by %+v: %w", *cfg, unix.EINVAL)
	case cfg.Receive > 0 && cfg.MaxFrame > MaxReceive:
		return fmt.Errorf("xsk: frames of %d octets are received in pieces, those of %d are not: %w", cfg.MaxFrame, MaxReceive, unix.EMSGSIZE)
	case s.chunk == 0:
		return fmt.Errorf("xsk: frames of %d octets do not fit a page of %d: %w", cfg.MaxFrame, os.Getpagesize(), unix.EMSGSIZE)
	case cfg.Beside != 0 && Namespace(cfg.Beside) != Namespace(s.owner.fd):
		return fmt.Errorf("xsk: the calling thread is in another network namespace: %w", unix.EXDEV)
	}
	return nil
}

// prepare gives the socket its memory and rings and binds it.
func (s *Socket) prepare(cfg *Config) error {
	if err := s.check(cfg); err != nil {
		return err
	}
	send := 0
	if cfg.Send {
		send = Slots
	}
	octets := (send + cfg.Receive) * s.chunk
	memory, err := unix.Mmap(-1, 0, octets, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANONYMOUS|unix.MAP_POPULATE)
	if err != nil {
		return refused("allocate memory", "mmap", err)
	}
	s.maps = append(s.maps, memory)
	if err := s.owner.register(memory, s.chunk); err != nil {
		return refused(fmt.Sprintf("lock %d KiB of memory", octets>>10), "setsockopt", err)
	}
	// Without a fill and a completion ring no owner of memory is bound, whatever it is for.
	rings := map[int]int{unix.XDP_UMEM_FILL_RING: max(cfg.Receive, 1), unix.XDP_UMEM_COMPLETION_RING: 2 * max(send, 1)}
	if cfg.Send {
		rings[unix.XDP_TX_RING] = send
	} else {
		rings[unix.XDP_RX_RING] = cfg.Receive
	}
	if err := s.owner.size(rings); err != nil {
		return err
	}
	if err := s.owner.options(cfg); err != nil {
		return err
	}
	if cfg.Send {
		if err := s.mapSender(memory[:send*s.chunk]); err != nil {
			return err
		}
	}
	if err := s.bind(cfg); err != nil {
		return refused(fmt.Sprintf("bind to queue %d", cfg.Queue), "bind", err)
	}
	if cfg.Receive == 0 {
		return nil
	}
	if err := s.listen(cfg); err != nil {
		return err
	}
	return s.mapReceiver(memory, uint64(send*s.chunk), cfg.Receive)
}

// bind has the owner work on its queue.
func (s *Socket) bind(cfg *Config) error {
	sa := &unix.SockaddrXDP{Flags: unix.XDP_COPY, Ifindex: uint32(cfg.Index), QueueID: uint32(cfg.Queue)}
	if cfg.ZeroCopy {
		sa.Flags = unix.XDP_ZEROCOPY
	}
	if !cfg.Send { // Sending in copy mode the kernel always wants the call.
		sa.Flags |= unix.XDP_USE_NEED_WAKEUP
	}
	return unix.Bind(s.owner.fd, sa)
}

// listen makes what is received from: the owner, unless it sends.
func (s *Socket) listen(cfg *Config) (err error) {
	if !cfg.Send {
		s.ear.fd = s.owner.fd
		return nil
	}
	if s.ear.fd, err = newSocket(); err != nil {
		return err
	}
	if err := s.ear.size(map[int]int{unix.XDP_RX_RING: cfg.Receive}); err != nil {
		return err
	}
	sa := &unix.SockaddrXDP{
		Flags: unix.XDP_SHARED_UMEM, Ifindex: uint32(cfg.Index), QueueID: uint32(cfg.Queue), SharedUmemFD: uint32(s.owner.fd),
	}
	if err := unix.Bind(s.ear.fd, sa); err != nil {
		return refused(fmt.Sprintf("share the memory on queue %d", cfg.Queue), "bind", err)
	}
	return nil
}

// Namespace returns a number that tells the network namespaces of sockets of any kind apart, 0 before Linux 5.14.
func Namespace(fd int) uint64 {
	n, err := unix.GetsockoptUint64(fd, unix.SOL_SOCKET, unix.SO_NETNS_COOKIE)
	if err != nil {
		return 0
	}
	return n
}

// size makes rings.
func (h *handle) size(rings map[int]int) error {
	for option, slots := range rings {
		if err := unix.SetsockoptInt(h.fd, unix.SOL_XDP, option, slots); err != nil {
			return refused("make a ring", "setsockopt", err)
		}
	}
	return nil
}

// options sets what is not AF_XDP's own.
func (h *handle) options(cfg *Config) error {
	_ = unix.SetsockoptInt(h.fd, unix.SOL_XDP, unix.XDP_MAX_TX_SKB_BUDGET, batch) // Else 32 a call.
	if cfg.Priority > 0 {
		if err := unix.SetsockoptInt(h.fd, unix.SOL_SOCKET, unix.SO_PRIORITY, cfg.Priority); err != nil {
			return refused("set the priority", "setsockopt", err)
		}
	}
	if cfg.SendBuffer > 0 && unix.SetsockoptInt(h.fd, unix.SOL_SOCKET, unix.SO_SNDBUFFORCE, cfg.SendBuffer) != nil {
		if err := unix.SetsockoptInt(h.fd, unix.SOL_SOCKET, unix.SO_SNDBUF, cfg.SendBuffer); err != nil {
			return refused("set the send buffer", "setsockopt", err)
		}
	}
	return nil
}

// mapSender maps the tx and the completion ring and makes the sender.
func (s *Socket) mapSender(memory []byte) error {
	off, err := s.owner.offsets()
	if err != nil {
		return refused("find the rings", "getsockopt", err)
	}
	tx, _, err := mapRing[unix.XDPDesc](s, s.owner.fd, unix.XDP_PGOFF_TX_RING, off.Tx, Slots)
	if err != nil {
		return refused("map the tx ring", "mmap", err)
	}
	done, _, err := mapRing[uint64](s, s.owner.fd, unix.XDP_UMEM_PGOFF_COMPLETION_RING, off.Cr, 2*Slots)
	if err != nil {
		return refused("map the completion ring", "mmap", err)
	}
	s.Sender = newSender(&s.owner, memory, tx, done)
	return nil
}

// mapReceiver maps the rx and the fill ring and makes the receiver.
func (s *Socket) mapReceiver(memory []byte, base uint64, slots int) error {
	off, err := s.ear.offsets()
	if err != nil {
		return refused("find the rings", "getsockopt", err)
	}
	rx, _, err := mapRing[unix.XDPDesc](s, s.ear.fd, unix.XDP_PGOFF_RX_RING, off.Rx, slots)
	if err != nil {
		return refused("map the rx ring", "mmap", err)
	}
	fill, flags, err := mapRing[uint64](s, s.owner.fd, unix.XDP_UMEM_PGOFF_FILL_RING, off.Fr, slots)
	if err != nil {
		return refused("map the fill ring", "mmap", err)
	}
	s.Receiver = newReceiver(&s.ear, memory, base, rx, fill, flags)
	return nil
}

// MaxFrame returns the octets of the longest frame that the socket sends.
func (s *Socket) MaxFrame() int { return s.chunk }

// Descriptor returns what poll(2) finds readable when there are frames. It is -1 for a socket that does not receive.
func (s *Socket) Descriptor() int { return s.ear.fd }

// Close closes the socket and unmaps its memory; no other call may be under way, and none may follow
// but Close. What the kernel has taken is sent all the same: it holds the memory that it needs.
func (s *Socket) Close() error {
	if s.owner.fd < 0 {
		return nil
	}
	var err error
	if s.ear.fd >= 0 && s.ear.fd != s.owner.fd {
		err = os.NewSyscallError("close", unix.Close(s.ear.fd))
	}
	err = errors.Join(err, os.NewSyscallError("close", unix.Close(s.owner.fd)))
	s.owner.fd, s.ear.fd = -1, -1
	for _, m := range s.maps {
		err = errors.Join(err, os.NewSyscallError("munmap", unix.Munmap(m)))
	}
	s.maps = nil
	return err
}

// refused names what the kernel refused, and what an operator can do about it.
func refused(op, call string, err error) error {
	var hint string
	switch {
	case errors.Is(err, unix.EAFNOSUPPORT):
		hint = " (takes CONFIG_XDP_SOCKETS, and AF_XDP in RestrictAddressFamilies of a systemd unit)"
	case errors.Is(err, unix.EPERM):
		hint = " (takes CAP_NET_RAW)"
	case errors.Is(err, unix.ENOBUFS):
		hint = " (more than RLIMIT_MEMLOCK; raise LimitMEMLOCK or give CAP_IPC_LOCK)"
	case errors.Is(err, unix.EBUSY):
		hint = " (another AF_XDP socket has it)"
	}
	return fmt.Errorf("xsk: %s%s: %w", op, hint, os.NewSyscallError(call, err))
}
