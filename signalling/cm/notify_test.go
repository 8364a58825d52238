package cm_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"callmanager/signalling/cm"
	"callmanager/signalling/primitive"
	"callmanager/signalling/q2931/ie"
	"callmanager/vc"
)

// modern attaches a client that speaks this version of the protocol, and takes what it is told first.
func (r *rig) modern(id cm.ClientID, cred cm.Credentials) {
	r.t.Helper()
	r.connect(id, cred)
	if got := r.ask(id, cm.OpenAF{Major: cm.MajorVersion, Minor: cm.MinorVersion, Name: fmt.Sprint("client ", id)}); got.Status != cm.Success {
		r.t.Fatalf("OpenAF: %s %s", got.Status, got.Detail)
	}
	if got := next[cm.StatusIndication](r, id); got.Kind != cm.AddressChange || !slices.Equal(got.Addresses, r.m.Addresses()) {
		r.t.Fatalf("after OpenAF: %+v", got)
	}
}

// modernRig has client 1 of this version, with a SAP for selector 7.
func modernRig(t *testing.T) *rig {
	t.Helper()
	r := newRig(t)
	r.modern(1, cm.Credentials{PID: 1})
	r.register(1, 7)
	t.Cleanup(func() {
		if !t.Failed() {
			r.empty()
		}
	})
	return r
}

var stopCause = ie.Cause{Value: ie.CauseDestinationOutOfOrder}

// notified has told client 1 that the daemon ends.
func (r *rig) notified() {
	r.t.Helper()
	r.do(r.m.NotifyClose(stopCause, time.Second, 2*time.Second))
	if got := next[cm.NotifyCloseAF](r, 1); got.Timeout != 2*time.Second || got.Linger != time.Second || got.Reason == "" || got.Cause.Value != stopCause.Value {
		r.t.Fatalf("%+v", got)
	}
}

// INV-14: the model's sequence "AF close with active VCs": the client closes what it has in
// the order of INV-14 and answers; until then it may use all that there is, and nothing new.
func TestINV14NotifyCloseAF(t *testing.T) {
	r := modernRig(t)
	call, id := r.connected(1)
	offer, offered := r.offer(1)
	idle := r.create(1)
	sap := r.register(1, 8)
	r.notified()
	if n := r.m.Notified(); n != 1 {
		t.Errorf("%d clients are waited for", n)
	}
	r.quiet() // no call is ended for it
	if len(r.toLink[labLink]) != 0 {
		t.Errorf("the link is asked for %+v", r.toLink[labLink])
	}
	for _, q := range []cm.Request{
		cm.CreateVC{}, cm.RegisterSAP{Selector: 1}, cm.MakeCall{VC: idle, Called: peerAddr.String()}, cm.AddParty{VC: call},
	} {
		if got := r.ask(1, q); got.Status != cm.Closing {
			t.Errorf("%T: %+v", q, got)
		}
	}
	if got := r.ask(1, cm.OpenAF{Major: cm.MajorVersion}); got.Status != cm.Failure {
		t.Errorf("OpenAF: %+v", got)
	}
	r.indicate(labLink, primitive.SetupInd{Call: primitive.IncomingCall | 5, Params: incomingParams(7)})
	if got := asked[primitive.RejectReq](r, labLink); got.Cause.Value != stopCause.Value {
		t.Errorf("an offer meanwhile: %+v", got)
	}
	for _, h := range []vc.Handle{call, offer} {
		if got := r.ask(1, cm.CloseCall{VC: h}); got.Status != cm.Pending {
			t.Errorf("CloseCall: %+v", got)
		}
	}
	asked[primitive.ReleaseReq](r, labLink)
	asked[primitive.RejectReq](r, labLink)
	r.indicate(labLink, primitive.ReleaseConf{Call: id})
	r.indicate(labLink, primitive.ReleaseConf{Call: offered})
	next[cm.CloseCallComplete](r, 1)
	next[cm.CloseCallComplete](r, 1)
	next[cm.DeleteVCIndication](r, 1)
	if got := r.ask(1, cm.DeregisterSAP{SAP: sap}); got.Status != cm.Success {
		t.Errorf("DeregisterSAP: %+v", got)
	}
	if got := r.ask(1, cm.NotifyCloseAFComplete{}); got.Status != cm.NotAccepted || r.m.Notified() != 1 {
		t.Errorf("the answer before CloseAF: %+v", got)
	}
	r.closeAF()
	if n := r.m.Notified(); n != 1 {
		t.Errorf("%d clients are waited for", n)
	}
	if got := r.ask(1, cm.NotifyCloseAFComplete{}); got.Status != cm.Success || r.m.Notified() != 0 {
		t.Errorf("the answer: %+v", got)
	}
	if got := r.ask(1, cm.NotifyCloseAFComplete{}); got.Status != cm.Failure {
		t.Errorf("the answer twice: %+v", got)
	}
	r.do(r.m.Shutdown(stopCause, 0))
	r.quiet()
	r.do(r.m.Farewell("bye"))
	next[cm.Goodbye](r, 1)
}

// TestNotifyCloseAFBeforeDrained: an answer may come behind CloseAF, and the client is waited for until
// that is complete (INV-12).
func TestNotifyCloseAFBeforeDrained(t *testing.T) {
	r := modernRig(t)
	h, id := r.connected(1)
	r.notified()
	r.ask(1, cm.CloseCall{VC: h})
	if got := r.ask(1, cm.CloseAF{}); got.Status != cm.Pending {
		t.Fatalf("CloseAF: %+v", got)
	}
	if got := r.ask(1, cm.NotifyCloseAFComplete{}); got.Status != cm.Success || r.m.Notified() != 1 {
		t.Errorf("the answer: %+v, %d are waited for", got, r.m.Notified())
	}
	r.indicate(labLink, primitive.ReleaseConf{Call: id})
	next[cm.CloseCallComplete](r, 1)
	next[cm.CloseAFComplete](r, 1)
	if n := r.m.Notified(); n != 0 {
		t.Errorf("%d clients are waited for", n)
	}
}

// TestNotifyCloseAFRefused: a client that leaves the rest to the daemon has its calls ended at once, as
// an older one has, and a client that does not answer when the time is over.
func TestNotifyCloseAFRefused(t *testing.T) {
	r := modernRig(t)
	h, _ := r.connected(1)
	r.attach(2) // of version 1.0
	old, _ := r.connected(2)
	r.modern(3, cm.Credentials{})
	silent, _ := r.connected(3)
	r.connect(4, cm.Credentials{}) // without an address family
	r.notified()
	if got := next[cm.IncomingCloseCall](r, 2); got.VC != old || got.Status != cm.Closing || got.Cause.Value != stopCause.Value {
		t.Errorf("an older client is told %+v", got)
	}
	next[cm.NotifyCloseAF](r, 3)
	if n := r.m.Notified(); n != 2 {
		t.Errorf("%d clients are waited for", n)
	}
	for _, s := range []cm.Status{cm.Pending, 200} {
		if got := r.ask(1, cm.NotifyCloseAFComplete{Status: s}); got.Status != cm.InvalidData {
			t.Errorf("answer %s: %+v", s, got)
		}
	}
	if got := r.ask(1, cm.NotifyCloseAFComplete{Status: cm.Failure}); got.Status != cm.Success {
		t.Errorf("the answer: %+v", got)
	}
	if got := next[cm.IncomingCloseCall](r, 1); got.VC != h || got.Status != cm.Closing {
		t.Errorf("%+v", got)
	}
	if n := r.m.Notified(); n != 1 {
		t.Errorf("%d clients are waited for", n)
	}
	if effects := r.m.NotifyClose(stopCause, 0, 0); effects != nil {
		t.Errorf("a second time: %+v", effects)
	}
	r.do(r.m.Shutdown(stopCause, 0))
	if got := next[cm.IncomingCloseCall](r, 3); got.VC != silent || got.Status != cm.Closing {
		t.Errorf("%+v", got)
	}
	r.detach(3)
	if n := r.m.Notified(); n != 0 {
		t.Errorf("a client that is gone is waited for: %d", n)
	}
	r.quiet()
}

// labInfo is the rig's first link.
var labInfo = cm.LinkInfo{ID: labLink, Name: "lab", Peer: peerMAC, Address: ownAddr, Capacity: 1e9, MaxSDU: 1492, Up: true}

// TestStatusIndications: what changes of a link is told once, in order, to those who know of it (the
// model's 2.6, 27 and 28).
func TestStatusIndications(t *testing.T) {
	r := modernRig(t)
	r.attach(2)
	r.connect(3, cm.Credentials{}) // no address family
	moved := labInfo
	moved.Address = vc.AddrFromMAC([6]byte{2, 0, 0, 0, 0, 7})
	down := labInfo
	down.Up, down.Reason, down.Resets, down.Resetting = false, "no carrier", 1, true
	back := labInfo
	back.Resets = 1
	blip := labInfo
	blip.Resets = 2
	for _, step := range []struct {
		name string
		info cm.LinkInfo
		want []cm.StatusIndication
	}{
		{"nothing", labInfo, nil},
		{"down", down, []cm.StatusIndication{
			{Kind: cm.ResetStart, Link: "lab", Resetting: true, Detail: "no carrier"},
			{Kind: cm.SignalingDisabled, Link: "lab", Resetting: true, Detail: "no carrier"},
		}},
		{"still down", down, nil},
		{"up again", back, []cm.StatusIndication{
			{Kind: cm.SignalingEnabled, Link: "lab", Up: true}, {Kind: cm.ResetEnd, Link: "lab", Up: true},
		}},
		{"a reset that was over at once", blip, []cm.StatusIndication{
			{Kind: cm.ResetStart, Link: "lab", Up: true}, {Kind: cm.ResetEnd, Link: "lab", Up: true},
		}},
		{"another address", moved, []cm.StatusIndication{
			{Kind: cm.ResetStart, Link: "lab", Up: true},
			{Kind: cm.ResetEnd, Link: "lab", Up: true},
			{Kind: cm.AddressChange, Addresses: []vc.Addr{moved.Address, vc.AddrFromMAC([6]byte{2, 0, 0, 0, 0, 9})}},
		}},
	} {
		r.do(r.m.Link(step.info))
		var got []cm.StatusIndication
		for len(r.events[1]) > 0 {
			got = append(got, next[cm.StatusIndication](r, 1))
		}
		if diff := cmp.Diff(step.want, got, addrs); diff != "" {
			t.Errorf("%s (-want +got):\n%s", step.name, diff)
		}
		if len(r.events[2])+len(r.events[3]) > 0 {
			t.Fatalf("%s: clients that do not know of it are told %+v %+v", step.name, r.events[2], r.events[3])
		}
	}
	r.closeAF()
	r.do(r.m.Link(down))
	r.quiet()
}

// INV-63: handles outlive a reset, and what they name works afterwards.
func TestINV63HandlesOutliveReset(t *testing.T) {
	r := modernRig(t)
	call, id := r.connected(1)
	idle := r.create(1)
	sap := r.register(1, 8)
	down := labInfo
	down.Up, down.Resets, down.Resetting = false, 1, true
	r.do(r.m.Link(down))
	back := labInfo
	back.Resets = 1
	r.do(r.m.Link(back))
	for range 4 {
		next[cm.StatusIndication](r, 1)
	}
	if got := r.ask(1, cm.MakeCall{VC: idle, Called: peerAddr.String()}); got.Status != cm.Pending {
		t.Errorf("MakeCall: %+v", got)
	}
	asked[primitive.SetupReq](r, labLink)
	if got := r.ask(1, cm.CloseCall{VC: call}); got.Status != cm.Pending {
		t.Errorf("CloseCall: %+v", got)
	}
	r.indicate(labLink, primitive.ReleaseConf{Call: id})
	next[cm.CloseCallComplete](r, 1)
	if got := r.ask(1, cm.DeregisterSAP{SAP: sap}); got.Status != cm.Success {
		t.Errorf("DeregisterSAP: %+v", got)
	}
}
