package cm_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"callmanager/signalling/cm"
	"callmanager/signalling/primitive"
	"callmanager/signalling/q2931/ie"
	"callmanager/vc"
)

// agreed are the parameters of a connected call of the tests.
func agreed() primitive.Params {
	p := primitive.Params{Called: peerAddr, Calling: ownAddr}
	p.Contract = vc.Contract{
		Category: vc.CBR,
		Forward:  vc.Flow{PCR: 1000, MaxSDU: 500, MinPoliced: 40}, Backward: vc.Flow{PCR: 2000, MaxSDU: 600},
	}
	return p
}

// made makes a call of client 1 that is connected by agreed.
func (r *rig) made() (vc.Handle, primitive.CallID) {
	r.t.Helper()
	h, call := r.call(1)
	r.indicate(labLink, primitive.ConnectInd{Call: call, ID: vc.ID{Link: labLink, VCI: 32}, Params: agreed()})
	next[cm.MakeCallComplete](r, 1)
	return h, call
}

// modifying makes such a call that is being modified.
func (r *rig) modifying() (h vc.Handle, call primitive.CallID, request uint64) {
	r.t.Helper()
	h, call = r.made()
	got := r.ask(1, cm.ModifyCallQoS{VC: h, Contract: vc.Contract{Forward: vc.Flow{PCR: 7000}}})
	if got.Status != cm.Pending {
		r.t.Fatalf("ModifyCallQoS: %+v", got)
	}
	return h, call, got.Request
}

// row returns the list row of the only VC.
func (r *rig) row() cm.VCRow {
	r.t.Helper()
	rows, _ := r.m.VCs(0, 2)
	if len(rows) != 1 {
		r.t.Fatalf("rows %+v", rows)
	}
	return rows[0]
}

// INV-29, INV-43: ModifyCallQoS is completed when the link has re-activated the
// branch, with the parameters in force. What the client leaves open stays.
func TestINV43Modify(t *testing.T) {
	r := start(t)
	h, call, n := r.modifying()
	next1 := agreed()
	next1.Contract.Forward.PCR = 7000
	if q := asked[primitive.ModifyReq](r, labLink); q.Call != call || q.Contract != next1.Contract {
		t.Errorf("the link is asked for %+v", q)
	}
	r.quiet()
	if row := r.row(); row.State != vc.Reactivating || row.CallState != vc.QoSPending || row.Parameters.Contract != agreed().Contract {
		t.Errorf("row %+v", row)
	}
	r.indicate(labLink, primitive.ModifyConf{Call: call, Params: next1})
	want := cm.ModifyCallQoSComplete{Request: n, VC: h, Parameters: next1}
	if d := cmp.Diff(want, next[cm.ModifyCallQoSComplete](r, 1), addrs); d != "" {
		t.Error(d)
	}
	if row := r.row(); row.State != vc.Active || row.CallState != vc.Connected || row.Parameters.Contract != next1.Contract {
		t.Errorf("row %+v", row)
	}
	if got := r.ask(1, cm.ModifyCallQoS{VC: h}); got.Status != cm.Pending {
		t.Errorf("once more: %+v", got)
	}
}

// INV-44: what is refused leaves the old parameters, and a status that tells
// why.
func TestINV44ModifyRefused(t *testing.T) {
	for _, row := range []struct {
		cause ie.CauseValue
		want  cm.Status
	}{
		{ie.CauseCellRateUnavailable, cm.CellRateNotAvailable},
		{ie.CauseMessageTypeNotImplemented, cm.NotSupported},
		{ie.CauseMessageNotCompatible98, cm.NotSupported},
		{ie.CauseMessageNotCompatible, cm.Failure},
		{ie.CauseFacilityRejected, cm.NotAccepted},
		{ie.CauseResourceUnavailable, cm.Resources},
		{ie.CauseNormalClearing, cm.Failure},
	} {
		r := start(t)
		h, call, n := r.modifying()
		asked[primitive.ModifyReq](r, labLink)
		r.indicate(labLink, primitive.ModifyConf{Call: call, Params: agreed(), Cause: ie.Cause{Value: row.cause}})
		want := cm.ModifyCallQoSComplete{
			Request: n, VC: h, Status: row.want, Detail: row.cause.String(), Cause: ie.Cause{Value: row.cause}, Parameters: agreed(),
		}
		if d := cmp.Diff(want, next[cm.ModifyCallQoSComplete](r, 1), addrs); d != "" {
			t.Error(d)
		}
		if row := r.row(); row.State != vc.Active || row.CallState != vc.Connected || row.Parameters.Contract != agreed().Contract {
			t.Errorf("row %+v", row)
		}
	}
}

// INV-53: a modification by the other side is told when it is in force, and
// answered by nothing.
func TestINV53RemoteChange(t *testing.T) {
	r := start(t)
	h, call := r.offer(1)
	r.ask(1, cm.IncomingCallComplete{VC: h})
	asked[primitive.AcceptReq](r, labLink)
	r.indicate(labLink, primitive.CompleteInd{Call: call})
	next[cm.CallConnected](r, 1)
	p := incomingParams(7)
	p.Contract.Forward.PCR = 5
	r.indicate(labLink, primitive.ModifyInd{Call: call, Params: p})
	if d := cmp.Diff(cm.IncomingCallQoSChange{VC: h, Parameters: p, Incoming: true}, next[cm.IncomingCallQoSChange](r, 1), addrs); d != "" {
		t.Error(d)
	}
	if row := r.row(); row.State != vc.Active || row.CallState != vc.Connected || row.Parameters.Contract != p.Contract {
		t.Errorf("row %+v", row)
	}
	if n := len(r.toLink[labLink]); n != 0 {
		t.Errorf("%d requests to the link", n)
	}
	// A client that does not agree closes.
	r.ask(1, cm.CloseCall{VC: h})
	asked[primitive.ReleaseReq](r, labLink)
	// Another change crosses it.
	r.indicate(labLink, primitive.ModifyInd{Call: call, Params: p})
	r.indicate(labLink, primitive.ReleaseConf{Call: call})
	next[cm.CloseCallComplete](r, 1)
}

// TestModifyEnds: a call that ends while it is modified completes
// ModifyCallQoS first, and once.
func TestModifyEnds(t *testing.T) {
	lost := ie.Cause{Value: ie.CauseDestinationOutOfOrder}
	for _, row := range []struct {
		name string
		end  func(r *rig, h vc.Handle, call primitive.CallID)
		want cm.Status
		then func(r *rig)
	}{
		{"CloseCall", func(r *rig, h vc.Handle, _ primitive.CallID) {
			r.ask(1, cm.CloseCall{VC: h})
		}, cm.RequestAborted, func(r *rig) { next[cm.CloseCallComplete](r, 1) }},
		{"the other side", func(r *rig, _ vc.Handle, call primitive.CallID) {
			r.indicate(labLink, primitive.ReleaseInd{Call: call, Remote: true, Cause: ie.Cause{Value: ie.CauseNormalClearing}})
		}, cm.Failure, func(r *rig) { next[cm.IncomingCloseCall](r, 1) }},
		{"the link", func(r *rig, _ vc.Handle, call primitive.CallID) {
			r.indicate(labLink, primitive.ReleaseInd{Call: call, Cause: lost})
		}, cm.DestOutOfOrder, func(r *rig) { next[cm.IncomingCloseCall](r, 1) }},
		{"an administrator", func(r *rig, h vc.Handle, _ primitive.CallID) {
			r.connect(2, cm.Credentials{Admin: true})
			r.ask(2, cm.OpenAF{Major: cm.MajorVersion})
			r.ask(2, cm.AdminClose{VC: h})
		}, cm.RequestAborted, func(r *rig) { next[cm.IncomingCloseCall](r, 1) }},
		{"the daemon", func(r *rig, _ vc.Handle, _ primitive.CallID) {
			r.do(r.m.Shutdown(lost, 0))
		}, cm.Closing, func(r *rig) { next[cm.IncomingCloseCall](r, 1) }},
	} {
		t.Run(row.name, func(t *testing.T) {
			r := start(t)
			h, call, n := r.modifying()
			asked[primitive.ModifyReq](r, labLink)
			row.end(r, h, call)
			if got := next[cm.ModifyCallQoSComplete](r, 1); got.Request != n || got.Status != row.want || got.Detail == "" {
				t.Errorf("completed by %+v, want %s", got, row.want)
			}
			// The link's answer crosses it.
			r.indicate(labLink, primitive.ModifyConf{Call: call, Params: agreed()})
			r.indicate(labLink, primitive.ReleaseConf{Call: call})
			row.then(r)
			r.quiet()
		})
	}
}

// TestModifyGone: the client dies while its call is modified.
func TestModifyGone(t *testing.T) {
	r := start(t)
	_, call, _ := r.modifying()
	asked[primitive.ModifyReq](r, labLink)
	r.detach(1)
	asked[primitive.ReleaseReq](r, labLink)
	r.indicate(labLink, primitive.ModifyConf{Call: call, Params: agreed()})
	r.indicate(labLink, primitive.ReleaseConf{Call: call})
	r.leaks()
}
