package cm_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"callmanager/signalling/cm"
	"callmanager/signalling/primitive"
	"callmanager/signalling/q2931/ie"
	"callmanager/vc"
)

// thirdAddr is reached over thirdLink.
const thirdAddr = "4700060000000000000000000000000000000000"

var (
	busy     = ie.Cause{Value: ie.CauseUserBusy}
	cleared  = ie.Cause{Value: ie.CauseNormalClearing}
	linkLost = ie.Cause{Value: ie.CauseDestinationOutOfOrder}
)

// open asks for a party that is the first on thirdLink.
func (r *rig) open(h vc.Handle) primitive.SetupReq {
	r.t.Helper()
	r.wantReply(cm.AddParty{VC: h, Called: thirdAddr}, cm.Pending)
	q := asked[primitive.SetupReq](r, thirdLink)
	if !q.Params.Multipoint || q.VC != h || q.Params.Called.String() == "" {
		r.t.Fatalf("SETUP %+v", q)
	}
	return q
}

// opened adds a party that is the first on thirdLink.
func (r *rig) opened(h vc.Handle) (primitive.CallID, vc.Handle) {
	r.t.Helper()
	q := r.open(h)
	r.indicate(thirdLink, primitive.ConnectInd{Call: q.Call, ID: vc.ID{Link: thirdLink, VCI: 77}, Params: q.Params})
	return q.Call, r.addedParty(h)
}

// addedParty takes the completion of an AddParty that has succeeded.
func (r *rig) addedParty(h vc.Handle) vc.Handle {
	r.t.Helper()
	done := next[cm.AddPartyComplete](r, 1)
	if done.Status != cm.Success || done.VC != h || done.Party == 0 {
		r.t.Fatalf("AddParty: %+v", done)
	}
	return done.Party
}

// failedParty takes the completion of one that has failed.
func (r *rig) failedParty(c ie.CauseValue) {
	r.t.Helper()
	if done := next[cm.AddPartyComplete](r, 1); done.Status == cm.Success || done.Party != 0 || done.Cause.Value != c {
		r.t.Fatalf("AddParty: %+v, want cause %d", done, c)
	}
}

// branches returns the rows of a VC's branches.
func (r *rig) branches(h vc.Handle) []cm.BranchRow {
	rows, _ := r.m.VCs(h-1, 1)
	if len(rows) == 0 || rows[0].Handle != h {
		return nil
	}
	return rows[0].Branches
}

// TestPartiesOnSeveralLinks: the first party on a link opens a branch there by SETUP, which has the call's contract and
// the link's own calling number; others join it.
func TestPartiesOnSeveralLinks(t *testing.T) {
	r := start(t)
	h, call, first := r.root()
	q := r.open(h)
	want := []cm.BranchRow{{Link: "lab", ID: vc.ID{Link: labLink, VCI: 32}, Parties: 1}, {Link: "third", ID: vc.ID{Link: thirdLink}, Opening: true}}
	if d := cmp.Diff(want, r.branches(h)); d != "" {
		t.Errorf("branches (-want +got)\n%s", d)
	}
	r.indicate(thirdLink, primitive.ProceedingInd{Call: q.Call, ID: vc.ID{Link: thirdLink, VCI: 77}, Alerting: true})
	r.indicate(thirdLink, primitive.ProgressInd{Call: q.Call})
	r.quiet() // The model has no progress of a party.
	r.indicate(thirdLink, primitive.ConnectInd{Call: q.Call, ID: vc.ID{Link: thirdLink, VCI: 77}, Params: q.Params})
	second := r.addedParty(h)
	r.wantReply(cm.AddParty{VC: h, Called: thirdAddr}, cm.Pending)
	more := asked[primitive.AddPartyReq](r, thirdLink)
	if more.Call != q.Call || more.Params.Contract != q.Params.Contract || more.Party == primitive.FirstParty {
		t.Errorf("ADD PARTY %+v on %+v", more, q)
	}
	r.indicate(thirdLink, primitive.AddPartyConf{Call: q.Call, Party: more.Party, Params: more.Params})
	third := r.addedParty(h)
	fourth, id := r.added(h, 9)
	want = []cm.BranchRow{{Link: "lab", ID: vc.ID{Link: labLink, VCI: 32}, Parties: 2}, {Link: "third", ID: vc.ID{Link: thirdLink, VCI: 77}, Parties: 2}}
	if d := cmp.Diff(want, r.branches(h)); d != "" {
		t.Errorf("branches (-want +got)\n%s", d)
	}

	// A party is dropped on its own branch, and the branch goes with its last one.
	r.wantReply(cm.DropParty{Party: fourth}, cm.Pending)
	if d := asked[primitive.DropPartyReq](r, labLink); d.Call != call || d.Party != id {
		t.Errorf("DROP PARTY %+v", d)
	}
	r.indicate(labLink, primitive.DropPartyConf{Call: call, Party: id, Cause: cleared})
	next[cm.DropPartyComplete](r, 1)
	r.wantReply(cm.DropParty{Party: first}, cm.Pending)
	if d := asked[primitive.DropPartyReq](r, labLink); d.Call != call || d.Party != primitive.FirstParty {
		t.Errorf("DROP PARTY %+v", d)
	}
	r.indicate(labLink, primitive.DropPartyConf{Call: call, Party: primitive.FirstParty, Cause: cleared})
	next[cm.DropPartyComplete](r, 1)
	r.indicate(labLink, primitive.ReleaseInd{Call: call, Cause: cleared, Drain: vc.DrainReport{Sent: 3}})
	r.quiet() // The call lives on, over the other link.
	if n := len(r.branches(h)); n != 1 {
		t.Errorf("%d branches are left", n)
	}
	r.wantReply(cm.DropParty{Party: second}, cm.Pending)
	if d := asked[primitive.DropPartyReq](r, thirdLink); d.Call != q.Call || d.Party != primitive.FirstParty {
		t.Errorf("DROP PARTY %+v", d)
	}
	r.indicate(thirdLink, primitive.DropPartyConf{Call: q.Call, Party: primitive.FirstParty})
	next[cm.DropPartyComplete](r, 1)
	r.wantReply(cm.DropParty{Party: third}, cm.Failure) // INV-39
	r.wantReply(cm.CloseCall{VC: h}, cm.Pending)
	end := asked[primitive.ReleaseReq](r, thirdLink)
	r.indicate(thirdLink, primitive.ReleaseConf{Call: end.Call, Drain: vc.DrainReport{Sent: 4}})
	if got := next[cm.CloseCallComplete](r, 1); got.Drain.Sent != 4 {
		t.Errorf("%+v", got)
	}
}

// TestFirstPartyOfALinkFails: a branch that does not come about is its first party's affair. Those that have waited for
// it try again.
func TestFirstPartyOfALinkFails(t *testing.T) {
	r := start(t)
	h, _, _ := r.root()
	q := r.open(h)
	for range 2 {
		r.wantReply(cm.AddParty{VC: h, Called: thirdAddr}, cm.Pending)
	}
	if n := len(r.toLink[thirdLink]); n != 0 {
		t.Fatalf("the link was asked %d times before the first party answered", n)
	}
	r.indicate(thirdLink, primitive.ReleaseConf{Call: q.Call, Cause: busy})
	r.failedParty(ie.CauseUserBusy)
	again := asked[primitive.SetupReq](r, thirdLink)
	if again.Call == q.Call || len(r.branches(h)) != 2 {
		t.Errorf("SETUP %+v, branches %+v", again, r.branches(h))
	}
	r.indicate(thirdLink, primitive.ConnectInd{Call: again.Call, Params: again.Params})
	r.addedParty(h)
	more := asked[primitive.AddPartyReq](r, thirdLink)
	r.indicate(thirdLink, primitive.DropPartyConf{Call: more.Call, Party: more.Party, Cause: busy})
	r.failedParty(ie.CauseUserBusy)
	r.quiet()
	if n := r.m.Parties(1); n != 2 {
		t.Errorf("%d parties are charged", n)
	}
}

// TestLinkGoesDownUnderParties: a link that fails takes its parties along, each by IncomingDropParty (INV-40); the call
// goes on over the others, and ends with the last link (INV-41).
func TestLinkGoesDownUnderParties(t *testing.T) {
	r := start(t)
	h, call, first := r.root()
	second, _ := r.added(h, 9)
	other, third := r.opened(h)
	adding := r.add(h, 10)
	r.indicate(labLink, primitive.DropPartyConf{Call: call, Party: adding.Party, Cause: linkLost})
	r.failedParty(linkLost.Value)
	r.indicate(labLink, primitive.ReleaseInd{Call: call, Cause: linkLost, Detail: "the cable is out"})
	for _, want := range []vc.Handle{first, second} {
		got := next[cm.IncomingDropParty](r, 1)
		if got.Party != want || got.VC != h || got.Status == cm.Success || got.Cause.Value != linkLost.Value || got.Detail != "link lab: the cable is out" {
			t.Errorf("%+v, want party %s", got, want)
		}
	}
	r.quiet()
	r.wantReply(cm.CloseCall{VC: h}, cm.NotAccepted)
	r.wantReply(cm.DropParty{Party: first}, cm.Pending)
	next[cm.DropPartyComplete](r, 1)

	// The link comes back: a branch of its own again.
	r.wantReply(cm.AddParty{VC: h, Called: peerAddr.String()}, cm.Pending)
	setup := asked[primitive.SetupReq](r, labLink)
	r.indicate(labLink, primitive.ConnectInd{Call: setup.Call, Params: setup.Params})
	fourth := r.addedParty(h)
	r.indicate(labLink, primitive.ReleaseInd{Call: setup.Call, Cause: cleared, Remote: true})
	if got := next[cm.IncomingDropParty](r, 1); got.Party != fourth || got.Status != cm.Success {
		t.Errorf("%+v", got)
	}
	r.indicate(thirdLink, primitive.ReleaseInd{Call: other, Cause: linkLost})
	if got := next[cm.IncomingCloseCall](r, 1); got.VC != h || got.Status == cm.Success {
		t.Errorf("%+v", got)
	}
	r.quiet()
	for _, p := range []vc.Handle{second, fourth} {
		r.wantReply(cm.DropParty{Party: p}, cm.Pending)
		next[cm.DropPartyComplete](r, 1)
	}
	r.wantReply(cm.DropParty{Party: third}, cm.Failure)
	r.wantReply(cm.CloseCall{VC: h}, cm.Pending)
	next[cm.CloseCallComplete](r, 1)
}

// TestLastBranchFails: the last party leaves while another is being added on another link. The call lives as long as
// that may come about, and ends when it does not.
func TestLastBranchFails(t *testing.T) {
	r := start(t)
	h, call, first := r.root()
	q := r.open(h)
	r.indicate(labLink, primitive.ReleaseInd{Call: call, Cause: cleared, Remote: true})
	if got := next[cm.IncomingDropParty](r, 1); got.Party != first {
		t.Errorf("%+v", got)
	}
	r.indicate(thirdLink, primitive.ReleaseConf{Call: q.Call, Cause: busy})
	r.failedParty(ie.CauseUserBusy)
	if got := next[cm.IncomingCloseCall](r, 1); got.Cause.Value != ie.CauseUserBusy {
		t.Errorf("%+v", got)
	}
	r.wantReply(cm.CloseCall{VC: h}, cm.Pending)
	next[cm.CloseCallComplete](r, 1)
}

// TestCallEndsWithABranchOpening: CloseCall, and what else ends a call, ends every branch of it, those that are
// opening and the parties that wait for them included; a connection that crosses that does not count.
func TestCallEndsWithABranchOpening(t *testing.T) {
	r := start(t)
	h, call, _ := r.root()
	q := r.open(h)
	r.wantReply(cm.AddParty{VC: h, Called: thirdAddr}, cm.Pending)
	r.wantReply(cm.CloseCall{VC: h}, cm.Pending)
	asked[primitive.ReleaseReq](r, labLink)
	asked[primitive.ReleaseReq](r, thirdLink)
	r.indicate(thirdLink, primitive.ConnectInd{Call: q.Call, Params: q.Params})
	r.indicate(labLink, primitive.ReleaseConf{Call: call, Cause: cleared})
	r.quiet()
	r.indicate(thirdLink, primitive.ReleaseConf{Call: q.Call, Cause: cleared})
	r.failedParty(ie.CauseNormalClearing)
	r.failedParty(ie.CauseNormalClearing)
	next[cm.CloseCallComplete](r, 1)

	r.wantReply(cm.RingDone{VC: h}, cm.Success)
	r.wantReply(cm.DeleteVC{VC: h}, cm.Success)
	h, call, _ = r.root()
	q = r.open(h)
	r.do(r.m.Violation(h, errPlane))
	next[cm.IncomingCloseCall](r, 1)
	r.wantReply(cm.AddParty{VC: h, Called: thirdAddr}, cm.Failure)
	asked[primitive.ReleaseReq](r, labLink)
	asked[primitive.ReleaseReq](r, thirdLink)
	r.wantReply(cm.CloseCall{VC: h}, cm.Pending)
	r.indicate(thirdLink, primitive.ReleaseConf{Call: q.Call, Cause: cleared})
	r.failedParty(ie.CauseNormalClearing)
	r.quiet()
	r.indicate(labLink, primitive.ReleaseConf{Call: call, Cause: cleared})
	next[cm.CloseCallComplete](r, 1)
}

// TestClientOfManyBranchesGone: the death of the client ends every branch.
func TestClientOfManyBranchesGone(t *testing.T) {
	for name, more := range map[string]func(r *rig, h vc.Handle){
		"open":    func(r *rig, h vc.Handle) { r.opened(h) },
		"opening": func(r *rig, h vc.Handle) { r.open(h) },
		"waiting": func(r *rig, h vc.Handle) {
			r.open(h)
			r.wantReply(cm.AddParty{VC: h, Called: thirdAddr}, cm.Pending)
		},
		"adding": func(r *rig, h vc.Handle) { r.opened(h); r.add(h, 9); r.toLink[labLink] = nil },
		"dropping": func(r *rig, h vc.Handle) {
			_, p := r.opened(h)
			r.wantReply(cm.DropParty{Party: p}, cm.Pending)
			r.toLink[thirdLink] = nil
		},
	} {
		t.Run(name, func(t *testing.T) {
			r := start(t)
			h, call, _ := r.root()
			more(r, h)
			r.detach(1)
			asked[primitive.ReleaseReq](r, labLink)
			a := asked[primitive.ReleaseReq](r, thirdLink)
			r.indicate(thirdLink, primitive.ReleaseConf{Call: a.Call, Cause: cleared})
			rows, _ := r.m.VCs(0, 10)
			if len(rows) != 1 || len(rows[0].Branches) != 1 {
				t.Fatalf("%+v", rows)
			}
			r.indicate(labLink, primitive.ReleaseConf{Call: call, Cause: cleared})
			r.leaks()
		})
	}
}

// TestDroppedBranchTakesNoMore: a party that is added while the last one on its link is being dropped has a branch of
// its own, as the old one is on its way out.
func TestDroppedBranchTakesNoMore(t *testing.T) {
	r := start(t)
	h, _, _ := r.root()
	old, party := r.opened(h)
	r.wantReply(cm.DropParty{Party: party}, cm.Pending)
	asked[primitive.DropPartyReq](r, thirdLink)
	q := r.open(h)
	if q.Call == old || len(r.branches(h)) != 3 {
		t.Errorf("SETUP %+v, branches %+v", q, r.branches(h))
	}
	r.indicate(thirdLink, primitive.DropPartyConf{Call: old, Party: primitive.FirstParty, Cause: cleared})
	next[cm.DropPartyComplete](r, 1)
	r.indicate(thirdLink, primitive.ReleaseInd{Call: old, Cause: cleared})
	r.quiet()
	r.indicate(thirdLink, primitive.ConnectInd{Call: q.Call, Params: q.Params})
	r.addedParty(h)
}

// TestLinkCannotCarryTheCall: a link that is down, or that carries no SDUs of the call's size, gets no branch, and nor
// does one for whose queue the client has no memory left.
func TestLinkCannotCarryTheCall(t *testing.T) {
	r := start(t)
	h, _, _ := r.root()
	third := cm.LinkInfo{ID: thirdLink, Name: "third", Prefixes: []vc.Prefix{prefixOf(t, "47.0006")}, MaxSDU: 1000, Up: true}
	r.m.Link(third)
	got := r.ask(1, cm.AddParty{VC: h, Called: thirdAddr})
	if got.Status != cm.AALParamsUnsupported || got.Cause.Value != ie.CauseAALNotSupportedUNI30 || got.Detail != "link third carries SDUs of 1000 octets at most, and the call has been made for 1492" {
		t.Errorf("%+v", got)
	}
	third.MaxSDU, third.Up, third.Reason = 0, false, "no carrier"
	r.m.Link(third)
	got = r.ask(1, cm.AddParty{VC: h, Called: thirdAddr})
	if got.Status != cm.DestOutOfOrder || got.Detail != "link third is down: no carrier" {
		t.Errorf("%+v", got)
	}
	third.MaxSDU, third.Largest, third.Up = 1000, 65535, true // In parts.
	r.m.Link(third)
	r.opened(h)
}

// TestBranchesAreCharged: the queue of each branch is charged to the client's ring memory, and given back.
func TestBranchesAreCharged(t *testing.T) {
	const queue, limit = 2 << 20, 32 << 20 // At the peak rate of a link of 1 Gbit/s.
	r := newRigWith(t, cm.Config{Limits: cm.Limits{RingBytes: limit}})
	r.attach(1)
	h, call, _ := r.root()
	one := r.m.RingBytes(1)
	other, party := r.opened(h)
	if got := r.m.RingBytes(1) - one; got != queue {
		t.Errorf("a branch is charged %d", got)
	}
	r.wantReply(cm.DropParty{Party: party}, cm.Pending)
	r.indicate(thirdLink, primitive.DropPartyConf{Call: other, Party: primitive.FirstParty})
	next[cm.DropPartyComplete](r, 1)
	r.indicate(thirdLink, primitive.ReleaseInd{Call: other})
	if got := r.m.RingBytes(1); got != one {
		t.Errorf("%d are charged without it, want %d", got, one)
	}
	for r.m.RingBytes(1)+queue <= limit { // Rings of other calls take what is left.
		g := r.create(1)
		if r.ask(1, cm.MakeCall{VC: g, Called: peerAddr.String(), SendRing: 256 << 10, ReceiveRing: 256 << 10}).Status != cm.Pending {
			break
		}
	}
	if got := r.ask(1, cm.AddParty{VC: h, Called: thirdAddr}); got.Status != cm.Resources || got.Cause.Value == 0 {
		t.Errorf("%+v", got)
	}
	if got := r.ask(1, cm.MakeCall{VC: r.create(1), Called: peerAddr.String(), Multipoint: true, SendRing: 1, ReceiveRing: 1}); got.Status != cm.Resources {
		t.Errorf("%+v", got)
	}
	r.indicate(labLink, primitive.ReleaseInd{Call: call, Cause: linkLost})
}
