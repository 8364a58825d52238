// Package ethtool reads the speed of a network interface, and whether it takes VLAN tags out of frames.
//
// It asks the driver through ioctl(2) SIOCETHTOOL rather than the files below /sys/class/net: an
// ioctl is answered for the network namespace of the socket, sysfs for that of the mount, and the
// two differ in every process that has only changed one of them. No capability is needed.
//
//	caller ── fd of any socket ──▶ SIOCETHTOOL ── ETHTOOL_GSET, ETHTOOL_GFLAGS ──▶ driver
//	       ◀── bit/s, 0 = unknown; flags ──────────────────────────────────────────┘
//
// It does not change any setting, and it does not follow changes: package rtnl does. Functions hold
// no state and may be called from any goroutine. The interface is that of the kernel's
// include/uapi/linux/ethtool.h (Linux 6.18).
//
//	bits, err := ethtool.Speed(fd, "eth1")
//	if err == nil && bits == 0 {
//		// The driver does not know: no carrier, or a virtual device.
//	}
package ethtool
