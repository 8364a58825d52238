package ethtool

import (
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

// unknown is the kernel's SPEED_UNKNOWN in Mbit/s.
const unknown = 1<<32 - 1

// Speed returns the speed of the named interface in bit/s. It is 0 when the driver does not know
// it, as without carrier, or has no such notion. fd is any open socket; its network namespace is
// the one in which name is looked up. A missing interface is an error that wraps unix.ENODEV.
func Speed(fd int, name string) (uint64, error) {
	cmd := command{cmd: unix.ETHTOOL_GSET}
	// Safety: a complete struct ethtool_cmd.
	if ok, err := ask(fd, name, unsafe.Pointer(&cmd), "speed"); !ok {
		return 0, err
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
