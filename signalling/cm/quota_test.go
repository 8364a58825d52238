package cm_test

import (
	"testing"

	"callmanager/signalling/cm"
	"callmanager/signalling/primitive"
	"callmanager/signalling/q2931/ie"
	"callmanager/signalling/quota"
	"callmanager/vc"
)

// TestQuotas proves that each limit of a client answers RESOURCES, and that
// what is given back can be had again.
func TestQuotas(t *testing.T) {
	r := newRigWith(t, cm.Config{Limits: cm.Limits{VCs: 3, SAPs: 2, CallsInProgress: 2, Backlog: 3}})
	r.attach(1)
	r.attach(2)
	var vcs []vc.Handle
	for range 3 {
		vcs = append(vcs, r.create(1))
	}
	if got := r.ask(1, cm.CreateVC{}); got.Status != cm.Resources || got.Detail != quota.VCs.Reached(3) {
		t.Errorf("VC: %+v", got)
	}
	sap := r.register(1, 1)
	r.register(1, 2)
	if got := r.ask(1, cm.RegisterSAP{Selector: 3}); got.Status != cm.Resources || got.Detail != quota.SAPs.Reached(2) {
		t.Errorf("SAP: %+v", got)
	}
	r.ask(1, cm.DeregisterSAP{SAP: sap})
	r.register(1, 3)

	call := func(id cm.ClientID, h vc.Handle) cm.Reply {
		return r.ask(id, cm.MakeCall{VC: h, Called: peerAddr.String()})
	}
	call(1, vcs[0])
	call(1, vcs[1])
	if got := call(1, vcs[2]); got.Status != cm.Resources || got.Cause.Value != ie.CauseResourceUnavailable {
		t.Errorf("third call in progress: %+v", got)
	}
	call(2, r.create(2))
	if got := call(2, r.create(2)); got.Status != cm.Resources || got.Cause.Value != ie.CauseCongestion {
		t.Errorf("beyond the backlog: %+v", got)
	}
	first := asked[primitive.SetupReq](r, labLink).Call
	r.indicate(labLink, primitive.ConnectInd{Call: first})
	if got := call(1, vcs[2]); got.Status != cm.Pending {
		t.Errorf("after a connection: %+v", got)
	}
	if got, want := r.m.Stats().Limited, (quota.Counts{quota.VCs: 1, quota.SAPs: 1, quota.Calls: 1, quota.Backlog: 1}); got != want {
		t.Errorf("counted %v, want %v", got, want)
	}
	r.empty()
}

// TestUserQuota proves that the clients of a user share its VCs, also those of offers, that other users and
// administrators have their own, and that what is given back can be had again.
func TestUserQuota(t *testing.T) {
	r := newRigWith(t, cm.Config{Limits: cm.Limits{UserVCs: 3}})
	for id, cred := range map[cm.ClientID]cm.Credentials{1: {UID: 1000}, 2: {UID: 1000}, 3: {UID: 1001}, 4: {UID: 1000, Admin: true}} {
		r.connect(id, cred)
		r.ask(id, cm.OpenAF{Major: cm.MajorVersion})
	}
	first := r.create(1)
	r.create(2)
	r.register(1, 7)
	_, offered := r.offer(1)
	full := quota.UserVCs.Reached(3)
	for id := range cm.ClientID(2) {
		if got := r.ask(id+1, cm.CreateVC{}); got.Status != cm.Resources || got.Detail != full {
			t.Errorf("client %d: %+v", id+1, got)
		}
	}
	if got := r.ask(1, cm.MakeCall{Called: peerAddr.String()}); got.Status != cm.Resources || got.Detail != full {
		t.Errorf("a call on a new VC: %+v", got)
	}
	call := primitive.IncomingCall | primitive.CallID(2)
	r.indicate(labLink, primitive.SetupInd{Call: call, ID: vc.ID{Link: labLink, VCI: 33}, Params: incomingParams(7)})
	if end := asked[primitive.RejectReq](r, labLink); end.Call != call || end.Cause.Value != ie.CauseResourceUnavailable {
		t.Errorf("an offer: %+v", end)
	}
	r.create(3)
	r.create(4)
	r.ask(1, cm.DeleteVC{VC: first})
	r.create(2)
	r.detach(1)
	r.indicate(labLink, primitive.ReleaseConf{Call: offered}) // until then there is its VC
	r.detach(2)
	r.detach(4)
	for id := range cm.ClientID(3) {
		r.connect(5+id, cm.Credentials{UID: 1000})
		r.ask(5+id, cm.OpenAF{Major: cm.MajorVersion})
		r.create(5 + id)
	}
	if got := r.m.Stats().Limited; got != (quota.Counts{quota.UserVCs: 4}) {
		t.Errorf("counted %v", got)
	}
	r.empty()
}

// TestRingQuota proves that default rings shrink before they are refused, that
// what is asked for is granted or refused, and that RingDone gives back.
func TestRingQuota(t *testing.T) {
	r := newRigWith(t, cm.Config{Limits: cm.Limits{RingBytes: 64 << 20}})
	r.attach(1)
	call := func(ring uint32) (vc.Handle, cm.Reply) {
		h := r.create(1)
		return h, r.ask(1, cm.MakeCall{VC: h, Called: peerAddr.String(), SendRing: ring, ReceiveRing: ring})
	}
	// 1 Gbit/s for 100 ms is 12.5 MB: the most, 8 MiB, each way.
	first, _ := call(0)
	if got := r.m.RingBytes(1); got != 16<<20 {
		t.Errorf("default rings: %d octets", got)
	}
	call(0)
	call(0)
	if got := r.m.RingBytes(1); got != 32<<20+512<<10 {
		t.Errorf("beyond half of the quota: %d octets", got)
	}
	if _, got := call(16 << 20); got.Status != cm.Resources {
		t.Errorf("rings asked for: %+v", got)
	}
	if _, got := call(3 << 20 >> 1); got.Status != cm.Pending || r.m.RingBytes(1) != 36<<20+512<<10 {
		t.Errorf("rings asked for: %+v, %d octets", got, r.m.RingBytes(1))
	}
	if got := r.m.Stats().Limited; got != (quota.Counts{quota.Rings: 1}) {
		t.Errorf("counted %v", got)
	}
	if _, got := call(1<<30 + 1); got.Status != cm.InvalidData {
		t.Errorf("too much asked for: %+v", got)
	}
	for {
		if _, got := call(0); got.Status != cm.Pending {
			break
		}
	}
	// RingDone counts when the call is over, and at once then.
	charged := r.m.RingBytes(1)
	if got := r.ask(1, cm.RingDone{VC: first}); got.Status != cm.Success || r.m.RingBytes(1) != charged {
		t.Errorf("RingDone during the call: %+v, %d octets", got, r.m.RingBytes(1))
	}
	r.ask(1, cm.CloseCall{VC: first})
	r.indicate(labLink, primitive.ReleaseConf{Call: asked[primitive.SetupReq](r, labLink).Call})
	if got := r.m.RingBytes(1); got != charged-16<<20 {
		t.Errorf("after the call: %d octets, want %d less than %d", got, 16<<20, charged)
	}
	r.empty()
}

// TestSAPRings proves that a SAP's offers have the rings that it asks for, and the
// default ones when the quota has no such rings left.
func TestSAPRings(t *testing.T) {
	r := newRigWith(t, cm.Config{Limits: cm.Limits{RingBytes: 48 << 20}})
	r.attach(1)
	if got := r.ask(1, cm.RegisterSAP{Selector: 7, ReceiveRing: 1<<30 + 1}); got.Status != cm.InvalidData {
		t.Errorf("too much asked for: %+v", got)
	}
	if got := r.ask(1, cm.RegisterSAP{Selector: 7, SendRing: 2 << 20, ReceiveRing: 20 << 20}); got.Status != cm.Success {
		t.Fatalf("RegisterSAP: %+v", got)
	}
	charged := int64(0)
	for n, want := range []int64{34 << 20, 512 << 10} {
		r.offer(n + 1)
		if got := r.m.RingBytes(1) - charged; got != want {
			t.Errorf("offer %d: rings of %d octets, want %d", n+1, got, want)
		}
		charged = r.m.RingBytes(1)
	}
	r.empty()
}

// TestGenerations proves that the handle of a VC never names a later one, and
// that the oldest free place is taken first.
func TestGenerations(t *testing.T) {
	r := newRig(t)
	r.attach(1)
	a, b := r.create(1), r.create(1)
	r.ask(1, cm.DeleteVC{VC: a})
	r.ask(1, cm.DeleteVC{VC: b})
	c := r.create(1)
	if uint32(c) != uint32(a) || c>>32 != a>>32+1 {
		t.Errorf("%s after %s and %s", c, a, b)
	}
	if got := r.ask(1, cm.DeleteVC{VC: a}); got.Status != cm.Failure {
		t.Errorf("the old handle: %+v", got)
	}
	r.empty()
}

// TestNames proves that a client's name is fit for a list.
func TestNames(t *testing.T) {
	for in, want := range map[string]string{
		"cmctl call": "cmctl call", "a\x00\x1b[31mb\nc": "a[31mbc", "\xff\xfe": "", "é": "é",
	} {
		r := newRig(t)
		r.connect(1, cm.Credentials{PID: 42})
		r.ask(1, cm.OpenAF{Major: cm.MajorVersion, Name: in})
		r.create(1)
		rows, _ := r.m.VCs(0, 1)
		if rows[0].Owner != want || rows[0].Cred.PID != 42 {
			t.Errorf("%q: %+v", in, rows[0])
		}
	}
}

// TestPages proves that lists are given in pages, each row once.
func TestPages(t *testing.T) {
	r := newRig(t)
	r.attach(1)
	for sel := range 10 {
		r.create(1)
		r.register(1, uint8(sel))
	}
	var n int
	after, more := vc.Handle(0), true
	for more {
		var rows []cm.VCRow
		rows, more = r.m.VCs(after, 3)
		for _, row := range rows {
			if row.Handle <= after {
				t.Fatalf("%s after %s", row.Handle, after)
			}
			after = row.Handle
			n++
		}
	}
	saps, moreSAPs := r.m.SAPs(0, 10)
	if n != 10 || len(saps) != 10 || moreSAPs {
		t.Errorf("%d VCs, %d SAPs, more %v", n, len(saps), moreSAPs)
	}
}

// TestCountsOfHandles counts the handles that name something, and the address
// families that wait for their calls.
func TestCountsOfHandles(t *testing.T) {
	r := start(t)
	h, call := r.connected(1)
	if n := r.m.Counts(); n.Handles != 2 || n.ClosingAFs != 0 { // the VC and the rig's SAP
		t.Errorf("with a SAP and a VC: %+v", n)
	}
	r.ask(1, cm.CloseAF{})
	if n := r.m.Counts(); n.Handles != 1 || n.ClosingAFs != 1 {
		t.Errorf("closing: %+v", n)
	}
	r.ask(1, cm.CloseCall{VC: h})
	r.indicate(labLink, primitive.ReleaseConf{Call: call})
	next[cm.CloseCallComplete](r, 1)
	next[cm.CloseAFComplete](r, 1)
	if n := r.m.Counts(); n.Handles != 0 || n.ClosingAFs != 0 {
		t.Errorf("closed: %+v", n)
	}
}
