package vethtest

import (
	"errors"
	"os"
	"runtime"
	"testing"
	"time"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"callmanager/nicio"
	"callmanager/nicio/ethtool"
)

// Names of the two ends.
const (
	A = "hv0"
	B = "hv1"
)

// Addresses of the two ends.
var (
	MACA = nicio.MAC{2, 0, 0, 0, 0, 0x0a}
	MACB = nicio.MAC{2, 0, 0, 0, 0, 0x0b}
)

// Net is a namespace with a veth pair, both ends up.
type Net struct {
	t testing.TB
	h *netlink.Handle
}

// New makes the namespace and the pair. The calling goroutine stays locked to its thread, which
// ends with the goroutine. Without the capabilities for it the test is skipped.
func New(tb testing.TB) *Net {
	tb.Helper()
	n := NewEmpty(tb)
	n.Add()
	return n
}

// NewEmpty makes the namespace without the pair.
func NewEmpty(tb testing.TB) *Net {
	tb.Helper()
	runtime.LockOSThread()
	if err := unix.Unshare(unix.CLONE_NEWNET); err != nil {
		runtime.UnlockOSThread()
		if errors.Is(err, unix.EPERM) {
			tb.Skipf("a network namespace takes CAP_SYS_ADMIN (and CAP_NET_ADMIN, CAP_NET_RAW): %v", err)
		}
		tb.Fatalf("unshare: %v", err)
	}
	// Silence on the links; a kernel without IPv6 is silent already.
	err := os.WriteFile("/proc/sys/net/ipv6/conf/default/disable_ipv6", []byte("1"), 0)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		tb.Logf("IPv6 stays enabled on test links: %v", err)
	}
	h, err := netlink.NewHandle(unix.NETLINK_ROUTE)
	if err != nil {
		tb.Fatalf("rtnetlink: %v", err)
	}
	tb.Cleanup(h.Close)
	return &Net{t: tb, h: h}
}

// Handle returns an rtnetlink handle of the namespace.
func (n *Net) Handle() *netlink.Handle { return n.h }

// Add creates the pair, sets both ends up and returns when they have carrier.
func (n *Net) Add() {
	n.t.Helper()
	attrs := netlink.NewLinkAttrs()
	attrs.Name = A
	veth := &netlink.Veth{LinkAttrs: attrs, PeerName: B}
	n.must("add veth", n.h.LinkAdd(veth))
	for name, mac := range map[string]nicio.MAC{A: MACA, B: MACB} {
		n.must("set address of "+name, n.h.LinkSetHardwareAddr(n.Link(name), mac[:]))
	}
	n.SetTagStripping(A, false)
	n.SetTagStripping(B, false)
	n.Up(A)
	n.Up(B)
	n.AwaitRunning(A, B)
}

// SetTagStripping has an interface take VLAN tags out of frames or leave them, as those of New do.
func (n *Net) SetTagStripping(name string, on bool) {
	n.t.Helper()
	fd, err := unix.Socket(unix.AF_UNIX, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	n.must("open a socket", err)
	defer func() { _ = unix.Close(fd) }()
	n.must("set the handling of tags", ethtool.SetTags(fd, name, on))
}

// Delete removes the pair.
func (n *Net) Delete() {
	n.t.Helper()
	n.must("delete", n.h.LinkDel(n.Link(A)))
}

// Link returns an interface by name.
func (n *Net) Link(name string) netlink.Link {
	n.t.Helper()
	l, err := n.h.LinkByName(name)
	n.must("find "+name, err)
	return l
}

// Up sets an interface up.
func (n *Net) Up(name string) {
	n.t.Helper()
	n.must("set up "+name, n.h.LinkSetUp(n.Link(name)))
}

// Down sets an interface down.
func (n *Net) Down(name string) {
	n.t.Helper()
	n.must("set down "+name, n.h.LinkSetDown(n.Link(name)))
}

// SetMTU sets the MTU of an interface.
func (n *Net) SetMTU(name string, mtu int) {
	n.t.Helper()
	n.must("set MTU of "+name, n.h.LinkSetMTU(n.Link(name), mtu))
}

// Rename gives an interface another name.
func (n *Net) Rename(name, to string) {
	n.t.Helper()
	n.must("rename "+name, n.h.LinkSetName(n.Link(name), to))
}

// AwaitRunning returns when all interfaces can pass frames.
func (n *Net) AwaitRunning(names ...string) {
	n.t.Helper()
	for _, name := range names {
		n.Await(name+" running", func() bool {
			return n.Link(name).Attrs().RawFlags&unix.IFF_RUNNING != 0
		})
	}
}

// Await yields until a condition holds; the test fails if it does not within ten seconds.
func (n *Net) Await(what string, ok func() bool) {
	n.t.Helper()
	for end := time.Now().Add(10 * time.Second); !ok(); runtime.Gosched() {
		if time.Now().After(end) {
			n.t.Fatalf("waited in vain: %s", what)
		}
	}
}

func (n *Net) must(what string, err error) {
	n.t.Helper()
	if err != nil {
		n.t.Fatalf("%s: %v", what, err)
	}
}
