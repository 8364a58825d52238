package api_test

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// sendEmpty sends an empty datagram with descriptors. The libraries would add an octet.
func (c *rawClient) sendEmpty(fds []int) {
	c.t.Helper()
	oob := unix.UnixRights(fds...)
	m := unix.Msghdr{Control: unsafe.SliceData(oob)}
	m.SetControllen(len(oob))
	// Safety: the kernel reads m and oob, which live until the call returns.
	_, _, errno := unix.Syscall(unix.SYS_SENDMSG, uintptr(c.fd), uintptr(unsafe.Pointer(&m)), unix.MSG_NOSIGNAL)
	if errno != 0 {
		c.t.Fatal(errno)
	}
}
