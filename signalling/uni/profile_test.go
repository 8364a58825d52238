package uni_test

import (
	"bytes"
	"fmt"
	"testing"
	"time"

	"callmanager/signalling/primitive"
	"callmanager/signalling/q2931/ie"
	"callmanager/signalling/q2931/msg"
	"callmanager/signalling/uni"
	"callmanager/vc"
)

// speaking is ready for a link of a profile.
func speaking(t tester, profile msg.Profile, role uni.Role) *saalPeer {
	t.Helper()
	p := newPeer(newWorld(t, 1), role, func(c *uni.Config) { c.Profile = profile })
	p.expect(msg.Restart)
	p.sendHex("0903 800000 4e80 0005 7980000182")
	return p
}

// oldProfiles runs a test for UNI 3.x and both sides.
func oldProfiles(t *testing.T, do func(t *testing.T, p *saalPeer, profile msg.Profile, role uni.Role)) {
	t.Helper()
	for _, profile := range []msg.Profile{msg.UNI31, msg.UNI30} {
		for _, role := range []uni.Role{uni.RoleUser, uni.RoleNetwork} {
			t.Run(fmt.Sprint(profile, " ", role), func(t *testing.T) { do(t, speaking(t, profile, role), profile, role) })
		}
	}
}

// TestProfileCalls: two hosts of one profile, in both directions, released by
// either side. Nothing is sent that the profile lacks.
func TestProfileCalls(t *testing.T) {
	for _, profile := range []msg.Profile{msg.UNI40, msg.UNI31, msg.UNI30} {
		w := newWorld(t, 1)
		a, b := w.pair()
		a.cfg.Profile, b.cfg.Profile = profile, profile
		up(a, b)
		for i, caller := range []*host{a, b, a, b} {
			callee := caller.peer
			id := caller.call(paramsTo(callee.mac, constant))
			w.run(1500 * time.Millisecond) // the callee is slow
			offer := last[primitive.SetupInd](callee)
			callee.ask(primitive.AcceptReq{Call: offer.Call, VC: 5, Params: offer.Params})
			w.run(time.Second)
			c := last[primitive.ConnectInd](caller)
			if c.Params.Contract.Forward.PCR != constant.Forward.PCR {
				t.Errorf("%s: connected %+v", profile, c)
			}
			last[primitive.CompleteInd](callee)
			if i < 2 {
				caller.ask(primitive.ReleaseReq{Call: id, Cause: cause(ie.CauseNormalClearing)})
			} else {
				callee.ask(primitive.ReleaseReq{Call: offer.Call, Cause: cause(ie.CauseNormalClearing)})
			}
			w.run(time.Second)
		}
		for _, h := range []*host{a, b} {
			h.wantEmpty()
			for _, name := range []string{"reported_messages", "unknown_message_types", "unexpected_messages", "encode_errors"} {
				if n := h.counter(name); n != 0 {
					t.Errorf("%s: %s of %s: %d", profile, name, h, n)
				}
			}
			if n := h.counter("messages_out_alerting"); (n > 0) != (profile == msg.UNI40) {
				t.Errorf("%s: %s sent %d ALERTING", profile, h, n)
			}
		}
	}
}

// TestProfileSlow: a client of UNI 3.x that takes its time. The user side sends
// CALL PROCEEDING after 1 s, the network side has sent it.
func TestProfileSlow(t *testing.T) {
	oldProfiles(t, func(_ *testing.T, p *saalPeer, _ msg.Profile, role uni.Role) {
		p.offer(nil)
		if role == uni.RoleNetwork {
			if m := p.expect(msg.CallProceeding); m.ConnID == nil {
				p.w.t.Errorf("%v names no channel", m)
			}
			p.w.run(5 * time.Second)
			p.silence()
			return
		}
		p.w.run(900 * time.Millisecond)
		p.silence()
		p.w.run(100 * time.Millisecond)
		p.expect(msg.CallProceeding)
		p.w.run(5 * time.Second)
		p.silence()
		if rows := p.h.link.Calls(); len(rows) != 1 || rows[0].State != "U9" {
			p.w.t.Errorf("%+v", rows)
		}
	})
}

// TestProfileLacks: what UNI 3.x lacks is an unknown message to it (Q.2931
// 5.6.4): cause 97, and the message type.
func TestProfileLacks(t *testing.T) {
	oldProfiles(t, func(t *testing.T, _ *saalPeer, profile msg.Profile, role uni.Role) {
		t.Helper()
		for _, typ := range []msg.Type{
			msg.Alerting, msg.Notify, msg.PartyAlerting, msg.ModifyRequest, msg.ModifyAck, msg.ModifyReject,
			msg.ConnectionAvailable, msg.LeafSetupFailure, msg.LeafSetupRequest, msg.Progress,
		} {
			p := speaking(t, profile, role)
			p.outgoing()
			p.send([]byte{9, 3, 0x80, 0, ref, byte(typ), 0x80, 0, 0})
			state := ie.CallStateValue(1)
			if role == uni.RoleNetwork {
				state = 6
			}
			status(97, fmt.Sprintf("%02x", byte(typ)), state).check(p, msg.CallRef{Value: ref})
		}
	})
}

// TestProfileTimers: T310 is 10 s on both sides, unless it is configured.
func TestProfileTimers(t *testing.T) {
	oldProfiles(t, func(_ *testing.T, p *saalPeer, _ msg.Profile, role uni.Role) {
		p.outgoing()
		if role == uni.RoleUser {
			p.reply(msg.CallProceeding, channel)
		} else {
			p.reply(msg.CallProceeding, nil)
		}
		p.at(lastStart(p, uni.T310), 10*time.Second, msg.Release, ie.CauseNoUserResponding)
	})
}

// TestProfileSetup: what a call asks for beyond the profile is not sent, and the
// caller learns what is left of its contract.
func TestProfileSetup(t *testing.T) {
	oldProfiles(t, func(t *testing.T, p *saalPeer, profile msg.Profile, role uni.Role) {
		t.Helper()
		contract := vc.Contract{
			Category: vc.RTVBR,
			Forward:  vc.Flow{PCR: 1000, SCR: 500, MBS: 10, MaxSDU: 1000, FrameDiscard: true},
			Backward: vc.Flow{PCR: 1000, SCR: 500, MBS: 10, MaxSDU: 1000},
		}
		uni.SetNextRef(p.h.link, ref)
		p.h.call(paramsTo(macB, contract))
		m := p.expect(msg.Setup)
		if m.TD.Fwd.Discard || m.Bearer.ATC != ie.Some(ie.ATCRTVBR) || (m.QoS.Coding == ie.CodingNetwork) != (profile == msg.UNI30) ||
			m.AAL.Mode.Present != (profile == msg.UNI30) {
			t.Errorf("%v: %+v %+v %+v", m, m.TD, m.Bearer, m.AAL)
		}
		if role == uni.RoleUser {
			p.reply(msg.Connect, channel)
		} else {
			p.reply(msg.Connect, nil)
		}
		p.expect(msg.ConnectAck)
		if c := last[primitive.ConnectInd](p.h); !c.Changed || c.Params.Contract.Forward.FrameDiscard {
			t.Errorf("connected %+v", c)
		}
	})
}

// TestProfileCauses: an AAL that is not supported is refused with the cause of
// the edition: 93 of Q.2610 and UNI 3.0, 78 of UNI 3.1.
func TestProfileCauses(t *testing.T) {
	for profile, want := range []ie.CauseValue{msg.UNI40: 93, msg.UNI31: 78, msg.UNI30: 93} {
		profile := msg.Profile(profile)
		p := speaking(t, profile, uni.RoleUser)
		p.offer(func(m *msg.Message) { m.AAL = &ie.AAL{Type: ie.AAL34} })
		p.expectCause(msg.ReleaseComplete, want)
		p.outgoing()
		p.h.ask(primitive.ReleaseReq{Call: 1, Cause: cause(ie.CauseNormalClearing)})
		normal := ie.CauseNormalClearing
		if profile == msg.UNI30 {
			normal = ie.CauseNormalUnspecified
		}
		p.expectCause(msg.Release, normal)
	}
}

// TestProfileUNI30Octets: a call of UNI 3.0 as linux-atm makes it is taken, and
// answered in kind.
func TestProfileUNI30Octets(t *testing.T) {
	p := speaking(t, msg.UNI30, uni.RoleNetwork)
	aesa, _ := addrOf(p.h.mac).AESA()
	p.send(bytes.Join([][]byte{
		unhex("0903000009 0580 0046 5880000b 058c03e88103e883018400 59800009 840563b7850563b7be 5e800003 108080 70800015 82"),
		aesa[:], unhex("5ce00002 0000"),
	}, nil))
	offer := last[primitive.SetupInd](p.h)
	if offer.Params.Contract.Category != vc.UBR || offer.Params.Contract.Forward.MaxSDU != 1000 {
		t.Errorf("offered %+v", offer)
	}
	p.h.ask(primitive.AcceptReq{Call: offer.Call, VC: 3, Params: offer.Params})
	p.expect(msg.CallProceeding)
	if got, want := p.next(), unhex("0903800009 0780 000f 5880000b 058c03e88103e883018400"); !bytes.Equal(got, want) {
		t.Errorf("%x, want %x", got, want)
	}
}

// TestProfileLength: UNI 3.1 tells of a wrong message length with cause 104,
// after the message is processed.
func TestProfileLength(t *testing.T) {
	p := speaking(t, msg.UNI31, uni.RoleNetwork)
	p.outgoing()
	p.sendHex("0903 800007 7580 0009") // STATUS ENQUIRY
	status(30, "", 6).check(p, msg.CallRef{Value: ref})
	status(104, "", 6).check(p, msg.CallRef{Value: ref})
	p.sendHex("0903 800007 4d80 0004 0880000280 90") // RELEASE
	complete(104, "").check(p, msg.CallRef{Value: ref})
}

// TestProfileModify: UNI 3.x has no MODIFY REQUEST, so a modification is refused
// without one and the call goes on.
func TestProfileModify(t *testing.T) {
	for _, profile := range []msg.Profile{msg.UNI31, msg.UNI30} {
		w := newWorld(t, 1)
		a, b := w.pair()
		a.cfg.Profile, b.cfg.Profile = profile, profile
		up(a, b)
		id := a.call(paramsTo(b.mac, constant))
		w.run(100 * time.Millisecond)
		offer := last[primitive.SetupInd](b)
		b.ask(primitive.AcceptReq{Call: offer.Call, VC: 5, Params: offer.Params})
		w.run(100 * time.Millisecond)
		last[primitive.ConnectInd](a)
		next := constant
		next.Forward.PCR++
		a.ask(primitive.ModifyReq{Call: id, Contract: next})
		w.run(time.Minute)
		if got := last[primitive.ModifyConf](a); got.Cause.Value != ie.CauseFacilityNotImplemented || got.Detail == "" || got.Params.Contract != constant {
			t.Errorf("%s: %+v", profile, got)
		}
		for _, h := range w.hosts {
			if rows := h.link.Calls(); len(rows) != 1 || rows[0].Reserved != constant.Reservation(h == a) || h.counter("encode_errors") != 0 {
				t.Errorf("%s: %s has %+v", profile, h.name, rows)
			}
		}
	}
}
