package main

import (
	"errors"
	"net"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"go.uber.org/zap"

	"callmanager/signalling"
	"callmanager/signalling/sim"
	"callmanager/vc"
)

// patience bounds what must come; nothing takes so long.
const patience = 20 * time.Second

// manager stands where systemd does.
type manager struct {
	t    *testing.T
	sock *net.UnixConn
}

// listenAsSystemd makes the socket of notifications and its environment. A watchdog of 0 is none.
func listenAsSystemd(t *testing.T, watchdog time.Duration) *manager {
	t.Helper()
	path := filepath.Join(t.TempDir(), "notify")
	sock, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: path, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = sock.Close() })
	t.Setenv("NOTIFY_SOCKET", path)
	if watchdog != 0 {
		t.Setenv("WATCHDOG_USEC", strconv.FormatInt(watchdog.Microseconds(), 10))
	}
	return &manager{t, sock}
}

// next returns the next notification.
func (m *manager) next() string {
	m.t.Helper()
	buf := make([]byte, 1<<16)
	_ = m.sock.SetReadDeadline(time.Now().Add(patience))
	n, err := m.sock.Read(buf)
	if err != nil {
		m.t.Fatal(err)
	}
	return string(buf[:n])
}

// expect reads to a notification and returns those before it.
func (m *manager) expect(want string) (before []string) {
	m.t.Helper()
	for {
		got := m.next()
		if got == want {
			return before
		}
		before = append(before, got)
	}
}

// rest returns the notifications that have come.
func (m *manager) rest() (all []string) {
	m.t.Helper()
	buf := make([]byte, 1<<16)
	_ = m.sock.SetReadDeadline(time.Now().Add(10 * time.Millisecond))
	for {
		n, err := m.sock.Read(buf)
		if err != nil {
			return all
		}
		all = append(all, string(buf[:n]))
	}
}

// newManager makes a call manager with one link that is down, for a reason of two lines.
func newManager(t *testing.T) *signalling.Manager {
	t.Helper()
	m, err := signalling.New(signalling.Config{
		Plane: sim.NewPlane(0),
		Links: []signalling.LinkConfig{{ID: 1, Name: "lab", Peer: vc.MAC{2, 0, 0, 0, 0, 2}, Channel: sim.NewWire(0, 0, 1).A()}},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = m.Close() })
	return m
}

// systemd is told of the beginning, the state, the life and the end, in this order.
func TestNotify(t *testing.T) {
	systemd := listenAsSystemd(t, 30*time.Millisecond)
	m := newManager(t)
	m.Start()
	m.LinkStatus(1, vc.LinkStatus{MAC: vc.MAC{2, 0, 0, 0, 0, 1}, Reason: "no carrier\nSTOPPING=1"})
	n := startNotifier(m, zap.NewNop())
	if first := systemd.next(); first != "READY=1" {
		t.Errorf("first %q", first)
	}
	for range 3 {
		for _, s := range systemd.expect("WATCHDOG=1") {
			if !strings.HasPrefix(s, "STATUS=0 of 1 links up, 0 calls, 0 clients; ") || strings.ContainsAny(s, "\n\r") {
				t.Errorf("told %q", s)
			}
		}
	}
	n.stopping()
	before := systemd.expect("STOPPING=1")
	for _, s := range before {
		if s != "WATCHDOG=1" && !strings.HasPrefix(s, "STATUS=") {
			t.Errorf("told %q before the end", s)
		}
	}
	if after := systemd.rest(); len(after) != 0 {
		t.Errorf("told %q after the end", after)
	}
}

// The state is told when it changes, not at each look.
func TestNotifyStatusOnce(t *testing.T) {
	systemd := listenAsSystemd(t, 15*time.Millisecond)
	m := newManager(t)
	m.Start()
	n := startNotifier(m, zap.NewNop())
	last := "" // a busy machine may let the call manager answer late, which is a state of its own
	for range 10 {
		for _, s := range systemd.expect("WATCHDOG=1") {
			if s == last {
				t.Errorf("told %q twice", s)
			}
			last = s
		}
	}
	if last == "" {
		t.Error("told no state")
	}
	n.stopping()
}

// The watchdog is fed only while the call manager answers: one that does not run is found out.
func TestWatchdogStarves(t *testing.T) {
	systemd := listenAsSystemd(t, 30*time.Millisecond)
	m := newManager(t) // not started: it does not answer
	n := startNotifier(m, zap.NewNop())
	systemd.expect("READY=1")
	if before := systemd.expect("STATUS=the call manager does not answer"); len(before) != 0 {
		t.Errorf("told %q", before)
	}
	m.Start()
	for _, s := range systemd.expect("WATCHDOG=1") {
		if strings.HasPrefix(s, "STOPPING") {
			t.Errorf("told %q", s)
		}
	}
	n.stopping()
}

// Without systemd and without a watchdog nothing is told, and nothing fails.
func TestNoSystemd(t *testing.T) {
	t.Setenv("NOTIFY_SOCKET", "")
	m := newManager(t)
	m.Start()
	startNotifier(m, zap.NewNop()).stopping()
	systemd := listenAsSystemd(t, 0)
	n := startNotifier(m, zap.NewNop())
	for _, s := range systemd.expectStatus() {
		if s != "READY=1" {
			t.Errorf("told %q", s)
		}
	}
	n.stopping()
	if all := systemd.expect("STOPPING=1"); len(all) != 0 {
		t.Errorf("told %q", all)
	}
	if errors.Is(systemd.sock.Close(), net.ErrClosed) {
		t.Error("the socket was closed before")
	}
}

// expectStatus reads to the first state and returns what came before it.
func (m *manager) expectStatus() (before []string) {
	m.t.Helper()
	for {
		s := m.next()
		if strings.HasPrefix(s, "STATUS=") {
			return before
		}
		before = append(before, s)
	}
}
