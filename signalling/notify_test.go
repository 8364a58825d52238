package signalling_test

import (
	"context"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"callmanager/signalling"
	"callmanager/signalling/cm"
	"callmanager/signalling/q2931/ie"
	"callmanager/signalling/sim"
)

// leaver closes what it has when it is told that its daemon ends, in the order of INV-14.
func leaver(vc func() cm.CloseCall) func(c *sim.Client, ev cm.Event) {
	return func(c *sim.Client, ev cm.Event) {
		switch ev.(type) {
		case cm.NotifyCloseAF:
			q := vc()
			q.Request = c.Number()
			c.Go(q)
		case cm.CloseCallComplete:
			c.Go(cm.CloseAF{Request: c.Number()})
		case cm.CloseAFComplete:
			c.Go(cm.NotifyCloseAFComplete{Request: c.Number()})
		}
	}
}

// TestShutdownNotified proves that the end of a daemon waits for the clients that close what they
// have by themselves, and ends what the others have when the time is over.
func TestShutdownNotified(t *testing.T) {
	for name, answers := range map[string]bool{"closed by the client": true, "a client that says nothing": false} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				n := newNet(t, 5*time.Millisecond, 0, sim.Options{Drain: 100 * time.Millisecond})
				defer n.close()
				callee := n.b.NewClient("callee", func(c *sim.Client, ev cm.Event) {
					if offer, ok := ev.(cm.IncomingCall); ok {
						c.Go(cm.IncomingCallComplete{Request: c.Number(), VC: offer.VC})
					}
				})
				callee.Do(cm.RegisterSAP{Request: callee.Number(), AnySelector: true})
				var made cm.CloseCall
				serve := func(*sim.Client, cm.Event) {}
				if answers {
					serve = leaver(func() cm.CloseCall { return made })
				}
				caller := n.a.NewClientOf(cm.MinorVersion, "caller", serve)
				caller.Do(cm.MakeCall{Request: caller.Number(), Called: "peer"})
				up, _ := want[cm.MakeCallComplete](n, caller)
				if up.Status != cm.Success {
					t.Fatalf("MakeCall: %+v", up)
				}
				made.VC = up.VC
				synctest.Wait()
				caller.Events()
				began := time.Now()
				if err := n.a.Shutdown(t.Context(), ie.Cause{Value: ie.CauseTemporaryFailure}); err != nil {
					t.Fatal(err)
				}
				took := time.Since(began)
				events := caller.Events()
				_, told := find[cm.NotifyCloseAF](events)
				end, forced := find[cm.IncomingCloseCall](events)
				_, bye := find[cm.Goodbye](events)
				far, _ := want[cm.IncomingCloseCall](n, callee)
				switch {
				case !told || !bye:
					t.Errorf("the client is told %+v", events)
				case answers && (forced || took > time.Second || far.Cause.Value != ie.CauseNormalClearing):
					t.Errorf("ended %+v after %s, the other side by %+v", end, took, far)
				case !answers && (!forced || end.Status != cm.Closing || took < 5*time.Second || took > 7*time.Second || far.Cause.Value != ie.CauseTemporaryFailure):
					t.Errorf("ended %+v after %s, the other side by %+v", end, took, far)
				}
				caller.Kill()
				callee.Kill()
				n.empty()
			})
		})
	}
}

// kinds takes what a client has been told of its link.
func kinds(c *sim.Client) (ks []cm.StatusKind) {
	for _, ev := range c.Events() {
		if s, ok := ev.(cm.StatusIndication); ok {
			ks = append(ks, s.Kind)
		}
	}
	return ks
}

// TestLinkIndications proves what a client of version 1.3 is told of its link: that it takes calls and
// that it does not, and what resets it. A call that stands outlives the loss (T309, INV-63).
func TestLinkIndications(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNet(t, 5*time.Millisecond, 0, sim.Options{})
		defer n.close()
		caller, callee, h := n.up()
		watcher := n.a.NewClientOf(cm.MinorVersion, "watcher", nil)
		synctest.Wait()
		if got := kinds(watcher); !slices.Equal(got, []cm.StatusKind{cm.AddressChange}) {
			t.Errorf("after OpenAF: %v", got)
		}
		expect := func(what string, ok func() bool, kindsWanted ...cm.StatusKind) {
			t.Helper()
			n.await(what, ok)
			synctest.Wait()
			if got := kinds(watcher); !slices.Equal(got, kindsWanted) {
				t.Errorf("%s: told %v, want %v", what, got, kindsWanted)
			}
		}
		up := func() bool { return n.link(n.a).State == "up" && n.link(n.b).State == "up" }
		down := func() bool { return n.link(n.a).State == "down" }
		n.a.SetPort(false)
		expect("NIC gone", down, cm.ResetStart, cm.SignalingDisabled)
		n.a.SetPort(true)
		expect("NIC back", up, cm.SignalingEnabled, cm.ResetEnd)
		restarted := make(chan signalling.RestartResult, 1)
		if err := n.b.Restart(signalling.Restart{Link: n.link(n.b).Name}, func(r signalling.RestartResult) { restarted <- r }); err != nil {
			t.Fatal(err)
		}
		if r := <-restarted; r.Cause.Value != 0 {
			t.Fatalf("%+v", r)
		}
		expect("restarted by the peer", up, cm.ResetStart, cm.ResetEnd)
		if got, _ := want[cm.IncomingCloseCall](n, caller); got.VC != h || got.Cause.Value != ie.CauseTemporaryFailure {
			t.Errorf("the call ends with %+v", got)
		}
		if err := n.a.Restart(signalling.Restart{Link: n.link(n.a).Name}, func(r signalling.RestartResult) { restarted <- r }); err != nil {
			t.Fatal(err)
		}
		<-restarted
		expect("restarted here", up, cm.ResetStart, cm.ResetEnd)
		watcher.Kill()
		caller.Kill()
		callee.Kill()
		n.empty()
	})
}

// TestAliasReached proves that links take calls to an alias, and refuse them when it is gone.
func TestAliasReached(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNet(t, 5*time.Millisecond, 0, sim.Options{})
		defer n.close()
		const alias = "47.0005.80ffe1000000f21a26d8.020000000002.00"
		admin := n.b.NewClientOf(cm.MinorVersion, "admin", nil)
		admin.Do(cm.RegisterSAP{Request: admin.Number(), AnySelector: true})
		caller := n.a.NewClient("caller", nil)
		call := func() cm.MakeCallComplete {
			t.Helper()
			caller.Do(cm.MakeCall{Request: caller.Number(), Called: alias})
			done, _ := want[cm.MakeCallComplete](n, caller)
			return done
		}
		if got := call(); got.Status != cm.NoRouteToDestination {
			t.Errorf("before: %+v", got)
		}
		admin.Do(cm.AddAddress{Request: admin.Number(), Address: alias})
		caller.Do(cm.MakeCall{Request: caller.Number(), Called: alias})
		offer, _ := want[cm.IncomingCall](n, admin)
		if offer.Parameters.Called.String() != alias {
			t.Errorf("offered %+v", offer)
		}
		admin.Do(cm.IncomingCallComplete{Request: admin.Number(), VC: offer.VC})
		if got, _ := want[cm.MakeCallComplete](n, caller); got.Status != cm.Success {
			t.Errorf("call: %+v", got)
		}
		admin.Do(cm.DeleteAddress{Request: admin.Number(), Address: alias})
		if got := call(); got.Status != cm.NoRouteToDestination {
			t.Errorf("afterwards: %+v", got)
		}
		caller.Kill()
		admin.Kill()
		n.empty()
	})
}

// TestShutdownDrains proves that a call which its client has closed in time drains for as long as it may, also when
// that outlasts the time for clients: the daemon waits, and does not end it once more.
func TestShutdownDrains(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNet(t, 5*time.Millisecond, 0, sim.Options{Drain: 4 * time.Second})
		defer n.close()
		callee := n.b.NewClient("callee", accepting)
		callee.Do(cm.RegisterSAP{Request: callee.Number(), AnySelector: true})
		var made cm.CloseCall
		caller := n.a.NewClientOf(cm.MinorVersion, "caller", leaver(func() cm.CloseCall { return made }))
		caller.Do(cm.MakeCall{Request: caller.Number(), Called: "peer"})
		up, _ := want[cm.MakeCallComplete](n, caller)
		made.VC = up.VC
		synctest.Wait()
		caller.Events()
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		began := time.Now()
		if err := n.a.Shutdown(ctx, ie.Cause{Value: ie.CauseTemporaryFailure}); err != nil {
			t.Fatal(err)
		}
		events := caller.Events()
		told, _ := find[cm.NotifyCloseAF](events)
		if told.Timeout != 2500*time.Millisecond || told.Linger != 5*time.Second {
			t.Errorf("told %+v", told)
		}
		if end, forced := find[cm.IncomingCloseCall](events); forced {
			t.Errorf("ended by %+v", end)
		}
		if done, ok := find[cm.CloseCallComplete](events); !ok || done.Status != cm.Success || time.Since(began) < 4*time.Second {
			t.Errorf("completed %+v after %s", done, time.Since(began))
		}
		caller.Kill()
		callee.Kill()
		n.empty()
	})
}
