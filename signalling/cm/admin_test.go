package cm_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"callmanager/signalling/cm"
	"callmanager/signalling/primitive"
	"callmanager/signalling/q2931/ie"
	"callmanager/vc"
)

// adminModifying makes a call of client 1 that the administrator 9 modifies.
func (r *rig) adminModifying() (h vc.Handle, call primitive.CallID, request uint64) {
	r.t.Helper()
	r.administrator()
	h, call = r.made()
	got := r.ask(9, adminRate(h))
	if got.Status != cm.Pending {
		r.t.Fatalf("AdminModify: %+v", got)
	}
	return h, call, got.Request
}

// administrator attaches client 9, who may do what an administrator may.
func (r *rig) administrator() {
	r.connect(9, cm.Credentials{PID: 9, Admin: true})
	r.ask(9, cm.OpenAF{Major: cm.MajorVersion})
}

// adminRate asks for another rate of a VC.
func adminRate(h vc.Handle) cm.AdminModify {
	return cm.AdminModify{VC: h, Contract: vc.Contract{Forward: vc.Flow{PCR: 7000}}}
}

// TestAdminModify: an administrator is answered as the owner of the call would be, and the owner is told of
// what has come of it, with the parameters in force.
func TestAdminModify(t *testing.T) {
	r := start(t)
	h, call, n := r.adminModifying()
	asked7000 := agreed()
	asked7000.Contract.Forward.PCR = 7000
	if q := asked[primitive.ModifyReq](r, labLink); q.Call != call || q.Contract != asked7000.Contract {
		t.Errorf("the link is asked for %+v", q)
	}
	r.quiet() // the owner is told nothing yet
	if got := r.ask(1, cm.ModifyCallQoS{VC: h}); got.Status != cm.NotAccepted {
		t.Errorf("the owner meanwhile: %+v", got)
	}
	if got := r.ask(9, adminRate(h)); got.Status != cm.NotAccepted || got.Detail == "" {
		t.Errorf("once more meanwhile: %+v", got)
	}
	less := agreed()
	less.Contract.Forward.PCR = 6000
	r.indicate(labLink, primitive.ModifyConf{Call: call, Params: less, Changed: true})
	if d := cmp.Diff(cm.IncomingCallQoSChange{VC: h, Parameters: less}, next[cm.IncomingCallQoSChange](r, 1), addrs); d != "" {
		t.Error(d)
	}
	want := cm.ModifyCallQoSComplete{Request: n, VC: h, Parameters: less, Changed: true}
	if d := cmp.Diff(want, next[cm.ModifyCallQoSComplete](r, 9), addrs); d != "" {
		t.Error(d)
	}
	if row := r.row(); row.State != vc.Active || row.CallState != vc.Connected || row.Parameters.Contract != less.Contract || !row.Changed {
		t.Errorf("row %+v", row)
	}
	// The owner modifies it as before, and what it asks for is no change to it.
	if got := r.ask(1, cm.ModifyCallQoS{VC: h}); got.Status != cm.Pending {
		t.Errorf("the owner afterwards: %+v", got)
	}
	r.indicate(labLink, primitive.ModifyConf{Call: call, Params: agreed()})
	next[cm.ModifyCallQoSComplete](r, 1)
	if r.row().Changed {
		t.Error("the owner has what it asked for, and the list calls it changed")
	}
	r.quiet()
}

// TestAdminModifyRefused: the owner of a call whose modification is refused is told nothing, and has what it had.
func TestAdminModifyRefused(t *testing.T) {
	r := start(t)
	h, call, n := r.adminModifying()
	asked[primitive.ModifyReq](r, labLink)
	why := ie.Cause{Value: ie.CauseCellRateUnavailable}
	r.indicate(labLink, primitive.ModifyConf{Call: call, Params: agreed(), Cause: why, Detail: "refused by the peer"})
	want := cm.ModifyCallQoSComplete{
		Request: n, VC: h, Status: cm.CellRateNotAvailable, Detail: "refused by the peer", Cause: why, Parameters: agreed(),
	}
	if d := cmp.Diff(want, next[cm.ModifyCallQoSComplete](r, 9), addrs); d != "" {
		t.Error(d)
	}
	if row := r.row(); row.Changed || row.CallState != vc.Connected || row.Parameters.Contract != agreed().Contract {
		t.Errorf("row %+v", row)
	}
	r.quiet()
}

// TestAdminModifyNot: what cannot be modified, with its cause where the standard has one.
func TestAdminModifyNot(t *testing.T) {
	for name, row := range map[string]struct {
		handle func(r *rig) vc.Handle
		want   cm.Status
		cause  ie.CauseValue
	}{
		"no VC":   {func(*rig) vc.Handle { return 1 }, cm.Failure, 0},
		"no call": {func(r *rig) vc.Handle { return r.create(1) }, cm.Failure, 0},
		"a call that has not come about": {func(r *rig) vc.Handle {
			h, _ := r.call(1)
			return h
		}, cm.Failure, 0},
		"a call that the other side has made": {func(r *rig) vc.Handle {
			h, call := r.accepted()
			r.indicate(labLink, primitive.CompleteInd{Call: call})
			return h
		}, cm.NotSupported, ie.CauseFacilityRejected},
		"a call with parties": {func(r *rig) vc.Handle {
			h, _, _ := r.root()
			return h
		}, cm.NotSupported, ie.CauseFacilityRejected},
		"a call that has ended": {func(r *rig) vc.Handle {
			h, call := r.made()
			r.indicate(labLink, primitive.ReleaseInd{Call: call})
			return h
		}, cm.Failure, 0},
	} {
		r := start(t)
		r.administrator()
		got := r.ask(9, adminRate(row.handle(r)))
		if got.Status != row.want || got.Cause.Value != row.cause || got.Detail == "" {
			t.Errorf("%s: %+v, want %s and cause %d", name, got, row.want, row.cause)
		}
	}
}

// TestAdminModifyOwn: a call of one's own needs no right, and its owner is told as any other is.
func TestAdminModifyOwn(t *testing.T) {
	r := start(t)
	h, call := r.made()
	if got := r.ask(1, adminRate(h)); got.Status != cm.Pending {
		t.Fatalf("%+v", got)
	}
	r.indicate(labLink, primitive.ModifyConf{Call: call, Params: agreed()})
	next[cm.IncomingCallQoSChange](r, 1)
	next[cm.ModifyCallQoSComplete](r, 1)
	r.quiet()
}

// TestAdminModifyEnds: whatever ends a call while an administrator modifies it, the administrator is told once,
// and the owner of its end alone.
func TestAdminModifyEnds(t *testing.T) {
	for _, row := range []struct {
		name string
		end  func(r *rig, h vc.Handle, call primitive.CallID)
		want cm.Status
		then func(r *rig)
	}{
		{"its owner closes it", func(r *rig, h vc.Handle, _ primitive.CallID) {
			r.ask(1, cm.CloseCall{VC: h})
		}, cm.RequestAborted, func(r *rig) { next[cm.CloseCallComplete](r, 1) }},
		{"its owner goes", func(r *rig, _ vc.Handle, _ primitive.CallID) { r.detach(1) }, cm.RequestAborted, func(*rig) {}},
		{"the other side", func(r *rig, _ vc.Handle, call primitive.CallID) {
			r.indicate(labLink, primitive.ReleaseInd{Call: call, Remote: true, Cause: ie.Cause{Value: ie.CauseNormalClearing}})
		}, cm.Failure, func(r *rig) { next[cm.IncomingCloseCall](r, 1) }},
		{"the administrator", func(r *rig, h vc.Handle, _ primitive.CallID) {
			r.ask(9, cm.AdminClose{VC: h})
		}, cm.RequestAborted, func(r *rig) { next[cm.IncomingCloseCall](r, 1) }},
	} {
		t.Run(row.name, func(t *testing.T) {
			r := start(t)
			h, call, n := r.adminModifying()
			asked[primitive.ModifyReq](r, labLink)
			row.end(r, h, call)
			if got := next[cm.ModifyCallQoSComplete](r, 9); got.Request != n || got.Status != row.want || got.Detail == "" {
				t.Errorf("completed by %+v, want %s", got, row.want)
			}
			r.indicate(labLink, primitive.ModifyConf{Call: call, Params: agreed()})
			r.indicate(labLink, primitive.ReleaseConf{Call: call})
			row.then(r)
			r.quiet()
		})
	}
}

// TestAdminModifyLeaves: an administrator that goes leaves the modification to itself; one that closes its
// address family is told of the outcome first (INV-12).
func TestAdminModifyLeaves(t *testing.T) {
	r := start(t)
	h, call, _ := r.adminModifying()
	r.detach(9)
	r.indicate(labLink, primitive.ModifyConf{Call: call, Params: agreed()})
	if got := next[cm.IncomingCallQoSChange](r, 1); got.VC != h {
		t.Errorf("%+v", got)
	}
	r.administrator()
	if got := r.ask(9, adminRate(h)); got.Status != cm.Pending {
		t.Fatalf("%+v", got)
	}
	if got := r.ask(9, cm.CloseAF{}); got.Status != cm.Pending {
		t.Fatalf("%+v", got)
	}
	r.quiet()
	r.indicate(labLink, primitive.ModifyConf{Call: call, Params: agreed()})
	next[cm.ModifyCallQoSComplete](r, 9)
	next[cm.CloseAFComplete](r, 9)
	next[cm.IncomingCallQoSChange](r, 1)
	r.quiet()
}
