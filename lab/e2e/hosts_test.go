package e2e_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"callmanager/api/cmdpb"
	"callmanager/client"
	"callmanager/lab"
)

// patience is how long a test waits for what must come. It is far longer than anything takes, since
// the machine may be busy.
const patience = 30 * time.Second

// labNumber makes the names of the labs of this process unique.
var labNumber atomic.Int64

// labLock makes one lab at a time: each looks for the remains of earlier ones first.
var labLock sync.Mutex

// labName returns a name that no other lab has.
func labName(prefix string) string {
	return fmt.Sprintf("%s%d-%d", prefix, os.Getpid(), labNumber.Add(1))
}

// prepare makes hosts whose daemons do not run yet. They are removed at the end of the test, which
// fails if a daemon has crashed.
func prepare(tb testing.TB, cfg lab.Config) *lab.Lab {
	tb.Helper()
	p := need(tb)
	cfg.Name, cfg.Daemon, cfg.Owned = labName("t"), p.daemon, true
	labLock.Lock()
	l, err := lab.Prepare(cfg)
	labLock.Unlock()
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		checkFaults(tb, l)
		for _, h := range l.Hosts() {
			if h.Running() { // Down would let it release what the test has left, which takes time.
				_ = h.Signal(unix.SIGKILL)
			}
			checkLog(tb, h)
		}
		if err := l.Down(context.Background()); err != nil {
			tb.Error(err)
		}
	})
	return l
}

// up makes hosts with running daemons whose links are up.
func up(tb testing.TB, cfg lab.Config) *lab.Lab {
	tb.Helper()
	l := prepare(tb, cfg)
	for _, h := range l.Hosts() {
		start(tb, h)
	}
	awaitLinks(tb, l)
	return l
}

// pair makes alice and bob.
func pair(tb testing.TB, cfg lab.Config) (alice, bob *lab.Host) {
	tb.Helper()
	l := up(tb, cfg)
	return l.Hosts()[0], l.Hosts()[1]
}

// start starts a daemon.
func start(tb testing.TB, h *lab.Host) {
	tb.Helper()
	ctx, cancel := context.WithTimeout(tb.Context(), patience)
	defer cancel()
	if err := h.StartDaemon(ctx); err != nil {
		tb.Fatal(err)
	}
}

// kill ends a daemon without warning.
func kill(tb testing.TB, h *lab.Host) {
	tb.Helper()
	ctx, cancel := context.WithTimeout(tb.Context(), patience)
	defer cancel()
	if err := h.StopDaemon(ctx, unix.SIGKILL); err != nil {
		tb.Fatal(err)
	}
}

// awaitLinks waits until every link of every host is up.
func awaitLinks(tb testing.TB, l *lab.Lab) {
	tb.Helper()
	ctx, cancel := context.WithTimeout(tb.Context(), patience)
	defer cancel()
	if err := l.AwaitLinks(ctx, nil); err != nil {
		tb.Fatal(err)
	}
}

// checkFaults fails if the model of a running daemon has met what cannot be.
func checkFaults(tb testing.TB, l *lab.Lab) {
	tb.Helper()
	for _, h := range l.Hosts() {
		if !h.Running() {
			continue
		}
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		c, err := h.Dial(ctx)
		if err == nil {
			var s *cmdpb.DaemonStatus
			if s, err = c.Status(ctx); counter(s.GetCounters(), "model_faults") != 0 {
				tb.Errorf("%s: the client model met %d events that cannot be", h.Name, counter(s.GetCounters(), "model_faults"))
			}
			_ = c.Close()
		}
		cancel()
		if err != nil {
			tb.Errorf("%s at the end of the test: %v", h.Name, err)
		}
	}
}

// checkLog fails if a daemon's log tells of a crash, and shows the log of a failed test.
func checkLog(tb testing.TB, h *lab.Host) {
	tb.Helper()
	text, err := os.ReadFile(h.Log())
	if errors.Is(err, os.ErrNotExist) {
		return
	}
	if err != nil {
		tb.Error(err)
	}
	for _, word := range []string{"panic:", "fatal error:", "DATA RACE", "\tDPANIC\t", "\tFATAL\t"} {
		if i := bytes.Index(text, []byte(word)); i >= 0 {
			tb.Errorf("%s crashed: %.4000s", h.Name, text[i:])
		}
	}
	if tb.Failed() {
		tb.Logf("end of the log of %s:\n%s", h.Name, text[max(0, len(text)-1200):])
	}
}

// dial connects to a daemon until the end of the test.
func dial(tb testing.TB, h *lab.Host) *client.Conn {
	tb.Helper()
	c, err := h.Dial(tb.Context())
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = c.Close() })
	return c
}

// eventually waits until check returns nil, and fails with its last error at the end of patience.
func eventually(tb testing.TB, what string, check func() error) {
	tb.Helper()
	within(tb, patience, what, check)
}

// within is eventually with a bound of the test's own.
func within(tb testing.TB, d time.Duration, what string, check func() error) {
	tb.Helper()
	var err error
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(d); time.Now().Before(end); <-tick.C {
		if err = check(); err == nil {
			return
		}
	}
	tb.Fatalf("%s: not within %s: %v", what, d, err)
}

// tables is what a daemon has of calls.
type tables struct {
	VCs, Calls, SAPs int
	Reserved         uint64
	Links            map[string]string // state by name
}

// tablesOf asks a daemon what it has.
func tablesOf(ctx context.Context, c *client.Conn) (t tables, err error) {
	vcs, err1 := c.VCs(ctx)
	calls, err2 := c.Calls(ctx)
	saps, err3 := c.SAPs(ctx)
	links, err4 := c.Links(ctx)
	t = tables{VCs: len(vcs), Calls: len(calls), SAPs: len(saps), Links: map[string]string{}}
	for _, l := range links {
		t.Links[l.GetName()] = l.GetState()
		t.Reserved += l.GetReserved()
	}
	return t, errors.Join(err1, err2, err3, err4)
}

// awaitEmpty waits until no host has a VC, a call or a reservation, and their links are up.
func awaitEmpty(tb testing.TB, hosts ...*lab.Host) {
	tb.Helper()
	for _, h := range hosts {
		c := dial(tb, h)
		eventually(tb, h.Name+" has nothing left", func() error {
			t, err := tablesOf(tb.Context(), c)
			if err != nil {
				return err
			}
			for name, state := range t.Links {
				if state != "up" {
					return fmt.Errorf("link %s is %s", name, state)
				}
			}
			if t.VCs != 0 || t.Calls != 0 || t.Reserved != 0 {
				return fmt.Errorf("%d VCs, %d calls, %d bit/s reserved", t.VCs, t.Calls, t.Reserved)
			}
			return nil
		})
		_ = c.Close()
	}
}

// awaitCalls waits until a daemon has so many calls, all active, on as many VCs.
func awaitCalls(tb testing.TB, c *client.Conn, n int) {
	tb.Helper()
	eventually(tb, fmt.Sprintf("%d active calls", n), func() error {
		calls, err := c.Calls(tb.Context())
		if err != nil {
			return err
		}
		vcs, err := c.VCs(tb.Context())
		if err != nil {
			return err
		}
		if len(calls) != n || len(vcs) != n {
			return fmt.Errorf("%d calls, %d VCs", len(calls), len(vcs))
		}
		for _, k := range calls {
			if s := k.GetState(); s != "U10" && s != "N10" {
				return fmt.Errorf("call %d is in state %s", k.GetCallReference(), s)
			}
		}
		return nil
	})
}

// linkOf returns the row of the one link of a host.
func linkOf(tb testing.TB, c *client.Conn) *cmdpb.Link {
	tb.Helper()
	links, err := c.Links(tb.Context())
	if err != nil {
		tb.Fatal(err)
	}
	if len(links) != 1 {
		tb.Fatalf("%d links, want 1", len(links))
	}
	return links[0]
}

// awaitLink waits for a state of the one link of a host whose last error contains a text.
func awaitLink(tb testing.TB, c *client.Conn, state, lastError string) {
	tb.Helper()
	eventually(tb, fmt.Sprintf("link %s with last error %q", state, lastError), func() error {
		l := linkOf(tb, c)
		if l.GetState() != state || !bytes.Contains([]byte(l.GetLastError()), []byte(lastError)) {
			return fmt.Errorf("it is %s with last error %q", l.GetState(), l.GetLastError())
		}
		return nil
	})
}

// counter returns a counter by name, 0 if there is none.
func counter(list []*cmdpb.Counter, name string) uint64 {
	for _, c := range list {
		if c.GetName() == name {
			return c.GetValue()
		}
	}
	return 0
}

// decode reads JSON.
func decode[T any](tb testing.TB, text string) (v T) {
	tb.Helper()
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		tb.Fatalf("%v in %q", err, text)
	}
	return v
}
