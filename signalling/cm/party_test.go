package cm_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"callmanager/signalling/cm"
	"callmanager/signalling/primitive"
	"callmanager/signalling/q2931/ie"
	"callmanager/vc"
)

// root makes a connected point-to-multipoint call of client 1 and returns its first party.
func (r *rig) root() (h vc.Handle, call primitive.CallID, first vc.Handle) {
	r.t.Helper()
	h = r.create(1)
	if got := r.ask(1, cm.MakeCall{VC: h, Called: peerAddr.String(), Multipoint: true}); got.Status != cm.Pending {
		r.t.Fatalf("MakeCall: %+v", got)
	}
	setup := asked[primitive.SetupReq](r, labLink)
	if c := setup.Params.Contract; !setup.Params.Multipoint || c.Forward.PCR == 0 || c.Backward != (vc.Flow{}) {
		r.t.Fatalf("SETUP with %+v", setup.Params)
	}
	r.indicate(labLink, primitive.ConnectInd{Call: setup.Call, ID: vc.ID{Link: labLink, VCI: 32}, Params: setup.Params})
	done := next[cm.MakeCallComplete](r, 1)
	if done.Status != cm.Success || done.Party == 0 || !done.Parameters.Multipoint {
		r.t.Fatalf("MakeCall: %+v", done)
	}
	return h, setup.Call, done.Party
}

// add adds a party that the link has not answered for yet.
func (r *rig) add(h vc.Handle, sel uint8) primitive.AddPartyReq {
	r.t.Helper()
	if got := r.ask(1, cm.AddParty{VC: h, Called: peerAddr.String(), CalledSelector: &sel}); got.Status != cm.Pending {
		r.t.Fatalf("AddParty: %+v", got)
	}
	q := asked[primitive.AddPartyReq](r, labLink)
	if q.Params.Called != peerAddr.WithSelector(sel) || q.Party == primitive.FirstParty || q.Party&primitive.AddedParty != 0 {
		r.t.Fatalf("ADD PARTY %+v", q)
	}
	return q
}

// added adds a party that is active.
func (r *rig) added(h vc.Handle, sel uint8) (vc.Handle, primitive.PartyID) {
	r.t.Helper()
	q := r.add(h, sel)
	r.indicate(labLink, primitive.AddPartyConf{Call: q.Call, Party: q.Party, Params: q.Params})
	done := next[cm.AddPartyComplete](r, 1)
	if done.Status != cm.Success || done.VC != h {
		r.t.Fatalf("AddParty: %+v", done)
	}
	return done.Party, q.Party
}

// wantReply fails unless a request is answered with a status.
func (r *rig) wantReply(q cm.Request, want cm.Status) {
	r.t.Helper()
	if got := r.ask(1, q); got.Status != want {
		r.t.Fatalf("%T: %s %q, want %s", q, got.Status, got.Detail, want)
	}
}

// TestINV32NoPartyOfAPointToPointCall: a call without parties has no party handle, and takes no parties
// (INV-32, INV-38).
func TestINV32NoPartyOfAPointToPointCall(t *testing.T) {
	r := start(t)
	h, call := r.call(1)
	r.wantReply(cm.AddParty{VC: h, Called: peerAddr.String()}, cm.NotAccepted)
	r.indicate(labLink, primitive.ConnectInd{Call: call, Params: primitive.Params{Called: peerAddr}})
	if got := next[cm.MakeCallComplete](r, 1); got.Party != 0 {
		t.Errorf("a party: %+v", got)
	}
	r.wantReply(cm.AddParty{VC: h, Called: peerAddr.String()}, cm.NotSupported)
	in, _ := r.offer(1)
	r.wantReply(cm.AddParty{VC: in, Called: peerAddr.String()}, cm.NotSupported)
}

// TestINV33FirstParty: a point-to-multipoint call has a party when MakeCall completes, and none when that
// fails (INV-27, INV-33).
func TestINV33FirstParty(t *testing.T) {
	r := start(t)
	_, _, first := r.root()
	r.wantReply(cm.DropParty{Party: first}, cm.Failure)
	h := r.create(1)
	r.wantReply(cm.MakeCall{VC: h, Called: peerAddr.String(), Multipoint: true}, cm.Pending)
	r.indicate(labLink, primitive.ReleaseConf{Call: asked[primitive.SetupReq](r, labLink).Call, Cause: ie.Cause{Value: ie.CauseUserBusy}})
	if got := next[cm.MakeCallComplete](r, 1); got.Status == cm.Success || got.Party != 0 {
		t.Errorf("%+v", got)
	}
	if n := r.m.Parties(1); n != 1 {
		t.Errorf("%d parties are charged, want the first call's", n)
	}
}

// TestINV35PartiesShareTheContract: a party has the contract of its call, which flows one way.
func TestINV35PartiesShareTheContract(t *testing.T) {
	r := start(t)
	h := r.create(1)
	flow := vc.Flow{PCR: 100, MaxSDU: 500}
	both := vc.Contract{Category: vc.CBR, Forward: flow, Backward: flow}
	r.wantReply(cm.MakeCall{VC: h, Called: peerAddr.String(), Multipoint: true, Contract: both}, cm.InvalidData)
	both.Backward = vc.Flow{}
	r.wantReply(cm.MakeCall{VC: h, Called: peerAddr.String(), Multipoint: true, Contract: both}, cm.Pending)
	setup := asked[primitive.SetupReq](r, labLink)
	r.indicate(labLink, primitive.ConnectInd{Call: setup.Call, Params: setup.Params})
	next[cm.MakeCallComplete](r, 1)
	if q := r.add(h, 9); q.Params.Contract != both {
		t.Errorf("the party has %+v", q.Params.Contract)
	}
}

// TestINV38AddParty: what AddParty refuses, and that one refused by the network leaves nothing.
func TestINV38AddParty(t *testing.T) {
	r := start(t)
	h, call, _ := r.root()
	sel := uint8(1)
	for _, q := range []struct {
		r    cm.AddParty
		want cm.Status
	}{
		{cm.AddParty{VC: h, Called: "nobody"}, cm.InvalidAddress},
		{cm.AddParty{VC: h, Called: "+4930123", CalledSelector: &sel}, cm.InvalidData},
		{cm.AddParty{VC: h, Called: peerAddr.String(), BLLI: [][]byte{{1}, {2}}}, cm.InvalidData},
		{cm.AddParty{VC: h, Called: ownAddr.String()}, cm.NoRouteToDestination},
		{cm.AddParty{VC: h + 7, Called: peerAddr.String()}, cm.Failure},
	} {
		r.wantReply(q.r, q.want)
	}
	q := r.add(h, 9)
	r.indicate(labLink, primitive.DropPartyConf{Call: call, Party: q.Party, Cause: ie.Cause{Value: ie.CauseUserBusy}, Detail: "busy"})
	got := next[cm.AddPartyComplete](r, 1)
	want := cm.AddPartyComplete{
		Request: got.Request, VC: h, Status: got.Status, Detail: "link lab: busy", Cause: ie.Cause{Value: ie.CauseUserBusy}, Parameters: q.Params,
	}
	if diff := cmp.Diff(want, got, addrs); diff != "" || got.Status == cm.Success {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if n := r.m.Parties(1); n != 1 {
		t.Errorf("%d parties are charged, want 1", n)
	}
}

// TestINV39LastParty: the last party is for CloseCall, and CloseCall for the last party.
func TestINV39LastParty(t *testing.T) {
	r := start(t)
	h, call, first := r.root()
	second, id := r.added(h, 9)
	r.wantReply(cm.CloseCall{VC: h}, cm.NotAccepted)
	r.wantReply(cm.DropParty{Party: second, Cause: ie.Cause{Value: ie.CauseCallRejected}}, cm.Pending)
	if q := asked[primitive.DropPartyReq](r, labLink); q.Party != id || q.Cause.Value != ie.CauseCallRejected {
		t.Errorf("DROP PARTY %+v", q)
	}
	r.wantReply(cm.DropParty{Party: second}, cm.Closing)
	r.wantReply(cm.DropParty{Party: first}, cm.Failure)
	r.indicate(labLink, primitive.DropPartyConf{Call: call, Party: id, Cause: ie.Cause{Value: ie.CauseCallRejected}})
	if got := next[cm.DropPartyComplete](r, 1); got.Party != second || got.Status != cm.Success {
		t.Errorf("%+v", got)
	}
	r.wantReply(cm.DropParty{Party: second}, cm.Failure)
	r.wantReply(cm.CloseCall{VC: h}, cm.Pending)
	r.indicate(labLink, primitive.ReleaseConf{Call: asked[primitive.ReleaseReq](r, labLink).Call})
	next[cm.CloseCallComplete](r, 1)
	r.wantReply(cm.DropParty{Party: first}, cm.Failure)
	if n := r.m.Parties(1); n != 0 {
		t.Errorf("%d parties are charged", n)
	}
}

// TestINV40RemoteDrop: a leaf that leaves others behind is told by IncomingDropParty, which the client answers
// with DropParty; the last one by IncomingCloseCall (INV-41, INV-42).
func TestINV40RemoteDrop(t *testing.T) {
	r := start(t)
	h, call, first := r.root()
	second, _ := r.added(h, 9)
	third, _ := r.added(h, 10)
	r.indicate(labLink, primitive.DropPartyInd{Call: call, Party: primitive.FirstParty, Cause: ie.Cause{Value: ie.CauseNormalClearing}, Remote: true})
	if got := next[cm.IncomingDropParty](r, 1); got.Party != first || got.VC != h || got.Status != cm.Success || got.Cause.Value != ie.CauseNormalClearing {
		t.Errorf("%+v", got)
	}
	r.wantReply(cm.CloseCall{VC: h}, cm.NotAccepted)
	r.wantReply(cm.DropParty{Party: first}, cm.Pending)
	if got := next[cm.DropPartyComplete](r, 1); got.Party != first || len(r.toLink[labLink]) != 0 {
		t.Errorf("%+v, and the link was asked %+v", got, r.toLink[labLink])
	}
	r.indicate(labLink, primitive.ReleaseInd{Call: call, Cause: ie.Cause{Value: ie.CauseDestinationOutOfOrder}})
	if got := next[cm.IncomingCloseCall](r, 1); got.Status == cm.Success {
		t.Errorf("%+v", got)
	}
	r.quiet()
	r.wantReply(cm.AddParty{VC: h, Called: peerAddr.String()}, cm.Failure)
	r.wantReply(cm.CloseCall{VC: h}, cm.NotAccepted)
	r.wantReply(cm.DropParty{Party: third}, cm.Pending)
	next[cm.DropPartyComplete](r, 1)
	r.wantReply(cm.DropParty{Party: second}, cm.Failure)
	r.wantReply(cm.CloseCall{VC: h}, cm.Pending)
	next[cm.CloseCallComplete](r, 1)
}

// TestPartyOfAnEndedCall: an administrator ends a call while a party is being added, one is being dropped and
// one leaves: each completion comes once.
func TestPartyOfAnEndedCall(t *testing.T) {
	r := start(t)
	h, call, _ := r.root()
	second, id := r.added(h, 9)
	_, third := r.added(h, 10)
	adding := r.add(h, 11)
	r.wantReply(cm.DropParty{Party: second}, cm.Pending)
	asked[primitive.DropPartyReq](r, labLink)
	r.wantReply(cm.AdminClose{VC: h}, cm.Success)
	asked[primitive.ReleaseReq](r, labLink)
	next[cm.IncomingCloseCall](r, 1)
	r.indicate(labLink, primitive.DropPartyInd{Call: call, Party: third})
	r.indicate(labLink, primitive.AddPartyConf{Call: call, Party: adding.Party})
	if got := next[cm.AddPartyComplete](r, 1); got.Status != cm.RequestAborted || got.Cause.Value == 0 {
		t.Errorf("%+v", got)
	}
	r.indicate(labLink, primitive.DropPartyConf{Call: call, Party: id})
	next[cm.DropPartyComplete](r, 1)
	r.indicate(labLink, primitive.ReleaseConf{Call: call})
	r.quiet()
}

// TestPartiesOfAGoneClient: nothing of the parties is left, whatever they were at.
func TestPartiesOfAGoneClient(t *testing.T) {
	r := start(t)
	h, call, _ := r.root()
	_, second := r.added(h, 9)
	third, id := r.added(h, 10)
	adding := r.add(h, 11)
	r.wantReply(cm.DropParty{Party: third}, cm.Pending)
	r.indicate(labLink, primitive.DropPartyInd{Call: call, Party: second})
	r.detach(1)
	r.indicate(labLink, primitive.DropPartyConf{Call: call, Party: id})
	r.indicate(labLink, primitive.AddPartyConf{Call: call, Party: adding.Party})
	r.toLink[labLink] = nil
	r.indicate(labLink, primitive.ReleaseConf{Call: call})
	r.leaks()
}

// TestPartyLimit: a client's parties are counted, and one beyond the limit is refused with RESOURCES.
func TestPartyLimit(t *testing.T) {
	r := newRigWith(t, cm.Config{Limits: cm.Limits{Parties: 2}})
	r.attach(1)
	h, _, _ := r.root()
	r.added(h, 9)
	r.wantReply(cm.AddParty{VC: h, Called: peerAddr.String()}, cm.Resources)
}

// TestPartyHandles: handles of other kinds and of others are refused.
func TestPartyHandles(t *testing.T) {
	r := start(t)
	h, _, first := r.root()
	r.attach(2)
	for _, q := range []struct {
		id   cm.ClientID
		r    cm.Request
		want cm.Status
	}{
		{2, cm.DropParty{Party: first}, cm.NotPermitted},
		{1, cm.DropParty{Party: h}, cm.Failure},
		{1, cm.DropParty{Party: 1 << 40}, cm.Failure},
		{1, cm.CloseCall{VC: first}, cm.Failure},
		{2, cm.CloseCall{VC: first}, cm.NotPermitted},
		{1, cm.DropParty{Party: first, Cause: ie.Cause{Value: 200}}, cm.InvalidData},
	} {
		if got := r.ask(q.id, q.r); got.Status != q.want {
			t.Errorf("client %d, %+v: %s %q, want %s", q.id, q.r, got.Status, got.Detail, q.want)
		}
	}
}

// leafParams are those of a call with leaves.
func leafParams(sel byte) primitive.Params {
	p := incomingParams(sel)
	p.Multipoint, p.Contract.Backward = true, vc.Flow{}
	return p
}

// TestLeaves: the leaves of one call are offered to their clients each with a VC of its own, and end alone or
// with the call.
func TestLeaves(t *testing.T) {
	r := start(t)
	r.attach(2)
	r.register(2, 8)
	const call = primitive.IncomingCall | 5
	id := vc.ID{Link: labLink, VCI: 40}
	r.indicate(labLink, primitive.SetupInd{Call: call, ID: id, Params: leafParams(7)})
	first := next[cm.IncomingCall](r, 1)
	r.wantReply(cm.IncomingCallComplete{VC: first.VC, Status: cm.Success}, cm.Success)
	if q := asked[primitive.AcceptPartyReq](r, labLink); q.Call != call || q.Party != primitive.FirstParty || q.VC != first.VC {
		t.Errorf("%+v", q)
	}
	r.indicate(labLink, primitive.CompleteInd{Call: call})
	next[cm.CallConnected](r, 1)

	const party = primitive.AddedParty | 1
	r.indicate(labLink, primitive.AddPartyInd{Call: call, Party: party, Params: leafParams(8)})
	second := next[cm.IncomingCall](r, 2)
	if second.ID != id || second.VC == first.VC || !second.Parameters.Multipoint {
		t.Errorf("offered %+v", second)
	}
	r.ask(2, cm.IncomingCallComplete{VC: second.VC, Status: cm.Success})
	asked[primitive.AcceptPartyReq](r, labLink)
	r.indicate(labLink, primitive.CompleteInd{Call: call, Party: party})
	next[cm.CallConnected](r, 2)

	r.indicate(labLink, primitive.AddPartyInd{Call: call, Party: party + 1, Params: leafParams(9)})
	if q := asked[primitive.RejectPartyReq](r, labLink); q.Party != party+1 || q.Cause.Value != ie.CauseIncompatibleDestination {
		t.Errorf("no SAP: %+v", q)
	}
	r.indicate(labLink, primitive.DropPartyConf{Call: call, Party: party + 1})

	r.wantReply(cm.CloseCall{VC: first.VC}, cm.Pending) // the first leaf leaves, the second stays
	if q := asked[primitive.DropPartyReq](r, labLink); q.Party != primitive.FirstParty {
		t.Errorf("%+v", q)
	}
	r.indicate(labLink, primitive.DropPartyConf{Call: call, Party: primitive.FirstParty})
	next[cm.CloseCallComplete](r, 1)
	next[cm.DeleteVCIndication](r, 1)
	r.indicate(labLink, primitive.AddPartyInd{Call: call, Party: party + 2, Params: leafParams(7)})
	third := next[cm.IncomingCall](r, 1)
	r.wantReply(cm.IncomingCallComplete{VC: third.VC, Status: cm.Failure}, cm.Success)
	if q := asked[primitive.RejectPartyReq](r, labLink); q.Party != party+2 {
		t.Errorf("%+v", q)
	}
	r.indicate(labLink, primitive.DropPartyConf{Call: call, Party: party + 2})
	next[cm.DeleteVCIndication](r, 1)

	r.indicate(labLink, primitive.DropPartyInd{Call: call, Party: party, Cause: ie.Cause{Value: ie.CauseNormalClearing}, Remote: true})
	if got := next[cm.IncomingCloseCall](r, 2); got.VC != second.VC || got.Status != cm.Success {
		t.Errorf("%+v", got)
	}
	r.indicate(labLink, primitive.ReleaseInd{Call: call})
	if n := r.m.Counts(); n.Calls != 0 {
		t.Errorf("%+v", n)
	}
}

// TestLeavesEndWithTheirCall: the release of a call ends every leaf, accepted or merely offered.
func TestLeavesEndWithTheirCall(t *testing.T) {
	r := start(t)
	const call = primitive.IncomingCall | 5
	r.indicate(labLink, primitive.SetupInd{Call: call, Params: leafParams(7)})
	first := next[cm.IncomingCall](r, 1)
	r.wantReply(cm.IncomingCallComplete{VC: first.VC, Status: cm.Success}, cm.Success)
	r.indicate(labLink, primitive.AddPartyInd{Call: call, Party: primitive.AddedParty | 1, Params: leafParams(7)})
	second := next[cm.IncomingCall](r, 1)
	r.indicate(labLink, primitive.ReleaseInd{Call: call, Cause: ie.Cause{Value: ie.CauseNormalClearing}, Remote: true, Drain: vc.DrainReport{Dropped: 3}})
	dropped := uint64(0)
	for _, want := range []vc.Handle{first.VC, second.VC} {
		if got := next[cm.IncomingCloseCall](r, 1); got.VC != want || got.Status != cm.Success {
			t.Errorf("%+v", got)
		}
	}
	for _, h := range []vc.Handle{first.VC, second.VC} {
		r.wantReply(cm.CloseCall{VC: h}, cm.Pending)
		dropped += next[cm.CloseCallComplete](r, 1).Drain.Dropped
		next[cm.DeleteVCIndication](r, 1)
	}
	if dropped != 3 {
		t.Errorf("%d SDUs are told as dropped, want 3", dropped)
	}
}

// TestLeavesSayNothing refuses the user-user information that no message of a leaf carries, in place of losing it; the
// answer of the first leaf carries it.
func TestLeavesSayNothing(t *testing.T) {
	r := start(t)
	const call = primitive.IncomingCall | 5
	said := []byte{4, 1}
	r.indicate(labLink, primitive.SetupInd{Call: call, Params: leafParams(7)})
	first := next[cm.IncomingCall](r, 1).VC
	r.wantReply(cm.Alert{VC: first, UserUser: said}, cm.Success)
	asked[primitive.AlertReq](r, labLink)
	r.wantReply(cm.IncomingCallComplete{VC: first, Status: cm.Failure, UserUser: said}, cm.InvalidData)
	r.wantReply(cm.IncomingCallComplete{VC: first, Status: cm.Success, UserUser: said}, cm.Success)
	if q := asked[primitive.AcceptPartyReq](r, labLink); len(q.Params.UserUser) != 2 {
		t.Errorf("%+v", q)
	}
	r.indicate(labLink, primitive.CompleteInd{Call: call})
	next[cm.CallConnected](r, 1)
	r.wantReply(cm.CloseCall{VC: first, CloseData: said}, cm.InvalidData)

	r.indicate(labLink, primitive.AddPartyInd{Call: call, Party: primitive.AddedParty | 1, Params: leafParams(7)})
	second := next[cm.IncomingCall](r, 1).VC
	r.wantReply(cm.Alert{VC: second}, cm.NotSupported)
	r.wantReply(cm.IncomingCallComplete{VC: second, Status: cm.Success, UserUser: said}, cm.InvalidData)
	r.wantReply(cm.CloseCall{VC: second, CloseData: said}, cm.InvalidData)
	r.wantReply(cm.IncomingCallComplete{VC: second, Status: cm.Success}, cm.Success)
	asked[primitive.AcceptPartyReq](r, labLink)
}

// TestLeafWithoutMemory: a leaf for which there is no ring is refused alone.
func TestLeafWithoutMemory(t *testing.T) {
	r := start(t)
	const call = primitive.IncomingCall | 5
	r.indicate(labLink, primitive.SetupInd{Call: call, Params: leafParams(7)})
	next[cm.IncomingCall](r, 1)
	r.openErr = errPlane
	r.indicate(labLink, primitive.AddPartyInd{Call: call, Party: primitive.AddedParty | 1, Params: leafParams(7)})
	r.openErr = nil
	if q := asked[primitive.RejectPartyReq](r, labLink); q.Cause.Value != ie.CauseResourceUnavailable {
		t.Errorf("%+v", q)
	}
	r.quiet()
	r.indicate(labLink, primitive.DropPartyConf{Call: call, Party: primitive.AddedParty | 1})
}

// TestPartyCrossings: a DropParty that crosses the leaf's own leaving, one for a party whose handle the client
// cannot know yet, and the end of a call one of whose parties has gone before.
func TestPartyCrossings(t *testing.T) {
	r := start(t)
	h, call, _ := r.root()
	second, id := r.added(h, 9)
	third, left := r.added(h, 10)
	adding := r.add(h, 11)
	hs := r.m.PartyHandles()
	r.wantReply(cm.DropParty{Party: hs[len(hs)-1]}, cm.NotAccepted)
	r.wantReply(cm.DropParty{Party: second}, cm.Pending)
	r.indicate(labLink, primitive.DropPartyInd{Call: call, Party: id})
	r.quiet()
	r.indicate(labLink, primitive.DropPartyConf{Call: call, Party: id})
	next[cm.DropPartyComplete](r, 1)
	r.indicate(labLink, primitive.DropPartyInd{Call: call, Party: left})
	if got := next[cm.IncomingDropParty](r, 1); got.Party != third {
		t.Errorf("%+v", got)
	}
	r.indicate(labLink, primitive.DropPartyConf{Call: call, Party: adding.Party})
	next[cm.AddPartyComplete](r, 1)
	r.indicate(labLink, primitive.ReleaseInd{Call: call})
	next[cm.IncomingCloseCall](r, 1)
	r.quiet()
}

// INV-42: CloseCall has given the last party's handle back, so a leaf that leaves at the same time is told of no more;
// its client could not answer.
func TestINV42PartyLeavesWhileTheCallCloses(t *testing.T) {
	r := start(t)
	h, call, _ := r.root()
	r.add(h, 8) // and so the leaf is not the last for the link
	if got := r.ask(1, cm.CloseCall{VC: h}); got.Status != cm.Pending {
		t.Fatalf("CloseCall: %+v", got)
	}
	asked[primitive.ReleaseReq](r, labLink)
	r.indicate(labLink, primitive.DropPartyInd{Call: call, Party: primitive.FirstParty, Cause: ie.Cause{Value: ie.CauseNormalClearing}, Remote: true})
	r.quiet()
	r.indicate(labLink, primitive.ReleaseConf{Call: call})
	next[cm.AddPartyComplete](r, 1)
	next[cm.CloseCallComplete](r, 1)
	if n := r.m.Counts(); n.Parties != 0 {
		t.Errorf("left: %+v", n)
	}
}
