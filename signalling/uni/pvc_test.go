package uni_test

import (
	"slices"
	"testing"
	"time"

	"callmanager/signalling/primitive"
	"callmanager/signalling/q2931/ie"
	"callmanager/signalling/uni"
	chans "callmanager/signalling/uni/channel"
	"callmanager/vc"
)

var pvcAt = vc.ID{Link: 1, VCI: 32} // the first that a call would get

// cbr is a contract whose forward flow is the bigger one.
func cbr(forward, backward vc.CellRate) vc.Contract {
	return vc.Contract{Category: vc.CBR, Forward: flow(forward, 0), Backward: flow(backward, 0)}
}

const pvcCall = primitive.PermanentCall | 1

// openReq begins the use of a PVC.
func openReq(h *host, call primitive.CallID, offered bool) primitive.OpenPVCReq {
	return primitive.OpenPVCReq{
		Call: call, VC: 7, ID: pvcAt, Offered: offered,
		Params: primitive.Params{Permanent: true, Contract: last[primitive.PVCInd](h).Contract},
	}
}

// withPVC is a host with a PVC and no peer.
func withPVC(t *testing.T, c vc.Contract) *host {
	t.Helper()
	w := newWorld(t, 1)
	h := w.host("a", macA, macB, uni.RoleAuto)
	h.boot()
	h.ask(primitive.AddPVCReq{ID: pvcAt, Contract: c, Keep: true})
	return h
}

// TestPVCUse takes a PVC through its life: it needs no peer, sends nothing, and reserves all the
// time.
func TestPVCUse(t *testing.T) {
	for _, offered := range []bool{false, true} {
		h := withPVC(t, cbr(2000, 1000))
		ind := last[primitive.PVCInd](h)
		if !ind.Up || ind.Contract.Forward.MaxSDU != 1492 || ind.Contract.Backward.MaxSDU != 1492 {
			t.Fatalf("added: %+v", ind)
		}
		want := ind.Contract.Reservation(true)
		if h.link.Reserved() != want || ind.Reserved != want || want.Send <= want.Receive || want.Receive == 0 {
			t.Errorf("reserved %+v, told %+v, want %+v", h.link.Reserved(), ind.Reserved, want)
		}
		sent := len(h.sent)
		h.ask(openReq(h, pvcCall, offered))
		b := h.plane[pvcAt]
		if b == nil || !b.transmit || b.vc != 7 || b.call != pvcCall {
			t.Fatalf("branch %+v", b)
		}
		send, receive := ind.Contract.Directions(!offered)
		if b.spec != (vc.BranchSpec{Category: vc.CBR, Send: send, Receive: receive, Permanent: true}) {
			t.Errorf("activated with %+v", b.spec)
		}
		if offered {
			last[primitive.CompleteInd](h)
		} else if got := last[primitive.ConnectInd](h); got.ID != pvcAt || !got.Params.Permanent {
			t.Errorf("connected: %+v", got)
		}
		h.ask(openReq(h, pvcCall+1, false))
		if got := last[primitive.ReleaseConf](h); got.Call != pvcCall+1 || got.Cause.Value != ie.CauseVPCIVCIUnavailable {
			t.Errorf("a second use: %+v", got)
		}
		h.ask(primitive.ReleaseReq{Call: pvcCall, Cause: cause(ie.CauseNormalClearing), Linger: time.Second})
		h.w.run(10 * time.Millisecond)
		got := last[primitive.ReleaseConf](h)
		if got.Call != pvcCall || got.Cause.Value != ie.CauseNormalClearing || got.Drain != (vc.DrainReport{Sent: 2, Dropped: 1}) {
			t.Errorf("released: %+v", got)
		}
		if len(h.plane) != 0 || h.link.Reserved() != want || h.link.PVCCount() != 1 {
			t.Errorf("branches %+v, reserved %+v", h.plane, h.link.Reserved())
		}
		if n := len(h.sent) - sent; n != 0 && h.counter("messages_out_setup")+h.counter("messages_out_release") != 0 {
			t.Errorf("%d PDUs were sent for it", n)
		}
		h.ask(primitive.DeletePVCReq{ID: pvcAt})
		if got := last[primitive.PVCGoneInd](h); got.ID != pvcAt || got.Cause.Value != 0 {
			t.Errorf("deleted: %+v", got)
		}
		h.wantEmpty()
	}
}

// TestPVCKeepsItsChannel: no call gets the channel of a PVC, whoever assigns it, and a restart of the
// whole link leaves a PVC alone.
func TestPVCKeepsItsChannel(t *testing.T) {
	w := newWorld(t, 1)
	a, b := w.pair() // a assigns
	a.edges, b.edges = false, false
	up(a, b)
	for _, h := range []*host{a, b} {
		h.ask(primitive.AddPVCReq{ID: pvcAt, Contract: cbr(100, 100)})
	}
	for i, h := range []*host{b, a} {
		h.ask(openReq(h, pvcCall, i == 1))
	}
	c := a.call(paramsTo(macB, constant))
	w.run(time.Second)
	offer := last[primitive.SetupInd](b)
	if offer.ID.VCI == pvcAt.VCI {
		t.Errorf("a call got the channel of a PVC: %+v", offer)
	}
	b.ask(primitive.AcceptReq{Call: offer.Call, VC: 9, Params: offer.Params})
	w.run(time.Second)
	if got := last[primitive.ConnectInd](a); got.Call != c {
		t.Errorf("connected: %+v", got)
	}
	a.do(a.link.Restart(uni.RestartReq{ID: 1, Range: chans.Range{Class: ie.RestartAll}}))
	w.run(time.Minute)
	for _, h := range []*host{a, b} {
		if h.plane[pvcAt] == nil || len(h.plane) != 1 {
			t.Errorf("%s: branches %+v after a restart", h.name, h.plane)
		}
	}
}

// TestPVCUnknownToPeer: a peer that knows of no PVC assigns its channel. The call is refused, the PVC
// goes on.
func TestPVCUnknownToPeer(t *testing.T) {
	w := newWorld(t, 1)
	a, b := w.pair() // a assigns
	b.edges = false
	up(a, b)
	b.ask(primitive.AddPVCReq{ID: pvcAt, Contract: cbr(100, 100)})
	b.ask(openReq(b, pvcCall, false))
	c := a.call(paramsTo(macB, constant))
	w.run(time.Second)
	if got := last[primitive.ReleaseConf](a); got.Call != c || got.Cause.Value != ie.CauseVPCIVCIUnavailable {
		t.Errorf("the call: %+v", got)
	}
	if b.plane[pvcAt] == nil || b.counter("refused_channel") != 1 {
		t.Errorf("branches %+v, %d calls refused for their channels", b.plane, b.counter("refused_channel"))
	}
	a.call(paramsTo(macB, constant))
	w.run(time.Second)
	if got := last[primitive.SetupInd](b); got.ID == pvcAt {
		t.Errorf("offered: %+v", got)
	}
}

// TestPVCRefused adds PVCs that there is no room for.
func TestPVCRefused(t *testing.T) {
	w := newWorld(t, 1)
	a, b := w.pair()
	up(a, b)
	a.call(paramsTo(macB, vc.Contract{Category: vc.UBR, Forward: flow(10, 100), Backward: flow(10, 100)}))
	for name, tt := range map[string]struct {
		req  primitive.AddPVCReq
		want ie.CauseValue
	}{
		"channel of a call": {primitive.AddPVCReq{ID: pvcAt}, ie.CauseVPCIVCIUnavailable},
		"signalling":        {primitive.AddPVCReq{ID: vc.Signalling(1), Keep: true}, ie.CauseVPCIVCIUnavailable},
		"another link":      {primitive.AddPVCReq{ID: vc.ID{Link: 2, VCI: 50}}, ie.CauseVPCIVCIUnavailable},
		"too fast":          {primitive.AddPVCReq{ID: vc.ID{Link: 1, VCI: 50}, Contract: cbr(1e7, 1)}, ie.CauseCellRateUnavailable},
		"no contract":       {primitive.AddPVCReq{ID: vc.ID{Link: 1, VCI: 50}, Contract: vc.Contract{Category: vc.CBR}}, ie.CauseUnsupportedTraffic},
	} {
		a.take()
		a.ask(tt.req)
		got := last[primitive.PVCGoneInd](a)
		if got.ID != tt.req.ID || got.Cause.Value != tt.want || got.Detail == "" {
			t.Errorf("%s: %+v", name, got)
		}
		a.ask(primitive.OpenPVCReq{Call: pvcCall, VC: 7, ID: tt.req.ID})
		if got := last[primitive.ReleaseConf](a); got.Cause.Value != ie.CauseVPCIVCIUnavailable {
			t.Errorf("%s: opened: %+v", name, got)
		}
	}
	if r := a.link.Reserved(); r != (vc.Reservation{}) || a.link.PVCCount() != 0 || a.counter("pvcs_refused") != 5 {
		t.Errorf("reserved %+v, %d PVCs, %d refused", r, a.link.PVCCount(), a.counter("pvcs_refused"))
	}
}

// TestPVCWaits: a PVC of the configuration waits for the port, its speed, and for room.
func TestPVCWaits(t *testing.T) {
	w := newWorld(t, 1)
	h := w.host("a", macA, macB, uni.RoleAuto)
	h.cfg.Capacity = 0
	h.link = uni.New(h.cfg)
	h.plane = make(map[vc.ID]*branchState)
	h.timers, h.started, h.alive = make(map[uni.TimerID]uint64), make(map[uni.TimerName]time.Duration), true
	big, small := vc.ID{Link: 1, VCI: 40}, vc.ID{Link: 1, VCI: 41}
	h.ask(primitive.AddPVCReq{ID: big, Contract: cbr(100_000, 100_000), Keep: true})
	h.ask(primitive.AddPVCReq{ID: small, Contract: cbr(100, 100), Keep: true})
	// state returns the last word on each.
	state := func() (of [2]primitive.PVCInd) {
		for _, ind := range h.inds {
			if p, ok := ind.(primitive.PVCInd); ok {
				of[p.ID.VCI-40] = p
			}
		}
		return of
	}
	if s := state(); s[0].Up || s[1].Up || s[0].Detail == "" || s[0].Cause.Value != ie.CauseDestinationOutOfOrder {
		t.Errorf("before the port is there: %+v", s)
	}
	h.do(h.link.Start())
	h.speed = 0
	h.do(h.link.Status(h.status(true)))
	if s := state(); s[0].Up || s[0].Cause.Value != ie.CauseResourceUnavailable || s[0].Contract.Forward.MaxSDU != 1492 {
		t.Errorf("without a speed: %+v", s)
	}
	h.speed = 1e7
	h.do(h.link.Status(h.status(true)))
	if s := state(); s[0].Up || s[0].Cause.Value != ie.CauseCellRateUnavailable || !s[1].Up {
		t.Errorf("at 10 Mbit/s: %+v", s)
	}
	h.speed = 1e9
	h.do(h.link.Status(h.status(true)))
	if s := state(); !s[0].Up || !s[1].Up {
		t.Errorf("at 1 Gbit/s: %+v", s)
	}
	reserved := h.link.Reserved()
	h.do(h.link.Status(h.status(false)))
	if s := state(); s[0].Up || s[1].Up || s[1].Detail != "the link is down: the port is down" || h.link.Reserved() != reserved {
		t.Errorf("with the port down: %+v, reserved %+v", s, h.link.Reserved())
	}
	before := len(h.inds)
	h.do(h.link.Status(h.status(false)))
	if len(h.inds) != before {
		t.Errorf("nothing has changed, and %+v was told", h.inds[before:])
	}
}

// TestPVCRoomAfterDelete admits a PVC that waits when another one goes.
func TestPVCRoomAfterDelete(t *testing.T) {
	h := withPVC(t, cbr(1_000_000, 1_000_000))
	waiting := vc.ID{Link: 1, VCI: 60}
	h.ask(primitive.AddPVCReq{ID: waiting, Contract: cbr(1_000_000, 1_000_000), Keep: true})
	if ind := last[primitive.PVCInd](h); ind.ID != waiting || ind.Up {
		t.Fatalf("added: %+v", ind)
	}
	h.ask(primitive.DeletePVCReq{ID: pvcAt})
	if ind := last[primitive.PVCInd](h); ind.ID != waiting || !ind.Up {
		t.Errorf("there is room: %+v", ind)
	}
}

// TestPVCWhole: SDUs that go in parts are not for what knows none.
func TestPVCWhole(t *testing.T) {
	w := newWorld(t, 1)
	h := w.host("a", macA, macB, uni.RoleAuto)
	h.boot()
	h.do(h.link.Status(vc.LinkStatus{Up: true, MAC: macA, MaxSDU: 1492, Largest: 65535, Speed: 1e9}))
	big := vc.Contract{Category: vc.UBR, Forward: flow(10, 9000), Backward: flow(10, 9000)}
	for vci, whole := range []bool{false, true} {
		h.ask(primitive.AddPVCReq{ID: vc.ID{Link: 1, VCI: vc.VCI(40 + vci)}, Contract: big, Whole: whole})
		want := map[bool]uint16{false: 9000, true: 1492}[whole]
		if got := last[primitive.PVCInd](h).Contract; got.Forward.MaxSDU != want || got.Backward.MaxSDU != want {
			t.Errorf("whole %v: %+v", whole, got)
		}
	}
}

// TestPVCPortDown: a use goes on while the port is down; none begins.
func TestPVCPortDown(t *testing.T) {
	h := withPVC(t, cbr(10, 10))
	r := openReq(h, pvcCall, false)
	h.ask(r)
	h.do(h.link.Status(h.status(false)))
	if h.plane[pvcAt] == nil {
		t.Error("the branch is gone")
	}
	h.ask(primitive.ReleaseReq{Call: pvcCall})
	h.w.run(time.Second)
	r.Call++
	h.ask(r)
	if got := last[primitive.ReleaseConf](h); got.Call != r.Call || got.Cause.Value != ie.CauseDestinationOutOfOrder {
		t.Errorf("opened with the port down: %+v", got)
	}
}

// TestPVCActivationFails refuses a use when the data plane does.
func TestPVCActivationFails(t *testing.T) {
	h := withPVC(t, cbr(10, 10))
	h.refuse = errPlane
	h.ask(openReq(h, pvcCall, true))
	if got := last[primitive.ReleaseConf](h); got.Call != pvcCall || got.Cause.Value != ie.CauseResourceUnavailable || h.counter("activation_failures") != 1 {
		t.Errorf("%+v", got)
	}
	h.refuse = nil
	h.ask(openReq(h, pvcCall+1, true))
	last[primitive.CompleteInd](h)
}

// TestPVCReleases are releases that meet nothing, or something that ends already.
func TestPVCReleases(t *testing.T) {
	h := withPVC(t, cbr(10, 10))
	h.ask(primitive.RejectReq{Call: pvcCall, Cause: cause(ie.CauseCallRejected)})
	if got := last[primitive.ReleaseConf](h); got.Call != pvcCall || got.Cause.Value != ie.CauseCallRejected {
		t.Errorf("an offer refused: %+v", got)
	}
	h.ask(openReq(h, pvcCall, false))
	h.ask(primitive.DeletePVCReq{ID: pvcAt})
	if h.plane[pvcAt] == nil {
		t.Error("DeletePVC has cut a use off")
	}
	h.ask(primitive.ReleaseReq{Call: pvcCall, Linger: time.Second})
	h.ask(primitive.ReleaseReq{Call: pvcCall})
	h.w.run(time.Second)
	var order []string
	for _, ind := range h.take() {
		switch ind := ind.(type) {
		case primitive.ReleaseConf:
			if ind.Call == pvcCall {
				order = append(order, "released")
			}
		case primitive.PVCGoneInd:
			order = append(order, "gone")
		}
	}
	if want := []string{"released", "released", "gone"}; !slices.Equal(order, want) || h.counter("bad_requests") != 1 {
		t.Errorf("told %v, %d bad requests", order, h.counter("bad_requests"))
	}
	h.wantEmpty()
}

// TestPVCStop ends the uses of PVCs with the link, one that is open, one that drains.
func TestPVCStop(t *testing.T) {
	for _, draining := range []bool{false, true} {
		h := withPVC(t, cbr(10, 10))
		h.drainTime = time.Hour
		h.ask(openReq(h, pvcCall, false))
		if draining {
			h.ask(primitive.ReleaseReq{Call: pvcCall, Cause: cause(ie.CauseNormalClearing), Linger: time.Hour})
		}
		h.do(h.link.Stop(cause(ie.CauseNetworkOutOfOrder)))
		h.w.run(time.Second)
		if draining {
			if got := last[primitive.ReleaseConf](h); got.Cause.Value != ie.CauseNormalClearing {
				t.Errorf("told %+v", got)
			}
		} else if got := last[primitive.ReleaseInd](h); got.Call != pvcCall || got.Cause.Value != ie.CauseNetworkOutOfOrder {
			t.Errorf("told %+v", got)
		}
		if !h.link.Stopped() || len(h.plane) != 0 {
			t.Errorf("stopped %v, branches %+v", h.link.Stopped(), h.plane)
		}
		h.ask(openReq(h, pvcCall+1, false))
		if got := last[primitive.ReleaseConf](h); got.Call != pvcCall+1 || got.Cause.Value != ie.CauseNetworkOutOfOrder {
			t.Errorf("opened on a link that has stopped: %+v", got)
		}
	}
}

// TestPVCLateAnswers are answers of the data plane that nobody waits for.
func TestPVCLateAnswers(t *testing.T) {
	h := withPVC(t, cbr(10, 10))
	h.do(h.link.Drained(pvcCall, vc.DrainReport{}))
	h.do(h.link.Deactivated(pvcCall, vc.DrainReport{}))
	h.do(h.link.Activated(pvcCall, nil))
	h.ask(primitive.OpenPVCReq{Call: 5, ID: pvcAt})
	if h.counter("late_answers") != 2 || h.counter("bad_requests") != 2 {
		t.Errorf("%d late answers, %d bad requests", h.counter("late_answers"), h.counter("bad_requests"))
	}
}
