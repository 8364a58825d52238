package nicio_test

import (
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"
)

// A bareSocket does nothing but the two system calls, with arguments set up once: the measure for a
// port.
type bareSocket struct {
	fd   int
	hdrs [64]unix.Mmsghdr
	iovs [64]unix.Iovec
}

func newBareSocket(tb testing.TB, index int, buf func(i int) []byte) *bareSocket {
	tb.Helper()
	fd, err := unix.Socket(unix.AF_PACKET, unix.SOCK_RAW|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = unix.Close(fd) })
	if err := unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUFFORCE, 64<<20); err != nil {
		tb.Fatal(err)
	}
	const etherType = 0x4788 // 0x8847 in network order on a little-endian machine.
	if err := unix.Bind(fd, &unix.SockaddrLinklayer{Protocol: etherType, Ifindex: index}); err != nil {
		tb.Fatal(err)
	}
	s := &bareSocket{fd: fd}
	for i := range s.hdrs {
		b := buf(i)
		s.iovs[i].Base = &b[0]
		s.iovs[i].SetLen(len(b))
		s.hdrs[i].Hdr.Iov = &s.iovs[i]
		s.hdrs[i].Hdr.SetIovlen(1)
	}
	return s
}

// move calls recvmmsg or sendmmsg and returns how many of n frames were moved.
func (s *bareSocket) move(call uintptr, n int) int {
	// Safety: hdrs has 64 elements, n is at most that, and all pointers were set at creation.
	r, _, errno := unix.Syscall6(call, uintptr(s.fd), uintptr(unsafe.Pointer(&s.hdrs[0])), uintptr(n),
		unix.MSG_DONTWAIT, 0, 0)
	if errno != 0 {
		return 0
	}
	return int(r)
}
