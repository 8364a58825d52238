package uni_test

import (
	"testing"
	"time"

	"callmanager/signalling/primitive"
	"callmanager/signalling/q2931/ie"
	"callmanager/signalling/q2931/msg"
	"callmanager/signalling/uni"
)

// TestDeferredOffers: what becomes of a SETUP that comes while our RESTART is
// not acknowledged.
func TestDeferredOffers(t *testing.T) {
	for _, row := range []struct {
		name    string
		then    func(p *saalPeer)
		offered bool
		want    []ie.CauseValue // of RELEASE COMPLETE
	}{
		{"no acknowledgement", func(p *saalPeer) { p.w.run(uni.RestartWait) }, true, nil},
		{"acknowledged: the peer has cleared it", func(p *saalPeer) { p.sendHex("0903 800000 4e80 0005 7980000182") }, false, nil},
		{
			"RESTART refused", func(p *saalPeer) { p.sendHex("0903 800000 7d80 000c 1480000100 08800003 80e1 46") },
			true, nil,
		},
		{"released meanwhile", func(p *saalPeer) {
			p.sendHex("0903 000009 4d80 0006 088000028090")
			p.w.run(uni.RestartWait)
		}, true, []ie.CauseValue{0}},
		{"stopped meanwhile", func(p *saalPeer) {
			p.h.do(p.h.link.Stop(cause(ie.CauseTemporaryFailure)))
		}, false, []ie.CauseValue{ie.CauseTemporaryFailure}},
		{"repeated meanwhile", func(p *saalPeer) {
			p.offer(nil)
			p.w.run(uni.RestartWait)
		}, true, nil},
		{"the SAAL breaks", func(p *saalPeer) {
			p.do(p.saal.Release())
			p.w.run(10 * time.Second)
			p.in = nil
		}, false, nil},
		{"the peer restarts", func(p *saalPeer) {
			p.sendHex("0903 000000 4680 0005 7980000182")
			p.expect(msg.RestartAck)
			p.w.run(uni.RestartWait)
		}, false, nil},
	} {
		t.Run(row.name, func(t *testing.T) {
			p := newPeer(newWorld(t, 1), uni.RoleUser, nil)
			p.expect(msg.Restart)
			p.offer(nil)
			p.silence()
			row.then(p)
			p.w.run(50 * time.Millisecond)
			offers := 0
			for _, i := range p.h.take() {
				if _, ok := i.(primitive.SetupInd); ok {
					offers++
				}
			}
			if (offers == 1) != row.offered || offers > 1 {
				t.Errorf("%d offers", offers)
			}
			for _, v := range row.want {
				if m := p.expect(msg.ReleaseComplete); v == 0 != (len(m.Causes) == 0) || v != 0 && m.Causes[0].Value != v {
					t.Errorf("%v, want cause %d", m, v)
				}
			}
			p.silence()
			p.h.do(p.h.link.Stop(cause(ie.CauseTemporaryFailure)))
			p.w.run(time.Minute)
			p.h.wantEmpty()
		})
	}
}

// TestDeferredBound: a flood of SETUPs before calls are taken costs bounded
// memory; what is beyond is refused.
func TestDeferredBound(t *testing.T) {
	p := newPeer(newWorld(t, 1), uni.RoleUser, func(c *uni.Config) { c.MaxPending = 3 })
	p.expect(msg.Restart)
	for i := range uint32(4) {
		p.offer(func(m *msg.Message) {
			m.CallRef.Value = 100 + i
			m.ConnID.VCI += uint16(i)
		})
	}
	p.expectCause(msg.ReleaseComplete, ie.CauseTemporaryFailure)
	p.w.run(uni.RestartWait)
	if n := p.h.link.CallCount(); n != 3 || p.h.counter("deferred_messages") != 3 {
		t.Errorf("%d calls, %d deferred", n, p.h.counter("deferred_messages"))
	}
}

// TestChannelReused: the peer gives a channel to its next call as soon as it
// has sent RELEASE COMPLETE, when the branch of the former call is still taking
// in what has arrived. The call waits for that, with what follows its SETUP.
func TestChannelReused(t *testing.T) {
	again := func(p *saalPeer) {
		p.offer(func(m *msg.Message) { m.ConnID = &ie.ConnID{VCI: 50} })
	}
	for _, row := range []struct {
		name    string
		then    func(p *saalPeer)
		offered bool
		want    []msg.Type
	}{
		{"offered", again, true, nil},
		{"offered twice", func(p *saalPeer) { again(p); again(p) }, true, nil},
		{"offered and released", func(p *saalPeer) {
			again(p)
			p.sendHex("0903 000009 4d80 0006 088000028090")
		}, true, []msg.Type{msg.ReleaseComplete}},
		{"offered, and stopped", func(p *saalPeer) {
			again(p)
			p.h.do(p.h.link.Stop(cause(ie.CauseTemporaryFailure)))
		}, false, []msg.Type{msg.ReleaseComplete}},
		{"offered, and the SAAL breaks", func(p *saalPeer) {
			again(p)
			p.do(p.saal.Release())
		}, false, nil},
		{"offered, and the peer restarts", func(p *saalPeer) {
			again(p)
			p.sendHex("0903 000000 4680 0005 7980000182")
		}, false, []msg.Type{msg.RestartAck}},
	} {
		t.Run(row.name, func(t *testing.T) {
			roles(t, func(p *saalPeer) {
				p.endingAt(50)
				row.then(p)
				if n := len(p.h.take()); n != 0 {
					t.Errorf("%d indications before the branch is gone", n)
				}
				p.w.run(5 * time.Second)
				offers := 0
				for _, i := range p.h.take() {
					if _, ok := i.(primitive.SetupInd); ok {
						offers++
					}
				}
				if (offers == 1) != row.offered || offers > 1 {
					t.Errorf("%d offers", offers)
				}
				if offers == 1 && row.want == nil && p.h.link.Role() == uni.RoleNetwork {
					p.expect(msg.CallProceeding)
				}
				for _, typ := range row.want {
					p.expect(typ)
				}
				p.silence()
				p.h.do(p.h.link.Stop(cause(ie.CauseTemporaryFailure)))
				p.in = nil
				p.w.run(2 * time.Minute) // T308 twice, unless the call is gone
				p.h.wantEmpty()
			})
		})
	}
}

// endingAt leaves the host with a call of its own that is cleared, while its
// branch still takes in what has arrived on channel 0/vci.
func (p *saalPeer) endingAt(vci uint16) {
	p.w.t.Helper()
	p.h.quiesceTime = 5 * time.Second
	if p.h.link.Role() == uni.RoleNetwork { // which chooses the channel itself: the peer offers the call
		p.offer(func(m *msg.Message) { m.ConnID = &ie.ConnID{VCI: vci} })
		offer := last[primitive.SetupInd](p.h)
		p.h.ask(primitive.AcceptReq{Call: offer.Call, VC: 1, Params: offer.Params})
		p.expect(msg.CallProceeding)
		p.expect(msg.Connect)
		p.write(&msg.Message{CallRef: peerRef, Type: msg.ConnectAck})
		p.h.ask(primitive.ReleaseReq{Call: offer.Call, Cause: cause(ie.CauseNormalClearing), Linger: time.Second})
		p.expect(msg.Release)
		p.write(&msg.Message{CallRef: peerRef, Type: msg.ReleaseComplete})
	} else {
		p.outgoing()
		p.reply(msg.Connect, func(m *msg.Message) { m.ConnID = &ie.ConnID{VCI: vci} })
		p.expect(msg.ConnectAck)
		p.h.ask(primitive.ReleaseReq{Call: 1, Cause: cause(ie.CauseNormalClearing), Linger: time.Second})
		p.expect(msg.Release)
		p.reply(msg.ReleaseComplete, nil)
	}
	p.h.take()
	p.h.quiesceTime = 0
	if n := p.h.link.CallCount(); n != 1 {
		p.w.t.Fatalf("%d calls, want the one whose branch ends", n)
	}
}

// TestChannelReusedInResponse: the network assigns a channel to our next call
// when the branch of the former one is not gone. The response waits, and what
// happens to the call meanwhile comes after it.
func TestChannelReusedInResponse(t *testing.T) {
	named := func(m *msg.Message) { m.ConnID = &ie.ConnID{VCI: 50} }
	for _, row := range []struct {
		name  string
		then  func(p *saalPeer)
		want  []msg.Type
		state string
	}{
		{"CALL PROCEEDING", func(p *saalPeer) { p.reply(msg.CallProceeding, named) }, nil, "U3"},
		{"CALL PROCEEDING and CONNECT", func(p *saalPeer) {
			p.reply(msg.CallProceeding, named)
			p.reply(msg.Connect, nil)
		}, []msg.Type{msg.ConnectAck}, "U10"},
		{"CONNECT and RELEASE", func(p *saalPeer) {
			p.reply(msg.Connect, named)
			p.reply(msg.Release, func(m *msg.Message) { m.Causes = []ie.Cause{cause(ie.CauseUserBusy)} })
		}, []msg.Type{msg.ConnectAck, msg.ReleaseComplete}, ""},
		{"CONNECT, and the client gives up", func(p *saalPeer) {
			p.reply(msg.Connect, named)
			p.h.ask(primitive.ReleaseReq{Call: 2, Cause: cause(ie.CauseNormalClearing)})
		}, []msg.Type{msg.ConnectAck, msg.Release}, "U11"},
		{"CONNECT, and the link stops", func(p *saalPeer) {
			p.reply(msg.Connect, named)
			p.h.do(p.h.link.Stop(cause(ie.CauseTemporaryFailure)))
		}, []msg.Type{msg.Release}, "U11"},
		{"CALL PROCEEDING, and T303 runs out", func(p *saalPeer) {
			p.w.run(3950 * time.Millisecond)
			p.reply(msg.CallProceeding, named)
		}, nil, "U3"},
		{"CONNECT, and the peer restarts", func(p *saalPeer) {
			p.reply(msg.Connect, named)
			p.sendHex("0903 000000 4680 0005 7980000182")
		}, []msg.Type{msg.RestartAck}, ""},
		{"CONNECT, and the SAAL breaks", func(p *saalPeer) {
			p.reply(msg.Connect, named)
			p.do(p.saal.Release())
		}, nil, ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			p := ready(newWorld(t, 1), uni.RoleUser)
			p.endingAt(50)
			p.outgoing()
			row.then(p)
			p.w.run(5 * time.Second)
			for _, typ := range row.want {
				p.expect(typ)
			}
			p.silence()
			state := ""
			if rows := p.h.link.Calls(); len(rows) == 1 {
				state = rows[0].State
			}
			if state != row.state {
				t.Errorf("the call is in %q, want %q", state, row.state)
			}
			p.h.do(p.h.link.Stop(cause(ie.CauseTemporaryFailure)))
			p.in = nil
			p.w.run(2 * time.Minute) // T308 twice, unless the call is gone
			p.h.wantEmpty()
		})
	}
}
