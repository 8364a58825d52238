package xsk

import (
	"sync/atomic"
	"unsafe"

	"golang.org/x/sys/unix"
)

// A handle is the descriptor of a socket with the calls of AF_XDP that package unix has not got. It
// is the kernel of a [Sender], and of a [Receiver].
type handle struct {
	fd    int
	stats unix.XDPStatistics // Out of voided.
}

// kick is sendto(2) without octets.
func (h *handle) kick() unix.Errno {
	// Safety: no pointer is passed. Syscall6 tells the scheduler, so a long batch does not hold up
	// others.
	_, _, errno := unix.Syscall6(unix.SYS_SENDTO, uintptr(h.fd), 0, 0, unix.MSG_DONTWAIT, 0, 0)
	return errno
}

func (h *handle) voided() uint64 {
	if h.get(unix.XDP_STATISTICS, unsafe.Pointer(&h.stats), unsafe.Sizeof(h.stats)) != 0 {
		return 0
	}
	return h.stats.Tx_invalid_descs
}

// supply is recvfrom(2) without room.
func (h *handle) supply() {
	// Safety: no pointer is passed.
	_, _, _ = unix.Syscall6(unix.SYS_RECVFROM, uintptr(h.fd), 0, 0, unix.MSG_DONTWAIT, 0, 0)
}

// Losses tells what the kernel has dropped of the frames for a socket that receives: those for which there was no
// room in it, and how often that was because its reader was behind with all memory. Any goroutine may call it until
// Close.
func (s *Socket) Losses() (frames, starved uint64) {
	var stats unix.XDPStatistics
	if s.ear.get(unix.XDP_STATISTICS, unsafe.Pointer(&stats), unsafe.Sizeof(stats)) != 0 {
		return 0, 0
	}
	return stats.Rx_dropped + stats.Rx_ring_full, stats.Rx_fill_ring_empty_descs
}

// offsets returns where the words of each ring are in its mapping.
func (h *handle) offsets() (off unix.XDPMmapOffsets, err error) {
	if errno := h.get(unix.XDP_MMAP_OFFSETS, unsafe.Pointer(&off), unsafe.Sizeof(off)); errno != 0 {
		return off, errno
	}
	return off, nil
}

func (h *handle) get(opt int, value unsafe.Pointer, size uintptr) unix.Errno {
	l := uint32(size)
	// Safety: value points to size octets and l says so; both are kept alive by the call.
	_, _, errno := unix.Syscall6(unix.SYS_GETSOCKOPT, uintptr(h.fd), unix.SOL_XDP, uintptr(opt),
		uintptr(value), uintptr(unsafe.Pointer(&l)), 0)
	return errno
}

// register makes memory that of the socket.
func (h *handle) register(memory []byte, chunk int) error {
	reg := unix.XDPUmemReg{
		// Safety: the memory is a mapping, which neither moves nor is collected; it is unmapped after
		// the socket is closed.
		Addr: uint64(uintptr(unsafe.Pointer(unsafe.SliceData(memory)))),
		Len:  uint64(len(memory)),
		Size: uint32(chunk),
	}
	// Safety: reg is a structure of the size passed, kept alive by the call.
	_, _, errno := unix.Syscall6(unix.SYS_SETSOCKOPT, uintptr(h.fd), unix.SOL_XDP, unix.XDP_UMEM_REG,
		uintptr(unsafe.Pointer(&reg)), unsafe.Sizeof(reg), 0)
	if errno != 0 {
		return errno
	}
	return nil
}

// mapRing maps a ring of a socket, and the word with its flags. The mapping lives until Close.
func mapRing[T any](s *Socket, fd int, page int64, off unix.XDPRingOffset, slots int) (ring[T], *atomic.Uint32, error) {
	var slot T
	m, err := unix.Mmap(fd, page, int(off.Desc)+slots*int(unsafe.Sizeof(slot)), unix.PROT_READ|unix.PROT_WRITE,
		unix.MAP_SHARED|unix.MAP_POPULATE)
	if err != nil {
		return ring[T]{}, nil, err
	}
	s.maps = append(s.maps, m)
	// Safety: the kernel's offsets lie within the mapping (m[i] checks them) and are aligned; the
	// slots end where the mapping does. The mapping neither moves nor is collected.
	return ring[T]{
		producer: (*atomic.Uint32)(unsafe.Pointer(&m[off.Producer])),
		consumer: (*atomic.Uint32)(unsafe.Pointer(&m[off.Consumer])),
		slots:    unsafe.Slice((*T)(unsafe.Pointer(&m[off.Desc])), slots),
	}, (*atomic.Uint32)(unsafe.Pointer(&m[off.Flags])), nil
}
