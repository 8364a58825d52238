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
	// Queue is the transmit queue of the interface.
	Queue int
	// MaxFrame is the longest frame in octets, header included. The kernel's limit is a page.
	MaxFrame int
	// SendBuffer is the transmit queue in octets; zero keeps net.core.wmem_default.
	SendBuffer int
	// Priority is SO_PRIORITY of the frames.
	Priority int
	// Beside is a socket in whose network namespace the index of the interface counts; the new socket
	// must be in the same one (unix.EXDEV). Zero means that there is none.
	Beside int
}

// A Socket is a [Sender] and the AF_XDP socket that it writes to. The runtime's poller does not know
// the socket.
type Socket struct {
	*Sender
	handle
	maps [][]byte
}

// Open makes a socket, in the network namespace of the calling thread. It takes CAP_NET_RAW and
// Slots chunks of locked memory (RLIMIT_MEMLOCK without CAP_IPC_LOCK), and a queue without another
// owner. The error wraps that of the system call.
func Open(cfg Config) (*Socket, error) {
	fd, err := unix.Socket(unix.AF_XDP, unix.SOCK_RAW|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, refused("open a socket", "socket", err)
	}
	s := &Socket{handle: handle{fd: fd}}
	if err := s.prepare(&cfg); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
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

// prepare gives the socket its memory and rings and binds it.
func (s *Socket) prepare(cfg *Config) error {
	chunk := ChunkFor(cfg.MaxFrame)
	if chunk == 0 {
		return fmt.Errorf("xsk: frames of %d octets do not fit a page of %d: %w", cfg.MaxFrame, os.Getpagesize(), unix.EMSGSIZE)
	}
	if cfg.Beside != 0 && Namespace(cfg.Beside) != Namespace(s.fd) {
		return fmt.Errorf("xsk: the calling thread is in another network namespace: %w", unix.EXDEV)
	}
	memory, err := unix.Mmap(-1, 0, Slots*chunk, unix.PROT_READ|unix.PROT_WRITE,
		unix.MAP_PRIVATE|unix.MAP_ANONYMOUS|unix.MAP_POPULATE)
	if err != nil {
		return refused("allocate memory", "mmap", err)
	}
	s.maps = append(s.maps, memory)
	if err := s.register(memory, chunk); err != nil {
		return refused(fmt.Sprintf("lock %d KiB of memory", Slots*chunk>>10), "setsockopt", err)
	}
	// Without a fill ring no socket is bound, although nothing is received.
	for _, r := range []struct{ option, slots int }{
		{unix.XDP_UMEM_FILL_RING, 1}, {unix.XDP_UMEM_COMPLETION_RING, 2 * Slots}, {unix.XDP_TX_RING, Slots},
	} {
		if err := unix.SetsockoptInt(s.fd, unix.SOL_XDP, r.option, r.slots); err != nil {
			return refused("make a ring", "setsockopt", err)
		}
	}
	if err := s.options(cfg); err != nil {
		return err
	}
	if err := s.mapRings(memory); err != nil {
		return err
	}
	// XDP_USE_NEED_WAKEUP would say nothing: in copy mode the kernel always wants the call.
	sa := &unix.SockaddrXDP{Flags: unix.XDP_COPY, Ifindex: uint32(cfg.Index), QueueID: uint32(cfg.Queue)}
	if err := unix.Bind(s.fd, sa); err != nil {
		return refused(fmt.Sprintf("bind to queue %d", cfg.Queue), "bind", err)
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

// options sets what is not AF_XDP's own.
func (s *Socket) options(cfg *Config) error {
	_ = unix.SetsockoptInt(s.fd, unix.SOL_XDP, unix.XDP_MAX_TX_SKB_BUDGET, batch) // Else 32 a call.
	if cfg.Priority > 0 {
		if err := unix.SetsockoptInt(s.fd, unix.SOL_SOCKET, unix.SO_PRIORITY, cfg.Priority); err != nil {
			return refused("set the priority", "setsockopt", err)
		}
	}
	if cfg.SendBuffer > 0 && unix.SetsockoptInt(s.fd, unix.SOL_SOCKET, unix.SO_SNDBUFFORCE, cfg.SendBuffer) != nil {
		if err := unix.SetsockoptInt(s.fd, unix.SOL_SOCKET, unix.SO_SNDBUF, cfg.SendBuffer); err != nil {
			return refused("set the send buffer", "setsockopt", err)
		}
	}
	return nil
}

// mapRings maps the tx and the completion ring and makes the sender.
func (s *Socket) mapRings(memory []byte) error {
	off, err := s.offsets()
	if err != nil {
		return refused("find the rings", "getsockopt", err)
	}
	tx, err := mapRing[unix.XDPDesc](s, unix.XDP_PGOFF_TX_RING, off.Tx, Slots)
	if err != nil {
		return refused("map the tx ring", "mmap", err)
	}
	done, err := mapRing[uint64](s, unix.XDP_UMEM_PGOFF_COMPLETION_RING, off.Cr, 2*Slots)
	if err != nil {
		return refused("map the completion ring", "mmap", err)
	}
	s.Sender = newSender(&s.handle, memory, tx, done)
	return nil
}

// Close closes the socket and unmaps its memory; no other call may be under way, and none may follow
// but Close. What the kernel has taken is sent all the same: it holds the memory that it needs.
func (s *Socket) Close() error {
	if s.fd < 0 {
		return nil
	}
	err := os.NewSyscallError("close", unix.Close(s.fd))
	s.fd = -1
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
