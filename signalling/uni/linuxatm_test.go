package uni_test

import (
	"path/filepath"
	"slices"
	"testing"
	"time"

	"callmanager/signalling/primitive"
	"callmanager/signalling/q2931/ie"
	"callmanager/signalling/q2931/msg"
	"callmanager/signalling/sscf"
	"callmanager/signalling/sscop"
	"callmanager/signalling/uni"
	"callmanager/vc"
)

// These tests face a link with what linux-atm 2.5.1 does as a peer: it begins
// every life with N(SQ) = 1, never sends nor answers RESTART, sends SETUP
// once, and gives its calls up without a word.

// atmsigd boots a host that faces such a peer.
func atmsigd(t *testing.T, role uni.Role, own ...vc.Addr) *saalPeer {
	t.Helper()
	p := newPeer(newWorld(t, 1), role, func(c *uni.Config) {
		c.Addresses = append(own, vc.AddrFromMAC(macA))
		c.SSCOP.InitialSQ = 200
	})
	p.rise()
	return p
}

// rise lets the peer begin a life: everything of the former one is forgotten.
func (p *saalPeer) rise() {
	p.deaf, p.in = false, nil
	p.saal = sscf.New(sscop.Config{InitialSQ: 0, Window: 30})
	p.do(p.saal.Establish())
	p.w.run(50 * time.Millisecond)
	for len(p.in) > 0 { // it has no answer to RESTART
		p.expect(msg.Restart)
	}
}

// flowOf returns the messages of a captured flow.
func flowOf(t *testing.T, name string) []captured {
	t.Helper()
	paths, err := filepath.Glob("../../testdata/golden/linux-atm/" + name + "*.hex")
	if err != nil || len(paths) != 1 {
		t.Fatalf("%s: %v, %v", name, paths, err)
	}
	return readFlow(t, paths[0])
}

// play lets the host stand in for one side of a captured set-up, and returns
// its call.
func (p *saalPeer) play(t *testing.T, flow []captured, standIn string) uni.CallRow {
	t.Helper()
	r := replayer{p: p, calls: make(map[uint32]primitive.CallID)}
	for _, c := range flow {
		if c.from != standIn {
			p.send(c.octets)
			continue
		}
		r.act(c.msg)
		if m := p.expect(c.msg.Type); m.CallRef != c.msg.CallRef {
			t.Fatalf("%v, captured is %v", m, c.msg)
		}
	}
	p.w.run(100 * time.Millisecond)
	rows := p.h.link.Calls()
	if len(rows) != 1 || !slices.Contains([]string{"U10", "N10"}, rows[0].State) {
		t.Fatalf("calls %+v", rows)
	}
	return rows[0]
}

// TestLinuxATMEarlyCall: flows 33 and 43 with a SETUP 1 s after the SAAL has
// come up. The peer does not acknowledge RESTART, so the call waits a second
// more, and then comes about.
func TestLinuxATMEarlyCall(t *testing.T) {
	for _, name := range []string{"33-", "43-"} {
		flow := flowOf(t, name)
		p := atmsigd(t, uni.RoleNetwork, calledBy(flow, "B")...)
		p.w.run(time.Second)
		p.send(flow[0].octets)
		p.w.run(uni.RestartWait)
		if n := len(p.h.take()); n != 1 {
			t.Fatalf("%s: %d indications", name, n)
		}
	}
}

// TestLinuxATMDies: flow 33. The peer dies with a call and is back before or
// after T309 with the same N(SQ), which looks like a repeated BGN. With the
// audit or T309 the call ends at our side; nothing else does.
func TestLinuxATMDies(t *testing.T) {
	for _, side := range []struct {
		standIn string
		role    uni.Role
	}{{"A", uni.RoleUser}, {"B", uni.RoleNetwork}} {
		for _, away := range []time.Duration{0, time.Second, 5 * time.Second, 12 * time.Second, 30 * time.Second} {
			t.Run(side.standIn+" "+away.String(), func(t *testing.T) {
				flow := flowOf(t, "33-")
				p := atmsigd(t, side.role, calledBy(flow, side.standIn)...)
				p.w.run(uni.RestartWait)
				p.play(t, flow, side.standIn)
				p.h.take()
				p.deaf = true
				p.saal = sscf.New(sscop.Config{})
				p.w.run(away)
				p.rise()
				// Nothing is on the new connection but POLL and STAT; what does
				// not fit is found within the poll timers.
				p.answerEnquiries(t, 10*time.Second)
				end := last[primitive.ReleaseInd](p.h)
				if end.Remote || end.Detail == "" {
					t.Errorf("told %+v", end)
				}
				p.h.wantEmpty()
				if p.h.link.State() != uni.LinkUp {
					t.Errorf("the link is %v: %s", p.h.link.State(), p.h.link.LastError())
				}
				p.in = nil
				p.outgoing() // and life goes on
			})
		}
	}
}

// answerEnquiries plays a peer without calls for a while.
func (p *saalPeer) answerEnquiries(t *testing.T, d time.Duration) {
	t.Helper()
	for end := p.w.now + d; p.w.now < end; p.w.run(10 * time.Millisecond) {
		for _, b := range p.in {
			m, _, err := msg.Decode(b, msg.Options{})
			if err != nil {
				t.Fatal(err)
			}
			if m.Type == msg.StatusEnquiry {
				p.write(&msg.Message{
					CallRef: m.CallRef.Peer(), Type: msg.Status, CallState: &ie.CallState{},
					Causes: []ie.Cause{{Value: ie.CauseStatusEnquiryResponse}},
				})
			}
		}
		p.in = nil
	}
}

// TestLinuxATMForgets: the peer clears its call when the SAAL breaks (its T309)
// and says nothing. Ours asks by STATUS ENQUIRY and gets RELEASE COMPLETE
// without a cause.
func TestLinuxATMForgets(t *testing.T) {
	flow := flowOf(t, "33-")
	p := atmsigd(t, uni.RoleUser, calledBy(flow, "A")...)
	p.w.run(uni.RestartWait)
	row := p.play(t, flow, "A")
	p.do(p.saal.Release())
	p.w.run(time.Second)
	p.expect(msg.StatusEnquiry)
	p.write(&msg.Message{CallRef: msg.CallRef{Value: row.CallRef, Flag: true}, Type: msg.ReleaseComplete})
	if end := last[primitive.ReleaseInd](p.h); end.Cause.Value != ie.CauseNormalUnspecified || end.Detail != "released by the peer" {
		t.Errorf("told %+v", end)
	}
	p.h.wantEmpty()
}

// TestLinuxATMDoesNotStopT309: after a break of 5 s the peer still has the
// call, says so, and gives it up without a word when its T309 is over. A second
// audit finds that out.
func TestLinuxATMDoesNotStopT309(t *testing.T) {
	flow := flowOf(t, "33-")
	p := atmsigd(t, uni.RoleNetwork, calledBy(flow, "B")...)
	p.w.run(uni.RestartWait)
	row := p.play(t, flow, "B")
	p.do(p.saal.Release())
	p.w.run(time.Second)
	p.expect(msg.StatusEnquiry)
	p.write(&msg.Message{
		CallRef: msg.CallRef{Value: row.CallRef}, Type: msg.Status, CallState: &ie.CallState{State: ie.CallActive},
		Causes: []ie.Cause{{Value: ie.CauseStatusEnquiryResponse}},
	})
	p.silence()
	p.w.run(10 * time.Second)
	p.silence()
	p.w.run(uni.AuditDelay)
	p.answerEnquiries(t, time.Second)
	last[primitive.ReleaseInd](p.h)
	p.h.wantEmpty()
}

// TestLinuxATMResponses: first responses that UNI 3.1 peers give, as octets:
// CONNECT at once with the channel, CONNECT without CALL PROCEEDING but with
// ALERTING never, RELEASE COMPLETE without a cause, and a repeated SETUP never.
func TestLinuxATMResponses(t *testing.T) {
	for _, row := range []struct {
		name, octets string
		then         msg.Type
		active       bool
	}{
		{"CONNECT with the channel", "0903 800007 0780 0016 5a80000588 00000021 58800009058c03e88101f48400", msg.ConnectAck, true},
		{"CONNECT with the channel alone", "0903 800007 0780 0009 5a80000588 00000021", msg.ConnectAck, true},
		{"RELEASE COMPLETE without a cause", "0903 800007 5a80 0000", 0, false},
		{"RELEASE COMPLETE with a broken cause", "0903 800007 5a80 0005 0880000110", 0, false},
		{"RELEASE as the first response", "0903 800007 4d80 0006 088000028295", msg.ReleaseComplete, false},
		{"CONNECT without a channel", "0903 800007 0780 0000", msg.Status, false},
		{"CONNECT with a channel of no path", "0903 800007 0780 0009 5a80000588 000f0021", msg.Release, false},
		{"CONNECT with a reserved channel", "0903 800007 0780 0009 5a80000588 0000001f", msg.Release, false},
	} {
		t.Run(row.name, func(t *testing.T) {
			p := atmsigd(t, uni.RoleUser)
			p.w.run(uni.RestartWait)
			p.outgoing()
			p.sendHex(row.octets)
			if row.then != 0 {
				p.expect(row.then)
			}
			if rows := p.h.link.Calls(); row.active != (len(rows) == 1 && rows[0].State == "U10") {
				t.Errorf("calls %+v", rows)
			}
			if !row.active {
				p.w.run(2 * time.Minute) // the peer says nothing more
				last[primitive.ReleaseConf](p.h)
				p.h.wantEmpty()
			}
		})
	}
}

// TestNoPeer: flow 01. Nobody answers: BGN goes out for ever, with a pause
// after every four, and the link says so.
func TestNoPeer(t *testing.T) {
	w := newWorld(t, 1)
	h := w.host("alone", macA, macB, uni.RoleUser)
	h.boot()
	w.run(10 * time.Minute)
	begins := 0
	for _, b := range h.sent {
		if b[len(b)-4]&0x0f == byte(sscop.BGN) {
			begins++
		}
	}
	// Four a second, and at most 9 s between: 46 rounds at least.
	if begins < 46*4 || h.link.LastError() == "" || h.link.State() != uni.LinkEstablishing {
		t.Errorf("%d BGN, %v: %q", begins, h.link.State(), h.link.LastError())
	}
	h.ask(primitive.SetupReq{Call: 1, VC: 1, Params: paramsTo(macB, bestEffort)})
	if no := last[primitive.ReleaseConf](h); no.Cause.Value != ie.CauseTemporaryFailure || no.Detail == "" {
		t.Errorf("a call without a peer: %+v", no)
	}
}

// TestStubPeer: flow 03. A stub that answers every SETUP with the RELEASE
// COMPLETE of the capture, location and cause as they stand there.
func TestStubPeer(t *testing.T) {
	flow := flowOf(t, "03-")
	p := atmsigd(t, uni.RoleUser)
	p.w.run(uni.RestartWait)
	uni.SetNextRef(p.h.link, flow[0].msg.CallRef.Value)
	p.h.call(setupParams(flow[0].msg))
	p.expect(msg.Setup)
	p.send(flow[1].octets)
	if no := last[primitive.ReleaseConf](p.h); no.Cause.Value != 3 || no.Detail != "refused by the peer" {
		t.Errorf("told %+v", no)
	}
	p.silence()
	p.h.wantEmpty()
}
