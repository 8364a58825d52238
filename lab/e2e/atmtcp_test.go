package e2e_test

import (
	"fmt"
	"net"
	"path/filepath"
	"strings"
	"testing"

	"callmanager/api/cmdpb"
	"callmanager/lab"
)

// TestATMTCP has two daemons joined by TCP, without a NIC of theirs: the programs transfer a file both ways at once,
// contracts hold, and the link is one like any other.
func TestATMTCP(t *testing.T) {
	t.Parallel()
	alice, bob := pair(t, lab.Config{ATMTCP: true})
	for h, want := range map[*lab.Host]*cmdpb.Link{
		alice: {Name: "bob", Interface: "tcp", Peer: "listen 192.0.2.1:2813", Role: "network", Mode: "atmtcp", State: "up"},
		bob:   {Name: "alice", Interface: "tcp", Peer: "connect 192.0.2.1:2813", Role: "user", Mode: "atmtcp", State: "up"},
	} {
		l := linkOf(t, dial(t, h))
		if l.GetName() != want.GetName() || l.GetInterface() != want.GetInterface() || l.GetPeer() != want.GetPeer() ||
			l.GetRole() != want.GetRole() || l.GetMode() != want.GetMode() || l.GetState() != want.GetState() || l.GetLastError() != "" ||
			l.GetMaxSdu() != 65528 || l.GetCapacity() != 155_520_000 || l.GetAddress() != h.Address {
			t.Errorf("%s: link %v, want %v", h.Name, l, want)
		}
	}
	dir := t.TempDir()
	sum := writeRandom(t, filepath.Join(dir, "in"), fileSize)
	t.Run("both ways at once", func(t *testing.T) {
		for _, way := range [][2]*lab.Host{{alice, bob}, {bob, alice}} {
			t.Run(way[0].Name+" calls", func(t *testing.T) {
				t.Parallel()
				sendFile(t, way[0], way[1], filepath.Join(dir, "in"), sum)
			})
		}
	})
	from, to := dial(t, alice), dial(t, bob)
	if _, _, err := connect(t.Context(), from, to, bob, 9, reserve(500e6)); err == nil || !strings.Contains(err.Error(), "37") {
		t.Errorf("a call beyond the capacity: %v", err)
	}
	awaitEmpty(t, alice, bob)
}

// TestATMTCPLoss kills a daemon under standing calls and lets strangers and nonsense come to the other: that one tells
// why its link is down, clears what stood, and takes the next peer that makes sense.
func TestATMTCPLoss(t *testing.T) {
	t.Parallel()
	alice, bob := pair(t, lab.Config{ATMTCP: true})
	watch := dial(t, alice)
	beside := flow(t, alice, bob)
	end := linkOf(t, watch).GetPeer()[len("listen "):]
	// A second connection while the first lives, and one of somebody else.
	for h, name := range map[*lab.Host]string{bob: "transport_refused_second", alice: "transport_refused_foreign"} {
		wire := dialTCP(t, h, end)
		if _, err := wire.Read(make([]byte, 1)); err == nil {
			t.Errorf("the connection from %s is served", h.Name)
		}
		_ = wire.Close()
		if n := counter(linkOf(t, watch).GetCounters(), name); n != 1 {
			t.Errorf("%s is %d, want 1", name, n)
		}
	}
	beside.end()
	calling, _ := mustConnect(t, dial(t, alice), dial(t, bob), bob, 7, reserve(1e6))
	kill(t, bob)
	eventually(t, "the link tells of its loss", func() error {
		l := linkOf(t, watch)
		if l.GetState() != "down" || !strings.Contains(l.GetLastError(), "waiting for another on "+end) {
			return fmt.Errorf("link is %s: %s", l.GetState(), l.GetLastError())
		}
		return nil
	})
	wire := dialTCP(t, bob, end)
	if _, err := wire.Write([]byte("GET / HTTP/1.1\r\nHost: alice\r\n\r\n")); err != nil {
		t.Error(err)
	}
	eventually(t, "the link tells of nonsense", func() error {
		if l := linkOf(t, watch); !strings.Contains(l.GetLastError(), "this is no atmtcp stream") {
			return fmt.Errorf("link is %s: %s", l.GetState(), l.GetLastError())
		}
		return nil
	})
	_ = wire.Close()
	start(t, bob)
	awaitLink(t, watch, "up", "")
	<-calling.Released()
	if err := calling.Close(); err != nil {
		t.Error(err)
	}
	awaitEmpty(t, alice, bob)
	again := flow(t, bob, alice)
	again.end()
	awaitEmpty(t, alice, bob)
}

// dialTCP connects from a host.
func dialTCP(t *testing.T, h *lab.Host, to string) (wire net.Conn) {
	t.Helper()
	inNetns(t, h, func() (err error) {
		wire, err = net.DialTimeout("tcp", to, patience)
		return err
	})
	return wire
}
