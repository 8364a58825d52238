package cm_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"callmanager/signalling/cm"
	"callmanager/signalling/primitive"
	"callmanager/signalling/q2931/ie"
	"callmanager/vc"
)

var addrs = cmp.AllowUnexported(vc.Addr{})

// INV-1, INV-3, INV-5, INV-7: CreateVC answers at once with a fresh handle and
// signals nothing.
func TestINV01CreateVCIsSynchronous(t *testing.T) {
	r := start(t)
	h := r.create(1)
	if len(r.toLink[labLink]) != 0 {
		t.Errorf("CreateVC asked the link for %+v", r.toLink[labLink])
	}
	rows, _ := r.m.VCs(0, 10)
	if len(rows) != 1 || rows[0].Handle != h || rows[0].State != vc.Created || rows[0].CallState != vc.Idle {
		t.Errorf("rows %+v", rows)
	}
}

// INV-2: a VC that cannot be made leaves nothing behind, outgoing or incoming.
func TestINV02FailedCreationLeavesNothing(t *testing.T) {
	r := start(t)
	h := r.create(1)
	r.openErr = errPlane
	before := r.m.Counts()
	if got := r.ask(1, cm.MakeCall{VC: h, Called: peerAddr.String()}); got.Status != cm.Resources {
		t.Errorf("MakeCall without memory: %+v", got)
	}
	r.indicate(labLink, primitive.SetupInd{Call: primitive.IncomingCall | 1, Params: incomingParams(7)})
	if got := asked[primitive.RejectReq](r, labLink); got.Cause.Value != ie.CauseResourceUnavailable {
		t.Errorf("offer without memory: %+v", got)
	}
	r.quiet()
	if after := r.m.Counts(); after != before || after.RingBytes != 0 {
		t.Errorf("before %+v, after %+v", before, after)
	}
	r.openErr = nil
	if got := r.ask(1, cm.MakeCall{VC: h, Called: peerAddr.String()}); got.Status != cm.Pending {
		t.Errorf("MakeCall afterwards: %+v", got)
	}
}

// INV-4: a handle that has died names nothing new.
func TestINV04HandlesAreNotReused(t *testing.T) {
	r := start(t)
	seen := make(map[vc.Handle]bool)
	for range 100 {
		h := r.create(1)
		if seen[h] {
			t.Fatalf("%s was given out twice", h)
		}
		seen[h] = true
		r.ask(1, cm.DeleteVC{VC: h})
	}
}

// INV-8: one call at a time on a VC, many VCs.
func TestINV08OneCallAVC(t *testing.T) {
	r := start(t)
	a, _ := r.connected(1)
	r.connected(1)
	if got := r.ask(1, cm.MakeCall{VC: a, Called: peerAddr.String()}); got.Status != cm.CallActive {
		t.Errorf("second call: %+v", got)
	}
	if n := r.m.Counts().Calls; n != 2 {
		t.Errorf("%d calls, want 2", n)
	}
}

// INV-9, INV-60: the daemon deletes the VC that it made, after CloseCall is
// complete, and the client can name it no more.
func TestINV09DaemonDeletesItsVCs(t *testing.T) {
	r := start(t)
	h, call := r.offer(1)
	r.ask(1, cm.IncomingCallComplete{VC: h})
	asked[primitive.AcceptReq](r, labLink)
	r.indicate(labLink, primitive.CompleteInd{Call: call})
	next[cm.CallConnected](r, 1)
	if got := r.ask(1, cm.CloseCall{VC: h}); got.Status != cm.Pending {
		t.Fatalf("CloseCall: %+v", got)
	}
	asked[primitive.ReleaseReq](r, labLink)
	r.indicate(labLink, primitive.ReleaseConf{Call: call, Drain: vc.DrainReport{Sent: 3, Dropped: 4}})
	done := next[cm.CloseCallComplete](r, 1)
	if done.VC != h || done.Drain != (vc.DrainReport{Sent: 3, Dropped: 4}) {
		t.Errorf("completion %+v", done)
	}
	if got := next[cm.DeleteVCIndication](r, 1); got.VC != h {
		t.Errorf("indication %+v", got)
	}
	if got := r.ask(1, cm.CloseCall{VC: h}); got.Status != cm.Failure {
		t.Errorf("a dead VC: %+v", got)
	}
	// The rings outlive the VC until RingDone.
	if r.m.RingBytes(1) == 0 {
		t.Error("the rings are not charged any more")
	}
	if got := r.ask(1, cm.RingDone{VC: h}); got.Status != cm.Success || r.m.RingBytes(1) != 0 {
		t.Errorf("RingDone: %+v, %d octets charged", got, r.m.RingBytes(1))
	}
}

// INV-10: DeleteVC needs a VC without a call, and never pends.
func TestINV10DeleteVC(t *testing.T) {
	r := start(t)
	h, call := r.connected(1)
	r.ask(1, cm.CloseCall{VC: h})
	r.indicate(labLink, primitive.ReleaseConf{Call: call})
	next[cm.CloseCallComplete](r, 1)
	if got := r.ask(1, cm.DeleteVC{VC: h}); got.Status != cm.Success {
		t.Errorf("DeleteVC: %+v", got)
	}
	r.quiet()
}

// INV-12, INV-14: CloseAF pends until the last call is closed; its SAPs are
// released at once; VCs without a call end with it.
func TestINV12CloseAFPends(t *testing.T) {
	r := start(t)
	r.create(1)
	h, call := r.connected(1)
	in, inCall := r.offer(1)
	if got := r.ask(1, cm.CloseAF{}); got.Status != cm.Pending {
		t.Fatalf("CloseAF: %+v", got)
	}
	r.indicate(labLink, primitive.SetupInd{Call: primitive.IncomingCall | 9, Params: incomingParams(7)})
	if got := asked[primitive.RejectReq](r, labLink); got.Cause.Value != ie.CauseIncompatibleDestination {
		t.Errorf("offer to a closing AF: %+v", got)
	}
	r.ask(1, cm.IncomingCallComplete{VC: in, Status: cm.Failure})
	asked[primitive.RejectReq](r, labLink)
	r.ask(1, cm.CloseCall{VC: h})
	asked[primitive.ReleaseReq](r, labLink)
	r.quiet()
	r.indicate(labLink, primitive.ReleaseConf{Call: inCall})
	next[cm.DeleteVCIndication](r, 1)
	r.quiet()
	r.indicate(labLink, primitive.ReleaseConf{Call: call})
	next[cm.CloseCallComplete](r, 1)
	next[cm.CloseAFComplete](r, 1)
	if n := r.m.Counts(); n.VCs != 0 || n.SAPs != 0 {
		t.Errorf("left: %+v", n)
	}
	// Rings are acknowledged after the AF, and another one may be opened.
	if got := r.ask(1, cm.RingDone{VC: h}); got.Status != cm.Success {
		t.Errorf("RingDone: %+v", got)
	}
	if got := r.ask(1, cm.OpenAF{Major: cm.MajorVersion}); got.Status != cm.Success {
		t.Errorf("OpenAF: %+v", got)
	}
}

// INV-16: a SAP belongs to one client; INV-17: offers come as soon as it is
// registered; the most specific SAP gets the call.
func TestINV16MostSpecificSAP(t *testing.T) {
	r := newRig(t)
	r.attach(1)
	r.attach(2)
	r.attach(3)
	r.attach(4)
	r.ask(1, cm.RegisterSAP{AnySelector: true})
	r.ask(1, cm.RegisterSAP{Selector: 6})
	r.ask(2, cm.RegisterSAP{Address: ownAddr.WithSelector(99), AnySelector: true})
	r.ask(3, cm.RegisterSAP{Address: ownAddr, Selector: 5})
	r.ask(3, cm.RegisterSAP{Address: ownAddr, Selector: 5, BLLI: []byte{0xbb}})
	r.ask(4, cm.RegisterSAP{Address: ownAddr, Selector: 5, BLLI: []byte{0xcc}})
	if got := r.ask(4, cm.RegisterSAP{Address: ownAddr, Selector: 5}); got.Status != cm.SAPInUse {
		t.Errorf("a SAP twice: %+v", got)
	}
	blli := incomingParams(5)
	blli.BLLI = [][]byte{{0xaa}, {0xcc}, {0xbb}} // in the caller's order
	foreign := incomingParams(5)
	foreign.Called = vc.AddrFromMAC([6]byte{2, 0, 0, 0, 0, 9}).WithSelector(5)
	for i, row := range []struct {
		params primitive.Params
		want   cm.ClientID
	}{
		{incomingParams(5), 3},
		{incomingParams(6), 2},
		{blli, 4},
		{foreign, 1}, // the other link's address is the daemon's too
	} {
		r.indicate(labLink, primitive.SetupInd{Call: primitive.IncomingCall | primitive.CallID(i+1), Params: row.params})
		got := next[cm.IncomingCall](r, row.want)
		if diff := cmp.Diff(row.params, got.Parameters, addrs); diff != "" {
			t.Errorf("parameters (-sent +offered):\n%s", diff)
		}
	}
	r.empty()
}

// INV-18: deregistering a SAP leaves offers and calls alone.
func TestINV18DeregisterKeepsCalls(t *testing.T) {
	r := newRig(t)
	r.attach(1)
	sap := r.register(1, 7)
	h, call := r.offer(1)
	if got := r.ask(1, cm.DeregisterSAP{SAP: sap}); got.Status != cm.Success {
		t.Fatalf("DeregisterSAP: %+v", got)
	}
	r.ask(1, cm.IncomingCallComplete{VC: h})
	asked[primitive.AcceptReq](r, labLink)
	r.indicate(labLink, primitive.CompleteInd{Call: call})
	next[cm.CallConnected](r, 1)
	r.indicate(labLink, primitive.SetupInd{Call: primitive.IncomingCall | 2, Params: incomingParams(7)})
	if got := asked[primitive.RejectReq](r, labLink); got.Cause.Value != ie.CauseIncompatibleDestination {
		t.Errorf("offer after DeregisterSAP: %+v", got)
	}
	r.empty()
}

// INV-21, INV-22, INV-26: MakeCall is completed once, also when it failed, and
// its status is the cause's.
func TestINV22FailedCallIsCompleted(t *testing.T) {
	for _, row := range []struct {
		cause ie.CauseValue
		want  cm.Status
	}{
		{ie.CauseNoRouteToDestination, cm.NoRouteToDestination},
		{ie.CauseDestinationOutOfOrder, cm.DestOutOfOrder},
		{ie.CauseVPCIVCIUnavailable, cm.VCNotAvailable},
		{ie.CauseNoVPCIVCI, cm.VCNotAvailable},
		{ie.CauseCellRateUnavailable, cm.CellRateNotAvailable},
		{ie.CauseQoSUnavailable, cm.IncompatibleQoS},
		{ie.CauseAALNotSupportedUNI30, cm.AALParamsUnsupported},
		{ie.CauseCallRejected, cm.NotAccepted},
		{ie.CauseNormalClearing, cm.Failure},
		{ie.CauseTimerExpiry, cm.Failure},
	} {
		cause, want := row.cause, row.want
		r := start(t)
		h, call := r.call(1)
		r.indicate(labLink, primitive.ReleaseConf{Call: call, Cause: ie.Cause{Value: cause, Location: ie.LocationPublicLocal}})
		got := next[cm.MakeCallComplete](r, 1)
		if got.Status != want || got.Cause.Value != cause || got.Cause.Location != ie.LocationPublicLocal || got.Detail == "" {
			t.Errorf("cause %d: %+v, want %s", cause, got, want)
		}
		// A straggler of the dead call meets nobody.
		r.indicate(labLink, primitive.ConnectInd{Call: call})
		r.indicate(labLink, primitive.ReleaseInd{Call: call})
		r.quiet()
		if got := r.ask(1, cm.DeleteVC{VC: h}); got.Status != cm.Success {
			t.Errorf("DeleteVC: %+v", got)
		}
	}
}

// INV-24, INV-29: success comes after the network's connection, with the
// parameters in force and whether they changed.
func TestINV24SuccessAfterConnection(t *testing.T) {
	r := start(t)
	h := r.create(1)
	contract := vc.Contract{Category: vc.CBR, Forward: vc.Flow{PCR: 100, MaxSDU: 9000}, Backward: vc.Flow{PCR: 100}}
	r.ask(1, cm.MakeCall{VC: h, Called: peerAddr.WithSelector(3).String(), Contract: contract})
	setup := asked[primitive.SetupReq](r, labLink)
	want := vc.Contract{Category: vc.CBR, Forward: vc.Flow{PCR: 100, MaxSDU: 1492}, Backward: vc.Flow{PCR: 100, MaxSDU: 1492}}
	if setup.Params.Contract != want || setup.VC != h || setup.Params.Calling != ownAddr ||
		setup.Params.Called != peerAddr.WithSelector(3) || setup.Call&primitive.IncomingCall != 0 {
		t.Errorf("SetupReq %+v, want contract %+v", setup, want)
	}
	id := vc.ID{Link: labLink, VCI: 40}
	r.indicate(labLink, primitive.ProceedingInd{Call: setup.Call, ID: id})
	r.quiet()
	if rows, _ := r.m.VCs(0, 1); rows[0].ID != id || rows[0].State != vc.Activating || rows[0].CallState != vc.Proceeding {
		t.Errorf("row %+v", rows[0])
	}
	r.indicate(labLink, primitive.ConnectInd{Call: setup.Call, ID: id, Params: setup.Params})
	got := next[cm.MakeCallComplete](r, 1)
	if got.Status != cm.Success || !got.Changed || got.ID != id || got.Link != "lab" || got.Parameters.Contract != want {
		t.Errorf("completion %+v: the size was lowered, so the parameters are changed", got)
	}
}

// INV-24: a link that carries larger SDUs in several frames lowers a size to that, and gives a call without
// one what goes in one piece.
func TestINV24SizesOfALinkThatCuts(t *testing.T) {
	r := start(t)
	r.m.Link(cm.LinkInfo{
		ID: labLink, Name: "lab", Peer: peerMAC, Address: ownAddr, Capacity: 1e9, MaxSDU: 1492, Largest: 9180, Up: true,
	})
	for _, row := range []struct{ asked, want uint16 }{{0, 1492}, {1, 1}, {1493, 1493}, {9180, 9180}, {9181, 9180}, {65535, 9180}} {
		flow := vc.Flow{PCR: 100, MaxSDU: row.asked}
		r.ask(1, cm.MakeCall{Called: peerAddr.WithSelector(3).String(), Contract: vc.Contract{Category: vc.CBR, Forward: flow, Backward: flow}})
		got := asked[primitive.SetupReq](r, labLink).Params.Contract
		if got.Forward.MaxSDU != row.want || got.Backward.MaxSDU != row.want {
			t.Errorf("asked for %d octets, the call has %d and %d, want %d", row.asked, got.Forward.MaxSDU, got.Backward.MaxSDU, row.want)
		}
	}
}

// INV-28, 3.2: after a failed MakeCall the VC may carry another call, once its
// old rings are acknowledged.
func TestINV28VCIsReusable(t *testing.T) {
	r := start(t)
	h, call := r.call(1)
	r.indicate(labLink, primitive.ReleaseConf{Call: call, Cause: ie.Cause{Value: ie.CauseUserBusy}})
	next[cm.MakeCallComplete](r, 1)
	r.ask(1, cm.RingDone{VC: h})
	if got := r.ask(1, cm.MakeCall{VC: h, Called: peerAddr.String()}); got.Status != cm.Pending {
		t.Errorf("second MakeCall: %+v", got)
	}
}

// INV-41, INV-58, INV-59: the other side's close ends the ring first; the
// client owes CloseCall, which completes with what the drain came to.
func TestINV41RemoteClose(t *testing.T) {
	for _, row := range []struct {
		name   string
		ind    primitive.ReleaseInd
		status cm.Status
	}{
		{"remote", primitive.ReleaseInd{Cause: ie.Cause{Value: ie.CauseNormalClearing}, Remote: true}, cm.Success},
		{"fault", primitive.ReleaseInd{Cause: ie.Cause{Value: ie.CauseDestinationOutOfOrder}}, cm.DestOutOfOrder},
		{"fault with 16", primitive.ReleaseInd{Cause: ie.Cause{Value: ie.CauseNormalClearing}}, cm.Failure},
	} {
		t.Run(row.name, func(t *testing.T) {
			r := start(t)
			h, call := r.connected(1)
			row.ind.Call, row.ind.Drain = call, vc.DrainReport{Sent: 1, Dropped: 2}
			r.indicate(labLink, row.ind)
			got := next[cm.IncomingCloseCall](r, 1)
			if got.Status != row.status || got.Cause.Value != row.ind.Cause.Value || !r.rings[h].eof {
				t.Errorf("%+v, ring %+v", got, r.rings[h])
			}
			if got := r.ask(1, cm.CloseCall{VC: h}); got.Status != cm.Pending {
				t.Errorf("CloseCall: %+v", got)
			}
			if got := next[cm.CloseCallComplete](r, 1); got.Drain != row.ind.Drain || got.Status != cm.Success {
				t.Errorf("completion %+v", got)
			}
			if len(r.toLink[labLink]) != 0 {
				t.Errorf("the link was asked %+v for a call it has ended", r.toLink[labLink])
			}
		})
	}
}

// INV-49, INV-50: an offer comes on a VC of the daemon's with its rings open;
// CallConnected comes after acceptance and handshake only.
func TestINV49OfferOrder(t *testing.T) {
	r := start(t)
	h, call := r.offer(1)
	rows, _ := r.m.VCs(0, 1)
	if !rows[0].Incoming || rows[0].CallState != vc.Offered || r.rings[h] == nil {
		t.Errorf("row %+v, ring %v", rows[0], r.rings[h])
	}
	if got := r.ask(1, cm.IncomingCallComplete{VC: h}); got.Status != cm.Success {
		t.Errorf("acceptance: %+v", got)
	}
	r.quiet()
	if got := asked[primitive.AcceptReq](r, labLink); got.VC != h || got.Call != call {
		t.Errorf("AcceptReq %+v", got)
	}
	r.indicate(labLink, primitive.CompleteInd{Call: call})
	if got := next[cm.CallConnected](r, 1); got.VC != h {
		t.Errorf("%+v", got)
	}
}

// INV-50: an accepted call that dies before its handshake ends with
// IncomingCloseCall.
func TestINV50AcceptedCallDies(t *testing.T) {
	r := start(t)
	h, call := r.offer(1)
	r.ask(1, cm.IncomingCallComplete{VC: h})
	r.indicate(labLink, primitive.ReleaseInd{Call: call, Cause: ie.Cause{Value: ie.CauseTimerExpiry}})
	if got := next[cm.IncomingCloseCall](r, 1); got.Status != cm.Failure {
		t.Errorf("%+v", got)
	}
	r.ask(1, cm.CloseCall{VC: h})
	next[cm.CloseCallComplete](r, 1)
	next[cm.DeleteVCIndication](r, 1)
}

// INV-51: an answer may lower the sizes and choose a B-LLI, if it says so; what
// else it alters is refused and the offer waits.
func TestINV51AlteredOffer(t *testing.T) {
	offer := incomingParams(7)
	offer.BLLI = [][]byte{{1}, {2}}
	lower := offer
	lower.Contract.Forward.MaxSDU, lower.Contract.Backward.MaxSDU = 500, 4000
	lower.BLLI = [][]byte{{2}}
	faster := offer
	faster.Contract.Forward.PCR = 2000
	cbr := offer
	cbr.Contract.Category = vc.CBR
	strange := primitive.Params{BLLI: [][]byte{{3}}}
	rows := []struct {
		name    string
		changed bool
		params  primitive.Params
		status  cm.Status
		size    uint16
		blli    [][]byte
	}{
		{"as offered", false, primitive.Params{}, cm.Success, 1492, [][]byte{{1}}},
		{"not flagged", false, lower, cm.Success, 1492, [][]byte{{1}}},
		{"lower size and second B-LLI", true, lower, cm.Success, 500, [][]byte{{2}}},
		{"nothing set", true, primitive.Params{}, cm.Success, 1492, [][]byte{{1}}},
		{"higher rate", true, faster, cm.InvalidData, 0, nil},
		{"other category", true, cbr, cm.InvalidData, 0, nil},
		{"B-LLI not offered", true, strange, cm.InvalidData, 0, nil},
		{"B-HLI", true, primitive.Params{BHLI: []byte{0x81}}, cm.InvalidData, 0, nil},
		{"two B-LLI", true, offer, cm.InvalidData, 0, nil},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			r := start(t)
			call := primitive.IncomingCall | 1
			r.indicate(labLink, primitive.SetupInd{Call: call, Params: offer})
			h := next[cm.IncomingCall](r, 1).VC
			got := r.ask(1, cm.IncomingCallComplete{VC: h, Changed: row.changed, Parameters: row.params})
			if got.Status != row.status {
				t.Fatalf("answer %+v, want %s", got, row.status)
			}
			if row.status != cm.Success {
				if got := r.ask(1, cm.IncomingCallComplete{VC: h}); got.Status != cm.Success {
					t.Errorf("the offer does not wait: %+v", got)
				}
				return
			}
			p := asked[primitive.AcceptReq](r, labLink).Params
			if p.Contract.Forward.MaxSDU != row.size || p.Contract.Backward.MaxSDU != 1492 {
				t.Errorf("sizes %+v", p.Contract)
			}
			if diff := cmp.Diff(row.blli, p.BLLI); diff != "" {
				t.Errorf("B-LLI (-want +got):\n%s", diff)
			}
		})
	}
}

// INV-52, 3.3: a refusal ends the offer with the status's cause, or the
// client's, or 21; the VC goes.
func TestINV52Refusal(t *testing.T) {
	for _, row := range []struct {
		answer cm.IncomingCallComplete
		want   ie.CauseValue
	}{
		{cm.IncomingCallComplete{Status: cm.Failure}, ie.CauseCallRejected},
		{cm.IncomingCallComplete{Status: cm.NotAccepted}, ie.CauseCallRejected},
		{cm.IncomingCallComplete{Status: cm.CallActive}, ie.CauseUserBusy},
		{cm.IncomingCallComplete{Status: cm.Closing}, ie.CauseDestinationOutOfOrder},
		{cm.IncomingCallComplete{Status: cm.CellRateNotAvailable}, ie.CauseCellRateUnavailable},
		// The value of the model and of Q.2610, not that of UNI 3.1.
		{cm.IncomingCallComplete{Status: cm.AALParamsUnsupported}, 93},
		{cm.IncomingCallComplete{Status: cm.Failure, Cause: ie.Cause{Value: ie.CauseUserBusy, Location: ie.LocationTransit}}, ie.CauseUserBusy},
	} {
		r := start(t)
		h, call := r.offer(1)
		row.answer.VC = h
		if got := r.ask(1, row.answer); got.Status != cm.Success {
			t.Errorf("refusal: %+v", got)
		}
		got := asked[primitive.RejectReq](r, labLink)
		if got.Cause.Value != row.want || got.Cause.Location != ie.LocationUser || got.Call != call {
			t.Errorf("RejectReq %+v, want cause %d from the user", got, row.want)
		}
		r.indicate(labLink, primitive.ReleaseConf{Call: call})
		next[cm.DeleteVCIndication](r, 1)
		r.quiet()
	}
}

// INV-55, INV-56: CloseCall drains for its linger, and completes when the
// branch is inactive.
func TestINV56CloseCall(t *testing.T) {
	zero, long := time.Duration(0), time.Hour
	for _, row := range []struct {
		linger *time.Duration
		want   time.Duration
	}{{nil, 30 * time.Second}, {&zero, 0}, {&long, time.Hour}} {
		r := start(t)
		h, call := r.connected(1)
		if got := r.ask(1, cm.CloseCall{VC: h, Linger: row.linger}); got.Status != cm.Pending {
			t.Errorf("CloseCall: %+v", got)
		}
		got := asked[primitive.ReleaseReq](r, labLink)
		if got.Linger != row.want || got.Cause.Value != ie.CauseNormalClearing || got.Call != call {
			t.Errorf("ReleaseReq %+v, want linger %s", got, row.want)
		}
		r.quiet()
		if rows, _ := r.m.VCs(0, 1); rows[0].State != vc.Deactivating || rows[0].CallState != vc.Closing {
			t.Errorf("row %+v", rows[0])
		}
		r.indicate(labLink, primitive.ReleaseConf{Call: call, Drain: vc.DrainReport{Sent: 5}})
		if got := next[cm.CloseCallComplete](r, 1); got.Drain.Sent != 5 {
			t.Errorf("%+v", got)
		}
		if rows, _ := r.m.VCs(0, 1); rows[0].State != vc.Created || rows[0].CallState != vc.Idle {
			t.Errorf("row %+v", rows[0])
		}
	}
}
