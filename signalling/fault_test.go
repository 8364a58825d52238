package signalling_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"callmanager/signalling/cm"
	"callmanager/signalling/q2931/ie"
	"callmanager/signalling/sim"
	"callmanager/vc"
)

// TestCallsAtRandom makes 200 calls in both directions over a wire that loses,
// with clients that die at any time, and wants both sides empty.
//
// Under the race detector there is one seed: its own runtime has been seen to crash where many timers begin
// goroutines in a bubble of synctest (Go 1.26, StackDepot::Put below time.goFunc).
func TestCallsAtRandom(t *testing.T) {
	seeds := uint64(3)
	if raceEnabled {
		seeds = 1
	}
	for seed := range seeds {
		t.Run(fmt.Sprint("seed=", seed), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				n := newNet(t, 5*time.Millisecond, 0.02, sim.Options{Drain: 3 * time.Millisecond})
				defer n.close()
				rng := seeded(seed)
				var living []*sim.Client
				for range 4 {
					for _, h := range []*sim.Host{n.a, n.b} {
						c := h.NewClient("callee", accepting)
						c.Do(cm.RegisterSAP{Request: c.Number(), AnySelector: true})
						living = append(living, c)
					}
				}
				for i := range 200 {
					h := []*sim.Host{n.a, n.b}[i%2]
					c := h.NewClient("caller", callAndClose(rng.IntN(3)))
					c.Do(cm.CreateVC{Request: 1 << 20})
					living = append(living, c)
					time.Sleep(time.Duration(rng.IntN(20)) * time.Millisecond)
					if rng.IntN(3) == 0 {
						k := rng.IntN(len(living))
						living[k].Kill()
						living = append(living[:k], living[k+1:]...)
						c := h.NewClient("callee", accepting)
						c.Do(cm.RegisterSAP{Request: c.Number(), AnySelector: true})
						living = append(living, c)
					}
				}
				time.Sleep(time.Minute)
				for _, c := range living {
					c.Kill()
				}
				n.empty()
				made := n.status(n.a).Counters
				if count(made, "calls_connected") < 50 {
					t.Errorf("hardly a call came about: %+v", made)
				}
			})
		})
	}
}

// callAndClose is a client that calls on the VC that it is given, and then
// waits for the other side, closes at once, or closes without linger.
func callAndClose(how int) func(c *sim.Client, ev cm.Event) {
	return func(c *sim.Client, ev cm.Event) {
		switch ev := ev.(type) {
		case cm.Reply:
			if ev.Handle != 0 && ev.Request == 1<<20 {
				c.Go(cm.MakeCall{Request: 1<<20 + 1, VC: ev.Handle, Called: "peer"})
			}
		case cm.MakeCallComplete:
			if ev.Status == cm.Success && how > 0 {
				none := time.Duration(0)
				q := cm.CloseCall{Request: 1<<20 + 2, VC: ev.VC}
				if how > 1 {
					q.Linger = &none
				}
				c.Go(q)
				return
			}
			polite(c, ev)
		default:
			polite(c, ev)
		}
	}
}

// up makes a call and returns it with its ends.
func (n *net) up() (caller, callee *sim.Client, h vc.Handle) {
	n.t.Helper()
	caller, callee = n.a.NewClient("caller", polite), n.b.NewClient("callee", accepting)
	callee.Do(cm.RegisterSAP{Request: callee.Number(), AnySelector: true})
	h, done := dial(n, caller)
	if done.Status != cm.Success {
		n.t.Fatalf("MakeCall: %+v", done)
	}
	want[cm.CallConnected](n, callee)
	return caller, callee, h
}

// TestDetach proves that the death of either client releases the call, with
// cause 31, and that the other is told.
func TestDetach(t *testing.T) {
	for _, calling := range []bool{true, false} {
		synctest.Test(t, func(t *testing.T) {
			n := newNet(t, 5*time.Millisecond, 0, sim.Options{Drain: time.Hour})
			defer n.close()
			dies, lives, _ := n.up()
			if !calling {
				dies, lives = lives, dies
			}
			dies.Kill()
			got, _ := want[cm.IncomingCloseCall](n, lives)
			if got.Status != cm.Success || got.Cause.Value != ie.CauseNormalUnspecified {
				t.Errorf("the other end is told %+v", got)
			}
			synctest.Wait()
			lives.Kill()
			n.empty()
		})
	}
}

// TestDetachWithOfferUnderWay proves that an offer that meets the death of its
// client leaves no descriptor behind.
func TestDetachWithOfferUnderWay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNet(t, 5*time.Millisecond, 0, sim.Options{})
		defer n.close()
		hold := make(chan struct{})
		holder := n.b.NewClient("holds the manager up", func(_ *sim.Client, ev cm.Event) {
			if reply, ok := ev.(cm.Reply); ok && reply.Handle != 0 {
				<-hold
			}
		})
		callee := n.b.NewClient("callee", accepting)
		callee.Do(cm.RegisterSAP{Request: callee.Number()})
		caller := n.a.NewClient("caller", polite)
		h := newVC(n, caller)
		holder.Do(cm.CreateVC{Request: holder.Number()})
		caller.Do(cm.MakeCall{Request: caller.Number(), VC: h, Called: "peer"})
		time.Sleep(time.Second) // the SETUP waits behind the client that holds
		callee.Kill()
		close(hold)
		got, _ := want[cm.MakeCallComplete](n, caller)
		if got.Status == cm.Success {
			t.Errorf("MakeCall: %+v", got)
		}
		if calls := count(n.status(n.b).Counters, "calls_offered"); calls != 1 {
			t.Errorf("%d calls were offered, want the one", calls)
		}
		caller.Kill()
		holder.Kill()
		n.empty()
	})
}

// TestViolation proves that a broken ring ends the call at both ends.
func TestViolation(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNet(t, 5*time.Millisecond, 0, sim.Options{})
		defer n.close()
		caller, callee, h := n.up()
		n.a.Violation(h, errors.New("head beyond tail"))
		if got, _ := want[cm.IncomingCloseCall](n, caller); got.Status != cm.Failure || got.VC != h {
			t.Errorf("the client is told %+v", got)
		}
		want[cm.IncomingCloseCall](n, callee)
		caller.Kill()
		callee.Kill()
		n.empty()
	})
}

// TestFlap proves that a call survives a wire that is cut for less than T309,
// and that after more both ends are told with cause 27.
func TestFlap(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNet(t, 5*time.Millisecond, 0, sim.Options{})
		defer n.close()
		caller, callee, _ := n.up()

		n.a.SetPort(false)
		n.b.SetPort(false)
		n.wire.Cut(true)
		time.Sleep(5 * time.Second)
		n.wire.Cut(false)
		n.a.SetPort(true)
		n.b.SetPort(true)
		n.awaitUp(n.a)
		n.awaitUp(n.b)
		time.Sleep(30 * time.Second)
		for _, c := range []*sim.Client{caller, callee} {
			if ev, ok := find[cm.IncomingCloseCall](c.Events()); ok {
				t.Errorf("the call did not survive: %+v", ev)
			}
		}

		n.a.SetPort(false)
		n.b.SetPort(false)
		n.wire.Cut(true)
		for _, c := range []*sim.Client{caller, callee} {
			got, _ := want[cm.IncomingCloseCall](n, c)
			if got.Status != cm.DestOutOfOrder || got.Cause.Value != ie.CauseDestinationOutOfOrder {
				t.Errorf("told %+v", got)
			}
		}
		if row := n.link(n.a); row.State != "down" || row.LastError == "" {
			t.Errorf("link %+v", row)
		}
		if s := n.status(n.a); s.LinksUp != 0 || len(s.Health) != 1 || s.Health[0].Code != "link_down" {
			t.Errorf("status %+v", s)
		}
		if _, done := dial(n, caller); done.Status == cm.Success {
			t.Errorf("a call over a link that is down: %+v", done)
		}
		caller.Kill()
		callee.Kill()
		n.wire.Cut(false)
		n.a.SetPort(true)
		n.b.SetPort(true)
		n.awaitUp(n.a)
		n.awaitUp(n.b)
		n.empty()
	})
}

// TestRestart crashes one side with calls up and starts it anew: both sides'
// tables agree again, and calls are made as before.
func TestRestart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := &sqStore{}
		n := newNet(t, 5*time.Millisecond, 0, sim.Options{Store: store})
		defer n.close()
		caller, _, _ := n.up()
		if err := n.b.Crash(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(2 * time.Second)
		n.b = n.host("b", macB, macA, n.wire.B())
		got, _ := want[cm.IncomingCloseCall](n, caller)
		t.Logf("the survivor is told: %s, %s", got.Status, got.Cause.Value)
		n.awaitUp(n.b)
		n.awaitUp(n.a)
		caller.Kill()
		n.empty()
		caller, callee, _ := n.up()
		caller.Kill()
		callee.Kill()
		n.empty()
	})
}

// sqStore keeps VT(SQ).
type sqStore struct{ m sync.Map }

// Load implements signalling.SQStore.
func (s *sqStore) Load(link string) (uint8, bool) {
	v, ok := s.m.Load(link)
	last, _ := v.(uint8)
	return last, ok
}

// Save implements signalling.SQStore.
func (s *sqStore) Save(link string, last uint8) { s.m.Store(link, last) }

// TestShutdown proves that the end of a daemon releases its calls with the
// cause, ends its links, and says goodbye.
func TestShutdown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNet(t, 5*time.Millisecond, 0, sim.Options{Drain: 100 * time.Millisecond})
		defer n.close()
		caller, callee, h := n.up()
		began := time.Now()
		err := n.a.Shutdown(t.Context(), ie.Cause{Value: ie.CauseTemporaryFailure})
		if err != nil {
			t.Fatal(err)
		}
		if took := time.Since(began); took > time.Second {
			t.Errorf("the end took %s", took)
		}
		got, events := want[cm.IncomingCloseCall](n, caller)
		if got.VC != h || got.Status != cm.Closing {
			t.Errorf("the client is told %+v", got)
		}
		if _, ok := find[cm.Goodbye](events); !ok {
			_, ok = find[cm.Goodbye](caller.Events())
			if !ok {
				t.Error("no goodbye")
			}
		}
		far, _ := want[cm.IncomingCloseCall](n, callee)
		if far.Cause.Value != ie.CauseTemporaryFailure {
			t.Errorf("the other end is told %+v", far)
		}
		if err := n.a.Shutdown(t.Context(), ie.Cause{Value: ie.CauseTemporaryFailure}); err != nil {
			t.Errorf("a second time: %v", err)
		}
		n.await("the link down", func() bool { return n.link(n.b).State != "up" })
		caller.Do(cm.CreateVC{Request: caller.Number()})
		if reply, _ := want[cm.Reply](n, caller); reply.Status != cm.Closing {
			t.Errorf("after the end: %+v", reply)
		}
		caller.Kill()
		callee.Kill()
		n.empty()
	})
}

// TestShutdownBounded proves that a peer that says nothing does not hold the
// daemon up.
func TestShutdownBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNet(t, 5*time.Millisecond, 0, sim.Options{})
		defer n.close()
		n.up()
		n.wire.Cut(true)
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
		defer cancel()
		began := time.Now()
		err := n.a.Shutdown(ctx, ie.Cause{Value: ie.CauseTemporaryFailure})
		if !errors.Is(err, context.DeadlineExceeded) || time.Since(began) > 3*time.Second {
			t.Errorf("%v after %s", err, time.Since(began))
		}
	})
}

// TestGarbage feeds what no peer would send.
func TestGarbage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNet(t, 5*time.Millisecond, 0, sim.Options{})
		defer n.close()
		caller, callee, h := n.up()
		rng := seeded(7)
		for range 2000 {
			sdu := make([]byte, rng.IntN(80))
			for i := range sdu {
				sdu[i] = byte(rng.Uint32())
			}
			n.a.Receive(sim.Link, sdu)
			n.a.Receive(99, sdu)
		}
		n.a.LinkStatus(99, vc.LinkStatus{})
		n.a.Violation(h+1, errors.New("nobody's"))
		time.Sleep(time.Minute)
		n.awaitUp(n.a)
		caller.Kill()
		callee.Kill()
		n.empty()
	})
}
