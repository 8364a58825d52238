package ring

import (
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// receive reads from a socket without blocking, asks for neither address nor control data (the kernel closes
// descriptors that the peer attached), and does not allocate. b is not empty.
func receive(fd int, b []byte) (int, syscall.Errno) {
	// Safety: b is alive for the call, the kernel writes at most len(b) octets and keeps no pointer.
	n, _, errno := unix.Syscall6(unix.SYS_RECVFROM, uintptr(fd),
		uintptr(unsafe.Pointer(unsafe.SliceData(b))), uintptr(len(b)), unix.MSG_DONTWAIT, 0, 0)
	return int(n), errno
}

// A peeker is the argument block of recvmsg(2), so that looking does not allocate. It does not move.
type peeker struct {
	hdr unix.Msghdr
	iov unix.Iovec
}

// look reads from a socket without blocking and without taking anything, and tells whether descriptors come with the
// last of the octets: with those a read ends. b is not empty.
func (p *peeker) look(fd int, b []byte) (n int, laden bool, errno syscall.Errno) {
	p.iov.Base = unsafe.SliceData(b)
	p.iov.SetLen(len(b))
	p.hdr = unix.Msghdr{Iov: &p.iov}
	p.hdr.SetIovlen(1)
	// Safety: p and b are alive for the call; the kernel writes at most len(b) octets and the flags of hdr, and keeps
	// no pointer.
	r, _, errno := unix.Syscall6(unix.SYS_RECVMSG, uintptr(fd), uintptr(unsafe.Pointer(&p.hdr)),
		unix.MSG_DONTWAIT|unix.MSG_PEEK, 0, 0, 0)
	p.iov.Base, p.hdr.Iov = nil, nil
	return int(r), p.hdr.Flags&unix.MSG_CTRUNC != 0, errno
}
