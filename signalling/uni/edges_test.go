package uni_test

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"callmanager/signalling/primitive"
	"callmanager/signalling/q2931/ie"
	"callmanager/signalling/uni"
)

// TestEdges: the order of messages, of work for the data plane and of
// indications at both ends of a call, for both directions.
func TestEdges(t *testing.T) {
	for _, row := range []struct {
		name                   string
		userCalls              bool
		callerUp, calleeUp     []string
		releaserEnd, otherEnds []string
	}{
		{
			name:      "user calls network",
			userCalls: true,
			callerUp: []string{
				"SETUP", "activate", "ProceedingInd", "activate", "open", "CONNECT ACKNOWLEDGE", "ConnectInd",
			},
			calleeUp: []string{
				"SetupInd", "CALL PROCEEDING", "activate", "CONNECT", "open", "CompleteInd",
			},
		},
		{
			name: "network calls user",
			callerUp: []string{
				"activate", "SETUP", "activate", "open", "CONNECT ACKNOWLEDGE", "ConnectInd",
			},
			calleeUp: []string{
				"SetupInd", "activate", "CONNECT", "open", "CompleteInd",
			},
		},
	} {
		t.Run(row.name, func(t *testing.T) {
			w := newWorld(t, 1)
			caller, callee := w.pair()
			up(caller, callee)
			if row.userCalls {
				caller, callee = callee, caller
			}
			id := caller.call(paramsTo(callee.mac, constant))
			w.run(5 * time.Millisecond)
			offer := last[primitive.SetupInd](callee)
			answer := offer.Params
			answer.Contract.Backward.MaxSDU = 100
			callee.ask(primitive.AcceptReq{Call: offer.Call, VC: 1, Params: answer})
			w.run(50 * time.Millisecond)
			if d := cmp.Diff(row.callerUp, caller.takeLog()); d != "" {
				t.Errorf("caller: %s", d)
			}
			if d := cmp.Diff(row.calleeUp, callee.takeLog()); d != "" {
				t.Errorf("callee: %s", d)
			}
			caller.ask(primitive.ReleaseReq{Call: id, Cause: cause(ie.CauseNormalClearing), Linger: time.Second})
			w.run(50 * time.Millisecond)
			if d := cmp.Diff([]string{"drain", "RELEASE", "deactivate quiesce=true", "ReleaseConf"}, caller.takeLog()); d != "" {
				t.Errorf("caller: %s", d)
			}
			if d := cmp.Diff([]string{"deactivate quiesce=true", "RELEASE COMPLETE", "ReleaseInd"}, callee.takeLog()); d != "" {
				t.Errorf("callee: %s", d)
			}
			caller.wantEmpty()
			callee.wantEmpty()
		})
	}
}

// active sets a call up between two hosts and returns its identifiers.
func active(w *world, caller, callee *host) (out, in primitive.CallID) {
	w.t.Helper()
	out = caller.call(paramsTo(callee.mac, constant))
	w.run(5 * time.Millisecond)
	offer := last[primitive.SetupInd](callee)
	callee.ask(primitive.AcceptReq{Call: offer.Call, VC: 1, Params: offer.Params})
	w.run(50 * time.Millisecond)
	last[primitive.ConnectInd](caller)
	last[primitive.CompleteInd](callee)
	caller.take()
	callee.take()
	caller.log, callee.log = nil, nil
	return out, offer.Call
}

// TestReleaseWhileDraining: the peer's RELEASE ends the drain, and the answer
// is a ReleaseConf, not a ReleaseInd.
func TestReleaseWhileDraining(t *testing.T) {
	w := newWorld(t, 1)
	a, b := w.pair()
	up(a, b)
	out, in := active(w, a, b)
	a.drainTime = time.Hour
	a.ask(primitive.ReleaseReq{Call: out, Cause: cause(ie.CauseNormalClearing), Linger: time.Minute})
	w.run(time.Second)
	b.ask(primitive.ReleaseReq{Call: in, Cause: cause(ie.CauseUserBusy)})
	w.run(time.Second)
	want := []string{"drain", "deactivate quiesce=true", "RELEASE COMPLETE", "ReleaseConf"}
	if d := cmp.Diff(want, a.takeLog()); d != "" {
		t.Error(d)
	}
	if c := last[primitive.ReleaseConf](a); c.Cause.Value != ie.CauseUserBusy || c.Drain.Dropped != 1 {
		t.Errorf("confirmed %+v", c)
	}
	// The linger of 0 has cut the callee's drain short.
	if d := cmp.Diff([]string{"drain", "RELEASE", "deactivate quiesce=false", "ReleaseConf"}, b.takeLog()); d != "" {
		t.Error(d)
	}
	a.wantEmpty()
	b.wantEmpty()
}

// TestCrossingReleases: both ends release at once, and both get a ReleaseConf
// without a RELEASE COMPLETE (Q.2931 5.4.5).
func TestCrossingReleases(t *testing.T) {
	w := newWorld(t, 1)
	a, b := w.pair()
	up(a, b)
	out, in := active(w, a, b)
	a.ask(primitive.ReleaseReq{Call: out, Cause: cause(ie.CauseNormalClearing), Linger: time.Second})
	b.ask(primitive.ReleaseReq{Call: in, Cause: cause(ie.CauseCallRejected), Linger: time.Second})
	w.run(time.Second)
	want := []string{"drain", "RELEASE", "deactivate quiesce=true", "ReleaseConf"}
	for _, h := range []*host{a, b} {
		if d := cmp.Diff(want, h.takeLog()); d != "" {
			t.Errorf("%v: %s", h, d)
		}
		h.wantEmpty()
	}
}

// TestReleaseBeforeConnect: the caller gives up while the callee thinks.
func TestReleaseBeforeConnect(t *testing.T) {
	w := newWorld(t, 1)
	a, b := w.pair()
	up(a, b)
	out := b.call(paramsTo(a.mac, bestEffort))
	w.run(50 * time.Millisecond)
	b.ask(primitive.ReleaseReq{Call: out, Cause: cause(ie.CauseNormalClearing), Linger: time.Second})
	w.run(50 * time.Millisecond)
	want := []string{"SETUP", "activate", "ProceedingInd", "RELEASE", "deactivate quiesce=true", "ReleaseConf"}
	if d := cmp.Diff(want, b.takeLog()); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff([]string{"SetupInd", "CALL PROCEEDING", "RELEASE COMPLETE", "ReleaseInd"}, a.takeLog()); d != "" {
		t.Error(d)
	}
	offer := last[primitive.SetupInd](a)
	a.ask(primitive.AcceptReq{Call: offer.Call}) // crosses the ReleaseInd: no answer
	a.ask(primitive.ReleaseReq{Call: offer.Call, Cause: cause(ie.CauseNormalClearing)})
	if d := cmp.Diff([]string{"ReleaseConf"}, a.takeLog()); d != "" {
		t.Error(d)
	}
	a.wantEmpty()
	b.wantEmpty()
}

// TestRefusedBranches: the data plane refuses a branch at each place where it
// is asked.
func TestRefusedBranches(t *testing.T) {
	for _, row := range []struct {
		name      string
		userCalls bool
		refuser   string // "caller", "callee", or "change": the caller at CONNECT
		cause     ie.CauseValue
	}{
		{"calling network, before SETUP", false, "caller", ie.CauseResourceUnavailable},
		{"called user, before CONNECT", false, "callee", ie.CauseResourceUnavailable},
		{"calling network, at CONNECT", false, "change", ie.CauseTemporaryFailure},
		{"calling user, at CALL PROCEEDING", true, "caller", ie.CauseResourceUnavailable},
		{"called network, before CONNECT", true, "callee", ie.CauseResourceUnavailable},
		{"calling user, at CONNECT", true, "change", ie.CauseTemporaryFailure},
	} {
		t.Run(row.name, func(t *testing.T) {
			w := newWorld(t, 1)
			caller, callee := w.pair()
			up(caller, callee)
			if row.userCalls {
				caller, callee = callee, caller
			}
			if row.refuser == "caller" {
				caller.refuse = errPlane
			}
			caller.call(paramsTo(callee.mac, constant))
			w.run(50 * time.Millisecond)
			if row.refuser != "caller" {
				offer := last[primitive.SetupInd](callee)
				if row.refuser == "callee" {
					callee.refuse = errPlane
				} else {
					caller.refuse = errPlane
					offer.Params.Contract.Forward.MaxSDU = 10
				}
				callee.ask(primitive.AcceptReq{Call: offer.Call, VC: 1, Params: offer.Params})
				w.run(50 * time.Millisecond)
				last[primitive.ReleaseInd](callee)
			}
			if c := last[primitive.ReleaseConf](caller); c.Cause.Value != row.cause {
				t.Errorf("confirmed %+v, want cause %d", c, row.cause)
			}
			caller.wantEmpty()
			callee.wantEmpty()
		})
	}
}

// TestHeldReleaseOfEndedCall: a ReleaseReq that waited for the data plane gets
// its one answer although the call has ended meanwhile.
func TestHeldReleaseOfEndedCall(t *testing.T) {
	for _, err := range []error{nil, errPlane} {
		p := ready(newWorld(t, 1), uni.RoleUser)
		p.offer(nil)
		offer := last[primitive.SetupInd](p.h)
		p.h.take()
		l := p.h.link
		effects := l.Request(primitive.AcceptReq{Call: offer.Call, VC: 1, Params: offer.Params})
		p.h.do(slices.DeleteFunc(slices.Clone(effects), func(e uni.Effect) bool { return e.Kind == uni.Activate }))
		l.Request(primitive.ReleaseReq{Call: offer.Call, Cause: cause(ie.CauseNormalClearing)})
		p.h.do(l.Receive([]byte{0, 0, 0, 0, 0x03, 0, 0, 0})) // END: the SAAL is gone
		if err == nil {
			p.h.plane[offer.ID] = &branchState{call: offer.Call}
		}
		p.h.do(l.Activated(offer.Call, err))
		p.w.run(100 * time.Millisecond)
		inds := p.h.take()
		if len(inds) != 1 {
			t.Fatalf("told %+v", inds)
		}
		if c, ok := inds[0].(primitive.ReleaseConf); !ok || c.Cause.Value != ie.CauseDestinationOutOfOrder {
			t.Errorf("told %+v", inds)
		}
		p.h.wantEmpty()
	}
}
