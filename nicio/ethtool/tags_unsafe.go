package ethtool

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// flags is struct ethtool_value, the argument of ETHTOOL_GFLAGS.
type flags struct{ cmd, data uint32 }

// stripsTags is ETH_FLAG_RXVLAN, which ethtool(8) calls rxvlan.
const stripsTags = 1 << 8

// StripsTags reports whether the named interface takes the VLAN tags (IEEE 802.1Q C-tags) out of the frames that it
// receives, and hands them to the kernel beside the frame. fd is any open socket; its network namespace is the one in
// which name is looked up.
func StripsTags(fd int, name string) (bool, error) {
	f := flags{cmd: unix.ETHTOOL_GFLAGS}
	// Safety: a complete struct ethtool_value.
	ok, err := ask(fd, name, unsafe.Pointer(&f), "flags")
	return ok && f.data&stripsTags != 0, err
}

// SetTags has the named interface take VLAN tags out of frames that it receives, and put them into those that it sends,
// or leave both to the kernel. It takes CAP_NET_ADMIN. What a driver does not know it refuses, or does as before.
func SetTags(fd int, name string, strip bool) error {
	const stripAndInsert = stripsTags | 1<<7 // ETH_FLAG_RXVLAN and ETH_FLAG_TXVLAN.
	f := flags{cmd: unix.ETHTOOL_GFLAGS}
	// Safety: a complete struct ethtool_value, twice.
	if ok, err := ask(fd, name, unsafe.Pointer(&f), "flags"); !ok {
		return err
	}
	if f.cmd, f.data = unix.ETHTOOL_SFLAGS, f.data&^stripAndInsert; strip {
		f.data |= stripAndInsert
	}
	_, err := ask(fd, name, unsafe.Pointer(&f), "setting the flags")
	return err
}
