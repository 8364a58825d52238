package cm_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"callmanager/signalling/cm"
	"callmanager/signalling/primitive"
	"callmanager/signalling/q2931/ie"
	"callmanager/vc"
)

// TestAbort proves 3.2: CloseCall on a call in progress completes MakeCall
// first, then itself.
func TestAbort(t *testing.T) {
	r := start(t)
	h, call := r.call(1)
	if got := r.ask(1, cm.CloseCall{VC: h}); got.Status != cm.Pending {
		t.Fatalf("CloseCall: %+v", got)
	}
	if got := next[cm.MakeCallComplete](r, 1); got.Status != cm.RequestAborted || got.VC != h {
		t.Errorf("%+v", got)
	}
	r.quiet()
	asked[primitive.ReleaseReq](r, labLink)
	// The peer's connection crosses the release.
	r.indicate(labLink, primitive.ProceedingInd{Call: call})
	r.indicate(labLink, primitive.ConnectInd{Call: call})
	r.quiet()
	r.indicate(labLink, primitive.ReleaseConf{Call: call})
	if got := next[cm.CloseCallComplete](r, 1); got.Status != cm.Success {
		t.Errorf("%+v", got)
	}
	r.quiet()
}

// TestReleaseCrossing proves that a CloseCall that crosses the other side's
// release completes once, whichever of the link's answers comes.
func TestReleaseCrossing(t *testing.T) {
	for _, both := range []bool{false, true} {
		r := start(t)
		h, call := r.connected(1)
		r.ask(1, cm.CloseCall{VC: h})
		r.indicate(labLink, primitive.ReleaseInd{Call: call, Remote: true, Drain: vc.DrainReport{Dropped: 2}})
		if got := next[cm.CloseCallComplete](r, 1); got.Drain.Dropped != 2 {
			t.Errorf("%+v", got)
		}
		if both {
			r.indicate(labLink, primitive.ReleaseConf{Call: call})
		}
		r.quiet()
	}
}

// TestAbandonedOffer proves 3.3: an offer that the other side abandons ends
// with IncomingCloseCall, a late answer is tolerated, CloseCall is owed.
func TestAbandonedOffer(t *testing.T) {
	for _, status := range []cm.Status{cm.Success, cm.Failure} {
		r := start(t)
		h, call := r.offer(1)
		r.indicate(labLink, primitive.ReleaseInd{Call: call, Remote: true, Cause: ie.Cause{Value: ie.CauseNormalClearing}})
		next[cm.IncomingCloseCall](r, 1)
		if got := r.ask(1, cm.IncomingCallComplete{VC: h, Status: status}); got.Status != cm.Success {
			t.Errorf("late answer: %+v", got)
		}
		r.quiet()
		r.ask(1, cm.CloseCall{VC: h})
		next[cm.CloseCallComplete](r, 1)
		next[cm.DeleteVCIndication](r, 1)
		if len(r.toLink[labLink]) != 0 {
			t.Errorf("the link was asked %+v", r.toLink[labLink])
		}
	}
}

// TestCloseOffer proves that CloseCall in place of an answer refuses the offer.
func TestCloseOffer(t *testing.T) {
	r := start(t)
	h, call := r.offer(1)
	if got := r.ask(1, cm.CloseCall{VC: h}); got.Status != cm.Pending {
		t.Fatalf("CloseCall: %+v", got)
	}
	if got := asked[primitive.RejectReq](r, labLink); got.Cause.Value != ie.CauseCallRejected {
		t.Errorf("%+v", got)
	}
	r.indicate(labLink, primitive.ReleaseConf{Call: call})
	next[cm.CloseCallComplete](r, 1)
	next[cm.DeleteVCIndication](r, 1)
}

// TestViolation proves that a broken ring ends the call of its client in every
// state, with the text, and nobody else's.
func TestViolation(t *testing.T) {
	broken := errors.New("index beyond the ring")
	r := start(t)
	other, _ := r.connected(1)
	asked := func() primitive.Request {
		q := r.toLink[labLink]
		r.toLink[labLink] = nil
		if len(q) != 1 {
			t.Fatalf("the link was asked %+v", q)
		}
		return q[0]
	}

	h, call := r.connected(1)
	r.do(r.m.Violation(h, broken))
	got := next[cm.IncomingCloseCall](r, 1)
	if got.Status != cm.Failure || got.Detail != "the client broke its ring: index beyond the ring" || !r.rings[h].eof {
		t.Errorf("%+v", got)
	}
	if q, ok := asked().(primitive.ReleaseReq); !ok || q.Linger != 0 {
		t.Errorf("%+v", q)
	}
	r.do(r.m.Violation(h, broken)) // once is enough
	r.ask(1, cm.CloseCall{VC: h})
	r.quiet() // the branch is on its way out
	r.indicate(labLink, primitive.ReleaseConf{Call: call})
	next[cm.CloseCallComplete](r, 1)

	h, call = r.call(1)
	r.do(r.m.Violation(h, broken))
	r.quiet()
	asked()
	r.indicate(labLink, primitive.ConnectInd{Call: call})
	r.indicate(labLink, primitive.ReleaseConf{Call: call})
	if got := next[cm.MakeCallComplete](r, 1); got.Status != cm.Failure || got.Detail == "" {
		t.Errorf("%+v", got)
	}

	h, call = r.offer(1)
	r.do(r.m.Violation(h, broken))
	next[cm.IncomingCloseCall](r, 1)
	if _, ok := asked().(primitive.RejectReq); !ok {
		t.Error("the offer was not refused")
	}
	r.indicate(labLink, primitive.ReleaseConf{Call: call})
	r.quiet()
	r.do(r.m.Violation(1<<32|4711, broken))

	rows, _ := r.m.VCs(0, 9)
	i := slices.IndexFunc(rows, func(row cm.VCRow) bool { return row.Handle == other })
	if rows[i].CallState != vc.Connected {
		t.Errorf("another VC was harmed: %+v", rows[i])
	}
}

// TestAdminClose proves who may close what, and what its owner is told.
func TestAdminClose(t *testing.T) {
	r := start(t)
	r.connect(9, cm.Credentials{Admin: true})
	r.ask(9, cm.OpenAF{Major: cm.MajorVersion})
	h, call := r.connected(1)
	if got := r.ask(9, cm.AdminClose{VC: h}); got.Status != cm.Success {
		t.Fatalf("AdminClose: %+v", got)
	}
	if got := next[cm.IncomingCloseCall](r, 1); got.Status != cm.RequestAborted || got.Detail == "" {
		t.Errorf("%+v", got)
	}
	if got := r.ask(9, cm.AdminClose{VC: h}); got.Status != cm.Success {
		t.Errorf("a second time, while it is under way: %+v", got)
	}
	r.quiet()
	asked[primitive.ReleaseReq](r, labLink)
	r.indicate(labLink, primitive.ReleaseConf{Call: call})
	if got := r.ask(9, cm.AdminClose{VC: h}); got.Status != cm.Failure {
		t.Errorf("without a call: %+v", got)
	}
	if got := r.ask(9, cm.AdminClose{VC: 1}); got.Status != cm.Failure {
		t.Errorf("without a VC: %+v", got)
	}
	own, _ := r.connected(1)
	if got := r.ask(1, cm.AdminClose{VC: own}); got.Status != cm.Success {
		t.Errorf("one's own: %+v", got)
	}
}

// TestShutdown proves that every call is released with the cause, nothing new
// is taken, and what is told to whom.
func TestShutdown(t *testing.T) {
	r := start(t)
	stop := ie.Cause{Value: ie.CauseTemporaryFailure}
	idle := r.create(1)
	a, callA := r.connected(1)
	b, callB := r.call(1)
	c, callC := r.offer(1)
	r.do(r.m.Shutdown(stop, time.Second))
	if got := next[cm.IncomingCloseCall](r, 1); got.VC != a || got.Status != cm.Closing {
		t.Errorf("%+v", got)
	}
	if got := next[cm.IncomingCloseCall](r, 1); got.VC != c {
		t.Errorf("%+v", got)
	}
	r.quiet()
	if got := asked[primitive.ReleaseReq](r, labLink); got.Call != callA || got.Linger != time.Second || got.Cause.Value != stop.Value {
		t.Errorf("%+v", got)
	}
	asked[primitive.ReleaseReq](r, labLink)
	asked[primitive.RejectReq](r, labLink)
	r.indicate(labLink, primitive.SetupInd{Call: primitive.IncomingCall | 5, Params: incomingParams(7)})
	if got := asked[primitive.RejectReq](r, labLink); got.Cause.Value != stop.Value {
		t.Errorf("%+v", got)
	}
	for _, q := range []cm.Request{cm.CreateVC{}, cm.RegisterSAP{Selector: 1}, cm.MakeCall{VC: idle, Called: peerAddr.String()}} {
		if got := r.ask(1, q); got.Status != cm.Closing {
			t.Errorf("%T: %+v", q, got)
		}
	}
	for _, call := range []primitive.CallID{callA, callB, callC} {
		r.indicate(labLink, primitive.ReleaseConf{Call: call, Cause: stop})
	}
	if got := next[cm.MakeCallComplete](r, 1); got.VC != b || got.Status != cm.Closing {
		t.Errorf("%+v", got)
	}
	if n := r.m.Counts().Calls; n != 0 {
		t.Errorf("%d calls left", n)
	}
	r.do(r.m.Farewell("bye"))
	next[cm.Goodbye](r, 1)
}

// TestDetachAtEachStep kills the client after each message of a call's life in
// turn, in both directions, and looks for what is left.
func TestDetachAtEachStep(t *testing.T) {
	release := func(r *rig) {
		for len(r.toLink[labLink]) > 0 {
			q := r.toLink[labLink][0]
			r.toLink[labLink] = r.toLink[labLink][1:]
			switch q := q.(type) {
			case primitive.ReleaseReq:
				if q.Cause.Value != ie.CauseNormalUnspecified || q.Linger != 0 {
					t.Errorf("%+v, want cause 31 and no linger", q)
				}
				r.indicate(labLink, primitive.ReleaseConf{Call: q.Call})
			case primitive.RejectReq:
				r.indicate(labLink, primitive.ReleaseConf{Call: q.Call})
			case primitive.SetupReq, primitive.AcceptReq:
			}
		}
	}
	var h vc.Handle
	var call primitive.CallID
	out := []func(r *rig){
		func(r *rig) { r.connect(1, cm.Credentials{}) },
		func(r *rig) { r.send(1, cm.OpenAF{Major: cm.MajorVersion}) },
		func(r *rig) { r.register(1, 7) },
		func(r *rig) { h = r.ask(1, cm.CreateVC{}).Handle },
		func(r *rig) { r.send(1, cm.MakeCall{VC: h, Called: peerAddr.String()}) },
		func(r *rig) { call = asked[primitive.SetupReq](r, labLink).Call },
		func(r *rig) { r.indicate(labLink, primitive.ProceedingInd{Call: call}) },
		func(r *rig) { r.indicate(labLink, primitive.ConnectInd{Call: call}) },
		func(r *rig) { r.indicate(labLink, primitive.ReleaseInd{Call: call}) },
		func(r *rig) { r.send(1, cm.CloseCall{VC: h}) },
		func(r *rig) { r.send(1, cm.DeleteVC{VC: h}) },
		func(r *rig) { r.send(1, cm.RingDone{VC: h}) },
	}
	in := []func(r *rig){
		func(r *rig) { r.attach(1) },
		func(r *rig) { r.register(1, 7) },
		func(*rig) { call = primitive.IncomingCall | 1 },
		func(r *rig) { r.indicate(labLink, primitive.SetupInd{Call: call, Params: incomingParams(7)}) },
		func(r *rig) { h = nextIncoming(r, 1) },
		func(r *rig) { r.send(1, cm.IncomingCallComplete{VC: h}) },
		func(r *rig) { r.indicate(labLink, primitive.CompleteInd{Call: call}) },
		func(r *rig) { r.do(r.m.Violation(h, errPlane)) },
		func(r *rig) { r.send(1, cm.CloseAF{}) },
		func(r *rig) { release(r) },
	}
	for name, steps := range map[string][]func(r *rig){"outgoing": out, "incoming": in} {
		for n := range len(steps) + 1 {
			r := newRig(t)
			for _, step := range steps[:n] {
				step(r)
			}
			if n > 0 {
				r.detach(1)
				r.do(r.m.Detach(1)) // harmless a second time
			}
			release(r)
			if left := r.m.Leaks(); len(left) > 0 || len(r.rings) > 0 {
				t.Errorf("%s, killed after %d steps: left %v, %d rings", name, n, left, len(r.rings))
			}
		}
	}
}

func nextIncoming(r *rig, id cm.ClientID) vc.Handle { return next[cm.IncomingCall](r, id).VC }

// The link may be activating the branch of a call that the daemon gives up, and an ended ring cannot
// be activated: it ends when the link has ended the call, whose cause is the daemon's.
func TestRingOfGivenUpCall(t *testing.T) {
	for name, row := range map[string]struct {
		giveUp func(*rig)
		cause  ie.CauseValue
	}{
		"client gone":    {func(r *rig) { r.detach(1) }, ie.CauseNormalUnspecified},
		"daemon stopped": {func(r *rig) { r.do(r.m.Shutdown(ie.Cause{Value: ie.CauseDestinationOutOfOrder}, 0)) }, ie.CauseDestinationOutOfOrder},
	} {
		t.Run(name, func(t *testing.T) {
			r := start(t)
			h, call := r.call(1)
			row.giveUp(r)
			if got := asked[primitive.ReleaseReq](r, labLink); got.Cause.Value != row.cause {
				t.Errorf("%+v, want cause %d", got, row.cause)
			}
			if r.rings[h].eof {
				t.Error("the ring has ended before the call")
			}
			r.indicate(labLink, primitive.ConnectInd{Call: call})
			r.indicate(labLink, primitive.ReleaseConf{Call: call, Cause: ie.Cause{Value: row.cause}})
			if g := r.rings[h]; g != nil && !g.eof {
				t.Error("the ring has not ended with the call")
			}
		})
	}
}
