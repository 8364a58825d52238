package uni_test

import (
	"fmt"
	"testing"
	"time"

	"callmanager/signalling/primitive"
	"callmanager/signalling/q2931/ie"
	"callmanager/signalling/q2931/msg"
	"callmanager/signalling/uni"
	"callmanager/vc"
)

// restart asks a host for a restart.
func (h *host) restart(id uint64, class ie.RestartClass, vpi vc.VPI, vci vc.VCI) {
	r := uni.RestartReq{ID: id}
	r.Class, r.VPI, r.VCI = class, vpi, vci
	h.do(h.link.Restart(r))
}

// restarted checks the answer to the oldest restart.
func (h *host) restarted(id uint64, cause ie.CauseValue, cleared int) {
	h.w.t.Helper()
	if len(h.restarts) == 0 {
		h.w.t.Fatalf("%s: restart %d is not answered", h.name, id)
	}
	r := h.restarts[0]
	h.restarts = h.restarts[1:]
	if r.ID != id || r.Cause.Value != cause || len(r.Cleared) != cleared || (r.Detail == "") != (cause == 0) {
		h.w.t.Errorf("%s: %+v, want restart %d with cause %d and %d calls cleared", h.name, r, id, cause, cleared)
	}
}

// connect makes calls from a to b and returns b's offers.
func connect(a, b *host, n int) {
	for range n {
		a.call(paramsTo(b.mac, constant))
		a.w.run(100 * time.Millisecond)
		offer := last[primitive.SetupInd](b)
		b.ask(primitive.AcceptReq{Call: offer.Call, VC: 5, Params: offer.Params})
		a.w.run(100 * time.Millisecond)
	}
	a.take()
	b.take()
}

// TestRestartByOperator: one channel, one path and all, from either side. Both
// ends agree afterwards, and the clients learn why (Q.2931 5.5).
func TestRestartByOperator(t *testing.T) {
	for _, row := range []struct {
		name  string
		class ie.RestartClass
		vpi   vc.VPI
		vci   vc.VCI
		left  int
	}{
		{"channel", ie.RestartVC, 0, 33, 2},
		{"channel without a call", ie.RestartVC, 0, 77, 3},
		{"path", ie.RestartVP, 0, 0, 0},
		{"path without calls", ie.RestartVP, 3, 0, 3},
		{"all", ie.RestartAll, 0, 0, 0},
	} {
		for side := range 2 {
			t.Run(fmt.Sprint(row.name, " ", side), func(t *testing.T) {
				w := newWorld(t, 1)
				a, b := w.pair()
				up(a, b)
				connect(a, b, 3) // on 0/32 to 0/34
				h, o := a, b
				if side == 1 {
					h, o = b, a
				}
				h.restart(9, row.class, row.vpi, row.vci)
				w.run(time.Second)
				h.restarted(9, 0, 3-row.left)
				for _, x := range []*host{h, o} {
					if n := x.link.CallCount(); n != row.left {
						t.Errorf("%s has %d calls, want %d", x, n, row.left)
					}
					inds := x.take()
					if len(inds) != 3-row.left {
						t.Errorf("%s: %d indications", x, len(inds))
					}
					for _, i := range inds {
						if r, ok := i.(primitive.ReleaseInd); !ok || r.Remote || r.Cause.Value != ie.CauseTemporaryFailure || r.Detail == "" {
							t.Errorf("%s: %+v", x, i)
						}
					}
					if x.link.State() != uni.LinkUp || x.link.LastError() != "" {
						t.Errorf("%s is %v: %s", x, x.link.State(), x.link.LastError())
					}
				}
				connect(b, a, 1) // and life goes on
				if a.link.CallCount() != row.left+1 || b.link.CallCount() != row.left+1 {
					t.Errorf("%d and %d calls", a.link.CallCount(), b.link.CallCount())
				}
			})
		}
	}
}

// channelHex is the RESTART of 0/40 and its acknowledgement.
const (
	restart40 = "0903 000000 4680 000e 5a80000588 00000028 7980000180"
	ack40     = "0903 800000 4e80 000e 5a80000588 00000028 7980000180"
)

// TestRestartOctets: RESTART as it is sent; the channel takes no calls until
// the acknowledgement (Q.2931 5.5.1).
func TestRestartOctets(t *testing.T) {
	p := activePeer(t, uni.RoleUser) // on 0/40
	p.h.restart(1, ie.RestartVC, 0, 40)
	if got := p.next(); string(got) != string(unhex(restart40)) {
		t.Errorf("sent %x", got)
	}
	if r := last[primitive.ReleaseInd](p.h); r.Cause.Value != ie.CauseTemporaryFailure {
		t.Errorf("indicated %+v", r)
	}
	p.offer(func(m *msg.Message) { m.ConnID = &ie.ConnID{VCI: 40} })
	p.expectCause(msg.ReleaseComplete, ie.CauseVPCIVCIUnavailable)
	p.offer(func(m *msg.Message) { m.ConnID = &ie.ConnID{VCI: 41} })
	last[primitive.SetupInd](p.h)
	p.write(&msg.Message{CallRef: peerRef, Type: msg.ReleaseComplete})
	uni.SetNextRef(p.h.link, ref)
	p.h.call(paramsTo(macB, constant))
	p.expect(msg.Setup)
	p.reply(msg.CallProceeding, channel) // the peer has not seen our RESTART yet
	p.expectCause(msg.Release, ie.CauseVPCIVCIAssignment)
	p.reply(msg.ReleaseComplete, nil)
	if len(p.h.restarts) != 0 {
		t.Fatal("answered too early")
	}
	p.sendHex(ack40)
	p.h.restarted(1, 0, 1)
	p.offer(func(m *msg.Message) { m.ConnID = &ie.ConnID{VCI: 40} })
	last[primitive.SetupInd](p.h)
}

// TestRestartQueue: one restart at a time, in their order; those that bring the
// link up go before.
func TestRestartQueue(t *testing.T) {
	p := newPeer(newWorld(t, 1), uni.RoleNetwork, nil)
	p.expect(msg.Restart)
	for i := range uint64(3) {
		p.h.restart(i, ie.RestartVC, 0, vc.VCI(40+i))
	}
	p.silence()
	p.sendHex("0903 800000 4e80 0005 7980000182")
	for i := range uint64(3) {
		m := p.expect(msg.Restart)
		if m.ConnID.VCI != uint16(40+i) {
			t.Errorf("%v, want 0/%d", m, 40+i)
		}
		p.silence()
		p.write(&msg.Message{
			CallRef: msg.CallRef{Flag: true}, Type: msg.RestartAck, Restart: &ie.Restart{Class: ie.RestartVC},
			ConnID: &ie.ConnID{VCI: uint16(40 + i)},
		})
		p.h.restarted(i, 0, 0)
	}
	for i := range uint64(64 + 2) { // one under way, 64 that wait, one too many
		p.h.restart(i, ie.RestartVP, 1, 0)
	}
	p.h.restarted(65, ie.CauseTemporaryFailure, 0)
}

// TestRestartOverdue: a RESTART of all that nobody answers does not hold an
// operator's back.
func TestRestartOverdue(t *testing.T) {
	p := newPeer(newWorld(t, 1), uni.RoleNetwork, nil)
	p.expect(msg.Restart)
	p.h.restart(1, ie.RestartVC, 0, 40)
	p.w.run(uni.RestartWait)
	if m := p.expect(msg.Restart); m.Restart.Class != ie.RestartVC {
		t.Errorf("%v", m)
	}
	p.sendHex(ack40)
	p.h.restarted(1, 0, 0)
}

// TestRestartRefusedByPeer: a peer that knows no RESTART is told the end of each
// call by RELEASE COMPLETE, and the channel is free again.
func TestRestartRefusedByPeer(t *testing.T) {
	p := activePeer(t, uni.RoleUser)
	p.h.restart(1, ie.RestartVC, 0, 40)
	p.expect(msg.Restart)
	p.sendHex("0903 800000 7d80 000c 1480000100 0880000380e146") // STATUS 97
	m := p.expect(msg.ReleaseComplete)
	if m.CallRef != (msg.CallRef{Value: ref}) || m.Causes[0].Value != ie.CauseTemporaryFailure {
		t.Errorf("%v", m)
	}
	p.h.restarted(1, ie.CauseMessageTypeNotImplemented, 1)
	p.offer(func(m *msg.Message) { m.ConnID = &ie.ConnID{VCI: 40} })
	last[primitive.SetupInd](p.h)
}

// TestRestartUnanswered: RESTART is sent twice, 120 s apart; then the channel is
// out of service until a restart that includes it is acknowledged.
func TestRestartUnanswered(t *testing.T) {
	p := activePeer(t, uni.RoleUser)
	p.h.restart(1, ie.RestartVC, 0, 40)
	p.expect(msg.Restart)
	start := lastStart(p, uni.T316)
	p.at(start, 120*time.Second, msg.Restart)
	p.at(start, 240*time.Second, msg.ReleaseComplete, ie.CauseTemporaryFailure)
	p.h.restarted(1, ie.CauseTimerExpiry, 1)
	if s := p.h.link.LastError(); s == "" || p.h.link.State() != uni.LinkUp {
		t.Errorf("the link is %v: %q", p.h.link.State(), s)
	}
	p.offer(func(m *msg.Message) { m.ConnID = &ie.ConnID{VCI: 40} })
	p.expectCause(msg.ReleaseComplete, ie.CauseVPCIVCIUnavailable)
	p.h.restart(2, ie.RestartVP, 0, 0)
	p.expect(msg.Restart)
	p.sendHex("0903 800000 4e80 000e 5a80000588 00000000 7980000181")
	p.h.restarted(2, 0, 0)
	if s := p.h.link.LastError(); s != "" {
		t.Errorf("%q", s)
	}
	p.offer(func(m *msg.Message) { m.ConnID = &ie.ConnID{VCI: 40} })
	last[primitive.SetupInd](p.h)
}

// TestRestartOfThePeer: channels that are out of service are of use again when
// the peer restarts them itself.
func TestRestartOfThePeer(t *testing.T) {
	p := ready(newWorld(t, 1), uni.RoleUser)
	for i, r := range []struct {
		class ie.RestartClass
		vpi   vc.VPI
		vci   vc.VCI
	}{
		{ie.RestartVC, 0, 40}, {ie.RestartVC, 0, 41}, {ie.RestartVP, 2, 0},
	} {
		p.h.restart(uint64(i), r.class, r.vpi, r.vci)
		p.w.run(5 * time.Minute)
		p.h.restarted(uint64(i), ie.CauseTimerExpiry, 0)
	}
	p.in = nil
	serves := func(vpi, vci uint16, want bool) {
		t.Helper()
		p.h.take()
		p.offer(func(m *msg.Message) { m.ConnID = &ie.ConnID{VPCI: vpi, VCI: vci} })
		if got := len(p.h.take()) == 1; got != want {
			t.Errorf("%d/%d is of use: %v", vpi, vci, got)
		}
		p.write(&msg.Message{CallRef: peerRef, Type: msg.ReleaseComplete})
		p.in = nil
	}
	serves(0, 40, false)
	serves(0, 41, false)
	serves(2, 77, false)
	p.sendHex("0903 000000 4680 000e 5a80000588 00000029 7980000180") // 0/41
	serves(0, 40, false)
	serves(0, 41, true)
	p.sendHex("0903 000000 4680 000e 5a80000588 00000063 7980000181") // VPI 0
	serves(0, 40, true)
	serves(2, 77, false)
	if p.h.link.LastError() == "" {
		t.Error("nothing is said of VPI 2")
	}
	p.sendHex("0903 000000 4680 0005 7980000182") // all
	serves(2, 77, true)
	if s := p.h.link.LastError(); s != "" {
		t.Errorf("%q", s)
	}
}

// TestRestartAvoids: a network side gives no channel that is being restarted or
// out of service, and takes another path if it must.
func TestRestartAvoids(t *testing.T) {
	p := ready(newWorld(t, 1), uni.RoleNetwork)
	next := func(want *ie.ConnID) {
		t.Helper()
		p.h.call(paramsTo(macB, constant))
		if m := p.expect(msg.Setup); *m.ConnID != *want {
			t.Errorf("%+v, want %+v", m.ConnID, want)
		}
	}
	p.h.restart(1, ie.RestartVC, 0, 32)
	p.expect(msg.Restart)
	next(&ie.ConnID{VCI: 33})
	p.sendHex("0903 800000 4e80 000e 5a80000588 00000020 7980000180")
	p.h.restarted(1, 0, 0)
	p.h.restart(2, ie.RestartVP, 0, 0)
	p.expect(msg.Restart)
	p.h.unanswered(t)
	next(&ie.ConnID{VPCI: 1, VCI: 32})
	p.sendHex("0903 800000 4e80 000e 5a80000588 00000000 7980000181")
	p.h.restarted(2, 0, 1)
	next(&ie.ConnID{VCI: 34})
}

// unanswered checks that no restart is answered.
func (h *host) unanswered(t *testing.T) {
	t.Helper()
	if len(h.restarts) != 0 {
		t.Errorf("answered: %+v", h.restarts)
	}
}

// TestRestartAllBlocks: while the whole link is being restarted no call is
// begun, and one that the peer begins waits and is forgotten: its RESTART clears
// it there.
func TestRestartAllBlocks(t *testing.T) {
	p := activePeer(t, uni.RoleUser)
	p.h.restart(1, ie.RestartAll, 0, 0)
	p.expect(msg.Restart)
	p.h.call(paramsTo(macB, constant))
	if c := last[primitive.ReleaseConf](p.h); c.Cause.Value != ie.CauseTemporaryFailure {
		t.Errorf("%+v", c)
	}
	p.offer(nil)
	p.silence()
	p.sendHex("0903 800000 4e80 0005 7980000182")
	p.h.restarted(1, 0, 1)
	p.silence()
	p.h.wantEmpty()
	if n := p.h.counter("forgotten_messages"); n != 1 {
		t.Errorf("%d forgotten", n)
	}
}

// TestRestartOverLoss: a reset or a loss of the SAAL may take RESTART or its
// answer along; it is sent again. Without a peer it fails.
func TestRestartOverLoss(t *testing.T) {
	p := activePeer(t, uni.RoleUser)
	p.h.restart(1, ie.RestartVC, 0, 40)
	p.expect(msg.Restart)
	p.resync()
	p.expect(msg.Restart)
	p.do(p.saal.Release())
	p.w.run(50 * time.Millisecond)
	p.expect(msg.Restart)
	p.silence()
	p.deaf = true
	p.do(p.saal.Release())
	p.w.run(30 * time.Second)
	p.h.restarted(1, ie.CauseTemporaryFailure, 1)
	p.h.restart(2, ie.RestartAll, 0, 0)
	p.w.run(30 * time.Second)
	p.h.restarted(2, ie.CauseTemporaryFailure, 0)
	p.h.wantEmpty()
}

// TestRestartOverLossAndEnd: the branch of a call that the restart has cleared
// ends while the SAAL is away. The restart that is begun anew does not wait for
// it.
func TestRestartOverLossAndEnd(t *testing.T) {
	p := activePeer(t, uni.RoleUser)
	call := p.h.link.Calls()[0]
	p.h.stuck = true
	p.h.restart(1, ie.RestartVC, 0, 40)
	p.expect(msg.Restart)
	p.h.do(p.h.link.Receive(unhex("00000000 03000000"))) // END
	delete(p.h.plane, call.ID)
	p.h.do(p.h.link.Deactivated(call.Call, vc.DrainReport{}))
	p.w.run(50 * time.Millisecond)
	p.expect(msg.Restart)
	p.sendHex(ack40)
	p.h.restarted(1, 0, 1)
	p.h.wantEmpty()
}

// TestRestartRefusals: what cannot be restarted is refused at once.
func TestRestartRefusals(t *testing.T) {
	p := ready(newWorld(t, 1), uni.RoleUser)
	for id, r := range []struct {
		class ie.RestartClass
		vpi   vc.VPI
		vci   vc.VCI
	}{
		{ie.RestartVC, 0, 31}, {ie.RestartVC, 15, 40}, {ie.RestartVP, 200, 0}, {5, 0, 0},
	} {
		p.h.restart(uint64(id), r.class, r.vpi, r.vci)
		p.h.restarted(uint64(id), ie.CauseTemporaryFailure, 0)
	}
	p.h.restart(7, ie.RestartVC, 0, 40)
	p.h.restart(8, ie.RestartVC, 0, 41)
	p.h.do(p.h.link.Stop(cause(ie.CauseDestinationOutOfOrder)))
	p.h.restarted(7, ie.CauseTemporaryFailure, 0)
	p.h.restarted(8, ie.CauseTemporaryFailure, 0)
	p.h.restart(9, ie.RestartAll, 0, 0)
	p.h.restarted(9, ie.CauseTemporaryFailure, 0)
}

// TestRestartCrosses: both sides restart the same channel at once.
func TestRestartCrosses(t *testing.T) {
	for _, class := range []ie.RestartClass{ie.RestartVC, ie.RestartVP, ie.RestartAll} {
		w := newWorld(t, 1)
		a, b := w.pair()
		up(a, b)
		connect(a, b, 2)
		a.restart(1, class, 0, 32)
		b.restart(2, class, 0, 32)
		w.run(time.Second)
		for _, h := range []*host{a, b} {
			if len(h.restarts) != 1 || h.restarts[0].Cause.Value != 0 || h.restarts[0].Cleared == nil {
				t.Errorf("%s: %+v", h, h.restarts)
			}
		}
		if a.link.CallCount() != b.link.CallCount() || (a.link.CallCount() == 0) == (class == ie.RestartVC) {
			t.Errorf("%d and %d calls", a.link.CallCount(), b.link.CallCount())
		}
	}
}

// TestAuditRenewed: two resets of the SAAL 4 s apart take both transmissions of
// STATUS ENQUIRY along. Each reset begins the enquiry anew, so the call lives
// (Q.2931 5.6.8, 5.6.11).
func TestAuditRenewed(t *testing.T) {
	roles(t, func(p *saalPeer) {
		p = activePeer(p.w.t, p.h.link.Role())
		for range 5 {
			p.resync()
			p.expect(msg.StatusEnquiry) // and the peer loses it
			p.w.run(3900 * time.Millisecond)
		}
		p.resync()
		p.expect(msg.StatusEnquiry)
		p.reply(msg.Status, func(m *msg.Message) {
			m.CallState = &ie.CallState{State: ie.CallActive}
			m.Causes = []ie.Cause{{Value: ie.CauseStatusEnquiryResponse}}
		})
		p.w.run(time.Minute)
		p.silence()
		if p.h.link.CallCount() != 1 {
			p.w.t.Errorf("the call is gone")
		}
	})
}
