package signalling_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"callmanager/signalling"
	"callmanager/signalling/cm"
	"callmanager/signalling/q2931/ie"
	"callmanager/signalling/sim"
	"callmanager/vc"
)

// TestCallBothWays makes a call from each side, closes one from the calling and
// one from the called end, and follows what the planes are asked.
func TestCallBothWays(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNet(t, 10*time.Millisecond, 0, sim.Options{})
		defer n.close()
		for _, ends := range [][2]*sim.Host{{n.a, n.b}, {n.b, n.a}} {
			caller, callee := ends[0].NewClient("caller", polite), ends[1].NewClient("callee", accepting)
			callee.Do(cm.RegisterSAP{Request: callee.Number(), AnySelector: true})
			ends[0].Plane.Log()
			ends[1].Plane.Log()
			h, done := dial(n, caller)
			if done.Status != cm.Success || done.ID.VCI < vc.MinCallVCI || done.VC != h {
				t.Fatalf("MakeCall: %+v", done)
			}
			want[cm.CallConnected](n, callee)
			calls, _, err := ends[0].Calls(t.Context(), "", 0)
			if err != nil || len(calls) != 1 || !calls[0].Ours || !strings.HasSuffix(calls[0].State, "10") || calls[0].VC != h {
				t.Errorf("calls %+v, %v", calls, err)
			}
			caller.Do(cm.CloseCall{Request: caller.Number(), VC: h})
			closed, _ := want[cm.CloseCallComplete](n, caller)
			if closed.Status != cm.Success || closed.Drain.Sent != 1 {
				t.Errorf("CloseCall: %+v", closed)
			}
			gone, _ := want[cm.IncomingCloseCall](n, callee)
			if gone.Status != cm.Success || gone.Cause.Value != ie.CauseNormalClearing {
				t.Errorf("the callee is told %+v", gone)
			}
			caller.Do(cm.DeleteVC{Request: caller.Number(), VC: h})
			n.await("callee done", func() bool { return ends[1].Plane.Leaks() == "" })
			caller.Kill()
			callee.Kill()
			n.empty()
		}
	})
}

// planeVerbs returns the names of the uses of a plane.
func planeVerbs(log []string) []string {
	verbs := make([]string, len(log))
	for i, l := range log {
		verbs[i], _, _ = strings.Cut(l, " ")
	}
	return verbs
}

// TestPlaneOrder proves the order in which a call uses the plane at either end:
// the receive side is open before the peer may send, the ring ends before the
// client is told, the memory goes when the client has said so.
func TestPlaneOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNet(t, 10*time.Millisecond, 0, sim.Options{})
		defer n.close()
		caller, callee := n.a.NewClient("caller", polite), n.b.NewClient("callee", accepting)
		callee.Do(cm.RegisterSAP{Request: callee.Number()})
		h, _ := dial(n, caller)
		caller.Do(cm.CloseCall{Request: caller.Number(), VC: h})
		want[cm.CloseCallComplete](n, caller)
		want[cm.DeleteVCIndication](n, callee)
		synctest.Wait()
		wantA := []string{"OpenVC", "Activate", "OpenTransmit", "Drain", "Deactivate", "EndVC", "CloseVC"}
		if diff := cmp.Diff(wantA, planeVerbs(n.a.Plane.Log())); diff != "" {
			t.Errorf("calling end (-want +got):\n%s", diff)
		}
		wantB := []string{"OpenVC", "Activate", "OpenTransmit", "Deactivate", "EndVC", "CloseVC"}
		if diff := cmp.Diff(wantB, planeVerbs(n.b.Plane.Log())); diff != "" {
			t.Errorf("called end (-want +got):\n%s", diff)
		}
		caller.Kill()
		callee.Kill()
		n.empty()
	})
}

// TestRefusals proves what the caller is told when the call is refused.
func TestRefusals(t *testing.T) {
	rows := []struct {
		name   string
		answer *cm.IncomingCallComplete // nil: nobody listens
		status cm.Status
		cause  ie.CauseValue
	}{
		{"nobody listens", nil, cm.InvalidSAP, ie.CauseIncompatibleDestination},
		{"refused", &cm.IncomingCallComplete{Status: cm.Failure}, cm.NotAccepted, ie.CauseCallRejected},
		{
			"refused with a cause",
			&cm.IncomingCallComplete{Status: cm.Failure, Cause: ie.Cause{Value: ie.CauseUserBusy}},
			cm.NotAccepted, ie.CauseUserBusy,
		},
		{"refused with a status", &cm.IncomingCallComplete{Status: cm.IncompatibleQoS}, cm.IncompatibleQoS, ie.CauseQoSUnavailable},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				n := newNet(t, 10*time.Millisecond, 0, sim.Options{})
				defer n.close()
				caller := n.a.NewClient("caller", polite)
				callee := n.b.NewClient("callee", func(c *sim.Client, ev cm.Event) {
					if in, ok := ev.(cm.IncomingCall); ok {
						answer := *row.answer
						answer.Request, answer.VC = 7, in.VC
						c.Go(answer)
					}
				})
				if row.answer != nil {
					callee.Do(cm.RegisterSAP{Request: callee.Number(), AnySelector: true})
				}
				_, done := dial(n, caller)
				if done.Status != row.status || done.Cause.Value != row.cause || done.Detail != "link a: refused by the peer" {
					t.Errorf("MakeCall: %+v, want %s and cause %d", done, row.status, row.cause)
				}
				if row.answer != nil {
					want[cm.DeleteVCIndication](n, callee)
				}
				caller.Kill()
				callee.Kill()
				n.empty()
			})
		})
	}
}

// TestAbort closes a call that nobody answers.
func TestAbort(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNet(t, 10*time.Millisecond, 0, sim.Options{})
		defer n.close()
		caller, callee := n.a.NewClient("caller", polite), n.b.NewClient("callee", polite)
		callee.Do(cm.RegisterSAP{Request: callee.Number()})
		h := newVC(n, caller)
		caller.Do(cm.MakeCall{Request: caller.Number(), VC: h, Called: "peer"})
		in, _ := want[cm.IncomingCall](n, callee)
		caller.Do(cm.CloseCall{Request: caller.Number(), VC: h})
		_, events := want[cm.CloseCallComplete](n, caller)
		made, ok := find[cm.MakeCallComplete](events)
		if !ok || made.Status != cm.RequestAborted {
			t.Errorf("the caller is told %+v", events)
		}
		first := slices.IndexFunc(events, func(ev cm.Event) bool { _, is := ev.(cm.MakeCallComplete); return is })
		second := slices.IndexFunc(events, func(ev cm.Event) bool { _, is := ev.(cm.CloseCallComplete); return is })
		if first > second {
			t.Error("CloseCall is completed before MakeCall")
		}
		if gone, _ := want[cm.IncomingCloseCall](n, callee); gone.VC != in.VC {
			t.Errorf("the callee is told %+v", gone)
		}
		callee.Do(cm.IncomingCallComplete{Request: callee.Number(), VC: in.VC}) // too late
		caller.Kill()
		callee.Kill()
		n.empty()
	})
}

// TestPlaneRefuses proves that a plane that has no room fails the call and
// nothing else.
func TestPlaneRefuses(t *testing.T) {
	full := errors.New("no room")
	synctest.Test(t, func(t *testing.T) {
		n := newNet(t, time.Millisecond, 0, sim.Options{})
		defer n.close()
		caller, callee := n.a.NewClient("caller", polite), n.b.NewClient("callee", accepting)
		callee.Do(cm.RegisterSAP{Request: callee.Number()})

		n.a.Plane.FailOpen(full)
		h := newVC(n, caller)
		caller.Do(cm.MakeCall{Request: caller.Number(), VC: h, Called: "peer"})
		if reply, _ := want[cm.Reply](n, caller); reply.Status != cm.Resources || !strings.Contains(reply.Detail, "no room") {
			t.Errorf("no rings at the calling end: %+v", reply)
		}
		n.a.Plane.FailOpen(nil)

		n.b.Plane.FailOpen(full)
		if _, done := dial(n, caller); done.Status != cm.Resources || done.Cause.Value != ie.CauseResourceUnavailable {
			t.Errorf("no rings at the called end: %+v", done)
		}
		n.b.Plane.FailOpen(nil)

		for _, h := range []*sim.Host{n.a, n.b} {
			h.Plane.FailActivate(full)
			if _, done := dial(n, caller); done.Status == cm.Success {
				t.Errorf("no activation: %+v", done)
			}
			h.Plane.FailActivate(nil)
		}
		if _, done := dial(n, caller); done.Status != cm.Success {
			t.Errorf("afterwards: %+v", done)
		}
		caller.Kill()
		callee.Kill()
		n.empty()
	})
}

// TestAddressOfOtherLink makes a call to the address of one link that comes
// over another: every address of the system is ours (DESIGN 6).
func TestAddressOfOtherLink(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		other, far := macB, vc.MAC{2, 0, 0, 0, 0, 9}
		n := &net{t: t, wire: sim.NewWire(time.Millisecond, 0, 1)}
		plane := sim.NewPlane(0)
		m, err := signalling.New(signalling.Config{Plane: plane, Links: []signalling.LinkConfig{
			{ID: 1, Name: "near", Peer: far, Capacity: 1e9, Channel: n.wire.A()},
			{ID: 2, Name: "other", Peer: vc.MAC{2, 0, 0, 0, 0, 10}, Capacity: 1e9, Channel: sim.NewWire(0, 0, 2).A()},
		}})
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = m.Close() }()
		n.a = &sim.Host{Manager: m, Plane: plane, MAC: macA}
		n.wire.A().OnReceive(func(sdu []byte) { m.Receive(1, sdu) })
		n.a.Start()
		m.LinkStatus(2, vc.LinkStatus{MAC: other, MaxSDU: 1492, Speed: 1e9, Reason: "no carrier"})
		n.b = n.host("b", far, other, n.wire.B())
		defer func() { _ = n.b.Crash() }()
		n.awaitUp(n.b)
		callee, caller := n.a.NewClient("callee", accepting), n.b.NewClient("caller", polite)
		callee.Do(cm.RegisterSAP{Request: callee.Number(), Address: vc.AddrFromMAC(other), AnySelector: true})
		if _, done := dial(n, caller); done.Status != cm.Success {
			t.Errorf("a call to the other link's address: %+v", done)
		}
	})
}

// TestModify modifies a call from either side of the link, up and down, and once
// to what cannot be: both ends have the same afterwards.
func TestModify(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNet(t, 10*time.Millisecond, 0.05, sim.Options{})
		defer n.close()
		for _, ends := range [][2]*sim.Host{{n.a, n.b}, {n.b, n.a}} {
			caller, callee := ends[0].NewClient("caller", polite), ends[1].NewClient("callee", accepting)
			callee.Do(cm.RegisterSAP{Request: callee.Number(), AnySelector: true})
			h, _ := dial(n, caller)
			want[cm.CallConnected](n, callee)
			now := vc.CellRate(0)
			for _, row := range []struct {
				pcr      vc.CellRate
				category vc.Category
				want     cm.Status
			}{{5000, 0, cm.Success}, {100, 0, cm.Success}, {9000, 0, cm.Success}, {1, vc.CBR, cm.NotSupported}} {
				c := vc.Contract{Category: row.category, Forward: vc.Flow{PCR: row.pcr}, Backward: vc.Flow{PCR: row.pcr + 1}}
				caller.Do(cm.ModifyCallQoS{Request: caller.Number(), VC: h, Contract: c})
				done, _ := want[cm.ModifyCallQoSComplete](n, caller)
				if done.Status != row.want || done.VC != h {
					t.Fatalf("%d: %+v", row.pcr, done)
				}
				if row.want == cm.Success {
					now = row.pcr
					told, _ := want[cm.IncomingCallQoSChange](n, callee)
					if told.Parameters.Contract != done.Parameters.Contract || told.Parameters.Contract.Forward.PCR != now {
						t.Errorf("the callee is told %+v, the caller %+v", told, done)
					}
				}
				for _, end := range ends {
					calls, _, err := end.Calls(t.Context(), "", 0)
					if err != nil || len(calls) != 1 || calls[0].Contract.Forward.PCR != now {
						t.Errorf("%d: calls %+v, %v", row.pcr, calls, err)
					}
				}
			}
			caller.Do(cm.CloseCall{Request: caller.Number(), VC: h})
			want[cm.CloseCallComplete](n, caller)
			caller.Kill()
			callee.Kill()
			n.empty()
		}
	})
}
