package uni_test

import (
	"strings"
	"testing"
	"time"

	"callmanager/signalling/dissect"
	"callmanager/signalling/primitive"
	"callmanager/signalling/q2931/ie"
	"callmanager/signalling/q2931/msg"
	"callmanager/signalling/uni"
	"callmanager/vc"
)

// global is the global call reference as the peer's respond process gets it
// (flag clear) or our start process (flag set).
var toRespond, fromRespond = msg.CallRef{}, msg.CallRef{Flag: true}

// TestRestartResponse: a peer's RESTART clears what it names, without
// messages, and is acknowledged when the branches are gone (Q.2931 5.5.2).
func TestRestartResponse(t *testing.T) {
	for _, row := range []struct {
		name, restart, ack string
		clears             bool
	}{
		{"all", "0903 000000 4680 0005 7980000182", "0903 800000 4e80 0005 7980000182", true},
		{"this channel", "0903 000000 4680 000e 5a80000588 00000028 7980000180", "0903800000 4e80 000e 5a80000588 00000028 7980000180", true},
		{"this path", "0903 000000 4680 000e 5a80000588 00000063 7980000181", "0903800000 4e80 000e 5a80000588 00000063 7980000181", true},
		{"this channel, with a reserved action indicator", "0903 000000 4680 000e 5a94000588 00000028 7980000180", "0903800000 4e80 000e 5a80000588 00000028 7980000180", true},
		{"another channel", "0903 000000 4680 000e 5a80000588 00000029 7980000180", "0903800000 4e80 000e 5a80000588 00000029 7980000180", false},
		{"this channel, VP-associated", "0903 000000 4680 000e 5a80000580 00090028 7980000180", "0903800000 4e80 000e 5a80000580 00090028 7980000180", true},
		{"another path", "0903 000000 4680 000e 5a80000588 00010028 7980000181", "0903800000 4e80 000e 5a80000588 00010028 7980000181", false},
	} {
		t.Run(row.name, func(t *testing.T) {
			p := activePeer(t, uni.RoleUser) // on 0/40
			p.h.log = nil
			p.sendHex(row.restart)
			if got := p.next(); string(got) != string(unhex(row.ack)) {
				t.Errorf("answer %x, want %x", got, unhex(row.ack))
			}
			p.silence()
			if (p.h.link.CallCount() == 0) != row.clears {
				t.Errorf("%d calls are left", p.h.link.CallCount())
			}
			if !row.clears {
				return
			}
			if i := last[primitive.ReleaseInd](p.h); i.Remote || i.Cause.Value != ie.CauseTemporaryFailure {
				t.Errorf("indicated %+v", i)
			}
			p.h.wantEmpty()
			if log := p.h.takeLog(); len(log) != 3 || log[0] != "deactivate quiesce=false" || log[2] != "RESTART ACKNOWLEDGE" {
				t.Errorf("in the order %q", log)
			}
		})
	}
}

// TestRestartVPAssociated: the path of the signalling channel is VPI 0, and no
// other.
func TestRestartVPAssociated(t *testing.T) {
	p := ready(newWorld(t, 1), uni.RoleUser)
	p.offer(func(m *msg.Message) { m.ConnID = &ie.ConnID{VPCI: 3, VCI: 50} })
	for _, restart := range []string{"5a80000580 00030032 7980000180", "5a80000580 00030032 7980000181"} {
		p.sendHex("0903 000000 4680 000e " + restart)
		p.expect(msg.RestartAck)
		if p.h.link.CallCount() != 1 {
			t.Errorf("RESTART %s ends the call on 3/50", restart)
		}
	}
}

// TestRestartErrors: messages with the global call reference that are in the
// wrong place or ill-formed (Q.2931 5.6.3.2 f).
func TestRestartErrors(t *testing.T) {
	for _, row := range []struct {
		name, octets string
		ref          msg.CallRef
		want         *answer
	}{
		{"RESTART with the flag set", "0903 800000 4680 0005 7980000182", toRespond, status(81, "", 0)},
		{"RESTART ACKNOWLEDGE with the flag clear", "0903 000000 4e80 0005 7980000182", fromRespond, status(81, "", 0)},
		{"RESTART ACKNOWLEDGE that nobody waits for", "0903 800000 4e80 0005 7980000182", toRespond, status(101, "4e", 0)},
		{"RESTART without indicator", "0903 000000 4680 0000", fromRespond, status(96, "79", 0)},
		{"RESTART of a channel without the channel", "0903 000000 4680 0005 7980000180", fromRespond, status(96, "5a", 0)},
		{"RESTART of VPI 200", "0903 000000 4680 000e 5a80000588 00c80028 7980000180", fromRespond, status(82, "00c80028", 0)},
		{"RESTART of VCI 5", "0903 000000 4680 000e 5a80000588 00000005 7980000180", fromRespond, status(82, "00000005", 0)},
		{"RESTART with a bad class", "0903 000000 4680 0005 7980000187", fromRespond, status(100, "79", 0)},
		{"STATUS ENQUIRY", "0903 000000 7580 0000", fromRespond, status(81, "", 0)},
		{"SETUP", "0903 000000 0580 0000", fromRespond, status(81, "", 0)},
		{"unknown type to the start process", "0903 800000 7780 0000", toRespond, status(81, "", 0)},
		{"STATUS that fits", "0903 000000 7d80 000b 148000013d 0880000280d1", fromRespond, nil},
		{"STATUS that does not fit", "0903 800000 7d80 000b 148000013e 0880000280d1", toRespond, nil},
		{"STATUS without cause", "0903 000000 7d80 0005 1480000100", fromRespond, status(96, "08", 0)},
	} {
		t.Run(row.name, func(t *testing.T) {
			p := ready(newWorld(t, 1), uni.RoleUser)
			p.sendHex(row.octets)
			row.want.check(p, row.ref)
			p.silence()
		})
	}
}

// TestRestartAllWithChannel: the channel is not expected; it is reported with
// the state that follows (Q.2931 5.6.8), and the RESTART is carried out.
func TestRestartAllWithChannel(t *testing.T) {
	p := activePeer(t, uni.RoleNetwork)
	p.sendHex("0903 000000 4680 000e 7980000182 5a80000588 00000020")
	status(99, "5a", ie.CallRestart).check(p, fromRespond)
	if got, want := p.next(), unhex("0903 800000 4e80 0005 7980000182"); string(got) != string(want) {
		t.Errorf("answer %x", got)
	}
	p.h.wantEmpty()
}

// TestRestartReported: what is wrong with the elements of a RESTART that takes
// its time, and of an acknowledgement, is told at once, each with the state that
// follows (Q.2931 5.6.8).
func TestRestartReported(t *testing.T) {
	p := activePeer(t, uni.RoleUser)
	p.h.stuck = true
	p.sendHex("0903 000000 4680 000a 7980000182 3380000101")
	status(99, "33", ie.CallRestart).check(p, fromRespond)
	p.silence()

	p = newPeer(newWorld(t, 1), uni.RoleUser, nil)
	p.expect(msg.Restart)
	p.sendHex("0903 800000 4e80 000a 7980000182 3380000101")
	status(99, "33", ie.CallNull).check(p, toRespond)
	p.silence()
	if p.h.link.State() != uni.LinkUp {
		t.Errorf("the link is %v", p.h.link.State())
	}
}

// TestRestartTwice: a RESTART in REST2 gets STATUS 101 and ends what has been
// offered before it, and a SETUP meanwhile waits until it is over.
func TestRestartTwice(t *testing.T) {
	p := activePeer(t, uni.RoleUser)
	p.h.stuck = true
	p.sendHex("0903 000000 4680 0005 7980000182")
	p.silence()
	p.offer(nil)
	p.sendHex("0903 000000 4680 0005 7980000182")
	status(101, "46", ie.CallRestart).check(p, fromRespond)
	if n := p.h.counter("forgotten_messages"); n != 1 {
		t.Errorf("%d offers are forgotten, want the one before the second RESTART", n)
	}
	p.offer(nil)
	p.h.ask(primitive.SetupReq{Call: 77, VC: 1, Params: paramsTo(macB, constant)})
	if no := last[primitive.ReleaseConf](p.h); no.Cause.Value != ie.CauseTemporaryFailure || no.Detail != "the peer is restarting" {
		t.Errorf("a call meanwhile: %+v", no)
	}
	p.silence()
	p.h.take()
	p.h.do(p.h.link.Deactivated(1, vc.DrainReport{}))
	p.expect(msg.RestartAck)
	p.h.plane = make(map[vc.ID]*branchState)
	offer := last[primitive.SetupInd](p.h)
	p.h.ask(primitive.RejectReq{Call: offer.Call, Cause: cause(ie.CauseUserBusy)})
	p.expectCause(msg.ReleaseComplete, ie.CauseUserBusy)
	p.h.wantEmpty()
}

// TestRestartRefused: a peer that does not know RESTART takes calls all the
// same.
func TestRestartRefused(t *testing.T) {
	p := newPeer(newWorld(t, 1), uni.RoleUser, nil)
	p.expect(msg.Restart)
	p.sendHex("0903 800000 7d80 000c 1480000100 08800003 80e1 46")
	if s := p.h.link.State(); s != uni.LinkUp || p.h.link.LastError() == "" {
		t.Errorf("the link is %v: %q", s, p.h.link.LastError())
	}
	p.w.run(5 * time.Minute)
	p.h.wantEmpty()
}

// TestRestartAckOfAnother: an acknowledgement for another class is ignored.
func TestRestartAckOfAnother(t *testing.T) {
	p := newPeer(newWorld(t, 1), uni.RoleUser, nil)
	p.expect(msg.Restart)
	p.sendHex("0903 800000 4e80 000e 5a80000588 00000028 7980000180")
	if s := p.h.link.State(); s != uni.LinkEstablishing {
		t.Errorf("the link is %v", s)
	}
	p.sendHex("0903 800000 4e80 0005 7980000182")
	if s := p.h.link.State(); s != uni.LinkUp {
		t.Errorf("the link is %v", s)
	}
}

// TestEarlyOffers: a call that the peer offers before it acknowledges our
// RESTART waits for the 2 s; a late acknowledgement clears it all the same: the
// peer has cleared it.
func TestEarlyOffers(t *testing.T) {
	p := newPeer(newWorld(t, 1), uni.RoleUser, nil)
	p.expect(msg.Restart)
	p.offer(nil)
	p.silence()
	if len(p.h.take()) != 0 {
		t.Error("offered before the link takes calls")
	}
	p.w.run(uni.RestartWait)
	offer := last[primitive.SetupInd](p.h)
	out := p.outgoing()
	p.sendHex("0903 800000 4e80 0005 7980000182")
	if i := last[primitive.ReleaseInd](p.h); i.Call != offer.Call {
		t.Errorf("cleared %+v", i)
	}
	if rows := p.h.link.Calls(); len(rows) != 1 || rows[0].CallRef != out.CallRef.Value {
		t.Errorf("left are %+v", rows)
	}
	p.silence()
}

// TestPeerRestarts: a peer that has lost its calls begins anew and sends
// RESTART; both tables are empty then.
func TestPeerRestarts(t *testing.T) {
	w := newWorld(t, 1)
	a, b := w.pair()
	up(a, b)
	active(w, a, b)
	active(w, b, a)
	b.die()
	w.run(100 * time.Millisecond)
	a.sent = nil
	b.boot()
	w.run(500 * time.Millisecond)
	for _, pdu := range a.sent {
		if s := dissect.Summarize(pdu).Summary; strings.HasPrefix(s, "BGN") || strings.HasPrefix(s, "RS ") {
			t.Errorf("%v establishes a SAAL that is up: %s", a, s)
		}
	}
	a.wantEmpty()
	b.wantEmpty()
	if a.link.State() != uni.LinkUp || b.link.State() != uni.LinkUp {
		t.Errorf("the links are %v and %v", a.link.State(), b.link.State())
	}
	if n := len(a.inds); n != 2 {
		t.Errorf("%d indications, want two ReleaseInd", n)
	}
}

// TestPeerForgets: a peer that has no call any more, and sends no RESTART, is
// found out by the audit.
func TestPeerForgets(t *testing.T) {
	p := activePeer(t, uni.RoleUser)
	p.do(p.saal.Release())
	p.w.run(10 * time.Millisecond)
	p.expect(msg.StatusEnquiry)
	p.reply(msg.Status, func(m *msg.Message) {
		m.CallState = &ie.CallState{}
		m.Causes = []ie.Cause{{Value: ie.CauseStatusEnquiryResponse}}
	})
	last[primitive.ReleaseInd](p.h)
	p.h.wantEmpty()
}

// TestAuditWindow: enquiries are paced, and a call that is confirmed makes
// room for the next.
func TestAuditWindow(t *testing.T) {
	p := ready(newWorld(t, 1), uni.RoleNetwork)
	const calls = 40
	for i := range uint32(calls) {
		uni.SetNextRef(p.h.link, ref+i)
		p.h.call(paramsTo(macB, constant))
		p.expect(msg.Setup)
		p.reply(msg.Connect, func(m *msg.Message) { m.CallRef.Value = ref + i })
		p.expect(msg.ConnectAck)
	}
	p.resync()
	for i := range uint32(calls) {
		if n := len(p.in); n == 0 || n > 16 {
			t.Fatalf("%d enquiries are under way", n)
		}
		m := p.expect(msg.StatusEnquiry)
		if m.CallRef.Value != ref+i {
			t.Errorf("enquired about %v, want %d", m.CallRef, ref+i)
		}
		p.reply(msg.Status, func(m *msg.Message) {
			m.CallRef.Value = ref + i
			m.CallState = &ie.CallState{State: ie.CallActive}
			m.Causes = []ie.Cause{{Value: ie.CauseStatusEnquiryResponse}}
		})
	}
	p.w.run(time.Minute)
	p.silence()
	if p.h.link.CallCount() != calls {
		t.Errorf("%d calls are left", p.h.link.CallCount())
	}
}

// TestAuditBegunAnew: a loss of the SAAL in the middle of the enquiries begins
// them anew. They are made once more after T309.
func TestAuditBegunAnew(t *testing.T) {
	p := ready(newWorld(t, 1), uni.RoleNetwork)
	const calls = 20
	for i := range uint32(calls) {
		uni.SetNextRef(p.h.link, ref+i)
		p.h.call(paramsTo(macB, constant))
		p.expect(msg.Setup)
		p.reply(msg.Connect, func(m *msg.Message) { m.CallRef.Value = ref + i })
		p.expect(msg.ConnectAck)
	}
	p.resync()
	if len(p.in) != 16 {
		t.Fatalf("%d enquiries", len(p.in))
	}
	p.in = nil
	p.do(p.saal.Release())
	p.w.run(50 * time.Millisecond)
	for range 2 {
		for i := range uint32(calls) {
			p.expect(msg.StatusEnquiry)
			p.reply(msg.Status, func(m *msg.Message) {
				m.CallRef.Value = ref + i
				m.CallState = &ie.CallState{State: ie.CallActive}
				m.Causes = []ie.Cause{{Value: ie.CauseStatusEnquiryResponse}}
			})
		}
		p.w.run(10*time.Second + uni.AuditDelay)
	}
	p.w.run(time.Minute)
	p.silence()
	if p.h.link.CallCount() != calls {
		t.Errorf("%d calls are left", p.h.link.CallCount())
	}
}

// TestEnquiryOutlivesNoSAAL: T322 does not clear a call while the SAAL is
// down; that is for T309.
func TestEnquiryOutlivesNoSAAL(t *testing.T) {
	p := activePeer(t, uni.RoleUser)
	p.resync()
	p.expect(msg.StatusEnquiry)
	p.deaf = true
	p.do(p.saal.Release())
	p.w.run(9 * time.Second)
	if rows := p.h.link.Calls(); len(rows) != 1 || rows[0].State != "U10" {
		t.Errorf("before T309: %+v", rows)
	}
	p.w.run(2 * time.Second)
	p.h.wantEmpty()
}

// TestReleaseWithoutSAAL: while the SAAL is down a call ends at once; its peer
// learns it from its own audit.
func TestReleaseWithoutSAAL(t *testing.T) {
	p := activePeer(t, uni.RoleUser)
	p.deaf = true
	p.do(p.saal.Release())
	p.w.run(10 * time.Millisecond)
	p.h.ask(primitive.ReleaseReq{Call: 1, Cause: cause(ie.CauseNormalClearing), Linger: time.Second})
	p.w.run(10 * time.Millisecond)
	p.ended(ie.CauseNormalClearing)
}

// TestRestartBeforeSetup: a call whose SETUP has not been sent is none that
// the peer could clear.
func TestRestartBeforeSetup(t *testing.T) {
	p := ready(newWorld(t, 1), uni.RoleNetwork)
	effects := p.h.link.Request(primitive.SetupReq{Call: 5, VC: 1, Params: paramsTo(macB, constant)})
	if got := kinds(effects); got != "Activate" {
		t.Fatalf("effects %s", got)
	}
	p.h.plane[vc.ID{Link: 1, VCI: 32}] = &branchState{call: 5}
	p.sendHex("0903 000000 4680 0005 7980000182")
	p.expect(msg.RestartAck)
	p.h.do(p.h.link.Activated(5, nil))
	p.expect(msg.Setup)
	p.silence()
}

// TestRestartCutOff: the loss of the SAAL ends both restart procedures without
// a message; ours is begun anew, the peer begins its own.
func TestRestartCutOff(t *testing.T) {
	p := activePeer(t, uni.RoleUser)
	p.h.stuck = true
	p.sendHex("0903 000000 4680 0005 7980000182")
	p.silence()
	p.do(p.saal.Release())
	p.w.run(50 * time.Millisecond)
	if _, runs := p.h.timers[uni.TimerID{Name: uni.T317}]; runs {
		t.Error("T317 outlives the SAAL")
	}
	p.h.do(p.h.link.Deactivated(1, vc.DrainReport{}))
	p.silence()
	p.h.plane = nil
	p.sendHex("0903 000000 4680 0005 7980000182")
	p.expect(msg.RestartAck)
	p.h.wantEmpty()

	p = newPeer(newWorld(t, 1), uni.RoleUser, nil)
	p.expect(msg.Restart)
	p.do(p.saal.Release())
	p.w.run(10 * time.Millisecond)
	p.expect(msg.Restart)
	p.resync()
	p.expect(msg.Restart)
	p.sendHex("0903 800000 4e80 0005 7980000182")
	if s := p.h.link.State(); s != uni.LinkUp {
		t.Errorf("the link is %v", s)
	}
	p.w.run(5 * time.Minute)
	p.silence()
}
