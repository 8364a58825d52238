package ethtool_test

import (
	"errors"
	"testing"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"callmanager/nicio/ethtool"
	"callmanager/nicio/internal/vethtest"
)

func TestSpeed(t *testing.T) {
	n := vethtest.New(t)
	attrs := netlink.NewLinkAttrs()
	attrs.Name = "br0"
	if err := n.Handle().LinkAdd(&netlink.Bridge{LinkAttrs: attrs}); err != nil {
		t.Skipf("takes the bridge driver: %v", err)
	}
	fd, err := unix.Socket(unix.AF_UNIX, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = unix.Close(fd) })
	for _, row := range []struct {
		name string
		want uint64
		err  error
	}{
		{vethtest.A, 10e9, nil}, // What the veth driver says.
		{"lo", 0, nil},          // No notion of speed.
		{"br0", 0, nil},         // No port yet: the speed is unknown.
		{"absent", 0, unix.ENODEV},
		{"", 0, unix.EINVAL},
		{"a234567890123456", 0, unix.EINVAL},
	} {
		if got, err := ethtool.Speed(fd, row.name); got != row.want || !errors.Is(err, row.err) {
			t.Errorf("Speed(%q) = %d, %v, want %d, %v", row.name, got, err, row.want, row.err)
		}
	}
	if _, err := ethtool.Speed(-1, vethtest.A); !errors.Is(err, unix.EBADF) {
		t.Errorf("Speed of no socket = %v, want EBADF", err)
	}
}

func TestBits(t *testing.T) {
	for _, row := range []struct {
		low, high uint16
		want      uint64
	}{
		{10, 0, 10e6},
		{1000, 0, 1e9},
		{100000 & 0xffff, 100000 >> 16, 100e9},
		{0xffff, 0xffff, 0}, // SPEED_UNKNOWN.
		{0xffff, 0, 0},      // The same in 16 bits.
		{0, 0, 0},
	} {
		if got := ethtool.Bits(row.low, row.high); got != row.want {
			t.Errorf("%#x, %#x: %d bit/s, want %d", row.low, row.high, got, row.want)
		}
	}
}

func TestLayout(t *testing.T) {
	if ethtool.CommandSize != 44 || ethtool.RequestSize != unix.SizeofPtr+16+24-unix.SizeofPtr {
		t.Errorf("struct ethtool_cmd has %d octets, struct ifreq %d, want 44 and 40", ethtool.CommandSize, ethtool.RequestSize)
	}
}
