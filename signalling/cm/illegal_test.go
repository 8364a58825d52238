package cm_test

import (
	"testing"
	"time"

	"callmanager/signalling/cm"
	"callmanager/signalling/primitive"
	"callmanager/signalling/q2931/ie"
	"callmanager/vc"
)

// TestIllegal walks the rows of the model's section 3.5 that concern the
// operations served, and the refusals that the protocol adds.
func TestIllegal(t *testing.T) {
	minusOne := -time.Second
	rows := []struct {
		name string
		// prepare returns the request of client 1 that is answered with want.
		prepare func(r *rig) cm.Request
		want    cm.Status
	}{
		{"3.5/CreateVC on a dead AF", func(r *rig) cm.Request {
			r.closeAF()
			return cm.CreateVC{}
		}, cm.Failure},
		{"3.5/CreateVC on a closing AF", func(r *rig) cm.Request {
			r.connected(1)
			r.ask(1, cm.CloseAF{})
			return cm.CreateVC{}
		}, cm.Failure},
		{"3.5/MakeCall on a closing AF", func(r *rig) cm.Request {
			h := r.create(1)
			r.connected(1)
			r.ask(1, cm.CloseAF{})
			return cm.MakeCall{VC: h, Called: peerAddr.String()}
		}, cm.Failure},
		{"3.5/DeleteVC while active", func(r *rig) cm.Request {
			h, _ := r.connected(1)
			return cm.DeleteVC{VC: h}
		}, cm.NotAccepted},
		{"3.5/DeleteVC while proceeding", func(r *rig) cm.Request {
			h, _ := r.call(1)
			return cm.DeleteVC{VC: h}
		}, cm.NotAccepted},
		{"3.5/DeleteVC while remote closed", func(r *rig) cm.Request {
			h, call := r.connected(1)
			r.indicate(labLink, primitive.ReleaseInd{Call: call})
			return cm.DeleteVC{VC: h}
		}, cm.NotAccepted},
		{"3.5/DeleteVC while deactivation pends", func(r *rig) cm.Request {
			h, _ := r.connected(1)
			r.ask(1, cm.CloseCall{VC: h})
			return cm.DeleteVC{VC: h}
		}, cm.Closing},
		{"3.5/DeleteVC by non-creator", func(r *rig) cm.Request {
			h, _ := r.offer(1)
			return cm.DeleteVC{VC: h}
		}, cm.NotAccepted},
		{"3.5/OpenAF twice", func(*rig) cm.Request { return cm.OpenAF{Major: cm.MajorVersion} }, cm.Failure},
		{"3.5/CloseAF twice", func(r *rig) cm.Request {
			r.connected(1)
			r.ask(1, cm.CloseAF{})
			return cm.CloseAF{}
		}, cm.Failure},
		{"3.5/CloseAF without an AF", func(r *rig) cm.Request {
			r.closeAF()
			return cm.CloseAF{}
		}, cm.Failure},
		{"3.5/RegisterSAP malformed B-HLI", func(*rig) cm.Request {
			return cm.RegisterSAP{BHLI: make([]byte, 10)}
		}, cm.InvalidSAP},
		{"3.5/RegisterSAP malformed B-LLI", func(*rig) cm.Request {
			return cm.RegisterSAP{BLLI: make([]byte, 14)}
		}, cm.InvalidSAP},
		{"3.5/RegisterSAP foreign address", func(*rig) cm.Request {
			return cm.RegisterSAP{Address: peerAddr, AnySelector: true}
		}, cm.InvalidSAP},
		{"3.5/RegisterSAP in use by oneself", func(*rig) cm.Request { return cm.RegisterSAP{Selector: 7} }, cm.SAPInUse},
		{"3.5/RegisterSAP in use by another", func(r *rig) cm.Request {
			r.attach(2)
			r.register(2, 9)
			return cm.RegisterSAP{Selector: 9}
		}, cm.SAPInUse},
		{"3.5/RegisterSAP malformed: a B-HLI that is to be absent", func(*rig) cm.Request {
			return cm.RegisterSAP{BHLI: []byte{1}, BHLIAbsent: true}
		}, cm.InvalidSAP},
		{"3.5/RegisterSAP malformed: a B-LLI that is to be absent", func(*rig) cm.Request {
			return cm.RegisterSAP{MoreBLLI: [][]byte{{1}}, BLLIAbsent: true}
		}, cm.InvalidSAP},
		{"3.5/RegisterSAP malformed: four B-LLI", func(*rig) cm.Request {
			return cm.RegisterSAP{BLLI: []byte{1}, MoreBLLI: [][]byte{{2}, {3}, {4}}}
		}, cm.InvalidSAP},
		{"3.5/RegisterSAP in use for one of its B-LLI", func(r *rig) cm.Request {
			r.attach(2)
			if got := r.ask(2, cm.RegisterSAP{Selector: 9, BLLI: []byte{1}, MoreBLLI: [][]byte{{2}}}); got.Status != cm.Success {
				r.t.Fatalf("RegisterSAP: %+v", got)
			}
			return cm.RegisterSAP{Selector: 9, BLLI: []byte{3}, MoreBLLI: [][]byte{{2}}}
		}, cm.SAPInUse},
		{"3.5/RegisterSAP in use for calls without a B-HLI", func(r *rig) cm.Request {
			r.ask(1, cm.RegisterSAP{Selector: 9, BHLIAbsent: true})
			return cm.RegisterSAP{Selector: 9, BHLIAbsent: true}
		}, cm.SAPInUse},
		{"3.5/RegisterSAP on a closing AF", func(r *rig) cm.Request {
			r.connected(1)
			r.ask(1, cm.CloseAF{})
			return cm.RegisterSAP{Selector: 8}
		}, cm.Failure},
		{"3.5/DeregisterSAP twice", func(r *rig) cm.Request {
			h := r.register(1, 8)
			r.ask(1, cm.DeregisterSAP{SAP: h})
			return cm.DeregisterSAP{SAP: h}
		}, cm.Failure},
		{"3.5/DeregisterSAP after CloseAF", func(r *rig) cm.Request {
			h := r.register(1, 8)
			r.connected(1)
			r.ask(1, cm.CloseAF{})
			return cm.DeregisterSAP{SAP: h}
		}, cm.Failure},
		{"3.5/DeregisterSAP of another", func(r *rig) cm.Request {
			r.attach(2)
			return cm.DeregisterSAP{SAP: r.register(2, 9)}
		}, cm.NotPermitted},
		{"3.5/DeregisterSAP of a VC", func(r *rig) cm.Request { return cm.DeregisterSAP{SAP: r.create(1)} }, cm.Failure},
		{"3.5/MakeCall on a VC with a call", func(r *rig) cm.Request {
			h, _ := r.connected(1)
			return cm.MakeCall{VC: h, Called: peerAddr.String()}
		}, cm.CallActive},
		{"3.5/MakeCall while proceeding", func(r *rig) cm.Request {
			h, _ := r.call(1)
			return cm.MakeCall{VC: h, Called: peerAddr.String()}
		}, cm.CallActive},
		{"3.5/MakeCall on a CM-made VC", func(r *rig) cm.Request {
			h, _ := r.offer(1)
			return cm.MakeCall{VC: h, Called: peerAddr.String()}
		}, cm.NotAccepted},
		{"3.5/PENDING as an answer", func(r *rig) cm.Request {
			h, _ := r.offer(1)
			return cm.IncomingCallComplete{VC: h, Status: cm.Pending}
		}, cm.InvalidData},
		{"unknown status as an answer", func(r *rig) cm.Request {
			h, _ := r.offer(1)
			return cm.IncomingCallComplete{VC: h, Status: 200}
		}, cm.InvalidData},
		{"NotifyCloseAFComplete without NotifyCloseAF", func(*rig) cm.Request { return cm.NotifyCloseAFComplete{} }, cm.Failure},
		{"AddAddress without the right", func(*rig) cm.Request { return cm.AddAddress{Address: "+1"} }, cm.NotPermitted},
		{"DeleteAddress without the right", func(*rig) cm.Request { return cm.DeleteAddress{Address: "+1"} }, cm.NotPermitted},
		{"answer without an offer", func(r *rig) cm.Request {
			return cm.IncomingCallComplete{VC: r.create(1)}
		}, cm.Failure},
		{"answer given twice", func(r *rig) cm.Request {
			h, _ := r.offer(1)
			r.ask(1, cm.IncomingCallComplete{VC: h})
			return cm.IncomingCallComplete{VC: h}
		}, cm.Failure},
		{"answer to an outgoing call", func(r *rig) cm.Request {
			h, _ := r.connected(1)
			return cm.IncomingCallComplete{VC: h}
		}, cm.Failure},
		{"ModifyCallQoS without a call", func(r *rig) cm.Request { return cm.ModifyCallQoS{VC: r.create(1)} }, cm.Failure},
		{"ModifyCallQoS while proceeding", func(r *rig) cm.Request {
			h, _ := r.call(1)
			return cm.ModifyCallQoS{VC: h}
		}, cm.Failure},
		{"ModifyCallQoS of an offer", func(r *rig) cm.Request {
			h, _ := r.offer(1)
			return cm.ModifyCallQoS{VC: h}
		}, cm.Failure},
		{"ModifyCallQoS by the called side", func(r *rig) cm.Request {
			h, call := r.offer(1)
			r.ask(1, cm.IncomingCallComplete{VC: h})
			r.indicate(labLink, primitive.CompleteInd{Call: call})
			next[cm.CallConnected](r, 1)
			return cm.ModifyCallQoS{VC: h}
		}, cm.NotSupported},
		{"ModifyCallQoS by the called side before it is connected", func(r *rig) cm.Request {
			h, _ := r.offer(1)
			r.ask(1, cm.IncomingCallComplete{VC: h})
			return cm.ModifyCallQoS{VC: h}
		}, cm.NotSupported},
		{"ModifyCallQoS of a point-to-multipoint call", func(r *rig) cm.Request {
			h, _, _ := r.root()
			return cm.ModifyCallQoS{VC: h}
		}, cm.NotSupported},
		{"ModifyCallQoS twice", func(r *rig) cm.Request {
			h, _, _ := r.modifying()
			return cm.ModifyCallQoS{VC: h}
		}, cm.NotAccepted},
		{"ModifyCallQoS to what is no contract", func(r *rig) cm.Request {
			h, _ := r.made()
			return cm.ModifyCallQoS{VC: h, Contract: vc.Contract{Forward: vc.Flow{SCR: 5}}}
		}, cm.InvalidData},
		{"ModifyCallQoS of a call that has ended", func(r *rig) cm.Request {
			h, call := r.made()
			r.indicate(labLink, primitive.ReleaseInd{Call: call})
			next[cm.IncomingCloseCall](r, 1)
			return cm.ModifyCallQoS{VC: h}
		}, cm.Failure},
		{"ModifyCallQoS of a call that is closed", func(r *rig) cm.Request {
			h, _ := r.made()
			r.ask(1, cm.CloseCall{VC: h})
			return cm.ModifyCallQoS{VC: h}
		}, cm.Closing},
		{"a stranger's VC/ModifyCallQoS", func(r *rig) cm.Request { return cm.ModifyCallQoS{VC: r.strange()} }, cm.NotPermitted},
		{"CloseCall without a call", func(r *rig) cm.Request { return cm.CloseCall{VC: r.create(1)} }, cm.Failure},
		{"CloseCall twice", func(r *rig) cm.Request {
			h, _ := r.connected(1)
			r.ask(1, cm.CloseCall{VC: h})
			return cm.CloseCall{VC: h}
		}, cm.Closing},
		{"CloseCall with a cause that cannot be", func(r *rig) cm.Request {
			h, _ := r.connected(1)
			return cm.CloseCall{VC: h, Cause: ie.Cause{Value: 200}}
		}, cm.InvalidData},
		{"CloseCall with too long a diagnostic", func(r *rig) cm.Request {
			h, _ := r.connected(1)
			return cm.CloseCall{VC: h, Cause: ie.Cause{Value: 16, Diagnostic: make([]byte, 29)}}
		}, cm.InvalidData},
		{"CloseCall with a negative linger", func(r *rig) cm.Request {
			h, _ := r.connected(1)
			return cm.CloseCall{VC: h, Linger: &minusOne}
		}, cm.InvalidData},
		{"a stranger's VC/DeleteVC", func(r *rig) cm.Request { return cm.DeleteVC{VC: r.strange()} }, cm.NotPermitted},
		{"a stranger's VC/MakeCall", func(r *rig) cm.Request { return cm.MakeCall{VC: r.strange()} }, cm.NotPermitted},
		{"a stranger's VC/CloseCall", func(r *rig) cm.Request { return cm.CloseCall{VC: r.strange()} }, cm.NotPermitted},
		{"a stranger's VC/answer", func(r *rig) cm.Request {
			return cm.IncomingCallComplete{VC: r.strange()}
		}, cm.NotPermitted},
		{"a stranger's VC/RingDone", func(r *rig) cm.Request { return cm.RingDone{VC: r.strange()} }, cm.NotPermitted},
		{"a stranger's VC/AdminClose", func(r *rig) cm.Request { return cm.AdminClose{VC: r.strange()} }, cm.NotPermitted},
		{"AdminClose of what is not, without the right", func(*rig) cm.Request { return cm.AdminClose{VC: 77} }, cm.NotPermitted},
		{"a stranger's VC/AdminModify", func(r *rig) cm.Request { return adminRate(r.strange()) }, cm.NotPermitted},
		{"AdminModify of what is not, without the right", func(*rig) cm.Request { return adminRate(77) }, cm.NotPermitted},
		{"AdminModify to what is no contract", func(r *rig) cm.Request {
			h, _ := r.made()
			return cm.AdminModify{VC: h, Contract: vc.Contract{Forward: vc.Flow{SCR: 5}}}
		}, cm.InvalidData},
		{"no VC", func(*rig) cm.Request { return cm.DeleteVC{VC: 1<<32 | 4711} }, cm.Failure},
		{"zero handle", func(*rig) cm.Request { return cm.DeleteVC{} }, cm.Failure},
		{"a VC deleted before", func(r *rig) cm.Request {
			h := r.create(1)
			r.ask(1, cm.DeleteVC{VC: h})
			return cm.DeleteVC{VC: h}
		}, cm.Failure},
		{"a SAP in place of a VC", func(r *rig) cm.Request { return cm.DeleteVC{VC: r.register(1, 8)} }, cm.Failure},
		{"RingDone without rings", func(r *rig) cm.Request { return cm.RingDone{VC: r.create(1)} }, cm.Failure},
		{"RingDone twice", func(r *rig) cm.Request {
			h, _ := r.connected(1)
			r.ask(1, cm.RingDone{VC: h})
			return cm.RingDone{VC: h}
		}, cm.Failure},
		{"MakeCall before RingDone", func(r *rig) cm.Request {
			h, call := r.call(1)
			r.indicate(labLink, primitive.ReleaseConf{Call: call, Cause: ie.Cause{Value: ie.CauseUserBusy}})
			next[cm.MakeCallComplete](r, 1)
			return cm.MakeCall{VC: h, Called: peerAddr.String()}
		}, cm.Closing},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			r := start(t)
			q := row.prepare(r)
			before := r.m.Counts()
			got := r.ask(1, q)
			if got.Status != row.want || got.Detail == "" || got.Handle != 0 {
				t.Errorf("answer %+v, want %s with a detail", got, row.want)
			}
			if after := r.m.Counts(); after != before {
				t.Errorf("a refused request changed %+v to %+v", before, after)
			}
		})
	}
}

// TestUnnumbered proves that a request numbered 0 is refused and nothing else.
func TestUnnumbered(t *testing.T) {
	r := start(t)
	r.do(r.m.Request(1, cm.CreateVC{}))
	if got := next[cm.Reply](r, 1); got.Status != cm.InvalidData {
		t.Errorf("answer %+v", got)
	}
	if n := r.m.Counts().VCs; n != 0 {
		t.Errorf("%d VCs", n)
	}
}

// TestVersionMismatch proves that another major version gets no address family
// and that nothing goes without one.
func TestVersionMismatch(t *testing.T) {
	r := newRig(t)
	r.connect(1, cm.Credentials{})
	for _, q := range []cm.Request{
		cm.CreateVC{},
		cm.RegisterSAP{},
		cm.DeregisterSAP{},
		cm.MakeCall{},
		cm.ModifyCallQoS{},
		cm.CloseCall{},
		cm.DeleteVC{},
		cm.IncomingCallComplete{},
		cm.RingDone{},
		cm.AdminClose{},
		cm.AdminModify{},
		cm.NotifyCloseAFComplete{},
		cm.AddAddress{},
		cm.DeleteAddress{},
		cm.CloseAF{},
	} {
		if got := r.ask(1, q); got.Status != cm.Failure {
			t.Errorf("%T before OpenAF: %+v", q, got)
		}
	}
	if got := r.ask(1, cm.OpenAF{Major: cm.MajorVersion + 1}); got.Status != cm.VersionMismatch || got.OpenAF != nil {
		t.Errorf("OpenAF: %+v", got)
	}
	got := r.ask(1, cm.OpenAF{Major: cm.MajorVersion, Minor: 99})
	if got.Status != cm.Success || got.OpenAF == nil || len(got.OpenAF.Addresses) != 2 || got.OpenAF.Version != "test" {
		t.Errorf("OpenAF: %+v", got)
	}
	r.empty()
}

// closeAF closes the address family of client 1, which has no calls.
func (r *rig) closeAF() {
	r.t.Helper()
	if got := r.ask(1, cm.CloseAF{}); got.Status != cm.Pending {
		r.t.Fatalf("CloseAF: %+v", got)
	}
	next[cm.CloseAFComplete](r, 1)
}

// strange returns a VC with a call of client 2.
func (r *rig) strange() vc.Handle {
	r.t.Helper()
	r.attach(2)
	h, _ := r.connected(2)
	return h
}
