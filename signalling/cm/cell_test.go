package cm_test

import (
	"slices"
	"testing"

	"callmanager/signalling/cm"
	"callmanager/signalling/primitive"
	"callmanager/vc"
)

// places bring a rig, with the client 1 and its SAP, to a call in each state by the shortest way.
var places = []struct {
	in    bool
	state vc.CallState
	reach func(r *rig) (vc.Handle, primitive.CallID)
}{
	{false, vc.Idle, func(r *rig) (vc.Handle, primitive.CallID) { return r.create(1), 99 }},
	{false, vc.Proceeding, func(r *rig) (vc.Handle, primitive.CallID) { return r.call(1) }},
	{false, vc.Connected, func(r *rig) (vc.Handle, primitive.CallID) { return r.connected(1) }},
	{false, vc.RemoteClosed, func(r *rig) (vc.Handle, primitive.CallID) {
		h, call := r.connected(1)
		r.do(r.m.Violation(h, errPlane))
		return h, call
	}},
	{false, vc.Closing, func(r *rig) (vc.Handle, primitive.CallID) {
		h, call := r.connected(1)
		r.send(1, cm.CloseCall{VC: h})
		return h, call
	}},
	{false, vc.QoSPending, func(r *rig) (vc.Handle, primitive.CallID) {
		h, call, _ := r.modifying()
		return h, call
	}},
	{true, vc.Offered, func(r *rig) (vc.Handle, primitive.CallID) { return r.offer(1) }},
	{true, vc.Accepted, func(r *rig) (vc.Handle, primitive.CallID) { return r.accepted() }},
	{true, vc.Connected, func(r *rig) (vc.Handle, primitive.CallID) {
		h, call := r.accepted()
		r.indicate(labLink, primitive.CompleteInd{Call: call})
		return h, call
	}},
	{true, vc.RemoteClosed, func(r *rig) (vc.Handle, primitive.CallID) {
		h, call := r.accepted()
		r.do(r.m.Violation(h, errPlane))
		return h, call
	}},
	{true, vc.Closing, func(r *rig) (vc.Handle, primitive.CallID) {
		h, call := r.accepted()
		r.send(1, cm.CloseCall{VC: h})
		return h, call
	}},
}

// accepted is an offer that the client has accepted.
func (r *rig) accepted() (vc.Handle, primitive.CallID) {
	h, call := r.offer(1)
	r.send(1, cm.IncomingCallComplete{VC: h, Status: cm.Success})
	return h, call
}

// inputs are the events of a call that come from outside, by their names in the tables.
var inputs = []struct {
	event string
	give  func(r *rig, h vc.Handle, call primitive.CallID) cm.Status
}{
	{"MakeCall", asks(func(h vc.Handle) cm.Request { return cm.MakeCall{VC: h, Called: peerAddr.String()} })},
	{"IncomingCallComplete(SUCCESS)", asks(func(h vc.Handle) cm.Request {
		return cm.IncomingCallComplete{VC: h, Status: cm.Success}
	})},
	{"IncomingCallComplete(other)", asks(func(h vc.Handle) cm.Request {
		return cm.IncomingCallComplete{VC: h, Status: cm.Failure}
	})},
	{"CloseCall", asks(func(h vc.Handle) cm.Request { return cm.CloseCall{VC: h} })},
	{"DeleteVC", asks(func(h vc.Handle) cm.Request { return cm.DeleteVC{VC: h} })},
	{"Alert", asks(func(h vc.Handle) cm.Request { return cm.Alert{VC: h} })},
	{"Notify", asks(func(h vc.Handle) cm.Request { return cm.Notify{VC: h, Info: []byte{1}} })},
	{"AddParty", asks(func(h vc.Handle) cm.Request { return cm.AddParty{VC: h, Called: peerAddr.String()} })},
	{"ModifyCallQoS", asks(func(h vc.Handle) cm.Request {
		return cm.ModifyCallQoS{VC: h, Contract: vc.Contract{Forward: vc.Flow{PCR: 77}}}
	})},
	{"modify.conf", tells(func(call primitive.CallID) primitive.Indication { return primitive.ModifyConf{Call: call} })},
	{"modify.ind", tells(func(call primitive.CallID) primitive.Indication { return primitive.ModifyInd{Call: call} })},
	{"progress.ind", tells(func(call primitive.CallID) primitive.Indication { return primitive.ProgressInd{Call: call} })},
	{"notify.ind", tells(func(call primitive.CallID) primitive.Indication {
		return primitive.NotifyInd{Call: call, Info: []byte{1}}
	})},
	{"proceeding.ind", tells(func(call primitive.CallID) primitive.Indication { return primitive.ProceedingInd{Call: call} })},
	{"setup.conf", tells(func(call primitive.CallID) primitive.Indication {
		return primitive.ConnectInd{Call: call, Params: incomingParams(0)}
	})},
	{"setup-complete.ind", tells(func(call primitive.CallID) primitive.Indication { return primitive.CompleteInd{Call: call} })},
	{"release.ind", tells(func(call primitive.CallID) primitive.Indication {
		return primitive.ReleaseInd{Call: call, Remote: true}
	})},
	{"release.conf", tells(func(call primitive.CallID) primitive.Indication { return primitive.ReleaseConf{Call: call} })},
	{"daemon ends the call", func(r *rig, h vc.Handle, _ primitive.CallID) cm.Status {
		r.do(r.m.Violation(h, errPlane))
		return cm.Success
	}},
	{"client gone", func(r *rig, _ vc.Handle, _ primitive.CallID) cm.Status {
		r.detach(1)
		return cm.Success
	}},
}

func asks(q func(h vc.Handle) cm.Request) func(*rig, vc.Handle, primitive.CallID) cm.Status {
	return func(r *rig, h vc.Handle, _ primitive.CallID) cm.Status { return r.ask(1, q(h)).Status }
}

func tells(ind func(primitive.CallID) primitive.Indication) func(*rig, vc.Handle, primitive.CallID) cm.Status {
	return func(r *rig, _ vc.Handle, call primitive.CallID) cm.Status {
		r.indicate(labLink, ind(call))
		return cm.Success
	}
}

// TestEveryCall gives every event from outside to a call in every state in which it may come: the
// state that follows, or the refusal, is that of the table.
func TestEveryCall(t *testing.T) {
	for _, p := range places {
		for _, in := range inputs {
			next, refusal, possible := cm.CallCell(p.in, p.state, in.event)
			if !possible {
				continue
			}
			r := start(t)
			h, call := p.reach(r)
			if got := stateOf(r, h); got != p.state {
				t.Fatalf("%v: reached %v", p.state, got)
			}
			status := in.give(r, h, call)
			switch got := stateOf(r, h); {
			case len(next) == 0 && (status != refusal || got != p.state):
				t.Errorf("%v, %s: %v and %v, want %v and no change", p.state, in.event, status, got, refusal)
			case len(next) > 0 && !slices.Contains(next, got):
				t.Errorf("%v, %s: %v, want one of %v", p.state, in.event, got, next)
			}
			if n := r.m.Faults(); n != 0 {
				t.Errorf("%v, %s: %d faults", p.state, in.event, n)
			}
		}
	}
}

// stateOf returns the state of a VC's call; a VC that is gone has none.
func stateOf(r *rig, h vc.Handle) vc.CallState {
	rows, _ := r.m.VCs(0, 1000)
	for _, row := range rows {
		if row.Handle == h {
			return row.CallState
		}
	}
	return vc.Idle
}

// TestClosingAF: an address family that waits for its last call begins nothing and is not opened anew.
func TestClosingAF(t *testing.T) {
	r := start(t)
	h, call := r.connected(1)
	if got := r.ask(1, cm.CloseAF{}); got.Status != cm.Pending {
		t.Fatalf("CloseAF: %+v", got)
	}
	for _, q := range []cm.Request{cm.OpenAF{Major: cm.MajorVersion}, cm.CloseAF{}, cm.CreateVC{}, cm.RegisterSAP{Selector: 9}} {
		if got := r.ask(1, q); got.Status != cm.Failure || got.Detail == "" {
			t.Errorf("%T: %+v", q, got)
		}
	}
	if got := r.ask(1, cm.CloseCall{VC: h}); got.Status != cm.Pending {
		t.Errorf("CloseCall: %+v", got)
	}
	r.indicate(labLink, primitive.ReleaseConf{Call: call})
	next[cm.CloseCallComplete](r, 1)
	next[cm.CloseAFComplete](r, 1)
}
