package ethtool

import (
	"errors"
	"fmt"
	"os"
	"unsafe"

	"golang.org/x/sys/unix"
)

// A command is struct ethtool_cmd, the argument of ETHTOOL_GSET.
type command struct {
	cmd       uint32
	_         [2]uint32 // Supported and advertised modes.
	speed     uint16    // Low half, Mbit/s.
	_         [6]byte   // Duplex to MDIO support.
	_         [2]uint32 // Interrupt coalescing.
	speedHigh uint16    // High half, Mbit/s.
	_         [2]byte   // MDI-X.
	_         [3]uint32 // Link partner, reserved.
}

// A request is struct ifreq with its pointer member.
type request struct {
	name [unix.IFNAMSIZ]byte
	data *command
	_    [24 - unsafe.Sizeof(uintptr(0))]byte
}

// unknown is the kernel's SPEED_UNKNOWN in Mbit/s.
const unknown = 1<<32 - 1

// Speed returns the speed of the named interface in bit/s. It is 0 when the driver does not know
// it, as without carrier, or has no such notion. fd is any open socket; its network namespace is
// the one in which name is looked up. A missing interface is an error that wraps unix.ENODEV.
func Speed(fd int, name string) (uint64, error) {
	if name == "" || len(name) >= unix.IFNAMSIZ {
		return 0, fmt.Errorf("ethtool: interface name %q: %w", name, unix.EINVAL)
	}
	cmd := &command{cmd: unix.ETHTOOL_GSET}
	req := request{data: cmd}
	copy(req.name[:], name)
	// Safety: req is a struct ifreq of full size whose pointer names a complete struct ethtool_cmd;
	// both stay alive through the call, which writes only into the latter.
	_, _, errno := unix.Syscall(unix.SYS_IOCTL, uintptr(fd), unix.SIOCETHTOOL, uintptr(unsafe.Pointer(&req)))
	switch {
	case errors.Is(errno, unix.EOPNOTSUPP):
		return 0, nil
	case errno != 0:
		return 0, fmt.Errorf("ethtool: speed of %s: %w", name, os.NewSyscallError("ioctl", errno))
	}
	return bits(cmd.speed, cmd.speedHigh), nil
}

// bits joins the halves of a speed in Mbit/s. All ones in the low half alone is what drivers of the
// 16-bit age say for "unknown".
func bits(low, high uint16) uint64 {
	mbit := uint64(high)<<16 | uint64(low)
	if mbit == unknown || (high == 0 && low == 1<<16-1) {
		return 0
	}
	return mbit * 1_000_000
}
