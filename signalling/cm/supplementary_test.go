package cm_test

import (
	"bytes"
	"strings"
	"testing"

	"callmanager/signalling/cm"
	"callmanager/signalling/primitive"
	"callmanager/signalling/q2931/ie"
	"callmanager/vc"
)

// data is user-user information.
var data = []byte("4hello")

// plain makes the lab link one of UNI 3.x.
func (r *rig) plain() {
	r.m.Link(cm.LinkInfo{
		ID: labLink, Name: "lab", Peer: peerMAC, Address: ownAddr, Capacity: 1e9, MaxSDU: 1492, Up: true, Plain: true,
	})
}

// TestUserUser: what a client says beside set-up and clearing reaches the link,
// and what the link tells reaches the client.
func TestUserUser(t *testing.T) {
	r := start(t)
	h := r.create(1)
	if got := r.ask(1, cm.MakeCall{VC: h, Called: peerAddr.String(), UserUser: data}); got.Status != cm.Pending {
		t.Fatalf("MakeCall: %+v", got)
	}
	setup := asked[primitive.SetupReq](r, labLink)
	if !bytes.Equal(setup.Params.UserUser, data) {
		t.Errorf("asked %+v", setup)
	}
	r.indicate(labLink, primitive.ProceedingInd{Call: setup.Call})
	r.indicate(labLink, primitive.ProceedingInd{Call: setup.Call, Alerting: true, UserUser: data})
	if p := next[cm.CallProgress](r, 1); !p.Alerting || !bytes.Equal(p.UserUser, data) || p.VC != h {
		t.Errorf("told %+v", p)
	}
	r.indicate(labLink, primitive.ProgressInd{Call: setup.Call, Indicators: []ie.Progress{{Description: 8}}})
	if p := next[cm.CallProgress](r, 1); p.Alerting || len(p.Indicators) != 1 {
		t.Errorf("told %+v", p)
	}
	r.indicate(labLink, primitive.ConnectInd{Call: setup.Call, Params: primitive.Params{Called: peerAddr}, UserUser: data})
	if c := next[cm.MakeCallComplete](r, 1); !bytes.Equal(c.UserUser, data) || c.Parameters.UserUser != nil {
		t.Errorf("told %+v", c)
	}
	if got := r.ask(1, cm.CloseCall{VC: h, CloseData: data}); got.Status != cm.Pending {
		t.Fatalf("CloseCall: %+v", got)
	}
	if q := asked[primitive.ReleaseReq](r, labLink); !bytes.Equal(q.UserUser, data) {
		t.Errorf("asked %+v", q)
	}
	r.indicate(labLink, primitive.ReleaseConf{Call: setup.Call, UserUser: data})
	if c := next[cm.CloseCallComplete](r, 1); !bytes.Equal(c.UserUser, data) {
		t.Errorf("told %+v", c)
	}
	if got := r.ask(1, cm.RingDone{VC: h}); got.Status != cm.Success {
		t.Fatalf("RingDone: %+v", got)
	}
	// The next call on the VC has nothing of the last one.
	if got := r.ask(1, cm.MakeCall{VC: h, Called: peerAddr.String()}); got.Status != cm.Pending {
		t.Fatalf("MakeCall: %+v", got)
	}
	call := asked[primitive.SetupReq](r, labLink)
	r.indicate(labLink, primitive.ReleaseConf{Call: call.Call, Cause: ie.Cause{Value: ie.CauseUserBusy}, UserUser: data})
	if c := next[cm.MakeCallComplete](r, 1); call.Params.UserUser != nil || c.Status != cm.NotAccepted || !bytes.Equal(c.UserUser, data) {
		t.Errorf("asked %+v, told %+v", call, c)
	}
	if got := r.ask(1, cm.RingDone{VC: h}); got.Status != cm.Success {
		t.Fatalf("RingDone: %+v", got)
	}
}

// TestUserUserOfOffers: the same for the called side.
func TestUserUserOfOffers(t *testing.T) {
	r := start(t)
	params := incomingParams(7)
	params.UserUser = []byte("4theirs")
	offer := func(n int) (vc.Handle, primitive.CallID) {
		call := primitive.IncomingCall | primitive.CallID(n)
		r.indicate(labLink, primitive.SetupInd{Call: call, ID: vc.ID{Link: labLink, VCI: vc.VCI(31 + n)}, Params: params})
		ev := next[cm.IncomingCall](r, 1)
		if string(ev.Parameters.UserUser) != "4theirs" {
			t.Errorf("offered %+v", ev)
		}
		return ev.VC, call
	}
	h, call := offer(1)
	if got := r.ask(1, cm.Alert{VC: h, UserUser: data}); got.Status != cm.Success {
		t.Fatalf("Alert: %+v", got)
	}
	if q := asked[primitive.AlertReq](r, labLink); q.Call != call || !bytes.Equal(q.UserUser, data) {
		t.Errorf("asked %+v", q)
	}
	if got := r.ask(1, cm.IncomingCallComplete{VC: h, UserUser: data}); got.Status != cm.Success {
		t.Fatalf("accept: %+v", got)
	}
	if q := asked[primitive.AcceptReq](r, labLink); !bytes.Equal(q.Params.UserUser, data) {
		t.Errorf("asked %+v", q)
	}
	r.indicate(labLink, primitive.CompleteInd{Call: call})
	next[cm.CallConnected](r, 1)
	r.indicate(labLink, primitive.ReleaseInd{Call: call, Cause: ie.Cause{Value: ie.CauseNormalClearing}, Remote: true, UserUser: data})
	if c := next[cm.IncomingCloseCall](r, 1); !bytes.Equal(c.UserUser, data) {
		t.Errorf("told %+v", c)
	}
	// What crosses the release is dropped (INV-41 is owed all the same).
	if got := r.ask(1, cm.CloseCall{VC: h, CloseData: data}); got.Status != cm.Pending {
		t.Fatalf("CloseCall: %+v", got)
	}
	if c := next[cm.CloseCallComplete](r, 1); c.UserUser != nil {
		t.Errorf("what came with the release is told again: %+v", c)
	}
	next[cm.DeleteVCIndication](r, 1)
	h, _ = offer(2)
	if got := r.ask(1, cm.IncomingCallComplete{VC: h, UserUser: nil}); got.Status != cm.Success {
		t.Fatalf("accept: %+v", got)
	}
	if q := asked[primitive.AcceptReq](r, labLink); q.Params.UserUser != nil {
		t.Errorf("the caller's own comes back: %+v", q)
	}
	h, _ = offer(3)
	if got := r.ask(1, cm.IncomingCallComplete{VC: h, Status: cm.Failure, UserUser: data}); got.Status != cm.Success {
		t.Fatalf("refuse: %+v", got)
	}
	q := asked[primitive.RejectReq](r, labLink)
	if !bytes.Equal(q.UserUser, data) {
		t.Errorf("asked %+v", q)
	}
	r.indicate(labLink, primitive.ReleaseConf{Call: q.Call})
}

// TestNotify: in every state of a call, in both directions.
func TestNotify(t *testing.T) {
	r := start(t)
	exchange := func(what string, h vc.Handle, call primitive.CallID) {
		t.Helper()
		if got := r.ask(1, cm.Notify{VC: h, Info: data}); got.Status != cm.Success {
			t.Errorf("%s: %+v", what, got)
		}
		if q := asked[primitive.NotifyReq](r, labLink); q.Call != call || !bytes.Equal(q.Info, data) {
			t.Errorf("%s: asked %+v", what, q)
		}
		r.indicate(labLink, primitive.NotifyInd{Call: call, Info: []byte{7}})
		if n := next[cm.Notification](r, 1); n.VC != h || !bytes.Equal(n.Info, []byte{7}) {
			t.Errorf("%s: told %+v", what, n)
		}
	}
	h, call := r.call(1)
	exchange("proceeding", h, call)
	r.indicate(labLink, primitive.ConnectInd{Call: call, Params: primitive.Params{Called: peerAddr}})
	next[cm.MakeCallComplete](r, 1)
	exchange("connected", h, call)
	if got := r.ask(1, cm.CloseCall{VC: h}); got.Status != cm.Pending {
		t.Fatalf("CloseCall: %+v", got)
	}
	asked[primitive.ReleaseReq](r, labLink)
	r.indicate(labLink, primitive.NotifyInd{Call: call, Info: []byte{7}})
	r.indicate(labLink, primitive.ProgressInd{Call: call})
	r.quiet()
	if got := r.ask(1, cm.Notify{VC: h, Info: data}); got.Status != cm.Closing {
		t.Errorf("closing: %+v", got)
	}
	r.indicate(labLink, primitive.ReleaseConf{Call: call})
	next[cm.CloseCallComplete](r, 1)
	o, offered := r.offer(1)
	exchange("offered", o, offered)
	if got := r.ask(1, cm.IncomingCallComplete{VC: o}); got.Status != cm.Success {
		t.Fatalf("accept: %+v", got)
	}
	asked[primitive.AcceptReq](r, labLink)
	exchange("accepted", o, offered)
	r.indicate(labLink, primitive.ReleaseInd{Call: offered})
	next[cm.IncomingCloseCall](r, 1)
	if got := r.ask(1, cm.Notify{VC: o, Info: data}); got.Status != cm.Failure {
		t.Errorf("ended: %+v", got)
	}
}

// TestSupplementaryRefusals: sizes, states, and links of UNI 3.x. What is
// refused changes nothing (INV-57).
func TestSupplementaryRefusals(t *testing.T) {
	r := start(t)
	long := bytes.Repeat([]byte{4}, 129)
	h, call := r.connected(1)
	offered, _ := r.offer(1)
	idle := r.create(1)
	for i := range 2 {
		userUser, words := cm.InvalidData, "128"
		bad := long
		if i == 1 {
			r.plain()
			bad, words = data, "UNI 3.x"
		}
		for _, q := range []cm.Request{
			cm.MakeCall{VC: idle, Called: peerAddr.String(), UserUser: bad},
			cm.CloseCall{VC: h, CloseData: bad},
			cm.IncomingCallComplete{VC: offered, UserUser: bad},
			cm.IncomingCallComplete{VC: offered, Status: cm.Failure, UserUser: bad},
			cm.CloseCall{VC: offered, CloseData: bad},
			cm.Alert{VC: offered, UserUser: bad},
		} {
			if got := r.ask(1, q); got.Status != userUser || !strings.Contains(got.Detail, words) {
				t.Errorf("%T: %+v", q, got)
			}
		}
		if n := len(r.toLink[labLink]); n != 0 {
			t.Fatalf("links were asked %+v", r.toLink)
		}
	}
	for _, row := range []struct {
		q    cm.Request
		want cm.Status
	}{
		{cm.Notify{VC: h, Info: data}, cm.NotSupported},
		{cm.Notify{VC: h}, cm.InvalidData},
		{cm.Notify{VC: h, Info: long}, cm.InvalidData},
		{cm.Notify{VC: idle, Info: data}, cm.Failure},
		{cm.Notify{VC: 77, Info: data}, cm.Failure},
		{cm.Alert{VC: h}, cm.Failure},
		{cm.Alert{VC: idle}, cm.Failure},
		{cm.Alert{VC: offered}, cm.Success},
	} {
		if got := r.ask(1, row.q); got.Status != row.want {
			t.Errorf("%+v: %+v", row.q, got)
		}
	}
	asked[primitive.AlertReq](r, labLink)
	if got := r.ask(1, cm.CloseCall{VC: h}); got.Status != cm.Pending {
		t.Errorf("CloseCall after refusals: %+v", got)
	}
	r.indicate(labLink, primitive.ReleaseConf{Call: call})
}
