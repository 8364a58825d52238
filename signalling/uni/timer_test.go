package uni_test

import (
	"testing"
	"time"

	"callmanager/signalling/primitive"
	"callmanager/signalling/q2931/ie"
	"callmanager/signalling/q2931/msg"
	"callmanager/signalling/uni"
)

// ref is the call reference that tests let the host allocate.
const ref = 7

// outgoing makes a call from the host to a peer that stays silent, and returns
// the SETUP.
func (p *saalPeer) outgoing() *msg.Message {
	p.w.t.Helper()
	uni.SetNextRef(p.h.link, ref)
	p.h.call(paramsTo(macB, constant))
	return p.expect(msg.Setup)
}

// reply sends a message to a call of the host.
func (p *saalPeer) reply(t msg.Type, change func(*msg.Message)) {
	p.w.t.Helper()
	m := &msg.Message{CallRef: msg.CallRef{Value: ref, Flag: true}, Type: t}
	if change != nil {
		change(m)
	}
	p.write(m)
}

// channel names 0/40 in a response.
func channel(m *msg.Message) { m.ConnID = &ie.ConnID{VCI: 40} }

// offer sends a SETUP of the peer's call reference 9 to the host.
func (p *saalPeer) offer(change func(*msg.Message)) {
	p.w.t.Helper()
	p.write(setupTo(p.h, change))
}

// peerRef is the call reference that the peer allocates.
var peerRef = msg.CallRef{Value: 9}

func setupTo(h *host, change func(*msg.Message)) *msg.Message {
	aesa, _ := addrOf(h.mac).AESA()
	m := &msg.Message{
		CallRef: peerRef, Type: msg.Setup,
		AAL:    &ie.AAL{Type: ie.AAL5, FwdMaxSDU: ie.Some[uint16](1000), BwdMaxSDU: ie.Some[uint16](1000)},
		TD:     &ie.TD{BestEffort: true},
		Bearer: &ie.Bearer{Class: ie.BCOBX}, QoS: &ie.QoS{},
		Called: &ie.CalledNumber{Number: ie.NewAESA(aesa)},
	}
	m.TD.Fwd.PCR01, m.TD.Bwd.PCR01 = ie.Some[uint32](1000), ie.Some[uint32](1000)
	if h.link.Role() == uni.RoleUser {
		m.ConnID = &ie.ConnID{VCI: 50}
	}
	if change != nil {
		change(m)
	}
	return m
}

// at waits for the next message of the host and checks its type, its cause and
// when it was sent, to the microsecond, after start.
func (p *saalPeer) at(start, want time.Duration, t msg.Type, causes ...ie.CauseValue) {
	p.w.t.Helper()
	p.w.run(start + want - p.w.now + p.h.delay - time.Microsecond)
	if len(p.in) > 0 {
		m, _, _ := msg.Decode(p.in[0], msg.Options{})
		p.w.t.Fatalf("%v comes before %v", m, want)
	}
	p.w.run(2 * time.Microsecond)
	if len(p.in) == 0 {
		p.w.t.Fatalf("no %v after %v", t, want)
	}
	m, _, err := msg.Decode(p.in[0], msg.Options{})
	p.in = p.in[1:]
	if err != nil || m.Type != t || len(m.Causes) != len(causes) {
		p.w.t.Fatalf("%v, %v after %v, want %v with causes %d", m, err, want, t, causes)
	}
	for i, v := range causes {
		if m.Causes[i].Value != v {
			p.w.t.Fatalf("%v after %v, want cause %d", m, want, v)
		}
	}
}

// ended checks the last indication: the call has ended for a cause.
func (p *saalPeer) ended(v ie.CauseValue) {
	p.w.t.Helper()
	if c := last[primitive.ReleaseConf](p.h); c.Cause.Value != v || (c.Detail == "") != (v == ie.CauseNormalClearing) {
		p.w.t.Errorf("confirmed %v, %q, want cause %d, and why if it was not the client's wish", c.Cause, c.Detail, v)
	}
	p.h.wantEmpty()
}

func roles(t *testing.T, do func(p *saalPeer)) {
	t.Helper()
	for _, role := range []uni.Role{uni.RoleUser, uni.RoleNetwork} {
		t.Run(role.String(), func(t *testing.T) { do(ready(newWorld(t, 1), role)) })
	}
}

// TestT303: SETUP is repeated after 4 s, and after 4 s more the call is null
// with cause 18.
func TestT303(t *testing.T) {
	roles(t, func(p *saalPeer) {
		start := p.w.now
		p.outgoing()
		p.at(start, 4*time.Second, msg.Setup)
		p.at(start, 8*time.Second, msg.ReleaseComplete, ie.CauseTimerExpiry)
		p.w.run(time.Second)
		p.ended(ie.CauseNoUserResponding)
	})
}

// TestT310: 30 s on the user side, 10 s on the network side.
func TestT310(t *testing.T) {
	roles(t, func(p *saalPeer) {
		p.outgoing()
		wait := 30 * time.Second
		if p.h.link.Role() == uni.RoleNetwork {
			wait = 10 * time.Second
			p.reply(msg.CallProceeding, nil)
		} else {
			p.reply(msg.CallProceeding, channel)
		}
		start := lastStart(p, uni.T310)
		p.at(start, wait, msg.Release, ie.CauseNoUserResponding)
		p.reply(msg.ReleaseComplete, nil)
		p.ended(ie.CauseNoUserResponding)
	})
}

// lastStart returns when a timer of the host was started last.
func lastStart(p *saalPeer, n uni.TimerName) time.Duration {
	p.w.t.Helper()
	at, ok := p.h.started[n]
	if !ok {
		p.w.t.Fatalf("%v was never started", n)
	}
	return at
}

// TestT301: no answer for 180 s after ALERTING.
func TestT301(t *testing.T) {
	roles(t, func(p *saalPeer) {
		p.outgoing()
		if p.h.link.Role() == uni.RoleUser {
			p.reply(msg.Alerting, channel)
		} else {
			p.reply(msg.Alerting, nil)
		}
		p.at(lastStart(p, uni.T301), 180*time.Second, msg.Release, ie.CauseNoAnswer)
		p.reply(msg.ReleaseComplete, nil)
		p.ended(ie.CauseNoAnswer)
	})
}

// TestT308: RELEASE is repeated after 30 s with cause 102 beside its own, and
// after 30 s more the call is null.
func TestT308(t *testing.T) {
	roles(t, func(p *saalPeer) {
		p.outgoing()
		start := p.w.now
		p.h.ask(primitive.ReleaseReq{Call: 1, Cause: cause(ie.CauseNormalClearing)})
		p.expectCause(msg.Release, ie.CauseNormalClearing)
		p.at(start, 30*time.Second, msg.Release, ie.CauseNormalClearing, ie.CauseTimerExpiry)
		p.w.run(start + 60*time.Second - p.w.now - time.Microsecond)
		if len(p.h.take()) != 0 {
			p.w.t.Errorf("the call has ended before its time")
		}
		p.w.run(2 * time.Microsecond)
		p.ended(ie.CauseNormalClearing)
		p.silence()
	})
}

// TestT313: a called user waits 4 s for CONNECT ACKNOWLEDGE.
func TestT313(t *testing.T) {
	p := ready(newWorld(t, 1), uni.RoleUser)
	p.offer(nil)
	offer := last[primitive.SetupInd](p.h)
	start := p.w.now
	p.h.ask(primitive.AcceptReq{Call: offer.Call, VC: 1, Params: offer.Params})
	p.expect(msg.Connect)
	p.at(start, 4*time.Second, msg.Release, ie.CauseTimerExpiry)
	p.write(&msg.Message{CallRef: peerRef, Type: msg.ReleaseComplete})
	if i := last[primitive.ReleaseInd](p.h); i.Cause.Timer() != "313" || i.Remote {
		t.Errorf("indicated %+v", i)
	}
	p.h.wantEmpty()
}

// TestGuard: a called network side that waits in vain for CONNECT ACKNOWLEDGE
// opens its branch after 4 s.
func TestGuard(t *testing.T) {
	p := ready(newWorld(t, 1), uni.RoleNetwork)
	p.offer(nil)
	offer := last[primitive.SetupInd](p.h)
	start := p.w.now
	p.h.ask(primitive.AcceptReq{Call: offer.Call, VC: 1, Params: offer.Params})
	p.expect(msg.CallProceeding)
	p.expect(msg.Connect)
	if rows := p.h.link.Calls(); rows[0].State != "N10" {
		t.Errorf("the call is in %s", rows[0].State)
	}
	p.w.run(start + uni.GuardTime - p.w.now - time.Microsecond)
	if p.h.plane[offer.ID].transmit {
		t.Fatal("the branch is open before its time")
	}
	p.w.run(2 * time.Microsecond)
	last[primitive.CompleteInd](p.h)
	p.h.take()
	p.write(&msg.Message{CallRef: peerRef, Type: msg.ConnectAck}) // late: swallowed
	p.silence()
	if n := len(p.h.take()); n != 0 || !p.h.plane[offer.ID].transmit {
		t.Errorf("%d indications after a late CONNECT ACKNOWLEDGE", n)
	}
}

// TestAlerting: the network side sends CALL PROCEEDING with the channel within
// 20 ms, both sides ALERTING after 1 s.
func TestAlerting(t *testing.T) {
	roles(t, func(p *saalPeer) {
		p.offer(nil)
		start := lastStart(p, uni.TimerAlerting)
		if p.h.link.Role() == uni.RoleNetwork {
			m := p.expect(msg.CallProceeding)
			if m.ConnID == nil || *m.ConnID != (ie.ConnID{VCI: 32}) {
				p.w.t.Errorf("CALL PROCEEDING with %+v", m.ConnID)
			}
			if got := lastStart(p, uni.TimerProceeding); got != start {
				p.w.t.Errorf("CALL PROCEEDING is timed from %v, ALERTING from %v", got, start)
			}
		}
		p.at(start, uni.AlertingDelay, msg.Alerting)
		offer := last[primitive.SetupInd](p.h)
		p.h.ask(primitive.AcceptReq{Call: offer.Call, VC: 1, Params: offer.Params})
		if m := p.expect(msg.Connect); m.ConnID != nil || m.AAL == nil {
			p.w.t.Errorf("%v: the channel has been named, the AAL parameters are due", m)
		}
	})
}

// TestT322: an active call is enquired about when the SAAL is reset; without
// an answer again after 4 s, and after 4 s more it is cleared with cause 41.
func TestT322(t *testing.T) {
	p := activePeer(t, uni.RoleUser)
	p.resync()
	start := lastStart(p, uni.T322)
	p.expect(msg.StatusEnquiry)
	p.at(start, 4*time.Second, msg.StatusEnquiry)
	p.at(start, 8*time.Second, msg.Release, ie.CauseTemporaryFailure)
	p.reply(msg.ReleaseComplete, nil)
	if i := last[primitive.ReleaseInd](p.h); i.Cause.Value != ie.CauseTemporaryFailure {
		t.Errorf("indicated %+v", i)
	}
	p.h.wantEmpty()
}

// activePeer sets a call of the host up with the peer.
func activePeer(t tester, role uni.Role) *saalPeer {
	t.Helper()
	p := ready(newWorld(t, 1), role)
	p.outgoing()
	if role == uni.RoleUser {
		p.reply(msg.Connect, channel)
	} else {
		p.reply(msg.Connect, nil)
	}
	p.expect(msg.ConnectAck)
	last[primitive.ConnectInd](p.h)
	p.h.take()
	return p
}

// resync makes the peer resynchronize the SAAL.
func (p *saalPeer) resync() {
	p.do(p.saal.Establish())
	p.w.run(10 * time.Millisecond)
}

// TestT309: an active call outlives the SAAL by 10 s, to the microsecond.
func TestT309(t *testing.T) {
	roles(t, func(p *saalPeer) {
		p = activePeer(p.w.t, p.h.link.Role())
		p.deaf = true
		p.do(p.saal.Release())
		p.w.run(time.Millisecond)
		start := lastStart(p, uni.T309)
		p.w.run(start + 10*time.Second - p.w.now - time.Microsecond)
		if n := len(p.h.take()); n != 0 || p.h.link.CallCount() != 1 || p.h.link.State() != uni.LinkEstablishing {
			p.w.t.Fatalf("%d indications before T309", n)
		}
		p.w.run(2 * time.Microsecond)
		if i := last[primitive.ReleaseInd](p.h); i.Cause.Value != ie.CauseDestinationOutOfOrder || i.Remote {
			p.w.t.Errorf("indicated %+v", i)
		}
		p.h.wantEmpty()
	})
}

// TestBackOff: the link tries for ever, with pauses of 1 to 8 s.
func TestBackOff(t *testing.T) {
	w := newWorld(t, 1)
	h := w.host("alone", macA, macB, uni.RoleAuto)
	h.boot()
	attempts := 0
	for range 60 {
		h.sent = nil
		w.run(10 * time.Second)
		attempts += len(h.sent)
	}
	// A try of 4 BGN and an END takes 4 s, the pause after it 8 s.
	if attempts < 40*4 || attempts > 60*5 {
		t.Errorf("%d PDUs in ten minutes", attempts)
	}
	if h.link.State() != uni.LinkEstablishing || h.link.LastError() == "" {
		t.Errorf("the link is %v: %q", h.link.State(), h.link.LastError())
	}
	b := w.host("late", macB, macA, uni.RoleAuto)
	h.peer, b.peer = b, h
	b.boot()
	w.run(time.Second)
	if h.link.State() != uni.LinkUp || b.link.State() != uni.LinkUp || h.link.LastError() != "" {
		t.Errorf("%v and %v: %q", h.link.State(), b.link.State(), h.link.LastError())
	}
}

// TestRestartWait: calls are taken 2 s after a RESTART without answer, RESTART
// is repeated once after 120 s, and given up after 120 s more.
func TestRestartWait(t *testing.T) {
	p := newPeer(newWorld(t, 1), uni.RoleUser, nil)
	p.expect(msg.Restart)
	start := lastStart(p, uni.T316)
	if s := p.h.link.State(); s != uni.LinkEstablishing {
		t.Errorf("the link is %v", s)
	}
	p.h.call(paramsTo(macB, constant))
	if c := last[primitive.ReleaseConf](p.h); c.Cause.Value != ie.CauseTemporaryFailure {
		t.Errorf("a call before the restart: %+v", c)
	}
	p.w.run(start + uni.RestartWait - p.w.now - time.Microsecond)
	if s := p.h.link.State(); s != uni.LinkEstablishing {
		t.Errorf("the link is %v before its time", s)
	}
	p.w.run(2 * time.Microsecond)
	if s := p.h.link.State(); s != uni.LinkUp || p.h.link.LastError() == "" {
		t.Errorf("the link is %v: %q", s, p.h.link.LastError())
	}
	p.at(start, 120*time.Second, msg.Restart)
	p.w.run(120 * time.Second)
	p.silence()
	if p.h.counter("restart_failures") != 1 {
		t.Error("the failure is not counted")
	}
}

// TestRestartNotRepeatedOverCalls: T316 does not send a RESTART that would
// clear calls. It enquires about them, since the first may do so yet.
func TestRestartNotRepeatedOverCalls(t *testing.T) {
	p := newPeer(newWorld(t, 1), uni.RoleUser, nil)
	p.expect(msg.Restart)
	p.w.run(3 * time.Second)
	p.outgoing()
	p.reply(msg.Connect, channel)
	p.expect(msg.ConnectAck)
	p.w.run(116 * time.Second)
	p.silence()
	p.w.run(2 * time.Second)
	p.expect(msg.StatusEnquiry)
	p.reply(msg.Status, func(m *msg.Message) {
		m.CallState = &ie.CallState{State: ie.CallActive}
		m.Causes = []ie.Cause{{Value: ie.CauseStatusEnquiryResponse}}
	})
	p.w.run(250 * time.Second)
	p.silence()
	if p.h.link.CallCount() != 1 {
		t.Error("the call is gone")
	}
}

// TestT317: a restart whose branches never end is given up after 90 s.
func TestT317(t *testing.T) {
	p := activePeer(t, uni.RoleUser)
	p.h.quiesceTime = time.Hour
	p.h.stuck = true
	p.sendHex("0903 000000 4680 0005 7980000182")
	p.w.run(89 * time.Second)
	p.silence()
	if p.h.counter("restart_failures") != 0 {
		t.Error("given up too early")
	}
	p.w.run(2 * time.Second)
	p.silence()
	if p.h.counter("restart_failures") != 1 {
		t.Error("not given up")
	}
}

// TestStaleExpiry: an expiry with an old generation changes nothing.
func TestStaleExpiry(t *testing.T) {
	p := ready(newWorld(t, 1), uni.RoleUser)
	p.outgoing()
	gen := p.h.timers[uni.TimerID{Name: uni.T303, Call: 1}]
	p.reply(msg.CallProceeding, channel)
	before := p.h.counter("stale_expiries")
	p.h.do(p.h.link.Expire(uni.TimerID{Name: uni.T303, Call: 1}, gen))
	p.h.do(p.h.link.Expire(uni.TimerID{Name: uni.T310, Call: 1}, 0))
	p.h.do(p.h.link.Expire(uni.TimerID{Name: 99}, 1))
	if n := p.h.counter("stale_expiries") - before; n != 3 {
		t.Errorf("%d stale expiries, want 3", n)
	}
	p.silence()
}
