package uni_test

import (
	"bytes"
	"slices"
	"strings"
	"testing"
	"time"

	"callmanager/signalling/dissect"
	"callmanager/signalling/primitive"
	"callmanager/signalling/q2931/ie"
	"callmanager/signalling/q2931/msg"
	"callmanager/signalling/sscop"
	"callmanager/signalling/uni"
	"callmanager/vc"
)

// TestBringUp: both sides come up, each tells its states in order, and the
// lower MAC is the network side.
func TestBringUp(t *testing.T) {
	w := newWorld(t, 1)
	a, b := w.pair()
	up(a, b)
	if a.link.Role() != uni.RoleNetwork || b.link.Role() != uni.RoleUser {
		t.Errorf("roles %v and %v", a.link.Role(), b.link.Role())
	}
	for _, h := range []*host{a, b} {
		var states []uni.LinkState
		for _, s := range h.states {
			states = append(states, s.State)
		}
		// It begins down, which is no change.
		if want := []uni.LinkState{uni.LinkEstablishing, uni.LinkUp}; !slices.Equal(slices.Compact(states), want) {
			t.Errorf("%v went through %v", h, states)
		}
		if got := h.link.Addresses(); len(got) != 1 || got[0] != addrOf(h.mac) {
			t.Errorf("%v has the addresses %v", h, got)
		}
		if h.link.Capacity() != 1e9 || h.link.CallCount() != 0 || h.link.VTSQ() == 0 {
			t.Errorf("%v: capacity %v, VT(SQ) %d", h, h.link.Capacity(), h.link.VTSQ())
		}
	}
}

// TestRoles: what the sides of a link are, and what is said when they cannot
// be or do not fit.
func TestRoles(t *testing.T) {
	for _, row := range []struct {
		name string
		cfg  uni.Config
		mac  vc.MAC
		role uni.Role
		text string // part of the last error
	}{
		{"lower MAC", uni.Config{Peer: macB}, macA, uni.RoleNetwork, ""},
		{"higher MAC", uni.Config{Peer: macA}, macB, uni.RoleUser, ""},
		{"set by hand", uni.Config{Role: uni.RoleUser, Peer: macB}, macA, uni.RoleUser, ""},
		{"no MACs", uni.Config{}, vc.MAC{}, uni.RoleAuto, "needs role"},
		{"no MACs, set by hand", uni.Config{Role: uni.RoleNetwork}, vc.MAC{}, uni.RoleNetwork, ""},
		{"equal MACs", uni.Config{Peer: macA}, macA, uni.RoleAuto, "own"},
		{"own MAC unknown", uni.Config{Peer: macB}, vc.MAC{}, uni.RoleAuto, "has no MAC"},
	} {
		t.Run(row.name, func(t *testing.T) {
			row.cfg.Capacity = 1e9
			l := uni.New(row.cfg)
			l.Start()
			l.Status(vc.LinkStatus{Up: true, MAC: row.mac, MaxSDU: 1492})
			if l.Role() != row.role || !strings.Contains(l.LastError(), row.text) || (l.LastError() == "") != (row.text == "") {
				t.Errorf("role %v, last error %q", l.Role(), l.LastError())
			}
			if want := uni.LinkEstablishing; row.text == "" && l.State() != want || row.text != "" && l.State() != uni.LinkDown {
				t.Errorf("state %v", l.State())
			}
		})
	}
}

// TestSameSides: two user sides, or two network sides, facing each other show
// in the last error of both.
func TestSameSides(t *testing.T) {
	for _, role := range []uni.Role{uni.RoleUser, uni.RoleNetwork} {
		t.Run(role.String(), func(t *testing.T) {
			w := newWorld(t, 1)
			a, b := w.host("a", macA, macB, role), w.host("b", macB, macA, role)
			a.peer, b.peer = b, a
			up(a, b)
			a.call(paramsTo(macB, constant))
			w.run(100 * time.Millisecond)
			if !strings.Contains(b.link.LastError(), role.String()+" side too") {
				t.Errorf("the called side says %q", b.link.LastError())
			}
			if role == uni.RoleUser && !strings.Contains(a.link.LastError(), "user side too") {
				t.Errorf("the calling side says %q", a.link.LastError())
			}
			for _, h := range w.hosts {
				for _, r := range h.link.Calls() {
					h.ask(primitive.ReleaseReq{Call: r.Call, Cause: cause(ie.CauseNormalClearing)})
				}
			}
			w.run(time.Minute)
			a.wantEmpty()
			b.wantEmpty()
		})
	}
}

// TestRoleFollowsMAC: a port with another MAC plays another side, but not
// while there are calls.
func TestRoleFollowsMAC(t *testing.T) {
	w := newWorld(t, 1)
	a, b := w.pair()
	up(a, b)
	out, _ := active(w, a, b)
	a.mac = vc.MAC{2, 0, 0, 0, 0, 9}
	a.do(a.link.Status(a.status(true)))
	if a.link.Role() != uni.RoleNetwork {
		t.Error("the role changed under a call")
	}
	a.ask(primitive.ReleaseReq{Call: out, Cause: cause(ie.CauseNormalClearing)})
	w.run(time.Second)
	a.do(a.link.Status(a.status(true)))
	if a.link.Role() != uni.RoleUser || a.link.State() != uni.LinkUp {
		t.Errorf("role %v, state %v", a.link.Role(), a.link.State())
	}
}

// TestRoleChangeWhileRestarting: the restart is begun anew by the other side.
func TestRoleChangeWhileRestarting(t *testing.T) {
	p := newPeer(newWorld(t, 1), uni.RoleAuto, nil)
	p.expect(msg.Restart)
	p.h.mac = vc.MAC{2, 0, 0, 0, 0, 9}
	p.h.do(p.h.link.Status(p.h.status(true)))
	p.expect(msg.Restart)
	if p.h.link.Role() != uni.RoleUser {
		t.Errorf("role %v", p.h.link.Role())
	}
	p.w.run(uni.RestartWait)
	if s := p.h.link.State(); s != uni.LinkUp {
		t.Errorf("the link is %v", s)
	}
}

// TestStopBeforeResponse: a call that is stopped while its channel is being
// activated is released, and its branch with it.
func TestStopBeforeResponse(t *testing.T) {
	p := ready(newWorld(t, 1), uni.RoleUser)
	p.outgoing()
	proceeding := sscop.PDU{Type: sscop.SD, NS: sscop.NewSeq(1), Data: unhex("0903800007 0280 0009 5a80000588 00000028")}
	p.h.link.Receive(proceeding.Append(nil))
	p.h.do(p.h.link.Stop(cause(ie.CauseTemporaryFailure)))
	p.h.plane[vc.ID{Link: 1, VCI: 40}] = &branchState{call: 1}
	p.h.do(p.h.link.Activated(1, nil))
	p.expectCause(msg.Release, ie.CauseTemporaryFailure)
	p.silence()
	if len(p.h.plane) != 0 {
		t.Error("the branch is still there")
	}
}

// TestEndWhileChanging: a call that ends while its parameters are being
// changed has its branch removed after the answer, not before.
func TestEndWhileChanging(t *testing.T) {
	p := ready(newWorld(t, 1), uni.RoleUser)
	p.outgoing()
	p.reply(msg.CallProceeding, channel)
	connect := sscop.PDU{Type: sscop.SD, NS: sscop.NewSeq(2), Data: unhex("0903800007 0780 000b 58800007 058c0064 810064")}
	if got := kinds(p.h.link.Receive(connect.Append(nil))); got != "Activate" {
		t.Fatalf("effects %q", got)
	}
	if got := kinds(p.h.link.Stop(cause(ie.CauseTemporaryFailure))); got != "Moved" {
		t.Errorf("effects %q before the answer", got)
	}
	p.h.log = nil
	p.h.do(p.h.link.Activated(1, nil))
	if log := p.h.takeLog(); !slices.Equal(log, []string{"deactivate quiesce=false"}) {
		t.Errorf("%q", log)
	}
	p.w.run(100 * time.Millisecond)
	if len(p.h.plane) != 0 {
		t.Error("the branch is still there")
	}
}

// TestPort: a port that goes down takes the link down with its reason; a short
// flap loses nothing.
func TestPort(t *testing.T) {
	w := newWorld(t, 1)
	a, b := w.pair()
	up(a, b)
	active(w, b, a)
	down := a.status(false)
	down.Reason = "eth1: no carrier"
	a.do(a.link.Status(down))
	a.loss, b.loss = 1, 1
	if a.link.State() != uni.LinkDown || a.link.LastError() != "eth1: no carrier" {
		t.Errorf("the link is %v: %q", a.link.State(), a.link.LastError())
	}
	a.call(paramsTo(macB, constant))
	if c := last[primitive.ReleaseConf](a); c.Cause.Value != ie.CauseNetworkOutOfOrder {
		t.Errorf("a call over a port that is down: %+v", c)
	}
	w.run(5 * time.Second)
	a.loss, b.loss = 0, 0
	a.do(a.link.Status(a.status(true)))
	w.run(5 * time.Second)
	if a.link.State() != uni.LinkUp || a.link.CallCount() != 1 || b.link.CallCount() != 1 {
		t.Errorf("after the flap: %v, %d and %d calls", a.link.State(), a.link.CallCount(), b.link.CallCount())
	}
	warn := a.status(true)
	warn.Reason = "the peer sends cells"
	a.do(a.link.Status(warn))
	if a.link.State() != uni.LinkUp || a.link.LastError() != "the peer sends cells" {
		t.Errorf("the link is %v: %q", a.link.State(), a.link.LastError())
	}
}

// TestPortDownWhileWaiting: the attempts stop with the port and begin with it.
func TestPortDownWhileWaiting(t *testing.T) {
	w := newWorld(t, 1)
	h := w.host("alone", macA, macB, uni.RoleAuto)
	h.boot()
	w.run(4500 * time.Millisecond) // in the back-off
	h.do(h.link.Status(h.status(false)))
	h.sent = nil
	w.run(time.Minute)
	if len(h.sent) != 0 {
		t.Errorf("%d PDUs while the port was down", len(h.sent))
	}
	h.do(h.link.Status(h.status(true)))
	if len(h.sent) != 1 {
		t.Errorf("%d PDUs when it came up", len(h.sent))
	}
}

// TestStop: calls of every kind are released with the cause, then the SAAL.
func TestStop(t *testing.T) {
	w := newWorld(t, 1)
	a, b := w.pair()
	up(a, b)
	active(w, a, b)
	active(w, b, a)
	a.call(paramsTo(macB, bestEffort))
	b.call(paramsTo(macA, bestEffort))
	w.run(100 * time.Millisecond)
	a.do(a.link.Stop(cause(ie.CauseTemporaryFailure)))
	a.do(a.link.Stop(cause(ie.CauseTemporaryFailure)))
	a.call(paramsTo(macB, bestEffort))
	w.run(time.Second)
	if !a.link.Stopped() || a.link.State() != uni.LinkDown || len(a.timers) != 0 {
		t.Errorf("stopped: %v, %v, timers %v", a.link.Stopped(), a.link.State(), a.timers)
	}
	a.wantEmpty()
	b.wantEmpty()
	for _, i := range b.inds {
		if r, ok := i.(primitive.ReleaseInd); ok && r.Cause.Value != ie.CauseTemporaryFailure {
			t.Errorf("the peer is told %+v", r)
		}
	}
	if n := len(a.link.Receive([]byte{1, 2, 3, 4})); n != 0 {
		t.Errorf("%d effects after the end", n)
	}
}

// TestStopAtOnce: a link that is not up has nothing to wait for.
func TestStopAtOnce(t *testing.T) {
	l := uni.New(uni.Config{Role: uni.RoleUser})
	l.Stop(cause(ie.CauseNormalClearing))
	if !l.Stopped() {
		t.Error("not stopped before the start")
	}
	w := newWorld(t, 1)
	h := w.host("alone", macA, macB, uni.RoleAuto)
	h.boot()
	w.run(time.Second)
	sent := len(h.sent)
	h.do(h.link.Stop(cause(ie.CauseNormalClearing)))
	if !h.link.Stopped() || len(h.timers) != 0 || len(h.sent) != sent+1 {
		t.Errorf("stopped while establishing: %v, timers %v, %d PDUs", h.link.Stopped(), h.timers, len(h.sent)-sent)
	}
}

// TestStopTogether: two ends that stop within moments do not wait for each
// other, nor for a peer that is gone.
func TestStopTogether(t *testing.T) {
	for _, apart := range []time.Duration{0, time.Millisecond, 3 * time.Millisecond, 10 * time.Millisecond} {
		w := newWorld(t, 1)
		a, b := w.pair()
		up(a, b)
		active(w, a, b)
		for _, h := range w.hosts {
			h.do(h.link.Stop(cause(ie.CauseTemporaryFailure)))
			w.run(apart)
		}
		w.run(uni.StopWait)
		for _, h := range w.hosts {
			if !h.link.Stopped() || len(h.timers) != 0 {
				t.Errorf("%v apart: %s is %v, timers %v", apart, h.name, h.link.State(), h.timers)
			}
			h.wantEmpty()
		}
	}
	w := newWorld(t, 1)
	a, b := w.pair()
	up(a, b)
	b.die()
	a.do(a.link.Stop(cause(ie.CauseTemporaryFailure)))
	w.run(uni.StopWait)
	if !a.link.Stopped() {
		t.Error("waits for a peer that is gone")
	}
}

// TestStopCrossesBegin: a peer that begins anew in answer to the END is not left
// with a connection that nobody serves.
func TestStopCrossesBegin(t *testing.T) {
	p := ready(newWorld(t, 1), uni.RoleNetwork)
	p.deaf = true
	p.h.do(p.h.link.Stop(cause(ie.CauseTemporaryFailure)))
	begin := sscop.PDU{Type: sscop.BGN, NSQ: 77, NMR: sscop.NewSeq(30)}
	p.h.do(p.h.link.Receive(begin.Append(nil)))
	if !p.h.link.Stopped() || len(p.h.timers) != 0 {
		t.Errorf("stopped: %v, timers %v", p.h.link.Stopped(), p.h.timers)
	}
	end := (&sscop.PDU{Type: sscop.END}).Append(nil)
	if got := p.h.sent[len(p.h.sent)-1]; !bytes.Equal(got, end) {
		t.Errorf("the last PDU is % x, want an END", got)
	}
	if got := p.h.trans[len(p.h.trans)-1].To; got != "CU0" {
		t.Errorf("the coordinator ends in %s", got)
	}
}

// TestStopWhileActivating: a call whose branch is being made ends as well.
func TestStopWhileActivating(t *testing.T) {
	p := ready(newWorld(t, 1), uni.RoleNetwork)
	l := p.h.link
	l.Request(primitive.SetupReq{Call: 5, VC: 1, Params: paramsTo(macB, constant)})
	l.Stop(cause(ie.CauseTemporaryFailure))
	p.h.plane[vc.ID{Link: 1, VCI: 32}] = &branchState{call: 5}
	p.h.do(l.Activated(5, nil))
	p.w.run(time.Second)
	p.ended(ie.CauseTemporaryFailure)
	if !l.Stopped() {
		t.Error("not stopped")
	}
}

// TestHeldBack: what comes for a call before the data plane has answered waits
// for the answer.
func TestHeldBack(t *testing.T) {
	p := ready(newWorld(t, 1), uni.RoleUser)
	p.outgoing()
	l := p.h.link
	proceeding, connect := unhex("0903800007 0280 0009 5a80000588 00000028"), unhex("0903800007 0780 0000")
	var effects []uni.Effect
	for i, b := range [][]byte{proceeding, connect} {
		pdu := sscop.PDU{Type: sscop.SD, NS: sscop.NewSeq(uint32(1 + i)), Data: b}
		effects = append(effects, slices.Clone(l.Receive(pdu.Append(nil)))...)
	}
	effects = append(effects, slices.Clone(l.Request(primitive.ReleaseReq{Call: 1, Cause: cause(ie.CauseNormalClearing)}))...)
	if got := kinds(effects); got != "Moved Activate" && got != "Activate" {
		t.Fatalf("effects %s", got)
	}
	p.h.plane[vc.ID{Link: 1, VCI: 40}] = &branchState{call: 1}
	p.h.log = nil
	p.h.do(l.Activated(1, nil))
	want := []string{"ProceedingInd", "open", "CONNECT ACKNOWLEDGE", "ConnectInd", "drain", "RELEASE"}
	p.w.run(100 * time.Millisecond)
	if log := p.h.takeLog(); !slices.Equal(log, want) {
		t.Errorf("%q, want %q", log, want)
	}
}

// kinds names the effects of calls, without those of timers.
func kinds(effects []uni.Effect) string {
	var names []string
	for _, e := range effects {
		if !slices.Contains([]uni.EffectKind{uni.StartTimer, uni.StopTimer, uni.LinkChanged, uni.SendPDU}, e.Kind) {
			names = append(names, e.Kind.String())
		}
	}
	return strings.Join(names, " ")
}

// TestLateAnswers: answers of the data plane that nothing waits for change
// nothing.
func TestLateAnswers(t *testing.T) {
	p := activePeer(t, uni.RoleUser)
	for _, effects := range [][]uni.Effect{
		p.h.link.Activated(1, nil), p.h.link.Activated(77, errPlane), p.h.link.Drained(1, vc.DrainReport{}),
		p.h.link.Drained(77, vc.DrainReport{}), p.h.link.Deactivated(1, vc.DrainReport{}), p.h.link.Deactivated(77, vc.DrainReport{}),
		p.h.link.Request(primitive.SetupReq{Call: 1}), p.h.link.Request(primitive.SetupReq{Call: 0}),
		p.h.link.Request(primitive.SetupReq{Call: primitive.IncomingCall | 5}), p.h.link.Request(primitive.AcceptReq{Call: 1}),
	} {
		if len(effects) != 0 {
			t.Errorf("effects %+v", effects)
		}
	}
	if rows := p.h.link.Calls(); len(rows) != 1 || rows[0].State != "U10" || !rows[0].Ours || rows[0].CallRef != ref {
		t.Errorf("rows %+v", rows)
	}
}

// TestReferences: references count up from a random value, skip those in use,
// 0 and the dummy.
func TestReferences(t *testing.T) {
	first := make(map[uint32]bool)
	for seed := range uint64(20) {
		w := newWorld(t, seed)
		p := ready(w, uni.RoleUser)
		p.h.call(paramsTo(macB, bestEffort))
		first[p.expect(msg.Setup).CallRef.Value] = true
	}
	if len(first) < 20 {
		t.Errorf("20 seeds gave %d first references", len(first))
	}
	p := ready(newWorld(t, 1), uni.RoleUser)
	for _, row := range []struct{ set, want uint32 }{
		{msg.DummyCallRef - 1, msg.DummyCallRef - 1}, {0, 1}, {1, 2}, {msg.DummyCallRef - 1, 3},
	} {
		if row.set != 0 {
			uni.SetNextRef(p.h.link, row.set)
		}
		p.h.call(paramsTo(macB, bestEffort))
		if m := p.expect(msg.Setup); m.CallRef.Value != row.want || m.CallRef.Flag {
			t.Errorf("reference %v, want %d", m.CallRef, row.want)
		}
	}
}

// TestTrace: every PDU is shown when asked for, and none otherwise.
func TestTrace(t *testing.T) {
	w := newWorld(t, 1)
	a, b := w.pair()
	a.cfg.Trace = true
	up(a, b)
	var sent, received int
	a.onTrace = func(e uni.Effect) {
		if e.Sent {
			sent++
		} else {
			received++
		}
		if dissect.Summarize(e.Octets).Summary == "" {
			t.Error("no summary")
		}
	}
	b.onTrace = func(uni.Effect) { t.Error("b was not asked for a trace") }
	active(w, a, b)
	if sent == 0 || received == 0 {
		t.Errorf("%d sent, %d received", sent, received)
	}
}

// TestSmallLink: SSCOP sends no PDU that the port cannot carry.
func TestSmallLink(t *testing.T) {
	w := newWorld(t, 1)
	a, b := w.pair()
	a.maxSDU, b.maxSDU = 200, 200
	up(a, b)
	p := paramsTo(macB, bestEffort)
	a.call(p)
	w.run(10 * time.Millisecond)
	offer := last[primitive.SetupInd](b)
	if offer.Params.Contract.Forward.MaxSDU != 200 || offer.Params.Contract.Backward.MaxSDU != 200 {
		t.Errorf("offered %+v", offer.Params.Contract)
	}
	for _, pdu := range append(a.sent, b.sent...) {
		if len(pdu) > 200 {
			t.Errorf("a PDU of %d octets", len(pdu))
		}
	}
}

// TestCounterNames: names are there once and in a stable order.
func TestCounterNames(t *testing.T) {
	l := uni.New(uni.Config{Role: uni.RoleUser})
	seen := make(map[string]bool)
	for _, c := range l.Counters() {
		if seen[c.Name] || c.Name == "" || c.Name != strings.ToLower(c.Name) || strings.Contains(c.Name, " ") || c.Value != 0 {
			t.Errorf("counter %+v", c)
		}
		seen[c.Name] = true
	}
	for n := uni.TimerName(1); n <= uni.TimerAudit; n++ {
		if strings.HasPrefix(n.String(), "TimerName") {
			t.Errorf("timer %d has no name", n)
		}
	}
}
