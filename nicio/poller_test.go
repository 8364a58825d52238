package nicio_test

import (
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"
	"pgregory.net/rapid"

	"callmanager/nicio"
)

// doorbell is a socketpair as the data path has one for each client.
type doorbell struct{ daemon, client int }

func newDoorbell(tb testing.TB) doorbell {
	tb.Helper()
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_SEQPACKET|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		_ = unix.Close(fds[0])
		_ = unix.Close(fds[1])
	})
	return doorbell{fds[0], fds[1]}
}

func (d doorbell) ring(tb testing.TB) {
	tb.Helper()
	if err := unix.Send(d.client, []byte{1}, unix.MSG_DONTWAIT); err != nil {
		tb.Fatal(err)
	}
}

func (d doorbell) clear(tb testing.TB) {
	tb.Helper()
	var b [1]byte
	if _, _, err := unix.Recvfrom(d.daemon, b[:], unix.MSG_DONTWAIT); err != nil {
		tb.Fatal(err)
	}
}

func newPoller(tb testing.TB, spin time.Duration) *nicio.Poller {
	tb.Helper()
	p, err := nicio.NewPoller(spin)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = p.Close() })
	return p
}

func TestPollerReportsTags(t *testing.T) {
	for _, spin := range []time.Duration{-1, nicio.DefaultSpin} {
		p := newPoller(t, spin)
		bells := make([]doorbell, 5)
		for i := range bells {
			bells[i] = newDoorbell(t)
			if err := p.Add(bells[i].daemon, uint64(i)<<40|uint64(i)); err != nil {
				t.Fatal(err)
			}
		}
		tags := make([]uint64, nicio.BatchSize)
		if n, err := p.Wait(tags, 0); n != 0 || err != nil {
			t.Errorf("Wait = %d, %v, want nothing ready", n, err)
		}
		bells[1].ring(t)
		bells[4].ring(t)
		n, err := p.Wait(tags, -1)
		if got := slices.Sorted(slices.Values(tags[:n])); !slices.Equal(got, []uint64{1<<40 | 1, 4<<40 | 4}) || err != nil {
			t.Errorf("ready %#x, %v", got, err)
		}
		// Level-triggered; a small slice takes what fits.
		if n, err := p.Wait(tags[:1], -1); n != 1 || err != nil {
			t.Errorf("Wait = %d, %v, want 1", n, err)
		}
		bells[1].clear(t)
		if err := p.Remove(bells[4].daemon); err != nil {
			t.Fatal(err)
		}
		if n, err := p.Wait(tags, time.Millisecond); n != 0 || err != nil {
			t.Errorf("Wait = %d, %v, want nothing ready", n, err)
		}
		if err := unix.Shutdown(bells[2].client, unix.SHUT_RDWR); err != nil {
			t.Fatal(err)
		}
		if n, err := p.Wait(tags, -1); n != 1 || tags[0] != 2<<40|2 || err != nil {
			t.Errorf("after hang-up: %d, %#x, %v", n, tags[0], err)
		}
	}
}

func TestPollerRefuses(t *testing.T) {
	p := newPoller(t, 0)
	d := newDoorbell(t)
	if err := p.Add(d.daemon, 1); err != nil {
		t.Fatal(err)
	}
	if err := p.Add(d.daemon, 2); !errors.Is(err, unix.EEXIST) {
		t.Errorf("second Add = %v, want EEXIST", err)
	}
	if err := p.Add(d.client, 1<<64-1); err == nil {
		t.Error("the reserved tag was accepted")
	}
	if err := p.Remove(d.client); !errors.Is(err, unix.ENOENT) {
		t.Errorf("Remove of a stranger = %v, want ENOENT", err)
	}
	if err := p.Add(-1, 1); !errors.Is(err, unix.EBADF) {
		t.Errorf("Add(-1) = %v, want EBADF", err)
	}
	if _, err := p.Wait(nil, 0); err == nil {
		t.Error("Wait without room was accepted")
	}
}

func TestPollerWake(t *testing.T) {
	p := newPoller(t, 0)
	tags := make([]uint64, 1)
	for range 3 {
		p.Wake() // Before the wait; many are one.
		p.Wake()
		if n, err := p.Wait(tags, -1); n != 0 || err != nil {
			t.Fatalf("Wait = %d, %v", n, err)
		}
	}
	woken := make(chan error)
	go func() {
		_, err := p.Wait(tags, -1)
		woken <- err
	}()
	p.Wake()
	if err := <-woken; err != nil {
		t.Fatal(err)
	}
}

func TestPollerClose(t *testing.T) {
	p := newPoller(t, 0)
	d := newDoorbell(t)
	var ends sync.WaitGroup
	started := make(chan struct{})
	ends.Go(func() {
		tags := make([]uint64, 4)
		close(started)
		for {
			if _, err := p.Wait(tags, -1); err != nil {
				wantClosed(t, "Wait", err)
				return
			}
		}
	})
	ends.Go(func() {
		for p.Add(d.daemon, 1) == nil {
			if p.Remove(d.daemon) != nil {
				return
			}
			p.Wake()
		}
	})
	<-started
	for range 3 {
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	}
	ends.Wait()
	wantClosed(t, "Add", p.Add(d.client, 1))
	wantClosed(t, "Remove", p.Remove(d.daemon))
	_, err := p.Wait(make([]uint64, 1), 0)
	wantClosed(t, "Wait", err)
	p.Wake()
}

// TestRefCount walks random calls: entries stop at Close, and exactly one party is told to release,
// after it and after the last call inside.
func TestRefCount(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var r nicio.RefCount
		r.Open()
		inside, closed, released := 0, false, false
		for _, op := range rapid.SliceOfN(rapid.IntRange(0, 5), 1, 60).Draw(t, "calls") {
			last := false
			switch {
			case op <= 2:
				if ok := r.Enter(); ok == closed {
					t.Fatalf("Enter = %v, closed %v", ok, closed)
				} else if ok {
					inside++
				}
			case op <= 4 && inside > 0:
				inside--
				last = r.Leave()
			case op == 5:
				var first bool
				if first, last = r.Close(); first == closed {
					t.Fatalf("Close = %v, closed %v", first, closed)
				}
				closed = true
			}
			if want := closed && inside == 0 && !released; last != want {
				t.Fatalf("release %v, want %v", last, want)
			}
			released = released || last
		}
	})
}
