package cm_test

import (
	"fmt"
	"slices"
	"testing"

	"callmanager/signalling/cm"
	"callmanager/signalling/primitive"
	"callmanager/signalling/q2931/ie"
	"callmanager/vc"
)

const adminClient cm.ClientID = 9

// pvcFlow is asymmetric, so that no direction passes for the other.
func pvcContract() vc.Contract {
	return vc.Contract{Category: vc.CBR, Forward: vc.Flow{PCR: 2000, MaxSDU: 1400}, Backward: vc.Flow{PCR: 3000, MaxSDU: 700}}
}

func pvcID(vci vc.VCI) vc.ID { return vc.ID{Link: labLink, VCI: vci} }

// configure adds PVCs of the configuration, which their links have admitted.
func (r *rig) configure(specs ...cm.PVC) {
	r.t.Helper()
	for _, s := range specs {
		effects, err := r.m.ConfigurePVC(s)
		if err != nil {
			r.t.Fatalf("%+v: %v", s, err)
		}
		r.do(effects)
		q := asked[primitive.AddPVCReq](r, labLink)
		if !q.Keep || q.ID != pvcID(s.VCI) || q.Contract != s.Contract {
			r.t.Fatalf("the link is asked for %+v", q)
		}
		r.pvcUp(s.VCI)
	}
}

// pvcUp and pvcDown let the link tell of a PVC.
func (r *rig) pvcUp(vci vc.VCI) {
	r.indicate(labLink, primitive.PVCInd{ID: pvcID(vci), Up: true, Contract: pvcContract()})
}

func (r *rig) pvcDown(vci vc.VCI, v ie.CauseValue, why string) {
	r.indicate(labLink, primitive.PVCInd{ID: pvcID(vci), Contract: pvcContract(), Cause: ie.Cause{Value: v}, Detail: why})
}

// pvcs returns the states of the PVCs by their VCIs.
func (r *rig) pvcs() map[vc.VCI]string {
	rows, _ := r.m.PVCs(0, 100)
	out := make(map[vc.VCI]string)
	for _, p := range rows {
		out[p.ID.VCI] = p.State
	}
	return out
}

// pvcRig is a rig with clients 1, which has no SAP, and an administrator.
func pvcRig(t *testing.T, specs ...cm.PVC) *rig {
	t.Helper()
	r := newRig(t)
	r.attach(1)
	r.connect(adminClient, cm.Credentials{Admin: true})
	r.ask(adminClient, cm.OpenAF{Major: cm.MajorVersion, Minor: 2, Name: "operator"})
	r.configure(specs...)
	t.Cleanup(func() {
		if !t.Failed() {
			r.empty()
		}
	})
	return r
}

// openPVC makes a connected call of client 1 on the PVC 0/100.
func (r *rig) openPVC() (vc.Handle, primitive.OpenPVCReq) {
	r.t.Helper()
	got := r.ask(1, cm.MakeCall{Permanent: true, Channel: &cm.Channel{VCI: 100}})
	if got.Status != cm.Pending {
		r.t.Fatalf("MakeCall: %+v", got)
	}
	q := asked[primitive.OpenPVCReq](r, labLink)
	r.indicate(labLink, primitive.ConnectInd{Call: q.Call, ID: q.ID, Params: q.Params})
	if done := next[cm.MakeCallComplete](r, 1); done.Status != cm.Success || done.VC != got.Handle {
		r.t.Fatalf("MakeCall: %+v", done)
	}
	return got.Handle, q
}

// TestPVCCall makes a call on a PVC by its channel. Nothing is signalled; the contract is the
// operator's; the end gives the PVC back.
func TestPVCCall(t *testing.T) {
	spec := cm.PVC{Link: "lab", VCI: 100, Destination: peerAddr.WithSelector(3), BHLI: []byte{1, 2}, BLLI: []byte{9}, Contract: pvcContract()}
	r := pvcRig(t, spec)
	for range 2 {
		got := r.ask(1, cm.MakeCall{Permanent: true, Channel: &cm.Channel{Link: "lab", VCI: 100}})
		if got.Status != cm.Pending || got.Handle == 0 {
			t.Fatalf("MakeCall: %+v", got)
		}
		q := asked[primitive.OpenPVCReq](r, labLink)
		if q.ID != pvcID(100) || q.VC != got.Handle || q.Offered || !q.Call.Permanent() || q.Params.Contract != pvcContract() {
			t.Errorf("the link is asked for %+v", q)
		}
		r.indicate(labLink, primitive.ConnectInd{Call: q.Call, ID: q.ID, Params: q.Params})
		done := next[cm.MakeCallComplete](r, 1)
		p := done.Parameters
		if done.Status != cm.Success || done.ID != pvcID(100) || done.Link != "lab" || done.Changed || !p.Permanent ||
			p.Called != spec.Destination || p.Calling != ownAddr || p.Contract != spec.Contract || len(p.BHLI) != 2 || len(p.BLLI) != 1 {
			t.Errorf("MakeCall is complete with %+v", done)
		}
		if got := r.pvcs()[100]; got != cm.PVCInUse {
			t.Errorf("the PVC is %s", got)
		}
		rows, _ := r.m.VCs(0, 10)
		if len(rows) != 1 || rows[0].ID != pvcID(100) || !rows[0].Parameters.Permanent || rows[0].State != vc.Active {
			t.Errorf("VCs: %+v", rows)
		}
		r.ask(1, cm.CloseCall{VC: got.Handle})
		if end := asked[primitive.ReleaseReq](r, labLink); end.Call != q.Call || end.Linger != cm.DefaultLinger {
			t.Errorf("the link is asked for %+v", end)
		}
		r.indicate(labLink, primitive.ReleaseConf{Call: q.Call, Drain: vc.DrainReport{Sent: 4}})
		if done := next[cm.CloseCallComplete](r, 1); done.Status != cm.Success || done.Drain.Sent != 4 {
			t.Errorf("CloseCall is complete with %+v", done)
		}
		if got := r.pvcs()[100]; got != cm.PVCIdle {
			t.Errorf("the PVC is %s", got)
		}
	}
	if s := r.m.Stats(); s.PVCsOpened != 2 || s.CallsConnected != 2 || r.m.Counts().PVCs != 1 {
		t.Errorf("stats %+v", s)
	}
}

// TestPVCContractIsFixed: a caller that asks for another contract is told (INV-29, INV-30).
func TestPVCContractIsFixed(t *testing.T) {
	r := pvcRig(t, cm.PVC{Link: "lab", VCI: 100, Contract: pvcContract()})
	for _, tt := range []struct {
		asked   vc.Contract
		changed bool
	}{
		{vc.Contract{}, false},
		{vc.Contract{Forward: vc.Flow{MaxSDU: 1400}}, false},
		{vc.Contract{Forward: vc.Flow{MaxSDU: 1000}}, true},
		{vc.Contract{Category: vc.CBR, Backward: vc.Flow{PCR: 7}}, true},
	} {
		r.ask(1, cm.MakeCall{Permanent: true, Channel: &cm.Channel{VCI: 100}, Contract: tt.asked})
		q := asked[primitive.OpenPVCReq](r, labLink)
		r.indicate(labLink, primitive.ConnectInd{Call: q.Call, ID: q.ID, Params: q.Params})
		done := next[cm.MakeCallComplete](r, 1)
		if done.Changed != tt.changed || done.Parameters.Contract != pvcContract() {
			t.Errorf("%+v: changed %v, %+v", tt.asked, done.Changed, done.Parameters.Contract)
		}
		r.ask(1, cm.CloseCall{VC: done.VC})
		r.indicate(labLink, primitive.ReleaseConf{Call: asked[primitive.ReleaseReq](r, labLink).Call})
		next[cm.CloseCallComplete](r, 1)
	}
}

// TestPVCByDestination searches the PVCs by destination SAP.
func TestPVCByDestination(t *testing.T) {
	r := pvcRig(t,
		cm.PVC{Link: "lab", VCI: 100, Contract: pvcContract()},
		cm.PVC{Link: "lab", VCI: 101, Destination: peerAddr.WithSelector(1), Contract: pvcContract()},
		cm.PVC{Link: "lab", VCI: 102, Destination: peerAddr.WithSelector(1), BHLI: []byte{7}, Contract: pvcContract()},
		cm.PVC{Link: "lab", VCI: 103, Destination: peerAddr.WithSelector(2), BLLI: []byte{8}, Contract: pvcContract()},
	)
	one, two, three := uint8(1), uint8(2), uint8(3)
	to := peerAddr.String()
	for i, tt := range []struct {
		call cm.MakeCall
		want vc.VCI // 0: refused
	}{
		{cm.MakeCall{Called: to, CalledSelector: &one}, 101},
		{cm.MakeCall{Called: to, CalledSelector: &one}, 102}, // the first is in use
		{cm.MakeCall{Called: to, CalledSelector: &one}, 0},
		{cm.MakeCall{Called: to, CalledSelector: &two, BHLI: []byte{7}}, 0},
		{cm.MakeCall{Called: to, CalledSelector: &two, BLLI: [][]byte{{1}}}, 0},
		{cm.MakeCall{Called: to, CalledSelector: &two, BLLI: [][]byte{{1}, {8}}}, 103},
		{cm.MakeCall{Called: to, CalledSelector: &three}, 0},
		{cm.MakeCall{Called: ownAddr.String()}, 0},
	} {
		tt.call.Permanent = true
		got := r.ask(1, tt.call)
		switch {
		case tt.want == 0 && (got.Status != cm.Failure || got.Cause.Value == 0 || got.Detail == ""):
			t.Errorf("call %d: %+v", i, got)
		case tt.want == 0:
		case got.Status != cm.Pending:
			t.Errorf("call %d: %+v", i, got)
		default:
			if q := asked[primitive.OpenPVCReq](r, labLink); q.ID.VCI != tt.want {
				t.Errorf("call %d is on %v, want VCI %d", i, q.ID, tt.want)
			}
		}
	}
}

// TestPVCRefusals are the calls on PVCs that come to nothing.
func TestPVCRefusals(t *testing.T) {
	r := pvcRig(t,
		cm.PVC{Link: "lab", VCI: 100, Contract: pvcContract()},
		cm.PVC{Link: "lab", VCI: 101, Contract: pvcContract()},
		cm.PVC{Link: "lab", VCI: 102, Contract: pvcContract()},
		cm.PVC{Link: "lab", VCI: 103, Contract: pvcContract()},
	)
	effects, err := r.m.ConfigurePVC(cm.PVC{Link: "other", VCI: 103, Contract: pvcContract()})
	if err != nil {
		t.Fatal(err)
	}
	r.do(effects)
	r.openPVC()
	r.pvcDown(101, ie.CauseDestinationOutOfOrder, "no carrier")
	r.pvcDown(102, ie.CauseCellRateUnavailable, "10 are free")
	at := func(vci vc.VCI) *cm.Channel { return &cm.Channel{VCI: vci} }
	stranger := vc.AddrFromMAC([6]byte{2, 9, 9, 9, 9, 9})
	for name, tt := range map[string]struct {
		call  cm.MakeCall
		want  cm.Status
		cause ie.CauseValue
	}{
		"unknown channel":  {cm.MakeCall{Channel: at(99)}, cm.Failure, ie.CauseVPCIVCIUnavailable},
		"unknown link":     {cm.MakeCall{Channel: &cm.Channel{Link: "moon", VCI: 100}}, cm.Failure, ie.CauseVPCIVCIUnavailable},
		"wrong link":       {cm.MakeCall{Channel: &cm.Channel{Link: "other", VCI: 101}}, cm.Failure, ie.CauseVPCIVCIUnavailable},
		"two links":        {cm.MakeCall{Channel: at(103)}, cm.InvalidData, 0},
		"in use":           {cm.MakeCall{Channel: at(100)}, cm.Failure, ie.CauseVPCIVCIUnavailable},
		"link down":        {cm.MakeCall{Channel: at(101)}, cm.DestOutOfOrder, ie.CauseDestinationOutOfOrder},
		"not admitted":     {cm.MakeCall{Channel: at(102)}, cm.CellRateNotAvailable, ie.CauseCellRateUnavailable},
		"no destination":   {cm.MakeCall{}, cm.InvalidAddress, 0},
		"multipoint":       {cm.MakeCall{Channel: at(103), Multipoint: true}, cm.NotSupported, 0},
		"minimum":          {cm.MakeCall{Channel: at(103), Fallback: vc.Fallback{Minimum: vc.PeakRates{Forward: 1}}}, cm.InvalidData, 0},
		"delay":            {cm.MakeCall{Channel: at(103), QoS: vc.QoS{MaxDelay: 3}}, cm.InvalidData, 0},
		"user-user":        {cm.MakeCall{Channel: at(103), UserUser: []byte{4, 1}}, cm.InvalidData, 0},
		"foreign calling":  {cm.MakeCall{Channel: &cm.Channel{Link: "lab", VCI: 103}, Calling: stranger}, cm.InvalidAddress, 0},
		"no room for ring": {cm.MakeCall{Channel: &cm.Channel{Link: "lab", VCI: 103}, SendRing: 1 << 31}, cm.InvalidData, 0},
	} {
		tt.call.Permanent = true
		got := r.ask(1, tt.call)
		if got.Status != tt.want || tt.cause != 0 && got.Cause.Value != tt.cause || got.Cause.Value == 0 || got.Detail == "" {
			t.Errorf("%s: %+v", name, got)
		}
	}
	if got := r.ask(1, cm.MakeCall{Called: peerAddr.String(), Channel: at(100)}); got.Status != cm.InvalidData {
		t.Errorf("a channel for a signalled call: %+v", got)
	}
	if got := r.pvcs(); got[100] != cm.PVCInUse || got[101] != cm.PVCDown || got[102] != cm.PVCRefused {
		t.Errorf("states %v", got)
	}
}

// TestPVCHasNoSignalling refuses what would need messages, on a PVC that is called on and on one
// that is offered.
func TestPVCHasNoSignalling(t *testing.T) {
	r := pvcRig(t, cm.PVC{Link: "lab", VCI: 100, Contract: pvcContract()}, cm.PVC{Link: "lab", VCI: 101, Offered: true, Selector: 7, Contract: pvcContract()})
	h, _ := r.openPVC()
	r.register(1, 7)
	offered := next[cm.IncomingCall](r, 1).VC
	for _, v := range []vc.Handle{h, offered} {
		for _, q := range []cm.Request{
			cm.ModifyCallQoS{VC: v, Contract: vc.Contract{Forward: vc.Flow{PCR: 9}}}, cm.Notify{VC: v, Info: []byte{1}}, cm.Alert{VC: v},
		} {
			if got := r.ask(1, q); got.Status != cm.NotSupported {
				t.Errorf("%T: %+v", q, got)
			}
		}
		if got := r.ask(1, cm.CloseCall{VC: v, CloseData: []byte{1}}); got.Status != cm.InvalidData {
			t.Errorf("close data: %+v", got)
		}
	}
	if got := r.ask(adminClient, cm.AdminModify{VC: h, Contract: vc.Contract{Forward: vc.Flow{PCR: 9}}}); got.Status != cm.NotSupported {
		t.Errorf("AdminModify: %+v", got)
	}
	if got := r.ask(1, cm.AddParty{VC: h, Called: peerAddr.String()}); got.Status != cm.NotSupported {
		t.Errorf("AddParty: %+v", got)
	}
	if got := r.ask(1, cm.IncomingCallComplete{VC: offered, UserUser: []byte{1}}); got.Status != cm.InvalidData {
		t.Errorf("user-user information in an answer: %+v", got)
	}
	if len(r.toLink[labLink]) != 0 {
		t.Errorf("the link was asked for %+v", r.toLink[labLink])
	}
}

// TestPVCOffer offers a PVC to a SAP, whichever comes first, and connects it without messages.
func TestPVCOffer(t *testing.T) {
	spec := cm.PVC{Link: "lab", VCI: 100, Destination: peerAddr, Offered: true, Selector: 7, Contract: pvcContract()}
	for _, sapFirst := range []bool{true, false} {
		t.Run(fmt.Sprint("SAP first ", sapFirst), func(t *testing.T) {
			r := pvcRig(t)
			if sapFirst {
				r.register(1, 7)
				r.register(1, 8)
			}
			r.configure(spec)
			if !sapFirst {
				r.register(1, 8)
				r.quiet()
				r.register(1, 7)
			}
			o := next[cm.IncomingCall](r, 1)
			p := o.Parameters
			turned := vc.Contract{Category: vc.CBR, Forward: pvcContract().Backward, Backward: pvcContract().Forward}
			if o.ID != pvcID(100) || o.Link != "lab" || !p.Permanent || p.Called != ownAddr.WithSelector(7) || p.Calling != peerAddr || p.Contract != turned {
				t.Errorf("offered %+v", o)
			}
			if got := r.ask(1, cm.IncomingCallComplete{VC: o.VC}); got.Status != cm.Success {
				t.Fatalf("answer: %+v", got)
			}
			q := asked[primitive.OpenPVCReq](r, labLink)
			if !q.Offered || q.VC != o.VC || q.ID != pvcID(100) || q.Params.Contract != turned {
				t.Errorf("the link is asked for %+v", q)
			}
			r.indicate(labLink, primitive.CompleteInd{Call: q.Call})
			if got := next[cm.CallConnected](r, 1); got.VC != o.VC {
				t.Errorf("connected %+v", got)
			}
			rows, _ := r.m.PVCs(0, 10)
			if len(rows) != 1 || rows[0].VC != o.VC || rows[0].Owner != "client 1" || rows[0].Opened != 1 || rows[0].State != cm.PVCInUse {
				t.Errorf("rows %+v", rows)
			}
		})
	}
}

// TestPVCTurns: a client that refuses a PVC or gives it back is not offered it again until the link
// has been down or it registers anew; another client is.
func TestPVCTurns(t *testing.T) {
	r := pvcRig(t, cm.PVC{Link: "lab", VCI: 100, Offered: true, Selector: 7, Contract: pvcContract()})
	r.attach(2)
	r.register(1, 7)
	other := r.ask(2, cm.RegisterSAP{AnySelector: true})
	if other.Status != cm.Success {
		t.Fatalf("RegisterSAP: %+v", other)
	}
	// refused hands an offer to client id back.
	refused := func(id cm.ClientID) {
		t.Helper()
		o := next[cm.IncomingCall](r, id)
		r.ask(id, cm.IncomingCallComplete{VC: o.VC, Status: cm.NotAccepted})
		q := asked[primitive.RejectReq](r, labLink)
		r.indicate(labLink, primitive.ReleaseConf{Call: q.Call, Cause: q.Cause})
		if got := next[cm.DeleteVCIndication](r, id); got.VC != o.VC {
			t.Errorf("deleted %+v", got)
		}
	}
	refused(1) // the more specific one
	refused(2)
	r.quiet()
	if len(r.events[2]) != 0 || r.pvcs()[100] != cm.PVCIdle {
		t.Fatalf("after both turns: %+v, PVC %s", r.events[2], r.pvcs()[100])
	}
	r.pvcUp(100) // nothing new
	r.quiet()
	r.pvcDown(100, ie.CauseDestinationOutOfOrder, "no carrier")
	r.quiet()
	r.pvcUp(100)
	o := next[cm.IncomingCall](r, 1)
	r.ask(1, cm.IncomingCallComplete{VC: o.VC})
	q := asked[primitive.OpenPVCReq](r, labLink)
	r.indicate(labLink, primitive.CompleteInd{Call: q.Call})
	next[cm.CallConnected](r, 1)
	r.ask(1, cm.CloseCall{VC: o.VC})
	r.indicate(labLink, primitive.ReleaseConf{Call: asked[primitive.ReleaseReq](r, labLink).Call})
	next[cm.CloseCallComplete](r, 1)
	next[cm.DeleteVCIndication](r, 1)
	refused(2) // it comes about for the other
	r.quiet()
	r.ask(2, cm.DeregisterSAP{SAP: other.Handle})
	r.ask(2, cm.RegisterSAP{AnySelector: true})
	refused(2) // a new SAP is a new turn
}

// TestPVCOfferWithoutMemory does not go on for ever.
func TestPVCOfferWithoutMemory(t *testing.T) {
	r := pvcRig(t, cm.PVC{Link: "lab", VCI: 100, Offered: true, Selector: 7, Contract: pvcContract()})
	r.openErr = errPlane
	r.register(1, 7)
	r.quiet()
	q := asked[primitive.RejectReq](r, labLink)
	r.indicate(labLink, primitive.ReleaseConf{Call: q.Call})
	if got := r.pvcs()[100]; got != cm.PVCIdle {
		t.Errorf("the PVC is %s", got)
	}
	if got := r.ask(1, cm.MakeCall{Permanent: true, Channel: &cm.Channel{VCI: 100}}); got.Status != cm.Resources {
		t.Errorf("MakeCall without memory: %+v", got)
	}
	r.openErr = nil
	r.openPVC()
}

// TestPVCRoom: a client that has no room is not offered a PVC, and may have it later.
func TestPVCRoom(t *testing.T) {
	r := newRigWith(t, cm.Config{Limits: cm.Limits{VCs: 1}})
	r.attach(1)
	r.configure(cm.PVC{Link: "lab", VCI: 100, Offered: true, Selector: 7, Contract: pvcContract()})
	h := r.create(1)
	r.register(1, 7)
	r.quiet()
	r.ask(1, cm.DeleteVC{VC: h})
	r.pvcUp(100)
	next[cm.IncomingCall](r, 1)
}

// TestPVCStatus tells the user of a PVC what becomes of the link; the use goes on.
func TestPVCStatus(t *testing.T) {
	r := pvcRig(t, cm.PVC{Link: "lab", VCI: 100, Contract: pvcContract()}, cm.PVC{Link: "lab", VCI: 101, Contract: pvcContract()})
	h, _ := r.openPVC()
	r.pvcDown(100, ie.CauseDestinationOutOfOrder, "no carrier")
	r.pvcDown(101, ie.CauseDestinationOutOfOrder, "no carrier")
	if got := next[cm.VCStatus](r, 1); got != (cm.VCStatus{VC: h, Detail: "no carrier"}) {
		t.Errorf("told %+v", got)
	}
	r.pvcDown(100, ie.CauseDestinationOutOfOrder, "no NIC")
	r.quiet()
	r.pvcUp(100)
	if got := next[cm.VCStatus](r, 1); got != (cm.VCStatus{VC: h, Up: true}) {
		t.Errorf("told %+v", got)
	}
	if rows, _ := r.m.VCs(0, 10); len(rows) != 1 || rows[0].CallState != vc.Connected {
		t.Errorf("rows %+v", rows)
	}
	// Nobody is told who has closed the call already.
	r.ask(1, cm.CloseCall{VC: h})
	r.pvcDown(100, ie.CauseDestinationOutOfOrder, "no carrier")
	r.quiet()
}

// TestPVCOfOldClient: a client of a version without PVCs is offered none, though its SAP matches best, and is not told of
// their links.
func TestPVCOfOldClient(t *testing.T) {
	r := pvcRig(t, cm.PVC{Link: "lab", VCI: 100, Contract: pvcContract()})
	const old = 2
	r.connect(old, cm.Credentials{})
	r.ask(old, cm.OpenAF{Major: cm.MajorVersion, Minor: 1})
	r.register(old, 7)
	if got := r.ask(1, cm.RegisterSAP{AnySelector: true}); got.Status != cm.Success {
		t.Fatalf("RegisterSAP: %+v", got)
	}
	r.configure(cm.PVC{Link: "lab", VCI: 101, Offered: true, Selector: 7, Contract: pvcContract()})
	if o := next[cm.IncomingCall](r, 1); o.ID != pvcID(101) {
		t.Errorf("offered %+v", o)
	}
	r.quiet()
	got := r.ask(old, cm.MakeCall{Permanent: true, Channel: &cm.Channel{VCI: 100}})
	q := asked[primitive.OpenPVCReq](r, labLink)
	r.indicate(labLink, primitive.ConnectInd{Call: q.Call, ID: q.ID, Params: q.Params})
	if done := next[cm.MakeCallComplete](r, old); done.VC != got.Handle {
		t.Fatalf("MakeCall: %+v", done)
	}
	r.pvcDown(100, ie.CauseDestinationOutOfOrder, "no carrier")
	r.quiet()
}

// TestPVCOpenFails completes a MakeCall that the data plane refuses.
func TestPVCOpenFails(t *testing.T) {
	r := pvcRig(t, cm.PVC{Link: "lab", VCI: 100, Contract: pvcContract()})
	r.ask(1, cm.MakeCall{Permanent: true, Channel: &cm.Channel{VCI: 100}})
	q := asked[primitive.OpenPVCReq](r, labLink)
	r.indicate(labLink, primitive.ReleaseConf{Call: q.Call, Cause: ie.Cause{Value: ie.CauseResourceUnavailable}, Detail: "no channel"})
	if got := next[cm.MakeCallComplete](r, 1); got.Status != cm.Resources || got.Detail != "link lab: no channel" {
		t.Errorf("MakeCall: %+v", got)
	}
	if got := r.pvcs()[100]; got != cm.PVCIdle {
		t.Errorf("the PVC is %s", got)
	}
}

// TestPVCAbort closes a call on a PVC before the link has answered.
func TestPVCAbort(t *testing.T) {
	r := pvcRig(t, cm.PVC{Link: "lab", VCI: 100, Contract: pvcContract()})
	h := r.ask(1, cm.MakeCall{Permanent: true, Channel: &cm.Channel{VCI: 100}}).Handle
	q := asked[primitive.OpenPVCReq](r, labLink)
	r.ask(1, cm.CloseCall{VC: h})
	if got := next[cm.MakeCallComplete](r, 1); got.Status != cm.RequestAborted {
		t.Errorf("MakeCall: %+v", got)
	}
	r.indicate(labLink, primitive.ConnectInd{Call: q.Call, ID: q.ID, Params: q.Params})
	r.quiet()
	if got := r.ask(adminClient, cm.MakeCall{Permanent: true, Channel: &cm.Channel{VCI: 100}}); got.Status != cm.Failure {
		t.Errorf("the PVC is free before its branch is gone: %+v", got)
	}
	r.indicate(labLink, primitive.ReleaseConf{Call: asked[primitive.ReleaseReq](r, labLink).Call})
	next[cm.CloseCallComplete](r, 1)
	if got := r.pvcs()[100]; got != cm.PVCIdle {
		t.Errorf("the PVC is %s", got)
	}
}

// TestPVCClientGone gives the PVC of a client that dies to the next one.
func TestPVCClientGone(t *testing.T) {
	r := pvcRig(t, cm.PVC{Link: "lab", VCI: 100, Offered: true, Selector: 7, Contract: pvcContract()})
	r.register(1, 7)
	o := next[cm.IncomingCall](r, 1)
	r.ask(1, cm.IncomingCallComplete{VC: o.VC})
	q := asked[primitive.OpenPVCReq](r, labLink)
	r.indicate(labLink, primitive.CompleteInd{Call: q.Call})
	r.attach(2)
	r.ask(2, cm.RegisterSAP{AnySelector: true})
	r.detach(1)
	end := asked[primitive.ReleaseReq](r, labLink)
	if end.Call != q.Call || end.Linger != 0 {
		t.Errorf("the link is asked for %+v", end)
	}
	if len(r.events[2]) != 0 {
		t.Errorf("offered before the branch is gone: %+v", r.events[2])
	}
	r.indicate(labLink, primitive.ReleaseConf{Call: q.Call})
	if got := next[cm.IncomingCall](r, 2); got.ID != pvcID(100) {
		t.Errorf("offered %+v", got)
	}
}

// TestPVCAdd adds PVCs at run time: an administrator asks, and the link has the last word.
func TestPVCAdd(t *testing.T) {
	r := pvcRig(t, cm.PVC{Link: "lab", VCI: 100, Name: "first", Contract: pvcContract()})
	good := cm.PVC{Link: "lab", VPI: 3, VCI: 101, Name: "second", Contract: pvcContract()}
	bad := func(f func(*cm.AddPVC)) cm.AddPVC {
		a := cm.AddPVC{PVC: good}
		f(&a)
		return a
	}
	for name, tt := range map[string]struct {
		as   cm.ClientID
		add  cm.AddPVC
		want cm.Status
	}{
		"no administrator": {1, cm.AddPVC{PVC: good}, cm.NotPermitted},
		"no such link":     {adminClient, bad(func(a *cm.AddPVC) { a.PVC.Link = "moon" }), cm.InvalidData},
		"reserved VCI":     {adminClient, bad(func(a *cm.AddPVC) { a.PVC.VCI = 31 }), cm.InvalidData},
		"no such VPI":      {adminClient, bad(func(a *cm.AddPVC) { a.PVC.VPI = 15 }), cm.InvalidData},
		"there already":    {adminClient, bad(func(a *cm.AddPVC) { a.PVC.VPI, a.PVC.VCI = 0, 100 }), cm.VCNotAvailable},
		"same name":        {adminClient, bad(func(a *cm.AddPVC) { a.PVC.Name = "first" }), cm.InvalidData},
		"no destination":   {adminClient, bad(func(a *cm.AddPVC) { a.Called = "nobody" }), cm.InvalidAddress},
		"long B-HLI":       {adminClient, bad(func(a *cm.AddPVC) { a.PVC.BHLI = make([]byte, 10) }), cm.InvalidData},
		"bad contract":     {adminClient, bad(func(a *cm.AddPVC) { a.PVC.Contract.Forward.SCR = 1 }), cm.InvalidData},
	} {
		if got := r.ask(tt.as, tt.add); got.Status != tt.want || got.Detail == "" {
			t.Errorf("%s: %+v", name, got)
		}
	}
	id := vc.ID{Link: labLink, VPI: 3, VCI: 101}
	add := cm.AddPVC{PVC: good, Called: peerAddr.String()}
	if got := r.ask(adminClient, add); got.Status != cm.Pending {
		t.Fatalf("AddPVC: %+v", got)
	}
	if q := asked[primitive.AddPVCReq](r, labLink); q.Keep || q.ID != id {
		t.Errorf("the link is asked for %+v", q)
	}
	ch := cm.Channel{VPI: 3, VCI: 101}
	if got := r.ask(adminClient, cm.DeletePVC{Channel: ch}); got.Status != cm.NotAccepted {
		t.Errorf("DeletePVC of one that is being added: %+v", got)
	}
	r.indicate(labLink, primitive.PVCGoneInd{ID: id, Cause: ie.Cause{Value: ie.CauseCellRateUnavailable}, Detail: "10 are free"})
	if got := next[cm.PVCComplete](r, adminClient); got.Status != cm.CellRateNotAvailable || got.Detail != "10 are free" || got.Cause.Value == 0 {
		t.Errorf("refused: %+v", got)
	}
	if got := r.m.Counts().PVCs; got != 1 {
		t.Errorf("%d PVCs", got)
	}
	r.ask(adminClient, add)
	asked[primitive.AddPVCReq](r, labLink)
	r.indicate(labLink, primitive.PVCInd{ID: id, Up: true, Contract: pvcContract()})
	if got := next[cm.PVCComplete](r, adminClient); got.Status != cm.Success {
		t.Errorf("added: %+v", got)
	}
	if got := r.ask(1, cm.MakeCall{Permanent: true, Called: peerAddr.String()}); got.Status != cm.Pending {
		t.Errorf("MakeCall: %+v", got)
	}
}

// TestPVCDelete deletes a PVC; a use of it ends, and the answer waits for that.
func TestPVCDelete(t *testing.T) {
	r := pvcRig(t, cm.PVC{Link: "lab", VCI: 100, Offered: true, Selector: 7, Contract: pvcContract()})
	h, q := r.openPVC()
	ch := cm.Channel{Link: "lab", VCI: 100}
	if got := r.ask(1, cm.DeletePVC{Channel: ch}); got.Status != cm.NotPermitted {
		t.Errorf("DeletePVC by a user: %+v", got)
	}
	if got := r.ask(adminClient, cm.DeletePVC{Channel: cm.Channel{VCI: 99}}); got.Status != cm.Failure {
		t.Errorf("DeletePVC of none: %+v", got)
	}
	if got := r.ask(adminClient, cm.DeletePVC{Channel: ch}); got.Status != cm.Pending {
		t.Fatalf("DeletePVC: %+v", got)
	}
	if got := next[cm.IncomingCloseCall](r, 1); got.VC != h || got.Status != cm.RequestAborted {
		t.Errorf("the user is told %+v", got)
	}
	asked[primitive.ReleaseReq](r, labLink)
	asked[primitive.DeletePVCReq](r, labLink)
	if got := r.ask(adminClient, cm.DeletePVC{Channel: ch}); got.Status != cm.Closing {
		t.Errorf("DeletePVC twice: %+v", got)
	}
	if got := r.ask(1, cm.MakeCall{Permanent: true, Channel: &ch}); got.Status != cm.Failure {
		t.Errorf("MakeCall: %+v", got)
	}
	if got := r.ask(adminClient, cm.CloseAF{}); got.Status != cm.Pending {
		t.Errorf("CloseAF: %+v", got)
	}
	r.register(1, 7)
	r.indicate(labLink, primitive.ReleaseConf{Call: q.Call})
	r.ask(1, cm.CloseCall{VC: h})
	next[cm.CloseCallComplete](r, 1)
	r.quiet() // it is not offered any more
	r.indicate(labLink, primitive.PVCGoneInd{ID: pvcID(100)})
	if got := next[cm.PVCComplete](r, adminClient); got.Status != cm.Success {
		t.Errorf("DeletePVC: %+v", got)
	}
	next[cm.CloseAFComplete](r, adminClient)
	if n := r.m.Counts().PVCs; n != 0 {
		t.Errorf("%d PVCs", n)
	}
}

// TestPVCOperatorGone: the completion for an operator that has gone is nobody's.
func TestPVCOperatorGone(t *testing.T) {
	r := pvcRig(t, cm.PVC{Link: "lab", VCI: 100, Contract: pvcContract()})
	r.ask(adminClient, cm.DeletePVC{Channel: cm.Channel{VCI: 100}})
	r.detach(adminClient)
	r.indicate(labLink, primitive.PVCGoneInd{ID: pvcID(100)})
	if n := r.m.Counts().PVCs; n != 0 {
		t.Errorf("%d PVCs", n)
	}
}

// TestPVCConfiguration refuses what contradicts itself.
func TestPVCConfiguration(t *testing.T) {
	r := pvcRig(t, cm.PVC{Link: "lab", VCI: 100, Contract: pvcContract()})
	for _, spec := range []cm.PVC{{Link: "moon", VCI: 101}, {Link: "lab", VCI: 5}, {Link: "lab", VCI: 100}} {
		if _, err := r.m.ConfigurePVC(spec); err == nil {
			t.Errorf("%+v passes", spec)
		}
	}
	// Best effort without any key of a contract is right.
	if _, err := r.m.ConfigurePVC(cm.PVC{Link: "lab", VCI: 101}); err != nil {
		t.Error(err)
	}
	// A channel that the link does not give is shown, and can be deleted.
	r.indicate(labLink, primitive.PVCGoneInd{ID: pvcID(101), Cause: ie.Cause{Value: ie.CauseVPCIVCIUnavailable}, Detail: "in use"})
	if got := r.pvcs()[101]; got != cm.PVCRefused {
		t.Errorf("it is %s", got)
	}
	r.ask(adminClient, cm.DeletePVC{Channel: cm.Channel{VCI: 101}})
	r.indicate(labLink, primitive.PVCGoneInd{ID: pvcID(101)})
	next[cm.PVCComplete](r, adminClient)
}

// TestPVCPages lists PVCs in order, page by page.
func TestPVCPages(t *testing.T) {
	r := pvcRig(t)
	for _, ch := range []cm.PVC{{VPI: 1, VCI: 40}, {VCI: 300}, {VPI: 1, VCI: 39}, {VCI: 40}} {
		ch.Link = "lab"
		if _, err := r.m.ConfigurePVC(ch); err != nil {
			t.Fatal(err)
		}
	}
	var got []string
	for after, more := cm.PVCKey(0), true; more; {
		var rows []cm.PVCRow
		rows, more = r.m.PVCs(after, 3)
		for _, p := range rows {
			got, after = append(got, fmt.Sprintf("%d/%d", p.ID.VPI, p.ID.VCI)), p.Key
		}
	}
	if want := []string{"0/40", "0/300", "1/39", "1/40"}; !slices.Equal(got, want) {
		t.Errorf("listed %v", got)
	}
}

// TestPVCShutdown releases the uses of PVCs as it does calls, and offers none.
func TestPVCShutdown(t *testing.T) {
	r := pvcRig(t, cm.PVC{Link: "lab", VCI: 100, Offered: true, Selector: 7, Contract: pvcContract()})
	h, q := r.openPVC()
	r.register(1, 7)
	r.do(r.m.Shutdown(ie.Cause{Value: ie.CauseDestinationOutOfOrder}, 0))
	if got := next[cm.IncomingCloseCall](r, 1); got.VC != h || got.Status != cm.Closing {
		t.Errorf("told %+v", got)
	}
	if n := r.m.Counts().Calls; n != 1 {
		t.Errorf("%d calls are waited for", n)
	}
	asked[primitive.ReleaseReq](r, labLink)
	r.indicate(labLink, primitive.ReleaseConf{Call: q.Call})
	r.quiet()
	if n := r.m.Counts().Calls; n != 0 {
		t.Errorf("%d calls are left", n)
	}
	if got := r.ask(adminClient, cm.AddPVC{PVC: cm.PVC{Link: "lab", VCI: 101}}); got.Status != cm.Closing {
		t.Errorf("AddPVC: %+v", got)
	}
}
