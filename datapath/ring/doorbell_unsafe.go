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
