package signalling_test

import (
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"callmanager/signalling/cm"
	"callmanager/signalling/q2931/ie"
	"callmanager/signalling/sim"
	"callmanager/vc"
)

// many sets up calls from a to b.
func (n *net) many(calls int) (caller, callee *sim.Client, vcs []vc.Handle) {
	n.t.Helper()
	caller, callee = n.a.NewClient("caller", polite), n.b.NewClient("callee", accepting)
	callee.Do(cm.RegisterSAP{Request: callee.Number(), AnySelector: true})
	for range calls {
		h, done := dial(n, caller)
		if done.Status != cm.Success {
			n.t.Fatalf("MakeCall: %+v", done)
		}
		vcs = append(vcs, h)
	}
	time.Sleep(time.Second)
	caller.Events()
	callee.Events()
	return caller, callee, vcs
}

// closed returns the calls that a client was told the end of.
func closed(c *sim.Client) (all []cm.IncomingCloseCall) {
	for _, ev := range c.Events() {
		if e, ok := ev.(cm.IncomingCloseCall); ok {
			all = append(all, e)
		}
	}
	return all
}

// active counts the calls of a host in the active state.
func (n *net) active(h *sim.Host) int {
	n.t.Helper()
	rows, _, err := h.Calls(n.t.Context(), "", 1000)
	if err != nil {
		n.t.Fatal(err)
	}
	active := 0
	for _, r := range rows {
		if strings.HasSuffix(r.State, "10") {
			active++
		}
	}
	return active
}

// TestOutage cuts the wire under ports that stay up. SSCOP notices by its
// NO-RESPONSE timer, 7 s at most after the last STAT; T309 gives 10 s more.
func TestOutage(t *testing.T) {
	for _, row := range []struct {
		cut      time.Duration
		survives bool
	}{{3 * time.Second, true}, {9 * time.Second, true}, {45 * time.Second, false}} {
		t.Run(row.cut.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				n := newNet(t, 5*time.Millisecond, 0, sim.Options{})
				defer n.close()
				caller, callee, _ := n.many(10)
				n.wire.Cut(true)
				time.Sleep(row.cut)
				n.wire.Cut(false)
				n.awaitUp(n.a)
				n.awaitUp(n.b)
				time.Sleep(30 * time.Second)
				for _, c := range []*sim.Client{caller, callee} {
					ends := closed(c)
					if row.survives != (len(ends) == 0) || !row.survives && len(ends) != 10 {
						t.Errorf("told of %d ends: %+v", len(ends), ends)
					}
					for _, e := range ends {
						if e.Cause.Value != ie.CauseDestinationOutOfOrder || !strings.Contains(e.Detail, "T309") {
							t.Errorf("told %+v", e)
						}
					}
				}
				if row.survives && (n.active(n.a) != 10 || n.active(n.b) != 10) {
					t.Errorf("%d and %d calls are active", n.active(n.a), n.active(n.b))
				}
				caller.Kill()
				callee.Kill()
				n.empty()
			})
		})
	}
}

// TestCrashInTurn crashes each daemon with 200 calls. The survivor's table is
// empty when the other is back, by its RESTART, and 200 calls come about anew.
func TestCrashInTurn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNet(t, 2*time.Millisecond, 0, sim.Options{Store: &sqStore{}, Limits: cm.Limits{VCs: 1000}})
		defer n.close()
		for _, crashed := range []**sim.Host{&n.b, &n.a} {
			caller, callee, _ := n.many(200)
			survivor := caller
			if crashed == &n.a {
				survivor = callee
			}
			if err := (*crashed).Crash(); err != nil {
				t.Fatal(err)
			}
			if crashed == &n.a {
				n.a = n.host("a", macA, macB, n.wire.A())
			} else {
				n.b = n.host("b", macB, macA, n.wire.B())
			}
			time.Sleep(time.Second)
			if n.active(n.a) != 0 || n.active(n.b) != 0 || n.link(n.a).Reserved != 0 || n.link(n.b).Reserved != 0 {
				t.Errorf("%d and %d calls are left", n.active(n.a), n.active(n.b))
			}
			ends := closed(survivor)
			for _, e := range ends {
				if e.Status == cm.Success || !strings.Contains(e.Detail, "the peer restarted") {
					t.Fatalf("told %+v", e)
				}
			}
			if len(ends) != 200 {
				t.Errorf("the survivor is told of %d ends", len(ends))
			}
			survivor.Kill()
			n.awaitUp(n.a)
			n.awaitUp(n.b)
			n.empty()
		}
	})
}

// TestAudit: what one side clears while the SAAL is down the other clears by
// its audit, and that alone.
func TestAudit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNet(t, 5*time.Millisecond, 0, sim.Options{})
		defer n.close()
		caller, callee, vcs := n.many(6)
		n.a.SetPort(false)
		n.b.SetPort(false)
		n.wire.Cut(true)
		n.await("the SAAL down", func() bool { return n.link(n.a).State == "down" && n.link(n.b).State == "down" })
		time.Sleep(8 * time.Second) // until NO-RESPONSE has run out
		for _, h := range vcs[:2] {
			caller.Do(cm.CloseCall{Request: caller.Number(), VC: h})
		}
		n.wire.Cut(false)
		n.a.SetPort(true)
		n.b.SetPort(true)
		n.awaitUp(n.a)
		n.awaitUp(n.b)
		time.Sleep(10 * time.Second)
		if ends := closed(callee); len(ends) != 2 || n.active(n.a) != 4 || n.active(n.b) != 4 {
			t.Errorf("told of %+v, %d and %d calls are active", ends, n.active(n.a), n.active(n.b))
		}
		caller.Kill()
		callee.Kill()
		n.empty()
	})
}

// TestDetails: a refusal says what this end knows beyond the cause.
func TestDetails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNet(t, 5*time.Millisecond, 0, sim.Options{})
		defer n.close()
		caller, callee, _ := n.many(0)
		fails := func(pcr vc.CellRate, cause ie.CauseValue, words ...string) {
			t.Helper()
			got, detail := n.failure(caller, pcr)
			for _, w := range words {
				if got != cause || !strings.Contains(detail, w) {
					t.Errorf("cause %d, %q: want cause %d and %q", got, detail, cause, w)
				}
			}
		}
		fails(2_000_000, ie.CauseCellRateUnavailable, "link a: ", "of the wire", "of 1Gbit/s are free")
		n.b.Plane.FailActivate(errors.New("no room"))
		fails(1000, ie.CauseResourceUnavailable, "link a: refused by the peer")
		n.b.Plane.FailActivate(nil)
		n.wire.Cut(true)
		fails(1000, ie.CauseDestinationOutOfOrder, "link a: the signalling connection was lost")
		n.await("the SAAL lost", func() bool { return n.link(n.a).State == "establishing" })
		fails(1000, ie.CauseTemporaryFailure, "link a: ", "the signalling connection is not up: ")
		n.a.SetPort(false)
		synctest.Wait()
		fails(1000, ie.CauseNetworkOutOfOrder, "link a: the link is down: no carrier")
		n.wire.Cut(false)
		n.a.SetPort(true)
		n.awaitUp(n.a)
		caller.Kill()
		callee.Kill()
		n.empty()
	})
}

// failure makes a call that fails and returns the cause and the words for it.
func (n *net) failure(caller *sim.Client, pcr vc.CellRate) (cause ie.CauseValue, detail string) {
	n.t.Helper()
	h := newVC(n, caller)
	flow := vc.Flow{PCR: pcr, MaxSDU: 1000}
	caller.Do(cm.MakeCall{
		Request: caller.Number(), VC: h, Called: "peer",
		Contract: vc.Contract{Category: vc.CBR, Forward: flow, Backward: flow},
	})
	done, _ := want[cm.MakeCallComplete](n, caller)
	return done.Cause.Value, done.Detail
}
