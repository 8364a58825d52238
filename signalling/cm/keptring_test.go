package cm_test

import (
	"errors"
	"testing"

	"callmanager/signalling/cm"
	"callmanager/signalling/primitive"
	"callmanager/vc"
)

// overAndKept ends the call of a VC, and its client keeps the rings.
func (r *rig) overAndKept(h vc.Handle, call primitive.CallID) {
	r.t.Helper()
	r.ask(1, cm.CloseCall{VC: h})
	asked[primitive.ReleaseReq](r, labLink)
	r.indicate(labLink, primitive.ReleaseConf{Call: call})
	next[cm.CloseCallComplete](r, 1)
	r.send(1, cm.RingDone{VC: h, Keep: true})
}

// callOn makes a call on a new VC with rings of a size, and returns the reply.
func (r *rig) callOn(ring uint32) (cm.Reply, primitive.CallID) {
	r.t.Helper()
	got := r.ask(1, cm.MakeCall{Called: peerAddr.String(), SendRing: ring, ReceiveRing: ring})
	if got.Status != cm.Pending {
		r.t.Fatalf("MakeCall: %+v", got)
	}
	call := asked[primitive.SetupReq](r, labLink).Call
	r.indicate(labLink, primitive.ConnectInd{Call: call})
	next[cm.MakeCallComplete](r, 1)
	return got, call
}

// TestKeptRings has rings go from a call made here to an offer and back; their memory is charged while a VC has
// them, and no descriptors travel.
func TestKeptRings(t *testing.T) {
	r := start(t)
	first, call := r.callOn(1 << 20)
	if first.Handle == 0 || first.Kept != 0 {
		t.Fatalf("the first call: %+v", first)
	}
	charged := r.m.RingBytes(1)
	r.overAndKept(first.Handle, call)
	if got := r.m.RingBytes(1); got != 0 {
		t.Errorf("%d octets are charged for kept rings", got)
	}
	r.quiet() // RingDone with keep has no answer, the VC is gone with the call
	if n := r.m.Counts(); n.VCs != 0 {
		t.Errorf("%d VCs are left", n.VCs)
	}
	// Other sizes: new rings.
	other, call := r.callOn(1 << 21)
	if other.Kept != 0 {
		t.Errorf("rings of another size: %+v", other)
	}
	r.overAndKept(other.Handle, call)
	// The same sizes: the kept ones, once.
	second, call := r.callOn(1 << 20)
	third, _ := r.callOn(1 << 20)
	if second.Kept != first.Handle || third.Kept != 0 {
		t.Errorf("the same sizes: %+v and %+v", second, third)
	}
	if got := r.m.RingBytes(1); got != 2*charged {
		t.Errorf("%d octets are charged, want %d", got, 2*charged)
	}
	r.overAndKept(second.Handle, call)
	if got := r.ask(1, cm.RegisterSAP{Selector: 9, SendRing: 1 << 20, ReceiveRing: 1 << 20}); got.Status != cm.Success {
		t.Fatalf("RegisterSAP: %+v", got)
	}
	r.indicate(labLink, primitive.SetupInd{Call: primitive.IncomingCall | 9, Params: incomingParams(9)})
	if got := next[cm.IncomingCall](r, 1); got.Kept != second.Handle {
		t.Errorf("the offer: %+v", got)
	}
}

// TestKeptRingsAreBounded keeps so many rings and no more.
func TestKeptRingsAreBounded(t *testing.T) {
	r := start(t)
	var handles []vc.Handle
	var calls []primitive.CallID
	for range cm.MaxKept + 1 {
		got, call := r.callOn(1)
		handles, calls = append(handles, got.Handle), append(calls, call)
	}
	for i, h := range handles {
		r.overAndKept(h, calls[i])
		if i < cm.MaxKept {
			r.quiet()
		}
	}
	if got := next[cm.RingsGone](r, 1); got.VC != handles[cm.MaxKept] {
		t.Errorf("beyond the most: %+v", got)
	}
}

// TestKeptRingsGiveWay gives the oldest kept rings back when the quota has no room for those of a VC beside them.
func TestKeptRingsGiveWay(t *testing.T) {
	r := newRigWith(t, cm.Config{Limits: cm.Limits{RingBytes: 16 << 20}})
	r.attach(1)
	var handles []vc.Handle
	var calls []primitive.CallID
	for range 3 { // 4 MiB each
		got, call := r.callOn(2 << 20)
		handles, calls = append(handles, got.Handle), append(calls, call)
	}
	for i, h := range handles {
		r.overAndKept(h, calls[i])
	}
	r.quiet()
	ask := func(ring uint32) cm.Reply {
		got := r.ask(1, cm.MakeCall{Called: peerAddr.String(), SendRing: ring, ReceiveRing: ring})
		asked[primitive.SetupReq](r, labLink)
		return got
	}
	ask(4 << 20) // 8 MiB beside 12
	if got := next[cm.RingsGone](r, 1); got.VC != handles[0] {
		t.Errorf("the oldest: %+v", got)
	}
	if got := ask(2 << 20); got.Kept != handles[2] {
		t.Errorf("the latest: %+v", got)
	}
	r.quiet()
	ask(1 << 20) // 14 MiB beside 4
	if got := next[cm.RingsGone](r, 1); got.VC != handles[1] {
		t.Errorf("the last: %+v", got)
	}
	r.quiet()
}

// TestKeptRingsOfTheSameVC has one VC carry call after call: its own rings come back to it, and are given back when
// the next call needs others.
func TestKeptRingsOfTheSameVC(t *testing.T) {
	r := start(t)
	h := r.create(1)
	callOn := func(ring uint32) cm.Reply {
		got := r.ask(1, cm.MakeCall{VC: h, Called: peerAddr.String(), SendRing: ring, ReceiveRing: ring})
		call := asked[primitive.SetupReq](r, labLink).Call
		r.indicate(labLink, primitive.ConnectInd{Call: call})
		next[cm.MakeCallComplete](r, 1)
		r.overAndKept(h, call)
		return got
	}
	callOn(1 << 20)
	other, call := r.callOn(1 << 20)
	r.overAndKept(other.Handle, call) // the latest
	if other.Kept != h {
		t.Fatalf("another VC: %+v", other)
	}
	if got := callOn(1 << 20); got.Kept != other.Handle {
		t.Errorf("the rings of another: %+v", got)
	}
	if got := callOn(1 << 20); got.Kept != h {
		t.Errorf("its own: %+v", got)
	}
	got := r.ask(1, cm.MakeCall{VC: h, Called: peerAddr.String(), SendRing: 1 << 21})
	if gone := next[cm.RingsGone](r, 1); got.Kept != 0 || gone.VC != h {
		t.Errorf("of another size: %+v, %+v", got, gone)
	}
}

// TestKeptRingsAreDropped gives kept rings back when the plane is short, and with the client.
func TestKeptRingsAreDropped(t *testing.T) {
	r := start(t)
	first, call := r.callOn(1 << 20)
	r.overAndKept(first.Handle, call)
	r.do(r.m.DropKept())
	if got := next[cm.RingsGone](r, 1); got.VC != first.Handle {
		t.Errorf("%+v", got)
	}
	if len(r.m.DropKept()) != 0 || len(r.rings) != 0 {
		t.Errorf("%d rings are left", len(r.rings))
	}
	// Rings that cannot be had again are lost.
	second, call := r.callOn(1 << 20)
	r.overAndKept(second.Handle, call)
	r.openErr = errPlane
	if got := r.ask(1, cm.MakeCall{Called: peerAddr.String(), SendRing: 1 << 20, ReceiveRing: 1 << 20}); got.Status != cm.Resources {
		t.Errorf("MakeCall: %+v", got)
	}
	if got := next[cm.RingsGone](r, 1); got.VC != second.Handle {
		t.Errorf("%+v", got)
	}
	r.openErr = nil
	second, call = r.callOn(1 << 20)
	r.overAndKept(second.Handle, call)
	r.detach(1)
	if len(r.rings) != 0 {
		t.Errorf("%d rings are left of a client that is gone", len(r.rings))
	}
}

// TestCallOnNewVC deletes the VC of a MakeCall without one with every end of the call.
func TestCallOnNewVC(t *testing.T) {
	r := start(t)
	ask := func() cm.Reply { return r.ask(1, cm.MakeCall{Called: peerAddr.String()}) }
	left := func(what string) {
		t.Helper()
		if n := r.m.Counts(); n.VCs != 0 || n.Calls != 0 {
			t.Errorf("%s: left %+v", what, n)
		}
		r.quiet()
	}
	if got := r.ask(1, cm.MakeCall{Called: "nobody"}); got.Status == cm.Pending || got.Cause.Value == 0 {
		t.Errorf("an address that is none: %+v", got)
	}
	left("refused at once")
	r.openErr = errors.New("no memory")
	if got := ask(); got.Status != cm.Resources {
		t.Errorf("without rings: %+v", got)
	}
	r.openErr = nil
	left("without rings")

	h := ask().Handle
	r.indicate(labLink, primitive.ReleaseInd{Call: asked[primitive.SetupReq](r, labLink).Call, Remote: true})
	if got := next[cm.MakeCallComplete](r, 1); got.Status == cm.Success || got.VC != h {
		t.Errorf("refused by the peer: %+v", got)
	}
	left("refused by the peer")
	if got := r.ask(1, cm.RingDone{VC: h}); got.Status != cm.Success {
		t.Errorf("RingDone of a VC that is gone: %+v", got)
	}

	h = ask().Handle
	call := asked[primitive.SetupReq](r, labLink).Call
	if got := r.ask(1, cm.CloseCall{VC: h}); got.Status != cm.Pending {
		t.Errorf("CloseCall: %+v", got)
	}
	next[cm.MakeCallComplete](r, 1)
	asked[primitive.ReleaseReq](r, labLink)
	r.indicate(labLink, primitive.ReleaseConf{Call: call})
	next[cm.CloseCallComplete](r, 1)
	left("aborted")
	if got := r.ask(1, cm.DeleteVC{VC: h}); got.Status != cm.Failure {
		t.Errorf("DeleteVC of a VC that is gone: %+v", got)
	}

	got, call := r.callOn(0)
	r.indicate(labLink, primitive.ReleaseInd{Call: call, Remote: true})
	next[cm.IncomingCloseCall](r, 1)
	r.ask(1, cm.CloseCall{VC: got.Handle})
	next[cm.CloseCallComplete](r, 1)
	left("released by the peer")
}

// TestCallOnNewVCIsBounded counts VCs of this kind like others.
func TestCallOnNewVCIsBounded(t *testing.T) {
	r := newRigWith(t, cm.Config{Limits: cm.Limits{VCs: 1}})
	r.attach(1)
	r.create(1)
	if got := r.ask(1, cm.MakeCall{Called: peerAddr.String()}); got.Status != cm.Resources {
		t.Errorf("beyond the limit: %+v", got)
	}
}
