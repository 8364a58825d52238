package e2e_test

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"callmanager/client"
	"callmanager/lab"
)

// standing is the number of calls that stand in each direction when something is killed.
const standing = 100

// args are the arguments of a part.
func args(h, dest *lab.Host, calls int) []string {
	return []string{socketEnv + "=" + h.Socket(), destEnv + "=" + dest.Address, callsEnv + "=" + strconv.Itoa(calls)}
}

// TestKilledClient: a client that is killed leaves nothing behind on either side, whichever end of its calls it has.
func TestKilledClient(t *testing.T) {
	t.Parallel()
	alice, bob := pair(t, lab.Config{})
	watch := dial(t, alice)
	dial(t, bob)
	var before [2]footprint
	for round := range 3 {
		parts := []*program{act(t, "acceptor", args(alice, bob, 0)...), act(t, "acceptor", args(bob, alice, 0)...)}
		parts = append(parts, act(t, "caller", args(alice, bob, standing)...), act(t, "caller", args(bob, alice, standing)...))
		awaitCalls(t, watch, 2*standing)
		// The callers first, then the called, in turn.
		first, second := parts[2:], parts[:2]
		if round&1 != 0 {
			first, second = second, first
		}
		for _, p := range append(first, second...) {
			p.signal(unix.SIGKILL)
			p.wait()
		}
		awaitEmpty(t, alice, bob)
		for i, h := range []*lab.Host{alice, bob} {
			c := dial(t, h)
			if saps, err := c.SAPs(t.Context()); err != nil || len(saps) != 0 {
				t.Errorf("%s has %d SAPs of killed clients, %v", h.Name, len(saps), err)
			}
			s, err := c.Status(t.Context())
			if err != nil || counter(s.GetCounters(), "ring_octets") != 0 {
				t.Errorf("%s charges %d octets of rings to killed clients, %v", h.Name, counter(s.GetCounters(), "ring_octets"), err)
			}
			_ = c.Close()
			if round == 0 { // The runtime has made its threads by now.
				awaitFootprint(t, h, footprint{FDs: 1 << 20, Threads: 1 << 20, RSS: 1 << 30})
				before[i] = footprintOf(t, h)
				continue
			}
			awaitFootprint(t, h, before[i])
		}
	}
}

// stand makes calls between two hosts in both directions, with clients of this process, which hangUp ends.
func stand(t *testing.T, a, b *lab.Host) (vcs map[*lab.Host][]*client.VC, hangUp func()) {
	t.Helper()
	vcs = make(map[*lab.Host][]*client.VC)
	var conns []*client.Conn
	for _, dir := range [][2]*lab.Host{{a, b}, {b, a}} {
		from, to := dial(t, dir[0]), dial(t, dir[1])
		conns = append(conns, from, to)
		l, err := to.Listen(t.Context(), client.SAP{})
		if err != nil {
			t.Fatal(err)
		}
		for range standing {
			accepted := make(chan *client.VC, 1)
			go func() {
				defer close(accepted)
				if o, err := l.Accept(t.Context()); err == nil {
					if v, err := o.Accept(t.Context()); err == nil {
						accepted <- v
					}
				}
			}()
			v, err := from.Call(t.Context(), dir[1].Address, reserve(1e6))
			if err != nil {
				t.Fatal(err)
			}
			vcs[dir[0]] = append(vcs[dir[0]], v)
			vcs[dir[1]] = append(vcs[dir[1]], <-accepted)
		}
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
	}
	return vcs, func() {
		for _, c := range conns {
			_ = c.Close() // its daemon may have died
		}
	}
}

// mustEnd waits until all VCs have been released and gives them back.
func mustEnd(t *testing.T, what string, vcs []*client.VC, check func(error) error) {
	t.Helper()
	timer := time.NewTimer(patience)
	defer timer.Stop()
	for i, v := range vcs {
		select {
		case <-v.Released():
		case <-timer.C:
			t.Fatalf("%s: VC %d of %d is not released within %s", what, i, len(vcs), patience)
		}
		if err := check(v.Err()); err != nil {
			t.Errorf("%s: VC %d: %v", what, i, err)
		}
		_ = v.Close() // the connection may be gone
	}
}

// TestKilledDaemon: 200 calls stand, others come and go, and each daemon is killed in turn and started again.
// Afterwards the tables of both agree and are empty, links come up, and calls work.
func TestKilledDaemon(t *testing.T) {
	t.Parallel()
	alice, bob := pair(t, lab.Config{})
	for _, victim := range []*lab.Host{alice, bob, alice, bob} {
		survivor := bob
		if victim == bob {
			survivor = alice
		}
		vcs, hangUp := stand(t, alice, bob)
		stop := churn(t, alice, bob)
		kill(t, victim)
		mustEnd(t, "client of the killed daemon", vcs[victim], func(err error) error {
			if err == nil {
				return errors.New("no error")
			}
			return nil
		})
		start(t, victim)
		mustEnd(t, "client of the other daemon", vcs[survivor], func(err error) error {
			if e, ok := errors.AsType[*client.Error](err); !ok || e.Cause.Value == 0 {
				return fmt.Errorf("%w, want a release with a cause", err)
			}
			return nil
		})
		stop()
		awaitEmpty(t, alice, bob)
		from, to := dial(t, victim), dial(t, survivor)
		for range 3 {
			calling, called := mustConnect(t, from, to, survivor, 9, nil)
			if err := calling.Close(); err != nil {
				t.Error(err)
			}
			<-called.Released()
			if err := called.Close(); err != nil {
				t.Error(err)
			}
		}
		_, _ = from.Close(), to.Close()
		hangUp() // till then rings are kept for them
		eventually(t, survivor.Name+" maps no rings any more", func() error {
			if f := footprintOf(t, survivor); f.Memory != 0 {
				return fmt.Errorf("it holds %+v", f)
			}
			return nil
		})
	}
}

// churn makes calls from both hosts, one after the other, until the function that it returns is called. They may fail:
// daemons are being killed.
func churn(t *testing.T, a, b *lab.Host) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	var workers sync.WaitGroup
	var made atomic.Int64
	for i, dir := range [][2]*lab.Host{{a, b}, {b, a}} {
		workers.Go(func() {
			for ctx.Err() == nil {
				if churnOnce(ctx, dir[0], dir[1], uint8(0x70+i)) == nil {
					made.Add(1)
				}
			}
		})
	}
	eventually(t, "calls come and go", func() error {
		if made.Load() < 2 {
			return errors.New("none yet")
		}
		return nil
	})
	return func() {
		cancel()
		workers.Wait()
	}
}

// churnOnce makes one call with new clients and releases it.
func churnOnce(ctx context.Context, from, to *lab.Host, sel uint8) error {
	a, err := from.Dial(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = a.Close() }()
	b, err := to.Dial(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = b.Close() }()
	bound, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	calling, called, err := connect(bound, a, b, to, sel, nil)
	if err != nil {
		return err
	}
	return errors.Join(calling.Close(), called.Close())
}

// TestPeerGone: calls survive the silence of the peer until T309, and then end with cause 27; when the
// peer's daemon is back the link is, too.
func TestPeerGone(t *testing.T) {
	t.Parallel()
	alice, bob := pair(t, lab.Config{})
	watch := dial(t, alice)
	calling, _ := mustConnect(t, watch, dial(t, bob), bob, 1, nil)
	kill(t, bob)
	awaitLink(t, watch, "establishing", "")
	if err := calling.Err(); err != nil {
		t.Errorf("the call ended with the signalling connection: %v", err)
	}
	timer := time.NewTimer(2 * patience) // NO-RESPONSE and T309 run down first
	defer timer.Stop()
	select {
	case <-calling.Released():
	case <-timer.C:
		t.Fatal("the call outlives T309")
	}
	if e, ok := errors.AsType[*client.Error](calling.Err()); !ok || e.Cause.Value != 27 {
		t.Errorf("the call ended with %v, want cause 27", calling.Err())
	}
	if err := calling.Close(); err != nil {
		t.Error(err)
	}
	if l := linkOf(t, watch); l.GetLastError() == "" {
		t.Errorf("link is %s without a last error", l.GetState())
	}
	start(t, bob)
	awaitEmpty(t, alice, bob)
}
