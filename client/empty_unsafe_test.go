package client_test

import (
	"errors"
	"net"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"
)

// sendEmpty sends an empty datagram with descriptors. The libraries would add an octet.
func sendEmpty(t *testing.T, sock *net.UnixConn, fds []int) {
	t.Helper()
	raw, err := sock.SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	oob := unix.UnixRights(fds...)
	m := unix.Msghdr{Control: unsafe.SliceData(oob)}
	m.SetControllen(len(oob))
	var errno unix.Errno
	err = raw.Control(func(fd uintptr) {
		// Safety: the kernel reads m and oob, which live until the call returns.
		_, _, errno = unix.Syscall(unix.SYS_SENDMSG, fd, uintptr(unsafe.Pointer(&m)), unix.MSG_NOSIGNAL)
	})
	if errno != 0 {
		err = errors.Join(err, errno)
	}
	if err != nil {
		t.Fatal(err)
	}
}
