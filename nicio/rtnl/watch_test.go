package rtnl_test

import (
	"context"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"callmanager/nicio"
	"callmanager/nicio/internal/vethtest"
	"callmanager/nicio/rtnl"
)

// await receives until a state is as wanted and returns it.
func await(t *testing.T, links <-chan rtnl.Link, what string, ok func(l rtnl.Link) bool) rtnl.Link {
	t.Helper()
	late := time.After(10 * time.Second)
	for {
		select {
		case l, open := <-links:
			if !open {
				t.Fatalf("channel closed while waiting: %s", what)
			}
			if ok(l) {
				return l
			}
		case <-late:
			t.Fatalf("waited in vain: %s", what)
		}
	}
}

func watch(t *testing.T, name string) <-chan rtnl.Link {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	links, err := rtnl.Watch(ctx, name)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cancel()
		for range links {
			continue
		}
	})
	return links
}

func usable(l rtnl.Link) bool { return l.Usable() }

func absent(l rtnl.Link) bool { return !l.Exists() }

func TestGet(t *testing.T) {
	n := vethtest.New(t)
	got, err := rtnl.Get(vethtest.A)
	if err != nil {
		t.Fatal(err)
	}
	want := rtnl.Link{
		Name: vethtest.A, Index: n.Link(vethtest.A).Attrs().Index, MAC: vethtest.MACA, MTU: 1500,
		Up: true, Carrier: true, Ethernet: true, Speed: 10e9,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if got, err := rtnl.Get("absent"); err != nil || got != (rtnl.Link{Name: "absent"}) {
		t.Errorf("Get(absent) = %+v, %v", got, err)
	}
	if got, err := rtnl.Get("lo"); err != nil || got.Ethernet || !got.MAC.IsZero() || !got.Exists() {
		t.Errorf("Get(lo) = %+v, %v", got, err)
	}
	for _, name := range []string{"", "a234567890123456"} {
		if _, err := rtnl.Get(name); err == nil {
			t.Errorf("Get(%q): no error", name)
		}
		if _, err := rtnl.Watch(t.Context(), name); err == nil {
			t.Errorf("Watch(%q): no error", name)
		}
	}
}

func TestWatchLife(t *testing.T) {
	n := vethtest.NewEmpty(t)
	links := watch(t, vethtest.A)
	if first := <-links; first != (rtnl.Link{Name: vethtest.A}) {
		t.Errorf("first state %+v, want absent", first)
	}
	n.Add()
	first := await(t, links, "usable", usable)
	if first.MAC != vethtest.MACA || first.MTU != 1500 || first.Speed != 10e9 {
		t.Errorf("usable as %+v", first)
	}
	n.SetMTU(vethtest.A, 9000)
	await(t, links, "MTU", func(l rtnl.Link) bool { return l.MTU == 9000 && l.Usable() })
	n.Down(vethtest.B)
	await(t, links, "no carrier", func(l rtnl.Link) bool { return l.Up && !l.Carrier })
	n.Up(vethtest.B)
	await(t, links, "carrier", usable)
	n.Down(vethtest.A)
	await(t, links, "down", func(l rtnl.Link) bool { return !l.Up && l.Index == first.Index })
	n.Up(vethtest.A)
	await(t, links, "up", usable)
	hw := nicio.MAC{2, 0, 0, 0, 0, 0x55}
	if err := n.Handle().LinkSetHardwareAddr(n.Link(vethtest.A), hw[:]); err != nil {
		t.Fatal(err)
	}
	await(t, links, "address", func(l rtnl.Link) bool { return l.MAC == hw })
	n.Delete()
	await(t, links, "deleted", absent)
	n.Add()
	if again := await(t, links, "created again", usable); again.Index == first.Index {
		t.Errorf("index %d again", again.Index)
	}
}

func TestWatchRename(t *testing.T) {
	n := vethtest.New(t)
	links := watch(t, "wan0")
	await(t, links, "absent", absent)
	n.Rename(vethtest.A, "wan0")
	a := await(t, links, "renamed to", usable)
	if a.MAC != vethtest.MACA || a.Name != "wan0" {
		t.Errorf("%+v", a)
	}
	n.Rename("wan0", "old0")
	await(t, links, "renamed away", absent)
	n.Rename(vethtest.B, "wan0")
	if b := await(t, links, "another one", usable); b.MAC != vethtest.MACB || b.Index == a.Index {
		t.Errorf("%+v, was %+v", b, a)
	}
}

// TestBridgePort proves that leaving a bridge, which the kernel announces with a "deleted" message
// of the bridge family, is not taken for the end of the interface.
func TestBridgePort(t *testing.T) {
	n := vethtest.New(t)
	attrs := netlink.NewLinkAttrs()
	attrs.Name = "br0"
	bridge := &netlink.Bridge{LinkAttrs: attrs}
	if err := n.Handle().LinkAdd(bridge); err != nil {
		t.Skipf("takes the bridge driver: %v", err)
	}
	links := watch(t, vethtest.A)
	await(t, links, "usable", usable)
	for range 3 {
		if err := n.Handle().LinkSetMaster(n.Link(vethtest.A), bridge); err != nil {
			t.Fatal(err)
		}
		if err := n.Handle().LinkSetNoMaster(n.Link(vethtest.A)); err != nil {
			t.Fatal(err)
		}
	}
	n.SetMTU(vethtest.A, 1400)
	await(t, links, "MTU", func(l rtnl.Link) bool {
		if !l.Usable() {
			t.Errorf("unusable while it joins and leaves a bridge: %+v", l)
		}
		return l.MTU == 1400
	})
}

// TestOverflow makes more changes than the kernel queues for a receiver that does not receive; the
// last state comes all the same.
func TestOverflow(t *testing.T) {
	n := vethtest.New(t)
	links := watch(t, vethtest.A)
	for i := range 600 {
		n.SetMTU(vethtest.A, 1000+i)
	}
	changes := 0
	await(t, links, "the last MTU", func(l rtnl.Link) bool {
		changes++
		return l.MTU == 1599
	})
	t.Logf("%d of 600 changes seen", changes)
	n.SetMTU(vethtest.A, 1400) // And it still follows.
	await(t, links, "the next MTU", func(l rtnl.Link) bool { return l.MTU == 1400 })
}

// TestWatchEnds proves that the end of the context closes the channel and gives all descriptors
// back, also when nobody receives.
func TestWatchEnds(t *testing.T) {
	n := vethtest.New(t)
	before := netlinkSockets(t)
	for i := range 20 {
		ctx, cancel := context.WithCancel(context.Background())
		links, err := rtnl.Watch(ctx, vethtest.A)
		if err != nil {
			t.Fatal(err)
		}
		if i%2 == 0 {
			<-links
			n.SetMTU(vethtest.A, 1200+i)
		}
		cancel()
		for range links {
			continue
		}
	}
	n.Await("descriptors returned", func() bool { return netlinkSockets(t) <= before })
	n.Await("goroutines gone", func() bool {
		stacks := make([]byte, 1<<20)
		return !strings.Contains(string(stacks[:runtime.Stack(stacks, true)]), "rtnl.(*watcher).run")
	})
}

// netlinkSockets counts the open sockets of this process.
func netlinkSockets(t *testing.T) int {
	t.Helper()
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	sockets := 0
	for _, e := range entries {
		target, err := os.Readlink(filepath.Join("/proc/self/fd", e.Name()))
		if err == nil && strings.HasPrefix(target, "socket:") {
			sockets++
		}
	}
	return sockets
}

// TestPortFollowsLink is what a daemon does: every state goes to Rebind, and frames flow again
// after the NIC was created anew.
func TestPortFollowsLink(t *testing.T) {
	n := vethtest.NewEmpty(t)
	links := watch(t, vethtest.A)
	port, err := nicio.Open(nicio.Config{Interface: vethtest.A})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = port.Close() })
	for range 3 {
		n.Add()
		l := await(t, links, "usable", usable)
		if err := port.Rebind(); err != nil || port.MAC() != l.MAC {
			t.Fatalf("Rebind: %v, %v", err, port.MAC())
		}
		head := make([]byte, 60)
		nicio.PutHeader(head, vethtest.MACB, port.MAC(), nicio.EtherTypeMPLS)
		before := port.Stats().TxFrames
		if n, err := port.WriteBatch([]nicio.TxFrame{{Head: head}}); n != 1 || err != nil {
			t.Fatal(n, err)
		}
		if s := port.Stats(); s.TxFrames != before+1 {
			t.Errorf("frame not sent: %+v", s)
		}
		n.Delete()
		await(t, links, "absent", absent)
		_ = port.Rebind()
	}
}

func TestTracker(t *testing.T) {
	message := func(kind uint16, family uint8, attrs netlink.LinkAttrs) *netlink.LinkUpdate {
		u := &netlink.LinkUpdate{Link: &netlink.Device{LinkAttrs: attrs}}
		u.Header.Type, u.Family = kind, family
		return u
	}
	eth := netlink.LinkAttrs{Name: "eth1", Index: 5, MTU: 1500, EncapType: "ether", HardwareAddr: []byte{2, 0, 0, 0, 0, 1}}
	with := func(change func(a *netlink.LinkAttrs)) netlink.LinkAttrs {
		a := eth
		change(&a)
		return a
	}
	present := rtnl.Link{Name: "eth1", Index: 5, MTU: 1500, Ethernet: true, MAC: nicio.MAC{2, 0, 0, 0, 0, 1}}
	gone := rtnl.Link{Name: "eth1"}
	for _, row := range []struct {
		name string
		u    *netlink.LinkUpdate
		want rtnl.Link
	}{
		{"same", message(unix.RTM_NEWLINK, 0, eth), present},
		{"deleted", message(unix.RTM_DELLINK, 0, eth), gone},
		{"renamed", message(unix.RTM_NEWLINK, 0, with(func(a *netlink.LinkAttrs) { a.Name = "eth9" })), gone},
		{
			"renamed, but known by an alternative name",
			message(unix.RTM_NEWLINK, 0, with(func(a *netlink.LinkAttrs) { a.Name, a.AltNames = "eth9", []string{"eth1"} })), present,
		},
		{"left a bridge", message(unix.RTM_DELLINK, unix.AF_BRIDGE, eth), present},
		{"partial", message(unix.RTM_NEWLINK, 0, with(func(a *netlink.LinkAttrs) { a.MTU = 0 })), present},
		{"partial of another name", message(unix.RTM_NEWLINK, 0, netlink.LinkAttrs{Index: 5}), present},
		{"another deleted", message(unix.RTM_DELLINK, 0, with(func(a *netlink.LinkAttrs) { a.Index = 6 })), present},
		{"another", message(unix.RTM_NEWLINK, 0, netlink.LinkAttrs{Name: "eth2", Index: 6, MTU: 1500}), present},
		{
			"taken over", message(unix.RTM_NEWLINK, 0, with(func(a *netlink.LinkAttrs) { a.Index = 7 })),
			rtnl.Link{Name: "eth1", Index: 7, MTU: 1500, Ethernet: true, MAC: present.MAC},
		},
		{"nothing", &netlink.LinkUpdate{}, present},
	} {
		tr := rtnl.NewTracker("eth1")
		tr.Update(message(unix.RTM_NEWLINK, 0, eth))
		tr.Update(row.u)
		if diff := cmp.Diff(row.want, tr.Link()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", row.name, diff)
		}
	}
}
