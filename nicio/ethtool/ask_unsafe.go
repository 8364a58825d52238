package ethtool

import (
	"errors"
	"fmt"
	"os"
	"unsafe"

	"golang.org/x/sys/unix"
)

// A request is struct ifreq with its pointer member.
type request struct {
	name [unix.IFNAMSIZ]byte
	data unsafe.Pointer
	_    [24 - unsafe.Sizeof(uintptr(0))]byte
}

// ask hands a command to the driver of the named interface and has the answer written into it. It reports false
// without an error when the driver does not know the command.
func ask(fd int, name string, command unsafe.Pointer, what string) (ok bool, err error) {
	if name == "" || len(name) >= unix.IFNAMSIZ {
		return false, fmt.Errorf("ethtool: interface name %q: %w", name, unix.EINVAL)
	}
	req := request{data: command}
	copy(req.name[:], name)
	// Safety: req is a struct ifreq of full size whose pointer names a complete structure of the caller's
	// command; both stay alive through the call, which writes only into the latter.
	_, _, errno := unix.Syscall(unix.SYS_IOCTL, uintptr(fd), unix.SIOCETHTOOL, uintptr(unsafe.Pointer(&req)))
	switch {
	case errors.Is(errno, unix.EOPNOTSUPP):
		return false, nil
	case errno != 0:
		return false, fmt.Errorf("ethtool: %s of %s: %w", what, name, os.NewSyscallError("ioctl", errno))
	}
	return true, nil
}
