package ring_test

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"strings"
	"sync"
	"testing"

	"golang.org/x/sys/unix"

	"callmanager/datapath/ring"
)

// joined makes the rings of a VC and opens the client's end of them.
func joined(t *testing.T, p ring.Params) (daemon, client *ring.Endpoint) {
	t.Helper()
	daemon, fds, err := ring.Create(p)
	if err != nil {
		t.Fatal(err)
	}
	client, err = ring.Open(fds)
	if err != nil {
		t.Fatal(err)
	}
	return daemon, client
}

// renewed ends the VC of both ends and makes the next one's.
func renewed(t *testing.T, daemon, client *ring.Endpoint) (nextDaemon, nextClient *ring.Endpoint) {
	t.Helper()
	client.Retire()
	daemon.Retire()
	nextDaemon, err := daemon.Renew()
	if err != nil {
		t.Fatal(err)
	}
	nextClient, err = client.Renew()
	if err != nil {
		t.Fatal(err)
	}
	return nextDaemon, nextClient
}

// TestRenew has one memory carry VC after VC: what one left behind in its rings, marks of the end and drop
// counters included, is not there for the next.
func TestRenew(t *testing.T) {
	daemon, client := joined(t, ring.Params{ToDaemon: 4096, ToClient: 4096})
	buf := make([]byte, 64)
	for round := range 50 {
		if n := client.Rx.Pending() + daemon.Rx.Pending(); n != 0 {
			t.Fatalf("round %d begins with %d octets", round, n)
		}
		if r, _ := client.Rx.Dropped(); r != 0 {
			t.Fatalf("round %d begins with %d drops", round, r)
		}
		var wait sync.WaitGroup
		wait.Go(func() { // It sleeps at the doorbell, whose listener outlives the round.
			if n, _, err := client.Receive(t.Context(), buf); err != nil || n != 1 || buf[0] != byte(round) {
				t.Errorf("round %d: %d octets (%d), %v", round, n, buf[0], err)
			}
		})
		if err := daemon.Send(t.Context(), ring.Record{Payload: []byte{byte(round)}}); err != nil {
			t.Fatal(err)
		}
		wait.Wait()
		// What nobody reads, on both rings, and the daemon's end of file.
		if err := client.Send(t.Context(), ring.Record{Payload: []byte("left behind")}); err != nil {
			t.Fatal(err)
		}
		if err := daemon.Send(t.Context(), ring.Record{Payload: []byte("left behind")}); err != nil {
			t.Fatal(err)
		}
		daemon.Rx.CountDrops(1, 11)
		daemon.Tx.Close()
		daemon, client = renewed(t, daemon, client)
	}
	closeAll(t, daemon, client)
	if _, err := client.Renew(); !errors.Is(err, net.ErrClosed) {
		t.Errorf("Renew after Close: %v", err)
	}
}

// TestRenewGivesMemoryBack checks that rings which carried much hold little while they are kept, and are
// whole afterwards.
func TestRenewGivesMemoryBack(t *testing.T) {
	daemon, client := joined(t, ring.Params{ToDaemon: 1 << 20, ToClient: 1 << 20})
	payload := make([]byte, 8192)
	for range 100 {
		if err := daemon.Tx.TryPush(ring.Record{Payload: payload}); err != nil {
			t.Fatal(err)
		}
	}
	daemon.Tx.Flush()
	before := resident(t)
	daemon, client = renewed(t, daemon, client)
	if after := resident(t); before-after < 700<<10 {
		t.Errorf("%d octets resident before, %d after", before, after)
	}
	if err := daemon.Send(t.Context(), ring.Record{Payload: payload}); err != nil {
		t.Fatal(err)
	}
	if n, _, err := client.Receive(t.Context(), make([]byte, len(payload))); n != len(payload) || err != nil {
		t.Errorf("%d octets, %v", n, err)
	}
	closeAll(t, daemon, client)
}

// resident returns what rings have of memory in this process, in octets, counted once for each mapping.
func resident(t *testing.T) (octets int) {
	t.Helper()
	b, err := os.ReadFile("/proc/self/status")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(b)) {
		if rest, ok := strings.CutPrefix(line, "RssShmem:"); ok {
			for _, c := range strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(rest), "kB")) {
				octets = octets*10 + int(c-'0')
			}
		}
	}
	return octets << 10
}

// TestRetireWaits has an endpoint retired while its user sleeps in it: the user is told, and the next endpoint
// waits for it to leave.
func TestRetireWaits(t *testing.T) {
	daemon, client := joined(t, ring.Params{})
	if !client.Enter() {
		t.Fatal("closed")
	}
	client.Retire()
	if client.Enter() {
		t.Error("a retired endpoint takes a user")
	}
	if _, _, err := client.Receive(t.Context(), nil); !errors.Is(err, net.ErrClosed) {
		t.Errorf("Receive: %v", err)
	}
	select {
	case <-client.Done():
		t.Error("done with a user inside")
	default:
	}
	client.Leave()
	daemon.Retire()
	d, err := daemon.Renew()
	if err != nil {
		t.Fatal(err)
	}
	c, err := client.Renew()
	if err != nil {
		t.Fatal(err)
	}
	// The old ones have no say any more.
	closeAll(t, daemon, client)
	if err := c.Send(t.Context(), ring.Record{Payload: []byte{1}}); err != nil {
		t.Fatal(err)
	}
	if n, _, err := d.Receive(t.Context(), make([]byte, 1)); n != 1 || err != nil {
		t.Errorf("%d octets, %v", n, err)
	}
	if _, err := client.Renew(); !errors.Is(err, net.ErrClosed) {
		t.Errorf("a second Renew: %v", err)
	}
	closeAll(t, d, c)
}

// TestRetireAfterClose checks that of Close and Retire the first decides.
func TestRetireAfterClose(t *testing.T) {
	daemon, client := joined(t, ring.Params{})
	if !client.Enter() {
		t.Fatal("closed")
	}
	closeAll(t, daemon)
	_ = client.Close()
	client.Retire()
	client.Leave() // unmaps
	if _, err := client.Renew(); !errors.Is(err, net.ErrClosed) {
		t.Errorf("Renew: %v", err)
	}
}

// TestKeptIsClosed counts what the process holds when kept rings are given back without another VC.
func TestKeptIsClosed(t *testing.T) {
	before := descriptorsOpen(t)
	for range 20 {
		daemon, client := joined(t, ring.Params{})
		daemon.Retire()
		client.Retire()
		_, _ = daemon.Close(), client.Close()
		_, _ = daemon.Close(), client.Close()
		<-daemon.Done()
	}
	if after := descriptorsOpen(t); after != before {
		t.Errorf("%d descriptors before, %d after", before, after)
	}
}

func descriptorsOpen(t *testing.T) int {
	t.Helper()
	fds, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	return len(fds)
}

// TestRenewWithoutPeer checks that rings whose other party has died are not kept.
func TestRenewWithoutPeer(t *testing.T) {
	daemon, client := joined(t, ring.Params{})
	daemon.Retire()
	client.Retire()
	if err := unix.Shutdown(client.Doorbell().Fd(), unix.SHUT_RDWR); err != nil {
		t.Fatal(err)
	}
	if _, err := daemon.Doorbell().Drain(); !errors.Is(err, io.EOF) {
		t.Fatalf("Drain: %v", err)
	}
	if _, err := daemon.Renew(); !errors.Is(err, ring.ErrPeerGone) {
		t.Errorf("Renew: %v", err)
	}
	closeAll(t, daemon, client)
}

// TestRenewHostile has a client that goes on writing to rings that are kept: the next VC meets nothing but the usual
// violation.
func TestRenewHostile(t *testing.T) {
	daemon, client := joined(t, ring.Params{})
	words := client.Tx.Shared()
	daemon.Retire()
	next, err := daemon.Renew()
	if err != nil {
		t.Fatal(err)
	}
	words.Tail.Store(12345)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	if _, _, err := next.Receive(ctx, nil); !errors.Is(err, ring.ErrCorrupt) {
		t.Errorf("Receive: %v", err)
	}
	next.Retire()
	again, err := next.Renew()
	if err != nil {
		t.Fatal(err)
	}
	if again.Rx.Readable() || again.Rx.Err() != nil {
		t.Errorf("the violation of the last VC is still there: %v", again.Rx.Err())
	}
	closeAll(t, again, client)
}
